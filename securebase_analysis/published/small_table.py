"""A small table as text becomes a typed frame; symbols in place of numbers are kept beside it."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

SYMBOLS = {
    "c": "suppressed by the publisher, so that no child can be recognised",
    "k": "rounds to 0 but is not 0",
    "x": "not available",
    "z": "not applicable",
}
"""Symbols that stand in place of a number, as English official statistics use them."""

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
SYMBOL_COLUMN = "{}_symbol"


def cells_of(text: str) -> tuple[list[str], list[list[str]]]:
    """The names of the columns and the rows of a table written as comma-separated text.

    Raises
    ------
    ValueError
        When the text has no rows or a row has another number of cells.
    """
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.strip()), strict=True) if row]
    if len(rows) < 2:
        raise ValueError("the table has no rows")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            raise ValueError(f"row {number} has {len(row)} cells, its header {len(rows[0])}")
    return rows[0], rows[1:]


def frame_of(text: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table as a typed frame, and the symbols that occur in it.

    A column is of numbers when every cell is a number, a symbol or empty, and one at least is a number; whole
    numbers without gaps are integers. Symbols move to ``<column>_symbol``, right of their column.

    Parameters
    ----------
    text : str
        Comma-separated, the names of the columns in the first row.

    Returns
    -------
    DataFrame
        The table.
    tuple of str
        The symbols met.

    Raises
    ------
    ValueError
        When the text is not a table.

    Examples
    --------
    >>> frame, symbols = frame_of("band,n,percent\\nlow,200,k\\nhigh,16110,24")
    >>> frame.values.tolist(), symbols
    ([['low', 200, nan, 'k'], ['high', 16110, 24.0, '']], ('k',))
    """
    names, rows = cells_of(text)
    if len(set(names)) < len(names) or not all(names):
        raise ValueError("each column needs a name of its own")
    columns: dict[str, pd.Series] = {}
    met: set[str] = set()
    for name, cells in zip(names, zip(*rows)):
        if not _is_of_numbers(cells):
            columns[name] = pd.Series(cells, dtype="str")
            continue
        marks = [cell if cell in SYMBOLS else "" for cell in cells]
        columns[name] = _numbers(cells)
        if any(marks):
            columns[SYMBOL_COLUMN.format(name)] = pd.Series(marks, dtype="str")
            met.update(mark for mark in marks if mark)
    return pd.DataFrame(columns), tuple(sorted(met))


def _is_of_numbers(cells: tuple[str, ...]) -> bool:
    """Whether a column is of numbers."""
    fitting = all(cell == "" or cell in SYMBOLS or NUMBER.fullmatch(cell) for cell in cells)
    return fitting and any(NUMBER.fullmatch(cell) for cell in cells)


def _numbers(cells: tuple[str, ...]) -> pd.Series:
    """The cells as integers where all are whole, else as floats with gaps."""
    if all(re.fullmatch(r"[-+]?\d+", cell) for cell in cells):
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    return pd.Series([float(cell) if NUMBER.fullmatch(cell) else float("nan") for cell in cells], dtype="float64")
