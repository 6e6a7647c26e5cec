"""New parameters that are made of others, with their derivatives for errors by the delta method."""

from __future__ import annotations

import ast
import cmath
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.reading import ModelText
from securebase_analysis.models.sem.told_of_syntax import not_a_formula, unknown_label

Floats = NDArray[np.float64]
STEP = 1e-30
NAME = re.compile(r"(?<![\w.])[^\W\d][\w.]*|\.[^\W\d][\w.]*")
DOT = "\u00b7"
"""Takes the place of the dots in a label, which would mean something else."""
NO_NUMBER = complex(math.nan, math.nan)


def _power(base: complex, exponent: complex) -> complex:
    """A power; none of a negative base, unless the exponent is a whole number."""
    whole = exponent.imag == 0.0 and exponent.real == math.floor(exponent.real)
    return base**exponent if whole or base.real > 0.0 else NO_NUMBER


def _log(value: complex) -> complex:
    return cmath.log(value) if value.real > 0.0 else NO_NUMBER


def _sqrt(value: complex) -> complex:
    return cmath.sqrt(value) if value.real > 0.0 else NO_NUMBER


OPERATIONS: dict[type[ast.AST], Callable[..., complex]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: _power, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[complex], complex]] = {"exp": cmath.exp, "log": _log, "sqrt": _sqrt}


def check_definitions(model: ModelText, labels: set[str]) -> Iterator[Problem]:
    """Definitions that are no formulas, or use labels that nothing has."""
    known = set(labels)
    for name, words in model.definitions:
        if name.text in known:
            yield not_a_formula(model.text, name)
            continue
        functions = {words[place - 1] for place, word in enumerate(words) if word.is_sign("(") and place}
        names = [word for word in words if word.kind == "name" and word not in functions]
        yield from (unknown_label(model.text, word, sorted(known)) for word in names if word.text not in known)
        try:
            _parsed(" ".join(word.text for word in words))
        except ValueError:
            yield not_a_formula(model.text, words[0])
        known.add(name.text)


def defined_values(table: ParameterTable, values: Floats, derivatives: Floats) -> tuple[Floats, Floats]:
    """The definitions of a table, and their derivatives in the free parameters.

    Parameters
    ----------
    table : ParameterTable
        The model.
    values : numpy.ndarray, shape (elements,)
        Of the elements of the table, in its order: estimates, or estimates in standard deviations.
    derivatives : numpy.ndarray, shape (elements, q)
        Of these in the free parameters.

    Returns
    -------
    estimates : numpy.ndarray, shape (definitions,)
        A label stands for the first element that has it.
    derivatives : numpy.ndarray, shape (definitions, q)
        Of these in the free parameters.

    Notes
    -----
    An error from these derivatives takes the formula as a straight line over the range of the estimates, and a
    product of two uncertain paths is none. For an indirect effect in few rows an interval by resampling is better.
    """
    first: dict[str, int] = {}
    for place, one in enumerate(table):
        if one.label:
            first.setdefault(one.label, place)
    places = list(first.values())
    labelled = values[places].astype(complex)
    estimates = _at(table, dict(zip(first, labelled))).real
    gradient = np.zeros((len(estimates), len(first)))
    for number in range(len(first)):
        moved = labelled.copy()
        moved[number] += 1j * STEP
        gradient[:, number] = _at(table, dict(zip(first, moved))).imag / STEP
    return estimates, gradient @ derivatives[places]


def _at(table: ParameterTable, labelled: Mapping[str, complex]) -> NDArray[np.complex128]:
    """The definitions at (complex) values of labels; later ones may use earlier ones."""
    values, made = dict(labelled), []
    for definition in table.definitions:
        try:
            values[definition.name] = complex(_value(_parsed(definition.formula), values))
        except (ZeroDivisionError, OverflowError, ValueError):
            values[definition.name] = NO_NUMBER
        made.append(values[definition.name])
    return np.array(made, dtype=complex)


def _parsed(formula: str) -> ast.expr:
    """A formula of labels as a tree of operations.

    Raises
    ------
    ValueError
        When it holds anything else.
    """
    plain = NAME.sub(lambda found: found.group().replace(".", DOT), formula.replace("^", "**"))
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(formula) from error
    _allowed(tree)
    return tree


def _allowed(node: ast.AST) -> None:
    """Refuse whatever is no arithmetic."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        _allowed(node.left)
        _allowed(node.right)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in OPERATIONS:
        _allowed(node.operand)
    elif isinstance(node, ast.Call) and _called(node) in FUNCTIONS and len(node.args) == 1 and not node.keywords:
        _allowed(node.args[0])
    elif not (isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float))):
        raise ValueError("no arithmetic")


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _value(node: ast.AST, values: Mapping[str, complex]) -> complex:
    """What a tree of operations comes to."""
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        return OPERATIONS[type(node.op)](_value(node.operand, values))
    if isinstance(node, ast.Call):
        return FUNCTIONS[_called(node)](_value(node.args[0], values))
    if isinstance(node, ast.Name):
        return values[node.id.replace(DOT, ".")]
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int | float)
    return complex(node.value)
