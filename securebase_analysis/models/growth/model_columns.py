"""What the columns of a model hold: numbers, labels, and what is neither."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.models.rows import is_number, too_large, without_object, words
from securebase_analysis.results import wording


def model_columns(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns of the model as numbers or labels, and what is wrong with them."""
    made, problems = columns_by_name(frame, columns, outcome)
    return pd.DataFrame(made, index=frame.index, copy=False), problems


def columns_by_name(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[dict[str, Any], list[Problem]]:
    """The columns by name."""
    made: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in columns:
        column = frame[name]
        numbers = without_object(column)
        if is_number(numbers):
            made[name] = numbers.to_numpy(float, na_value=np.nan)
            problems += too_large(name, made[name])
        elif _holds_dates(numbers):
            problems.append(_dates(name))
        elif not _may_be_labels(column):
            problems.append(words(name, column))
        else:
            problems += _text_outcome(name, column) if name == outcome else _numbers_as_text(name, column)
            made[name] = _labels(column)
    return made, problems


def _labels(column: pd.Series) -> Any:
    """A column of labels as arrays that formulas take for labels, whichever kind of text it is."""
    if column.dtype == object:
        return column.to_numpy()
    is_text = pd.api.types.is_string_dtype(column.dtype)
    return column.astype("str").array if is_text else column.array


def _holds_dates(column: pd.Series) -> bool:
    """Whether cells are dates, spans or periods of time, of pandas or of Python."""
    kinds = (datetime.date, datetime.timedelta, pd.Period, pd.Timedelta)
    first = column.dropna().iloc[:1]
    return bool(pd.api.types.is_datetime64_any_dtype(column.dtype)) or any(isinstance(one, kinds) for one in first)


def _may_be_labels(column: pd.Series) -> bool:
    """Whether cells can be told apart as labels: not lists, and not complex numbers."""
    cells = column.dropna() if column.dtype == object else column.iloc[:1]
    return not pd.api.types.is_complex_dtype(column.dtype) and all(map(pd.api.types.is_hashable, cells))


def _dates(name: str) -> Problem:
    return Problem(
        "SB-MODEL-43",
        "stop",
        f"Column {name!r} holds dates.",
        column=name,
        why="A model needs time as a number; each date by itself would become a label.",
        fix=f"data['years'] = (data[{name!r}] - start).dt.days / 365.25, with the start of each placement.",
    )


def _text_outcome(name: str, column: pd.Series) -> list[Problem]:
    return [
        Problem(
            "SB-MODEL-02",
            "stop",
            f"The outcome {name!r} holds {wording.count(column.nunique(), 'different label')}, not numbers.",
            column=name,
            rows=rows_where(column.notna().to_numpy()),
            why="A mean cannot be taken of words.",
            done="Nothing was fitted.",
            fix=f"Use the numbers behind the labels: data[{name!r}].map({{label: number, ...}}).",
        )
    ]


def _numbers_as_text(name: str, column: pd.Series) -> list[Problem]:
    """Text cells that are mostly numbers: a label for each would be no longer a measurement."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return []
    levels = pd.Series(column.dropna().unique())
    numeric = _reads_as_number(levels)
    if len(levels) < 3 or numeric.mean() <= 0.5:
        return []
    odd = column.notna() & column.isin(levels[~numeric])
    return [
        Problem(
            "SB-FILE-18",
            "stop",
            f"Column {name!r} holds numbers written as text"
            + (f", and {wording.count(int(odd.sum()), 'cell')} that are no numbers." if odd.any() else "."),
            column=name,
            rows=rows_where(odd.to_numpy()),
            why="As text, each number would become a label of its own.",
            done="Nothing was fitted.",
            fix=f"Correct the cells, then data[{name!r}] = pd.to_numeric(data[{name!r}]"
            + (".str.replace(',', '.'))." if _has_commas(levels[numeric]) else ")."),
        )
    ]


def _has_commas(levels: pd.Series) -> bool:
    return bool(levels.astype(str).str.contains(",").any())


def _reads_as_number(levels: pd.Series) -> pd.Series:
    """Which cells are numbers, written with a point or with a comma."""
    with_point = levels.astype(str).str.strip().str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True)
    return pd.to_numeric(with_point, errors="coerce").notna()
