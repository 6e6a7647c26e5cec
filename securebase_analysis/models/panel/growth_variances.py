"""How much children differ in level and slope, and whether what was estimated can be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from securebase_analysis.models.panel.elements import Element, Panel, elements_of
from securebase_analysis.models.panel.fitting import key_of, keyed
from securebase_analysis.models.panel.growth_elements import factor
from securebase_analysis.models.panel.growth_error_df import df_of_curves
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.results.inference import wald_interval

OF_TRUST = 0.95


@dataclass(frozen=True)
class PartVariance:
    """How much children differ in one part of their curves.

    Attributes
    ----------
    part, construct, group : str
        Which variance.
    estimate, std_error, df : float
        Of it.
    """

    part: str
    construct: str
    group: str
    estimate: float
    std_error: float
    df: float

    @property
    def below_zero(self) -> bool:
        """Whether it lies outside of what a variance can be."""
        return self.estimate < 0.0

    @property
    def holds_zero(self) -> bool:
        """Whether a 95 % interval holds 0."""
        low, _ = wald_interval([self.estimate], [self.std_error], self.df, OF_TRUST)
        return bool(low[0] <= 0.0)


def part_variances(fitted: Fitted, panel: Panel) -> list[PartVariance]:
    """The variance of every part of every curve in every group."""
    assert panel.curves is not None
    place, error, df = keyed(fitted.table), np.sqrt(np.diag(fitted.vcov)), df_of_curves(fitted)
    found = []
    for group, name in enumerate(panel.groups):
        for construct in panel.constructs:
            for part in panel.curves.parts:
                latent = factor(part, construct)
                free = place[latent, "~~", latent, group].free
                found.append(
                    PartVariance(part, construct, name, float(fitted.estimates[free]), float(error[free]),
                                 df.get(free, math.inf))
                )  # fmt: skip
    return found


def impossible_pairs(fitted: Fitted, panel: Panel) -> list[tuple[Element, str, float]]:
    """Covariances of parts, with group and correlation, of which the correlation is at 1 or beyond."""
    place, found = keyed(fitted.table), []
    pairs = [one for one in elements_of(panel) if "covariance of" in one.effect]
    for group, name in enumerate(panel.groups):
        for one in pairs:
            covariance, first, second = (
                float(fitted.estimates[place[key].free])
                for key in (key_of(one, group), (one.lhs, "~~", one.lhs, group), (one.rhs, "~~", one.rhs, group))
            )
            if min(first, second) > 0.0 and covariance**2 >= first * second:
                found.append((one, name, covariance / math.sqrt(first * second)))
    return found
