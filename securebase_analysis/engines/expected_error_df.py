"""How well standard errors from the expected information are known themselves: degrees of freedom for t."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.positive_definite import inverse_where_positive
from securebase_analysis.engines.structural_equations import StructureFit, at_parameters

Floats = NDArray[np.float64]

STEP = 0.05
"""How far each estimate is moved to see how the errors of all change, in standard errors."""


def expected_error_df(fit: StructureFit, vcov: ArrayLike, n_moved: int) -> Floats:
    """Degrees of freedom of the first parameters of a structure.

    Parameters
    ----------
    fit : StructureFit
        The fitted model.
    vcov : array, shape (q, q)
        Covariance of its estimate.
    n_moved : int
        How many parameters, the first ones, are estimates; those after them are taken as given.

    Returns
    -------
    numpy.ndarray, shape (n_moved,)
        Missing where the likelihood has no value beside the estimate.

    Notes
    -----
    The variance ``V`` of an estimate is itself estimated, with variance ``g' vcov g`` where ``g`` is its gradient
    in all parameters, and ``df = 2 V^2 / g' vcov g``. Here ``V`` comes from the expected information, so that a
    mean of `n` rows has about `n` degrees of freedom, and a variance of theirs about ``n / 4``; what the observed
    information varies by on its own, which is much where variances are estimated, is left out.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2; Fai & Cornelius (1996), J Stat Comput Simul 54.
    """
    covariance = np.asarray(vcov, dtype=float)[:n_moved, :n_moved]
    variance = np.diag(inverse_where_positive(fit.expected_information))[:n_moved]
    gradient = np.empty((n_moved, n_moved))
    for number, error in enumerate(np.sqrt(covariance.diagonal())):
        move = np.zeros(len(fit.theta))
        move[number] = STEP * error
        above, below = (_variances(fit, fit.theta + sign * move, n_moved) for sign in (1.0, -1.0))
        gradient[:, number] = (above - below) / (2.0 * STEP * error)
    spread = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return np.asarray(2.0 * variance**2 / spread, dtype=float)


def _variances(fit: StructureFit, theta: Floats, n_moved: int) -> Floats:
    """Variances of the estimates, had they been these."""
    beside = at_parameters(fit.groups, theta)
    if beside is None:
        return np.full(n_moved, np.nan)
    return np.diag(inverse_where_positive(beside.information("expected")))[:n_moved]
