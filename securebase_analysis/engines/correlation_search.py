"""The correlations of many pairs of variables at once, each where its own likelihood is highest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

MOST = 0.999
"""The largest correlation that is looked for."""
CLOSE = 1e-11
"""The search ends after a step smaller than this."""
MOST_STEPS = 200


@dataclass(frozen=True, eq=False)
class Highest:
    """Where the likelihoods are highest.

    Attributes
    ----------
    correlation : numpy.ndarray, shape (pairs,)
        The estimates.
    at_boundary : numpy.ndarray of bool, shape (pairs,)
        Those whose likelihood still rises at a correlation of `MOST` or ``-MOST``.
    """

    correlation: Floats
    at_boundary: Bools


def highest(slopes: Callable[[Ints, Floats], tuple[Floats, Floats]], start: Floats, most: float = MOST) -> Highest:
    """Search the maxima by Newton's method, held within the limits that the slopes seen so far leave.

    Parameters
    ----------
    slopes : callable
        First and second derivatives of the log-likelihoods of some pairs, given their numbers and correlations.
    start : numpy.ndarray, shape (pairs,)
        Where to begin.
    most : float
        The largest correlation.
    """
    at = np.clip(np.nan_to_num(start), -0.95 * most, 0.95 * most)
    low, high = np.full(len(at), -most), np.full(len(at), most)
    at_boundary = np.zeros(len(at), dtype=bool)
    searched, inside = np.arange(len(at)), np.nextafter(most, 0.0)
    for _ in range(MOST_STEPS):
        if not len(searched):
            break
        here = at[searched]
        first, second = slopes(searched, here)
        at_boundary[searched] = ((here >= most) & (first > 0.0)) | ((here <= -most) & (first < 0.0))
        rises = first > 0.0
        low[searched] = np.where(rises, np.maximum(here, -inside), low[searched])
        high[searched] = np.where(rises, high[searched], np.minimum(here, inside))
        further = _within(here, first, second, low[searched], high[searched], most)
        at[searched] = np.where(at_boundary[searched] | (first == 0.0), here, further)
        moved = np.abs(at[searched] - here) > CLOSE
        searched = searched[moved]
    return Highest(at, at_boundary)


def _within(here: Floats, first: Floats, second: Floats, low: Floats, high: Floats, most: float) -> Floats:
    """Newton's step, or where that leads out of the limits: the limit not yet tried, or the middle."""
    with np.errstate(divide="ignore", invalid="ignore"):
        newton = here - first / second
    good = (second < 0.0) & (newton >= low) & (newton <= high)
    middle = (low + high) / 2.0
    untried = np.where(first > 0.0, np.where(high >= most, most, middle), np.where(low <= -most, -most, middle))
    return np.where(good, newton, untried)
