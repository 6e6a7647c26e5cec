"""The linear mixed model with one grouping factor: the fit, and its random effects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import VANISHED, smallest_sd
from securebase_analysis.engines.descent import Minimum, inverse_where_curved
from securebase_analysis.engines.mixed_deviance import (
    Deviance,
    Surface,
    curvature_in_theta,
    identity_plus,
    inverse_and_log_det,
    times,
)
from securebase_analysis.engines.mixed_search import search
from securebase_analysis.engines.standard import StandardDesign
from securebase_analysis.engines.triangles import Blocks, free_elements

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted linear mixed model, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their model-based covariance.
    sigma2 : float
        Residual variance.
    D : numpy.ndarray, shape (q, q)
        Covariance of the random effects.
    deviance : float
        Minus twice the log-likelihood, restricted for REML.
    singular : bool
        Whether ``D`` lies on the boundary of covariance matrices.
    reml : bool
        Whether the likelihood is restricted.
    minimum : Minimum
        How the search ended, in standardised columns.
    design : StandardDesign
        The standardised cross-products and the way back from them.
    Lambda : numpy.ndarray, shape (q, q)
        Square root of the relative covariance of the random effects, standardised.
    at : Deviance
        The deviance at the optimum, standardised, over ``design.merged``.
    blocks : tuple of tuple of int, optional
        Numbers of the random effects that may correlate, block by block; None for all.
    """

    beta: Floats
    vcov: Floats
    sigma2: float
    D: Floats
    deviance: float
    singular: bool
    reml: bool
    minimum: Minimum
    design: StandardDesign
    Lambda: Floats
    at: Deviance
    blocks: Blocks | None = None

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @property
    def degrees(self) -> int:
        """What the residual sum of squares is divided by."""
        return self.design.groups.n_rows - (len(self.beta) if self.reml else 0)

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance (k + 1, k + 1) of (theta, sigma squared) from the observed curvature; standardised columns.

        ``2 H^-1`` with ``H`` the Hessian of the deviance that is not profiled over sigma. Directions in which the
        deviance is flat, or bends down, as it can on a boundary, carry no variance.
        """
        at, free = self.at, free_elements(len(self.Lambda), self.blocks)
        k = len(free[0])
        H = np.empty((k + 1, k + 1))
        H[:k, :k] = curvature_in_theta(at, self.Lambda, self.blocks)
        H[:k, k] = H[k, :k] = -2.0 * (at.rss_slope @ self.Lambda)[free] / at.sigma2**2
        H[k, k] = self.degrees / at.sigma2**2
        return 2.0 * inverse_where_curved(H)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, free elements of ``D`` and the residual variance."""
        return len(self.beta) + len(free_elements(len(self.D), self.blocks)[0]) + 1


def fit_mixed(design: StandardDesign, reml: bool = True, blocks: Blocks | None = None) -> MixedFit:
    """Fit a linear mixed model with one grouping factor by (restricted) maximum likelihood.

    Parameters
    ----------
    design : StandardDesign
        From `standard_design`; its fixed-effect columns are of full rank.
    reml : bool
        Restricted maximum likelihood.
    blocks : tuple of tuple of int, optional
        Numbers of the random columns whose effects may correlate, block by block, such as ``((0,), (1,))`` for a
        level and a slope that do not; all may by default. A column in no block has no random effect.

    Raises
    ------
    ValueError
        When the fixed-effect columns are not of full rank, or the model leaves no residual at all.

    Notes
    -----
    The restricted likelihood depends on the scale of the columns of ``X``; the value is that of the original ones.

    References
    ----------
    Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw 67(1).
    """
    blocks = None if blocks is not None and any(len(block) == len(design.Z_back) for block in blocks) else blocks
    if blocks is not None:
        design = design.with_random_columns_scaled_only()
    surface = Surface(design.merged, reml, blocks)
    return fit_at(surface, search(surface), design)


def fit_at(surface: Surface, found: Minimum, design: StandardDesign) -> MixedFit:
    """The fit at the end of a search, in the units of the data."""
    Lambda, at = surface.triangle(found.at), surface.at(found.at)
    if at is None:
        raise ValueError("the columns are not of full rank, or reproduce the outcome exactly")
    contrasts, scale = design.fixed_forth, design.y_scale
    of_scale = 2.0 * surface.degrees * math.log(scale)
    of_columns = 2.0 * float(np.linalg.slogdet(design.X_back)[1]) if surface.reml else 0.0
    sigma2 = at.sigma2 * scale**2
    half = design.random_forth @ Lambda
    return MixedFit(
        beta=design.y_shift + scale * (contrasts @ at.beta),
        vcov=sigma2 * (contrasts @ at.unscaled @ contrasts.T),
        sigma2=sigma2,
        D=sigma2 * (half @ half.T),
        deviance=float(at.value + of_scale + of_columns),
        singular=_smallest_sd(Lambda, surface.free) < VANISHED,
        reml=surface.reml,
        minimum=found,
        design=design,
        Lambda=Lambda,
        at=at,
        blocks=surface.blocks,
    )


def _smallest_sd(Lambda: Floats, free: tuple[Ints, Ints]) -> float:
    """The smallest relative standard deviation of any combination of the random effects that are there."""
    present = free[0][free[0] == free[1]]
    half = Lambda[present]
    return smallest_sd(half @ half.T) if len(present) else np.inf


def random_effects(fit: MixedFit) -> tuple[Floats, Floats]:
    """Best linear unbiased predictions of the random effects of each group, and their conditional covariance.

    Returns
    -------
    effects : numpy.ndarray, shape (q, groups)
        ``D Z'V^-1 (y - X beta) / sigma^2``.
    covariance : numpy.ndarray, shape (q, q, groups)
        Of the effects given the data and the estimates: ``sigma^2 Phi T``.
    """
    design, groups = fit.design, fit.design.groups
    Phi = fit.Lambda @ fit.Lambda.T
    T, _ = inverse_and_log_det(identity_plus(groups.ZZ, Phi))
    residual = np.append(-fit.at.beta, 1.0)
    back = np.einsum("ab,bcg->acg", design.random_forth @ Phi, T)
    effects = design.y_scale * np.einsum("acg,cg->ag", back, np.einsum("m,amg->ag", residual, groups.ZW))
    return effects, fit.sigma2 * times(back, design.random_forth.T)
