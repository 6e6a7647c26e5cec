"""NVivo: the coded references of one code as text or Word document, and folders of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem, raise_if_stopped
from securebase_analysis.readers.encodings import to_utf8
from securebase_analysis.readers.interviews import table_problems as say
from securebase_analysis.readers.interviews.column_maps import ColumnMap, preset_content
from securebase_analysis.readers.interviews.offsets import STANDARD
from securebase_analysis.readers.interviews.own_columns import said_as_map
from securebase_analysis.readers.interviews.records import CodeRecord, Coding, Records, SourceRecord, stable_guid
from securebase_analysis.readers.interviews.rich_text import docx_text
from securebase_analysis.results.wording import count as n_of

ENDINGS = (".txt", ".docx")
MOST_FILES = 10_000
LONGEST_HEADING = 1_000


def is_export(head: bytes) -> bool:
    """Whether the beginning of a text file holds a heading of NVivo's."""
    text = head.replace(b"\0", b"").decode("utf-8", "replace").lstrip("\ufeff\ufffd")
    is_xml = text.lstrip().startswith("<?xml")
    return not is_xml and any(_heading(line, "source_lines") for line in text.splitlines())


def read_export(path: Path, encoding: str | None = None) -> Records:
    """The records of one file: one code, and the interviews it was given in."""
    return _records([path], path.name, encoding)


def exports_in(folder: Path) -> list[Path]:
    """The files of a folder that hold coded references, by name; locks and hidden files are passed over."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in ENDINGS and file.is_file()]
    seen = [file for file in files if not file.name.startswith(("~$", "."))]
    return [file for file in seen[:MOST_FILES] if _may_be_export(file)]


def read_exports(folder: Path, files: Sequence[Path], encoding: str | None = None) -> Records:
    """The records of a folder: one code a file."""
    out = _records(files, folder.name, encoding)
    n_others = sum(file.is_file() for file in folder.iterdir()) - len(files)
    if n_others:
        out.problems.append(_not_read(folder.name, n_others))
    return out


def _text_of(path: Path, encoding: str | None = None) -> str:
    """The lines of a text or Word document."""
    raw = path.read_bytes()
    if raw.startswith(b"PK"):
        return docx_text(raw, path.name)
    try:
        data, _ = to_utf8(raw, path.name, encoding)
    except DataError as error:
        raise DataError(map(said_as_map, error.problems)) from None
    return data.decode("utf-8")


def _may_be_export(file: Path) -> bool:
    """Whether a file looks as if NVivo wrote it."""
    if file.suffix.lower() == ".txt":
        with file.open("rb") as stream:
            return is_export(stream.read(1 << 16))
    return any(_heading(line, "source_lines") for line in _text_of(file).splitlines())


def holds_references(path: Path) -> bool:
    """Whether a Word document holds a heading of NVivo's."""
    return _may_be_export(path)


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], ...]]:
    """The headings that NVivo writes, by what they announce."""
    content = preset_content("nvivo")
    kinds = ("code_lines", "source_lines", "passage_lines")
    return {kind: tuple(re.compile(pattern) for pattern in content[kind]) for kind in kinds}


def _heading(line: str, kind: str, language: int | None = None) -> dict[str, str] | None:
    """The parts of a line that is a heading of this kind (in that language of the preset), or None."""
    line = line.replace("\u00a0", " ").strip()
    if len(line) > LONGEST_HEADING:
        return None
    patterns = _patterns()[kind]
    matches = (pattern.match(line) for pattern in (patterns if language is None else [patterns[language]]))
    return next((match.groupdict() for match in matches if match), None)


def _language(lines: Sequence[str]) -> int:
    """The first language of the preset in which a line announces references: a sentence may fit a later."""
    languages = range(len(_patterns()["source_lines"]))
    return next((at for at in languages if any(_heading(line, "source_lines", at) for line in lines)), 0)


def _records(files: Sequence[Path], name: str, encoding: str | None) -> Records:
    """All files as one project."""
    out = Records(name, convention=STANDARD)
    place: dict[tuple[str, ...], int] = {}
    n_unnamed = 0
    problems: list[Problem] = []
    read: set[tuple[str, int]] = set()
    for file in files:
        lines = _text_of(file, encoding).splitlines()
        code = _code_of(lines)
        if code is None:
            n_unnamed += 1
            code = file.stem
        path = tuple(part for part in re.split(r"\\+", code) if part not in ("Nodes", "Codes", "Knoten", ""))
        guid = _add_code(out, path or (code,))
        passages, counted_wrong = _passages(lines)
        if not passages and not counted_wrong:
            raise not_an_export(file)
        if counted_wrong:
            problems.append(_other_number(file.name, counted_wrong))
        others = _other_codes(lines)
        if others:
            # A line of an interview may begin like the name of a code, but not with NVivo's folders.
            is_sure = all("\\" in lines[number - 1] for number in others)
            (problems if is_sure else out.problems).append(_several_codes(file.name, others, is_sure))
        made = _codings(passages, guid, out, place)
        of_file = {(guid, coding.source) for coding in made}
        if of_file & read:
            problems.append(_twice(file.name, len(of_file & read)))
        read |= of_file
        out.codings += made
    raise_if_stopped(problems)
    if n_unnamed:
        out.problems.append(_named_by_file(name, n_unnamed))
    content = preset_content("nvivo")
    words_of_preset: dict[str, Any] = {key: content[key] for key in ("program", "label", "read_instead")}
    column_map = ColumnMap(**words_of_preset, lacks=tuple(content["lacks"]))
    out.problems.append(say.what_the_table_lacks(name, column_map, {}))
    return out


def _codings(
    passages: Sequence[tuple[str, int, str, str]], code: str, out: Records, place: dict[tuple[str, ...], int]
) -> list[Coding]:
    """The codings of the passages of one code."""
    made = []
    times: Counter[tuple[object, ...]] = Counter()
    for given, number, words, coverage in passages:
        index = _place_of(given, out, place)
        # Another code on the same words is on the same place; the same code on them once more is on another.
        times[index, words, coverage] += 1
        selection = stable_guid("reference", index, words, coverage, times[index, words, coverage])
        coding = Coding(index, "text", code=code, text=words or None, selection=selection)
        made.append(coding._replace(name=f"Reference {number}", comment=f"coverage {coverage}%"))
    return made


def _other_codes(lines: Sequence[str]) -> list[int]:
    """The lines, counted from 1, that name a code below the first interview and right above another."""
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    inside = next((at for at, (_, line) in enumerate(filled) if _heading(line, "source_lines")), len(filled))
    pairs = pairwise(filled[inside:])
    return [
        number
        for (number, line), (_, after) in pairs
        if _heading(line, "code_lines") and _heading(after, "source_lines")
    ]


def _code_of(lines: Sequence[str]) -> str | None:
    """The name of the code, where a line before the first interview gives it."""
    for line in lines:
        if _heading(line, "source_lines"):
            return None
        found = _heading(line, "code_lines")
        if found:
            return found["code"].strip()
    return None


def _add_code(out: Records, path: tuple[str, ...]) -> str:
    """The identifier of a code, after it and those above it were added."""
    known = {code.guid: place for place, code in enumerate(out.codes)}
    for depth in range(1, len(path) + 1):
        guid = stable_guid("code", *path[:depth])
        is_last = depth == len(path)
        above = stable_guid("code", *path[: depth - 1]) if depth > 1 else None
        if guid not in known:
            out.codes.append(CodeRecord(guid, path[depth - 1], above, is_codable=is_last))
        elif is_last:
            out.codes[known[guid]] = out.codes[known[guid]]._replace(is_codable=True)
    return stable_guid("code", *path)


def _place_of(given: str, out: Records, place: dict[tuple[str, ...], int]) -> int:
    """The interview of a heading such as ``Files\\\\Carers\\\\Interview 1``; its folders become a set."""
    path = tuple(part.strip() for part in re.split(r"\\+", given) if part.strip())
    if path not in place:
        place[path] = len(out.sources)
        guid = stable_guid("document", *path)
        out.sources.append(SourceRecord(guid, path[-1], "text"))
        folders = [part for part in path[:-1] if part not in ("Files", "Internals", "Dateien")]
        if folders:
            out.sets.append((" > ".join(folders), "source", guid))
    return place[path]


def _passages(lines: Sequence[str]) -> tuple[list[tuple[str, int, str, str]], list[int]]:
    """Interview, number, words and coverage of each reference, and which headings announce another number."""
    passages: list[tuple[str, int, list[str], str]] = []
    expected: list[tuple[int, int]] = []  # announced, passages before
    source = word = ""
    open_words: list[str] | None = None
    language = _language(lines)
    for line in lines:
        heading = _heading(line, "source_lines", language)
        reference = _heading(line, "passage_lines", language)
        if reference and "word" in reference:
            word = word or reference["word"]
            reference = reference if reference["word"] == word else None
        if heading:
            source, open_words = heading["source"].strip(), None
            expected.append((int(heading["n"]), len(passages)))
        elif reference and source:
            open_words = []
            passages.append((source, int(reference["number"]), open_words, reference["coverage"]))
        elif open_words is not None:
            open_words.append(line)
    starts = [before for _, before in expected] + [len(passages)]
    wrong = []
    for place, (announced, before) in enumerate(expected, start=1):
        numbers = [number for _, number, _, _ in passages[before : starts[place]]]
        if len(numbers) != announced or numbers != list(range(1, len(numbers) + 1)):
            wrong.append(place)
    return [(name, number, "\n".join(words).strip(), cover) for name, number, words, cover in passages], wrong


def not_an_export(file: Path) -> DataError:
    """The refusal of a document that NVivo did not write."""
    kind = "text" if file.suffix.lower() == ".txt" else "Word document"
    return DataError(
        Problem(
            "SB-FILE-30",
            "stop",
            f"This is not a coded project that can be read here; it is a {kind} without NVivo's headings of coded "
            "references.",
            table=file.name,
            done="Nothing was read.",
            fix="Export a REFI-QDA project (.qdpx) from the coding program.",
        )
    )


def _named_by_file(table: str, n: int) -> Problem:
    return Problem(
        "SB-FILE-161",
        "note",
        "No line names the code of the references." if n == 1 else f"In {n} files no line names the code.",
        table=table,
        column="code",
        why="NVivo's export of one code does not always name it.",
        done="The name of the file was taken for the code.",
        fix="Name the file like the code.",
    )


def _not_read(table: str, n: int) -> Problem:
    return Problem(
        "SB-FILE-165",
        "note",
        f"{n_of(n, 'file')} of the folder hold no coded references of NVivo's.",
        table=table,
        done="They were not read.",
        fix="If a code is among them, export it again as text or Word document.",
    )


def _several_codes(table: str, lines: Sequence[int], is_sure: bool) -> Problem:
    seems = ("names", "name") if is_sure else ("seems to name", "seem to name")
    return Problem(
        "SB-FILE-167",
        "stop" if is_sure else "warn",
        f"{n_of(len(lines), f'line {seems[0]}', f'lines {seems[1]}')} another code further down the file.",
        table=table,
        rows=lines,
        why="Everything in a file counts for the code at its head.",
        done=f"{'Refused' if is_sure else 'Read as words of a passage'}. Rows count the lines of the file.",
        fix="Export each code as a file of its own into one folder, and give the folder.",
    )


def _twice(table: str, n: int) -> Problem:
    return Problem(
        "SB-FILE-168",
        "stop",
        f"The file holds references to {n_of(n, 'interview')} that another file holds for the same code.",
        table=table,
        why="The export of a code holds all its references, so that these would count twice.",
        done="Refused.",
        fix="Leave one file for each code in the folder; one code may be there as text and as Word document.",
    )


def _other_number(table: str, places: Sequence[int]) -> Problem:
    return Problem(
        "SB-FILE-160",
        "stop",
        f"{n_of(len(places), 'interview has', 'interviews have')} another number of references than the "
        "heading says.",
        table=table,
        rows=places,
        why="References would be lost, or a line of an interview would be taken for a heading.",
        done="Refused. Rows count the headings of interviews.",
        fix="Export the code again without editing the file, or give a REFI-QDA project (.qdpx).",
    )
