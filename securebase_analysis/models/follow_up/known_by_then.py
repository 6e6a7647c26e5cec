"""Which score was known on which day: the latest of the child, or of the child with this carer, never a later one.

A score of a day says something about the days after it. Rows are open at their start and closed at their stop, so
that a row which begins on the day of a score holds the events of the days after it; what happens on the day of the
score stands in the row before, which does not know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.models.follow_up.dated_scores import TABLE, DatedColumn
from securebase_analysis.models.follow_up.followed_spells import FollowedSpells
from securebase_analysis.results import wording
from securebase_analysis.study.spells.timeline import NEVER

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAYS = 2**19
"""More than the days that a date can be apart from `NEVER`."""

FATES = (
    "used",
    "child not in the placements",
    "no date",
    "dated after the data freeze",
    "of a carer with whom the child was never placed",
    "of a carer, on a day without a placement",
    "of a placement that is not followed",
    "the same as another of that day",
    "dated on the day the placement ended, or later",
    "replaced by a later score before the placement was observed",
    "too old when the placement was observed",
)
(USED, NO_CHILD, NO_DATE, AFTER_FREEZE, OTHER_CARER, NO_PLACEMENT, NOT_FOLLOWED, REPEATED, AFTER_END, REPLACED,
 TOO_OLD) = range(len(FATES))  # fmt: skip


@dataclass(frozen=True, eq=False)
class KnownColumn:
    """The usable scores of one column in order of whom they describe and day.

    Attributes
    ----------
    name : str
    of_carer : bool
        Whether a score describes the child with one carer, and not the child alone.
    group : numpy.ndarray of int, shape (scores,)
        Whom each describes: a number of the child, or of the child with one carer.
    group_of_spell : numpy.ndarray of int, shape (placements,)
        The same number for each placement that is followed.
    day : numpy.ndarray of int, shape (scores,)
    value : numpy.ndarray of float, shape (scores,)
    source : numpy.ndarray of int, shape (scores,)
        Place of each among the values of the column as given.
    fate : numpy.ndarray of int, shape (values given,)
        Place in `FATES` of every value given; `USED` where it is still to be found out.
    """

    name: str
    of_carer: bool
    group: Ints
    group_of_spell: Ints
    day: Ints
    value: Floats
    source: Ints
    fate: NDArray[np.int8]

    @property
    def key(self) -> Ints:
        """Group and day in one number that sorts as they do."""
        return key_of(self.group, self.day)

    def expires(self, carry: int) -> Bools:
        """Whether no later score has replaced each one when it becomes too old."""
        replaced = np.zeros(len(self.day), dtype=bool)
        same = self.group[1:] == self.group[:-1]
        replaced[:-1] = same & (self.day[1:] <= self.day[:-1] + carry)
        return ~replaced

    def latest(self, group: Ints, day: Ints, carry: int | None) -> tuple[Ints, Bools]:
        """Place of the latest score of a group up to a day, and whether there is one that is not too old."""
        if not len(self.day):
            return np.zeros(len(day), dtype=np.int64), np.zeros(len(day), dtype=bool)
        at = np.searchsorted(self.key, key_of(group, day), side="right") - 1
        there = at >= 0
        at = np.maximum(at, 0)
        there &= self.group[at] == group
        if carry is not None:
            there &= day - self.day[at] < carry
        return at, there


def key_of(group: Ints, day: Ints) -> Ints:
    """Group and day in one number that sorts as they do."""
    return group * DAYS + (day - NEVER)


def known_column(
    given: DatedColumn, group: Ints, group_of_spell: Ints, fate: NDArray[np.int8], of_carer: bool
) -> tuple[KnownColumn, list[Problem]]:
    """Bring the usable scores into order; two different ones of a day are a problem.

    Parameters
    ----------
    given : DatedColumn
    group : numpy.ndarray of int, shape (values given,)
        Whom each describes.
    group_of_spell : numpy.ndarray of int, shape (placements,)
    fate : numpy.ndarray of int8, shape (values given,)
        `USED` for the values that can be used so far.
    of_carer : bool
    """
    usable = np.flatnonzero(fate == USED)
    key = key_of(group[usable], given.day[usable])
    order = np.argsort(key, kind="stable")
    source, key = usable[order], key[order]
    again = np.append(False, key[1:] == key[:-1]) if len(key) else np.zeros(0, dtype=bool)
    other = again.copy()
    other[1:] &= given.value[source[1:]] != given.value[source[:-1]]
    problems = _two_of_a_day(given, source, other) if other.any() else []
    fate[source[again]] = REPEATED
    source = source[~again]
    known = KnownColumn(
        given.name, of_carer, group[source], group_of_spell, given.day[source], given.value[source], source, fate
    )
    return known, problems


def _two_of_a_day(given: DatedColumn, source: Ints, other: Bools) -> list[Problem]:
    both = np.unique(np.concatenate([source[other], source[np.flatnonzero(other) - 1]]))
    n = wording.count(int(other.sum()), "child has", "children have")
    return [
        Problem(
            "SB-ID-02",
            "stop",
            f"{n} two different scores of one day.",
            table=TABLE,
            column=given.name,
            rows=(np.unique(given.place[both]) + 1).tolist(),
            why="Which of them describes the days that follow is not known.",
            done="Neither was chosen, and no mean was taken.",
            fix="Leave one of them out, or take their mean before the scores are joined.",
        )
    ]


# ---- splitting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SplitRows:
    """The rows of all placements, in order of placement and time.

    Attributes
    ----------
    spell : numpy.ndarray of int, shape (rows,)
        Place of the placement among those followed.
    day : numpy.ndarray of int, shape (rows,)
        The day on which the row begins, in days since 1970.
    start, stop : numpy.ndarray of float, shape (rows,)
        On the clock of the placement.
    is_last : numpy.ndarray of bool, shape (rows,)
        Whether the placement ends with the row.
    values, ages : list of numpy.ndarray, shape (rows,)
        Of each column: the score that was known, and its age in days when the row begins.
    """

    spell: Ints
    day: Ints
    start: Floats
    stop: Floats
    is_last: Bools
    values: list[Floats]
    ages: list[Floats]

    def __len__(self) -> int:
        return len(self.spell)


def split(followed: FollowedSpells, columns: list[KnownColumn], carry: int | None) -> SplitRows:
    """Cut every placement where a score becomes known, or too old, and look up what was known in each row.

    Marks in `KnownColumn.fate` what became of every score.
    """
    entries = key_of(np.arange(len(followed)), followed.entered)
    key = np.sort(np.concatenate([entries, *(_cuts(followed, column, carry) for column in columns)]))
    key = key[np.append(True, key[1:] != key[:-1])]
    spell, day = key // DAYS, key % DAYS + NEVER
    is_last = np.append(spell[1:] != spell[:-1], True)
    start = (day - followed.clock[spell]).astype(float)
    is_first = np.append(True, is_last[:-1])
    start[is_first] = followed.start[spell[is_first]]
    stop = np.append(start[1:], 0.0)
    stop[is_last] = followed.stop[spell[is_last]]
    # What is measured on the only day of a placement may have been measured after it ended.
    known_by = day - followed.of_one_day[spell]
    values, ages = [], []
    for column in columns:
        at, there = column.latest(column.group_of_spell[spell], known_by, carry)
        values.append(_where(there, column.value[at[there]]))
        ages.append(_where(there, day[there] - column.day[at[there]]))
        _mark_fates(column, followed, at[there], carry)
    return SplitRows(spell, day, start, stop, is_last, values, ages)


def _where(there: Bools, known: NDArray[Any]) -> Floats:
    """What is known in the rows that know it, missing in the others."""
    values = np.full(len(there), np.nan)
    values[there] = known
    return values


def _cuts(followed: FollowedSpells, column: KnownColumn, carry: int | None) -> Ints:
    """Placement and day of every cut: strictly between the day it was first observed and its end."""
    cuts = _within(followed, column, column.key)
    if carry is None:
        return cuts
    runs_out = column.expires(carry)
    return np.concatenate([cuts, _within(followed, column, column.key[runs_out] + carry)])


def _within(followed: FollowedSpells, column: KnownColumn, key: Ints) -> Ints:
    """Each of the sorted keys that falls inside a placement, with the placement in the group's place."""
    first = np.searchsorted(key, key_of(column.group_of_spell, followed.entered), side="right")
    beyond = np.searchsorted(key, key_of(column.group_of_spell, followed.end), side="left")
    many = np.maximum(beyond - first, 0)
    spell = np.repeat(np.arange(len(followed)), many)
    offset = np.arange(len(spell)) - np.repeat(np.cumsum(many) - many, many)
    return spell * DAYS + key[first[spell] + offset] % DAYS


def _mark_fates(column: KnownColumn, followed: FollowedSpells, used: Ints, carry: int | None) -> None:
    """Say of every score that no row knows why it is so."""
    idle = np.ones(len(column.day), dtype=bool)
    idle[used] = False
    idle = np.flatnonzero(idle)
    if not len(idle):
        return
    group, day = column.group[idle], column.day[idle]
    n_groups = int(max(column.group.max(), column.group_of_spell.max(initial=0))) + 1
    last_end = np.full(n_groups, NEVER, dtype=np.int64)
    np.maximum.at(last_end, column.group_of_spell, followed.end)
    entries = np.sort(key_of(column.group_of_spell, followed.entered))
    following = np.minimum(np.searchsorted(entries, key_of(group, day), side="right"), max(len(entries) - 1, 0))
    next_entry = entries[following] % DAYS + NEVER if len(entries) else np.full(len(idle), NEVER)
    after = np.minimum(idle + 1, len(column.day) - 1)
    replaced = (after > idle) & (column.group[after] == group) & (column.day[after] <= next_entry)
    column.fate[column.source[idle]] = np.select(
        [last_end[group] == NEVER, day >= last_end[group], replaced],
        [NOT_FOLLOWED, AFTER_END, REPLACED],
        default=TOO_OLD if carry is not None else REPLACED,
    )
