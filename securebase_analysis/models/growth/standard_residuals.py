"""Residuals of a growth model in standard deviations: normal where the model is right, whatever the family."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.engines import normal_residuals
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.prediction import predictors_of_rows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.residuals import STRATUM, WEIGHT
from securebase_analysis.results.inference import Floats


def standard_residuals(request: Request, fit: Fit, rows: GroupedRows, seed: int = 1) -> tuple[Floats, Floats]:
    """Residuals in standard deviations, and the linear predictor (fixed and random effects) of each row.

    For families other than *gaussian* they are randomised quantile residuals (Dunn & Smyth 1996), whose `seed`
    decides where within its step each answer is put.
    """
    predictor, _ = predictors_of_rows(fit, rows)
    y = rows.outcome.values[0]
    if request.family == "gaussian":
        return (y - predictor) / np.sqrt(fit.sigma2 * spread_of_rows(fit, rows)), predictor
    if request.family == "ordinal":
        cuts = np.array([term.estimate for term in fit.further_terms() if term.effect == "threshold"])
        steps = normal_residuals.steps_of_places(y, predictor, cuts)
    elif request.family == "binomial":
        steps = normal_residuals.steps_of_yes_or_no(y, fit.expected_outcome(predictor))
    else:
        theta = next((term.estimate for term in fit.further_terms() if term.term == "theta"), np.inf)
        steps = normal_residuals.steps_of_counts(y, fit.expected_outcome(predictor), theta)
    return normal_residuals.quantile_residuals(*steps, seed), predictor


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
