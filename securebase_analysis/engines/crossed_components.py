"""Variance components of an incomplete table of units by coders, by restricted maximum likelihood.

``y = mean + unit + coder + error``: units and coders are crossed and random, and any cell may be missing. The
likelihood depends on the ratings through sums over units alone (how often two coders rated the same unit, and what
was rated, for units of each number of ratings), so that many tables, such as resamples, are fitted in one go.

Shapes: ``R`` tables, ``M`` different numbers of ratings of a unit, ``k`` coders.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FURTHEST = 25.0
"""Ratios of variances lie between ``exp(-25)`` and ``exp(25)``."""
NO_SHARE = 1e-7
"""A component below this share of the error is none."""
LONGEST_STEP, STEPS, HALVINGS, SETTLED = 2.0, 100, 12, 1e-7
ASIDE = 1e-5
ROUNDING = 1e-13


class TableSums(NamedTuple):
    """What the likelihood needs to know of each table.

    Attributes
    ----------
    sizes : numpy.ndarray, shape (M,)
        Numbers of ratings that units have.
    units : numpy.ndarray, shape (R, M)
        Units with so many ratings.
    together : numpy.ndarray, shape (R, M, k, k)
        Of these, the units that both coders rated; on the diagonal those that one did.
    totals : numpy.ndarray, shape (R, M, k)
        Sum of the totals of the units that a coder rated.
    unit_squares : numpy.ndarray, shape (R, M)
        Sum of the squared totals of units.
    coder_sums : numpy.ndarray, shape (R, k)
        Sum of the ratings of a coder.
    squares : numpy.ndarray, shape (R,)
        Sum of squared ratings. Ratings should be centred beforehand, for accuracy.
    """

    sizes: Floats
    units: Floats
    together: Floats
    totals: Floats
    unit_squares: Floats
    coder_sums: Floats
    squares: Floats

    def rows(self, chosen: NDArray[np.int64]) -> TableSums:
        """Some of the tables."""
        return TableSums(self.sizes, *(part[chosen] for part in self[1:]))

    @property
    def n(self) -> Floats:
        """Ratings of each table, shape (R,)."""
        return self.units @ self.sizes


class Components(NamedTuple):
    """Variances between units, between coders and of the error, shape (R,), and twice the negative log-likelihood
    without its constant; NaN where a table has no maximum or nothing varies."""

    units: Floats
    coders: Floats
    error: Floats
    deviance: Floats


def crossed_components(sums: TableSums) -> Components:
    """Variance components of each table.

    Notes
    -----
    With the ratios ``u`` and ``c`` of the two variances to that of the error, the covariance of the ratings is
    the error's variance times ``V = I + u Z Z' + c W W'``. A unit with ``m`` ratings is taken out by
    ``(I + u 1 1')^-1 = I - u / (1 + m u) 1 1'``, which leaves a system of the size of the coders. The search for
    the logarithms of both ratios is Newton's, on the restricted likelihood with the error's variance profiled out
    (Patterson & Thompson 1971; Bates et al. 2015).
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = sums.squares - sums.coder_sums.sum(axis=1) ** 2 / sums.n
        usable = np.flatnonzero((sums.n > 3) & (spread > ROUNDING * sums.squares) & (sums.squares > 0))
    found = np.full((len(sums.squares), 4), np.nan)
    if len(usable):
        found[usable] = _fitted(sums.rows(usable))
    return Components(*found.T)


def error_df(sums: TableSums) -> Floats:
    """Degrees of freedom of the error, shape (R,): ratings less units, less contrasts of coders within units."""
    within = _coders_within_units(sums)
    return np.asarray(sums.n - sums.units.sum(axis=1) - np.linalg.matrix_rank(within, tol=1e-8, hermitian=True))


def ratings_in_effect(sums: TableSums) -> tuple[Floats, Floats]:
    """Ratings per unit and per coder of a complete table that would compare units, and coders, as precisely.

    Returns
    -------
    per_unit, per_coder : numpy.ndarray, shape (R,)
        Twice the error's variance over the mean variance of the difference of two units, each adjusted for the
        coders that rated it, and of two coders, adjusted for the units that they rated.
    """
    among = np.linalg.pinv(_coders_within_units(sums), rcond=1e-9, hermitian=True)
    n, k = sums.units.sum(axis=1), sums.coder_sums.shape[1]
    by_size = sums.together / sums.sizes[:, None, None]
    each = np.diagonal(by_size, axis1=2, axis2=3).sum(axis=1)
    own = (sums.units / sums.sizes).sum(axis=1)
    trace = own + np.einsum("rij,rmji->r", among, by_size / sums.sizes[:, None, None])
    overall = own + np.einsum("ri,rij,rj->r", each, among, each)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (n - 1.0) / (trace - overall / n), (k - 1.0) / np.einsum("rii->r", among)


def _coders_within_units(sums: TableSums) -> Floats:
    """What comparisons within units say of the coders, shape (R, k, k)."""
    counts = np.diagonal(sums.together.sum(axis=1), axis1=1, axis2=2)
    share = (sums.together / sums.sizes[:, None, None]).sum(axis=1)
    return np.asarray(counts[:, :, None] * np.eye(counts.shape[1]) - share)


def _fitted(sums: TableSums) -> Floats:
    """The components and the deviance of tables that vary, shape (R, 4)."""
    at = _start(sums)
    value = _deviance(sums, at)[0]
    searching = np.arange(len(at))
    for _ in range(STEPS):
        own = sums.rows(searching)
        step, gradient = _newton_step(own, at[searching])
        settled = np.abs(gradient).max(axis=1) < SETTLED
        searching, step = searching[~settled], step[~settled]
        if not len(searching):
            break
        at[searching], value[searching] = _moved(sums.rows(searching), at[searching], value[searching], step)
    value[searching] = np.nan
    ratio = np.exp(at)
    ratio[ratio < NO_SHARE] = 0.0
    error = _deviance(sums, at)[2] / (sums.n - 1.0)
    return (
        np.column_stack([ratio * error[:, None], error, value]) * np.where(np.isnan(value), np.nan, 1.0)[:, None]
    )


def _start(sums: TableSums) -> Floats:
    """Where the searches begin, shape (R, 2): for several tables at the estimate of all of them as one."""
    usual = np.log([1.0, 0.3])
    if len(sums.squares) > 1:
        ratio = _fitted(TableSums(sums.sizes, *(part.sum(axis=0, keepdims=True) for part in sums[1:])))[0]
        if np.isfinite(ratio).all() and (ratio[:2] > 0.0).all():
            usual = np.log(ratio[:2] / ratio[2])
    return np.tile(usual, (len(sums.squares), 1))


def _newton_step(sums: TableSums, at: Floats) -> tuple[Floats, Floats]:
    """A step downhill, no longer than is sensible, and the gradient; both 0 where a bound is pushed against."""
    gradient = _deviance(sums, at)[1]
    hessian = np.stack([_deviance(sums, at + way)[1] - gradient for way in np.eye(2) * ASIDE], axis=1) / ASIDE
    curvature, direction = np.linalg.eigh((hessian + hessian.transpose(0, 2, 1)) / 2.0)
    along = np.einsum("rji,rj->ri", direction, gradient) / np.maximum(np.abs(curvature), 1e-12)
    step = -np.einsum("rij,rj->ri", direction, along)
    step *= np.minimum(1.0, LONGEST_STEP / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
    held = (np.abs(at) >= FURTHEST) & (np.sign(at) == -np.sign(gradient))
    return np.where(held, 0.0, step), np.where(held, 0.0, gradient)


def _moved(sums: TableSums, at: Floats, value: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Where the step leads, halved until the deviance does not rise."""
    new, reached = at.copy(), value.copy()
    waiting = np.arange(len(at))
    for halving in range(HALVINGS):
        tried = np.clip(at[waiting] + step[waiting] * 0.5**halving, -FURTHEST, FURTHEST)
        there = _deviance(sums.rows(waiting), tried)[0]
        lower = there <= value[waiting] + 1e-12 * np.abs(value[waiting])
        new[waiting[lower]], reached[waiting[lower]] = tried[lower], there[lower]
        waiting = waiting[~lower]
        if not len(waiting):
            break
    return new, reached


def _deviance(sums: TableSums, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Deviance (R,), its gradient (R, 2) by the logarithms of the ratios, and the weighted sum of squares (R,).

    ``A`` is ``W' (I + u Z Z')^-1 W``, ``b`` the same of the ratings in place of the second ``W``; a ``d`` before a
    name is its derivative by ``u``.
    """
    u, c = np.exp(at).T
    k, n = sums.coder_sums.shape[1], sums.n
    shrunk = 1.0 / (1.0 + u[:, None] * sums.sizes)
    weight, dweight = u[:, None] * shrunk, shrunk**2
    counts = np.diagonal(sums.together.sum(axis=1), axis1=1, axis2=2)
    A = counts[:, :, None] * np.eye(k) - np.einsum("rm,rmij->rij", weight, sums.together)
    dA = -np.einsum("rm,rmij->rij", dweight, sums.together)
    b = sums.coder_sums - np.einsum("rm,rmi->ri", weight, sums.totals)
    db = -np.einsum("rm,rmi->ri", dweight, sums.totals)
    K = np.linalg.inv(np.eye(k) + c[:, None, None] * A)
    B, h, g = A @ K, K.sum(axis=2), np.einsum("rij,rj->ri", K, b)
    s, r = B.sum(axis=(1, 2)), g.sum(axis=1)
    left = sums.squares - (weight * sums.unit_squares).sum(axis=1) - c * (b * g).sum(axis=1)
    Q = np.maximum(left - r**2 / s, ROUNDING * sums.squares)

    def dQ(dleft: Floats, dr: Floats, ds: Floats) -> Floats:
        return dleft - 2.0 * r * dr / s + r**2 * ds / s**2

    dA_g, B_1 = np.einsum("rij,rj->ri", dA, g), B.sum(axis=2)
    ds_u, dr_u = np.einsum("ri,rij,rj->r", h, dA, h), (h * (db - c[:, None] * dA_g)).sum(axis=1)
    dleft_u = -(dweight * sums.unit_squares).sum(axis=1) - c * (g * (2.0 * db - c[:, None] * dA_g)).sum(axis=1)
    ds_c, dr_c, dleft_c = -(B_1**2).sum(axis=1), -(B_1 * g).sum(axis=1), -(g**2).sum(axis=1)
    dlog_u = (sums.units * sums.sizes * shrunk).sum(axis=1) + c * np.einsum("rij,rji->r", K, dA)
    by_u = dlog_u + (n - 1.0) * dQ(dleft_u, dr_u, ds_u) / Q + ds_u / s
    by_c = np.einsum("rii->r", B) + (n - 1.0) * dQ(dleft_c, dr_c, ds_c) / Q + ds_c / s
    log_det = (sums.units * np.log1p(u[:, None] * sums.sizes)).sum(axis=1) - np.linalg.slogdet(K)[1]
    value = log_det + (n - 1.0) * np.log(Q) + np.log(s)
    return value, np.column_stack([u * by_u, c * by_c]), Q
