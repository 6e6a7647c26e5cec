"""The door of a mixed model: from a long frame and two formulas to its rows, columns and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.models.carers.memberships import membership
from securebase_analysis.models.formulas import (
    Matrix,
    columns_as_labels,
    fixed_matrices,
    outcome_and_columns,
    random_matrix,
)
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.model_columns import columns_by_name
from securebase_analysis.models.growth.outcomes import coded_outcome, empty_categories
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.residuals import TIME, extra_columns, names_of_extra, same_time_twice
from securebase_analysis.models.growth.rows_used import (
    complete_rows,
    labels_that_are_one,
    some_rows,
    without_empty_levels,
)
from securebase_analysis.models.growth.waves_not_seen import waves_not_seen
from securebase_analysis.models.made_columns import made_columns
from securebase_analysis.models.order_in_time import dates_of, measured_later
from securebase_analysis.models.rows import (
    ColumnTable,
    Groups,
    check_columns,
    groups_of,
    long_frame,
    nameless,
    repeated_waves,
    written_in_two_ways,
)
from securebase_analysis.results import wording

UNEVEN = 1.5


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
    values, value_problems = columns_by_name(source, columns, outcome)
    extra, extra_problems = extra_columns(frame, request, columns)
    order = measured_later(frame, dates_of(data, frame, request.group), outcome, columns)
    unnamed = [problem for name, groups in levels.items() for problem in nameless(groups, name)]
    repeated = _repeated_waves(frame, request.group, levels[request.group])
    unsure = [problem for name, groups in levels.items() for problem in written_in_two_ways(groups, name)]
    raise_if_stopped([*unnamed, *unsure, *outcome_problems, *value_problems, *extra_problems, *repeated, *order])

    asked_for = names_of_extra(frame, request, columns)
    needed = {**values, **{asked_for[name]: extra[name].array for name in extra}}
    used, dropped = complete_rows(frame, needed, levels[request.group], request.group)
    complete = without_empty_levels(ColumnTable(values, len(frame)).of_rows(used))
    raise_if_stopped(empty_categories(outcome, labels, complete.columns[outcome]))
    raise_if_stopped(labels_that_are_one(complete, outcome, columns_as_labels(request.formula)), ModelError)
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
    return GroupedRows(frame, used, y, X, factors, some_rows(extra, used), labels, tuple(notes))


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
