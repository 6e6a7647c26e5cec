"""Rows under the names that belong to the header: texts of questions and the program's own marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.text_columns import to_text


def row_under(grid: Grid, place: int) -> list[str]:
    """The cells of a row under the names, empty texts where nothing stands; [] beyond the last row.

    Examples
    --------
    >>> row_under(Grid([["a", "b"]], pd.DataFrame([["x", None]])), 0)
    ['x', '']
    """
    under = len(grid.header) - 1
    if place < under:
        return [str(cell) for cell in grid.header[place + 1]]
    if place - under >= len(grid.body):
        return []
    return ["" if pd.isna(cell) else str(cell) for cell in grid.body.iloc[place - under]]


def without_rows_under(grid: Grid, n: int) -> Grid:
    """The grid with its names as the only header row, and without the first `n` rows under them.

    Row numbers in problems count the data alone afterwards.
    """
    n_body = max(n - (len(grid.header) - 1), 0)
    body = grid.body.iloc[n_body:].reset_index(drop=True)
    problems = tuple(_shifted(problem, n_body) for problem in grid.problems)
    return replace(grid, header=grid.header[:1], body=body, problems=problems)


def _shifted(problem: Problem, n: int) -> Problem:
    """A problem whose rows count from the first row of data."""
    return replace(problem, rows=[row - n for row in problem.rows if row > n]) if n else problem


def rows_with(cells: pd.Series, words: Mapping[str, str] | Sequence[str]) -> pd.Series:
    """Rows whose cell is one of some words, in any case.

    Examples
    --------
    >>> rows_with(pd.Series(["Survey Preview", "0", None]), ["survey preview"]).tolist()
    [True, False, False]
    """
    return to_text(cells).str.strip().str.casefold().isin([word.casefold() for word in words])
