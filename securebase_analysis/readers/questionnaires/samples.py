"""Three cells of a column, for messages that say what was assumed about it."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.readers.cells_in_messages import quotable
from securebase_analysis.readers.text_columns import to_text

CELLS = 3


def sample_cells(column: pd.Series) -> str:
    """The first three different cells with their rows; the text of a cell only where it cannot be a name.

    Examples
    --------
    >>> sample_cells(pd.Series(["2,5", None, "2,5", "3,1"]))
    "row 1 '2,5', row 4 '3,1'"
    """
    text = to_text(column).dropna().drop_duplicates().head(CELLS)
    rows = [column.index.get_loc(label) + 1 for label in text.index]
    shown = (
        f"row {row} {cell!r}" if quotable(cell) else f"row {row} (not shown)" for row, cell in zip(rows, text)
    )
    return ", ".join(shown) or "no cell is filled in"
