"""Profiles of a linear mixed model with one grouping factor.

Fixed effects are held by taking their share off the outcome; standard deviations, correlations and covariances of
random effects by a path of covariances on which they cannot move, down whose deviance Newton's method walks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.descent import Minimum, minimise
from securebase_analysis.engines.held_covariance import (
    Basis,
    CorrelationHeld,
    CovarianceHeld,
    Path,
    ResidualHeld,
    StandardDeviationHeld,
    basis_of,
    near_root,
)
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.mixed_deviance import LOG_2PI, Deviance, Surface, deviance
from securebase_analysis.engines.mixed_search import descend, search
from securebase_analysis.engines.profile import Profile, without_contrast

Floats = NDArray[np.float64]

SMALL = 0.02
"""A free diagonal element below this share of the residual standard deviation calls for other starts."""


def profile_of_contrast(fit: MixedFit, row: Floats) -> Profile:
    """The profile of a contrast of the fixed effects of a fit by maximum likelihood.

    Parameters
    ----------
    fit : MixedFit
        By maximum likelihood.
    row : numpy.ndarray, shape (p,)
        Multiplies the fixed effects, in the units of the data.
    """
    design = fit.design
    of_standard = design.y_scale * (row @ design.fixed_forth)
    shift = float(row @ design.y_shift)
    return Profile(
        estimate=float(row @ fit.beta),
        step=float(np.sqrt(row @ fit.vcov @ row)),
        least=-np.inf,
        most=np.inf,
        lowest=_refined(fit).value,
        deviance=_WithContrastHeld(fit, of_standard, shift),
    )


def profile_of_sd(fit: MixedFit, effect: int) -> Profile:
    """The profile of the standard deviation of one random effect of a fit by maximum likelihood."""
    basis = _basis(fit, (effect,))
    estimate = float(np.sqrt(max(fit.D[effect, effect], 0.0)))
    step = max(0.3 * estimate, 0.1 * basis.scale[0] * np.sqrt(fit.at.sigma2))
    path = _WithVariancesHeld(fit, basis, StandardDeviationHeld)
    return Profile(estimate, float(step), 0.0, np.inf, _refined(fit).value, path)


def profile_of_correlation(fit: MixedFit, first: int, second: int) -> Profile:
    """The profile of the correlation of two random effects; without an estimate where one does not vary."""
    basis = _basis(fit, (first, second))
    sds = np.sqrt(np.maximum(np.diag(fit.D), 0.0))[[first, second]]
    relative = sds / (basis.scale[:2] * np.sqrt(fit.at.sigma2))
    estimate = np.nan
    if relative.min() > 1e-4:
        estimate = float(np.clip(fit.D[first, second] / sds.prod(), -1.0, 1.0))
    path = _WithVariancesHeld(fit, basis, CorrelationHeld)
    return Profile(estimate, 0.2, -1.0, 1.0, _refined(fit).value, path)


def profile_of_covariance(fit: MixedFit, first: int, second: int) -> Profile:
    """The profile of the covariance of two random effects."""
    basis = _basis(fit, (first, second))
    scale = float(basis.scale[:2].prod())
    of_sds = float(np.sqrt(max(fit.D[first, first] * fit.D[second, second], 0.0)))
    step = max(0.3 * of_sds, 0.05 * scale * fit.at.sigma2)
    path = _WithVariancesHeld(fit, basis, CovarianceHeld)
    return Profile(float(fit.D[first, second]), step, -np.inf, np.inf, _refined(fit).value, path)


def profile_of_sigma(fit: MixedFit) -> Profile:
    """The profile of the residual standard deviation."""
    basis = _basis(fit, ())
    estimate = float(np.sqrt(fit.sigma2))
    step = estimate / np.sqrt(2.0 * fit.design.groups.n_rows)
    path = _WithVariancesHeld(fit, basis, ResidualHeld)
    return Profile(estimate, float(step), 0.0, np.inf, _refined(fit).value, path)


def _refined(fit: MixedFit) -> Deviance:
    """The deviance at the optimum, in standardised columns."""
    if fit.reml:
        raise ValueError("profiles are of maximum likelihood, not of restricted maximum likelihood")
    return fit.at


def _found_from(surface: Surface, start: Floats) -> Minimum:
    """The optimum reached from near by, or from everywhere when it lies near the boundary."""
    row, column = surface.free
    found = descend(surface, start)
    near = np.abs(found.at[row == column]) < SMALL
    if found.converged and not near.any():
        return found
    return min([found, search(surface)], key=lambda one: one.value)


class _WithContrastHeld:
    """The deviance with a contrast of the (standardised) fixed effects at a value, in the units of the data."""

    def __init__(self, fit: MixedFit, row: Floats, shift: float) -> None:
        self.products, self.blocks = fit.design.merged, fit.blocks
        self.row, self.shift = row, shift
        self.start = fit.minimum.at

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        turn = without_contrast(self.row, value - self.shift)
        surface = Surface(_of_columns(self.products, turn), False, self.blocks)
        found = _found_from(surface, self.start)
        self.start = found.at
        return found.value


def _of_columns(products: CrossProducts, turn: Floats) -> CrossProducts:
    """Cross-products of other columns and another outcome."""
    ZW = np.einsum("amg,mk->akg", products.ZW, turn)
    sums = np.concatenate([products.ZZ, ZW], axis=1)
    return replace(products, sums=sums, WW=turn.T @ products.WW @ turn)


def _basis(fit: MixedFit, asked: tuple[int, ...]) -> Basis:
    """The basis of effects asked for."""
    products, design = fit.design.merged, fit.design
    mean_products = products.ZZ @ products.weight / products.n_rows
    return basis_of(
        asked, design.random_forth, fit.Lambda, fit.at.sigma2, design.y_scale, mean_products, fit.blocks
    )


def _turned(products: CrossProducts, basis: Basis) -> CrossProducts:
    """Cross-products of the random columns of a basis."""
    columns = basis.back.T
    ZZ = np.einsum("ab,bcg,dc->adg", columns, products.ZZ, columns, optimize=True)
    ZW = np.einsum("ab,bmg->amg", columns, products.ZW)
    return replace(products, sums=np.concatenate([ZZ, ZW], axis=1))


class _WithVariancesHeld:
    """The deviance with one quantity of the covariance held at a value."""

    def __init__(self, fit: MixedFit, basis: Basis, path: type[Path]) -> None:
        self.products = _turned(fit.design.merged, basis)
        self.basis, self.path = basis, path
        self.root, self.log_sigma2 = near_root(basis), math.log(basis.sigma2)

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        path = self.path(value, self.basis)

        def rise(x: Floats) -> tuple[float, Floats, Floats]:
            return deviance_on(path, self.products, x)

        found = minimise(rise, path.start(self.root, self.log_sigma2))
        diagonal = path.diagonal()
        small = SMALL * math.exp(path.log_sigma2(found.at) / 2.0)
        if not found.converged or (np.abs(found.at[diagonal]) < small).any():
            found = min([found, *self._from_elsewhere(path, rise)], key=lambda one: one.value)
        self.root, self.log_sigma2 = path.at(found.at)[0], path.log_sigma2(found.at)
        return found.value

    def _from_elsewhere(self, path: Path, rise: Callable[[Floats], tuple[float, Floats, Floats]]) -> list[Minimum]:
        """Where the search ends when it begins with other standard deviations."""
        size = math.sqrt(self.basis.sigma2)
        identity = np.eye(len(self.basis.D))
        starts = [path.start(share * size * identity, math.log(self.basis.sigma2)) for share in (0.15, 0.7)]
        return [minimise(rise, start) for start in starts]


def deviance_on(path: Path, products: CrossProducts, x: Floats) -> tuple[float, Floats, Floats]:
    """Deviance, gradient and Hessian in the free numbers of a path.

    With ``Lambda = root exp(-t / 2)`` and ``t`` the logarithm of the residual variance, the deviance is ``n (log 2
    pi + t) + log|V| + rss exp(-t)``, in which ``log|V|`` and ``rss`` are functions of ``Phi = Lambda Lambda'``.
    """
    t = path.log_sigma2(x)
    root, slope, bend = path.at(x)
    shrink = math.exp(-t / 2.0) if abs(t) < 600.0 else math.inf
    k, q, n = len(slope), len(root), products.n_rows
    Lambda = root * shrink
    at = deviance(products, Lambda @ Lambda.T, False) if np.isfinite(Lambda).all() else None
    if at is None:
        return np.inf, x, np.eye(len(x))
    rss, precision = n * at.sigma2, shrink**2
    of_log_det = at.value - n * (LOG_2PI + math.log(at.sigma2) + 1.0)
    value = n * (LOG_2PI + t) + of_log_det + rss * precision

    in_phi = at.slope - at.rss_slope / at.sigma2 + at.rss_slope * precision
    of_traces = at.traces.transpose(1, 2, 3, 0)
    curvature = (at.curvature + of_traces) * (at.sigma2 * precision) - of_traces

    moves = np.concatenate([slope * shrink, -Lambda[None] / 2.0])
    turns = np.zeros((k + 1, k + 1, q, q))
    turns[:k, :k], turns[k, k] = bend * shrink, Lambda / 4.0
    turns[:k, k] = turns[k, :k] = -slope * shrink / 2.0
    half = moves @ Lambda.T
    in_moves = half + half.transpose(0, 2, 1)

    pull = in_phi @ Lambda
    gradient = 2.0 * np.einsum("ab,kab->k", pull, moves)
    gradient[k] += n - rss * precision
    flat = in_moves.reshape(k + 1, q * q)
    along = flat @ curvature.reshape(q * q, q * q) @ flat.T
    hessian = (along + along.T) / 2.0 + 2.0 * np.einsum("ab,klab->kl", pull, turns)
    hessian += 2.0 * np.einsum("kab,lab->kl", in_phi @ moves, moves)
    across = -precision * np.einsum("ab,kab->k", at.rss_slope, in_moves)
    hessian[k] += across
    hessian[:, k] += across
    hessian[k, k] += rss * precision
    return (value, gradient, hessian) if path.of_residual else (value, gradient[:k], hessian[:k, :k])
