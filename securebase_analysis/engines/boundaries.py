"""Variances that vanish: how a search enters the boundary of covariance matrices, and how it leaves it again.

Where a variance is zero, the slope of the deviance in the root ``Lambda`` of the covariance vanishes by symmetry,
so that every search ends there that comes near. Boundaries are therefore entered on purpose, left where the slope
in the covariance itself points inside, and tried again from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import Function, Minimum, minimise

Floats = NDArray[np.float64]

VANISHED = 1e-3
"""A relative standard deviation (columns have unit scale) below which the boundary itself is tried."""
OTHER_STARTS = (0.15, 2.0)
"""Relative standard deviations from which a search begins again that ended near a boundary."""
STEPS_INSIDE = (0.1, 0.01, 1e-3, 1e-4)
"""Variances that are tried one after the other in a direction that leads away from a boundary."""
NO_WORSE = 1e-9
"""So much may the deviance rise where a variance is set to zero: the rounding of a search's end."""


def descend_past_boundaries(
    function: Function,
    start: Floats,
    onto_boundary: Callable[[Minimum], Minimum],
    way_out: Callable[[Minimum], Floats | None],
    most_rounds: int,
    tolerance: float = 1e-11,
) -> Minimum:
    """Newton's method; where the root is stationary and the covariance is not, it goes on from beside there.

    Parameters
    ----------
    function : callable
        The deviance with its slope and curvature; see `minimise`.
    start : numpy.ndarray, shape (k,)
        Where to begin.
    onto_boundary : callable
        Moves an end onto a boundary that it all but reached.
    way_out : callable
        A better point beside an end, or None at a true optimum.
    most_rounds : int
        So many boundaries may be left.
    tolerance : float
        As in `minimise`.
    """
    found = minimise(function, start, tolerance)
    for _ in range(most_rounds):
        found = onto_boundary(found)
        beside = way_out(found)
        if beside is None:
            return found
        further = minimise(function, beside, tolerance)
        if further.value >= found.value:
            return found
        found = replace(further, steps=found.steps + further.steps)
    return found


def with_zeros(
    found: Minimum, vanished: NDArray[np.bool_], value_and_slope: Callable[[Floats], tuple[float, Floats]]
) -> Minimum:
    """Set elements that have all but vanished to zero, if the deviance does not mind."""
    at = np.where(vanished, 0.0, found.at)
    if np.array_equal(at, found.at):
        return found
    value, slope = value_and_slope(at)
    return replace(found, at=at, value=value, slope=slope) if value <= found.value + NO_WORSE else found


def smallest_sd(covariance: Floats) -> float:
    """The smallest standard deviation of any combination of effects; zero where a covariance is singular."""
    return float(np.sqrt(max(np.linalg.eigvalsh(covariance)[0], 0.0)))


def square_root(covariance: Floats) -> Floats:
    """A matrix with ``root root'`` the covariance, singular ones included."""
    value, vector = np.linalg.eigh(covariance)
    return np.asarray(vector * np.sqrt(np.maximum(value, 0.0)), dtype=float)
