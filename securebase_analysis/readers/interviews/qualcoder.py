"""QualCoder projects (the database data.qda): free, and every coding knows its coder."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.interviews.changed_transcripts import changed_since_coding
from securebase_analysis.readers.interviews.left_out import not_taken_over
from securebase_analysis.readers.interviews.offsets import BYTE_ORDER_MARK, Convention, SourceText
from securebase_analysis.readers.interviews.records import (
    CaseRecord,
    CodeRecord,
    Coding,
    Records,
    SourceRecord,
    stable_guid,
)
from securebase_analysis.readers.interviews.shared_sources import Tie, shared_in_parts
from securebase_analysis.readers.sqlite_file import (
    moment,
    read_only,
    read_rows,
    unsaved_changes,
    whole,
    words,
)
from securebase_analysis.results.wording import count

TABLES = frozenset({"source", "code_name", "code_text"})
REQUIRED = {
    "source": ("id", "name", "fulltext"),
    "code_name": ("cid", "name"),
    "code_text": ("cid", "fid", "pos0", "pos1"),
}
OPTIONAL = {
    "source": ("mediapath", "memo"),
    "code_name": ("memo", "catid", "color", "supercid"),
    "code_text": ("seltext", "owner", "date", "memo", "avid", "important"),
}
# Tables that older or smaller projects lack.
EXTRA = {
    "code_cat": ("catid", "name", "memo", "supercatid"),
    "code_image": ("id", "x1", "y1", "width", "height", "cid", "memo", "date", "owner", "important", "pdf_page"),
    "code_av": ("avid", "id", "pos0", "pos1", "cid", "memo", "date", "owner", "important"),
    "cases": ("caseid", "name", "memo"),
    "case_text": ("caseid", "fid", "pos0", "pos1"),
    "attribute_type": ("name", "valuetype"),
    "attribute": ("name", "attr_type", "value", "id"),
    "journal": ("name", "jentry", "date", "owner"),
    "annotation": ("fid", "memo", "date", "owner"),
}
MEDIA_KINDS = {"images": "picture", "audio": "audio", "video": "video"}

Rows = dict[str, list[dict[str, Any]]]


def read_database(path: Path) -> Records:
    """The records of a QualCoder database."""
    # Positions are Python's own: code points of the text as stored, whatever its line ends.
    out = Records(path.name, convention=Convention("code points", bom_counted=True))
    with read_only(path) as connection:
        tables: Rows = {
            table: read_rows(connection, path.name, table, required, OPTIONAL[table])
            for table, required in REQUIRED.items()
        }
        for table, columns in EXTRA.items():
            tables[table] = read_rows(connection, path.name, table, (), columns, may_be_absent=True)
    unsaved_changes(path, out.problems)
    _add_codes(out, tables)
    place = _add_sources(out, tables)
    _add_coders(out, tables)
    _add_text_codings(out, tables["code_text"], place)
    _add_media_codings(out, tables, place)
    _add_cases(out, tables, place)
    _add_notes(out, tables)
    _say_what_is_left_out(out, tables)
    _say_what_stands_twice(out, tables)
    return out


def _guid(table: str, number: object) -> str:
    return stable_guid("qualcoder", table, number)


def _coder(owner: Any) -> str | None:
    return stable_guid("coder", owner) if words(owner) else None


def _add_codes(out: Records, tables: Rows) -> None:
    """Categories as codes that cannot be applied, and codes under their category or under another code."""
    for category in tables["code_cat"]:
        above = category["supercatid"]
        out.codes.append(
            CodeRecord(
                _guid("code_cat", category["catid"]),
                words(category["name"]) or "",
                None if above is None else _guid("code_cat", above),
                words(category["memo"]),
                is_codable=False,
            )
        )
    for code in tables["code_name"]:
        parent = None
        if code["supercid"] is not None:
            parent = _guid("code_name", code["supercid"])
        elif code["catid"] is not None:
            parent = _guid("code_cat", code["catid"])
        guid, name = _guid("code_name", code["cid"]), words(code["name"]) or ""
        out.codes.append(CodeRecord(guid, name, parent, words(code["memo"]), words(code["color"])))


def _add_sources(out: Records, tables: Rows) -> dict[Any, int]:
    """The sources, and the place of each by its number."""
    place: dict[Any, int] = {}
    for index, source in enumerate(tables["source"]):
        media = str(source["mediapath"] or "").casefold()
        folder = re.split("[:/]", media.lstrip("/"))[0]
        kind = MEDIA_KINDS.get(folder, "text")
        if kind == "text" and media.endswith(".pdf"):
            kind = "pdf"
        full = source["fulltext"]
        text = None
        if isinstance(full, str) and (full or kind == "text"):
            text = SourceText(full.removeprefix(BYTE_ORDER_MARK), full.startswith(BYTE_ORDER_MARK))
        place[source["id"]] = index
        name = words(source["name"]) or ""
        out.sources.append(SourceRecord(_guid("source", source["id"]), name, kind, text))
    return place


def _add_coders(out: Records, tables: Rows) -> None:
    """Everyone who coded, in the order of the tables."""
    for table in ("code_text", "code_image", "code_av", "journal", "annotation"):
        for row in tables[table]:
            guid = _coder(row["owner"])
            if guid:
                out.coders.setdefault(guid, str(row["owner"]))


def _add_text_codings(out: Records, rows: list[dict[str, Any]], place: dict[Any, int]) -> None:
    """Codings of text, each compared with the words that were kept when it was made."""
    broken: list[int] = []
    shifted: list[int] = []
    for number, row in enumerate(rows, start=1):
        start, end = whole(row["pos0"]), whole(row["pos1"])
        if row["fid"] not in place or start is None or end is None:
            broken.append(number)
            continue
        index = place[row["fid"]]
        text = out.sources[index].text
        if text is not None and words(row["seltext"]) and 0 <= start <= end:
            as_stored = (BYTE_ORDER_MARK if text.has_bom else "") + text.characters
            if as_stored[start:end].split() != str(row["seltext"]).split() and end <= len(as_stored):
                shifted.append(number)
        coding = Coding(index, "text", start=start, end=end, selection=_guid("code_text", number))
        out.codings.append(_described(coding, row))
    if broken:
        out.problems.append(_broken(broken))
    if shifted:
        out.problems.append(changed_since_coding(shifted, "code_text"))


def _described(coding: Coding, row: dict[str, Any]) -> Coding:
    """With the code, coder, date and memo of its row."""
    return coding._replace(
        code=_guid("code_name", row["cid"]),
        coder=_coder(row["owner"]),
        created=moment(row["date"]),
        comment=words(row["memo"]),
    )


def _add_media_codings(out: Records, tables: Rows, place: dict[Any, int]) -> None:
    """Codings of pictures, PDF pages and recordings."""
    for row in tables["code_image"]:
        index = place.get(row["id"])
        corner = [row[name] for name in ("x1", "y1", "width", "height")]
        if index is None or not all(isinstance(value, int | float) and math.isfinite(value) for value in corner):
            raise DataError(_broken([], "code_image"))
        x, y, width, height = (int(value) for value in corner)
        corners = f"{x},{y},{x + width},{y + height}"
        page = whole(row["pdf_page"])
        kind = "picture" if page is None else "pdf"
        region = corners if page is None else f"page {page}: {corners}"
        out.codings.append(_described(Coding(index, kind, region=region), row))
    for row in tables["code_av"]:
        index, begin, end = place.get(row["id"]), whole(row["pos0"]), whole(row["pos1"])
        if index is None or begin is None or end is None:
            raise DataError(_broken([], "code_av"))
        kind = out.sources[index].kind
        out.codings.append(_described(Coding(index, kind, region=f"{begin}-{end} ms"), row))


def _add_cases(out: Records, tables: Rows, place: dict[Any, int]) -> None:
    """Cases, the sources in them, and what is known about cases and sources."""
    cases = {row["caseid"]: CaseRecord(words(row["name"])) for row in tables["cases"]}
    ties: list[Tie] = []
    for row in tables["case_text"]:
        case, index = cases.get(row["caseid"]), place.get(row["fid"])
        if case is not None and index is not None:
            ties.append(Tie(str(row["caseid"]), index, _is_whole(row, out.sources[index].text)))
            if index not in case.sources:
                case.sources.append(index)
    out.problems += shared_in_parts(ties)
    for row in tables["attribute_type"]:
        name = words(row["name"])
        if name:
            out.variable_types[name] = "Float" if row["valuetype"] == "numeric" else "Text"
    for row in tables["attribute"]:
        name, value, about = words(row["name"]), words(row["value"]), row["id"]
        if name and row["attr_type"] == "case" and about in cases:
            cases[about].variables[name] = value
        elif name and row["attr_type"] == "file" and about in place:
            out.sources[place[about]].variables[name] = value
    out.cases = list(cases.values())


def _is_whole(row: dict[str, Any], text: SourceText | None) -> bool:
    """Whether a case holds all of a text; nothing else has parts."""
    begin, end = whole(row["pos0"]), whole(row["pos1"])
    return text is None or (not begin and (not end or end >= len(text.characters.rstrip())))


def _add_notes(out: Records, tables: Rows) -> None:
    """The journal and the annotations of texts."""
    for row in tables["journal"]:
        out.notes.append(_note(words(row["name"]) or "journal", row["jentry"], row))
    for row in tables["annotation"]:
        out.notes.append(_note("annotation", row["memo"], row))


def _note(name: str, text: Any, row: dict[str, Any]) -> dict[str, Any]:
    return {"note": name, "text": words(text), "coder": _coder(row["owner"]), "created": moment(row["date"])}


def _say_what_is_left_out(out: Records, tables: Rows) -> None:
    """Count what the tables have no place for, and say it."""
    codings = [row for table in ("code_text", "code_image", "code_av") for row in tables[table]]
    counted = {
        "memos of sources": sum(words(row["memo"]) is not None for row in tables["source"]),
        "memos of cases": sum(words(row["memo"]) is not None for row in tables["cases"]),
        "places of annotations": len(tables["annotation"]),
        "codings marked as important": sum(row["important"] == 1 for row in codings),
    }
    left_out = {what: n for what, n in counted.items() if n}
    if left_out:
        out.problems.append(not_taken_over(left_out, out.table))


def _say_what_stands_twice(out: Records, tables: Rows) -> None:
    """Warn of codings of a transcript that are tied to the same code on the recording."""
    on_tape = {(row["avid"], row["cid"]) for row in tables["code_av"] if row["avid"] is not None}
    twice = [
        number
        for number, row in enumerate(tables["code_text"], start=1)
        if row["avid"] is not None and (row["avid"], row["cid"]) in on_tape
    ]
    if twice:
        out.problems.append(_on_tape_and_in_text(twice))


def _on_tape_and_in_text(rows: list[int]) -> Problem:
    return Problem(
        "SB-CODE-68",
        "warn",
        f"{count(len(rows), 'coding of a transcript is', 'codings of transcripts are')} tied to the same code on "
        "the recording.",
        table="code_text",
        column="avid",
        rows=rows,
        why="One act of coding counts twice wherever segments are counted.",
        done="Both were kept, as the project has them. Rows count codings in the order of the file.",
        fix="Count either transcripts or recordings; without recordings: "
        "segments[~segments['kind'].isin(['audio', 'video'])].",
    )


def _broken(rows: list[int], table: str = "code_text") -> Problem:
    return Problem(
        "SB-FILE-42",
        "stop",
        "Some codings have no usable source or position.",
        table=table,
        column="fid, pos0, pos1" if table == "code_text" else "id",
        rows=rows,
        why="Where they were coded cannot be known.",
        done="Refused.",
        fix="Open the project in QualCoder, delete these codings or mend their file, and read it again.",
    )
