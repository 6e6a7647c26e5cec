"""Which parameters are equal: by label, by an equality, or over groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.parameters import FIXED, Parameter
from securebase_analysis.models.sem.reading import ModelText
from securebase_analysis.models.sem.roles import Roles
from securebase_analysis.models.sem.told_of_syntax import unknown_label

EQUAL = (
    "loadings", "intercepts", "means", "residuals", "residual_covariances", "lv_variances", "lv_covariances",
    "regressions", "thresholds",
)  # fmt: skip
"""What can be equal over groups, in the words of lavaan's ``group.equal``."""


def equal_in_groups(
    parameters: Sequence[Parameter],
    roles: Roles,
    given: Sequence[str],
    equal: Sequence[str],
    partial: Sequence[str],
) -> list[Parameter]:
    """Elements that are to be equal over groups, marked as such; those with a label stay as they were labelled."""
    own = [name for name in roles.observed if name not in given]
    kinds: dict[str, Callable[[Parameter], bool]] = {
        "loadings": lambda one: one.op == "=~",
        "intercepts": lambda one: one.op == "~1" and one.lhs in own,
        "thresholds": lambda one: one.op == "|",
        "means": lambda one: one.op == "~1" and one.lhs in roles.latent,
        "regressions": lambda one: one.op == "~",
        "residuals": lambda one: one.op == "~~" and one.lhs in own and one.lhs == one.rhs,
        "residual_covariances": lambda one: one.op == "~~" and one.lhs in own and one.lhs != one.rhs,
        "lv_variances": lambda one: one.op == "~~" and one.lhs in roles.latent and one.lhs == one.rhs,
        "lv_covariances": lambda one: one.op == "~~" and one.lhs in roles.latent and one.lhs != one.rhs,
    }
    chosen = [kinds[word] for word in equal]
    released = {_plain(term) for term in partial}
    return [
        replace(one, equal=f"{one.term} over groups")
        if not one.equal and not one.given and _plain(one.term) not in released and any(of(one) for of in chosen)
        else one
        for one in parameters
    ]


def _plain(term: str) -> str:
    """A term without its spaces; an intercept with or without the space before its 1."""
    return "".join(str(term).split())


def values_of_labels(parameters: Sequence[Parameter], model: ModelText) -> tuple[list[Parameter], list[Problem]]:
    """Apply the equalities of a text: labels that are one, and labels that have a value."""
    known = {one.label for one in parameters if one.label}
    problems, made = [], list(parameters)
    for left, right in model.equalities:
        words = [left] if isinstance(right, float) else [left, right]
        unknown = [unknown_label(model.text, word, sorted(known)) for word in words if word.text not in known]
        problems += unknown
        if unknown:
            continue
        ours = {one.equal for one in made if one.label in {word.text for word in words}}
        same = min(ours)
        value = right if isinstance(right, float) else math.nan
        made = [_made_equal(one, same, value) if one.equal in ours else one for one in made]
    return made, problems


def _made_equal(parameter: Parameter, same: str, value: float) -> Parameter:
    """A parameter that is one with others, at a value where there is one."""
    if math.isnan(value):
        return replace(parameter, equal=same)
    return replace(parameter, equal=same, free=FIXED, value=value)


def numbered(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Number the free parameters; those that are equal to a fixed one are fixed at its value."""
    values: dict[str, float] = {}
    for one in parameters:
        if one.equal and not one.is_free:
            values.setdefault(one.equal, one.value)
    numbers: dict[str, int] = {}
    made = []
    for place, one in enumerate(parameters):
        if one.equal in values:
            one = replace(one, free=FIXED, value=values[one.equal])
        elif one.is_free:
            one = replace(one, free=numbers.setdefault(one.equal or f"element {place}", len(numbers)))
        made.append(one)
    return tuple(made)
