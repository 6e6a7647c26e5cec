"""The answer of a panel model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.panel.elements import LAGGED, Panel
from securebase_analysis.models.panel.equality import EqualityTest, equality_frame, over_groups
from securebase_analysis.models.panel.profile_intervals import profile_intervals
from securebase_analysis.models.panel.request import FEWEST_WAVES, Equal, Model, Request
from securebase_analysis.models.panel.syntax import panel_text
from securebase_analysis.models.panel.terms import in_standard_deviations
from securebase_analysis.models.sem import SemResult
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.told import fit_in_words
from securebase_analysis.results.families import WRITTEN
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import Result, changed, written

SHOWN = (*LAGGED, "covariate")


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelResult(Result):
    """A panel model.

    Attributes
    ----------
    sem : SemResult
        The structural equation model that it is, for residuals, modification indices and what else there is.
    fitted : Fitted
        Its parameters, rows and fit.
    panel : Panel
        Constructs, waves and equalities.
    request : Request
        As it was made.
    waves_test : EqualityTest or None
        Whether lagged effects are equal over waves.
    groups_test : EqualityTest or None
        The same over groups, where that was imposed.
    """

    sem: SemResult
    fitted: Fitted
    panel: Panel
    request: Request
    waves_test: EqualityTest | None
    groups_test: EqualityTest | None

    @property
    def syntax(self) -> str:
        """The whole model as lavaan's text, to be run in R on the table `wide` as its first line says."""
        without = "" if self.request.prior is None else " (without the prior, which lavaan does not have)"
        return panel_text(self.panel, f"{self.sem.r_call}{without}")

    @property
    def wide(self) -> pd.DataFrame:
        """The table that was fitted: a row per child, a column per construct and wave."""
        group = [self.request.group] if self.request.group else []
        return self.fitted.sample.frame[[*self.panel.columns, *self.panel.covariates, *group]].copy()

    @cached_property
    def equality(self) -> pd.DataFrame:
        """Whether lagged effects are equal over waves, and over groups where there are groups.

        Returns
        -------
        pandas.DataFrame
            ``over, chi2_difference, df_difference, p_value, scaling_factor, aic_equal, aic_free, imposed``.
            Missing where one of the two models has no maximum.
        """
        return equality_frame([self.waves_test, self.groups_test or over_groups(self.fitted, self.panel)])

    def lagged(self, conf_level: float | None = None) -> pd.DataFrame:
        """The lagged effects alone, in the columns of ``tidy()``."""
        table = self.tidy(conf_level)
        return table[table["effect"].isin(LAGGED)].reset_index(drop=True)

    def profile_intervals(self, conf_level: float | None = None) -> pd.DataFrame:
        """Intervals of the lagged effects that follow the shape of the likelihood.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            ``outcome, group, effect, term, estimate, df, conf_low, conf_high``; an end is missing where the model
            has no maximum on the way to it.

        Raises
        ------
        ModelError
            With robust errors or a prior.

        Notes
        -----
        An effect is in the interval when a model that holds it there fits little worse: twice the difference of
        the log-likelihoods is at most the square of the quantile of t. The interval need not lie evenly about the
        estimate, as that of ``tidy()`` does (Neale & Miller 1997). It takes about a tenth of a second an effect.
        """
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return profile_intervals(self.fitted, self.panel, level)

    @cached_property
    def other(self) -> PanelResult:
        """The same question to the other model: without random intercepts, or with them.

        Raises
        ------
        ModelError
            When there are too few waves or children for it.
        """
        from securebase_analysis.models.panel.assembly import answer_of

        model: Model = "clpm" if self.panel.model == "ri-clpm" else "ri-clpm"
        if len(self.panel.waves) < FEWEST_WAVES[model]:
            raise ModelError(_no_other(len(self.panel.waves)))
        # Waves go by the names they have in the wide table; how far apart they are was asked before.
        equal: Equal = "despite-spacing" if self.panel.equal else False
        request = replace(self.request, model=model, waves=self.panel.waves, equal_over_waves=equal)
        return changed(answer_of(self.fitted.sample.frame, request), simulated=self.simulated)

    @property
    def beside(self) -> pd.DataFrame:
        """The lagged effects of both models, one under the other.

        Returns
        -------
        pandas.DataFrame
            ``model`` and the columns of ``tidy()``; `sort_values("term")` puts like to like.

        Notes
        -----
        Where children differ for good, the model without random intercepts reports effects from wave to wave that
        are not there (Hamaker, Kuiper & Grasman 2015). ``other.glance()`` has its fit.
        """
        both = [self, self.other] if self.panel.within else [self.other, self]
        parts = [one.lagged().assign(model=one.panel.model) for one in both]
        table = pd.concat(parts, ignore_index=True)
        return table[["model", *(name for name in table if name != "model")]]

    def standardized(self, conf_level: float | None = None) -> pd.DataFrame:
        """Lagged effects, effects of covariates and correlations in standard deviations.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            The columns of ``tidy()``; `outcome` is the score with its wave: effects that are equal over waves are
            not so in standard deviations, which differ from wave to wave. With random intercepts these are those
            within children.
        """
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        return in_standard_deviations(self.fitted, self.panel, level)

    def _shown(self, conf_level: float) -> pd.DataFrame:
        """What was asked: lagged effects, covariates and random intercepts; ``tidy()`` has all."""
        table = self.tidy(conf_level) if self.adjust == "none" else self.adjusted(conf_level)
        asked = table["effect"].isin(SHOWN) | table["effect"].str.startswith("random-intercept")
        return written(table[asked].reset_index(drop=True), conf_level, WRITTEN.get(self.adjust, ""))

    def _facts_line(self) -> str:
        """How well the model fits, then children."""
        return f"{fit_in_words(self.facts)}\n\n{super()._facts_line()}"


def _no_other(n_waves: int) -> Problem:
    return Problem(
        "SB-SEM-53",
        "stop",
        f"With {n_waves} waves there is no model with random intercepts beside this one.",
        why="Stable differences and effects from wave to wave cannot be told apart in fewer than three waves.",
        fix="A third wave; until then read no lagged effect as one within children.",
    )
