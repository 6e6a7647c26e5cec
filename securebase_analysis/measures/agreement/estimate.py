"""Ratings -> coefficients with their standard errors, bootstrap replicates and pairwise tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.intraclass import MeanSquares, VarianceComponents
from securebase_analysis.measures.agreement.coefficients import Coefficients
from securebase_analysis.measures.agreement.group_facts import GroupFacts
from securebase_analysis.measures.agreement.replicates import Replicates, replicates_of
from securebase_analysis.measures.agreement.standard_errors import standard_errors_of
from securebase_analysis.measures.agreement.table import Level, RatingTable, Weights
from securebase_analysis.measures.agreement.tables_of_ratings import category_table, pairwise_table

Floats = NDArray[np.float64]


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
    facts = GroupFacts.of(table)
    statistic = Coefficients(table, facts, level, weights)
    total = statistic.total()
    point = statistic(total)[0]
    n_terms = statistic.n_groups * len(statistic.terms)
    replicates = replicates_of(statistic, point, table, facts, n_resamples, seed)
    values = point[:n_terms].reshape(statistic.n_groups, -1)
    std_errors, by_formula = standard_errors_of(statistic, table, values, replicates.values[:, :n_terms], facts)
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
        categories=category_table(statistic, table, total),
        pairwise=pairwise_table(
            statistic, table, point[n_terms:], replicates.select(slice(n_terms, None)), conf_level
        ),
    )
