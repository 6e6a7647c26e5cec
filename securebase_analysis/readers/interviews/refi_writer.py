"""Coded interviews written as a REFI-QDA 1.0 project, the same bytes for the same interviews."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator, Mapping
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem, raise_if_stopped
from securebase_analysis.readers.interviews.code_tables import PATH_SEPARATOR
from securebase_analysis.readers.interviews.records import ORIGIN, stable_guid
from securebase_analysis.readers.interviews.refi_consistency import what_does_not_hang_together
from securebase_analysis.readers.interviews.refi_writable import (
    COLOR,
    MOMENT,
    REGIONS,
    CodedInterviews,
    what_cannot_be_written,
)
from securebase_analysis.readers.interviews.segment_frames import as_text, variable_type

Element = ElementTree.Element

XML_NAMESPACE = "urn:QDA-XML:project:1.0"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
SOURCE_TAGS = {
    "text": "TextSource",
    "picture": "PictureSource",
    "pdf": "PDFSource",
    "audio": "AudioSource",
    "video": "VideoSource",
}
VALUE_TAGS = {
    "Text": "TextValue",
    "Boolean": "BooleanValue",
    "Integer": "IntegerValue",
    "Float": "FloatValue",
    "Date": "DateValue",
    "DateTime": "DateTimeValue",
}
MEMBER_TAGS = {"code": "MemberCode", "source": "MemberSource", "note": "MemberNote"}  # in the order of the schema
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def write_project(interviews: CodedInterviews, path: Path) -> tuple[Problem, ...]:
    """Write the project; gives what the format has no place for."""
    raise_if_stopped(what_does_not_hang_together(interviews))
    problems = what_cannot_be_written(interviews)
    raise_if_stopped(problems)
    writing = _Writing(interviews)
    xml = ElementTree.tostring(writing.project(), encoding="utf-8", xml_declaration=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        _add_member(archive, "project.qde", xml)
        for name, text in writing.texts.items():
            _add_member(archive, f"sources/{name}", text.encode())
    try:
        path.write_bytes(packed.getvalue())
    except OSError:
        raise DataError(_unwritable(path.name)) from None
    return tuple(problems)


def _add_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """One file of the archive, without a trace of when and where it was written."""
    member = zipfile.ZipInfo(name, FIXED_TIME)
    member.create_system = 0
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, data, compresslevel=6)


class _Writing:
    """One project being written: the XML, and beside it the texts."""

    def __init__(self, interviews: CodedInterviews) -> None:
        self._all = interviews
        self.texts: dict[str, str] = {}
        self._coders = {name: stable_guid("coder", name) for name in interviews.coders["coder"]}
        self._codes = _guids(interviews.codes, "code")
        self._sources = _guids(interviews.sources, "source")
        self._notes = [
            stable_guid("note", number, name) for number, name in enumerate(interviews.notes["note"], start=1)
        ]
        self._note_by_name = dict(zip(interviews.notes["note"], self._notes, strict=True))

    def project(self) -> Element:
        """The whole document, in the order that the schema asks for."""
        project = Element("Project", {"xmlns": XML_NAMESPACE, "name": "interviews", "origin": ORIGIN})
        self._add_users(project)
        self._add_codes(project)
        self._add_cases(project)
        self._add_sources(project)
        self._add_notes(project)
        self._add_sets(project)
        return project

    def _add_users(self, project: Element) -> None:
        if self._coders:
            users = _child(project, "Users")
            for name, guid in self._coders.items():
                _child(users, "User", guid=guid, name=name)

    def _add_codes(self, project: Element) -> None:
        """The codes, each inside its parent."""
        if self._all.codes.empty:
            return
        top = _child(_child(project, "CodeBook"), "Codes")
        paths = dict(zip(self._all.codes["code"], self._all.codes["path"], strict=True))
        elements: dict[str, Element] = {}
        for row in _rows(self._all.codes):
            above = row["parent"]
            name = row["path"] if above is None else row["path"].removeprefix(paths[above] + PATH_SEPARATOR)
            color = row["color"] if COLOR.fullmatch(row["color"] or "") else None
            codable = "true" if row["is_codable"] else "false"
            element = Element(
                "Code", _given(guid=self._codes[row["code"]], name=name, isCodable=codable, color=color)
            )
            elements[row["code"]] = element
            (top if above is None else elements[above]).append(element)
            _add_text(element, "Description", row["description"])

    def _add_cases(self, project: Element) -> None:
        """Variables, and cases with their sources; a case whose sources differ is written once for each."""
        cases = self._all.cases
        variables = [column for column in cases.columns if column not in ("case", "source")]
        types = {name: variable_type(cases[name]) for name in variables}
        guids = {name: stable_guid("variable", name) for name in variables}
        if variables:
            holder = _child(project, "Variables")
            for name in variables:
                _child(holder, "Variable", guid=guids[name], name=name, typeOfVariable=types[name])
        if cases.empty:
            return
        holder = _child(project, "Cases")
        for number, (name, rows) in enumerate(_runs(_rows(cases), ("case", *variables)), start=1):
            case = _child(holder, "Case", guid=stable_guid("case", number, name[0]), name=name[0])
            for variable in variables:
                value = rows[0][variable]
                if value is not None:
                    element = _child(case, "VariableValue")
                    _child(element, "VariableRef", targetGUID=guids[variable])
                    _add_text(element, VALUE_TAGS[types[variable]], as_text(value, types[variable]))
            for row in rows:
                if row["source"] is not None:
                    _child(case, "SourceRef", targetGUID=self._sources[row["source"]])

    # --- sources

    def _add_sources(self, project: Element) -> None:
        if self._all.sources.empty:
            return
        holder = _child(project, "Sources")
        rows = [{**row, "coded": True} for row in _rows(self._all.segments)]
        rows += [{**row, "coded": False, "code": None} for row in _rows(self._all.uncoded)]
        by_source: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_source.setdefault(row["source"], []).append(row)
        for source in _rows(self._all.sources):
            self._add_source(holder, source, by_source.get(source["source"], []))

    def _add_source(self, holder: Element, source: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
        """One source with its passages, regions and codings of the whole."""
        guid, kind = self._sources[source["source"]], source["kind"]
        element = _child(holder, SOURCE_TAGS[kind], guid=guid, name=source["source"])
        passages = [row for row in rows if row["kind"] == "text"]
        regions = [row for row in rows if row["kind"] not in ("text", "document")]
        whole = [row for row in rows if row["kind"] == "document"]
        if kind == "text":
            self._fill_text(element, source, passages)
        elif kind == "picture":
            self._add_text_holder(element, "TextDescription", source, passages)
            self._add_regions(element, guid, regions)
        elif kind == "pdf":
            self._add_regions(element, guid, regions)
            self._add_text_holder(element, "Representation", source, passages)
        else:
            self._add_text_holder(element, "Transcript", source, passages)
            self._add_regions(element, guid, regions)
        for number, row in enumerate(whole):
            self._add_coding(element, row, stable_guid(guid, "whole", number))

    def _add_text_holder(
        self, element: Element, tag: str, source: Mapping[str, Any], passages: list[dict[str, Any]]
    ) -> None:
        """The text that belongs to a picture, page or recording."""
        if source["text"] is None and not passages:
            return
        holder = _child(element, tag, guid=stable_guid(self._sources[source["source"]], tag))
        if tag == "Transcript":
            self._fill_transcript(holder, source, passages)
        else:
            self._fill_text(holder, source, passages)

    def _add_path(self, holder: Element, source: Mapping[str, Any]) -> None:
        """Put the text beside the XML and name it."""
        if source["text"] is not None:
            name = f"{self._sources[source['source']]}.txt"
            self.texts[name] = source["text"]
            holder.set("plainTextPath", f"internal://{name}")

    def _fill_text(self, holder: Element, source: Mapping[str, Any], passages: list[dict[str, Any]]) -> None:
        """The path of a text and its selections."""
        self._add_path(holder, source)
        for number, rows in enumerate(_selections(passages)):
            place = {"startPosition": str(rows[0]["start"]), "endPosition": str(rows[0]["end"])}
            self._add_selection(holder, "PlainTextSelection", rows, number, place)

    def _fill_transcript(self, holder: Element, source: Mapping[str, Any], passages: list[dict[str, Any]]) -> None:
        """The path of a transcript, its points, and its selections between points."""
        self._add_path(holder, source)
        places = sorted({row[end] for row in passages for end in ("start", "end")})
        points = {place: stable_guid(holder.get("guid"), "point", place) for place in places}
        for place, guid in points.items():
            _child(holder, "SyncPoint", guid=guid, position=str(place))
        for number, rows in enumerate(_selections(passages)):
            between = {"fromSyncPoint": points[rows[0]["start"]], "toSyncPoint": points[rows[0]["end"]]}
            self._add_selection(holder, "TranscriptSelection", rows, number, between)

    def _add_regions(self, element: Element, guid: str, rows: list[dict[str, Any]]) -> None:
        """Parts of pictures, pages and recordings."""
        for number, group in enumerate(_selections(rows)):
            row = group[0]
            kind = row["kind"]
            tag = f"{SOURCE_TAGS[kind].removesuffix('Source')}Selection"
            place = _place_of(kind, row["region"])
            selection = self._add_selection(element, tag, group, number, place)
            if kind == "pdf" and row["text"] is not None:
                page = Element("Representation", guid=stable_guid(guid, "page", number))
                _add_text(page, "PlainTextContent", row["text"])
                selection.insert(1 if selection.find("Description") is not None else 0, page)

    def _add_selection(
        self, holder: Element, tag: str, rows: list[dict[str, Any]], number: int, place: Mapping[str, str]
    ) -> Element:
        """One place with all codings of a run of rows."""
        first = rows[0]
        guid = stable_guid(holder.get("guid"), tag, number)
        selection = _child(holder, tag, guid=guid, name=first["name"], **place)
        _add_text(selection, "Description", first["comment"])
        if not first["coded"]:
            selection.attrib.update(_given(**self._made_by(first)))
            return selection
        for place_in_run, row in enumerate(rows):
            self._add_coding(selection, row, stable_guid(guid, "coding", place_in_run))
        return selection

    def _add_coding(self, holder: Element, row: Mapping[str, Any], guid: str) -> None:
        coding = _child(holder, "Coding", guid=guid, **self._made_by(row))
        _child(coding, "CodeRef", targetGUID=self._codes[row["code"]])

    def _made_by(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """Who made a coding and when."""
        created = row["created"] if MOMENT.fullmatch(row["created"] or "") else None
        return {"creatingUser": self._coders.get(row["coder"] or ""), "creationDateTime": created}

    # --- memos and groups

    def _add_notes(self, project: Element) -> None:
        if self._all.notes.empty:
            return
        holder = _child(project, "Notes")
        for row, guid in zip(_rows(self._all.notes), self._notes, strict=True):
            note = _child(holder, "Note", guid=guid, name=row["note"], **self._made_by(row))
            _add_text(note, "PlainTextContent", row["text"])

    def _add_sets(self, project: Element) -> None:
        if self._all.sets.empty:
            return
        holder = _child(project, "Sets")
        members = {"source": self._sources, "code": self._codes, "note": self._note_by_name}
        for number, (name, rows) in enumerate(_sets(_rows(self._all.sets)), start=1):
            group = _child(holder, "Set", guid=stable_guid("set", number, name), name=name)
            for row in rows:
                guid = members[row["kind"]].get(row["member"] or "")
                if guid:
                    _child(group, MEMBER_TAGS[row["kind"]], targetGUID=guid)


def _guids(frame: pd.DataFrame, column: str) -> dict[str, str]:
    """The identifier of each name: its own, unless it is none or an earlier name has it."""
    repeated = frame["guid"].duplicated()
    guids: dict[str, str] = {}
    for name, guid, again in zip(frame[column], frame["guid"], repeated, strict=True):
        own = bool(GUID.fullmatch(str(guid))) and not again
        guids[name] = guid if own else stable_guid(column, name)
    return guids


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings, missing values as None."""
    return frame.astype("object").where(frame.notna(), None).to_dict("records")


def _runs(
    rows: list[dict[str, Any]], keys: tuple[str, ...]
) -> Iterator[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
    """Neighbouring rows that share the keys: the order of rows is kept whatever repeats later."""
    for key, group in groupby(rows, key=lambda row: tuple(row[name] for name in keys)):
        yield key, list(group)


def _place_of(kind: str, region: str) -> dict[str, str]:
    """The attributes of a region; a number that its program did not write is left out again."""
    found = REGIONS[kind].fullmatch(region)
    assert found is not None, "checked before anything is written"
    return {name: number for name, number in found.groupdict().items() if number != "None"}


def _sets(rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The members of each set. The schema wants codes, sources, notes: another order is written as two sets."""
    ranks = [tuple(MEMBER_TAGS).index(row["kind"]) for row in rows]
    parts = accumulate((before > here for before, here in pairwise(ranks)), initial=0)
    numbered = [{**row, "part": part} for row, part in zip(rows, parts, strict=False)]
    for (name, _), members in _runs(numbered, ("set", "part")):
        yield name or "", members


def _selections(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Runs of codings of one place; every uncoded highlight stands alone."""
    for _, group in _runs(rows, ("coded", "start", "end", "region", "name", "comment", "text")):
        if group[0]["coded"]:
            yield group
        else:
            yield from ([row] for row in group)


def _given(**attributes: str | None) -> dict[str, str]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def _child(parent: Element, tag: str, **attributes: str | None) -> Element:
    return ElementTree.SubElement(parent, tag, _given(**attributes))


def _add_text(parent: Element, tag: str, text: str | None) -> None:
    """A child that holds text, when there is some."""
    if text is not None:
        ElementTree.SubElement(parent, tag).text = text


def _unwritable(name: str) -> Problem:
    return Problem(
        "SB-OUT-44",
        "stop",
        "The file cannot be written.",
        table=name,
        done="Nothing was written.",
        fix="Check that the folder exists and that the file is not open in another program.",
    )
