"""Profile likelihood: how the deviance rises when one quantity is held away from its estimate.

The deviance is minus twice the log-likelihood, not restricted, because restricted likelihoods do not compare
models whose fixed part is held at a value. A quantity is held at `value`, everything else is estimated anew, and

    ``zeta(value) = sign(value - estimate) sqrt(deviance(value) - least deviance)``

is set against a standard normal quantile (Bates, Mächler, Bolker & Walker 2015, section 5.1). How a quantity is
held is the business of `profile_one_factor` and `profile_several_factors`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLOSE = 1e-9
"""How near the signed root comes to its target."""
MOST_STEPS = 60


@dataclass(frozen=True, eq=False)
class Profile:
    """One quantity of a fitted model and the deviance as a function of it.

    Attributes
    ----------
    estimate : float
        Where the deviance is least.
    step : float
        A first guess of how far the signed root takes to rise by one.
    least, most : float
        The values that the quantity can take.
    lowest : float
        The least deviance.
    deviance : callable
        The deviance with the quantity held at a value.
    """

    estimate: float
    step: float
    least: float
    most: float
    lowest: float
    deviance: Callable[[float], float]

    def zeta(self, value: float) -> float:
        """Signed square root of the rise of the deviance."""
        return math.copysign(math.sqrt(max(self.deviance(value) - self.lowest, 0.0)), value - self.estimate)

    def interval(self, quantile: float) -> tuple[float, float]:
        """The values whose signed root lies within plus and minus a quantile of the normal distribution."""
        if not math.isfinite(self.estimate):
            return math.nan, math.nan
        return self._end(-quantile, self.least), self._end(quantile, self.most)

    def _end(self, target: float, bound: float) -> float:
        """The value on one side at which the signed root is `target`; the bound where it never is."""
        inner, outer = (self.estimate, 0.0), self._beyond(target, bound)
        if abs(outer[1]) <= abs(target):
            return outer[0]
        kept_before = None
        for _ in range(MOST_STEPS):
            share = (target - inner[1]) / (outer[1] - inner[1])
            value = inner[0] + share * (outer[0] - inner[0])
            found = (value, self.zeta(value))
            if abs(found[1] - target) < CLOSE or value in (inner[0], outer[0]):
                return value
            inside = abs(found[1]) < abs(target)
            # An end that stays is drawn nearer to its target, so that the other end comes to move too (Illinois).
            if inside:
                outer = (outer[0], target + (outer[1] - target) / 2.0) if kept_before == "outer" else outer
                inner, kept_before = found, "outer"
            else:
                inner = (inner[0], target + (inner[1] - target) / 2.0) if kept_before == "inner" else inner
                outer, kept_before = found, "inner"
        return value

    def _beyond(self, target: float, bound: float) -> tuple[float, float]:
        """A value whose signed root lies beyond the target, or the bound."""
        reach = self.step * target
        for _ in range(MOST_STEPS):
            value = self.estimate + reach
            passed = value <= bound if target < 0.0 else value >= bound
            value = bound if passed else value
            zeta = self.zeta(value)
            if passed or abs(zeta) > abs(target):
                return value, zeta
            reach *= min(max(1.1 * target / zeta, 1.2), 3.0) if zeta else 3.0
        return value, zeta


def without_contrast(row: Floats, value: float) -> Floats:
    """What makes columns and outcome of a model in which a contrast of the fixed effects is no longer free.

    The fixed effect with the largest multiplier is written in terms of the others and of the value; what it adds
    to the outcome goes into the other columns and off the outcome.

    Parameters
    ----------
    row : numpy.ndarray, shape (p,)
        Multipliers of the fixed effects.
    value : float
        What they add up to.

    Returns
    -------
    numpy.ndarray, shape (p + 1, p)
        ``[X, y] @ turn`` are the columns left and the outcome left.
    """
    p = len(row)
    pivot = int(np.abs(row).argmax())
    turn = np.eye(p + 1)
    turn[pivot, :p] = -row / row[pivot]
    turn[pivot, p] = -value / row[pivot]
    return np.delete(turn, pivot, axis=1)
