"""What a column is that was made for a formula, and what every recipe for one needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.models.rows import Ints, check_columns, groups_of


@dataclass(frozen=True, eq=False)
class Made:
    """A column that was made.

    Attributes
    ----------
    values : pandas.Series
        Its cells.
    meaning : str
        What they are, in words that follow the name and a colon.
    lacking : str
        Why some rows have none, in words.
    problems : tuple of Problem
        What was wrong or assumed on the way.
    """

    values: pd.Series
    meaning: str
    lacking: str = ""
    problems: tuple[Problem, ...] = ()


Recipe = Callable[[pd.DataFrame, str, str], Made]
"""From the frame, the column to make it of and the group to the column made."""


def child_of(frame: pd.DataFrame, group: str) -> Ints:
    """The child of each row: the column ``child`` where there is one, else the group."""
    name = "child" if "child" in frame else group
    return groups_of(frame_with(frame, name), name).code


def frame_with(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The frame, once it is sure that it has the group."""
    check_columns(frame, [group])
    return frame


def not_there(made: str, column: str, why: str) -> Problem:
    """A column that is needed to make another one, and is not in the table."""
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {made!r}, and it cannot be made without {column!r}.",
        column=column,
        why=why,
        fix=f"Add {column!r} to the table, or score a study that has it: "
        "fit_growth(score_dimensions(read_study(folder)), ...).",
    )
