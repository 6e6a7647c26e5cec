"""Numbers of one's own are read like the published ones they are to lie over, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where

RETURN_YEAR = r"\s*([0-9]{4})[/-]([0-9]{2}|[0-9]{4})\s*"
FEWEST_PERCENT = 2.0
"""Published percentages reach beyond it; a column of one's own that stays within 1 is then one of shares."""
OWN = "own"


def cells_like(
    own: pd.DataFrame, published: pd.DataFrame, values: Sequence[str], keys: Sequence[str]
) -> pd.DataFrame:
    """The rows of one's own with numbers where the published table has numbers.

    Parameters
    ----------
    own, published : pandas.DataFrame
        Rows of one panel.
    values : sequence of str
        Columns of numbers that are drawn.
    keys : sequence of str
        Columns that say where, such as the year or the reason.

    Raises
    ------
    ModelError
        For text in place of numbers (SB-FILE-18), shares where percentages are published (SB-OUT-68), or two rows
        for one place (SB-ID-02).
    """
    made, problems = own.copy(), []
    for name in [*values, *keys]:
        if pd.api.types.is_numeric_dtype(published[name]):
            made[name], found = _numbers(own[name], is_year=name in keys)
            problems += found
    problems += (
        [] if problems else [problem for name in values for problem in _shares(made[name], published[name])]
    )
    twice = made.duplicated(list(keys), keep=False) if keys else pd.Series(False, index=made.index)
    if twice.any() and not problems:
        problems.append(_twice(keys, rows_where(twice)))
    raise_if_stopped(problems, ModelError)
    return made


def _numbers(column: pd.Series, is_year: bool) -> tuple[pd.Series, list[Problem]]:
    """A column as numbers; a return year such as 2021/22 is the year in which it ends."""
    texts = column.astype("str").str.strip()
    if is_year:
        texts = texts.map(_year_ending, na_action="ignore")
    numbers = pd.to_numeric(texts, errors="coerce")
    strange = numbers.isna() & column.notna() & (texts != "")
    if not strange.any():
        return numbers, []
    problem = Problem(
        "SB-FILE-18",
        "stop",
        f"{int(strange.sum())} cells of {column.name!r} are not numbers.",
        table=OWN,
        column=str(column.name),
        rows=rows_where(strange),
        why="They have no place in the figure.",
        done="Nothing was drawn.",
        fix=f"own[{column.name!r}] = pd.to_numeric(own[{column.name!r}])",
    )
    return numbers, [problem]


def _year_ending(text: str) -> str:
    """The year in which a return year ends; any other text as it is."""
    found = re.fullmatch(RETURN_YEAR, text)
    if not found:
        return text
    ends = str(int(found[1]) + 1)
    return ends if ends.endswith(found[2]) else text


def _shares(mine: pd.Series, published: pd.Series) -> list[Problem]:
    """Shares between 0 and 1 beside percentages would lie on the axis and look like none."""
    is_percent = "pct" in str(mine.name) or "percent" in str(mine.name)
    within = mine.notna().any() and mine.dropna().between(0.0, 1.0).all() and (mine > 0).any()
    if not (is_percent and within and published.max() > FEWEST_PERCENT and published[published > 0].min() > 1.0):
        return []
    name = mine.name
    return [
        Problem(
            "SB-OUT-68",
            "stop",
            f"All values of {name!r} lie between 0 and 1, and percentages are published.",
            table=OWN,
            column=str(name),
            why="Shares beside percentages look as if there were nothing.",
            done="Nothing was drawn.",
            fix=f"own[{name!r}] = 100 * own[{name!r}]",
        )
    ]


def _twice(keys: Sequence[str], rows: list[int]) -> Problem:
    return Problem(
        "SB-ID-02",
        "stop",
        f"{len(rows)} rows of one's own stand for the same {', '.join(keys)} as another.",
        table=OWN,
        rows=rows,
        why="Which of them is to be drawn is not known.",
        done="Neither was chosen.",
        fix="Give one row for each, or take the mean of those that belong together.",
    )
