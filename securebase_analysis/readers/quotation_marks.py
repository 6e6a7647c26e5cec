"""Quotation marks in separated text: each must open or close a cell, or whole rows vanish into one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.results.wording import count as n_of

QUOTE = ord('"')
PIECE = 1 << 24


def check_quotes(data: bytes, mark: str, header_rows: int, table: str) -> None:
    """Refuse text whose quotation marks do not pair up, because whole rows would vanish into one cell."""
    if b'"' not in data or _quotes_pair_up(data, mark):
        return
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=mark, strict=True)
    n_read, first_line = 0, 1
    try:
        for row in reader:
            n_read += bool(row)
            first_line = reader.line_num + 1
    except csv.Error:
        row_number = n_read - header_rows + 1
        raise DataError(_open_quote(row_number, first_line, table)) from None


def _quotes_pair_up(data: bytes, mark: str) -> bool:
    """Whether each opening quotation mark starts a cell and each closing one ends it."""
    may_touch = np.zeros(256, dtype=bool)
    may_touch[[ord(mark) if ord(mark) < 256 else QUOTE, ord("\n"), ord("\r"), QUOTE]] = True
    cells = np.frombuffer(data, dtype=np.uint8)
    n_before = 0
    for start in range(0, len(cells), PIECE):
        at = np.flatnonzero(cells[start : start + PIECE] == QUOTE) + start
        opens = (np.arange(len(at)) + n_before) % 2 == 0
        n_before += len(at)
        before = at[opens & (at > 0)] - 1
        after = at[~opens & (at < len(cells) - 1)] + 1
        if not (may_touch[cells[before]].all() and may_touch[cells[after]].all()):
            return False
    return n_before % 2 == 0


def _open_quote(row: int, line: int, table: str) -> Problem:
    """The problem of a cell whose quotation mark does not close where the cell ends."""
    return Problem(
        "SB-FILE-70",
        "stop",
        f"A quotation mark opens a cell and does not close it (line {line} of the file).",
        table=table,
        rows=(row,) if row > 0 else (),
        why="All the rows up to the next quotation mark would vanish into that cell.",
        done="The file was not read.",
        fix='Delete the stray quotation mark, or double it inside a cell ("").',
    )


def swallowed_rows(body: pd.DataFrame, mark: str, names: Sequence[str], table: str) -> list[Problem]:
    """Warn of cells that hold line breaks and just as many separators as whole rows would."""
    problems = []
    for place in body:
        cells = body[place].dropna()
        cells = cells[cells.str.contains("\n", regex=False)]
        n_breaks = cells.str.count("\n")
        whole = cells[cells.str.count(re.escape(mark)) == n_breaks * (body.shape[1] - 1)]
        if body.shape[1] > 1 and len(whole):
            problems.append(_swallowing(names[place].strip(), whole.index + 1, table))
    return problems


def _swallowing(name: str, rows: Iterable[int], table: str) -> Problem:
    """The warning on cells that look like several rows in one."""
    rows = list(rows)
    return Problem(
        "SB-FILE-70",
        "warn",
        f"{n_of(len(rows), 'cell holds', 'cells hold')} line breaks and as many separators as whole "
        "rows of the table.",
        table=table,
        column=name,
        rows=rows,
        why="Two stray quotation marks can hide all the rows between them in one cell.",
        done="The cells were read as they stand.",
        fix="Compare the number of rows with the source; take stray quotation marks out.",
    )
