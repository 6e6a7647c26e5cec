"""Newton's method for a smooth function of a few parameters whose slope and curvature are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

Floats = NDArray[np.float64]
Function = Callable[[Floats], tuple[float, Floats, Floats]]

LONGEST_STEP = 1.5
"""Largest change of a parameter in one step, absolute below one and relative above."""
SHORTEST_STEP = 1e-8
FLAT = 1e-8
"""A curvature below this share of the largest counts as none: the data say nothing in that direction."""
LEAST_CURVED = 1e-10
"""A curvature below this share of the largest counts as this share: what it belongs to is all but unknown."""


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where the search ended.

    Attributes
    ----------
    at : numpy.ndarray, shape (k,)
        The parameters.
    value : float
        The function there.
    slope : numpy.ndarray, shape (k,)
        The gradient there.
    decrement : float
        What a last Newton step would still be expected to gain.
    steps : int
        Steps taken.
    converged : bool
        Whether the decrement fell below the tolerance.
    """

    at: Floats
    value: float
    slope: Floats
    decrement: float
    steps: int
    converged: bool


def minimise(function: Function, start: Floats, tolerance: float = 1e-11, most_steps: int = 100) -> Minimum:
    """Walk downhill by Newton steps, made downhill where the curvature is not, and halved where they overshoot.

    Parameters
    ----------
    function : callable
        Gives value, gradient (k,) and Hessian (k, k) at a point; an infinite value marks a forbidden point.
    start : numpy.ndarray, shape (k,)
        Where to begin.
    tolerance : float
        The search ends when the next step is expected to gain less than this.
    most_steps : int
        The search gives up after so many steps.
    """
    at = np.array(start, dtype=float)
    value, slope, curvature = function(at)
    if not len(at):
        return Minimum(at, value, slope, 0.0, 0, bool(np.isfinite(value)))
    for steps in range(most_steps):
        step = downhill_step(slope, curvature)
        decrement = float(-slope @ step) / 2.0
        # Rounding of a large value hides gains smaller than its last digits.
        if decrement < max(tolerance, 4e-16 * abs(value)):
            return Minimum(at, value, slope, decrement, steps, True)
        reach = LONGEST_STEP * max(1.0, float(np.abs(at).max()))
        length = min(1.0, reach / float(np.abs(step).max()))
        while True:
            new_value, new_slope, new_curvature = function(at + length * step)
            if new_value <= value + 1e-4 * length * float(slope @ step):
                break
            length /= 3.0
            if length < SHORTEST_STEP:
                return Minimum(at, value, slope, decrement, steps, decrement < 1e-6)
        at, value, slope, curvature = at + length * step, new_value, new_slope, new_curvature
    return Minimum(at, value, slope, decrement, most_steps, False)


def downhill_step(slope: Floats, curvature: Floats) -> Floats:
    """Newton's step with the curvature's eigenvalues made positive, so that it always goes down."""
    root, not_convex = dpotrf(curvature, lower=1)
    diagonal = root.diagonal()
    if not not_convex and diagonal.min() > 1e-3 * diagonal.max():
        return -dpotrs(root, slope, lower=1)[0]
    eigenvalue, eigenvector = np.linalg.eigh(curvature)
    size = np.abs(eigenvalue)
    steepness = np.maximum(size, 1e-7 * max(float(size.max()), 1e-300))
    return -eigenvector @ ((eigenvector.T @ slope) / steepness)


def inverse_where_curved(curvature: Floats) -> Floats:
    """Inverse over the directions of positive curvature; the others carry no variance."""
    scale, eigenvalue, eigenvector = _on_one_scale(curvature)
    curved = eigenvalue > FLAT * eigenvalue[-1]
    half = eigenvector[:, curved] / np.sqrt(eigenvalue[curved])
    return np.asarray((half @ half.T) * (scale[:, None] * scale), dtype=float)


def inverse_with_flat_unknown(curvature: Floats) -> Floats:
    """Inverse in which directions of hardly any curvature carry a huge variance."""
    scale, eigenvalue, eigenvector = _on_one_scale(curvature)
    half = eigenvector / np.sqrt(np.maximum(eigenvalue, LEAST_CURVED * eigenvalue[-1]))
    return np.asarray((half @ half.T) * (scale[:, None] * scale), dtype=float)


def _on_one_scale(curvature: Floats) -> tuple[Floats, Floats, Floats]:
    """What brings parameters to one scale; eigenvalues, the smallest first, and eigenvectors there."""
    scale = 1.0 / np.sqrt(np.maximum(np.abs(curvature.diagonal()), 1e-300))
    eigenvalue, eigenvector = np.linalg.eigh(curvature * (scale[:, None] * scale))
    return scale, eigenvalue, eigenvector
