"""Columns brought to one scale before any arithmetic, and the way back to the units of the data.

An income in pounds beside a share between 0 and 1, or a calendar year as the time, would make the search for the
optimum slow and its answer inexact. The model is the same in standardised columns: only its coefficients turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import (
    ROWS_AT_ONCE,
    Columns,
    CrossProducts,
    Scale,
    cross_products,
    merge_patterns,
)

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
        return forth_of(self.X_back)

    @cached_property
    def random_forth(self) -> Floats:
        """Original random effects are this times the standardised ones (and ``y_scale``)."""
        return forth_of(self.Z_back)

    def with_random_columns_scaled_only(self) -> StandardDesign:
        """The same design with random columns that are divided by their size, but not centred.

        Centring turns random effects that do not correlate into ones that do.
        """
        size = np.diag(self.Z_back)
        turn = self.Z_back / size[:, None]
        if np.array_equal(turn, np.eye(len(turn))):
            return self
        groups = _turned(self.groups, turn)
        merged = groups if self.merged is self.groups else _turned(self.merged, turn)
        return replace(self, groups=groups, merged=merged, Z_back=np.diag(size))


def _turned(products: CrossProducts, turn: Floats) -> CrossProducts:
    """Cross-products of the random columns ``turn @ Z``."""
    ZZ = np.einsum("ab,bcg,dc->adg", turn, products.ZZ, turn, optimize=True)
    ZW = np.einsum("ab,bmg->amg", turn, products.ZW)
    return replace(products, sums=np.concatenate([ZZ, ZW], axis=1))


def standard_design(
    y: Floats, X: Columns, Z: Columns, group: Ints, n_groups: int, merge: bool = True
) -> StandardDesign:
    """Standardise the columns of a mixed model and sum their products within groups.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : sequence of numpy.ndarray, shapes (rows,)
        Fixed-effect columns.
    Z : sequence of numpy.ndarray, shapes (rows,)
        Random-effect columns.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups.
    merge : bool
        Whether groups of one pattern are merged; the fit is the same.
    """
    scaling = scaling_of(y, X, Z)
    groups = cross_products([*X, y], Z, group, n_groups, scaling.of_W, scaling.of_Z)
    return scaling.design(groups, merge_patterns(groups) if merge else groups)


@dataclass(frozen=True, eq=False)
class Scaling:
    """How the columns of a mixed model are brought to one scale.

    Attributes
    ----------
    of_W, of_Z : Scale
        Of the fixed-effect columns with the outcome, and of the random-effect columns.
    ones, ones_of_Z : int or None
        Where the columns of ones stand that took up the means.
    """

    of_W: Scale
    of_Z: Scale
    ones: int | None
    ones_of_Z: int | None

    def times(self, factor: float) -> Scaling:
        """The same with all sizes multiplied."""
        of_W, of_Z = (replace(scale, size=factor * scale.size) for scale in (self.of_W, self.of_Z))
        return replace(self, of_W=of_W, of_Z=of_Z)

    def columns(self, y: Floats, X: Columns, Z: Columns, order: Ints) -> tuple[Floats, Floats]:
        """Standardised columns [X, y] (p + 1, rows) and Z (q, rows), rows in this order."""
        W, random = (np.array([column[order] for column in columns]) for columns in ([*X, y], Z))
        return self.of_W.applied(W), self.of_Z.applied(random)

    def design(self, groups: CrossProducts, merged: CrossProducts) -> StandardDesign:
        """The design with these cross-products of the standardised columns."""
        p = len(self.of_W.size) - 1
        y_shift = np.zeros(p)
        if self.ones is not None:
            y_shift[self.ones] = self.of_W.shift[p]
        return StandardDesign(
            groups=groups,
            merged=merged,
            X_back=_back(Scale(self.of_W.shift[:p], self.of_W.size[:p]), self.ones),
            Z_back=_back(self.of_Z, self.ones_of_Z),
            y_shift=y_shift,
            y_scale=float(self.of_W.size[p]) if np.isfinite(self.of_W.size[p]) else 1.0,
        )


def scaling_of(y: Floats, X: Columns, Z: Columns, centre_random: bool = True) -> Scaling:
    """The scaling that gives every column a mean square of one, and a mean of zero beside a column of ones."""
    ones, ones_of_Z = place_of_ones(X), place_of_ones(Z) if centre_random else None
    return Scaling(standard_scale([*X, y], ones), standard_scale(Z, ones_of_Z), ones, ones_of_Z)


def standard_scale(columns: Columns, ones: int | None) -> Scale:
    """The scale that gives columns a mean square of one, and a mean of zero where ones can take up the mean.

    A column without any spread becomes zero: its size is infinite.
    """
    shift = np.zeros(len(columns))
    if ones is not None:
        shift[:] = _sums(columns, shift, 1) / len(columns[0])
        shift[ones] = 0.0
    size = np.sqrt(_sums(columns, shift, 2) / len(columns[0]))
    size[size <= 1e-13 * np.abs(shift)] = np.inf
    return Scale(shift, size)


def _sums(columns: Columns, shift: Floats, power: int) -> Floats:
    """Sums of the powers of shifted columns, a block of rows at a time."""
    total = np.zeros(len(columns))
    for start in range(0, len(columns[0]), ROWS_AT_ONCE):
        block = np.array([column[start : start + ROWS_AT_ONCE] for column in columns]) - shift[:, None]
        total += block.sum(axis=1) if power == 1 else np.einsum("kr,kr->k", block, block)
    return total


def place_of_ones(columns: Columns) -> int | None:
    """Place of the column of ones."""
    return next((j for j, column in enumerate(columns) if column[0] == 1.0 and (column == 1.0).all()), None)


def standardise(columns: Columns, out: Floats) -> tuple[Floats, int | None]:
    """Write columns of unit scale to `out`, centred where a column of ones can take up the mean.

    Parameters
    ----------
    columns : sequence of numpy.ndarray, shapes (rows,)
        Columns of a design.
    out : numpy.ndarray, shape (columns, rows)
        Where they go.

    Returns
    -------
    back : numpy.ndarray, shape (k, k)
        ``columns = back @ out``.
    ones : int or None
        Place of the column of ones.
    """
    ones = place_of_ones(columns)
    scale = standard_scale(columns, ones)
    for column, shift, size, made in zip(columns, scale.shift, scale.size, out):
        np.subtract(column, shift, out=made)
        made /= size
    return _back(scale, ones), ones


def standard_blocks(columns: Floats, blocks: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
    """Random-effect columns of unit scale, centred where their block holds a column of ones, and the way back.

    Parameters
    ----------
    columns : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    blocks : sequence of sequences of int
        Which of the columns may correlate. Centring on a column of another block would make them correlate.

    Returns
    -------
    out : numpy.ndarray, shape (q, rows)
        The standardised columns.
    back : numpy.ndarray, shape (q, q)
        ``columns = back @ out``.
    """
    out, back = np.empty(columns.shape), np.zeros((len(columns), len(columns)))
    for block in blocks:
        own = np.array(block)
        made = np.empty((len(own), columns.shape[1]))
        back[np.ix_(own, own)], _ = standardise(columns[own], made)
        out[own] = made
    return out, back


def forth_of(back: Floats) -> Floats:
    """The matrix that makes effects in the units of the data from those of the standardised columns."""
    return np.asarray(np.linalg.inv(back).T, dtype=float)


def _back(scale: Scale, ones: int | None) -> Floats:
    """The matrix that makes the original columns from the standardised ones."""
    back = np.diag(np.where(np.isfinite(scale.size), scale.size, 1.0))
    if ones is not None:
        back[:, ones] += scale.shift * scale.size[ones]
    return back
