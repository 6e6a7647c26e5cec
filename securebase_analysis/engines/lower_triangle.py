"""Symmetric matrices as vectors of their lower triangle, row by row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@lru_cache(maxsize=32)
def pairs(p: int) -> tuple[Ints, Ints]:
    """Row and column of each element of the lower triangle of a matrix (p, p)."""
    return np.tril_indices(p)


@lru_cache(maxsize=32)
def times_in_matrix(p: int) -> Floats:
    """How often each element of the lower triangle stands in the symmetric matrix: 1 on the diagonal, else 2."""
    row, column = pairs(p)
    return np.where(row == column, 1.0, 2.0)


@lru_cache(maxsize=32)
def place_of_pair(p: int) -> Ints:
    """Place in the lower triangle of every element of a symmetric matrix (p, p)."""
    place = np.empty((p, p), dtype=np.intp)
    row, column = pairs(p)
    place[row, column] = place[column, row] = np.arange(len(row))
    return place


def lower(matrices: Floats) -> Floats:
    """Lower triangles (..., p (p + 1) / 2) of symmetric matrices (..., p, p)."""
    p = matrices.shape[-1]
    row, column = pairs(p)
    return matrices.reshape(*matrices.shape[:-2], p * p)[..., row * p + column]


def symmetric(triangle: Floats, p: int) -> Floats:
    """The symmetric matrices (..., p, p) with these lower triangles (..., p (p + 1) / 2)."""
    return triangle[..., place_of_pair(p)]
