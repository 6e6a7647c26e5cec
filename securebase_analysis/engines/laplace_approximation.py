"""Laplace's approximation to a log-likelihood with random effects of several factors, its slope and a curvature.

With ``eta = X'beta + Z Lambda u``, ``u ~ N(0, I)``, mode `m` of ``h(u) = log p(y | u) - u'u / 2`` and
curvature ``A = I + Lambda'Z'W Z Lambda`` there, the log-likelihood is approximated by ``h(m) - log|A| / 2``. Its
slope is exact, the mode moving along by implicit differentiation; it needs the inverse only where levels meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.elimination import Factorisation
from securebase_analysis.engines.linear_predictor import FixedPart, likelihood_at
from securebase_analysis.engines.memberships import Entries, sums

Floats = NDArray[np.float64]

MODE_STEPS = 100
MODE_FOUND = 1e-18
"""The mode is found when a Newton step would raise `h` by no more than this for each random effect."""
BARELY = 1e-7
"""A root with a smaller diagonal element counts as one that cannot be inverted."""
LARGEST_ROOT = 1e3
"""No standard deviation on the scale of eta is larger."""


# ---- the mode --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LaplaceDesign:
    """Rows in canonical form and the random effects that each of them holds."""

    fixed: FixedPart
    entries: Entries

    @property
    def places(self) -> list[tuple[int, int, int]]:
        """Factor, row and column of each free element of the roots, in their order."""
        return [
            (f, int(a), int(b))
            for f, one in enumerate(self.entries.factors)
            for a, b in zip(one.free[0], one.free[1])
        ]

    def roots(self, psi: Floats) -> list[Floats]:
        """``Lambda`` of one level of each factor."""
        roots = [np.zeros((one.q, one.q)) for one in self.entries.factors]
        for value, (f, a, b) in zip(psi[self.fixed.n_coefficients :], self.places):
            roots[f][a, b] = value
        return roots


@dataclass(frozen=True, eq=False)
class Mode:
    """The most likely random effects given rows and parameters, and the curvature there.

    Attributes
    ----------
    u : numpy.ndarray, shape (effects,)
        The mode.
    entry : numpy.ndarray, shape (entries,)
        ``Z Lambda``.
    residual, bend, third : numpy.ndarray, shape (rows,)
        Slope, and minus the second and third derivative, of the log-likelihood in eta.
    value, slope, multiplier : numpy.ndarray, shape (rows,)
        The cumulant function, its slope, and what both are multiplied by.
    height : float
        ``h`` at the mode.
    factorisation : Factorisation
        Of ``A``.
    """

    u: Floats
    entry: Floats
    residual: Floats
    bend: Floats
    third: Floats
    value: Floats
    slope: Floats
    multiplier: Floats
    height: float
    factorisation: Factorisation


def find_mode(design: LaplaceDesign, coefficients: Floats, roots: Sequence[Floats], u: Floats) -> Mode | None:
    """Newton's method from `u`; a step that does not climb is halved. None where it does not arrive."""
    fixed, own = design.fixed, design.entries
    rows, cumulant = fixed.rows, fixed.response.cumulant
    linear = coefficients @ rows.X + rows.offset
    theta = fixed.theta(coefficients)
    multiplier = rows.multiplier if rows.dispersed is None else rows.multiplier + theta * rows.dispersed
    entry = own.turned(roots)
    step, height = np.zeros_like(u), -np.inf
    for _ in range(MODE_STEPS):
        eta = linear + own.over_rows(entry, u)
        of_outcome = rows.y * eta
        value, slope = cumulant.value_and_slope(eta)
        reached = float((of_outcome - multiplier * value).sum()) - float(u @ u) / 2.0
        if not reached >= height - 1e-10 * (1.0 + abs(height)):
            step = step / 2.0
            u = u - step
            continue
        residual, bend = rows.y - multiplier * slope, multiplier * cumulant.second(slope)
        factorisation = own.curvature(entry, bend)
        if factorisation is None:
            return None
        gradient = own.over_effects(entry, residual) - u
        step = factorisation.solve(gradient[:, None])[:, 0]
        if float(gradient @ step) < MODE_FOUND * len(u):
            third = multiplier * cumulant.third(slope)
            return Mode(u, entry, residual, bend, third, value, slope, multiplier, reached, factorisation)
        height = reached
        u = u + step
    return None


# ---- the approximation -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Approximation:
    """Laplace's approximation to minus twice the log-likelihood at one point.

    Attributes
    ----------
    value : float
        The deviance.
    slope : numpy.ndarray, shape (k,)
        In the coefficients and the free elements of the roots.
    of_roots : list of numpy.ndarray, shapes (q, q)
        In every element of the roots.
    mode : Mode
        The mode and the curvature there.
    """

    value: float
    slope: Floats
    of_roots: list[Floats]
    mode: Mode


def approximate(design: LaplaceDesign, psi: Floats, u: Floats) -> Approximation | None:
    """The approximation at `psi` (within its limits), looking for the mode from `u`."""
    fixed = design.fixed
    P = fixed.n_coefficients
    outside = fixed.response.outside(fixed.y, psi[fixed.own], fixed.weight)
    if not np.isfinite(outside.value) or np.abs(psi[P:]).max() > LARGEST_ROOT:
        return None
    roots = design.roots(psi)
    mode = find_mode(design, psi[:P], roots, u)
    if mode is None:
        return None
    value = outside.value + mode.height - mode.factorisation.log_det / 2.0
    of_coefficients, of_roots = _slopes(design, mode, fixed.theta(psi[:P]))
    of_coefficients[fixed.own] += outside.slope
    free = [of_root[one.free] for of_root, one in zip(of_roots, design.entries.factors)]
    slope = -2.0 * np.concatenate([of_coefficients, *free])
    return Approximation(-2.0 * value, slope, [-2.0 * of_root for of_root in of_roots], mode)


def _slopes(design: LaplaceDesign, mode: Mode, theta: float) -> tuple[Floats, list[Floats]]:
    """Slope of ``h(m) - log|A| / 2``: with the mode held, then by way of the mode.

    `leverage` is the variance of eta given the data; `by_eta` what a row's eta does to ``-log|A| / 2``, with what
    it does by moving the mode.
    """
    own, rows = design.entries, design.fixed.rows
    inverse = own.times_inverse(mode.entry, mode.factorisation)
    leverage = sums(own.row, mode.entry * inverse, own.n_rows)
    direct = -mode.third * leverage / 2.0
    v = mode.factorisation.solve(own.over_effects(mode.entry, direct)[:, None])[:, 0]
    along = own.over_rows(mode.entry, v)
    by_eta = direct - mode.bend * along

    of_coefficients = rows.X @ (mode.residual + by_eta)
    if rows.dispersed is not None:
        second = design.fixed.response.cumulant.second(mode.slope)
        moved = mode.value + second * leverage / 2.0 + mode.slope * along
        of_coefficients[-1] -= theta * float(rows.dispersed @ moved)
    of_roots = []
    parts = zip(own.factors, own.parts(mode.u), own.parts(v), own.entry_parts(inverse))
    for one, effects, moved, turned in parts:
        in_row = (mode.residual + by_eta)[one.row] * effects[:, one.level]
        in_row += mode.residual[one.row] * moved[:, one.level]
        in_row -= mode.bend[one.row] * turned
        of_roots.append(one.columns @ in_row.T)
    return of_coefficients, of_roots


# ---- a curvature to search by ----------------------------------------------------------------------------------


def working_curvature(design: LaplaceDesign, psi: Floats, at: Approximation) -> Floats:
    """Curvature of the deviance of the linear model for the working outcome, observed and expected averaged.

    In the direction E of ``Lambda`` the covariance of the working outcome moves by
    ``Z (E Lambda' + Lambda E') Z'``; that times the residual gives one row for each free element.
    """
    fixed, own, mode = design.fixed, design.entries, at.mode
    P = fixed.n_coefficients
    moves = [_move(own, design.roots(psi), mode, *place) for place in design.places]
    M = np.vstack([fixed.rows.X, *moves])
    weighted = M * mode.bend
    if fixed.rows.dispersed is not None:
        # Log theta bends the rows by their multiplier too.
        weighted[P - 1] += fixed.theta(psi[:P]) * fixed.rows.dispersed * mode.slope
    curvature = weighted @ M.T
    curvature[P:, :P] = curvature[:P, P:].T
    _, _, second = likelihood_at(fixed, psi[:P], own.over_rows(mode.entry, mode.u))
    curvature[:P, :P] = -second
    U = np.column_stack([own.over_effects(mode.entry, row) for row in weighted])
    curvature -= U.T @ mode.factorisation.solve(U)
    curvature[:P, :P] *= 2.0
    curvature[P:, P:] += _bend(design, psi, at)
    return (curvature + curvature.T) / 2.0


def _bend(design: LaplaceDesign, psi: Floats, at: Approximation) -> Floats:
    """What the curvature of ``Lambda Lambda'`` in its root adds, where the root can be inverted."""
    places = design.places
    bend = np.zeros((len(places), len(places)))
    for f, (root, of_root) in enumerate(zip(design.roots(psi), at.of_roots)):
        if np.abs(np.diag(root)).min() < BARELY:
            continue
        of_covariance = np.linalg.solve(root.T, of_root.T).T / 2.0
        for k, (of_k, a, column) in enumerate(places):
            for j, (of_j, b, other) in enumerate(places):
                if of_k == of_j == f and column == other:
                    bend[k, j] = of_covariance[a, b] + of_covariance[b, a]
    return bend


def _move(own: Entries, roots: Sequence[Floats], mode: Mode, f: int, a: int, b: int) -> Floats:
    """What the working covariance does to the residual as one element of one root moves, shape (rows,)."""
    one, effects = own.factors[f], own.parts(mode.u)[f]
    scores = sums(one.level, one.columns[a] * mode.residual[one.row], one.n_levels)
    moved = roots[f][:, b, None] * scores
    moved[a] += effects[b]
    return sums(one.row, np.einsum("qm,qm->m", one.columns, moved[:, one.level]), own.n_rows)
