"""Ratings -> coefficients with their standard errors, bootstrap replicates and pairwise tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines import concordance as c
from securebase_analysis.engines import resample
from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.engines.intraclass import MeanSquares, VarianceComponents, intraclass, mean_squares
from securebase_analysis.engines.tally import Ratings, Tally, table_sizes, tally
from securebase_analysis.measures.agreement.incomplete_table import MOST_CODERS, IncompleteTable
from securebase_analysis.measures.agreement.table import Level, RatingTable, Weights

Floats = NDArray[np.float64]

MOST_CATEGORIES = 400
"""With more distinct values than this the ratings are measurements, and agreement in exact value says nothing."""

PAIR_TERMS = ("percent_agreement", "cohen_kappa", "weighted_kappa")


class Replicates(NamedTuple):
    """Bootstrap replicates (B, terms), and what makes intervals of them: bias, acceleration, clusters (terms,)."""

    values: Floats
    bias: Floats
    speed: Floats
    clusters: NDArray[np.int64]

    @classmethod
    def none(cls, n_terms: int = 0, clusters: NDArray[np.int64] | None = None) -> Replicates:
        """No resamples at all."""
        nothing = np.full(n_terms, np.nan)
        return cls(
            np.empty((0, n_terms)), nothing, nothing, np.zeros(n_terms, int) if clusters is None else clusters
        )

    def interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Lower and upper ends, one per term."""
        return resample.bca_interval(self.values, self.bias, self.speed, self.clusters, conf_level)

    def select(self, columns: slice) -> Replicates:
        """Some of the terms."""
        return Replicates(self.values[:, columns], self.bias[columns], self.speed[columns], self.clusters[columns])


@dataclass(frozen=True, eq=False)
class Estimates:
    """What was computed from a `RatingTable`.

    Attributes
    ----------
    terms : tuple of str
        Names of the coefficients, the same for every group.
    values, std_errors : numpy.ndarray, shape (G, terms)
    formula_errors : numpy.ndarray of bool, shape (G, terms)
        Where the standard error is a large-sample formula rather than the spread of the replicates.
    replicates : Replicates
        Over G * terms.
    squares : tuple of MeanSquares, one per group
        Empty below the interval level.
    components : tuple of VarianceComponents or None, one per group
        Of the mixed model where cells are missing; None where none are, and below the interval level empty.
    coders_compared : numpy.ndarray, shape (G,)
        Coders in each group.
    clusters_compared, units_compared : numpy.ndarray, shape (G,)
        Clusters and (weighted) units with two or more ratings.
    independent : numpy.ndarray of bool, shape (G,)
        Whether every cluster holds one unit of the group.
    equal_raters : numpy.ndarray of bool, shape (G,)
        Whether the units compared all have the same number of ratings.
    complete : numpy.ndarray of bool, shape (G,)
        Whether every coder of the group rated every unit of it.
    countable : numpy.ndarray of bool, shape (G,)
        Whether the values are few enough to be categories.
    categories, pairwise : pandas.DataFrame
    """

    terms: tuple[str, ...]
    values: Floats
    std_errors: Floats
    formula_errors: NDArray[np.bool_]
    replicates: Replicates
    squares: tuple[MeanSquares, ...]
    components: tuple[VarianceComponents | None, ...]
    coders_compared: NDArray[np.int64]
    clusters_compared: NDArray[np.int64]
    units_compared: Floats
    independent: NDArray[np.bool_]
    equal_raters: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    countable: NDArray[np.bool_]
    categories: pd.DataFrame
    pairwise: pd.DataFrame


def estimate_agreement(
    table: RatingTable, level: Level, weights: Weights, n_resamples: int, seed: int, conf_level: float
) -> Estimates:
    """All coefficients of all groups, from one tally and one set of resamples."""
    facts = _GroupFacts.of(table)
    statistic = _Statistic(table, facts, level, weights)
    total = statistic.total()
    point = statistic(total)[0]
    n_terms = statistic.n_groups * len(statistic.terms)
    replicates = _replicates(statistic, point, table, facts, n_resamples, seed)
    values = point[:n_terms].reshape(statistic.n_groups, -1)
    std_errors, by_formula = _std_errors(statistic, table, values, replicates.values[:, :n_terms], facts)
    return Estimates(
        terms=statistic.terms,
        values=values,
        std_errors=std_errors,
        formula_errors=by_formula,
        replicates=replicates.select(slice(0, n_terms)),
        squares=statistic.squares(total) if statistic.metric else (),
        components=statistic.components(total) if statistic.metric else (),
        coders_compared=facts.coders,
        clusters_compared=facts.clusters,
        units_compared=statistic.take("pairable", total)[0],
        independent=facts.independent,
        equal_raters=facts.equal_raters,
        complete=facts.complete,
        countable=statistic.countable,
        categories=_category_table(statistic, table, total),
        pairwise=_pairwise_table(
            statistic, table, point[n_terms:], replicates.select(slice(n_terms, None)), conf_level
        ),
    )


class _Statistic:
    """From sums (rows, S) to all coefficients (rows, G * terms + pairs * G * pair terms)."""

    def __init__(self, table: RatingTable, facts: _GroupFacts, level: Level, weights: Weights) -> None:
        self.slices = _category_slices(table.ratings)
        self.units = _units_of(table.ratings.score, self.slices, level)
        self.ratings = ratings = _in_units(table.ratings, self.slices, self.units, level)
        self.level = level
        self.n_groups = ratings.n_groups
        self.ordered = level != "nominal"
        self.metric = level in ("interval", "ratio")
        self.countable = np.array([part.stop - part.start <= MOST_CATEGORIES for part in self.slices])
        self.distances = [
            c.category_distance(ratings.score[part], weights) if few else np.zeros((0, 0))
            for part, few in zip(self.slices, self.countable)
        ]
        self.facts = facts
        self.tables = _incomplete_tables(table, facts) if self.metric else {}
        self.counted: Tally = tally(
            ratings,
            difference={"nominal": "nominal", "ordinal": "ranked"}.get(level, "metric"),
            squared_difference=self._squared_difference,
            distance=self._distance(weights) if self.ordered else None,
            intraclass=self.metric,
            incomplete=np.array(list(self.tables), dtype=np.int64),
        )
        self.n_pairs = len(self.counted.coder_pairs)
        self.terms = tuple(
            ["percent_agreement", "krippendorff_alpha", "cohen_kappa"]
            + (["weighted_kappa"] if self.ordered else [])
            + ["fleiss_kappa", "gwet_ac1"]
            + (list(ICC_TERMS) if self.metric else [])
        )
        self.pair_terms = PAIR_TERMS if self.ordered else PAIR_TERMS[:2]

    def __call__(self, sums: Floats) -> Floats:
        pairs = self._pair_values(sums)
        groups = [self._group_values(sums, group, pairs[:, :, group]) for group in range(self.n_groups)]
        terms = np.stack(groups, axis=1).reshape(len(sums), -1)
        return np.concatenate([terms, pairs.reshape(len(sums), -1)], axis=1)

    @property
    def group_of_column(self) -> NDArray[np.int64]:
        """The group of each coefficient, in the order in which a call gives them."""
        groups = np.arange(self.n_groups)
        of_pairs = np.tile(np.repeat(groups, len(self.pair_terms)), self.n_pairs)
        return np.concatenate([np.repeat(groups, len(self.terms)), of_pairs])

    def total(self) -> Floats:
        """Sums over all clusters, shape (1, S): what the estimates themselves are made of."""
        return np.asarray(self.counted.sums.sum(axis=0), float).reshape(1, -1)

    def take(self, name: str, sums: Floats) -> Floats:
        """One block of the sums."""
        return self.counted.blocks[name].take(sums)

    def _group_values(self, sums: Floats, group: int, pairs: Floats) -> Floats:
        """The coefficients of one group, shape (rows, terms); `pairs` are its pairwise values."""
        part = self.slices[group]
        counts = self.take("counts", sums)[:, part]
        agreement = c.ratio(self.take("agreeing", sums)[:, group], self.take("pairable", sums)[:, group])
        prevalence = c.ratio(self.take("shares", sums)[:, part], self.take("units", sums)[:, group, None])
        found = {
            "percent_agreement": agreement,
            "krippendorff_alpha": self._alpha(sums, group, counts),
            "cohen_kappa": _mean_defined(pairs[..., 1]),
            "fleiss_kappa": c.fleiss_kappa(agreement, counts),
            "gwet_ac1": c.gwet_ac1(agreement, _at_least_two(prevalence)),
        }
        if not (self.facts.equal_raters[group] and self.countable[group]):
            found["fleiss_kappa"] = np.full(len(sums), np.nan)
        if not self.countable[group]:
            found["gwet_ac1"] = np.full(len(sums), np.nan)
        if self.ordered:
            found["weighted_kappa"] = _mean_defined(pairs[..., 2])
        if self.metric:
            coefficients = intraclass(self._squares_of(sums, group))
            coefficients = np.where(self.facts.complete[group], coefficients, np.nan)
            if group in self.tables:
                coefficients = self.tables[group].coefficients(self.take, sums)
            found |= dict(zip(ICC_TERMS, coefficients.T))
        return np.stack([found[term] for term in self.terms], axis=1)

    def _alpha(self, sums: Floats, group: int, counts: Floats) -> Floats:
        """Krippendorff's alpha: observed and expected disagreement, then one division."""
        score = self.ratings.score[self.slices[group]]
        if self.level == "ordinal":
            ranks = c.middle_ranks(counts)
            observed, expected = self._observed_ranked(sums, group, ranks), c.expected_squared(counts, ranks)
        else:
            observed = self.take("observed", sums)[:, group]
            if self.level == "nominal":
                expected = c.expected_nominal(counts)
            elif self.level == "interval":
                expected = c.expected_squared(counts, score)
            else:
                expected = c.expected_distance(counts, c.ratio_distance(score))
        return c.krippendorff_alpha(observed, expected, counts.sum(axis=-1))

    def _observed_ranked(self, sums: Floats, group: int, ranks: Floats) -> Floats:
        """Squared differences of ranks over the coincidences that occur."""
        cells = self.counted.coincident
        own = np.flatnonzero(self.ratings.group_of_category[cells[:, 0]] == group)
        low, high = (cells[own] - self.slices[group].start).T
        gaps = (ranks[:, low] - ranks[:, high]) ** 2
        return (self.take("coincident", sums)[:, own] * gaps).sum(axis=1)

    def _pair_values(self, sums: Floats) -> Floats:
        """Percent agreement and kappas of every pair of coders, shape (rows, P, G, pair terms)."""
        first, second = self.take("pair_first", sums), self.take("pair_second", sums)
        agreeing = self.take("pair_agreeing", sums)
        values = np.empty((len(sums), self.n_pairs, self.n_groups, len(self.pair_terms)))
        for group, part in enumerate(self.slices):
            one, two = first[:, :, part], second[:, :, part]
            values[:, :, group, 0] = c.ratio(agreeing[:, :, group], one.sum(axis=-1))
            if not self.countable[group]:
                values[:, :, group, 1:] = np.nan
                continue
            values[:, :, group, 1] = c.cohen_kappa(agreeing[:, :, group], one, two)
            if self.ordered:
                far = self.take("pair_distance", sums)[:, :, group]
                values[:, :, group, 2] = c.weighted_kappa(far, one, two, self.distances[group])
        return values

    def squares(self, sums: Floats) -> tuple[MeanSquares, ...]:
        """Mean squares of each group at the estimate (one row of sums); NaN where a cell is missing."""
        found = []
        for group in range(self.n_groups):
            n, k, *means = self._squares_of(sums, group)
            known = means if self.facts.complete[group] else [np.full(1, np.nan)] * 4
            found.append(MeanSquares(n[0], k, *(mean[0] * self.units[group] ** 2 for mean in known)))
        return tuple(found)

    def components(self, sums: Floats) -> tuple[VarianceComponents | None, ...]:
        """Variance components of each group with cells missing, at the estimate (one row of sums)."""
        return tuple(
            self.tables[group].components(self.take, sums, self.units[group]) if group in self.tables else None
            for group in range(self.n_groups)
        )

    def _squares_of(self, sums: Floats, group: int) -> MeanSquares:
        """Mean squares of the units of one group that all of its coders rated."""
        present = self.facts.rated[group]
        return mean_squares(
            self.take("complete", sums)[:, group],
            self.take("unit_squares", sums)[:, group],
            self.take("total_squares", sums)[:, group],
            self.take("coder_sums", sums)[:, group][:, present],
        )

    def _squared_difference(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
        """Squared difference of two categories for alpha, interval or ratio."""
        one, two = self.ratings.score[first], self.ratings.score[second]
        if self.level == "ratio":
            total = one + two
            return np.where(total == 0, 0.0, (one - two) / np.where(total == 0, 1.0, total)) ** 2
        return (one - two) ** 2

    def _distance(self, weights: Weights):  # type: ignore[no-untyped-def]
        """Distance of two categories for weighted kappa, as a share of the group's longest."""
        ratings = self.ratings
        longest = np.array(
            [np.ptp(ratings.score[part]) if part.stop > part.start else 0.0 for part in self.slices]
        )
        longest = np.where(longest > 0, longest, 1.0)

        def distance(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
            gap = np.abs(ratings.score[first] - ratings.score[second]) / longest[ratings.group_of_category[first]]
            return gap**2 if weights == "quadratic" else gap

        return distance


@dataclass(frozen=True, eq=False)
class _GroupFacts:
    """Counts about each group, of shape (G,); `rated` (G, C) tells which coders rated in a group at all."""

    rated: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    coders: NDArray[np.int64]
    clusters: NDArray[np.int64]
    independent: NDArray[np.bool_]
    equal_raters: NDArray[np.bool_]

    @classmethod
    def of(cls, table: RatingTable) -> _GroupFacts:
        """Count coders, clusters and ratings of the units that were rated twice or more."""
        ratings, n_ratings = table.ratings, table.n_ratings
        pairable = n_ratings > 1
        n_groups = ratings.n_groups
        compared = pairable[ratings.unit]
        met = np.unique(ratings.group[ratings.unit[compared]] * ratings.n_coders + ratings.coder[compared])
        held, units_held = np.unique(
            ratings.group[pairable] * ratings.n_clusters + ratings.cluster[pairable], return_counts=True
        )
        group_held = held // max(ratings.n_clusters, 1)
        most = np.zeros(n_groups, dtype=int)
        np.maximum.at(most, group_held, units_held)
        fewest, highest = np.full(n_groups, np.iinfo(int).max), np.zeros(n_groups, dtype=int)
        np.minimum.at(fewest, ratings.group[pairable], n_ratings[pairable])
        np.maximum.at(highest, ratings.group[pairable], n_ratings[pairable])
        unweighted = np.ones(n_groups, dtype=bool)
        np.logical_and.at(unweighted, ratings.group, ratings.weight == 1.0)
        rated = np.zeros((n_groups, ratings.n_coders), dtype=bool)
        rated[ratings.group[ratings.unit], ratings.coder] = True
        n_units = np.bincount(ratings.group, minlength=n_groups)
        n_cells = np.bincount(ratings.group[ratings.unit], minlength=n_groups)
        n_coders = rated.sum(axis=1)
        return cls(
            rated=rated,
            complete=(n_coders > 1) & (n_units > 1) & (n_cells == n_coders * n_units),
            coders=np.bincount(met // ratings.n_coders, minlength=n_groups),
            clusters=np.bincount(group_held, minlength=n_groups),
            independent=(most <= 1) & unweighted,
            equal_raters=fewest == highest,
        )


def _incomplete_tables(table: RatingTable, facts: _GroupFacts) -> dict[int, IncompleteTable]:
    """The groups in which some coder did not rate some unit, by number."""
    n_coders = facts.rated.sum(axis=1)
    groups = np.flatnonzero(~facts.complete & (facts.coders > 1) & (n_coders <= MOST_CODERS))
    sizes = table_sizes(table.n_ratings)
    return {
        int(group): IncompleteTable(place, sizes, np.flatnonzero(facts.rated[group]))
        for place, group in enumerate(groups)
    }


def _replicates(
    statistic: _Statistic, point: Floats, table: RatingTable, facts: _GroupFacts, n_resamples: int, seed: int
) -> Replicates:
    """Bootstrap and jackknife over clusters; clusters with and without overlap are drawn apart."""
    clusters = facts.clusters[statistic.group_of_column]
    if n_resamples == 0:
        return Replicates.none(len(point), clusters)
    ratings, sums = table.ratings, statistic.counted.sums
    overlap = np.zeros(ratings.n_clusters, dtype=int)
    overlap[ratings.cluster[table.n_ratings > 1]] = 1
    values = resample.bootstrap(sums, statistic, n_resamples, seed, strata=overlap)
    # One cluster has no spread between clusters to learn from.
    values[:, clusters < 2] = np.nan
    speed = resample.acceleration(resample.jackknife(sums, statistic))
    return Replicates(values, resample.bias_correction(point, values), speed, clusters)


def _std_errors(
    statistic: _Statistic, table: RatingTable, values: Floats, replicates: Floats, facts: _GroupFacts
) -> tuple[Floats, NDArray[np.bool_]]:
    """Large-sample formulas where units are independent and a formula exists, else the replicates' spread."""
    spread = np.full(values.size, np.nan)
    enough = np.isfinite(replicates).sum(axis=0) > 1
    if enough.any():
        spread[enough] = np.nanstd(replicates[:, enough], axis=0, ddof=1)
    std_errors = spread.reshape(values.shape)
    by_formula = np.zeros(values.shape, dtype=bool)
    for group in np.flatnonzero(facts.independent & statistic.countable):
        for term, error in _formula_errors(statistic, table, int(group), facts).items():
            column = statistic.terms.index(term)
            std_errors[group, column], by_formula[group, column] = error, True
    return np.where(np.isfinite(values), std_errors, np.nan), by_formula & np.isfinite(values)


def _formula_errors(statistic: _Statistic, table: RatingTable, group: int, facts: _GroupFacts) -> dict[str, float]:
    """Large-sample standard errors of one group of independent units."""
    ratings, n_ratings = table.ratings, table.n_ratings
    part = statistic.slices[group]
    units = np.flatnonzero(ratings.group == group)
    position = np.full(len(ratings.weight), -1)
    position[units] = np.arange(len(units))
    own = ratings.group[ratings.unit] == group
    cells = position[ratings.unit[own]] * (part.stop - part.start) + ratings.category[own] - part.start
    counts = np.bincount(cells, minlength=len(units) * (part.stop - part.start)).reshape(len(units), -1)
    m = n_ratings[units].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        agreement = np.where(m > 1, ((counts**2).sum(axis=1) - m) / (m * (m - 1)), np.nan)
    unit_shares = _at_least_two(counts / m[:, None])
    compared = m > 1
    errors = {
        "percent_agreement": c.mean_std_error(agreement[compared]),
        "gwet_ac1": c.ac1_std_error(agreement, unit_shares, unit_shares.mean(axis=0)),
    }
    if facts.equal_raters[group]:
        totals = _at_least_two(counts[compared].sum(axis=0, dtype=float)[None, :])[0]
        errors["fleiss_kappa"] = c.fleiss_std_error(agreement[compared], unit_shares[compared], totals)
    if facts.coders[group] == 2:
        errors |= _kappa_errors(statistic, table, group)
    return errors


def _kappa_errors(statistic: _Statistic, table: RatingTable, group: int) -> dict[str, float]:
    """Standard errors of the kappas of the one pair of coders in a group."""
    confusion = confusion_table(statistic, table, group, None)
    q = len(confusion)
    errors = {"cohen_kappa": c.kappa_std_error(confusion, 1.0 - np.eye(q))}
    if statistic.ordered:
        errors["weighted_kappa"] = c.kappa_std_error(confusion, statistic.distances[group])
    return errors


def confusion_table(statistic: _Statistic, table: RatingTable, group: int, pair: int | None) -> Floats:
    """Two-way table of a pair of coders (the only pair when None) in one group, first coder in rows."""
    ratings, pairs = table.ratings, statistic.counted.pairs
    part = statistic.slices[group]
    own = ratings.group[pairs.unit] == group
    if pair is not None:
        one, two = statistic.counted.coder_pairs[pair]
        own &= (pairs.first_coder == one) & (pairs.second_coder == two)
    q = part.stop - part.start
    cells = (pairs.first[own] - part.start) * q + pairs.second[own] - part.start
    counts = np.bincount(cells, ratings.weight[pairs.unit[own]], minlength=q * q)
    return counts.astype(float).reshape(q, q)


def _category_table(statistic: _Statistic, table: RatingTable, total: Floats) -> pd.DataFrame:
    """How often each category was used, and how far coders agree on it when one of them used it."""
    ratings, pairs = table.ratings, statistic.counted.pairs
    counts = statistic.take("counts", total)[0]
    same = pairs.first == pairs.second
    weight = ratings.weight[pairs.unit] * 2.0 / (table.n_ratings[pairs.unit] - 1.0)
    agreeing = np.bincount(pairs.first[same], weight[same], minlength=len(counts))
    group_total = np.bincount(ratings.group_of_category, counts, minlength=ratings.n_groups)
    groups = [table.groups[group] for group in ratings.group_of_category]
    return pd.DataFrame(
        {
            "outcome": [group.outcome for group in groups],
            "group": [group.name for group in groups],
            "category": table.categories,
            "n_ratings": counts,
            "share": c.ratio(counts, group_total[ratings.group_of_category]),
            "specific_agreement": c.ratio(agreeing, counts),
        }
    )


def _pairwise_table(
    statistic: _Statistic, table: RatingTable, values: Floats, replicates: Replicates, conf_level: float
) -> pd.DataFrame:
    """One row per group and pair of coders: units, percent agreement, kappas with intervals."""
    shape = (statistic.n_pairs, statistic.n_groups, len(statistic.pair_terms))
    values = values.reshape(shape)
    low, high = (ends.reshape(shape) for ends in replicates.interval(conf_level))
    first = statistic.take("pair_first", statistic.total())[0]
    records = []
    for group, part in enumerate(statistic.slices):
        for pair, (one, two) in enumerate(statistic.counted.coder_pairs):
            n_units = first[pair, part].sum()
            if n_units == 0:
                continue
            record = {
                "outcome": table.groups[group].outcome,
                "group": table.groups[group].name,
                "coder_1": table.coders[one],
                "coder_2": table.coders[two],
                "n_units": n_units,
            }
            for column, term in enumerate(statistic.pair_terms):
                record[term] = values[pair, group, column]
                if term != "percent_agreement":
                    record[f"{term}_low"] = low[pair, group, column]
                    record[f"{term}_high"] = high[pair, group, column]
            records.append(record)
    return pd.DataFrame(records)


def _category_slices(ratings: Ratings) -> list[slice]:
    """Where each group's categories stand; they are numbered group by group."""
    edges = np.searchsorted(ratings.group_of_category, np.arange(ratings.n_groups + 1))
    return [slice(int(low), int(high)) for low, high in pairwise(edges)]


def _units_of(score: Floats, slices: list[slice], level: Level) -> Floats:
    """What each group's values are measured in: the largest on a ratio scale, else the range; shape (G,)."""
    values = [score[part] for part in slices]
    size = [
        np.abs(own).max(initial=0.0) if level == "ratio" else np.ptp(own) if len(own) else 0.0 for own in values
    ]
    return np.array([one if one > 0.0 else 1.0 for one in size])


def _in_units(ratings: Ratings, slices: list[slice], units: Floats, level: Level) -> Ratings:
    """The same ratings with values of one size, so that what counts as rounding does not hang on their unit."""
    score = ratings.score.copy()
    for part, unit in zip(slices, units):
        lowest = 0.0 if level == "ratio" else score[part].min(initial=np.inf)
        score[part] = (score[part] - lowest) / unit
    return ratings._replace(score=score)


def _mean_defined(values: Floats) -> Floats:
    """Mean over pairs of coders (last axis) of the values that are defined."""
    defined = np.isfinite(values)
    return c.ratio(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))


def _at_least_two(shares: Floats) -> Floats:
    """Shares with a category that nobody used added when only one was used: there must have been a choice."""
    return shares if shares.shape[-1] > 1 else np.concatenate([shares, np.zeros_like(shares)], axis=-1)
