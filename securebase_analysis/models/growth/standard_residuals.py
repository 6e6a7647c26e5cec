"""Residuals of a growth model in standard deviations: normal where the model is right, whatever the family."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.engines import normal_residuals
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.prediction import error_of_rows, predictors_of_rows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.residuals import STRATUM, WEIGHT
from securebase_analysis.results.inference import Floats

NODES = 30
"""Of the quadrature over random effects."""


def standard_residuals(
    request: Request, fit: Fit, rows: GroupedRows, some: slice = slice(None), seed: int = 1
) -> tuple[Floats, Floats]:
    """Residuals in standard deviations, and what the fixed effects expect, on the scale on which they add up.

    Parameters
    ----------
    request, fit, rows
        Of a growth model.
    some : slice
        Which of the rows.
    seed : int
        Of the residuals of outcomes that come in steps.

    Notes
    -----
    A residual of a normal outcome is what fixed and random effects leave, ``y - x'beta_hat - z'b_hat``. Its
    variance is that of the row's error less that of the prediction: the random effects have taken up a part of
    the error, most of it in children with few rows. Residuals and what the fixed effects expect are uncorrelated
    where the model is right; with the random effects in it the fitted value is not. Residuals of other outcomes
    are randomised quantile residuals (Dunn & Smyth 1996) of the distribution over all children.
    """
    fixed = fit.beta @ rows.fixed.values[:, some] + rows.offset[some]
    if request.family != "gaussian":
        return normal_residuals.quantile_residuals(*_steps(request.family, fit, rows, fixed, some), seed), fixed
    whole, _ = predictors_of_rows(fit, rows)
    variance = fit.sigma2 * spread_of_rows(fit, rows)[some] - error_of_rows(fit, rows, some).variance
    least = 1e-6 * fit.sigma2
    return (rows.outcome.values[0] - whole)[some] / np.sqrt(np.maximum(variance, least)), fixed


def _steps(family: str, fit: Fit, rows: GroupedRows, fixed: Floats, some: slice) -> tuple[Floats, Floats]:
    """The distribution function just below and at each outcome, over all values of the random effects."""
    y, sd = rows.outcome.values[0][some], np.sqrt(_variance_between(fit, rows)[some])
    terms = fit.further_terms()
    cuts = np.array([term.estimate for term in terms if term.effect == "threshold"])
    theta = next((term.estimate for term in terms if term.term == "theta"), np.inf)
    low, high = np.zeros(len(y)), np.zeros(len(y))
    for node, weight in zip(*normal_residuals.normal_nodes(NODES)):
        predictor = fixed + sd * node
        if family == "ordinal":
            below, at = normal_residuals.steps_of_places(y, predictor, cuts)
        elif family == "binomial":
            below, at = normal_residuals.steps_of_yes_or_no(y, fit.expected_outcome(predictor))
        else:
            below, at = normal_residuals.steps_of_counts(y, fit.expected_outcome(predictor), theta)
        low += weight * below
        high += weight * at
    return low, high


def _variance_between(fit: Fit, rows: GroupedRows) -> Floats:
    """Variance that the random effects of all factors together have in each row."""
    total = np.zeros(rows.n_rows)
    for factor, D in zip(rows.factors, fit.covariances):
        own = np.einsum("ar,ab,br->r", factor.random.values, D, factor.random.values)
        total += own if factor.members is None else own * np.asarray(factor.members.power(2).sum(axis=1)).ravel()
    return total


def spread_of_rows(fit: Fit, rows: GroupedRows) -> Floats:
    """Residual variance of each row, relative to that of the first group at weight one."""
    spread = np.ones(rows.n_rows)
    if STRATUM in rows.extra:
        stratum, _ = pd.factorize(rows.extra[STRATUM], sort=True)
        spread = np.asarray(fit.engine.ratios, dtype=float)[stratum] ** 2
    return spread / rows.extra[WEIGHT].to_numpy(float) if WEIGHT in rows.extra else spread


def standard_effects(fit: Fit, rows: GroupedRows) -> pd.DataFrame:
    """Random effects in their own standard deviations, one row for each level and term.

    The variance of a best linear unbiased prediction is that of the effect less its conditional variance. Terms
    whose variance was estimated as zero are left out.

    Returns
    -------
    pandas.DataFrame
        ``group, term, value``.
    """
    parts = []
    for factor, D, (effects, covariance) in zip(rows.factors, fit.covariances, fit.effects()):
        for place, term in enumerate(factor.random.terms):
            variance = D[place, place] - covariance[place, place]
            if D[place, place] <= 0.0 or variance.max(initial=0.0) <= 1e-8 * D[place, place]:
                continue
            known = variance > 1e-8 * D[place, place]
            value = effects[place, known] / np.sqrt(variance[known])
            parts.append(pd.DataFrame({"group": factor.name, "term": term, "value": value}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["group", "term", "value"])
