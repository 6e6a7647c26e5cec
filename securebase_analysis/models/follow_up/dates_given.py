"""Columns of dates in the tables that are joined to placements."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.dates import to_date

EARLIEST = "1900-01-01"


def read_dates(column: pd.Series, table: str) -> tuple[pd.Series, list[Problem]]:
    """The dates of a column, and what is said about them; what to do stands in words that hold here.

    `follow_placements` has no argument for the order of day and month, because its tables may differ in it.
    """
    dates, problems = to_date(column, table=table, earliest=EARLIEST)
    return dates, [_mended_before(problem, column.name, table) for problem in problems]


def _mended_before(problem: Problem, name: object, table: str) -> Problem:
    """The same problem, to be mended in the table and not by an argument."""
    if "date_order=" not in problem.fix:
        return problem
    if problem.severity != "stop":
        return replace(problem, fix="")
    cell = f"{table}[{name!r}]"
    return replace(problem, fix=f"{cell} = pd.to_datetime({cell}, dayfirst=True) for day/month/year")
