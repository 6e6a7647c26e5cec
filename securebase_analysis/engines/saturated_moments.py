"""Means and covariances without any structure: their maximum of the normal likelihood with missing values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SaturatedMoments:
    """The unrestricted maximum of the likelihood of one group.

    Attributes
    ----------
    mean, covariance : numpy.ndarray, shapes (p,) and (p, p)
        The moments.
    log_likelihood : float
        At the moments.
    converged : bool
        Whether the search ended at a maximum.
    n_steps : int
        Steps taken.
    smallest_eigenvalue : float
        Of the correlations; where it vanishes the likelihood has no usable maximum.
    usable : bool
        Whether there is a maximum that tests of fit can be held against.
    """

    mean: Floats
    covariance: Floats
    log_likelihood: float
    converged: bool
    n_steps: int
    smallest_eigenvalue: float
    usable: bool
