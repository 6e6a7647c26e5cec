"""Outcomes that are counted, answered with yes or no, or ordered, brought to the numbers that a family needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.models.rows import is_number, without_object
from securebase_analysis.results import wording

MOST_CATEGORIES = 20
"""An ordinal outcome with more categories than this is a count or a score."""


def coded_outcome(frame: pd.DataFrame, outcome: str, family: str) -> tuple[tuple[str, ...], Any, list[Problem]]:
    """The categories of an ordinal outcome, the outcome as the family takes it, and what is wrong with it.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows given.
    outcome : str
        Its column.
    family : str
        As in `fit_growth`.

    Returns
    -------
    labels : tuple of str
        Categories from the lowest to the highest; empty for other families.
    answers : pandas.Series or None
        Places from 0 for *ordinal*; None where the column can stay as it is.
    problems : list of Problem
    """
    if family == "gaussian":
        return (), None, []
    column = without_object(frame[outcome])
    if family == "ordinal":
        return _ordered(outcome, column)
    if not is_number(column):
        return (), None, []
    numbers = column.to_numpy(float, na_value=np.nan)
    wrong = _not_yes_or_no(outcome, numbers) if family == "binomial" else _not_counts(outcome, numbers, family)
    return (), None, wrong


def _ordered(outcome: str, column: pd.Series) -> tuple[tuple[str, ...], Any, list[Problem]]:
    """Places of the answers among those that occur, lowest first."""
    if (
        isinstance(column.dtype, pd.CategoricalDtype)
        and not column.cat.ordered
        and is_number(column.cat.categories)
    ):
        column = column.astype(float)
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        column = column.cat.remove_unused_categories()
        labels = [str(label) for label in column.cat.categories]
        places = pd.Series(column.cat.codes.to_numpy(float), column.index)
    elif is_number(column):
        numbers = pd.Series(column.to_numpy(float, na_value=np.nan), column.index)
        found = np.unique(numbers.dropna())
        labels = [f"{value:g}" for value in found]
        places = pd.Series(np.searchsorted(found, numbers).astype(float), column.index).where(numbers.notna())
    else:
        return (), np.full(len(column), np.nan), [_no_order(outcome, column)]
    places = places.where(places >= 0)
    if len(labels) > MOST_CATEGORIES:
        return tuple(labels), places, [_too_many_categories(outcome, len(labels))]
    if len(labels) < 3:
        return tuple(labels), places, [_too_few_categories(outcome, len(labels))]
    return tuple(labels), places, []


def _no_order(outcome: str, column: pd.Series) -> Problem:
    labels = ", ".join(map(repr, sorted(map(str, column.dropna().unique()))[:4]))
    return Problem(
        "SB-MODEL-67",
        "stop",
        f"The answers in {outcome!r} are words whose order is not known.",
        column=outcome,
        rows=rows_where(column.notna().to_numpy()),
        why="An ordinal model needs to know which answer is more than which.",
        done="Nothing was fitted.",
        fix=f"data[{outcome!r}] = pd.Categorical(data[{outcome!r}], [{labels}, ...], ordered=True), lowest first",
    )


def _too_many_categories(outcome: str, n: int) -> Problem:
    return Problem(
        "SB-MODEL-67",
        "stop",
        f"{outcome!r} has {n} different values; an ordinal outcome has a few categories.",
        column=outcome,
        why="Each value would need a cut point of its own.",
        done="Nothing was fitted.",
        fix="family='gaussian' for a score, 'poisson' for a count, or fewer categories.",
    )


def _too_few_categories(outcome: str, n: int) -> Problem:
    return Problem(
        "SB-MODEL-67",
        "stop",
        f"{outcome!r} has {wording.count(n, 'category')} in these rows; an ordinal outcome has three or more.",
        column=outcome,
        why="With two, the model is that of a yes-or-no outcome; with one, there is nothing to explain.",
        done="Nothing was fitted.",
        fix="family='binomial' with the outcome as 0 and 1.",
    )


def _not_yes_or_no(outcome: str, numbers: np.ndarray) -> list[Problem]:
    odd = ~np.isin(numbers, (0.0, 1.0)) & ~np.isnan(numbers)
    if not odd.any():
        return []
    values = np.unique(numbers[~np.isnan(numbers)])
    fix = (
        f"data[{outcome!r}] = (data[{outcome!r}] == {values[-1]:g}).astype(int)"
        if len(values) == 2
        else "Make it 0 and 1, or choose the family of what it is: 'ordinal', 'poisson', 'gaussian'."
    )
    return [
        Problem(
            "SB-MODEL-68",
            "stop",
            f"{outcome!r} holds numbers other than 0 and 1.",
            column=outcome,
            rows=rows_where(odd),
            why="family='binomial' is for an outcome that is there (1) or not (0).",
            done="Nothing was fitted.",
            fix=fix,
        )
    ]


def _not_counts(outcome: str, numbers: np.ndarray, family: str) -> list[Problem]:
    odd = ((numbers < 0.0) | (numbers != np.floor(numbers))) & ~np.isnan(numbers)
    if not odd.any():
        return []
    return [
        Problem(
            "SB-MODEL-69",
            "stop",
            f"{outcome!r} holds numbers that are no counts.",
            column=outcome,
            rows=rows_where(odd),
            why=f"family={family!r} is for whole numbers from zero.",
            done="Nothing was fitted.",
            fix="Correct these cells, or use family='gaussian'.",
        )
    ]


def empty_categories(outcome: str, labels: tuple[str, ...], places: Any) -> list[Problem]:
    """Categories of an ordinal outcome that occur only in rows that cannot be used."""
    if not labels:
        return []
    count = np.bincount(np.asarray(places).astype(int), minlength=len(labels))
    absent = [label for label, n in zip(labels, count) if n == 0]
    if not absent:
        return []
    return [
        Problem(
            "SB-MODEL-98",
            "stop",
            f"No row that can be used has {' or '.join(map(repr, absent))} as {outcome!r}.",
            column=outcome,
            why="The cut points around an empty category cannot be told apart.",
            done="Nothing was fitted.",
            fix="Join the category with its neighbour, or fill the predictors that its rows lack.",
        )
    ]
