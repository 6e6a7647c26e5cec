"""Coded interviews written as a project: valid, the same each time, and read back as they were."""

import dataclasses
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import Interviews, read_interviews, write_interviews

TEXT = "Morning 🙂 she waits.\nHe runs home <to> her & tea."
TABLES = ("segments", "codes", "coders", "sources", "cases", "uncoded", "notes", "sets")


@pytest.fixture
def interviews():
    segments = pd.DataFrame(
        {
            "source": ["b", "a", "a", "a", "b"],
            "start": [0, 10, 10, 24, None],
            "end": [7, 19, 19, 33, None],
            "code": ["lack", "there", "lack", "there", "there"],
            "coder": ["C2", "C1", "C2", None, "C1"],
            "comment": [None, 'she said "yes"\nthen left', None, None, None],
            "created": [None, "2024-01-02T03:04:05Z", None, None, None],
        }
    )
    sources = pd.DataFrame({"source": ["a", "b", "c"], "text": [TEXT, TEXT[:30], None]})
    codes = pd.DataFrame(
        {
            "code": ["availability", "there", "lack", "unused"],
            "parent": [None, "availability", "availability", None],
            "description": ["the first dimension", None, None, None],
            "color": ["#46AA00", None, None, None],
            "is_codable": [False, True, True, True],
        }
    )
    cases = pd.DataFrame(
        {
            "case": ["case 1", "case 1", "case 2"],
            "source": ["a", "b", "c"],
            "wave": pd.array([1, 2, None], dtype="Int64"),
            "kinship": [True, True, False],
            "years": [0.5, 0.5, 1e-7],
            "seen": pd.to_datetime(["2024-01-02", "2024-01-02", None]),
        }
    )
    return Interviews.from_segments(segments, sources, codes, cases)


def test_what_is_written_reads_back_equal(interviews, tmp_path):
    assert write_interviews(interviews, tmp_path / "p.qdpx") == ()
    again = read_interviews(tmp_path / "p.qdpx")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(interviews, table), getattr(again, table), obj=table)


def test_the_same_interviews_give_the_same_bytes(interviews, tmp_path):
    for name in ("first.qdpx", "second.qdpx"):
        write_interviews(interviews, tmp_path / name)
    write_interviews(read_interviews(tmp_path / "first.qdpx"), tmp_path / "third.qdpx")
    first, second, third = ((tmp_path / f"{name}.qdpx").read_bytes() for name in ("first", "second", "third"))
    assert first == second == third
    with zipfile.ZipFile(tmp_path / "first.qdpx") as archive:
        assert {(member.date_time, member.create_system) for member in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0)
        }


@pytest.fixture(scope="module")
def schema(samples):
    return etree.XMLSchema(etree.parse(str(samples / "refi_qda_schema" / "Project.xsd")))


def check(schema, path):
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        document = etree.fromstring(archive.read("project.qde"))
        paths = [element.get("plainTextPath") for element in document.iter() if element.get("plainTextPath")]
        assert {path.replace("internal://", "sources/") for path in paths} <= set(archive.namelist())
    schema.assertValid(document)
    identifiers = [element.get("guid") for element in document.iter() if element.get("guid")]
    assert len(identifiers) == len(set(identifiers))


def test_a_written_project_is_valid(interviews, schema, tmp_path):
    write_interviews(interviews, tmp_path / "p.qdpx")
    check(schema, tmp_path / "p.qdpx")


@pytest.mark.parametrize(
    "name",
    ["nvivo_win_12.6_masked.qdpx", "atlasti_mac_8.4_standard_project.qdpx", "refi_standard_example1.qdc"],
)
def test_real_projects_written_again_are_valid(schema, samples, tmp_path, name):
    write_interviews(read_interviews(samples / "refi_qda_projects" / name), tmp_path / "p.qdpx")
    check(schema, tmp_path / "p.qdpx")


def test_every_kind_of_place_is_written_validly(schema, project, parts, tmp_path):
    tape = parts.transcript("one two", 0, 3, parts.coding())
    audio = f'<AudioSource guid="{parts.guid(24)}" name="tape">{tape}{parts.coding()}</AudioSource>'
    picture = (
        f'<PictureSource guid="{parts.guid(26)}" name="drawing"><TextDescription guid="{parts.guid(27)}">'
        f"<PlainTextContent>a house</PlainTextContent>{parts.passage(2, 7, parts.coding())}</TextDescription>"
        f'<PictureSelection guid="{parts.guid(28)}" firstX="-1" firstY="2" secondX="3" secondY="4">'
        f"{parts.coding()}</PictureSelection></PictureSource>"
    )
    first = read_interviews(project(audio + picture))
    assert len(first.segments) == 4
    write_interviews(first, tmp_path / "again.qdpx")
    check(schema, tmp_path / "again.qdpx")
    second = read_interviews(tmp_path / "again.qdpx")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table), obj=table)


def test_weights_have_no_place_and_that_is_said(tmp_path):
    segments = pd.DataFrame(
        {"source": ["a"], "start": [0], "end": [3], "code": ["c"], "coder": ["C1"], "weight": [70.0]}
    )
    made = Interviews.from_segments(segments, pd.DataFrame({"source": ["a"], "text": ["one two"]}))
    (problem,) = write_interviews(made, tmp_path / "p.qdpx")
    assert (problem.code, problem.severity) == ("SB-OUT-42", "warn")


def test_passages_without_place_are_not_written(tmp_path):
    (tmp_path / "h.csv").write_text("id,document,tag,content\n1,interview,availability,waits\n")
    with pytest.raises(DataError, match="SB-OUT-41") as caught:
        write_interviews(read_interviews(tmp_path / "h.csv"), tmp_path / "p.qdpx")
    assert caught.value.problems[0].rows == (1,)
    assert not (tmp_path / "p.qdpx").exists()


def test_characters_that_xml_cannot_hold_are_refused(tmp_path):
    segments = pd.DataFrame({"source": ["a"], "start": [0], "end": [3], "code": ["c\x07"], "coder": ["C1"]})
    made = Interviews.from_segments(segments, pd.DataFrame({"source": ["a"], "text": ["one \x07 two"]}))
    with pytest.raises(DataError, match="SB-OUT-43"):
        write_interviews(made, tmp_path / "p.qdpx")


def test_a_folder_that_does_not_exist_is_refused(interviews, tmp_path):
    with pytest.raises(DataError, match="SB-OUT-44"):
        write_interviews(interviews, tmp_path / "nowhere" / "p.qdpx")


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=40
)
names = words.map(str.strip).filter(bool)


@st.composite
def made_interviews(draw):
    texts = draw(st.lists(st.lists(words, max_size=4).map("\r\n".join), min_size=1, max_size=3))
    codes = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        source = draw(st.integers(0, len(texts) - 1))
        end = draw(st.integers(0, len(texts[source])))
        start = draw(st.integers(0, end))
        coder = draw(st.sampled_from(["C1", "C2", None]))
        rows.append((str(source), start, end, draw(st.sampled_from(codes)), coder))
    segments = pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder"])
    sources = pd.DataFrame({"source": [str(i) for i in range(len(texts))], "text": texts})
    return Interviews.from_segments(segments, sources, pd.DataFrame({"code": codes}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=made_interviews())
def test_any_interviews_read_back_equal(made, tmp_path):
    write_interviews(made, tmp_path / "p.qdpx")
    again = read_interviews(tmp_path / "p.qdpx")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(made, table), getattr(again, table), obj=table)


def test_a_form_feed_in_a_text_is_written_and_one_in_the_words_of_a_page_refused(project, parts, tmp_path):
    source = parts.file_source("internal://a.txt", parts.passage(0, 5, inside="<Description>why</Description>"))
    first = read_interviews(project(source, {"sources/a.txt": "one\x0c two"}))
    write_interviews(first, tmp_path / "p.qdpx")
    pd.testing.assert_frame_equal(first.uncoded, read_interviews(tmp_path / "p.qdpx").uncoded)
    rows = [("a", None, None, "there", "C1", "pdf", "page 1: 1,2,3,4", "one\x0c")]
    columns = ["source", "start", "end", "code", "coder", "kind", "region", "text"]
    pages = pd.DataFrame({"source": ["a"], "text": [None], "kind": ["pdf"]})
    with pytest.raises(DataError, match="SB-OUT-43"):
        write_interviews(Interviews.from_segments(pd.DataFrame(rows, columns=columns), pages), tmp_path / "q.qdpx")


def test_what_the_format_has_no_place_for_is_counted(tmp_path):
    segments = pd.DataFrame(
        {
            "source": ["a", "a"],
            "start": [0, None],
            "end": [3, None],
            "code": ["c", "c"],
            "coder": ["C1", "C1"],
            "created": ["2024-01-31", "2024-01-31T10:00:00"],
            "comment": ["kept", "of the whole"],
        }
    )
    codes = pd.DataFrame({"code": ["c"], "color": ["red"]})
    made = Interviews.from_segments(segments, pd.DataFrame({"source": ["a"], "text": ["one two"]}), codes)
    (problem,) = write_interviews(made, tmp_path / "p.qdpx")
    assert (problem.code, problem.severity) == ("SB-OUT-47", "warn")
    assert problem.what == (
        "REFI-QDA has no place for: moments that are not written as 2024-01-31T10:00:00 (1), colors that are not "
        "written as #46AA00 (1), names and comments on codings of whole sources (1)."
    )
    again = read_interviews(tmp_path / "p.qdpx")
    assert again.segments["created"].fillna("").tolist() == ["", "2024-01-31T10:00:00"]
    assert again.segments["comment"].fillna("").tolist() == ["kept", ""]


def changed(interviews, table, **cells):
    """The interviews with a table in which the first row has other cells."""
    frame = getattr(interviews, table).copy()
    for column, value in cells.items():
        frame.loc[0, column] = value
    return dataclasses.replace(interviews, **{table: frame})


@pytest.mark.parametrize(
    ("table", "cells", "column", "words"),
    [
        ("segments", {"coder": "C9"}, "coder", "1 row names a coder that is not in coders."),
        ("segments", {"code": "none"}, "code", "1 row names a code that is not in codes."),
        ("segments", {"source": "none"}, "source", "1 row names a source that is not in sources."),
        ("segments", {"end": 999}, "start, end, text", "1 row marks other words than the text holds there."),
        (
            "sources",
            {"text": TEXT[1:]},
            "start, end, text",
            "3 rows mark other words than the text holds there.",
        ),
        ("sources", {"source": "b"}, "source", "1 row bears the name of an earlier one."),
        ("codes", {"parent": "lack"}, "parent", "1 row does not stand under its parent."),
        ("codes", {"path": "else"}, "path", "1 row is called otherwise in path than in code."),
        ("cases", {"source": "none"}, "source", "1 row names a source that is not in sources."),
    ],
)
def test_tables_that_no_longer_hang_together_are_refused(interviews, tmp_path, table, cells, column, words):
    """A coder or an interview that only one table knows would be lost in the file without a word."""
    with pytest.raises(DataError) as caught:
        write_interviews(changed(interviews, table, **cells), tmp_path / "p.qdpx")
    told = next(problem for problem in caught.value.problems if problem.column == column)
    assert (told.code, told.what) == ("SB-OUT-46", words)
    assert not (tmp_path / "p.qdpx").exists()


def test_members_of_sets_that_nobody_holds_are_refused(interviews, tmp_path):
    sets = pd.DataFrame({"set": ["w1", "w1"], "kind": ["source", "source"], "member": ["a", "none"]})
    with pytest.raises(DataError) as caught:
        write_interviews(dataclasses.replace(interviews, sets=sets), tmp_path / "p.qdpx")
    assert (caught.value.problems[0].code, caught.value.problems[0].rows) == ("SB-OUT-46", (2,))


def test_a_table_without_a_column_is_refused(interviews, tmp_path):
    lacking = dataclasses.replace(interviews, segments=interviews.segments.drop(columns="comment"))
    with pytest.raises(DataError) as caught:
        write_interviews(lacking, tmp_path / "p.qdpx")
    assert (caught.value.problems[0].code, caught.value.problems[0].column) == ("SB-OUT-45", "comment")
