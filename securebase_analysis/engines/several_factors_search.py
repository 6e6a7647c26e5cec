"""The search for the theta at which the deviance of a model with several grouping factors is smallest.

What it does where a variance vanishes stands in `boundaries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import (
    OTHER_STARTS,
    STEPS_INSIDE,
    VANISHED,
    descend_past_boundaries,
    with_zeros,
)
from securebase_analysis.engines.descent import Minimum, downhill_step
from securebase_analysis.engines.several_factors_design import SeveralDesign
from securebase_analysis.engines.several_factors_deviance import (
    Deviance,
    Secant,
    average_curvature,
    deviance,
    elements,
    observed_curvature,
    smallest_diagonal,
    theta_of,
    triangles,
)

Floats = NDArray[np.float64]

LEAST_START, LARGEST_START = 0.2, 5.0
"""Relative standard deviations between which the search begins."""
LIFT = 1e-3
"""The relative standard deviation at which the slope beside a boundary is taken."""
SHORT_STEP = (1e-5, 2e-3)
"""Between these a step of the search serves as a finite difference itself."""
TOLERANCE, TOLERANCE_OF_MANY = 1e-11, 1e-8
"""What a last step would gain in deviance; 1e-8 is a ten-thousandth of a standard error in any parameter."""


class Surface:
    """The profiled deviance over theta. The last point is kept, because a search asks for its end twice."""

    def __init__(self, design: SeveralDesign, reml: bool) -> None:
        self.design = design
        self.reml = reml
        self._theta: Floats | None = None
        self._at: Deviance | None = None
        self._path: list[tuple[Floats, Floats, Floats]] = []

    def at(self, theta: Floats) -> Deviance | None:
        """The deviance at theta."""
        if self._theta is None or not np.array_equal(theta, self._theta):
            self._theta, self._at = theta.copy(), deviance(self.design, theta, self.reml)
        return self._at

    def value_and_slope(self, theta: Floats) -> tuple[float, Floats]:
        """Profiled deviance and gradient in theta."""
        at = self.at(theta)
        return (np.inf, theta) if at is None else (at.value, at.slope)

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Profiled deviance, gradient and approximate Hessian in theta."""
        at = self.at(theta)
        if at is None:
            return np.inf, theta, np.eye(len(theta))
        curvature = average_curvature(at)
        self._path = [*self._path[-1:], (theta.copy(), at.slope, curvature)]
        return at.value, at.slope, curvature

    def secant(self, theta: Floats) -> Secant | None:
        """The last step of a search that ended at theta, if it was so short that the curvature kept its shape.

        The approximate curvature is known at both ends; what the observed one has beyond it hardly changes.
        """
        if len(self._path) < 2 or not np.array_equal(self._path[1][0], theta):
            return None
        (was, slope_was, curvature_was), (now, slope_now, curvature_now) = self._path
        step = now - was
        if not SHORT_STEP[0] < np.abs(step).max() < SHORT_STEP[1]:
            return None
        return Secant(step, slope_now - slope_was + (curvature_now - curvature_was) @ step / 2.0)


def search(surface: Surface, start: Floats | None = None) -> Minimum:
    """The theta with the smallest deviance; boundaries are entered, left and tried again from elsewhere."""
    design = surface.design
    best = descend(surface, moment_start(design) if start is None else np.asarray(start, dtype=float))
    if design.is_large:
        return best
    shaky = [
        f for f, Lambda in enumerate(triangles(best.at, design)) if smallest_diagonal(Lambda) < 10.0 * VANISHED
    ]
    if shaky:
        others = [descend(surface, _restart(best.at, shaky, size, design)) for size in OTHER_STARTS]
        best = min([best, *others], key=lambda found: found.value)
    return _polished(surface, best)


def moment_start(design: SeveralDesign) -> Floats:
    """Where the search begins: variances that give sums of squares the expectation that they are seen to have.

    With `r` the residual of least squares, the sum over levels of ``(z'r)^2 / z'z`` for each random column, and
    ``r'r``, have expectations that are linear in the variances. What the fixed effects take up is left out.
    """
    spans = [design.spans[f].start + np.arange(q) * n for f, (q, n) in enumerate(zip(design.q, design.n_levels))]
    first = np.concatenate(spans)
    square = design.ZZ.multiply(design.ZZ)
    length = np.maximum(design.ZZ.diagonal(), 1e-12)
    per_level = np.add.reduceat((square @ _indicator(first, design.plan.n)) / length[:, None], first, axis=0)
    total = np.add.reduceat(length, first)
    p = design.n_fixed
    r = np.append(-np.linalg.lstsq(design.WW[:p, :p], design.WW[:p, p], rcond=None)[0], 1.0)
    seen = np.append(np.add.reduceat((design.ZW @ r) ** 2 / length, first), r @ design.WW @ r)
    levels = np.diff(np.append(first, design.plan.n))
    expected = np.block([[per_level, levels[:, None].astype(float)], [total, np.array([[float(design.n_rows)]])]])
    variances = np.linalg.lstsq(expected, seen, rcond=None)[0]
    residual = max(float(variances[-1]), 0.05 * float(seen[-1]) / design.n_rows)
    sizes = np.clip(np.sqrt(np.maximum(variances[:-1], 0.0) / residual), LEAST_START, LARGEST_START)
    ends = np.cumsum(design.q)
    return theta_of([np.diag(sizes[end - q : end]) for q, end in zip(design.q, ends)], design)


def _indicator(first: NDArray[np.intp], n: int) -> Floats:
    """One column for each run of rows, with ones in it."""
    return np.repeat(np.eye(len(first)), np.diff(np.append(first, n)), axis=0)


def _restart(theta: Floats, factors: Sequence[int], size: float, design: SeveralDesign) -> Floats:
    """The same theta but for some factors, whose random effects all get one relative standard deviation."""
    Lambda = triangles(theta, design)
    for f in factors:
        Lambda[f][:] = size * np.eye(design.q[f])
    return theta_of(Lambda, design)


def _polished(surface: Surface, found: Minimum) -> Minimum:
    """One step with the observed curvature, where that is cheap, for digits that the approximate one leaves."""
    at = surface.at(found.at)
    if at is None:
        return found
    theta = found.at + downhill_step(at.slope, observed_curvature(surface.design, found.at, at))
    further = surface.at(theta)
    if further is None or not np.abs(further.slope).max() < np.abs(at.slope).max():
        return found
    return replace(found, at=theta, value=further.value, slope=further.slope)


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method from start, past the boundaries on its way."""
    design = surface.design
    diagonal = np.array([one.row == one.column for one in elements(design.blocks)], dtype=bool)

    def onto_boundary(found: Minimum) -> Minimum:
        return with_zeros(found, diagonal & (np.abs(found.at) < VANISHED), surface.value_and_slope)

    return descend_past_boundaries(
        surface,
        start,
        onto_boundary,
        lambda found: _way_out(surface, found),
        most_rounds=sum(design.q) + 1,
        tolerance=TOLERANCE_OF_MANY if design.is_large else TOLERANCE,
    )


def _way_out(surface: Surface, found: Minimum) -> Floats | None:
    """A better theta that theta itself cannot see, or None at a true optimum.

    Where ``Phi`` of a factor is singular, the gradient in theta vanishes by symmetry in the directions that lead
    away from the boundary. The slope in ``Phi`` does not; it is taken a little way off, where ``Lambda`` can be
    inverted. At an optimum it has no negative eigenvalue; where it has one, its eigenvector points to a better
    ``Phi``.
    """
    design = surface.design
    Lambda = triangles(found.at, design)
    singular = [f for f, one in enumerate(Lambda) if smallest_diagonal(one) < VANISHED]
    if not singular:
        return None
    lifted = list(Lambda)
    for f in singular:
        lifted[f] = _raised(Lambda[f], LIFT**2 * np.eye(design.q[f]), design.blocks[f])
    at = surface.at(theta_of(lifted, design))
    if at is None:
        return None
    for f in singular:
        for block in design.blocks[f]:
            own = np.ix_(block, block)
            eigenvalue, eigenvector = np.linalg.eigh(at.slope_in_phi(f)[own])
            if eigenvalue[0] > -1e-5 * max(1.0, design.n_levels[f] ** 0.5):
                continue
            towards = np.zeros_like(Lambda[f])
            towards[own] = np.outer(eigenvector[:, 0], eigenvector[:, 0])
            beside = _first_better(surface, found.value, Lambda, f, towards)
            if beside is not None:
                return beside
    return None


def _raised(Lambda: Floats, by: Floats, blocks: Sequence[Sequence[int]]) -> Floats:
    """The lower triangle of ``Phi`` plus something, block by block."""
    Phi = Lambda @ Lambda.T + by
    out = np.zeros_like(Phi)
    for block in blocks:
        own = np.ix_(block, block)
        out[own] = np.linalg.cholesky(Phi[own])
    return out


def _first_better(
    surface: Surface, value: float, Lambda: tuple[Floats, ...], f: int, towards: Floats
) -> Floats | None:
    """The first of some shrinking steps from ``Phi`` of one factor that lowers the deviance."""
    design = surface.design
    for size in STEPS_INSIDE:
        moved = list(Lambda)
        moved[f] = _raised(Lambda[f], size * towards + 1e-10 * np.eye(design.q[f]), design.blocks[f])
        theta = theta_of(moved, design)
        at = surface.at(theta)
        if at is not None and at.value < value:
            return theta
    return None
