"""From which day each child was under observation: placements that had ended before could not have been met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.models.follow_up.dates_given import read_dates
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.models.rows import check_columns
from securebase_analysis.readers.one_day import the_day
from securebase_analysis.results import wording
from securebase_analysis.study.spells.timeline import NEVER, OPEN, as_days, day_of

Ints = NDArray[np.int64]

START, FIRST_SEEN = "start", "first_seen"
MOST = 0.5
"""When more than this share of the children had been placed before they were first seen, the study chose children
in care and not placements that began."""
FEWEST = 10
"""Of fewer children it may be chance."""
WHY = "It is the day from which placements could be observed."


@dataclass(frozen=True, eq=False)
class FirstSeen:
    """The day from which each spell counts as under observation.

    Attributes
    ----------
    day : numpy.ndarray of int, shape (spells,)
        Days since 1970; `NEVER` where from the first day of the placement, `OPEN` where the child was never seen.
    problems : tuple of Problem
        What is said about it.
    """

    day: Ints
    problems: tuple[Problem, ...] = ()


def first_seen(
    spells: SpellDays, asked: Any, of_history: pd.Timestamp | None, days_seen: Ints, by_waves: bool
) -> FirstSeen:
    """From which day each spell counts as under observation.

    Parameters
    ----------
    spells : SpellDays
    asked : "start", "first_seen", date, or pandas.DataFrame, optional
        What the caller wants; None to judge by the data.
    of_history : Timestamp, optional
        The first day of the data, where the history knows it.
    days_seen : numpy.ndarray of int, shape (children,)
        The day on which the study first saw each child; `OPEN` for children never seen.
    by_waves : bool
        Whether these are days on which a study saw its children, and not only the first days of scores.

    Raises
    ------
    ModelError
        When it is none of these, or there are no days on which children were seen.
    """
    n = len(spells)
    if isinstance(asked, pd.DataFrame):
        return _delayed(spells, _by_child(spells, asked)[spells.child])
    if isinstance(asked, str) and asked == START:
        return FirstSeen(np.full(n, NEVER))
    if isinstance(asked, str) and asked == FIRST_SEEN:
        if not (days_seen < OPEN).any():
            raise ModelError(_nobody_seen())
        return _delayed(spells, days_seen[spells.child])
    if asked is not None:
        return _delayed(spells, np.full(n, _date(asked)))
    if of_history is not None:
        return _delayed(spells, np.full(n, day_of(of_history)))
    return _as_the_data_show(spells, days_seen, by_waves)


def _as_the_data_show(spells: SpellDays, days_seen: Ints, by_waves: bool) -> FirstSeen:
    """Nobody said: entry on the day a child was first seen, where the study chose children in care.

    A study did so when most were in placement before its first wave. Of scores alone it is sure enough only when
    all were, and not one placement had ended by then: a register of placements would know some that had.
    """
    met = days_seen < OPEN
    before = met & (spells.first_day_of_child < days_seen)
    if not before.any():
        return FirstSeen(np.full(len(spells), NEVER))
    enough = len(met) >= FEWEST and met.mean() > MOST
    ended = (spells.end < days_seen[spells.child]) & met[spells.child]
    if enough and (before.sum() > MOST * met.sum() if by_waves else before.all() and not ended.any()):
        return _delayed(spells, days_seen[spells.child])
    n = wording.count(int(before.sum()), "child was", "children were")
    told = Problem(
        "SB-PLACE-13",
        "note",
        f"{n} in a placement before the study first saw them.",
        table="placements",
        why="Had their placements ended before that, they might not be in the study: long stayers are then "
        "over-represented.",
        done="Every placement was followed from its first day.",
        fix="observed_from='first_seen', or a table with child and observed_from",
    )
    return FirstSeen(np.full(len(spells), NEVER), (told,))


def _delayed(spells: SpellDays, day: Ints) -> FirstSeen:
    """Entry on these days, and what share of the children it concerns."""
    seen = day < OPEN
    running = seen & spells.is_placement & (spells.begin < day) & (day < spells.end)
    if not running.any():
        return FirstSeen(day)
    n_children = len(np.unique(spells.child[seen]))
    n_before = len(np.unique(spells.child[running]))
    some = "All" if n_before == n_children else f"{n_before:,} of"
    told = Problem(
        "SB-PLACE-13",
        "warn" if n_before > MOST * n_children else "note",
        f"{some} {wording.count(n_children, 'child was', 'children were')} already placed when first observed.",
        table="placements",
        column="start",
        rows=np.sort(spells.row[running]).tolist(),
        why="Of children in care on a day those who stay long are over-represented: placements that had ended "
        "before could not be met.",
        done="They are at risk from the day on which they were first observed (delayed entry), not from the first "
        "day of the placement.",
        fix="observed_from='start' if every placement that began is in the table, also those that had ended",
    )
    return FirstSeen(day, (told,))


def _by_child(spells: SpellDays, table: pd.DataFrame) -> Ints:
    """The day of every child from a table."""
    check_columns(table, ["child", "observed_from"])
    dates, problems = read_dates(table["observed_from"], "observed_from")
    if any(problem.severity == "stop" for problem in problems):
        raise ModelError(problems)
    known = as_days(dates).astype(np.int64)
    child = spells.children.codes_of(table, "observed_from")
    used = (child >= 0) & (known > NEVER)
    return earliest_by_child(child[used], known[used], len(spells.children))


def earliest_by_child(child: Ints, day: Ints, n_children: int) -> Ints:
    """The first day of each child; `OPEN` for children without one."""
    first = np.full(n_children, OPEN, dtype=np.int64)
    np.minimum.at(first, child, day)
    return first


def _date(asked: Any) -> int:
    """One date in days."""
    guess = nearest(asked, (START, FIRST_SEEN)) if isinstance(asked, str) else None
    if guess is not None:
        raise ModelError(
            Problem(
                "SB-MODEL-30",
                "stop",
                "observed_from is no date, no table and none of its words.",
                why=WHY,
                fix=f"observed_from={guess!r}",
            )
        )
    return day_of(the_day("observed_from", asked, WHY, words="a table or one of its words"))


def _nobody_seen() -> Problem:
    return Problem(
        "SB-MODEL-41",
        "stop",
        "observed_from='first_seen', but nothing says when children were seen.",
        why="The day is that of a child's first wave or first dated score.",
        fix="follow_placements(study, scores, ...), or a table with child and observed_from",
    )
