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
from securebase_analysis.engines.mixed import VANISHED
from securebase_analysis.engines.responses import CanonicalRows, NegativeBinomial, Ordinal, Response
from securebase_analysis.engines.standard import standardise

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NODES = {1: 15, 2: 9, 3: 5}
"""Default number of nodes in each dimension."""
FIRST_NODES = 5
"""The search begins with so few, and goes on with all of them from where that ends."""
FEW_NODES = 7
"""Below this the curvature of the integral is not that of the rule, and is taken by differences of the slope."""
PORTION = 60_000
"""Numbers in one array of a portion: rows times nodes."""
MANY_ROWS = 20_000
SAMPLED_ROWS = 5_000
START = 0.7
OTHER_STARTS = (0.15, 2.0)
DIFFERENCE = 1e-4
RUNAWAY = 50.0
"""A standard error of the change in eta over the range of a column that says: the coefficient has no finite optimum."""
LARGEST_ROOT = 1e3
DEPENDENT = 1e-10
FLAT = 1e-10
"""A curvature below this share of the largest counts as this share: what it belongs to is all but unknown."""


# ---- the design ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class QuadratureDesign:
    """Standardised rows in canonical form, sorted by group, and the way back to the units of the data.

    Attributes
    ----------
    y, weight : numpy.ndarray, shape (rows,)
        As given.
    rows : CanonicalRows
        Sorted by group.
    Z : numpy.ndarray, shape (q, canonical rows)
        Standardised random-effect columns.
    starts, sizes, present : numpy.ndarray of int, shape (groups,)
        First row, number of rows and number of each group that has rows.
    n_groups : int
        Number of groups, with those that have no rows.
    free : tuple of numpy.ndarray of int
        Row and column of the elements of ``Lambda`` that are estimated.
    forth : numpy.ndarray, shape (P, P)
        Coefficients in the units of the data are this times the standardised ones.
    random_forth : numpy.ndarray, shape (q, q)
        The same for random effects.
    reach : numpy.ndarray, shape (P,)
        Range of each column in the data.
    """

    y: Floats
    weight: Floats
    response: Response
    rows: CanonicalRows
    Z: Floats
    starts: Ints
    sizes: Ints
    present: Ints
    n_groups: int
    n_fixed: int
    free: tuple[Ints, Ints]
    forth: Floats
    random_forth: Floats
    reach: Floats

    @property
    def n_own(self) -> int:
        """Number of own parameters of the outcome."""
        return len(self.rows.X) - self.n_fixed

    @property
    def q(self) -> int:
        """Random effects per group."""
        return len(self.Z)

    def theta(self, coefficients: Floats) -> float:
        """The dispersion of a negative binomial outcome, or 0."""
        return 0.0 if self.rows.dispersed is None else float(np.exp(coefficients[-1]))

    def portions(self, nodes: int) -> list[Portion]:
        """The groups in portions that are worked on together."""
        ends = self.starts + self.sizes
        number = (ends - 1) // max(PORTION // nodes**self.q, 1)
        first = np.flatnonzero(np.diff(number, prepend=-1))
        last = np.append(first[1:], len(self.starts))
        return [self._portion(a, b) for a, b in zip(first, last)]

    def _portion(self, first: int, last: int) -> Portion:
        rows, starts, sizes = self.rows, self.starts[first:last], self.sizes[first:last]
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


def quadrature_design(
    y: Floats,
    X: Floats,
    Z: Floats,
    group: Ints,
    n_groups: int,
    response: Response,
    weight: Floats | None = None,
    offset: Floats | None = None,
    blocks: Sequence[Sequence[int]] | None = None,
) -> QuadratureDesign:
    """Standardise the columns, bring the rows to canonical form and sort them by group."""
    y = np.asarray(y, dtype=float)
    response.check(y)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    offset = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    blocks = [range(len(Z))] if blocks is None else blocks
    n_own = response.n_own(y)
    standard, forth = _standard_columns(X, n_own, isinstance(response, Ordinal))
    Z_standard, random_forth = _standard_blocks(Z, blocks)
    rows = response.rows(y, standard, offset, weight)

    group = np.asarray(group)[rows.source]
    if (np.diff(group) < 0).any():
        order = np.argsort(group, kind="stable")
        rows, group = _in_order(rows, order), group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return QuadratureDesign(
        y=y,
        weight=weight,
        response=response,
        rows=rows,
        Z=Z_standard[:, rows.source],
        starts=starts,
        sizes=np.diff(np.append(starts, len(group))),
        present=group[starts],
        n_groups=n_groups,
        n_fixed=len(X),
        free=_free_elements(blocks),
        forth=forth,
        random_forth=random_forth,
        reach=np.append(np.ptp(X, axis=1), np.ones(n_own)),
    )


def _in_order(rows: CanonicalRows, order: Ints) -> CanonicalRows:
    """The same rows in another order."""
    return CanonicalRows(
        y=rows.y[order],
        multiplier=rows.multiplier[order],
        dispersed=None if rows.dispersed is None else rows.dispersed[order],
        offset=rows.offset[order],
        X=rows.X[:, order],
        source=rows.source[order],
    )


def _standard_columns(X: Floats, n_own: int, cut_points: bool) -> tuple[Floats, Floats]:
    """Fixed-effect columns of unit scale, and the matrix that takes all coefficients back.

    Cut points take up the means of the columns as a column of ones would: the linear predictor of a cut point is
    ``X'beta - cut``.
    """
    p = len(X)
    if cut_points and any((column == column[0]).all() for column in X):
        raise ValueError("a constant column cannot be told from the cut points")
    columns = np.vstack([np.ones(X.shape[1]), X]) if cut_points else X
    out = np.empty(columns.shape)
    back, _ = standardise(columns, out)
    if len(out) and np.linalg.eigvalsh(out @ out.T / out.shape[1])[0] < DEPENDENT:
        raise ValueError("the fixed-effect columns are not of full rank")
    turn, forth = np.linalg.inv(back).T, np.eye(p + n_own)
    if not cut_points:
        forth[:p, :p] = turn
        return out, forth
    forth[:p, :p] = turn[1:, 1:]
    forth[p:, :p] = -turn[0, 1:]
    return out[1:], forth


def _standard_blocks(Z: Floats, blocks: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
    """Random-effect columns of unit scale, centred where their block holds a column of ones."""
    out, forth = np.empty(Z.shape), np.zeros((len(Z), len(Z)))
    for block in blocks:
        columns = list(block)
        standard = np.empty((len(columns), Z.shape[1]))
        back, _ = standardise(Z[columns], standard)
        out[columns] = standard
        forth[np.ix_(columns, columns)] = np.linalg.inv(back).T
    return out, forth


def _free_elements(blocks: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Row and column of the lower triangle of every block."""
    pairs = [(block[a], block[b]) for block in blocks for b in range(len(block)) for a in range(b, len(block))]
    row, column = np.array(pairs, dtype=np.intp).T
    return row, column


# ---- the deviance over all parameters ----------------------------------------------------------------------------


class Surface:
    """Minus twice the marginal log-likelihood over the coefficients and the free elements of ``Lambda``.

    The modes of the last point are kept: the next search for them begins there.
    """

    def __init__(self, design: QuadratureDesign, nodes: int, by_differences: bool = False) -> None:
        self.design = design
        self.by_differences = by_differences
        self.rule: Rule = hermite_rule(nodes, design.q)
        self.portions = design.portions(nodes)
        self.modes = [np.zeros((design.q, len(portion.starts))) for portion in self.portions]
        self.of_covariance = np.zeros((design.q, design.q))
        P = len(design.rows.X)
        self._last: tuple[Floats, tuple[float, Floats, Floats]] | None = None
        self._places = np.append(np.arange(P), P + design.free[0] * design.q + design.free[1])

    def Lambda(self, psi: Floats) -> Floats:
        """The root of the covariance of the random effects."""
        Lambda = np.zeros((self.design.q, self.design.q))
        Lambda[self.design.free] = psi[len(self.design.rows.X) :]
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
        return (curvature + curvature.T) / 2.0

    def integrals(self, psi: Floats, curvature: bool) -> list[Integral]:
        """Of every portion; each from the modes that it had last."""
        design = self.design
        P = len(design.rows.X)
        Lambda, theta = self.Lambda(psi), design.theta(psi[:P])
        return [
            integrate(portion, design.response.cumulant, psi[:P], Lambda, theta, self.rule, modes, curvature)
            for portion, modes in zip(self.portions, self.modes)
        ]

    def _sum(self, psi: Floats, curvature: bool) -> tuple[float, Floats, Floats]:
        """Over portions, with the part outside the integrals."""
        design, k = self.design, len(psi)
        P, p = len(design.rows.X), design.n_fixed
        outside = design.response.outside(design.y, psi[p:P], design.weight)
        if not np.isfinite(outside.value) or np.abs(psi[P:]).max() > LARGEST_ROOT:
            return np.inf, np.zeros(k), np.eye(k)
        integrals = self.integrals(psi, curvature)
        value = outside.value + sum(one.value for one in integrals)
        if not np.isfinite(value) or not all(one.mode.found for one in integrals):
            return np.inf, np.zeros(k), np.eye(k)
        self.modes = [one.mode.u for one in integrals]
        slope = np.concatenate(
            [sum(one.of_coefficients for one in integrals), sum(one.of_Lambda for one in integrals)[design.free]]
        )
        slope[p:P] += outside.slope
        if not curvature:
            return -2.0 * value, -2.0 * slope, np.zeros((0, 0))
        self.of_covariance = -2.0 * sum(one.of_covariance for one in integrals)
        second = sum(one.curvature for one in integrals)[np.ix_(self._places, self._places)]
        second[p:P, p:P] += outside.curvature
        return -2.0 * value, -2.0 * slope, -2.0 * second


# ---- the search ------------------------------------------------------------------------------------------------


def _without_random_effects(design: QuadratureDesign) -> Floats:
    """Coefficients of the model that has none: where the search begins."""
    rows, cumulant, response = design.rows, design.response.cumulant, design.response
    p, P = design.n_fixed, len(rows.X)

    def deviance(coefficients: Floats) -> tuple[float, Floats, Floats]:
        outside = response.outside(design.y, coefficients[p:], design.weight)
        if not np.isfinite(outside.value):
            return np.inf, coefficients, np.eye(P)
        theta = design.theta(coefficients)
        multiplier = rows.multiplier if rows.dispersed is None else rows.multiplier + theta * rows.dispersed
        eta = coefficients @ rows.X + rows.offset
        fitted = float(rows.y @ eta)
        value, mean = cumulant.value_and_slope(eta)
        slope = rows.X @ (rows.y - multiplier * mean)
        curvature = -(rows.X * (multiplier * cumulant.second(mean))) @ rows.X.T
        if rows.dispersed is not None:
            slope[-1] -= theta * float(rows.dispersed @ value)
            mixed = theta * (rows.X @ (rows.dispersed * mean))
            curvature[-1] -= mixed
            curvature[:, -1] -= mixed
            curvature[-1, -1] -= theta * float(rows.dispersed @ value)
        slope[p:] += outside.slope
        curvature[p:, p:] += outside.curvature
        return -2.0 * (outside.value + fitted - float(multiplier @ value)), -2.0 * slope, -2.0 * curvature

    start = np.append(np.zeros(p), response.start(design.y))
    return minimise(deviance, start, tolerance=1e-3, most_steps=25).at


def _sample(design: QuadratureDesign, n_rows: int) -> QuadratureDesign:
    """Every so many-th group, with about so many rows in all."""
    every = max(len(design.rows.y) // n_rows, 1)
    chosen = np.zeros(len(design.starts), dtype=bool)
    chosen[::every] = True
    keep = np.flatnonzero(np.repeat(chosen, design.sizes))
    sizes = design.sizes[chosen]
    return replace(
        design,
        rows=_in_order(design.rows, keep),
        Z=design.Z[:, keep],
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
        present=design.present[chosen],
        weight=design.weight / every,
    )


def search(design: QuadratureDesign, nodes: int, start: Floats | None = None) -> tuple[Surface, Minimum]:
    """The parameters with the smallest deviance: found with few nodes, then followed with all of them."""
    steps = 0
    if start is None:
        coefficients = _without_random_effects(design)
        diagonal = design.free[0] == design.free[1]
        if len(design.rows.y) > MANY_ROWS:
            few = Surface(_sample(design, SAMPLED_ROWS), FIRST_NODES)
            start = _best_of_starts(few, coefficients, diagonal).at
        else:
            few = Surface(design, FIRST_NODES)
            found = _best_of_starts(few, coefficients, diagonal)
            start, steps = found.at, found.steps
    surface = Surface(design, nodes, by_differences=nodes < FEW_NODES)
    found = descend(surface, start, 1e-10)
    return surface, replace(found, steps=found.steps + steps)


def _best_of_starts(surface: Surface, coefficients: Floats, diagonal: NDArray[np.bool_]) -> Minimum:
    """From a variance of middling size; from others too where that one vanishes."""
    best = descend(surface, np.append(coefficients, START * diagonal), 1e-2)
    if np.abs(best.at[len(coefficients) :][diagonal]).min() < 10.0 * VANISHED:
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
    diagonal = np.append(np.zeros(len(design.rows.X), dtype=bool), design.free[0] == design.free[1])
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

    On the boundary the slope in ``Lambda`` vanishes by symmetry. At an optimum over covariance matrices the slope in
    the covariance has no negative eigenvalue; where it has one, its eigenvector points to a better covariance.
    """
    design = surface.design
    if not _vanished(design, psi).any():
        return None
    value = surface(psi)[0]
    Lambda, P = surface.Lambda(psi), len(design.rows.X)
    together = np.zeros((design.q, design.q))
    together[design.free] = 1.0
    together = np.maximum(together, together.T)
    eigenvalue, eigenvector = np.linalg.eigh(surface.of_covariance * together)
    if eigenvalue[0] > -1e-5 * max(1.0, len(design.rows.y) ** 0.5):
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
    own, own_vcov : numpy.ndarray, shapes (r,) and (r, r)
        The outcome's own parameters: cut points, or theta.
    joint_vcov : numpy.ndarray, shape (p + r, p + r)
        Covariance of the fixed effects and the own parameters (theta by its logarithm).
    covariances : tuple of numpy.ndarray, shape (q, q)
        Covariance of the random effects of the one factor.
    log_likelihood : float
        With every constant.
    n_parameters : int
        Fixed effects, own parameters and free elements of the covariance.
    singular : bool
        Whether the covariance lies on the boundary of covariance matrices.
    runaway : numpy.ndarray of bool, shape (p + r,)
        Coefficients without a finite optimum: what they stand for separates the outcomes. Their values mean nothing.
    converged : bool
        Whether the search ended at an optimum, and nothing runs away.
    steps : int
        Newton steps.
    nodes : int
        Quadrature nodes in each dimension.
    """

    beta: Floats
    vcov: Floats
    own: Floats
    own_vcov: Floats
    joint_vcov: Floats
    covariances: tuple[Floats, ...]
    log_likelihood: float
    n_parameters: int
    singular: bool
    runaway: NDArray[np.bool_]
    converged: bool
    steps: int
    nodes: int
    response: Response
    design: QuadratureDesign
    surface: Surface
    minimum: Minimum
    parameter_covariance: Floats

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
        Quadrature nodes in each dimension; 1 is Laplace's approximation. The default is 15 for one random effect,
        9 each for two and 5 each for three.
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
    design = quadrature_design(y, X, Z, group, n_groups, response, weight, offset, blocks)
    nodes = NODES.get(len(Z), 1) if nodes is None else nodes
    surface, found = search(design, nodes, start)
    return _answer(surface, found, nodes)


def _answer(surface: Surface, found: Minimum, nodes: int) -> QuadratureFit:
    """The optimum in the units of the data."""
    design, response = surface.design, surface.design.response
    p, P = design.n_fixed, len(design.rows.X)
    _, _, curvature = surface(found.at)
    parameter_covariance = 2.0 * inverse_where_curved(curvature)
    joint = design.forth @ parameter_covariance[:P, :P] @ design.forth.T
    coefficients, Lambda = design.forth @ found.at[:P], surface.Lambda(found.at)
    half = design.random_forth @ Lambda
    own, scale = coefficients[p:], np.eye(P - p)
    if isinstance(response, NegativeBinomial):
        own = np.exp(own)
        scale *= own
    runaway = _runs_away(design, joint)
    return QuadratureFit(
        beta=coefficients[:p],
        vcov=joint[:p, :p],
        own=own,
        own_vcov=scale @ joint[p:, p:] @ scale,
        joint_vcov=joint,
        covariances=(half @ half.T,),
        log_likelihood=-found.value / 2.0,
        n_parameters=len(found.at),
        singular=bool(np.linalg.eigvalsh(Lambda @ Lambda.T)[0] < VANISHED**2),
        runaway=runaway,
        converged=found.converged and not bool(runaway.any()),
        steps=found.steps,
        nodes=nodes,
        response=response,
        design=design,
        surface=surface,
        minimum=found,
        parameter_covariance=parameter_covariance,
    )


def inverse_where_curved(H: Floats) -> Floats:
    """Inverse of a curvature, after bringing the parameters to one scale; flat directions get a huge variance."""
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(H)), 1e-300))
    eigenvalue, eigenvector = np.linalg.eigh(H * np.outer(scale, scale))
    half = eigenvector / np.sqrt(np.maximum(eigenvalue, FLAT * eigenvalue.max()))
    return np.asarray((half @ half.T) * np.outer(scale, scale), dtype=float)


def _runs_away(design: QuadratureDesign, joint: Floats) -> NDArray[np.bool_]:
    """Which coefficients have no finite optimum, told by how little is known of them over the range of the data."""
    return np.asarray(np.sqrt(np.diag(joint)) * design.reach > RUNAWAY)


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
    integrals = fit.surface.integrals(found, False)
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
        [one.by_group for one in fit.surface.integrals(fit.minimum.at, False)]
    )
    return out


def variance_standard_errors(fit: QuadratureFit) -> Floats:
    """Standard errors (q, q) of the covariance of the random effects; not to be read where the fit is singular.

    From the curvature of the log-likelihood in all parameters, by the delta method.
    """
    design, Lambda = fit.design, fit.surface.Lambda(fit.minimum.at)
    P = len(design.rows.X)
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
    return np.log(fit.own) if isinstance(fit.response, NegativeBinomial) else fit.own
