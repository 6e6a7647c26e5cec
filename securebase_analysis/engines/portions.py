"""Some groups with all their rows, and sums within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Portion:
    """Some groups with all their rows, few enough to stay in the processor's cache.

    Attributes
    ----------
    y, multiplier, offset, dispersed : numpy.ndarray, shape (rows,)
        See `CanonicalRows`; rows of one group stand together.
    X, Z : numpy.ndarray, shapes (P, rows) and (q, rows)
        Columns of the coefficients and of the random effects.
    starts, sizes : numpy.ndarray of int, shape (groups,)
        First row and number of rows of each group.
    columns : GroupSums
        How the sums over the rows of a group of ``[X; Z]`` times something are taken.
    """

    y: Floats
    multiplier: Floats
    dispersed: Floats | None
    offset: Floats
    X: Floats
    Z: Floats
    starts: Ints
    sizes: Ints
    columns: GroupSums

    def spread(self, per_group: Floats) -> Floats:
        """Values of groups, given to their rows."""
        return np.repeat(per_group, self.sizes, axis=-1)

    def sums(self, per_row: Floats) -> Floats:
        """Sums over the rows of each group."""
        return np.add.reduceat(per_row, self.starts, axis=-1)


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Sums within groups of columns times a value that differs by node; equal columns are summed once.

    Attributes
    ----------
    varying : numpy.ndarray, shape (v, rows)
        Distinct columns that vary within groups.
    constant : numpy.ndarray, shape (c, groups)
        Distinct columns that do not.
    place : numpy.ndarray of int, shape (P + q,)
        Where each column of ``[X; Z]`` is among the varying, then the constant ones.
    """

    varying: Floats
    constant: Floats
    place: Ints

    def of(self, value: Floats, starts: Ints) -> Floats:
        """Sums of every distinct column times `value`, shape (v + c, nodes, groups); `value` is (nodes, rows)."""
        n_varying, n_constant = len(self.varying), len(self.constant)
        sums = np.empty((n_varying + n_constant, len(value), len(starts)))
        product = np.empty_like(value)
        for column, out in zip(self.varying, sums):
            np.multiply(value, column, out=product)
            np.add.reduceat(product, starts, axis=1, out=out)
        if n_constant:
            total = np.add.reduceat(value, starts, axis=1)
            np.multiply(total, self.constant[:, None, :], out=sums[n_varying:])
        return sums


def group_sums(columns: Floats, starts: Ints, sizes: Ints) -> GroupSums:
    """Find out which columns are equal and which do not vary within groups."""
    distinct: list[int] = []
    where: list[int] = []
    for j, column in enumerate(columns):
        same = next((i for i, k in enumerate(distinct) if np.array_equal(column, columns[k])), None)
        if same is None:
            same = len(distinct)
            distinct.append(j)
        where.append(same)
    own = columns[distinct]
    steady = np.array([np.array_equal(column, np.repeat(column[starts], sizes)) for column in own])
    order = np.argsort(steady, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return GroupSums(own[~steady], own[steady][:, starts], rank[where])
