"""Mixed models for outcomes that are not normal with several grouping factors, by Laplace's approximation.

The search steps by the curvature of the linear model that the working outcome has at the mode; standard errors
come from the curvature of the approximation itself, by differences of its slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import OTHER_STARTS, VANISHED, smallest_sd
from securebase_analysis.engines.descent import Minimum, downhill_step, inverse_with_flat_unknown, minimise
from securebase_analysis.engines.laplace_approximation import (
    Approximation,
    LaplaceDesign,
    Mode,
    approximate,
    working_curvature,
)
from securebase_analysis.engines.linear_predictor import (
    fixed_part,
    hold,
    in_units_of_the_data,
    without_random_effects,
)
from securebase_analysis.engines.memberships import entries
from securebase_analysis.engines.responses import Response
from securebase_analysis.engines.several_factors_design import Factor

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

START = 0.7
LIFTS = (0.3, 0.1, 0.03)
"""Standard deviations tried beside a boundary."""
MANY_EFFECTS = 3_000
"""With more random effects, the search is not repeated from other starts: the data determine one optimum."""
DIFFERENCE = 1e-4
LAST_STEPS = 6
AWAY = 1e-8
"""A step that gains more than this leads to where the curvature is another."""


# ---- the search ------------------------------------------------------------------------------------------------


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


def search(surface: Surface, start: Floats | None = None) -> tuple[Minimum, Floats]:
    """The parameters with the smallest deviance, and the curvature there."""
    diagonal = np.array([a == b for _, a, b in surface.design.places])
    if start is None:
        coefficients = without_random_effects(surface.design.fixed)
        best = descend(surface, np.append(coefficients, START * diagonal))
        vanished = np.abs(best.at[len(coefficients) :][diagonal]).min() < 10.0 * VANISHED
        if vanished and surface.design.entries.n_effects <= MANY_EFFECTS:
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
    parameter_covariance = 2.0 * inverse_with_flat_unknown(curvature)
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
        boundary=tuple(smallest_sd(root @ root.T) < VANISHED for root in roots),
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
