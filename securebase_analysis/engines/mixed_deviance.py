"""The linear mixed model with one grouping factor: its deviance, slope and curvature.

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
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtri

from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.triangles import Blocks, directions, free_elements, triangle

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LOG_2PI = float(np.log(2.0 * np.pi))
GROUPS_AT_ONCE = 4_096
"""So many groups at a time as a cache holds."""


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
    residual = np.ones(p + 1)
    residual[:p] = -beta
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
    made = times(matrices, matrix)
    for diagonal in range(len(matrix)):
        made[diagonal, diagonal] += 1.0
    return made


def times(matrices: Floats, matrix: Floats) -> Floats:
    """Each of the matrices (q, q, groups) times one matrix."""
    return np.einsum("abg,bc->acg", matrices, matrix)


def _solved(products: CrossProducts, Phi: Floats) -> tuple[Floats, Floats, float]:
    """``Z'V^-1 [Z, W]`` of each group, ``W'V^-1 W`` and ``log|V|``, so many groups at a time as a cache holds."""
    q, sums = products.n_random, products.sums
    both, C, log_det = np.empty_like(sums), products.WW.copy(), 0.0
    for start in range(0, sums.shape[2], GROUPS_AT_ONCE):
        block = slice(start, start + GROUPS_AT_ONCE)
        own = sums[:, :, block]
        T, log_det_own = inverse_and_log_det(identity_plus(own[:, :q], Phi))
        np.einsum("abg,bkg->akg", T, own, out=both[:, :, block])
        turned = np.einsum("ab,bmg->amg", Phi, both[:, q:, block])
        C -= np.matmul(own[:, q:], turned.transpose(0, 2, 1)).sum(axis=0)
        log_det += float(products.weight[block] @ log_det_own)
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
    """Inverses (q, q, groups) of small matrices, and the logarithms of the determinants of the matrices."""
    q = len(matrices)
    if q == 1:
        return 1.0 / matrices, np.log(matrices[0, 0])
    if q == 2:
        (a, b), (c, d) = matrices
        det = a * d - b * c
        inverse = np.empty_like(matrices)
        inverse[0, 0], inverse[0, 1], inverse[1, 0], inverse[1, 1] = d, -b, -c, a
        inverse /= det
        return inverse, np.log(det)
    stacked = matrices.transpose(2, 0, 1)
    inverse = np.asarray(np.linalg.inv(stacked), dtype=float)
    return inverse.transpose(1, 2, 0), np.linalg.slogdet(stacked)[1]


# ---- from Phi to theta -----------------------------------------------------------------------------------------


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
        return triangle(theta, self.q, self.blocks)

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
