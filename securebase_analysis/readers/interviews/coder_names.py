"""Who coded: names told apart, spelled alike or replaced by pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from securebase_analysis.errors import Problem, check_option
from securebase_analysis.readers.interviews.records import Records
from securebase_analysis.readers.interviews.unique_names import made_unique
from securebase_analysis.results.wording import count as n_of

CODER_OPTIONS = ("keep", "pseudonyms")
NAMELESS = re.compile(r"C\d+|(?:unlisted )?coder \d+", re.IGNORECASE)
"""Names that say nothing of a person: our own pseudonyms, and what coders without a name are called."""


def coder_labels(records: Records, coders: str | Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """The label of each coder by identifier, in the order of the file's list.

    `coders` keeps the names, replaces them by C1, C2 ..., or maps names to the ones to use.
    """
    given = _listed(records, problems)
    names, _ = made_unique([name or f"coder {i}" for i, name in enumerate(given.values(), start=1)])
    if not isinstance(coders, str):
        _note_strangers(sum(name not in names for name in coders), problems)
        return {guid: coders.get(name, name) for guid, name in zip(given, names, strict=True)}
    check_option("coders", coders, CODER_OPTIONS)
    _refuse_lookalikes(records, dict(zip(given, names, strict=True)), problems)
    if coders == "pseudonyms":
        return {guid: f"C{i}" for i, guid in enumerate(given, start=1)}
    return dict(zip(given, names, strict=True))


def names_kept(names: Iterable[str]) -> tuple[Problem, ...]:
    """The note that coders bear the names of the file; none where these are numbers only."""
    n = sum(not NAMELESS.fullmatch(name) for name in names)
    if not n:
        return ()
    return (
        Problem(
            "SB-CODE-66",
            "note",
            f"{n_of(n, 'coder bears the name', 'coders bear the names')} of the file.",
            table="coders",
            column="coder",
            why="They may be names of real people, and go into whatever is written from the result.",
            done="Kept.",
            fix="read_interviews(path, coders='pseudonyms')",
        ),
    )


def _note_strangers(n: int, problems: list[Problem]) -> None:
    """Say how many names of the mapping no coder of the file bears."""
    if n:
        problems.append(
            Problem(
                "SB-CODE-64",
                "warn",
                f"{n_of(n, 'name given with coders= is', 'names given with coders= are')} borne by no coder of "
                "the file.",
                table="coders",
                column="coder",
                why="A misspelt name renames no one.",
                done="They were passed over.",
                fix="Compare them with read_interviews(path, coders={}).coders",
            )
        )


def _listed(records: Records, problems: list[Problem]) -> dict[str, str]:
    """The coders the file lists, and after them those that only its codings name."""
    used = [coding.coder for coding in records.codings if coding.coder] + [
        note["coder"] for note in records.notes if note.get("coder")
    ]
    unlisted = [guid for guid in dict.fromkeys(used) if guid not in records.coders]
    if unlisted:
        problems.append(
            Problem(
                "SB-FILE-48",
                "warn",
                f"{n_of(len(unlisted), 'coder has codings but stands', 'coders have codings but stand')} in no "
                "list of users in the file.",
                table="coders",
                why="Their names are unknown.",
                done="They are called 'unlisted coder' with a number.",
                fix="Name them: coders={'unlisted coder 1': '...'}",
            )
        )
    extra = {guid: f"unlisted coder {i}" for i, guid in enumerate(unlisted, start=1)}
    return {**records.coders, **extra}


def _refuse_lookalikes(records: Records, names: Mapping[str, str], problems: list[Problem]) -> None:
    """Refuse coders whose names differ by case or punctuation only: one person or two must be said."""
    used = {coding.coder for coding in records.codings if coding.code is not None}
    alike: dict[str, list[int]] = {}
    for row, (guid, name) in enumerate(names.items(), start=1):
        folded = re.sub(r"[\W_]+", "", re.sub(r" \(\d+\)$", "", name)).casefold()
        if guid in used and folded:
            alike.setdefault(folded, []).append(row)
    groups = [rows for rows in alike.values() if len(rows) > 1]
    if groups:
        n_coders = sum(map(len, groups))
        problems.append(
            Problem(
                "SB-CODE-04",
                "stop",
                f"{n_coders} coders have names that differ by case, spaces or punctuation only.",
                table="coders",
                column="coder",
                rows=[row for rows in groups for row in rows],
                why="One person under two names would look like two people who never agree on the same interview.",
                done="Not guessed. Rows count the users of the file.",
                fix="Say who is who, one entry a name of read_interviews(path, coders={}).coders, such as "
                "coders={'J.B.': 'JB', 'jb': 'JB'}; two different people keep two names.",
            )
        )
