"""Shared gamma frailty: rows of one child or carer share an unobserved factor of their hazard.

The factors ``z = exp(omega)`` of the groups are gamma with mean 1 and variance theta. For a given theta the
coefficients and the log factors maximise the partial likelihood less ``sum (z - 1 - omega) / theta``; theta
maximises what remains when the factors are integrated out, which is known in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from securebase_analysis.engines.partial_likelihood import CoxFit, Ties, fit_at_maximum, partial_likelihood
from securebase_analysis.engines.penalised_frailty import PenalisedLikelihood, PenalisedMaximum
from securebase_analysis.engines.profile import Profile
from securebase_analysis.engines.risk_sets import risk_sets

Floats = NDArray[np.float64]

LEAST_THETA = 1e-5
"""A smaller variance of the frailties counts as none."""
MOST_THETA = 1e3
"""No larger variance is looked for."""
FIRST_THETA = 0.1
FURTHER_THETAS = (0.5, 1.5, 4.0)
"""From these a second summit is looked for where the likelihood falls as the variance rises from 0."""


@dataclass(frozen=True, eq=False)
class FrailtyFit:
    """A fitted model with shared gamma frailty, in the units of the data.

    Attributes
    ----------
    beta, vcov : numpy.ndarray, shapes (p,) and (p, p)
        Log hazard ratios between rows of the same group, and their covariance for the estimated theta.
    theta : float
        Variance of the frailties; 0 on the boundary, where the fit is that without frailty.
    log_frailty : numpy.ndarray, shape (groups,)
        Logarithm of the expected frailty of each group given its rows; groups are in the order of sorted values.
    frailty_std_error : numpy.ndarray, shape (groups,)
        Standard error of the expected frailty given its rows and the estimates.
    log_likelihood : float
        With the frailties integrated out, on the scale of the partial likelihood without frailty.
    without : CoxFit
        The fit without frailty.
    converged : bool
        Whether the search ended at a maximum.
    penalised : PenalisedLikelihood
        Rows and groups.
    """

    beta: Floats
    vcov: Floats
    theta: float
    log_frailty: Floats
    frailty_std_error: Floats
    log_likelihood: float
    without: CoxFit
    converged: bool
    penalised: PenalisedLikelihood

    @property
    def likelihood_ratio_test(self) -> float:
        """Twice the gain in log-likelihood over no frailty."""
        return max(2.0 * (self.log_likelihood - self.without.log_likelihood), 0.0)

    @property
    def likelihood_ratio_p_value(self) -> float:
        """By equal parts of 0 and chi-squared with 1 degree of freedom, as theta cannot be negative."""
        return float(0.5 * erfc(np.sqrt(self.likelihood_ratio_test / 2.0))) if self.theta > 0.0 else 1.0


def fit_frailty(
    stop: ArrayLike,
    event: ArrayLike,
    X: ArrayLike,
    group: ArrayLike,
    start: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    offset: ArrayLike | None = None,
) -> FrailtyFit:
    """Fit a proportional hazards model with shared gamma frailty.

    Parameters
    ----------
    stop : array, shape (rows,)
        End of each row.
    event : array, shape (rows,)
        Whether the row ends with the event: 0 or 1.
    X : array, shape (p, rows)
        Columns; without a column of ones.
    group : array, shape (rows,)
        Rows of a group share a frailty.
    start : array, shape (rows,), optional
        When the row comes under observation.
    strata : array, shape (rows,), optional
        Each has its own baseline hazard.
    ties : {"efron", "breslow"}
        How events at one time are dealt with.
    offset : array, shape (rows,), optional
        A known part of the log hazard.

    Raises
    ------
    ValueError
        For what `fit_cox` refuses, fewer than two groups, or a coefficient without a finite estimate.

    Notes
    -----
    Coefficients compare rows of one group; without frailty they compare rows of the population. Where entries are
    delayed, groups are taken as they would be at their beginning: that the frail have left before they could be
    seen is not allowed for.

    References
    ----------
    Nielsen, Gill, Andersen & Sørensen (1992), A counting process approach to maximum likelihood estimation in
    frailty models, Scand J Stat 19; Therneau, Grambsch & Pankratz (2003), Penalized survival models and frailty,
    J Comput Graph Stat 12.
    """
    surface = partial_likelihood(risk_sets(stop, event, start, strata), X, None, offset, ties)
    groups = np.asarray(group)
    if groups.shape != surface.weight.shape:
        raise ValueError("group has one value for each row")
    code = np.unique(groups, return_inverse=True)[1].astype(np.intp)
    if code.max() == 0:
        raise ValueError("frailty needs at least two groups")
    without = fit_at_maximum(surface, None, None)
    if without.runaway.any():
        named = ", ".join(str(column) for column in np.flatnonzero(without.runaway))
        raise ValueError(f"columns without a finite coefficient, even without frailty: {named}")
    penalised = PenalisedLikelihood(surface, code, np.bincount(code, surface.sets.event).astype(float))
    return _answer(penalised, without, *_most_likely(penalised, without))


# ---- the variance ---------------------------------------------------------------------------------------------


def _most_likely(penalised: PenalisedLikelihood, without: CoxFit) -> tuple[PenalisedMaximum, bool]:
    """The maximum over theta, where its slope in log theta changes sign, and whether every search got there."""
    from scipy.optimize import brentq

    nothing = penalised.maximum(1.0 / LEAST_THETA, without.at.beta, np.zeros(len(penalised.events)))
    latest, found_all = nothing, nothing.converged

    def slope(log_theta: float) -> float:
        nonlocal latest, found_all
        latest = penalised.maximum(np.exp(-log_theta), latest.at.beta, latest.omega)
        found_all &= latest.converged
        return -latest.slope * latest.nu

    bracket = _bracket(slope)
    if bracket is None:
        return nothing, found_all
    if bracket[1] > np.log(MOST_THETA):
        return latest, False
    slope(brentq(slope, *bracket, xtol=1e-11, rtol=1e-13))
    return latest, found_all


def _bracket(slope: Callable[[float], float]) -> tuple[float, float] | None:
    """Log variances with a summit between them; None where the likelihood falls from no variance on."""
    low = high = np.log(FIRST_THETA)
    if slope(low) <= 0.0:
        while low > np.log(LEAST_THETA):
            low, high = low - 1.5, low
            if slope(low) > 0.0:
                return low, high
        further = next((np.log(theta) for theta in FURTHER_THETAS if slope(np.log(theta)) > 0.0), None)
        if further is None:
            return None
        low = high = further
    while high <= np.log(MOST_THETA) and slope(high := high + 1.0) > 0.0:
        low = high
    return low, high


def _answer(
    penalised: PenalisedLikelihood, without: CoxFit, found: PenalisedMaximum, converged: bool
) -> FrailtyFit:
    """The fit in the units of the data; that without frailty where theta is on its boundary."""
    theta, scale, n_groups = 1.0 / found.nu, penalised.surface.scale, len(penalised.events)
    if theta <= LEAST_THETA or found.log_likelihood <= without.log_likelihood:
        nothing = np.zeros(n_groups)
        return FrailtyFit(
            without.beta,
            without.vcov,
            0.0,
            nothing,
            nothing,
            without.log_likelihood,
            without,
            converged,
            penalised,
        )
    return FrailtyFit(
        beta=found.at.beta / scale,
        vcov=found.vcov() / np.outer(scale, scale),
        theta=theta,
        log_frailty=found.omega,
        # Given its rows a frailty is gamma with shape nu + events, and its mean is exp(omega).
        frailty_std_error=np.exp(found.omega) / np.sqrt(found.nu + penalised.events),
        log_likelihood=found.log_likelihood,
        without=without,
        converged=converged,
        penalised=penalised,
    )


def theta_profile(fit: FrailtyFit) -> Profile:
    """Minus twice the log-likelihood with the frailties' variance held at a value, as a function of it.

    ``theta_profile(fit).interval(1.96)`` is the profile likelihood interval; its lower end is 0 where the
    likelihood without frailty is near enough.
    """
    beta, omega = fit.beta * fit.penalised.surface.scale, fit.log_frailty

    def deviance(theta: float) -> float:
        if theta <= LEAST_THETA:
            return -2.0 * fit.without.log_likelihood
        return -2.0 * fit.penalised.maximum(1.0 / theta, beta, omega).log_likelihood

    return Profile(
        estimate=fit.theta,
        step=max(fit.theta, 0.05) / 2.0,
        least=0.0,
        most=MOST_THETA,
        lowest=-2.0 * fit.log_likelihood,
        deviance=deviance,
    )
