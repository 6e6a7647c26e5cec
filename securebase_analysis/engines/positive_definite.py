"""Inverses of information, where there is any."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NO_INFORMATION = 1e-9
"""An eigenvalue of a matrix scaled to a diagonal of 1, below this, is none."""


def inverse_where_positive(information: Floats) -> Floats:
    """The inverse of a positive definite matrix, whatever the units of its rows; not a number for any other."""
    diagonal = information.diagonal()
    if not (diagonal > 0.0).all() or not np.isfinite(information).all():
        return np.full_like(information, np.nan)
    scale = 1.0 / np.sqrt(diagonal)
    scaled = information * np.outer(scale, scale)
    if len(scaled) and not np.linalg.eigvalsh(scaled)[0] > NO_INFORMATION:
        return np.full_like(information, np.nan)
    return np.asarray(np.linalg.inv(scaled) * np.outer(scale, scale), dtype=float)
