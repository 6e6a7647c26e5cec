"""The search for the theta at which the deviance of a model with one grouping factor is smallest.

A variance of zero is a stationary point by symmetry, so boundaries are entered on purpose, left where the slope in
the variances themselves points inside, and tried again from elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import every_nth
from securebase_analysis.engines.descent import Minimum, downhill_step, minimise
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.triangles import symmetric_basis

Floats = NDArray[np.float64]

START = 0.7
OTHER_STARTS = (0.15, 2.0)
LEAST_START, MOST_START = 0.1, 10.0
"""Relative standard deviations between which a search begins."""
VANISHED = 1e-3
"""A relative standard deviation (columns have unit scale) below which the boundary itself is tried."""
MANY_GROUPS = 12_000
SAMPLED_GROUPS = 3_000


def search(surface: Surface) -> Minimum:
    """The theta with the smallest deviance; boundaries are entered, left and tried again from elsewhere."""
    products = surface.products
    start = _same_everywhere(surface, START)
    if products.n_groups > MANY_GROUPS:
        sample = every_nth(products, products.n_groups // SAMPLED_GROUPS)
        start = descend(Surface(sample, surface.reml, surface.blocks), start).at
    else:
        start = _by_moments(surface, start)
    best = descend(surface, start)
    if _near_boundary(surface, best):
        others = [descend(surface, _same_everywhere(surface, size)) for size in (START, *OTHER_STARTS)]
        best = min([best, *others], key=lambda found: found.value)
    return best


def _same_everywhere(surface: Surface, size: float) -> Floats:
    """The theta of uncorrelated random effects of one relative standard deviation."""
    return size * np.eye(surface.q)[surface.free]


def _near_boundary(surface: Surface, found: Minimum) -> bool:
    """Whether a diagonal element has all but vanished."""
    row, column = surface.free
    diagonal = np.abs(found.at[row == column])
    return bool(len(diagonal)) and float(diagonal.min()) < 10.0 * VANISHED


def _by_moments(surface: Surface, theta: Floats) -> Floats:
    """One step of scoring in the variances from theta, which is where most searches end but for their last digits.

    The variances enter the covariance of the outcome linearly, so that in balanced data this step arrives.
    """
    at = surface.at(theta)
    if at is None or not len(theta):
        return theta
    q, (row, column) = surface.q, surface.free
    basis = symmetric_basis(q, surface.blocks)
    Lambda = surface.triangle(theta)
    trace = np.einsum("kab,ab->k", basis, at.M @ surface.products.weight)
    crossed = at.traces.transpose(1, 2, 3, 0).reshape(q * q, q * q)
    flat = basis.reshape(-1, q * q)
    information = flat @ crossed @ flat.T - trace[:, None] * (trace / surface.products.n_rows)
    step = downhill_step(flat @ at.slope.ravel(), information)
    growth = max(1.0 - float(trace @ step) / surface.products.n_rows, 0.1)
    moved = Lambda @ Lambda.T + np.tensordot(step / growth, basis, axes=1)
    value, vector = np.linalg.eigh(moved)
    inside = (vector * np.clip(value, LEAST_START**2, MOST_START**2)) @ vector.T
    return np.asarray(np.linalg.cholesky(inside * (np.abs(basis).sum(axis=0) > 0))[row, column], dtype=float)


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method; where theta is stationary and ``Phi`` is not, it goes on from beside there."""
    found = minimise(surface, start)
    for _ in range(surface.q):
        found = _onto_boundary(surface, found)
        escape = _way_out(surface, found.at)
        if escape is None:
            return found
        further = minimise(surface, escape)
        if further.value >= found.value:
            return found
        found = replace(further, steps=found.steps + further.steps)
    return found


def _onto_boundary(surface: Surface, found: Minimum) -> Minimum:
    """Set a diagonal element that has all but vanished to zero, if the deviance does not mind."""
    row, column = surface.free
    vanished = (row == column) & (np.abs(found.at) < VANISHED)
    theta = np.where(vanished, 0.0, found.at)
    if np.array_equal(theta, found.at):
        return found
    value, slope, _ = surface(theta)
    return replace(found, at=theta, value=value, slope=slope) if value <= found.value + 1e-9 else found


def _way_out(surface: Surface, theta: Floats) -> Floats | None:
    """A better theta in the direction of negative slope that theta itself cannot see, or None at a true optimum.

    On the boundary the gradient in theta vanishes by symmetry. At an optimum over covariance matrices the slope in
    ``Phi`` has no negative eigenvalue; where it has one, its eigenvector points to a better ``Phi``.
    """
    at = surface.at(theta)
    if at is None or not len(theta):
        return None
    may_differ = symmetric_basis(surface.q, surface.blocks).sum(axis=0) > 0.0
    slope = at.slope * may_differ
    least = -1e-5 * max(1.0, float(surface.products.weight.sum()) ** 0.5)
    if np.abs(slope).sum(axis=1).max() < -least:
        return None
    eigenvalue, eigenvector = np.linalg.eigh(slope)
    if eigenvalue[0] > least:
        return None
    Lambda, v = surface.triangle(theta), eigenvector[:, 0]
    for size in (0.1, 0.01, 1e-3, 1e-4):
        moved = Lambda @ Lambda.T + size * np.outer(v, v) * may_differ + 1e-10 * np.eye(surface.q)
        beside = np.asarray(np.linalg.cholesky(moved)[surface.free], dtype=float)
        if surface(beside)[0] < at.value:
            return beside
    return None
