"""The message for a column that is asked for and is not there."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem, nearest


def no_column(name: str, frame: pd.DataFrame, table: str, why: str = "") -> Problem:
    """The refusal, with the column that looks most like it, or else the columns there are."""
    guess = nearest(name, frame.columns)
    fix = f"use {guess!r}" if guess else f"the columns are {', '.join(map(str, frame.columns))}"
    return Problem(
        "SB-MODEL-03", "stop", f"There is no column {name!r}.", table=table, column=name, why=why, fix=fix
    )
