"""Risk sets of a subdistribution: who had a competing event stays at risk, with a weight that fades.

Someone who left by another cause at T would still have been seen at t with probability ``G(t-) / G(T-)``, with
``G`` the distribution of the time to censoring. Where entries are delayed the ratio ``H(t-) / H(T-)`` comes in,
with ``H(t)`` the probability of having entered by t (Geskus 2011, Biometrics 67). The weight is a product of what
belongs to the time and what belongs to the child, so that the sums over risk sets stay running sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.risk_sets import Ranges, RiskSets, risk_sets

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
TiedCensoring = Literal["with", "after"]


@dataclass(frozen=True, eq=False)
class Fading:
    """Those of one censoring distribution who had a competing event.

    Attributes
    ----------
    rows : numpy.ndarray of int, shape (faded,)
        Their rows.
    later : Ranges
        The event times after their own.
    seen : numpy.ndarray, shape (times,)
        Probability of being under observation just before each event time.
    inverse_seen : numpy.ndarray, shape (faded,)
        One over the same at the end of each row.
    """

    rows: Ints
    later: Ranges
    seen: Floats
    inverse_seen: Floats


@dataclass(frozen=True, eq=False)
class FadingRiskSets(RiskSets):
    """Risk sets in which those with a competing event fade.

    Attributes
    ----------
    fading : tuple of Fading
        One for each censoring distribution.
    """

    fading: tuple[Fading, ...]

    @property
    def ever_at_risk(self) -> Bools:
        """Whether each row is at risk, be it with a weight, at any event time."""
        ever = self.at_risk.first < self.at_risk.after
        for part in self.fading:
            ever[part.rows] |= part.later.first < part.later.after
        return ever

    def onto_times(self, values: Floats) -> Floats:
        """At each event time the weighted sum of the values (..., rows) of those at risk."""
        total = self.at_risk.onto_points(values)
        for part in self.fading:
            total = total + part.seen * part.later.onto_points(values[..., part.rows] * part.inverse_seen)
        return total

    def over_times(self, values: Floats) -> Floats:
        """For each row the weighted sum of the values (..., times) over the event times at which it is at risk."""
        total = self.at_risk.over_points(values)
        for part in self.fading:
            total[..., part.rows] += part.inverse_seen * part.later.over_points(values * part.seen)
        return total

    def without_loss(self) -> RiskSets:
        """The same risk sets with sums that never subtract."""
        fading = tuple(replace(part, later=part.later.halved()) for part in self.fading)
        return replace(self, at_risk=self.at_risk.halved(), fading=fading)


@dataclass(frozen=True, eq=False)
class Censoring:
    """How long children of each group stay under observation, estimated from all of them.

    Attributes
    ----------
    ranks : numpy.ndarray of int, shape (rows,)
        Number of the end of each row among all times; censorings are at twice that number and one more.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row.
    tied : {"with", "after"}
        Whether censorings count as one with events at their time, or after them.
    ends : RiskSets or None
        The times of censoring and who could have been censored; None where nobody is.
    entries : RiskSets or None
        The same for entries, in reversed time; None where none is delayed.
    """

    ranks: Ints
    group: Ints
    tied: TiedCensoring
    ends: RiskSets | None
    entries: RiskSets | None

    def seen_before(self, group: int, rank: Ints) -> Seen:
        """How likely it is to be under observation just before the times of these numbers."""
        still, all_gone = _survival_before(self.ends, group, 2 * rank)
        already, all_new = _survival_before(self.entries, group, -2 * rank)
        return Seen(still * already, all_gone, all_new)


@dataclass(frozen=True, eq=False)
class Seen:
    """The probability of being under observation just before some times, in stretches of time.

    Where everybody leaves observation at one time the probability falls to 0, and where everybody has only just
    come in it rises from 0. Between such times it is known up to a factor, and so are the ratios that weights are.

    Attributes
    ----------
    probability : numpy.ndarray, shape (times,)
        Up to a factor that is the same for all times of a stretch.
    all_gone : numpy.ndarray of int, shape (times,)
        How often everybody had left before.
    all_new : numpy.ndarray of int, shape (times,)
        How often everybody will have only just come in from then on.
    """

    probability: Floats
    all_gone: Ints
    all_new: Ints


def _survival_before(sets: RiskSets | None, group: int, keys: Ints) -> tuple[Floats, Ints]:
    """Kaplan and Meier's curve of a group before each of some times, but for steps to 0, and their number."""
    if sets is None:
        return np.ones(len(keys)), np.zeros(len(keys), dtype=np.intp)
    here = sets.stratum == group
    staying = 1.0 - sets.n_events[here] / np.rint(sets.onto_times(np.ones(sets.n_rows))[here])
    nobody = staying <= 0.0
    curve = np.concatenate([[1.0], np.cumprod(np.where(nobody, 1.0, staying))])
    steps = np.concatenate([[0], np.cumsum(nobody)])
    place = np.searchsorted(sets.time[here], keys)
    return curve[place], steps[place]


def censoring(
    sets: RiskSets, cause_ends: Bools, first: Bools, last: Bools, group: Ints, tied: TiedCensoring
) -> Censoring:
    """The distribution of the time under observation in each group.

    Parameters
    ----------
    sets : RiskSets
        Rows and their times.
    cause_ends : numpy.ndarray of bool, shape (rows,)
        Whether the row ends with an event of any cause.
    first, last : numpy.ndarray of bool, shape (rows,)
        Whether the row is the first, and the last, of its child.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row.
    tied : {"with", "after"}
        Whether those with an event at the time of a censoring could still have been censored at it.
    """
    if tied not in ("with", "after"):
        raise ValueError("tied censorings count 'with' events or 'after' them")
    times = np.unique(sets.stop if sets.start is None else np.concatenate([sets.stop, sets.start]))
    stop = np.searchsorted(times, sets.stop)
    start = np.full(len(stop), -1) if sets.start is None else np.searchsorted(times, sets.start)
    ends_at = 2.0 * stop + np.where(cause_ends & (tied == "after"), 0.0, 1.0)
    censored, entered = last & ~cause_ends, 2.0 * start + 1.0
    delayed = first & (start >= stop.min())
    ends = risk_sets(ends_at, censored, entered, group) if censored.any() else None
    # Run backwards, a row begins at its end, and its entry is the event.
    entries = risk_sets(-entered, first, -2.0 * stop - 0.5, group) if delayed.any() else None
    return Censoring(stop, group, tied, ends, entries)


def fading_risk_sets(sets: RiskSets, observed: Censoring, competing: Bools) -> FadingRiskSets:
    """Keep at risk, with fading weights, those whose row ends with a competing event.

    Raises
    ------
    ValueError
        When an event comes after a time at which everybody had only just come in: those who had left by another
        cause before it would count endlessly.
    """
    event_rank = np.zeros(len(sets.time), dtype=np.intp)
    event_rank[sets.event_time] = observed.ranks[sets.event_row]
    parts = []
    for group in np.unique(observed.group):
        rows = np.flatnonzero(competing & (observed.group == group))
        own, seen = observed.seen_before(group, observed.ranks[rows]), observed.seen_before(group, event_rank)
        first = sets.at_risk.after[rows]
        # Once everybody has left observation nothing is left of a weight.
        span = 1 + max(seen.all_gone.max(initial=0), own.all_gone.max(initial=0))
        stretch, own_stretch = sets.stratum * span + seen.all_gone, sets.row_stratum[rows] * span + own.all_gone
        after = np.searchsorted(stretch, own_stretch, side="right")
        later = Ranges(first, np.maximum(first, after), len(sets.time))
        ever = later.first < later.after
        if (seen.all_new[later.after[ever] - 1] < own.all_new[ever]).any():
            raise ValueError(
                "those who left by another cause cannot be given a weight: events came after a time at which "
                "everyone under observation had only just come in"
            )
        parts.append(Fading(rows, later, seen.probability, 1.0 / own.probability))
    kept = {name: getattr(sets, name) for name in RiskSets.__dataclass_fields__}
    return FadingRiskSets(**kept, fading=tuple(parts))
