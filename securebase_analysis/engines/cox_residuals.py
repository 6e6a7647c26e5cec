"""Residuals of a proportional hazards model: what each row or event adds to the likelihood and its slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.log_partial_likelihood import weighted_score_residuals
from securebase_analysis.engines.partial_likelihood import CoxFit, sums_by_cluster

Floats = NDArray[np.float64]


def martingale_residuals(fit: CoxFit) -> Floats:
    """Events observed less expected of each row (rows,).

    Rows of one child add up to the child's residual. A row that is at risk at no event time has 0.

    References
    ----------
    Therneau, Grambsch & Fleming (1990), Martingale-based residuals for survival models, Biometrika 77.
    """
    return fit.at.weighted_martingale / fit.at.surface.weight


def deviance_residuals(fit: CoxFit) -> Floats:
    """Martingale residuals (rows,) made more symmetric about 0.

    ``sign(M) sqrt(-2 (M + d log(d - M)))`` with ``d`` the event; to be read where each child has one row.
    """
    return deviance_of_martingale(martingale_residuals(fit), fit.sets.event)


def deviance_of_martingale(martingale: Floats, events: ArrayLike) -> Floats:
    """Deviance residuals of rows, or of children whose martingale residuals and events were added up."""
    d = np.asarray(events, dtype=float)
    expected = np.maximum(d - martingale, 1e-300)
    depth = martingale + np.where(d > 0.0, d * np.log(expected / np.maximum(d, 1.0)), 0.0)
    return np.sign(martingale) * np.sqrt(np.maximum(-2.0 * depth, 0.0))


def schoenfeld_residuals(fit: CoxFit) -> Floats:
    """Columns of those with the event less their mean over the risk set (p, events), in the order of time.

    The order is that of ``fit.sets.event_row``. Under Efron's ties the mean is the average over the terms of the
    time.

    References
    ----------
    Schoenfeld (1982), Partial residuals for the proportional hazards regression model, Biometrika 69.
    """
    at, sets = fit.at, fit.sets
    residual = at.surface.X[:, sets.event_row] - at.means_at_events[:, sets.event_time]
    return residual * at.surface.scale[:, None]


def scaled_schoenfeld_residuals(fit: CoxFit) -> Floats:
    """Schoenfeld residuals on the scale of the coefficients (p, events): ``beta + events vcov s``.

    Their mean over time shows how a coefficient changes, with the information shared alike among events (Grambsch
    & Therneau 1994, Biometrika 81).
    """
    return fit.beta[:, None] + fit.n_events * (fit.vcov @ schoenfeld_residuals(fit))


def score_residuals(fit: CoxFit) -> Floats:
    """What each row adds to the slope of the log-likelihood (p, rows), before its weight."""
    at = fit.at
    return weighted_score_residuals(at) / at.surface.weight * at.surface.scale[:, None]


def dfbeta(fit: CoxFit, cluster: ArrayLike | None = None) -> Floats:
    """How far each row (p, rows), or each cluster (p, clusters), moved the coefficients, to first order.

    Parameters
    ----------
    fit : CoxFit
        The fit.
    cluster : array, shape (rows,), optional
        Rows to be left out together; clusters are in the order of their sorted values.
    """
    weighted = fit.vcov @ (score_residuals(fit) * fit.at.surface.weight)
    return weighted if cluster is None else sums_by_cluster(weighted, cluster)
