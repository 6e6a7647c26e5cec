"""The columns that the right side of a formula makes, and those whose coefficients cannot be told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.formulas import (
    Matrix,
    columns_as_labels,
    fixed_matrices,
    outcome_and_columns,
    predictors,
)
from securebase_analysis.models.growth.model_columns import model_columns
from securebase_analysis.models.growth.rows_used import one_label
from securebase_analysis.models.rows import check_columns, is_number

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TINY = 1e-8
"""What is smaller than this share of a column is rounding."""
MOST_NAMED = 4
MOST_LABELS = 50
AFTERWARDS = ("event", "ending", "reason")
"""Columns of followed placements that say how a row ended."""
PEOPLE = ("child", "carer")
NO_INTERCEPT = re.compile(r"(^|\+)\s*0\s*(\+|$)|-\s*1\s*($|\+)")


def names_of_predictors(frame: pd.DataFrame, request: Request) -> list[str]:
    """The columns that the formula names.

    Raises
    ------
    ModelError
        When the formula has a left side, names nothing, or names what is explained.
    """
    formula = request.formula
    if not isinstance(formula, str) or "~" in formula:
        raise ModelError(_right_side_only(formula))
    named = outcome_and_columns(both_sides(request), [], frame)[1]
    names = [name for name in named if name != request.stop]
    raise_if_stopped([_the_time_itself(name) for name in _forbidden(request, frame)], ModelError)
    if not names:
        raise ModelError(_no_predictor(formula))
    check_columns(frame, names)
    return names


def both_sides(request: Request) -> str:
    """The formula with the end of the rows on its left, as the makers of columns want it."""
    return f"`{request.stop}` ~ {request.formula}"


def _forbidden(request: Request, frame: pd.DataFrame) -> list[str]:
    """Columns that say when and how a row ended, named as what explains it."""
    named = predictors(f"1 ~ {request.formula}", ())
    known_afterwards = (request.stop, request.event_column, *(AFTERWARDS if {*AFTERWARDS} <= {*frame} else ()))
    return [name for name in dict.fromkeys(known_afterwards) if name in named]


def coded(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """The predictors as numbers or labels, with what is wrong with them."""
    return model_columns(frame, list(names), "")


def matrix_of(values: pd.DataFrame, used: Bools, request: Request, stop: Floats) -> Matrix:
    """The columns of the model on the rows used, without an intercept.

    Raises
    ------
    ModelError
        When a label is the same in every row, or there is no column.
    DataError
        When a term is not finite.
    """
    complete = values[used].reset_index(drop=True)
    for name in complete:
        if isinstance(complete[name].dtype, pd.CategoricalDtype):
            complete[name] = complete[name].cat.remove_unused_categories()
    raise_if_stopped(_too_many_labels(complete), DataError)
    raise_if_stopped(_one_label(complete, columns_as_labels(both_sides(request))), ModelError)
    _, X = fixed_matrices(both_sides(request), complete.assign(**{request.stop: stop}))
    X = X.without("Intercept")
    if not X.terms:
        raise ModelError(_no_predictor(request.formula))
    raise_if_stopped(_endless(X, used))
    return X


# ---- what is wrong ---------------------------------------------------------------------------------------------


def _right_side_only(formula: object) -> Problem:
    right = formula.split("~")[-1].strip() if isinstance(formula, str) else ""
    return Problem(
        "SB-EVENT-09",
        "stop",
        "The formula has a left side." if right else f"The formula is a {type(formula).__name__}, not text.",
        why="What is explained is the event and when it happened, which start, stop and event name.",
        fix=f"{right!r}" if right else "'difficulty + kinship'",
    )


def _the_time_itself(name: str) -> Problem:
    return Problem(
        "SB-EVENT-10",
        "stop",
        f"{name!r} is explained and a predictor at once.",
        column=name,
        why="When and how a row ended is known only after it ended, and would explain itself.",
        fix=f"Leave {name!r} out of the formula.",
    )


def _no_predictor(formula: str) -> Problem:
    return Problem(
        "SB-EVENT-11",
        "stop",
        f"The formula {formula!r} names no predictor.",
        why="A hazard ratio compares rows that differ in something.",
        fix="'difficulty + kinship'; cumulative_incidence(...) tells how placements end without predictors",
    )


def _one_label(complete: pd.DataFrame, as_labels: set[str]) -> list[Problem]:
    """Labels that are the same in every row, whose terms would vanish without a word."""
    labels = [name for name in complete if not is_number(complete[name]) or name in as_labels]
    return [one_label(name) for name in labels if complete[name].nunique() < 2]


def _too_many_labels(complete: pd.DataFrame) -> list[Problem]:
    """Columns of ids, each of which would become a term with its own name in every table."""
    return [
        Problem(
            "SB-EVENT-27",
            "stop",
            f"Column {name!r} holds {complete[name].nunique():,} labels.",
            column=str(name),
            why="Each would be a term of the model, under its own name; names of children or carers would be "
            "printed.",
            done="Nothing was fitted.",
            fix=f"cluster={name!r} or frailty={name!r} for what its rows share; or join rare labels",
        )
        for name in complete
        if not is_number(complete[name]) and complete[name].nunique() > (2 if name in PEOPLE else MOST_LABELS)
    ]


def _endless(X: Matrix, used: Bools) -> list[Problem]:
    """Terms that are not finite although their columns are, such as the logarithm of zero."""
    return [
        Problem(
            "SB-MODEL-15",
            "stop",
            f"The term {term!r} is not a finite number in some rows.",
            column=term,
            rows=rows_where(_spread(used, ~np.isfinite(column))),
            why="One such value makes every estimate meaningless.",
            fix="Correct the cells, or leave them empty.",
        )
        for term, column in zip(X.terms, X.values)
        if not np.isfinite(column).all()
    ]


def _spread(used: Bools, mask: Bools) -> Bools:
    """A mask of the rows used as one of the rows given."""
    of_all = np.zeros(len(used), dtype=bool)
    of_all[np.flatnonzero(used)[mask]] = True
    return of_all


def cannot_be_told_apart(X: Matrix, columns: Sequence[int], request: Request) -> ModelError:
    """Which terms do not vary, or only as others do, among those at risk together."""
    problems = [_dependent(X, int(column), request.strata) for column in columns]
    if NO_INTERCEPT.search(request.formula):
        fix = "Leave '0 +' or '- 1' out of the formula: here the baseline hazard is in the place of an intercept."
        problems = [replace(problem, fix=fix) for problem in problems]
    return ModelError(problems)


def _dependent(X: Matrix, column: int, strata: Sequence[str]) -> Problem:
    term, values = X.terms[column], X.values[column]
    within = f" within {' and '.join(strata)}" if strata else ""
    others = [] if np.ptp(values) == 0.0 else _made_of(X, column)
    if others:
        what = f"{term!r} follows exactly from other terms: {', '.join(map(repr, others))}."
        fix = f"Leave {term!r} or one of the others out of the formula."
    else:
        what = f"{term!r} is the same for all that are at risk together{within}."
        fix = f"Leave {term!r} out of the formula."
    return Problem(
        "SB-MODEL-05",
        "stop",
        what,
        column=term,
        why="No comparison of rows at risk at one time says anything about it.",
        done="Nothing was dropped; nothing was fitted.",
        fix=fix,
    )


def _made_of(X: Matrix, column: int) -> list[str]:
    """The terms before a column of which it is a weighted sum, over all rows."""
    before: Any = np.vstack([np.ones(X.values.shape[1]), X.values[:column]]).T
    size = np.linalg.norm(before, axis=0)
    weights, *_ = np.linalg.lstsq(before / size, X.values[column], rcond=None)
    left = X.values[column] - (before / size) @ weights
    total = float(np.linalg.norm(X.values[column]))
    if np.linalg.norm(left) > 1e-6 * total:
        return []
    found = [X.terms[j] for j in range(column) if abs(weights[j + 1]) > TINY * total]
    return found[:MOST_NAMED]
