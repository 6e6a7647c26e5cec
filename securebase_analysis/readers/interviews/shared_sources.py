"""Sources of which several cases hold a part each, as in a talk with a group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count


class Tie(NamedTuple):
    """That a source, or a part of it, belongs to a case."""

    case: str
    source: int
    is_whole: bool


def shared_in_parts(ties: Iterable[Tie]) -> list[Problem]:
    """The warning on sources of which several cases hold some passages only."""
    in_parts: dict[int, set[str]] = {}
    cases: dict[int, set[str]] = {}
    for tie in ties:
        cases.setdefault(tie.source, set()).add(tie.case)
        if not tie.is_whole:
            in_parts.setdefault(tie.source, set()).add(tie.case)
    rows = sorted(source + 1 for source in in_parts if len(cases[source]) > 1)
    return [_shared(rows)] if rows else []


def _shared(rows: list[int]) -> Problem:
    return Problem(
        "SB-FILE-175",
        "warn",
        f"{count(len(rows), 'source holds', 'sources hold')} passages of several cases.",
        table="sources",
        column="source",
        rows=rows,
        why="A code on the words of one person would count for everyone in the source.",
        done="The source is listed under each of these cases as a whole; whose passage is which is in no table.",
        fix="Give each person a source of their own, or count these sources by source and not by case.",
    )
