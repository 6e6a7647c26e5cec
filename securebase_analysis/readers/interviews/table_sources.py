"""The interviews and cases that a table of coded segments speaks of, and what it knows about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.records import CaseRecord, Records, SourceRecord, stable_guid
from securebase_analysis.readers.interviews.segment_cells import SegmentCells

Owner = TypeVar("Owner", bound=Hashable)


def add_sources(out: Records, cells: SegmentCells) -> list[int]:
    """Add each interview once, with its group; gives the place of the interview of each row.

    Two interviews of one name in different groups are two, called by group and name.
    """
    given = list(zip(cells.column("group"), cells.column("source"), strict=True))
    times = Counter(name for _, name in dict.fromkeys(given))
    place: dict[tuple[str, str], int] = {}
    for group, name in dict.fromkeys(given):
        guid = stable_guid("document", group, name) if group else stable_guid("document", name)
        full = f"{group} > {name}" if group and times[name] > 1 else name
        place[group, name] = len(out.sources)
        out.sources.append(SourceRecord(guid, full, "text"))
        if group:
            out.sets.append((group, "source", guid))
    n_shared = sum(n for n in times.values() if n > 1)
    if n_shared:
        out.problems.append(say.named_by_group(out.table, cells.found["source"], n_shared))
    return [place[key] for key in given]


def add_cases(out: Records, cells: SegmentCells, source_of: Sequence[int]) -> None:
    """Add the cases of a column of cases, and what the table knows about sources and cases."""
    how = cells.column_map
    of_sources = _variables(out, cells, how.variables, source_of)
    for index, values in of_sources.items():
        out.sources[index].variables.update(values)
    names = cells.column("case")
    of_cases = _variables(out, cells, how.case_variables, names) if any(names) else {}
    sources: dict[str, dict[int, None]] = {}
    for name, index in zip(names, source_of, strict=True):
        if name:
            sources.setdefault(name, {})[index] = None
    out.cases = [CaseRecord(name, list(places), of_cases.get(name, {})) for name, places in sources.items()]


def _variables(
    out: Records, cells: SegmentCells, patterns: tuple[str, ...], owners: Sequence[Owner]
) -> dict[Owner, dict[str, str | None]]:
    """What each owner is known by, where all its rows agree."""
    known: dict[Owner, dict[str, str | None]] = {}
    for column in cells.variables(*patterns):
        values: dict[Owner, set[str]] = {}
        for owner, cell in zip(owners, cells.words(column).tolist(), strict=True):
            values.setdefault(owner, set()).update([cell] if cell else [])
        if any(len(several) > 1 for several in values.values()):
            out.problems.append(say.differing_variable(out.table, column))
            continue
        for owner, one in values.items():
            known.setdefault(owner, {})[_variable(column, patterns)] = next(iter(one), None)
    return known


def _variable(column: str, patterns: tuple[str, ...]) -> str:
    """The name of a variable without what the program puts before it: ``FileVar_age`` is ``age``."""
    for pattern in patterns:
        before, star, _ = pattern.partition("*")
        if star and before and column.startswith(before) and column != before:
            return column.removeprefix(before)
    return column
