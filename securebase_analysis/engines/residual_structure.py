"""The linear mixed model whose residuals differ in spread, or follow one another in time.

The residuals of a group have covariance ``sigma^2 R``: row i has the standard deviation ``ratio_s / sqrt(w_i)`` of
its stratum s and its weight, and two rows that lie t apart in time correlate ``phi^t``. Given `phi` and the ratios
a triangular transform makes the residuals independent and equal, exactly: a row depends on the past through the
row before it alone. What is left is the model of `mixed` on transformed columns, with ``log|R|`` added to its
deviance. The search runs over ``theta`` and the few residual parameters together; derivatives in the latter are
central differences.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from securebase_analysis.engines import mixed_search
from securebase_analysis.engines.contrast_inference import ContrastInference, satterthwaite_df, standard_contrasts
from securebase_analysis.engines.cross_products import Columns, cross_products, merge_patterns
from securebase_analysis.engines.descent import Minimum, inverse_where_curved, minimise
from securebase_analysis.engines.mixed import MixedFit, fit_at
from securebase_analysis.engines.mixed_deviance import Surface
from securebase_analysis.engines.small_sample import variance_slopes
from securebase_analysis.engines.standard import Scaling, scaling_of
from securebase_analysis.engines.triangles import Blocks

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEP = 1e-4
"""Of the differences; residual parameters are on unbounded scales of order one."""
STARTS = (0.05, 0.4, 0.8, -0.3)
"""Correlations of neighbouring rows from which the search begins."""
FEW_ROWS = 5_000
"""Rows up to which the search goes on from all starts, and not from the best of them alone."""
FAR_GAPS = 4.0
"""Median gap above which whole numbers are taken for days rather than for waves."""
MOST_ROUNDS = 5
TOLD_APART = 1e-5
"""Share of the curvature below which a combination of variance parameters counts as not known at all."""
EDGE = 1e-4
"""Correlation of neighbouring rows so close to 0 (of a positive one) or 1 that it counts as on the boundary."""


# ---- what the residuals have in common -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ResidualStructure:
    """How the residuals of ordered rows vary and follow one another.

    Attributes
    ----------
    root_weight : numpy.ndarray, shape (rows,)
        Square roots of the weights.
    stratum : numpy.ndarray of int, shape (rows,)
        Stratum of each row; all zero where spreads do not differ.
    n_strata : int
        Number of strata.
    gap : numpy.ndarray, shape (rows,), optional
        Time since the row before in units of `unit`; infinite for the first row of a group. None without
        autocorrelation.
    unit : float
        The median gap in the units of the data.
    signed : bool
        Whether the rows stand at whole steps of time, so that `phi` can be negative.
    """

    root_weight: Floats
    stratum: Ints
    n_strata: int
    gap: Floats | None
    unit: float
    signed: bool

    @property
    def n_correlations(self) -> int:
        """One where there is autocorrelation, else none."""
        return 0 if self.gap is None else 1

    @property
    def n_parameters(self) -> int:
        """Autocorrelation and ratios of standard deviations."""
        return self.n_correlations + self.n_strata - 1

    def neighbours(self, psi: Floats) -> float:
        """The correlation of rows that lie one unit apart; zero without autocorrelation."""
        if self.gap is None:
            return 0.0
        return float(np.tanh(psi[0]) if self.signed else expit(psi[0]))

    def phi(self, psi: Floats) -> float:
        """The correlation of rows that lie one unit of the data's time apart; missing without autocorrelation."""
        if self.gap is None:
            return np.nan
        neighbours = self.neighbours(psi)
        return 0.0 if not self.signed and neighbours < EDGE else float(neighbours ** (1.0 / self.unit))

    def phi_slope(self, psi: Floats) -> float:
        """Derivative of `phi` in the first parameter."""
        phi = self.phi(psi)
        return 1.0 - phi**2 if self.signed else phi * (1.0 - self.neighbours(psi)) / self.unit

    def on_edge(self, psi: Floats) -> bool:
        """Whether the correlation of neighbours is as good as one, or as good as zero where it cannot be less."""
        neighbours = self.neighbours(psi)
        return abs(neighbours) > 1.0 - EDGE or (self.gap is not None and not self.signed and neighbours < EDGE)

    def ratios(self, psi: Floats) -> Floats:
        """Standard deviation of each stratum relative to the first."""
        return np.exp(np.append(0.0, psi[self.n_correlations :]))

    def whiten(self, columns: Floats, psi: Floats) -> tuple[Floats, float]:
        """Columns (k, rows) in which the residuals are independent and equal, and ``log|R|``."""
        scale = self.root_weight / self.ratios(psi)[self.stratum]
        made = columns * scale
        log_det = -2.0 * float(np.log(scale).sum())
        if self.gap is None:
            return made, log_det
        rho = np.power(self.neighbours(psi), self.gap)
        left = 1.0 - rho**2
        made[:, 1:] = (made[:, 1:] - rho[1:] * made[:, :-1]) / np.sqrt(left[1:])
        return made, log_det + float(np.log(left).sum())


def structure_of_rows(
    group: Ints, weight: Floats | None, stratum: Ints | None, time: Floats | None
) -> tuple[ResidualStructure, Ints]:
    """The structure of rows in the order of groups and time, and that order.

    Raises
    ------
    ValueError
        When a weight is not positive, or two rows of a group have the same time.
    """
    n_rows = len(group)
    order = np.lexsort((np.zeros(n_rows) if time is None else time, group))
    weight = np.ones(n_rows) if weight is None else np.asarray(weight, dtype=float)[order]
    if not (weight > 0.0).all():
        raise ValueError("weights must be positive")
    strata = np.zeros(n_rows, dtype=np.intp) if stratum is None else np.asarray(stratum, dtype=np.intp)[order]
    gap, unit, signed = None, 1.0, False
    if time is not None:
        gap, unit, signed = _gaps(np.asarray(time, dtype=float)[order], group[order])
    return ResidualStructure(np.sqrt(weight), strata, int(strata.max()) + 1, gap, unit, signed), order


def _gaps(time: Floats, group: Ints) -> tuple[Floats, float, bool]:
    """Time since the row before, its unit, and whether all gaps are whole steps."""
    gap = np.full(len(time), np.inf)
    inside = np.flatnonzero(group[1:] == group[:-1]) + 1
    gap[inside] = time[inside] - time[inside - 1]
    within = gap[inside]
    if not len(within):
        raise ValueError("no group has two rows that could follow one another")
    if not (within > 0.0).all():
        raise ValueError("two rows of a group have the same time")
    middle = float(np.median(within))
    signed = bool((within == np.round(within)).all() and within.min() == 1.0 and middle <= FAR_GAPS)
    unit = 1.0 if signed else middle
    return gap / unit, unit, signed


# ---- the deviance over theta and the residual parameters -------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The profiled deviance at a point (theta, psi) and its derivatives there.

    Attributes
    ----------
    value : float
        The deviance.
    slope, curvature : numpy.ndarray, shapes (k,) and (k, k)
        Derivatives in theta and psi.
    rss_slope : numpy.ndarray, shape (k,)
        Derivative of the weighted residual sum of squares.
    unscaled_slope : numpy.ndarray, shape (residual parameters, p, p)
        Derivative of ``(X'V^-1 X)^-1`` in psi.
    """

    value: float
    slope: Floats
    curvature: Floats
    rss_slope: Floats
    unscaled_slope: Floats


class Landscape:
    """The profiled deviance over theta and psi."""

    def __init__(
        self,
        columns: tuple[Floats, Floats],
        group: Ints,
        n_groups: int,
        structure: ResidualStructure,
        reml: bool,
        blocks: Blocks | None,
    ) -> None:
        self.columns, self.n_W = np.concatenate(columns), len(columns[0])
        self.group, self.n_groups = group, n_groups
        self.structure, self.reml, self.blocks = structure, reml, blocks

    def surface(self, psi: Floats, merge: bool = True) -> tuple[Surface, float]:
        """The deviance over theta alone, and what ``log|R|`` adds to it."""
        made, log_det = self.structure.whiten(self.columns, psi)
        products = cross_products(made[: self.n_W], made[self.n_W :], self.group, self.n_groups)
        return Surface(merge_patterns(products) if merge else products, self.reml, self.blocks), log_det

    def neighbourhood(self, theta: Floats, psi: Floats) -> Neighbourhood:
        """The deviance and its derivatives.

        Raises
        ------
        LinAlgError
            Where there is no deviance.
        """
        size, k = len(psi), len(theta)
        steps = STEP * np.eye(size)
        middle = self._point(theta, psi)
        above = [self._point(theta, psi + step) for step in steps]
        below = [self._point(theta, psi - step) for step in steps]
        slope, curvature = np.empty(k + size), np.empty((k + size, k + size))
        slope[:k], curvature[:k, :k] = middle.slope, middle.curvature
        for j in range(size):
            slope[k + j] = (above[j].value - below[j].value) / (2.0 * STEP)
            curvature[k + j, :k] = curvature[:k, k + j] = (above[j].slope - below[j].slope) / (2.0 * STEP)
            curvature[k + j, k + j] = (above[j].value - 2.0 * middle.value + below[j].value) / STEP**2
            for i in range(j):
                both = steps[i] + steps[j]
                across = self._point(theta, psi + both).value + self._point(theta, psi - both).value
                apart = above[i].value + below[i].value + above[j].value + below[j].value
                bend = (across - apart + 2.0 * middle.value) / (2.0 * STEP**2)
                curvature[k + i, k + j] = curvature[k + j, k + i] = bend
        pairs = list(zip(above, below))
        return Neighbourhood(
            value=middle.value,
            slope=slope,
            curvature=curvature,
            rss_slope=np.append(middle.rss_slope, [(up.rss - down.rss) / (2.0 * STEP) for up, down in pairs]),
            unscaled_slope=np.array([(up.unscaled - down.unscaled) / (2.0 * STEP) for up, down in pairs]),
        )

    def _point(self, theta: Floats, psi: Floats) -> _Point:
        surface, log_det = self.surface(psi)
        value, slope, curvature = surface(theta)
        at = surface.at(theta)
        if at is None or not np.isfinite(value + log_det):
            raise np.linalg.LinAlgError("no deviance here")
        rss_slope = 2.0 * (at.rss_slope @ surface.triangle(theta))[surface.free]
        return _Point(value + log_det, slope, curvature, at.sigma2 * surface.degrees, rss_slope, at.unscaled)


@dataclass(frozen=True, eq=False)
class _Point:
    """The deviance at one (theta, psi) with its derivatives in theta, and what differences are taken of."""

    value: float
    slope: Floats
    curvature: Floats
    rss: float
    rss_slope: Floats
    unscaled: Floats


# ---- the search ------------------------------------------------------------------------------------------------


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


# ---- the fit ---------------------------------------------------------------------------------------------------


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
