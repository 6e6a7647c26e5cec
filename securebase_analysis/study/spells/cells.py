"""Cells of a table of placements as numbers: texts, each read once, and days."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, raise_if_stopped, rows_where
from securebase_analysis.readers.dates import DateOrder, to_date
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.columns import PlacementColumns
from securebase_analysis.study.spells.timeline import NEVER, as_days

EARLIEST = "1900-01-01"
TABLE = "placements"


@dataclass(frozen=True, eq=False)
class Texts:
    """The columns of a table as numbers, each read once; codes of a return in capitals."""

    table: pd.DataFrame
    capitals: bool = False
    _read: dict[str, tuple[np.ndarray, pd.Index]] = field(default_factory=dict)
    _respelt: dict[str, np.ndarray] = field(default_factory=dict)

    def __call__(self, name: str) -> tuple[np.ndarray, pd.Index]:
        """Each row's text as a number, and the texts by number; all empty where there is no such column."""
        if name not in self.table:
            return np.full(len(self.table), -1, dtype="int32"), pd.Index([], dtype="str")
        if name not in self._read:
            codes, names, otherwise = numbers(self.table[name], self.capitals)
            self._read[name] = codes, names
            self._respelt[name] = otherwise
        return self._read[name]

    def respelt(self, name: str) -> np.ndarray:
        """Whether each row's text stands there otherwise than it was read: in small letters, with blanks."""
        self(name)
        return self._respelt.get(name, np.zeros(len(self.table), dtype=bool))


def numbers(column: pd.Series, capitals: bool = False) -> tuple[np.ndarray, pd.Index, np.ndarray]:
    """Each text as a number in order of the alphabet, the texts by number, and which rows were spelt otherwise.

    The number is -1 where the cell is empty.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = np.asarray(column.cat.codes), pd.Index(column.cat.categories)
    else:
        codes, names = pd.factorize(column)
    given = pd.Index(names).astype("str")
    words = given.str.strip()
    words = words.str.upper() if capitals else words
    again, unique = pd.factorize(words.where(words != ""), sort=True)
    differs = np.asarray(words != given, dtype=bool) & (again >= 0)
    otherwise = np.append(differs, False)[codes] if differs.any() else np.zeros(len(column), dtype=bool)
    return np.append(again, -1)[codes].astype("int32"), pd.Index(unique).astype("str"), otherwise


def is_one_of(codes: np.ndarray, names: pd.Index, words: tuple[str, ...]) -> np.ndarray:
    """Whether each row's text is one of the words."""
    return np.append(np.asarray(names.isin(words), dtype=bool), False)[codes]


def check_cells(table: pd.DataFrame, columns: PlacementColumns) -> None:
    """Refuse a column that stands twice, and cells that are lists or tables.

    Raises
    ------
    DataError
        SB-FILE-07 and SB-FILE-18.
    """
    names = [name for name in dict.fromkeys(astuple(columns)) if name in table]
    plain = pd.Index([str(name).strip().casefold() for name in table.columns])
    problems = []
    for name in names:
        if (plain == str(name).strip().casefold()).sum() > 1:
            problems.append(_stands_twice(name))
        elif table[name].dtype == object:
            problems += _not_single(name, table[name])
    raise_if_stopped(problems)


def _stands_twice(name: str) -> Problem:
    """The problem of two columns under one name."""
    return Problem(
        "SB-FILE-07",
        "stop",
        "The column stands more than once in the table.",
        TABLE,
        name,
        why="It is not known which of them is meant.",
        done="Nothing was read.",
        fix=f"Rename or drop one of the columns {name}.",
    )


def _not_single(name: str, column: pd.Series) -> list[Problem]:
    """The problem of cells that hold more than one value."""
    several = column.map(lambda cell: isinstance(cell, list | tuple | set | dict | np.ndarray | pd.Series))
    if not several.any():
        return []
    return [
        Problem(
            "SB-FILE-18",
            "stop",
            f"{n_of(int(several.sum()), 'cell holds', 'cells hold')} a list or a table and not one value.",
            TABLE,
            name,
            rows_where(several.to_numpy(dtype=bool)),
            "Which of the values is meant is not known.",
            "Nothing was read.",
            "Write one value a cell.",
        )
    ]


def days_in(
    table: pd.DataFrame, name: str, order: DateOrder | None, called: str = TABLE
) -> tuple[np.ndarray, list[Problem]]:
    """A column of dates in days, and what was assumed to read it."""
    if name not in table:
        return np.full(len(table), NEVER, dtype="int32"), []
    column = table[name]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = as_days(column.dt.tz_localize(None) if column.dt.tz is not None else column)
        return days, _beyond(called, name, column.notna().to_numpy() & (days == NEVER))
    codes, texts = pd.factorize(column)
    dates, problems = to_date(pd.Series(texts, name=name), table=called, earliest=EARLIEST, date_order=order)
    if not problems:
        return np.append(as_days(dates), np.int32(NEVER))[codes], []
    dates, problems = to_date(column, table=called, earliest=EARLIEST, date_order=order)
    days = as_days(dates)
    beyond = _beyond(called, name, dates.notna().to_numpy() & (days == NEVER))
    told = {problem.rows for problem in beyond}
    return days, [*(problem for problem in problems if problem.rows not in told), *beyond]


def _beyond(called: str, name: str, beyond: np.ndarray) -> list[Problem]:
    """Dates that stand for no day, such as the year 9999."""
    if not beyond.any():
        return []
    return [
        Problem(
            "SB-PLACE-68",
            "warn",
            "Dates before the year 1612 or after 2328 stand for no day.",
            called,
            name,
            rows_where(beyond),
            "Programs write such dates for an end that is not known.",
            "Taken as empty: such an end is open.",
            "Leave the cell empty.",
        )
    ]
