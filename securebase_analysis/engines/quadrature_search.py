"""The marginal deviance over all parameters of a mixed model with one grouping factor, and where it is smallest.

The search runs over the coefficients and the root ``Lambda`` of the covariance of the random effects together, by
Newton's method on the deviance that `grouped_integrals` gives with its slope and curvature.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import (
    OTHER_STARTS,
    STEPS_INSIDE,
    VANISHED,
    descend_past_boundaries,
    with_zeros,
)
from securebase_analysis.engines.descent import Minimum, minimise
from securebase_analysis.engines.grouped_integrals import Integral, Rule, hermite_rule, integrate
from securebase_analysis.engines.linear_predictor import hold, without_random_effects
from securebase_analysis.engines.quadrature_design import QuadratureDesign

Floats = NDArray[np.float64]

NODES = {1: (9, 15, 25, 41), 2: (7, 9, 11, 15, 21), 3: (5, 7, 9)}
"""Nodes in each dimension that are tried one after the other, until they are enough."""
ENOUGH = 1e-4
"""The nodes are enough when the curvature of the rule is that of the integral but for this share."""
FIRST_NODES = 5
"""The search begins with so few, and goes on with more from where that ends."""
FEW_NODES = 7
"""Below this the curvature of the integral is no guide to that of the rule, which is taken by differences."""
MANY_ROWS = 20_000
SAMPLED_ROWS = 5_000
FEW_ROWS = 2_000
"""With more, the search is not repeated from other starts: the data determine one optimum."""
START = 0.7
DIFFERENCE, PROBE = 1e-4, 1e-3
TOLERANCE = 1e-10
"""What a last step may still be expected to gain in deviance."""
LARGEST_ROOT = 1e3
"""No standard deviation on the scale of eta is larger."""


# ---- the deviance over all parameters --------------------------------------------------------------------------


class Surface:
    """Minus twice the marginal log-likelihood over the coefficients and the free elements of ``Lambda``.

    The modes of the last point are kept: the next search for them begins there.
    """

    def __init__(self, design: QuadratureDesign, nodes: int, by_differences: bool = False) -> None:
        self.design = design
        self.nodes = nodes
        self.by_differences = by_differences
        self.rule: Rule = hermite_rule(nodes, design.q)
        self.portions = design.portions(nodes)
        self.modes = [np.zeros((design.q, len(portion.starts))) for portion in self.portions]
        self.of_covariance = np.zeros((design.q, design.q))
        P = design.fixed.n_coefficients
        self._last: tuple[Floats, tuple[float, Floats, Floats]] | None = None
        self._places = np.append(np.arange(P), P + design.free[0] * design.q + design.free[1])

    def Lambda(self, psi: Floats) -> Floats:
        """The root of the covariance of the random effects."""
        Lambda = np.zeros((self.design.q, self.design.q))
        Lambda[self.design.free] = psi[self.design.fixed.n_coefficients :]
        return Lambda

    def __call__(self, psi: Floats) -> tuple[float, Floats, Floats]:
        """Deviance, slope and curvature. The last point is kept, because a search asks for its end again."""
        if self._last is None or not np.array_equal(psi, self._last[0]):
            at = self._sum(psi, True)
            if self.by_differences and np.isfinite(at[0]):
                at = (at[0], at[1], self.differences(psi))
            self._last = (psi.copy(), at)
        return self._last[1]

    def slope(self, psi: Floats) -> tuple[float, Floats]:
        """Deviance and slope."""
        value, slope, _ = self._sum(psi, False)
        return value, slope

    def differences(self, psi: Floats) -> Floats:
        """The curvature by central differences of the slope."""
        curvature = np.empty((len(psi), len(psi)))
        for j, move in enumerate(DIFFERENCE * np.eye(len(psi))):
            curvature[j] = (self.slope(psi + move)[1] - self.slope(psi - move)[1]) / (2.0 * DIFFERENCE)
        curvature = (curvature + curvature.T) / 2.0
        hold(np.zeros(len(psi)), curvature, self.design.fixed.limited(psi)[1])
        return curvature

    def shortfall(self, psi: Floats) -> float:
        """How far the curvature of the integral is from that of the rule, which would be equal with enough nodes.

        Looked at along one direction that moves every parameter by its standard error or so.
        """
        curvature = self(psi)[2]
        size = np.diag(curvature)
        v = np.where(size > 1e-8 * size.max(), 1.0 / np.sqrt(np.maximum(size, 1e-300)), 0.0)
        by_slope = (self.slope(psi + PROBE * v)[1] - self.slope(psi - PROBE * v)[1]) / (2.0 * PROBE)
        return float(np.abs(v * (by_slope - curvature @ v)).max())

    def integrals(self, psi: Floats, curvature: bool) -> list[Integral]:
        """Of every portion; each from the modes that it had last."""
        fixed = self.design.fixed
        P = fixed.n_coefficients
        Lambda, theta = self.Lambda(psi), fixed.theta(psi[:P])
        return [
            integrate(portion, fixed.response.cumulant, psi[:P], Lambda, theta, self.rule, modes, curvature)
            for portion, modes in zip(self.portions, self.modes)
        ]

    def _sum(self, psi: Floats, curvature: bool) -> tuple[float, Floats, Floats]:
        """Over portions, with the part outside the integrals."""
        design, fixed, k = self.design, self.design.fixed, len(psi)
        P, own = fixed.n_coefficients, fixed.own
        psi, held = fixed.limited(psi)
        outside = fixed.response.outside(fixed.y, psi[own], fixed.weight)
        if not np.isfinite(outside.value) or np.abs(psi[P:]).max() > LARGEST_ROOT:
            return np.inf, np.zeros(k), np.eye(k)
        integrals = self.integrals(psi, curvature)
        value = outside.value + sum(one.value for one in integrals)
        if not np.isfinite(value) or not all(one.mode.found for one in integrals):
            return np.inf, np.zeros(k), np.eye(k)
        self.modes = [one.mode.u for one in integrals]
        of_Lambda = np.sum([one.of_Lambda for one in integrals], axis=0)
        slope = np.append(np.sum([one.of_coefficients for one in integrals], axis=0), of_Lambda[design.free])
        slope[own] += outside.slope
        slope *= -2.0
        if not curvature:
            hold(slope, np.zeros((0, 0)), held)
            return -2.0 * value, slope, np.zeros((0, 0))
        self.of_covariance = -2.0 * np.sum([one.of_covariance for one in integrals], axis=0)
        second = np.sum([one.curvature for one in integrals], axis=0)[np.ix_(self._places, self._places)]
        second[own, own] += outside.curvature
        second *= -2.0
        hold(slope, second, held)
        return -2.0 * value, slope, second


# ---- the search ------------------------------------------------------------------------------------------------


def search(design: QuadratureDesign, nodes: int | None, start: Floats | None = None) -> tuple[Surface, Minimum]:
    """The parameters with the smallest deviance: found with few nodes, then followed with more of them."""
    steps = 0
    if start is None:
        coefficients = without_random_effects(design.fixed)
        diagonal = design.free[0] == design.free[1]
        many = design.n_rows > MANY_ROWS
        few = Surface(design.sample(SAMPLED_ROWS) if many else design, FIRST_NODES)
        found = _best_of_starts(few, coefficients, diagonal)
        start, steps = found.at, 0 if many else found.steps
    for number in NODES.get(design.q, (1,)) if nodes is None else (nodes,):
        surface = Surface(design, number, by_differences=number < FEW_NODES)
        found = descend(surface, start, TOLERANCE)
        start, steps = found.at, steps + found.steps
        if surface.shortfall(start) < ENOUGH:
            break
    else:
        surface, found = _by_differences(surface, found)
    return surface, replace(found, steps=steps)


def _by_differences(surface: Surface, found: Minimum) -> tuple[Surface, Minimum]:
    """Go on with the curvature of the rule itself, where that of the integral is another."""
    exact = Surface(surface.design, surface.nodes, by_differences=True)
    exact.modes = surface.modes
    return exact, minimise(exact, found.at, TOLERANCE)


def _best_of_starts(surface: Surface, coefficients: Floats, diagonal: NDArray[np.bool_]) -> Minimum:
    """From a variance of middling size; from others too where that one vanishes and the data are few."""
    best = descend(surface, np.append(coefficients, START * diagonal), 1e-2)
    vanished = np.abs(best.at[len(coefficients) :][diagonal]).min() < 10.0 * VANISHED
    if vanished and surface.design.n_rows <= FEW_ROWS:
        others = [descend(surface, np.append(coefficients, size * diagonal), 1e-2) for size in OTHER_STARTS]
        best = min([best, *others], key=lambda found: found.value)
    return best


def descend(surface: Surface, start: Floats, tolerance: float) -> Minimum:
    """Newton's method from start, past the boundaries on its way."""

    def onto_boundary(found: Minimum) -> Minimum:
        return with_zeros(found, _vanished(surface.design, found.at), lambda psi: surface(psi)[:2])

    return descend_past_boundaries(
        surface, start, onto_boundary, lambda found: _way_out(surface, found.at), surface.design.q, tolerance
    )


def _vanished(design: QuadratureDesign, psi: Floats) -> NDArray[np.bool_]:
    """Which parameters are diagonal elements of ``Lambda`` that have all but vanished."""
    diagonal = np.append(np.zeros(design.fixed.n_coefficients, dtype=bool), design.free[0] == design.free[1])
    return diagonal & (np.abs(psi) < VANISHED)


def _way_out(surface: Surface, psi: Floats) -> Floats | None:
    """A better point beside the boundary, in a direction that the slope in ``Lambda`` cannot see, or None.

    On the boundary the slope in ``Lambda`` vanishes by symmetry. At an optimum over covariance matrices the slope
    in the covariance has no negative eigenvalue; where it has one, its eigenvector points to a better covariance.
    """
    design = surface.design
    if not _vanished(design, psi).any():
        return None
    value = surface(psi)[0]
    Lambda, P = surface.Lambda(psi), design.fixed.n_coefficients
    together = np.zeros((design.q, design.q))
    together[design.free] = 1.0
    together = np.maximum(together, together.T)
    eigenvalue, eigenvector = np.linalg.eigh(surface.of_covariance * together)
    if eigenvalue[0] > -1e-5 * max(1.0, design.n_rows**0.5):
        return None
    v = eigenvector[:, 0]
    for size in STEPS_INSIDE:
        moved = Lambda @ Lambda.T + (size * np.outer(v, v) + 1e-10 * np.eye(design.q)) * together
        beside = np.append(psi[:P], np.linalg.cholesky(moved)[design.free])
        if surface(beside)[0] < value:
            return beside
    return None
