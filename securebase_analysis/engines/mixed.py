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

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cross_products import CrossProducts, every_nth
from securebase_analysis.engines.descent import Minimum, minimise
from securebase_analysis.engines.standard import StandardDesign

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LOG_2PI = float(np.log(2.0 * np.pi))
START = 0.7
OTHER_STARTS = (0.15, 2.0)
VANISHED = 1e-3
"""A relative standard deviation (columns have unit scale) below which the boundary itself is tried."""
MANY_GROUPS = 12_000
SAMPLED_GROUPS = 3_000


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
    T, M : numpy.ndarray, shape (q, q, groups)
        ``(I + Z'Z Phi)^-1`` and ``Z'V^-1 Z``.
    N : numpy.ndarray, shape (q, m, groups)
        ``Z'V^-1 W``.
    S : numpy.ndarray, shape (q, q, m, m)
        Sum over groups of the outer products of the rows of ``N``; minus the slope of ``W'V^-1 W`` in ``Phi``.
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
    T: Floats
    M: Floats
    N: Floats
    S: Floats
    slope: Floats
    curvature: Floats
    rss_slope: Floats


def deviance(products: CrossProducts, Phi: Floats, reml: bool) -> Deviance | None:
    """The profiled deviance at ``Phi`` and its derivatives; None where ``X'V^-1 X`` cannot be inverted."""
    n, p, q = products.n_rows, products.n_fixed, products.n_random
    weight = products.weight
    degrees = n - p if reml else n

    T, log_det_T = inverse_and_log_det(_identity(q) + _times(products.ZZ, Phi))
    M = np.einsum("abg,bcg->acg", T, products.ZZ)
    N = np.einsum("abg,bmg->amg", T, products.ZW)
    C = products.WW - np.einsum("ab,abij->ij", Phi, _outer_sums(products.ZW, N))
    try:
        root = np.linalg.cholesky(C[:p, :p])
    except np.linalg.LinAlgError:
        return None
    unscaled = np.linalg.inv(C[:p, :p])
    beta = unscaled @ C[:p, p]
    rss = float(C[p, p] - C[:p, p] @ beta)
    if not rss > 0.0:
        return None

    sigma2 = rss / degrees
    value = float(degrees * (LOG_2PI + np.log(sigma2) + 1.0) - weight @ log_det_T)
    residual = np.append(-beta, 1.0)
    K = np.outer(residual, residual) / sigma2
    if reml:
        value += 2.0 * float(np.log(np.diag(root)).sum())
        K[:p, :p] += unscaled

    S = _outer_sums(N, N)
    F = np.einsum("amg,bmg->abg", K @ N, N)
    slope = M @ weight - F.sum(axis=2)
    return Deviance(
        value=value,
        beta=beta,
        sigma2=sigma2,
        unscaled=unscaled,
        T=T,
        M=M,
        N=N,
        S=S,
        slope=(slope + slope.T) / 2.0,
        curvature=_curvature(M, F, S, weight, unscaled, residual, sigma2, reml),
        rss_slope=-np.einsum("i,abij,j->ab", residual, S, residual),
    )


def _curvature(
    M: Floats, F: Floats, S: Floats, weight: Floats, unscaled: Floats, residual: Floats, sigma2: float, reml: bool
) -> Floats:
    """Second derivatives in the elements of ``Phi`` at fixed `sigma2`.

    In the directions E and E', with ``C_E = -sum(N'EN)`` the slope of ``W'V^-1 W``:
    ``log|V|`` gives ``-tr(M E M E')``; the curvature of ``W'V^-1 W`` gives ``2 tr(E M E' F)``; following `beta` as
    it moves takes off ``2 (C_E r)'(X'V^-1 X)^-1 (C_E' r) / sigma2``; ``log|X'V^-1 X|`` takes off
    ``tr(U C_E U C_E')`` with ``U = (X'V^-1 X)^-1``.
    """
    q, groups = len(M), M.shape[2]
    p = len(unscaled)
    flat_M, flat_F = M.reshape(q * q, groups), F.reshape(q * q, groups)
    of_log_det = ((flat_M * weight) @ flat_M.T).reshape(q, q, q, q)
    of_products = (flat_M @ flat_F.T).reshape(q, q, q, q)
    # tr(M E M E') = M_ab E_bc M_cd E'_da;  tr(E M E' F) = E_ab M_bc E'_cd F_da
    curvature = -np.einsum("abcd->bcda", of_log_det) + 2.0 * np.einsum("bcda->abcd", of_products)
    moved = S[:, :, :p, :] @ residual
    curvature -= 2.0 / sigma2 * np.einsum("abi,ij,cdj->abcd", moved, unscaled, moved)
    if reml:
        turned = unscaled @ S[:, :, :p, :p]
        curvature -= np.einsum("abij,cdji->abcd", turned, turned)
    return curvature


def _identity(q: int) -> Floats:
    """The identity, to be broadcast over groups."""
    return np.eye(q)[:, :, None]


def _times(matrices: Floats, matrix: Floats) -> Floats:
    """Each of the matrices (q, q, groups) times one matrix."""
    return np.einsum("abg,bc->acg", matrices, matrix)


def _outer_sums(left: Floats, right: Floats) -> Floats:
    """Sum over groups of ``left[a, i] right[b, j]``, shape (q, q, m, m)."""
    q, m, groups = left.shape
    sums = left.reshape(q * m, groups) @ right.reshape(q * m, groups).T
    return sums.reshape(q, m, q, m).transpose(0, 2, 1, 3)


def inverse_and_log_det(matrices: Floats) -> tuple[Floats, Floats]:
    """Inverses (q, q, groups) of small matrices, and the logarithms of the determinants of these inverses."""
    q = len(matrices)
    if q == 1:
        return 1.0 / matrices, -np.log(matrices[0, 0])
    if q == 2:
        (a, b), (c, d) = matrices
        det = a * d - b * c
        return np.array([[d, -b], [-c, a]]) / det, -np.log(det)
    stacked = matrices.transpose(2, 0, 1)
    inverse = np.asarray(np.linalg.inv(stacked), dtype=float)
    return inverse.transpose(1, 2, 0), -np.linalg.slogdet(stacked)[1]


# ---- from Phi to theta -----------------------------------------------------------------------------------------


def triangle(theta: Floats, q: int) -> Floats:
    """``Lambda``: the lower triangle filled column by column."""
    Lambda = np.zeros((q, q))
    Lambda[lower(q)] = theta
    return Lambda


@lru_cache(maxsize=16)
def lower(q: int) -> tuple[Ints, Ints]:
    """Row and column of the elements of a lower triangle, column by column."""
    column, row = np.triu_indices(q)
    return row, column


def directions(Lambda: Floats) -> Floats:
    """The direction in which ``Phi = Lambda Lambda'`` moves with each element of theta, shape (k, q, q)."""
    unit = _unit_triangles(len(Lambda))
    half = unit @ Lambda.T
    return half + half.transpose(0, 2, 1)


@lru_cache(maxsize=16)
def _unit_triangles(q: int) -> Floats:
    """One matrix per element of theta, with a one at its place."""
    row, column = lower(q)
    unit = np.zeros((len(row), q, q))
    unit[np.arange(len(row)), row, column] = 1.0
    unit.flags.writeable = False
    return unit


def curvature_in_theta(at: Deviance, Lambda: Floats) -> Floats:
    """Second derivatives in theta at fixed sigma2, by the chain rule."""
    move = directions(Lambda)
    unit = _unit_triangles(len(Lambda))
    along = np.einsum("kab,abcd,lcd->kl", move, at.curvature, move)
    bend = 2.0 * np.einsum("ab,kac,lbc->kl", at.slope, unit, unit)
    return (along + along.T) / 2.0 + bend


class Surface:
    """The profiled deviance over theta. The last point is kept, because a search asks for its end twice."""

    def __init__(self, products: CrossProducts, reml: bool) -> None:
        self.products = products
        self.reml = reml
        self._theta: Floats | None = None
        self._at: Deviance | None = None

    @property
    def q(self) -> int:
        """Random effects per group."""
        return self.products.n_random

    def at(self, theta: Floats) -> Deviance | None:
        """The deviance at theta."""
        if self._theta is None or not np.array_equal(theta, self._theta):
            Lambda = triangle(theta, self.q)
            self._theta, self._at = theta.copy(), deviance(self.products, Lambda @ Lambda.T, self.reml)
        return self._at

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Profiled deviance, gradient and Hessian in theta."""
        at, Lambda = self.at(theta), triangle(theta, self.q)
        if at is None:
            return np.inf, theta, np.eye(len(theta))
        gradient = 2.0 * (at.slope @ Lambda)[lower(self.q)]
        of_rss = 2.0 * (at.rss_slope @ Lambda)[lower(self.q)]
        degrees = self.products.n_rows - (self.products.n_fixed if self.reml else 0)
        hessian = curvature_in_theta(at, Lambda) - np.outer(of_rss, of_rss) / (degrees * at.sigma2**2)
        return at.value, gradient, hessian


# ---- the search ------------------------------------------------------------------------------------------------


def search(surface: Surface) -> Minimum:
    """The theta with the smallest deviance; boundaries are entered, left and tried again from elsewhere."""
    products, q = surface.products, surface.q
    start = START * np.eye(q)[lower(q)]
    if products.n_groups > MANY_GROUPS:
        sample = Surface(every_nth(products, products.n_groups // SAMPLED_GROUPS), surface.reml)
        start = descend(sample, start).at
    best = descend(surface, start)
    if np.abs(np.diag(triangle(best.at, q))).min() < 10.0 * VANISHED:
        others = [descend(surface, size * np.eye(q)[lower(q)]) for size in OTHER_STARTS]
        best = min([best, *others], key=lambda found: found.value)
    return best


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
    Lambda = triangle(found.at, surface.q)
    vanished = np.flatnonzero(np.abs(np.diag(Lambda)) < VANISHED)
    Lambda[vanished, vanished] = 0.0
    theta = Lambda[lower(surface.q)]
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
    if at is None:
        return None
    eigenvalue, eigenvector = np.linalg.eigh(at.slope)
    if eigenvalue[0] > -1e-5 * max(1.0, surface.products.weight.sum() ** 0.5):
        return None
    Lambda, v = triangle(theta, surface.q), eigenvector[:, 0]
    for size in (0.1, 0.01, 1e-3, 1e-4):
        moved = Lambda @ Lambda.T + size * np.outer(v, v) + 1e-10 * np.eye(surface.q)
        beside = np.asarray(np.linalg.cholesky(moved)[lower(surface.q)], dtype=float)
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

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood, restricted for REML."""
        return -self.deviance / 2.0

    @property
    def n_parameters(self) -> int:
        """Fixed effects, elements of ``D`` and the residual variance."""
        q = len(self.D)
        return len(self.beta) + q * (q + 1) // 2 + 1


def fit_mixed(design: StandardDesign, reml: bool = True) -> MixedFit:
    """Fit a linear mixed model with one grouping factor by (restricted) maximum likelihood.

    Parameters
    ----------
    design : StandardDesign
        From `standard_design`; its fixed-effect columns are of full rank.
    reml : bool
        Restricted maximum likelihood.

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
    surface = Surface(design.merged, reml)
    found = search(surface)
    Lambda, at = triangle(found.at, surface.q), surface.at(found.at)
    if at is None:
        raise ValueError("the columns are not of full rank, or reproduce the outcome exactly")

    contrasts, scale = design.fixed_forth, design.y_scale
    degrees = design.groups.n_rows - (design.groups.n_fixed if reml else 0)
    of_scale = 2.0 * degrees * np.log(scale)
    of_columns = 2.0 * float(np.linalg.slogdet(design.X_back)[1]) if reml else 0.0
    sigma2 = at.sigma2 * scale**2
    half = design.random_forth @ Lambda
    return MixedFit(
        beta=design.y_shift + scale * (contrasts @ at.beta),
        vcov=sigma2 * (contrasts @ at.unscaled @ contrasts.T),
        sigma2=sigma2,
        D=sigma2 * (half @ half.T),
        deviance=float(at.value + of_scale + of_columns),
        singular=bool(np.linalg.eigvalsh(Lambda @ Lambda.T)[0] < VANISHED**2),
        reml=reml,
        minimum=found,
        design=design,
        Lambda=Lambda,
        at=at,
    )


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
    T, _ = inverse_and_log_det(_identity(len(Phi)) + _times(groups.ZZ, Phi))
    residual = np.append(-fit.at.beta, 1.0)
    back = design.random_forth @ Phi
    effects = design.y_scale * np.einsum("ab,bcg,cg->ag", back, T, np.einsum("amg,m->ag", groups.ZW, residual))
    covariance = fit.sigma2 * np.einsum("ab,bcg,dc->adg", back, T, design.random_forth)
    return effects, covariance
