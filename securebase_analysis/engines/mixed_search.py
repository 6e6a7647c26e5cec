"""The search for the theta at which the deviance of a model with one grouping factor is smallest.

What it does where a variance vanishes stands in `boundaries`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import (
    OTHER_STARTS,
    STEPS_INSIDE,
    VANISHED,
    descend_past_boundaries,
    with_zeros,
)
from securebase_analysis.engines.cross_products import every_nth
from securebase_analysis.engines.descent import Minimum, downhill_step
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.triangles import symmetric_basis

Floats = NDArray[np.float64]

START = 0.7
LEAST_START, MOST_START = 0.1, 10.0
"""Relative standard deviations between which a search begins."""
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
    moved = Lambda @ Lambda.T + (step / growth @ flat).reshape(q, q)
    value, vector = np.linalg.eigh(moved)
    inside = (vector * np.minimum(np.maximum(value, LEAST_START**2), MOST_START**2)) @ vector.T
    return np.asarray(np.linalg.cholesky(inside * (np.abs(basis).sum(axis=0) > 0))[row, column], dtype=float)


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method from start, past the boundaries on its way."""

    def onto_boundary(found: Minimum) -> Minimum:
        row, column = surface.free
        return with_zeros(found, (row == column) & (np.abs(found.at) < VANISHED), lambda at: surface(at)[:2])

    return descend_past_boundaries(
        surface, start, onto_boundary, lambda found: _way_out(surface, found.at), most_rounds=surface.q
    )


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
    for size in STEPS_INSIDE:
        moved = Lambda @ Lambda.T + size * np.outer(v, v) * may_differ + 1e-10 * np.eye(surface.q)
        beside = np.asarray(np.linalg.cholesky(moved)[surface.free], dtype=float)
        if surface(beside)[0] < at.value:
            return beside
    return None
