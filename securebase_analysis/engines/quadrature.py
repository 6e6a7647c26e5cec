"""Mixed models for outcomes that are not normal, one grouping factor, by adaptive Gauss-Hermite quadrature.

The search runs over the coefficients and the root ``Lambda`` of the covariance of the random effects together, by
Newton's method on the marginal log-likelihood that `grouped_integrals` gives with its slope and curvature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import Minimum, minimise
from securebase_analysis.engines.grouped_integrals import (
    Integral,
    Portion,
    Rule,
    group_sums,
    hermite_rule,
    integrate,
)
from securebase_analysis.engines.linear_predictor import (
    FixedPart,
    fixed_part,
    free_elements,
    hold,
    in_units_of_the_data,
    inverse_where_curved,
    standard_blocks,
    without_random_effects,
)
from securebase_analysis.engines.responses import NegativeBinomial, Response

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NODES = {1: (9, 15, 25, 41), 2: (7, 9, 11, 15, 21), 3: (5, 7, 9)}
"""Nodes in each dimension that are tried one after the other, until they are enough."""
ENOUGH = 1e-4
"""The nodes are enough when the curvature of the rule is that of the integral but for this share."""
FIRST_NODES = 5
"""The search begins with so few, and goes on with more from where that ends."""
FEW_NODES = 7
"""Below this the curvature of the integral is no guide to that of the rule, which is taken by differences."""
PORTION = 60_000
"""Numbers in one array of a portion: rows times nodes."""
MANY_ROWS = 20_000
SAMPLED_ROWS = 5_000
START = 0.7
OTHER_STARTS = (0.15, 2.0)
VANISHED = 1e-3
"""A standard deviation on the scale of eta (columns have unit scale) below which the boundary itself is tried."""
DIFFERENCE, PROBE = 1e-4, 1e-3
TOLERANCE = 1e-10
"""What a last step may still be expected to gain in deviance."""
LARGEST_ROOT = 1e3
"""No standard deviation on the scale of eta is larger."""


# ---- the design ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class QuadratureDesign:
    """Rows in canonical form, sorted by group, with the columns of the random effects.

    Attributes
    ----------
    fixed : FixedPart
        Sorted by group.
    Z : numpy.ndarray, shape (q, rows)
        Standardised random-effect columns.
    starts, sizes, present : numpy.ndarray of int, shape (groups,)
        First row, number of rows and number of each group that has rows.
    n_groups : int
        Number of groups, with those that have no rows.
    free : tuple of numpy.ndarray of int
        Row and column of the elements of ``Lambda`` that are estimated.
    random_forth : numpy.ndarray, shape (q, q)
        Random effects in the units of the data are this times the standardised ones.
    """

    fixed: FixedPart
    Z: Floats
    starts: Ints
    sizes: Ints
    present: Ints
    n_groups: int
    free: tuple[Ints, Ints]
    random_forth: Floats

    @property
    def q(self) -> int:
        """Random effects per group."""
        return len(self.Z)

    @property
    def n_rows(self) -> int:
        """Canonical rows."""
        return self.Z.shape[1]

    def portions(self, nodes: int) -> list[Portion]:
        """The groups in portions that are worked on together."""
        ends = self.starts + self.sizes
        number = (ends - 1) // max(PORTION // nodes**self.q, 1)
        first = np.flatnonzero(np.diff(number, prepend=-1))
        last = np.append(first[1:], len(self.starts))
        return [self._portion(int(a), int(b)) for a, b in zip(first, last)]

    def _portion(self, first: int, last: int) -> Portion:
        rows, starts, sizes = self.fixed.rows, self.starts[first:last], self.sizes[first:last]
        these = slice(int(starts[0]), int(starts[-1] + sizes[-1]))
        starts = starts - starts[0]
        X, Z = np.ascontiguousarray(rows.X[:, these]), np.ascontiguousarray(self.Z[:, these])
        return Portion(
            y=rows.y[these],
            multiplier=rows.multiplier[these],
            dispersed=None if rows.dispersed is None else rows.dispersed[these],
            offset=rows.offset[these],
            X=X,
            Z=Z,
            starts=starts,
            sizes=sizes,
            columns=group_sums(np.vstack([X, Z]), starts, sizes),
        )

    def sample(self, n_rows: int) -> QuadratureDesign:
        """Every so many-th group, with about so many rows in all."""
        every = max(self.n_rows // n_rows, 1)
        chosen = np.zeros(len(self.starts), dtype=bool)
        chosen[::every] = True
        keep = np.flatnonzero(np.repeat(chosen, self.sizes))
        sizes = self.sizes[chosen]
        return replace(
            self,
            fixed=self.fixed.sample(keep),
            Z=self.Z[:, keep],
            starts=np.cumsum(sizes) - sizes,
            sizes=sizes,
            present=self.present[chosen],
        )


def quadrature_design(
    fixed: FixedPart, Z: Floats, group: Ints, n_groups: int, blocks: Sequence[Sequence[int]] | None = None
) -> QuadratureDesign:
    """Standardise the random-effect columns and sort the rows by group."""
    Z = np.asarray(Z, dtype=float)
    those = tuple(tuple(block) for block in blocks) if blocks is not None else (tuple(range(len(Z))),)
    standard, random_forth = standard_blocks(Z, those)
    group = np.asarray(group)[fixed.rows.source]
    if (np.diff(group) < 0).any():
        order = np.argsort(group, kind="stable")
        fixed, group = fixed.in_order(order), group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return QuadratureDesign(
        fixed=fixed,
        Z=standard[:, fixed.rows.source],
        starts=starts,
        sizes=np.diff(np.append(starts, len(group))),
        present=group[starts],
        n_groups=n_groups,
        free=free_elements(those),
        random_forth=random_forth,
    )


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
    if vanished and surface.design.n_rows <= SAMPLED_ROWS:
        others = [descend(surface, np.append(coefficients, size * diagonal), 1e-2) for size in OTHER_STARTS]
        best = min([best, *others], key=lambda found: found.value)
    return best


def descend(surface: Surface, start: Floats, tolerance: float) -> Minimum:
    """Newton's method; where the root is stationary and the covariance is not, it goes on from beside there."""
    found = minimise(surface, start, tolerance)
    for _ in range(surface.design.q):
        found = _onto_boundary(surface, found)
        escape = _way_out(surface, found.at)
        if escape is None:
            return found
        further = minimise(surface, escape, tolerance)
        if further.value >= found.value:
            return found
        found = replace(further, steps=found.steps + further.steps)
    return found


def _vanished(design: QuadratureDesign, psi: Floats) -> NDArray[np.bool_]:
    """Which parameters are diagonal elements of ``Lambda`` that have all but vanished."""
    diagonal = np.append(np.zeros(design.fixed.n_coefficients, dtype=bool), design.free[0] == design.free[1])
    return diagonal & (np.abs(psi) < VANISHED)


def _onto_boundary(surface: Surface, found: Minimum) -> Minimum:
    """Set a diagonal element that has all but vanished to zero, if the deviance does not mind."""
    psi = np.where(_vanished(surface.design, found.at), 0.0, found.at)
    if np.array_equal(psi, found.at):
        return found
    value, slope, _ = surface(psi)
    return replace(found, at=psi, value=value, slope=slope) if value <= found.value + 1e-9 else found


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
    for size in (0.1, 0.01, 1e-3, 1e-4):
        moved = Lambda @ Lambda.T + (size * np.outer(v, v) + 1e-10 * np.eye(design.q)) * together
        beside = np.append(psi[:P], np.linalg.cholesky(moved)[design.free])
        if surface(beside)[0] < value:
            return beside
    return None


# ---- the fit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class QuadratureFit:
    """A fitted mixed model for an outcome that is not normal, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their covariance, the variances' uncertainty taken along.
    response_parameters, response_vcov : numpy.ndarray, shapes (r,) and (r, r)
        The outcome's own parameters: cut points, or theta.
    joint_vcov : numpy.ndarray, shape (p + r, p + r)
        Covariance of the fixed effects and the outcome's own parameters (theta by its logarithm).
    covariances : tuple of numpy.ndarray, shape (q, q)
        Covariance of the random effects of the one factor.
    log_likelihood : float
        With every constant.
    n_parameters : int
        Fixed effects, own parameters and free elements of the covariance.
    singular : bool
        Whether the covariance lies on the boundary of covariance matrices.
    runaway : numpy.ndarray of bool, shape (p + r,)
        Coefficients without a finite optimum: what they stand for separates the outcomes. Their values mean
        nothing.
    converged : bool
        Whether the search ended at an optimum, and nothing runs away.
    steps : int
        Newton steps.
    nodes : int
        Quadrature nodes in each dimension.
    """

    beta: Floats
    vcov: Floats
    response_parameters: Floats
    response_vcov: Floats
    joint_vcov: Floats
    covariances: tuple[Floats, ...]
    log_likelihood: float
    n_parameters: int
    singular: bool
    runaway: NDArray[np.bool_]
    converged: bool
    steps: int
    nodes: int
    design: QuadratureDesign
    surface: Surface
    minimum: Minimum
    parameter_covariance: Floats

    @property
    def response(self) -> Response:
        """The kind of outcome."""
        return self.design.fixed.response

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2.0 * self.log_likelihood


def fit_quadrature(
    y: Floats,
    X: Floats,
    Z: Floats,
    group: Ints,
    n_groups: int,
    response: Response,
    nodes: int | None = None,
    start: Floats | None = None,
    weight: Floats | None = None,
    offset: Floats | None = None,
    blocks: Sequence[Sequence[int]] | None = None,
) -> QuadratureFit:
    """Fit a mixed model for an outcome that is not normal, one grouping factor, by maximum likelihood.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome: 0/1 or successes, counts, or categories numbered from 0.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns, of full rank; without a column of ones for an ordinal outcome.
    Z : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups.
    response : Response
        The kind of outcome.
    nodes : int, optional
        Quadrature nodes in each dimension; 1 is Laplace's approximation. By default as many as are needed for more
        to change nothing: 9, 15, 25 or 41 for one random effect, 7 to 21 each for two.
    start : numpy.ndarray, optional
        Standardised parameters to begin from, ``fit.minimum.at`` of a fit of the same form.
    weight : numpy.ndarray, shape (rows,), optional
        What each row's log-likelihood is multiplied by.
    offset : numpy.ndarray, shape (rows,), optional
        A known part of the linear predictor, such as the logarithm of an exposure.
    blocks : sequence of sequences of int, optional
        Random-effect columns whose covariances are free; all of them by default.

    Raises
    ------
    ValueError
        For an outcome that cannot be, or has one value or an empty category; for a column of ones beside cut
        points; for columns that are not of full rank.

    References
    ----------
    Pinheiro & Bates (1995), Approximations to the log-likelihood function in the nonlinear mixed-effects model,
    J Comput Graph Stat 4; Pinheiro & Chao (2006), Efficient Laplacian and adaptive Gaussian quadrature algorithms
    for multilevel generalized linear mixed models, J Comput Graph Stat 15; Louis (1982), J R Stat Soc B 44.
    """
    design = quadrature_design(fixed_part(y, X, response, weight, offset), Z, group, n_groups, blocks)
    return _answer(*search(design, nodes, start))


def _answer(surface: Surface, found: Minimum) -> QuadratureFit:
    """The optimum in the units of the data."""
    design, Lambda = surface.design, surface.Lambda(found.at)
    P = design.fixed.n_coefficients
    _, _, curvature = surface(found.at)
    parameter_covariance = 2.0 * inverse_where_curved(curvature)
    estimates = in_units_of_the_data(
        design.fixed, design.fixed.limited(found.at)[0][:P], parameter_covariance[:P, :P]
    )
    half = design.random_forth @ Lambda
    return QuadratureFit(
        beta=estimates.beta,
        vcov=estimates.vcov,
        response_parameters=estimates.response_parameters,
        response_vcov=estimates.response_vcov,
        joint_vcov=estimates.joint_vcov,
        covariances=(half @ half.T,),
        log_likelihood=-found.value / 2.0,
        n_parameters=len(found.at),
        singular=bool(np.linalg.eigvalsh(Lambda @ Lambda.T)[0] < VANISHED**2),
        runaway=estimates.runaway,
        converged=found.converged and not bool(estimates.runaway.any()),
        steps=found.steps,
        nodes=surface.nodes,
        design=design,
        surface=surface,
        minimum=found,
        parameter_covariance=parameter_covariance,
    )


# ---- after the fit ---------------------------------------------------------------------------------------------


def random_effects(fit: QuadratureFit) -> tuple[Floats, Floats]:
    """Conditional modes of the random effects of each group, and their covariance from the curvature there.

    Returns
    -------
    effects : numpy.ndarray, shape (q, groups)
        The most likely effects given the rows and the estimates; 0 for a group without rows.
    covariance : numpy.ndarray, shape (q, q, groups)
        Inverse curvature at the modes.
    """
    design, found = fit.design, fit.minimum.at
    integrals = fit.surface.integrals(design.fixed.limited(found)[0], False)
    half = design.random_forth @ fit.surface.Lambda(found)
    u = np.concatenate([one.mode.u for one in integrals], axis=1)
    R = np.concatenate([one.mode.R for one in integrals], axis=2)
    effects = np.zeros((design.q, design.n_groups))
    effects[:, design.present] = half @ u
    covariance = np.repeat(fit.covariances[0][:, :, None], design.n_groups, axis=2)
    turned = np.einsum("ab,bcg->acg", half, R)
    covariance[:, :, design.present] = np.einsum("acg,bcg->abg", turned, turned)
    return effects, covariance


def group_log_likelihoods(fit: QuadratureFit) -> Floats:
    """Marginal log-likelihood of each group, without the constants that the own parameters alone decide."""
    out = np.zeros(fit.design.n_groups)
    out[fit.design.present] = np.concatenate(
        [one.by_group for one in fit.surface.integrals(fit.design.fixed.limited(fit.minimum.at)[0], False)]
    )
    return out


def variance_standard_errors(fit: QuadratureFit) -> Floats:
    """Standard errors (q, q) of the covariance of the random effects; not to be read where the fit is singular.

    From the curvature of the log-likelihood in all parameters, by the delta method.
    """
    design, Lambda = fit.design, fit.surface.Lambda(fit.minimum.at)
    P = design.fixed.n_coefficients
    moves = []
    for row, column in zip(*design.free):
        half = np.zeros_like(Lambda)
        half[row] = Lambda[:, column]
        moves.append(design.random_forth @ (half + half.T) @ design.random_forth.T)
    jacobian = np.array(moves)
    variance = np.einsum("kab,kl,lab->ab", jacobian, fit.parameter_covariance[P:, P:], jacobian)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def fitted_values(
    fit: QuadratureFit,
    X: Floats,
    Z: Floats | None = None,
    group: Ints | None = None,
    offset: Floats | None = None,
    effects: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Fitted values on the scale of the linear predictor and of the response.

    Parameters
    ----------
    fit : QuadratureFit
        The fit.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns of the rows.
    Z : numpy.ndarray, shape (q, rows), optional
        Random-effect columns; with `group` and `effects` from `random_effects` the values are those of the groups.
        Without them they are those of a group whose random effects are 0.
    group : numpy.ndarray of int, shape (rows,), optional
        Group of each row.
    offset : numpy.ndarray, shape (rows,), optional
        As in the fit.
    effects : numpy.ndarray, shape (q, groups), optional
        Random effects.

    Returns
    -------
    link : numpy.ndarray, shape (rows,)
        Linear predictor.
    response : numpy.ndarray, shape (rows,) or (categories, rows)
        Probability, expected count, or probability of each category.
    """
    link = fit.beta @ X
    if offset is not None:
        link = link + offset
    if Z is not None and group is not None and effects is not None:
        link = link + np.einsum("qr,qr->r", Z, effects[:, group])
    return link, fit.response.mean(link, _raw(fit))


def averaged_response(fit: QuadratureFit, X: Floats, Z: Floats, offset: Floats | None = None) -> Floats:
    """The response averaged over all groups of the population, shape (rows,) or (categories, rows).

    The mean over groups is not the value of the group whose random effects are 0: probabilities are drawn towards
    one half, and counts are larger.
    """
    link, _ = fitted_values(fit, X, offset=offset)
    spread = np.sqrt(np.einsum("ar,ab,br->r", Z, fit.covariances[0], Z))
    x, weight = np.polynomial.hermite_e.hermegauss(31)
    means = [fit.response.mean(link + node * spread, _raw(fit)) for node in x]
    return np.asarray(np.tensordot(weight / weight.sum(), np.array(means), axes=1))


def _raw(fit: QuadratureFit) -> Floats:
    """The own parameters as the response takes them: theta by its logarithm."""
    return (
        np.log(fit.response_parameters) if isinstance(fit.response, NegativeBinomial) else fit.response_parameters
    )
