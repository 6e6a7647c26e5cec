"""Taguette: its codebook as a spreadsheet."""

from __future__ import annotations

from securebase_analysis.readers.columns_in_blocks import spelled_out
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.records import CodeRecord, Records
from securebase_analysis.readers.interviews.taguette import tag_guid
from securebase_analysis.readers.tables import Table
from securebase_analysis.readers.text_columns import to_text

CODEBOOK_COLUMNS = ("tag", "description")


def codebook_of(table: Table) -> Records | None:
    """The codes of a codebook, or None when the table is another."""
    frame = spelled_out(table.frame).apply(lambda column: to_text(column).fillna(""))
    frame = frame.set_axis([str(column).strip().casefold() for column in frame.columns], axis=1)
    if not frame.columns.is_unique or not set(CODEBOOK_COLUMNS) <= set(frame.columns):
        return None
    out = Records(table.name, convention=STANDARD, problems=list(table.assumptions))
    for tag, description in zip(frame["tag"], frame["description"]):
        out.codes.append(CodeRecord(tag_guid(tag), tag, None, description or None))
    return out
