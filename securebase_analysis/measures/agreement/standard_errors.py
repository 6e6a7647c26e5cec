"""Standard errors of coefficients: by formula where units are independent, else from resamples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines import concordance as c
from securebase_analysis.measures.agreement.coefficients import Coefficients, at_least_two
from securebase_analysis.measures.agreement.group_facts import GroupFacts
from securebase_analysis.measures.agreement.table import RatingTable
from securebase_analysis.measures.agreement.tables_of_ratings import confusion_table

Floats = NDArray[np.float64]


def standard_errors_of(
    statistic: Coefficients, table: RatingTable, values: Floats, replicates: Floats, facts: GroupFacts
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


def _formula_errors(
    statistic: Coefficients, table: RatingTable, group: int, facts: GroupFacts
) -> dict[str, float]:
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
    unit_shares = at_least_two(counts / m[:, None])
    compared = m > 1
    errors = {
        "percent_agreement": c.mean_std_error(agreement[compared]),
        "gwet_ac1": c.ac1_std_error(agreement, unit_shares, unit_shares.mean(axis=0)),
    }
    if facts.equal_raters[group]:
        totals = at_least_two(counts[compared].sum(axis=0, dtype=float)[None, :])[0]
        errors["fleiss_kappa"] = c.fleiss_std_error(agreement[compared], unit_shares[compared], totals)
    if facts.coders[group] == 2:
        errors |= _kappa_errors(statistic, table, group)
    return errors


def _kappa_errors(statistic: Coefficients, table: RatingTable, group: int) -> dict[str, float]:
    """Standard errors of the kappas of the one pair of coders in a group."""
    confusion = confusion_table(statistic, table, group, None)
    q = len(confusion)
    errors = {"cohen_kappa": c.kappa_std_error(confusion, 1.0 - np.eye(q))}
    if statistic.ordered:
        errors["weighted_kappa"] = c.kappa_std_error(confusion, statistic.distances[group])
    return errors
