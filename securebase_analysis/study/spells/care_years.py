"""A placement history cut into years: who was in care at the end of one, since when, and what changed in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from securebase_analysis.study.spells.building import Built
from securebase_analysis.study.spells.codes import RETURN, SHORT_BREAK, TEMPORARY_STAY
from securebase_analysis.study.spells.listing import RE_ENTRY, changes_of
from securebase_analysis.study.spells.timeline import (
    EPOCH,
    NEVER,
    OPEN,
    Rows,
    days_covered,
    is_new,
    reach_before,
)


@dataclass(frozen=True, eq=False)
class Care:
    """The rows of a history without short breaks, and since when each state in them had lasted.

    Attributes
    ----------
    built : Built
        The history.
    births : numpy.ndarray of int32
        Birth date of every child, `NEVER` where it is not known.
    gap_days : int
        Gaps up to so many days do not end a time in care.
    """

    built: Built
    births: np.ndarray
    gap_days: int

    @cached_property
    def kept(self) -> np.ndarray | slice:
        """The rows that are no short breaks."""
        ordinary = self.built.rows.kind != SHORT_BREAK
        return slice(None) if ordinary.all() else np.flatnonzero(ordinary)

    @cached_property
    def rows(self) -> Rows:
        """The rows that are no short breaks, in order."""
        rows, kept = self.built.rows, self.kept
        return Rows(**{name: getattr(rows, name)[kept] for name in Rows.__dataclass_fields__})

    @property
    def n_children(self) -> int:
        """How many children there are."""
        return len(self.births)

    @cached_property
    def change(self) -> np.ndarray:
        """What changed with each row; see `listing.changes_of`."""
        return changes_of(self.built)[self.kept]

    @cached_property
    def is_return(self) -> np.ndarray:
        """Whether a row is the return from a temporary placement."""
        return self.built.mark_of_row[self.kept] == RETURN

    @cached_property
    def _begins_care(self) -> np.ndarray:
        """Whether a row begins a time in care without a break."""
        rows = self.rows
        period = self.built.period[self.built.spell_of_row[self.kept]]
        new = is_new(rows.child) | is_new(period)
        return new | (rows.start - reach_before(rows.child, rows.end) > self.gap_days)

    @cached_property
    def in_care_since(self) -> np.ndarray:
        """Of each row: the first day of the time in care without a break that it belongs to."""
        return self.rows.start[_latest(self._begins_care)]

    @cached_property
    def with_carer_since(self) -> np.ndarray:
        """Of each row: the first day with its carer without a break."""
        stays = self.built.stays
        same = ~is_new(stays.carer) & ~stays.is_first
        same &= ~is_new(self.built.period)
        same[1:] &= stays.start[1:] - stays.end[:-1] <= self.gap_days
        since = stays.start[_latest(~same)]
        return since[self.built.spell_of_row[self.kept]]

    @cached_property
    def _begins_placement(self) -> np.ndarray:
        """Whether a row begins a placement, with the same carer or another."""
        return self._begins_care | (self.change >= 0)

    @cached_property
    def placed_since(self) -> np.ndarray:
        """Of each row: the first day of its placement."""
        return self.rows.start[_latest(self._begins_placement)]

    @cached_property
    def placed_before_since(self) -> np.ndarray:
        """Of each row: the first day of the placement before its own in the same time in care, else of its own."""
        begins = _latest(self._begins_placement)
        before = np.maximum(begins - 1, 0)
        joined = ~self._begins_care[begins]
        return np.where(joined, self.placed_since[before], self.placed_since)


def _latest(flags: np.ndarray) -> np.ndarray:
    """Of each row: the latest row up to it that is flagged."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))


@dataclass(frozen=True, eq=False)
class CareYear:
    """A year of a history.

    Attributes
    ----------
    care : Care
        The history.
    label : str
        Such as ``"2017/18"``.
    first_day, last_day : int
        In days since 1970.
    """

    care: Care
    label: str
    first_day: int
    last_day: int

    @cached_property
    def live(self) -> np.ndarray:
        """Rows of which a day lies in the year; one that ended on the first day counts."""
        rows = self.care.rows
        return np.flatnonzero((rows.start <= self.last_day) & (rows.end >= self.first_day))

    @cached_property
    def _at_end(self) -> np.ndarray:
        """Rows that had begun and not ended on the last day."""
        return self.live[self.care.rows.end[self.live] > self.last_day]

    @cached_property
    def in_care_at_end(self) -> np.ndarray:
        """Whether each child was in care on the last day."""
        return self._children(self._at_end)

    @cached_property
    def ordinary_rows(self) -> np.ndarray:
        """Rows of the year that are no temporary placements, of children in care on the last day."""
        rows = self.care.rows
        wanted = (rows.kind[self.live] != TEMPORARY_STAY) & self.in_care_at_end[rows.child[self.live]]
        return self.live[wanted]

    @cached_property
    def ordinary_child(self) -> np.ndarray:
        """The child of each of these rows."""
        return self.care.rows.child[self.ordinary_rows]

    @cached_property
    def ordinary_first(self) -> np.ndarray:
        """Whether each of these rows is the child's first in the year."""
        return is_new(self.ordinary_child)

    @property
    def has_birth(self) -> np.ndarray:
        """Whether the birth date of each child is known."""
        return self.care.births > NEVER

    def _children(self, rows: np.ndarray) -> np.ndarray:
        """The children of some rows, as a mask."""
        mask = np.zeros(self.care.n_children, dtype=bool)
        mask[self.care.rows.child[rows]] = True
        return mask

    def at_end(self, values: np.ndarray) -> np.ndarray:
        """The value of the row each child was in on the last day (the later of two); `OPEN` for the others."""
        found = np.full(self.care.n_children, OPEN, dtype="int32")
        found[self.care.rows.child[self._at_end]] = values[self._at_end]
        return found

    def months_before(self, months: int) -> int:
        """The day so many months before the last day of the year."""
        end = EPOCH + (self.last_day + 1)  # years end with a month: count from the first of the next
        month = end.astype("datetime64[M]")
        into_month = int((end - month.astype("datetime64[D]")).astype("int64"))
        return int(((month - months).astype("datetime64[D]") - EPOCH).astype("int64")) + into_month - 1

    def with_years_before(self, years: int) -> CareYear:
        """The same end with a beginning so many years earlier."""
        return replace(self, first_day=self.months_before(12 * (years + 1)) + 1)

    def changes(self, kinds: tuple[int, ...]) -> np.ndarray:
        """Changes of some kinds that each child had in the year."""
        rows = self.care.rows
        now = self.live[rows.start[self.live] >= self.first_day]
        now = now[np.isin(self.care.change[now], kinds)]
        return np.bincount(rows.child[now], minlength=self.care.n_children)

    @cached_property
    def came_into_care_first(self) -> np.ndarray:
        """Whether a child was not in care when the year began and first came back into it."""
        rows, live = self.care.rows, self.live
        first = live[is_new(rows.child[live])]
        came = first[(rows.start[first] >= self.first_day) & (self.care.change[first] == RE_ENTRY)]
        return self._children(came)

    @cached_property
    def days_in_care(self) -> np.ndarray:
        """Days of the year that each child was in care, each day once."""
        rows, live = self.care.rows, self.live
        start = np.maximum(rows.start[live], self.first_day)
        end = np.minimum(rows.end[live], self.last_day + 1)
        days = days_covered(rows.child[live], start, end, self.last_day + 1)
        return np.bincount(rows.child[live], weights=days, minlength=self.care.n_children)
