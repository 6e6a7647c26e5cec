"""The cells of a table of coded segments, as the file has them, by what their columns hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError
from securebase_analysis.readers.columns_in_blocks import spelled_out
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import Grid, tidy_name
from securebase_analysis.readers.interviews.column_maps import ColumnMap, like_any
from securebase_analysis.readers.interviews.own_columns import said_as_map
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.readers.signatures import identify
from securebase_analysis.readers.tables import Table, from_grid, read_table
from securebase_analysis.readers.workbooks import read_workbook

CATEGORY = "Category"
ESCAPED = re.compile("_x005F(?P<itself>_x[0-9A-Fa-f]{4}_)|_x(?P<number>000[9AaDd])_")


@dataclass(frozen=True, eq=False)
class SegmentCells:
    """A table of coded segments and where its columns stand.

    Parameters
    ----------
    table : Table
        As read.
    column_map : ColumnMap
        What columns hold.
    found : mapping of str to str
        For each slot its column in this table.
    """

    table: Table
    column_map: ColumnMap
    found: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [str(name) for name in self.table.frame]

    def words(self, name: str) -> pd.Series:
        """The cells of a column as text without blanks around it, empty where missing; 3.0 of a workbook is 3."""
        return pd.Series(self._spelled(name), name=name, dtype="str")

    def column(self, slot: str) -> list[str]:
        """The cells of a slot as words; empty texts where the table has no such column."""
        return self._spelled(self.found[slot]) if slot in self.found else [""] * len(self.table.frame)

    def _spelled(self, name: str) -> list[str]:
        """The words of a column, made anew at each call: all columns at once take far more than the file."""
        cells = spelled_out(self.table.frame[[name]])[name]
        # A table names few codes, coders and days very often: one object for each.
        once: dict[str, str] = {}
        return [once.setdefault(word, word) for word in map(_word, cells.tolist())]

    def columns_like(self, *patterns: str) -> list[str]:
        """The columns of these names that no slot is read from."""
        taken = set(self.found.values())
        return [name for name in self.names if name not in taken and like_any(name, patterns)]

    @cached_property
    def categories(self) -> list[str]:
        """The columns of the codes above a code, from the nearest up; none where they cannot be trusted."""
        named = self.column_map.categories
        return self.columns_like(f"{named}*") if named and not self.is_shifted else []

    @cached_property
    def is_shifted(self) -> bool:
        """Whether cells of rows with fewer categories stand under the names of others (QualCoder's CSV)."""
        told = self.table.assumptions
        is_short = any(problem.code == "SB-FILE-62" and problem.severity == "warn" for problem in told)
        variables = self.columns_like(*self.column_map.variables, *self.column_map.case_variables)
        return bool(self.column_map.categories and is_short and variables)

    def variables(self, *patterns: str) -> list[str]:
        """The columns that describe a source or a case."""
        return (
            [] if self.is_shifted else [name for name in self.columns_like(*patterns) if not self.is_known(name)]
        )

    def is_known(self, name: str) -> bool:
        """Whether a column is one of codes, of categories or known to be left out."""
        how = self.column_map
        patterns = (how.applied, how.applied_weight, how.applied_range)
        of_codes = any(how.applied_codes([name], pattern) for pattern in patterns)
        above = how.categories and like_any(name, (f"{how.categories}*",))
        return bool(of_codes or above or like_any(name, how.not_read))


def read_cells(path: Path, how: ColumnMap) -> Table:
    """The cells of a table, its columns told apart where a program repeats the name of a category.

    Raises
    ------
    DataError
        As `read_table` does, with fixes that a map of columns can say.
    """
    try:
        table = _table(path, how)
    except DataError as error:
        raise DataError(map(said_as_map, error.problems)) from None
    return replace(table, assumptions=tuple(map(said_as_map, table.assumptions)))


def _table(path: Path, how: ColumnMap) -> Table:
    """The table as the file holds it."""
    kind, problems = identify(path)
    if kind not in ("xlsx", "text"):
        return read_table(path)
    if kind == "xlsx":
        grid = _unescaped(read_workbook(path, how.sheet, how.header_rows))
    else:
        grid = read_delimited(path, how.header_rows, how.encoding, how.separator, how.decimal)
    header = [_categories_apart([tidy_name(cell) for cell in row]) for row in grid.header]
    return from_grid(replace(grid, header=header, decimal=how.decimal or grid.decimal), path.name, (), problems)


def _unescaped(grid: Grid) -> Grid:
    """Cells in which Excel's own spelling of line ends and tabs, such as ``_x000D_``, is what it stands for."""
    body = grid.body.copy()
    for name in body:
        if body[name].dtype == "str" and body[name].str.contains("_x00", regex=False).fillna(False).any():
            body[name] = body[name].str.replace(ESCAPED, _meant, regex=True)
    return replace(grid, header=[[ESCAPED.sub(_meant, cell) for cell in row] for row in grid.header], body=body)


def _meant(escaped: re.Match[str]) -> str:
    """The character of an escape, or the escape itself where Excel escaped that."""
    return escaped["itself"] or chr(int(escaped["number"], 16))


def _categories_apart(names: list[str]) -> list[str]:
    """QualCoder calls each of the categories above a code the same; a number tells them apart."""
    places = [place for place, name in enumerate(names) if name == CATEGORY]
    apart, _ = made_unique([CATEGORY] * len(places))
    for place, name in zip(places, apart, strict=True):
        names[place] = name
    return names


def _word(cell: Any) -> str:
    """A cell as text; a line end is one character, whatever system wrote it."""
    if isinstance(cell, str):
        return cell.strip().replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell.strip()
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
