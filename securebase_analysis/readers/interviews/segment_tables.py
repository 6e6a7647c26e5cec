"""Tables of coded segments, as the coding programs and researchers write them, turned into records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, raise_if_stopped, rows_where
from securebase_analysis.readers.cells import to_number
from securebase_analysis.readers.columns_in_blocks import spelled_out
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import tidy_name
from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.code_columns import TableCodes, codes_of_rows
from securebase_analysis.readers.interviews.column_maps import ColumnMap, like_any, preset_for
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.own_columns import check_columns, said_as_map
from securebase_analysis.readers.interviews.records import CaseRecord, Coding, Records, SourceRecord, stable_guid
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.readers.signatures import identify
from securebase_analysis.readers.tables import Table, from_grid, read_table
from securebase_analysis.readers.workbooks import read_workbook

CATEGORY = "Category"


def read_cells(path: Path, how: ColumnMap) -> Table:
    """The cells of a table, its columns told apart where a program repeats the name of a category."""
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
        grid = read_workbook(path, how.sheet, how.header_rows)
    else:
        grid = read_delimited(path, how.header_rows, how.encoding, how.separator, how.decimal)
    header = [_categories_apart([tidy_name(cell) for cell in row]) for row in grid.header]
    return from_grid(replace(grid, header=header, decimal=how.decimal or grid.decimal), path.name, (), problems)


def _categories_apart(names: list[str]) -> list[str]:
    """QualCoder calls each of the categories above a code the same; a number tells them apart."""
    places = [place for place, name in enumerate(names) if name == CATEGORY]
    apart, _ = made_unique([CATEGORY] * len(places))
    for place, name in zip(places, apart, strict=True):
        names[place] = name
    return names


def records_of(table: Table, wanted: ColumnMap) -> tuple[str, Records] | None:
    """The program of a table of coded segments and its records; None when its columns are not known.

    Parameters
    ----------
    table : Table
        The cells.
    wanted : ColumnMap
        The user's map; where it names no columns, it goes on top of the preset that fits.

    Raises
    ------
    DataError
        Rows without a code or an interview, and everything else that would be a guess.
    """
    names = [str(name) for name in table.frame.columns]
    column_map = wanted if wanted.names_columns else preset_for(names)
    if column_map is None:
        return None
    column_map = column_map if wanted.names_columns else wanted.on_top_of(column_map)
    found = check_columns(column_map, names, table.name)
    return column_map.program, _SegmentTable(table, column_map, found).records()


class _SegmentTable:
    """One table being read: where its columns stand, and the records that grow from its rows."""

    def __init__(self, table: Table, column_map: ColumnMap, found: Mapping[str, str]) -> None:
        self._map, self._found = column_map, found
        self._cells = _as_words(spelled_out(table.frame))
        self._given = table
        self._out = Records(table.name, convention=STANDARD, rows=[])
        self._n_rows = len(self._cells)
        self._place: dict[tuple[str, str], int] = {}
        self._shifted = self._is_shifted()
        named = (f"{column_map.categories}*",) if column_map.categories and not self._shifted else ()
        self._categories = self._columns_like(named)

    def records(self) -> Records:
        """Everything that the table says."""
        codes = codes_of_rows(self._cells, self._map, self._found, self._categories, self._given)
        self._refuse_blank(codes)
        self._out.codes = codes.records
        self._add_sources()
        self._add_coders()
        self._add_codings(codes)
        self._add_cases()
        self._describe(codes)
        return self._out

    def _column(self, slot: str) -> list[str]:
        """The cells of a slot as words; empty texts where the table has no such column."""
        if slot not in self._found:
            return [""] * self._n_rows
        return self._cells[self._found[slot]].tolist()

    def _columns_like(self, patterns: tuple[str, ...]) -> list[str]:
        """The columns of these names that nothing else was read from."""
        taken = set(self._found.values())
        return [name for name in self._cells if name not in taken and like_any(name, patterns)]

    def _refuse_blank(self, codes: TableCodes) -> None:
        """Refuse rows that name no interview or, where each row is one coding, no code."""
        sources = pd.Series(self._column("source")) == ""
        blank = sources | (pd.Series([not row for row in codes.of_row], dtype=bool) & (codes.layout == "code"))
        problems = list(codes.problems)
        if blank.any():
            columns = [self._found[slot] for slot in ("source", "code") if slot in self._found]
            problems.append(say.blank_cells(self._out.table, ", ".join(columns), rows_where(blank.tolist())))
        raise_if_stopped([*self._given.assumptions, *problems])
        self._out.problems += codes.problems

    # --- sources, coders, cases

    def _add_sources(self) -> None:
        """Each interview once, with its group; two of one name in different groups are two."""
        given = list(zip(self._column("group"), self._column("source"), strict=True))
        times = Counter(name for _, name in dict.fromkeys(given))
        for group, name in dict.fromkeys(given):
            guid = stable_guid("document", group, name) if group else stable_guid("document", name)
            full = f"{group} > {name}" if group and times[name] > 1 else name
            self._place[group, name] = len(self._out.sources)
            self._out.sources.append(SourceRecord(guid, full, "text"))
            if group:
                self._out.sets.append((group, "source", guid))
        self._source_of = [self._place[key] for key in given]
        n_shared = sum(n for n in times.values() if n > 1)
        if n_shared:
            self._out.problems.append(say.named_by_group(self._out.table, self._found["source"], n_shared))

    def _add_coders(self) -> None:
        """Everyone who coded, in the order of the rows."""
        for name in dict.fromkeys(filter(None, self._column("coder"))):
            self._out.coders[stable_guid("coder", name)] = name

    def _add_cases(self) -> None:
        """Cases of a column of cases; what the table knows about sources and cases."""
        of_sources = self._variables(self._map.variables, self._source_of, "FileVar_")
        for index, values in of_sources.items():
            self._out.sources[index].variables.update(values)
        names = self._column("case")
        of_cases = self._variables(self._map.case_variables, names, "CaseVar_") if any(names) else {}
        sources: dict[str, dict[int, None]] = {}
        for name, index in zip(names, self._source_of, strict=True):
            if name:
                sources.setdefault(name, {})[index] = None
        self._out.cases = [
            CaseRecord(name, list(places), of_cases.get(name, {})) for name, places in sources.items()
        ]

    def _variables(self, patterns: tuple[str, ...], owners: list[Any], prefix: str) -> dict[Any, dict[str, Any]]:
        """What each owner is known by, where all its rows agree."""
        columns = [name for name in self._columns_like(patterns) if not self._is_known(name)]
        columns = [] if self._shifted else columns
        known: dict[Any, dict[str, Any]] = {}
        for column in columns:
            values: dict[Any, set[str]] = {}
            for owner, cell in zip(owners, self._cells[column].tolist(), strict=True):
                values.setdefault(owner, set()).update([cell] if cell else [])
            if any(len(several) > 1 for several in values.values()):
                self._out.problems.append(say.differing_variable(self._out.table, column))
                continue
            for owner, one in values.items():
                known.setdefault(owner, {})[column.removeprefix(prefix)] = next(iter(one), None)
        return known

    def _is_known(self, name: str) -> bool:
        """Whether a column is one of codes, of categories or known to be left out."""
        patterns = (self._map.applied, self._map.applied_weight, self._map.applied_range)
        of_codes = any(self._map.applied_codes([name], pattern) for pattern in patterns)
        above = self._map.categories and like_any(name, (f"{self._map.categories}*",))
        return bool(of_codes or above or like_any(name, self._map.not_read))

    def _is_shifted(self) -> bool:
        """Whether cells of rows with fewer categories stand under the names of others (QualCoder's CSV)."""
        short = any(
            problem.code == "SB-FILE-62" and problem.severity == "warn" for problem in self._given.assumptions
        )
        has_variables = self._columns_like((*self._map.variables, *self._map.case_variables))
        return bool(self._map.categories and short and has_variables)

    # --- codings

    def _add_codings(self, codes: TableCodes) -> None:
        """One coding for each code of each row, and a highlight for a row without a code."""
        weights = self._weights()
        repeated: list[int] = []
        alike: list[int] = []
        seen: set[tuple[str, ...]] = set()
        numbers = self._column("coding")
        for row, coding in enumerate(self._passages()):
            for code, weight in codes.of_row[row] or [(None, None)]:
                number = numbers[row]
                key = (number, code or "") if number else (coding.selection or "", code or "", coding.coder or "")
                if key in seen and code is not None:
                    (repeated if number else alike).append(row + 1)
                    if number:
                        continue
                seen.add(key)
                self._out.codings.append(
                    coding._replace(code=code, weight=weights[row] if weight is None else weight)
                )
                assert self._out.rows is not None
                self._out.rows.append(row + 1)
        if repeated:
            self._out.problems.append(say.repeated_codings(self._out.table, repeated))
        if alike:
            self._out.problems.append(say.rows_alike(self._out.table, alike))

    def _weights(self) -> list[float | None]:
        """The weights as numbers."""
        if "weight" not in self._found:
            return [None] * self._n_rows
        column = self._given.frame[self._found["weight"]]
        column = column.astype("str") if isinstance(column.dtype, pd.CategoricalDtype) else column
        numbers, problems = to_number(column, table=self._out.table, decimal=self._given.decimal)
        raise_if_stopped(problems)
        self._out.problems += problems
        unset = self._map.unset_weight
        n_unset = int((numbers == unset).sum()) if unset is not None else 0
        if unset is not None and n_unset:
            column_name = self._found["weight"]
            self._out.problems.append(
                say.unset_weights(self._out.table, column_name, unset, n_unset, int(numbers.notna().sum()))
            )
        return [None if pd.isna(number) else float(number) for number in numbers]

    def _passages(self) -> list[Coding]:
        """What each row marks: its words, its place as the program writes it, and who marked it."""
        slots = ("text", "coder", "created", "comment", "name", "passage", "coding")
        rows = zip(self._source_of, self._regions(), *(self._column(slot) for slot in slots), strict=True)
        made = []
        times: Counter[tuple[object, ...]] = Counter()
        numbers: dict[tuple[object, ...], int] = {}
        guids = {name: guid for guid, name in self._out.coders.items()}
        for index, region, text, coder, created, comment, name, passage, coding in rows:
            kind = next((kind for start, kind in self._map.kinds.items() if coding.startswith(start)), "text")
            words = text if kind == "text" else ""
            place: tuple[object, ...] = (index, passage) if passage else (index, region, words)
            if not passage and not words:
                # Places without words cannot be told to be the same.
                times[place] += 1
                place = (*place, times[place])
            made.append(
                Coding(
                    index,
                    kind,
                    coder=guids.get(coder),
                    region=region or None,
                    text=words or None,
                    created=created or None,
                    name=name or None,
                    comment=comment or None,
                    selection=f"passage {numbers.setdefault(place, len(numbers) + 1)}",
                )
            )
        return made

    def _regions(self) -> list[str]:
        """Where each row lies, in the program's own counting."""
        places = zip(self._column("begin"), self._column("end"), self._column("place"), strict=True)
        return [_region(self._map.positions, begin, end, place) for begin, end, place in places]

    # --- what to say

    def _describe(self, codes: TableCodes) -> None:
        """What the table lost, what was left out, and whom the coders are."""
        # Rows of codes with fewer categories are shorter in QualCoder's CSV: nothing is missing in them.
        self._out.problems += [
            problem
            for problem in self._given.assumptions
            if not (self._map.categories and problem.code == "SB-FILE-62") or self._shifted
        ]
        if self._shifted:
            self._out.problems.append(say.shifted_variables(self._out.table))
        self._out.problems.append(say.what_the_table_lacks(self._out.table, self._map, self._found))
        if self._map.coder_is and "coder" in self._found:
            self._out.problems.append(say.coder_is(self._out.table, self._found["coder"], self._map))
        read = {*self._found.values(), *self._categories, *codes.columns}
        variables = [] if self._shifted else self._columns_like((*self._map.variables, *self._map.case_variables))
        left = [name for name in self._cells if name not in {*read, *variables} and not self._is_known(name)]
        if left:
            self._out.problems.append(say.columns_not_read(self._out.table, left))


def _as_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as text without blanks around it, empty where it is missing; 3.0 of a workbook is 3."""
    return pd.DataFrame({str(name): [_word(cell) for cell in frame[name].tolist()] for name in frame}, dtype="str")


def _word(cell: Any) -> str:
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _region(counted: str, begin: str, end: str, place: str) -> str:
    """A place in words: ``paragraph 3``, ``paragraph 3-5``, or as the program writes it."""
    if not begin and not end:
        return f"{counted} {place}".strip() if place else ""
    between = begin if begin == end or not end else f"{begin}-{end}" if begin.isdigit() else f"{begin} to {end}"
    return f"{counted} {between}".strip()


def not_a_segment_table(table: Table) -> DataError:
    """The refusal of a table whose columns nobody knows, with the map that would make it readable."""
    return DataError(say.unknown_columns(table.name, table.frame.shape[1]))
