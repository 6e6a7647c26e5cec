"""Whether the tables of coded interviews still hang together: asked before they are written as one project.

Tables can be replaced one by one. A coder, a code or an interview that one table names and the other does not hold
would be lost in the file without a word, or counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews.code_tables import PATH_SEPARATOR
from securebase_analysis.readers.interviews.refi_writable import CodedInterviews
from securebase_analysis.results.wording import count

NEEDED = {
    "segments": ("source", "start", "end", "code", "coder", "text", "kind", "created", "weight", "region", "name",
                 "comment"),
    "uncoded": ("source", "start", "end", "coder", "text", "kind", "created", "region", "name", "comment"),
    "sources": ("source", "guid", "kind", "text"),
    "codes": ("code", "parent", "path", "guid", "description", "color", "is_codable"),
    "coders": ("coder",),
    "cases": ("case", "source"),
    "notes": ("note", "text", "coder", "created"),
    "sets": ("set", "kind", "member"),
}  # fmt: skip
REFERENCES = (
    ("segments", "source", "sources"),
    ("segments", "code", "codes"),
    ("segments", "coder", "coders"),
    ("uncoded", "source", "sources"),
    ("uncoded", "coder", "coders"),
    ("notes", "coder", "coders"),
    ("cases", "source", "sources"),
)
NAMES = {"sources": "source", "codes": "code", "coders": "coder"}
MEMBERS = {"source": "sources", "code": "codes", "note": "notes"}


def what_does_not_hang_together(interviews: CodedInterviews) -> list[Problem]:
    """Every refusal of tables that name what other tables do not hold."""
    tables: dict[str, pd.DataFrame] = {name: getattr(interviews, name) for name in NEEDED}
    lacking = [
        _lacks(name, column)
        for name, columns in NEEDED.items()
        for column in columns
        if column not in tables[name].columns
    ]
    if lacking:
        return lacking
    problems = _named_twice(tables) + _leading_nowhere(tables) + _wrong_codes(tables["codes"])
    return problems or _off_their_text(tables)


def _named_twice(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Names that must be of one thing only."""
    twice = ((name, column, tables[name][column].duplicated()) for name, column in NAMES.items())
    return [
        _refused(name, column, _rows(again), "bears the name of an earlier one|bear the names of earlier ones")
        for name, column, again in twice
        if again.any()
    ]


def _leading_nowhere(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Names that another table should hold; only coders of segments and sources of cases may be missing."""
    problems = []
    for name, column, other in REFERENCES:
        given = tables[name][column]
        lost = ~given.isin(tables[other][NAMES[other]])
        lost &= given.notna() if column == "coder" or name == "cases" else True
        if lost.any():
            words = f"names a {column} that is not in {other}|name a {column} that is not in {other}"
            problems.append(_refused(name, column, _rows(lost), words))
    sets = tables["sets"]
    held = {kind: set(tables[table][kind]) for kind, table in MEMBERS.items()}
    astray = [
        member not in held.get(kind, set()) for kind, member in zip(sets["kind"], sets["member"], strict=True)
    ]
    if any(astray):
        words = "names a member that no table holds|name members that no table holds"
        problems.append(_refused("sets", "kind, member", _rows(astray), words))
    return problems


def _wrong_codes(codes: pd.DataFrame) -> list[Problem]:
    """Codes that do not stand under their parent, or whose path ends in another name."""
    place = {code: at for at, code in reversed(list(enumerate(codes["code"])))}
    rows = list(zip(codes["code"], codes["parent"], codes["path"], strict=True))
    early = [not pd.isna(parent) and place.get(parent, len(rows)) >= at for at, (_, parent, _) in enumerate(rows)]
    problems = []
    if any(early):
        words = "does not stand under its parent|do not stand under their parents"
        problems.append(_refused("codes", "parent", _rows(early), words))
    other = [not _is_called(code, str(path)) for code, _, path in rows]
    if any(other):
        words = "is called otherwise in path than in code|are called otherwise in path than in code"
        problems.append(_refused("codes", "path", _rows(other), words))
    return problems


def _is_called(code: str, path: str) -> bool:
    """Whether a path is that of a code: it ends in the name, or is the name where two codes share one."""
    return path == code or path.endswith(PATH_SEPARATOR + code) or code.startswith(f"{path} (")


def _off_their_text(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Passages that leave the text of their source, or are other words than those that stand there."""
    text_of = dict(zip(tables["sources"]["source"], tables["sources"]["text"], strict=True))
    problems = []
    for name in ("segments", "uncoded"):
        columns = (tables[name][column].tolist() for column in ("source", "start", "end", "text"))
        off = [_is_off(text_of[source], *place) for source, *place in zip(*columns, strict=True)]
        if any(off):
            words = "marks other words than the text holds there|mark other words than the text holds there"
            problems.append(_refused(name, "start, end, text", _rows(off), words))
    return problems


def _is_off(text: Any, start: Any, end: Any, words: Any) -> bool:
    """Whether a passage cannot lie where it is said to."""
    if pd.isna(text) or pd.isna(start) or pd.isna(end):
        return False
    return not 0 <= start <= end <= len(text) or (not pd.isna(words) and text[start:end] != words)


def _rows(mask: Iterable[Any]) -> list[int]:
    """The rows of a mask, counted from 1."""
    return [row for row, hit in enumerate(mask, start=1) if hit]


def _lacks(table: str, column: str) -> Problem:
    return Problem(
        "SB-OUT-45",
        "stop",
        f"The table has no column {column}.",
        table=table,
        column=column,
        why="Every table of coded interviews has the columns that read_interviews gives it.",
        done="Nothing was written.",
        fix=f"Add the column {column!r}, with missing values where nothing is known.",
    )


def _refused(table: str, column: str, rows: Sequence[int], words: str) -> Problem:
    one, many = words.split("|")
    return Problem(
        "SB-OUT-46",
        "stop",
        f"{count(len(rows), f'row {one}', f'rows {many}')}.",
        table=table,
        column=column,
        rows=rows,
        why="The file would lose them without a word, count them twice or lay them on other words.",
        done="Nothing was written.",
        fix="Change the tables together, or make them anew: "
        "Interviews.from_segments(segments, sources, codes, cases).",
    )
