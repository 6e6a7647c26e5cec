"""Covariances of random effects on which one standard deviation, correlation or covariance is held at a value.

A covariance ``D`` is written as ``root root'`` with a lower triangle. If the effects asked for come first, a
standard deviation is the first element of the root, and a correlation the direction of its second row.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.triangles import Blocks, free_elements

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Basis:
    """Random effects of one factor in which those that a question is about come first, each by itself.

    Attributes
    ----------
    turn : numpy.ndarray, shape (q, q)
        Makes the effects of this basis from the standardised ones.
    D : numpy.ndarray, shape (q, q)
        Covariance of the effects at the optimum, standardised outcome.
    sigma2 : float
        Residual variance at the optimum, standardised outcome.
    scale : numpy.ndarray, shape (q,)
        What the effects asked for are multiplied by to be in the units of the data.
    y_scale : float
        What the outcome was divided by.
    free : tuple of numpy.ndarray
        Row and column of the elements of the root of ``D`` that may differ from zero.
    """

    turn: Floats
    D: Floats
    sigma2: float
    scale: Floats
    y_scale: float
    free: tuple[NDArray[np.intp], NDArray[np.intp]]

    @cached_property
    def back(self) -> Floats:
        """Makes the standardised effects from those of this basis; its transpose turns the columns."""
        return np.asarray(np.linalg.inv(self.turn), dtype=float)


def basis_of(
    asked: tuple[int, ...],
    forth: Floats,
    Lambda: Floats,
    sigma2: float,
    y_scale: float,
    mean_products: Floats,
    blocks: Blocks | None,
) -> Basis:
    """The basis of the effects `asked` for by their place, completed by standardised effects.

    Parameters
    ----------
    asked : tuple of int
        Places of effects in the units of the data.
    forth : numpy.ndarray, shape (q, q)
        Makes these from the standardised ones, ``y_scale`` aside.
    Lambda : numpy.ndarray, shape (q, q)
        Root of the relative covariance at the optimum, standardised.
    sigma2, y_scale : float
        Residual variance at the optimum, standardised; what the outcome was divided by.
    mean_products : numpy.ndarray, shape (q, q)
        Mean products of the standardised columns.
    blocks : tuple of tuple of int, optional
        Which effects may correlate.
    """
    left, rows, taken = list(range(len(Lambda))), [], []
    for effect in asked:
        row = forth[effect]
        # The effect takes the place of the one it shares most with, which keeps the columns apart.
        pivot = max(left, key=lambda place: abs(row[place]))
        left.remove(pivot)
        taken.append(pivot)
        rows.append(row)
    turn = np.vstack([*rows, *np.eye(len(Lambda))[left]])
    columns = np.linalg.inv(turn).T
    # Columns of one size: the first ones may be minute where the origin of time lies far away.
    size = np.sqrt(np.einsum("ab,bc,ac->a", columns, mean_products, columns))
    turn = turn * size[:, None]
    half = turn @ Lambda
    return Basis(
        turn=turn,
        D=sigma2 * (half @ half.T),
        sigma2=sigma2,
        scale=y_scale / size,
        y_scale=y_scale,
        free=free_elements(len(Lambda), _renumbered(blocks, [*taken, *left])),
    )


def _renumbered(blocks: Blocks | None, order: list[int]) -> Blocks | None:
    """The blocks in the new order of the effects."""
    return None if blocks is None else tuple(tuple(sorted(map(order.index, block))) for block in blocks)


def near_root(basis: Basis) -> Floats:
    """A triangular root of ``D`` a little inside the boundary, where the slope can be seen."""
    ridge = 1e-6 * basis.sigma2 * np.eye(len(basis.D))
    return np.asarray(np.linalg.cholesky(basis.D + ridge), dtype=float)


# ---- paths on which a quantity cannot move ---------------------------------------------------------------------


class Path(ABC):
    """The triangular root of ``D`` as a function of free numbers, with a quantity held at a value.

    The last of the numbers is the logarithm of the residual variance, unless that is what is held.
    """

    of_residual = True
    asked = 0

    def __init__(self, value: float, basis: Basis) -> None:
        self.basis = basis
        row, column = basis.free
        self.others = [(int(i), int(j)) for i, j in zip(row, column) if i >= self.asked]
        self.hold(value)

    @abstractmethod
    def hold(self, value: float) -> None:
        """Take the value, in the units of the data."""

    @abstractmethod
    def first_start(self, root: Floats) -> list[float]:
        """Free numbers of the effects asked for, near a root."""

    @abstractmethod
    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """Fill the rows of the effects asked for, their slopes and second derivatives; count their numbers."""

    def start(self, root: Floats, log_sigma2: float) -> Floats:
        """Free numbers near a root and a residual variance."""
        end = [log_sigma2] if self.of_residual else []
        return np.array([*self.first_start(root), *(root[place] for place in self.others), *end])

    def diagonal(self) -> NDArray[np.intp]:
        """Places of the numbers that stand on the diagonal, those of the effects asked for included."""
        first = len(self.first_start(np.eye(len(self.basis.D))))
        own = [first + number for number, (i, j) in enumerate(self.others) if i == j]
        return np.array(own, dtype=np.intp)

    def at(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """The root, its slopes (k, q, q) and second derivatives (k, k, q, q) in the numbers of the root."""
        q = len(self.basis.D)
        k = len(x) - int(self.of_residual)
        root, slope, bend = np.zeros((q, q)), np.zeros((k, q, q)), np.zeros((k, k, q, q))
        first = self.first_rows(x, root, slope, bend)
        for number, place in enumerate(self.others, start=first):
            root[place] = x[number]
            slope[(number, *place)] = 1.0
        return root, slope, bend

    def log_sigma2(self, x: Floats) -> float:
        """Logarithm of the residual variance."""
        return float(x[-1])


class StandardDeviationHeld(Path):
    """The first effect has the standard deviation that is held."""

    asked = 1

    def hold(self, value: float) -> None:
        """Take the value."""
        self.value = value / self.basis.scale[0]

    def first_start(self, root: Floats) -> list[float]:
        """See `Path`."""
        return []

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """See `Path`."""
        root[0, 0] = self.value
        return 0


class CorrelationHeld(Path):
    """The first two effects have the correlation that is held; both standard deviations are free."""

    asked = 2

    def hold(self, value: float) -> None:
        """Take the value."""
        self.value = value * np.sign(self.basis.scale[:2]).prod()

    def first_start(self, root: Floats) -> list[float]:
        """See `Path`."""
        return [float(root[0, 0]), float(np.hypot(root[1, 0], root[1, 1]))]

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """See `Path`."""
        direction = np.array([self.value, np.sqrt(max(1.0 - self.value**2, 0.0))])
        root[0, 0], slope[0, 0, 0] = x[0], 1.0
        root[1, :2], slope[1, 1, :2] = x[1] * direction, direction
        return 2


class CovarianceHeld(Path):
    """The first two effects have the covariance that is held.

    The first standard deviation runs on the scale of its logarithm; the element below it is the covariance
    divided by it.
    """

    asked = 2

    def hold(self, value: float) -> None:
        """Take the value."""
        self.value = value / self.basis.scale[:2].prod()

    def first_start(self, root: Floats) -> list[float]:
        """See `Path`."""
        least = 0.03 * np.sqrt(self.basis.sigma2)
        return [float(np.log(max(abs(root[0, 0]), least))), float(root[1, 1])]

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """See `Path`."""
        above, below = np.exp(x[0]), self.value * np.exp(-x[0])
        root[0, 0], slope[0, 0, 0], bend[0, 0, 0, 0] = above, above, above
        root[1, 0], slope[0, 1, 0], bend[0, 0, 1, 0] = below, -below, below
        root[1, 1], slope[1, 1, 1] = x[1], 1.0
        return 2


class ResidualHeld(Path):
    """The residual standard deviation is held."""

    of_residual = False

    def hold(self, value: float) -> None:
        """Take the value."""
        self.value = 2.0 * math.log(max(value / self.basis.y_scale, 1e-150))

    def first_start(self, root: Floats) -> list[float]:
        """See `Path`."""
        return []

    def first_rows(self, x: Floats, root: Floats, slope: Floats, bend: Floats) -> int:
        """See `Path`."""
        return 0

    def log_sigma2(self, x: Floats) -> float:
        """The value that is held."""
        return self.value
