"""Whether one of two growth models is a special case of the other, fitted to the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas import Matrix, predictors
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult
    from securebase_analysis.models.growth.grouped_rows import GroupedRows

SAME_SPAN = 1e-8
"""Share of a column's size below which nothing of it is left beside the columns of the larger model."""


def smaller_and_larger(one: GrowthResult, other: GrowthResult) -> tuple[GrowthResult, GrowthResult]:
    """The two in the order of their numbers of parameters.

    Raises
    ------
    ModelError
        When they do not use the same rows and outcome, or the smaller is no special case of the larger.
    """
    raise_if_stopped(_not_of_one_kind(one, other) or _other_rows(one, other), ModelError)
    smaller, larger = sorted((one, other), key=lambda model: model.fit.n_parameters)
    raise_if_stopped(_not_nested(smaller, larger), ModelError)
    return smaller, larger


def _refusal(what: str, why: str, fix: str) -> list[Problem]:
    return [Problem("SB-MODEL-74", "stop", what, why=why, done="They were not compared.", fix=fix)]


def _not_of_one_kind(one: GrowthResult, other: GrowthResult) -> list[Problem]:
    """A problem when the likelihoods are of different kinds."""
    for name in ("family", "weights", "nodes"):
        here, there = getattr(one.request, name), getattr(other.request, name)
        if here != there:
            return _refusal(
                f"The models differ in {name}: {here!r} and {there!r}.",
                "Their likelihoods are of different kinds, and the ratio of the two means nothing.",
                f"Fit both with the same {name}.",
            )
    return []


def _other_rows(one: GrowthResult, other: GrowthResult) -> list[Problem]:
    """A problem when the models do not explain the same numbers."""
    first, second = one.data, other.data
    if first.n_rows != second.n_rows:
        counts = " and ".join(f"{data.n_rows:,}" for data in (first, second))
        columns = list(
            dict.fromkeys(name for each in (one, other) for name in predictors(each.request.formula, []))
        )
        return _refusal(
            f"The models use {counts} rows.",
            "A model of fewer rows has the higher likelihood whatever it says.",
            f"Fit both to the rows that have every predictor: data.dropna(subset={columns!r}).",
        )
    if not np.array_equal(first.outcome.values[0], second.outcome.values[0]):
        return _refusal(
            "The models explain different outcomes, or the same in another order of rows.",
            "Their likelihoods are of different numbers.",
            "Fit both to the same table with the same outcome.",
        )
    changed = _random_columns_that_differ(first, second)
    if changed:
        return _refusal(
            f"Random parts of the same name hold different numbers: {', '.join(changed)}.",
            "A slope of other numbers is another model, not a smaller one.",
            "Fit both to the same table.",
        )
    return []


def _random_columns_that_differ(one: GroupedRows, other: GroupedRows) -> list[str]:
    """Random terms, or groupings, that both models name and that are not the same."""
    changed = []
    names = [factor.name for factor in other.factors]
    for factor in one.factors:
        if factor.name not in names:
            continue
        same_name = other.factor(factor.name)
        if not np.array_equal(factor.code, same_name.code):
            changed.append(factor.name)
        for term, values in zip(factor.random.terms, factor.random.values):
            if term in same_name.random.terms and not np.array_equal(values, same_name.random.column(term)):
                changed.append(f"{term} of {factor.name}")
    return changed


def _not_nested(smaller: GrowthResult, larger: GrowthResult) -> list[Problem]:
    """A problem when the smaller model is no special case of the larger."""
    parts = {
        "fixed effects": _is_outside(smaller, larger),
        "random effects": sorted(map(written_random_term, random_terms(smaller) - random_terms(larger))),
        "structure of the residuals": [
            f"{name}={value!r}"
            for name, value in structure_of(smaller).items()
            if structure_of(larger).get(name) != value
        ],
    }
    own = [f"{', '.join(names)} ({what})" for what, names in parts.items() if names]
    if own:
        return _refusal(
            f"The model with fewer parameters has something that the other has not: {'; '.join(own)}.",
            "A likelihood ratio compares a model with a special case of it.",
            "Compare such models by AIC or BIC: fit both with method='ml' and look at glance().",
        )
    if smaller.fit.n_parameters == larger.fit.n_parameters:
        return _refusal(
            f"Both models have {larger.fit.n_parameters} parameters.",
            "There is nothing that one has and the other has not.",
            "Leave out of one of them what is to be tested.",
        )
    return []


def _is_outside(smaller: GrowthResult, larger: GrowthResult) -> list[str]:
    """Fixed terms of the smaller model that the columns of the larger one cannot make."""
    fixed = smaller.data.fixed
    names = [term for term in fixed.terms if not has_column(larger.data.fixed, term, fixed.column(term))]
    if not names:
        return []
    wanted = np.column_stack([fixed.column(term) for term in names])
    columns = larger.data.fixed.values.T
    columns = columns / np.linalg.norm(columns, axis=0)
    left = wanted - columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0]
    outside = np.linalg.norm(left, axis=0) > SAME_SPAN * np.linalg.norm(wanted, axis=0)
    return [name for name, beyond in zip(names, outside) if beyond]


def has_column(matrix: Matrix, term: str, values: Floats) -> bool:
    """Whether a design has this very column, in name and in numbers."""
    return term in matrix.terms and np.array_equal(matrix.column(term), values)


def random_terms(model: GrowthResult) -> set[tuple[str, frozenset[str]]]:
    """The variances and covariances that are estimated: factor, and the one or two terms."""
    return {
        (factor.name, frozenset((factor.random.terms[i], factor.random.terms[j])))
        for factor in model.data.factors
        for block in factor.blocks
        for i in block
        for j in block
    }


def variances_of(model: GrowthResult) -> set[tuple[str, frozenset[str]]]:
    """The variances among them."""
    return {one for one in random_terms(model) if len(one[1]) == 1}


def written_random_term(one: tuple[str, frozenset[str]]) -> str:
    """Such as ``var(years) of child``."""
    factor, terms = one
    return f"{'var' if len(terms) == 1 else 'cov'}({', '.join(sorted(terms))}) of {factor}"


def structure_of(model: GrowthResult) -> dict[str, str]:
    """What is estimated of the residuals beside one variance."""
    asked = model.request
    found = {} if asked.residual == "independent" else {"residual": asked.residual}
    return found if asked.variance_by is None else found | {"variance_by": asked.variance_by}
