"""Agreement on coded text, held against the same text compared character by character as plain ratings."""

import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.measures.agreement import AgreementResult, assess_agreement
from securebase_analysis.measures.text_units import sentences
from securebase_analysis.readers.interviews import Interviews

TEXTS = {
    "carer 1": "I was there for him. He would come to me at night. Then he slept well again! We talked.",
    "carer 2": "She never trusted us. Now she does. It took years.",
    "carer 3": "Only one of us read this.",
}
QUOTES = [
    ("carer 1", "I was there for him", "available", "A"),
    ("carer 1", "was there for him.", "available", "B"),
    ("carer 1", "there for", "available", "A"),
    ("carer 1", "Then he slept well again", "feelings", "A"),
    ("carer 1", "We talked", "feelings", "B"),
    ("carer 2", "She never trusted us", "trust", "A"),
    ("carer 2", "never trusted us. Now she does", "trust", "B"),
    ("carer 3", "one of us", "trust", "A"),
]


def segments_of(quotes: list[tuple] = QUOTES) -> pd.DataFrame:
    rows = []
    for source, quote, code, coder in quotes:
        start = TEXTS[source].index(quote)
        rows.append((source, start, start + len(quote), code, coder, quote))
    return pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder", "text"])


def interviews(segments: pd.DataFrame | None = None, **tables: pd.DataFrame) -> SimpleNamespace:
    sources = pd.DataFrame({"source": list(TEXTS), "text": list(TEXTS.values())})
    return SimpleNamespace(segments=segments_of() if segments is None else segments, sources=sources, **tables)


def term(result: AgreementResult, outcome: str, group: str, name: str) -> float:
    table = result.tidy()
    chosen = (table["outcome"] == outcome) & (table["group"] == group) & (table["term"] == name)
    return float(table.loc[chosen, "estimate"].item())


def as_ratings(segments: pd.DataFrame, code: str, scope: str, unit: str) -> pd.DataFrame:
    """Presence of a code as plain ratings, unit by unit, the slow way."""
    rows = []
    for source, own in segments.groupby("source"):
        coders = sorted(own["coder"].unique())
        if len(coders) < 2:
            continue
        text = TEXTS[source]
        ends = sentences(text) if unit == "sentence" else np.arange(1, len(text) + 1)
        for low, high in zip(np.r_[0, ends[:-1]], ends):
            covers = (own["start"] < high) & (own["end"] > low)
            if scope == "coded text" and not covers.any():
                continue
            for coder in coders:
                seen = bool((covers & (own["coder"] == coder) & (own["code"] == code)).any())
                rows.append((source, f"{source}/{low}", coder, "present" if seen else "absent"))
    return pd.DataFrame(rows, columns=["source", "unit", "coder", "code"])


@pytest.mark.parametrize("unit", ["character", "sentence"])
def test_text_units_equal_ratings_made_one_by_one(unit: str) -> None:
    segments = segments_of()
    result = assess_agreement(interviews(segments), unit=unit, n_resamples=60)
    for scope in ("coded text", "all text"):
        for code in ("available", "feelings", "trust"):
            slow = (
                assess_agreement(as_ratings(segments, code, scope, unit), n_resamples=60).tidy().set_index("term")
            )
            for name in slow.index:
                assert term(result, scope, code, name) == pytest.approx(slow.loc[name, "estimate"], abs=1e-12)


spans = st.lists(
    st.tuples(
        st.sampled_from(["carer 1", "carer 2"]),
        st.integers(0, 40),
        st.integers(1, 12),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["A", "B", "C"]),
    ),
    min_size=3,
    max_size=14,
)


@given(spans)
@settings(max_examples=6, deadline=None)
def test_any_spans_equal_ratings_made_one_by_one(found: list[tuple]) -> None:
    rows = [
        (source, low, min(low + size, len(TEXTS[source])), code, coder) for source, low, size, code, coder in found
    ]
    segments = pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder"])
    if segments.groupby("source")["coder"].nunique().max() < 2:
        return
    result = assess_agreement(interviews(segments), n_resamples=0)
    for scope, code in {(row.outcome, row.group) for row in result.tidy().itertuples()}:
        slow = assess_agreement(as_ratings(segments, code, scope, "character"), n_resamples=0).tidy()
        own = result.tidy().query("outcome == @scope and group == @code")
        np.testing.assert_allclose(own["estimate"], slow["estimate"], atol=1e-12)


def test_both_scopes_are_reported_and_coded_text_comes_first() -> None:
    result = assess_agreement(interviews(), n_resamples=0)
    assert list(dict.fromkeys(result.tidy()["outcome"])) == ["coded text", "all text"]
    # "available": 17 characters by both coders, 3 by one of them, of the 137 of the two texts.
    assert term(result, "all text", "available", "percent_agreement") == pytest.approx(1 - 3 / 137)
    only = assess_agreement(interviews(), uncoded="left out", n_resamples=0)
    assert set(only.tidy()["outcome"]) == {"coded text"}
    assert set(assess_agreement(interviews(), uncoded="kept", n_resamples=0).tidy()["outcome"]) == {"all text"}


def test_passages_are_maximal_stretches_and_agreement_is_presence_in_them() -> None:
    result = assess_agreement(interviews(), unit="passage", n_resamples=0)
    # Passages of carer 1: "I was there for him." / "Then he slept well again" / "We talked"; of carer 2: one.
    assert term(result, "coded text", "available", "percent_agreement") == 1.0
    assert term(result, "coded text", "feelings", "percent_agreement") == pytest.approx(2 / 4)
    # The gaps between them count once each when text that nobody coded is kept: 2 and 1 in carer 1, 2 in carer 2.
    assert result.glance()["n_units"].item() == 4 + 4


def test_a_source_of_one_coder_is_left_out_and_said() -> None:
    result = assess_agreement(interviews(), n_resamples=0)
    assert any("2 of 3 sources were coded by two or more coders" in note for note in result.notes)
    assert result.glance()["n_sources"].item() == 2


def test_c6_91_overlapping_segments_of_one_code_by_one_coder_are_merged_and_counted() -> None:
    result = assess_agreement(interviews(), n_resamples=0)
    assert any("SB-CODE-13" in note and note.startswith("1 segment overlaps") for note in result.notes)
    without = segments_of([quote for quote in QUOTES if quote[1] != "there for"])
    np.testing.assert_allclose(
        result.tidy()["estimate"], assess_agreement(interviews(without), n_resamples=0).tidy()["estimate"]
    )


def test_another_code_of_the_same_dimension_is_agreement_on_the_dimension() -> None:
    quotes = [
        ("carer 1", "I was there for him", "there", "A"),
        ("carer 1", "I was there for him", "comes back", "B"),
        ("carer 2", "It took years", "calm", "A"),
        ("carer 2", "It took years", "calm", "B"),
    ]
    data = interviews(segments_of(quotes))
    by_code = assess_agreement(data, n_resamples=0)
    assert term(by_code, "all text", "there", "cohen_kappa") == 0.0
    dimension_of = {"there": "availability", "comes back": "availability", "calm": "managing_feelings"}
    by_dimension = assess_agreement(data, by="dimension", dimension_of=dimension_of, n_resamples=0)
    assert term(by_dimension, "all text", "availability", "cohen_kappa") == 1.0
    codes = pd.DataFrame({"code": list(dimension_of), "construct": list(dimension_of.values())})
    data.codebook = SimpleNamespace(codes=codes)
    np.testing.assert_allclose(
        assess_agreement(data, by="dimension", n_resamples=0).tidy()["estimate"], by_dimension.tidy()["estimate"]
    )


def test_c6_80_codes_without_a_dimension_are_counted_and_their_coder_still_read_the_source() -> None:
    dimension_of = {"available": "availability", "feelings": None}
    result = assess_agreement(interviews(), by="dimension", dimension_of=dimension_of, n_resamples=0)
    note = next(note for note in result.notes if "SB-CODE-02" in note)
    assert note.startswith("2 codes without a dimension; 5 segments left out.")
    assert set(result.tidy()["group"]) == {"availability"}
    assert result.glance()["n_sources"].item() == 2


def test_children_are_drawn_whole_and_told_apart_by_site() -> None:
    quotes = [(source, TEXTS[source][:9], "x", coder) for source in TEXTS for coder in "AB"]
    data = interviews(segments_of(quotes))
    assert assess_agreement(data, n_resamples=5).glance()["n_groups"].item() == 3
    data.sources["child"] = ["7", "7", "8"]
    assert assess_agreement(data, n_resamples=5).glance()["n_groups"].item() == 2
    data.sources["site"] = ["Leeds", "Hull", "Hull"]
    assert assess_agreement(data, n_resamples=5).glance()["n_groups"].item() == 3
    cases = pd.DataFrame({"case": ["a", "a", "b"], "source": list(TEXTS)})
    plain = interviews(segments_of(quotes), cases=cases)
    assert assess_agreement(plain, n_resamples=5).glance()["n_groups"].item() == 2


def test_the_worklist_names_place_coders_and_words() -> None:
    work = assess_agreement(interviews(), n_resamples=0).disagreements
    assert work[["source", "start", "end", "code", "A", "B", "text"]].to_numpy().tolist()[:2] == [
        ["carer 1", 0, 2, "available", "present", "absent", "I "],
        ["carer 1", 19, 20, "available", "absent", "present", "."],
    ]
    rows = assess_agreement(interviews(), n_resamples=0).augment()
    agreed = rows[rows["agreement"] == 1.0]
    assert agreed[["source", "start", "end", "code"]].to_numpy().tolist() == [
        ["carer 1", 2, 19, "available"],
        ["carer 2", 4, 20, "trust"],
    ]


def test_segments_without_texts_give_coded_text_alone_and_say_so() -> None:
    result = assess_agreement(segments_of(), unit="character", n_resamples=0)
    assert set(result.tidy()["outcome"]) == {"coded text"}
    assert any("SB-CODE-36" in note for note in result.notes)
    with_texts = assess_agreement(segments_of(), unit="character", texts=TEXTS, n_resamples=0)
    np.testing.assert_allclose(
        with_texts.tidy()["estimate"], assess_agreement(interviews(), n_resamples=0).tidy()["estimate"]
    )
    with pytest.raises(ModelError, match="SB-CODE-36"):
        assess_agreement(segments_of(), unit="sentence")


def test_interviews_of_the_reader_are_taken() -> None:
    sources = pd.DataFrame({"source": list(TEXTS), "text": list(TEXTS.values())})
    noun = Interviews.from_segments(segments_of(), sources)
    np.testing.assert_allclose(
        assess_agreement(noun, unit="sentence", n_resamples=0).tidy()["estimate"],
        assess_agreement(interviews(), unit="sentence", n_resamples=0).tidy()["estimate"],
    )


def test_a_million_characters_take_no_walk_through_them() -> None:
    rng = np.random.default_rng(4)
    n_sources, length, n = 100, 10_000, 6_000
    start = rng.integers(0, length - 200, n)
    segments = pd.DataFrame(
        {
            "source": rng.integers(n_sources, size=n).astype(str),
            "start": start,
            "end": start + rng.integers(20, 200, n),
            "code": rng.integers(20, size=n).astype(str),
            "coder": rng.choice(["A", "B", "C"], n),
        }
    )
    texts = {str(number): "x" * length for number in range(n_sources)}
    begin = time.perf_counter()
    result = assess_agreement(segments, unit="character", texts=texts)
    assert result.glance()["n_units"].item() == 1_000_000
    assert len(result.tidy()) == 2 * 20 * 5
    # 0.8 s on one idle core; a loop over 1,000,000 characters x 20 codes x 3 coders takes minutes.
    assert time.perf_counter() - begin < 15


# ---- bad input -----------------------------------------------------------------------------------------------


def test_c6_84_no_source_of_two_coders_stops_with_how_many_to_code() -> None:
    segments = segments_of([quote for quote in QUOTES if quote[3] == "A"] + [("carer 3", "read", "trust", "A")])
    segments.loc[segments["source"] == "carer 2", "coder"] = "B"
    with pytest.raises(DataError) as caught:
        assess_agreement(interviews(segments))
    (problem,) = [problem for problem in caught.value.problems if problem.code == "SB-CODE-06"]
    assert problem.table == "segments"
    assert problem.column == "coder"
    assert "A (2 sources) and B (1 source) share none" in problem.what
    assert "sources (196 units" in problem.fix


def test_c6_92_positions_beyond_the_text_or_backwards_stop_with_rows() -> None:
    segments = segments_of()
    segments.loc[3, "end"] = 999
    segments.loc[5, ["start", "end"]] = [20, 4]
    with pytest.raises(DataError) as caught:
        assess_agreement(interviews(segments))
    (problem,) = caught.value.problems
    assert (problem.code, problem.table, problem.column, problem.rows) == ("SB-CODE-14", "segments", "end", (4, 6))
    assert problem.fix


def test_c6_94_words_that_are_not_at_their_place_are_said() -> None:
    segments = segments_of()
    segments.loc[[1, 6], ["start", "end"]] += 1
    segments.loc[6, "end"] -= 1
    result = assess_agreement(interviews(segments), n_resamples=0)
    note = next(note for note in result.notes if "SB-CODE-16" in note)
    assert "2 segments are not those at their place (coders: B)" in note
    assert "rows 2, 7" in note


def test_c6_81_and_88_segments_without_coder_code_or_place_are_counted() -> None:
    more = pd.DataFrame(
        {
            "source": ["carer 1", "carer 1", "carer 2"],
            "start": [0, 0, np.nan],
            "end": [5, 5, np.nan],
            "code": ["trust", " ", "trust"],
            "coder": [None, "A", "B"],
            "text": [None] * 3,
        }
    )
    result = assess_agreement(interviews(pd.concat([segments_of(), more], ignore_index=True)), n_resamples=0)
    for code, row in (("SB-CODE-03", "row 9"), ("SB-CODE-10", "row 10"), ("SB-CODE-35", "row 11")):
        assert any(code in note and row in note for note in result.notes)
    np.testing.assert_allclose(
        result.tidy()["estimate"], assess_agreement(interviews(), n_resamples=0).tidy()["estimate"]
    )
    glance = result.glance()
    assert glance["n_rows"].item() + glance["n_excluded"].item() == 11


def test_c6_82_spellings_of_a_coder_stop_in_text_too() -> None:
    segments = segments_of()
    segments.loc[0, "coder"] = " a."
    with pytest.raises(DataError, match="SB-CODE-04"):
        assess_agreement(interviews(segments))
    settled = assess_agreement(interviews(segments), coders={"a.": "A"}, n_resamples=0)
    np.testing.assert_allclose(
        settled.tidy()["estimate"], assess_agreement(interviews(), n_resamples=0).tidy()["estimate"]
    )


def test_c6_97_codes_of_one_coder_alone_are_named() -> None:
    quotes = [*QUOTES, ("carer 2", "It took years", "patience", "A")]
    result = assess_agreement(interviews(segments_of(quotes)), n_resamples=0)
    note = next(note for note in result.notes if "SB-CODE-19" in note)
    assert "1 code used by one coder alone (A): 'patience'" in note


def test_dimensions_nobody_declared_and_levels_of_presence_are_refused() -> None:
    with pytest.raises(ModelError, match="SB-CODE-02"):
        assess_agreement(interviews(), by="dimension")
    with pytest.raises(DataError, match="SB-CODE-02"):
        assess_agreement(interviews(), by="dimension", dimension_of={"other": "trust"})
    with pytest.raises(ModelError, match="SB-CODE-20"):
        assess_agreement(interviews(), level="ordinal")
    with pytest.raises(ModelError, match="unit='sentence'"):
        assess_agreement(interviews(), unit="sentense")
    with pytest.raises(ModelError, match="not a list"):
        assess_agreement([1, 2, 3])


def test_a_missing_column_of_segments_stops_with_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        assess_agreement(interviews(segments_of().rename(columns={"coder": "coders"})))
    (problem,) = caught.value.problems
    assert (problem.code, problem.column) == ("SB-CODE-30", "coder")
    assert "'coders'" in problem.fix
