"""Where an estimate that depends on one variable lies beyond its critical value: exact ends of the regions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Excess = Callable[[Floats], Floats]

HALVINGS = 100
"""Enough to bring any interval of doubles down to two neighbours."""


def turning_points(slope: Floats, vcov: Floats) -> Floats:
    """Where ``(b0 + b1 z)² / var(b0 + b1 z)`` has its minimum and its maximum.

    Parameters
    ----------
    slope : numpy.ndarray, shape (2,)
        b0 and b1.
    vcov : numpy.ndarray, shape (2, 2)
        Their covariance.

    Returns
    -------
    numpy.ndarray
        The z of the minimum (where the slope is zero) and of the maximum; those that are finite.

    Notes
    -----
    Between them the ratio is monotone, so that a grid which holds both points cannot step over two crossings.
    """
    (b0, b1), ((v00, v01), (_, v11)) = slope, vcov
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.array([-b0 / b1, (b0 * v01 - b1 * v00) / (b1 * v01 - b0 * v11)])
    return found[np.isfinite(found)]


def crossings(excess: Excess, points: Floats) -> Floats:
    """Where a continuous function changes its sign between neighbouring points, to the last bit.

    Parameters
    ----------
    excess : callable
        From many points to as many values.
    points : numpy.ndarray
        Increasing.

    Returns
    -------
    numpy.ndarray
        One crossing for each pair of neighbours whose values differ in sign, in order.

    Notes
    -----
    All intervals are halved at once.

    Examples
    --------
    >>> crossings(lambda z: z**2 - 2.0, np.linspace(-3.0, 3.0, 7)).round(6).tolist()
    [-1.414214, 1.414214]
    """
    beyond = excess(points) > 0.0
    change = np.flatnonzero(beyond[1:] != beyond[:-1])
    low, high, low_beyond = points[change], points[change + 1], beyond[change]
    if not len(change):
        return low
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2.0
        if ((middle <= low) | (middle >= high)).all():
            break
        same = (excess(middle) > 0.0) == low_beyond
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low + (high - low) / 2.0
