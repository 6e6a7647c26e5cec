"""Where a person stands on one factor, given whatever was answered, and what its items would be without error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OneFactorScores:
    """What the answers say about a factor of mean 0 and variance 1.

    Attributes
    ----------
    score : numpy.ndarray, shape (persons,)
        Expected value given the answers; 0, the mean, where there is none.
    std_error : numpy.ndarray, shape (persons,)
        Standard deviation given the same; 1 where there is none.
    pull : numpy.ndarray, shape (persons, items)
        By how much the score rises with each answer; 0 for items without one.
    """

    score: Floats
    std_error: Floats
    pull: Floats


def one_factor_scores(
    answers: Floats, loadings: Floats, intercepts: Floats, uniquenesses: Floats
) -> OneFactorScores:
    """Expected value of the factor behind answers (persons, items), NaN where there is none.

    Parameters
    ----------
    answers : numpy.ndarray, shape (persons, items)
        NaN where there is none.
    loadings, intercepts, uniquenesses : numpy.ndarray, shape (items,)
        Of the model ``answer = intercept + loading * factor + error`` with independent errors of these variances,
        which are above 0.

    Notes
    -----
    Each answer adds ``loading² / uniqueness`` to the precision of a factor, which is 1 before anything is answered
    (Thurstone 1935; as Bayes' rule of normal variables, Bartholomew, Knott & Moustaki 2011).

    Examples
    --------
    >>> found = one_factor_scores(np.array([[3.0, np.nan], [3.0, 3.0]]), *np.array([[1, 1], [2, 2], [1, 1.0]]))
    >>> found.score.round(3).tolist(), found.std_error.round(3).tolist()
    ([0.5, 0.667], [0.707, 0.577])
    """
    told = ~np.isnan(answers) * loadings / uniquenesses
    precision = 1.0 + told @ loadings
    pull = told / precision[:, None]
    deviation = np.where(np.isnan(answers), 0.0, answers - intercepts)
    return OneFactorScores((pull * deviation).sum(axis=1), 1.0 / np.sqrt(precision), pull)


def mean_without_error(
    answers: Floats, weights: Floats, loadings: Floats, intercepts: Floats, uniquenesses: Floats, vcov: Floats
) -> tuple[Floats, Floats]:
    """The weighted mean of the items that is expected of each person, free of errors, and its standard error.

    Parameters
    ----------
    answers, loadings, intercepts, uniquenesses
        As of `one_factor_scores`.
    weights : numpy.ndarray, shape (items,)
        Of the items in the mean.
    vcov : numpy.ndarray, shape (3 * items, 3 * items)
        Covariance of the estimates of loadings, uniquenesses, then intercepts.

    Returns
    -------
    tuple of numpy.ndarray, shape (persons,)
        Where nothing was answered, those of a person of whom nothing is known.

    Notes
    -----
    The variance is that of the factor given the answers, and that of the expectation, because the model is
    estimated (delta method).
    """
    found = one_factor_scores(answers, loadings, intercepts, uniquenesses)
    share = weights / weights.sum()
    loading = float(share @ loadings)
    deviation = np.where(np.isnan(answers), 0.0, answers - intercepts)
    answered = ~np.isnan(answers) / uniquenesses
    factor = found.score[:, None]
    left = deviation - 2.0 * factor * loadings
    by_loading = share * factor + loading * answered * left * (found.std_error**2)[:, None]
    by_uniqueness = -loading * found.pull * (deviation - factor * loadings) / uniquenesses
    by_intercept = share - loading * found.pull
    gradient = np.concatenate([by_loading, by_uniqueness, by_intercept], axis=1)
    of_estimates = np.einsum("ij,jk,ik->i", gradient, vcov, gradient, optimize=True)
    mean = share @ intercepts + loading * found.score
    return mean, np.sqrt((loading * found.std_error) ** 2 + of_estimates)
