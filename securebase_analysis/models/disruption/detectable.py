"""What this many events could have found: the smallest hazard ratio that a test finds with a given power."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted

Floats = NDArray[np.float64]
POWER = 0.8


def detectable_ratios(rows: RowsAtRisk, fit: Fitted, alpha: float, power: float = POWER) -> pd.DataFrame:
    """The smallest hazard ratios, above and below one, that a two-sided test of each term finds with this power.

    Returns
    -------
    pandas.DataFrame
        ``term``, ``per`` (what the ratio is for: *1*, or one standard deviation of a column of more than two
        values), ``n_events``, ``ratio_above``, ``ratio_below``.

    Notes
    -----
    ``(t_{1 - alpha/2} + t_{power}) s``, with ``s`` the standard error that the term would have if no term
    mattered: the root of the inverse information at zero. For one predictor with two values that is Schoenfeld's
    ``1 / sqrt(d p (1 - p))`` for d events; terms that go together widen it as Hsieh and Lavori have it, and
    where rows share clusters it is widened as the standard error that was found is by them. It depends on who
    was at risk and how many events there were, not on the ratio found.

    References
    ----------
    Schoenfeld (1983), Sample-size formula for the proportional-hazards regression model, Biometrics 39; Hsieh &
    Lavori (2000), Sample-size calculations for the Cox proportional hazards regression model with nonbinary
    covariates, Controlled Clinical Trials 21.
    """
    surface = fit.cox.at.surface
    information = surface.at(np.zeros(len(fit.beta))).information
    per = np.array([_unit(column) for column in rows.X.values])
    error = np.sqrt(np.diag(np.linalg.inv(information))) / surface.scale * widened(fit) * per
    quantiles = _quantile(1.0 - alpha / 2.0, fit.df) + _quantile(power, fit.df)
    with np.errstate(over="ignore"):
        above = np.exp(quantiles * error)
    return pd.DataFrame(
        {
            "term": list(rows.X.terms),
            "per": ["1" if size == 1.0 else f"1 SD ({size:.3g})" for size in per],
            "n_events": fit.cox.n_events,
            "ratio_above": above,
            "ratio_below": 1.0 / above,
        }
    )


def widened(fit: Fitted) -> Floats:
    """How many times the standard errors are those that rows on their own would have; 1 where that is unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        naive = np.sqrt(np.diag(fit.cox.vcov))
        factor = fit.std_error / naive
    return np.where(np.isfinite(factor) & (factor > 0.0), factor, 1.0)


def _unit(column: Floats) -> float:
    """What a ratio is for: the step between two values, or one standard deviation of several."""
    values = np.unique(column[: min(len(column), 2000)])
    two = len(values) <= 2 and len(np.unique(column)) == 2
    return float(np.ptp(column)) if two else float(column.std(ddof=1))


def _quantile(probability: float, df: float) -> float:
    return float(special.ndtri(probability) if np.isinf(df) else special.stdtrit(df, probability))
