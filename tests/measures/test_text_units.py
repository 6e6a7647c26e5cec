"""Arithmetic on spans, held against characters counted one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase_analysis.measures.text_units import Units, merge_spans, passages, sentences, stretches, touched

LENGTH = 30
spans = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, LENGTH - 1), st.integers(1, 8)).map(
        lambda part: (part[0], part[1], min(LENGTH, part[1] + part[2]))
    ),
    min_size=1,
    max_size=12,
)


def columns(found: list[tuple[int, int, int]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column) for column in zip(*found))


def painted(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    marks = np.zeros(LENGTH, dtype=bool)
    for low, high in zip(start, end):
        marks[low:high] = True
    return marks


@given(spans)
@settings(max_examples=150, deadline=None)
def test_merged_spans_cover_the_same_characters_and_never_overlap(found: list[tuple[int, int, int]]) -> None:
    key, start, end = columns(found)
    merged_key, low, high, size = merge_spans(key, start, end)
    assert size.sum() == len(found)
    for one in np.unique(key):
        own, joined = key == one, merged_key == one
        np.testing.assert_array_equal(painted(start[own], end[own]), painted(low[joined], high[joined]))
        assert (low[joined][1:] >= high[joined][:-1]).all()


@given(spans, st.integers(1, LENGTH - 1))
@settings(max_examples=150, deadline=None)
def test_stretches_tile_the_line_and_touch_what_characters_touch(
    found: list[tuple[int, int, int]], cut: int
) -> None:
    _, start, end = columns(found)
    units = stretches(start, end, np.array([0, cut]), np.array([cut, LENGTH]))
    assert units.weight.sum() == LENGTH
    assert (units.start[1:] == units.end[:-1]).all()
    seen = np.repeat(touched(units, start, end), units.weight.astype(int))
    np.testing.assert_array_equal(seen, painted(start, end))


@given(spans)
@settings(max_examples=100, deadline=None)
def test_passages_are_the_maximal_stretches_of_overlapping_spans(found: list[tuple[int, int, int]]) -> None:
    _, start, end = columns(found)
    units = passages(start, end, np.array([0]), np.array([LENGTH]))
    marked = units.take(touched(units, start, end))
    for low, high in zip(start, end):
        assert ((marked.start <= low) & (high <= marked.end)).sum() == 1
    # No passage can be cut in two without cutting a span.
    for low, high in zip(marked.start, marked.end):
        for position in range(low + 1, high):
            assert ((start < position) & (position < end)).any()


def test_spans_that_only_touch_stay_apart() -> None:
    _, start, end, size = merge_spans(np.zeros(2, int), np.array([0, 4]), np.array([4, 9]))
    assert start.tolist() == [0, 4]
    assert end.tolist() == [4, 9]
    assert size.tolist() == [1, 1]


def test_sentences_keep_abbreviations_and_end_at_lines() -> None:
    text = 'Dr. Lee came, e.g. on Monday. Why?! "I know." She left\nINT: So?\n\n  \nB. said no'
    ends = sentences(text)
    parts = [text[low:high].strip() for low, high in zip(np.r_[0, ends[:-1]], ends)]
    assert parts == ["Dr. Lee came, e.g. on Monday.", "Why?!", '"I know."', "She left", "INT: So?", "B. said no"]
    assert ends[-1] == len(text)


def test_a_text_of_spaces_is_one_sentence() -> None:
    assert sentences("  \n ").tolist() == [4]
    assert sentences("one").tolist() == [3]


def test_a_sentence_is_touched_by_one_character_of_a_span() -> None:
    units = Units(np.array([0, 10]), np.array([10, 20]), np.ones(2))
    assert touched(units, np.array([9]), np.array([10])).tolist() == [True, False]
    assert touched(units, np.array([9]), np.array([11])).tolist() == [True, True]
