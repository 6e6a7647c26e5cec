"""What follows later within children: the lagged effect behind a claim over time, apart from stable differences.

Caregiving at one wave goes with the benefit at the next also where children only differ from one another for good,
and the benefit now does not take that away. The claim is that a child changes; so its verdict rests on a panel
model with random intercepts, and where so few children cannot carry one, on the lagged mixed model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis import theory
from securebase_analysis.errors import SecureBaseError
from securebase_analysis.models.panel import fit_panel
from securebase_analysis.results.inference import Floats, critical_value, two_sided_p

FEWEST_WAVES = 3
WAYS: tuple[Literal["ri-clpm", "lagged"], ...] = ("ri-clpm", "lagged")
"""Models that keep stable differences apart; the first that the children can carry is taken."""


@dataclass(frozen=True)
class LaterWithin:
    """One lagged effect within children, in standard deviations of the scores; or why there is none."""

    estimate: float = np.nan
    std_error: float = np.nan
    df: float = np.nan
    n_compared: int = 0
    hindrance: str = ""

    def interval(self, conf_level: float) -> tuple[float, float]:
        """Low and high end."""
        half = float(critical_value(conf_level, self.df)) * self.std_error if self.std_error > 0 else np.nan
        return self.estimate - half, self.estimate + half

    @property
    def p_value(self) -> float:
        """Two-sided."""
        if not self.std_error > 0:
            return np.nan
        return float(two_sided_p(np.array([self.estimate / self.std_error]), np.array([self.df]))[0])

    def smallest_found(self, conf_level: float, power: float) -> float:
        """The effect whose interval would leave out zero with this power."""
        if not self.std_error > 0:
            return np.nan
        return float((critical_value(conf_level, self.df) + special.stdtrit(self.df, power)) * self.std_error)


def later_within(
    names: list[str], values: Floats, children: np.ndarray, step: np.ndarray
) -> dict[str, LaterWithin]:
    """The effect behind every claim over time, by its caregiving dimension.

    Parameters
    ----------
    names : list of str
        Constructs in the order of the columns of `values`.
    values : numpy.ndarray, shape (rows, constructs)
        Scores; NaN where there is none.
    children, step : numpy.ndarray, shape (rows,)
        Number of the child and place of the wave in time.
    """
    found = {}
    for path in theory.PATHWAYS:
        if path.kind == "over time" and {path.source, path.target} <= set(names):
            pair = values[:, [names.index(path.source), names.index(path.target)]]
            found[path.source] = _of_pair(path.source, path.target, pair, children, step)
    return found


def _of_pair(source: str, target: str, pair: Floats, children: np.ndarray, step: np.ndarray) -> LaterWithin:
    """The effect of one construct on another at the next wave."""
    if len(np.unique(step[np.isfinite(pair).all(axis=1)])) < FEWEST_WAVES:
        return LaterWithin(hindrance=f"change within children needs {FEWEST_WAVES} waves with both")
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = (pair - np.nanmean(pair, axis=0)) / np.nanstd(pair, axis=0)
    if not np.isfinite(scores).any(axis=0).all():
        return LaterWithin(hindrance="a score does not vary")
    frame = pd.DataFrame({"child": children, "wave": step, source: scores[:, 0], target: scores[:, 1]})
    hindrance = ""
    for way in WAYS:
        try:
            panel = fit_panel(frame, [source, target], way, equal_over_waves="despite-spacing")
        except SecureBaseError as error:
            hindrance = hindrance or error.problems[0].what.rstrip(".")
            continue
        effects, model = panel.tidy(), panel.glance().iloc[0]
        effect = effects[effects["term"] == f"{target} ~ {source}"].iloc[0]
        if effect["std_error"] > 0 and model["converged"]:
            return LaterWithin(effect["estimate"], effect["std_error"], effect["df"], int(model["n_rows"]))
        hindrance = hindrance or "the panel model has no usable answer"
    return LaterWithin(hindrance=hindrance)
