"""The profile of the likelihood for each term of a growth model that was fitted by maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.engines import profile_one_factor as one_factor
from securebase_analysis.engines import profile_several_factors as several_factors
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.profile import Profile
from securebase_analysis.engines.several_factors import SeveralFit
from securebase_analysis.errors import ModelError, Problem

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult


def profiles_of(growth: GrowthResult, table: pd.DataFrame) -> list[Profile]:
    """A profile for each row of `table`; those of variances are of standard deviations.

    Raises
    ------
    ModelError
        When the likelihood of this kind of model cannot be profiled.
    """
    kind = type(growth.fit.engine)
    if kind not in (MixedFit, SeveralFit):
        raise ModelError(_no_profile())
    of_term = _of_one_factor if kind is MixedFit else _of_several_factors
    return [of_term(growth, row.effect, row.group, row.term) for row in table.itertuples()]


def _no_profile() -> Problem:
    return Problem(
        "SB-MODEL-76",
        "stop",
        "Profile intervals are there for linear models whose residuals have no structure.",
        why="The likelihood of this model is not taken apart term by term.",
        done="No other interval was put in its place.",
        fix="method='bootstrap', or method='wald'",
    )


def _of_one_factor(growth: GrowthResult, effect: str, group: str, term: str) -> Profile:
    """The profile of one term of a model with one grouping factor."""
    data = growth.data
    fit: MixedFit = growth.fit.engine
    if effect == "fixed":
        return one_factor.profile_of_contrast(fit, np.eye(len(fit.beta))[data.fixed.terms.index(term)])
    if group == "residual":
        return one_factor.profile_of_sigma(fit)
    first, second = places_of(term, data.random.terms)
    if term.startswith("var("):
        return one_factor.profile_of_sd(fit, first)
    if term.startswith("cov("):
        return one_factor.profile_of_covariance(fit, first, second)
    return one_factor.profile_of_correlation(fit, first, second)


def _of_several_factors(growth: GrowthResult, effect: str, group: str, term: str) -> Profile:
    """The profile of one term of a model with several grouping factors."""
    data = growth.data
    fit: SeveralFit = growth.fit.engine
    if effect == "fixed":
        return several_factors.profile_of_contrast(fit, np.eye(len(fit.beta))[data.fixed.terms.index(term)])
    if group == "residual":
        return several_factors.profile_of_sigma(fit)
    factor = [one.name for one in data.factors].index(group)
    first, second = places_of(term, data.factors[factor].random.terms)
    if term.startswith("var("):
        return several_factors.profile_of_sd(fit, factor, first)
    if term.startswith("cov("):
        return several_factors.profile_of_covariance(fit, factor, first, second)
    return several_factors.profile_of_correlation(fit, factor, first, second)


def places_of(term: str, names: tuple[str, ...]) -> tuple[int, int]:
    """The random effects that ``var(a)``, ``cov(a, b)`` or ``cor(a, b)`` is about, by their place."""
    inner = term[4:-1]
    if term.startswith("var("):
        return names.index(inner), names.index(inner)
    return next((j, i) for j, a in enumerate(names) for i, b in enumerate(names) if inner == f"{a}, {b}")
