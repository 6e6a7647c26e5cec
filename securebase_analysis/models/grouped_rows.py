"""From a long frame and two formulas to the rows, columns and groups of a mixed model, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas import Matrix, fixed_matrices, outcome_and_columns, random_matrix
from securebase_analysis.models.rows import needed_columns, rows_where
from securebase_analysis.results import wording

Ints = NDArray[np.intp]

HUGE = 1e12
"""No score, age or income is this large; a cell that is was mistyped, or is a time in nanoseconds."""
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
    frame = _long_frame(data)
    raise_if_stopped(needed_columns(frame, [group]), ModelError)
    outcome, columns = outcome_and_columns(formula, random, frame)
    raise_if_stopped(_group_as_predictor(group, columns), ModelError)
    child = _groups(frame, group)
    values, value_problems = model_columns(frame, columns, outcome)
    raise_if_stopped([*_nameless(child, group), *value_problems, *_repeated_waves(frame, group, child)])

    used, code, groups, dropped = _complete(frame, values, columns, child, group)
    complete = values if used.all() else values[used]
    complete = _without_empty_levels(complete)
    y, X = fixed_matrices(formula, complete)
    Z = random_matrix(random, complete)
    raise_if_stopped(_endless(used, y, X, Z))
    notes = [*child.problems, *dropped, *_uneven_waves(frame, formula, columns)]
    return GroupedRows(frame, used, y, X, Z, code, groups, tuple(notes))


def _long_frame(data: Any) -> pd.DataFrame:
    """The frame behind what was given; later changes to the caller's frame do not reach it."""
    frame = data.wide() if hasattr(data, "wide") else data
    if frame is not data and frame.index.names != [None]:
        frame = frame.reset_index()
    if not isinstance(frame, pd.DataFrame):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"data is a {type(data).__name__}, not a table.",
                why="A growth model needs a row per child and wave.",
                fix="Give scores from score_dimensions(study), or a long pandas.DataFrame.",
            )
        )
    return frame.copy(deep=False)


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


# ---- who the rows belong to ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Groups:
    """Code of each row (-1 without a key), the keys, and what had to be assumed."""

    code: Ints
    keys: pd.DataFrame
    problems: tuple[Problem, ...] = ()


def _groups(frame: pd.DataFrame, group: str) -> _Groups:
    """Groups by their column, or by site and column where the same id occurs at several sites."""
    code, keys = pd.factorize(frame[group])
    alone = _Groups(code, pd.DataFrame({group: keys}))
    if "site" not in frame or group == "site":
        return alone
    site, sites = pd.factorize(frame["site"], use_na_sentinel=False)
    both = np.where(code >= 0, code * len(sites) + site, -1)
    pair, pairs = pd.factorize(both[both >= 0])
    n_repeated = int((np.bincount(pairs // len(sites)) > 1).sum()) if len(pairs) else 0
    if n_repeated == 0:
        return alone
    combined = np.full(len(frame), -1)
    combined[both >= 0] = pair
    named = pd.DataFrame({"site": sites[pairs % len(sites)], group: keys[pairs // len(sites)]})
    return _Groups(combined, named, (_same_id_at_sites(n_repeated, group),))


def _same_id_at_sites(n_repeated: int, group: str) -> Problem:
    return Problem(
        "SB-ID-03",
        "note",
        f"{wording.count(n_repeated, f'{group} id')} occurred at more than one site.",
        column=group,
        done=f"Rows were told apart by site and {group}; a {group} who moved between sites would count twice.",
    )


def _nameless(child: _Groups, group: str) -> list[Problem]:
    rows = rows_where(child.code < 0)
    if not rows:
        return []
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"{wording.count(len(rows), 'row')} without a {group}.",
            column=group,
            rows=rows,
            why="It cannot be known which rows are repeated measures of one another.",
            done="They were not dropped unseen; nothing was fitted.",
            fix=f"Fill in {group}, or remove the rows: data.dropna(subset=[{group!r}]).",
        )
    ]


def _repeated_waves(frame: pd.DataFrame, group: str, child: _Groups) -> list[Problem]:
    """Rows of one child at one wave (and by one informant): the same twice, or two different answers."""
    if "wave" not in frame or ("child" not in frame and group != "child"):
        return []
    code = child.code if group == "child" else _groups(frame, "child").code
    key = code.astype(np.int64)
    for name in ("wave", "informant"):
        if name in frame:
            level, levels = pd.factorize(frame[name], use_na_sentinel=False)
            key = key * len(levels) + level
    twice = pd.Series(key).duplicated(keep=False).to_numpy() & (code >= 0)
    if not twice.any():
        return []
    same = twice.copy()
    same[twice] = frame[twice].duplicated(keep=False).to_numpy()
    problems = []
    if same.any():
        problems.append(_repeated(same, "SB-ID-01", "are the same row twice", "data.drop_duplicates()"))
    if (twice & ~same).any():
        fix = "Keep the right row of each pair; the rows are counted from 1 under the header."
        problems.append(_repeated(twice & ~same, "SB-ID-02", "give a child two answers at one wave", fix))
    return problems


def _repeated(mask: NDArray[np.bool_], code: str, what: str, fix: str) -> Problem:
    return Problem(
        code,
        "stop",
        f"{int(mask.sum())} rows {what}.",
        column="wave",
        rows=rows_where(mask),
        why="Each row counts as a new observation, so the answer would look surer than it is.",
        done="Nothing was chosen and nothing averaged.",
        fix=fix,
    )


# ---- what the columns hold -------------------------------------------------------------------------------------


def model_columns(frame: pd.DataFrame, columns: list[str], outcome: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The columns of the model as numbers or labels, and what is wrong with them."""
    made, problems = {}, []
    for name in columns:
        column = frame[name]
        if isinstance(column, pd.DataFrame):
            problems.append(_column_twice(name))
            continue
        if column.dtype == object:
            column = column.infer_objects()
        if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
            made[name] = column.to_numpy(float, na_value=np.nan)
            problems += _too_large(name, made[name])
        elif pd.api.types.is_datetime64_any_dtype(column.dtype):
            problems.append(_dates(name))
        else:
            problems += _text_outcome(name, column) if name == outcome else _numbers_as_text(name, column)
            made[name] = column.to_numpy() if column.dtype == object else column.array
    return pd.DataFrame(made, index=frame.index, copy=False), problems


def _column_twice(name: str) -> Problem:
    return Problem(
        "SB-FILE-07",
        "stop",
        f"Two columns are called {name!r}.",
        column=name,
        why="It cannot be known which of them is meant.",
        fix="Rename one of them.",
    )


def _ordinary(numbers: NDArray[Any]) -> bool:
    """Whether there is no gap and nothing huge, told by one pass: a single such cell spoils the sum of squares."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(numbers @ numbers < HUGE**2)


def _too_large(name: str, numbers: NDArray[Any]) -> list[Problem]:
    if _ordinary(numbers):
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
            done="Nothing was fitted.",
            fix="Correct these cells, or leave them empty.",
        )
    ]


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
    is_number = pd.to_numeric(levels, errors="coerce").notna()
    if len(levels) < 3 or is_number.mean() <= 0.5:
        return []
    odd = column.notna() & column.isin(levels[~is_number])
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
    frame: pd.DataFrame, values: pd.DataFrame, columns: list[str], child: _Groups, group: str
) -> tuple[NDArray[np.bool_], Ints, pd.DataFrame, list[Problem]]:
    """Rows in which no column of the model is empty, their groups, and what was left out."""
    lacking = {}
    for name in columns:
        column = values[name]
        if column.dtype == float and _ordinary(column.to_numpy()):
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
    of_groups = f"{n_left:,} of {n_given:,} {plural(group)}"
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


def plural(group: str) -> str:
    """The word for several of a group."""
    if group == "child":
        return "children"
    return f"{group[:-1]}ies" if group.endswith("y") else f"{group}s"
