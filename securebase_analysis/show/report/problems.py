"""What was wrong or assumed when the study was read, and how problems are set out as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.section import Folded, Part, Section
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

MOST_LISTED = 12
"""More problems than this are counted by code, and listed in a table that is folded away."""
SEVERITY_WORDS = {"warn": "warning", "note": "note", "stop": "stop"}


def problems_and_assumptions(study: Study) -> Section:
    """Every warning and note that was left when the study was read."""
    names, problems = Names(study), study.problems
    parts: list[Part] = [_words(problems)]
    if problems:
        listed = problems_table(problems, "What was found when the study was read", names)
        parts += [listed] if len(problems) <= MOST_LISTED else [_counts_by_code(problems, names), Folded(listed)]
    said = {problem.sentence for problem in problems}
    parts += [names.in_words(note) for note in study.notes if note not in said]
    return Section("problems", "Problems and assumptions", tuple(parts), _rows_by_code(problems))


def problems_table(problems: Sequence[Problem], title: str, names: Names) -> DocTable:
    """One row for each problem: its code, what it is and what was done, and where it is."""
    frame = pd.DataFrame(
        {
            "code": [problem.code for problem in problems],
            "what": [names.in_words(f"{problem.what} {problem.done}".strip()) for problem in problems],
            "where": [names.in_words(problem.where) for problem in problems],
        }
    )
    columns = [
        Column("Code", ("code",)),
        Column("What it is, and what was done", ("what",)),
        Column("Where", ("where",)),
    ]
    return make_table(frame, title, columns=columns)


def _words(problems: Sequence[Problem]) -> str:
    """How many there are, and that nothing stopped."""
    if not problems:
        return "Nothing was found wrong when the study was read, and nothing had to be assumed."
    counts = {word: sum(p.severity == severity for p in problems) for severity, word in SEVERITY_WORDS.items()}
    counted = captions.listed([wording.count(n, word) for word, n in counts.items() if n])
    return (
        f"Reading the study gave {counted}. None of them stops the analysis; the table says what was done about "
        "each. Rows are counted from the first row under the header of the file."
    )


def _counts_by_code(problems: Sequence[Problem], names: Names) -> DocTable:
    """How often each kind was found, with one example."""
    every = pd.DataFrame(
        {
            "code": [problem.code for problem in problems],
            "severity": [SEVERITY_WORDS[problem.severity] for problem in problems],
            "n_rows": [len(problem.rows) or None for problem in problems],
            "example": [names.in_words(f"{problem.what} {problem.done}".strip()) for problem in problems],
        }
    ).astype({"n_rows": float})
    frame = every.groupby(["code", "severity"], sort=False).agg(
        n=("code", "size"), n_rows=("n_rows", lambda rows: rows.sum(min_count=1)), example=("example", "first")
    )
    columns = [
        Column("Code", ("code",)),
        Column("Kind", ("severity",)),
        Column("Found", ("n",), "count"),
        Column("Rows", ("n_rows",), "count"),
        Column("Example", ("example",)),
    ]
    note = "A dash under Rows: it concerns a whole table or column."
    return make_table(frame.reset_index(), "Kinds of warnings and notes", [note], columns=columns)


def _rows_by_code(problems: Sequence[Problem]) -> dict[str, int]:
    """Rows concerned, by code."""
    counts: dict[str, int] = {}
    for problem in problems:
        name = f"{problem.code}: rows concerned"
        counts[name] = counts.get(name, 0) + len(problem.rows)
    return counts
