"""Rows of separated text that have more or fewer cells than the header has names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of


@dataclass(frozen=True)
class Widths:
    """Which data rows have too many or too few cells, and whether a surplus cell holds something."""

    n_rows: int
    overfull: list[int]
    long: list[int]
    short: list[int]


def _rows_of(data: bytes, start: int, mark: str) -> Iterator[list[str]]:
    """The rows under the header, one by one, as Python's own reader sees them."""
    lines = io.TextIOWrapper(io.BytesIO(data[start:]), encoding="utf-8", newline="")
    return (row for row in csv.reader(lines, delimiter=mark) if row)


def survey_widths(data: bytes, start: int, mark: str, width: int) -> Widths:
    """Walk over all rows and note the ones of another width."""
    overfull: list[int] = []
    long: list[int] = []
    short: list[int] = []
    number = 0
    for number, row in enumerate(_rows_of(data, start, mark), start=1):
        if len(row) > width:
            (overfull if any(cell.strip() for cell in row[width:]) else long).append(number)
        elif len(row) < width:
            short.append(number)
    return Widths(number, overfull, long, short)


def even_rows(data: bytes, start: int, mark: str, width: int) -> bytes:
    """The rows again, with empty cells added or surplus empty cells taken off."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mark, lineterminator="\n")
    writer.writerows([*row[:width], *[""] * (width - len(row))] for row in _rows_of(data, start, mark))
    return text.getvalue().encode("utf-8")


def overfull_rows(survey: Widths, width: int, table: str) -> Problem:
    """The problem of rows with more cells than the header has names."""
    if width == 1 and 2 * len(survey.overfull) > survey.n_rows:
        return _line_over_header(survey, table)
    everywhere = len(survey.overfull) == survey.n_rows
    extent = "Every row has" if everywhere else n_of(len(survey.overfull), "row has", "rows have")
    return Problem(
        "SB-FILE-62",
        "stop",
        f"{extent} more cells than the header has names ({width}).",
        table=table,
        rows=survey.overfull,
        why="Values stand under the wrong names from the surplus cell on.",
        done="The file was not read.",
        fix=(
            "Add the missing name to the header (programs that number rows often leave it out)."
            if everywhere
            else 'Put quotation marks around cells that contain the separator, e.g. "foster, then kinship".'
        ),
    )


def _line_over_header(survey: Widths, table: str) -> Problem:
    """The problem of a title or a remark in the first line, under which the table begins."""
    return Problem(
        "SB-FILE-62",
        "stop",
        "The first line is a single cell and the rows under it have more, as if a title stood over the header.",
        table=table,
        rows=survey.overfull,
        why="Taken as the header it would leave the columns without names.",
        done="The file was not read.",
        fix="Delete the lines above the names of the columns.",
    )


def short_rows(survey: Widths, table: str) -> list[Problem]:
    """What is said about rows that were made as wide as the header."""
    problems = []
    if survey.short:
        problems.append(
            Problem(
                "SB-FILE-62",
                "warn",
                f"{n_of(len(survey.short), 'row has', 'rows have')} fewer cells than the header has names.",
                table=table,
                rows=survey.short,
                why="The file may be cut off, or a separator is missing and values stand under the wrong name.",
                done="The cells missing at the end were taken as empty.",
                fix="Compare these rows with the source.",
            )
        )
    if survey.long:
        what = f"{n_of(len(survey.long), 'row ends', 'rows end')} with surplus separators."
        done = "The empty cells beyond the header were left out."
        problems.append(Problem("SB-FILE-62", "note", what, table=table, rows=survey.long, done=done))
    return problems
