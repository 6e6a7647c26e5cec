"""Tables of coded segments, as the coding programs and researchers write them, turned into records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from securebase_analysis.errors import DataError, Problem, raise_if_stopped, rows_where
from securebase_analysis.readers.cells import to_number
from securebase_analysis.readers.delimited import QUIET
from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.code_columns import TableCodes, codes_of_rows
from securebase_analysis.readers.interviews.column_maps import ColumnMap, preset_for
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.own_columns import check_columns
from securebase_analysis.readers.interviews.records import Coding, Records, stable_guid
from securebase_analysis.readers.interviews.segment_cells import SegmentCells
from securebase_analysis.readers.interviews.table_sources import add_cases, add_sources
from securebase_analysis.readers.interviews.titles import MOST_ROWS_OF_TITLES, above_known_names, titles_above
from securebase_analysis.readers.tables import Table


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
    cells = SegmentCells(table, column_map, check_columns(column_map, names, table.name))
    return column_map.program, _records(cells)


def not_a_segment_table(table: Table) -> DataError:
    """The refusal of a table whose columns nobody knows, with the map that would make it readable."""
    first = table.frame.head(MOST_ROWS_OF_TITLES).itertuples(index=False)
    n_above = above_known_names([list(table.frame), *first])
    return DataError(
        titles_above(table.name, n_above) if n_above else say.unknown_columns(table.name, table.frame.shape[1])
    )


def _records(cells: SegmentCells) -> Records:
    """Everything that the table says."""
    codes = codes_of_rows(cells)
    raise_if_stopped([*cells.table.assumptions, *codes.problems, *_blank(cells, codes)])
    out = Records(
        cells.table.name, convention=STANDARD, codes=codes.records, problems=list(codes.problems), rows=[]
    )
    source_of = add_sources(out, cells)
    out.coders = {stable_guid("coder", name): name for name in dict.fromkeys(filter(None, cells.column("coder")))}
    _add_codings(out, cells, codes, source_of)
    add_cases(out, cells, source_of)
    _describe(out, cells, codes)
    return out


def _blank(cells: SegmentCells, codes: TableCodes) -> list[Problem]:
    """The refusal of rows that name no interview or, where each row is one coding, no code."""
    blank = [
        not source or (codes.layout == "code" and not given)
        for source, given in zip(cells.column("source"), codes.of_row, strict=True)
    ]
    columns = ", ".join(cells.found[slot] for slot in ("source", "code") if slot in cells.found)
    return [say.blank_cells(cells.table.name, columns, rows_where(blank))] if any(blank) else []


def _add_codings(out: Records, cells: SegmentCells, codes: TableCodes, source_of: Sequence[int]) -> None:
    """Add one coding for each code of each row, and a highlight for a row without a code."""
    from tqdm import tqdm

    out.rows = []
    weights, numbers = _weights(out, cells), cells.column("coding")
    repeated: list[int] = []
    alike: list[int] = []
    seen: set[tuple[str | None, ...]] = set()
    passages = tqdm(_passages(out, cells, source_of), cells.table.name, len(source_of), unit=" rows", **QUIET)
    for row, passage in enumerate(passages):
        number = numbers[row]
        for code, weight in codes.of_row[row] or [(None, None)]:
            key = (number, code) if number else (passage.selection, code, passage.coder)
            is_again = key in seen and code is not None
            seen.add(key)
            if is_again:
                (repeated if number else alike).append(row + 1)
            if not (is_again and number):
                out.codings.append(passage._replace(code=code, weight=weights[row] if weight is None else weight))
                out.rows.append(row + 1)
    if repeated:
        out.problems.append(say.repeated_codings(out.table, repeated))
    if alike:
        out.problems.append(say.rows_alike(out.table, alike))


def _weights(out: Records, cells: SegmentCells) -> list[float | None]:
    """The weight of each row as a number."""
    if "weight" not in cells.found:
        return [None] * len(cells.table.frame)
    name = cells.found["weight"]
    numbers, problems = to_number(cells.words(name), table=out.table, decimal=cells.table.decimal)
    raise_if_stopped(problems)
    out.problems += problems
    unset = cells.column_map.unset_weight
    n_unset = 0 if unset is None else int((numbers == unset).sum())
    if unset is not None and n_unset:
        out.problems.append(say.unset_weights(out.table, name, unset, n_unset, int(numbers.notna().sum())))
    return [None if pd.isna(number) else float(number) for number in numbers]


def _passages(out: Records, cells: SegmentCells, source_of: Sequence[int]) -> Iterator[Coding]:
    """What each row marks: its words, its place as the program writes it, and who marked it."""
    slots = ("text", "coder", "created", "comment", "name", "passage", "coding")
    rows = zip(source_of, _regions(cells), *(cells.column(slot) for slot in slots), strict=True)
    kinds = cells.column_map.kinds
    guid_of = {name: guid for guid, name in out.coders.items()}
    wordless: Counter[tuple[object, ...]] = Counter()
    numbers: dict[tuple[object, ...], int] = {}
    for index, region, text, coder, created, comment, name, passage, coding in rows:
        kind = next((kind for start, kind in kinds.items() if coding.startswith(start)), "text")
        words = text if kind == "text" else ""
        # One number on other words is another passage: two projects may stand in one table.
        place: tuple[object, ...] = (index, passage, words) if passage else (index, region, words)
        if not passage and not words:
            # Places without words cannot be told to be the same.
            wordless[place] += 1
            place = (*place, wordless[place])
        yield Coding(
            index,
            kind,
            coder=guid_of.get(coder),
            region=region or None,
            text=words or None,
            created=created or None,
            name=name or None,
            comment=comment or None,
            selection=f"passage {numbers.setdefault(place, len(numbers) + 1)}",
        )


def _regions(cells: SegmentCells) -> list[str]:
    """Where each row lies, in the program's own counting."""
    places = zip(cells.column("begin"), cells.column("end"), cells.column("place"), strict=True)
    return [_region(cells.column_map.positions, begin, end, place) for begin, end, place in places]


def _region(counted: str, begin: str, end: str, place: str) -> str:
    """A place in words: ``paragraph 3``, ``paragraph 3-5``, or as the program writes it."""
    if not begin and not end:
        return f"{counted} {place}".strip() if place else ""
    if begin and not begin.isdigit():
        counted = "position"  # of a page, a picture or a recording, among texts counted by paragraph
    between = begin if begin == end or not end else f"{begin}-{end}" if begin.isdigit() else f"{begin} to {end}"
    return f"{counted} {between}".strip()


def _describe(out: Records, cells: SegmentCells, codes: TableCodes) -> None:
    """Say what the table lost, what was left out, and whom the coders are."""
    how, table = cells.column_map, out.table
    # Rows of codes with fewer categories are shorter in QualCoder's CSV: nothing is missing in them.
    out.problems += [
        problem
        for problem in cells.table.assumptions
        if not (how.categories and problem.code == "SB-FILE-62") or cells.is_shifted
    ]
    if cells.is_shifted:
        out.problems.append(say.shifted_variables(table))
    out.problems.append(say.what_the_table_lacks(table, how, cells.found))
    if how.is_guess and any(slot != column for slot, column in cells.found.items()):
        out.problems.append(say.taken_by_name(table, cells.found))
    if how.coder_is and "coder" in cells.found:
        out.problems.append(say.coder_is(table, cells.found["coder"], how))
    for column in cells.found.values():
        is_full = [isinstance(cell, str) and len(cell) == say.FULL_CELL for cell in cells.table.frame[column]]
        if any(is_full):
            out.problems.append(say.full_cells(table, column, rows_where(is_full), how))
    read = {*cells.found.values(), *cells.categories, *codes.columns}
    read |= set(cells.variables(*how.variables, *how.case_variables))
    left = [name for name in cells.names if name not in read and not cells.is_known(name)]
    if left:
        out.problems.append(say.columns_not_read(table, left))
