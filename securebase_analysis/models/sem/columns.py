"""The columns of a wide table as numbers, and everything that keeps a model from using them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.codes_for_missing import problems_of_codes
from securebase_analysis.measures.group_column import problems_of_groups
from securebase_analysis.models.rows import check_columns, numeric_columns

Floats = NDArray[np.float64]
IDS = ("id", "child", "child_id", "carer", "carer_id", "pseudonym")
"""Columns that say whom a row is about."""
FEW_VALUES = 5
"""A column of fewer different values is far from a normal variable."""


def wide_frame(data: Any) -> pd.DataFrame:
    """The table with a row per child.

    Raises
    ------
    ModelError
        When it is no table, or has a row per child and wave.
    """
    if isinstance(data, pd.DataFrame):
        raise_if_stopped([*_of_several_levels(data), *_without_rows(data)], ModelError)
        return data
    if hasattr(data, "wide"):
        raise ModelError(_long_scores())
    raise ModelError(
        Problem(
            "SB-MODEL-41",
            "stop",
            f"data is of type {type(data).__name__}, not a table.",
            why="A structural equation model needs a row per child and a column per variable.",
            fix="data = pandas.DataFrame(data), with a name for each column",
        )
    )


def _of_several_levels(frame: pd.DataFrame) -> list[Problem]:
    """Columns with names of several parts, as a pivot makes them."""
    if frame.columns.nlevels == 1:
        return []
    return [
        Problem(
            "SB-SEM-177",
            "stop",
            f"The names of the columns have {frame.columns.nlevels} parts.",
            why="In a model's text a column is one name.",
            done="Nothing was fitted.",
            fix="data.columns = ['_'.join(str(part) for part in name if part != '') for name in data.columns]",
        )
    ]


def _without_rows(frame: pd.DataFrame) -> list[Problem]:
    if len(frame) or not len(frame.columns):
        return []
    return [
        Problem(
            "SB-SEM-178",
            "stop",
            "The table has no rows.",
            why="Nothing can be learned from none.",
            done="Nothing was fitted.",
            fix="len(data) after each step shows where the rows went: a filter, or a merge without a match.",
        )
    ]


def _long_scores() -> Problem:
    return Problem(
        "SB-SEM-14",
        "stop",
        "Scores have a row per child and wave.",
        why="In a structural equation model a child is one row, and each wave has columns of its own.",
        done="Nothing was fitted.",
        fix="wide = scores.wide().pivot(index=['site', 'child'], columns='wave', values=['trust', 'belonging']); "
        "wide.columns = [f'{name}_{wave}' for name, wave in wide.columns]; fit_sem(wide.reset_index(), ...)",
    )


def repeated_children(frame: pd.DataFrame, used: Sequence[str]) -> list[Problem]:
    """Children with more than one row."""
    if "child" not in frame or "child" in used:
        return []
    keys = ["site", "child"] if "site" in frame else ["child"]
    again = frame.duplicated(keys, keep=False) & frame["child"].notna()
    if not again.any():
        return []
    return [
        Problem(
            "SB-SEM-15",
            "warn",
            f"{int(again.sum()):,} rows belong to children who have several.",
            column="child",
            rows=rows_where(again),
            why="Rows count as independent; standard errors are too small, and chi-square is too large.",
            done="All rows were used.",
            fix="Give each wave its own columns, frame.pivot(index='child', columns='wave'), or keep one wave.",
        )
    ]


def repeated_rows(frame: pd.DataFrame, numbers: pd.DataFrame) -> list[Problem]:
    """Rows that are the same in every column, where nothing says whose they are and that is no accident."""
    if "child" in frame:
        return []
    again = numbers.notna().any(axis=1).to_numpy(bool, copy=True)
    for name in numbers:
        again &= numbers[name].duplicated(keep=False).to_numpy(bool)
        if not again.any():
            return []
    if not any(numbers[name].nunique() > len(frame) / 3 for name in numbers):
        return []
    again[again] = frame[again].astype(str).duplicated(keep=False).to_numpy(bool)
    if not again.any():
        return []
    return [
        Problem(
            "SB-ID-01",
            "warn",
            f"{int(again.sum()):,} rows are the same as another in every column.",
            rows=rows_where(again),
            why="A child who counts twice makes errors too small and chi-square too large.",
            done="All rows were used.",
            fix="data = data.drop_duplicates()",
        )
    ]


def numbers_of(
    frame: pd.DataFrame, names: Sequence[str], group: str | None, given: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns as numbers, with every problem that stops a model.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    names : sequence of str
        Columns of the model.
    group : str or None
        Column of groups.
    given : sequence of str
        Columns that are only taken as given, of whatever distribution.

    Raises
    ------
    ModelError
        When a column is not there.
    DataError
        When columns cannot be used.
    """
    check_columns(frame, [*names, *([group] if group else [])])
    problems = [_an_id(name) for name in names if name.casefold() in IDS]
    if group is not None and group in names:
        problems.append(_group_in_model(group))
    if group is not None:
        problems += problems_of_groups(frame, group)
    numbers, of_words = numeric_columns(frame, names)
    raise_if_stopped([*problems, *of_words, *_without_values(numbers), *_constant(numbers)])
    codes = [problem for name in numbers for problem in problems_of_codes(name, numbers[name])]
    return numbers, [*codes, *_few_values(numbers.drop(columns=list(given)))]


def _an_id(name: str) -> Problem:
    return Problem(
        "SB-SEM-16",
        "stop",
        f"The model uses {name!r}, which says whom a row is about.",
        column=name,
        why="An id measures nothing.",
        done="Nothing was fitted.",
        fix="Leave it out; or rename the column, if it holds a measure.",
    )


def _group_in_model(group: str) -> Problem:
    return Problem(
        "SB-SEM-17",
        "stop",
        f"{group!r} is the group and a variable of the model.",
        column=group,
        why="Within a group it is the same for everybody.",
        fix="Leave it out of the model, or leave out group=.",
    )


def _without_values(numbers: pd.DataFrame) -> list[Problem]:
    """Columns that are empty, such as those of a wave without data."""
    return [
        Problem(
            "SB-SEM-18",
            "stop",
            f"Column {name!r} is empty.",
            column=name,
            why="A wave or an item without any answer tells nothing about its parameters.",
            done="Nothing was fitted.",
            fix=f"Leave {name} out of the model, or read the file again if it should hold answers.",
        )
        for name, empty in zip(numbers, numbers.isna().to_numpy().all(axis=0))
        if empty
    ]


def _constant(numbers: pd.DataFrame) -> list[Problem]:
    """Columns without two different values, of those that have any."""
    values = numbers.to_numpy(float)
    if not len(values):
        return []
    same = np.fmin.reduce(values, axis=0) == np.fmax.reduce(values, axis=0)
    return [constant_column(name) for name, is_same in zip(numbers, same) if is_same]


def constant_column(name: str, group: str = "") -> Problem:
    """A column that is the same in all rows, or in all of a group."""
    where = f" in group {group}" if group else ""
    return Problem(
        "SB-SEM-19",
        "stop",
        f"Column {name!r} has one value in all rows{where}.",
        column=name,
        why="What does not vary covaries with nothing.",
        done="Nothing was fitted.",
        fix=f"Leave {name} out of the model" + (", or join the group with another." if group else "."),
    )


def _has_few(values: NDArray[np.float64]) -> bool:
    """Whether a column has few different values; most columns show in their first rows that they have not."""
    first = values[: 10 * FEW_VALUES]
    if len(np.unique(first[~np.isnan(first)])) >= FEW_VALUES:
        return False
    return len(np.unique(values[~np.isnan(values)])) < FEW_VALUES


def _few_values(numbers: pd.DataFrame) -> list[Problem]:
    """Columns of two to four different values, which the likelihood takes as continuous."""
    few = [name for name in numbers if _has_few(numbers[name].to_numpy(float))]
    if not few:
        return []
    return [
        Problem(
            "SB-SEM-20",
            "note",
            f"{', '.join(few)}: fewer than {FEW_VALUES} different values.",
            column=", ".join(few),
            why="The likelihood is that of continuous variables; loadings of such items come out too small.",
            done="They were taken as numbers.",
        )
    ]
