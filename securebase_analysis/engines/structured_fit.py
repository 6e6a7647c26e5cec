"""A linear mixed model with structured residuals: the search for it, and the inference from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from securebase_analysis.engines import mixed_search
from securebase_analysis.engines.contrast_inference import ContrastInference, satterthwaite_df, standard_contrasts
from securebase_analysis.engines.cross_products import Columns
from securebase_analysis.engines.descent import Minimum, inverse_where_curved, minimise
from securebase_analysis.engines.mixed import MixedFit, fit_at
from securebase_analysis.engines.residual_structure import ResidualStructure, structure_of_rows
from securebase_analysis.engines.small_sample import variance_slopes
from securebase_analysis.engines.standard import Scaling, scaling_of
from securebase_analysis.engines.structured_deviance import Landscape, Neighbourhood
from securebase_analysis.engines.triangles import Blocks

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STARTS = (0.05, 0.4, 0.8, -0.3)
"""Correlations of neighbouring rows from which the search begins."""
FEW_ROWS = 5_000
"""Rows up to which the search goes on from all starts, and not from the best of them alone."""
MOST_ROUNDS = 5
TOLD_APART = 1e-5
"""Share of the curvature below which a combination of variance parameters counts as not known at all."""


@dataclass(frozen=True, eq=False)
class _Arrival:
    """Where a search over theta and psi ended."""

    theta: Floats
    psi: Floats
    minimum: Minimum


def _search(landscape: Landscape) -> _Arrival:
    """The lowest of the optima that are reached from several autocorrelations."""
    structure = landscape.structure
    others = np.zeros(structure.n_strata - 1)
    starts = [others]
    if structure.gap is not None:
        wanted = STARTS if structure.signed else STARTS[:-1]
        turn = np.arctanh if structure.signed else logit
        starts = [np.append(turn(correlation), others) for correlation in wanted]
    begun = []
    for psi in starts:
        surface, log_det = landscape.surface(psi)
        found = mixed_search.search(surface)
        begun.append(_Arrival(found.at, psi, replace(found, value=found.value + log_det)))
    begun.sort(key=lambda arrival: arrival.minimum.value)
    if not structure.n_parameters:
        return begun[0]
    few = len(landscape.group) <= FEW_ROWS
    return min(
        (_descend(landscape, arrival) for arrival in (begun if few else begun[:1])),
        key=lambda arrival: arrival.minimum.value,
    )


def _descend(landscape: Landscape, start: _Arrival) -> _Arrival:
    """Newton's method over theta and psi; then over theta alone, which knows its boundaries, until all rests."""
    k = len(start.theta)

    def function(at: Floats) -> tuple[float, Floats, Floats]:
        try:
            near = landscape.neighbourhood(at[:k], at[k:])
        except np.linalg.LinAlgError:
            return np.inf, at, np.eye(len(at))
        return near.value, near.slope, near.curvature

    arrival = start
    for _ in range(MOST_ROUNDS):
        found = minimise(function, np.append(arrival.theta, arrival.psi), tolerance=1e-10)
        surface, log_det = landscape.surface(found.at[k:])
        of_theta = mixed_search.descend(surface, found.at[:k])
        value = min(of_theta.value + log_det, found.value)
        arrival = _Arrival(of_theta.at, found.at[k:], replace(found, value=value))
        if of_theta.value + log_det > found.value - 1e-7:
            break
    return arrival


@dataclass(frozen=True, eq=False, kw_only=True)
class StructuredFit(MixedFit):
    """A fitted linear mixed model with structured residuals, in the units of the data.

    ``vcov``, ``D``, ``deviance`` and the others are as in `MixedFit`; ``sigma2`` is the residual variance of the
    first stratum at weight one. ``singular`` also tells that `phi` lies on its boundary, and
    ``minimum.converged`` is False as well where the data cannot tell the variance parameters apart.

    Attributes
    ----------
    phi : float
        Correlation of residuals that lie one unit of time apart; missing where none was asked for.
    phi_std_error : float
        Missing where `phi` lies on its boundary. Its interval is symmetric on the scale of atanh.
    ratios, ratio_std_errors : numpy.ndarray, shape (strata,)
        Residual standard deviation of each stratum relative to the first, whose standard error is zero. Their
        intervals are symmetric on the scale of the logarithm.
    psi : numpy.ndarray
        The residual parameters without bounds: atanh (logit at uneven times) of the correlation of neighbours,
        logarithms of the ratios.
    structure : ResidualStructure
        What they say of the rows.
    covariance : numpy.ndarray, shape (k, k)
        Covariance of (theta, psi, sigma squared) in standardised columns.
    unscaled_slope : numpy.ndarray, shape (residual parameters, p, p)
        Derivative of ``at.unscaled`` in psi.
    """

    phi: float
    phi_std_error: float
    ratios: Floats
    ratio_std_errors: Floats
    psi: Floats
    structure: ResidualStructure
    covariance: Floats
    unscaled_slope: Floats

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance of (theta, sigma squared), the residual parameters being estimated too."""
        kept = np.delete(np.arange(len(self.covariance)), self._place_of_psi)
        return self.covariance[np.ix_(kept, kept)]

    @property
    def _place_of_psi(self) -> slice:
        last = len(self.covariance) - 1
        return slice(last - len(self.psi), last)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, free elements of ``D``, the residual variance, autocorrelation and ratios."""
        return super().n_parameters + len(self.psi)


def fit_structured(
    y: Floats,
    X: Columns,
    Z: Columns,
    group: Ints,
    n_groups: int,
    reml: bool = True,
    weight: Floats | None = None,
    stratum: Ints | None = None,
    time: Floats | None = None,
    blocks: Blocks | None = None,
) -> StructuredFit:
    """Fit a linear mixed model with weights, spreads by stratum and autocorrelation of the residuals.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X, Z : sequence of numpy.ndarray, shapes (rows,)
        Fixed-effect and random-effect columns. Without random-effect columns the model is that of generalised
        least squares.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``.
    n_groups : int
        Number of groups.
    reml : bool
        Restricted maximum likelihood.
    weight : numpy.ndarray, shape (rows,), optional
        The residual variance of a row is ``sigma2 / weight``.
    stratum : numpy.ndarray of int, shape (rows,), optional
        Rows of one stratum, 0 to the number of strata less one, have one residual variance.
    time : numpy.ndarray, shape (rows,), optional
        When the row was observed; residuals of a group that lie t apart correlate ``phi^t``. At whole steps `phi`
        may be negative.
    blocks : tuple of tuple of int, optional
        Random effects that may correlate, as in `fit_mixed`.

    Raises
    ------
    ValueError
        When a weight is not positive, two rows of a group have the same time, the fixed-effect columns are not of
        full rank, or the model leaves no residual.

    References
    ----------
    Pinheiro & Bates (2000), Mixed-effects models in S and S-PLUS, chapter 5; Jones & Boadi-Boateng (1991),
    Unequally spaced longitudinal data with AR(1) serial correlation, Biometrics 47.
    """
    structure, order = structure_of_rows(group, weight, stratum, time)
    if not len(Z):
        Z, blocks = [np.ones(len(y))], ()
    typical = float(np.sqrt((structure.root_weight**2).mean()))
    scaling = scaling_of(y, X, Z, centre_random=blocks is None).times(typical)
    columns = scaling.columns(y, X, Z, order)
    landscape = Landscape(columns, group[order], n_groups, structure, reml, blocks)
    return _structured_fit(landscape, _search(landscape), scaling)


def _structured_fit(landscape: Landscape, arrival: _Arrival, scaling: Scaling) -> StructuredFit:
    """The fit at the end of the search, in the units of the data."""
    structure, theta, psi = landscape.structure, arrival.theta, arrival.psi
    surface, log_det = landscape.surface(psi)
    every_group = landscape.surface(psi, merge=False)[0].products
    plain = fit_at(surface, replace(arrival.minimum, at=theta), scaling.design(every_group, surface.products))
    near = landscape.neighbourhood(theta, psi)
    on_edge = structure.on_edge(psi)
    covariance, told_apart = _covariance(near, plain, len(theta) if on_edge else None)
    errors = np.sqrt(np.maximum(covariance.diagonal()[len(theta) : -1], 0.0))
    phi, ratios = structure.phi(psi), structure.ratios(psi)
    changed = {
        "deviance": plain.deviance + log_det,
        "singular": plain.singular or on_edge,
        "minimum": replace(plain.minimum, converged=plain.minimum.converged and told_apart),
    }
    with_phi = structure.n_correlations
    return StructuredFit(
        **{**{field.name: getattr(plain, field.name) for field in fields(plain)}, **changed},
        phi=phi,
        phi_std_error=np.nan if on_edge or not with_phi else float(structure.phi_slope(psi) * errors[0]),
        ratios=ratios,
        ratio_std_errors=np.append(0.0, ratios[1:] * errors[with_phi:]),
        psi=psi,
        structure=structure,
        covariance=covariance,
        unscaled_slope=near.unscaled_slope.reshape(len(psi), len(plain.beta), len(plain.beta)),
    )


def _covariance(near: Neighbourhood, fit: MixedFit, known: int | None) -> tuple[Floats, bool]:
    """Covariance of (theta, psi, sigma squared) with one taken as known, and whether the data tell them apart.

    From the Hessian of the deviance that is not profiled over sigma.
    """
    size, sigma2 = len(near.slope), fit.at.sigma2
    H = np.empty((size + 1, size + 1))
    H[:size, :size] = near.curvature + np.outer(near.rss_slope, near.rss_slope) / (fit.degrees * sigma2**2)
    H[:size, size] = H[size, :size] = -near.rss_slope / sigma2**2
    H[size, size] = fit.degrees / sigma2**2
    kept = np.delete(np.arange(size + 1), [] if known is None else [known])
    H = H[np.ix_(kept, kept)]
    covariance = np.zeros((size + 1, size + 1))
    covariance[np.ix_(kept, kept)] = 2.0 * inverse_where_curved(H)
    scale = 1.0 / np.sqrt(np.maximum(np.abs(H.diagonal()), 1e-300))
    return covariance, bool(np.linalg.eigvalsh(H * np.outer(scale, scale))[0] > TOLD_APART)


def satterthwaite(fit: StructuredFit, contrasts: Floats | None = None) -> ContrastInference:
    """Standard errors and Satterthwaite's degrees of freedom, the residual parameters being estimated too.

    Parameters
    ----------
    fit : StructuredFit
        The fit.
    contrasts : numpy.ndarray, shape (contrasts, p), optional
        Rows that multiply the fixed effects; each fixed effect by itself by default.

    Notes
    -----
    As `small_sample.satterthwaite`, with the slopes of the variance of a contrast in `psi` beside the others.
    """
    rows = standard_contrasts(contrasts, fit.design.fixed_forth)
    v, g = variance_slopes(fit, rows)
    in_psi = fit.at.sigma2 * np.einsum("li,kij,lj->lk", rows, fit.unscaled_slope, rows)
    g = np.concatenate([g[:, :-1], in_psi, g[:, -1:]], axis=1)
    df = satterthwaite_df(v, g, fit.covariance)
    return ContrastInference(fit.design.y_scale * np.sqrt(v), df, fit.vcov)
