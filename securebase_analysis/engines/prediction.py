"""How far a prediction of a linear mixed model may be off: its variance, and the degrees of freedom behind it.

What is predicted is ``x'beta + z'b``, the expected outcome of one group at one row. With
``d = x - X'V^-1 Z Phi z`` its prediction ``x'beta_hat + z'b_hat`` is off by the variance

    ``sigma^2 (d' U d + z'(Phi - Phi M Phi) z)``,   ``U = (X'V^-1 X)^-1``,   ``M = Z'V^-1 Z``,

which Henderson's (1975) mixed-model equations give for all groups at once. A group that the model has not seen has
``X'V^-1 Z`` and ``M`` of zero: its own effects are as unknown as they are before any data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from securebase_analysis.engines.contrast_inference import satterthwaite_df
from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.mixed_deviance import identity_plus, inverse_and_log_det
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.engines.several_factors_deviance import Element, elements, times
from securebase_analysis.engines.triangles import directions

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

ROWS_AT_ONCE = 65_536
"""Rows that are predicted together, so that the matrices of their groups do not fill the memory."""
NUMBERS_AT_ONCE = 4_000_000
"""With several factors each row is a right-hand side as long as there are random effects."""


@dataclass(frozen=True, eq=False)
class PredictionError:
    """How far predictions may be off.

    Attributes
    ----------
    variance : numpy.ndarray, shape (rows,)
        Expected square of prediction minus truth were the variances known, in squared units of the outcome.
    shortfall : numpy.ndarray, shape (rows,)
        What that lacks because they are estimated.
    df : numpy.ndarray, shape (rows,)
        Satterthwaite's degrees of freedom of this variance.
    """

    variance: Floats
    shortfall: Floats
    df: Floats

    @classmethod
    def joined(cls, parts: Sequence[PredictionError]) -> PredictionError:
        """The errors of blocks of rows, one after the other."""
        return cls(*(np.concatenate([getattr(one, each.name) for one in parts]) for each in fields(cls)))


def prediction_error(fit: MixedFit, X: Floats, Z: Floats, group: Ints, new_row: bool = False) -> PredictionError:
    """Variance of predictions from a model with one grouping factor.

    Parameters
    ----------
    fit : MixedFit
        The fit.
    X, Z : numpy.ndarray, shapes (p, rows) and (q, rows)
        Fixed and random columns of the rows to predict.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row among those of the fit; -1 for one that the fit has not seen.
    new_row : bool
        Whether a new observation is predicted, whose residual is not known either.

    Notes
    -----
    The degrees of freedom are ``2 v^2 / (g'A g)``, ``g`` being the slope of the variance ``v`` in the variance
    parameters and ``A`` their covariance, as for contrasts (Satterthwaite 1946; Giesbrecht & Burns 1985). The
    weights ``k`` of a best linear prediction ``k'y`` minimise ``v``, so that moving them does not change ``v`` to
    the first order: with ``t = z - Z'k`` the slope in the direction ``E`` is the sum of ``t'E t`` over groups. The
    weights themselves move by ``P Z E t``, which makes the prediction worse by the sum of
    ``A_kl t'E_k Z'P Z E_l t`` (Kackar & Harville 1984); ``v`` at the estimated variances is too small by about the
    same (Prasad & Rao 1990), so that the shortfall is twice that.

    References
    ----------
    Henderson (1975), Best linear unbiased estimation and prediction under a selection model, Biometrics 31.
    Kackar & Harville (1984), J Am Stat Assoc 79, 853-862. Prasad & Rao (1990), J Am Stat Assoc 85, 163-171.
    """
    parts = [
        _error_of_rows(fit, X[:, rows], Z[:, rows], group[rows], new_row)
        for rows in (slice(start, start + ROWS_AT_ONCE) for start in range(0, max(len(group), 1), ROWS_AT_ONCE))
    ]
    return PredictionError.joined(parts)


def _error_of_rows(fit: MixedFit, X: Floats, Z: Floats, group: Ints, new_row: bool) -> PredictionError:
    """The prediction error of some rows."""
    at, design, p = fit.at, fit.design, len(fit.beta)
    x, z = design.fixed_forth.T @ X, design.random_forth.T @ Z
    Phi = fit.Lambda @ fit.Lambda.T
    N, M = _of_groups(design.groups, Phi, group)

    prior = Phi @ z
    left = z - np.einsum("abr,br->ar", M, prior)
    d = x - np.einsum("apr,ar->pr", N, prior)
    w = at.unscaled @ d
    relative = (prior * left).sum(axis=0) + (d * w).sum(axis=0) + float(new_row)

    of_fixed = np.einsum("apr,pr->ar", N, w)
    own = left - of_fixed
    E = directions(fit.Lambda, fit.blocks)
    slope = np.einsum("abij,ir,jr->rab", at.S[:, :, :p, :p], w, w, optimize=True)
    slope += np.einsum("ar,br->rab", own, own) - np.einsum("ar,br->rab", of_fixed, of_fixed)
    in_theta = at.sigma2 * np.einsum("rab,kab->rk", slope, E)
    g = np.column_stack([in_theta, relative])
    variance = at.sigma2 * relative
    df = satterthwaite_df(variance, g, fit.parameter_covariance)

    spread = _spread_of_weights(fit, N, M, w, own, of_fixed)
    shortfall = 2.0 * at.sigma2 * np.einsum("kl,klr->r", fit.parameter_covariance[:-1, :-1], spread)
    scale = design.y_scale**2
    return PredictionError(scale * variance, scale * shortfall, df)


def _spread_of_weights(fit: MixedFit, N: Floats, M: Floats, w: Floats, own: Floats, of_fixed: Floats) -> Floats:
    """``t'E_k Z'P Z E_l t`` in the directions of theta, shape (k, k, rows).

    Of all groups together, with that of the row's own group, whose ``t`` is `own`, in place of its ``-N w``.
    """
    at, p = fit.at, len(fit.beta)
    E = directions(fit.Lambda, fit.blocks)
    moved, of_w = np.einsum("kab,br->kar", E, own), np.einsum("kab,br->kar", E, of_fixed)
    spread = np.einsum("klij,ir,jr->klr", _products_of_all(fit, E), w, w, optimize=True)
    spread += np.einsum("kar,abr,lbr->klr", moved, M, moved) - np.einsum("kar,abr,lbr->klr", of_w, M, of_w)
    c = np.einsum("apr,kar->kpr", N, moved + of_w)
    c -= np.einsum("kab,abij,jr->kir", E, at.S[:, :, :p, :p], w, optimize=True)
    return np.asarray(spread - np.einsum("kir,ij,ljr->klr", c, at.unscaled, c, optimize=True), dtype=float)


def _products_of_all(fit: MixedFit, E: Floats) -> Floats:
    """Sum over groups of ``X'V^-1 Z E_k Z'V^-1 Z E_l Z'V^-1 X``, shape (k, k, p, p)."""
    at, p = fit.at, len(fit.beta)
    turned = np.einsum("kab,bpg->kapg", E, at.N[:, :p])
    through = np.einsum("abg,lbpg->lapg", at.M, turned)
    return np.einsum("kaig,lajg->klij", turned, through)


def _of_groups(groups: CrossProducts, Phi: Floats, group: Ints) -> tuple[Floats, Floats]:
    """``Z'V^-1 X`` (q, p, rows) and ``Z'V^-1 Z`` (q, q, rows) of each row's group; zero for an unknown one."""
    q, p = groups.n_random, groups.n_fixed
    present, place = np.unique(group, return_inverse=True)
    known = present >= 0
    sums = np.zeros((q, q + p, len(present)))
    sums[:, :, known] = groups.sums[:, : q + p, present[known]]
    T, _ = inverse_and_log_det(identity_plus(sums[:, :q], Phi))
    both = np.einsum("abg,bcg->acg", T, sums)[:, :, place]
    return both[:, q:], both[:, :q]


def prediction_error_of_several(
    fit: SeveralFit,
    X: Floats,
    Z: Sequence[Floats],
    level: Sequence[Ints | csr_array],
    new_row: bool = False,
) -> PredictionError:
    """Variance of predictions from a model with several grouping factors.

    Parameters
    ----------
    fit : SeveralFit
        The fit.
    X : numpy.ndarray, shape (p, rows)
        Fixed columns of the rows to predict.
    Z : sequence of numpy.ndarray, shapes (q, rows)
        Random columns of each factor.
    level : sequence of numpy.ndarray of int, shapes (rows,), or scipy.sparse.csr_array, shapes (rows, levels)
        Level of each row in each factor, -1 for one that the fit has not seen; or the weights of the levels.
    new_row : bool
        Whether a new observation is predicted, whose residual is not known either.
    """
    at_once = max(NUMBERS_AT_ONCE // fit.design.plan.n, 1)
    parts = [
        _error_from_equations(fit, X[:, rows], [z[:, rows] for z in Z], [one[rows] for one in level], new_row)
        for rows in (slice(start, start + at_once) for start in range(0, max(X.shape[1], 1), at_once))
    ]
    return PredictionError.joined(parts)


def _error_from_equations(
    fit: SeveralFit, X: Floats, Z: Sequence[Floats], level: Sequence[Ints | csr_array], new_row: bool
) -> PredictionError:
    """The prediction error of some rows from the mixed-model equations, whose factors are at hand."""
    at, design, p = fit.at, fit.design, len(fit.beta)
    x = design.fixed_forth.T @ X
    standard = [forth.T @ z for forth, z in zip(design.random_forth, Z)]
    z = np.concatenate([_at_levels(*one) for one in zip(standard, level, design.n_levels)])
    strange = [_of_unknown(*one) for one in zip(standard, level)]

    right = times(at.Lambda, z, design, transposed=True)
    solved = at.factorisation.solve(right)
    d = x - at.C[:, :p].T @ right
    w = at.unscaled @ d
    prior = sum(((Lambda.T @ one) ** 2).sum(axis=0) for Lambda, one in zip(at.Lambda, strange))
    relative = (right * solved).sum(axis=0) + (d * w).sum(axis=0) + prior + float(new_row)

    # What is left of z after the weights of the prediction; times Lambda it solves the equations.
    spread = solved - at.C[:, :p] @ w
    left = z - design.ZW[:, :p] @ w - design.ZZ @ times(at.Lambda, spread, design)
    bent = [
        np.einsum("alr,blr->abr", design.by_level(left, f), design.by_level(spread, f))
        + np.einsum("ar,br->abr", one, Lambda.T @ one)
        for f, (Lambda, one) in enumerate(zip(at.Lambda, strange))
    ]
    places = elements(design.blocks)
    in_theta = [2.0 * at.sigma2 * bent[one.f][one.row, one.column] for one in places]
    g = np.column_stack([*in_theta, relative])
    variance = at.sigma2 * relative
    df = satterthwaite_df(variance, g, fit.parameter_covariance)
    moved = np.stack([_moved(fit, one, left, spread) for one in places])
    shortfall = 2.0 * at.sigma2 * np.einsum("kl,klr->r", fit.parameter_covariance[:-1, :-1], _lengths(fit, moved))
    scale = design.y_scale**2
    return PredictionError(scale * variance, scale * shortfall, df)


def _moved(fit: SeveralFit, place: Element, left: Floats, spread: Floats) -> Floats:
    """``E t`` (random effects, rows) in the direction of one element of theta; `spread` is ``Lambda't``."""
    design, Lambda = fit.design, fit.at.Lambda[place.f]
    moved = np.zeros_like(left)
    own = moved[design.spans[place.f]].reshape(design.q[place.f], design.n_levels[place.f], -1)
    own[place.row] += design.by_level(spread, place.f)[place.column]
    own += Lambda[:, place.column][:, None, None] * design.by_level(left, place.f)[place.row]
    return moved


def _lengths(fit: SeveralFit, moved: Floats) -> Floats:
    """``m_k'Z'P Z m_l`` for vectors (k, random effects, rows), shape (k, k, rows)."""
    at, design, p = fit.at, fit.design, len(fit.beta)
    K, n, rows = moved.shape
    flat = moved.transpose(1, 0, 2).reshape(n, K * rows)
    crossed = design.ZZ @ flat
    through = crossed - design.ZZ @ times(
        at.Lambda, at.factorisation.solve(times(at.Lambda, crossed, design, transposed=True)), design
    )
    of_fixed = (at.N[:, :p].T @ flat).reshape(p, K, rows)
    lengths = np.einsum("knr,nlr->klr", moved, through.reshape(n, K, rows))
    return lengths - np.einsum("ikr,ij,jlr->klr", of_fixed, at.unscaled, of_fixed, optimize=True)


def _at_levels(columns: Floats, level: Ints | csr_array, n_levels: int) -> Floats:
    """Random columns (q, rows) of one factor at the places of their levels, shape (q levels, rows)."""
    q, rows = columns.shape
    if not isinstance(level, np.ndarray):
        return np.asarray((columns[:, None] * level.toarray().T).reshape(q * n_levels, rows), dtype=float)
    known = np.flatnonzero(level >= 0)
    placed = np.zeros((q, n_levels, rows))
    placed[:, level[known], known] = columns[:, known]
    return placed.reshape(q * n_levels, rows)


def _of_unknown(columns: Floats, level: Ints | csr_array) -> Floats:
    """The random columns in rows whose level the fit has not seen; zero in the others."""
    if not isinstance(level, np.ndarray):
        return np.zeros_like(columns)
    return np.where(level < 0, columns, 0.0)
