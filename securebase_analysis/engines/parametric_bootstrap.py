"""The parametric bootstrap of a linear mixed model with one grouping factor: outcomes drawn from a fit are fitted.

New random effects and residuals are drawn in every resample. Columns and groups stay, so that only the
cross-products with the outcome are computed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import VANISHED
from securebase_analysis.engines.cross_products import merge_patterns
from securebase_analysis.engines.descent import Minimum
from securebase_analysis.engines.mixed import MixedFit, fit_at
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.mixed_search import descend
from securebase_analysis.engines.standard import StandardDesign
from securebase_analysis.engines.triangles import free_elements

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

START = 0.3
"""Relative standard deviation from which a search begins where the one before it had vanished."""


@dataclass(frozen=True, eq=False)
class Refits:
    """What the refits of `B` resamples found.

    Attributes
    ----------
    beta : numpy.ndarray, shape (B, p)
        Fixed effects; NaN in all of these where a resample could not be fitted.
    D : numpy.ndarray, shape (B, q, q)
        Covariance of the random effects.
    sigma2 : numpy.ndarray, shape (B,)
        Residual variance.
    singular : numpy.ndarray of bool, shape (B,)
        Whether ``D`` lies on its boundary.
    """

    beta: Floats
    D: Floats
    sigma2: Floats
    singular: NDArray[np.bool_]


def refits(fit: MixedFit, X: Floats, Z: Floats, group: Ints, turns: Iterable[int], seed: int) -> Refits:
    """Draw outcomes from a fit and fit the same model to each.

    Parameters
    ----------
    fit : MixedFit
        The fit.
    X, Z : numpy.ndarray, shapes (p, rows) and (q, rows)
        Columns of the fixed and of the random part, in the units of the data.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row.
    turns : iterable
        One item for each resample; it may draw a bar as it is walked.
    seed : int
        Start of the random numbers.
    """
    rng = np.random.default_rng(seed)
    design, n_groups, q = fit.design, fit.design.groups.n_groups, len(fit.D)
    standard_X = np.asarray(np.linalg.solve(design.X_back, X), dtype=float)
    standard_Z = np.asarray(np.linalg.solve(design.Z_back, Z), dtype=float)
    expected = fit.at.beta @ standard_X
    half, sigma = np.sqrt(fit.at.sigma2) * fit.Lambda, np.sqrt(fit.at.sigma2)
    start = _inside(fit)
    beta, D, sigma2, singular = [], [], [], []
    for _ in turns:
        effects = half @ rng.standard_normal((q, n_groups))
        residual = sigma * rng.standard_normal(len(group))
        y = expected + (standard_Z * effects[:, group]).sum(axis=0) + residual
        try:
            again = _fitted(with_outcome(design, y, standard_X, standard_Z, group), fit, start)
        except ValueError:
            again = None
        beta.append(np.full(len(fit.beta), np.nan) if again is None else again.beta)
        D.append(np.full((q, q), np.nan) if again is None else again.D)
        sigma2.append(np.nan if again is None else again.sigma2)
        singular.append(again is not None and again.singular)
    return Refits(np.array(beta), np.array(D), np.array(sigma2), np.array(singular, dtype=bool))


def _fitted(design: StandardDesign, like: MixedFit, start: Floats) -> MixedFit:
    """The fit of one drawn outcome."""
    surface = Surface(design.merged, like.reml, like.blocks)
    return fit_at(surface, _found(surface, start), design)


def _found(surface: Surface, start: Floats) -> Minimum:
    """The optimum reached from near the one that the outcome was drawn from; near a boundary, from a second start.

    The way out of a boundary is looked for in each descent; for 3,000 outcomes drawn from fits on and off the
    boundary this was the optimum of the full search.
    """
    row, column = surface.free
    found = descend(surface, start)
    if (np.abs(found.at[row == column]) > 10.0 * VANISHED).all():
        return found
    return min([found, descend(surface, np.where(row == column, START, 0.0))], key=lambda one: one.value)


def _inside(fit: MixedFit) -> Floats:
    """The optimum of a fit, drawn away from its boundary."""
    row, column = free_elements(len(fit.Lambda), fit.blocks)
    theta = fit.Lambda[row, column]
    return np.where(row == column, np.maximum(np.abs(theta), START), theta)


def with_outcome(design: StandardDesign, y: Floats, X: Floats, Z: Floats, group: Ints) -> StandardDesign:
    """The same design with another outcome; everything in standardised units."""
    groups, q, p = design.groups, len(Z), len(X)
    sums, WW = groups.sums.copy(), groups.WW.copy()
    for z, total in zip(Z, sums[:, q + p]):
        total[:] = np.bincount(group, z * y, groups.n_groups)
    WW[p, :p] = WW[:p, p] = X @ y
    WW[p, p] = y @ y
    made = replace(groups, sums=sums, WW=WW)
    return replace(design, groups=made, merged=merge_patterns(made))
