"""Which columns a formula names, and whether these are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas.other_languages import not_of_this_language, unquoted_names


@lru_cache(maxsize=256)
def formula_read(text: str) -> Any:
    """The formula as formulaic reads it; kept, because reading it takes as long as fitting a small model."""
    import formulaic

    return formulaic.Formula(text)


@lru_cache(maxsize=256)
def _names(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns named on the left and on the right of a formula, in order."""
    parsed = formula_read(text)
    if not hasattr(parsed, "rhs"):
        return (), _names_in(parsed)
    return _names_in(parsed.lhs), _names_in(parsed.rhs)


def no_random_part(random: object) -> Problem:
    """A random part that cannot be one."""
    return Problem(
        "SB-MODEL-40",
        "stop",
        f"random={random!r} is not a random part.",
        why="It says what differs between the groups: their level, or the slope of a column.",
        fix="random='1' for a level of each child, random='years' for level and slope",
    )


def predictors(formula: str, parts: Iterable[str]) -> list[str]:
    """Columns that the right side of a formula and the parts of random name."""
    return list(dict.fromkeys([*_names(formula)[1], *(name for part in parts for name in _names(part)[1])]))


def columns_of_terms(formula: str) -> list[tuple[str, ...]]:
    """The columns that each term on the right of a formula names.

    Examples
    --------
    >>> columns_of_terms("trust ~ years * kinship")
    [(), ('years',), ('kinship',), ('years', 'kinship')]
    """
    return [_names_in([term]) for term in formula_read(formula).rhs]


def parts_of_term(term: str) -> list[str]:
    """What a term multiplies; a colon inside brackets belongs to a label.

    Examples
    --------
    >>> parts_of_term("years:kinship[T.a:b]")
    ['years', 'kinship[T.a:b]']
    """
    return re.split(r":(?![^\[(]*[\])])", term)


def columns_as_labels(formula: str) -> set[str]:
    """Columns whose values ``C(...)`` turns into labels, numbers too.

    Examples
    --------
    >>> columns_as_labels("trust ~ C(wave) + years")
    {'wave'}
    """
    coded = [factor.expr for term in formula_read(formula).rhs for factor in term.factors]
    return {name for code in coded if code.startswith("C(") for name in _names_in_code(code)}


def _names_in(terms: Iterable[Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for term in terms:
        for factor in term.factors:
            method = getattr(factor.eval_method, "value", "")
            if method == "lookup":
                found[factor.expr] = None
            elif method == "python":
                found.update(dict.fromkeys(_names_in_code(factor.expr)))
    return tuple(found)


def _names_in_code(code: str) -> list[str]:
    """Names in an expression that are not functions or modules, and names quoted by ``Q``."""
    quoted = re.findall(r"`([^`]+)`", code)
    tree = ast.parse(re.sub(r"`[^`]+`", "0", code), mode="eval")
    nodes = list(ast.walk(tree))
    called = {id(inner) for node in nodes if isinstance(node, ast.Call) for inner in ast.walk(node.func)}
    called |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    names = [node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Q":
            quoted += [str(given.value) for given in node.args if isinstance(given, ast.Constant)]
    return quoted + names


def outcome_and_columns(formula: str, parts: Sequence[str], frame: pd.DataFrame) -> tuple[str, list[str]]:
    """The outcome's column and every column that the formula and the parts of random name.

    Raises
    ------
    ModelError
        When a formula cannot be read.
    """
    odd = [name for name in frame.columns if isinstance(name, str) and not name.isidentifier()]
    for text in (formula, *parts):
        if not isinstance(text, str):
            raise ModelError(_unreadable(text))
        raise_if_stopped(unquoted_names(text, odd, frame) or not_of_this_language(text), ModelError)
        try:
            _names(text)
        except Exception as error:
            raise ModelError(_unreadable(text)) from error
    left, _ = _names(formula)
    if len(left) != 1 or len(formula_read(formula).lhs) != 1:
        raise ModelError(_no_outcome(formula))
    for part in parts:
        if "~" in part or not len(formula_read(part)):
            raise ModelError(no_random_part(part))
    return left[0], list(dict.fromkeys([*left, *predictors(formula, parts)]))


def _unreadable(formula: object) -> Problem:
    return Problem(
        "SB-MODEL-40",
        "stop",
        f"The formula {formula!r} cannot be read.",
        why="It has a sign or a bracket where a column was expected.",
        fix="Write it as 'outcome ~ years * kinship + stress'.",
    )


def _no_outcome(formula: str) -> Problem:
    return Problem(
        "SB-MODEL-40",
        "stop",
        f"The formula {formula!r} does not name one outcome.",
        why="What is explained stands alone on the left of '~'.",
        fix=f"'outcome ~ {formula.split('~')[-1].strip()}'",
    )
