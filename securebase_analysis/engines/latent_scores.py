"""Where each row stands on the latent variables, from whatever was observed of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.structural_equations import StructureFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LatentScores:
    """Regression scores of one group.

    Attributes
    ----------
    score : numpy.ndarray, shape (rows, latent)
        Expected value given what was observed of the row; NaN for rows without any value.
    std_error : numpy.ndarray, shape (rows, latent)
        Standard deviation of the latent variable given the same.
    """

    score: Floats
    std_error: Floats


def latent_scores(fit: StructureFit, group: int = 0) -> LatentScores:
    """Expected values of the latent variables given the observed ones, at the estimate.

    Parameters
    ----------
    fit : StructureFit
        The model.
    group : int
        Number of the group.

    Notes
    -----
    ``E(f | x) = mu_f + C_fo V (x - mu)`` with variance ``C_ff - C_fo V C_of`` for the inverse covariance ``V``
    of what was observed (Thurstone 1935). They are drawn to the mean the more, the less was observed, and the
    uncertainty of the estimate itself is not in the standard errors.
    """
    moments, likelihood = fit.at.implied[group], fit.at.likelihoods[group]
    p = moments.structure.n_observed
    across = moments.covariances[p:, :p]
    variance = moments.covariances.diagonal()[p:]
    score = moments.means[p:] + likelihood.weighted_residuals() @ across.T
    std_error = np.full_like(score, np.nan)
    for at in likelihood.at_blocks:
        V = at.inverses(likelihood.inverse)
        left = variance - np.einsum("fp,apq,fq->af", across, V, across, optimize=True)
        std_error[at.block.rows] = np.sqrt(np.maximum(left, 0.0)).repeat(at.block.n.astype(int), axis=0)
    empty = np.isnan(likelihood.patterns.X).all(axis=1)
    score[empty] = np.nan
    return LatentScores(score, std_error)
