"""Coded text as ratings: absent or present, for every code, unit of text and coder who read the source."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.tally import Ratings
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.measures.agreement.coder_names import word_of
from securebase_analysis.measures.agreement.segments_door import (
    TABLE,
    Bools,
    CodedText,
    Ints,
    Segments,
    place_segments,
)
from securebase_analysis.measures.agreement.table import Group, RatingTable
from securebase_analysis.measures.agreement.text_worklist import coded_stretches, disputed_stretches
from securebase_analysis.measures.text_units import (
    TEXT_UNITS,
    TextUnit,
    Units,
    passages,
    sentences,
    stretches,
    touched,
)
from securebase_analysis.results import wording

Scope = Literal["both", "left out", "kept"]
SCOPES: tuple[Scope, ...] = ("both", "left out", "kept")
OUTCOMES = {"left out": "coded text", "kept": "all text"}
PRESENCE = np.array(["absent", "present"], dtype=object)


def read_coded_text(
    segments: Segments,
    unit: Any,
    *,
    coder: str,
    code: str,
    by: str | None,
    cluster: str | None,
    coders: Mapping[str, str] | None,
    texts: Mapping[str, str] | None,
    dimension_of: Mapping[str, str] | None,
    scope: Scope,
) -> RatingTable:
    """Check coded segments and turn them into presence of each code per unit and coder.

    Raises
    ------
    DataError
        When no source was coded by two coders, or positions cannot be right.
    """
    construct_of: Mapping[str, str | None] = dimension_of or segments.construct_of
    unit, by = _text_options(unit, by, construct_of)
    problems: list[Problem] = []
    known_texts = {word_of(name): text for name, text in (texts or segments.texts).items()}
    named = construct_of if by == "dimension" else None
    text = place_segments(segments, coder, code, cluster, coders, known_texts, named, problems)
    scopes = _scopes(scope, unit, text, problems)
    problems += _one_coder_codes(text, by)
    units = _units(text, unit)
    presence = _presence(text, units)
    ratings = _ratings(text, units, presence, scopes)
    groups = tuple(Group(OUTCOMES[kind], name) for kind in scopes for name in text.code_names)
    n_units = units.take(_in_scope(scopes[-1], text, units)).weight.sum()
    return RatingTable(
        ratings=ratings,
        groups=groups,
        coders=tuple(text.coder_names),
        categories=np.tile(PRESENCE, len(groups)),
        unit_word=unit,
        cluster_word=cluster or segments.cluster_word,
        n_rows=len(text.start),
        n_excluded=len(segments.frame) - len(text.start),
        disagreements=disputed_stretches(text, units, presence, by),
        rows=coded_stretches(text, units, presence, by),
        problems=tuple(problems),
        facts=(("n_units", round(float(n_units))), ("n_sources", len(text.source_names))),
    )


def _scopes(scope: Scope, unit: TextUnit, text: CodedText, problems: list[Problem]) -> list[Scope]:
    """What is reported: text that somebody coded, all text, or both in this order."""
    if text.texts is None and (unit == "sentence" or scope == "kept"):
        raise ModelError(_needs_texts(unit))
    if text.texts is None and scope == "both":
        problems.append(_without_texts())
        return ["left out"]
    return ["left out", "kept"] if scope == "both" else [scope]


def _in_scope(scope: Scope, text: CodedText, units: Units) -> Bools:
    """Which units a scope holds."""
    return touched(units, text.start, text.end) if scope == "left out" else np.ones(len(units.start), dtype=bool)


def _text_options(unit: Any, by: str | None, dimension_of: Mapping[str, str | None]) -> tuple[TextUnit, str]:
    """The unit and the grouping, with their defaults for coded text."""
    unit = "character" if unit == "unit" else unit
    by = "code" if by is None else by
    check_option("unit", unit, TEXT_UNITS)
    check_option("by", by, ("code", "dimension"))
    if by == "dimension" and not dimension_of:
        raise ModelError(
            Problem(
                "SB-CODE-02",
                "stop",
                "by='dimension' needs to know which dimension each code stands for.",
                why="Coders who use different codes of one dimension then agree.",
                fix="dimension_of={'code': 'availability', ...}, or the codebook's codes as such a mapping",
            )
        )
    return unit, by


def _needs_texts(unit: str) -> Problem:
    what = "Sentences can only be found in the texts." if unit == "sentence" else "Uncoded text is not known."
    return Problem(
        "SB-CODE-36", "stop", what, TABLE, "text", fix="texts={'source': 'the full text', ...}, or give Interviews"
    )


def _without_texts() -> Problem:
    return Problem(
        "SB-CODE-36",
        "note",
        "The full texts are not known, so only text that somebody coded is compared.",
        TABLE,
        fix="texts={'source': 'the full text', ...} adds the rows for all text",
    )


def _one_coder_codes(text: CodedText, by: str) -> list[Problem]:
    """Codes that one coder alone used in the texts compared (#97)."""
    used = np.zeros((len(text.code_names), len(text.coder_names)), dtype=bool)
    used[text.code, text.coder] = True
    alone = np.flatnonzero(used.sum(axis=1) == 1)
    if not len(alone):
        return []
    words = {text.coder_names[int(np.flatnonzero(used[number])[0])] for number in alone}
    who = ", ".join(sorted(words))
    shown = ", ".join(repr(text.code_names[number]) for number in alone[:5])
    more = f" and {len(alone) - 5} more" if len(alone) > 5 else ""
    return [
        Problem(
            "SB-CODE-19",
            "warn",
            f"{wording.count(len(alone), by)} used by one coder alone ({who}): {shown}{more}.",
            TABLE,
            "code",
            why="Agreement on a code needs a second person who uses it; kappa near 0 follows from that alone.",
            done="Their rows are shown, and say no more than this.",
            fix="Ask the other coders whether they know the code.",
        )
    ]


def _units(text: CodedText, unit: TextUnit) -> Units:
    """The whole line in units."""
    if unit == "character":
        return stretches(text.start, text.end, text.source_start, text.source_end)
    if unit == "passage":
        return passages(text.start, text.end, text.source_start, text.source_end)
    assert text.texts is not None
    ends = [sentences(body) + begin for body, begin in zip(text.texts, text.source_start) if body]
    starts = [np.r_[begin, own[:-1]] for own, begin in zip(ends, text.source_start)]
    return Units(np.concatenate(starts), np.concatenate(ends), np.ones(sum(map(len, ends))))


def _presence(text: CodedText, units: Units) -> NDArray[np.int64]:
    """For each code and unit the set of coders who saw it there, as bits; shape (codes, U)."""
    seen = np.zeros((len(text.code_names), len(units.start)), dtype=np.int64)
    key = text.code * len(text.coder_names) + text.coder
    order = np.argsort(key, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0, True])
    for low, high in pairwise(edges):
        own = order[low:high]
        code, coder = text.code[own[0]], text.coder[own[0]]
        seen[code] |= touched(units, text.start[own], text.end[own]).astype(np.int64) << int(coder)
    return seen


def _ratings(text: CodedText, units: Units, presence: Ints, scopes: list[Scope]) -> Ratings:
    """All scopes and codes as ratings: absent or present, for every coder who read the source."""
    parts = [
        (number, *_compressed(text, units.take(chosen), presence[code, chosen]))
        for number, (scope, code) in enumerate(product(scopes, range(len(text.code_names))))
        for chosen in [_in_scope(scope, text, units)]
    ]
    group = np.concatenate([np.full(len(part[1]), part[0]) for part in parts])
    cluster, readers, pattern, weight = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3, 4))
    unit, coder = np.nonzero((readers[:, None] >> np.arange(len(text.coder_names))) & 1)
    present = (pattern[unit] >> coder) & 1
    n_groups = len(scopes) * len(text.code_names)
    return Ratings(
        unit=unit,
        coder=coder,
        category=group[unit] * 2 + present,
        weight=weight,
        group=group,
        cluster=cluster,
        score=np.tile([0.0, 1.0], n_groups),
        group_of_category=np.repeat(np.arange(n_groups), 2),
        n_groups=n_groups,
        n_coders=len(text.coder_names),
        n_clusters=int(text.cluster.max()) + 1,
    )


def _compressed(text: CodedText, units: Units, seen: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.float64]]:
    """Units of the same cluster, readers and pattern of one code's presence as one unit of their joint weight.

    Returns
    -------
    cluster, readers, pattern : numpy.ndarray
        One entry per distinct combination; readers and pattern are sets of coders as bits.
    weight : numpy.ndarray
    """
    source = text.source_of(units)
    kinds, reader = np.unique(text.readers, return_inverse=True)
    patterns, pattern = np.unique(seen, return_inverse=True)
    key = (text.cluster[source] * len(kinds) + reader[source]) * len(patterns) + pattern
    found, which = np.unique(key, return_inverse=True)
    weight = np.bincount(which, units.weight, minlength=len(found)).astype(float)
    outer = found // len(patterns)
    return outer // len(kinds), kinds[outer % len(kinds)], patterns[found % len(patterns)], weight
