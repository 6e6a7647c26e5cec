"""How well the standard error of a maximum likelihood estimate is known itself: degrees of freedom for t."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.structural_equations import StructureFit, at_parameters

Floats = NDArray[np.float64]

STEP = 0.1
"""How far the estimate is moved to see how its error changes, in standard errors."""


def satterthwaite_df(fit: StructureFit, vcov: ArrayLike, parameters: Sequence[int]) -> Floats:
    """Degrees of freedom of some parameters of a structure.

    Parameters
    ----------
    fit : StructureFit
        The fitted model.
    vcov : array, shape (q, q)
        Covariance of its estimate, an inverse of the information.
    parameters : sequence of int
        Numbers of the parameters.

    Returns
    -------
    numpy.ndarray, shape (parameters,)
        At least 1; missing where the likelihood has no value beside the estimate.

    Notes
    -----
    The variance ``V`` of an estimate is itself estimated, with variance ``g' vcov g`` where ``g`` is its gradient
    in all parameters, and ``df = 2 V^2 / g' vcov g``. With ``v`` the column of `vcov` of the parameter, ``g`` is
    the third derivative of the log-likelihood along ``v`` twice, which is the second difference of its gradient.
    Data that are not normal leave the variance less well known than this says.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2; Fai & Cornelius (1996), J Stat Comput Simul 54.
    """
    covariance = np.asarray(vcov, dtype=float)
    return np.array([_df(fit, covariance, number) for number in parameters])


def _df(fit: StructureFit, vcov: Floats, number: int) -> float:
    """Of one parameter."""
    variance, along = vcov[number, number], vcov[:, number]
    if not variance > 0.0:
        return np.nan
    step = STEP / np.sqrt(variance)
    beside = [at_parameters(fit.groups, fit.theta + sign * step * along) for sign in (1.0, -1.0)]
    if beside[0] is None or beside[1] is None:
        return np.nan
    change = (beside[0].gradient - 2.0 * fit.at.gradient + beside[1].gradient) / step**2
    return max(1.0, float(2.0 * variance**2 / (change @ vcov @ change)))
