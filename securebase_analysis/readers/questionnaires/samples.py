"""Three cells of a column, for messages that say what was assumed about it."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.readers.cells_in_messages import quotable
from securebase_analysis.readers.text_columns import to_text

CELLS = 3


def sample_cells(column: pd.Series, harmless: bool = False) -> str:
    """The first three different cells with their rows.

    Parameters
    ----------
    column : pandas.Series
        Of an export; its rows count from 1.
    harmless : bool
        Whether all its cells are words of the program, such as names of events; otherwise a cell is shown only
        where it can hardly be a name or an identifier.

    Examples
    --------
    >>> sample_cells(pd.Series(["2,5", None, "2,5", "3,1"]))
    "row 1 '2,5', row 4 '3,1'"
    """
    text = to_text(column.reset_index(drop=True)).dropna().drop_duplicates().head(CELLS)
    cells = (repr(cell) if harmless or quotable(cell) else "(not shown)" for cell in text)
    return ", ".join(f"row {row + 1} {cell}" for row, cell in zip(text.index, cells)) or "no cell is filled in"
