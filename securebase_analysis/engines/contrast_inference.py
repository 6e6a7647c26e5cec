"""Standard errors and degrees of freedom of contrasts of the fixed effects, once it is known how variances move.

Satterthwaite's method, and Kenward and Roger's, ask how uncertain the variances are and how much of that reaches
the standard error of a contrast ``l'beta``. What each needs to know is found by the engine of the model; see
`small_sample` for one grouping factor and `several_factors_small_sample` for several.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import inverse_where_curved

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ContrastInference:
    """Standard errors and degrees of freedom of contrasts of the fixed effects.

    Attributes
    ----------
    std_error, df : numpy.ndarray, shape (contrasts,)
        In the units of the data.
    vcov : numpy.ndarray, shape (p, p)
        The covariance of the fixed effects that the standard errors come from.
    """

    std_error: Floats
    df: Floats
    vcov: Floats


def standard_contrasts(contrasts: Floats | None, forth: Floats) -> Floats:
    """Contrasts of the original fixed effects as contrasts of the standardised ones; each effect by default.

    Parameters
    ----------
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects in the units of the data.
    forth : numpy.ndarray, shape (p, p)
        Fixed effects in the units of the data are this times the standardised ones.
    """
    return forth if contrasts is None else np.asarray(contrasts, dtype=float) @ forth


def satterthwaite_df(variance: Floats, slopes: Floats, covariance: Floats) -> Floats:
    """Satterthwaite's degrees of freedom ``2 v^2 / var(v)`` of variances that are estimated.

    Parameters
    ----------
    variance : numpy.ndarray, shape (n,)
        The variances ``v``.
    slopes : numpy.ndarray, shape (n, k)
        The slopes ``g`` of each in the variance parameters.
    covariance : numpy.ndarray, shape (k, k)
        The covariance ``A`` of these, so that ``var(v) = g'A g``.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2; Giesbrecht & Burns (1985), Biometrics 41.
    """
    return 2.0 * variance**2 / ((slopes @ covariance) * slopes).sum(axis=1)


@dataclass(frozen=True, eq=False)
class LinearParameters:
    """What is known of parameters in which the covariance ``V`` of the outcome is linear, at sigma = 1.

    Attributes
    ----------
    P : numpy.ndarray, shape (r, p, p)
        The slope of ``X'V^-1 X`` in each parameter.
    Q : numpy.ndarray, shape (r, r, p, p)
        ``X'V^-1 G_r V^-1 G_s V^-1 X``, ``G`` being the slopes of ``V``.
    traces : numpy.ndarray, shape (r, r)
        ``tr(V^-1 G_r V^-1 G_s)``.
    """

    P: Floats
    Q: Floats
    traces: Floats


def kenward_roger_inference(
    unscaled: Floats, sigma2: float, parameters: LinearParameters, rows: Floats, forth: Floats
) -> ContrastInference:
    """Kenward and Roger's adjusted standard errors and degrees of freedom of contrasts.

    Parameters
    ----------
    unscaled : numpy.ndarray, shape (p, p)
        ``U = (X'V^-1 X)^-1`` of the standardised columns.
    sigma2 : float
        Residual variance in the units of the outcome.
    parameters : LinearParameters
        How ``V`` moves.
    rows : numpy.ndarray, shape (contrasts, p)
        Contrasts of the standardised fixed effects.
    forth : numpy.ndarray, shape (p, p)
        Fixed effects in the units of the data are this times the standardised ones.

    Notes
    -----
    The adjusted covariance is ``U + 2 U (sum W_rs (Q_rs - P_r U P_s)) U``, ``W`` being twice the inverse of the
    expected information. For one contrast the degrees of freedom are ``2 / sum(W_rs a_r a_s)`` with
    ``a_r = l'U P_r U l / l'U l``.

    References
    ----------
    Kenward & Roger (1997), Small sample inference for fixed effects from restricted maximum likelihood, Biometrics
    53.
    """
    U, P, Q = unscaled, parameters.P, parameters.Q
    UP = U @ P
    information = parameters.traces - 2.0 * np.einsum("ij,rsji->rs", U, Q) + np.einsum("rij,sji->rs", UP, UP)
    W = 2.0 * inverse_where_curved((information + information.T) / 2.0)

    PUP = np.einsum("rij,sjk->rsik", P, UP)
    shortfall = 2.0 * U @ np.einsum("rs,rsij->ij", W, Q - PUP) @ U
    adjusted = U + (shortfall + shortfall.T) / 2.0

    turned = rows @ U
    a = np.einsum("li,rij,lj->lr", turned, P, turned) / np.einsum("li,li->l", turned, rows)[:, None]
    df = 2.0 / np.einsum("lr,rs,ls->l", a, W, a)
    std_error = np.sqrt(sigma2 * np.einsum("li,ij,lj->l", rows, adjusted, rows))
    return ContrastInference(std_error, df, sigma2 * forth @ adjusted @ forth.T)
