"""Profiles of a linear mixed model with several grouping factors, or with weights.

What is held is held as with one factor (see `profile_one_factor`); the way down is walked by a quasi-Newton
method, because the curvature of these models is only approximated.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from securebase_analysis.engines.mixed_deviance import LOG_2PI
from securebase_analysis.engines.profile import Profile, without_contrast
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.engines.several_factors_design import SeveralDesign
from securebase_analysis.engines.several_factors_deviance import Deviance, deviance, elements
from securebase_analysis.engines.several_factors_search import Surface, search

Floats = NDArray[np.float64]

SMALL = 0.02
"""A free diagonal element below this calls for other starts."""
LIFT = 0.05
"""Where a search begins in a direction that had vanished."""
INSIDE = 1e-10
"""Relative variance that is added where a root is taken, so that there is one on the boundary too."""


def profile_of_contrast(fit: SeveralFit, row: Floats) -> Profile:
    """The profile of a contrast of the fixed effects of a fit by maximum likelihood."""
    design = fit.design
    return Profile(
        estimate=float(row @ fit.beta),
        step=float(np.sqrt(row @ fit.vcov @ row)),
        least=-np.inf,
        most=np.inf,
        lowest=_lowest(fit),
        deviance=_WithContrastHeld(fit, design.y_scale * (row @ design.fixed_forth), float(row @ design.y_shift)),
    )


def profile_of_sd(fit: SeveralFit, factor: int, effect: int) -> Profile:
    """The profile of the standard deviation of one random effect of a factor."""
    basis = _basis(fit, factor, (effect,))
    estimate = float(np.sqrt(max(fit.covariances[factor][effect, effect], 0.0)))
    step = max(0.3 * estimate, float(0.1 * basis.scale[0] * np.sqrt(basis.sigma2)))
    path = _WithVariancesHeld(fit, factor, basis, StandardDeviationHeld)
    return Profile(estimate, step, 0.0, np.inf, _lowest(fit), path)


def profile_of_correlation(fit: SeveralFit, factor: int, first: int, second: int) -> Profile:
    """The profile of the correlation of two random effects; without an estimate where one does not vary."""
    basis, D = _basis(fit, factor, (first, second)), fit.covariances[factor]
    sds = np.sqrt(np.maximum(np.diag(D), 0.0))[[first, second]]
    estimate = np.nan
    if (sds / (basis.scale[:2] * np.sqrt(basis.sigma2))).min() > 1e-4:
        estimate = float(np.clip(D[first, second] / sds.prod(), -1.0, 1.0))
    path = _WithVariancesHeld(fit, factor, basis, CorrelationHeld)
    return Profile(estimate, 0.2, -1.0, 1.0, _lowest(fit), path)


def profile_of_covariance(fit: SeveralFit, factor: int, first: int, second: int) -> Profile:
    """The profile of the covariance of two random effects."""
    basis, D = _basis(fit, factor, (first, second)), fit.covariances[factor]
    of_sds = float(np.sqrt(max(D[first, first] * D[second, second], 0.0)))
    step = max(0.3 * of_sds, float(0.05 * basis.scale[:2].prod() * basis.sigma2))
    path = _WithVariancesHeld(fit, factor, basis, CovarianceHeld)
    return Profile(float(D[first, second]), step, -np.inf, np.inf, _lowest(fit), path)


def profile_of_sigma(fit: SeveralFit) -> Profile:
    """The profile of the residual standard deviation (of a row of weight one)."""
    estimate = float(np.sqrt(fit.sigma2))
    path = _WithVariancesHeld(fit, 0, _basis(fit, 0, ()), ResidualHeld)
    return Profile(estimate, estimate / np.sqrt(2.0 * fit.design.n_rows), 0.0, np.inf, _lowest(fit), path)


def _lowest(fit: SeveralFit) -> float:
    """The deviance at the optimum, in standardised columns."""
    if fit.reml:
        raise ValueError("profiles are of maximum likelihood, not of restricted maximum likelihood")
    return fit.at.value


def _basis(fit: SeveralFit, factor: int, asked: tuple[int, ...]) -> Basis:
    """The basis of effects asked for."""
    design = fit.design
    columns, blocks = design.rows[factor].columns, design.blocks[factor]
    return basis_of(
        asked,
        design.random_forth[factor],
        fit.at.Lambda[factor],
        fit.at.sigma2,
        design.y_scale,
        columns @ columns.T / design.n_rows,
        blocks if len(blocks) > 1 else None,
    )


class _WithContrastHeld:
    """The deviance with a contrast of the (standardised) fixed effects at a value, in the units of the data."""

    def __init__(self, fit: SeveralFit, row: Floats, shift: float) -> None:
        self.design, self.row, self.shift, self.start = fit.design, row, shift, fit.theta

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        start = np.where(np.abs(self.start) < LIFT, LIFT, self.start) if not self.start.all() else self.start
        turn = without_contrast(self.row, value - self.shift)
        found = search(Surface(_turned(self.design, turn), False), start)
        self.start = found.at
        return found.value


def _turned(design: SeveralDesign, turn: Floats) -> SeveralDesign:
    """The design of other columns and another outcome."""
    p = turn.shape[1] - 1
    return replace(
        design,
        ZW=design.ZW @ turn,
        WW=turn.T @ design.WW @ turn,
        W=turn.T @ design.W,
        X_back=np.eye(p),
        holds_mean=np.zeros(p, dtype=bool),
        y_shift=np.zeros(p),
    )


class _WithVariancesHeld:
    """The deviance with one quantity of the covariance of one factor held at a value."""

    def __init__(self, fit: SeveralFit, factor: int, basis: Basis, path: type[Path]) -> None:
        self.design, self.factor, self.basis, self.path = fit.design, factor, basis, path
        places = elements(fit.design.blocks)
        self.of_others = np.array([place.f != factor for place in places])
        self.diagonal = np.array([place.row == place.column for place in places])[self.of_others]
        self.theta = fit.theta[self.of_others]
        self.root, self.log_sigma2 = near_root(basis), math.log(basis.sigma2)
        self.curvature: Floats | None = None

    def __call__(self, value: float) -> float:
        """The least deviance; the next call begins where this one ended."""
        path = self.path(value, self.basis)
        theta = np.where(self.diagonal & (np.abs(self.theta) < LIFT), LIFT, self.theta)
        found = self._descended(path, np.concatenate([theta, path.start(self.root, self.log_sigma2)]))
        x = found.x[len(theta) :]
        own = np.abs(x[path.diagonal()]) * math.exp(-path.log_sigma2(x) / 2.0)
        if (own < SMALL).any() or (np.abs(found.x[: len(theta)][self.diagonal]) < SMALL).any():
            size = 0.5 * math.sqrt(self.basis.sigma2) * np.eye(len(self.basis.D))
            round_theta = np.where(self.diagonal, 0.5, 0.0)
            start = np.concatenate([round_theta, path.start(size, math.log(self.basis.sigma2))])
            found = min(found, self._descended(path, start), key=lambda one: one.fun)
        self.theta, x = found.x[: len(theta)], found.x[len(theta) :]
        self.root, self.log_sigma2 = path.at(x)[0], path.log_sigma2(x)
        return float(found.fun)

    def _descended(self, path: Path, start: Floats) -> Any:
        """The optimum by quasi-Newton steps, whose curvature is kept for the next value."""
        from scipy.optimize import minimize

        options: dict[str, Any] = {"gtol": 1e-6, "maxiter": 200}
        if self.curvature is not None and len(self.curvature) == len(start):
            options["hess_inv0"] = self.curvature
        if not len(start):
            return minimize(lambda x: self._deviance(path, x)[0], start, method="Nelder-Mead")
        found = minimize(lambda x: self._deviance(path, x), start, jac=True, method="BFGS", options=options)
        curvature = (found.hess_inv + found.hess_inv.T) / 2.0
        # Where the search began far off, the curvature it gathered may be no use elsewhere.
        self.curvature = curvature if np.linalg.eigvalsh(curvature)[0] > 1e-12 else None
        return found

    def _deviance(self, path: Path, x: Floats) -> tuple[float, Floats]:
        """Deviance and gradient in the relative roots of the other factors and the free numbers of the path.

        The deviance is ``n (log 2 pi + t) + log|V| + rss exp(-t)``, with ``t`` the logarithm of the residual
        variance.
        """
        n_theta = len(self.theta)
        others, own = x[:n_theta], x[n_theta:]
        t = path.log_sigma2(own)
        root, slope, _ = path.at(own)
        precision = math.exp(-t) if abs(t) < 600.0 else math.inf
        Lambda = self._standard_root(root * math.sqrt(precision))
        at = None if Lambda is None else deviance(self.design, self._theta(others, Lambda), False)
        if at is None or Lambda is None:
            return np.inf, np.zeros_like(x)
        n, rss = self.design.n_rows, self.design.n_rows * at.sigma2
        of_log_det = at.value - n * (LOG_2PI + math.log(at.sigma2) + 1.0)
        value = n * (LOG_2PI + t) + of_log_det + rss * precision

        more = precision - 1.0 / at.sigma2
        gradient = np.zeros_like(x)
        gradient[:n_theta] = (at.slope + more * at.rss_slope)[self.of_others]
        back, shrunk = self.basis.back, root * math.sqrt(precision)
        pull = 2.0 * (back.T @ _slope_in_phi(at, self.factor, Lambda, more) @ back) @ shrunk
        in_root = np.einsum("ab,kab->k", pull, slope) * math.sqrt(precision)
        gradient[n_theta : n_theta + len(in_root)] = in_root
        if path.of_residual:
            gradient[-1] = n - rss * precision - float((pull * shrunk).sum()) / 2.0
        return value, gradient

    def _standard_root(self, shrunk: Floats) -> Floats | None:
        """The lower triangle of the relative covariance of the standardised effects."""
        half = self.basis.back @ shrunk
        if not np.isfinite(half).all():
            return None
        return np.asarray(np.linalg.cholesky(half @ half.T + INSIDE * np.eye(len(half))), dtype=float)

    def _theta(self, others: Floats, Lambda: Floats) -> Floats:
        """The relative roots of all factors."""
        places = elements(self.design.blocks)
        theta = np.empty(len(places))
        theta[self.of_others] = others
        theta[~self.of_others] = [Lambda[place.row, place.column] for place in places if place.f == self.factor]
        return theta


def _slope_in_phi(at: Deviance, factor: int, Lambda: Floats, more: float) -> Floats:
    """The slope of ``log|V| + precision rss`` in the relative covariance of one factor."""
    by_level = at.design.by_level
    of_rss = -by_level(at.C @ at.residual, factor) @ by_level(at.N @ at.residual, factor).T
    slope = np.linalg.solve(Lambda.T, at.slopes[factor] + more * of_rss)
    return np.asarray((slope + slope.T) / 2.0, dtype=float)
