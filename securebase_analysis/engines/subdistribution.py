"""Fine and Gray's proportional hazards of a subdistribution: what the cumulative incidence of a cause rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.competing_risk_sets import (
    Censoring,
    FadingRiskSets,
    TiedCensoring,
    censoring,
    fading_risk_sets,
)
from securebase_analysis.engines.log_partial_likelihood import AtCoefficients, weighted_score_residuals
from securebase_analysis.engines.partial_likelihood import (
    CoxFit,
    Ties,
    fit_at_maximum,
    partial_likelihood,
    sandwich,
    sums_by_cluster,
)
from securebase_analysis.engines.risk_sets import RiskSets, risk_sets

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SubdistributionFit:
    """A fitted model of a subdistribution hazard, in the units of the data.

    Attributes
    ----------
    cox : CoxFit
        The weighted partial likelihood: coefficients, log-likelihood, baseline; its `vcov` takes the weights for
        rows and is too small.
    vcov : numpy.ndarray, shape (p, p)
        Fine and Gray's covariance, children or clusters apart, with the uncertainty of the censoring distribution.
        Where entries are delayed that uncertainty is left out, and it equals `vcov_weights_known`.
    vcov_weights_known : numpy.ndarray, shape (p, p)
        The same as if the censoring distribution were known.
    n_clusters : int
        Children or clusters.
    weights_estimated : bool
        Whether `vcov` allows for the weights being estimates.
    """

    cox: CoxFit
    vcov: Floats
    vcov_weights_known: Floats
    n_clusters: int
    weights_estimated: bool

    @property
    def beta(self) -> Floats:
        """Log subdistribution hazard ratios (p,)."""
        return self.cox.beta


def fit_subdistribution(
    stop: ArrayLike,
    cause: ArrayLike,
    X: ArrayLike,
    of_interest: int = 1,
    censored: int = 0,
    start: ArrayLike | None = None,
    child: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    censoring_group: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    ties: Ties = "breslow",
    cluster: ArrayLike | None = None,
    tied_censoring: TiedCensoring = "with",
) -> SubdistributionFit:
    """Fit Fine and Gray's model by its weighted partial likelihood.

    Parameters
    ----------
    stop : array, shape (rows,)
        End of each row.
    cause : array of int, shape (rows,)
        How it ends: `of_interest`, `censored`, or any other number for a competing event.
    X : array, shape (p, rows)
        Columns; without a column of ones. After a competing event they stay as they were.
    of_interest, censored : int
        The two numbers of `cause` that matter.
    start : array, shape (rows,), optional
        When the row comes under observation.
    child : array, shape (rows,), optional
        Whose row it is, where children have several, one after the other; all but the last of a child end
        `censored`.
    strata : array, shape (rows,), optional
        Each has its own baseline.
    censoring_group : array, shape (rows,), optional
        Each has its own distribution of censoring; one for all by default.
    weight : array, shape (rows,), optional
        Positive weights of rows in the likelihood; the censoring distribution is not weighted.
    ties : {"breslow", "efron"}
        How events at one time are dealt with.
    cluster : array, shape (rows,), optional
        Rows that may depend on one another; children by default.
    tied_censoring : {"with", "after"}
        Whether a censoring at the time of events counts as one with them, or, as Kaplan and Meier's convention has
        it, after them.

    Raises
    ------
    DependentColumns
        A ValueError that names the columns which those at risk together cannot tell apart.
    ValueError
        For what `fit_cox` refuses, no event of interest, or children whose rows leave gaps.

    References
    ----------
    Fine & Gray (1999), A proportional hazards model for the subdistribution of a competing risk, J Am Stat Assoc
    94; Geskus (2011), Cause-specific cumulative incidence estimation and the Fine and Gray model under both left
    truncation and right censoring, Biometrics 67; Zhou, Fine, Latouche & Labopin (2012), Competing risks
    regression for clustered data, Biostatistics 13.
    """
    causes = np.asarray(cause)
    plain = risk_sets(stop, (causes == of_interest).astype(int), start, strata)
    first, last, subject = _rows_of_children(plain, causes == censored, child)
    group = np.zeros(plain.n_rows, dtype=np.intp)
    if censoring_group is not None:
        group = np.unique(np.asarray(censoring_group), return_inverse=True)[1].astype(np.intp)
    observed = censoring(plain, causes != censored, first, last, group, tied_censoring)
    sets = fading_risk_sets(plain, observed, (causes != of_interest) & (causes != censored))
    surface = partial_likelihood(sets, X, weight, None, ties)
    fit = fit_at_maximum(surface, subject if cluster is None else cluster, None)
    return _with_estimated_weights(fit, sets, observed, subject if cluster is None else cluster)


def _rows_of_children(sets: RiskSets, open_ended: Bools, child: ArrayLike | None) -> tuple[Bools, Bools, Ints]:
    """Which rows are the first and the last of their child, and the number of the child."""
    n = sets.n_rows
    if child is None:
        return np.ones(n, dtype=bool), np.ones(n, dtype=bool), np.arange(n)
    subject = np.unique(np.asarray(child), return_inverse=True)[1].astype(np.intp)
    order = np.lexsort((sets.stop, subject))
    same = subject[order][1:] == subject[order][:-1]
    before, after = order[:-1][same], order[1:][same]
    if len(before) and (sets.start is None or (sets.start[after] != sets.stop[before]).any()):
        raise ValueError("the rows of a child must follow one another without gaps or overlaps")
    if not open_ended[before].all():
        raise ValueError("only the last row of a child may end with an event")
    first, last = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    first[after], last[before] = False, False
    return first, last, subject


def _with_estimated_weights(
    cox: CoxFit, sets: FadingRiskSets, observed: Censoring, cluster: ArrayLike
) -> SubdistributionFit:
    """The sandwich with what each child contributed to the censoring distribution."""
    assert cox.vcov_clustered is not None
    assert cox.n_clusters is not None
    vcov, estimated = cox.vcov_clustered, observed.entries is None
    if estimated and observed.ends is not None:
        scale = cox.at.surface.scale
        residual = weighted_score_residuals(cox.at) + _through_censoring(cox.at, sets, observed, observed.ends)
        vcov = sandwich(cox.vcov, sums_by_cluster(residual * scale[:, None], cluster))
    return SubdistributionFit(cox, vcov, cox.vcov_clustered, cox.n_clusters, estimated)


def _through_censoring(at: AtCoefficients, sets: FadingRiskSets, observed: Censoring, ends: RiskSets) -> Floats:
    """How the score (p, rows) moves with what each row says about censoring, to first order.

    A row that is censored at u lowers the weights at t of those who had a competing event at T, for all
    ``T < u <= t`` (``T <= u < t`` where censorings count after events); rows that could have been censored at u
    raise them in their share.
    """
    q = _score_at_stake(at, sets, observed, ends)
    at_risk = np.rint(ends.onto_times(np.ones(ends.n_rows)))
    moved = -ends.over_times(q * ends.n_events / at_risk**2)
    moved[:, ends.event_row] += (q / at_risk)[:, ends.event_time]
    return moved


def _score_at_stake(at: AtCoefficients, sets: FadingRiskSets, observed: Censoring, ends: RiskSets) -> Floats:
    """The part of the score (p, censoring times) that rests on weights across each censoring time."""
    X, jump = at.surface.X, np.vstack([at.jumps.hazard, at.integrand(at.means)[0]])
    event_rank = np.zeros(len(sets.time), dtype=np.intp)
    event_rank[sets.event_time] = observed.ranks[sets.event_row]
    stake = np.zeros((len(X), len(ends.time)))
    for group, part in enumerate(sets.fading):
        times = np.flatnonzero(ends.stratum == group)
        across = ends.time[times] - (1.5 if observed.tied == "with" else 0.0)
        for stratum in np.unique(sets.row_stratum[part.rows]):
            inside = sets.row_stratum[part.rows] == stratum
            rows, points = part.rows[inside], np.flatnonzero(sets.stratum == stratum)
            faded = at.jumps.risk[rows] * part.inverse_seen[inside]
            left = _running_to(across, 2 * observed.ranks[rows], np.vstack([faded, faded * X[:, rows]]))
            jumps_seen = (jump * part.seen)[:, points]
            all_jumps = jumps_seen.sum(axis=1)[:, None]
            to_come = all_jumps - _running_to(across, 2 * event_rank[points], jumps_seen)
            stake[:, times] += left[1:] * to_come[0] - left[0] * to_come[1:]
    return stake


def _running_to(ends: Floats, when: Ints, values: Floats) -> Floats:
    """Sums (lines, ends) of the values (lines, items) of the items up to each end."""
    order = np.argsort(when, kind="stable")
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values[:, order], axis=1)], axis=1)
    return np.asarray(running[:, np.searchsorted(when[order], ends, side="right")], dtype=float)
