"""Rows that belong to levels of several factors, entry by entry: ``Z Lambda`` without ever writing the matrix.

An entry is one random effect in one row. Rows that share a level, and levels that share a row, are found once; the
matrices of a search are sums over the entries and over the pairs of entries of one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from securebase_analysis.engines.elimination import Factorisation, Plan, distinct, elimination_plan
from securebase_analysis.engines.several_factors_design import Factor
from securebase_analysis.engines.standard import forth_of, standard_blocks
from securebase_analysis.engines.triangles import free_elements

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Members:
    """Which rows belong to which levels of one factor.

    Attributes
    ----------
    row, level : numpy.ndarray of int, shape (memberships,)
        Row and level of each membership.
    columns : numpy.ndarray, shape (q, memberships)
        Standardised random-effect columns at that row, times the weight of the membership.
    n_levels : int
        Number of levels.
    free : tuple of numpy.ndarray of int
        Row and column of the elements of ``Lambda`` that are estimated.
    forth : numpy.ndarray, shape (q, q)
        Random effects in the units of the data are this times the standardised ones.
    """

    row: Ints
    level: Ints
    columns: Floats
    n_levels: int
    free: tuple[Ints, Ints]
    forth: Floats

    @property
    def q(self) -> int:
        """Random effects per level."""
        return len(self.columns)

    @property
    def size(self) -> int:
        """Random effects of all levels."""
        return self.q * self.n_levels


@dataclass(frozen=True, eq=False)
class Entries:
    """Every random effect in every row, of all factors.

    Random effects are numbered factor by factor, within a factor column by column, within a column level by level;
    entries likewise, memberships taking the place of levels.

    Attributes
    ----------
    factors : tuple of Members
        The factors.
    n_rows : int
        Rows.
    row, index : numpy.ndarray of int, shape (entries,)
        The row of each entry and its random effect.
    left, right, pair : numpy.ndarray of int, shape (pairs of entries of one row,)
        The two entries, and which off-diagonal element of the pattern they stand at.
    n_pairs : int
        Off-diagonal elements of the pattern.
    plan : Plan
        The order of elimination for matrices of the pattern.
    """

    factors: tuple[Members, ...]
    n_rows: int
    row: Ints
    index: Ints
    left: Ints
    right: Ints
    pair: Ints
    n_pairs: int
    plan: Plan

    @property
    def n_effects(self) -> int:
        """Random effects in all."""
        return self.plan.n

    def parts(self, values: Floats) -> list[Floats]:
        """Values of random effects (effects,), one array (q, levels) for each factor."""
        ends = np.cumsum([one.size for one in self.factors])[:-1]
        return [part.reshape(one.q, -1) for one, part in zip(self.factors, np.split(values, ends))]

    def entry_parts(self, values: Floats) -> list[Floats]:
        """Values of entries, one array (q, memberships) for each factor."""
        ends = np.cumsum([one.columns.size for one in self.factors])[:-1]
        return [part.reshape(one.q, -1) for one, part in zip(self.factors, np.split(values, ends))]

    def turned(self, Lambda: Sequence[Floats]) -> Floats:
        """``Z Lambda``, entry by entry."""
        return np.concatenate([(root.T @ one.columns).ravel() for root, one in zip(Lambda, self.factors)])

    def over_rows(self, entry: Floats, effects: Floats) -> Floats:
        """A matrix of entries times random effects, shape (rows,)."""
        return sums(self.row, entry * effects[self.index], self.n_rows)

    def over_effects(self, entry: Floats, per_row: Floats) -> Floats:
        """The transposed matrix of entries times values of rows, shape (effects,)."""
        return sums(self.index, entry * per_row[self.row], self.n_effects)

    def curvature(self, entry: Floats, bend: Floats) -> Factorisation | None:
        """Factorisation of the identity plus cross-products of a matrix of entries, rows weighted by `bend`."""
        weighted = entry * bend[self.row]
        diagonal = 1.0 + sums(self.index, weighted * entry, self.n_effects)
        below = sums(self.pair, weighted[self.left] * entry[self.right], self.n_pairs)
        return self.plan.factor(diagonal, below)

    def times_inverse(self, entry: Floats, factorisation: Factorisation) -> Floats:
        """Rows of a matrix of entries times the inverse, at the places of the entries."""
        diagonal, below = factorisation.selected_inverse()
        between = below[self.pair]
        out = diagonal[self.index] * entry
        out += np.bincount(self.left, between * entry[self.right], len(out))
        out += np.bincount(self.right, between * entry[self.left], len(out))
        return out


def sums(place: Ints, value: Floats, n: int) -> Floats:
    """Sums of the values of each place."""
    return np.bincount(place, value, n).astype(float, copy=False)


def entries(factors: Sequence[Factor], source: Ints) -> Entries:
    """Find the entries of rows that come from the rows `source` of the data, and plan the elimination.

    Raises
    ------
    ValueError
        When levels are linked too closely (see `elimination_plan`).
    """
    members = tuple(_members(factor, source) for factor in factors)
    start = np.cumsum([0, *(one.size for one in members)])
    row = np.concatenate([np.tile(one.row, one.q) for one in members])
    index = np.concatenate(
        [
            (first + np.arange(one.q)[:, None] * one.n_levels + one.level).ravel()
            for first, one in zip(start, members)
        ]
    )
    left, right = _together(row)
    n = int(start[-1])
    key, pair = distinct(np.maximum(index[left], index[right]) * n + np.minimum(index[left], index[right]))
    plan = elimination_plan(key // n, key % n, n)
    return Entries(members, len(source), row, index, left, right, pair, len(key), plan)


def _members(factor: Factor, source: Ints) -> Members:
    blocks = factor.groups_of_columns
    columns, back = standard_blocks(np.asarray(factor.columns, dtype=float), blocks)
    columns = columns[:, source]
    if isinstance(factor.level, np.ndarray):
        row, level = np.arange(len(source)), factor.level[source]
    else:
        weights = csr_array(factor.level)[source]
        weights.sum_duplicates()
        row = np.repeat(np.arange(len(source)), np.diff(weights.indptr))
        level = weights.indices.astype(np.intp)
        columns = columns[:, row] * weights.data
    return Members(row, level, columns, factor.n_levels, free_elements(factor.q, blocks), forth_of(back))


def _together(row: Ints) -> tuple[Ints, Ints]:
    """Every pair of entries of one row."""
    order = np.argsort(row, kind="stable")
    ends = np.cumsum(np.bincount(row))
    after = ends[row[order]] - np.arange(len(order)) - 1
    left = np.repeat(np.arange(len(order)), after)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    return order[left], order[right]
