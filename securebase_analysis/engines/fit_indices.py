"""How well a model of means and covariances fits: the test of exact fit, and indices of approximate fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chndtr

from securebase_analysis.engines.lower_triangle import lower
from securebase_analysis.engines.structural_equations import StructureFit


@dataclass(frozen=True, eq=False)
class FitIndices:
    """Fit of a model; what is held against saturated moments is not a number where these are not usable.

    Attributes
    ----------
    chi2, df, p_value : float, int, float
        Likelihood ratio test against saturated moments.
    baseline_chi2, baseline_df, baseline_p_value : float, int, float
        The same of the baseline model.
    cfi, tli : float
        Comparative fit index (Bentler 1990), Tucker-Lewis index (1973).
    rmsea, rmsea_low, rmsea_high : float
        Root mean square error of approximation (Steiger & Lind 1980) and its interval.
    rmsea_p_close : float
        Of the hypothesis that it is no larger than 0.05.
    srmr : float
        Standardised root mean square residual of covariances, and of means where they are modelled.
    log_likelihood, saturated_log_likelihood : float
        Of the model and of the saturated moments.
    n_parameters, n_rows : int
        Parameters and rows.
    aic, bic, bic_adjusted : float
        Akaike's and Schwarz's criteria; the last with ``(n + 2) / 24`` for `n` (Sclove 1987).
    """

    chi2: float
    df: int
    p_value: float
    baseline_chi2: float
    baseline_df: int
    baseline_p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    rmsea_p_close: float
    srmr: float
    log_likelihood: float
    saturated_log_likelihood: float
    n_parameters: int
    n_rows: int
    aic: float
    bic: float
    bic_adjusted: float


def fit_indices(
    fit: StructureFit, baseline: StructureFit, *, means_modelled: bool = True, conf_level: float = 0.90
) -> FitIndices:
    """Indices of fit of a model.

    Parameters
    ----------
    fit : StructureFit
        The model.
    baseline : StructureFit
        From `fit_baseline`.
    means_modelled : bool
        False where all means are free and of no interest: they then count neither as parameters nor as residuals.
    conf_level : float
        Of the interval of the RMSEA.

    Notes
    -----
    ``CFI = 1 - max(chi2 - df, 0) / max(chi2_0 - df_0, chi2 - df, 0)``,
    ``TLI = 1 - (chi2 - df) df_0 / ((chi2_0 - df_0) df)`` and ``RMSEA = sqrt(g max(chi2 - df, 0) / (n df))`` for
    `g` groups (Steiger 1998).
    """
    chi2, chi2_0 = (fit.chi2, baseline.chi2) if fit.saturated_usable else (np.nan, np.nan)
    n, groups = fit.n_rows, len(fit.groups)
    means = 0 if means_modelled else sum(patterns.n_variables for patterns, _ in fit.groups)
    q, value = fit.n_parameters - means, fit.log_likelihood
    low, high = rmsea_interval(chi2, fit.df, n, groups, conf_level=conf_level)
    return FitIndices(
        chi2=chi2,
        df=fit.df,
        p_value=p_value(chi2, fit.df),
        baseline_chi2=chi2_0,
        baseline_df=baseline.df,
        baseline_p_value=p_value(chi2_0, baseline.df),
        cfi=cfi(chi2, fit.df, chi2_0, baseline.df),
        tli=tli(chi2, fit.df, chi2_0, baseline.df),
        rmsea=rmsea(chi2, fit.df, n, groups),
        rmsea_low=low,
        rmsea_high=high,
        rmsea_p_close=p_of_close_fit(chi2, fit.df, n, groups),
        srmr=srmr(fit, means_modelled) if fit.saturated_usable else np.nan,
        log_likelihood=value,
        saturated_log_likelihood=fit.saturated_log_likelihood,
        n_parameters=q,
        n_rows=n,
        aic=-2.0 * value + 2.0 * q,
        bic=-2.0 * value + math.log(n) * q,
        bic_adjusted=-2.0 * value + math.log((n + 2.0) / 24.0) * q,
    )


def p_value(chi2: float, df: float) -> float:
    """Chance of a larger chi-squared; not a number without degrees of freedom."""
    return float(chdtrc(df, max(chi2, 0.0))) if df > 0 and not math.isnan(chi2) else np.nan


def cfi(chi2: float, df: float, chi2_0: float, df_0: float, scale: float = 1.0, scale_0: float = 1.0) -> float:
    """Comparative fit index, of a test that has the mean `scale` times its degrees of freedom."""
    if math.isnan(chi2) or math.isnan(chi2_0):
        return np.nan
    worse = max(chi2 - scale * df, 0.0)
    worst = max(worse, chi2_0 - scale_0 * df_0)
    return 1.0 if worse == 0.0 else 1.0 - worse / worst


def tli(chi2: float, df: float, chi2_0: float, df_0: float, scale: float = 1.0, scale_0: float = 1.0) -> float:
    """Tucker-Lewis index, of a test that has the mean `scale` times its degrees of freedom."""
    worst = (chi2_0 - scale_0 * df_0) * df
    return 1.0 if worst == 0.0 else 1.0 - (chi2 - scale * df) * df_0 / worst


def rmsea(chi2: float, df: float, n: int, groups: int, scale: float = 1.0) -> float:
    """RMSEA, of a test that has the mean `scale` times its degrees of freedom."""
    if math.isnan(chi2) or not df > 0:
        return np.nan if math.isnan(chi2) else 0.0
    return math.sqrt(groups * max(chi2 / df - scale, 0.0) / n)


def rmsea_interval(
    chi2: float, df: float, n: int, groups: int, scale: float = 1.0, conf_level: float = 0.90
) -> tuple[float, float]:
    """Interval of the RMSEA from a test statistic, already divided by `scale`, by its noncentrality."""
    if math.isnan(chi2):
        return np.nan, np.nan
    if not df > 0:
        return 0.0, 0.0
    tail = (1.0 - conf_level) / 2.0
    low, high = (noncentrality(chi2, df, below) for below in (1.0 - tail, tail))
    return math.sqrt(groups * scale * low / (n * df)), math.sqrt(groups * scale * high / (n * df))


def p_of_close_fit(chi2: float, df: float, n: int, groups: int, scale: float = 1.0, most: float = 0.05) -> float:
    """Chance of a larger statistic, already divided by `scale`, when the RMSEA is `most`."""
    if math.isnan(chi2) or not df > 0:
        return np.nan
    return 1.0 - float(chndtr(max(chi2, 0.0), df, n * df * most**2 / (groups * scale)))


def noncentrality(chi2: float, df: float, below: float) -> float:
    """The noncentrality of which a share `below` of values lies below `chi2`; 0 where no positive one has it."""

    def excess(centre: float) -> float:
        return float(chndtr(chi2, df, centre)) - below

    return _root(excess, chi2) if chi2 > 0.0 and excess(0.0) > 0.0 else 0.0


def _root(falling: Callable[[float], float], reach: float) -> float:
    """Where a falling function of a positive number is 0."""
    from scipy.optimize import brentq

    high = max(reach, 1.0)
    while falling(high) > 0.0:
        high *= 2.0
    return float(brentq(falling, 0.0, high, xtol=1e-10, rtol=1e-12))


def srmr(fit: StructureFit, means_modelled: bool = True) -> float:
    """Root mean square of the residuals in observed standard deviations, a mean over groups by their rows."""
    total = 0.0
    for (patterns, _), moments, saturated in zip(fit.groups, fit.at.implied, fit.saturated):
        scale = np.sqrt(saturated.covariance.diagonal())
        residual = lower((saturated.covariance - moments.covariance) / np.outer(scale, scale))
        if means_modelled:
            residual = np.concatenate([residual, (saturated.mean - moments.mean) / scale])
        total += patterns.n_rows * math.sqrt(float(np.mean(residual**2)))
    return total / fit.n_rows
