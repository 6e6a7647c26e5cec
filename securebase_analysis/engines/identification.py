"""Which parameters the data inform of, told from the information about all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.positive_definite import NO_INFORMATION

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

INVOLVED = 1e-3
"""Least share of a direction without information that makes a parameter part of it."""


def without_information(information: Floats) -> Floats:
    """Directions (q, d) in which the information (q, q), scaled to a diagonal of 1, has nothing."""
    diagonal = information.diagonal()
    empty = diagonal <= 0.0
    scale = np.where(empty, 0.0, 1.0 / np.sqrt(np.where(empty, 1.0, diagonal)))
    eigenvalue, eigenvector = np.linalg.eigh(information * np.outer(scale, scale))
    return np.asarray(eigenvector[:, eigenvalue < NO_INFORMATION])


def involved_in(directions: Floats) -> Bools:
    """Parameters (q,) that take part in some of the directions (q, d)."""
    return np.asarray((directions**2).sum(axis=1) > INVOLVED)
