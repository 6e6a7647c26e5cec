"""The door of every model: a row per child and wave, whose columns are there, hold numbers, and say who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import FEW_CELLS, blank
from securebase_analysis.results import wording

Ints = NDArray[np.intp]

MUCH_TEXT = 50_000
"""Rows above which memory decides how ids that are text are looked up."""
HUGE = 1e12
"""No score, age or income is this large; a cell that is was mistyped, or is a time in nanoseconds."""


# ---- the table and its columns ---------------------------------------------------------------------------------


def long_frame(data: Any) -> pd.DataFrame:
    """The frame behind what was given; later changes to the caller's frame do not reach it.

    Raises
    ------
    ModelError
        When there is no table in it.
    """
    frame = data.wide() if hasattr(data, "wide") else data
    if not isinstance(frame, pd.DataFrame):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"data is of type {type(data).__name__}, not a table.",
                why="A model needs a row per child and wave.",
                fix="Give scores from score_dimensions(study), or a long pandas.DataFrame.",
            )
        )
    if frame is not data and frame.index.names != [None]:
        frame = frame.reset_index()
    return frame.copy(deep=False)


def check_columns(frame: pd.DataFrame, names: Iterable[object]) -> None:
    """Stop at columns that are not there, or are there twice.

    Raises
    ------
    ModelError
        When a column is not there.
    DataError
        When two columns have the name.
    """
    wanted = list(names)
    absent = [name for name in wanted if not (isinstance(name, str) and name in frame.columns)]
    raise_if_stopped([_absent(frame, name) for name in absent], ModelError)
    if not frame.columns.is_unique:
        raise_if_stopped([_twice(name) for name in wanted if isinstance(frame[name], pd.DataFrame)])


def _absent(frame: pd.DataFrame, name: object) -> Problem:
    if not isinstance(name, str):
        return _no_name(name)
    if name in frame.index.names:
        return _in_the_index(name)
    if name in map(str, frame.columns):
        return _name_is_no_text(name)
    guess = nearest(name, frame.columns)
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {name!r}.",
        column=str(name),
        why="The model asks for it.",
        fix=f"Did you mean {guess!r}?" if guess else f"Columns are: {', '.join(map(str, frame.columns))}.",
    )


def _no_name(given: object) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"A column was given as {type(given).__name__}, not by its name.",
        why="Columns of the table are named, so that every step uses the same rows.",
        fix="Put it into the table, data['name'] = ..., and give 'name'.",
    )


def _in_the_index(name: str) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"{name!r} is in the index of the table, not among its columns.",
        column=name,
        why="The model asks for a column.",
        fix="data.reset_index()",
    )


def _name_is_no_text(name: str) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {name!r}: the one that looks like it has a number as its name.",
        column=name,
        why="In a formula columns are named by text.",
        fix="data.columns = data.columns.astype(str)",
    )


def _twice(name: object) -> Problem:
    return Problem(
        "SB-FILE-07",
        "stop",
        f"Two columns are called {name!r}.",
        column=str(name),
        why="It cannot be known which of them is meant.",
        fix="Rename one of them.",
    )


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """Columns of one length by name; a frame is made of them only where one is needed.

    Attributes
    ----------
    columns : dict of str to array
        As they are; numbers as numpy arrays.
    n_rows : int
        Their length.
    """

    columns: dict[str, Any]
    n_rows: int

    def __len__(self) -> int:
        return self.n_rows

    def get(self, name: str) -> Any:
        """A column, or None."""
        return self.columns.get(name)

    def frame(self) -> pd.DataFrame:
        """The columns as a frame; they are not copied."""
        return pd.DataFrame(self.columns, index=pd.RangeIndex(self.n_rows), copy=False)

    def of_rows(self, used: NDArray[np.bool_]) -> ColumnTable:
        """Some of the rows."""
        if used.all():
            return self
        return self.at(used, int(used.sum()))

    def at(self, rows: NDArray[Any], n_rows: int | None = None) -> ColumnTable:
        """The rows that a mask or an array of numbers picks out, and how many they are."""
        picked = {name: column[rows] for name, column in self.columns.items()}
        return ColumnTable(picked, len(rows) if n_rows is None else n_rows)


# ---- numbers ---------------------------------------------------------------------------------------------------


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


# ---- who the rows belong to ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Groups:
    """Whom each row belongs to.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (rows,)
        Number of the group of each row; -1 where nobody is named.
    ids : ColumnTable
        The key of each group: one column, or ``site`` and it.
    problems : tuple of Problem
        What had to be assumed.
    plain : bool
        Whether it is sure that no two ids are one that was written in two ways.
    """

    code: Ints
    ids: ColumnTable
    problems: tuple[Problem, ...] = ()
    plain: bool = False

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The ids as a frame."""
        return self.ids.frame()


def groups_of(frame: pd.DataFrame, group: str) -> Groups:
    """Groups by their column, or by site and column where the same id occurs at several sites.

    Raises
    ------
    DataError
        When the ids are lists.
    """
    column = frame[group]
    raise_if_stopped(_no_ids(column, group))
    code, keys = _numbered(column)
    plain = _plainly_written(keys)
    if not plain:
        empty = np.append(blank(pd.Series(keys)), True)
        code = np.where(empty[code], -1, code) if empty[:-1].any() else code
    alone = Groups(code, ColumnTable({group: keys}, len(keys)), plain=plain)
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
    named = {"site": sites[pairs % len(sites)], group: keys[pairs // len(sites)]}
    return Groups(combined, ColumnTable(named, len(pairs)), (_same_id_at_sites(n_repeated, group),), plain)


def _plainly_written(keys: Any) -> bool:
    """Whether keys are numbers, or a few texts none of which is empty or begins or ends with a space.

    Then none of them is blank, and no two are one id written in two ways.
    """
    if keys.dtype.kind in "iu":
        return True
    return len(keys) <= FEW_CELLS and all(type(key) is str and key == key.strip() != "" for key in keys.tolist())


def _numbered(ids: pd.Series) -> tuple[Ints, Any]:
    """Each id's number and the ids, as pandas.factorize gives them.

    Much text is looked up in memory that is given back: Arrow's own store keeps as much again as the look-up
    needs, which at 100,000 children is more than the rest of a model.
    """
    stored = ids.array
    chunked = getattr(stored, "_pa_array", None)
    if chunked is None or ids.dtype.kind in "iuf":
        return pd.factorize(ids)
    if len(ids) <= MUCH_TEXT:
        return stored.factorize()
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.dictionary_encode(chunked, memory_pool=pa.system_memory_pool()).combine_chunks()
    code = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    first = np.zeros(len(whole.dictionary), dtype=np.intp)
    named = np.flatnonzero(code >= 0)[::-1]
    first[code[named]] = named
    return code, stored.take(first)


def _no_ids(column: pd.Series, group: str) -> list[Problem]:
    """Cells that hold lists or tables cannot say who is who."""
    if column.dtype != object or all(map(pd.api.types.is_hashable, column)):
        return []
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"Cells of {group!r} hold several values each.",
            column=group,
            rows=rows_where([not pd.api.types.is_hashable(cell) for cell in column]),
            why=f"A row belongs to one {group}.",
            done="Nothing was computed.",
            fix=f"Give each row the id of one {group}.",
        )
    ]


def _lists(column: pd.Series, name: str) -> list[Problem]:
    """Cells that hold lists where one word or number is needed."""
    if column.dtype != object or all(map(pd.api.types.is_hashable, column)):
        return []
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"Cells of {name!r} hold several values each.",
            column=name,
            rows=rows_where([not pd.api.types.is_hashable(cell) for cell in column]),
            why=f"A row is of one {name}.",
            done="Nothing was computed.",
            fix=f"data = data.explode({name!r})",
        )
    ]


def _same_id_at_sites(n_repeated: int, group: str) -> Problem:
    return Problem(
        "SB-ID-03",
        "note",
        f"{wording.count(n_repeated, f'{group} id')} occurred at more than one site.",
        column=group,
        done=f"Rows were told apart by site and {group}; a {group} who moved between sites would count twice.",
    )


def nameless(groups: Groups, group: str) -> list[Problem]:
    """A problem when rows do not say whom they belong to."""
    if not (groups.code < 0).any():
        return []
    rows = rows_where(groups.code < 0)
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"{wording.count(len(rows), 'row')} without a {group}.",
            column=group,
            rows=rows,
            why="It cannot be known which rows are repeated measures of one another.",
            done="They were not dropped unseen; nothing was computed.",
            fix=f"Fill in {group}, or remove the rows: data.dropna(subset=[{group!r}]).",
        )
    ]


def written_in_two_ways(groups: Groups, group: str) -> list[Problem]:
    """A problem when ids differ only by spaces around them, or are a number here and its digits as text there."""
    if groups.plain:
        return []
    keys = groups.keys[group]
    if isinstance(keys.dtype, pd.CategoricalDtype):
        keys = keys.astype(keys.cat.categories.dtype)
    if not pd.api.types.is_string_dtype(keys.dtype) and keys.dtype != object:
        return []
    plain = keys.map(_as_text).str.strip() if keys.dtype == object else keys.str.strip()
    if keys.dtype != object and not (plain != keys).any():
        return []
    alike = groups.keys.assign(**{group: plain}).duplicated(keep=False).to_numpy()
    if not alike.any():
        return []
    return [
        Problem(
            "SB-ID-04",
            "stop",
            f"{wording.count(int(alike.sum()), f'{group} id')} differ only by spaces, or by being number or text.",
            column=group,
            rows=rows_where(np.append(alike, False)[groups.code]),
            why=f"Rows of one {group} would count as those of several.",
            done="Nothing was joined; nothing was computed.",
            fix=f"data[{group!r}] = data[{group!r}].astype(str).str.strip()",
        )
    ]


def _as_text(key: object) -> str:
    """An id as it would be written by hand."""
    return f"{key:.0f}" if isinstance(key, float) and key.is_integer() else str(key)


def repeated_waves(frame: pd.DataFrame, code: Ints) -> list[Problem]:
    """Rows of one child at one wave (and by one informant): the same twice, or two different answers.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows; without a column ``wave`` nothing can be said.
    code : numpy.ndarray of int, shape (rows,)
        Child of each row, -1 where nobody is named.
    """
    if "wave" not in frame:
        return []
    in_cells = [
        problem for name in ("wave", "informant") if name in frame for problem in _lists(frame[name], name)
    ]
    if in_cells:
        return in_cells
    key = code.astype(np.int64)
    for name in ("wave", "informant"):
        if name in frame:
            level, levels = pd.factorize(frame[name], use_na_sentinel=False)
            key = key * len(levels) + level
    twice = pd.Series(key).duplicated(keep=False).to_numpy() & (code >= 0)
    if not twice.any():
        return []
    same = twice.copy()
    same[twice] = frame[twice].astype(str).duplicated(keep=False).to_numpy()
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


def wave_order(wave: pd.Series) -> tuple[Ints, list[Problem]]:
    """The place of each row's wave in time, 0 for the earliest.

    Numbers, dates and ordered labels have an order; labels that differ by one number (T1, T2, T10) have that of
    the number.

    Returns
    -------
    place : numpy.ndarray of int, shape (rows,)
    problems : list of Problem
        When waves are missing, or are words without an order.
    """
    in_cells = _lists(wave, "wave")
    if in_cells:
        return np.full(len(wave), -1), in_cells
    wave = without_object(wave)
    missing = blank(wave)
    if missing.any():
        return np.full(len(wave), -1), [_without_wave(missing)]
    if isinstance(wave.dtype, pd.CategoricalDtype):
        if wave.cat.ordered:
            return pd.factorize(wave.cat.codes, sort=True)[0], []
        wave = wave.astype(wave.cat.categories.dtype)
    if is_number(wave) or pd.api.types.is_datetime64_any_dtype(wave.dtype):
        return pd.factorize(wave, sort=True)[0], []
    parts = wave.astype(str).str.strip().str.extract(r"^(\D*)(\d+)(\D*)$")
    if parts.isna().any(axis=None) or len(parts[[0, 2]].drop_duplicates()) > 1:
        return np.full(len(wave), -1), [_wave_ofwords(wave)]
    return pd.factorize(parts[1].astype(int), sort=True)[0], []


def _without_wave(missing: NDArray[np.bool_]) -> Problem:
    return Problem(
        "SB-WAVE-30",
        "stop",
        f"{wording.count(int(missing.sum()), 'row')} without a wave.",
        column="wave",
        rows=rows_where(missing),
        why="It cannot be known what came before and what after.",
        done="Nothing was computed.",
        fix="Fill in the wave, or remove the rows: data.dropna(subset=['wave']).",
    )


def _wave_ofwords(wave: pd.Series) -> Problem:
    names = ", ".join(f"{name!r}: ..." for name in list(dict.fromkeys(map(str, wave)))[:4])
    return Problem(
        "SB-WAVE-03",
        "stop",
        "The waves are words, whose order is not known.",
        column="wave",
        rows=rows_where(wave.notna()),
        why="Sorted by the alphabet, change would be taken between the wrong waves.",
        done="Nothing was computed.",
        fix=f"data['wave'] = data['wave'].map({{{names}}}), with the place of each in time",
    )
