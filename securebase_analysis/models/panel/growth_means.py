"""The mean course of growth curves, with its interval, beside what was observed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.fitting import keyed
from securebase_analysis.models.panel.growth_elements import factor
from securebase_analysis.models.panel.growth_error_df import df_of_curves
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results.inference import wald_interval

Floats = NDArray[np.float64]
COLUMNS = ["group", "construct", "kind", "wave", "time", "estimate", "std_error", "df", "conf_low", "conf_high",
           "n_children"]  # fmt: skip
POINTS = 41
"""Of a course that is drawn between the waves too."""


def mean_courses(fitted: Fitted, panel: Panel, conf_level: float) -> pd.DataFrame:
    """The mean course of each construct in each group; see `GrowthCurvesResult.courses`."""
    rows = []
    for group in range(len(panel.groups)):
        for construct in panel.constructs:
            rows += [*_fitted(fitted, panel, construct, group), *_observed(fitted, panel, construct, group)]
    frame = pd.DataFrame(rows, columns=[name for name in COLUMNS if not name.startswith("conf_")])
    frame["conf_low"], frame["conf_high"] = wald_interval(
        frame["estimate"], frame["std_error"], frame["df"], conf_level
    )  # fmt: skip
    return frame[COLUMNS]


def _fitted(fitted: Fitted, panel: Panel, construct: str, group: int) -> Iterator[tuple[object, ...]]:
    """The course that the model implies, at the waves and between them."""
    curves = panel.curves
    assert curves is not None
    at = fitted.implied[group]
    chosen = [fitted.table.observed.index(f"{construct}_{wave}") for wave in panel.waves]
    slope = at.jacobian[chosen]
    times, onto = _between(curves.times, len(curves.parts), curves.shape == "latent")
    mean, vcov = onto @ at.mean[chosen], onto @ slope @ fitted.vcov @ slope.T @ onto.T
    named, df = dict(zip(curves.times, panel.waves)), _df(fitted, panel, construct, group)
    for time, value, variance in zip(times, mean, np.diag(vcov)):
        yield (panel.groups[group], construct, "fitted", named.get(float(time), ""), time, value,
               math.sqrt(max(variance, 0.0)), df, np.nan)  # fmt: skip


def _df(fitted: Fitted, panel: Panel, construct: str, group: int) -> float:
    """Degrees of freedom of a course: the fewest of what it is made of."""
    assert panel.curves is not None
    place, df = keyed(fitted.table), df_of_curves(fitted)
    return min(
        df.get(place[factor(part, construct), "~1", "", group].free, math.inf) for part in panel.curves.parts
    )  # fmt: skip


def _between(times: tuple[float, ...], n_parts: int, only_waves: bool) -> tuple[Floats, Floats]:
    """Times, and what makes the course at these of the course at the waves: a polynomial through them."""
    if only_waves:
        return np.array(times), np.eye(len(times))
    grid = np.unique(np.concatenate([np.linspace(times[0], times[-1], POINTS), times]))
    through = np.vander(times, n_parts, increasing=True)
    return grid, np.vander(grid, n_parts, increasing=True) @ np.linalg.pinv(through)


def _observed(fitted: Fitted, panel: Panel, construct: str, group: int) -> Iterator[tuple[object, ...]]:
    """The mean of each wave without a model of growth, from all that was observed where that can be had."""
    assert panel.curves is not None
    seen = fitted.sample.X[group]
    for wave, time in zip(panel.waves, panel.curves.times):
        place = fitted.table.observed.index(f"{construct}_{wave}")
        values = seen[:, place]
        mean = fitted.fit.saturated[group].mean[place] if fitted.testable else np.nanmean(values)
        n = int((~np.isnan(values)).sum())
        yield panel.groups[group], construct, "observed", wave, time, float(mean), np.nan, np.nan, n
