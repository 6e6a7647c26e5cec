"""The profile of the likelihood for each term of a growth model that was fitted by maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.engines import profile
from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.profile import Profile
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.drawn_outcomes import fit_and_rows

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult


def profiles_of(growth: GrowthResult, table: pd.DataFrame) -> list[Profile]:
    """A profile for each row of `table`; those of variances are of standard deviations.

    Raises
    ------
    ModelError
        When the likelihood of this kind of model cannot be profiled.
    """
    if type(fit_and_rows(growth)[0].engine) is not MixedFit:
        raise ModelError(_no_profile(growth))
    return [_of_one_factor(growth, row.effect, row.group, row.term) for row in table.itertuples()]


def _no_profile(growth: GrowthResult) -> Problem:
    return Problem(
        "SB-MODEL-76",
        "stop",
        "Profile intervals are there for linear models with independent residuals.",
        why="The likelihood of this model is not yet taken apart term by term.",
        done="No other interval was put in its place.",
        fix="method='bootstrap'",
    )


def _of_one_factor(growth: GrowthResult, effect: str, group: str, term: str) -> Profile:
    """The profile of one term of a model with one grouping factor."""
    found, data = fit_and_rows(growth)
    fit: MixedFit = found.engine
    if effect == "fixed":
        place = data.fixed.terms.index(term)
        return profile.profile_of_contrast(fit, np.eye(len(fit.beta))[place])
    if group == "residual":
        return profile.profile_of_sigma(fit)
    names = data.random.terms
    first, second = places_of(term, names)
    if term.startswith("var("):
        return profile.profile_of_sd(fit, first)
    of_pair = profile.profile_of_covariance if term.startswith("cov(") else profile.profile_of_correlation
    return of_pair(fit, first, second)


def places_of(term: str, names: tuple[str, ...]) -> tuple[int, int]:
    """The random effects that ``var(a)``, ``cov(a, b)`` or ``cor(a, b)`` is about, by their place."""
    inner = term[4:-1]
    if term.startswith("var("):
        return names.index(inner), names.index(inner)
    return next((j, i) for j, a in enumerate(names) for i, b in enumerate(names) if inner == f"{a}, {b}")
