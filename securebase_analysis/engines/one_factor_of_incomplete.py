"""A one-factor model of items that not everybody answered, by maximum likelihood from every answer there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.internal_consistency import omega_total
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.structural_equations import StructureFit, fit_structures

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class IncompleteOneFactor:
    """Estimates in the metric of the items, of a factor with variance 1.

    Attributes
    ----------
    loadings, uniquenesses : numpy.ndarray, shape (items,)
        Their signs are such that the sum of the loadings is positive.
    vcov : numpy.ndarray, shape (3 * items, 3 * items)
        Of loadings, uniquenesses, then intercepts, from the observed information; rows count as independent.
    converged : bool
        Whether the search ended at a maximum.
    intercepts : numpy.ndarray, shape (items,)
        Expected answers of a person in the mean of the factor.
    fit : StructureFit
        The fit behind them, to items of variance 1.
    """

    loadings: Floats
    uniquenesses: Floats
    vcov: Floats
    converged: bool
    intercepts: Floats
    fit: StructureFit

    @property
    def improper(self) -> NDArray[np.bool_]:
        """Items whose uniqueness is not above 0, shape (items,)."""
        return np.asarray(self.uniquenesses <= 0.0)

    @property
    def omega(self) -> float:
        """McDonald's omega."""
        return omega_total(self.loadings, self.uniquenesses)

    @property
    def omega_std_error(self) -> float:
        """Delta-method standard error of omega."""
        total, noise = self.loadings.sum(), self.uniquenesses.sum()
        by_loading, by_uniqueness = 2.0 * total * noise, -(total**2)
        k = len(self.loadings)
        gradient = np.repeat([by_loading, by_uniqueness], k) / (total**2 + noise) ** 2
        variance = float(gradient @ self.vcov[: 2 * k, : 2 * k] @ gradient)
        return float(np.sqrt(variance)) if variance > 0.0 else np.nan


def one_factor(k: int) -> Structure:
    """The equations of `k` items and one factor of variance 1: parameters loadings, uniquenesses, intercepts."""
    items, one = np.arange(k), np.ones(k, dtype=int)
    fixed = np.zeros((3, k + 1, k + 1))
    fixed[COVARIANCE, k, k] = 1.0
    loading = np.column_stack([EFFECT * one, items, k * one, items])
    uniqueness = np.column_stack([COVARIANCE * one, items, items, k + items])
    intercept = np.column_stack([MEAN * one, items, 0 * one, 2 * k + items])
    return Structure(k, fixed, np.concatenate([loading, uniqueness, intercept]))


def fit_incomplete_one_factor(answers: Floats, *, fit_saturated: bool = False) -> IncompleteOneFactor:
    """Fit one common factor to answers (persons, items) with NaN where there is none.

    Parameters
    ----------
    answers : numpy.ndarray, shape (persons, items)
        NaN where there is none; every item varies.
    fit_saturated : bool
        Whether the moments without a model are estimated too, so that fit can be held against them.

    Raises
    ------
    ValueError
        With fewer than three items, or when the likelihood has no maximum.

    Notes
    -----
    Answers are taken as missing at random: whether one is missing may depend on what else was answered. With all
    answered this is maximum likelihood with divisor `n` (Jöreskog 1967; Arbuckle 1996).
    """
    k = answers.shape[1]
    if k < 3:
        raise ValueError("one factor needs at least three items")
    # In items of variance 1 the search does not hang on their units.
    mean, size = np.nanmean(answers, axis=0), np.nanstd(answers, axis=0)
    scaled = (answers - mean) / size
    fit = fit_structures([(patterns_of(scaled), one_factor(k))], fit_saturated=fit_saturated)
    sign = 1.0 if fit.theta[:k] @ size >= 0.0 else -1.0
    metric = np.concatenate([sign * size, size**2, size])
    estimate = metric * fit.theta + np.concatenate([np.zeros(2 * k), mean])
    vcov = np.outer(metric, metric) * fit.vcov("observed")
    return IncompleteOneFactor(estimate[:k], estimate[k : 2 * k], vcov, fit.converged, estimate[2 * k :], fit)
