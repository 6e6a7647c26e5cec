"""REFI-QDA projects (.qdpx) and codebooks (.qdc), as the programs that write them really write them.

A project is read in one pass and never held as a whole: each source leaves the XML as soon as it is complete.

Not in such a file, whatever the program: NVivo's datasets, framework matrices, relationships and sentiment detail,
MAXQDA's weights, the author and date of ATLAS.ti memos on passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from securebase_analysis.errors import DataError
from securebase_analysis.readers.archive import BLOCK, Archive
from securebase_analysis.readers.interviews.left_out import not_taken_over
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.records import ORIGIN, CaseRecord, CodeRecord, Records, stable_guid
from securebase_analysis.readers.interviews.refi_cases import TiesOfCases, told_apart
from securebase_analysis.readers.interviews.refi_elements import (
    children_of,
    guid_of,
    values_of,
    without_folder,
    words_of,
)
from securebase_analysis.readers.interviews.refi_problems import (
    astray,
    doubled_identifiers,
    not_one_project,
    not_refi,
    values_given_twice,
)
from securebase_analysis.readers.interviews.refi_sources import SOURCE_KINDS, SourcesReading
from securebase_analysis.readers.interviews.refi_texts import Texts, UnpackedFolder
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.readers.safe_xml import Element, stream_xml

SET_MEMBERS = {"MemberSource": "source", "MemberCode": "code", "MemberNote": "note"}


def read_project(path: Path) -> Records:
    """The records of a .qdpx project."""
    with Archive(path) as archive:
        member = _project_member(archive)
        folder = member[: member.rfind("/") + 1]
        texts = Texts(archive, folder, path.name)
        with closing(archive.blocks(member)) as blocks:
            return _read(blocks, archive.size(member), path.name, texts, ("Project",))


def read_codebook(path: Path) -> Records:
    """The records of a bare XML file: a .qdc codebook, or the .qde of a project that someone unpacked."""
    texts = Texts(UnpackedFolder(path.parent), "", path.name)
    with closing(_blocks(path)) as blocks:
        return _read(blocks, path.stat().st_size, path.name, texts, ("CodeBook", "Project"))


def _blocks(path: Path) -> Generator[bytes]:
    """A file piece by piece."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _project_member(archive: Archive) -> str:
    """The one .qde file of the archive, whatever its name."""
    found = [name for name in archive.names if name.casefold().endswith(".qde") and "__MACOSX" not in name]
    if len(found) == 1:
        return found[0]
    packed = [name for name in archive.names if name.casefold().endswith((".qdpx", ".qda"))]
    raise DataError(not_one_project(archive.name, len(found), is_packed=bool(packed) and not found))


def _read(blocks: Iterator[bytes], n_bytes: int, table: str, texts: Texts, roots: tuple[str, ...]) -> Records:
    """The records of one XML document; a bar shows how far it was read when it takes long."""
    from tqdm import tqdm

    out = Records(table)
    sources = SourcesReading(out, texts)
    take = {**dict.fromkeys(SOURCE_KINDS, sources.source), "Note": sources.memo}
    with tqdm(total=n_bytes, desc="project", unit="B", unit_scale=True, delay=3, leave=False, disable=None) as bar:
        root = stream_xml(_counted(blocks, bar), table, take)
    if root.tag not in roots:
        raise DataError(not_refi(table, roots[0]))
    return _Reading(root, out, sources).records()


def _counted(blocks: Iterator[bytes], bar: object) -> Iterator[bytes]:
    """The blocks, each told to the bar."""
    for block in blocks:
        yield block
        bar.update(len(block))  # type: ignore[attr-defined]


class _Reading:
    """The lists of a project, once its sources were taken out of it."""

    def __init__(self, root: Element, out: Records, sources: SourcesReading) -> None:
        self._root, self._out, self._sources = root, out, sources
        self._astray = 0
        self._n_given_twice = 0
        self._doubled: Counter[str] = Counter()
        # Files of our own keep to the standard; there is nothing to find out.
        self._is_ours = (root.get("origin") or "") == ORIGIN
        self._out.convention = STANDARD if self._is_ours else None

    def records(self) -> Records:
        """Everything the file says."""
        self._read_users()
        self._read_codes()
        variables = self._read_variables()
        for source, values in zip(self._out.sources, self._sources.values, strict=True):
            source.variables = self._named(values, variables)
        self._read_cases(variables)
        self._read_sets()
        self._sources.report(self._root.find("Sources"))
        self._say_what_is_doubtful()
        self._say_what_is_left_out()
        return self._out

    def _read_users(self) -> None:
        """Who works on the project; two people under one identifier are called by both names."""
        coders = self._out.coders
        for user in self._root.iterfind("Users/User"):
            guid = guid_of(user.get("guid"))
            name = (user.get("name") or user.get("id") or "").strip()
            if guid in coders and name not in ("", coders[guid]):
                self._doubled["users"] += 1
                name = f"{coders[guid]} / {name}"
            if guid and (name or guid not in coders):
                coders[guid] = name

    def _read_codes(self) -> None:
        """The codes, parents before children, without recursion: depth is the file's choice.

        Some programs leave the list around the codes out, or put one more around those below a code.
        """
        top = self._root if self._root.tag == "CodeBook" else self._root.find("CodeBook")
        waiting: list[tuple[Element, str | None]] = [] if top is None else [(top, None)]
        while waiting:
            element, parent = waiting.pop()
            if element.tag == "Code":
                self._out.codes.append(_code(element, parent, len(self._out.codes)))
                parent = self._out.codes[-1].guid
            waiting += [(child, parent) for child in reversed(list(element))]

    def _read_variables(self) -> dict[str, str]:
        """Variable names by identifier; their types go to the records."""
        given = {
            guid: (name, variable.get("typeOfVariable") or "Text")
            for variable in reversed(children_of(self._root.find("Variables"), "Variable"))
            if (guid := guid_of(variable.get("guid"))) and (name := (variable.get("name") or "").strip())
        }
        given = dict(reversed(given.items()))
        self._doubled["variables"] += self._n_doubled("Variables/Variable")
        # Two variables of one name (of cases and of documents) would overwrite one another.
        names, _ = made_unique([name for name, _ in given.values()])
        self._out.variable_types = {name: kind for name, (_, kind) in zip(names, given.values(), strict=True)}
        return dict(zip(given, names, strict=True))

    def _n_doubled(self, path: str) -> int:
        """How many elements bear the identifier of an earlier one."""
        guids = [guid for element in self._root.iterfind(path) if (guid := guid_of(element.get("guid")))]
        return len(guids) - len(set(guids))

    def _read_cases(self, variables: dict[str, str]) -> None:
        """Cases with their sources and what is known about them; codings that mark a case are no codings."""
        elements = list(self._root.iterfind("Cases/Case"))
        self._doubled["cases"] += self._n_doubled("Cases/Case")
        ties = TiesOfCases(self._out, elements)
        names = [without_folder((case.get("name") or "").strip()) for case in elements]
        if not self._is_ours:
            names = told_apart(names, self._out.problems)
        for case, name in zip(elements, names, strict=True):
            sources = ties.sources_of(case)
            values = self._named(values_of(case), variables)
            self._out.cases.append(CaseRecord(name or None, sources, values, guid_of(case.get("guid"))))
        self._astray += ties.n_astray
        self._out.problems += ties.problems()
        guids = {case.guid for case in self._out.cases if case.guid}
        if guids:
            self._out.codings = [coding for coding in self._out.codings if coding.code not in guids]

    def _named(self, values: list[tuple[str, str | None]], variables: dict[str, str]) -> dict[str, str | None]:
        """Values by the names of their variables; of two for one variable the first."""
        known: dict[str, str | None] = {}
        for guid, value in values:
            if guid not in variables:
                self._astray += 1
            else:
                self._n_given_twice += known.setdefault(variables[guid], value) != value
        return known

    def _read_sets(self) -> None:
        """Groups of sources, codes and notes; codebooks write `guid` where projects write `targetGUID`."""
        known = {source.guid for source in self._out.sources} | {code.guid for code in self._out.codes}
        known |= {note["guid"] for note in self._out.notes if note["guid"]}
        cases = {case.guid for case in self._out.cases if case.guid}
        holders = ("Sets/Set", "CodeBook/Sets/Set")
        for group in (group for holder in holders for group in self._root.iterfind(holder)):
            for member in group:
                guid = guid_of(member.get("targetGUID") or member.get("guid"))
                if member.tag not in SET_MEMBERS:
                    continue
                if guid in cases:
                    self._sources.left_out["cases in sets"] += 1
                elif guid in known:
                    self._out.sets.append((without_folder(group.get("name") or ""), SET_MEMBERS[member.tag], guid))
                else:
                    self._astray += 1

    def _say_what_is_doubtful(self) -> None:
        """Say which references, identifiers and values of the file lead to nothing or to two things."""
        guids = [source.guid for source in self._out.sources]
        self._doubled["sources"] += len(guids) - len(set(guids))
        doubled = {what: n for what, n in self._doubled.items() if n}
        if self._astray:
            self._out.problems.append(astray(self._astray, self._out.table))
        if doubled:
            self._out.problems.append(doubled_identifiers(doubled, self._out.table))
        if self._n_given_twice:
            self._out.problems.append(values_given_twice(self._n_given_twice, self._out.table))

    def _say_what_is_left_out(self) -> None:
        """Count what the tables have no place for, and say it."""
        left_out = self._sources.left_out
        left_out["ties of memos to what they are about"] += sum(1 for _ in self._root.iter("NoteRef"))
        left_out["links"] += len(children_of(self._root.find("Links"), "Link"))
        left_out["drawings"] += len(children_of(self._root.find("Graphs"), "Graph"))
        for holder, what in (("Cases/Case", "cases"), ("Variables/Variable", "variables"), ("Sets/Set", "sets")):
            described = (words_of(element, "Description") is not None for element in self._root.iterfind(holder))
            left_out[f"descriptions of {what}"] += sum(described)
        counted = {what: n for what, n in left_out.items() if n}
        if counted:
            self._out.problems.append(not_taken_over(counted, self._out.table))


def _code(element: Element, parent: str | None, n_before: int) -> CodeRecord:
    """One code; without an identifier or a name it is called by its place in the list."""
    guid = guid_of(element.get("guid")) or stable_guid("code", n_before)
    name = (element.get("name") or "").strip() or f"code {n_before + 1}"
    codable = (element.get("isCodable") or "true").strip().casefold() in ("true", "1")
    return CodeRecord(guid, name, parent, words_of(element, "Description"), element.get("color") or None, codable)
