"""How the outcome of a growth model changes over time on average, as a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, wald_interval

UNITS = {
    "years": "a year",
    "months": "a month",
    "wave": "a wave",
    "age": "a year of age",
    "years_in_placement": "a year in placement",
    "months_in_placement": "a month in placement",
    "years_after_placement": "a year after the placement began",
}
TIMES = (*UNITS, "time")
"""Names by which a formula's time is known where it has no random slope."""
OF_FAMILY = {
    "gaussian": "On average {} changes by {} {}",
    "binomial": "For the same child the odds of {} are multiplied by {} {}",
    "poisson": "For the same child the expected number of {} is multiplied by {} {}",
    "negative-binomial": "For the same child the expected number of {} is multiplied by {} {}",
    "ordinal": "For the same child the odds of a higher {} are multiplied by {} {}",
}
STEP = 0.5
"""Of the time, either way; exact for straight lines and for parabolas."""


def average_change(request: Request, fit: Fit, rows: GroupedRows, conf_level: float) -> str:
    """The slope of time in words; nothing where the formula has no time.

    Where time interacts with something, or its course bends, it is the mean slope over the rows of the model.
    """
    time = next((name for name in (*rows.random.terms, *TIMES) if _is_time(name, rows)), None)
    if time is None:
        return ""
    slope = mean_slope(rows, time)
    inference = fit.inference(slope[None, :], request.df, rows.n_rows)
    estimate = slope @ fit.beta
    low, high = wald_interval(estimate, inference.std_error[0], inference.df[0], conf_level)
    found = np.array([estimate, low, high], dtype=float)
    if request.family != "gaussian":
        found = np.exp(found)
    said = OF_FAMILY[request.family].format(
        rows.outcome.terms[0], wording.number(found[0]), UNITS.get(time, f"for each unit of {time}")
    )
    plain = np.count_nonzero(slope) == 1
    over = "" if plain else ", as a mean over the rows of the model"
    return f"{said}{over}, {wording.percent(conf_level)} CI {wording.interval(found[1], found[2])}."


def _is_time(name: str, rows: GroupedRows) -> bool:
    """Whether the formula has this column as a number."""
    return name in rows.fixed.terms and name in rows.frame and pd.api.types.is_numeric_dtype(rows.frame[name])


def mean_slope(rows: GroupedRows, time: str) -> Floats:
    """The combination of the fixed effects that is the mean slope of a column over the rows."""
    if not any(time in term and term != time for term in rows.fixed.terms):
        return np.array([term == time for term in rows.fixed.terms], dtype=float)
    frame = rows.frame[rows.used]
    ends = [rows.fixed.recipe.columns(frame.assign(**{time: frame[time] + step})) for step in (STEP, -STEP)]
    slope: Floats = (ends[0] - ends[1]).mean(axis=1) / (2.0 * STEP)
    return np.where(np.abs(slope) < 1e-12, 0.0, slope)
