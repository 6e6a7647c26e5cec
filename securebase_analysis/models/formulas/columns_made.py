"""Which term of a formula a column belongs to that was made from it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from securebase_analysis.models.formulas.columns_named import parts_of_term


def term_of(column: str) -> str:
    """The term of the formula that a column belongs to: its name without the labels.

    Examples
    --------
    >>> term_of("kinship[T.yes]:difficulty"), term_of("C(type)[T.K2]")
    ('kinship:difficulty', 'C(type)')
    """
    return re.sub(r"\[[^\]]*\]", "", column)


def columns_by_term(columns: Sequence[str]) -> dict[str, list[int]]:
    """The numbers of the columns of each term."""
    found: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        found.setdefault(term_of(column), []).append(place)
    return found


def columns_called(name: object, columns: Sequence[str]) -> list[int]:
    """The numbers of the columns that a name stands for: the column itself, else those of its term.

    Examples
    --------
    >>> columns_called("years:kinship", ["years", "kinship[T.yes]:years"])
    [1]
    """
    parts = _parts(str(name))
    itself = [place for place, column in enumerate(columns) if column == name]
    return itself or [place for place, column in enumerate(columns) if _parts(term_of(column)) == parts]


def _parts(term: str) -> frozenset[str]:
    """What a term multiplies, in whatever order and spacing it was written."""
    return frozenset(part.replace(" ", "") for part in parts_of_term(term))
