"""The most likely random effects of every group, and the curvature there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.cumulants import Cumulant
from securebase_analysis.engines.portions import Portion

Floats = NDArray[np.float64]

MODE_STEPS = 60
MODE_FOUND = 1e-20
"""The mode is found when a Newton step would raise no group's `h` by more than this."""


def cholesky(H: Floats) -> Floats:
    """Lower roots (q, q, groups) of positive definite matrices (q, q, groups)."""
    q = len(H)
    if q == 1:
        return np.sqrt(H)
    L = np.zeros_like(H)
    for b in range(q):
        for a in range(b, q):
            rest = H[a, b] - np.einsum("cg,cg->g", L[a, :b], L[b, :b])
            L[a, b] = np.sqrt(rest) if a == b else rest / L[b, b]
    return L


def inverse_transpose(L: Floats) -> Floats:
    """``L^-T``, upper triangular, of lower triangular matrices (q, q, groups)."""
    q = len(L)
    if q == 1:
        return np.asarray(1.0 / L)
    R = np.zeros_like(L)
    for b in range(q):
        R[b, b] = 1.0 / L[b, b]
        for a in range(b + 1, q):
            R[b, a] = -np.einsum("cg,cg->g", L[a, b:a], R[b, b:a]) / L[a, a]
    return R


def solve(R: Floats, rhs: Floats) -> Floats:
    """``H^-1 rhs = R R' rhs``."""
    if len(R) == 1:
        return np.asarray(R[0] ** 2 * rhs)
    return np.einsum("abg,bg->ag", R, np.einsum("cbg,cg->bg", R, rhs))


@dataclass(frozen=True, eq=False)
class Mode:
    """The random effects that are most likely given the rows, and the curvature there.

    Attributes
    ----------
    u : numpy.ndarray, shape (q, groups)
        The modes.
    fixed : numpy.ndarray, shape (rows,)
        Offset and fixed part of eta.
    zeta : numpy.ndarray, shape (q, rows)
        ``Lambda'Z``.
    multiplier, slope : numpy.ndarray, shape (rows,)
        What the cumulant function is multiplied by, and its slope before that, at the mode.
    R : numpy.ndarray, shape (q, q, groups)
        Upper triangular, ``R R'`` the inverse curvature.
    log_det_R : numpy.ndarray, shape (groups,)
        Logarithm of its determinant.
    found : bool
        Whether every group's mode was reached.
    """

    u: Floats
    fixed: Floats
    zeta: Floats
    multiplier: Floats
    slope: Floats
    R: Floats
    log_det_R: Floats
    found: bool


def find_modes(
    portion: Portion, cumulant: Cumulant, coefficients: Floats, Lambda: Floats, theta: float, u: Floats
) -> Mode:
    """Newton's method in every group at once, from `u`; a step that does not climb is halved."""
    fixed = coefficients @ portion.X
    fixed += portion.offset
    zeta = Lambda.T @ portion.Z
    multiplier = (
        portion.multiplier if portion.dispersed is None else portion.multiplier + theta * portion.dispersed
    )
    step, height, found = np.zeros_like(u), np.full(u.shape[1], -np.inf), False
    for _ in range(MODE_STEPS):
        random = np.einsum("qr,qr->r", zeta, portion.spread(u))
        value, slope = cumulant.value_and_slope(fixed + random)
        # The rounding of a large height must not look like a step downwards.
        reached = portion.sums(portion.y * random - multiplier * value) - np.einsum("qg,qg->g", u, u) / 2.0
        fell = ~(reached >= height - 1e-9 * (1.0 + np.abs(height)))
        if fell.any():
            step = np.where(fell, step / 2.0, 0.0)
            u = u - step
            continue
        gradient = portion.sums(zeta * (portion.y - multiplier * slope)) - u
        R, log_det_R = _root_of_inverse(portion, zeta, multiplier * cumulant.second(slope))
        step = solve(R, gradient)
        found = bool(np.einsum("qg,qg->g", gradient, step).max() < MODE_FOUND)
        if found:
            break
        height = reached
        u = u + step
    return Mode(u, fixed, zeta, multiplier, slope, R, log_det_R, found)


def _root_of_inverse(portion: Portion, zeta: Floats, bend: Floats) -> tuple[Floats, Floats]:
    """`R` with ``R R'`` the inverse of ``I + sum bend zeta zeta'``, and the logarithm of its determinant."""
    q = len(zeta)
    H = np.empty((q, q, len(portion.starts)))
    for a in range(q):
        weighted = bend * zeta[a]
        for b in range(a + 1):
            H[a, b] = H[b, a] = portion.sums(weighted * zeta[b])
        H[a, a] += 1.0
    L = cholesky(H)
    log_det_R = -sum(np.log(L[a, a]) for a in range(q))
    return inverse_transpose(L), np.asarray(log_det_R)
