"""Columns brought to one scale before any arithmetic, and the way back to the units of the data.

An income in pounds beside a share between 0 and 1, or a calendar year as the time, would make the search for the
optimum slow and its answer inexact. The model is the same in standardised columns: only its coefficients turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import CrossProducts, cross_products, merge_patterns

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class StandardDesign:
    """The cross-products of a standardised design.

    Attributes
    ----------
    groups : CrossProducts
        Of every group in the data.
    merged : CrossProducts
        The same with stand-ins for the groups of one pattern.
    X_back, Z_back : numpy.ndarray, shapes (p, p) and (q, q)
        Original columns are ``back @ standard``, columns as rows.
    y_shift : numpy.ndarray, shape (p,)
        What centring the outcome took off the fixed effects: its mean, at the column of ones.
    y_scale : float
        What the outcome was divided by.
    """

    groups: CrossProducts
    merged: CrossProducts
    X_back: Floats
    Z_back: Floats
    y_shift: Floats
    y_scale: float

    @cached_property
    def fixed_forth(self) -> Floats:
        """Original fixed effects are this times the standardised ones (and ``y_scale``, ``y_shift``)."""
        return np.asarray(np.linalg.inv(self.X_back).T, dtype=float)

    @cached_property
    def random_forth(self) -> Floats:
        """Original random effects are this times the standardised ones (and ``y_scale``)."""
        return np.asarray(np.linalg.inv(self.Z_back).T, dtype=float)


def standard_design(
    y: Floats, X: Floats, Z: Floats, group: Ints, n_groups: int, merge: bool = True
) -> StandardDesign:
    """Standardise the columns of a mixed model and sum their products within groups.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns.
    Z : numpy.ndarray, shape (q, rows)
        Random-effect columns; their covariance is to be free.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups.
    merge : bool
        Whether groups of one pattern are merged; the fit is the same.
    """
    W = np.empty((len(X) + 1, len(y)))
    X_back, ones = standardise(X, W[:-1])
    y_shift = np.zeros(len(X))
    if ones is not None:
        y_shift[ones] = y.mean()
    np.subtract(y, y_shift.sum(), out=W[-1])
    y_scale = _root_mean_square(W[-1]) or 1.0
    W[-1] /= y_scale

    Z_standard = np.empty(Z.shape)
    Z_back, _ = standardise(Z, Z_standard)
    groups = cross_products(W, Z_standard, group, n_groups)
    merged = merge_patterns(groups) if merge else groups
    return StandardDesign(groups, merged, X_back, Z_back, y_shift, y_scale)


def standardise(columns: Floats, out: Floats) -> tuple[Floats, int | None]:
    """Write columns of unit scale to `out`, centred where a column of ones can take up the mean.

    Parameters
    ----------
    columns, out : numpy.ndarray, shape (k, rows)
        One row per column of a design.

    Returns
    -------
    back : numpy.ndarray, shape (k, k)
        ``columns = back @ out``.
    ones : int or None
        Place of the column of ones.
    """
    back = np.eye(len(columns))
    ones = next((j for j, column in enumerate(columns) if column[0] == 1.0 and (column == 1.0).all()), None)
    for j, column in enumerate(columns):
        if j == ones:
            out[j] = 1.0
            continue
        mean = float(column.mean()) if ones is not None else 0.0
        np.subtract(column, mean, out=out[j])
        scale = _root_mean_square(out[j])
        if scale <= 1e-13 * abs(mean):
            out[j] = 0.0
            scale = 1.0
        out[j] /= scale
        back[j, j] = scale
        if ones is not None:
            back[j, ones] = mean
    return back, ones


def _root_mean_square(column: Floats) -> float:
    return float(np.sqrt(column @ column / len(column)))
