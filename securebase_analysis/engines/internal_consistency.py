"""How consistently the items of one scale speak: alpha, omega, item-rest correlations, on arrays.

Everything starts from a covariance matrix of items, so that one function serves complete and incomplete answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Share of a variance below which nothing is left of it but rounding."""
LEAST_UNIQUENESS = 0.005
"""Lower bound of a uniqueness in the one-factor model; an item that reaches it is an improper (Heywood) case."""


def pairwise_covariance(answers: ArrayLike) -> tuple[Floats, Floats]:
    """Covariance of each pair of items over the persons who answered both.

    Parameters
    ----------
    answers : array_like, shape (persons, items)
        NaN where an answer is missing.

    Returns
    -------
    covariance, counts : numpy.ndarray, shape (items, items)
        NaN where fewer than two persons answered both; `counts` is the number of those persons.
    """
    answers = np.asarray(answers, dtype=float)
    answered = ~np.isnan(answers)
    present = answered.astype(float)
    total = np.where(answered, answers, 0.0).sum(axis=0)
    centre = total / np.maximum(present.sum(axis=0), 1.0)
    centred = np.where(answered, answers - centre, 0.0)
    counts = present.T @ present
    sums = centred.T @ present
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (centred.T @ centred - sums * sums.T / counts) / (counts - 1.0)
    covariance[counts < 2] = np.nan
    return covariance, counts


def correlation_of(covariance: Floats) -> Floats:
    """Correlations from covariances; NaN for an item without variance."""
    scale = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(covariance / np.outer(scale, scale))


def cronbach_alpha(covariance: Floats) -> float:
    """Cronbach's alpha, ``k / (k - 1) · (1 - sum of variances / variance of the sum)``; NaN where undefined."""
    k = len(covariance)
    total = float(covariance.sum())
    if k < 2 or not total > 0.0:
        return float("nan")
    return k / (k - 1) * (1.0 - float(np.trace(covariance)) / total)


def stratified_alpha(covariance: Floats, strata: NDArray[np.int_]) -> float:
    """Alpha of a scale made of parts: 1 - sum of the parts' error variances / variance of the sum.

    Plain alpha when there is one part, or a part of a single item, whose error cannot be told.

    Parameters
    ----------
    covariance : numpy.ndarray, shape (items, items)
        Of all items.
    strata : numpy.ndarray of int, shape (items,)
        The part each item belongs to (Cronbach, Schönemann & McKie 1965).
    """
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    if len(members) == 1 or min(map(len, members)) < 2 or not covariance.sum() > 0.0:
        return cronbach_alpha(covariance)
    blocks = [covariance[np.ix_(items, items)] for items in members]
    error = sum(float(block.sum()) * (1.0 - cronbach_alpha(block)) for block in blocks)
    return 1.0 - error / float(covariance.sum())


def mean_correlation(correlation: Floats) -> float:
    """Mean correlation between different items."""
    k = len(correlation)
    return float((correlation.sum() - np.trace(correlation)) / (k * (k - 1))) if k > 1 else float("nan")


def spearman_brown(correlation: float, lengthening: float = 2.0) -> float:
    """Reliability of a scale `lengthening` times as long; NaN where its sum would not vary."""
    total = 1.0 + (lengthening - 1.0) * correlation
    return lengthening * correlation / total if total > ROUNDING else float("nan")


def alpha_std_error(covariance: Floats, n: float) -> float:
    """Normal-theory standard error of alpha (van Zyl, Neudecker & Nel 2000; Duhachek & Iacobucci 2004)."""
    k, total, trace = len(covariance), covariance.sum(), np.trace(covariance)
    if k < 2 or not total > 0.0 or n < 1:
        return float("nan")
    squared = covariance @ covariance
    spread = total * (np.trace(squared) + trace**2) - 2.0 * trace * squared.sum()
    return float(np.sqrt(2.0 * k**2 / ((k - 1) ** 2 * total**3) * max(spread, 0.0) / n))


def feldt_interval(alpha: float, n: float, k: int, conf_level: float) -> tuple[float, float]:
    """Interval of alpha: ``(1 - alpha) / (1 - estimate)`` follows F(n - 1, (n - 1)(k - 1)) (Feldt 1965).

    Returns
    -------
    low, high : float
        NaN when alpha is, or when there are fewer than two persons or items.
    """
    if np.isnan(alpha) or n < 2 or k < 2:
        return float("nan"), float("nan")
    tail = (1.0 - conf_level) / 2.0
    quantiles = special.fdtri(n - 1.0, (n - 1.0) * (k - 1.0), [1.0 - tail, tail])
    low, high = 1.0 - (1.0 - alpha) * quantiles
    return float(low), float(high)


def item_rest_correlations(covariance: Floats) -> Floats:
    """Correlation of each item with the sum of the others, from the covariances."""
    variance = np.diag(covariance)
    others = 1.0 - np.eye(len(covariance))
    with_rest = (covariance * others).sum(axis=1)
    # Summed over the others themselves: taken off the whole, one large item would leave nothing but rounding.
    rest_variance = np.einsum("ij,jk,ik->i", others, covariance, others)
    # Covariances of incomplete answers need not fit together: a rest may vary less than not at all.
    varies = rest_variance > ROUNDING * (others @ variance)
    found = with_rest / np.sqrt(np.where(varies, variance * rest_variance, np.nan))
    return np.where(np.abs(found) < 1.0 + 1e-6, np.clip(found, -1.0, 1.0), np.nan)


def alphas_if_dropped(covariance: Floats) -> Floats:
    """Alpha of the scale without each item in turn; NaN when fewer than two items would be left."""
    k = len(covariance)
    keep = ~np.eye(k, dtype=bool)
    return np.array([cronbach_alpha(covariance[np.ix_(kept, kept)]) for kept in keep])


def leading_signs(covariance: Floats) -> NDArray[np.int_]:
    """Which way each item runs along the first principal component: 1 with the majority, -1 against it."""
    correlation = np.nan_to_num(correlation_of(covariance))
    loadings = np.linalg.eigh(correlation)[1][:, -1]
    if loadings.sum() < 0:
        loadings = -loadings
    return np.where(loadings < 0, -1, 1)


@dataclass(frozen=True, eq=False)
class OneFactor:
    """Maximum likelihood estimates of a one-factor model, in the metric of the covariances.

    Attributes
    ----------
    loadings, uniquenesses : numpy.ndarray, shape (items,)
        Of the items as they are, not standardised.
    improper : numpy.ndarray of bool, shape (items,)
        Items whose uniqueness reached its lower bound.
    converged : bool
        Whether the search ended at an optimum.
    """

    loadings: Floats
    uniquenesses: Floats
    improper: NDArray[np.bool_]
    converged: bool


def fit_one_factor(covariance: Floats) -> OneFactor:
    """Fit one common factor by maximum likelihood (Jöreskog 1967; Lawley & Maxwell 1971).

    For given uniquenesses the best loadings follow from the first eigenvector of the scaled correlations, so the
    search runs over the uniquenesses alone.

    Raises
    ------
    ValueError
        With fewer than three items, or when the matrix is not positive definite.
    """
    from scipy.optimize import minimize

    k = len(covariance)
    if k < 3:
        raise ValueError("one factor needs at least three items")
    correlation = correlation_of(covariance)
    if not np.isfinite(correlation).all() or np.linalg.eigvalsh(correlation)[0] < 1e-10:
        raise ValueError("the covariances of the items are not positive definite")
    start = np.clip((1.0 - 0.5 / k) / np.diag(np.linalg.inv(correlation)), LEAST_UNIQUENESS, 1.0)
    found = minimize(
        _discrepancy,
        start,
        args=(correlation,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LEAST_UNIQUENESS, 1.0)] * k,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
    )
    loadings, scale = _loadings(found.x, correlation), np.sqrt(np.diag(covariance))
    settled = bool(found.success or np.abs(found.jac[found.x > LEAST_UNIQUENESS]).max(initial=0.0) < 1e-5)
    return OneFactor(
        loadings=loadings * scale,
        uniquenesses=found.x * scale**2,
        improper=found.x <= LEAST_UNIQUENESS * (1 + 1e-6),
        converged=settled,
    )


def _first_root(uniquenesses: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (ascending) of the scaled correlations, and the eigenvector of the largest."""
    scale = 1.0 / np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(correlation * np.outer(scale, scale))
    return values, vectors[:, -1]


def _loadings(uniquenesses: Floats, correlation: Floats) -> Floats:
    """The best standardised loadings for given uniquenesses, their sum positive."""
    values, vector = _first_root(uniquenesses, correlation)
    loadings = np.sqrt(uniquenesses) * vector * np.sqrt(max(values[-1] - 1.0, 0.0))
    return loadings if loadings.sum() >= 0 else -loadings


def _discrepancy(uniquenesses: Floats, correlation: Floats) -> tuple[float, Floats]:
    """Likelihood discrepancy with the loadings profiled out, and its gradient in the uniquenesses."""
    values, _ = _first_root(uniquenesses, correlation)
    others = values[:-1]
    loadings = _loadings(uniquenesses, correlation)
    implied_minus_observed = loadings**2 + uniquenesses - np.diag(correlation)
    return float((others - np.log(others) - 1.0).sum()), implied_minus_observed / uniquenesses**2


def omega_total(loadings: Floats, uniquenesses: Floats) -> float:
    """McDonald's omega: squared sum of loadings over itself plus the sum of uniquenesses (McDonald 1999)."""
    common = loadings.sum() ** 2
    return float(common / (common + uniquenesses.sum()))


def omega_std_error(loadings: Floats, uniquenesses: Floats, n: float) -> float:
    """Delta-method standard error of omega from the expected information of the one-factor model."""
    information = _one_factor_information(loadings, uniquenesses, n)
    total, noise = loadings.sum(), uniquenesses.sum()
    variance = total**2 + noise
    gradient = np.concatenate(
        [np.full(len(loadings), 2.0 * total * noise), np.full(len(loadings), -(total**2))]
    ) / (variance**2)
    try:
        return float(np.sqrt(gradient @ np.linalg.solve(information, gradient)))
    except np.linalg.LinAlgError:
        return float("nan")


def _one_factor_information(loadings: Floats, uniquenesses: Floats, n: float) -> Floats:
    """Expected information of loadings and uniquenesses: n/2 · tr(S⁻¹ dS S⁻¹ dS') for normal data."""
    inverse = np.linalg.inv(np.outer(loadings, loadings) + np.diag(uniquenesses))
    pulled = inverse @ loadings
    both_loadings = 2.0 * ((loadings @ pulled) * inverse + np.outer(pulled, pulled))
    mixed = 2.0 * inverse * pulled[:, None]
    return np.asarray(n / 2.0 * np.block([[both_loadings, mixed.T], [mixed, inverse**2]]))


def logit_interval(estimate: float, std_error: float, conf_level: float) -> tuple[float, float]:
    """Interval of a share, formed on the logit scale so that it stays between 0 and 1."""
    if not (0.0 < estimate < 1.0) or np.isnan(std_error):
        return float("nan"), float("nan")
    half = special.ndtri(0.5 + conf_level / 2.0) * std_error / (estimate * (1.0 - estimate))
    low, high = special.expit(special.logit(estimate) + np.array([-half, half]))
    return float(low), float(high)
