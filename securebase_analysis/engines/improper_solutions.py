"""Estimates that no population can have: negative variances, and covariances that no variables could have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.moment_structure import Implied
from securebase_analysis.engines.structural_equations import StructureFit

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NEGATIVE = -1e-8
"""An eigenvalue of correlations below this is negative, beyond rounding."""


@dataclass(frozen=True, eq=False)
class Improper:
    """What is improper in one group.

    Attributes
    ----------
    negative_variances : numpy.ndarray of int
        Variables, observed ones first, of which what the effects leave has a negative variance (Heywood 1931).
    residuals_impossible : bool
        Whether the covariances of what the effects leave are those of no variables.
    latent_impossible : bool
        Whether the covariances of the latent variables are those of no variables, as with a correlation above 1.
    """

    negative_variances: Ints
    residuals_impossible: bool
    latent_impossible: bool

    @property
    def anything(self) -> bool:
        """Whether anything is improper."""
        return bool(len(self.negative_variances)) or self.residuals_impossible or self.latent_impossible


def improper_solutions(fit: StructureFit) -> tuple[Improper, ...]:
    """What is improper in each group of a fitted model.

    Parameters
    ----------
    fit : StructureFit
        The model.
    """
    return tuple(_improper(moments) for moments in fit.at.implied)


def _improper(moments: Implied) -> Improper:
    """What is improper in one group."""
    p = moments.structure.n_observed
    return Improper(
        negative_variances=np.flatnonzero(moments.residual.diagonal() < 0.0),
        residuals_impossible=_impossible(moments.residual),
        latent_impossible=_impossible(moments.covariances[p:, p:]),
    )


def _impossible(covariances: Floats) -> bool:
    """Whether a matrix has a negative eigenvalue, or a covariance where there is no variance."""
    size = np.sqrt(np.abs(covariances.diagonal()))
    there = size > 0.0
    if covariances[~there].any():
        return True
    held = covariances[np.ix_(there, there)] / np.outer(size[there], size[there])
    return bool(len(held)) and float(np.linalg.eigvalsh(held)[0]) < NEGATIVE
