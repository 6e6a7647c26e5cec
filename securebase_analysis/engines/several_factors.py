"""The linear mixed model with several grouping factors: its deviance, and the fit that makes it smallest.

The model is ``y = X beta + Z b + e`` with ``b ~ N(0, sigma^2 Lambda Lambda')`` and ``e ~ N(0, sigma^2 I)``; `Z`
holds the columns of all levels of all factors side by side, and ``Lambda`` repeats, for each level of a factor, the
lower triangle that the factor's `theta` fills (Bates, Mächler, Bolker & Walker 2015). The covariance of `y` is
``sigma^2 V`` with ``V = I + Z Lambda Lambda'Z'``. With the sparse matrix ``A = Lambda'Z'Z Lambda + I``,

    ``log|V| = log|A|``,   ``C = A^-1 Lambda'Z'W``,   ``N = Z'V^-1 W = Z'W - Z'Z Lambda C``,   ``Lambda'N = C``.

The slope of the deviance needs the inverse of ``A`` only where levels meet; its curvature is approximated by the
mean of the observed and the expected (Gilmour, Thompson & Cullis 1995), which needs no further inverse.
``A`` is positive definite for every `theta`, also on the boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import Minimum, downhill_step, inverse_where_curved, minimise
from securebase_analysis.engines.elimination import Factorisation
from securebase_analysis.engines.several_factors_design import Factor, Meeting, SeveralDesign, several_design

__all__ = [
    "Factor",
    "SeveralDesign",
    "SeveralFit",
    "fit_design",
    "fit_several",
    "random_effects",
    "several_design",
]

Floats = NDArray[np.float64]

LOG_2PI = float(np.log(2.0 * np.pi))
LEAST_START, LARGEST_START = 0.2, 5.0
"""Relative standard deviations between which the search begins."""
OTHER_STARTS = (0.15, 2.0)
VANISHED = 1e-3
"""A relative standard deviation (columns have unit scale) below which the boundary itself is tried."""
LIFT = 1e-3
"""The relative standard deviation at which the slope beside a boundary is taken."""
CENTRAL_STEP, ONE_SIDED_STEP = 1e-4, 3e-6
"""Steps of finite differences of the gradient: truncation and rounding leave six digits or more."""
MANY_EFFECTS = 3_000
"""With more random effects, the search is not repeated from other starts: the data determine one optimum."""
TOLERANCE, TOLERANCE_OF_MANY = 1e-11, 1e-8
"""What a last step would gain in deviance; 1e-8 is a ten-thousandth of a standard error in any parameter."""


# ---- theta and Lambda ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Element:
    """The place of one element of theta: the factor, and the row and column of its ``Lambda``."""

    f: int
    row: int
    column: int


def elements(blocks: Sequence[Sequence[Sequence[int]]]) -> tuple[Element, ...]:
    """The elements of theta: factor by factor, block by block, lower triangles column by column."""
    return tuple(
        Element(f, row, column)
        for f, of_factor in enumerate(blocks)
        for block in of_factor
        for j, column in enumerate(block)
        for row in block[j:]
    )


def triangles(theta: Floats, design: SeveralDesign) -> tuple[Floats, ...]:
    """``Lambda`` of one level of each factor."""
    Lambda = tuple(np.zeros((q, q)) for q in design.q)
    for value, at in zip(theta, elements(design.blocks)):
        Lambda[at.f][at.row, at.column] = value
    return Lambda


def theta_of(Lambda: Sequence[Floats], design: SeveralDesign) -> Floats:
    """The elements of lower triangles, one a factor."""
    return np.array([Lambda[at.f][at.row, at.column] for at in elements(design.blocks)])


# ---- the deviance and its derivatives --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Deviance:
    """The profiled deviance at one theta, with what was met on the way to it.

    Attributes
    ----------
    value : float
        Minus twice the log-likelihood (restricted for REML), maximised over `beta` and `sigma`.
    Lambda : tuple of numpy.ndarray, shapes (q, q)
        Of one level of each factor.
    beta : numpy.ndarray, shape (p,)
        Fixed effects.
    sigma2 : float
        Residual variance.
    unscaled : numpy.ndarray, shape (p, p)
        ``(X'V^-1 X)^-1``; times `sigma2` the covariance of `beta`.
    factorisation : Factorisation
        Of ``A``.
    C, N : numpy.ndarray, shape (random effects, m)
        ``A^-1 Lambda'Z'W`` and ``Z'V^-1 W``.
    """

    design: SeveralDesign
    reml: bool
    value: float
    Lambda: tuple[Floats, ...]
    beta: Floats
    sigma2: float
    unscaled: Floats
    factorisation: Factorisation
    C: Floats
    N: Floats

    @property
    def degrees(self) -> int:
        """What the residual sum of squares is divided by."""
        return self.design.n_rows - (self.design.n_fixed if self.reml else 0)

    @property
    def residual(self) -> Floats:
        """``r`` with ``W r = y - X beta``."""
        return np.append(-self.beta, 1.0)

    @cached_property
    def inverse(self) -> tuple[Floats, ...]:
        """The inverse of ``A`` where levels meet, one array (q_f, q_g, pairs) for each meeting."""
        diagonal, below = self.factorisation.selected_inverse()
        return _by_meeting(diagonal, below, self.design)

    @cached_property
    def slopes(self) -> tuple[Floats, ...]:
        """Half the slope of the deviance in ``Lambda``, transposed, of each factor: (column, row)."""
        traces = _traces(self)
        K = np.outer(self.residual, self.residual) / self.sigma2
        if self.reml:
            K[:-1, :-1] += self.unscaled
        CK = self.C @ K
        by_level, spans = self.design.by_level, range(len(self.design.q))
        return tuple(traces[f] - np.einsum("alm,blm->ab", by_level(CK, f), by_level(self.N, f)) for f in spans)

    @cached_property
    def slope(self) -> Floats:
        """The gradient in theta."""
        return np.array([2.0 * self.slopes[at.f][at.column, at.row] for at in elements(self.design.blocks)])

    @cached_property
    def rss_slope(self) -> Floats:
        """The gradient of the weighted residual sum of squares in theta."""
        Cr, Nr = self.C @ self.residual, self.N @ self.residual
        by_level = self.design.by_level
        products = [by_level(Cr, f) @ by_level(Nr, f).T for f in range(len(self.design.q))]
        return np.array([-2.0 * products[at.f][at.column, at.row] for at in elements(self.design.blocks)])

    def slope_in_phi(self, f: int) -> Floats:
        """The slope in ``Phi = Lambda Lambda'`` of one factor; its ``Lambda`` has to be invertible."""
        slope = np.linalg.solve(self.Lambda[f].T, self.slopes[f])
        return (slope + slope.T) / 2.0


def deviance(design: SeveralDesign, theta: Floats, reml: bool) -> Deviance | None:
    """The profiled deviance at theta; None where ``X'V^-1 X`` cannot be inverted."""
    Lambda, p = triangles(theta, design), design.n_fixed
    factorisation = design.plan.factor(*_system(design, Lambda))
    if factorisation is None:
        return None
    U = times(Lambda, design.ZW, design, transposed=True)
    C = factorisation.solve(U)
    V = design.WW - U.T @ C
    V = (V + V.T) / 2.0
    try:
        root = np.linalg.cholesky(V[:p, :p])
    except np.linalg.LinAlgError:
        return None
    unscaled = np.linalg.inv(V[:p, :p])
    beta = unscaled @ V[:p, p]
    rss = float(V[p, p] - V[:p, p] @ beta)
    if not rss > 0.0:
        return None
    degrees = design.n_rows - (p if reml else 0)
    sigma2 = rss / degrees
    value = degrees * (LOG_2PI + np.log(sigma2) + 1.0) + factorisation.log_det - design.log_weights
    if reml:
        value += 2.0 * float(np.log(np.diag(root)).sum())
    N = design.ZW - design.ZZ @ times(Lambda, C, design)
    return Deviance(design, reml, float(value), Lambda, beta, sigma2, unscaled, factorisation, C, N)


def times(Lambda: Sequence[Floats], values: Floats, design: SeveralDesign, transposed: bool = False) -> Floats:
    """``Lambda`` or ``Lambda'`` times values (random effects, k)."""
    out = np.empty_like(values)
    for f, (span, one) in enumerate(zip(design.spans, Lambda)):
        own = values[span].reshape(design.q[f], -1)
        out[span] = ((one.T if transposed else one) @ own).reshape(-1, values.shape[1])
    return out


def _system(design: SeveralDesign, Lambda: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """``A``: its diagonal, and what lies below it in the order of the meetings."""
    diagonal, below = [], []
    for meeting in design.meetings:
        product = _turned(Lambda[meeting.f].T, meeting.products, Lambda[meeting.g])
        if meeting.own:
            q = len(product)
            diagonal.append(1.0 + product[np.arange(q), np.arange(q)].ravel())
            product = product[np.tril_indices(q, -1)]
        below.append(product.ravel())
    return np.concatenate(diagonal), np.concatenate(below)


def _turned(left: Floats, products: Floats, right: Floats) -> Floats:
    """``left @ products @ right`` for each of the products (q_f, q_g, pairs)."""
    q_f, q_g, pairs = products.shape
    if q_f == q_g == 1:
        return products * (left[0, 0] * right[0, 0])
    half = (left @ products.reshape(q_f, -1)).reshape(q_f, q_g, pairs)
    return np.matmul(right.T, half)


def _by_meeting(diagonal: Floats, below: Floats, design: SeveralDesign) -> tuple[Floats, ...]:
    """A symmetric matrix on the pattern, as one array (q_f, q_g, pairs) for each meeting."""
    found, at = [], 0
    for meeting in design.meetings:
        q_f, q_g, pairs = meeting.products.shape
        if meeting.own:
            row, column = np.tril_indices(q_f, -1)
            block = np.empty((q_f, q_f, pairs))
            block[np.arange(q_f), np.arange(q_f)] = design.by_level(diagonal, meeting.f)
            block[row, column] = block[column, row] = below[at : at + len(row) * pairs].reshape(len(row), pairs)
            at += len(row) * pairs
        else:
            block = below[at : at + meeting.products.size].reshape(meeting.products.shape)
            at += meeting.products.size
        found.append(block)
    return tuple(found)


def _traces(at: Deviance) -> list[Floats]:
    """For each factor the sum over its levels of the blocks (q, q) of ``A^-1 Lambda'Z'Z``."""
    traces = [np.zeros((q, q)) for q in at.design.q]
    for meeting, S in zip(at.design.meetings, at.inverse):
        q_f, q_g, pairs = S.shape
        flat = S.reshape(-1, pairs) @ meeting.products.reshape(-1, pairs).T
        K = flat.reshape(q_f, q_g, q_f, q_g)
        traces[meeting.f] += np.einsum("acbd,dc->ab", K, at.Lambda[meeting.g])
        if not meeting.own:
            traces[meeting.g] += np.einsum("acbd,ba->cd", K, at.Lambda[meeting.f])
    return traces


def average_curvature(at: Deviance) -> Floats:
    """The mean of the observed and the expected curvature in theta, profiled over sigma, and the bend of Phi.

    In the direction E of ``Lambda`` the covariance moves by ``Z(E Lambda' + Lambda E')Z'``, and the curvature at
    fixed Phi is the length of ``Z d`` in the metric of ``P``, with ``d = (E Lambda' + Lambda E')N r``.
    """
    design, places = at.design, elements(at.design.blocks)
    Cr, Nr = at.C @ at.residual, at.N @ at.residual
    d = np.zeros((design.plan.n, len(places)))
    for k, one in enumerate(places):
        own, C, N = design.by_level(d[:, k], one.f), design.by_level(Cr, one.f), design.by_level(Nr, one.f)
        own[one.row] += C[one.column]
        own += at.Lambda[one.f][:, one.column, None] * N[one.row]
        d[design.spans[one.f], k] = own.ravel()
    ZZd = design.ZZ @ d
    half = at.factorisation.half_solve(times(at.Lambda, ZZd, design, transposed=True))
    moved = at.N[:, :-1].T @ d
    squares = d.T @ ZZd - half.T @ half - moved.T @ at.unscaled @ moved
    curvature = squares / at.sigma2 - np.outer(at.rss_slope, at.rss_slope) / (at.degrees * at.sigma2**2)
    return curvature + _bend(at)


def _bend(at: Deviance) -> Floats:
    """What the curvature of ``Phi = Lambda Lambda'`` in theta adds, where ``Lambda`` can be inverted."""
    places = elements(at.design.blocks)
    bend = np.zeros((len(places), len(places)))
    for f, Lambda in enumerate(at.Lambda):
        if _thinnest(Lambda) < 1e-12:
            continue
        slope = at.slope_in_phi(f)
        for k, one in enumerate(places):
            for l, other in enumerate(places):  # noqa: E741
                if one.f == other.f == f and one.column == other.column:
                    bend[k, l] = 2.0 * slope[one.row, other.row]
    return bend


def observed_curvature(design: SeveralDesign, theta: Floats, at: Deviance) -> Floats:
    """The Hessian of the profiled deviance in theta, from differences of its gradient.

    Differences are central; where one gradient is costly they are taken to one side of the gradient that is known.
    """
    curvature = np.empty((len(theta), len(theta)))
    central = design.plan.n <= MANY_EFFECTS
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = (CENTRAL_STEP if central else ONE_SIDED_STEP) * max(1.0, abs(theta[k]))
        above = _slope(design, theta + step, at.reml)
        below = _slope(design, theta - step, at.reml) if central else at.slope
        curvature[k] = (above - below) / (step[k] * (2.0 if central else 1.0))
    return (curvature + curvature.T) / 2.0


def _slope(design: SeveralDesign, theta: Floats, reml: bool) -> Floats:
    at = deviance(design, theta, reml)
    return np.full(len(theta), np.nan) if at is None else at.slope


class Surface:
    """The profiled deviance over theta. The last point is kept, because a search asks for its end twice."""

    def __init__(self, design: SeveralDesign, reml: bool) -> None:
        self.design = design
        self.reml = reml
        self.evaluations = 0
        self._theta: Floats | None = None
        self._at: Deviance | None = None

    def at(self, theta: Floats) -> Deviance | None:
        """The deviance at theta."""
        if self._theta is None or not np.array_equal(theta, self._theta):
            self.evaluations += 1
            self._theta, self._at = theta.copy(), deviance(self.design, theta, self.reml)
        return self._at

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Profiled deviance, gradient and approximate Hessian in theta."""
        at = self.at(theta)
        if at is None:
            return np.inf, theta, np.eye(len(theta))
        return at.value, at.slope, average_curvature(at)


# ---- the search ------------------------------------------------------------------------------------------------


def search(surface: Surface, start: Floats | None = None) -> Minimum:
    """The theta with the smallest deviance; boundaries are entered, left and tried again from elsewhere."""
    design = surface.design
    best = descend(surface, moment_start(design) if start is None else np.asarray(start, dtype=float))
    if design.plan.n > MANY_EFFECTS:
        return best
    shaky = [f for f, Lambda in enumerate(triangles(best.at, design)) if _thinnest(Lambda) < 10.0 * VANISHED]
    if shaky:
        others = [descend(surface, _restart(best.at, shaky, size, design)) for size in OTHER_STARTS]
        best = min([best, *others], key=lambda found: found.value)
    return _polished(surface, best)


def moment_start(design: SeveralDesign) -> Floats:
    """Where the search begins: variances that give sums of squares the expectation that they are seen to have.

    With `r` the residual of least squares, ``sum over levels of (z'r)^2 / z'z`` of each random column, and ``r'r``,
    have expectations that are linear in the variances; what the fixed effects take up is left out of account.
    """
    spans = [design.spans[f].start + np.arange(q) * n for f, (q, n) in enumerate(zip(design.q, design.n_levels))]
    first = np.concatenate(spans)
    square = design.ZZ.multiply(design.ZZ)
    length = np.maximum(design.ZZ.diagonal(), 1e-12)
    per_level = np.add.reduceat((square @ _indicator(first, design.plan.n)) / length[:, None], first, axis=0)
    total = np.add.reduceat(length, first)
    p = design.n_fixed
    r = np.append(-np.linalg.lstsq(design.WW[:p, :p], design.WW[:p, p], rcond=None)[0], 1.0)
    seen = np.append(np.add.reduceat((design.ZW @ r) ** 2 / length, first), r @ design.WW @ r)
    levels = np.diff(np.append(first, design.plan.n))
    expected = np.block([[per_level, levels[:, None].astype(float)], [total, np.array([[float(design.n_rows)]])]])
    variances = np.linalg.lstsq(expected, seen, rcond=None)[0]
    residual = max(float(variances[-1]), 0.05 * float(seen[-1]) / design.n_rows)
    sizes = np.clip(np.sqrt(np.maximum(variances[:-1], 0.0) / residual), LEAST_START, LARGEST_START)
    ends = np.cumsum(design.q)
    return theta_of([np.diag(sizes[end - q : end]) for q, end in zip(design.q, ends)], design)


def _indicator(first: NDArray[np.intp], n: int) -> Floats:
    """One column for each run of rows, with ones in it."""
    return np.repeat(np.eye(len(first)), np.diff(np.append(first, n)), axis=0)


def _restart(theta: Floats, factors: Sequence[int], size: float, design: SeveralDesign) -> Floats:
    """The same theta but for some factors, whose random effects all get one relative standard deviation."""
    Lambda = triangles(theta, design)
    for f in factors:
        Lambda[f][:] = size * np.eye(design.q[f])
    return theta_of(Lambda, design)


def _polished(surface: Surface, found: Minimum) -> Minimum:
    """One step with the observed curvature, where that is cheap, for digits that the approximate one leaves."""
    at = surface.at(found.at)
    if at is None:
        return found
    theta = found.at + downhill_step(at.slope, observed_curvature(surface.design, found.at, at))
    further = surface.at(theta)
    if further is None or not np.abs(further.slope).max() < np.abs(at.slope).max():
        return found
    return replace(found, at=theta, value=further.value, slope=further.slope)


def _thinnest(Lambda: Floats) -> float:
    return float(np.abs(np.diag(Lambda)).min())


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method; where theta is stationary and ``Phi`` is not, it goes on from beside there."""
    tolerance = TOLERANCE if surface.design.plan.n <= MANY_EFFECTS else TOLERANCE_OF_MANY
    found = minimise(surface, start, tolerance)
    for _ in range(sum(surface.design.q) + 1):
        found = _onto_boundary(surface, found)
        escape = _way_out(surface, found)
        if escape is None:
            return found
        further = minimise(surface, escape, tolerance)
        if further.value >= found.value:
            return found
        found = replace(further, steps=found.steps + further.steps)
    return found


def _onto_boundary(surface: Surface, found: Minimum) -> Minimum:
    """Set diagonal elements that have all but vanished to zero, if the deviance does not mind."""
    Lambda = triangles(found.at, surface.design)
    for one in Lambda:
        vanished = np.flatnonzero(np.abs(np.diag(one)) < VANISHED)
        one[vanished, vanished] = 0.0
    theta = theta_of(Lambda, surface.design)
    if np.array_equal(theta, found.at):
        return found
    at = surface.at(theta)
    if at is None or at.value > found.value + 1e-9:
        return found
    return replace(found, at=theta, value=at.value, slope=at.slope)


def _way_out(surface: Surface, found: Minimum) -> Floats | None:
    """A better theta that theta itself cannot see, or None at a true optimum.

    Where ``Phi`` of a factor is singular, the gradient in theta vanishes by symmetry in the directions that lead
    away from the boundary. The slope in ``Phi`` does not; it is taken a little way off, where ``Lambda`` can be
    inverted. At an optimum it has no negative eigenvalue; where it has one, its eigenvector points to a better
    ``Phi``.
    """
    design = surface.design
    Lambda = triangles(found.at, design)
    singular = [f for f, one in enumerate(Lambda) if _thinnest(one) < VANISHED]
    if not singular:
        return None
    lifted = list(Lambda)
    for f in singular:
        lifted[f] = _raised(Lambda[f], LIFT**2 * np.eye(design.q[f]), design.blocks[f])
    at = surface.at(theta_of(lifted, design))
    if at is None:
        return None
    for f in singular:
        for block in design.blocks[f]:
            own = np.ix_(block, block)
            eigenvalue, eigenvector = np.linalg.eigh(at.slope_in_phi(f)[own])
            if eigenvalue[0] > -1e-5 * max(1.0, design.n_levels[f] ** 0.5):
                continue
            towards = np.zeros_like(Lambda[f])
            towards[own] = np.outer(eigenvector[:, 0], eigenvector[:, 0])
            beside = _first_better(surface, found.value, Lambda, f, towards)
            if beside is not None:
                return beside
    return None


def _raised(Lambda: Floats, by: Floats, blocks: Sequence[Sequence[int]]) -> Floats:
    """The lower triangle of ``Phi`` plus something, block by block."""
    Phi = Lambda @ Lambda.T + by
    out = np.zeros_like(Phi)
    for block in blocks:
        own = np.ix_(block, block)
        out[own] = np.linalg.cholesky(Phi[own])
    return out


def _first_better(
    surface: Surface, value: float, Lambda: tuple[Floats, ...], f: int, towards: Floats
) -> Floats | None:
    """The first of some shrinking steps from ``Phi`` of one factor that lowers the deviance."""
    design = surface.design
    for size in (0.1, 0.01, 1e-3, 1e-4):
        moved = list(Lambda)
        moved[f] = _raised(Lambda[f], size * towards + 1e-10 * np.eye(design.q[f]), design.blocks[f])
        theta = theta_of(moved, design)
        at = surface.at(theta)
        if at is not None and at.value < value:
            return theta
    return None


# ---- the fit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SeveralFit:
    """A fitted linear mixed model with several grouping factors, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their model-based covariance.
    sigma2 : float
        Residual variance, of a row of weight one.
    covariances : tuple of numpy.ndarray, shapes (q, q)
        Covariance of the random effects of each factor; zero between columns that may not correlate.
    deviance : float
        Minus twice the log-likelihood, restricted for REML.
    reml : bool
        Whether the likelihood is restricted.
    singular_factors : tuple of bool
        Whether the covariance of each factor lies on the boundary of covariance matrices.
    theta : numpy.ndarray
        Where the search ended, in standardised columns: a start for a fit of the same columns.
    minimum : Minimum
        How the search ended.
    design : SeveralDesign
        The standardised design and the way back from it.
    at : Deviance
        The deviance at the optimum, standardised.
    """

    beta: Floats
    vcov: Floats
    sigma2: float
    covariances: tuple[Floats, ...]
    deviance: float
    reml: bool
    singular_factors: tuple[bool, ...]
    theta: Floats
    minimum: Minimum
    design: SeveralDesign
    at: Deviance

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance (k + 1, k + 1) of (theta, sigma squared) from the observed curvature; standardised columns.

        ``2 H^-1`` with ``H`` the Hessian of the deviance that is not profiled over sigma. Directions in which the
        deviance is flat, or bends down, as it can on a boundary, carry no variance.
        """
        at, k = self.at, len(self.theta)
        H = np.empty((k + 1, k + 1))
        H[:k, :k] = observed_curvature(self.design, self.theta, at)
        H[:k, :k] += np.outer(at.rss_slope, at.rss_slope) / (at.degrees * at.sigma2**2)
        H[:k, k] = H[k, :k] = -at.rss_slope / at.sigma2**2
        H[k, k] = at.degrees / at.sigma2**2
        return 2.0 * inverse_where_curved(H)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, free elements of the covariances and the residual variance."""
        return len(self.beta) + len(self.theta) + 1

    @property
    def singular(self) -> bool:
        """Whether any of the covariances lies on the boundary."""
        return any(self.singular_factors)

    @property
    def converged(self) -> bool:
        """Whether the search reached its tolerance."""
        return self.minimum.converged

    @property
    def steps(self) -> int:
        """Steps of the search."""
        return self.minimum.steps


def fit_several(
    y: Floats,
    X: Floats,
    factors: Sequence[Factor],
    reml: bool = True,
    weight: Floats | None = None,
    start: Floats | None = None,
) -> SeveralFit:
    """Fit a linear mixed model with several grouping factors by (restricted) maximum likelihood.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns, of full rank.
    factors : sequence of Factor
        The grouping factors, nested, crossed or of multiple membership in any combination.
    reml : bool
        Restricted maximum likelihood.
    weight : numpy.ndarray, shape (rows,), optional
        Positive weights: the residual variance of a row is ``sigma^2 / weight``.
    start : numpy.ndarray, optional
        Where the search begins: `theta` of a fit of the same columns.

    Raises
    ------
    ValueError
        When the fixed-effect columns are not of full rank, the model leaves no residual at all, weights are not
        positive, or levels are linked too closely for the memory of an ordinary computer.

    Notes
    -----
    With weights the deviance contains ``-sum(log(weight))``. The restricted likelihood depends on the scale of the
    columns of ``X``; the value is that of the original ones.

    References
    ----------
    Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw 67(1).
    Gilmour, Thompson & Cullis (1995), Average information REML, Biometrics 51, 1440-1450.
    """
    return fit_design(several_design(y, X, factors, weight), reml, start)


def fit_design(design: SeveralDesign, reml: bool = True, start: Floats | None = None) -> SeveralFit:
    """Fit a design that `several_design` has made; see `fit_several`."""
    surface = Surface(design, reml)
    found = search(surface, start)
    at = surface.at(found.at)
    if at is None:
        raise ValueError("the columns are not of full rank, or reproduce the outcome exactly")
    forth, scale = design.fixed_forth, design.y_scale
    of_columns = 2.0 * float(np.linalg.slogdet(design.X_back)[1]) if reml else 0.0
    sigma2 = at.sigma2 * scale**2
    halves = [back @ Lambda for back, Lambda in zip(design.random_forth, at.Lambda)]
    return SeveralFit(
        beta=design.y_shift + scale * (forth @ at.beta),
        vcov=sigma2 * (forth @ at.unscaled @ forth.T),
        sigma2=sigma2,
        covariances=tuple(sigma2 * (half @ half.T) for half in halves),
        deviance=float(at.value + 2.0 * at.degrees * np.log(scale) + of_columns),
        reml=reml,
        singular_factors=tuple(bool(np.linalg.eigvalsh(L @ L.T)[0] < VANISHED**2) for L in at.Lambda),
        theta=found.at,
        minimum=found,
        design=design,
        at=at,
    )


def random_effects(fit: SeveralFit) -> tuple[tuple[Floats, Floats], ...]:
    """Best linear unbiased predictions of the random effects of each factor, and their conditional covariance.

    Returns
    -------
    tuple of (effects, covariance)
        For each factor the effects (q, levels), and their covariance (q, q, levels) given the data and the
        estimates: the part of the joint covariance of all factors' effects that belongs to one level.
    """
    found = []
    effects = times(fit.at.Lambda, (fit.at.C @ fit.at.residual)[:, None], fit.design)[:, 0]
    for f, (Lambda, forth) in enumerate(zip(fit.at.Lambda, fit.design.random_forth)):
        back = forth @ Lambda
        covariance = fit.sigma2 * _turned(back, fit.at.inverse[f], back.T)
        found.append((fit.design.y_scale * (forth @ fit.design.by_level(effects, f)), covariance))
    return tuple(found)
