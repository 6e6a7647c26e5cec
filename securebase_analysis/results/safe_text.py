"""Text made harmless for spreadsheets: a cell that is written must never run as a formula."""

from __future__ import annotations

from typing import Any

RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutralise(cell: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    For every text that is written to CSV or XLSX. Numbers and other values that are not text pass as they are, so
    that -3 stays a number; the text ``"-3"`` becomes ``"'-3"``.

    Parameters
    ----------
    cell : object
        One cell.

    Returns
    -------
    object
        The cell, with ``'`` before it when it is text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line
        break, also after blanks.

    Examples
    --------
    >>> neutralise("=HYPERLINK(A1)"), neutralise("kinship"), neutralise(-3)
    ("'=HYPERLINK(A1)", 'kinship', -3)
    """
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.startswith(RUNS_AS_FORMULA) or cell.lstrip().startswith(RUNS_AS_FORMULA) else cell
