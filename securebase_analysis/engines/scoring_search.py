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
SHORTEST = 1e-6
"""Shares of a step that are tried at the least."""
HEAVIEST = 1e6
"""A damping beyond which no step can be found."""


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
    """
    theta, damping, gain = np.array(start, dtype=float), 0.0, np.inf
    point = at(theta)
    if point is None:
        raise ValueError("the likelihood has no value where the search begins")
    for steps in range(most_steps):
        information = point.information("observed" if gain < NEAR else "expected")
        step = _uphill(information, point.gradient, damping)
        if step is None and gain < NEAR:
            step = _uphill(point.information("expected"), point.gradient, damping)
        if step is None:
            damping = max(10.0 * damping, 1e-6)
            if damping > HEAVIEST:
                return Maximum(theta, point, False, steps)
            continue
        gain = float(point.gradient @ step)
        further = _along(at, point, theta, step, gain)
        if further is None:
            if gain < CLOSE or damping > HEAVIEST:
                return Maximum(theta, point, gain < 1e-4 and damping == 0.0, steps)
            damping = max(10.0 * damping, 1e-4)
            continue
        theta, point = further
        if gain < CLOSE and damping == 0.0:
            return Maximum(theta, point, True, steps + 1)
        damping = 0.0 if damping < 1e-5 else damping / 10.0
    return Maximum(theta, point, False, most_steps)


def _uphill(information: Floats, gradient: Floats, damping: float) -> Floats | None:
    """The step that would lead to the maximum of the quadratic at a point; None where it has no maximum."""
    diagonal = np.abs(information.diagonal())
    scale = 1.0 / np.sqrt(np.maximum(diagonal, 1e-300))
    scaled = information * np.outer(scale, scale)
    scaled[np.diag_indices_from(scaled)] += damping
    root, fails = dpotrf(scaled, lower=1)
    if fails or not root.diagonal().min() > 1e-7:
        return None
    return scale * dpotrs(root, scale * gradient, lower=1)[0]


def _along(
    at: Callable[[Floats], Point | None], point: Point, theta: Floats, step: Floats, gain: float
) -> tuple[Floats, Point] | None:
    """As far along a step as the likelihood rises by a due share of what is expected; None where it does not."""
    share, rounding = 1.0, 1e-13 * abs(point.value)
    while share > SHORTEST:
        further = at(theta + share * step)
        if further is not None and further.value > point.value + 1e-4 * share * gain - rounding:
            return theta + share * step, further
        share /= 2.0
    return None
