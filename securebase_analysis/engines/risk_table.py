"""Who is at risk when: at each distinct time the rows at risk, their events by cause, and the censored ones.

A row is at risk after its start and up to its stop, ``start < t <= stop``: what ends at a time was at risk at it,
and rows censored at a time were still at risk when others had their event then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.rounded_times import rounded_together

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RiskTable:
    """Counts at the distinct times at which rows stop.

    Attributes
    ----------
    time : numpy.ndarray, shape (m,)
        Distinct times, upwards.
    at_risk : numpy.ndarray, shape (m,)
        Weight of the rows at risk.
    events : numpy.ndarray, shape (m, causes)
        Weight of the events of each cause.
    censored : numpy.ndarray, shape (m,)
        Weight of the rows that stop without an event.
    entry : numpy.ndarray, shape (entries,)
        Distinct times at which rows come under observation after zero, upwards.
    entered : numpy.ndarray, shape (entries,)
        Weight of the rows that enter then.
    place : numpy.ndarray of int, shape (n,)
        For each row the place of its stop in `time`.
    first : numpy.ndarray of int, shape (n,)
        For each row the place of the first of the times at which it is at risk.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    entry: Floats
    entered: Floats
    place: Integers
    first: Integers

    @property
    def any_event(self) -> Floats:
        """Weight of the events of all causes, shape (m,)."""
        return self.events.sum(axis=1)

    def at_risk_at(self, times: Floats) -> Floats:
        """Weight of the rows at risk at any times, shape of `times`."""
        still = _from_here(self.any_event + self.censored)[np.searchsorted(self.time, times, "left")]
        not_yet = _from_here(self.entered)[np.searchsorted(self.entry, times, "left")]
        return still - not_yet

    def until(self, times: Floats) -> tuple[Floats, Floats]:
        """Events of each cause, shape (times, causes), and censored rows, up to and with each of the times."""
        upto = np.searchsorted(self.time, times, "right")
        counted = np.column_stack([self.events, self.censored])
        total = np.vstack([np.zeros(counted.shape[1]), np.cumsum(counted, axis=0)])[upto]
        return total[:, :-1], total[:, -1]


def risk_table(
    stop: Floats, cause: Integers, n_causes: int, start: Floats | None = None, weight: Floats | None = None
) -> RiskTable:
    """Count who is at risk and what happens at each distinct time.

    Parameters
    ----------
    stop : numpy.ndarray, shape (n,)
        When each row ended.
    cause : numpy.ndarray of int, shape (n,)
        0 where it was censored, 1 ... `n_causes` for the event.
    n_causes : int
        How many causes there are, also where some have no event.
    start : numpy.ndarray, shape (n,), optional
        When each row came under observation, before its stop; from the beginning by default.
    weight : numpy.ndarray, shape (n,), optional
        Weight of each row; one by default.

    Raises
    ------
    ValueError
        When a row stops before or as it starts.
    """
    stop, start = rounded_together(stop, start)
    if start is not None and not (start < stop).all():
        raise ValueError("a row must start before it stops")
    time, place = _distinct(stop)
    weight = np.ones(len(stop)) if weight is None else weight
    ended = tallied(place * (n_causes + 1) + cause, weight, len(time) * (n_causes + 1)).reshape(len(time), -1)
    total = _from_here(ended.sum(axis=1))[:-1]
    late = np.zeros(len(stop), dtype=bool) if start is None else start > 0
    entry, which = _distinct(np.empty(0) if start is None else start[late])
    entered = tallied(which, weight[late], len(entry))
    not_yet = _from_here(entered)[np.searchsorted(entry, time, "left")]
    first = np.zeros(len(stop), dtype=np.int64)
    first[late] = np.searchsorted(time, entry, "right")[which]
    return RiskTable(time, total - not_yet, ended[:, 1:], ended[:, 0], entry, entered, place, first)


def tallied(place: Integers, weight: Floats, size: int) -> Floats:
    """Weights added up by place, shape (size,)."""
    return np.bincount(place, weight, size).astype(float, copy=False)


def _distinct(times: Floats) -> tuple[Floats, Integers]:
    """The distinct times upwards, and the place of each time among them."""
    distinct, place = np.unique(times, return_inverse=True)
    return distinct, place


def _from_here(values: Floats) -> Floats:
    """Sums of each value and all that follow, and a zero at the end, shape (m + 1,)."""
    return np.append(np.cumsum(values[::-1])[::-1], 0.0)
