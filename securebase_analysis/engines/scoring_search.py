"""Fisher scoring far from a maximum of a likelihood, Newton's method near it, with steps that always climb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

Floats = NDArray[np.float64]

NEAR = 1.0
"""Where a step is expected to gain less than half of this in log-likelihood, Newton's steps begin."""
CLOSE = 1e-10
"""The search ends after a step that was expected to gain less than half of this."""
LEAST = 1e-4
"""A step must gain at least this share of what is expected of it."""
LIGHT = 1e-3
"""A damping below this is none."""
HEAVIEST = 1e8
"""A damping beyond which no step can be found."""
SHORTEST = 1e-3
"""The least share of a step of Newton's that is tried."""
ROUNDING = 1e-14
"""A log-likelihood is known to this share of its size."""
DEGENERATE = 1e-7
"""Where a factor of the scaled information has less than this on its diagonal, it says nothing in a direction."""


class Point(Protocol):
    """A log-likelihood at some parameters."""

    @property
    def value(self) -> float:
        """The log-likelihood."""

    @property
    def gradient(self) -> Floats:
        """Its gradient (q,)."""

    def information(self, kind: Literal["observed", "expected"]) -> Floats:
        """Information (q, q) about the parameters."""


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a search ended.

    Attributes
    ----------
    theta : numpy.ndarray, shape (q,)
        The parameters.
    point : Point
        The likelihood there.
    converged : bool
        Whether no step would gain anything that counts.
    n_steps : int
        Steps taken.
    """

    theta: Floats
    point: Point
    converged: bool
    n_steps: int


def climb(at: Callable[[Floats], Point | None], start: Floats, most_steps: int = 200) -> Maximum:
    """Search the maximum of a log-likelihood.

    Parameters
    ----------
    at : callable
        The likelihood at some parameters (q,), or None where it has no value.
    start : numpy.ndarray, shape (q,)
        Where to begin.
    most_steps : int
        The search gives up after so many steps.

    Raises
    ------
    ValueError
        When the likelihood has no value at the start.

    Notes
    -----
    A step that gains less than it should is made shorter, and turned towards the gradient, by damping (Levenberg
    1944; Marquardt 1963).

    References
    ----------
    Lee & Jennrich (1979), A study of algorithms for covariance structure analysis, Psychometrika 44; Marquardt
    (1963), J Soc Ind Appl Math 11.
    """
    theta, damping, expected_gain = np.array(start, dtype=float), 0.0, np.inf
    point = at(theta)
    if point is None:
        raise ValueError("the likelihood has no value where the search begins")
    if not len(theta):
        return Maximum(theta, point, True, 0)
    for steps in range(most_steps):
        near = _newton(at, theta, point) if expected_gain < NEAR else None
        taken = near or _damped(at, theta, point, damping)
        if taken is None:
            return Maximum(theta, point, False, steps)
        expected_gain = taken.expected_gain
        if expected_gain < CLOSE and taken.damping < LIGHT:
            return _end(theta, point, taken, steps)
        theta, point, damping = theta + taken.step, taken.point, taken.damping_next
    return Maximum(theta, point, False, most_steps)


@dataclass(frozen=True, eq=False)
class _Step:
    """A step that climbs, what it was expected to gain, and the damping it needed and the next one should have."""

    step: Floats
    point: Point
    expected_gain: float
    damping: float = 0.0
    damping_next: float = 0.0


def _newton(at: Callable[[Floats], Point | None], theta: Floats, point: Point) -> _Step | None:
    """Newton's step, halved until it climbs; None where the likelihood bends upwards or no short step climbs."""
    step = _uphill(point.information("observed"), point.gradient, 0.0)
    if step is None:
        return None
    expected_gain, share = float(point.gradient @ step), 1.0
    rounding = ROUNDING * abs(point.value)
    while share > SHORTEST:
        further = at(theta + share * step)
        if further is not None and further.value - point.value > LEAST * share * expected_gain - rounding:
            return _Step(share * step, further, expected_gain)
        share /= 2.0
    return None


def _damped(at: Callable[[Floats], Point | None], theta: Floats, point: Point, damping: float) -> _Step | None:
    """A step of Fisher scoring, damped until it climbs, and the damping adapted to how well it did."""
    information = point.information("expected")
    rounding = ROUNDING * abs(point.value)
    while damping < HEAVIEST:
        step = _uphill(information, point.gradient, damping)
        further = None if step is None else at(theta + step)
        if step is not None and further is not None:
            expected_gain, gained = float(point.gradient @ step), further.value - point.value
            if gained > LEAST * expected_gain - rounding:
                share = gained / expected_gain if expected_gain > 0.0 else 1.0
                return _Step(step, further, expected_gain, damping, _next_damping(damping, share))
        damping = max(4.0 * damping, LIGHT)
    return None


def _next_damping(damping: float, share: float) -> float:
    """More damping after a step that gained too small a share of what was expected, less after a good one."""
    if share < 0.125:
        return max(2.0 * damping, LIGHT)
    if share > 0.375:
        return 0.0 if damping <= LIGHT else damping / 5.0
    return damping


def _end(theta: Floats, point: Point, last: _Step, steps: int) -> Maximum:
    """The end of a search, a last step further unless rounding makes that the lower point."""
    if last.point.value < point.value:
        return Maximum(theta, point, True, steps)
    return Maximum(theta + last.step, last.point, True, steps + 1)


def _uphill(information: Floats, gradient: Floats, damping: float) -> Floats | None:
    """The step to the maximum of the quadratic at a point, with its diagonal made larger; None without one."""
    diagonal = information.diagonal()
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = information * np.outer(scale, scale)
    scaled[np.diag_indices_from(scaled)] += damping
    root, fails = dpotrf(scaled, lower=1)
    if fails or not root.diagonal().min() > DEGENERATE:
        return None
    return np.asarray(scale * dpotrs(root, scale * gradient, lower=1)[0], dtype=float)
