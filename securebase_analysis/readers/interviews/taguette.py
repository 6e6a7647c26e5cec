"""Taguette: its project database.

Taguette's exports name no coder. Its positions count UTF-8 bytes of the text without tags.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.interviews.changed_transcripts import changed_since_coding
from securebase_analysis.readers.interviews.offsets import BYTES, STANDARD, Positions, SourceText, locate
from securebase_analysis.readers.interviews.records import CodeRecord, Coding, Records, SourceRecord, stable_guid
from securebase_analysis.readers.sqlite_file import (
    read_only,
    read_rows,
    unsaved_changes,
    whole,
    words,
)

TABLES = frozenset({"projects", "documents", "tags", "highlights", "highlight_tags"})
# Elements of a page that stand on lines of their own.
BLOCKS = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|figure|footer|h[1-6]|header|hr|li|main|[ou]l|p|pre|section|"
    "table|tbody|t[dhr]|thead"
)

TAG = re.compile(r"</?[A-Za-z][^<>]*>")
MOST_NEVER_CLOSED = 100


def read_database(path: Path) -> Records:
    """The records of a project database."""
    out = Records(path.name, convention=STANDARD)
    with read_only(path) as connection:

        def rows(table: str, *columns: str) -> list[dict[str, Any]]:
            return read_rows(connection, path.name, table, columns)

        projects = rows("projects", "id")
        documents = rows("documents", "id", "name", "description", "contents")
        tags = rows("tags", "id", "path", "description")
        highlights = rows("highlights", "id", "document_id", "start_offset", "end_offset", "snippet")
        pairs = rows("highlight_tags", "highlight_id", "tag_id")
    if len(projects) != 1:
        raise DataError(_several_projects(path.name, len(projects)))
    unsaved_changes(path, out.problems)
    out.codes = [
        CodeRecord(tag_guid(tag["id"]), words(tag["path"]) or "", None, words(tag["description"])) for tag in tags
    ]
    _add_documents(out, documents, highlights, pairs)
    return out


def tag_guid(tag: object) -> str:
    """The identifier of a tag: the same in the database and in the spreadsheets."""
    return stable_guid("taguette tag", tag)


def _add_documents(
    out: Records,
    documents: list[dict[str, Any]],
    highlights: list[dict[str, Any]],
    pairs: list[dict[str, Any]],
) -> None:
    """The texts, and on each the highlights with their tags."""
    tags_of: dict[Any, list[Any]] = {}
    for pair in pairs:
        tags_of.setdefault(pair["highlight_id"], []).append(pair["tag_id"])
    by_document: dict[Any, list[dict[str, Any]]] = {document["id"]: [] for document in documents}
    for highlight in highlights:
        if highlight["document_id"] not in by_document:
            raise DataError(_dangling(out.table))
        by_document[highlight["document_id"]].append(highlight)
    if not set(tags_of) <= {highlight["id"] for highlight in highlights}:
        raise DataError(_dangling(out.table))
    shifted: list[int] = []
    for index, document in enumerate(documents):
        text = _TextOfPage(str(document["contents"] or ""), out.table)
        description = words(document["description"])
        out.sources.append(
            SourceRecord(
                stable_guid("taguette document", document["id"]),
                words(document["name"]) or "",
                "text",
                SourceText(text.characters),
                {"description": description} if description else {},
            )
        )
        _add_highlights(out, index, text, by_document[document["id"]], tags_of, shifted)
    if shifted:
        out.problems.append(changed_since_coding(shifted, "highlights"))


def _add_highlights(
    out: Records,
    index: int,
    text: _TextOfPage,
    highlights: list[dict[str, Any]],
    tags_of: dict[Any, list[Any]],
    shifted: list[int],
) -> None:
    """One row for each tag of each highlight; a highlight without a tag is kept apart."""
    given = [(whole(h["start_offset"]), whole(h["end_offset"])) for h in highlights]
    if any(start is None or end is None for start, end in given):
        raise DataError(_dangling(out.table))
    positions = np.array(given, dtype=np.int64).reshape(-1, 2)
    starts, ends = text.places(positions[:, 0], positions[:, 1])
    for highlight, start, end in zip(highlights, starts.tolist(), ends.tolist()):
        quoted = _TextOfPage(str(highlight["snippet"] or ""), out.table).characters
        if start >= 0 and end >= 0 and not _same_words(text.characters[start:end], quoted):
            shifted.append(len(out.codings) + 1)
        coding = Coding(index, "text", start=start, end=end, selection=f"highlight {highlight['id']}")
        tags = tags_of.get(highlight["id"], [])
        out.codings += [coding._replace(code=tag_guid(tag)) for tag in tags] or [coding]


def _same_words(found: str, quoted: str) -> bool:
    """Whether two passages hold the same characters, spaces and line ends aside."""
    return "".join(found.split()) == "".join(quoted.split())


def _n_never_closed(page: str) -> int:
    """How many marks open and never close or are no tags; at each the parser may search the rest of the page."""
    return page.count("<") - len(TAG.findall(page))


class _TextOfPage(HTMLParser):
    """The words of an HTML page, a line end between blocks, and where Taguette's positions lie in them."""

    def __init__(self, page: str, table: str) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._length = 0
        self._breaks: list[int] = []
        if _n_never_closed(page) > MOST_NEVER_CLOSED:
            raise DataError(_broken_page(table))
        try:
            self.feed(page)
            self.close()
        except AssertionError:  # what the parser says to a broken declaration
            raise DataError(_broken_page(table)) from None
        self._stripped = "".join(self._pieces)
        self._line_ends = np.array(
            [place for place in dict.fromkeys(self._breaks) if self._joins_words(place)], int
        )
        edges = [0, *self._line_ends.tolist(), len(self._stripped)]
        self.characters = "\n".join(self._stripped[a:b] for a, b in pairwise(edges))

    def handle_data(self, data: str) -> None:
        self._pieces.append(data)
        self._length += len(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mark_block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._mark_block(tag)

    def _mark_block(self, tag: str) -> None:
        if BLOCKS.fullmatch(tag):
            self._breaks.append(self._length)

    def _joins_words(self, place: int) -> bool:
        """Whether two blocks would run together here."""
        if not 0 < place < self._length:
            return False
        return not self._stripped[place - 1].isspace() and not self._stripped[place].isspace()

    def places(self, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
        """Byte positions as places in `characters`; -1 where they lie outside."""
        stripped = SourceText(self._stripped)
        starts, _ = locate(stripped, starts, BYTES)
        ends, _ = locate(stripped, ends, BYTES)
        # A passage begins after the line end before it and ends before the line end after it.
        first = starts + np.searchsorted(self._line_ends, starts, side="right")
        last = ends + np.searchsorted(self._line_ends, ends, side="left")
        last = np.where(starts == ends, first, last)
        return np.where(starts < 0, -1, first), np.where(ends < 0, -1, last)


# --- problems


def _several_projects(table: str, n: int) -> Problem:
    return Problem(
        "SB-FILE-56",
        "stop",
        f"The database holds {n} projects; one is needed.",
        table=table,
        why="Codings of different projects would be mixed.",
        done="Refused.",
        fix="Export the one project (Project info > Export > SQLite3).",
    )


def _dangling(table: str) -> Problem:
    return Problem(
        "SB-FILE-42",
        "stop",
        "Some highlights have no usable position, document or tag.",
        table=table,
        why="They could be counted for no interview at all.",
        done="Refused.",
        fix="Export the project again from Taguette.",
    )


def _broken_page(table: str) -> Problem:
    return Problem(
        "SB-FILE-57",
        "stop",
        "The text of a document is not HTML that can be read.",
        table=table,
        why="Positions count its characters.",
        done="Refused.",
        fix="Export the project again from Taguette.",
    )
