"""The linear mixed model with one grouping factor: its deviance, and the fit that makes it smallest.

For the rows of one group the model is ``y = X beta + Z b + e`` with ``b ~ N(0, sigma^2 Phi)`` and
``e ~ N(0, sigma^2 I)``, so ``y`` has covariance ``sigma^2 V`` with ``V = I + Z Phi Z'``. `beta` and `sigma` have
closed forms given `Phi`; the search runs over the lower triangle `theta` of ``Lambda``, where
``Phi = Lambda Lambda'`` (Bates, Mächler, Bolker & Walker 2015). With ``T = (I + Z'Z Phi)^-1`` all that the
deviance and its first and second derivatives need are, for each group,

    ``Z'V^-1 Z = T Z'Z``,   ``Z'V^-1 W = T Z'W``,   ``log|V| = -log|T|``,

small matrices made of the cross-products. ``T`` exists for every ``Phi``, also on the boundary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtri

from securebase_analysis.engines.cross_products import CrossProducts, every_nth
from securebase_analysis.engines.descent import Minimum, downhill_step, inverse_where_curved, minimise
from securebase_analysis.engines.standard import StandardDesign

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Blocks = tuple[tuple[int, ...], ...]
"""Numbers of the random columns whose effects may correlate, block by block."""

LOG_2PI = float(np.log(2.0 * np.pi))
START = 0.7
OTHER_STARTS = (0.15, 2.0)
LEAST_START, MOST_START = 0.1, 10.0
"""Relative standard deviations between which a search begins."""
VANISHED = 1e-3
"""A relative standard deviation (columns have unit scale) below which the boundary itself is tried."""
MANY_GROUPS = 12_000
SAMPLED_GROUPS = 3_000
GROUPS_AT_ONCE = 4_096


# ---- the deviance and its derivatives --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Deviance:
    """The profiled deviance at one relative covariance ``Phi``, with what was met on the way to it.

    Attributes
    ----------
    value : float
        Minus twice the log-likelihood (restricted for REML), maximised over `beta` and `sigma`.
    beta : numpy.ndarray, shape (p,)
        Fixed effects.
    sigma2 : float
        Residual variance.
    unscaled : numpy.ndarray, shape (p, p)
        ``(X'V^-1 X)^-1``; times `sigma2` the covariance of `beta`.
    M : numpy.ndarray, shape (q, q, groups)
        ``Z'V^-1 Z``.
    N : numpy.ndarray, shape (q, m, groups)
        ``Z'V^-1 W``.
    S : numpy.ndarray, shape (q, q, m, m)
        Sum over groups of the outer products of the rows of ``N``; minus the slope of ``W'V^-1 W`` in ``Phi``.
    traces : numpy.ndarray, shape (q, q, q, q)
        Sum over groups of ``M_ab M_cd``.
    slope : numpy.ndarray, shape (q, q)
        Derivative in the direction ``E`` is ``sum(slope * E)``.
    curvature : numpy.ndarray, shape (q, q, q, q)
        Second derivative in the directions ``E`` and ``E'`` at fixed `sigma2` is ``sum(curvature * E * E')``.
    rss_slope : numpy.ndarray, shape (q, q)
        Derivative of the weighted residual sum of squares.
    """

    value: float
    beta: Floats
    sigma2: float
    unscaled: Floats
    M: Floats
    N: Floats
    S: Floats
    traces: Floats
    slope: Floats
    curvature: Floats
    rss_slope: Floats


def deviance(products: CrossProducts, Phi: Floats, reml: bool) -> Deviance | None:
    """The profiled deviance at ``Phi`` and its derivatives; None where ``X'V^-1 X`` cannot be inverted."""
    n, p, q = products.n_rows, products.n_fixed, products.n_random
    degrees = n - p if reml else n

    both, C, log_det_V = _solved(products, Phi)
    M, N = both[:, :q], both[:, q:]
    root, failed = dpotrf(C[:p, :p], lower=1)
    if failed:
        return None
    half = dtrtri(root, lower=1)[0] if p else root
    unscaled = half.T @ half
    beta = unscaled @ C[:p, p]
    rss = float(C[p, p] - C[:p, p] @ beta)
    if not rss > 0.0:
        return None

    sigma2 = rss / degrees
    value = degrees * (LOG_2PI + math.log(sigma2) + 1.0) + log_det_V
    residual = np.append(-beta, 1.0)
    K = residual[:, None] * (residual / sigma2)
    if reml:
        value += 2.0 * float(np.log(root.diagonal()).sum())
        K[:p, :p] += unscaled

    S, traces = _outer_sums(both, products.root_weight)
    of_products, F_sum = _weighed(M, N, K)
    slope = M @ products.weight - F_sum
    moved = S @ residual
    return Deviance(
        value=value,
        beta=beta,
        sigma2=sigma2,
        unscaled=unscaled,
        M=M,
        N=N,
        S=S,
        traces=traces,
        slope=(slope + slope.T) / 2.0,
        curvature=_curvature(traces, of_products, S, moved[:, :, :p], unscaled, sigma2, reml),
        rss_slope=-(moved @ residual),
    )


def _curvature(
    traces: Floats, of_products: Floats, S: Floats, moved: Floats, unscaled: Floats, sigma2: float, reml: bool
) -> Floats:
    """Second derivatives in the elements of ``Phi`` at fixed `sigma2`.

    In the directions E and E', with ``C_E = -sum(N'EN)`` the slope of ``W'V^-1 W``:
    ``log|V|`` gives ``-tr(M E M E')``; the curvature of ``W'V^-1 W`` gives ``2 tr(E M E' F)``; following `beta` as
    it moves takes off ``2 (C_E r)'(X'V^-1 X)^-1 (C_E' r) / sigma2``; ``log|X'V^-1 X|`` takes off
    ``tr(U C_E U C_E')`` with ``U = (X'V^-1 X)^-1``.
    """
    q, p = len(S), len(unscaled)
    # tr(M E M E') = M_ab E_bc M_cd E'_da;  tr(E M E' F) = E_ab M_bc E'_cd F_da
    curvature = 2.0 * of_products.transpose(3, 0, 1, 2) - traces.transpose(1, 2, 3, 0)
    flat = moved.reshape(q * q, p)
    curvature -= (2.0 / sigma2 * (flat @ unscaled) @ flat.T).reshape(q, q, q, q)
    if reml:
        turned = unscaled @ S[:, :, :p, :p]
        crossed = turned.transpose(0, 1, 3, 2).reshape(q * q, p * p)
        curvature -= (turned.reshape(q * q, p * p) @ crossed.T).reshape(q, q, q, q)
    return np.asarray(curvature, dtype=float)


def identity_plus(matrices: Floats, matrix: Floats) -> Floats:
    """``I + A B`` for each of the matrices A (q, q, groups) and one matrix B."""
    made = _times(matrices, matrix)
    for diagonal in range(len(matrix)):
        made[diagonal, diagonal] += 1.0
    return made


def _times(matrices: Floats, matrix: Floats) -> Floats:
    """Each of the matrices (q, q, groups) times one matrix."""
    return np.einsum("abg,bc->acg", matrices, matrix)


def _solved(products: CrossProducts, Phi: Floats) -> tuple[Floats, Floats, float]:
    """``Z'V^-1 [Z, W]`` of each group, ``W'V^-1 W`` and ``log|V|``, so many groups at a time as a cache holds."""
    q, sums = products.n_random, products.sums
    both, C, log_det = np.empty_like(sums), products.WW.copy(), 0.0
    for start in range(0, sums.shape[2], GROUPS_AT_ONCE):
        block = slice(start, start + GROUPS_AT_ONCE)
        own = sums[:, :, block]
        T, log_det_T = inverse_and_log_det(identity_plus(own[:, :q], Phi))
        np.einsum("abg,bkg->akg", T, own, out=both[:, :, block])
        turned = np.einsum("ab,bmg->amg", Phi, both[:, q:, block])
        C -= np.matmul(own[:, q:], turned.transpose(0, 2, 1)).sum(axis=0)
        log_det -= float(products.weight[block] @ log_det_T)
    return both, C, log_det


def _weighed(M: Floats, N: Floats, K: Floats) -> tuple[Floats, Floats]:
    """With ``F = N K N'`` of each group, the sums over groups of ``M_ab F_cd`` and of ``F``."""
    q, _, groups = M.shape
    of_products, total = np.zeros((q * q, q * q)), np.zeros((q, q))
    for start in range(0, groups, GROUPS_AT_ONCE):
        block = slice(start, start + GROUPS_AT_ONCE)
        own = N[:, :, block]
        F = np.einsum("amg,bmg->abg", K @ own, own)
        of_products += M[:, :, block].reshape(q * q, -1) @ F.reshape(q * q, -1).T
        total += F.sum(axis=2)
    return of_products.reshape(q, q, q, q), total


def _outer_sums(both: Floats, root_weight: Floats | None) -> tuple[Floats, Floats]:
    """Sums over groups of ``N_ai N_bj``, shape (q, q, m, m), and of ``M_ab M_cd`` by weight, from ``[M, N]``."""
    q, k, groups = both.shape
    if root_weight is not None:
        both = both.copy()
        both[:, :q] *= root_weight
    flat = both.reshape(q * k, groups)
    sums = (flat @ flat.T).reshape(q, k, q, k)
    return sums[:, q:, :, q:].transpose(0, 2, 1, 3), sums[:, :q, :, :q]


def inverse_and_log_det(matrices: Floats) -> tuple[Floats, Floats]:
    """Inverses (q, q, groups) of small matrices, and the logarithms of the determinants of these inverses."""
    q = len(matrices)
    if q == 1:
        return 1.0 / matrices, -np.log(matrices[0, 0])
    if q == 2:
        (a, b), (c, d) = matrices
        det = a * d - b * c
        inverse = np.empty_like(matrices)
        inverse[0, 0], inverse[0, 1], inverse[1, 0], inverse[1, 1] = d, -b, -c, a
        inverse /= det
        return inverse, -np.log(det)
    stacked = matrices.transpose(2, 0, 1)
    inverse = np.asarray(np.linalg.inv(stacked), dtype=float)
    return inverse.transpose(1, 2, 0), -np.linalg.slogdet(stacked)[1]


# ---- from Phi to theta -----------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def free_elements(q: int, blocks: Blocks | None = None) -> tuple[Ints, Ints]:
    """Row and column of the elements of ``Lambda`` that are not zero, column by column.

    All of the lower triangle, or where both columns stand in one block.
    """
    column, row = np.triu_indices(q)
    if blocks is None:
        return row, column
    block_of = np.full(q, -1)
    for number, block in enumerate(blocks):
        block_of[list(block)] = number
    free = (block_of[row] == block_of[column]) & (block_of[row] >= 0)
    return row[free], column[free]


def lower(q: int) -> tuple[Ints, Ints]:
    """Row and column of the elements of a lower triangle, column by column."""
    return free_elements(q)


def triangle(theta: Floats, q: int, blocks: Blocks | None = None) -> Floats:
    """``Lambda``: its free elements filled column by column."""
    Lambda = np.zeros((q, q))
    Lambda[free_elements(q, blocks)] = theta
    return Lambda


def directions(Lambda: Floats, blocks: Blocks | None = None) -> Floats:
    """The direction in which ``Phi = Lambda Lambda'`` moves with each element of theta, shape (k, q, q)."""
    half = _unit_triangles(len(Lambda), blocks) @ Lambda.T
    return half + half.transpose(0, 2, 1)


@lru_cache(maxsize=64)
def _unit_triangles(q: int, blocks: Blocks | None) -> Floats:
    """One matrix per element of theta, with a one at its place."""
    row, column = free_elements(q, blocks)
    unit = np.zeros((len(row), q, q))
    unit[np.arange(len(row)), row, column] = 1.0
    unit.flags.writeable = False
    return unit


@lru_cache(maxsize=64)
def _of_one_column(q: int, blocks: Blocks | None) -> tuple[tuple[Ints, ...], Floats]:
    """Where the slope bends the path of two elements of theta: at their rows, if they stand in one column."""
    row, column = free_elements(q, blocks)
    return np.ix_(row, row), 2.0 * (column[:, None] == column)


def curvature_in_theta(at: Deviance, Lambda: Floats, blocks: Blocks | None = None) -> Floats:
    """Second derivatives in theta at fixed sigma2, by the chain rule."""
    q = len(Lambda)
    move = directions(Lambda, blocks).reshape(-1, q * q)
    along = move @ at.curvature.reshape(q * q, q * q) @ move.T
    rows, bends = _of_one_column(q, blocks)
    return (along + along.T) / 2.0 + bends * at.slope[rows]


class Surface:
    """The profiled deviance over theta. The last point is kept, because a search asks for its end twice."""

    def __init__(self, products: CrossProducts, reml: bool, blocks: Blocks | None = None) -> None:
        self.products = products
        self.reml = reml
        self.blocks = blocks
        self.q = products.n_random
        self.degrees = products.n_rows - (products.n_fixed if reml else 0)
        self.free = free_elements(self.q, blocks)
        self._theta: bytes | None = None
        self._at: Deviance | None = None

    def triangle(self, theta: Floats) -> Floats:
        """``Lambda`` with these elements."""
        Lambda = np.zeros((self.q, self.q))
        Lambda[self.free] = theta
        return Lambda

    def at(self, theta: Floats) -> Deviance | None:
        """The deviance at theta."""
        if theta.tobytes() != self._theta:
            # The arrays of the last point go before those of the next are made.
            self._at = None
            Lambda = self.triangle(theta)
            self._theta, self._at = theta.tobytes(), deviance(self.products, Lambda @ Lambda.T, self.reml)
        return self._at

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Profiled deviance, gradient and Hessian in theta."""
        at = self.at(theta)
        if at is None:
            return np.inf, theta, np.eye(len(theta))
        Lambda = self.triangle(theta)
        gradient = 2.0 * (at.slope @ Lambda)[self.free]
        of_rss = 2.0 * (at.rss_slope @ Lambda)[self.free]
        hessian = curvature_in_theta(at, Lambda, self.blocks)
        hessian -= of_rss[:, None] * (of_rss / (self.degrees * at.sigma2**2))
        return at.value, gradient, hessian


# ---- the search ------------------------------------------------------------------------------------------------


def search(surface: Surface) -> Minimum:
    """The theta with the smallest deviance; boundaries are entered, left and tried again from elsewhere."""
    products = surface.products
    start = _same_everywhere(surface, START)
    if products.n_groups > MANY_GROUPS:
        sample = every_nth(products, products.n_groups // SAMPLED_GROUPS)
        start = descend(Surface(sample, surface.reml, surface.blocks), start).at
    else:
        start = _by_moments(surface, start)
    best = descend(surface, start)
    if _near_boundary(surface, best):
        others = [descend(surface, _same_everywhere(surface, size)) for size in (START, *OTHER_STARTS)]
        best = min([best, *others], key=lambda found: found.value)
    return best


def _same_everywhere(surface: Surface, size: float) -> Floats:
    """The theta of uncorrelated random effects of one relative standard deviation."""
    return size * np.eye(surface.q)[surface.free]


def _near_boundary(surface: Surface, found: Minimum) -> bool:
    """Whether a diagonal element has all but vanished."""
    row, column = surface.free
    diagonal = np.abs(found.at[row == column])
    return bool(len(diagonal)) and float(diagonal.min()) < 10.0 * VANISHED


def _by_moments(surface: Surface, theta: Floats) -> Floats:
    """One step of scoring in the variances from theta, which is where most searches end but for their last digits.

    The variances enter the covariance of the outcome linearly, so that in balanced data this step arrives.
    """
    at = surface.at(theta)
    if at is None or not len(theta):
        return theta
    q, (row, column) = surface.q, surface.free
    basis = symmetric_basis(q, surface.blocks)
    Lambda = surface.triangle(theta)
    trace = np.einsum("kab,ab->k", basis, at.M @ surface.products.weight)
    crossed = at.traces.transpose(1, 2, 3, 0).reshape(q * q, q * q)
    flat = basis.reshape(-1, q * q)
    information = flat @ crossed @ flat.T - trace[:, None] * (trace / surface.products.n_rows)
    step = downhill_step(flat @ at.slope.ravel(), information)
    growth = max(1.0 - float(trace @ step) / surface.products.n_rows, 0.1)
    moved = Lambda @ Lambda.T + np.tensordot(step / growth, basis, axes=1)
    value, vector = np.linalg.eigh(moved)
    inside = (vector * np.clip(value, LEAST_START**2, MOST_START**2)) @ vector.T
    return np.asarray(np.linalg.cholesky(inside * (np.abs(basis).sum(axis=0) > 0))[row, column], dtype=float)


@lru_cache(maxsize=64)
def symmetric_basis(q: int, blocks: Blocks | None = None) -> Floats:
    """One symmetric matrix per free element of ``Phi``, with ones at its places."""
    row, column = free_elements(q, blocks)
    basis = np.zeros((len(row), q, q))
    basis[np.arange(len(row)), row, column] = 1.0
    basis[np.arange(len(row)), column, row] = 1.0
    basis.flags.writeable = False
    return basis


def descend(surface: Surface, start: Floats) -> Minimum:
    """Newton's method; where theta is stationary and ``Phi`` is not, it goes on from beside there."""
    found = minimise(surface, start)
    for _ in range(surface.q):
        found = _onto_boundary(surface, found)
        escape = _way_out(surface, found.at)
        if escape is None:
            return found
        further = minimise(surface, escape)
        if further.value >= found.value:
            return found
        found = replace(further, steps=found.steps + further.steps)
    return found


def _onto_boundary(surface: Surface, found: Minimum) -> Minimum:
    """Set a diagonal element that has all but vanished to zero, if the deviance does not mind."""
    row, column = surface.free
    vanished = (row == column) & (np.abs(found.at) < VANISHED)
    theta = np.where(vanished, 0.0, found.at)
    if np.array_equal(theta, found.at):
        return found
    value, slope, _ = surface(theta)
    return replace(found, at=theta, value=value, slope=slope) if value <= found.value + 1e-9 else found


def _way_out(surface: Surface, theta: Floats) -> Floats | None:
    """A better theta in the direction of negative slope that theta itself cannot see, or None at a true optimum.

    On the boundary the gradient in theta vanishes by symmetry. At an optimum over covariance matrices the slope in
    ``Phi`` has no negative eigenvalue; where it has one, its eigenvector points to a better ``Phi``.
    """
    at = surface.at(theta)
    if at is None or not len(theta):
        return None
    may_differ = symmetric_basis(surface.q, surface.blocks).sum(axis=0) > 0.0
    slope = at.slope * may_differ
    least = -1e-5 * max(1.0, float(surface.products.weight.sum()) ** 0.5)
    if np.abs(slope).sum(axis=1).max() < -least:
        return None
    eigenvalue, eigenvector = np.linalg.eigh(slope)
    if eigenvalue[0] > least:
        return None
    Lambda, v = surface.triangle(theta), eigenvector[:, 0]
    for size in (0.1, 0.01, 1e-3, 1e-4):
        moved = Lambda @ Lambda.T + size * np.outer(v, v) * may_differ + 1e-10 * np.eye(surface.q)
        beside = np.asarray(np.linalg.cholesky(moved)[surface.free], dtype=float)
        if surface(beside)[0] < at.value:
            return beside
    return None


# ---- the fit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted linear mixed model, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Fixed effects and their model-based covariance.
    sigma2 : float
        Residual variance.
    D : numpy.ndarray, shape (q, q)
        Covariance of the random effects.
    deviance : float
        Minus twice the log-likelihood, restricted for REML.
    singular : bool
        Whether ``D`` lies on the boundary of covariance matrices.
    reml : bool
        Whether the likelihood is restricted.
    minimum : Minimum
        How the search ended, in standardised columns.
    design : StandardDesign
        The standardised cross-products and the way back from them.
    Lambda : numpy.ndarray, shape (q, q)
        Square root of the relative covariance of the random effects, standardised.
    at : Deviance
        The deviance at the optimum, standardised, over ``design.merged``.
    blocks : tuple of tuple of int, optional
        Numbers of the random effects that may correlate, block by block; None for all.
    """

    beta: Floats
    vcov: Floats
    sigma2: float
    D: Floats
    deviance: float
    singular: bool
    reml: bool
    minimum: Minimum
    design: StandardDesign
    Lambda: Floats
    at: Deviance
    blocks: Blocks | None = None

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @property
    def degrees(self) -> int:
        """What the residual sum of squares is divided by."""
        return self.design.groups.n_rows - (len(self.beta) if self.reml else 0)

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance (k + 1, k + 1) of (theta, sigma squared) from the observed curvature; standardised columns.

        ``2 H^-1`` with ``H`` the Hessian of the deviance that is not profiled over sigma. Directions in which the
        deviance is flat, or bends down, as it can on a boundary, carry no variance.
        """
        at, free = self.at, free_elements(len(self.Lambda), self.blocks)
        k = len(free[0])
        H = np.empty((k + 1, k + 1))
        H[:k, :k] = curvature_in_theta(at, self.Lambda, self.blocks)
        H[:k, k] = H[k, :k] = -2.0 * (at.rss_slope @ self.Lambda)[free] / at.sigma2**2
        H[k, k] = self.degrees / at.sigma2**2
        return 2.0 * inverse_where_curved(H)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, free elements of ``D`` and the residual variance."""
        return len(self.beta) + len(free_elements(len(self.D), self.blocks)[0]) + 1


def fit_mixed(design: StandardDesign, reml: bool = True, blocks: Blocks | None = None) -> MixedFit:
    """Fit a linear mixed model with one grouping factor by (restricted) maximum likelihood.

    Parameters
    ----------
    design : StandardDesign
        From `standard_design`; its fixed-effect columns are of full rank.
    reml : bool
        Restricted maximum likelihood.
    blocks : tuple of tuple of int, optional
        Numbers of the random columns whose effects may correlate, block by block, such as ``((0,), (1,))`` for a
        level and a slope that do not; all may by default. A column in no block has no random effect.

    Raises
    ------
    ValueError
        When the fixed-effect columns are not of full rank, or the model leaves no residual at all.

    Notes
    -----
    The restricted likelihood depends on the scale of the columns of ``X``; the value is that of the original ones.

    References
    ----------
    Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw 67(1).
    """
    blocks = None if blocks is not None and any(len(block) == len(design.Z_back) for block in blocks) else blocks
    if blocks is not None:
        design = design.with_random_columns_scaled_only()
    surface = Surface(design.merged, reml, blocks)
    return fit_at(surface, search(surface), design)


def fit_at(surface: Surface, found: Minimum, design: StandardDesign) -> MixedFit:
    """The fit at the end of a search, in the units of the data."""
    Lambda, at = surface.triangle(found.at), surface.at(found.at)
    if at is None:
        raise ValueError("the columns are not of full rank, or reproduce the outcome exactly")
    contrasts, scale = design.fixed_forth, design.y_scale
    of_scale = 2.0 * surface.degrees * math.log(scale)
    of_columns = 2.0 * float(np.linalg.slogdet(design.X_back)[1]) if surface.reml else 0.0
    sigma2 = at.sigma2 * scale**2
    half = design.random_forth @ Lambda
    return MixedFit(
        beta=design.y_shift + scale * (contrasts @ at.beta),
        vcov=sigma2 * (contrasts @ at.unscaled @ contrasts.T),
        sigma2=sigma2,
        D=sigma2 * (half @ half.T),
        deviance=float(at.value + of_scale + of_columns),
        singular=bool(_least_variance(Lambda, surface.free) < VANISHED**2),
        reml=surface.reml,
        minimum=found,
        design=design,
        Lambda=Lambda,
        at=at,
        blocks=surface.blocks,
    )


def _least_variance(Lambda: Floats, free: tuple[Ints, Ints]) -> float:
    """The smallest relative variance of any combination of the random effects that are there."""
    present = free[0][free[0] == free[1]]
    if not len(present):
        return np.inf
    half = Lambda[present]
    return float(np.linalg.eigvalsh(half @ half.T)[0])


def random_effects(fit: MixedFit) -> tuple[Floats, Floats]:
    """Best linear unbiased predictions of the random effects of each group, and their conditional covariance.

    Returns
    -------
    effects : numpy.ndarray, shape (q, groups)
        ``D Z'V^-1 (y - X beta) / sigma^2``.
    covariance : numpy.ndarray, shape (q, q, groups)
        Of the effects given the data and the estimates: ``sigma^2 Phi T``.
    """
    design, groups = fit.design, fit.design.groups
    Phi = fit.Lambda @ fit.Lambda.T
    T, _ = inverse_and_log_det(identity_plus(groups.ZZ, Phi))
    residual = np.append(-fit.at.beta, 1.0)
    back = np.einsum("ab,bcg->acg", design.random_forth @ Phi, T)
    effects = design.y_scale * np.einsum("acg,cg->ag", back, np.einsum("m,amg->ag", residual, groups.ZW))
    return effects, fit.sigma2 * _times(back, design.random_forth.T)
