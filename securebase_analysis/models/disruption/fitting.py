"""From rows at risk to a fit: one form for the hazard, the subdistribution hazard and shared frailty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.frailty import FrailtyFit, fit_frailty
from securebase_analysis.engines.leave_one_cluster_out import adjusted_covariance
from securebase_analysis.engines.partial_likelihood import CoxFit, DependentColumns, fit_cox
from securebase_analysis.engines.subdistribution import SubdistributionFit, fit_subdistribution
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.predictors import cannot_be_told_apart

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SINGULAR = 1e-10
FEW_CLUSTERS = 40
"""With fewer clusters the errors of the sandwich are uncertain themselves, and t takes the place of the normal."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What every kind of model has.

    Attributes
    ----------
    beta : numpy.ndarray, shape (p,)
        Log hazard ratios, infinite where the likelihood rises for ever.
    vcov : numpy.ndarray, shape (p, p)
        Their covariance: that of clusters where there are some.
    df : float
        Degrees of freedom of each.
    cox : CoxFit
        The partial likelihood behind it; without frailty.
    clustered : bool
        Whether `vcov` is a sandwich.
    n_clusters : int or None
        Clusters, children or rows of the sandwich.
    subdistribution : SubdistributionFit or None
        Fine and Gray's model.
    frailty : FrailtyFit or None
        The model with shared frailty.
    """

    beta: Floats
    vcov: Floats
    df: float
    cox: CoxFit
    clustered: bool
    n_clusters: int | None
    subdistribution: SubdistributionFit | None = None
    frailty: FrailtyFit | None = None

    @property
    def runaway(self) -> Bools:
        """Coefficients without a finite estimate."""
        return self.cox.runaway if self.frailty is None else np.zeros(len(self.beta), dtype=bool)

    @property
    def std_error(self) -> Floats:
        """Standard errors; missing for coefficients without an estimate."""
        error: Floats = np.sqrt(np.diag(self.vcov))
        return error

    @property
    def log_likelihood(self) -> float:
        """Log partial likelihood; with frailties integrated out."""
        return self.cox.log_likelihood if self.frailty is None else self.frailty.log_likelihood

    @property
    def converged(self) -> bool:
        """Whether the search ended at a maximum."""
        return self.cox.converged if self.frailty is None else self.frailty.converged

    @property
    def finite(self) -> Floats:
        """Coefficients to compute with: where there is no estimate, as far as the search went."""
        return self.cox.beta if self.frailty is None else self.beta


def fitted(rows: RowsAtRisk) -> Fitted:
    """Fit the model that was asked for.

    Raises
    ------
    ModelError
        When the rows do not tell some terms apart, or the model has no answer.
    """
    try:
        if rows.frailty is not None:
            return _with_frailty(rows)
        return _subdistribution(rows) if rows.request.model == "fine-gray" else _hazard(rows)
    except DependentColumns as error:
        raise cannot_be_told_apart(rows.X, [int(column) for column in error.columns], rows.request) from error
    except ValueError as error:
        raise ModelError(_no_answer(str(error))) from error


def _hazard(rows: RowsAtRisk) -> Fitted:
    """Cox's model."""
    cox = fit_cox(
        rows.stop,
        rows.happened.astype(int),
        rows.X.values,
        start=rows.start,
        strata=rows.strata,
        weight=rows.weight,
        ties=rows.request.ties_used,
        cluster=rows.cluster,
    )
    vcov = cox.vcov if cox.vcov_clustered is None else cox.vcov_clustered
    if rows.request.errors == "adjusted" and rows.cluster is not None:
        vcov = adjusted_covariance(cox, rows.cluster)
    return Fitted(
        _without_end(cox), vcov, _df(rows, cox.n_clusters), cox, rows.cluster is not None, cox.n_clusters
    )


def _subdistribution(rows: RowsAtRisk) -> Fitted:
    """Fine and Gray's model; ties after Breslow as cmprsk::crr has them, or after Efron as survival::finegray."""
    ties = rows.request.ties_used
    child = rows.unit.code if rows.unit is not None and rows.start is not None else None
    fit = fit_subdistribution(
        rows.stop,
        rows.code,
        rows.X.values,
        start=rows.start,
        child=child,
        strata=rows.strata,
        weight=rows.weight,
        ties=ties,
        cluster=rows.cluster,
        tied_censoring="with" if ties == "breslow" else "after",
    )
    n_clusters = fit.n_clusters if rows.cluster is not None else None
    return Fitted(_without_end(fit.cox), fit.vcov, _df(rows, n_clusters), fit.cox, True, fit.n_clusters, fit)


def _with_frailty(rows: RowsAtRisk) -> Fitted:
    """Shared gamma frailty."""
    assert rows.frailty is not None
    fit = fit_frailty(
        rows.stop,
        rows.happened.astype(int),
        rows.X.values,
        rows.frailty,
        start=rows.start,
        strata=rows.strata,
        ties=rows.request.ties_used,
    )
    return Fitted(fit.beta, fit.vcov, np.inf, fit.without, False, None, None, fit)


def wald_chi2(fit: Fitted, columns: Sequence[int]) -> float:
    """Wald's test that some coefficients are zero; missing where the covariance has no inverse.

    It has none with an infinite ratio, and where there are no more clusters than columns.
    """
    beta, vcov = fit.beta[columns], fit.vcov[np.ix_(columns, columns)]
    if not (np.isfinite(beta).all() and np.isfinite(vcov).all()):
        return np.nan
    half = 1.0 / np.sqrt(np.diag(vcov))
    if np.linalg.matrix_rank(vcov * np.outer(half, half), tol=SINGULAR) < len(beta):
        return np.nan
    return float(beta @ np.linalg.solve(vcov, beta))


def _without_end(cox: CoxFit) -> Floats:
    """The coefficients, infinite where the likelihood rises for ever in their direction."""
    return np.where(cox.runaway, np.copysign(np.inf, cox.beta), cox.beta)


def _df(rows: RowsAtRisk, n_clusters: int | None) -> float:
    """Degrees of freedom: one less than the clusters where these are few, else those of the normal.

    Adjusted errors go with the normal: with it their intervals were seen to cover (`benchmarks`).
    """
    if rows.request.errors == "adjusted":
        return np.inf
    named = rows.request.cluster is not None or rows.request.recurrent is not None
    return float(n_clusters - 1) if named and n_clusters is not None and n_clusters < FEW_CLUSTERS else np.inf


def _no_answer(told: str) -> Problem:
    """What the numerics refuse, in words of the study."""
    if "by another cause" in told:
        what, fix = (
            "At some time everybody under observation left observation at once, or had only just come in.",
            "Name strata of followed-up alike, or use model='cox' with cause=.",
        )
    elif "follow one another" in told or "last row of a child" in told:
        what, fix = (
            "The rows of one placement or child leave gaps (rows without a predictor), or go on after an ending.",
            "Close the gaps, leave such placements out as a whole, or name in child= what the rows belong to.",
        )
    elif "without a finite coefficient" in told:
        what, fix = (
            "A hazard ratio would be 0 or infinite, even without frailty.",
            "Leave out frailty=, and see diagnostics() of that model for the group without events.",
        )
    else:
        what, fix = f"The model has no answer: {told}.", "Look at the columns that were named."
    why = "The model cannot be fitted to such rows."
    return Problem("SB-EVENT-16", "stop", what, why=why, done="Nothing was fitted.", fix=fix)
