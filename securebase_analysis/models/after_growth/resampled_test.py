"""Tests of a fixed effect by rearranged or redrawn data: what can be asked, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.models.after_growth.exchangeable_units import Units, units_of
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.rows import check_columns
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import Check, checks_frame
from securebase_analysis.results.inference import Floats, check_conf_level
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult


@dataclass(frozen=True, eq=False, kw_only=True)
class ResampledTest(Result):
    """A test of one fixed effect whose p-value and interval come from rearranged or redrawn data.

    Attributes
    ----------
    p_value : float
        From the arrangements or draws.
    ends : callable
        From a level to the effects that are not rejected.
    words : str
        The answer in a sentence.
    """

    p_value: float
    ends: Callable[[float], tuple[float, float]]
    words: str

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row, whose p-value is that of the resampling; see `Result.tidy`."""
        return super().tidy(conf_level).assign(p_value=self.p_value)

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        low, high = self.ends(conf_level)
        return np.array([low]), np.array([high])

    def sentence(self) -> str:
        """How the p-value came about, in words."""
        return self.words

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: one plain sentence, the term, checks that failed, notes."""
        return f"{self.words}\n\n{super().summary(conf_level)}"


def level_of_test(growth: GrowthResult, term: str, conf_level: float | None) -> float:
    """The level, when the term can be tested in this model."""
    level = growth.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    asked, terms = growth.request, growth.data.fixed.terms
    if asked.family != "gaussian" or asked.has_structure:
        raise ModelError(_not_linear())
    if term not in terms or term == "Intercept":
        raise ModelError(_no_such_effect(term, [name for name in terms if name != "Intercept"]))
    return level


def _not_linear() -> Problem:
    return Problem(
        "SB-MODEL-77",
        "stop",
        "These tests are there for linear models with independent residuals.",
        why="They weight and rearrange residuals, which have another meaning here.",
        done="Nothing was tested.",
        fix="growth.intervals(method='bootstrap')",
    )


def _no_such_effect(term: object, terms: list[str]) -> Problem:
    guess = nearest(term, terms)
    return Problem(
        "SB-MODEL-75",
        "stop",
        f"{term!r} is not a predictor of the model.",
        why="The test is of one fixed effect.",
        fix=f"Did you mean {guess!r}?" if guess else f"Predictors are: {', '.join(terms)}.",
    )


def check_number_of_resamples(name: str, value: object) -> None:
    """Stop at a number that leaves a p-value too few steps."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 99:
        return
    raise ModelError(
        Problem(
            "SB-MODEL-30",
            "stop",
            f"{name}={value!r} is not a number from 99.",
            why="With fewer arrangements a p-value has too few steps.",
            fix=f"{name}=4999",
        )
    )


def names_of_units(data: GroupedRows, by: str | None) -> list[str]:
    """What may be rearranged or drawn: the column asked for, else every factor of the model."""
    if by is not None:
        return [by]
    return [factor.name for factor in data.factors if factor.members is None]


def units_named(data: GroupedRows, name: str) -> Units:
    """The units of a column."""
    if name not in [factor.name for factor in data.factors]:
        check_columns(data.frame, [name])
    return units_of(data, name)


def p_equals(p_value: float) -> str:
    """A p-value behind its letter."""
    written = wording.p_value(p_value)
    return written if written.startswith("<") else f"= {written}"


def answer_of_test(
    growth: GrowthResult, spec: dict[str, Any], values: tuple[float, float, float],
    ends: Callable[[float], tuple[float, float]], checks: list[Check], notes: tuple[str, ...],
    words: str, title: str, n_resamples: int,
) -> ResampledTest:  # fmt: skip
    """The test in the contract."""
    estimate, std_error, p_value = values
    facts = {name: growth.facts[name] for name in ("n_rows", "n_groups", "n_excluded", "converged")}
    facts |= {"conf_level": spec["conf_level"], "log_likelihood": np.nan, "seed": spec["seed"]}
    line = {"outcome": outcome_of(growth), "group": "", "effect": "fixed", "term": spec["term"]}
    table = pd.DataFrame([line | {"estimate": estimate, "std_error": std_error, "df": np.nan}])
    return ResampledTest(
        title=title,
        spec=spec,
        estimates=table,
        facts=facts | {"n_resamples": n_resamples},
        rows=growth.augment(),
        checks=checks_frame(checks),
        notes=tuple(dict.fromkeys([*growth.notes, *notes])),
        simulated=growth.simulated,
        p_value=p_value,
        ends=ends,
        words=words,
    )


def outcome_of(growth: GrowthResult) -> str:
    """The outcome's column."""
    return growth.data.outcome.terms[0]
