"""A linear mixed model fitted again without some of its rows, many times over.

The model sees the data through cross-products, so that rows are left out by taking their products off; and the
search begins where the whole data ended, mostly one or two steps from its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.mixed import MixedFit, fit_at
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.mixed_search import descend
from securebase_analysis.engines.triangles import free_elements

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SAME_COLUMN = 1e-10
"""Share of a column's products below which nothing of it is left beside the others."""


def fits_without(
    fit: MixedFit, y: Floats, X: Floats, Z: Floats, group: Ints, level: Ints, n_levels: int
) -> Iterator[MixedFit | None]:
    """The fit without each level in turn.

    Parameters
    ----------
    fit : MixedFit
        Of all rows.
    y, X, Z : numpy.ndarray, shapes (rows,), (p, rows) and (q, rows)
        Outcome, fixed and random columns that it was made from.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, as in the fit.
    level : numpy.ndarray of int, shape (rows,)
        What is left out, 0 to ``n_levels - 1``: the groups themselves, or anything that lies across them.
    n_levels : int
        Number of levels.

    Yields
    ------
    MixedFit or None
        None where the rows that are left cannot carry the model: columns that are no longer of full rank, or
        fewer than two groups.
    """
    design = fit.design
    W = np.vstack([design.fixed_forth.T @ X, (y - design.y_shift @ X) / design.y_scale])
    ZW = np.vstack([design.random_forth.T @ Z, W])
    theta = fit.Lambda[free_elements(len(fit.Lambda), fit.blocks)]
    order, ends = np.argsort(level, kind="stable"), np.cumsum(np.bincount(level, minlength=n_levels))
    for start, end in zip(np.r_[0, ends[:-1]], ends):
        rows = order[start:end]
        rest = _without(design.groups, ZW[:, rows], group[rows])
        yield _refit(fit, rest, theta) if _can_carry(rest) else None


def _without(groups: CrossProducts, ZW: Floats, group: Ints) -> CrossProducts:
    """The cross-products less those of some rows; a group without rows stays, and adds nothing."""
    q = groups.n_random
    sums, W = groups.sums.copy(), ZW[q:]
    for row, own in enumerate(group):
        sums[:, :, own] -= np.outer(ZW[:q, row], ZW[:, row])
    return replace(groups, sums=sums, WW=groups.WW - W @ W.T, n_rows=groups.n_rows - len(group))


def _can_carry(rest: CrossProducts) -> bool:
    """Whether the fixed columns are still of full rank, with a row to spare and two groups."""
    p = rest.n_fixed
    if rest.n_rows <= p or (rest.ZZ[0, 0] > SAME_COLUMN).sum() < 2:
        return False
    return _of_full_rank(rest.WW[:p, :p], rest.n_rows)


def full_rank(columns: Floats) -> bool:
    """Whether no column (columns, rows) can be computed from the others."""
    p, n = columns.shape
    size = np.sqrt((columns**2).sum(axis=1))
    return n > p and bool(size.min(initial=1.0) > 0.0) and _of_full_rank(np.atleast_2d(columns @ columns.T), n)


def _of_full_rank(gram: Floats, n_rows: int) -> bool:
    """Whether products of columns with one another leave something of each beside the others."""
    size = np.sqrt(np.maximum(np.diag(gram), 0.0))
    if size.min(initial=np.inf) <= SAME_COLUMN * n_rows:
        return False
    return bool(np.linalg.eigvalsh(gram / np.outer(size, size)).min(initial=1.0) > SAME_COLUMN)


def _refit(fit: MixedFit, rest: CrossProducts, theta: Floats) -> MixedFit | None:
    """The optimum nearest to theta; None where there is none."""
    surface = Surface(rest, fit.reml, fit.blocks)
    try:
        return fit_at(surface, descend(surface, theta), replace(fit.design, groups=rest, merged=rest))
    except ValueError:
        return None
