"""How coders used the categories: two-way tables, tables by category, and a row for each pair of coders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines import concordance as c
from securebase_analysis.measures.agreement.coefficients import Coefficients
from securebase_analysis.measures.agreement.replicates import Replicates
from securebase_analysis.measures.agreement.table import RatingTable

Floats = NDArray[np.float64]


def confusion_table(statistic: Coefficients, table: RatingTable, group: int, pair: int | None) -> Floats:
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


def category_table(statistic: Coefficients, table: RatingTable, total: Floats) -> pd.DataFrame:
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


def pairwise_table(
    statistic: Coefficients, table: RatingTable, values: Floats, replicates: Replicates, conf_level: float
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
