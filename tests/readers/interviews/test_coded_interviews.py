"""The noun: made from tables, frozen, and handing out copies; and what the verb accepts."""

import dataclasses
import pickle
import time

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.readers.interviews import Interviews, read_interviews, write_interviews

SOURCES = pd.DataFrame({"source": ["Kim 1", "Kim 2"], "text": ["She waits at the gate.", "He runs."]})
SEGMENTS = pd.DataFrame(
    {
        "source": ["Kim 2", "Kim 1", "Kim 1"],
        "start": [3, 4, 4],
        "end": [7, 9, 9],
        "code": ["trust", "availability", "trust"],
        "coder": ["C2", "C1", "C2"],
    }
)


def refusal(segments=SEGMENTS, sources=SOURCES, codes=None, cases=None):
    with pytest.raises(DataError) as caught:
        Interviews.from_segments(segments, sources, codes, cases)
    assert "Kim" not in str(caught.value)
    return caught.value.problems[0]


def test_tables_are_made_in_the_order_of_the_text():
    made = Interviews.from_segments(SEGMENTS, SOURCES)
    assert made.segments[["source", "code", "coder", "text", "segment"]].values.tolist() == [
        ["Kim 1", "availability", "C1", "waits", 1],
        ["Kim 1", "trust", "C2", "waits", 1],
        ["Kim 2", "trust", "C2", "runs", 2],
    ]
    assert made.codes[["code", "n_segments"]].values.tolist() == [["trust", 2], ["availability", 1]]
    assert made.sources[["n_characters", "n_words"]].values.tolist() == [[22, 5], [8, 2]]
    assert repr(made) == "Interviews: 3 segments, 2 codes, 2 sources, 2 coders; 0 assumptions"
    one = Interviews.from_segments(SEGMENTS.head(1), SOURCES)
    assert repr(one) == "Interviews: 1 segment, 1 code, 2 sources, 1 coder; 0 assumptions"


def test_a_noun_cannot_be_changed():
    made = Interviews.from_segments(SEGMENTS, SOURCES)
    taken = made.segments
    taken["code"] = "gone"
    taken.loc[0, "text"] = "gone"
    assert made.segments["code"].tolist() == ["availability", "trust", "trust"]
    assert made.segments["text"].tolist() == ["waits", "waits", "runs"]
    with pytest.raises(AttributeError):
        made.segments = taken


def test_a_noun_can_be_stored_and_changed_by_replacing_a_table():
    made = Interviews.from_segments(SEGMENTS, SOURCES)
    stored = pickle.loads(pickle.dumps(made))
    pd.testing.assert_frame_equal(stored.segments, made.segments)
    fewer = dataclasses.replace(made, segments=made.segments.head(1))
    assert (len(fewer.segments), len(made.segments)) == (1, 3)


def test_nothing_given_is_changed():
    segments, sources = SEGMENTS.copy(), SOURCES.copy()
    Interviews.from_segments(segments, sources)
    pd.testing.assert_frame_equal(segments, SEGMENTS)
    pd.testing.assert_frame_equal(sources, SOURCES)


def test_line_ends_and_marks_are_put_in_order():
    sources = pd.DataFrame({"source": ["a"], "text": ["\ufeffone\r\ntwo"]})
    segments = pd.DataFrame({"source": ["a"], "start": [6], "end": [9], "code": ["c"], "coder": ["C1"]})
    made = Interviews.from_segments(segments, sources)
    assert made.sources["text"].tolist() == ["one\ntwo"]
    assert made.segments[["start", "end", "text"]].values.tolist() == [[4, 7, "two"]]


def test_missing_columns_are_named_all_at_once():
    with pytest.raises(DataError) as caught:
        Interviews.from_segments(SEGMENTS.rename(columns={"start": "Start"}), SOURCES.drop(columns="text"))
    assert [(problem.table, problem.column) for problem in caught.value.problems] == [
        ("segments", "start"),
        ("sources", "text"),
    ]
    assert "'Start'" in caught.value.problems[0].fix


def test_a_code_that_is_not_in_the_codes_is_refused_with_the_nearest():
    """Catalogue case 79."""
    problem = refusal(codes=pd.DataFrame({"code": ["trust", "availabilty"]}))
    assert (problem.code, problem.table, problem.column, problem.rows) == ("SB-CODE-01", "segments", "code", (2,))
    assert "availabilty" in problem.fix


def test_passages_outside_their_text_are_refused_by_the_rows_given():
    """Catalogue case 92."""
    problem = refusal(SEGMENTS.assign(end=[700, 9, 2]))
    assert (problem.code, problem.table, problem.rows) == ("SB-CODE-14", "segments", (3, 1))


@pytest.mark.parametrize(
    ("change", "column", "rows"),
    [
        ({"source": ["Kim 2", "Kim 3", "Kim 1"]}, "source", (2,)),
        ({"start": [3, 4.5, 4]}, "start", (2,)),
        ({"start": [3, "four", 4]}, "start", (2,)),
        ({"end": [7, None, 9]}, "start, end", (2,)),
        ({"code": ["trust", None, "trust"]}, "code", (2,)),
        ({"kind": ["text", "song", "text"]}, "kind", (2,)),
    ],
)
def test_rows_that_lead_nowhere_are_refused(change, column, rows):
    problem = refusal(SEGMENTS.assign(**change))
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-59", column, rows)


@pytest.mark.parametrize(
    ("table", "frame", "rows"),
    [
        ("sources", pd.DataFrame({"source": ["Kim 1", "Kim 2", "Kim 1"], "text": "She waits at the gate."}), (3,)),
        ("sources", SOURCES.assign(text=pd.Series(["a" * 30, "half \ud83d pair"], dtype=object)), (2,)),
        ("codes", pd.DataFrame({"code": ["trust", "availability", "trust"]}), (3,)),
        ("codes", pd.DataFrame({"code": ["trust", "availability"], "parent": [None, "all"]}), (2,)),
        ("cases", pd.DataFrame({"case": ["a", "b"], "source": ["Kim 1", "Kim 9"]}), (2,)),
    ],
)
def test_tables_that_contradict_themselves_are_refused(table, frame, rows):
    problem = refusal(**{table: frame})
    assert (problem.code, problem.table, problem.rows) == ("SB-FILE-59", table, rows)


def test_missing_coders_are_reported_by_the_rows_given():
    """Catalogue case 81."""
    made = Interviews.from_segments(SEGMENTS.assign(coder=[None, "C1", "C2"]), SOURCES)
    (warning,) = made.assumptions
    assert (warning.code, warning.rows) == ("SB-CODE-03", (1,))


def test_a_whole_source_can_be_coded():
    made = Interviews.from_segments(SEGMENTS.assign(start=[None, 4, 4], end=[None, 9, 9]), SOURCES)
    assert made.segments["kind"].tolist() == ["text", "text", "document"]
    assert made.segments["start"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("option", [{"coders": "hide"}, {"format": "rqda"}, {"sets": "split"}])
def test_options_are_words_of_a_list(project, parts, option):
    with pytest.raises(ModelError, match="SB-MODEL-30"):
        read_interviews(project(parts.text_source("x")), **option)


def test_a_format_can_be_insisted_on(project, parts):
    path = project(parts.text_source("x"))
    assert len(read_interviews(path, format="refi-qda").sources) == 1
    with pytest.raises(DataError, match="format='refi-qda'"):
        read_interviews(path, format="taguette")


def test_coders_can_be_renamed(project, parts):
    path = project(parts.text_source("She waits", parts.passage(4, 9, parts.coding())))
    assert read_interviews(path, coders={"Ada Ames": "A"}).segments["coder"].tolist() == ["A"]
    misspelt = read_interviews(path, coders={"Ada Aames": "A"})
    assert misspelt.segments["coder"].tolist() == ["Ada Ames"]
    assert "SB-CODE-64" in [problem.code for problem in misspelt.assumptions]
    assert "Aames" not in str(misspelt.assumptions)


def test_a_hundred_interviews_are_read_in_good_time(tmp_path):
    rng = np.random.default_rng(1)
    words = np.array(["the", "carer", "said", "he", "was", "always", "there", "🙂", "and", "so", "on\n"])
    texts = [" ".join(rng.choice(words, 4_000)) for _ in range(100)]
    sources = pd.DataFrame({"source": [f"interview {i}" for i in range(100)], "text": texts})
    n = 20_000
    starts = rng.integers(0, 9_000, n)
    segments = pd.DataFrame(
        {
            "source": sources["source"].to_numpy()[rng.integers(0, 100, n)],
            "start": starts,
            "end": starts + rng.integers(1, 400, n),
            "code": rng.choice(list("abcdefghij"), n),
            "coder": rng.choice(["C1", "C2", "C3"], n),
        }
    )
    write_interviews(Interviews.from_segments(segments, sources), tmp_path / "p.qdpx")
    began = time.perf_counter()
    read = read_interviews(tmp_path / "p.qdpx")
    assert time.perf_counter() - began < 8
    assert len(read.segments) == n


def test_sb_file_30_the_folder_of_a_study_is_sent_to_its_own_door(tmp_path):
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(DataError, match=r"SB-FILE-30[\s\S]*read_study\(path\)"):
        read_interviews(tmp_path)
