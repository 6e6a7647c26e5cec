"""Coefficients drawn again: bootstrap and jackknife over clusters, and intervals of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines import resample
from securebase_analysis.measures.agreement.coefficients import Coefficients
from securebase_analysis.measures.agreement.group_facts import GroupFacts
from securebase_analysis.measures.agreement.table import RatingTable

Floats = NDArray[np.float64]


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


def replicates_of(
    statistic: Coefficients, point: Floats, table: RatingTable, facts: GroupFacts, n_resamples: int, seed: int
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
