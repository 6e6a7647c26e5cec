"""The answer of growth curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.growth_means import mean_courses
from securebase_analysis.models.panel.growth_shapes import shapes_frame
from securebase_analysis.results.families import WRITTEN
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import written

LEFT_OUT_OF_THE_SUMMARY = ("residual variance", "residual covariance")


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowthCurvesResult(PanelResult):
    """A latent growth curve, or several that run in parallel.

    ``equality`` holds residual variances that are equal over waves against those that are not, and means of levels
    and slopes that are equal over groups; there are no lagged effects and no other model beside this one.
    ``sem.factor_scores()`` are the levels and slopes of the children.
    """

    def courses(self, conf_level: float | None = None) -> pd.DataFrame:
        """The mean course of each construct, from which ``plot()`` draws.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            ``group, construct, kind, wave, time, estimate, std_error, df, conf_low, conf_high, n_children``; kind
            *fitted* is the course that the model implies, also between the waves (where `wave` is empty) and at
            the means of the covariates; kind *observed* the mean of each wave without a model of growth.
        """
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return mean_courses(self.fitted, self.panel, level)

    @cached_property
    def shapes(self) -> pd.DataFrame:
        """A line beside a parabola and beside a shape that the data choose, each tested against the line.

        Returns
        -------
        pandas.DataFrame
            ``shape, n_parameters, df, chi2, aic, bic, chi2_difference, df_difference, p_value, scaling_factor``, a
            row for each shape that so many waves and children can carry; all else is as in this model.
        """
        return shapes_frame(self.fitted, self.panel)

    @property
    def other(self) -> PanelResult:
        """There is none.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError(_no_lagged_effects())

    def _shown(self, conf_level: float) -> pd.DataFrame:
        """All but what the curves leave of the scores; ``tidy()`` has that too."""
        table = self.tidy(conf_level) if self.adjust == "none" else self.adjusted(conf_level)
        asked = ~table["effect"].isin(LEFT_OUT_OF_THE_SUMMARY)
        return written(table[asked].reset_index(drop=True), conf_level, WRITTEN.get(self.adjust, ""))


def _no_lagged_effects() -> Problem:
    return Problem(
        "SB-SEM-103",
        "stop",
        "Growth curves have no lagged effects, and no other model beside them.",
        why="They say how children change, not how one wave acts on the next.",
        done="Nothing was fitted.",
        fix="fit_panel(data, constructs, model='ri-clpm').beside",
    )
