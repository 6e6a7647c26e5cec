"""From sums over units to every coefficient of agreement, of the data and of each resample at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines import concordance as c
from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.engines.intraclass import MeanSquares, VarianceComponents, intraclass, mean_squares
from securebase_analysis.engines.tally import Ratings, Tally, table_sizes, tally
from securebase_analysis.measures.agreement.group_facts import GroupFacts
from securebase_analysis.measures.agreement.incomplete_table import MOST_CODERS, IncompleteTable
from securebase_analysis.measures.agreement.table import Level, RatingTable, Weights

Floats = NDArray[np.float64]

MOST_CATEGORIES = 400
"""With more distinct values than this the ratings are measurements, and agreement in exact value says nothing."""
PAIR_TERMS = ("percent_agreement", "cohen_kappa", "weighted_kappa")


class Coefficients:
    """From sums (rows, S) to all coefficients (rows, G * terms + pairs * G * pair terms)."""

    def __init__(self, table: RatingTable, facts: GroupFacts, level: Level, weights: Weights) -> None:
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
        """The coefficients of each row of sums: those of the groups, then those of the pairs of coders."""
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
            "gwet_ac1": c.gwet_ac1(agreement, at_least_two(prevalence)),
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


def _incomplete_tables(table: RatingTable, facts: GroupFacts) -> dict[int, IncompleteTable]:
    """The groups in which some coder did not rate some unit, by number."""
    n_coders = facts.rated.sum(axis=1)
    groups = np.flatnonzero(~facts.complete & (facts.coders > 1) & (n_coders <= MOST_CODERS))
    sizes = table_sizes(table.n_ratings)
    return {
        int(group): IncompleteTable(place, sizes, np.flatnonzero(facts.rated[group]))
        for place, group in enumerate(groups)
    }


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


def at_least_two(shares: Floats) -> Floats:
    """Shares with a category that nobody used added when only one was used: there must have been a choice."""
    return shares if shares.shape[-1] > 1 else np.concatenate([shares, np.zeros_like(shares)], axis=-1)
