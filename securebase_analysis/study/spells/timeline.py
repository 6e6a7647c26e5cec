"""Rows and stays as sorted arrays of whole days; nothing here knows a file, a message or a rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

OPEN = 2**17
"""Stands for the end of a placement that lasts: a day after every date."""
NEVER = -(2**17)
"""Stands for a day that is not known: before every date."""
MICROSECONDS_OF_A_DAY = 86_400_000_000
EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table of placements in order of child, start and end; every array has one value a row.

    Attributes
    ----------
    child : numpy.ndarray of int32
        Number of the child, 0 for the first by site and name.
    start, end : numpy.ndarray of int32
        Days since 1970; `OPEN` where there is no end.
    carer, type : numpy.ndarray of int32
        Numbers that are equal where the carer or the type is.
    kind : numpy.ndarray of int8
        See `codes.KINDS`.
    began : numpy.ndarray of int8
        Place in `codes.BEGINNING_CODES`, -1 where it is not known; of a plain table filled in by the rules.
    left, adoption : numpy.ndarray of bool
        Whether the child left care with the end of the row, and whether it is a placement for adoption.
    source : numpy.ndarray of int64
        Position of the row in the table, from 0.
    """

    child: np.ndarray
    start: np.ndarray
    end: np.ndarray
    carer: np.ndarray
    type: np.ndarray
    kind: np.ndarray
    began: np.ndarray
    left: np.ndarray
    adoption: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.child)


@dataclass(frozen=True, eq=False)
class Stays:
    """Rows on their way to spells: every array has one value a stay, in order of child and start.

    Attributes
    ----------
    child, start, end, carer : numpy.ndarray of int32
        As in `Rows`.
    kind : numpy.ndarray of int8
        As in `Rows`.
    enters, left : numpy.ndarray of bool
        Whether the stay begins a period of care by its code, and whether the child leaves care with its end.
    first, last : numpy.ndarray of int32
        The rows it begins and ends with, as places in `Rows`.
    n_rows : numpy.ndarray of int32
        How many rows it holds.
    """

    child: np.ndarray
    start: np.ndarray
    end: np.ndarray
    carer: np.ndarray
    kind: np.ndarray
    enters: np.ndarray
    left: np.ndarray
    first: np.ndarray
    last: np.ndarray
    n_rows: np.ndarray

    def __len__(self) -> int:
        return len(self.child)

    def taken(self, places: np.ndarray) -> Stays:
        """The stays at some places."""
        return Stays(**{name: getattr(self, name)[places] for name in self.__dataclass_fields__})

    @cached_property
    def is_first(self) -> np.ndarray:
        """Whether each stay is the first of its child."""
        return is_new(self.child)

    @cached_property
    def reach(self) -> np.ndarray:
        """The latest end among each stay and the child's before it."""
        return reach(self.child, self.end)

    @cached_property
    def reach_before(self) -> np.ndarray:
        """The latest end among the child's stays before each one; `NEVER` for the first."""
        return _before(self.reach, self.is_first)

    @cached_property
    def holder_before(self) -> np.ndarray:
        """The stay before each one that lasted longest (the later one of two); -1 for the first of a child."""
        holder = np.arange(len(self), dtype="int32")
        among = _of_children_with_an_earlier_end(self.child, self.end)
        lasting = self.end[among] >= self.reach[among]
        holder[among] = np.maximum.accumulate(np.where(lasting, among, 0))
        before = np.empty_like(holder)
        before[1:] = holder[:-1]
        before[self.is_first] = -1
        return before

    def days_covered(self, freeze: int) -> int:
        """Days in care up to the freeze, each day of a child counted once."""
        days = np.minimum(self.end, freeze) - np.maximum(self.start, self.reach_before)
        return int(np.maximum(days, 0).sum(dtype="int64"))

    @cached_property
    def after_exit(self) -> np.ndarray:
        """Whether each stay begins after the child had left care."""
        holder = self.holder_before
        return self.left[holder] & (self.start >= self.end[holder]) & ~self.is_first


def is_new(values: np.ndarray) -> np.ndarray:
    """Whether each value differs from the one before it, as the first does."""
    new = np.empty(len(values), dtype=bool)
    new[:1] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def reach(child: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The latest end among each row and the rows of the child before it."""
    latest = end.astype("int32")
    among = _of_children_with_an_earlier_end(child, end)
    if len(among):
        base = child[among].astype("int64") * (4 * OPEN)
        latest[among] = np.maximum.accumulate(base + end[among]) - base
    return latest


def _of_children_with_an_earlier_end(child: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Places of the rows of children of whom a row ends before the one before it: few, and in order."""
    earlier = np.flatnonzero((end[1:] < end[:-1]) & (child[1:] == child[:-1])) + 1
    if not len(earlier):
        return earlier
    concerned = np.zeros(int(child.max()) + 1, dtype=bool)
    concerned[child[earlier]] = True
    return np.flatnonzero(concerned[child])


def reach_before(child: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The latest end among the rows of the child before each row; `NEVER` for the first."""
    return _before(reach(child, end), is_new(child))


def _before(latest: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The value of the row before, `NEVER` where a child begins."""
    before = np.empty(len(latest), dtype="int32")
    before[1:] = latest[:-1]
    before[first] = NEVER
    return before


def days_covered(child: np.ndarray, start: np.ndarray, end: np.ndarray, freeze: int) -> np.ndarray:
    """Days that each row adds to those of the child's rows before it, each day counted once."""
    until = np.minimum(end, freeze)
    return np.maximum(until - np.maximum(start, reach_before(child, until)), 0)


def as_days(dates: pd.Series) -> np.ndarray:
    """Dates as days since 1970; `NEVER` where there is none."""
    days = dates.to_numpy(dtype="datetime64[D]").astype("int64")
    return np.where((days > NEVER) & (days < OPEN), days, NEVER).astype("int32")


def as_dates(days: np.ndarray) -> np.ndarray:
    """Days since 1970 as dates; NaT where the day is not known or lies open."""
    dates = (days.astype("int64") * MICROSECONDS_OF_A_DAY).view("datetime64[us]")
    dates[(days >= OPEN) | (days <= NEVER)] = np.datetime64("NaT")
    return dates


def day_of(date: object) -> int:
    """The day of one date."""
    return int((pd.Timestamp(str(date)).to_datetime64().astype("datetime64[D]") - EPOCH).astype("int64"))
