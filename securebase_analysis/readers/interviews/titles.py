"""Rows of titles that someone wrote above the names of the columns of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from securebase_analysis.errors import Problem
from securebase_analysis.readers.encodings import MARKS, SEPARATORS
from securebase_analysis.readers.interviews.column_maps import preset_for
from securebase_analysis.results.wording import count

HEAD = 1 << 16
MOST_ROWS_OF_TITLES = 20


def first_lines(file: Path) -> list[str]:
    """The first lines of a text file; none of a workbook."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    if head.startswith(b"PK"):
        return []
    encoding = next((name for mark, name in MARKS if head.startswith(mark)), "utf-8-sig")
    lines = (line for line in head.decode(encoding, "replace").splitlines() if line.strip())
    return [line for line, _ in zip(lines, range(MOST_ROWS_OF_TITLES))]


def rows_above_the_names(lines: Sequence[str]) -> int:
    """How many rows stand above the first one that holds the names of a known table; 0 where there is none."""
    try:
        cut = (list(csv.reader(lines, delimiter=mark)) for mark in SEPARATORS)
        return next((n for rows in cut if (n := above_known_names(rows))), 0)
    except csv.Error:
        return 0


def above_known_names(rows: Iterable[Sequence[object]]) -> int:
    """How many rows stand above the first one that holds the names of a known table; 0 where there is none."""
    return next((n for n, row in enumerate(rows) if preset_for([str(cell) for cell in row])), 0)


def titles_above(table: str, n: int) -> Problem:
    """The refusal of a table whose names do not come first."""
    return Problem(
        "SB-FILE-177",
        "stop",
        f"{count(n, 'row stands', 'rows stand')} above the names of the columns.",
        table=table,
        why="A title would be taken for the name of a column.",
        done="Nothing was read.",
        fix=f"Delete the {'row' if n == 1 else f'{n} rows'} above the names in the file, then read it again.",
    )
