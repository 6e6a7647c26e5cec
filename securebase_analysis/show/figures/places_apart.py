"""Places beside a picture for names that would lie on one another."""

from __future__ import annotations

from typing import Any

import numpy as np


def pushed_apart(wanted: np.ndarray, sizes: np.ndarray, low: float, high: float) -> np.ndarray:
    """Places as near as can be to those wanted, in their order, so that things of these sizes do not overlap.

    Parameters
    ----------
    wanted : numpy.ndarray, shape (n,)
        Where each would like its middle.
    sizes : numpy.ndarray, shape (n,)
        How much room each takes.
    low, high : float
        The ends of the room.

    Examples
    --------
    >>> pushed_apart(np.array([0.5, 0.5]), np.array([0.2, 0.2]), 0.0, 1.0).tolist()
    [0.4, 0.6]
    """
    order = np.argsort(wanted, kind="stable")
    # Blocks of neighbours that touch move together to the mean of what their members want.
    blocks: list[list[Any]] = []
    for place in order:
        blocks.append([[place], float(sizes[place]), float(wanted[place])])
        while len(blocks) > 1 and _start(blocks[-2], low, high) + blocks[-2][1] > _start(blocks[-1], low, high):
            members, size, _ = blocks.pop()
            blocks[-1][0] += members
            blocks[-1][1] += size
            blocks[-1][2] = float(np.mean(wanted[blocks[-1][0]]))
    placed = np.empty(len(wanted))
    for members, size, middle in blocks:
        at = _start([members, size, middle], low, high)
        for place in members:
            placed[place] = at + sizes[place] / 2.0
            at += sizes[place]
    return placed


def _start(block: list[Any], low: float, high: float) -> float:
    """Where a block begins so that it stays inside the room."""
    return float(max(low, min(block[2] - block[1] / 2.0, high - block[1])))
