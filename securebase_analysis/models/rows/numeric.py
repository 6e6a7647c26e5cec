"""Columns that must hold numbers, none of them endless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.results import wording

HUGE = 1e12
"""No score, age or income is this large; a cell that is was mistyped, or is a time in nanoseconds."""


def is_number(column: Any) -> bool:
    """Whether a column holds numbers, or yes and no."""
    if isinstance(column.dtype, np.dtype):
        return column.dtype.kind in "biuf"
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)


def without_object(column: pd.Series) -> pd.Series:
    """A column of plain objects as the kind that all of its cells are, missing ones aside."""
    return (
        column if column.dtype != object else column.where(column.notna(), None).infer_objects().convert_dtypes()
    )


def numeric_columns(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns as numbers, NaN where missing, and a problem for each that holds words or endless numbers."""
    made, problems = {}, []
    for name in names:
        column = without_object(frame[name])
        if not is_number(column):
            problems.append(words(name, column))
            continue
        made[name] = column.to_numpy(float, na_value=np.nan)
        problems += too_large(name, made[name])
    return pd.DataFrame(made, index=frame.index), problems


def words(name: str, column: pd.Series) -> Problem:
    """A column of words where numbers are needed; the rows are those of the words, where others hold numbers."""
    given = column.notna().to_numpy(bool)
    number = pd.to_numeric(column.astype("str"), errors="coerce").notna().to_numpy(bool) & given
    strange = given & ~number
    if number.any():
        return Problem(
            "SB-MODEL-02",
            "stop",
            f"Column {name!r} holds numbers written as text"
            + (f", and {wording.count(int(strange.sum()), 'cell')} of words." if strange.any() else "."),
            column=name,
            rows=rows_where(strange if strange.any() else given),
            why="A score is a number; words cannot be averaged or correlated.",
            fix=f"Correct or empty these cells, then frame[{name!r}] = pd.to_numeric(frame[{name!r}])."
            if strange.any()
            else f"frame[{name!r}] = pd.to_numeric(frame[{name!r}])",
        )
    return Problem(
        "SB-MODEL-02",
        "stop",
        f"Column {name!r} holds words, not numbers.",
        column=name,
        rows=rows_where(column.notna()),
        why="A score is a number; words cannot be averaged or correlated.",
        fix=_numbers_behind(name, column, given),
    )


def _numbers_behind(name: str, column: pd.Series, given: NDArray[np.bool_]) -> str:
    """How words become the numbers that they stand for; the words themselves are not told."""
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return f"frame[{name!r}] = frame[{name!r}].cat.codes.where(frame[{name!r}].notna())"
    text = column[given].astype(str)
    if pd.to_numeric(text.str.replace(",", ".", regex=False), errors="coerce").notna().all():
        return f"frame[{name!r}] = pd.to_numeric(frame[{name!r}].str.replace(',', '.'))"
    return f"frame[{name!r}] = frame[{name!r}].map({{...: 0, ...: 1}}), with the number behind each word"


def ordinary(numbers: NDArray[Any]) -> bool:
    """Whether there is no gap and nothing huge, told by one pass: a single such cell spoils the sum of squares."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(numbers @ numbers < HUGE**2)


def too_large(name: str, numbers: NDArray[Any]) -> list[Problem]:
    """A problem when a column holds numbers without end, or larger than anything that is measured."""
    if ordinary(numbers):
        return []
    rows = rows_where(np.abs(numbers) > HUGE)
    if not rows:
        return []
    endless = bool(np.isinf(numbers).any())
    return [
        Problem(
            "SB-MODEL-15",
            "stop",
            f"Column {name!r} holds {'infinite' if endless else 'extremely large'} numbers.",
            column=name,
            rows=rows,
            why="One such cell decides every estimate.",
            done="Nothing was computed.",
            fix="Correct these cells, or leave them empty.",
        )
    ]
