"""Labels that say what cannot be, or what may not have been meant."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.reading import ModelText
from securebase_analysis.models.sem.told_of_syntax import contradiction, labelled_like_a_column
from securebase_analysis.models.sem.words_of_syntax import Word


def contradictions(model: ModelText) -> list[Problem]:
    """Labels that are one by an equality, and are held at two different values."""
    first = _one_of_equals(model)
    values: dict[str, dict[float, None]] = {}
    problems = []
    for label, value, word in _held(model):
        held = values.setdefault(first.get(label, label), {})
        held[value] = None
        if len(held) == 2:
            problems.append(contradiction(model.text, word, held))
    return problems


def _one_of_equals(model: ModelText) -> dict[str, str]:
    """For each label of an equality the one that stands for all that are equal to it."""
    first: dict[str, str] = {}
    for left, right in model.equalities:
        if isinstance(right, float):
            continue
        old, new = first.get(right.text, right.text), first.get(left.text, left.text)
        first |= {right.text: new, left.text: new}
        first = {label: new if one == old else one for label, one in first.items()}
    return first


def _held(model: ModelText) -> Iterator[tuple[str, float, Word]]:
    """Labels that are held at a value, by the term that has them or by an equality."""
    for term in model.terms:
        labels, values = term.modifiers.labels, term.modifiers.fixed
        if labels and values and 1 in (len(labels), len(values), len(labels) / len(values)):
            n = max(len(labels), len(values))
            of_groups = zip(labels if len(labels) == n else labels * n, values if len(values) == n else values * n)
            yield from ((label, value, term.rhs) for label, value in of_groups if label and not math.isnan(value))
    for left, right in model.equalities:
        if isinstance(right, float):
            yield left.text, right, left


def labels_like_columns(model: ModelText, columns: Collection[str]) -> list[Problem]:
    """Labels that are names of columns, where a product of two columns may have been meant."""
    return [
        labelled_like_a_column(label, term.rhs.text)
        for term in model.terms
        if term.op == "~"
        for label in dict.fromkeys(term.modifiers.labels)
        if label in columns
    ]
