"""Who is at risk when: rows of a cohort in counting-process form, and sums over risk sets in one pass.

A row is at risk at time t when ``start < t <= stop``: whoever enters at the time of an event is not yet at risk of
it. Only times of events matter, so every row is at risk over a range of numbered event times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.rounded_times import rounded_together

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

DIGITS_LOST = 1e7
"""When a difference of running sums is smaller than they are by this factor, the parts are added up instead."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """For each of some rows the numbered points ``first, ..., after - 1``, and sums over them.

    Attributes
    ----------
    first, after : numpy.ndarray of int, shape (rows,)
        Each range; empty where they are equal.
    n_points : int
        Points are numbered from 0.
    """

    first: Ints
    after: Ints
    n_points: int

    def halved(self) -> HalvedRanges:
        """The same ranges, summed by halves."""
        return HalvedRanges(self.first, self.after, self.n_points)

    def onto_points(self, values: Floats) -> Floats:
        """At each point the sum of the values (..., rows) of the rows whose range covers it."""
        return _by_line(self._onto_points, values, self.n_points)

    def over_points(self, values: Floats) -> Floats:
        """For each row the sum of the values (..., points) over its range."""
        return _by_line(self._over_points, values, len(self.first))

    def _onto_points(self, values: Floats) -> Floats:
        """Rows that end later, less those that begin later, by running sums from the last point back."""
        ending = np.bincount(self.after, values, self.n_points + 1)
        ending -= np.bincount(self.first, values, self.n_points + 1)
        return np.asarray(np.cumsum(ending[:0:-1])[::-1], dtype=float)

    def _over_points(self, values: Floats) -> Floats:
        """The running sum at the end of the range less that before it."""
        running = np.concatenate([[0.0], np.cumsum(values)])
        return running[self.after] - running[self.first]


@dataclass(frozen=True, eq=False)
class HalvedRanges(Ranges):
    """The same sums without any subtraction, each range as a few blocks of 1, 2, 4, ... points: slower, but exact
    to the last digits when the values differ by many orders of magnitude.
    """

    @cached_property
    def blocks(self) -> list[tuple[Ints, Ints]]:
        """Rows and the blocks of points that make up their ranges; at most two a row for each size of block."""
        found, rows = [], np.flatnonzero(self.first < self.after)
        left, right = self.first[rows] + self._size, self.after[rows] + self._size
        while len(rows):
            odd = left % 2 == 1
            found.append((rows[odd], left[odd]))
            left = (left + odd) // 2
            odd = right % 2 == 1
            found.append((rows[odd], right[odd] - 1))
            right = (right - odd) // 2
            goes_on = left < right
            rows, left, right = rows[goes_on], left[goes_on], right[goes_on]
        return found

    @property
    def _size(self) -> int:
        """Number of points, rounded up to a power of two."""
        return 1 << max(self.n_points - 1, 0).bit_length()

    def _onto_points(self, values: Floats) -> Floats:
        tree = np.zeros(2 * self._size)
        for rows, blocks in self.blocks:
            tree += np.bincount(blocks, values[rows], len(tree))
        for block in range(1, self._size.bit_length()):
            parents = np.arange(1 << (block - 1), 1 << block)
            tree[2 * parents] += tree[parents]
            tree[2 * parents + 1] += tree[parents]
        return tree[self._size : self._size + self.n_points]

    def _over_points(self, values: Floats) -> Floats:
        tree = np.zeros(2 * self._size)
        tree[self._size : self._size + self.n_points] = values
        for block in range(self._size.bit_length() - 1, 0, -1):
            parents = np.arange(1 << (block - 1), 1 << block)
            tree[parents] = tree[2 * parents] + tree[2 * parents + 1]
        out = np.zeros(len(self.first))
        for rows, blocks in self.blocks:
            out += np.bincount(rows, tree[blocks], len(out))
        return out


def _by_line(function: Callable[[Floats], Floats], values: Floats, length: int) -> Floats:
    """Apply a function of one line of values, whose answer has a known length, to each line."""
    if values.ndim == 1:
        return function(values)
    out = np.empty((len(values), length))
    for line, answer in zip(values, out):
        answer[:] = function(line)
    return out


@dataclass(frozen=True, eq=False)
class RiskSets:
    """The event times of each stratum, who is at risk at each, and who has the event.

    Attributes
    ----------
    time : numpy.ndarray, shape (times,)
        Times at which there is an event, in order within each stratum.
    stratum : numpy.ndarray of int, shape (times,)
        Stratum of each, in order.
    row_stratum : numpy.ndarray of int, shape (rows,)
        Stratum of each row.
    event_row, event_time : numpy.ndarray of int, shape (events,)
        Rows that end with an event, in order of time, and the number of the event time of each.
    n_events : numpy.ndarray of int, shape (times,)
        Events at each time.
    at_risk : Ranges
        The event times at which each row is at risk.
    stop : numpy.ndarray, shape (rows,)
        End of each row; times that differ by rounding only are one time.
    start : numpy.ndarray, shape (rows,), or None
        When each row comes under observation; None where all do from the beginning.
    """

    time: Floats
    stratum: Ints
    row_stratum: Ints
    event_row: Ints
    event_time: Ints
    n_events: Ints
    at_risk: Ranges
    stop: Floats
    start: Floats | None

    @property
    def n_rows(self) -> int:
        """Rows, whether ever at risk or not."""
        return len(self.row_stratum)

    @property
    def event(self) -> Bools:
        """Whether each row ends with an event."""
        event = np.zeros(self.n_rows, dtype=bool)
        event[self.event_row] = True
        return event

    @property
    def ever_at_risk(self) -> Bools:
        """Whether each row is at risk at any event time."""
        return self.at_risk.first < self.at_risk.after

    def onto_times(self, values: Floats) -> Floats:
        """At each event time the sum of the values (..., rows) of those at risk."""
        return self.at_risk.onto_points(values)

    def over_times(self, values: Floats) -> Floats:
        """For each row the sum of the values (..., times) over the event times at which it is at risk."""
        return self.at_risk.over_points(values)

    def events_onto_times(self, values: Floats) -> Floats:
        """At each event time the sum of the values (..., events) of those who have the event."""

        def onto_times(line: Floats) -> Floats:
            return np.asarray(np.bincount(self.event_time, line, len(self.time)), dtype=float)

        return _by_line(onto_times, values, len(self.time))

    def adding_carefully(self, values: Floats) -> RiskSets:
        """These risk sets, or ones that add up without loss of digits where these positive values need it."""
        if isinstance(self.at_risk, HalvedRanges):
            return self
        first = self.at_risk.first
        begins = np.bincount(first, values, len(self.time) + 1)
        yet_to_come = np.cumsum(begins[:0:-1])[::-1]
        lossless = (yet_to_come < self.onto_times(values) * DIGITS_LOST).all()
        return self if lossless else self.without_loss()

    def exposing_carefully(self, jumps: Floats, values: Floats) -> RiskSets:
        """These risk sets, or ones that lose no digits where jumps (times,) before a row comes in are huge."""
        if isinstance(self.at_risk, HalvedRanges):
            return self
        before = np.concatenate([[0.0], np.cumsum(jumps)])[self.at_risk.first]
        return self if (before * values < DIGITS_LOST).all() else self.without_loss()

    def without_loss(self) -> RiskSets:
        """The same risk sets with sums that never subtract."""
        return replace(self, at_risk=self.at_risk.halved())


def risk_sets(stop: ArrayLike, event: ArrayLike, start: ArrayLike | None, strata: ArrayLike | None) -> RiskSets:
    """Number the event times and find at which of them each row is at risk.

    Parameters
    ----------
    stop : array, shape (rows,)
        End of each row.
    event : array, shape (rows,)
        Whether the row ends with the event: 0 or 1.
    start : array, shape (rows,), optional
        When each row comes under observation; from the beginning by default.
    strata : array, shape (rows,), optional
        Rows are compared within strata only.

    Raises
    ------
    ValueError
        For times that are missing, rows that do not end after they start, events other than 0 or 1, or no event.
    """
    ends, happened, begins = _checked(stop, event, start)
    stratum = np.zeros(len(ends), dtype=np.intp)
    if strata is not None:
        stratum = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.intp)
    times = np.unique(ends if begins is None else np.concatenate([ends, begins]))
    stop_rank = np.searchsorted(times, ends)
    start_rank = np.full(len(ends), -1) if begins is None else np.searchsorted(times, begins)
    span = len(times) + 1
    event_row = np.flatnonzero(happened)
    event_key = stratum[event_row] * span + stop_rank[event_row]
    order = np.argsort(event_key, kind="stable")
    keys, event_time, n_events = np.unique(event_key[order], return_inverse=True, return_counts=True)
    return RiskSets(
        time=times[keys % span],
        stratum=keys // span,
        row_stratum=stratum,
        event_row=event_row[order],
        event_time=event_time,
        n_events=n_events,
        at_risk=Ranges(
            first=np.searchsorted(keys, stratum * span + start_rank, side="right"),
            after=np.searchsorted(keys, stratum * span + stop_rank, side="right"),
            n_points=len(keys),
        ),
        stop=ends,
        start=begins,
    )


def _checked(stop: ArrayLike, event: ArrayLike, start: ArrayLike | None) -> tuple[Floats, Bools, Floats | None]:
    """Times and events as they can be used; times that differ by rounding only are made equal."""
    ends, happened = np.asarray(stop, dtype=float), np.asarray(event)
    begins = None if start is None else np.asarray(start, dtype=float)
    if ends.ndim != 1 or happened.shape != ends.shape or (begins is not None and begins.shape != ends.shape):
        raise ValueError("start, stop and event have one value for each row")
    if not np.isfinite(ends).all() or (begins is not None and np.isnan(begins).any()):
        raise ValueError("start and stop must not be missing")
    if not np.isin(happened, (0, 1)).all():
        raise ValueError("event must be 0 or 1 in each row")
    if not happened.any():
        raise ValueError("no row ends with an event")
    ends, begins = rounded_together(ends, begins)
    if begins is not None and (begins >= ends).any():
        raise ValueError(f"{int((begins >= ends).sum())} rows do not end after they start")
    return ends, happened.astype(bool), begins
