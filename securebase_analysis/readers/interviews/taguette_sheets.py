"""Taguette: its highlights and its codebook as spreadsheets, which hold words without their place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.columns_in_blocks import spelled_out
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.records import CodeRecord, Coding, Records, SourceRecord, stable_guid
from securebase_analysis.readers.interviews.taguette import HIGHLIGHT_COLUMNS, not_taguette, tag_guid
from securebase_analysis.readers.tables import read_table

CODEBOOK_COLUMNS = ("tag", "description")


def read_spreadsheet(path: Path) -> Records:
    """The records of Taguette's highlights or codebook as CSV or XLSX."""
    table = read_table(path)
    records = _from_table(spelled_out(table.frame).fillna("").astype(str), path.name)
    records.problems += table.assumptions
    return records


def _from_table(frame: pd.DataFrame, table: str) -> Records:
    """Highlights or codebook, by the columns."""
    frame = frame.set_axis([str(column).strip().casefold() for column in frame.columns], axis=1)
    if frame.columns.is_unique and set(HIGHLIGHT_COLUMNS) <= set(frame.columns):
        return _from_highlights(frame, table)
    if frame.columns.is_unique and set(CODEBOOK_COLUMNS) <= set(frame.columns):
        out = Records(table, convention=STANDARD)
        for tag, description in zip(frame["tag"], frame["description"]):
            out.codes.append(CodeRecord(tag_guid(tag), tag, None, description or None))
        return out
    raise DataError(not_taguette(table, f"its columns are not {', '.join(HIGHLIGHT_COLUMNS)}"))


def _from_highlights(frame: pd.DataFrame, table: str) -> Records:
    """One row for each highlight and tag, with the words but without their place."""
    blank = frame.index[(frame["tag"] == "") | (frame["document"] == "")]
    out = Records(table, convention=STANDARD)
    if len(blank):
        out.problems.append(_blank_cells(table, [row + 1 for row in blank]))
    documents = list(dict.fromkeys(frame["document"]))
    place = {document: index for index, document in enumerate(documents)}
    out.sources = [SourceRecord(stable_guid("document", name), name, "text") for name in documents]
    out.codes = [CodeRecord(tag_guid(tag), tag) for tag in dict.fromkeys(frame["tag"])]
    out.codings = [
        Coding(place[document], "text", code=tag_guid(tag), text=content, selection=f"highlight {number}")
        for number, document, tag, content in frame[list(HIGHLIGHT_COLUMNS)].itertuples(index=False)
    ]
    out.problems.append(_what_highlights_lack(table))
    return out


def _what_highlights_lack(table: str) -> Problem:
    return Problem(
        "SB-FILE-54",
        "warn",
        "Taguette's table of highlights holds no positions, no coders, no transcripts and no untagged highlights.",
        table=table,
        why="Words per interview, overlap and agreement cannot be computed from it.",
        done="Passages were read with their words and without a place.",
        fix="Read the project instead (Project info > Export > SQLite3).",
    )


def _blank_cells(table: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-FILE-55",
        "stop",
        f"{len(rows)} highlights have no tag or no document.",
        table=table,
        column="document, tag",
        rows=rows,
        why="They cannot be counted for any code or interview.",
        done="Refused.",
        fix="Export the highlights again from Taguette, without editing the table.",
    )
