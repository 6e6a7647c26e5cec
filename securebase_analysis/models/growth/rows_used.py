"""Which rows a model uses: those in which no column of it is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, Problem, rows_where
from securebase_analysis.models.rows import ColumnTable, Groups, is_number, ordinary
from securebase_analysis.results import wording


def complete_rows(
    frame: pd.DataFrame, values: Mapping[str, Any], child: Groups, group: str
) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Rows in which no column of the model is empty, and what was left out."""
    lacking = {}
    for name, column in values.items():
        if column.dtype == float and ordinary(np.asarray(column)):
            continue
        missing = np.asarray(pd.isna(column), dtype=bool)
        if missing.any():
            lacking[name] = missing
    used = ~np.logical_or.reduce(list(lacking.values())) if lacking else np.ones(len(frame), dtype=bool)
    if not used.any():
        raise DataError(_none_left(frame, lacking))
    if not lacking:
        return used, []
    n_left = len(np.unique(child.code[used]))
    return used, [_left_out(used, lacking, n_left, len(child.ids), group)]


def _left_out(
    used: NDArray[np.bool_], lacking: dict[str, NDArray[np.bool_]], n_left: int, n_given: int, group: str
) -> Problem:
    """How many rows and children the model uses, and which column the others lack."""
    of_groups = f"{n_left:,} of {n_given:,} {wording.plural(group)}"
    count = {name: int(missing.sum()) for name, missing in lacking.items()}
    each = ", ".join(f"{n:,} {'lacks' if n == 1 else 'lack'} {name}" for name, n in count.items())
    return Problem(
        "SB-MODEL-12",
        "note",
        f"The model uses {int(used.sum()):,} of {len(used):,} rows ({of_groups}); {each}.",
        column=", ".join(lacking),
        rows=rows_where(~used),
    )


def _none_left(frame: pd.DataFrame, lacking: dict[str, NDArray[np.bool_]]) -> Problem:
    emptiest = max(lacking, key=lambda name: lacking[name].sum()) if lacking else ""
    return Problem(
        "SB-MODEL-42",
        "stop",
        f"None of the {len(frame):,} rows has a value in every column of the model."
        if len(frame)
        else "The table has no rows.",
        column=emptiest,
        rows=rows_where(lacking[emptiest]) if emptiest else (),
        why="There is nothing to fit the model to.",
        fix=f"Look at {emptiest!r} first, or leave it out of the formula." if emptiest else "Check the file.",
    )


def some_rows(columns: dict[str, pd.Series], keep: NDArray[np.bool_]) -> dict[str, pd.Series]:
    """The rows to keep, numbered anew: keeping their numbers would take as much room as a column."""
    return {name: pd.Series(column.array[keep], copy=False) for name, column in columns.items()}


def without_empty_levels(values: ColumnTable) -> ColumnTable:
    """Labels that no row has would make empty columns."""
    labels = {name: column for name, column in values.columns.items() if isinstance(column, pd.Categorical)}
    used = {name: column.remove_unused_categories() for name, column in labels.items()}
    return replace(values, columns={**values.columns, **used}) if used else values


def labels_that_are_one(values: ColumnTable, outcome: str, as_labels: set[str]) -> list[Problem]:
    """Labels that are the same in every row, whose terms would vanish without a word."""
    problems = []
    for name, column in values.columns.items():
        if name == outcome or (is_number(column) and name not in as_labels):
            continue
        if len(column) and bool(np.all(np.asarray(column == column[0]))):
            problems.append(one_label(name))
    return problems


def one_label(name: str) -> Problem:
    """A column whose label is the same in every row."""
    return Problem(
        "SB-MODEL-05",
        "stop",
        f"{name!r} has the same label in every row used.",
        column=name,
        why="What does not vary cannot explain differences.",
        done="It was not dropped; nothing was fitted.",
        fix=f"Leave {name!r} out of the formula, or look at which rows were left out.",
    )
