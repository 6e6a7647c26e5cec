"""Profile likelihood intervals of log hazard ratios, which also hold where an estimate runs away to infinity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase_analysis.engines.descent import minimise
from securebase_analysis.engines.partial_likelihood import CoxFit, apart, in_turned, turned
from securebase_analysis.engines.profile import Profile


def profile_interval(fit: CoxFit, column: int, quantile: float) -> tuple[float, float]:
    """The values of a log hazard ratio at which the likelihood falls little enough below its maximum.

    Parameters
    ----------
    fit : CoxFit
        The fit.
    column : int
        Number of the coefficient.
    quantile : float
        Normal quantile of the level, such as 1.96: at each end twice the log-likelihood is its square lower.

    Returns
    -------
    low, high : float
        Infinite at the end to which the coefficient runs away.

    Notes
    -----
    Where no child of a group has the event, the estimate is minus infinity and a standard error says nothing; the
    upper end of this interval still does (Heinze & Schemper 2001, Biometrics 57). The likelihood takes rows to be
    independent: clusters do not enter.
    """
    profile = hazard_ratio_profile(fit, column)
    low, high = profile.interval(quantile)
    if fit.runaway[column]:
        return (low, np.inf) if fit.beta[column] > 0.0 else (-np.inf, high)
    return low, high


def hazard_ratio_profile(fit: CoxFit, column: int) -> Profile:
    """The deviance with one log hazard ratio held at a value, as a function of it."""
    whole, scale = fit.at.surface, float(fit.at.surface.scale[column])
    others = np.flatnonzero(np.arange(len(fit.beta)) != column)
    turn = apart(whole.at(np.zeros(len(fit.beta))).information[np.ix_(others, others)])
    start = in_turned(fit.at.beta[others], turn)

    def deviance(value: float) -> float:
        held = replace(whole, X=whole.X[others], offset=whole.offset + value * scale * whole.X[column])
        return 2.0 * minimise(turned(held, turn), start).value

    estimate = float(fit.beta[column])
    bound = estimate if fit.runaway[column] else np.inf
    return Profile(
        estimate=estimate,
        step=1.0 / scale if fit.runaway[column] else float(np.sqrt(fit.vcov[column, column])),
        least=bound if estimate < 0.0 and np.isfinite(bound) else -np.inf,
        most=bound if estimate > 0.0 else np.inf,
        lowest=-2.0 * fit.log_likelihood,
        deviance=deviance,
    )
