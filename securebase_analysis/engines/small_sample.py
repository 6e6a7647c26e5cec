"""Degrees of freedom and standard errors that hold in small samples, for a fitted linear mixed model.

Both methods ask how uncertain the variances are, and how much of that reaches the standard error of a contrast
``l'beta``: `satterthwaite` from the curvature of the deviance that was observed, `kenward_roger` from the
curvature that is expected, adding to the standard error what it lacks in small samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.contrast_inference import (
    ContrastInference,
    LinearParameters,
    kenward_roger_inference,
    satterthwaite_df,
    standard_contrasts,
)
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.triangles import directions, free_elements, symmetric_basis

Floats = NDArray[np.float64]


# ---- how uncertain the variances are ---------------------------------------------------------------------------


def variance_standard_errors(fit: MixedFit) -> tuple[Floats, float]:
    """Standard errors of the covariance of the random effects and of the residual variance.

    Returns
    -------
    of_D : numpy.ndarray, shape (q, q)
        Element by element; not to be read where the fit is singular.
    of_residual : float
        Of the residual variance.

    Notes
    -----
    From the observed information, carried from (theta, sigma squared) to ``D = sigma^2 Lambda Lambda'`` by the
    delta method.
    """
    covariance = fit.parameter_covariance
    forth, at = fit.design.random_forth, fit.at
    moves = np.concatenate([at.sigma2 * directions(fit.Lambda, fit.blocks), [fit.Lambda @ fit.Lambda.T]])
    jacobian = (forth @ moves @ forth.T).reshape(len(moves), -1)
    variance_of_D = (jacobian * (covariance @ jacobian)).sum(axis=0).reshape(forth.shape)
    scale = fit.design.y_scale**2
    return scale * np.sqrt(np.maximum(variance_of_D, 0.0)), scale * float(np.sqrt(covariance[-1, -1]))


# ---- Satterthwaite ---------------------------------------------------------------------------------------------


def satterthwaite(fit: MixedFit, contrasts: Floats | None = None) -> ContrastInference:
    """Standard errors and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    fit : MixedFit
        The fit.
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects; each fixed effect by itself by default.

    Notes
    -----
    The degrees of freedom are ``2 v^2 / var(v)``, ``var(v) = g'A g``, with ``g`` the slope of ``v = l' sigma^2
    (X'V^-1 X)^-1 l`` in the variance parameters and ``A`` their covariance (Satterthwaite 1946; Giesbrecht & Burns
    1985; Kuznetsova, Brockhoff & Christensen 2017). On the boundary the vanished variance counts as known.
    """
    v, g = variance_slopes(fit, standard_contrasts(contrasts, fit.design.fixed_forth))
    df = satterthwaite_df(v, g, fit.parameter_covariance)
    return ContrastInference(fit.design.y_scale * np.sqrt(v), df, fit.vcov)


def variance_slopes(fit: MixedFit, rows: Floats) -> tuple[Floats, Floats]:
    """The variance of each contrast and its slopes (contrasts, k + 1) in (theta, sigma squared), standardised."""
    at, p = fit.at, len(fit.at.beta)
    turned = rows @ at.unscaled
    v = at.sigma2 * (turned * rows).sum(axis=1)
    in_phi = at.sigma2 * np.einsum("li,abij,lj->lab", turned, at.S[:, :, :p, :p], turned)
    in_theta = np.einsum("lab,kab->lk", in_phi, directions(fit.Lambda, fit.blocks))
    return v, np.concatenate([in_theta, (v / at.sigma2)[:, None]], axis=1)


# ---- Kenward and Roger -----------------------------------------------------------------------------------------


def kenward_roger(fit: MixedFit, contrasts: Floats | None = None) -> ContrastInference:
    """Kenward and Roger's adjusted standard errors and degrees of freedom.

    Parameters
    ----------
    fit : MixedFit
        A fit by REML.
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects; each fixed effect by itself by default.

    Raises
    ------
    ValueError
        For a fit that is not by REML: the method is derived for it alone.

    Notes
    -----
    See `contrast_inference.kenward_roger_inference` (Kenward & Roger 1997).
    """
    if not fit.reml:
        raise ValueError("Kenward and Roger's method is derived for REML")
    forth = fit.design.fixed_forth
    rows = standard_contrasts(contrasts, forth)
    return kenward_roger_inference(fit.at.unscaled, fit.sigma2, _in_linear_parameters(fit), rows, forth)


def _in_linear_parameters(fit: MixedFit) -> LinearParameters:
    """What is known of the residual variance and the elements of ``Phi``.

    They are first written for ``G_0 = V`` itself, where all is known without ``V^-2``; then ``I = V - Z Phi Z'``
    turns the first parameter into the residual variance.
    """
    at, q, p = fit.at, len(fit.Lambda), len(fit.at.beta)
    weight = fit.design.merged.weight
    E = symmetric_basis(q, fit.blocks)
    N, M = at.N[:, :p], at.M
    C = np.linalg.inv(at.unscaled)

    NEN = np.einsum("kab,abij->kij", E, at.S[:, :, :p, :p])
    MN = np.einsum("bcg,djg->bcdjg", M, N)
    NMN = np.einsum("aig,bcdjg->abcdij", N, MN, optimize=True)
    ME = np.einsum("abg,kbc->kacg", M, E)

    size = len(E) + 1
    P, Q, traces = np.empty((size, p, p)), np.empty((size, size, p, p)), np.empty((size, size))
    P[0], P[1:] = -C, -NEN
    Q[0, 0], Q[0, 1:], Q[1:, 0] = C, NEN, NEN
    Q[1:, 1:] = np.einsum("kab,lcd,abcdij->klij", E, E, NMN)
    traces[0, 0] = fit.design.groups.n_rows
    traces[0, 1:] = traces[1:, 0] = np.einsum("kaag,g->k", ME, weight)
    traces[1:, 1:] = np.einsum("kabg,lbag,g->kl", ME, ME, weight)

    turn = np.eye(size)
    Phi = fit.Lambda @ fit.Lambda.T
    turn[0, 1:] = -Phi[free_elements(q, fit.blocks)]
    return LinearParameters(
        P=np.einsum("rs,sij->rij", turn, P),
        Q=np.einsum("ra,sb,abij->rsij", turn, turn, Q),
        traces=turn @ traces @ turn.T,
    )
