"""Taguette's own exports, and small databases like them."""

import json
import re
import sqlite3
from html import unescape

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews

TABLES = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT, description TEXT, contents TEXT);
CREATE TABLE tags (id INTEGER PRIMARY KEY, path TEXT, description TEXT);
CREATE TABLE highlights (id INTEGER PRIMARY KEY, document_id, start_offset, end_offset, snippet TEXT);
CREATE TABLE highlight_tags (highlight_id INTEGER, tag_id INTEGER);
INSERT INTO projects VALUES (1, 'p');
INSERT INTO tags VALUES (1, 'availability', 'there');
"""


@pytest.fixture(scope="module")
def exports(samples):
    return samples / "taguette_exports"


@pytest.fixture(scope="module")
def expected(exports):
    return json.loads((exports / "expected.json").read_text("utf-8"))


@pytest.fixture
def database(tmp_path):
    """Writes a database with one document; gives its path."""

    def write(page, *highlights, more=""):
        path = tmp_path / "t.sqlite3"
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(TABLES)
        connection.execute("INSERT INTO documents VALUES (1, 'interview', 'wave 1', ?)", (page,))
        for number, (start, end, snippet) in enumerate(highlights, start=1):
            connection.execute("INSERT INTO highlights VALUES (?, 1, ?, ?, ?)", (number, start, end, snippet))
            connection.execute("INSERT INTO highlight_tags VALUES (?, 1)", (number,))
        connection.executescript(more)
        connection.commit()
        connection.close()
        return path

    return write


def problem(caught, code):
    return next(problem for problem in caught.value.problems if problem.code == code)


def test_the_database_gives_all_codings_and_keeps_untagged_ones_apart(exports, expected):
    read = read_interviews(exports / "taguette_project.sqlite3")
    assert len(read.segments) == expected["n_highlight_tags"]
    assert len(read.uncoded) == expected["highlights_without_tag"]
    assert read.segments["code"].value_counts().to_dict() == expected["rows_by_tag"]
    assert read.segments["source"].value_counts().to_dict() == expected["rows_by_document"]
    assert read.codes["code"].tolist() == [tag for (tag,) in expected["tags"]]
    assert read.sources["source"].tolist() == [name for _, name, _ in expected["documents"]]
    assert read.segments["segment"].nunique() == expected["n_highlights"] - expected["highlights_without_tag"]


def test_passages_are_the_snippets_that_taguette_kept(exports):
    path = exports / "taguette_project.sqlite3"
    read = read_interviews(path)
    found = sorted(read.segments["text"])
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    query = "SELECT snippet FROM highlights JOIN highlight_tags ON highlights.id = highlight_id"
    kept = [snippet for (snippet,) in connection.execute(query)]
    connection.close()
    assert found == sorted(unescape(re.sub("<[^>]+>", "", snippet.replace("</p><p>", "\n"))) for snippet in kept)
    texts = read.sources.set_index("source")["text"]
    for row in read.segments.itertuples():
        assert texts[row.source][row.start : row.end] == row.text


def test_paragraphs_do_not_run_together(exports):
    text = read_interviews(exports / "taguette_project.sqlite3").sources["text"].iloc[0]
    assert text.count("\n") == 19
    assert not re.search(r"[a-z]\.[A-Z]", text)


def test_no_coder_is_made_up(exports):
    read = read_interviews(exports / "taguette_project.sqlite3")
    assert read.segments["coder"].isna().all()
    assert read.coders.empty
    assert "SB-CODE-03" in [problem.code for problem in read.assumptions]


@pytest.mark.parametrize("name", ["all_tags.csv", "all_tags.xlsx"])
def test_tables_of_highlights_give_words_without_places(exports, expected, name):
    read = read_interviews(exports / name)
    assert len(read.segments) == expected["csv_rows"]
    assert read.segments["segment"].nunique() == expected["csv_distinct_ids"]
    assert read.segments["code"].value_counts().to_dict() == expected["rows_by_tag"]
    assert read.segments["source"].value_counts().to_dict() == expected["rows_by_document"]
    assert read.segments[["start", "end"]].isna().all(axis=None)
    assert "SB-FILE-54" in [problem.code for problem in read.assumptions]
    whole = read_interviews(exports / "taguette_project.sqlite3")
    squeezed = [sorted(r.segments["text"].str.replace(r"\s", "", regex=True)) for r in (read, whole)]
    assert squeezed[0] == squeezed[1]


@pytest.mark.parametrize("name", ["codebook.qdc", "codebook.csv", "codebook.xlsx"])
def test_codebooks_give_codes_alone(exports, expected, name):
    read = read_interviews(exports / name)
    assert read.codes["code"].tolist() == [tag for (tag,) in expected["tags"]]
    assert read.segments.empty
    assert read.sources.empty


def test_dotted_names_become_a_tree_when_asked(exports):
    codes = read_interviews(exports / "codebook.qdc", code_separator=".").codes.set_index("path")
    assert codes.loc["secure_base > acceptance > lack", "parent"] == "acceptance"
    assert not codes.loc["secure_base", "is_codable"]
    assert len(codes) == 10


def test_positions_count_bytes_of_the_text_without_tags(database):
    page = "<p>Zo&euml; said: <b>“I’ll be there”</b> 🙂 &amp; came.</p><p>Then tea.</p>"
    plain = "Zoë said: “I’ll be there” 🙂 & came.Then tea."
    words = ["I’ll be there", "came.", "Then tea.", "came.Then"]
    spans = [
        (len(plain[: plain.index(w)].encode()), len(plain[: plain.index(w) + len(w)].encode())) for w in words
    ]
    read = read_interviews(database(page, *[(start, end, word) for (start, end), word in zip(spans, words)]))
    assert sorted(read.segments["text"]) == sorted(["I’ll be there", "came.", "Then tea.", "came.\nThen"])
    assert read.sources["text"].tolist() == [plain.replace("came.", "came.\n")]
    assert read.cases["description"].tolist() == ["wave 1"]


def test_a_transcript_changed_after_coding_is_refused(database):
    """Catalogue case 93."""
    with pytest.raises(DataError) as caught:
        read_interviews(database("<p>Kim waits there</p>", (0, 3, "<p>Kim</p>"), (4, 9, "<p>waves</p>")))
    refusal = problem(caught, "SB-CODE-15")
    assert (refusal.severity, refusal.table, refusal.rows) == ("stop", "highlights", (2,))
    assert "Kim" not in str(caught.value)


@pytest.mark.parametrize(("start", "end"), [(0, 99), (6, 3), (2, 4)])
def test_positions_outside_the_text_or_inside_a_character_are_refused(database, start, end):
    with pytest.raises(DataError) as caught:
        read_interviews(database("<p>aëb waits</p>", (start, end, "")))
    assert problem(caught, "SB-CODE-14").rows == (1,)


def test_highlights_without_their_document_or_tag_are_refused(database):
    for more, code in (
        ("INSERT INTO highlights VALUES (9, 77, 0, 1, 'x');", "SB-FILE-42"),
        ("INSERT INTO highlight_tags VALUES (99, 1);", "SB-FILE-42"),
        ("INSERT INTO highlight_tags VALUES (1, 99);", "SB-FILE-43"),
        ("UPDATE highlights SET start_offset = 'zero';", "SB-FILE-42"),
    ):
        with pytest.raises(DataError, match=code):
            read_interviews(database("<p>waits</p>", (0, 5, "waits"), more=more))


def test_several_projects_in_one_database_are_refused(database):
    with pytest.raises(DataError, match="SB-FILE-56"):
        read_interviews(database("<p>x</p>", more="INSERT INTO projects VALUES (2, 'q');"))


def test_a_database_laid_out_differently_is_refused(database):
    for more, code, what in (
        ("ALTER TABLE highlights DROP COLUMN snippet;", "SB-FILE-38", "lacks the columns snippet"),
        (
            "DROP TABLE tags; CREATE VIEW tags AS SELECT 1 AS id, 'a' AS path, '' AS description;",
            "SB-FILE-30",
            "neither Taguette",
        ),
    ):
        with pytest.raises(DataError, match=code) as caught:
            read_interviews(database("<p>x</p>", more=more))
        assert what in str(caught.value)


@pytest.mark.parametrize("name", ["h.csv", "h.xlsx"])
def test_highlights_without_tag_or_document_are_refused(tmp_path, name):
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "document": ["interview", ""],
            "tag": ["availability"] * 2,
            "content": ["Kim waits", "there"],
        }
    )
    frame.to_csv(tmp_path / name, index=False) if name.endswith("csv") else frame.to_excel(
        tmp_path / name, index=False
    )
    with pytest.raises(DataError) as caught:
        read_interviews(tmp_path / name)
    refusal = problem(caught, "SB-FILE-55")
    assert (refusal.rows, refusal.column) == ((2,), "document, tag")
    assert "Kim" not in str(caught.value)


def test_cells_that_look_like_formulas_stay_words(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("id;document;tag;content\n1;interview;availability;=1+1\n", encoding="utf-8-sig")
    assert read_interviews(path).segments["text"].tolist() == ["=1+1"]
