"""Which sources belong to a case of a REFI-QDA project: named, marked by passages, or coded with the case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews.records import Coding, Records
from securebase_analysis.readers.interviews.refi_elements import guid_of
from securebase_analysis.readers.interviews.shared_sources import Tie, shared_in_parts
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.readers.safe_xml import Element
from securebase_analysis.results.wording import count


class TiesOfCases:
    """What ties the cases of a project to its sources.

    Parameters
    ----------
    out : Records
        The sources and codings.
    cases : sequence of Element
        The cases.
    """

    def __init__(self, out: Records, cases: Sequence[Element]) -> None:
        self._out = out
        self._ties: list[Tie] = []
        self._n_by_code = 0
        self._codes = {code.guid for code in out.codes}
        self.n_astray = 0
        self._source = {source.guid: index for index, source in reversed(list(enumerate(out.sources)))}
        named = [guid for case in cases for guid in _targets(case, "SelectionRef")]
        wanted = {guid for case in cases for guid in (guid_of(case.get("guid")), *_targets(case, "CodeRef"))}
        self._coded: dict[str, list[Coding]] = {guid: [] for guid in wanted if guid}
        self._selected: dict[str, Coding] = {}
        for coding in out.codings:
            if coding.code in self._coded:
                self._coded[coding.code].append(coding)
            if named and coding.selection:
                self._selected.setdefault(coding.selection, coding)

    def sources_of(self, case: Element) -> list[int]:
        """The places of the sources of a case, each once."""
        guid = guid_of(case.get("guid")) or ""
        named = [self._source.get(target) for target in _targets(case, "SourceRef")]
        marked = [self._selected.get(target) for target in _targets(case, "SelectionRef")]
        self.n_astray += [*named, *marked].count(None)
        codes = [target for target in _targets(case, "CodeRef") if target != guid]
        self._n_by_code += bool(codes)
        self.n_astray += sum(code not in self._codes for code in codes)
        coded = [coding for code in (guid, *codes) for coding in self._coded.get(code, [])]
        for coding in (*marked, *coded):
            if coding is not None:
                self._ties.append(Tie(guid, coding.source, _is_whole(coding, self._out)))
        found = [*named, *(coding and coding.source for coding in marked), *(coding.source for coding in coded)]
        return list(dict.fromkeys(index for index in found if index is not None))

    def problems(self) -> list[Problem]:
        """What was assumed about cases that are tied to sources by codes or passages."""
        problems = shared_in_parts(self._ties)
        return [*problems, _tied_by_code(self._n_by_code, self._out.table)] if self._n_by_code else problems


def told_apart(names: Sequence[str], problems: list[Problem]) -> list[str]:
    """Names of cases, told apart by a number where two cases bear the same; nameless ones stay so."""
    given = iter(made_unique([name for name in names if name])[0])
    apart = [next(given) if name else "" for name in names]
    rows = [row for row, (name, was) in enumerate(zip(apart, names, strict=True), start=1) if name != was]
    if rows:
        problems.append(_of_one_name(rows))
    return apart


def _targets(case: Element, tag: str) -> list[str]:
    """The identifiers that a case refers to."""
    return [guid_of(ref.get("targetGUID")) or "" for ref in case.iterfind(tag)]


def _is_whole(coding: Coding, out: Records) -> bool:
    """Whether a coding covers its source from end to end, however positions are counted."""
    text = out.sources[coding.source].text
    if coding.kind != "text" or text is None or coding.start is None or coding.end is None:
        return coding.kind == "document"
    return coding.start <= 1 and coding.end >= len(text.normal.rstrip())


def _of_one_name(rows: Iterable[int]) -> Problem:
    rows = list(rows)
    return Problem(
        "SB-FILE-173",
        "note",
        f"{count(len(rows), 'case bears', 'cases bear')} a name that an earlier case already has.",
        table="cases",
        column="case",
        rows=rows,
        why="Two people would be one wherever the name alone counts. Rows count cases in the order of the file.",
        done="They were told apart by a number after the name.",
        fix="Rename them in the coding program if the number says too little.",
    )


def _tied_by_code(n: int, table: str) -> Problem:
    return Problem(
        "SB-FILE-174",
        "note",
        f"{count(n, 'case is', 'cases are')} tied to sources by a code.",
        table=table,
        why="Everything that bears the code belongs to the case.",
        done="The sources with such a coding are listed under the case; the code was kept as a code.",
        fix="Leave it out where only what is said counts: segments[segments['code'] != '...'].",
    )
