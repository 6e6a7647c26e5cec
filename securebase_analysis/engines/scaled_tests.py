"""Tests and indices of fit that hold without normality, and with missing values of any amount.

A likelihood ratio statistic has, without normality, not the mean of its degrees of freedom. It is divided by
what it has instead: the scaling factor of Yuan and Bentler (2000), in the form of Asparouhov and Muthén (2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.fit_indices import cfi, p_value, rmsea, rmsea_interval, tli
from securebase_analysis.engines.lower_triangle import pairs
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.normal_likelihood import NormalLikelihood, normal_likelihood
from securebase_analysis.engines.positive_definite import inverse_where_positive
from securebase_analysis.engines.structural_equations import StructureFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScaledIndices:
    """Fit of a model that need not be of normal data.

    Attributes
    ----------
    scaling_factor, chi2_scaled, df, p_value_scaled : float
        The statistic divided by its scaling factor.
    baseline_scaling_factor, baseline_chi2_scaled : float
        The same of the baseline model.
    cfi_scaled, tli_scaled, rmsea_scaled, rmsea_scaled_low, rmsea_scaled_high : float
        Indices with the scaled statistics in place of the others: they do not estimate what these estimate.
    cfi_robust, tli_robust, rmsea_robust, rmsea_robust_low, rmsea_robust_high : float
        Estimates of what the indices of normal and complete data estimate.
    """

    scaling_factor: float
    chi2_scaled: float
    df: int
    p_value_scaled: float
    baseline_scaling_factor: float
    baseline_chi2_scaled: float
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float
    rmsea_scaled_low: float
    rmsea_scaled_high: float
    cfi_robust: float
    tli_robust: float
    rmsea_robust: float
    rmsea_robust_low: float
    rmsea_robust_high: float


@dataclass(frozen=True, eq=False)
class RobustIndices:
    """Indices that allow for missing values, and where asked for, for data that are not normal."""

    cfi_robust: float
    tli_robust: float
    rmsea_robust: float
    rmsea_robust_low: float
    rmsea_robust_high: float


@dataclass(frozen=True, eq=False)
class ScaledDifference:
    """Test of a model against a more general one.

    Attributes
    ----------
    statistic, df, p_value : float, int, float
        The difference of the statistics, divided by the factor.
    scaling_factor : float
        1 without scaling; where it is not positive, statistic and p value are not numbers.
    """

    statistic: float
    df: int
    p_value: float
    scaling_factor: float


class Statistic(NamedTuple):
    """A test statistic and what its mean is per degree of freedom."""

    chi2: float
    df: int
    scale: float

    @property
    def scaled(self) -> float:
        """Divided by that; without degrees of freedom as it is."""
        return self.chi2 / self.scale if self.df else self.chi2


def scaling_factor(fit: StructureFit) -> float:
    """What the likelihood ratio statistic of a model has for a mean, per degree of freedom.

    Parameters
    ----------
    fit : StructureFit
        The model; its saturated moments must be usable.

    Notes
    -----
    ``(tr(J_1 W_1^-1) - tr(J_0 W_0^-1)) / df`` with the crossproducts ``J`` of the scores of rows and the observed
    information ``W``, of saturated moments (1) and of the model (0).
    """
    if not fit.saturated_usable or not fit.df > 0:
        return np.nan
    saturated = sum(_ratio(of.likelihood.scores(), of.likelihood.information("observed")) for of in fit.saturated)
    return (saturated - _ratio(fit.scores, fit.observed_information)) / fit.df


def _ratio(scores: Floats, information: Floats) -> float:
    """``tr(J W^-1)``."""
    return float(np.sum(inverse_where_positive(information) * (scores.T @ scores)))


def scaled_indices(
    fit: StructureFit,
    baseline: StructureFit,
    *,
    for_missing: bool | None = None,
    given: Sequence[int] = (),
    conf_level: float = 0.90,
) -> ScaledIndices:
    """Scaled test and robust indices of a model that need not be of normal data.

    Parameters
    ----------
    fit, baseline : StructureFit
        The model, and the model of independence from `fit_baseline`.
    for_missing : bool, optional
        Whether the robust indices are those for missing values (see `missing_robust_indices`); by default where
        values are missing.
    given : sequence of int
        Variables that are only taken as given.
    conf_level : float
        Of the intervals of the RMSEA.

    References
    ----------
    Yuan & Bentler (2000), Sociol Methodol 30; Asparouhov & Muthén (2005); Brosseau-Liard & Savalei (2014),
    Adjusting incremental fit indices for nonnormality, Multivar Behav Res 49.
    """
    scale, scale_0 = scaling_factor(fit), scaling_factor(baseline)
    own, other = Statistic(fit.chi2, fit.df, scale), Statistic(baseline.chi2, baseline.df, scale_0)
    if for_missing is None:
        for_missing = not all(patterns.complete for patterns, _ in fit.groups)
    if for_missing:
        robust = missing_robust_indices(fit, baseline, normal=False, given=given, conf_level=conf_level)
    else:
        robust = _robust(own, other, fit, conf_level)
    n, groups = fit.n_rows, len(fit.groups)
    low, high = rmsea_interval(own.chi2, fit.df * scale, n, groups, conf_level=conf_level)
    return ScaledIndices(
        scaling_factor=scale,
        chi2_scaled=own.scaled,
        df=fit.df,
        p_value_scaled=p_value(own.scaled, fit.df),
        baseline_scaling_factor=scale_0,
        baseline_chi2_scaled=baseline.chi2 / scale_0,
        cfi_scaled=cfi(own.chi2 / scale, own.df, other.chi2 / scale_0, other.df),
        tli_scaled=tli(own.chi2 / scale, own.df, other.chi2 / scale_0, other.df),
        rmsea_scaled=rmsea(own.chi2, own.df * scale, n, groups),
        rmsea_scaled_low=low,
        rmsea_scaled_high=high,
        cfi_robust=robust.cfi_robust,
        tli_robust=robust.tli_robust,
        rmsea_robust=robust.rmsea_robust,
        rmsea_robust_low=robust.rmsea_robust_low,
        rmsea_robust_high=robust.rmsea_robust_high,
    )


def missing_robust_indices(
    fit: StructureFit,
    baseline: StructureFit,
    *,
    normal: bool = True,
    given: Sequence[int] = (),
    conf_level: float = 0.90,
) -> RobustIndices:
    """Estimates, from data with missing values, of what the indices would be with complete data.

    Parameters
    ----------
    fit, baseline : StructureFit
        The model, and the model of independence from `fit_baseline`.
    normal : bool
        Whether the data count as normal.
    given : sequence of int
        Variables that are only taken as given: their own moments are no part of what is estimated or missed.
    conf_level : float
        Of the interval of the RMSEA.

    Notes
    -----
    The discrepancy of complete data is taken between the saturated and the implied moments, and its mean worked
    out from the information that there would be with complete data (``W_c``) and that there is (``W``).

    References
    ----------
    Zhang & Savalei (2023), New computations for RMSEA and CFI following FIML and TS estimation with missing data,
    Psychol Methods 28.
    """
    if not fit.saturated_usable:
        return RobustIndices(np.nan, np.nan, np.nan, np.nan, np.nan)
    parts = [_at_saturated(of.likelihood, normal, given) for of in fit.saturated]
    return _robust(_as_if_complete(fit, parts), _as_if_complete(baseline, parts), fit, conf_level)


def scaled_difference(restricted: StructureFit, general: StructureFit, *, scaled: bool = True) -> ScaledDifference:
    """Test a model against one with fewer restrictions.

    Parameters
    ----------
    restricted, general : StructureFit
        Fitted to the same data; the second reproduces whatever the first can.
    scaled : bool
        Whether to allow for data that are not normal.

    References
    ----------
    Satorra & Bentler (2001), A scaled difference chi-square test statistic for moment structure analysis,
    Psychometrika 66.
    """
    df = restricted.df - general.df
    if df < 1:
        raise ValueError("the restricted model has no more degrees of freedom than the general one")
    statistic = 2.0 * (general.log_likelihood - restricted.log_likelihood)
    factor = 1.0
    if scaled:
        of_general = general.df * scaling_factor(general) if general.df else 0.0
        factor = (restricted.df * scaling_factor(restricted) - of_general) / df
    scaled_statistic = statistic / factor if factor > 0.0 else np.nan
    return ScaledDifference(scaled_statistic, df, p_value(scaled_statistic, df), factor)


def _robust(own: Statistic, other: Statistic, fit: StructureFit, conf_level: float) -> RobustIndices:
    """Indices of statistics of known means; the noncentralities are estimated by what exceeds these."""
    n, groups = fit.n_rows, len(fit.groups)
    low, high = rmsea_interval(own.scaled, own.df, n, groups, own.scale, conf_level)
    return RobustIndices(
        cfi(own.chi2, own.df, other.chi2, other.df, own.scale, other.scale),
        tli(own.chi2, own.df, other.chi2, other.df, own.scale, other.scale),
        rmsea(own.chi2, own.df, n, groups, own.scale),
        low,
        high,
    )


# ---- as if nothing were missing --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Saturated:
    """The information of one group about its moments at the saturated maximum.

    `kept` are the moments that are not of given variables alone. `complete` is what as many complete rows would
    have, ``W_c``; `inverse` is ``W^-1`` of what there is, and `crossproducts` those of the scores of rows, ``J``,
    or ``W`` again for normal data.
    """

    likelihood: NormalLikelihood
    kept: NDArray[np.bool_]
    information: Floats
    complete: Floats
    inverse: Floats
    crossproducts: Floats


def _at_saturated(likelihood: NormalLikelihood, normal: bool, given: Sequence[int] = ()) -> _Saturated:
    """The information at the saturated maximum of one group."""
    p = likelihood.patterns.n_variables
    (row, column), is_given = pairs(p), np.isin(np.arange(p), list(given))
    kept = ~np.concatenate([is_given, is_given[row] & is_given[column]])
    own = np.ix_(kept, kept)
    information = likelihood.information("observed")[own]
    scores = None if normal else likelihood.scores()[:, kept]
    complete = complete_information(likelihood.mean, likelihood.covariance)[own]
    return _Saturated(
        likelihood=likelihood,
        kept=kept,
        information=information,
        complete=likelihood.patterns.n_rows * complete,
        inverse=inverse_where_positive(information),
        crossproducts=information if scores is None else scores.T @ scores,
    )


def complete_information(mean: Floats, covariance: Floats) -> Floats:
    """Expected information of one complete row about the moments, shape (p + p (p + 1) / 2, same)."""
    at = normal_likelihood(patterns_of(mean[None, :]), mean, covariance)
    if at is None:
        raise ValueError("the covariances are not positive definite")
    return at.information("expected")


def _as_if_complete(fit: StructureFit, saturated: list[_Saturated]) -> Statistic:
    """The statistic of complete data with the saturated moments, at the estimate of a model, and its mean.

    With ``E = D' W D`` for the Jacobian ``D`` of the moments, the estimate leaves ``Q = I - D E^-1 D' W`` of a
    deviation of the saturated moments, which have the covariance ``W^-1 J W^-1``; the statistic weighs it by
    ``W_c``. Parameters that are moments of given variables are left out with these.
    """
    own = ~np.any(
        [moments.jacobian[~part.kept].any(axis=0) for part, moments in zip(saturated, fit.at.implied)], axis=0
    )
    q, chi2, kept = int(own.sum()), 0.0, 0.0
    E, of_scores, of_complete, crossed = (np.zeros((q, q)) for _ in range(4))
    for part, moments in zip(saturated, fit.at.implied):
        D, to_complete = moments.jacobian[np.ix_(part.kept, own)], part.inverse @ part.complete
        chi2 += _discrepancy(part.likelihood, moments.mean, moments.covariance)
        kept += float(np.sum(to_complete * (part.inverse @ part.crossproducts).T))
        E += D.T @ part.information @ D
        of_scores += D.T @ part.crossproducts @ D
        of_complete += D.T @ part.complete @ D
        crossed += D.T @ part.crossproducts @ to_complete @ D
    inverse = inverse_where_positive(E)
    lost = 2.0 * np.sum(inverse * crossed.T) - np.sum((inverse @ of_complete) * (inverse @ of_scores).T)
    return Statistic(chi2, fit.df, (kept - float(lost)) / fit.df if fit.df else np.nan)


def _discrepancy(saturated: NormalLikelihood, mean: Floats, covariance: Floats) -> float:
    """Likelihood ratio statistic of these moments against the saturated ones with as many complete rows."""
    relative = np.linalg.solve(covariance, saturated.covariance)
    deviation = saturated.mean - mean
    distance = float(deviation @ np.linalg.solve(covariance, deviation))
    log_det = float(np.linalg.slogdet(relative)[1])
    return saturated.patterns.n_rows * (float(np.trace(relative)) - log_det - len(mean) + distance)
