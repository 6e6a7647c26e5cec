"""Coefficients of agreement from sums over units: observed and expected, then one division.

Every function takes sums that are linear in the units, with any number of leading axes, so that one call serves
the estimate, every bootstrap resample and every jackknife replicate. What is not defined is NaN.

Shapes: ``...`` leading axes, ``q`` categories.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""Sums of a few thousand shares are exact to about this; what is nearer to zero counts as zero."""


def ratio(numerator: ArrayLike, denominator: ArrayLike, scale: ArrayLike = 1.0) -> Floats:
    """`numerator / denominator`, NaN where the denominator is zero up to rounding on the scale given."""
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    nothing = ~(np.abs(denominator) > ROUNDING * np.asarray(scale, float))
    return np.where(nothing, np.nan, numerator / np.where(nothing, 1.0, denominator))


def beyond_chance(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """(observed - expected) / (1 - expected): agreement above chance as a share of what was left to reach."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    return ratio(observed - expected, 1.0 - expected)


def shares(counts: Floats) -> Floats:
    """Counts of categories as shares of their total, shape (..., q)."""
    return ratio(counts, counts.sum(axis=-1, keepdims=True))


def fleiss_kappa(agreement: Floats, category_counts: Floats) -> Floats:
    """Fleiss' kappa for units that all have the same number of ratings.

    Parameters
    ----------
    agreement : numpy.ndarray, shape (...)
        Mean over units of the share of rating pairs that agree.
    category_counts : numpy.ndarray, shape (..., q)
        Ratings in each category.

    Notes
    -----
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters.
    """
    expected = (shares(category_counts) ** 2).sum(axis=-1)
    return beyond_chance(agreement, expected)


def gwet_ac1(agreement: Floats, prevalence: Floats) -> Floats:
    """Gwet's AC1, which stays near the raw agreement when one category is rare.

    Parameters
    ----------
    agreement : numpy.ndarray, shape (...)
        Mean over units with two or more ratings of the share of rating pairs that agree.
    prevalence : numpy.ndarray, shape (..., q)
        Mean over units of the share of ratings in each category; q is at least 2.

    Notes
    -----
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    q = prevalence.shape[-1]
    expected = (prevalence * (1.0 - prevalence)).sum(axis=-1) / (q - 1)
    return beyond_chance(agreement, expected)


def cohen_kappa(agreeing: Floats, first: Floats, second: Floats) -> Floats:
    """Cohen's kappa of two coders.

    Parameters
    ----------
    agreeing : numpy.ndarray, shape (...)
        Units on which both chose the same category.
    first, second : numpy.ndarray, shape (..., q)
        How often each coder chose each category, over the units that both rated.

    Notes
    -----
    Cohen, J. (1960). A coefficient of agreement for nominal scales.
    """
    n = first.sum(axis=-1)
    expected = (shares(first) * shares(second)).sum(axis=-1)
    return beyond_chance(ratio(agreeing, n), expected)


def weighted_kappa(distance_sum: Floats, first: Floats, second: Floats, distance: Floats) -> Floats:
    """Weighted kappa of two coders: one minus observed over expected distance.

    Parameters
    ----------
    distance_sum : numpy.ndarray, shape (...)
        Sum over units of the distance between the two ratings.
    first, second : numpy.ndarray, shape (..., q)
        How often each coder chose each category.
    distance : numpy.ndarray, shape (q, q)
        Distance between categories, zero on the diagonal.

    Notes
    -----
    Cohen, J. (1968). Weighted kappa: nominal scale agreement with provision for scaled disagreement.
    """
    n = first.sum(axis=-1)
    observed = ratio(distance_sum, n)
    expected = ((shares(first) @ distance) * shares(second)).sum(axis=-1)
    return 1.0 - ratio(observed, expected, scale=distance.max(initial=0.0))


def krippendorff_alpha(observed: Floats, expected: Floats, n_values: Floats) -> Floats:
    """Krippendorff's alpha: one minus observed over expected disagreement.

    Parameters
    ----------
    observed, expected : numpy.ndarray, shape (...)
        Sums of squared differences over the coincidences, and over all pairs of the pairable values.
    n_values : numpy.ndarray, shape (...)
        Pairable values, i.e. ratings of units that have at least two.

    Notes
    -----
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
    """
    return 1.0 - (n_values - 1.0) * ratio(observed, expected)


def expected_nominal(counts: Floats) -> Floats:
    """Pairs of pairable values that differ, over all pairs: n² minus the squared counts."""
    n = counts.sum(axis=-1)
    expected = n**2 - (counts**2).sum(axis=-1)
    return np.where(expected > ROUNDING * n**2, expected, 0.0)


def expected_squared(counts: Floats, scores: Floats) -> Floats:
    """Sum over all pairs of pairable values of their squared difference, from two moments.

    Parameters
    ----------
    counts : numpy.ndarray, shape (..., q)
        Pairable values in each category.
    scores : numpy.ndarray, shape (q,) or (..., q)
        The number each category stands for.
    """
    n = counts.sum(axis=-1)
    mean = ratio((counts * scores).sum(axis=-1), n)
    spread = (counts * (scores - mean[..., None]) ** 2).sum(axis=-1)
    return 2.0 * n * np.where(np.isnan(mean), 0.0, spread)


def expected_distance(counts: Floats, distance: Floats) -> Floats:
    """Sum over all pairs of pairable values of any squared difference, shape of `distance` (q, q)."""
    return ((counts @ distance) * counts).sum(axis=-1)


def middle_ranks(counts: Floats) -> Floats:
    """The middle rank of each ordered category, shape (..., q): values below it and half of its own.

    The ordinal difference between two categories is the difference of their middle ranks.
    """
    return np.cumsum(counts, axis=-1) - counts / 2.0


def category_distance(scores: Floats, weights: str) -> Floats:
    """Distances between categories for weighted kappa, as shares of the longest: linear or quadratic."""
    gap = np.abs(scores[:, None] - scores[None, :])
    gap = gap / gap.max() if gap.size and gap.max() > 0 else gap
    return gap**2 if weights == "quadratic" else gap


def ratio_distance(values: Floats) -> Floats:
    """Krippendorff's squared difference for ratio scales, ((a - b) / (a + b))²; zero where both are zero."""
    total = values[:, None] + values[None, :]
    gap = values[:, None] - values[None, :]
    return np.where(total == 0.0, 0.0, gap / np.where(total == 0.0, 1.0, total)) ** 2


def kappa_std_error(table: Floats, distance: Floats) -> float:
    """Large-sample standard error of (weighted) kappa from a two-way table of counts.

    Parameters
    ----------
    table : numpy.ndarray, shape (q, q)
        First coder in rows, second in columns.
    distance : numpy.ndarray, shape (q, q)
        Zero for full agreement, one for the largest disagreement; 0/1 gives unweighted kappa.

    Notes
    -----
    Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Large sample standard errors of kappa and weighted kappa.
    """
    n = table.sum()
    p = table / n
    rows, columns, weight = p.sum(axis=1), p.sum(axis=0), 1.0 - distance
    observed, expected = (weight * p).sum(), rows @ weight @ columns
    if not 1.0 - expected > ROUNDING:
        return np.nan
    mean_weight = (weight @ columns)[:, None] + (rows @ weight)[None, :]
    spread = (p * (weight * (1 - expected) - mean_weight * (1 - observed)) ** 2).sum()
    centre = (observed * expected - 2 * expected + observed) ** 2
    return float(np.sqrt(max(spread - centre, 0.0) / n) / (1 - expected) ** 2)


def mean_std_error(values: Floats) -> float:
    """Standard error of a mean of independent values."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def fleiss_std_error(agreement: Floats, unit_shares: Floats, counts: Floats) -> float:
    """Standard error of Fleiss' kappa over independent units, without assuming that kappa is zero.

    Parameters
    ----------
    agreement : numpy.ndarray, shape (units,)
        Share of agreeing rating pairs in each unit.
    unit_shares : numpy.ndarray, shape (units, q)
        Share of a unit's ratings in each category.
    counts : numpy.ndarray, shape (q,)
        Ratings in each category.

    Notes
    -----
    Linearised variance, Gwet, K. L. (2021). Large-sample variance of Fleiss generalized kappa.
    """
    prevalence = shares(counts)
    return _linearised(agreement, unit_shares @ prevalence, float(prevalence @ prevalence))


def ac1_std_error(agreement: Floats, unit_shares: Floats, prevalence: Floats) -> float:
    """Standard error of AC1 over independent units; `agreement` is NaN for units with one rating.

    Notes
    -----
    Linearised variance (Gwet 2008). Where some units have one rating the observed agreement is a mean over a
    random number of units, and its influence is that of a ratio.
    """
    q = len(prevalence)
    chance_of_unit = unit_shares @ (1.0 - prevalence) / (q - 1)
    return _linearised(agreement, chance_of_unit, float((prevalence * (1 - prevalence)).sum() / (q - 1)))


def _linearised(agreement: Floats, chance_of_unit: Floats, expected: float) -> float:
    """Standard error of (observed - expected) / (1 - expected) from each unit's influence on both."""
    n, compared = len(agreement), np.isfinite(agreement)
    if n < 2 or not 1.0 - expected > ROUNDING:
        return np.nan
    observed = agreement[compared].mean()
    kappa = (observed - expected) / (1 - expected)
    on_observed = np.where(compared, n / compared.sum() * (agreement - observed), 0.0)
    on_expected = 2 * (chance_of_unit - expected)
    influence = (on_observed - (1 - kappa) * on_expected) / (1 - expected)
    return float(np.sqrt((influence**2).sum() / (n - 1) / n))
