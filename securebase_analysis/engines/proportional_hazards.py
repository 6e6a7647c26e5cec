"""Whether hazards are proportional: score tests of coefficients that change with time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cox_residuals import schoenfeld_residuals
from securebase_analysis.engines.partial_likelihood import CoxFit, squared_length
from securebase_analysis.engines.risk_sets import RiskSets

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Transform = Literal["km", "rank", "identity", "log"]


@dataclass(frozen=True, eq=False)
class ProportionalHazardsTest:
    """Score tests of coefficients that change in proportion to a function of time.

    Attributes
    ----------
    statistic, df : numpy.ndarray, shape (terms + 1,)
        Chi-squared and its degrees of freedom for each term, then for all together; not a number where the events
        cannot tell a change with time from none, as with one event in each stratum.
    transformed : numpy.ndarray, shape (times,)
        The function of time at each event time.
    """

    statistic: Floats
    df: Ints
    transformed: Floats


def proportional_hazards_test(
    fit: CoxFit, transform: Transform = "km", terms: Sequence[Sequence[int]] | None = None
) -> ProportionalHazardsTest:
    """Test whether coefficients change with time.

    Parameters
    ----------
    fit : CoxFit
        The fit.
    transform : {"km", "rank", "identity", "log"}
        The function of time ``g``: one less Kaplan and Meier's curve just before it, rank of the time among the
        ends of all rows, the time itself, or its logarithm.
    terms : sequence of sequences of int, optional
        Numbers of the columns of each term; each column by itself by default.

    Raises
    ------
    ValueError
        When there is one event time only, or ``g`` has no value at an event time (the logarithm of 0).

    Notes
    -----
    The score test, at the estimate, of ``theta = 0`` in the hazard ``exp(x'beta + (g(t) - mean g) x'theta)``, with
    the information of each event time as it is and not its average. All terms are in the model for each test.

    References
    ----------
    Grambsch & Therneau (1994), Proportional hazards tests and diagnostics based on weighted residuals,
    Biometrika 81.
    """
    sets, p = fit.sets, len(fit.beta)
    g = transformed_times(sets, transform)
    if not np.isfinite(g).all():
        raise ValueError("the function of time has no value at some event times")
    if np.ptp(g) == 0.0:
        raise ValueError("all events are at one time")
    centred = g - g[sets.event_time].mean()
    scale = fit.at.surface.scale
    weight = fit.at.surface.weight[sets.event_row]
    slope = (schoenfeld_residuals(fit) / scale[:, None]) @ (weight * centred[sets.event_time])
    crossed = fit.at.information_times(centred)
    information = np.block([[fit.at.information, crossed], [crossed, fit.at.information_times(centred**2)]])

    def score_test(columns: Sequence[int]) -> float:
        tested = np.array(columns) + p
        kept = np.concatenate([np.arange(p), tested])
        return squared_length(np.concatenate([np.zeros(p), slope[columns]]), information[np.ix_(kept, kept)])

    each = [[column] for column in range(p)] if terms is None else [list(term) for term in terms]
    tests = [*each, list(range(p))]
    return ProportionalHazardsTest(
        statistic=np.array([score_test(columns) for columns in tests]),
        df=np.array([len(columns) for columns in tests]),
        transformed=g,
    )


def transformed_times(sets: RiskSets, transform: Transform) -> Floats:
    """The function of time at each event time."""
    if transform == "identity":
        return sets.time
    if transform == "log":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(sets.time)
    if transform == "rank":
        ends = np.sort(sets.stop)
        return (np.searchsorted(ends, sets.time) + np.searchsorted(ends, sets.time, side="right") + 1) / 2.0
    if transform == "km":
        return 1.0 - _kaplan_meier_before(sets)
    raise ValueError("transform is 'km', 'rank', 'identity' or 'log'")


def _kaplan_meier_before(sets: RiskSets) -> Floats:
    """Kaplan and Meier's curve just before each event time, all strata taken together, rows not weighted."""
    times, point = np.unique(sets.time, return_inverse=True)
    at_risk = len(sets.stop) - np.searchsorted(np.sort(sets.stop), times)
    if sets.start is not None:
        at_risk = at_risk - (len(sets.start) - np.searchsorted(np.sort(sets.start), times))
    events = np.bincount(point, sets.n_events)
    after = np.cumprod(1.0 - events / at_risk)
    return np.asarray(np.concatenate([[1.0], after[:-1]])[point], dtype=float)
