"""From a long frame and two formulas to the rows, columns and groups of a mixed model, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.formulas import Matrix, fixed_matrices, outcome_and_columns, random_matrix
from securebase_analysis.models.order_in_time import dates_of, measured_later
from securebase_analysis.models.rows import (
    Groups,
    Ints,
    check_columns,
    groups_of,
    is_number,
    long_frame,
    nameless,
    ordinary,
    repeated_waves,
    too_large,
    without_object,
    words,
)
from securebase_analysis.results import wording

UNEVEN = 1.5


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """What a mixed model is made from.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows given.
    used : numpy.ndarray of bool, shape (rows given,)
        Rows with every cell that the model needs.
    outcome : Matrix
        The outcome, one term.
    fixed, random : Matrix
        Columns of the fixed and of the random part.
    code : numpy.ndarray of int, shape (rows used,)
        Group of each row.
    groups : pandas.DataFrame
        The key of each group: one column, or ``site`` and it.
    problems : tuple of Problem
        What was left out, assumed or changed.
    """

    frame: pd.DataFrame
    used: NDArray[np.bool_]
    outcome: Matrix
    fixed: Matrix
    random: Matrix
    code: Ints
    groups: pd.DataFrame
    problems: tuple[Problem, ...]

    @cached_property
    def rows_per_group(self) -> Ints:
        """Rows of each group."""
        return np.bincount(self.code, minlength=len(self.groups))


def grouped_rows(data: Any, formula: str, random: str, group: str) -> GroupedRows:
    """Check the frame and the formulas, leave out incomplete rows, and make the columns of the model.

    Raises
    ------
    ModelError
        When the formulas cannot be answered with these columns.
    DataError
        When the data cannot be used as they are.
    """
    frame = long_frame(data)
    check_columns(frame, [group])
    outcome, columns = outcome_and_columns(formula, random, frame)
    raise_if_stopped(_group_as_predictor(group, columns), ModelError)
    child = groups_of(frame, group)
    values, value_problems = model_columns(frame, columns, outcome)
    order = measured_later(frame, dates_of(data, frame), outcome, columns)
    raise_if_stopped([*nameless(child, group), *value_problems, *_repeated_waves(frame, group, child), *order])

    used, code, groups, dropped = _complete(frame, values, columns, child, group)
    complete = values if used.all() else values[used]
    complete = _without_empty_levels(complete)
    y, X = fixed_matrices(formula, complete)
    Z = random_matrix(random, complete)
    raise_if_stopped(_endless(used, y, X, Z))
    notes = [*child.problems, *dropped, *_uneven_waves(frame, formula, columns)]
    return GroupedRows(frame, used, y, X, Z, code, groups, tuple(notes))


def _group_as_predictor(group: str, columns: list[str]) -> list[Problem]:
    if group not in columns:
        return []
    return [
        Problem(
            "SB-MODEL-50",
            "stop",
            f"{group!r} is the group and a predictor at once.",
            column=group,
            why="Both would stand for the same differences, and neither could be estimated.",
            fix=f"Leave {group!r} out of the formula, or make another column the group.",
        )
    ]


def _repeated_waves(frame: pd.DataFrame, group: str, groups: Groups) -> list[Problem]:
    """Waves repeated by a child, also where the rows are grouped by something else."""
    if group != "child" and "child" not in frame:
        return []
    return repeated_waves(frame, (groups if group == "child" else groups_of(frame, "child")).code)


# ---- what the columns hold -------------------------------------------------------------------------------------


def model_columns(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns of the model as numbers or labels, and what is wrong with them."""
    made, problems = {}, []
    for name in columns:
        column = frame[name]
        numbers = without_object(column)
        if is_number(numbers):
            made[name] = numbers.to_numpy(float, na_value=np.nan)
            problems += too_large(name, made[name])
        elif pd.api.types.is_datetime64_any_dtype(numbers.dtype):
            problems.append(_dates(name))
        elif not _may_be_labels(column):
            problems.append(words(name, column))
        else:
            problems += _text_outcome(name, column) if name == outcome else _numbers_as_text(name, column)
            made[name] = column.to_numpy() if column.dtype == object else column.array
    return pd.DataFrame(made, index=frame.index, copy=False), problems


def _may_be_labels(column: pd.Series) -> bool:
    """Whether cells can be told apart as labels: not lists, and not complex numbers."""
    first = column.dropna().iloc[:1]
    return not pd.api.types.is_complex_dtype(column.dtype) and all(map(pd.api.types.is_hashable, first))


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
    numeric = pd.to_numeric(levels, errors="coerce").notna()
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
            fix=f"Correct the cells, then data[{name!r}] = pd.to_numeric(data[{name!r}]).",
        )
    ]


def _endless(used: NDArray[np.bool_], y: Matrix, X: Matrix, Z: Matrix) -> list[Problem]:
    """Terms that are not finite although their columns are, such as the logarithm of zero."""
    problems = []
    for matrix in (y, X, Z):
        for term, values in zip(matrix.terms, matrix.values):
            if np.isfinite(values @ values):
                continue
            rows = np.flatnonzero(used)[~np.isfinite(values)] + 1
            problems.append(
                Problem(
                    "SB-MODEL-15",
                    "stop",
                    f"The term {term!r} is not a finite number in some rows.",
                    column=term,
                    rows=list(rows),
                    why="One such value makes every estimate meaningless.",
                    fix="Correct the cells, or leave them empty.",
                )
            )
    return problems


# ---- which rows are used ---------------------------------------------------------------------------------------


def _complete(
    frame: pd.DataFrame, values: pd.DataFrame, columns: list[str], child: Groups, group: str
) -> tuple[NDArray[np.bool_], Ints, pd.DataFrame, list[Problem]]:
    """Rows in which no column of the model is empty, their groups, and what was left out."""
    lacking = {}
    for name in columns:
        column = values[name]
        if column.dtype == float and ordinary(column.to_numpy()):
            continue
        missing = column.isna().to_numpy()
        if missing.any():
            lacking[name] = missing
    used = ~np.logical_or.reduce(list(lacking.values())) if lacking else np.ones(len(frame), dtype=bool)
    if not used.any():
        raise DataError(_none_left(frame, lacking))
    if not lacking:
        return used, child.code, child.keys, []
    code, present = pd.factorize(child.code[used])
    keys = child.keys.iloc[present].reset_index(drop=True)
    return used, code, keys, [_left_out(used, lacking, len(keys), len(child.keys), group)]


def _left_out(
    used: NDArray[np.bool_], lacking: dict[str, NDArray[np.bool_]], n_left: int, n_given: int, group: str
) -> Problem:
    """How many rows and children the model uses, and which column the others lack."""
    of_groups = f"{n_left:,} of {n_given:,} {wording.plural(group)}"
    each = ", ".join(f"{int(missing.sum()):,} lack {name}" for name, missing in lacking.items())
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


def _without_empty_levels(values: pd.DataFrame) -> pd.DataFrame:
    """Labels that no row has would make empty columns."""
    labels = [name for name in values if isinstance(values[name].dtype, pd.CategoricalDtype)]
    if not labels:
        return values
    return values.assign(**{name: values[name].cat.remove_unused_categories() for name in labels})


def _uneven_waves(frame: pd.DataFrame, formula: str, columns: list[str]) -> list[Problem]:
    """Waves taken as equally spaced although the data say when they were."""
    when = next((name for name in ("years", "date") if name in frame), None)
    if "wave" not in columns or when is None or not pd.api.types.is_numeric_dtype(frame["wave"]):
        return []
    time = frame[when]
    if pd.api.types.is_datetime64_any_dtype(time):
        time = (time - time.min()).dt.days / 365.25
    if not pd.api.types.is_numeric_dtype(time):
        return []
    middle = time.groupby(frame["wave"]).median().dropna()
    gap = np.diff(middle.to_numpy()) / np.diff(middle.index.to_numpy(dtype=float))
    if len(gap) < 2 or (gap.min() > 0.0 and gap.max() <= UNEVEN * gap.min()):
        return []
    gaps = ", ".join(wording.number(float(one)) for one in gap)
    return [
        Problem(
            "SB-WAVE-12",
            "warn",
            f"The waves are unevenly spaced: {gaps} years from one to the next.",
            column="wave",
            done="A slope for wave is per wave, not per year; use years in the formula for a rate per year.",
        )
    ]
