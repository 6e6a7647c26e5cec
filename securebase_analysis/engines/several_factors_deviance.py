"""The linear mixed model with several grouping factors: its deviance, slope and curvature.

The model is ``y = X beta + Z b + e`` with ``b ~ N(0, sigma^2 Lambda Lambda')`` and ``e ~ N(0, sigma^2 I)``; `Z`
holds the columns of all levels of all factors side by side, and ``Lambda`` repeats, for each level of a factor,
the lower triangle that the factor's `theta` fills (Bates, Mächler, Bolker & Walker 2015). The covariance of `y` is
``sigma^2 V`` with ``V = I + Z Lambda Lambda'Z'``. With the sparse matrix ``A = Lambda'Z'Z Lambda + I``,

    ``log|V| = log|A|``,   ``C = A^-1 Lambda'Z'W``,   ``N = Z'V^-1 W = Z'W - Z'Z Lambda C``,   ``Lambda'N = C``.

The slope of the deviance needs the inverse of ``A`` only where levels meet; its curvature is approximated by the
mean of the observed and the expected (Gilmour, Thompson & Cullis 1995), which needs no further inverse.
``A`` is positive definite for every `theta`, also on the boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.elimination import Factorisation
from securebase_analysis.engines.mixed_deviance import LOG_2PI
from securebase_analysis.engines.several_factors_design import SeveralDesign

Floats = NDArray[np.float64]

NO_INVERSE = 1e-100
"""A triangle with a diagonal element below this has no inverse in numbers of a computer."""
CENTRAL_STEP, ONE_SIDED_STEP = 1e-4, 3e-6
"""Steps of finite differences of the gradient: truncation and rounding leave five digits or more."""


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


def smallest_diagonal(Lambda: Floats) -> float:
    """The smallest element on the diagonal: zero on the boundary."""
    return float(np.abs(np.diag(Lambda)).min())


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
    unscaled = np.asarray(np.linalg.inv(V[:p, :p]), dtype=float)
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
        product = turned(Lambda[meeting.f].T, meeting.products, Lambda[meeting.g])
        if meeting.own:
            q = len(product)
            diagonal.append(1.0 + product[np.arange(q), np.arange(q)].ravel())
            product = product[np.tril_indices(q, -1)]
        below.append(product.ravel())
    return np.concatenate(diagonal), np.concatenate(below)


def turned(left: Floats, products: Floats, right: Floats) -> Floats:
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
        block: Floats
        if meeting.own:
            row, column = np.tril_indices(q_f, -1)
            block = np.empty((q_f, q_f, pairs))
            block[np.arange(q_f), np.arange(q_f)] = design.by_level(diagonal, meeting.f)
            block[row, column] = block[column, row] = below[at : at + len(row) * pairs].reshape(len(row), pairs)
            at += len(row) * pairs
        else:
            block = below[at : at + q_f * q_g * pairs].reshape(q_f, q_g, pairs)
            at += q_f * q_g * pairs
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
        if smallest_diagonal(Lambda) < NO_INVERSE:
            continue
        slope = at.slope_in_phi(f)
        for k, one in enumerate(places):
            for m, other in enumerate(places):
                if one.f == other.f == f and one.column == other.column:
                    bend[k, m] = 2.0 * slope[one.row, other.row]
    return bend


@dataclass(frozen=True, eq=False)
class Secant:
    """A short step of a search, and the observed curvature times it."""

    step: Floats
    curved: Floats


def observed_curvature(design: SeveralDesign, theta: Floats, at: Deviance, secant: Secant | None = None) -> Floats:
    """The Hessian of the profiled deviance in theta, from differences of its gradient.

    Differences are central; where one gradient is costly they are taken to one side of the gradient that is known,
    and not at all in the direction of a short step whose gradients are known already.
    """
    k = len(theta)
    central = not design.is_large
    size = (CENTRAL_STEP if central else ONE_SIDED_STEP) * max(1.0, float(np.abs(theta).max()))
    known = 0 if central or secant is None else 1
    basis = np.eye(k) if secant is None else np.linalg.qr(np.column_stack([secant.step, np.eye(k)]))[0]
    along = np.empty((k, k))
    if known and secant is not None:
        along[0] = secant.curved / float(secant.step @ basis[:, 0])
    for j in range(known, k):
        step = size * basis[:, j]
        above = _slope(design, theta + step, at.reml)
        below = _slope(design, theta - step, at.reml) if central else at.slope
        along[j] = (above - below) / (size * (2.0 if central else 1.0))
    curvature = basis @ along
    return (curvature + curvature.T) / 2.0


def _slope(design: SeveralDesign, theta: Floats, reml: bool) -> Floats:
    at = deviance(design, theta, reml)
    return np.full(len(theta), np.nan) if at is None else at.slope
