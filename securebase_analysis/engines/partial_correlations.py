"""Partial correlations: what two variables share beyond what each shares with all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SINGULAR = 1e-10
"""Of correlations whose smallest eigenvalue is below this, one variable is made up of others."""


def partial_from_precision(precision: ArrayLike) -> Floats:
    """``-K_ij / sqrt(K_ii K_jj)``, with 0 on the diagonal.

    Parameters
    ----------
    precision : array, shape (..., p, p)
        Inverse covariances.

    Examples
    --------
    >>> partial_from_precision([[4.0, -2.0], [-2.0, 4.0]]).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    K = np.asarray(precision, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.diagonal(K, axis1=-2, axis2=-1))
        partial = -K / (root[..., :, None] * root[..., None, :])
    places = np.arange(K.shape[-1])
    # Adding 0 makes the minus zero of an edge that is not there a zero.
    partial += 0.0
    partial[..., places, places] = 0.0
    return partial


def partial_correlations(covariance: ArrayLike) -> Floats:
    """Partial correlations of each pair given all other variables, without any penalty.

    Parameters
    ----------
    covariance : array, shape (..., p, p)
        Covariances or correlations.

    Returns
    -------
    numpy.ndarray, shape (..., p, p)
        0 on the diagonal; NaN throughout where the matrix is not positive definite.

    References
    ----------
    Whittaker (1990), Graphical Models in Applied Multivariate Statistics, ch. 5.

    Examples
    --------
    >>> r = np.array([[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]])
    >>> partial_correlations(r).round(3).tolist()
    [[0.0, 0.447, 0.0], [0.447, 0.0, 0.447], [0.0, 0.447, 0.0]]
    """
    matrices = np.asarray(covariance, dtype=float)
    usable = positive_definite(matrices)
    safe = np.where(usable[..., None, None], matrices, np.eye(matrices.shape[-1]))
    return np.where(usable[..., None, None], partial_from_precision(np.linalg.inv(safe)), np.nan)


def explained_by_others(correlations: ArrayLike) -> Floats:
    """The share of each variable that all others together explain, shape (..., p): ``1 - 1 / (R^-1)_ii``.

    Examples
    --------
    >>> explained_by_others([[1.0, 0.6], [0.6, 1.0]]).round(2).tolist()
    [0.36, 0.36]
    """
    precision = np.linalg.inv(np.asarray(correlations, dtype=float))
    return np.asarray(1.0 - 1.0 / np.diagonal(precision, axis1=-2, axis2=-1))


def positive_definite(correlations: ArrayLike) -> NDArray[np.bool_]:
    """Which of some correlation matrices, shape (..., p, p), have no eigenvalue at or below zero."""
    matrices = np.asarray(correlations, dtype=float)
    known = np.isfinite(matrices).all(axis=(-2, -1))
    safe = np.where(known[..., None, None], matrices, np.eye(matrices.shape[-1]))
    smallest: NDArray[np.bool_] = known & (np.linalg.eigvalsh(safe)[..., 0] > SINGULAR)
    return smallest
