"""How far a prediction of a linear mixed model may be off: its variance, and the degrees of freedom behind it.

What is predicted is ``x'beta + z'b``, the expected outcome of one group at one row. With
``d = x - X'V^-1 Z Phi z`` its prediction ``x'beta_hat + z'b_hat`` is off by the variance

    ``sigma^2 (d' U d + z'(Phi - Phi M Phi) z)``,   ``U = (X'V^-1 X)^-1``,   ``M = Z'V^-1 Z``,

which Henderson's (1975) mixed-model equations give for all groups at once. A group that the model has not seen has
``X'V^-1 Z`` and ``M`` of zero: its own effects are as unknown as they are before any data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from securebase_analysis.engines.cross_products import CrossProducts
from securebase_analysis.engines.mixed import MixedFit, directions, identity_plus, inverse_and_log_det
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.engines.several_factors_deviance import elements, times

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
        Expected square of prediction minus truth, in squared units of the outcome.
    df : numpy.ndarray, shape (rows,)
        Satterthwaite's degrees of freedom of this variance.
    """

    variance: Floats
    df: Floats


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
    parameters and ``A`` their covariance, as for contrasts (Satterthwaite 1946; Giesbrecht & Burns 1985). As the
    weights of a best linear prediction minimise ``v``, moving them does not change ``v`` to the first order: with
    ``t`` what each group's ``z - Z'(weights)`` is, the slope in the direction ``E`` is the sum of ``t'E t`` over
    groups. That the variances are estimated enters through the degrees of freedom alone; the further term of
    Kackar & Harville (1984), of the order of one over the number of groups, is left out.

    References
    ----------
    Henderson (1975), Best linear unbiased estimation and prediction under a selection model, Biometrics 31.
    """
    parts = [
        _error_of_rows(fit, X[:, rows], Z[:, rows], group[rows], new_row)
        for rows in (slice(start, start + ROWS_AT_ONCE) for start in range(0, max(len(group), 1), ROWS_AT_ONCE))
    ]
    return PredictionError(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("variance", "df")))


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
    slope = np.einsum("abij,ir,jr->rab", at.S[:, :, :p, :p], w, w, optimize=True)
    slope += np.einsum("ar,br->rab", own, own) - np.einsum("ar,br->rab", of_fixed, of_fixed)
    in_theta = at.sigma2 * np.einsum("rab,kab->rk", slope, directions(fit.Lambda, fit.blocks))
    g = np.column_stack([in_theta, relative])
    variance = at.sigma2 * relative
    var_v = ((g @ fit.parameter_covariance) * g).sum(axis=1)
    return PredictionError(design.y_scale**2 * variance, 2.0 * variance**2 / var_v)


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
    return PredictionError(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("variance", "df")))


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
    in_theta = [2.0 * at.sigma2 * bent[one.f][one.row, one.column] for one in elements(design.blocks)]
    g = np.column_stack([*in_theta, relative])
    variance = at.sigma2 * relative
    var_v = ((g @ fit.parameter_covariance) * g).sum(axis=1)
    return PredictionError(design.y_scale**2 * variance, 2.0 * variance**2 / var_v)


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
