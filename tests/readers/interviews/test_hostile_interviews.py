"""Files made to do harm, and files that decayed: refused with a message, never another error."""

import io
import sqlite3
import stat
import zipfile
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews

QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
BOMB = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


def codes_of(caught):
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    "member",
    [
        "../evil.txt",
        "sources/../../evil.txt",
        "/etc/evil",
        "C:/evil.txt",
        "C:evil.txt",
        "..\\evil.txt",
        "\\\\host\\evil",
    ],
)
def test_members_that_land_outside_are_refused(project, parts, tmp_path, member):
    path = project(parts.text_source("x"), {member: "evil"})
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert codes_of(caught) == ["SB-FILE-32"]
    assert caught.value.problems[0].fix
    assert "evil" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["p.qdpx"]


def test_links_are_refused(project, parts):
    path = project(parts.text_source("x"))
    link = zipfile.ZipInfo("sources/a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="SB-FILE-32"):
        read_interviews(path)


def test_a_zip_bomb_is_refused_before_unpacking(project, parts):
    path = project(parts.text_source("x"), {"sources/bomb.txt": b"\0" * (64 * 2**20)})
    assert path.stat().st_size < 2**20
    with pytest.raises(DataError, match="SB-FILE-33"):
        read_interviews(path)


def test_a_bomb_in_the_project_itself_is_refused(project, parts):
    with pytest.raises(DataError, match="SB-FILE-33"):
        read_interviews(project(parts.project_xml("") + " " * (64 * 2**20)))


def test_too_many_members_are_refused(project, parts, monkeypatch):
    monkeypatch.setattr("securebase_analysis.readers.archive.MOST_MEMBERS", 3)
    with pytest.raises(DataError, match="SB-FILE-33"):
        read_interviews(project(parts.text_source("x"), {f"{n}.txt": "" for n in range(4)}))


def test_two_members_of_one_name_are_refused(project, parts):
    path = project(parts.text_source("x"))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("project.qde", parts.project_xml(parts.text_source("other")))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.table) == ("SB-FILE-31", "p.qdpx")
    assert "two members of one name" in problem.what
    assert problem.fix


def test_passages_that_would_fill_the_memory_are_refused(project, parts, monkeypatch):
    monkeypatch.setattr("securebase_analysis.readers.interviews.assembly.MOST_CHARACTERS", 9)
    whole = [parts.passage(0, 5, parts.coding(number=n), number=n + 100) for n in (900, 901)]
    assert len(read_interviews(project(parts.text_source("words", whole[0]))).segments) == 1
    with pytest.raises(DataError) as caught:
        read_interviews(project(parts.text_source("words", *whole)))
    (problem,) = caught.value.problems
    assert problem.code == "SB-FILE-69"
    assert "more than 9 characters together" in problem.what
    assert problem.fix
    assert "words" not in str(problem)


def test_a_database_that_contradicts_itself_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
        connection.execute("CREATE TABLE tags (id)")
        connection.executemany("INSERT INTO tags VALUES (?)", [("x" * 500,)] * 100)
        connection.commit()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray((tmp_path / "d.db").read_bytes())
    assert data[size] == 5
    data[size + 8 : size + 12] = (2).to_bytes(4, "big")  # the last child of the page is the page itself
    (tmp_path / "d.db").write_bytes(data)
    with pytest.raises(DataError, match="SB-FILE-37"):
        read_interviews(tmp_path / "d.db")


def test_a_member_protected_by_a_password_is_refused(project, parts):
    path = project(parts.text_source("x"))
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="SB-FILE-34"):
        read_interviews(path)


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        '<!DOCTYPE Project SYSTEM "http://example.org/x.dtd">',
        '<!DOCTYPE p [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE p>",
    ],
)
def test_xml_with_declarations_is_refused(project, parts, tmp_path, declaration):
    xml = parts.project_xml(parts.text_source("&b;")).replace("?>", f"?>{declaration}", 1)
    with pytest.raises(DataError) as caught:
        read_interviews(project(xml))
    assert codes_of(caught) == ["SB-FILE-35"]
    codebook = tmp_path / "c.qdc"
    codebook.write_text(f"{declaration}<CodeBook/>")
    with pytest.raises(DataError, match="SB-FILE-35"):
        read_interviews(codebook)


def test_a_bomb_in_utf16_is_refused_too(tmp_path):
    (tmp_path / "c.qdc").write_bytes(f'<?xml version="1.0" encoding="utf-16"?>{BOMB}<CodeBook/>'.encode("utf-16"))
    with pytest.raises(DataError, match="SB-FILE-35"):
        read_interviews(tmp_path / "c.qdc")


def test_a_bomb_inside_a_word_document_is_refused(project, parts):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as document:
        document.writestr("word/document.xml", f"{BOMB}<document/>")
    source = f'<TextSource guid="{parts.SOURCE}" name="a" richTextPath="internal://a.docx"/>'
    with pytest.raises(DataError, match="SB-FILE-35"):
        read_interviews(project(source, {"sources/a.docx": buffer.getvalue()}))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SB-FILE-30"),
        (b"PK\x03\x04 not really a zip", "SB-FILE-31"),
        (b"<CodeBook><Codes>", "SB-FILE-36"),
        (b'<?xml version="1.0" encoding="no-such"?><CodeBook/>', "SB-FILE-36"),
        (b"SQLite format 3\x00 not really a database", "SB-FILE-37"),
        (b"name,age\nx,3\n", "SB-FILE-30"),
        (b"\xff\xfe\x00\x01\x02", "SB-FILE-03"),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path, content, code):
    path = tmp_path / "file.qdpx"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert codes_of(caught) == [code]
    assert caught.value.problems[0].fix


@pytest.mark.parametrize("head", ["<!DOCTYPE html>\n<html>", "\ufeff <!-- saved -->\n<HTML lang='en'>"])
def test_a_web_page_is_named_as_what_it_is(tmp_path, head):
    """Taguette's highlights saved as HTML are no damaged XML."""
    path = tmp_path / "highlights.html"
    path.write_text(f"{head}<body><p>Words</p></body></html>", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert codes_of(caught) == ["SB-FILE-30"]
    assert "it is a web page (HTML)" in caught.value.problems[0].what


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("a.nvp", "NVivo"),
        ("a.NVPX", "NVivo"),
        ("a.mx24", "MAXQDA"),
        ("a.atlproj23", "ATLAS.ti"),
        ("a.ppj", "QDA Miner"),
    ],
)
def test_a_programs_own_file_is_named_with_the_export_that_can_be_read(tmp_path, name, program):
    (tmp_path / name).write_bytes(b"SQLite format 3\x00 and so on")
    with pytest.raises(DataError) as caught:
        read_interviews(tmp_path / name)
    assert codes_of(caught) == ["SB-FILE-30"]
    assert caught.value.problems[0].fix.startswith(f"Open it in {program}, export it as REFI-QDA project")


def test_a_project_inside_another_archive_is_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("study/project.qdpx", b"PK")
    with pytest.raises(DataError) as caught:
        read_interviews(tmp_path / "sent.zip")
    assert caught.value.problems[0].what.endswith("this archive holds none.")
    assert caught.value.problems[0].fix == "Unpack the archive and read the project inside it."


def test_a_file_that_is_not_there_is_refused_without_its_folder(tmp_path):
    with pytest.raises(DataError, match="SB-FILE-30") as caught:
        read_interviews(tmp_path / "jane" / "gone.qdpx")
    assert "jane" not in str(caught.value)


def test_a_database_of_another_program_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "d.db")
    connection.execute("CREATE TABLE cookies (id)")
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match="SB-FILE-30"):
        read_interviews(tmp_path / "d.db")


def test_a_word_document_is_named_as_what_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.qdpx", "w") as document:
        document.writestr("word/document.xml", "<document/>")
    with pytest.raises(DataError, match="a Word document"):
        read_interviews(tmp_path / "a.qdpx")


def reads_or_refuses(path):
    """Read a file; a DataError is an answer, anything else is a fault of ours."""
    try:
        read_interviews(path)
    except DataError as refusal:
        problems = refusal.problems
    else:
        return
    assert all(problem.what and (problem.fix or problem.severity == "note") for problem in problems)


MAGIC = [
    b"",
    b"PK\x03\x04",
    b"SQLite format 3\x00",
    b"<?xml version='1.0'?>",
    b"<Project>",
    b"id,document,tag,content\n",
]


@settings(max_examples=150, **QUIET)
@given(head=st.sampled_from(MAGIC), tail=st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path, head, tail):
    path = tmp_path / "random"
    path.write_bytes(head + tail)
    reads_or_refuses(path)


SAMPLES = [
    "refi_qda_projects/atlasti_mac_8.4_standard_project.qdpx",
    "refi_qda_projects/refi_standard_example1.qdc",
    "taguette_exports/taguette_project.sqlite3",
    "taguette_exports/all_tags.csv",
    "taguette_exports/codebook.xlsx",
]


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, **QUIET)
@given(data=st.data())
def test_decayed_files_are_read_or_refused(samples, tmp_path, name, data):
    content = bytearray((samples / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    path = tmp_path / "decayed"
    path.write_bytes(content)
    reads_or_refuses(path)


@settings(max_examples=80, **QUIET)
@given(data=st.data())
def test_decayed_project_xml_is_read_or_refused(samples, project, data):
    """Inside the zip no checksum catches what went wrong."""
    with zipfile.ZipFile(samples / SAMPLES[0]) as archive:
        xml = archive.read("Project.qde").decode()
    words = [
        "",
        "guid=",
        "-5",
        "99999999999999999999",
        "startPosition",
        "Coding",
        "<Code/>",
        "\x0b",
        '"',
        "page",
        "{}",
    ]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(60, len(xml) - 1))
        xml = xml[:place] + data.draw(st.sampled_from(words)) + xml[place + data.draw(st.integers(0, 40)) :]
    reads_or_refuses(project(xml if xml.startswith("<?xml") else "<?xml" + xml))


@settings(max_examples=80, **QUIET)
@given(data=st.data())
def test_databases_with_strange_values_are_read_or_refused(samples, tmp_path, data):
    path = tmp_path / "strange.sqlite3"
    path.write_bytes((samples / "taguette_exports" / "taguette_project.sqlite3").read_bytes())
    cells = [("documents", "contents"), ("documents", "name"), ("tags", "path"), ("highlights", "snippet"),
             ("highlights", "start_offset"), ("highlights", "end_offset"), ("highlights", "document_id"),
             ("highlight_tags", "tag_id")]  # fmt: skip
    values = ["", b"\xff\x00", -1, 2**62, 1.5, "<![bad", "<p>a&#xD800;b</p>", "\x00", "x" * 50]
    with closing(sqlite3.connect(path)) as connection:
        for _ in range(data.draw(st.integers(1, 3))):
            table, column = data.draw(st.sampled_from(cells))
            value, row = data.draw(st.sampled_from(values)), data.draw(st.integers(1, 5))
            connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?", (value, row))
        connection.commit()
    reads_or_refuses(path)
