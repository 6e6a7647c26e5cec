"""A coded project as its file holds it, before anything is named, placed or checked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews.offsets import Convention, SourceText

ORIGIN = "securebase_analysis"
NAMESPACE = uuid.UUID("5ec0e8a5-0000-5000-8000-5ecba5e00001")


def stable_guid(*parts: object) -> str:
    """The same identifier for the same words, on every machine and every day."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts)))


class Coding(NamedTuple):
    """One application of one code; without a code, a highlight that no one coded."""

    source: int  # index into Records.sources
    kind: str  # text, picture, pdf, audio, video, document
    code: str | None = None  # guid
    coder: str | None = None  # guid
    start: int | None = None
    end: int | None = None
    region: str | None = None  # where, when it is not characters
    text: str | None = None  # only when the file gives the passage itself
    created: str | None = None
    name: str | None = None
    comment: str | None = None
    selection: str | None = None  # guid
    weight: float | None = None


class CodeRecord(NamedTuple):
    """One code of the codebook."""

    guid: str
    name: str
    parent: str | None = None  # guid
    description: str | None = None
    color: str | None = None
    is_codable: bool = True


@dataclass
class SourceRecord:
    """One document, picture or recording."""

    guid: str
    name: str
    kind: str
    text: SourceText | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass
class CaseRecord:
    """One case: what it knows, and which sources belong to it."""

    name: str | None
    sources: list[int] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    guid: str | None = None


@dataclass
class Records:
    """Everything a file says about a coded project.

    `convention` is how positions are counted; None leaves it to be found from the text.
    """

    table: str
    sources: list[SourceRecord] = field(default_factory=list)
    codes: list[CodeRecord] = field(default_factory=list)
    coders: dict[str, str] = field(default_factory=dict)  # guid -> name
    codings: list[Coding] = field(default_factory=list)
    cases: list[CaseRecord] = field(default_factory=list)
    variable_types: dict[str, str] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    sets: list[tuple[str, str, str]] = field(default_factory=list)  # set name, kind of member, guid of member
    problems: list[Problem] = field(default_factory=list)
    convention: Convention | None = None
    rows: list[int] | None = None  # the user's own row numbers of the codings
