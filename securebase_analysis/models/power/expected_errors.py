"""What a panel model would say of an effect of a stated size, given who was seen when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from securebase_analysis.engines.error_df import satterthwaite_df
from securebase_analysis.engines.expected_patterns import expected_patterns
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import implied
from securebase_analysis.engines.structural_equations import StructureFit, at_parameters
from securebase_analysis.models.panel.elements import CROSS, Panel, elements_of
from securebase_analysis.models.panel.fitting import AS_WRITTEN, key_of, keyed
from securebase_analysis.models.panel.syntax import panel_text
from securebase_analysis.models.power.assumed import Assumed, Process, is_looked_for, value_of
from securebase_analysis.models.sem.completed import completed
from securebase_analysis.models.sem.reading import read_text
from securebase_analysis.models.sem.structures import n_parameters, structures_of

Floats = NDArray[np.float64]
SIZES = np.arange(0.95, 0.0, -0.05)
"""Effects of which the largest that is possible is taken, in standard deviations."""
EXACT = 1e-4
"""How exactly the smallest effect that is found is given."""
MANY = 200.0
"""Degrees of freedom from which on t is taken as normal."""
CERTAIN = 5.0
"""So many errors beyond what a test asks for, an effect is found for certain, and never with the wrong sign."""


@dataclass(frozen=True)
class Expected:
    """What is expected of the estimate of one effect.

    Attributes
    ----------
    estimate : float
        Its mean; nearer to 0 than the truth with a prior.
    spread : float
        Its standard deviation over studies like this one.
    std_error : float
        What is written beside it.
    df : float
        Of its t; infinite where the interval is normal.
    """

    estimate: float
    spread: float
    std_error: float
    df: float

    def power(self, conf_level: float) -> float:
        """The chance that the interval does not hold 0."""
        level, ratio = (1.0 + conf_level) / 2.0, self.estimate / self.spread
        if not self.df < MANY:
            reach = float(ndtri(level)) * self.std_error / self.spread
            return float(ndtr(ratio - reach) + ndtr(-ratio - reach))
        reach = float(stdtrit(self.df, level)) * self.std_error / self.spread
        if abs(ratio) > reach + CERTAIN:
            return 1.0
        contrary = nctdtr(self.df, abs(ratio), -reach) if abs(ratio) < CERTAIN else 0.0
        return float(1.0 - nctdtr(self.df, abs(ratio), reach) + contrary)


class Expectations:
    """A panel model of children who were seen as they were; the text of the model is read once.

    Parameters
    ----------
    panel : Panel
        The model, of one group and without covariates.
    scores : pandas.DataFrame
        A row per child, a column per construct and wave, of which only is used what is missing.
    prior : float, optional
        Standard deviation of the prior on cross-lagged effects.
    """

    def __init__(self, panel: Panel, scores: pd.DataFrame, prior: float | None = None) -> None:
        table, _ = completed(read_text(panel_text(panel)), panel.groups, AS_WRITTEN)
        (structure,), place = structures_of(table), keyed(table)
        seen = scores[list(table.observed)].notna().to_numpy()
        self.panel, self.group = panel, (patterns_of(np.where(seen, 0.0, np.nan)), structure)
        self.elements = [(one, place[key_of(one, 0)].free) for one in elements_of(panel) if not one.fixed]
        self.looked_for = next(number for one, number in self.elements if is_looked_for(one, panel))
        self.precision = np.zeros(n_parameters([structure]))
        if prior is not None:
            self.precision[[number for one, number in self.elements if one.effect == CROSS]] = prior**-2

    def of(self, process: Process) -> Expected:
        """The estimate in a process, by the expected information at the truth.

        With a prior of mean 0 and precision ``D`` the mode is about ``(I + D)^-1 I`` times the estimate without.
        """
        truth = np.zeros(len(self.precision))
        for one, number in self.elements:
            truth[number] = value_of(one, self.panel, process)
        patterns, structure = self.group
        moments = implied(structure, truth)
        group = (expected_patterns(patterns, moments.mean, moments.covariance), structure)
        at = at_parameters([group], truth)
        if at is None:
            return Expected(math.nan, math.nan, math.nan, math.nan)
        information = at.information("expected")
        inverse: Floats = np.asarray(np.linalg.pinv(information + np.diag(self.precision), hermitian=True))
        along = inverse[self.looked_for]
        drawn = float(along @ (self.precision * truth))
        return Expected(
            estimate=float(truth[self.looked_for]) - drawn,
            spread=math.sqrt(along @ information @ along),
            std_error=math.sqrt(inverse[self.looked_for, self.looked_for]),
            df=self._df(StructureFit((group,), at, (), True, 0), inverse),
        )

    def _df(self, fit: StructureFit, vcov: Floats) -> float:
        """Degrees of freedom of the effect, as they are expected."""
        (df,) = satterthwaite_df(fit, vcov, [self.looked_for])
        return float(df)

    def under(self, assumed: Assumed) -> Expected:
        """The estimate of an effect within children; without random intercepts, where children do not differ."""
        return self.of(self._process(assumed))

    def _process(self, assumed: Assumed) -> Process:
        """What the model is right about."""
        process = assumed.process(len(self.panel.constructs))
        return process if self.panel.within else process.without_differences

    def power_of(self, assumed: Assumed, conf_level: float) -> float:
        """The chance to find an effect; missing where there is no such process."""
        return self.under(assumed).power(conf_level) if self._process(assumed).possible else math.nan

    def false_alarms(self, assumed: Assumed, conf_level: float) -> float:
        """The chance to report an effect where nothing acts on anything else but children differ for good."""
        process = assumed.of_size(0.0).process(len(self.panel.constructs))
        return self.of(process if self.panel.within else process.taken_for_effects).power(conf_level)

    def smallest_found(self, assumed: Assumed, power: float, conf_level: float) -> float:
        """The smallest effect that is found with a given power; missing where none that is possible is."""
        from scipy.optimize import brentq

        def beyond(size: float) -> float:
            return self.under(assumed.of_size(size)).power(conf_level) - power

        largest = next((float(size) for size in SIZES if self._process(assumed.of_size(size)).possible), 0.0)
        if power <= 1.0 - conf_level:
            return 0.0
        return float(brentq(beyond, 0.0, largest, xtol=EXACT)) if beyond(largest) > 0.0 else math.nan
