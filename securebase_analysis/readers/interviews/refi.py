"""REFI-QDA projects (.qdpx) and codebooks (.qdc), as the programs that write them really write them.

Not in such a file, whatever the program: NVivo's datasets, framework matrices, relationships and sentiment detail,
MAXQDA's weights, the author and date of ATLAS.ti memos on passages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.interviews.offsets import BEYOND_ANY_TEXT, BYTE_ORDER_MARK, STANDARD, SourceText
from securebase_analysis.readers.interviews.records import (
    ORIGIN,
    CaseRecord,
    CodeRecord,
    Coding,
    Records,
    SourceRecord,
    stable_guid,
)
from securebase_analysis.readers.interviews.refi_problems import (
    broken_codings,
    no_text,
    not_refi,
    not_utf8,
    rich_text_used,
    unread_codings,
)
from securebase_analysis.readers.interviews.rich_text import docx_text
from securebase_analysis.readers.safe_xml import Element, parse_xml

SOURCE_KINDS = {
    "TextSource": "text",
    "PictureSource": "picture",
    "PDFSource": "pdf",
    "AudioSource": "audio",
    "VideoSource": "video",
}
REGION_KINDS = {
    "PictureSelection": "picture",
    "PDFSelection": "pdf",
    "AudioSelection": "audio",
    "VideoSelection": "video",
}
TEXT_HOLDERS = ("Representation", "TextDescription", "Transcript")
VALUE_TAGS = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")
SET_MEMBERS = {"MemberSource": "source", "MemberCode": "code", "MemberNote": "note"}


def read_project(path: Path) -> Records:
    """The records of a .qdpx project."""
    with Archive(path) as archive:
        root = parse_xml(archive.read(_project_member(archive)), path.name)
        if root.tag != "Project":
            raise DataError(not_refi(path.name, "Project"))
        return _Reading(root, path.name, archive).records()


def read_codebook(path: Path) -> Records:
    """The records of a bare XML file: a .qdc codebook, or a project whose texts are not beside it."""
    root = parse_xml(path.read_bytes(), path.name)
    if root.tag not in ("CodeBook", "Project"):
        raise DataError(not_refi(path.name, "CodeBook"))
    return _Reading(root, path.name, None).records()


def _project_member(archive: Archive) -> str:
    """The one .qde file of the archive, whatever its name."""
    found = [name for name in archive.names if name.casefold().endswith(".qde") and "__MACOSX" not in name]
    if len(found) == 1:
        return found[0]
    raise DataError(
        Problem(
            "SB-FILE-40",
            "stop",
            f"A REFI-QDA project holds exactly one .qde file; this archive holds {len(found)}.",
            table=archive.name,
            why="Which project is meant cannot be known.",
            done="Refused.",
            fix="Export the project again as REFI-QDA project (.qdpx).",
        )
    )


def guid_of(text: str | None) -> str | None:
    """An identifier without braces and in lower case, or None."""
    cleaned = (text or "").strip().strip("{}").strip().lower()
    return cleaned or None


class _Reading:
    """One pass over a project; collects records and every problem."""

    def __init__(self, root: Element, table: str, archive: Archive | None) -> None:
        self._root = root
        self._archive = archive
        # Files of our own keep to the standard; there is nothing to find out.
        ours = (root.get("origin") or "") == ORIGIN
        self._out = Records(table, convention=STANDARD if ours else None)
        self._texts: dict[str, SourceText | None] = {}
        self.broken_codings: dict[str, list[int]] = {}
        self._without_text: list[int] = []
        self._from_rich_text: list[int] = []

    def records(self) -> Records:
        """Everything the file says."""
        self._read_users()
        self._read_codes()
        variables = self._read_variables()
        self._read_sources(variables)
        self._read_cases(variables)
        self._read_notes()
        self._read_sets()
        self._report()
        return self._out

    # --- lists

    def _read_users(self) -> None:
        for user in self._root.iterfind("Users/User"):
            guid = guid_of(user.get("guid"))
            if guid:
                self._out.coders[guid] = (user.get("name") or user.get("id") or "").strip()

    def _read_codes(self) -> None:
        """The codes, parents before children, without recursion: depth is the file's choice."""
        top = self._root if self._root.tag == "CodeBook" else self._root.find("CodeBook")
        holder = None if top is None else top.find("Codes")
        waiting: list[tuple[Element, str | None]] = [(code, None) for code in reversed(_all(holder, "Code"))]
        while waiting:
            code, parent = waiting.pop()
            guid = guid_of(code.get("guid")) or stable_guid("code", len(self._out.codes))
            name = (code.get("name") or "").strip() or f"code {len(self._out.codes) + 1}"
            codable = (code.get("isCodable") or "true").strip().casefold() in ("true", "1")
            self._out.codes.append(
                CodeRecord(guid, name, parent, _text(code, "Description"), code.get("color") or None, codable)
            )
            waiting += [(child, guid) for child in reversed(_all(code, "Code"))]

    def _read_variables(self) -> dict[str, str]:
        """Variable names by identifier; their types go to the records."""
        names: dict[str, str] = {}
        for variable in self._root.iterfind("Variables/Variable"):
            guid, name = guid_of(variable.get("guid")), (variable.get("name") or "").strip()
            if guid and name:
                names[guid] = name
                self._out.variable_types[name] = variable.get("typeOfVariable") or "Text"
        return names

    def _read_cases(self, variables: dict[str, str]) -> None:
        """Cases, with the sources they name, those of the selections they name, and those coded with the case."""
        place = {source.guid: index for index, source in enumerate(self._out.sources)}
        of_selection = {c.selection: c.source for c in self._out.codings if c.selection}
        case_elements = list(self._root.iterfind("Cases/Case"))
        guids = {guid_of(case.get("guid")) for case in case_elements} - {None}
        coded: dict[str, list[int]] = {}
        for coding in self._out.codings:
            if coding.code in guids:
                coded.setdefault(str(coding.code), []).append(coding.source)
        for case in case_elements:
            guid = guid_of(case.get("guid"))
            named = [place.get(guid_of(ref.get("targetGUID")) or "") for ref in case.iterfind("SourceRef")]
            marked = [
                of_selection.get(guid_of(ref.get("targetGUID")) or "") for ref in case.iterfind("SelectionRef")
            ]
            sources = [index for index in [*named, *marked, *coded.get(guid or "", [])] if index is not None]
            name = (case.get("name") or "").strip() or None
            values = self._values(case, variables)
            self._out.cases.append(CaseRecord(name, list(dict.fromkeys(sources)), values, guid))
        self._out.codings = [coding for coding in self._out.codings if coding.code not in guids]

    def _values(self, holder: Element, variables: dict[str, str]) -> dict[str, str | None]:
        """Variable values of a case or source; one without a value element is missing."""
        values: dict[str, str | None] = {}
        for value in holder.iterfind("VariableValue"):
            ref = value.find("VariableRef")
            name = variables.get(guid_of(None if ref is None else ref.get("targetGUID")) or "")
            if name:
                given = next((_text(value, tag) for tag in VALUE_TAGS if value.find(tag) is not None), None)
                values[name] = given
        return values

    def _read_notes(self) -> None:
        for note in self._root.iterfind("Notes/Note"):
            text = self._plain_text(note)
            self._out.notes.append(
                {
                    "note": note.get("name") or "",
                    "text": text.normal if text else _text(note, "Description"),
                    "coder": guid_of(note.get("creatingUser")),
                    "created": note.get("creationDateTime"),
                    "guid": guid_of(note.get("guid")),
                }
            )

    def _read_sets(self) -> None:
        """Groups of sources, codes and notes; codebooks write `guid` where projects write `targetGUID`."""
        for group in [*self._root.iterfind("Sets/Set"), *self._root.iterfind("CodeBook/Sets/Set")]:
            for member in group:
                guid = guid_of(member.get("targetGUID") or member.get("guid"))
                if member.tag in SET_MEMBERS and guid:
                    self._out.sets.append((group.get("name") or "", SET_MEMBERS[member.tag], guid))

    # --- sources

    def _read_sources(self, variables: dict[str, str]) -> None:
        from tqdm import tqdm

        holder = self._root.find("Sources")
        elements = [element for element in ([] if holder is None else holder) if element.tag in SOURCE_KINDS]
        for element in tqdm(elements, desc="sources", delay=3, leave=False, disable=None):
            self._read_source(element, self._values(element, variables))
        in_file = sum(1 for _ in ([] if holder is None else holder.iter("Coding")))
        unread = (
            in_file - sum(coding.code is not None for coding in self._out.codings) - len(self._broken_codings())
        )
        if unread:
            self._out.problems.append(unread_codings(unread, self._out.table))

    def _read_source(self, element: Element, values: dict[str, str | None]) -> None:
        """One source: its text, the codings of the whole, of its passages and of its regions."""
        index, kind = len(self._out.sources), SOURCE_KINDS[element.tag]
        guid = guid_of(element.get("guid")) or stable_guid("source", index)
        record = SourceRecord(guid, element.get("name") or "", kind, variables=dict(values))
        self._out.sources.append(record)
        holders = [element] if kind == "text" else [child for child in element if child.tag in TEXT_HOLDERS]
        self._add_codings(element, Coding(index, "document"))
        for selection in element:
            if selection.tag in REGION_KINDS:
                self._add_codings(selection, self._region(selection, index), deep=True)
        for number, holder in enumerate(holders):
            self._read_text(holder, index, is_first=number == 0)

    def _read_text(self, holder: Element, index: int, is_first: bool) -> None:
        """A text and the codings on it; a second transcript that is coded becomes a source of its own."""
        record = self._out.sources[index]
        if not is_first:
            if next(holder.iter("Coding"), None) is None:
                return
            guid = guid_of(holder.get("guid")) or stable_guid("transcript", record.guid, len(self._out.sources))
            record = SourceRecord(guid, holder.get("name") or record.name, record.kind)
            index = len(self._out.sources)
            self._out.sources.append(record)
        record.text = self._plain_text(holder)
        if record.text is None and (holder.get("richTextPath") or "").casefold().endswith(".docx"):
            record.text = self._rich_text(holder, index)
        if record.text is None:
            self._without_text.append(index + 1)
        if holder.tag in TEXT_HOLDERS:
            self._add_codings(holder, Coding(index, "document"))
        for selection in holder.iterfind("PlainTextSelection"):
            start, end = self._position(selection, "startPosition"), self._position(selection, "endPosition")
            self._add_codings(selection, _described(selection, Coding(index, "text", start=start, end=end)))
        points = {guid_of(point.get("guid")): point for point in holder.iterfind("SyncPoint")}
        for selection in holder.iterfind("TranscriptSelection"):
            self._add_codings(selection, self._between(selection, points, index, record.kind))

    def _between(self, selection: Element, points: dict[str | None, Element], index: int, kind: str) -> Coding:
        """A passage of a transcript between two points that tie text to time."""
        ends = [points.get(guid_of(selection.get(name))) for name in ("fromSyncPoint", "toSyncPoint")]
        if any(point is None for point in ends):
            self.broken_codings.setdefault("sync point", []).append(len(self._out.codings) + 1)
            return _described(selection, Coding(index, kind))
        first, last = (point for point in ends if point is not None)
        if first.get("position") is not None and last.get("position") is not None:
            start, end = self._position(first, "position"), self._position(last, "position")
            return _described(selection, Coding(index, "text", start=start, end=end))
        region = f"{first.get('timeStamp')}-{last.get('timeStamp')} ms"
        return _described(selection, Coding(index, kind, region=region))

    def _region(self, selection: Element, index: int) -> Coding:
        """A part of a picture, page or recording."""
        kind = REGION_KINDS[selection.tag]
        if kind in ("audio", "video"):
            region = f"{selection.get('begin')}-{selection.get('end')} ms"
        else:
            corners = ",".join(str(selection.get(name)) for name in ("firstX", "firstY", "secondX", "secondY"))
            region = f"page {selection.get('page')}: {corners}" if kind == "pdf" else corners
        inner = selection.find("Representation/PlainTextContent")
        text = None if inner is None else inner.text
        return _described(selection, Coding(index, kind, region=region, text=text))

    def _position(self, element: Element, attribute: str) -> int | None:
        """A position as a number; what is not one is collected as broken."""
        try:
            position = int(element.get(attribute, ""))
        except ValueError:
            self.broken_codings.setdefault("position", []).append(len(self._out.codings) + 1)
            return None
        return max(min(position, BEYOND_ANY_TEXT), -BEYOND_ANY_TEXT)

    def _add_codings(self, holder: Element, where: Coding, deep: bool = False) -> None:
        """The codings at one place; a selection without any is kept as a highlight that no one coded."""
        codings: Iterable[Element] = holder.iter("Coding") if deep else holder.iterfind("Coding")
        n_before = len(self._out.codings)
        for coding in codings:
            ref = coding.find("CodeRef")
            code = guid_of(None if ref is None else ref.get("targetGUID"))
            if code is None:
                self.broken_codings.setdefault("code", []).append(len(self._out.codings) + 1)
                continue
            # The coder is whoever made the coding. Whoever drew the selection is someone else as often as not.
            self._out.codings.append(
                where._replace(
                    code=code,
                    coder=guid_of(coding.get("creatingUser")),
                    created=coding.get("creationDateTime"),
                )
            )
        if len(self._out.codings) == n_before and holder.tag.endswith("Selection"):
            self._out.codings.append(
                where._replace(coder=guid_of(holder.get("creatingUser")), created=holder.get("creationDateTime"))
            )

    def _broken_codings(self) -> list[int]:
        return self.broken_codings.get("code", [])

    # --- texts

    def _plain_text(self, holder: Element) -> SourceText | None:
        """The text in the XML, else the text file it names, else None."""
        content = holder.find("PlainTextContent")
        if content is not None and content.text:
            characters = content.text
            return SourceText(characters.removeprefix(BYTE_ORDER_MARK), characters.startswith(BYTE_ORDER_MARK))
        path = holder.get("plainTextPath")
        if not path:
            return None if content is None else SourceText("")
        if path not in self._texts:
            self._texts[path] = self._from_member(path, self._decoded)
        return self._texts[path]

    def _rich_text(self, holder: Element, index: int) -> SourceText | None:
        """The words of the Word document beside a missing plain text."""
        text = self._from_member(
            holder.get("richTextPath", ""), lambda data: SourceText(docx_text(data, self._out.table))
        )
        if text is not None:
            self._from_rich_text.append(index + 1)
        return text

    def _from_member(self, path: str, decode: Callable[[bytes], SourceText]) -> SourceText | None:
        """A file inside the archive; paths that lead out of it are never followed."""
        if self._archive is None:
            return None
        name = PurePosixPath(path.partition("://")[2] or path).name
        found = next(filter(None, (self._archive.find(f"{folder}{name}") for folder in ("sources/", ""))), None)
        return None if found is None else decode(self._archive.read(found))

    def _decoded(self, data: bytes) -> SourceText:
        """UTF-8, or UTF-16 with its mark; anything else is refused, not guessed."""
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            characters = data.decode(encoding)
        except UnicodeDecodeError:
            raise DataError(not_utf8(self._out.table, len(self._out.sources))) from None
        has_bom = encoding == "utf-16" or characters.startswith(BYTE_ORDER_MARK)
        return SourceText(characters.removeprefix(BYTE_ORDER_MARK), has_bom)

    # --- problems

    def _report(self) -> None:
        """Turn what was collected on the way into problems."""
        for what, rows in self.broken_codings.items():
            self._out.problems.append(broken_codings(what, rows))
        if self._without_text:
            self._out.problems.append(no_text(self._without_text))
        if self._from_rich_text:
            self._out.problems.append(rich_text_used(self._from_rich_text))


def _all(holder: Element | None, tag: str) -> list[Element]:
    return [] if holder is None else list(holder.iterfind(tag))


def _text(holder: Element, tag: str) -> str | None:
    """The text of a child, or None when it has none."""
    child = holder.find(tag)
    return None if child is None or not child.text else child.text


def _described(selection: Element, coding: Coding) -> Coding:
    """With the name, comment and identifier of its selection."""
    return coding._replace(
        name=selection.get("name") or None,
        comment=_text(selection, "Description"),
        selection=guid_of(selection.get("guid")),
    )
