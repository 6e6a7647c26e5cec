"""Intervals of lagged effects that follow the shape of the likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from securebase_analysis.engines.profile_structures import profile_limits
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.panel.elements import LAGGED, Panel
from securebase_analysis.models.panel.error_df import df_of_lagged
from securebase_analysis.models.panel.terms import parameters_shown
from securebase_analysis.models.sem.fitting import Fitted

COLUMNS = ["outcome", "group", "effect", "term", "estimate", "df", "conf_low", "conf_high"]


def profile_intervals(fitted: Fitted, panel: Panel, conf_level: float) -> pd.DataFrame:
    """Profile likelihood intervals of the lagged effects.

    Raises
    ------
    ModelError
        When there is no likelihood to follow: robust errors, a prior, or no maximum.
    """
    if fitted.estimator != "ml" or fitted.fit.prior is not None or not fitted.fit.converged:
        raise ModelError(_no_likelihood())
    known = df_of_lagged(fitted, panel)
    rows = []
    for one, group, parameter in parameters_shown(fitted, panel):
        if one.effect in LAGGED:
            df = known.get(parameter.free, np.inf)
            # With infinite degrees of freedom stdtrit has no answer of its own.
            quantile = float(stdtrit(min(df, 1e10), 0.5 + conf_level / 2.0))
            limits = profile_limits(fitted.fit, fitted.vcov, parameter.free, quantile)
            rows.append((one.outcome, group, one.effect, one.term, fitted.estimates[parameter.free], df, *limits))
    return pd.DataFrame(rows, columns=COLUMNS)


def _no_likelihood() -> Problem:
    return Problem(
        "SB-SEM-111", "stop", "There is no likelihood here whose shape an interval could follow.",
        why="Robust errors allow for data that the likelihood is not that of, a prior adds to it, and a search "
        "without an end has no maximum.",
        done="No interval was made.", fix="The intervals of tidy(); or estimator='ml' without prior=.",
    )  # fmt: skip
