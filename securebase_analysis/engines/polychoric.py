"""Correlations of the normal variables that lie behind pairs of ordinal items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.bivariate_normal import (
    bivariate_cdf,
    bivariate_density,
    conditional_edges,
    density_slope,
    over_cells,
)
from securebase_analysis.engines.correlation_search import highest
from securebase_analysis.engines.margins import Margins
from securebase_analysis.engines.pairs_of_variables import CorrelatedPairs
from securebase_analysis.engines.thresholds import MISSING

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST = float(np.sqrt(np.finfo(float).eps))
"""A cell is taken to have no smaller probability than this, as in lavaan."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of pairs of ordinal items, filled up with empty levels to one size.

    Attributes
    ----------
    first, second : numpy.ndarray of int, shape (pairs,)
        The items of the rows and of the columns.
    counts : numpy.ndarray, shape (pairs, k, k)
        Rows of the data, or their weights, in each cell.
    h, k : numpy.ndarray, shape (pairs, k + 1, 1) and (pairs, 1, k + 1)
        Limits of the levels of the two items.
    """

    first: Ints
    second: Ints
    counts: Floats
    h: Floats
    k: Floats

    def slopes(self, which: Ints, correlation: Floats) -> tuple[Floats, Floats]:
        """First and second derivatives of the log-likelihood of some tables in the correlation."""
        h, k, rho = self.h[which], self.k[which], correlation[:, None, None]
        counts, probability = self.counts[which], self.probabilities(which, correlation)
        relative = over_cells(bivariate_density(h, k, rho)) / probability
        curved = over_cells(density_slope(h, k, rho)) / probability
        first = np.sum(counts * relative, axis=(1, 2))
        return first, np.sum(counts * (curved - relative**2), axis=(1, 2))

    def probabilities(self, which: Ints, correlation: Floats) -> Floats:
        """Of each cell."""
        inner = slice(1, -1)
        h, k = self.h[which], self.k[which]
        corners = np.zeros((len(which), h.shape[1], k.shape[2]))
        corners[:, inner, inner] = bivariate_cdf(h[:, inner], k[:, :, inner], correlation[:, None, None])
        corners[:, -1, :], corners[:, :, -1] = _normal(k[:, 0, :]), _normal(h[:, :, 0])
        return np.maximum(over_cells(corners), LEAST)


def _normal(limits: Floats) -> Floats:
    """Probability below each limit."""
    return bivariate_cdf(limits, np.inf, 0.0)


def tables_of(margins: Margins, first: Ints, second: Ints) -> Tables:
    """Count the answers of pairs of items by whoever answered both."""
    k = margins.most_levels
    edges = margins.edges
    items = np.unique(np.concatenate([first, second]))
    place = np.empty(margins.X.shape[1], dtype=np.intp)
    place[items] = np.arange(len(items))
    chosen = np.zeros((len(margins.X), len(items), k))
    row, item = np.nonzero(margins.codes[:, items] != MISSING)
    chosen[row, item, margins.codes[row, items[item]]] = 1.0
    flat = chosen.reshape(len(chosen), -1)
    together = (flat.T @ (margins.weight[:, None] * flat)).reshape(len(items), k, len(items), k)
    counts = together[place[first], :, place[second], :]
    return Tables(first, second, counts, edges[first][:, :, None], edges[second][:, None, :])


def polychoric_pairs(margins: Margins, first: Ints, second: Ints) -> CorrelatedPairs:
    """Polychoric correlations of pairs of items, all at once.

    Parameters
    ----------
    margins : Margins
        Thresholds, which are held.
    first, second : numpy.ndarray of int, shape (pairs,)
        Ordinal variables.

    Notes
    -----
    In a table of two by two with one empty cell half a row is moved into it such that the margins stay; with two
    empty cells the likelihood has no maximum and the estimate is the largest correlation.

    References
    ----------
    Olsson (1979), Maximum likelihood estimation of the polychoric correlation coefficient, Psychometrika 44.
    """
    tables = tables_of(margins, first, second)
    searched = Tables(first, second, _without_gaps(tables.counts, margins), tables.h, tables.k)
    found = highest(searched.slopes, _of_codes(tables.counts))
    levels = np.array([0 if of is None else len(of.levels) for of in margins.categories])
    used = (np.arange(margins.most_levels) < levels[:, None]).astype(float)
    in_table = used[first][:, :, None] * used[second][:, None, :]
    scores, with_margins = _scores(margins, tables, found.correlation)
    return CorrelatedPairs(
        first=first,
        second=second,
        correlation=found.correlation,
        at_boundary=found.at_boundary,
        empty_cells=np.sum((tables.counts <= 0.0) & (in_table > 0.0), axis=(1, 2)),
        scores=scores,
        with_margins=with_margins,
    )


def _without_gaps(counts: Floats, margins: Margins) -> Floats:
    """Two-by-two tables with one empty cell have half a row moved into it along both margins."""
    out = counts.copy()
    small = counts[:, :2, :2]
    in_small = small.sum(axis=(1, 2)) == counts.sum(axis=(1, 2))
    binary = np.array([of is not None and len(of.levels) == 2 for of in margins.categories])
    if not binary.any():
        return out
    one_empty = in_small & ((small <= 0.0).sum(axis=(1, 2)) == 1)
    on_diagonal = (small[:, 0, 0] <= 0.0) | (small[:, 1, 1] <= 0.0)
    moved = np.where(on_diagonal, 0.5, -0.5)[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    out[one_empty, :2, :2] += moved[one_empty]
    return out


def _of_codes(counts: Floats) -> Floats:
    """Correlations of the numbers of the levels, where the search begins."""
    code = np.arange(counts.shape[1], dtype=float)
    n = counts.sum(axis=(1, 2))
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    mean_row, mean_column = rows @ code / n, columns @ code / n
    cross = np.einsum("pij,i,j->p", counts, code, code) / n - mean_row * mean_column
    spread = (rows @ code**2 / n - mean_row**2) * (columns @ code**2 / n - mean_column**2)
    return np.divide(cross, np.sqrt(spread), out=np.zeros(len(n)), where=spread > 0.0)


def _scores(margins: Margins, tables: Tables, correlation: Floats) -> tuple[Floats, Floats]:
    """Scores of the rows in each correlation, and their crossproducts with those in the thresholds."""
    probability = tables.probabilities(np.arange(len(correlation)), correlation)
    rho = correlation[:, None, None]
    relative = np.where(
        probability > LEAST, over_cells(bivariate_density(tables.h, tables.k, rho)) / probability, 0.0
    )
    codes, k = margins.codes, margins.most_levels
    of_cell = np.zeros((len(rho), k + 1, k + 1))
    of_cell[:, :k, :k] = relative
    scores = np.empty((len(codes), len(rho)), order="F")
    for pair, (i, j) in enumerate(zip(tables.first, tables.second)):
        scores[:, pair] = of_cell[pair].ravel()[(codes[:, i] % (k + 1)) * (k + 1) + codes[:, j] % (k + 1)]
    weighed = tables.counts * relative / probability
    along_rows = np.diff(conditional_edges(tables.h, tables.k, rho), axis=2)[:, 1:-1, :]
    along_columns = np.diff(conditional_edges(tables.k, tables.h, rho), axis=1)[:, :, 1:-1]
    in_first = np.sum(along_rows * -np.diff(weighed, axis=1), axis=2)
    in_second = np.sum(along_columns * -np.diff(weighed, axis=2), axis=1)
    crossed = np.zeros((len(rho), margins.n_parameters))
    for pair, (i, j) in enumerate(zip(tables.first, tables.second)):
        for variable, values in ((i, in_first[pair]), (j, in_second[pair])):
            place = margins.places[variable]
            crossed[pair, place] = values[: place.stop - place.start]
    return scores, crossed
