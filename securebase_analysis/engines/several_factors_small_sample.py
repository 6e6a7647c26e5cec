"""Degrees of freedom and standard errors that hold in small samples, where there are several grouping factors.

`satterthwaite` asks the curvature of the deviance that was observed how uncertain the variances are,
`kenward_roger` the curvature that is expected; see `engines.small_sample` for one grouping factor.
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
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.engines.several_factors_deviance import Deviance, elements, times

Floats = NDArray[np.float64]

MOST_EFFECTS = 4_000
"""Kenward and Roger's method needs a full matrix of this size, and three copies of it, 130 megabytes each."""


# ---- Satterthwaite ---------------------------------------------------------------------------------------------


def satterthwaite(fit: SeveralFit, contrasts: Floats | None = None) -> ContrastInference:
    """Standard errors and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    fit : SeveralFit
        The fit.
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects; each fixed effect by itself by default.

    Notes
    -----
    The degrees of freedom are ``2 v^2 / var(v)``, ``var(v) = g'A g``, with ``g`` the slope of ``v = l' sigma^2
    (X'V^-1 X)^-1 l`` in the variance parameters and ``A`` their covariance (Satterthwaite 1946; Giesbrecht & Burns
    1985; Kuznetsova, Brockhoff & Christensen 2017). On the boundary the vanished variance counts as known.
    """
    at, design = fit.at, fit.design
    rows = standard_contrasts(contrasts, design.fixed_forth)
    turned = rows @ at.unscaled
    v = at.sigma2 * np.einsum("li,li->l", turned, rows)
    Cu, Nu = at.C[:, :-1] @ turned.T, at.N[:, :-1] @ turned.T
    slopes = [
        np.einsum("anl,bnl->lab", design.by_level(Cu, f), design.by_level(Nu, f)) for f in range(len(design.q))
    ]
    in_theta = [2.0 * at.sigma2 * slopes[one.f][:, one.column, one.row] for one in elements(design.blocks)]
    g = np.column_stack([*in_theta, v / at.sigma2])
    df = satterthwaite_df(v, g, fit.parameter_covariance)
    return ContrastInference(design.y_scale * np.sqrt(v), df, fit.vcov)


def variance_standard_errors(fit: SeveralFit) -> tuple[tuple[Floats, ...], float]:
    """Standard errors of the covariances of the random effects and of the residual variance.

    Returns
    -------
    of_covariances : tuple of numpy.ndarray, shapes (q, q)
        For each factor, element by element; not to be read where the factor's covariance is singular.
    of_residual : float
        Of the residual variance.

    Notes
    -----
    From the observed information, carried from (theta, sigma squared) to ``D = sigma^2 Lambda Lambda'`` by the
    delta method.
    """
    covariance, design, at = fit.parameter_covariance, fit.design, fit.at
    places = elements(design.blocks)
    found = []
    for f, (Lambda, forth) in enumerate(zip(at.Lambda, design.random_forth)):
        jacobian = np.zeros((len(places) + 1, *Lambda.shape))
        for k, one in enumerate(places):
            if one.f == f:
                jacobian[k, one.row] += at.sigma2 * Lambda[:, one.column]
                jacobian[k, :, one.row] += at.sigma2 * Lambda[:, one.column]
        jacobian[-1] = Lambda @ Lambda.T
        jacobian = forth @ jacobian @ forth.T
        variance = np.einsum("kab,kl,lab->ab", jacobian, covariance, jacobian)
        found.append(design.y_scale**2 * np.sqrt(np.maximum(variance, 0.0)))
    return tuple(found), design.y_scale**2 * float(np.sqrt(covariance[-1, -1]))


# ---- Kenward and Roger -----------------------------------------------------------------------------------------


def kenward_roger(fit: SeveralFit, contrasts: Floats | None = None) -> ContrastInference:
    """Kenward and Roger's adjusted standard errors and degrees of freedom.

    Parameters
    ----------
    fit : SeveralFit
        A fit by REML.
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects; each fixed effect by itself by default.

    Raises
    ------
    ValueError
        For a fit that is not by REML: the method is derived for it alone. For more than 4,000 random effects.

    Notes
    -----
    See `contrast_inference.kenward_roger_inference` (Kenward & Roger 1997).
    """
    if not fit.reml:
        raise ValueError("Kenward and Roger's method is derived for REML")
    if fit.design.plan.n > MOST_EFFECTS:
        raise ValueError(
            f"Kenward and Roger's method needs a full matrix over all {fit.design.plan.n:,} random effects; "
            f"{MOST_EFFECTS:,} is the most that is reasonable. Satterthwaite's method has no such limit"
        )
    forth = fit.design.fixed_forth
    rows = standard_contrasts(contrasts, forth)
    return kenward_roger_inference(fit.at.unscaled, fit.sigma2, _in_linear_parameters(fit), rows, forth)


def _directions(at: Deviance) -> list[tuple[int, Floats]]:
    """The free elements of the covariances: the factor, and the direction (q, q)."""
    found = []
    for one in elements(at.design.blocks):
        E = np.zeros((at.design.q[one.f],) * 2)
        E[one.row, one.column] = E[one.column, one.row] = 1.0
        found.append((one.f, E))
    return found


def _in_linear_parameters(fit: SeveralFit) -> LinearParameters:
    """What is known of the size of ``V`` itself (``G_0 = V``) and of the elements of ``Phi``.

    The method is the same for all parameters in which the covariance is linear. With the size of ``V`` itself in
    place of the residual variance, all is known without ``V^-2``.
    """
    at, design = fit.at, fit.design
    p = design.n_fixed
    directions = _directions(at)
    K, N = _between_all_levels(at), [design.by_level(at.N[:, :p], f) for f in range(len(design.q))]
    C = np.linalg.inv(at.unscaled)

    size = len(directions) + 1
    P, Q, traces = np.empty((size, p, p)), np.empty((size, size, p, p)), np.empty((size, size))
    P[0], Q[0, 0], traces[0, 0] = -C, C, design.n_rows
    blocks = {(f, g): _contracted(K, N, at, f, g) for f in range(len(N)) for g in range(len(N))}
    for r, (f, E) in enumerate(directions, start=1):
        NEN = np.einsum("ali,ab,blj->ij", N[f], E, N[f])
        P[r], Q[0, r], Q[r, 0] = -NEN, NEN, NEN
        within = K[design.spans[f], design.spans[f]].reshape(N[f].shape[:2] * 2)
        traces[0, r] = traces[r, 0] = np.einsum("ab,blal->", E, within)
        for s, (g, other) in enumerate(directions, start=1):
            of_products, of_traces = blocks[f, g]
            Q[r, s] = np.einsum("ab,cd,abcdij->ij", E, other, of_products)
            traces[r, s] = np.einsum("ab,cd,bcad->", E, other, of_traces)
    return LinearParameters(P, Q, traces)


def _between_all_levels(at: Deviance) -> Floats:
    """``Z'V^-1 Z`` in full."""
    ZZ = at.design.ZZ
    full = ZZ.toarray()
    solved = at.factorisation.solve(times(at.Lambda, full, at.design, transposed=True))
    full -= ZZ @ times(at.Lambda, solved, at.design)
    return full


def _contracted(K: Floats, N: list[Floats], at: Deviance, f: int, g: int) -> tuple[Floats, Floats]:
    """Sums over the levels l of one factor and m of another: ``N_al K_bl,cm N_dm`` and ``K_al,bm K_cl,dm``."""
    (q_f, n_f, _), (q_g, n_g, _) = N[f].shape, N[g].shape
    block = K[at.design.spans[f], at.design.spans[g]].reshape(q_f, n_f, q_g, n_g)
    turned = np.einsum("blcm,dmj->blcdj", block, N[g], optimize=True)
    of_products = np.einsum("ali,blcdj->abcdij", N[f], turned, optimize=True)
    flat = np.ascontiguousarray(block.transpose(0, 2, 1, 3)).reshape(q_f * q_g, n_f * n_g)
    return of_products, (flat @ flat.T).reshape(q_f, q_g, q_f, q_g)
