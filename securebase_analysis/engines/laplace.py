"""Mixed models for outcomes that are not normal with several grouping factors, by Laplace's approximation.

With ``eta = X'beta + Z Lambda u``, ``u ~ N(0, I)``, mode `m` of ``h(u) = log p(y | u) - u'u / 2`` and
curvature ``A = I + Lambda'Z'W Z Lambda`` there, the log-likelihood is approximated by ``h(m) - log|A| / 2``. Its
slope is exact, the mode moving along by implicit differentiation; it needs the inverse only where levels meet.
The search steps by the curvature of the linear model that the working outcome has at the mode; standard errors
come from the curvature of the approximation itself, by differences of its slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import Minimum, downhill_step, minimise
from securebase_analysis.engines.elimination import Factorisation
from securebase_analysis.engines.linear_predictor import (
    FixedPart,
    fixed_part,
    hold,
    in_units_of_the_data,
    inverse_where_curved,
    likelihood_at,
    without_random_effects,
)
from securebase_analysis.engines.memberships import Entries, entries, sums
from securebase_analysis.engines.responses import Response
from securebase_analysis.engines.several_factors_design import Factor

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MODE_STEPS = 100
MODE_FOUND = 1e-18
"""The mode is found when a Newton step would raise `h` by no more than this for each random effect."""
START = 0.7
OTHER_STARTS = (0.15, 2.0)
VANISHED = 1e-3
"""A standard deviation on the scale of eta (columns have unit scale) below which the boundary itself is tried."""
LIFTS = (0.3, 0.1, 0.03)
"""Standard deviations tried beside a boundary."""
BARELY = 1e-7
LARGEST_ROOT = 1e3
DIFFERENCE = 1e-4
LAST_STEPS = 6
AWAY = 1e-8
"""A step that gains more than this leads to where the curvature is another."""


# ---- the approximation -----------------------------------------------------------------------------------------


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


class Surface:
    """The approximate deviance over all parameters. The mode of the last point is where the next is looked for."""

    def __init__(self, design: LaplaceDesign) -> None:
        self.design = design
        self.u = np.zeros(design.entries.n_effects)
        self._last: tuple[Floats, Approximation | None] | None = None

    def at(self, psi: Floats) -> Approximation | None:
        """The approximation at `psi`. The last one is kept."""
        if self._last is None or not np.array_equal(psi, self._last[0]):
            within, held = self.design.fixed.limited(psi)
            at = approximate(self.design, within, self.u)
            if at is not None:
                hold(at.slope, np.zeros((0, 0)), held)
                self.u = at.mode.u
            self._last = (psi.copy(), at)
        return self._last[1]

    def __call__(self, psi: Floats) -> tuple[float, Floats, Floats]:
        """Deviance, slope, and the curvature of the working model."""
        at = self.at(psi)
        if at is None:
            return np.inf, np.zeros(len(psi)), np.eye(len(psi))
        within, held = self.design.fixed.limited(psi)
        curvature = working_curvature(self.design, within, at)
        hold(np.zeros(len(psi)), curvature, held)
        return at.value, at.slope, curvature

    def differences(self, psi: Floats) -> Floats:
        """The curvature of the approximation by central differences of its slope."""
        curvature = np.empty((len(psi), len(psi)))
        for j, move in enumerate(DIFFERENCE * np.eye(len(psi))):
            above, below = self.at(psi + move), self.at(psi - move)
            slopes = [np.full(len(psi), np.nan) if one is None else one.slope for one in (above, below)]
            curvature[j] = (slopes[0] - slopes[1]) / (2.0 * DIFFERENCE)
        curvature = (curvature + curvature.T) / 2.0
        hold(np.zeros(len(psi)), curvature, self.design.fixed.limited(psi)[1])
        return curvature


# ---- the search ------------------------------------------------------------------------------------------------


def search(surface: Surface, start: Floats | None = None) -> tuple[Minimum, Floats]:
    """The parameters with the smallest deviance, and the curvature there."""
    diagonal = np.array([a == b for _, a, b in surface.design.places])
    if start is None:
        coefficients = without_random_effects(surface.design.fixed)
        best = descend(surface, np.append(coefficients, START * diagonal))
        if np.abs(best.at[len(coefficients) :][diagonal]).min() < 10.0 * VANISHED:
            others = [descend(surface, np.append(coefficients, size * diagonal)) for size in OTHER_STARTS]
            best = min([best, *others], key=lambda found: found.value)
    else:
        best = descend(surface, start)
    return _last_steps(surface, best)


def _last_steps(surface: Surface, found: Minimum) -> tuple[Minimum, Floats]:
    """Newton steps by the curvature of the approximation itself, taken again where they lead away."""
    curvature = surface.differences(found.at)
    at, value, slope, first, decrement = found.at, found.value, found.slope, True, found.decrement
    # By symmetry nothing leads off a boundary but rounding.
    inside = found.at != 0.0
    for _ in range(LAST_STEPS):
        step = np.where(inside, downhill_step(slope, curvature), 0.0)
        decrement = float(-slope @ step) / 2.0
        there = surface.at(at + step)
        if decrement < 1e-11 or there is None or there.value > value + 1e-9:
            break
        at, value, slope = at + step, there.value, there.slope
        if first and decrement > AWAY:
            curvature = surface.differences(at)
        first = False
    converged = decrement < 1e-6
    return Minimum(at, value, slope, decrement, found.steps, converged), curvature


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method; from a boundary it goes on where a variance beside it does better."""
    found = minimise(surface, start, tolerance=1e-8)
    for _ in range(len(surface.design.places)):
        vanished = _vanished(surface.design, found.at)
        if not vanished.any():
            return found
        onto = np.where(vanished, 0.0, found.at)
        there = surface.at(onto)
        if there is not None and there.value <= found.value + 1e-8:
            found = replace(found, at=onto, value=there.value, slope=there.slope)
        escape = _way_out(surface, found, vanished)
        if escape is None:
            return found
        found = minimise(surface, escape, tolerance=1e-8)
    return found


def _vanished(design: LaplaceDesign, psi: Floats) -> NDArray[np.bool_]:
    """Which parameters are diagonal elements of a root that have all but vanished."""
    diagonal = np.append(np.zeros(design.fixed.n_coefficients, dtype=bool), [a == b for _, a, b in design.places])
    return diagonal & (np.abs(psi) < VANISHED)


def _way_out(surface: Surface, found: Minimum, vanished: NDArray[np.bool_]) -> Floats | None:
    """A better point beside the boundary: at the boundary itself the slope vanishes by symmetry."""
    for j in np.flatnonzero(vanished):
        for lift in LIFTS:
            beside = found.at.copy()
            beside[j] = lift
            there = surface.at(beside)
            if there is not None and there.value < found.value - 1e-6:
                return beside
    return None


# ---- the fit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LaplaceFit:
    """A fitted mixed model with several grouping factors for an outcome that is not normal, in units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their covariance, the variances' uncertainty taken along.
    response_parameters, response_vcov : numpy.ndarray, shapes (r,) and (r, r)
        The outcome's own parameters: cut points, or theta.
    joint_vcov : numpy.ndarray, shape (p + r, p + r)
        Covariance of the fixed effects and the outcome's own parameters (theta by its logarithm).
    covariances : tuple of numpy.ndarray, shapes (q, q)
        Covariance of the random effects of each factor.
    log_likelihood : float
        Laplace's approximation, with every constant.
    n_parameters : int
        Fixed effects, own parameters and free elements of the covariances.
    boundary : tuple of bool
        For each factor whether its covariance lies on the boundary of covariance matrices.
    runaway : numpy.ndarray of bool, shape (p + r,)
        Coefficients without a finite optimum. Their values mean nothing.
    converged : bool
        Whether the search ended at an optimum, and nothing runs away.
    steps : int
        Newton steps.
    """

    beta: Floats
    vcov: Floats
    response_parameters: Floats
    response_vcov: Floats
    joint_vcov: Floats
    covariances: tuple[Floats, ...]
    log_likelihood: float
    n_parameters: int
    boundary: tuple[bool, ...]
    runaway: NDArray[np.bool_]
    converged: bool
    steps: int
    design: LaplaceDesign
    minimum: Minimum
    mode: Mode
    parameter_covariance: Floats
    nodes: int = 1

    @property
    def singular(self) -> bool:
        """Whether any covariance lies on the boundary."""
        return any(self.boundary)

    @property
    def response(self) -> Response:
        """The kind of outcome."""
        return self.design.fixed.response

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2.0 * self.log_likelihood


def fit_laplace(
    y: Floats,
    X: Floats,
    factors: Sequence[Factor],
    response: Response,
    start: Floats | None = None,
    weight: Floats | None = None,
    offset: Floats | None = None,
) -> LaplaceFit:
    """Fit a mixed model with several grouping factors for an outcome that is not normal.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome: 0/1 or successes, counts, or categories numbered from 0.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns, of full rank; without a column of ones for an ordinal outcome.
    factors : sequence of Factor
        The grouping factors, nested, crossed or of multiple membership in any combination.
    response : Response
        The kind of outcome.
    start : numpy.ndarray, optional
        Standardised parameters to begin from, ``fit.minimum.at`` of a fit of the same form.
    weight : numpy.ndarray, shape (rows,), optional
        What each row's log-likelihood is multiplied by.
    offset : numpy.ndarray, shape (rows,), optional
        A known part of the linear predictor.

    Raises
    ------
    ValueError
        As `fit_quadrature`, and when levels are linked too closely (see `elimination_plan`).

    Notes
    -----
    The approximation is poor where levels have few rows of a yes/no outcome: variances come out too small. With
    one factor `fit_quadrature` does better.

    References
    ----------
    Breslow & Clayton (1993), Approximate inference in generalized linear mixed models, J Am Stat Assoc 88;
    Raudenbush, Yang & Yosef (2000), Maximum likelihood for generalized linear models with nested random effects
    via high-order, multivariate Laplace approximation, J Comput Graph Stat 9.
    """
    fixed = fixed_part(y, X, response, weight, offset)
    design = LaplaceDesign(fixed, entries(factors, fixed.rows.source))
    surface = Surface(design)
    found, curvature = search(surface, start)
    at = surface.at(found.at)
    if at is None:
        raise ValueError("the log-likelihood cannot be evaluated at any point tried")
    P = fixed.n_coefficients
    psi, _ = fixed.limited(found.at)
    parameter_covariance = 2.0 * inverse_where_curved(curvature)
    estimates = in_units_of_the_data(fixed, psi[:P], parameter_covariance[:P, :P])
    roots = design.roots(psi)
    halves = [one.forth @ root for one, root in zip(design.entries.factors, roots)]
    return LaplaceFit(
        beta=estimates.beta,
        vcov=estimates.vcov,
        response_parameters=estimates.response_parameters,
        response_vcov=estimates.response_vcov,
        joint_vcov=estimates.joint_vcov,
        covariances=tuple(half @ half.T for half in halves),
        log_likelihood=-found.value / 2.0,
        n_parameters=len(psi),
        boundary=tuple(bool(np.linalg.eigvalsh(root @ root.T)[0] < VANISHED**2) for root in roots),
        runaway=estimates.runaway,
        converged=found.converged and not bool(estimates.runaway.any()),
        steps=found.steps,
        design=design,
        minimum=found,
        mode=at.mode,
        parameter_covariance=parameter_covariance,
    )


# ---- after the fit ---------------------------------------------------------------------------------------------


def random_effects(fit: LaplaceFit) -> tuple[tuple[Floats, Floats], ...]:
    """Conditional modes of the random effects of each factor, and their covariance from the curvature there.

    Returns
    -------
    tuple of (effects, covariance)
        For each factor: effects (q, levels) and covariance (q, q, levels).
    """
    own = fit.design.entries
    psi, _ = fit.design.fixed.limited(fit.minimum.at)
    diagonal, below = fit.mode.factorisation.selected_inverse()
    key = np.maximum(own.index[own.left], own.index[own.right]) * own.n_effects
    key += np.minimum(own.index[own.left], own.index[own.right])
    places = np.full(own.n_pairs, -1)
    places[own.pair] = key
    answer, first = [], 0
    for one, root, effects in zip(own.factors, fit.design.roots(psi), own.parts(fit.mode.u)):
        S = np.zeros((one.q, one.q, one.n_levels))
        for a in range(one.q):
            of_a = first + a * one.n_levels + np.arange(one.n_levels)
            S[a, a] = diagonal[of_a]
            for b in range(a):
                wanted = of_a * own.n_effects + first + b * one.n_levels + np.arange(one.n_levels)
                at = np.minimum(np.searchsorted(places, wanted), own.n_pairs - 1)
                S[a, b] = S[b, a] = np.where(places[at] == wanted, below[at], 0.0)
        half = one.forth @ root
        answer.append((half @ effects, np.einsum("ab,bcg,dc->adg", half, S, half)))
        first += one.size
    return tuple(answer)


def variance_standard_errors(fit: LaplaceFit) -> tuple[Floats, ...]:
    """Standard errors (q, q) of the covariance of each factor; not to be read where it lies on the boundary.

    From the curvature of the log-likelihood in all parameters, by the delta method.
    """
    psi, _ = fit.design.fixed.limited(fit.minimum.at)
    roots, covariance = fit.design.roots(psi), fit.parameter_covariance[fit.design.fixed.n_coefficients :]
    covariance = covariance[:, fit.design.fixed.n_coefficients :]
    answer, first = [], 0
    for one, root in zip(fit.design.entries.factors, roots):
        moves = []
        for row, column in zip(one.free[0], one.free[1]):
            half = np.zeros_like(root)
            half[row] = root[:, column]
            moves.append(one.forth @ (half + half.T) @ one.forth.T)
        these = slice(first, first + len(moves))
        variance = np.einsum("kab,kl,lab->ab", np.array(moves), covariance[these, these], np.array(moves))
        answer.append(np.sqrt(np.maximum(variance, 0.0)))
        first += len(moves)
    return tuple(answer)
