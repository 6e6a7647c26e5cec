"""Where a person stands on one factor, given whatever was answered."""

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
