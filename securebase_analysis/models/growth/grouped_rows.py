"""From a long frame and two formulas to the rows, columns and groups of a mixed model, checked at the door."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.models.carers.memberships import membership
from securebase_analysis.models.formulas import (
    Matrix,
    columns_as_labels,
    fixed_matrices,
    outcome_and_columns,
    random_matrix,
)
from securebase_analysis.models.growth.outcomes import coded_outcome, empty_categories
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.residuals import (
    EXPOSURE,
    TIME,
    extra_columns,
    names_of_extra,
    same_time_twice,
)
from securebase_analysis.models.growth.waves_not_seen import waves_not_seen
from securebase_analysis.models.made_columns import made_columns
from securebase_analysis.models.order_in_time import dates_of, measured_later
from securebase_analysis.models.rows import (
    ColumnTable,
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
    written_in_two_ways,
)
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

UNEVEN = 1.5


@dataclass(frozen=True, eq=False)
class Factor:
    """One thing that the rows are grouped by: children, carers, agencies.

    Attributes
    ----------
    name : str
        Its column.
    random : Matrix
        What differs between its levels.
    blocks : tuple of tuple of int
        Which columns of `random` may correlate.
    code : numpy.ndarray of int, shape (rows used,)
        Level of each row; for a membership that of its greatest weight.
    ids : ColumnTable
        The key of each level: one column, or ``site`` and it.
    members : scipy.sparse.csr_array or None
        Weights of the levels in each row, where a row belongs to several.
    """

    name: str
    random: Matrix
    blocks: tuple[tuple[int, ...], ...]
    code: Ints
    ids: ColumnTable
    members: Any = None

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The key of each level as a frame."""
        return self.ids.frame()

    @property
    def n_levels(self) -> int:
        """Levels among the rows used."""
        return len(self.ids)

    def in_rows(self, effects: Floats) -> Floats:
        """What effects (q, levels) add to each row, shape (rows used,)."""
        own = effects[:, self.code] if self.members is None else effects @ self.members.T
        added: Floats = (self.random.values * own).sum(axis=0)
        return added

    @cached_property
    def rows_per_level(self) -> Ints:
        """Rows of each level."""
        return np.bincount(self.code, minlength=self.n_levels)


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
    fixed : Matrix
        Columns of the fixed part.
    factors : tuple of Factor
        What the rows are grouped by; the first is whose growth it is.
    extra : dict of str to pandas.Series
        Weights, times and other columns that are no predictors, for the rows used.
    labels : tuple of str
        Categories of an ordinal outcome, lowest first.
    problems : tuple of Problem
        What was left out, assumed or changed.
    """

    frame: pd.DataFrame
    used: NDArray[np.bool_]
    outcome: Matrix
    fixed: Matrix
    factors: tuple[Factor, ...]
    extra: dict[str, pd.Series]
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def random(self) -> Matrix:
        """What differs between the levels of the first factor."""
        return self.factors[0].random

    @property
    def code(self) -> Ints:
        """Level of the first factor in each row."""
        return self.factors[0].code

    @property
    def groups(self) -> pd.DataFrame:
        """Keys of the first factor."""
        return self.factors[0].keys

    @property
    def rows_per_group(self) -> Ints:
        """Rows of each level of the first factor."""
        return self.factors[0].rows_per_level

    @property
    def n_groups(self) -> int:
        """Levels of the first factor among the rows used."""
        return self.factors[0].n_levels

    @property
    def n_rows(self) -> int:
        """Rows used."""
        return len(self.code)

    @property
    def offset(self) -> Floats:
        """The known part of the predictor: the logarithm of the exposure, zero where there is none."""
        return np.log(self.extra[EXPOSURE].to_numpy(float)) if EXPOSURE in self.extra else np.zeros(self.n_rows)

    def factor(self, name: str) -> Factor:
        """The factor of this name.

        Raises
        ------
        ModelError
            When the model has none of this name.
        """
        found = next((factor for factor in self.factors if factor.name == name), None)
        if found is None:
            raise ModelError(_no_factor(name, [factor.name for factor in self.factors]))
        return found

    def with_outcome(self, values: Floats) -> GroupedRows:
        """The same rows with another outcome."""
        outcome = Matrix(self.outcome.terms, np.asarray(values, dtype=float)[None, :], self.outcome.recipe)
        return replace(self, outcome=outcome)

    def only(self, keep: NDArray[np.bool_]) -> GroupedRows:
        """Some of the rows; levels that have none left are gone, columns stay."""
        used = self.used.copy()
        used[np.flatnonzero(used)[~keep]] = False
        return replace(
            self,
            used=used,
            outcome=self.outcome.of_rows(keep),
            fixed=self.fixed.of_rows(keep),
            factors=tuple(_factor_of_rows(factor, keep) for factor in self.factors),
            extra=_some_rows(self.extra, keep),
        )


def _no_factor(name: object, there: list[str]) -> Problem:
    guess = nearest(name, there)
    return Problem(
        "SB-MODEL-54",
        "stop",
        f"The model has no grouping factor {name!r}.",
        column=str(name),
        why="Only what is named in random has levels of its own.",
        fix=f"Did you mean {guess!r}?" if guess else f"Factors are: {', '.join(there)}.",
    )


def _factor_of_rows(factor: Factor, keep: NDArray[np.bool_]) -> Factor:
    """A factor on some of its rows."""
    random = factor.random.of_rows(keep)
    if factor.members is not None:
        members = factor.members[keep]
        present = np.unique(members.indices)
        members = members[:, present]
        code = np.asarray(members.argmax(axis=1)).ravel()
        return replace(factor, random=random, code=code, ids=factor.ids.at(present), members=members)
    code, present = pd.factorize(factor.code[keep])
    return replace(factor, random=random, code=code, ids=factor.ids.at(present))


def grouped_rows(data: Any, request: Request, members: Mapping[str, Any] | None = None) -> GroupedRows:
    """Check the frame and the formulas, leave out incomplete rows, and make the columns of the model.

    Raises
    ------
    ModelError
        When the formulas cannot be answered with these columns.
    DataError
        When the data cannot be used as they are.
    """
    frame = long_frame(data)
    shared = members if members is not None else {}
    raise_if_stopped(members_of_nothing(shared, request.random), ModelError)
    check_columns(frame, [name for name in request.random if name not in shared])
    parts = list(dict.fromkeys(part for parts in request.random.values() for part in parts))
    outcome, columns = outcome_and_columns(request.formula, parts, frame)
    frame, made = made_columns(frame, columns, request.group)
    check_columns(frame, columns)
    raise_if_stopped(_group_as_predictor(request.random, columns), ModelError)
    levels = {name: groups_of(frame, name) for name in request.random if name not in shared}
    labels, answers, outcome_problems = coded_outcome(frame, outcome, request.family)
    source = frame if answers is None else frame.assign(**{outcome: answers})
    values, value_problems = _model_columns(source, columns, outcome)
    extra, extra_problems = extra_columns(frame, request, columns)
    order = measured_later(frame, dates_of(data, frame, request.group), outcome, columns)
    unnamed = [problem for name, groups in levels.items() for problem in nameless(groups, name)]
    repeated = _repeated_waves(frame, request.group, levels[request.group])
    unsure = [problem for name, groups in levels.items() for problem in written_in_two_ways(groups, name)]
    raise_if_stopped([*unnamed, *unsure, *outcome_problems, *value_problems, *extra_problems, *repeated, *order])

    asked_for = names_of_extra(frame, request, columns)
    needed = {**values, **{asked_for[name]: extra[name].array for name in extra}}
    used, dropped = _complete(frame, needed, levels[request.group], request.group)
    complete = _without_empty_levels(ColumnTable(values, len(frame)).of_rows(used))
    raise_if_stopped(empty_categories(outcome, labels, complete.columns[outcome]))
    raise_if_stopped(_one_label(complete, outcome, columns_as_labels(request.formula)), ModelError)
    y, X = fixed_matrices(request.formula, complete)
    if request.family == "ordinal":
        X = X.without("Intercept")
    factors, of_members = _factors(request, frame, complete, used, levels, shared)
    if request.residual == "ar1":
        raise_if_stopped(same_time_twice(asked_for[TIME], extra[TIME].to_numpy(float), factors[0].code, used))
    raise_if_stopped(_endless(used, y, X, *(factor.random for factor in factors)))
    assumed = [problem for groups in levels.values() for problem in groups.problems]
    told = [problem for problem in extra_problems if problem.severity != "stop"]
    codes = codes_among(values)
    of_waves = [*waves_not_seen(frame, levels[request.group], request.group, used), *_uneven_waves(frame, columns)]
    notes = [*assumed, *made, *codes, *told, *dropped, *of_members, *of_waves]
    return GroupedRows(frame, used, y, X, factors, _some_rows(extra, used), labels, tuple(notes))


def _factors(
    request: Request,
    frame: pd.DataFrame,
    values: ColumnTable,
    used: NDArray[np.bool_],
    levels: Mapping[str, Groups],
    members: Mapping[str, Any],
) -> tuple[tuple[Factor, ...], list[Problem]]:
    """Every factor on the rows used, and what was said about those of several members."""
    factors, problems = [], []
    for name, parts in request.random.items():
        if name not in members:
            factors.append(_factor(name, parts, values, levels[name], used))
            continue
        weights, keys, found = membership(frame, members[name], request.group, name)
        present = np.unique(weights[used].indices)
        weights, ids = weights[used][:, present], ColumnTable({name: keys[name].array for name in keys}, len(keys))
        random, blocks = random_matrix(parts, values)
        code = np.asarray(weights.argmax(axis=1)).ravel()
        factors.append(Factor(name, random, blocks, code, ids.at(present), weights))
        problems += found
    return tuple(factors), problems


def _factor(
    name: str, parts: tuple[str, ...], values: ColumnTable, groups: Groups, used: NDArray[np.bool_]
) -> Factor:
    """The levels of one factor among the rows used, and the columns of its random part."""
    random, blocks = random_matrix(parts, values)
    if used.all():
        return Factor(name, random, blocks, groups.code, groups.ids)
    code, present = pd.factorize(groups.code[used])
    return Factor(name, random, blocks, code, groups.ids.at(present))


def members_of_nothing(members: Any, factors: Mapping[str, Any]) -> list[Problem]:
    """Days that would be given for a factor and not be used."""
    if not isinstance(members, Mapping):
        what, name = f"members is a {type(members).__name__}, not a mapping.", "carer"
    else:
        name = next((str(name) for name in members if name not in factors), "")
        what = f"members names {name!r}, which is no grouping factor of the model."
        if not name:
            return []
    return [
        Problem(
            "SB-MODEL-55",
            "stop",
            what,
            why="It says for a factor that is named in random how the days of a row are shared out.",
            done="Nothing was fitted.",
            fix=f"random={{'child': '1', {name!r}: '1'}}, members={{{name!r}: carer_days(study)}}",
        )
    ]


def _group_as_predictor(factors: Iterable[str], columns: list[str]) -> list[Problem]:
    return [
        Problem(
            "SB-MODEL-50",
            "stop",
            f"{group!r} is the group and a predictor at once.",
            column=group,
            why="Both would stand for the same differences, and neither could be estimated.",
            fix=f"Leave {group!r} out of the formula, or make another column the group.",
        )
        for group in factors
        if group in columns
    ]


def _repeated_waves(frame: pd.DataFrame, group: str, groups: Groups) -> list[Problem]:
    """Waves repeated by a child, also where the rows are grouped by something else."""
    if group != "child" and "child" not in frame:
        return []
    return repeated_waves(frame, (groups if group == "child" else groups_of(frame, "child")).code)


# ---- what the columns hold -------------------------------------------------------------------------------------


def model_columns(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns of the model as numbers or labels, and what is wrong with them."""
    made, problems = _model_columns(frame, columns, outcome)
    return pd.DataFrame(made, index=frame.index, copy=False), problems


def _model_columns(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[dict[str, Any], list[Problem]]:
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


def _endless(used: NDArray[np.bool_], *matrices: Matrix) -> list[Problem]:
    """Terms that are not finite although their columns are, such as the logarithm of zero."""
    problems = []
    for matrix in matrices:
        for term, values in zip(matrix.terms, matrix.columns):
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


def _some_rows(columns: dict[str, pd.Series], keep: NDArray[np.bool_]) -> dict[str, pd.Series]:
    """The rows to keep, numbered anew: keeping their numbers would take as much room as a column."""
    return {name: pd.Series(column.array[keep], copy=False) for name, column in columns.items()}


def _without_empty_levels(values: ColumnTable) -> ColumnTable:
    """Labels that no row has would make empty columns."""
    labels = {name: column for name, column in values.columns.items() if isinstance(column, pd.Categorical)}
    used = {name: column.remove_unused_categories() for name, column in labels.items()}
    return replace(values, columns={**values.columns, **used}) if used else values


def _one_label(values: ColumnTable, outcome: str, as_labels: set[str]) -> list[Problem]:
    """Labels that are the same in every row, whose terms would vanish without a word."""
    problems = []
    for name, column in values.columns.items():
        if name == outcome or (is_number(column) and name not in as_labels):
            continue
        if not len(column) or not bool(np.all(np.asarray(column == column[0]))):
            continue
        problems.append(
            Problem(
                "SB-MODEL-05",
                "stop",
                f"{name!r} has the same label in every row used.",
                column=name,
                why="What does not vary cannot explain differences.",
                done="It was not dropped; nothing was fitted.",
                fix=f"Leave {name!r} out of the formula, or look at which rows were left out.",
            )
        )
    return problems


def _uneven_waves(frame: pd.DataFrame, columns: list[str]) -> list[Problem]:
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
