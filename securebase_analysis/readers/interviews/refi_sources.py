"""The sources of a REFI-QDA project, and everything that is coded in them."""

from __future__ import annotations

from collections import Counter

from securebase_analysis.readers.interviews.offsets import BEYOND_ANY_TEXT
from securebase_analysis.readers.interviews.records import Coding, Records, SourceRecord, stable_guid
from securebase_analysis.readers.interviews.refi_elements import guid_of, values_of, without_folder, words_of
from securebase_analysis.readers.interviews.refi_problems import (
    broken_codings,
    coded_memos,
    no_text,
    paths_as_names,
    rich_text_used,
    unread_codings,
)
from securebase_analysis.readers.interviews.refi_texts import Texts
from securebase_analysis.readers.safe_xml import Element

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


class SourcesReading:
    """Takes one source after the other, as they come out of the XML; collects records and every problem.

    Parameters
    ----------
    out : Records
        Where the sources, codings and memos go.
    texts : Texts
        Where their texts are.
    """

    def __init__(self, out: Records, texts: Texts) -> None:
        self._out = out
        self._texts = texts
        self.values: list[list[tuple[str, str | None]]] = []
        self.left_out: Counter[str] = Counter()
        self._repeated: dict[str, str] = {}
        self._broken: dict[str, list[int]] = {}
        self._without_text: list[int] = []
        self._from_rich_text: list[int] = []
        self._paths_as_names: list[int] = []
        self._coded_memos: list[int] = []
        self._handled = 0
        self._unread = 0

    # --- what is taken from the stream

    def source(self, element: Element) -> None:
        """One source: its text, the codings of the whole, of its passages and of its regions."""
        index, kind = len(self._out.sources), SOURCE_KINDS[element.tag]
        handled_before = self._handled
        guid = guid_of(element.get("guid")) or stable_guid("source", index)
        self._add_source(SourceRecord(guid, self._name(element), kind), element)
        holders = [element] if kind == "text" else [child for child in element if child.tag in TEXT_HOLDERS]
        self._add_codings(element, Coding(index, "document"))
        for selection in element:
            if selection.tag in REGION_KINDS:
                self._add_codings(selection, self._region(selection, index), deep=True)
        for number, holder in enumerate(holders):
            self._read_text(holder, index, is_first=number == 0)
        if kind != "text":
            self._add_passages(element, index)
        self._unread += sum(1 for _ in element.iter("Coding")) - (self._handled - handled_before)
        self._count_left_out(element)

    def memo(self, element: Element) -> None:
        """One memo; one that someone coded is a source as well."""
        text = self._texts.plain(element, 0) or self._texts.rich(element)
        self._out.notes.append(
            {
                "note": without_folder(element.get("name") or ""),
                "text": text.normal if text else words_of(element, "Description"),
                "coder": guid_of(element.get("creatingUser")),
                "created": element.get("creationDateTime"),
                "guid": guid_of(element.get("guid")),
            }
        )
        if next(element.iter("Coding"), None) is not None:
            index = len(self._out.sources)
            guid = guid_of(element.get("guid")) or stable_guid("memo", len(self._out.notes))
            self._add_source(SourceRecord(guid, self._name(element), "text"), element)
            self._coded_memos.append(index + 1)
            self._add_codings(element, Coding(index, "document"))
            self._read_text(element, index, is_first=True)

    def report(self, rest: Element | None) -> None:
        """Turn what was collected on the way into problems; `rest` is what no one took."""
        self._unread += 0 if rest is None else sum(1 for _ in rest.iter("Coding"))
        problems = self._out.problems
        if self._unread:
            problems.append(unread_codings(self._unread, self._out.table))
        problems += [broken_codings(what, list(dict.fromkeys(rows))) for what, rows in self._broken.items()]
        for rows, problem in (
            (self._without_text, no_text),
            (self._from_rich_text, rich_text_used),
            (self._paths_as_names, paths_as_names),
            (self._coded_memos, coded_memos),
        ):
            if rows:
                problems.append(problem(rows))

    # --- one source

    def _name(self, element: Element) -> str:
        """The name of a source, without the folders of someone's computer."""
        given = element.get("name") or ""
        if not given.strip():
            inner = next((child.get("name") for child in element if child.tag in TEXT_HOLDERS), None)
            given = inner or given
        name = without_folder(given)
        if name != given:
            self._paths_as_names.append(len(self._out.sources) + 1)
        return name

    def _add_source(self, record: SourceRecord, element: Element) -> None:
        self._out.sources.append(record)
        self.values.append(values_of(element))

    def _count_left_out(self, element: Element) -> None:
        """Count what stands with a source and has no place in the tables."""
        self.left_out["ties of memos to what they are about"] += sum(1 for _ in element.iter("NoteRef"))
        self.left_out["descriptions of sources"] += words_of(element, "Description") is not None

    def _read_text(self, holder: Element, index: int, is_first: bool) -> None:
        """A text and the codings on it; a second transcript that is coded becomes a source of its own."""
        record = self._out.sources[index]
        if not is_first:
            if next(holder.iter("Coding"), None) is None:
                return
            guid = guid_of(holder.get("guid")) or stable_guid("transcript", record.guid, len(self._out.sources))
            name = without_folder(holder.get("name") or "") or record.name
            record = SourceRecord(guid, name, record.kind)
            index = len(self._out.sources)
            self._add_source(record, holder)
        record.text = self._texts.plain(holder, index + 1)
        if record.text is None:
            record.text = self._texts.rich(holder)
            (self._without_text if record.text is None else self._from_rich_text).append(index + 1)
        if holder.tag in TEXT_HOLDERS:
            self._add_codings(holder, Coding(index, "document"))
        self._add_passages(holder, index)
        points = {guid_of(point.get("guid")): point for point in holder.iterfind("SyncPoint")}
        for selection in holder.iterfind("TranscriptSelection"):
            self._add_codings(selection, self._between(selection, points, index, record.kind))

    def _add_passages(self, holder: Element, index: int) -> None:
        """The passages of a text that stand directly under its holder."""
        for selection in holder.iterfind("PlainTextSelection"):
            start, end = self._position(selection, "startPosition"), self._position(selection, "endPosition")
            self._add_codings(selection, self._described(selection, Coding(index, "text", start=start, end=end)))

    def _between(self, selection: Element, points: dict[str | None, Element], index: int, kind: str) -> Coding:
        """A passage of a transcript between two points that tie text to time."""
        ends = [points.get(guid_of(selection.get(name))) for name in ("fromSyncPoint", "toSyncPoint")]
        if any(point is None for point in ends):
            self._broken.setdefault("sync point", []).append(len(self._out.codings) + 1)
            return self._described(selection, Coding(index, kind))
        first, last = (point for point in ends if point is not None)
        if first.get("position") is not None and last.get("position") is not None:
            start, end = self._position(first, "position"), self._position(last, "position")
            return self._described(selection, Coding(index, "text", start=start, end=end))
        region = f"{first.get('timeStamp')}-{last.get('timeStamp')} ms"
        return self._described(selection, Coding(index, kind, region=region))

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
        return self._described(selection, Coding(index, kind, region=region, text=text))

    def _position(self, element: Element, attribute: str) -> int | None:
        """A position as a number; what is not one is collected as broken."""
        position = _whole_number(element.get(attribute, ""))
        if position is None:
            self._broken.setdefault("position", []).append(len(self._out.codings) + 1)
            return None
        return max(min(position, BEYOND_ANY_TEXT), -BEYOND_ANY_TEXT)

    def _add_codings(self, holder: Element, where: Coding, deep: bool = False) -> None:
        """The codings at one place; a selection without any is kept as a highlight that no one coded."""
        n_before = len(self._out.codings)
        own = {_act(coding) for coding in holder.iterfind("Coding")} if deep else set()
        for coding in holder.iter("Coding") if deep else holder.iterfind("Coding"):
            self._handled += 1
            if own and _act(coding) in own and coding not in list(holder):
                self.left_out["codings of a page that its text repeats"] += 1
                continue
            codes = [self._once(guid_of(ref.get("targetGUID"))) for ref in coding.iterfind("CodeRef")]
            if not codes or None in codes:
                self._broken.setdefault("code", []).append(len(self._out.codings) + 1)
                continue
            # The coder is whoever made the coding. Whoever drew the selection is someone else as often as not.
            coder, created = self._made_by(coding)
            self._out.codings += [where._replace(code=code, coder=coder, created=created) for code in codes]
        if len(self._out.codings) == n_before and holder.tag.endswith("Selection"):
            coder, created = self._made_by(holder)
            self._out.codings.append(where._replace(coder=coder, created=created))

    def _made_by(self, element: Element) -> tuple[str | None, str | None]:
        """Who made a coding and when."""
        coder, created = guid_of(element.get("creatingUser")), element.get("creationDateTime")
        return self._once(coder), self._once(created)

    def _described(self, selection: Element, coding: Coding) -> Coding:
        """With the name, comment and identifier of its selection."""
        return coding._replace(
            name=selection.get("name") or None,
            comment=words_of(selection, "Description"),
            selection=guid_of(selection.get("guid")),
        )

    def _once(self, word: str | None) -> str | None:
        """The same words as one object: a project names few codes, coders and days very often."""
        return None if word is None else self._repeated.setdefault(word, word)


def _act(coding: Element) -> tuple[str | None, ...]:
    """Who gave which codes."""
    codes = (guid_of(ref.get("targetGUID")) for ref in coding.iterfind("CodeRef"))
    return guid_of(coding.get("creatingUser")), *codes


def _whole_number(words: str) -> int | None:
    """The number that words give, also as ``4.0``; None where they give none."""
    try:
        return int(words)
    except ValueError:
        pass
    try:
        number = float(words)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
