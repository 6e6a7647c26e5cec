"""Where each row stands on the latent variables, from its answers to ordinal items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from securebase_analysis.engines.latent_scores import LatentScores
from securebase_analysis.engines.ordinal_moments import OrdinalMoments
from securebase_analysis.engines.ordinal_structure import ImpliedOrdinal
from securebase_analysis.engines.weighted_least_squares import OrdinalFit

Floats = NDArray[np.float64]

LEAST = 1e-300
UNRELATED = 1e-8
"""A residual covariance below this share of the standard deviations is none."""
CLOSE = 1e-9
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class _Given:
    """The variables of a group given its latent ones: ``v = intercept + slope (eta - mean) + e``.

    `mean` and `covariance` are those of the latent variables, `sd` of what is left; `low` and `high` hold the
    limits of each answer, NaN where there is none, and `continuous` the values of other variables.
    """

    mean: Floats
    covariance: Floats
    intercept: Floats
    slope: Floats
    sd: Floats
    low: Floats
    high: Floats
    continuous: Floats

    def log_posterior(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """Of each row at its latent values, up to a constant, with gradient and minus the Hessian."""
        away = eta - self.mean
        precision = np.linalg.inv(self.covariance)
        value = -0.5 * np.einsum("ri,ij,rj->r", away, precision, away)
        at = self.intercept + away @ self.slope.T
        of_answers, slopes, curves = self._answers(at)
        of_values, lean, bend = self._values(at)
        gradient = (slopes + lean) @ self.slope - away @ precision
        weight = curves + bend
        curvature = np.einsum("rp,pi,pj->rij", weight, self.slope, self.slope) + precision
        return value + of_answers + of_values, gradient, curvature

    def _answers(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-probability of the answers of each row, its slope and minus its curvature in each expected value."""
        answered = ~np.isnan(self.low)
        above, below = ((limit - at) / self.sd for limit in (self.high, self.low))
        probability = np.where(answered, np.maximum(ndtr(above) - ndtr(below), LEAST), 1.0)
        ends = [np.where(np.isfinite(of), of, 0.0) for of in (above, below)]
        densities = [
            np.where(np.isfinite(of), np.exp(-0.5 * end**2), 0.0) / np.sqrt(2.0 * np.pi)
            for of, end in zip((above, below), ends)
        ]
        slope = -(densities[0] - densities[1]) / (self.sd * probability)
        curve = (ends[0] * densities[0] - ends[1] * densities[1]) / (self.sd**2 * probability) + slope**2
        return (
            np.log(probability).sum(axis=1),
            np.where(answered, slope, 0.0),
            np.where(answered, np.maximum(curve, 0.0), 0.0),
        )

    def _values(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """The same of the values of continuous variables."""
        seen = ~np.isnan(self.continuous)
        z = np.where(seen, (self.continuous - at) / self.sd, 0.0)
        return -0.5 * (z**2).sum(axis=1), z / self.sd, np.where(seen, 1.0 / self.sd**2, 0.0)


def ordinal_scores(fit: OrdinalFit, group: int = 0) -> LatentScores:
    """Most likely latent values of each row given its answers.

    Parameters
    ----------
    fit : OrdinalFit
        The model; its observed variables must have nothing in common but the latent ones.
    group : int
        Number of the group.

    Returns
    -------
    LatentScores
        Of the rows used; errors are those of the normal variable of the same curvature.

    Raises
    ------
    ValueError
        When observed variables go together beyond the latent ones, or these have no covariance matrix.

    Notes
    -----
    The mode of the posterior, with the latent variables normal and the estimate held (empirical Bayes): it shrinks
    towards the mean the more, the less the answers tell.

    References
    ----------
    Skrondal & Rabe-Hesketh (2004), Generalized latent variable modeling, chapter 7.
    """
    (moments, _), at = fit.groups[group], fit.at.implied[group]
    return LatentScores(*_scores(_given(moments, at)))


def _given(moments: OrdinalMoments, at: ImpliedOrdinal) -> _Given:
    """The variables of a group given its latent ones."""
    p = len(at.scale)
    whole, means = at.behind.covariances, at.behind.means
    latent = whole[p:, p:]
    if not len(latent) or np.linalg.eigvalsh(latent)[0] <= 0.0:
        raise ValueError("the covariances of the latent variables are not positive definite")
    slope = np.asarray(np.linalg.solve(latent, whole[p:, :p]).T, dtype=float)
    left = whole[:p, :p] - slope @ whole[p:, :p]
    own = left.diagonal()
    if not (own > 0.0).all() or np.abs(left / np.sqrt(np.outer(own, own)) - np.eye(p)).max() > UNRELATED:
        raise ValueError(
            "observed variables go together beyond the latent ones, or a residual variance is negative"
        )
    X, ordinal = moments.margins.X, at.structure.ordinal
    low, high = np.full(X.shape, np.nan), np.full(X.shape, np.nan)
    for variable in np.flatnonzero(ordinal):
        edges = np.concatenate([[-np.inf], at.thresholds[variable], [np.inf]])
        code = moments.margins.codes[:, variable]
        answered = code >= 0
        low[answered, variable], high[answered, variable] = edges[code[answered]], edges[code[answered] + 1]
    return _Given(means[p:], latent, means[:p], slope, np.sqrt(own), low, high, np.where(ordinal, np.nan, X))


def _scores(given: _Given) -> tuple[Floats, Floats]:
    """Modes and errors of the rows of a group, by Newton's method with steps that climb."""
    eta = np.tile(given.mean, (len(given.low), 1))
    value, gradient, curvature = given.log_posterior(eta)
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        if np.abs(step).max(initial=0.0) < CLOSE:
            break
        share = np.ones(len(eta))
        for _ in range(30):
            further = given.log_posterior(eta + share[:, None] * step)[0]
            falls = further < value - 1e-12
            if not falls.any():
                break
            share[falls] /= 2.0
        eta = eta + share[:, None] * step
        value, gradient, curvature = given.log_posterior(eta)
    variance = np.linalg.inv(curvature)
    return eta, np.sqrt(np.einsum("rii->ri", variance))
