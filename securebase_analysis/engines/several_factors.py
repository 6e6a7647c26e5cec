"""The linear mixed model with several grouping factors, nested, crossed or of multiple membership: the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import VANISHED, smallest_sd
from securebase_analysis.engines.descent import Minimum, inverse_where_curved
from securebase_analysis.engines.several_factors_design import Factor, SeveralDesign, several_design
from securebase_analysis.engines.several_factors_deviance import (
    Deviance,
    Secant,
    observed_curvature,
    times,
    turned,
)
from securebase_analysis.engines.several_factors_search import Surface, search

__all__ = [
    "Factor",
    "SeveralDesign",
    "SeveralFit",
    "fit_design",
    "fit_several",
    "random_effects",
    "several_design",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeveralFit:
    """A fitted linear mixed model with several grouping factors, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their model-based covariance.
    sigma2 : float
        Residual variance, of a row of weight one.
    covariances : tuple of numpy.ndarray, shapes (q, q)
        Covariance of the random effects of each factor; zero between columns that may not correlate.
    deviance : float
        Minus twice the log-likelihood, restricted for REML.
    reml : bool
        Whether the likelihood is restricted.
    theta : numpy.ndarray
        Where the search ended, in standardised columns: a start for a fit of the same columns.
    minimum : Minimum
        How the search ended.
    design : SeveralDesign
        The standardised design and the way back from it.
    at : Deviance
        The deviance at the optimum, standardised.
    secant : Secant, optional
        The last step of the search.
    """

    beta: Floats
    vcov: Floats
    sigma2: float
    covariances: tuple[Floats, ...]
    deviance: float
    reml: bool
    theta: Floats
    minimum: Minimum
    design: SeveralDesign
    at: Deviance
    secant: Secant | None

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance (k + 1, k + 1) of (theta, sigma squared) from the observed curvature; standardised columns.

        ``2 H^-1`` with ``H`` the Hessian of the deviance that is not profiled over sigma. Directions in which the
        deviance is flat, or bends down, as it can on a boundary, carry no variance.
        """
        at, k = self.at, len(self.theta)
        H = np.empty((k + 1, k + 1))
        H[:k, :k] = observed_curvature(self.design, self.theta, at, self.secant)
        H[:k, :k] += np.outer(at.rss_slope, at.rss_slope) / (at.degrees * at.sigma2**2)
        H[:k, k] = H[k, :k] = -at.rss_slope / at.sigma2**2
        H[k, k] = at.degrees / at.sigma2**2
        return 2.0 * inverse_where_curved(H)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, free elements of the covariances and the residual variance."""
        return len(self.beta) + len(self.theta) + 1

    @property
    def smallest(self) -> tuple[float, ...]:
        """For each factor the smallest relative standard deviation of any combination of its random effects."""
        return tuple(smallest_sd(Lambda @ Lambda.T) for Lambda in self.at.Lambda)

    @property
    def singular_factors(self) -> tuple[bool, ...]:
        """Whether the covariance of each factor lies on the boundary of covariance matrices."""
        return tuple(one < VANISHED for one in self.smallest)

    @property
    def singular(self) -> bool:
        """Whether any of the covariances lies on the boundary."""
        return any(self.singular_factors)

    @property
    def converged(self) -> bool:
        """Whether the search reached its tolerance."""
        return self.minimum.converged

    @property
    def steps(self) -> int:
        """Steps of the search."""
        return self.minimum.steps


def fit_several(
    y: Floats,
    X: Floats,
    factors: Sequence[Factor],
    reml: bool = True,
    weight: Floats | None = None,
    start: Floats | None = None,
) -> SeveralFit:
    """Fit a linear mixed model with several grouping factors by (restricted) maximum likelihood.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns, of full rank.
    factors : sequence of Factor
        The grouping factors, nested, crossed or of multiple membership in any combination.
    reml : bool
        Restricted maximum likelihood.
    weight : numpy.ndarray, shape (rows,), optional
        Positive weights: the residual variance of a row is ``sigma^2 / weight``.
    start : numpy.ndarray, optional
        Where the search begins: `theta` of a fit of the same columns.

    Raises
    ------
    ValueError
        When the fixed-effect columns are not of full rank, the model leaves no residual at all, weights are not
        positive, or levels are linked too closely for the memory of an ordinary computer.

    Notes
    -----
    With weights the deviance contains ``-sum(log(weight))``. The restricted likelihood depends on the scale of the
    columns of ``X``; the value is that of the original ones.

    References
    ----------
    Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw 67(1).
    Gilmour, Thompson & Cullis (1995), Average information REML, Biometrics 51, 1440-1450.
    """
    return fit_design(several_design(y, X, factors, weight), reml, start)


def fit_design(design: SeveralDesign, reml: bool = True, start: Floats | None = None) -> SeveralFit:
    """Fit a design that `several_design` has made; see `fit_several`."""
    surface = Surface(design, reml)
    found = search(surface, start)
    at = surface.at(found.at)
    if at is None:
        raise ValueError("the columns are not of full rank, or reproduce the outcome exactly")
    forth, scale = design.fixed_forth, design.y_scale
    of_columns = 2.0 * float(np.linalg.slogdet(design.X_back)[1]) if reml else 0.0
    sigma2 = at.sigma2 * scale**2
    halves = [back @ Lambda for back, Lambda in zip(design.random_forth, at.Lambda)]
    return SeveralFit(
        beta=design.y_shift + scale * (forth @ at.beta),
        vcov=sigma2 * (forth @ at.unscaled @ forth.T),
        sigma2=sigma2,
        covariances=tuple(sigma2 * (half @ half.T) for half in halves),
        deviance=float(at.value + 2.0 * at.degrees * np.log(scale) + of_columns),
        reml=reml,
        theta=found.at,
        minimum=found,
        design=design,
        at=at,
        secant=surface.secant(found.at),
    )


def random_effects(fit: SeveralFit) -> tuple[tuple[Floats, Floats], ...]:
    """Best linear unbiased predictions of the random effects of each factor, and their conditional covariance.

    Returns
    -------
    tuple of (effects, covariance)
        For each factor the effects (q, levels), and their covariance (q, q, levels) given the data and the
        estimates: the part of the joint covariance of all factors' effects that belongs to one level.
    """
    found = []
    effects = times(fit.at.Lambda, (fit.at.C @ fit.at.residual)[:, None], fit.design)[:, 0]
    for f, (Lambda, forth) in enumerate(zip(fit.at.Lambda, fit.design.random_forth)):
        back = forth @ Lambda
        covariance = fit.sigma2 * turned(back, fit.at.inverse[f], back.T)
        found.append((fit.design.y_scale * (forth @ fit.design.by_level(effects, f)), covariance))
    return tuple(found)
