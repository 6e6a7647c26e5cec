"""Columns of the study's own that say who somebody is."""

from __future__ import annotations

from securebase_analysis.errors import Problem
from securebase_analysis.readers.personal_columns import personal_columns
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.draft import Draft
from securebase_analysis.study.file_rows import HIDDEN
from securebase_analysis.study.schema import OWN_COLUMNS, TABLES


def names_beside_pseudonyms(draft: Draft) -> list[Problem]:
    """Names, addresses and numbers of persons in columns that no analysis needs (SB-ID-79)."""
    problems = []
    for file in draft.files:
        if file.section not in OWN_COLUMNS:
            continue
        own = [name for name in file.frame if name not in TABLES[file.section] and name not in HIDDEN]
        found = personal_columns(file.frame[own])
        if len(found):
            problems.append(
                _told([file.name_of(name) for name in found["column"]], list(found["kind"]), file.file)
            )
    return problems


def _told(names: list[str], kinds: list[str], table: str) -> Problem:
    """The columns, and what they hold; no cell of them."""
    listed = ", ".join(f"{name} ({kind})" for name, kind in zip(names, kinds))
    return Problem(
        "SB-ID-79",
        "warn",
        f"{n_of(len(names), 'column says', 'columns say')} who somebody is: {listed}.",
        table=table,
        column=", ".join(names),
        why="No analysis needs it, and every copy of the study folder is a record of persons.",
        done="Kept as a column of the study's own.",
        fix="Take it out of the file; pseudonymise(study, key) leaves it out too.",
    )


RULES = (names_beside_pseudonyms,)
