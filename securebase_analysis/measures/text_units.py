"""Arithmetic on spans of text: all sources on one line, cut into characters, sentences or passages.

A span is ``start <= position < end`` in code points. Nothing here walks through characters: a text of a million
characters with a thousand spans is at most two thousand stretches.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TextUnit = Literal["character", "sentence", "passage"]
TEXT_UNITS: tuple[TextUnit, ...] = ("character", "sentence", "passage")

SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s)\s*|\n\s*")
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|vs|cf|approx|[a-z]|e\.g|i\.e|etc)\.$", re.IGNORECASE
)


class Units(NamedTuple):
    """Stretches of the line, in order and apart from each other: where they lie, and how much each counts."""

    start: Ints
    end: Ints
    weight: NDArray[np.float64]

    def take(self, chosen: Bools) -> Units:
        """Some of them."""
        return Units(self.start[chosen], self.end[chosen], self.weight[chosen])


def merge_spans(key: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Join spans of the same key that overlap; spans that only touch stay apart.

    Parameters
    ----------
    key, start, end : numpy.ndarray, shape (n,)
        Keys from 0.

    Returns
    -------
    key, start, end : numpy.ndarray, shape (m,)
        The joined spans, ordered by key and start.
    size : numpy.ndarray, shape (m,)
        How many spans went into each.

    Examples
    --------
    >>> key, start, end, size = merge_spans(np.array([0, 0, 0]), np.array([0, 3, 9]), np.array([5, 7, 12]))
    >>> start.tolist(), end.tolist(), size.tolist()
    ([0, 9], [7, 12], [2, 1])
    """
    if not len(key):
        return key, start, end, np.array([], dtype=int)
    order = np.lexsort((start, key))
    stride = int(end.max()) + 1
    low, high = key[order] * stride + start[order], key[order] * stride + end[order]
    reach = np.maximum.accumulate(high)
    first = np.flatnonzero(np.r_[True, low[1:] >= reach[:-1]])
    joined_key = low[first] // stride
    size = np.diff(np.r_[first, len(low)])
    return joined_key, low[first] - joined_key * stride, reach[first + size - 1] - joined_key * stride, size


def stretches(start: Ints, end: Ints, source_start: Ints, source_end: Ints) -> Units:
    """The line cut wherever a span or a source begins or ends; each stretch weighs its number of characters."""
    edges = np.unique(np.concatenate([start, end, source_start, source_end]))
    low, high = edges[:-1], edges[1:]
    holder = np.searchsorted(source_start, low, side="right") - 1
    within = (holder >= 0) & (high <= source_end[np.maximum(holder, 0)])
    return Units(low[within], high[within], (high - low)[within].astype(float))


def passages(start: Ints, end: Ints, source_start: Ints, source_end: Ints) -> Units:
    """Maximal stretches made by overlapping spans, and the gaps between them; each counts once."""
    _, low, high, _ = merge_spans(np.zeros(len(start), dtype=int), start, end)
    cut = stretches(low, high, source_start, source_end)
    return Units(cut.start, cut.end, np.ones(len(cut.start)))


def sentences(text: str) -> Ints:
    """Where each sentence of `text` ends; white space belongs to the sentence before it.

    A sentence ends at ``. ! ?`` or an ellipsis before white space, or at a line end; common abbreviations and
    initials do not end one.

    Examples
    --------
    >>> sentences("I was there. Dr. Lee came!\\nHe slept").tolist()
    [13, 27, 35]
    """
    ends = []
    begin = 0
    for match in SENTENCE_END.finditer(text):
        closes_word = match.group()[:1] == "." and ABBREVIATION.search(text[begin : match.start() + 1])
        if closes_word and "\n" not in match.group():
            continue
        if not text[begin : match.end()].strip():
            continue
        ends.append(match.end())
        begin = match.end()
    if text[begin:].strip() or not ends:
        ends.append(len(text))
    else:
        ends[-1] = len(text)
    return np.array(ends, dtype=int)


def touched(units: Units, start: Ints, end: Ints) -> Bools:
    """Which units share at least one character with a span."""
    first = np.searchsorted(units.end, start, side="right")
    after = np.searchsorted(units.start, end, side="left")
    reaching = after > first
    change = np.zeros(len(units.start) + 1, dtype=int)
    np.add.at(change, first[reaching], 1)
    np.add.at(change, after[reaching], -1)
    return np.cumsum(change)[:-1] > 0
