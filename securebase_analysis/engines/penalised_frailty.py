"""Coefficients and log frailties that are most likely for a given variance of shared gamma frailties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from securebase_analysis.engines.log_partial_likelihood import AtCoefficients, PartialLikelihood

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_STEPS = 60
LONGEST_STEP = 3.0
"""No step moves the log hazard of any row by more."""
GAIN = 1e-13
"""The search ends when a step is expected to gain less in log-likelihood."""


@dataclass(frozen=True, eq=False)
class PenalisedLikelihood:
    """The partial likelihood of coefficients and log frailties, less the penalty of the latter.

    Attributes
    ----------
    surface : PartialLikelihood
        Rows, standardised.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row.
    events : numpy.ndarray, shape (groups,)
        Events of each group.
    """

    surface: PartialLikelihood
    group: Ints
    events: Floats

    def at(self, beta: Floats, omega: Floats) -> AtCoefficients:
        """The partial likelihood with the log frailties as a known part of the log hazards."""
        return replace(self.surface, offset=self.surface.offset + omega[self.group]).at(beta)

    def by_group(self, values: Floats) -> Floats:
        """Sums (groups,) of the values of the rows of each group."""
        return np.asarray(np.bincount(self.group, values, len(self.events)), dtype=float)

    def maximum(self, nu: float, beta: Floats, omega: Floats) -> PenalisedMaximum:
        """Newton's search, for frailties of variance ``1 / nu``, from given coefficients and log frailties."""
        at = self.at(beta, omega)
        value, p = at.log_likelihood - nu * _spread(omega), len(beta)
        for _ in range(MOST_STEPS):
            slope = np.concatenate([at.score, self.by_group(at.weighted_martingale) - nu * np.expm1(omega)])
            step = self.solve(at, nu * np.exp(omega), slope)
            if step @ slope < GAIN:
                return PenalisedMaximum(self, nu, omega, at, value, True)
            along = step[:p] @ self.surface.X + step[p:][self.group]
            length = min(1.0, LONGEST_STEP / float(np.abs(along).max()))
            while length > GAIN:
                moved = omega + length * step[p:]
                trial = self.at(at.beta + length * step[:p], moved)
                reached = trial.log_likelihood - nu * _spread(moved)
                if reached > value - 1e-12 * abs(value):
                    break
                length /= 2.0
            at, omega, value = trial, moved, reached
        return PenalisedMaximum(self, nu, omega, at, value, False)

    def solve(self, at: AtCoefficients, ridge: Floats, right: Floats, with_beta: bool = True) -> Floats:
        """Solve for the penalised information, of the log frailties alone or with the coefficients.

        By conjugate gradients: a product with the information is a pass over the rows, so that no matrix of groups
        by groups is made.
        """
        p = len(at.beta) if with_beta else 0
        X = self.surface.X[:p]
        of_groups = self.by_group(at.jumps.risk * at.exposure) + ridge
        of_beta = np.linalg.inv(at.information) if p else np.zeros((0, 0))

        def product(v: Floats) -> Floats:
            moved = at.curvature_along(v[:p] @ X + v[p:][self.group])
            return np.concatenate([X @ moved, self.by_group(moved) + ridge * v[p:]])

        def nearly_solved(v: Floats) -> Floats:
            return np.concatenate([of_beta @ v[:p], v[p:] / of_groups])

        return conjugate_gradients(product, nearly_solved, right)


@dataclass(frozen=True, eq=False)
class PenalisedMaximum:
    """The most likely coefficients and log frailties for frailties of variance ``1 / nu``."""

    of: PenalisedLikelihood
    nu: float
    omega: Floats
    at: AtCoefficients
    value: float
    converged: bool

    @property
    def log_likelihood(self) -> float:
        """With the frailties integrated out; it tends to the partial likelihood as their variance does to 0."""
        nu, d = self.nu, self.of.events
        growth = d * np.log(nu) + (nu + d) * np.log1p(d / nu)
        return self.value + float((gammaln(nu + d) - gammaln(nu) - growth + d).sum())

    @property
    def slope(self) -> float:
        """Derivative of the same with respect to ``nu``; coefficients and frailties are at their maximum."""
        nu, d = self.nu, self.of.events
        return float((digamma(nu + d) - digamma(nu) - np.log1p(d / nu)).sum()) - _spread(self.omega)

    def vcov(self) -> Floats:
        """Covariance of the standardised coefficients: inverse penalised information, log frailties eliminated."""
        X, ridge = self.of.surface.X, self.nu * np.exp(self.omega)
        crossed = np.array([self.of.by_group(self.at.curvature_along(column)) for column in X])
        solved = np.array([self.of.solve(self.at, ridge, line, with_beta=False) for line in crossed])
        information = self.at.information
        return np.linalg.inv(information - crossed @ solved.T) if len(X) else information


def _spread(omega: Floats) -> float:
    """What the penalty is in proportion to: ``sum (exp(omega) - 1 - omega)``."""
    return float((np.expm1(omega) - omega).sum())


def conjugate_gradients(
    product: Callable[[Floats], Floats], nearly_solved: Callable[[Floats], Floats], right: Floats
) -> Floats:
    """Solve ``A x = right`` for a positive definite matrix that is known by its products with vectors."""
    x, residual = np.zeros_like(right), right.copy()
    direction = z = nearly_solved(residual)
    size = first = float(residual @ z)
    for _ in range(2 * len(right) + 20):
        if not size > 1e-24 * first:
            break
        image = product(direction)
        length = size / float(direction @ image)
        x, residual = x + length * direction, residual - length * image
        z = nearly_solved(residual)
        size, before = float(residual @ z), size
        direction = z + size / before * direction
    return x
