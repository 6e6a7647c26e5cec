"""What is counted about each group before anything is estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.measures.agreement.table import RatingTable


@dataclass(frozen=True, eq=False)
class GroupFacts:
    """Counts about each group, of shape (G,); `rated` (G, C) tells which coders rated in a group at all."""

    rated: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    coders: NDArray[np.int64]
    clusters: NDArray[np.int64]
    independent: NDArray[np.bool_]
    equal_raters: NDArray[np.bool_]

    @classmethod
    def of(cls, table: RatingTable) -> GroupFacts:
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
