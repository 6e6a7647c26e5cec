"""A section of the report: paragraphs, tables and pictures in order, or the reason why there are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import Picture
from securebase_analysis.show.tables.doctable import DocTable

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+")


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture with the name of its files."""

    picture: Picture
    name: str


@dataclass(frozen=True, eq=False)
class Folded:
    """A long table that is folded away on the page until someone opens it."""

    table: DocTable


Part = str | Shown | DocTable | Folded
"""A paragraph of plain text, a picture, a table, or a table folded away."""


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the report with its own heading.

    Attributes
    ----------
    anchor, title : str
        Its place on the page, and its heading.
    parts : tuple
        What it shows, in order.
    exclusions : dict of str to int
        What was not used, with counts, for the provenance.
    problems : tuple of Problem
        Why the section, or a part of it, could not be made.
    """

    anchor: str
    title: str
    parts: tuple[Part, ...] = ()
    exclusions: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether it shows anything."""
        return bool(self.parts)


def notes_under_tables(section: Section) -> set[str]:
    """What stands under the tables of the section already."""
    tables = [part.table if isinstance(part, Folded) else part for part in section.parts]
    return {note for table in tables if isinstance(table, DocTable) for note in table.notes}


def notes_once(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """The notes of several models: those that all share once, others with the names of whose they are."""
    whose: dict[str, list[str]] = {}
    for name, told in notes.items():
        for note in told:
            whose.setdefault(note, []).append(name)
    return [
        note if len(names) == len(notes) else f"{captions.listed(names)}: {note}" for note, names in whose.items()
    ]


def notes_alike(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """The notes of several models, those that differ in numbers alone as one note with the range of each number.

    Examples
    --------
    >>> notes_alike({"trust": ["Of 239 children.", "Small."], "belonging": ["Of 1,240 children."]})
    ['Of 239 to 1,240 children.', 'trust: Small.']
    """
    alike: dict[str, list[str]] = {}
    for note in (note for told in notes.values() for note in told):
        alike.setdefault(NUMBER.sub("0", note), []).append(note)
    joined = {pattern: _in_ranges(found) for pattern, found in alike.items()}
    return notes_once({name: [joined[NUMBER.sub("0", note)] for note in told] for name, told in notes.items()})


def _in_ranges(notes: Sequence[str]) -> str:
    """Notes with like words as one; where their numbers differ, from the least to the greatest."""
    columns = zip(*[NUMBER.findall(note) for note in notes])
    written = iter(
        [
            ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}"
            for column in columns
            for ends in [sorted(set(column), key=lambda number: float(number.replace(",", "")))]
        ]
    )
    return NUMBER.sub(lambda _: next(written), notes[0])


def attempted(anchor: str, title: str, make: Callable[[], Section]) -> Section:
    """The section, or one that says why it could not be made; an error that is no answer to the data goes on."""
    try:
        return make()
    except SecureBaseError as error:
        return Section(anchor, title, problems=error.problems)


def sentences(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Problems as sentences for people, each with its fix."""
    return tuple(problem.sentence + (f" To mend it: {problem.fix}" if problem.fix else "") for problem in problems)
