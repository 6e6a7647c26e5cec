"""What is known of a child stands in every row of it; its age when a placement begins is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.follow_up.dates_given import read_dates
from securebase_analysis.models.follow_up.followed_spells import FollowedSpells
from securebase_analysis.models.follow_up.known_by_then import SplitRows
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.models.rows import check_columns
from securebase_analysis.results import wording
from securebase_analysis.study.spells.timeline import NEVER, as_days

DAYS_PER_YEAR = 365.25
AGE = "age_at_start"
TABLE = "children"


def with_children(
    rows: pd.DataFrame,
    spells: SpellDays,
    followed: FollowedSpells,
    parts: SplitRows,
    children: pd.DataFrame | None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows with the columns of the table of children, and what is said about them.

    Raises
    ------
    DataError
        When a child stands in two rows of the table (SB-ID-02).
    """
    if children is None:
        return rows, []
    check_columns(children, ["child"])
    table = children.reset_index(drop=True)
    number = spells.children.codes_of(table, TABLE)
    _check_once(number)
    place = np.full(len(spells.children), -1, dtype=np.int64)
    place[number[number >= 0]] = np.flatnonzero(number >= 0)
    at = place[followed.child][parts.spell]
    own = [name for name in table if name not in ("site", "child")]
    taken = [str(name) for name in own if name in rows or name == AGE]
    joined = {name: table[name].reindex(at).set_axis(rows.index) for name in own if str(name) not in taken}
    problems = [_taken(taken)] if taken else []
    lacking = np.unique(followed.child[place[followed.child] < 0])
    if len(lacking):
        problems.append(_lacking(len(lacking)))
    if "birth_date" in table:
        joined[AGE], more = _ages(table["birth_date"], at, followed, parts)
        problems += more
    return pd.concat([rows, pd.DataFrame(joined, index=rows.index)], axis=1), problems


def _ages(
    births: pd.Series, at: np.ndarray, followed: FollowedSpells, parts: SplitRows
) -> tuple[np.ndarray, list[Problem]]:
    """Years from birth to the first day of the placement; missing where the placement began before the birth."""
    dates, problems = read_dates(births, TABLE)
    raise_if_stopped(problems)
    born = np.append(as_days(dates), NEVER)[at]
    begin = followed.begin[parts.spell]
    unborn = (born > NEVER) & (begin < born)
    if unborn.any():
        problems.append(_born_later(np.unique(at[unborn]) + 1))
    return np.where((born > NEVER) & ~unborn, (begin - born) / DAYS_PER_YEAR, np.nan), problems


def _born_later(rows: np.ndarray) -> Problem:
    """Case 54: a placement that began before the child was born."""
    return Problem(
        "SB-PLACE-10",
        "warn",
        f"{wording.count(len(rows), 'child has', 'children have')} a placement that begins before the birth date.",
        table=TABLE,
        column="birth_date",
        rows=rows.tolist(),
        why="An age below zero would count in a model as if it were one.",
        done=f"{AGE} is missing in the rows of these placements.",
        fix="Correct the birth date, or the start.",
    )


def _check_once(number: np.ndarray) -> None:
    """A child must not stand in two rows."""
    again = pd.Series(number).duplicated(keep=False).to_numpy() & (number >= 0)
    if again.any():
        raise DataError(
            Problem(
                "SB-ID-02",
                "stop",
                f"{wording.count(len(np.unique(number[again])), 'child stands', 'children stand')} in several "
                "rows of the table of children.",
                table=TABLE,
                column="child",
                rows=rows_where(again),
                why="Which row holds is not known.",
                done="Nothing was joined.",
                fix="Leave one row a child.",
            )
        )


def _taken(names: list[str]) -> Problem:
    return Problem(
        "SB-EVENT-55",
        "note",
        f"The columns {', '.join(map(repr, names))} of the children were not joined.",
        table=TABLE,
        why="The rows have columns of these names.",
        fix="Rename them.",
    )


def _lacking(n: int) -> Problem:
    return Problem(
        "SB-ID-05",
        "warn",
        f"{wording.count(n, 'child has', 'children have')} placements and no row in the table of children.",
        table=TABLE,
        column="child",
        why="A model with a column of the children leaves them out.",
        done="Their placements are followed; the columns are missing.",
        fix="Add the children to the table.",
    )
