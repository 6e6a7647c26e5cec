"""Cox's proportional hazards model, fitted by maximum partial likelihood to rows in counting-process form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.descent import Function, Minimum, minimise
from securebase_analysis.engines.log_partial_likelihood import (
    AtCoefficients,
    PartialLikelihood,
    weighted_score_residuals,
)
from securebase_analysis.engines.risk_sets import RiskSets, risk_sets

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Ties = Literal["efron", "breslow"]

DEPENDENT = 1e-9
"""The least share of a column's variance within the risk sets that the columns before it may leave unexplained."""
SAME = 1e-12
"""A column varies within risk sets when more than this share of its variation lies within them."""
STILL_MOVING = 0.1
"""A search has not come to a maximum while its steps move log hazards by more than this."""
CURVATURE_GONE = 1e-10
"""Where another coefficient runs away, one whose curvature fell below this share of that at 0 does so with it."""
VANISHING = -500.0
"""Log risks so far below the largest are beyond any that have a maximum."""
NO_PART = 0.01
"""Coefficients that move by less than this share of the fastest have a limit of their own."""
CLOSE = 1e-9
"""The search ends when a step is expected to gain less in log-likelihood; one last step is taken from there."""
SINGULAR = 1e-13
"""An eigenvalue of a correlation matrix below this is none."""
EXACT = 1e-20
"""Where even less is to be gained, none is."""


class DependentColumns(ValueError):
    """Columns whose coefficients the risk sets cannot tell apart; `columns` are their numbers, from 0."""

    def __init__(self, columns: Ints) -> None:
        self.columns = columns
        named = ", ".join(str(int(column)) for column in columns)
        super().__init__(
            f"columns that do not differ, or only as columns before them do, among those at risk together: {named}"
        )


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted proportional hazards model, in the units of the data.

    Attributes
    ----------
    beta : numpy.ndarray, shape (p,)
        Log hazard ratios. Where `runaway` is set the value only says how far the search went, and it has no
        variance: rows and columns of both covariances are not numbers.
    vcov : numpy.ndarray, shape (p, p)
        Inverse information, as if rows were independent.
    vcov_clustered : numpy.ndarray, shape (p, p), or None
        Lin and Wei's covariance, with the influences of the rows of a cluster added up; None without clusters.
    n_clusters : int or None
        Clusters.
    log_likelihood, log_likelihood_at_zero : float
        Log partial likelihood at the estimate, and with every coefficient 0.
    score_test : float
        Score test of all coefficients being 0; chi-squared with `p` degrees of freedom.
    score_test_clustered : float or None
        The same with the scores of clusters, not of rows, as what is independent; None without clusters, not a
        number where there are too few of them.
    runaway : numpy.ndarray of bool, shape (p,)
        Coefficients without a finite maximum: the likelihood rises for ever in their direction.
    converged : bool
        Whether the search ended at a maximum, and nothing runs away.
    steps : int
        Newton steps.
    at : AtCoefficients
        The likelihood at the estimate, standardised.
    """

    beta: Floats
    vcov: Floats
    vcov_clustered: Floats | None
    n_clusters: int | None
    log_likelihood: float
    log_likelihood_at_zero: float
    score_test: float
    score_test_clustered: float | None
    runaway: Bools
    converged: bool
    steps: int
    at: AtCoefficients

    @property
    def sets(self) -> RiskSets:
        """Who is at risk when."""
        return self.at.jumps.sets

    @property
    def n_events(self) -> int:
        """Rows that end with the event."""
        return len(self.sets.event_row)

    @property
    def n_at_risk(self) -> int:
        """Rows that are at risk at any event time; no other row has a say."""
        return int(self.sets.ever_at_risk.sum())

    @property
    def likelihood_ratio_test(self) -> float:
        """Twice the gain in log-likelihood over all coefficients being 0."""
        return 2.0 * (self.log_likelihood - self.log_likelihood_at_zero)

    def wald_test(self, vcov: Floats | None = None) -> float:
        """Wald's test of all coefficients being 0, with `vcov` unless another covariance is given.

        Not a number where the covariance has not the rank of the coefficients, as with fewer clusters than these.
        """
        return squared_length(self.beta, self.vcov if vcov is None else vcov)


def fit_cox(
    stop: ArrayLike,
    event: ArrayLike,
    X: ArrayLike,
    start: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    ties: Ties = "efron",
    cluster: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    start_at: ArrayLike | None = None,
) -> CoxFit:
    """Fit a proportional hazards model by maximum partial likelihood.

    Parameters
    ----------
    stop : array, shape (rows,)
        End of each row.
    event : array, shape (rows,)
        Whether the row ends with the event: 0 or 1.
    X : array, shape (p, rows)
        Columns; without a column of ones.
    start : array, shape (rows,), optional
        When the row comes under observation; a row is at risk when ``start < t <= stop``.
    strata : array, shape (rows,), optional
        Each has its own baseline hazard.
    weight : array, shape (rows,), optional
        Positive weights.
    ties : {"efron", "breslow"}
        How events at one time are dealt with.
    cluster : array, shape (rows,), optional
        Rows that may depend on one another.
    offset : array, shape (rows,), optional
        A known part of the log hazard.
    start_at : array, shape (p,), optional
        Coefficients to begin from.

    Raises
    ------
    DependentColumns
        A ValueError that names the columns which those at risk together cannot tell apart.
    ValueError
        For missing values, rows that do not end after they start, no event, or weights that are not positive.

    Notes
    -----
    Weights count as known: with sampling or inverse-probability weights only the clustered covariance is right.

    References
    ----------
    Cox (1972), J R Stat Soc B 34; Efron (1977), J Am Stat Assoc 72; Andersen & Gill (1982), Ann Stat 10; Lin & Wei
    (1989), The robust inference for the Cox proportional hazards model, J Am Stat Assoc 84.
    """
    sets = risk_sets(stop, event, start, strata)
    surface = partial_likelihood(sets, X, weight, offset, ties)
    return fit_at_maximum(surface, cluster, start_at)


def partial_likelihood(
    sets: RiskSets, X: ArrayLike, weight: ArrayLike | None, offset: ArrayLike | None, ties: Ties
) -> PartialLikelihood:
    """Check and standardise what the likelihood is made of."""
    n = sets.n_rows
    if ties not in ("efron", "breslow"):
        raise ValueError("ties are 'efron' or 'breslow'")
    columns = np.asarray(X, dtype=float).reshape(-1, n)
    weights = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    known = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)
    if weights.shape != (n,) or known.shape != (n,):
        raise ValueError("weight and offset have one value for each row")
    if not (weights > 0.0).all() or not np.isfinite(weights).all():
        raise ValueError("weights must be positive numbers")
    if not np.isfinite(columns).all() or not np.isfinite(known).all():
        raise ValueError("columns and offset must not be missing")
    seen = sets.ever_at_risk
    centre = columns[:, seen].mean(axis=1)
    standard = columns - centre[:, None]
    # By its largest size, so that a step of the search moves no log hazard out of range, however rare a group is.
    scale = np.abs(standard[:, seen]).max(axis=1)
    constant = scale <= 1e-12 * np.abs(centre)
    if constant.any():
        raise DependentColumns(np.flatnonzero(constant))
    standard /= scale[:, None]
    return PartialLikelihood(sets, standard, centre, scale, weights, known, ties == "efron")


def fit_at_maximum(surface: PartialLikelihood, cluster: ArrayLike | None, start_at: ArrayLike | None) -> CoxFit:
    """Search for the maximum and report it in the units of the data."""
    zero = surface.at(np.zeros(len(surface.X)))
    information = zero.information
    _must_tell_columns_apart(zero)
    begin = zero.beta if start_at is None else np.asarray(start_at, dtype=float) * surface.scale
    found, at = _search(zero, begin)
    runaway = _runaway(at, information, found.converged)
    vcov = _inverse(at.information, runaway) / np.outer(surface.scale, surface.scale)
    clustered, n_clusters, robust_score = None, None, None
    if cluster is not None:
        by_cluster = sums_by_cluster(weighted_score_residuals(at) * surface.scale[:, None], cluster)
        clustered, n_clusters = sandwich(vcov, by_cluster), by_cluster.shape[1]
        at_zero = sums_by_cluster(weighted_score_residuals(zero), cluster)
        robust_score = squared_length(zero.score, at_zero @ at_zero.T)
    return CoxFit(
        beta=at.beta / surface.scale,
        vcov=vcov,
        vcov_clustered=clustered,
        n_clusters=n_clusters,
        log_likelihood=at.log_likelihood,
        log_likelihood_at_zero=zero.log_likelihood,
        score_test=float(zero.score @ np.linalg.solve(information, zero.score)),
        score_test_clustered=robust_score,
        runaway=runaway,
        converged=found.converged and not bool(runaway.any()),
        steps=found.steps,
        at=at,
    )


def _inverse(information: Floats, runaway: Bools) -> Floats:
    """Covariance of the coefficients; not a number for those that have no estimate."""
    vcov, finite = np.full_like(information, np.nan), np.ix_(~runaway, ~runaway)
    vcov[finite] = np.linalg.inv(information[finite])
    return vcov


def squared_length(values: Floats, vcov: Floats) -> float:
    """``u' V^-1 u``: chi-squared where `u` is normal with mean 0; not a number where `V` has not full rank."""
    if not np.isfinite(vcov).all() or not (vcov.diagonal() > 0.0).all():
        return 0.0 if not len(values) else np.nan
    half = 1.0 / np.sqrt(vcov.diagonal())
    on_one_scale = vcov * np.outer(half, half)
    if np.linalg.matrix_rank(on_one_scale, tol=SINGULAR, hermitian=True) < len(values):
        return np.nan
    return float((half * values) @ np.linalg.solve(on_one_scale, half * values))


def _must_tell_columns_apart(zero: AtCoefficients) -> None:
    """Refuse columns that do not vary within risk sets, or only as columns before them do."""
    left, dependent = zero.information.copy(), []
    least = DEPENDENT * zero.information.diagonal()
    # What varies only between risk sets cancels in the information up to rounding.
    rounding = SAME * (zero.surface.X**2 @ (zero.jumps.risk * zero.exposure))
    for column in range(len(left)):
        variance = left[column, column]
        if variance <= max(least[column], rounding[column]):
            dependent.append(column)
        else:
            left = left - np.outer(left[column], left[column]) / variance
    if dependent:
        raise DependentColumns(np.array(dependent))


def _search(zero: AtCoefficients, begin: Floats) -> tuple[Minimum, AtCoefficients]:
    """Where the search ended, and the likelihood a last step further, which doubles the digits that are right."""
    latest, turn = [zero], apart(zero.information)

    def function(beta: Floats) -> tuple[float, Floats, Floats]:
        latest[0] = zero.surface.unless_known(beta, latest[0])
        return latest[0].as_function()

    found = minimise(turned(function, turn), in_turned(begin, turn), CLOSE)
    at = zero.surface.unless_known(turn @ found.at, latest[0])
    for _ in range(2):
        step = np.linalg.lstsq(at.information, at.score)[0]
        if not found.converged or not step @ at.score > EXACT:
            break
        further = zero.surface.at(at.beta + step)
        if not further.log_likelihood >= at.log_likelihood - CLOSE:
            break
        at = further
    return found, at


def apart(information: Floats) -> Floats:
    """A matrix that makes coefficients of which each has the curvature of its column, but none shares it.

    Where columns are all but the same, the likelihood is a narrow ridge; seen in these coefficients it is round.
    """
    if not len(information):
        return information
    root = np.linalg.cholesky(information)
    return np.asarray(np.linalg.solve(root.T, np.diag(np.sqrt(information.diagonal()))), dtype=float)


def in_turned(beta: Floats, turn: Floats) -> Floats:
    """The coefficients that the matrix `turn` makes some coefficients of."""
    return np.asarray(np.linalg.solve(turn, beta), dtype=float)


def turned(function: Function, turn: Floats) -> Function:
    """A function of coefficients as one of those that the matrix `turn` makes them of."""

    def of_turned(coefficients: Floats) -> tuple[float, Floats, Floats]:
        value, slope, curvature = function(turn @ coefficients)
        return value, turn.T @ slope, turn.T @ curvature @ turn

    return of_turned


def _runaway(at: AtCoefficients, at_zero: Floats, converged: bool) -> Bools:
    """Which coefficients the likelihood drives to infinity.

    At a maximum both the gain of a further step and the step itself vanish. Where there is none the gain vanishes
    and the step does not. A search that ends because the smallest risks vanish beside the largest was on its
    way to infinity too.
    """
    if not len(at.beta):
        return np.zeros(0, dtype=bool)
    if not converged and at.link.min() < VANISHING:
        return np.abs(at.beta) > NO_PART * np.abs(at.beta).max()
    half = 1.0 / np.sqrt(np.maximum(at.information.diagonal(), 1e-200))
    step = half * np.linalg.lstsq(at.information * np.outer(half, half), half * at.score, rcond=1e-14)[0]
    if np.ptp((step @ at.surface.X)[at.jumps.sets.ever_at_risk]) < STILL_MOVING:
        return np.zeros(len(step), dtype=bool)
    gone = at.information.diagonal() < CURVATURE_GONE * at_zero.diagonal()
    return gone | (np.abs(step) > NO_PART * np.abs(step).max())


# ---- clusters --------------------------------------------------------------------------------------------------


def sums_by_cluster(values: Floats, cluster: ArrayLike) -> Floats:
    """Sums (p, clusters) of the values (p, rows) of the rows of each cluster."""
    code = np.asarray(cluster)
    if code.shape != values.shape[1:]:
        raise ValueError("cluster has one value for each row")
    number = np.unique(code, return_inverse=True)[1]
    out = np.empty((len(values), int(number.max()) + 1))
    for line, sums in zip(values, out):
        sums[:] = np.bincount(number, line)
    return out


def sandwich(vcov: Floats, by_cluster: Floats) -> Floats:
    """``V U U' V`` for the sums ``U`` (p, clusters) of the score residuals of each cluster."""
    influence = np.where(np.isnan(vcov), 0.0, vcov) @ by_cluster
    return np.where(np.isnan(vcov), np.nan, influence @ influence.T)
