"""QualCoder databases, built as its schema lays them out."""

import sqlite3

import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews, write_interviews

SCHEMA = """
CREATE TABLE project (databaseversion text, date text, memo text, about text, codername text);
CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text,
    date text, av_text_id integer, risid integer, unique(name));
CREATE TABLE code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
CREATE TABLE code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text,
    color text, supercid integer);
CREATE TABLE code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer,
    pos1 integer, owner text, date text, memo text, avid integer, important integer);
CREATE TABLE code_image (imid integer primary key, id integer, x1 integer, y1 integer, width integer,
    height integer, cid integer, memo text, date text, owner text, important integer, pdf_page integer);
CREATE TABLE code_av (avid integer primary key, id integer, pos0 integer, pos1 integer, cid integer, memo text,
    date text, owner text, important integer);
CREATE TABLE cases (caseid integer primary key, name text, memo text, owner text, date text);
CREATE TABLE case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer,
    owner text, date text, memo text);
CREATE TABLE attribute_type (name text primary key, date text, owner text, memo text, caseOrFile text,
    valuetype text);
CREATE TABLE attribute (attrid integer primary key, name text, attr_type text, value text, id integer, date text,
    owner text);
CREATE TABLE journal (jid integer primary key, name text, jentry text, date text, owner text);
CREATE TABLE annotation (anid integer primary key, fid integer, pos0 integer, pos1 integer, memo text, owner text,
    date text);
"""
TEXT = "Morning 🙂 she waits.\nHe runs home to her."
CONTENT = f"""
INSERT INTO source VALUES (1, 'interview', '{TEXT}', NULL, '', 'ada', '2024-01-02 03:04:05', NULL, NULL);
INSERT INTO source VALUES (2, 'drawing', NULL, '/images/drawing.png', '', 'ada', '', NULL, NULL);
INSERT INTO source VALUES (3, 'tape', NULL, 'audio:/images/tape.mp3', '', 'ada', '', NULL, NULL);
INSERT INTO code_cat VALUES (1, 'secure base', 'ada', '', 'the model', NULL);
INSERT INTO code_name VALUES (7, 'availability', 'there for the child', 1, 'ada', '', '#F44336', NULL);
INSERT INTO code_name VALUES (8, 'lack', '', NULL, 'ada', '', NULL, 7);
INSERT INTO code_text VALUES (1, 7, 1, 'she waits', 10, 19, 'ada', '2024-01-02 03:04:05', 'sure', NULL, NULL);
INSERT INTO code_text VALUES (2, 7, 1, 'she waits', 10, 19, 'bo', '2024-01-03 03:04:05', '', NULL, NULL);
INSERT INTO code_text VALUES (3, 8, 1, 'runs home', 24, 33, 'bo', '2024-01-03 03:04:05', NULL, NULL, NULL);
INSERT INTO code_image VALUES (1, 2, 1, 2, 30, 40, 7, '', '2024-01-03 03:04:05', 'bo', NULL, NULL);
INSERT INTO code_av VALUES (1, 3, 100, 900, 7, '', '2024-01-03 03:04:05', 'bo', NULL);
INSERT INTO cases VALUES (1, 'case a', '', 'ada', '');
INSERT INTO case_text VALUES (1, 1, 1, 0, 41, 'ada', '', '');
INSERT INTO attribute_type VALUES ('wave', '', 'ada', '', 'file', 'numeric');
INSERT INTO attribute_type VALUES ('role', '', 'ada', '', 'case', 'character');
INSERT INTO attribute VALUES (1, 'wave', 'file', '2', 1, '', 'ada');
INSERT INTO attribute VALUES (2, 'role', 'case', 'carer', 1, '', 'ada');
INSERT INTO attribute VALUES (3, 'wave', 'file', '', 2, '', 'ada');
INSERT INTO journal VALUES (1, 'day one', 'It goes well.', '2024-01-02 03:04:05', 'ada');
INSERT INTO annotation VALUES (1, 1, 0, 7, 'odd', 'bo', '2024-01-02 03:04:05');
"""


@pytest.fixture
def folder(tmp_path):
    """Writes a .qda folder; gives its path."""

    def write(more="", schema=SCHEMA, content=CONTENT):
        path = tmp_path / "study.qda"
        path.mkdir(exist_ok=True)
        (path / "data.qda").unlink(missing_ok=True)
        connection = sqlite3.connect(path / "data.qda")
        connection.executescript(schema + content + more)
        connection.commit()
        connection.close()
        return path

    return write


def test_codings_of_two_coders_are_read(folder):
    path = folder()
    for where in (path, path / "data.qda"):
        read = read_interviews(where)
        assert read.segments[["source", "kind", "code", "coder", "segment"]].values.tolist() == [
            ["interview", "text", "availability", "ada", 1],
            ["interview", "text", "availability", "bo", 1],
            ["interview", "text", "lack", "bo", 2],
            ["drawing", "picture", "availability", "bo", 3],
            ["tape", "audio", "availability", "bo", 4],
        ]
    assert read.segments["text"].tolist()[:3] == ["she waits", "she waits", "runs home"]
    assert read.segments["created"].iloc[0] == "2024-01-02T03:04:05"
    assert read.segments["comment"].iloc[0] == "sure"
    assert read.segments["region"].dropna().tolist() == ["1,2,31,42", "100-900 ms"]
    assert read.coders.values.tolist() == [["ada", 1], ["bo", 4]]
    assert read.sources["kind"].tolist() == ["text", "picture", "audio"]
    assert [problem.code for problem in read.assumptions] == ["SB-FILE-98", "SB-CODE-66"]


def test_categories_are_codes_that_cannot_be_applied(folder):
    codes = read_interviews(folder()).codes
    assert codes[["code", "parent", "is_codable"]].astype(object).where(codes.notna(), None).values.tolist() == [
        ["secure base", None, False],
        ["availability", "secure base", True],
        ["lack", "availability", True],
    ]
    assert codes["n_segments"].tolist() == [0, 4, 1]


def test_cases_and_what_is_known_of_sources(folder):
    cases = read_interviews(folder()).cases
    assert cases[["case", "source", "wave", "role"]].astype(object).where(cases.notna(), None).values.tolist() == [
        ["case a", "interview", 2.0, "carer"],
        ["drawing", "drawing", None, None],
    ]


def test_journal_and_annotations_are_notes(folder):
    notes = read_interviews(folder(), coders="pseudonyms").notes
    assert notes[["note", "text", "coder"]].values.tolist() == [
        ["day one", "It goes well.", "C1"],
        ["annotation", "odd", "C2"],
    ]


def test_older_databases_lack_tables_and_columns(folder):
    schema = """
    CREATE TABLE source (id integer primary key, name text, fulltext text, mediapath text);
    CREATE TABLE code_name (cid integer primary key, name text, catid integer);
    CREATE TABLE code_text (cid integer, fid integer, seltext text, pos0 integer, pos1 integer, owner text);
    """
    content = f"""
    INSERT INTO source VALUES (1, 'interview', '{TEXT}', NULL);
    INSERT INTO code_name VALUES (7, 'availability', NULL);
    INSERT INTO code_text VALUES (7, 1, 'she waits', 10, 19, 'ada');
    """
    assert read_interviews(folder(schema=schema, content=content)).segments["text"].tolist() == ["she waits"]


def test_a_transcript_changed_after_coding_is_refused(folder):
    """Catalogue case 93."""
    with pytest.raises(DataError) as caught:
        read_interviews(folder("UPDATE source SET fulltext = 'Kim: ' || fulltext WHERE id = 1;"))
    refusal = next(problem for problem in caught.value.problems if problem.code == "SB-CODE-15")
    assert (refusal.table, refusal.column, refusal.rows) == ("code_text", "start, end", (1, 2, 3))
    assert refusal.fix
    assert "Kim" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE code_text SET pos1 = 4000, seltext = '' WHERE ctid = 3;", "SB-CODE-14"),
        ("UPDATE code_text SET pos1 = 2, seltext = '' WHERE ctid = 3;", "SB-CODE-14"),
        ("UPDATE code_text SET pos0 = 'x' WHERE ctid = 3;", "SB-FILE-42"),
        ("UPDATE code_text SET fid = 99 WHERE ctid = 3;", "SB-FILE-42"),
        ("UPDATE code_image SET id = 99;", "SB-FILE-42"),
        ("UPDATE code_av SET pos0 = NULL;", "SB-FILE-42"),
        ("UPDATE code_text SET cid = 99 WHERE ctid = 3;", "SB-FILE-43"),
        ("ALTER TABLE code_text DROP COLUMN pos0;", "SB-FILE-38"),
        ("UPDATE code_text SET owner = 'A-D A' WHERE ctid = 3;", "SB-CODE-04"),
    ],
)
def test_broken_rows_are_refused(folder, change, code):
    with pytest.raises(DataError) as caught:
        read_interviews(folder(change))
    assert code in [problem.code for problem in caught.value.problems]


def test_a_loop_of_codes_ends(folder):
    codes = read_interviews(folder("UPDATE code_name SET catid = NULL, supercid = 8 WHERE cid = 7;")).codes
    assert sorted(codes["code"]) == ["availability", "lack", "secure base"]


def test_a_view_in_place_of_a_table_is_never_run(folder):
    """A view can run without end."""
    endless = """
    DROP TABLE journal;
    CREATE VIEW journal AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
        SELECT x AS name, x AS jentry, x AS date, x AS owner FROM n;
    """
    assert read_interviews(folder(endless)).notes["note"].tolist() == ["annotation"]


def test_a_virtual_table_in_place_of_a_table_is_passed_over(folder):
    virtual = """
    DROP TABLE journal;
    CREATE VIRTUAL TABLE journal USING fts5(name, jentry, date, owner);
    INSERT INTO journal VALUES ('day one', 'x', '', 'ada');
    """
    try:
        path = folder(virtual)
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no full-text tables")
    assert read_interviews(path).notes["note"].tolist() == ["annotation"]


def test_the_database_is_not_touched(folder):
    path = folder() / "data.qda"
    before, beside = path.read_bytes(), sorted(path.parent.iterdir())
    read_interviews(path)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside


def test_changes_still_in_the_program_are_said(folder):
    path = folder()
    (path / "data.qda-wal").write_bytes(b"pending")
    assert read_interviews(path).assumptions[0].code == "SB-FILE-53"


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match="SB-FILE-30"):
        read_interviews(tmp_path)


def test_a_project_can_be_passed_on_as_refi(folder, tmp_path):
    first = read_interviews(folder())
    assert write_interviews(first, tmp_path / "p.qdpx") == ()
    second = read_interviews(tmp_path / "p.qdpx")
    for table in ("segments", "coders"):
        assert getattr(first, table).equals(getattr(second, table))


def test_what_has_no_table_is_counted(folder):
    more = (
        "UPDATE source SET memo = 'noisy' WHERE id < 3; UPDATE cases SET memo = 'twins'; "
        "UPDATE code_text SET important = 1 WHERE ctid = 1;"
    )
    told = next(problem for problem in read_interviews(folder(more)).assumptions if problem.code == "SB-FILE-98")
    assert told.what == (
        "Not taken over from the project: memos of sources (2), memos of cases (1), places of annotations (1), "
        "codings marked as important (1)."
    )


@pytest.mark.parametrize(("mine", "yours", "is_told"), [((0, 20), (21, 41), True), ((0, 41), (0, 41), False)])
def test_a_talk_of_two_cases_is_told(folder, mine, yours, is_told):
    """Each has a part of the text; the table of cases knows sources only."""
    more = (
        f"UPDATE case_text SET pos0 = {mine[0]}, pos1 = {mine[1]};"
        "INSERT INTO cases VALUES (2, 'case b', '', '', '');"
        f"INSERT INTO case_text VALUES (2, 2, 1, {yours[0]}, {yours[1]}, 'ada', '', '');"
    )
    read = read_interviews(folder(more))
    in_it = read.cases.loc[read.cases["source"] == "interview", "case"]
    assert in_it.tolist() == ["case a", "case b"]
    told = [problem.what for problem in read.assumptions if problem.code == "SB-FILE-175"]
    assert told == (["1 source holds passages of several cases."] if is_told else [])


def test_a_coding_of_tape_and_transcript_is_told(folder):
    """QualCoder ties the two with avid; counted both, one act is two."""
    more = (
        "INSERT INTO source VALUES (9, 'tape.transcribed', 'hello there', '', '', 'ada', '', NULL, NULL);"
        "INSERT INTO code_text VALUES (9, 7, 9, 'hello', 0, 5, 'bo', '', '', 1, NULL);"
    )
    read = read_interviews(folder(more))
    told = next(problem for problem in read.assumptions if problem.code == "SB-CODE-68")
    assert (told.severity, told.rows) == ("warn", (4,))
    assert told.what == "1 coding of a transcript is tied to the same code on the recording."
    assert not [p for p in read_interviews(folder()).assumptions if p.code == "SB-CODE-68"]
