"""Tests and indices of fit of models of ordinal items.

The weighted squares of residuals are no chi-squared variable. They are scaled and shifted to have the mean and the
variance of one (Asparouhov & Muthén 2010).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.fit_indices import cfi, p_of_close_fit, p_value, rmsea, rmsea_interval, tli
from securebase_analysis.engines.lower_triangle import pairs
from securebase_analysis.engines.scaled_tests import Statistic, complete_information
from securebase_analysis.engines.weighted_least_squares import OrdinalFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShiftedTest:
    """A sum of weighted squares with the mean and the variance of a chi-squared variable.

    Attributes
    ----------
    chi2 : float
        The weighted squares.
    df : int
        Degrees of freedom.
    scaling_factor, shift : float
        The squares are divided by the one, then the other is added.
    trace : float
        Mean of the weighted squares where the model holds.
    """

    chi2: float
    df: int
    scaling_factor: float
    shift: float
    trace: float

    @property
    def chi2_scaled(self) -> float:
        """Scaled and shifted."""
        return self.chi2 / self.scaling_factor + self.shift

    @property
    def p_value_scaled(self) -> float:
        """Chance of a larger one."""
        return p_value(self.chi2_scaled, self.df)


@dataclass(frozen=True, eq=False)
class OrdinalIndices:
    """Fit of a model of ordinal items.

    Attributes
    ----------
    chi2, df : float, int
        The weighted squares, and the degrees of freedom.
    chi2_scaled, p_value_scaled, scaling_factor, shift : float
        The test: scaled and shifted.
    baseline_chi2, baseline_df, baseline_chi2_scaled, baseline_scaling_factor : float
        The same of independence.
    cfi, tli, rmsea, rmsea_low, rmsea_high : float
        Indices of the weighted squares as if they were chi-squared.
    cfi_scaled, tli_scaled, rmsea_scaled, rmsea_scaled_low, rmsea_scaled_high, rmsea_scaled_p_close : float
        Of the scaled statistics.
    cfi_robust, tli_robust, rmsea_robust, rmsea_robust_low, rmsea_robust_high : float
        What the indices would be if what lies behind the items had been observed (Savalei 2021); not a number with
        continuous variables, or correlations that are not positive definite.
    srmr : float
        Standardised root mean square residual of the correlations.
    n_rows, n_parameters : int
        Rows and parameters.
    """

    chi2: float
    df: int
    chi2_scaled: float
    p_value_scaled: float
    scaling_factor: float
    shift: float
    baseline_chi2: float
    baseline_df: int
    baseline_chi2_scaled: float
    baseline_scaling_factor: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float
    rmsea_scaled_low: float
    rmsea_scaled_high: float
    rmsea_scaled_p_close: float
    cfi_robust: float
    tli_robust: float
    rmsea_robust: float
    rmsea_robust_low: float
    rmsea_robust_high: float
    srmr: float
    n_rows: int
    n_parameters: int


def shifted_test(fit: OrdinalFit) -> ShiftedTest:
    """The test of a model against free thresholds and correlations.

    Parameters
    ----------
    fit : OrdinalFit
        The model.

    Notes
    -----
    The squares are distributed as ``sum_i l_i z_i^2`` with the eigenvalues ``l_i`` of ``U G``, for the covariance
    ``G`` of the moments and ``U = V - V D (D' V D)^-1 D' V``. The factor is ``sqrt(tr((U G)^2) / df)``.

    References
    ----------
    Asparouhov & Muthén (2010), Simple second order chi-square correction.
    """
    if not fit.df > 0 or fit.rank < fit.n_parameters:
        return ShiftedTest(fit.chi2, fit.df, np.nan, np.nan, np.nan)
    inverse, q = np.linalg.inv(fit.precision), fit.n_parameters
    trace = trace_of_square = 0.0
    once, twice = np.zeros((q, q)), np.zeros((q, q))
    for (moments, _), of, share in zip(fit.groups, fit.at.implied, fit.shares):
        weight = 1.0 / moments.acov.diagonal()
        weighed = weight[:, None] * of.jacobian
        carried = moments.acov @ weighed
        trace += len(weight)
        trace_of_square += float(weight @ moments.acov**2 @ weight)
        once += share * weighed.T @ carried
        twice += share * carried.T @ (weight[:, None] * carried)
    lost = inverse @ once
    trace -= float(np.trace(lost))
    trace_of_square += float(np.sum(lost * lost.T)) - 2.0 * float(np.trace(inverse @ twice))
    return _shifted(fit.chi2, fit.df, trace, trace_of_square)


def baseline_test(fit: OrdinalFit) -> ShiftedTest:
    """The same of free thresholds, means and variances, and no covariances."""
    chi2 = trace = trace_of_square = 0.0
    for moments, _ in fit.groups:
        free = moments.margins.n_parameters
        covariances, acov = moments.moments[free:], moments.acov[free:, free:]
        weight = 1.0 / acov.diagonal()
        chi2 += (moments.n_rows - 1) * float(weight @ covariances**2)
        trace += len(weight)
        trace_of_square += float(weight @ acov**2 @ weight)
    return _shifted(chi2, int(trace), trace, trace_of_square)


def _shifted(chi2: float, df: int, trace: float, trace_of_square: float) -> ShiftedTest:
    factor = math.sqrt(trace_of_square / df) if df and trace_of_square > 0.0 else np.nan
    return ShiftedTest(chi2, df, factor, df - trace / factor, trace)


def ordinal_indices(fit: OrdinalFit, *, conf_level: float = 0.90) -> OrdinalIndices:
    """Indices of fit of a model of ordinal items.

    Parameters
    ----------
    fit : OrdinalFit
        The model.
    conf_level : float
        Of the intervals of the RMSEA.
    """
    own, other, groups = shifted_test(fit), baseline_test(fit), len(fit.groups)
    n = fit.n_rows - groups
    scaled, scaled_0 = own.chi2_scaled, other.chi2_scaled
    low, high = rmsea_interval(own.chi2, own.df, n, groups, conf_level=conf_level)
    scaled_low, scaled_high = rmsea_interval(scaled, own.df, n, groups, conf_level=conf_level)
    robust = _robust(fit, conf_level)
    return OrdinalIndices(
        chi2=own.chi2,
        df=own.df,
        chi2_scaled=scaled,
        p_value_scaled=own.p_value_scaled,
        scaling_factor=own.scaling_factor,
        shift=own.shift,
        baseline_chi2=other.chi2,
        baseline_df=other.df,
        baseline_chi2_scaled=scaled_0,
        baseline_scaling_factor=other.scaling_factor,
        cfi=cfi(own.chi2, own.df, other.chi2, other.df),
        tli=tli(own.chi2, own.df, other.chi2, other.df),
        rmsea=rmsea(own.chi2, own.df, n, groups),
        rmsea_low=low,
        rmsea_high=high,
        cfi_scaled=cfi(scaled, own.df, scaled_0, other.df),
        tli_scaled=tli(scaled, own.df, scaled_0, other.df),
        rmsea_scaled=rmsea(scaled, own.df, n, groups),
        rmsea_scaled_low=scaled_low,
        rmsea_scaled_high=scaled_high,
        rmsea_scaled_p_close=p_of_close_fit(scaled, own.df, n, groups),
        cfi_robust=robust[0],
        tli_robust=robust[1],
        rmsea_robust=robust[2],
        rmsea_robust_low=robust[3],
        rmsea_robust_high=robust[4],
        srmr=ordinal_srmr(fit),
        n_rows=fit.n_rows,
        n_parameters=fit.n_parameters,
    )


def ordinal_srmr(fit: OrdinalFit) -> float:
    """Root mean square of the residual correlations, the diagonal counted, a mean over groups by their rows."""
    total = 0.0
    for (moments, _), residual in zip(fit.groups, fit.residual_correlations):
        row, column = pairs(len(residual))
        total += moments.n_rows * math.sqrt(float(np.mean(residual[row, column] ** 2)))
    return total / fit.n_rows


# ---- as if what lies behind the items had been observed --------------------------------------------------------


def _robust(fit: OrdinalFit, conf_level: float) -> tuple[float, float, float, float, float]:
    """CFI, TLI, RMSEA and its interval from the likelihood ratio of the correlations and its mean.

    References
    ----------
    Savalei (2021), Improving fit indices in structural equation modeling with categorical data, Multivar Behav
    Res 56.
    """
    usable = all(moments.ordinal.all() and moments.positive_definite for moments, _ in fit.groups)
    implied = [of.covariance for of in fit.at.implied]
    if not usable or fit.rank < fit.n_parameters or any(np.linalg.eigvalsh(of)[0] <= 0.0 for of in implied):
        return (np.nan,) * 5
    own, other = _as_if_observed(fit)
    n, groups = fit.n_rows - len(fit.groups), len(fit.groups)
    low, high = rmsea_interval(own.chi2 / own.scale, own.df, n, groups, own.scale, conf_level)
    return (
        cfi(own.chi2, own.df, other.chi2, other.df, own.scale, other.scale),
        tli(own.chi2, own.df, other.chi2, other.df, own.scale, other.scale),
        rmsea(own.chi2, own.df, n, groups, own.scale),
        low,
        high,
    )


def _as_if_observed(fit: OrdinalFit) -> tuple[Statistic, Statistic]:
    """Likelihood ratios of the correlations against the model and against independence, and their means.

    The estimate leaves ``Q = I - D (D' V D)^-1 D' V`` of a deviation of the correlations, which the likelihood
    weighs by the information ``W`` about these. Of independence ``Q`` and ``W`` are 1: the mean is the sum of the
    ``tr(G)`` of the groups, as the ratio of each has its own rows. (lavaan 0.6-14 divides each by its share of the
    rows, and so says of the same rows twice something else than of the rows.)
    """
    inverse, q = np.linalg.inv(fit.precision), fit.n_parameters
    chi2 = chi2_0 = trace = trace_0 = 0.0
    of_scores, of_likelihood, crossed = (np.zeros((q, q)) for _ in range(3))
    jacobians = []
    for (moments, _), of, share in zip(fit.groups, fit.at.implied, fit.shares):
        free = moments.margins.n_parameters
        D, G = of.jacobian[free:], moments.acov[free:, free:]
        W = _information_about_correlations(of.covariance)
        weighed = D / G.diagonal()[:, None]
        chi2 += moments.n_rows * _discrepancy(moments.correlation, of.covariance)
        chi2_0 -= moments.n_rows * float(np.linalg.slogdet(moments.correlation)[1])
        trace += float(np.sum(W * G))
        trace_0 += float(np.trace(G))
        crossed += share * weighed.T @ G @ W @ D
        of_likelihood += share * D.T @ W @ D
        of_scores += share * weighed.T @ G @ weighed
        jacobians.append(D)
    trace += float(np.sum((inverse @ of_likelihood) * (inverse @ of_scores).T) - 2.0 * np.sum(inverse * crossed.T))
    all_rows = np.concatenate(jacobians)
    df_0 = len(all_rows)
    df = df_0 - int(np.linalg.matrix_rank(all_rows))
    return Statistic(chi2, df, trace / df if df else np.nan), Statistic(chi2_0, df_0, trace_0 / df_0)


def _information_about_correlations(covariance: Floats) -> Floats:
    """Of one row, about what stands below the diagonal."""
    p = len(covariance)
    row, column = pairs(p)
    below = p + np.flatnonzero(row != column)
    return complete_information(np.zeros(p), covariance)[np.ix_(below, below)]


def _discrepancy(correlation: Floats, implied: Floats) -> float:
    """Twice the log-likelihood, of one row, that the implied correlations lack."""
    relative = np.linalg.solve(implied, correlation)
    return float(np.trace(relative) - np.linalg.slogdet(relative)[1]) - len(relative)
