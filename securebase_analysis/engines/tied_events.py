"""The jumps of a hazard at times at which one or several rows have the event, after Efron or Breslow.

With ``r`` the relative risk of a row times its weight, a time with ``d`` events adds ``d`` terms
``w / (S - f E)``: ``S`` sums ``r`` over those at risk, ``E`` over those who have the event, and ``w`` is the mean
weight of the events. Breslow takes ``f = 0`` throughout, Efron ``f = 0, 1/d, ..., (d - 1)/d``: on average, those
whose events come first are no longer at risk when the next ones come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.risk_sets import RiskSets

Floats = NDArray[np.float64]

TINIEST = 1e-250
"""The smallest sum of relative risks, of which the largest is 1, that is told from none."""


@dataclass(frozen=True, eq=False)
class Jumps:
    """What each event time adds to the hazard, to its variance, and for whom.

    Attributes
    ----------
    sets : RiskSets
        As they add up best.
    risk : numpy.ndarray, shape (rows,)
        Relative risk times weight, up to a factor in each stratum.
    event_weight : numpy.ndarray, shape (times,)
        Weights of those who have the event.
    at_risk : numpy.ndarray, shape (times,)
        ``S``.
    hazard, hazard_of_events : numpy.ndarray, shape (times,)
        Sums of ``w / (S - f E)``, and the same with each term times ``f``: what those with the event are spared.
    squares : numpy.ndarray, shape (3, times)
        Sums of ``w S^2 / (S - f E)^2``, each term times 1, ``f`` and ``f^2``.
    log_sum : float
        Sum of ``w log(S - f E)``; not finite where the risks are out of range.
    """

    sets: RiskSets
    risk: Floats
    event_weight: Floats
    at_risk: Floats
    hazard: Floats
    hazard_of_events: Floats
    squares: Floats
    log_sum: float

    def exposure(self, at_times: Floats | None = None) -> Floats:
        """For each row the hazard (shape (rows,)) summed over the times at which it is at risk.

        Parameters
        ----------
        at_times : numpy.ndarray, shape (times,), optional
            What each jump is multiplied by.
        """
        factor = 1.0 if at_times is None else at_times
        return self.less_what_events_are_spared(self.hazard * factor, self.hazard_of_events * factor)

    def less_what_events_are_spared(self, jump: Floats, spared: Floats) -> Floats:
        """Sums of jumps (..., times) over the times when each row is at risk, less what its event spares it."""
        sums, sets = self.sets.over_times(jump), self.sets
        sums[..., sets.event_row] -= spared[..., sets.event_time]
        return sums


def jumps(sets: RiskSets, risk: Floats, weight: Floats, efron: bool) -> Jumps:
    """The jumps of the hazard for given relative risks.

    Parameters
    ----------
    sets : RiskSets
        Who is at risk when.
    risk : numpy.ndarray, shape (rows,)
        Relative risk times weight.
    weight : numpy.ndarray, shape (rows,)
        Weights.
    efron : bool
        Whether ties are dealt with after Efron, else after Breslow.
    """
    sets = sets.adding_carefully(risk)
    event_weight = sets.events_onto_times(weight[sets.event_row])
    mean_weight = (event_weight / sets.n_events)[sets.event_time]
    at_risk = sets.onto_times(risk)
    left = at_risk[sets.event_time]
    share = _share_of_ties(sets) if efron else np.zeros(len(sets.event_row))
    if efron:
        left = left - share * sets.events_onto_times(risk[sets.event_row])[sets.event_time]
    # Sums of risks that all but vanish cannot be divided by; the sum of logarithms then says so.
    in_range = bool((left > TINIEST).all())
    left = np.maximum(left, TINIEST)
    term = mean_weight / left
    square = mean_weight * (at_risk[sets.event_time] / left) ** 2
    log_sum = float((mean_weight * np.log(left)).sum()) if in_range else np.inf
    hazard = sets.events_onto_times(term)
    return Jumps(
        sets=sets.exposing_carefully(hazard, risk),
        risk=risk,
        event_weight=event_weight,
        at_risk=at_risk,
        hazard=hazard,
        hazard_of_events=sets.events_onto_times(share * term),
        squares=sets.events_onto_times(np.array([square, share * square, share**2 * square])),
        log_sum=log_sum,
    )


def _share_of_ties(sets: RiskSets) -> Floats:
    """0, 1/d, ..., (d - 1)/d for the d events of each time, as the events are ordered."""
    first = np.cumsum(sets.n_events) - sets.n_events
    return (np.arange(len(sets.event_time)) - first[sets.event_time]) / sets.n_events[sets.event_time]
