"""The plain words of a Word document, one line a paragraph."""

from __future__ import annotations

import io

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.safe_xml import parse_xml


def docx_text(data: bytes, table: str) -> str:
    """The paragraphs of a .docx, with tabs and line breaks.

    Parameters
    ----------
    data : bytes
        The document.
    table : str
        What to call it in a message.

    Raises
    ------
    DataError
        When it is damaged or unsafe.
    """
    with Archive(io.BytesIO(data), name=table) as archive:
        member = archive.find("word/document.xml")
        if member is None:
            raise DataError(_no_document(table))
        root = parse_xml(archive.read(member), table)
    marks = {"tab": "\t", "br": "\n", "cr": "\n"}
    paragraphs = []
    for paragraph in root.iter("p"):
        parts = [part.text or "" if part.tag == "t" else marks.get(part.tag, "") for part in paragraph.iter()]
        paragraphs.append("".join(parts))
    return "\n".join(paragraphs)


def _no_document(table: str) -> Problem:
    return Problem(
        "SB-FILE-73",
        "stop",
        "A Word document inside the file holds no text part.",
        table=table,
        done="Refused.",
        fix="Export the project again.",
    )
