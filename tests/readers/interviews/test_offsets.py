"""Which characters a program counted, found from the text and reported."""

import numpy as np
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.readers.interviews import read_interviews
from securebase_analysis.readers.interviews.offsets import (
    BYTES,
    CANDIDATES,
    ONLY_WHEN_ASKED,
    STANDARD,
    Convention,
    SourceText,
    locate,
    score_conventions,
)

LINES = [
    "Morning 🙂 she waits.",
    "He runs 👍🏽 home.",
    "“Soon”, she said, dear 🧸 one.",
    "Then they eat 🍲 together.",
]
WORDS = ["waits", "runs", "home", "Soon", "said", "dear", "one", "Then", "they", "eat", "together"]


def units(text, convention, has_bom):
    """Positions counted the slow way: the length of what comes before, as the convention measures it."""

    def count(before):
        if convention.crlf_as_one:
            before = before.replace("\r\n", "\n")
        size = {
            "code points": len,
            "utf-16": lambda t: len(t.encode("utf-16-le")) // 2,
            "utf-8": lambda t: len(t.encode()),
        }
        return size[convention.unit](before) + (convention.bom_counted and has_bom)

    starts = [text.index(word) for word in WORDS]
    return [(count(text[:start]), count(text[: start + len(word)])) for start, word in zip(starts, WORDS)]


@pytest.mark.parametrize(
    "convention", [*CANDIDATES, *ONLY_WHEN_ASKED, BYTES], ids=lambda convention: convention.name
)
@pytest.mark.parametrize("has_bom", [False, True])
def test_every_convention_leads_to_the_same_words(convention, has_bom):
    raw = "\r\n".join(LINES)
    text = SourceText(raw, has_bom)
    given = np.array(units(raw, convention, has_bom))
    for column, offset in ((0, "start"), (1, "end")):
        raw_places, places = locate(text, given[:, column], convention)
        for place, raw_place, word in zip(places, raw_places, WORDS):
            at = text.normal.index(word) + (len(word) if offset == "end" else 0)
            assert place == at
            assert raw[:raw_place].replace("\r\n", "\n") == text.normal[:place]


@pytest.mark.parametrize("truth", CANDIDATES, ids=lambda convention: convention.name)
def test_the_convention_of_a_project_is_found(project, parts, truth):
    raw = "\r\n".join(LINES)
    spans = units(raw, truth, has_bom=True)
    passages = [parts.passage(start, end, parts.coding(), number=500 + n) for n, (start, end) in enumerate(spans)]
    path = project(parts.file_source("internal://a.txt", *passages), {"sources/a.txt": raw.encode("utf-8-sig")})
    read = read_interviews(path)
    assert sorted(read.segments["text"]) == sorted(WORDS)
    report = next(problem for problem in read.assumptions if problem.code == "SB-CODE-16")
    assert f"counted in: {truth.name} (11 of 11" in report.what
    assert read.offsets.set_index("convention").loc[truth.name, "chosen"]
    forced = read_interviews(path, offsets=truth.name)
    assert sorted(forced.segments["text"]) == sorted(WORDS)
    assert "because the call says so" in forced.assumptions[0].what


def test_when_all_conventions_agree_the_standard_is_named(project, parts):
    read = read_interviews(project(parts.text_source("She waits.", parts.passage(4, 9, parts.coding()))))
    report = read.assumptions[0]
    assert report.severity == "note"
    assert "code points (1 of 1" in report.what
    assert "All conventions give the same positions" in report.done


def test_a_tie_goes_to_the_standard_with_a_warning(project, parts):
    text = "a🙂 b c d e f g"
    read = read_interviews(project(parts.text_source(text, parts.passage(3, 4, parts.coding()))))
    assert read.segments["text"].tolist() == ["b"]
    report = read.assumptions[0]
    assert report.severity == "warn"
    assert "utf-16" in report.why
    assert "offsets='utf-16'" in report.fix


def test_passages_inside_words_bring_a_warning(project, parts):
    text = "availability sensitivity acceptance"
    passages = [parts.passage(start, start + 3, parts.coding(), number=500 + start) for start in (1, 14, 26)]
    report = read_interviews(project(parts.text_source(text, *passages))).assumptions[0]
    assert report.severity == "warn"
    assert "score 0.000" in report.what
    assert report.fix


def test_a_forced_convention_that_leaves_the_text_is_refused(project, parts):
    text = "🙂🙂 she waits"
    path = project(parts.text_source(text, parts.passage(9, 14, parts.coding())))
    assert read_interviews(path).segments["text"].tolist() == ["waits"]
    with pytest.raises(DataError, match="SB-CODE-14"):
        read_interviews(path, offsets="code points")


def test_a_position_inside_a_character_is_refused(project, parts):
    path = project(parts.text_source("🙂 she waits", parts.passage(1, 6, parts.coding())))
    with pytest.raises(DataError, match="cut a character in two"):
        read_interviews(path, offsets="utf-16")


def test_an_unknown_convention_is_refused_with_the_nearest(project, parts):
    with pytest.raises(ModelError, match="offsets='utf-16'"):
        read_interviews(project(parts.text_source("x")), offsets="utf16")


def test_line_ends_of_two_coders_files_give_the_same_places(project, parts):
    """Catalogue case 94."""
    windows, unix = "one\r\ntwo\r\nthree", "one\ntwo\nthree"
    reads = []
    for raw, (start, end) in ((windows, (5, 8)), (unix, (4, 7))):
        source = parts.file_source("internal://a.txt", parts.passage(start, end, parts.coding()))
        reads.append(read_interviews(project(source, {"sources/a.txt": raw.encode()}, name=f"{start}.qdpx")))
    first, second = reads
    assert first.segments[["start", "end", "text"]].equals(second.segments[["start", "end", "text"]])
    assert first.sources["sha256"].equals(second.sources["sha256"])


def test_scores_of_no_spans_are_missing():
    chosen, scores = score_conventions([], [], [])
    assert chosen is STANDARD
    assert scores["score"].isna().all()


def test_places_outside_are_minus_one():
    places = locate(SourceText("ab"), np.array([-1, 0, 2, 3]), Convention())
    assert [place.tolist() for place in places] == [[-1, 0, 2, -1]] * 2


# line ends that reading the XML made shorter


def counted_with_crlf(parts, n=6):
    """A text in the XML with Windows line ends, which reading turns into LF; positions count both characters."""
    line = "Anna: I was there."
    passages = [
        parts.passage((len(line) + 2) * row + 6, (len(line) + 2) * row + 17, parts.coding(), number=500 + row)
        for row in range(n)
    ]
    return parts.project_xml(parts.text_source("\r\n".join([line] * n), *passages))


def test_line_ends_counted_as_two_are_refused_with_the_option_that_places_them(project, parts):
    path = project(counted_with_crlf(parts))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    misplaced = next(problem for problem in caught.value.problems if problem.code == "SB-CODE-14")
    assert misplaced.fix.startswith("read_interviews(path, offsets='code points, LF as two')")
    read = read_interviews(path, offsets="code points, LF as two")
    assert read.segments["text"].tolist() == ["I was there"] * 6
    assert read.offsets.loc[read.offsets["chosen"], "score"].tolist() == [1.0]


def test_line_ends_are_never_counted_as_two_unasked(project, parts):
    """Where the standard fits, it stays; few passages could fit the other by chance."""
    text = "one two\nthree four\nfive six"
    read = read_interviews(project(parts.text_source(text, parts.passage(8, 13, parts.coding()))))
    assert read.segments["text"].tolist() == ["three"]
    assert not read.offsets["convention"].str.contains("LF as two").any()


def test_one_misplaced_passage_is_told_with_what_mends_it(project, parts):
    path = project(parts.text_source("She waits.", parts.passage(4, 11, parts.coding())))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    misplaced = next(problem for problem in caught.value.problems if problem.code == "SB-CODE-14")
    assert misplaced.what.startswith("1 passage has no place")
    assert misplaced.fix.startswith("Mark this passage again in the transcript as it is now")
