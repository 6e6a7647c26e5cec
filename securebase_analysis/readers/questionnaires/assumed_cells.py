"""Every assumption about a file with three of its cells, so that a person sees at once whether it holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.cells_in_messages import quotable
from securebase_analysis.readers.text_columns import to_text

CELLS = 3
SHOWN = re.compile(r"\brow \d+ '")
"""A message that shows a cell already."""
ROWS_LOOKED_AT = 100
ROWS_COMPARED = 2_000
COLUMNS_LOOKED_AT = 30


def with_sample_cells(
    problems: Iterable[Problem], frame: pd.DataFrame, shown: Collection[str]
) -> tuple[Problem, ...]:
    """Add three cells to every note and warning.

    Parameters
    ----------
    problems : iterable of Problem
        What was assumed while reading.
    frame : pandas.DataFrame
        The cells, in the rows that the problems count.
    shown : collection of str
        Columns whose cells may be shown: answers and days of answering, never who somebody is. Other columns may
        hold identifiers under any name.

    Returns
    -------
    tuple of Problem
        Those about a column with cells of the rows they name; those about the whole file with cells of three
        columns; those that stop, and those that show their cells already, as they are.

    Examples
    --------
    >>> note = Problem("SB-FILE-18", "note", "A decimal comma.", "a.csv", "score", rows=[2])
    >>> with_sample_cells([note], pd.DataFrame({"score": ["1", "2,5"]}), ["score"])[0].done
    "Cells: score row 2 '2,5'."
    """
    return tuple(_with_cells(problem, frame, shown) for problem in problems)


def may_be_ids(cells: pd.Series) -> bool:
    """Whether cells of a column that nobody has declared may be identifiers: all different, and not all short.

    Examples
    --------
    >>> may_be_ids(pd.Series(["1034", "1035", "1036"])), may_be_ids(pd.Series([0, 2, 2, 1]))
    (True, False)
    """
    text = to_text(cells.head(ROWS_COMPARED)).dropna()
    return bool(text.is_unique and (text.str.len() > 1).any() and not text.str.contains(r"[.,]").any())


def _with_cells(problem: Problem, frame: pd.DataFrame, shown: Collection[str]) -> Problem:
    """One problem with its cells."""
    if problem.severity == "stop" or SHOWN.search(f"{problem.what} {problem.done}"):
        return problem
    if not problem.column:
        cells = _cells_of_file(frame, shown)
    elif problem.column in shown and problem.column in frame.columns:
        cells = _cells_of(frame, problem.column, problem.rows)
    else:
        return problem
    if not cells:
        return problem
    told = "; ".join(f"{name} row {row} {cell!r}" for name, row, cell in cells)
    return replace(problem, done=f"{problem.done} Cells: {told}.".strip())


def _cells_of(frame: pd.DataFrame, column: str, rows: Collection[int]) -> list[tuple[str, int, str]]:
    """The first cells of some rows of a column that can be shown; of any rows where none are named."""
    places = [row - 1 for row in list(rows)[:ROWS_LOOKED_AT] if 0 < row <= len(frame)]
    cells = frame[column].iloc[places] if places else frame[column].head(ROWS_LOOKED_AT)
    text = to_text(cells.reset_index(drop=True)).dropna()
    text = text[text.map(quotable).astype(bool)].drop_duplicates().head(CELLS)
    return [(column, (places[at] if places else at) + 1, str(cell)) for at, cell in text.items()]


def _cells_of_file(frame: pd.DataFrame, shown: Collection[str]) -> list[tuple[str, int, str]]:
    """One cell of each of three columns; those with points, commas and letters before plain whole numbers."""
    head = frame.head(ROWS_LOOKED_AT)
    found = [
        cells[0] for name in map(str, frame.columns) if name in shown and (cells := _cells_of(head, name, ()))
    ]
    return sorted(found, key=lambda cell: cell[2].isdigit())[:CELLS]
