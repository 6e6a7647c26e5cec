"""The profiled deviance of a mixed model with structured residuals, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import cross_products, merge_patterns
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.residual_structure import ResidualStructure
from securebase_analysis.engines.triangles import Blocks

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEP = 1e-4
"""Of the differences; residual parameters are on unbounded scales of order one."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The profiled deviance at a point (theta, psi) and its derivatives there.

    Attributes
    ----------
    value : float
        The deviance.
    slope, curvature : numpy.ndarray, shapes (k,) and (k, k)
        Derivatives in theta and psi.
    rss_slope : numpy.ndarray, shape (k,)
        Derivative of the weighted residual sum of squares.
    unscaled_slope : numpy.ndarray, shape (residual parameters, p, p)
        Derivative of ``(X'V^-1 X)^-1`` in psi.
    """

    value: float
    slope: Floats
    curvature: Floats
    rss_slope: Floats
    unscaled_slope: Floats


class Landscape:
    """The profiled deviance over theta and psi."""

    def __init__(
        self,
        columns: tuple[Floats, Floats],
        group: Ints,
        n_groups: int,
        structure: ResidualStructure,
        reml: bool,
        blocks: Blocks | None,
    ) -> None:
        self.columns, self.n_W = np.concatenate(columns), len(columns[0])
        self.group, self.n_groups = group, n_groups
        self.structure, self.reml, self.blocks = structure, reml, blocks

    def surface(self, psi: Floats, merge: bool = True) -> tuple[Surface, float]:
        """The deviance over theta alone, and what ``log|R|`` adds to it."""
        made, log_det = self.structure.whiten(self.columns, psi)
        products = cross_products(made[: self.n_W], made[self.n_W :], self.group, self.n_groups)
        return Surface(merge_patterns(products) if merge else products, self.reml, self.blocks), log_det

    def neighbourhood(self, theta: Floats, psi: Floats) -> Neighbourhood:
        """The deviance and its derivatives.

        Raises
        ------
        LinAlgError
            Where there is no deviance.
        """
        size, k = len(psi), len(theta)
        steps = STEP * np.eye(size)
        middle = self._point(theta, psi)
        above = [self._point(theta, psi + step) for step in steps]
        below = [self._point(theta, psi - step) for step in steps]
        slope, curvature = np.empty(k + size), np.empty((k + size, k + size))
        slope[:k], curvature[:k, :k] = middle.slope, middle.curvature
        for j in range(size):
            slope[k + j] = (above[j].value - below[j].value) / (2.0 * STEP)
            curvature[k + j, :k] = curvature[:k, k + j] = (above[j].slope - below[j].slope) / (2.0 * STEP)
            curvature[k + j, k + j] = (above[j].value - 2.0 * middle.value + below[j].value) / STEP**2
            for i in range(j):
                both = steps[i] + steps[j]
                across = self._point(theta, psi + both).value + self._point(theta, psi - both).value
                apart = above[i].value + below[i].value + above[j].value + below[j].value
                bend = (across - apart + 2.0 * middle.value) / (2.0 * STEP**2)
                curvature[k + i, k + j] = curvature[k + j, k + i] = bend
        pairs = list(zip(above, below))
        return Neighbourhood(
            value=middle.value,
            slope=slope,
            curvature=curvature,
            rss_slope=np.append(middle.rss_slope, [(up.rss - down.rss) / (2.0 * STEP) for up, down in pairs]),
            unscaled_slope=np.array([(up.unscaled - down.unscaled) / (2.0 * STEP) for up, down in pairs]),
        )

    def _point(self, theta: Floats, psi: Floats) -> _Point:
        surface, log_det = self.surface(psi)
        value, slope, curvature = surface(theta)
        at = surface.at(theta)
        if at is None or not np.isfinite(value + log_det):
            raise np.linalg.LinAlgError("no deviance here")
        rss_slope = 2.0 * (at.rss_slope @ surface.triangle(theta))[surface.free]
        return _Point(value + log_det, slope, curvature, at.sigma2 * surface.degrees, rss_slope, at.unscaled)


@dataclass(frozen=True, eq=False)
class _Point:
    """The deviance at one (theta, psi) with its derivatives in theta, and what differences are taken of."""

    value: float
    slope: Floats
    curvature: Floats
    rss: float
    rss_slope: Floats
    unscaled: Floats
