"""The codes of a table of segments: one in a row, several in a cell, or a column for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.cells import to_number
from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.column_maps import ColumnMap
from securebase_analysis.readers.interviews.records import CodeRecord, stable_guid
from securebase_analysis.readers.tables import Table

Path = tuple[str, ...]
CodesOfRow = list[tuple[str | None, float | None]]


@dataclass
class TableCodes:
    """The codes of a table and of each of its rows.

    Parameters
    ----------
    layout : {"code", "codes", "applied"}
        One code a row, several in a cell, or a column for each code.
    of_row : list
        For each row its codes as (guid, weight).
    records : list of CodeRecord
        The tree of codes.
    columns : list of str
        The columns read for them.
    problems : list of Problem
        What was wrong or assumed.
    """

    layout: str
    of_row: list[CodesOfRow] = field(default_factory=list)
    records: list[CodeRecord] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def codes_of_rows(
    cells: pd.DataFrame, column_map: ColumnMap, found: Mapping[str, str], categories: Sequence[str], table: Table
) -> TableCodes:
    """The codes of each row, by whichever of the three layouts the table has.

    Parameters
    ----------
    cells : pandas.DataFrame
        Every cell as text.
    column_map, found : ColumnMap, mapping of str to str
        What columns hold, and their names in this table.
    categories : sequence of str
        Columns that hold the codes above a code, from the nearest up.
    table : Table
        The table as read, for numbers and messages.
    """
    columns = column_map.applied_codes(cells.columns, column_map.applied)
    if columns:
        return _from_applied(cells, column_map, columns, table)
    if "code" in found:
        above = [list(reversed(row)) for row in cells[list(categories)].to_numpy().tolist()]
        own = cells[found["code"]].tolist()
        listed = [[cell] if cell else [] for cell in own]
        out = TableCodes("code")
    else:
        above = [[] for _ in range(len(cells))]
        out = TableCodes("codes")
        listed = _split_cells(cells[found["codes"]], column_map, table.name, out.problems)
    separator = _separator_of([code for row in listed for code in row], column_map.code_path)
    paths = [
        [(*filter(None, above_row), *_path(code, separator)) for code in row]
        for row, above_row in zip(listed, above, strict=True)
    ]
    guids = {path: _guid(path) for path in dict.fromkeys(path for row in paths for path in row)}
    out.of_row = [[(guids[path], None) for path in dict.fromkeys(row)] for row in paths]
    out.records = _tree(list(guids))
    return out


def _from_applied(
    cells: pd.DataFrame, column_map: ColumnMap, columns: Mapping[str, str], table: Table
) -> TableCodes:
    """A row has each code whose column says yes, with the weight of the column beside it."""
    out = TableCodes("applied", [[] for _ in range(len(cells))], columns=list(columns.values()))
    separator = _separator_of(list(columns), column_map.code_path)
    weight_columns = column_map.applied_codes(cells.columns, column_map.applied_weight)
    out.columns += weight_columns.values()
    paths = {code: _path(code, separator) for code in columns}
    for code, column in columns.items():
        words = cells[column].str.casefold()
        is_yes = words.isin([word.casefold() for word in column_map.yes])
        strange = ~is_yes & ~words.isin(["", *(word.casefold() for word in column_map.no)])
        if strange.any():
            rows = rows_where(strange.tolist())
            out.problems.append(say.neither_yes_nor_no(table.name, column, rows, column_map))
        weights = _weights(weight_columns.get(code), table, out.problems)
        for row in is_yes.to_numpy().nonzero()[0].tolist():
            out.of_row[row].append((_guid(paths[code]), weights[row] if weights else None))
    out.records = _tree(list(paths.values()))
    return out


def _weights(column: str | None, table: Table, problems: list[Problem]) -> list[float | None]:
    """The weights of one code; none when it has no such column."""
    if column is None:
        return []
    given = table.frame[column]
    given = given.astype("str") if isinstance(given.dtype, pd.CategoricalDtype) else given
    numbers, found = to_number(given, table=table.name, decimal=table.decimal)
    problems += found
    return [None if pd.isna(number) else float(number) for number in numbers]


def _split_cells(cells: pd.Series, column_map: ColumnMap, table: str, problems: list[Problem]) -> list[list[str]]:
    """The codes of cells that hold several; commas are asked about, because names of codes hold them too."""
    marks = "|".join(re.escape(mark) for mark in column_map.codes_between)
    is_parted = cells.str.contains(marks, regex=True)
    has_comma = cells.str.contains(",", regex=False)
    if has_comma.any() and not is_parted.any() and "codes_between" not in column_map.insisted:
        rows = rows_where(has_comma.tolist())
        problems.append(say.commas_between_codes(table, str(cells.name), rows))
    return [[code.strip() for code in re.split(marks, cell) if code.strip()] for cell in cells.tolist()]


def _separator_of(codes: Sequence[str], candidates: Sequence[str]) -> str | None:
    """What stands between a code and the one above it: the first candidate that any code has."""
    return next((mark for mark in candidates if any(mark in code for code in codes)), None)


def _path(code: str, separator: str | None) -> Path:
    """A code from the top of the tree down to itself."""
    parts = tuple(part.strip() for part in code.split(separator)) if separator else (code,)
    return parts if all(parts) else (code,)


def _guid(path: Path) -> str:
    return stable_guid("code", *path)


def _tree(paths: Sequence[Path]) -> list[CodeRecord]:
    """Every code in order of appearance, after the codes above it; those that nobody gave are not codable."""
    given = set(paths)
    order: dict[Path, None] = {}
    for path in dict.fromkeys(paths):
        order.update(dict.fromkeys(path[:depth] for depth in range(1, len(path) + 1)))
    return [
        CodeRecord(_guid(path), path[-1], _guid(path[:-1]) if path[1:] else None, is_codable=path in given)
        for path in order
    ]
