"""The baseline hazard of a proportional hazards model, and the survival it predicts, with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.partial_likelihood import CoxFit

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PredictedHazard:
    """Cumulative hazards at the event times, for given values of the columns.

    Attributes
    ----------
    time : numpy.ndarray, shape (times,)
        Event times, in order within each stratum.
    stratum : numpy.ndarray of int, shape (times,)
        Stratum of each, numbered in the order of their sorted values.
    n_at_risk, n_events : numpy.ndarray, shape (times,)
        Rows at risk, and rows that have the event.
    cumulative, std_error : numpy.ndarray, shape (times, profiles)
        Cumulative hazard at each event time, and its standard error.
    """

    time: Floats
    stratum: Ints
    n_at_risk: Ints
    n_events: Ints
    cumulative: Floats
    std_error: Floats

    @property
    def survival(self) -> Floats:
        """``exp(-cumulative)``, shape (times, profiles)."""
        return np.exp(-self.cumulative)

    @property
    def survival_std_error(self) -> Floats:
        """Standard error of the survival, by the delta method."""
        return self.survival * self.std_error


def predicted_hazard(fit: CoxFit, X: ArrayLike, clustered: bool = False, offset: float = 0.0) -> PredictedHazard:
    """Cumulative hazards of children whose columns stay at given values.

    Parameters
    ----------
    fit : CoxFit
        The fit.
    X : array, shape (p, profiles)
        Values of the columns; zeros give the baseline.
    clustered : bool
        Whether the uncertainty of the coefficients is that of ``fit.vcov_clustered``.
    offset : float
        Known part of the log hazard.

    Raises
    ------
    ValueError
        When a clustered error is wanted of a fit without clusters.

    Notes
    -----
    ``H(t|x) = exp(x'beta) sum h(t_k)`` with the jumps of Breslow's or Efron's estimate, as in the fit. Its
    variance is ``exp(2 x'beta) (sum of squares of the jumps + d'V d)``, ``d`` the integral of ``x - mean(t)`` over
    the baseline hazard (Tsiatis 1981, Ann Stat 9). A curve for columns that change with time needs more than this.
    """
    vcov = fit.vcov_clustered if clustered else fit.vcov
    if vcov is None:
        raise ValueError("the fit has no clusters")
    at, sets = fit.at, fit.sets
    columns = np.asarray(X, dtype=float).reshape(len(fit.beta), -1)
    profiles = (columns - at.surface.centre[:, None]) / at.surface.scale[:, None]
    relative = np.exp(at.beta @ profiles + offset - at.highest[sets.stratum][:, None])
    baseline = _running(at.jumps.hazard, sets.stratum)
    of_means = _running(at.integrand(at.means)[0], sets.stratum)
    d = profiles[:, None, :] * baseline[:, None] - of_means[:, :, None]
    standard_vcov = vcov * np.outer(at.surface.scale, at.surface.scale)
    variance = _running(at.jumps.squares[0] / at.jumps.at_risk**2, sets.stratum)[:, None] + np.einsum(
        "akm,ab,bkm->km", d, standard_vcov, d
    )
    return PredictedHazard(
        time=sets.time,
        stratum=sets.stratum,
        n_at_risk=np.rint(sets.at_risk.onto_points(np.ones(sets.n_rows))).astype(np.intp),
        n_events=sets.n_events,
        cumulative=relative * baseline[:, None],
        std_error=relative * np.sqrt(np.maximum(variance, 0.0)),
    )


def _running(values: Floats, stratum: Ints) -> Floats:
    """Running sums (..., times) that begin anew in each stratum."""
    total = np.cumsum(values, axis=-1)
    begins = np.searchsorted(stratum, stratum)
    before = np.concatenate([np.zeros((*values.shape[:-1], 1)), total], axis=-1)
    return np.asarray(total - before[..., begins], dtype=float)
