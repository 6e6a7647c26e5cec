"""Elements of a structure in standard deviations of its variables, with their derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
STEP = 1e-30
"""An imaginary step: it is so small that what it changes is the derivative to the last digit."""


def standardised(
    structure: Structure, theta: Floats, cells: Ints, latent_only: bool = False
) -> tuple[Floats, Floats]:
    """Standardised elements of the matrices and their derivatives in the parameters.

    Parameters
    ----------
    structure : Structure
        The equations of one group.
    theta : numpy.ndarray, shape (q,)
        Parameters of all groups.
    cells : numpy.ndarray of int, shape (c, 3)
        Matrix, row and column of each element.
    latent_only : bool
        Whether only latent variables are standardised.

    Returns
    -------
    values : numpy.ndarray, shape (c,)
        Effects in standard deviations of the outcome for one of the predictor; variances as shares of the whole
        variance of the variable; covariances as correlations of what the effects leave; means in standard
        deviations. Not a number where a standard deviation is not above 0.
    derivatives : numpy.ndarray, shape (c, q)
        Of these in the parameters.

    References
    ----------
    Squire & Trapp (1998), Using complex variables to estimate derivatives of real functions, SIAM Rev 40.
    """
    values = _at(structure, theta.astype(complex), cells, latent_only).real
    derivatives = np.zeros((len(cells), len(theta)))
    for parameter in np.unique(structure.entries[:, 3]):
        moved = theta.astype(complex)
        moved[parameter] += 1j * STEP
        derivatives[:, parameter] = _at(structure, moved, cells, latent_only).imag / STEP
    return values, derivatives


def _at(
    structure: Structure, theta: NDArray[np.complex128], cells: Ints, latent_only: bool
) -> NDArray[np.complex128]:
    """The elements at (complex) parameters."""
    matrices = structure.fixed.astype(complex)
    matrix, row, column, parameter = structure.entries.T
    matrices[matrix, row, column] = theta[parameter]
    mirrored = matrix == COVARIANCE
    matrices[COVARIANCE, column[mirrored], row[mirrored]] = theta[parameter[mirrored]]
    total = np.linalg.inv(np.eye(structure.n_variables) - matrices[EFFECT])
    covariances = total @ matrices[COVARIANCE] @ total.T
    sd, residual_sd = _root(covariances.diagonal()), _root(matrices[COVARIANCE].diagonal())
    if latent_only:
        sd[: structure.n_observed] = residual_sd[: structure.n_observed] = 1.0
    which, i, j = cells.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.select(
            [which == EFFECT, (which == COVARIANCE) & (i == j), which == COVARIANCE, which == MEAN],
            [
                matrices[EFFECT, i, j] * sd[j] / sd[i],
                matrices[COVARIANCE, i, j] / sd[i] ** 2,
                matrices[COVARIANCE, i, j] / (residual_sd[i] * residual_sd[j]),
                matrices[MEAN, i, 0] / sd[i],
            ],
        )


def _root(variances: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Standard deviations; not a number where a variance is not above 0."""
    return np.sqrt(np.where(variances.real > 0.0, variances, np.nan))
