"""NVivo's references of a code, as text and as Word document; the words are invented."""

import zipfile
from xml.sax.saxutils import escape

import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews

EXPORT = """Name: Nodes\\\\Availability\\Trust

<Files\\\\Wave 1\\\\Carer 1> - § 2 references coded [ 6.78% Coverage]

Reference 1 - 5.80% Coverage

She told me at once.
And then again.

Reference 2 - 0.98% Coverage

I was there.

Files\\\\Wave 2\\\\Carer 2 - § 1 reference coded [3.90% Coverage]

Reference 1 - 3.90% Coverage

He waits.
"""
GERMAN = """<Dateien\\\\Carer 1> - § 1 Verweis kodiert [5,80% Abdeckung]

Verweis 1 - 5,80% Abdeckung

Sie kam.
"""


def problem(caught, code):
    return next(problem for problem in caught.value.problems if problem.code == code)


def word_document(path, text):
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in text.splitlines())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="urn:w"><w:body>{paragraphs}</w:body></w:document>'
        )
    return path


def in_file(tmp_path, text, kind):
    if kind == "docx":
        return word_document(tmp_path / "trust.docx", text)
    path = tmp_path / "trust.txt"
    path.write_text(text.replace("\n", "\r\n"), encoding=kind, newline="")
    return path


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "utf-16", "docx"])
def test_references_become_segments(tmp_path, kind):
    read = read_interviews(in_file(tmp_path, EXPORT, kind))
    assert read.segments["source"].tolist() == ["Carer 1", "Carer 1", "Carer 2"]
    assert read.segments["text"].tolist() == ["She told me at once.\nAnd then again.", "I was there.", "He waits."]
    assert set(read.segments["code"]) == {"Trust"}
    assert read.codes["path"].tolist() == ["Availability", "Availability > Trust"]
    assert read.sets[["set", "member"]].values.tolist() == [["Wave 1", "Carer 1"], ["Wave 2", "Carer 2"]]
    assert read.segments["comment"].iloc[0] == "coverage 5.80%"
    assert read.segments["coder"].isna().all()
    lost = next(problem for problem in read.assumptions if problem.code == "SB-FILE-54")
    assert "no positions, no coders, no transcripts" in lost.what


def test_german_headings_are_known(tmp_path):
    read = read_interviews(in_file(tmp_path, GERMAN, "utf-8"))
    assert read.segments[["source", "code", "text"]].values.tolist() == [["Carer 1", "trust", "Sie kam."]]
    assert "SB-FILE-161" in [problem.code for problem in read.assumptions]


def test_a_folder_holds_one_code_a_file(tmp_path):
    (tmp_path / "Trust.txt").write_text(EXPORT.split("\n", 1)[1], encoding="utf-8")
    word_document(tmp_path / "Fear.docx", GERMAN)
    (tmp_path / "readme.txt").write_text("nothing", encoding="utf-8")
    (tmp_path / "~$Fear.docx").write_bytes(b"lock")
    read = read_interviews(tmp_path, format="nvivo")
    others = next(problem for problem in read.assumptions if problem.code == "SB-FILE-165")
    assert others.what.startswith("2 files of the folder")
    assert read.codes[["code", "n_segments"]].values.tolist() == [["Fear", 1], ["Trust", 3]]
    # The interview of the second file lies in a folder; without it, it could be another of that name.
    assert read.sources["source"].tolist() == ["Carer 1", "Carer 1 (2)", "Carer 2"]


def test_references_that_were_lost_are_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read_interviews(in_file(tmp_path, EXPORT.replace("Reference 2 - 0.98% Coverage", ""), "utf-8"))
    refusal = problem(caught, "SB-FILE-160")
    assert refusal.rows == (1,)
    assert "told me" not in str(caught.value)


def test_another_word_document_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read_interviews(in_file(tmp_path, "A letter\nabout nothing", "docx"))
    assert "Word document without NVivo's headings" in problem(caught, "SB-FILE-30").what


def test_a_very_long_line_is_no_heading(tmp_path):
    long = EXPORT.replace("He waits.", "He waits - § " * 20_000)
    assert len(read_interviews(in_file(tmp_path, long, "utf-8")).segments) == 3


def test_an_encoding_is_asked_for_and_taken(tmp_path):
    path = in_file(tmp_path, EXPORT.replace("again", "für"), "cp1252")
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert problem(caught, "SB-FILE-01").fix == "columns={'encoding': 'cp1252'}"
    assert len(read_interviews(path, columns={"encoding": "cp1252"}).segments) == 3


def test_the_same_words_again_are_another_place(tmp_path):
    twice = "Files\\\\A - § 2 references coded [ 2% Coverage]\n" + "".join(
        f"Reference {number} - 1% Coverage\nyes\n" for number in (1, 2)
    )
    assert read_interviews(in_file(tmp_path, twice, "utf-8")).segments["segment"].nunique() == 2


def test_another_code_on_the_same_words_is_on_the_same_place(tmp_path):
    for name in ("trust.txt", "fear.txt"):
        (tmp_path / name).write_text(GERMAN, encoding="utf-8")
    segments = read_interviews(tmp_path).segments
    assert segments["code"].tolist() == ["fear", "trust"]
    assert segments["segment"].tolist() == [1, 1]


def test_a_number_that_nobody_could_count_takes_no_memory(tmp_path):
    many = EXPORT.replace("§ 2 references", f"§ {10**15} references")
    with pytest.raises(DataError, match="SB-FILE-160"):
        read_interviews(in_file(tmp_path, many, "utf-8"))


def test_a_heading_that_is_none_once_it_is_decoded_is_refused(tmp_path):
    head = "F - § 1 reference coded [ 1% Coverage]\n".encode()
    (tmp_path / "t.txt").write_bytes(head.replace(b"coded", b"co\0ded") + b"words")
    with pytest.raises(DataError):
        read_interviews(tmp_path / "t.txt")


@pytest.mark.parametrize(
    ("coded", "reference", "coverage"),
    [
        ("2 références encodées", "Référence", "Couverture"),
        ("2 referencias codificadas", "Referencia", "Cobertura"),
        ("2 referências codificadas", "Referência", "Cobertura"),
        ("2 verwijzingen gecodeerd", "Verwijzing", "Dekking"),
    ],
)
def test_headings_of_any_language_are_known_by_their_signs(tmp_path, coded, reference, coverage):
    lines = [
        f"<Files\\\\Carers\\\\K1> - § {coded}  [6,78% {coverage}]",
        f"{reference} 1 - 5,80% {coverage}",
        "She came.",
        "Question 2 - 50% agreed",
        f"{reference} 2 - 0,98% {coverage}",
        "He left.",
    ]
    path = tmp_path / "Trust.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    read = read_interviews(path)
    assert read.segments["text"].tolist() == ["She came.\nQuestion 2 - 50% agreed", "He left."]
    assert read.codes["code"].tolist() == ["Trust"]
    assert read.sources["source"].tolist() == ["K1"]


def test_a_sentence_that_looks_like_a_heading_of_another_language_stays_words(tmp_path):
    lines = [
        "Files\\\\K1 - § 1 reference coded [ 6.78% Coverage]",
        "Reference 1 - 6.78% Coverage",
        "Question 2 - 50% agreed",
    ]
    path = tmp_path / "Trust.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert read_interviews(path).segments["text"].tolist() == ["Question 2 - 50% agreed"]


def test_a_transcript_is_named_as_what_it_is(tmp_path):
    path = tmp_path / "transcript.txt"
    path.write_text("I: How was it?\nA: Good, she came, and stayed.\nI: And then?\n")
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert "without NVivo's headings" in caught.value.problems[0].what


def test_another_code_inside_a_file_is_refused(tmp_path):
    """Two exports pasted together: the references of the second would count for the first."""
    second = EXPORT.replace("Trust", "Sensitivity")
    path = in_file(tmp_path, EXPORT + second, "utf-8")
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    told = problem(caught, "SB-FILE-167")
    assert told.what == "1 line names another code further down the file."
    assert told.rows == (len(EXPORT.splitlines()) + 1,)
    assert "Sensitivity" not in str(told)
    inside = EXPORT.replace("I was there.", "Name: someone I knew.")
    read = read_interviews(in_file(tmp_path, inside, "utf-8"))
    assert read.segments["text"].tolist()[1] == "Name: someone I knew."
    doubted = next(problem for problem in read.assumptions if problem.code == "SB-FILE-167")
    assert (doubted.severity, doubted.what) == ("warn", "1 line seems to name another code further down the file.")


def test_one_code_as_text_and_as_word_document_counts_once(tmp_path):
    """Both in one folder: each reference would count twice."""
    in_file(tmp_path, EXPORT, "utf-8")
    in_file(tmp_path, EXPORT, "docx")
    with pytest.raises(DataError) as caught:
        read_interviews(tmp_path)
    told = problem(caught, "SB-FILE-168")
    assert told.what == "The file holds references to 2 interviews that another file holds for the same code."
    (tmp_path / "trust.docx").unlink()
    assert len(read_interviews(tmp_path).segments) == 3
