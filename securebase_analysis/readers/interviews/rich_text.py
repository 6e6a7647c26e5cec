"""The plain words of a Word document, one line a paragraph."""

from __future__ import annotations

import io
from collections.abc import Iterator

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.safe_xml import Element, parse_xml

MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
OF_NO_WORD = ("pPr", "rPr", "p", "Fallback")
"""Parts of a paragraph whose words are not its own: how it looks (tab stops are no tabs), paragraphs inside it,
and what older programs show in their place."""


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
    return "\n".join("".join(_words(paragraph)) for paragraph in root.iter("p"))


def _words(paragraph: Element) -> Iterator[str]:
    """The words and marks of a paragraph; those of a paragraph inside it (a box of text) are its own."""
    waiting = list(reversed(paragraph))
    while waiting:
        part = waiting.pop()
        if part.tag in MARKS:
            yield MARKS[part.tag]
        elif part.tag == "t":
            yield part.text or ""
        elif part.tag not in OF_NO_WORD:
            waiting += reversed(part)


def _no_document(table: str) -> Problem:
    return Problem(
        "SB-FILE-73",
        "stop",
        "A Word document inside the file holds no text part.",
        table=table,
        done="Refused.",
        fix="Export the project again.",
    )
