"""Lower triangles and the numbers that fill them: ``Lambda`` from ``theta``, with ``Phi = Lambda Lambda'``."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Blocks = tuple[tuple[int, ...], ...]
"""Numbers of the random columns whose effects may correlate, block by block."""


@lru_cache(maxsize=64)
def free_elements(q: int, blocks: Blocks | None = None) -> tuple[Ints, Ints]:
    """Row and column of the elements of ``Lambda`` that are not zero, column by column.

    All of the lower triangle, or where both columns stand in one block.
    """
    column, row = np.triu_indices(q)
    if blocks is None:
        return row, column
    block_of = np.full(q, -1)
    for number, block in enumerate(blocks):
        block_of[list(block)] = number
    free = (block_of[row] == block_of[column]) & (block_of[row] >= 0)
    return row[free], column[free]


def triangle(theta: Floats, q: int, blocks: Blocks | None = None) -> Floats:
    """``Lambda``: its free elements filled column by column."""
    Lambda = np.zeros((q, q))
    Lambda[free_elements(q, blocks)] = theta
    return Lambda


def directions(Lambda: Floats, blocks: Blocks | None = None) -> Floats:
    """The direction in which ``Phi = Lambda Lambda'`` moves with each element of theta, shape (k, q, q)."""
    half = _unit_triangles(len(Lambda), blocks) @ Lambda.T
    return half + half.transpose(0, 2, 1)


@lru_cache(maxsize=64)
def _unit_triangles(q: int, blocks: Blocks | None) -> Floats:
    """One matrix per element of theta, with a one at its place."""
    row, column = free_elements(q, blocks)
    unit = np.zeros((len(row), q, q))
    unit[np.arange(len(row)), row, column] = 1.0
    unit.flags.writeable = False
    return unit


@lru_cache(maxsize=64)
def symmetric_basis(q: int, blocks: Blocks | None = None) -> Floats:
    """One symmetric matrix per free element of ``Phi``, with ones at its places."""
    row, column = free_elements(q, blocks)
    basis = np.zeros((len(row), q, q))
    basis[np.arange(len(row)), row, column] = 1.0
    basis[np.arange(len(row)), column, row] = 1.0
    basis.flags.writeable = False
    return basis
