"""Means and covariances that a system of linear equations between observed and latent variables implies.

In the reticular action model (McArdle & McDonald 1984) all variables stand in one vector, the observed ones first:
``v = A v + e`` with ``E(e) = m`` and ``Cov(e) = S``. Hence ``v`` has mean ``B m`` and covariance ``B S B'`` with
``B = (I - A)^-1``, of which the first rows are those of the observed variables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

EFFECT, COVARIANCE, MEAN = 0, 1, 2
"""Numbers of the matrices ``A``, ``S`` and ``m`` in `Structure`."""


@dataclass(frozen=True, eq=False)
class Structure:
    """The equations of one group: which elements of the three matrices are fixed, and which are parameters.

    Attributes
    ----------
    n_observed : int
        Observed variables, which come first among the `m` variables.
    fixed : numpy.ndarray, shape (3, m, m)
        ``[EFFECT]``: effect of the column on the row; ``[COVARIANCE]``: symmetric covariances of what the effects
        leave; ``[MEAN]``: intercepts in column 0. Elements that `entries` names are ignored.
    entries : numpy.ndarray of int, shape (k, 4)
        Matrix (`EFFECT`, `COVARIANCE`, `MEAN`), row, column (0 for `MEAN`) and number of the parameter, from 0; one
        row for each pair of a covariance, in either order. Elements that are equal, in one group or over
        groups, have the same number.
    """

    n_observed: int
    fixed: Floats
    entries: Ints

    @property
    def n_variables(self) -> int:
        """Observed and latent variables."""
        return self.fixed.shape[1]
