"""Ratings counted into sums per cluster, from which every coefficient of agreement can be made.

A unit may belong to a group (a code, a dimension); groups have their own categories and share the clusters, so
that one resample of clusters serves them all. A unit may carry a weight: a stretch of text of 37 characters is one
unit of weight 37.

Shapes: ``n`` ratings, ``U`` units, ``G`` groups, ``Q`` categories over all groups, ``C`` coders, ``P`` pairs of
coders that met, ``K`` clusters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DENSE_CELLS = 30_000_000
DENSE_SHARE = 0.02


class RatingPairs(NamedTuple):
    """Every pair of ratings of the same unit, the earlier coder first."""

    unit: Ints
    first_coder: Ints
    second_coder: Ints
    first: Ints
    second: Ints


def pair_ratings(unit: Ints, coder: Ints, category: Ints) -> RatingPairs:
    """All pairs of ratings within units.

    Parameters
    ----------
    unit, coder, category : numpy.ndarray, shape (n,)
        At most one rating per unit and coder.
    """
    order = np.lexsort((coder, unit))
    unit, coder, category = unit[order], coder[order], category[order]
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]]) if len(unit) else np.array([], int)
    n_ratings = np.diff(np.r_[starts, len(unit)])
    firsts, seconds = [np.array([], int)], [np.array([], int)]
    for size in np.unique(n_ratings[n_ratings > 1]):
        left, right = np.triu_indices(size, k=1)
        begin = starts[n_ratings == size][:, None]
        firsts.append((begin + left).ravel())
        seconds.append((begin + right).ravel())
    a, b = np.concatenate(firsts), np.concatenate(seconds)
    return RatingPairs(unit[a], coder[a], coder[b], category[a], category[b])


@dataclass(frozen=True, eq=False)
class Block:
    """Where one kind of sum stands among the columns, and the shape it unfolds to."""

    start: int
    shape: tuple[int, ...]

    def take(self, sums: Floats) -> Floats:
        """The block's columns of `sums` (rows, S) as (rows, *shape)."""
        width = int(np.prod(self.shape))
        return sums[:, self.start : self.start + width].reshape(len(sums), *self.shape)


@dataclass(eq=False)
class _Ledger:
    """Entries (cluster, column, amount) collected block by block, then summed."""

    n_clusters: int
    width: int = 0
    blocks: dict[str, Block] = field(default_factory=dict)
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)

    def add(self, name: str, shape: tuple[int, ...], cluster: Ints, column: Ints, amount: Any) -> None:
        """Open block `name` and enter `amount` under `cluster` and `column` of the block."""
        self.blocks[name] = Block(self.width, shape)
        amounts = np.broadcast_to(np.asarray(amount, float), cluster.shape)
        self.entries.append((cluster, column + self.width, amounts))
        self.width += int(np.prod(shape))

    def summed(self) -> Any:
        """Sums of shape (K, S): dense unless that would be large and nearly empty."""
        from scipy import sparse

        rows, columns, amounts = (np.concatenate(part) for part in zip(*self.entries))
        shape = (self.n_clusters, self.width)
        cells = self.n_clusters * self.width
        if cells <= DENSE_CELLS and len(rows) > DENSE_SHARE * cells:
            return np.bincount(rows * self.width + columns, amounts, minlength=cells).reshape(shape)
        return sparse.coo_array((amounts, (rows, columns)), shape=shape).tocsr()


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums per cluster, and what each column is.

    Attributes
    ----------
    sums : array or sparse array, shape (K, S)
    blocks : dict of Block
        ``units`` (G) rated at all; ``pairable`` (G) rated twice or more; ``agreeing`` (G) sum of the share of
        agreeing pairs; ``observed`` (G) squared differences over coincidences; ``counts`` (Q) pairable values;
        ``shares`` (Q) sum of the share of a unit's ratings; ``pair_agreeing``, ``pair_distance`` (P, G);
        ``pair_first``, ``pair_second`` (P, Q); ``coincident`` (D) where differences depend on ranks;
        ``complete``, ``unit_squares``, ``total_squares`` (G) and ``coder_sums`` (G, C) for intraclass
        correlations; for those of the ``I`` groups with cells missing, by the ``M`` numbers of ratings that units
        have: ``table_units``, ``table_unit_squares`` (I, M), ``table_totals`` (I, M, C), ``table_together``
        (I, M, C, C), and ``table_coder_sums`` (I, C), ``table_squares`` (I).
    coder_pairs : numpy.ndarray, shape (P, 2)
        Coders of each pair.
    coincident : numpy.ndarray, shape (D, 2)
        Categories of each column of ``coincident``.
    pairs : RatingPairs
        The pairs themselves; `unit` indexes units.
    """

    sums: Any
    blocks: dict[str, Block]
    coder_pairs: Ints
    coincident: Ints
    pairs: RatingPairs


class Ratings(NamedTuple):
    """Ratings as whole numbers from 0: rows (n,), units (U,), categories (Q,).

    `category` counts through the categories of all groups; `score` is the number a category stands for.
    """

    unit: Ints
    coder: Ints
    category: Ints
    weight: Floats
    group: Ints
    cluster: Ints
    score: Floats
    group_of_category: Ints
    n_groups: int
    n_coders: int
    n_clusters: int


def tally(
    ratings: Ratings,
    difference: str,
    squared_difference: Any = None,
    distance: Any = None,
    intraclass: bool = False,
    incomplete: Ints | None = None,
) -> Tally:
    """Count `ratings` into sums per cluster.

    Parameters
    ----------
    ratings : Ratings
        The ratings, as whole numbers.
    difference : {"nominal", "ranked", "metric"}
        How two values differ for alpha: at all; by their ranks (kept as counts of category pairs, since ranks
        change with the resample); or by `squared_difference`.
    squared_difference, distance : callable, optional
        From two arrays of categories to their squared difference (alpha) and their distance (weighted kappa).
    intraclass : bool
        Whether to add the sums of squares of the units that every coder of the group rated.
    incomplete : numpy.ndarray of int, optional
        Groups whose tables lack cells: for these, sums over units of each number of ratings.
    """
    pairs = pair_ratings(ratings.unit, ratings.coder, ratings.category)
    n_ratings = np.bincount(ratings.unit, minlength=len(ratings.weight))
    ledger = _Ledger(ratings.n_clusters)
    _count_units(ledger, ratings, n_ratings)
    _count_agreement(ledger, ratings, pairs, n_ratings)
    coincident = _count_differences(ledger, ratings, pairs, n_ratings, difference, squared_difference)
    coder_pairs = _count_coder_pairs(ledger, ratings, pairs, distance)
    if intraclass:
        _count_squares(ledger, ratings, n_ratings)
    if incomplete is not None and len(incomplete):
        _count_incomplete(ledger, ratings, pairs, n_ratings, incomplete)
    return Tally(ledger.summed(), ledger.blocks, coder_pairs, coincident, pairs)


def _count_units(ledger: _Ledger, ratings: Ratings, n_ratings: Ints) -> None:
    """Units and the categories of their ratings."""
    pairable = n_ratings > 1
    n_categories = len(ratings.score)
    ledger.add("units", (ratings.n_groups,), ratings.cluster, ratings.group, ratings.weight * (n_ratings > 0))
    ledger.add("pairable", (ratings.n_groups,), ratings.cluster, ratings.group, ratings.weight * pairable)
    cluster, weight = ratings.cluster[ratings.unit], ratings.weight[ratings.unit]
    counted = weight * pairable[ratings.unit]
    ledger.add("counts", (n_categories,), cluster, ratings.category, counted)
    ledger.add("shares", (n_categories,), cluster, ratings.category, weight / n_ratings[ratings.unit])


def _count_agreement(ledger: _Ledger, ratings: Ratings, pairs: RatingPairs, n_ratings: Ints) -> None:
    """Share of agreeing pairs, summed over units."""
    size = n_ratings[pairs.unit]
    share = ratings.weight[pairs.unit] * (pairs.first == pairs.second) * 2.0 / (size * (size - 1.0))
    ledger.add("agreeing", (ratings.n_groups,), ratings.cluster[pairs.unit], ratings.group[pairs.unit], share)


def _count_differences(
    ledger: _Ledger, ratings: Ratings, pairs: RatingPairs, n_ratings: Ints, difference: str, squared: Any
) -> Ints:
    """Differences over coincidences; each pair of a unit of m ratings counts 2 / (m - 1)."""
    cluster = ratings.cluster[pairs.unit]
    coincidence = ratings.weight[pairs.unit] * 2.0 / (n_ratings[pairs.unit] - 1.0)
    if difference == "ranked":
        differ = pairs.first != pairs.second
        low = np.minimum(pairs.first, pairs.second)[differ]
        high = np.maximum(pairs.first, pairs.second)[differ]
        q = len(ratings.score)
        cells, column = np.unique(low * q + high, return_inverse=True)
        ledger.add("coincident", (len(cells),), cluster[differ], column, coincidence[differ])
        return np.column_stack([cells // q, cells % q]).astype(int)
    if difference == "nominal":
        gap = (pairs.first != pairs.second).astype(float)
    else:
        gap = squared(pairs.first, pairs.second)
    ledger.add("observed", (ratings.n_groups,), cluster, ratings.group[pairs.unit], coincidence * gap)
    return np.empty((0, 2), dtype=int)


def _count_coder_pairs(ledger: _Ledger, ratings: Ratings, pairs: RatingPairs, distance: Any) -> Ints:
    """For each pair of coders: agreement, distance, and how often each chose each category."""
    n_groups, n_categories = ratings.n_groups, len(ratings.score)
    met, which = np.unique(pairs.first_coder * ratings.n_coders + pairs.second_coder, return_inverse=True)
    cluster, weight = ratings.cluster[pairs.unit], ratings.weight[pairs.unit]
    by_group = which * n_groups + ratings.group[pairs.unit]
    shape = (len(met), n_groups)
    ledger.add("pair_agreeing", shape, cluster, by_group, weight * (pairs.first == pairs.second))
    if distance is not None:
        ledger.add("pair_distance", shape, cluster, by_group, weight * distance(pairs.first, pairs.second))
    ledger.add("pair_first", (len(met), n_categories), cluster, which * n_categories + pairs.first, weight)
    ledger.add("pair_second", (len(met), n_categories), cluster, which * n_categories + pairs.second, weight)
    return np.column_stack([met // ratings.n_coders, met % ratings.n_coders]).astype(int)


def _count_squares(ledger: _Ledger, ratings: Ratings, n_ratings: Ints) -> None:
    """Sums of squares over the units that every coder of the group rated, from the middle of its values."""
    group = ratings.group[ratings.unit]
    coders_in_group = np.zeros((ratings.n_groups, ratings.n_coders), dtype=bool)
    coders_in_group[group, ratings.coder] = True
    complete = (n_ratings > 0) & (n_ratings == coders_in_group.sum(axis=1)[ratings.group])
    kept = complete[ratings.unit]
    unit, coder, group = ratings.unit[kept], ratings.coder[kept], group[kept]
    values = _from_the_middle(ratings.score[ratings.category[kept]], group, ratings.n_groups)
    totals = np.bincount(unit, values, minlength=len(complete))
    cluster = ratings.cluster[unit]
    ledger.add("complete", (ratings.n_groups,), ratings.cluster, ratings.group, complete.astype(float))
    ledger.add("unit_squares", (ratings.n_groups,), ratings.cluster, ratings.group, totals**2)
    ledger.add("total_squares", (ratings.n_groups,), cluster, group, values**2)
    ledger.add(
        "coder_sums", (ratings.n_groups, ratings.n_coders), cluster, group * ratings.n_coders + coder, values
    )


def _from_the_middle(values: Floats, group: Ints, n_groups: int) -> Floats:
    """Values from the middle of their group, and not from the mean, so that equal values are exactly zero."""
    low, high = np.full(n_groups, np.inf), np.full(n_groups, -np.inf)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    return np.asarray(values - (low[group] + high[group]) / 2.0)


def _count_incomplete(
    ledger: _Ledger, ratings: Ratings, pairs: RatingPairs, n_ratings: Ints, incomplete: Ints
) -> None:
    """Sums over the units of each number of ratings, for the variance components of groups with cells missing."""
    place = np.full(ratings.n_groups, -1)
    place[incomplete] = np.arange(len(incomplete))
    sizes = table_sizes(n_ratings)
    shape, n_coders = (len(incomplete), len(sizes)), ratings.n_coders
    cell = place[ratings.group] * len(sizes) + np.searchsorted(sizes, n_ratings)
    kept = place[ratings.group[ratings.unit]] >= 0
    unit, coder = ratings.unit[kept], ratings.coder[kept]
    values = _from_the_middle(ratings.score[ratings.category[kept]], ratings.group[unit], ratings.n_groups)
    totals = np.bincount(unit, values, minlength=len(n_ratings))
    own = np.flatnonzero((place[ratings.group] >= 0) & (n_ratings > 0))
    ledger.add("table_units", shape, ratings.cluster[own], cell[own], 1.0)
    ledger.add("table_unit_squares", shape, ratings.cluster[own], cell[own], totals[own] ** 2)
    cluster, column = ratings.cluster[unit], cell[unit] * n_coders + coder
    ledger.add("table_totals", (*shape, n_coders), cluster, column, totals[unit])
    of_pair = place[ratings.group[pairs.unit]] >= 0
    both, one, two = pairs.unit[of_pair], pairs.first_coder[of_pair], pairs.second_coder[of_pair]
    units = np.concatenate([unit, both, both])
    rows, columns = np.concatenate([coder, one, two]), np.concatenate([coder, two, one])
    at = (cell[units] * n_coders + rows) * n_coders + columns
    ledger.add("table_together", (*shape, n_coders, n_coders), ratings.cluster[units], at, 1.0)
    in_group = place[ratings.group[unit]]
    ledger.add("table_coder_sums", (len(incomplete), n_coders), cluster, in_group * n_coders + coder, values)
    ledger.add("table_squares", (len(incomplete),), cluster, in_group, values**2)


def table_sizes(n_ratings: Ints) -> Ints:
    """The different numbers of ratings of units that were rated at all."""
    return np.unique(n_ratings[n_ratings > 0])
