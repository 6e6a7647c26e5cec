"""The codes of a table of segments: one in a row, several in a cell, or a column for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.cells import to_number
from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.column_maps import ColumnMap, like_any
from securebase_analysis.readers.interviews.records import CodeRecord, stable_guid
from securebase_analysis.readers.interviews.segment_cells import SegmentCells

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


def codes_of_rows(cells: SegmentCells) -> TableCodes:
    """The codes of each row, by whichever of the three layouts the table has."""
    how, found = cells.column_map, cells.found
    columns = how.applied_codes(cells.names, how.applied)
    if columns:
        return _from_applied(cells, columns)
    if "code" in found:
        out = TableCodes("code")
        from_the_top = [cells.words(name).tolist() for name in reversed(cells.categories)]
        above = list(zip(*from_the_top, strict=True)) if from_the_top else [()] * len(cells.table.frame)
        listed = [[cell] if cell else [] for cell in cells.column("code")]
    else:
        out = TableCodes("codes")
        above = [()] * len(cells.table.frame)
        listed = _split_cells(cells.words(found["codes"]), how, cells.table.name, out.problems)
    separator = _separator_of([code for row in listed for code in row], how.code_path)
    paths = [
        [(*filter(None, above_row), *_path(code, separator)) for code in row]
        for row, above_row in zip(listed, above, strict=True)
    ]
    guids = {path: _guid(path) for path in dict.fromkeys(path for row in paths for path in row)}
    out.of_row = [[(guids[path], None) for path in dict.fromkeys(row)] for row in paths]
    out.records = _tree(list(guids))
    return out


def _from_applied(cells: SegmentCells, columns: Mapping[str, str]) -> TableCodes:
    """A row has each code whose column says yes, with the weight of the column beside it."""
    how, table = cells.column_map, cells.table
    out = TableCodes("applied", [[] for _ in range(len(table.frame))], columns=list(columns.values()))
    separator = _separator_of(list(columns), how.code_path)
    weight_columns = how.applied_codes(cells.names, how.applied_weight)
    out.columns += weight_columns.values()
    paths = {code: _path(code, separator) for code in columns}
    for code, column in columns.items():
        words = cells.words(column).str.casefold()
        is_yes = words.isin([word.casefold() for word in how.yes])
        strange = ~is_yes & ~words.isin(["", *(word.casefold() for word in how.no)])
        if strange.any():
            out.problems.append(say.neither_yes_nor_no(table.name, column, rows_where(strange.tolist()), how))
        weights = _weights(weight_columns.get(code), cells, out.problems)
        for row in is_yes.to_numpy().nonzero()[0].tolist():
            out.of_row[row].append((_guid(paths[code]), weights[row] if weights else None))
    out.records = _tree(list(paths.values()))
    out.problems += _unlisted(cells, out, paths)
    return out


def _unlisted(cells: SegmentCells, codes: TableCodes, paths: Mapping[str, Path]) -> list[Problem]:
    """The warning on rows whose list of codes names more than the columns of the codes say yes to."""
    name = next((name for name in cells.names if like_any(name, (cells.column_map.applied_listed,))), None)
    if not cells.column_map.applied_listed or name is None:
        return []
    spellings = {_guid(path): sorted({code, path[-1]}, key=len, reverse=True) for code, path in paths.items()}
    more = [
        _names_more(listed, [spellings[str(guid)] for guid, _ in given])
        for listed, given in zip(cells.words(name).tolist(), codes.of_row, strict=True)
    ]
    return [say.codes_without_column(cells.table.name, name, rows_where(more))] if any(more) else []


def _names_more(listed: str, given: Sequence[Sequence[str]]) -> bool:
    """Whether a list of codes holds words beside the codes given; longest first: one may be part of another."""
    rest = listed.casefold()
    for spellings in sorted(given, key=lambda spellings: len(spellings[-1]), reverse=True):
        known = next((word.casefold() for word in spellings if word.casefold() in rest), "")
        rest = rest.replace(known, " ", 1) if known else rest
    return any(character.isalnum() for character in rest)


def _weights(column: str | None, cells: SegmentCells, problems: list[Problem]) -> list[float | None]:
    """The weights of one code; none when it has no such column."""
    if column is None:
        return []
    numbers, found = to_number(cells.words(column), table=cells.table.name, decimal=cells.table.decimal)
    problems += found
    return [None if pd.isna(number) else float(number) for number in numbers]


def _split_cells(cells: pd.Series, column_map: ColumnMap, table: str, problems: list[Problem]) -> list[list[str]]:
    """The codes of cells that hold several; marks that may belong to the name of a code are asked about."""
    marks = "|".join(re.escape(mark) for mark in column_map.codes_between)
    if "\n" in column_map.codes_between:  # a mark at the end of a line is one with the line break
        cells = cells.str.replace(rf"(?:{marks})+(?=\s*(?:\n|$))", "", regex=True)
    if "codes_between" not in column_map.insisted:
        held = {mark: cells.str.contains(mark, regex=False) for mark in (*column_map.codes_between, ",")}
        parting = [mark for mark in column_map.codes_between if held[mark].any()]
        if held[","].any() and not parting:
            rows = rows_where(held[","].tolist())
            problems.append(say.commas_between_codes(table, str(cells.name), rows, column_map))
        if len(parting) > 1:
            rows = rows_where(held[parting[1]].tolist())
            problems.append(say.two_marks_between_codes(table, str(cells.name), rows, parting, column_map))
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
