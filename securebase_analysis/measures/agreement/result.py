"""The answer of `assess_agreement`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.engines.intraclass import TERMS as ICC_TERMS
from securebase_analysis.engines.intraclass import (
    MeanSquares,
    VarianceComponents,
    intervals_of_components,
    intraclass_intervals,
)
from securebase_analysis.measures.agreement.replicates import Replicates
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats
from securebase_analysis.results.result import Result, written


@dataclass(frozen=True, eq=False)
class AgreementResult(Result):
    """Agreement between coders.

    Attributes
    ----------
    disagreements : pandas.DataFrame
        The worklist: one row per unit (or stretch of text) on which coders differ, with a column for each coder.
    pairwise : pandas.DataFrame
        One row per group and pair of coders: ``outcome, group, coder_1, coder_2, n_units, percent_agreement,
        cohen_kappa, cohen_kappa_low, cohen_kappa_high`` and the same for ``weighted_kappa`` where values are
        ordered; the interval has the level the result was made with.
    categories : pandas.DataFrame
        One row per group and category: ``n_ratings``, its ``share`` of the ratings, and ``specific_agreement``:
        given that one coder chose it, the probability that another did too (positive agreement, for a code).
    mean_squares : pandas.DataFrame
        The analysis of variance behind the intraclass correlations, a row per group, with F, df and p; empty
        where cells are missing.
    variance_components : pandas.DataFrame
        For groups with cells missing, a row each: ``group, units, coders, error`` (variances by restricted maximum
        likelihood), ``n_units, n_coders, df_error``, and ``ratings_per_unit, ratings_per_coder`` of a complete
        table that would compare units and coders as precisely.
    replicates : Replicates
        Bootstrap replicates of every row of ``estimates``.
    """

    disagreements: pd.DataFrame = field(default_factory=pd.DataFrame)
    pairwise: pd.DataFrame = field(default_factory=pd.DataFrame)
    categories: pd.DataFrame = field(default_factory=pd.DataFrame)
    mean_squares: pd.DataFrame = field(default_factory=pd.DataFrame)
    variance_components: pd.DataFrame = field(default_factory=pd.DataFrame)
    replicates: Replicates = field(default_factory=Replicates.none)
    squares: tuple[MeanSquares, ...] = ()
    components: tuple[VarianceComponents | None, ...] = ()

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """BCa bootstrap intervals; F-based ones for intraclass correlations of independent units."""
        if len(self.replicates.values):
            low, high = self.replicates.interval(conf_level)
        else:
            low, high = super()._interval(conf_level)
        undefined = ~np.isfinite(self.estimates["estimate"].to_numpy(float))
        low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
        by_f = self.estimates["interval"].to_numpy() == "F"
        n_terms = len(self.estimates) // max(len(self.squares), 1)
        for group, (squares, components) in enumerate(zip(self.squares, self.components)):
            rows = np.arange(group * n_terms, (group + 1) * n_terms)[-len(ICC_TERMS) :]
            if by_f[rows].any() and components is not None:
                low[rows], high[rows] = intervals_of_components(components, conf_level)
            elif by_f[rows].any():
                low[rows], high[rows] = intraclass_intervals(squares, conf_level)
        return low, high

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: title, terms, what was compared, notes."""
        level = self.conf_level if conf_level is None else conf_level
        table = written(self.tidy(level), level).to_string(index=False)
        return "\n\n".join([self.title, table, self._facts_line(), *(f"Note. {note}" for note in self.notes)])

    def _facts_line(self) -> str:
        facts = self.facts
        excluded = int(facts["n_excluded"])
        left = f"{wording.count(excluded, 'row')} not compared" if excluded else "every row compared"
        return (
            f"{wording.count(int(facts['n_units']), str(facts['unit']))} compared, "
            f"{wording.count(int(facts['n_coders']), 'coder')}; {left}."
        )
