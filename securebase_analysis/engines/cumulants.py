"""Cumulant functions of the linear predictor, with their derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HIGHEST = {"logistic": 700.0, "exponential": 300.0}
"""Above this the exponential of eta (or its square) leaves the range of numbers; nothing likely lies there."""


class Cumulant(ABC):
    """A cumulant function ``a(eta)`` and, written in its slope, its second and third derivative."""

    @abstractmethod
    def value_and_slope(self, eta: Floats) -> tuple[Floats, Floats]:
        """``a`` and ``a'``. The array `eta` is used up."""

    @abstractmethod
    def second(self, slope: Floats) -> Floats:
        """``a''``."""

    @abstractmethod
    def third(self, slope: Floats) -> Floats:
        """``a'''``."""


class Logistic(Cumulant):
    """``log(1 + e^eta)``: of a yes/no outcome."""

    def value_and_slope(self, eta: Floats) -> tuple[Floats, Floats]:
        """``log(1 + e^eta)`` and the probability."""
        highest, beyond = HIGHEST["logistic"], None
        if eta.size and eta.max() > highest:
            beyond = np.maximum(eta - highest, 0.0)
            np.minimum(eta, highest, out=eta)
        odds = np.exp(eta, out=eta)
        value = np.log1p(odds)
        if beyond is not None:
            value += beyond
        slope = odds + 1.0
        np.divide(odds, slope, out=slope)
        return value, slope

    def second(self, slope: Floats) -> Floats:
        """``P (1 - P)``."""
        return slope * (1.0 - slope)

    def third(self, slope: Floats) -> Floats:
        """``P (1 - P) (1 - 2P)``."""
        return slope * (1.0 - slope) * (1.0 - 2.0 * slope)


class Exponential(Cumulant):
    """``e^eta``: of a count."""

    def value_and_slope(self, eta: Floats) -> tuple[Floats, Floats]:
        """``e^eta``, twice."""
        if eta.size and eta.max() > HIGHEST["exponential"]:
            np.minimum(eta, HIGHEST["exponential"], out=eta)
        value = np.exp(eta, out=eta)
        return value, value

    def second(self, slope: Floats) -> Floats:
        """``e^eta``."""
        return slope

    def third(self, slope: Floats) -> Floats:
        """``e^eta``."""
        return slope
