"""What REFI-QDA programs do differently from the standard, each with a small project."""

import io
import zipfile

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews

TEXT = "The carer waits at the gate. He runs to her and she listens."


def problem(caught, code):
    return next(problem for problem in caught.value.problems if problem.code == code)


def assumed(interviews, code):
    return next(problem for problem in interviews.assumptions if problem.code == code)


@pytest.fixture
def simple(parts):
    return parts.text_source(TEXT, parts.passage(4, 15, parts.coding()))


# 1: the name of the inner file


@pytest.mark.parametrize("inner", ["project.qde", "Project.qde", "Trial.QDE"])
def test_the_only_qde_file_is_taken_whatever_its_name(project, simple, inner):
    assert read_interviews(project(simple, inner=inner)).segments["text"].tolist() == ["carer waits"]


def test_no_or_several_qde_files_are_refused(project, simple):
    for path in (project(simple, inner=""), project(simple, {"other.qde": "<Project/>"}, name="q.qdpx")):
        with pytest.raises(DataError) as caught:
            read_interviews(path)
        assert problem(caught, "SB-FILE-40").fix


# 2: the case of the folder of sources


@pytest.mark.parametrize("folder", ["Sources", "sources", "SOURCES"])
def test_sources_are_found_whatever_the_case(project, parts, folder):
    source = parts.file_source("internal://AB.txt", parts.passage(4, 15, parts.coding()))
    read = read_interviews(project(source, {f"{folder}/ab.TXT": TEXT}))
    assert read.segments["text"].tolist() == ["carer waits"]


# 3 and 4: see test_offsets


# 5: selections are not units


def test_one_place_is_one_unit_however_many_selections(project, parts):
    nvivo = parts.text_source(
        TEXT,
        parts.passage(4, 15, parts.coding(), number=501),
        parts.passage(4, 15, parts.coding(parts.OTHER_CODE), number=502),
        parts.passage(29, 40, parts.coding(), number=503),
    )
    atlas = parts.text_source(
        TEXT,
        parts.passage(4, 15, parts.coding(), parts.coding(parts.OTHER_CODE), number=504),
        parts.passage(29, 40, parts.coding(), number=505),
        parts.passage(0, 3, number=506),
    )
    first, second = (
        read_interviews(project(xml, name=name)) for xml, name in ((nvivo, "n.qdpx"), (atlas, "a.qdpx"))
    )
    pd.testing.assert_frame_equal(first.segments, second.segments)
    assert first.segments["segment"].tolist() == [1, 1, 2]
    assert first.uncoded.empty
    assert second.uncoded[["start", "end", "text"]].values.tolist() == [[0, 3, "The"]]


# 6 and 7: who coded


def test_the_coder_is_who_made_the_coding(project, parts):
    source = parts.text_source(
        TEXT, parts.passage(4, 15, parts.coding(coder=parts.CODER), drawn_by=parts.OTHER_CODER)
    )
    read = read_interviews(project(source))
    assert read.segments["coder"].tolist() == ["Ada Ames"]
    assert read.coders.values.tolist() == [["Ada Ames", 1], ["Bo Berg", 0]]


def test_a_coding_without_coder_is_never_given_one(project, parts):
    """Catalogue case 81."""
    source = parts.text_source(
        TEXT, parts.passage(4, 15, parts.coding(coder=None)), parts.passage(29, 40, parts.coding())
    )
    read = read_interviews(project(source))
    assert read.segments["coder"].isna().tolist() == [True, False]
    warning = assumed(read, "SB-CODE-03")
    assert (warning.severity, warning.table, warning.column, warning.rows) == ("warn", "segments", "coder", (1,))
    assert "agreement will refuse" in warning.done
    assert "Ada" not in str(warning)


def test_a_coder_no_list_names_is_told_apart(project, parts):
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding(coder=parts.guid(77))))
    read = read_interviews(project(source))
    assert read.segments["coder"].tolist() == ["unlisted coder 1"]
    assert assumed(read, "SB-FILE-48").severity == "warn"


def test_coders_who_may_be_one_person_must_be_named(project, parts):
    """Catalogue case 82: JB, J.B."""
    users = f'<User guid="{parts.CODER}" name="JB"/><User guid="{parts.OTHER_CODER}" name="j.b."/>'
    source = parts.text_source(
        TEXT, parts.passage(4, 15, parts.coding()), parts.passage(29, 40, parts.coding(coder=parts.OTHER_CODER))
    )
    path = project(source, users=users)
    for option in ("keep", "pseudonyms"):
        with pytest.raises(DataError) as caught:
            read_interviews(path, coders=option)
        refusal = problem(caught, "SB-CODE-04")
        assert (refusal.table, refusal.column, refusal.rows) == ("coders", "coder", (1, 2))
        assert "coders={" in refusal.fix
    assert read_interviews(path, coders={"j.b.": "JB"}).coders.values.tolist() == [["JB", 2]]
    assert read_interviews(path, coders={"JB": "JB"}).coders["n_segments"].tolist() == [1, 1]


# 8: no tree; sets — see test_real_projects; 9: nameless cases and values on sources


def test_a_nameless_case_takes_the_name_of_its_source(project, parts, simple):
    variables = (
        f'<Variables><Variable guid="{parts.guid(31)}" name="wave" typeOfVariable="Integer"/>'
        f'<Variable guid="{parts.guid(32)}" name="role" typeOfVariable="Text"/></Variables>'
    )
    case = (
        f'<Cases><Case guid="{parts.guid(41)}"><VariableValue>'
        f'<VariableRef targetGUID="{parts.guid(31)}"/><IntegerValue>2</IntegerValue></VariableValue>'
        f'<VariableValue><VariableRef targetGUID="{parts.guid(32)}"/></VariableValue>'
        f'<SourceRef targetGUID="{parts.SOURCE}"/></Case></Cases>'
    )
    read = read_interviews(project(simple, before=variables + case))
    assert read.cases[["case", "source", "wave"]].values.tolist() == [["interview", "interview", 2]]
    assert read.cases["role"].isna().all()
    assert str(read.cases["wave"].dtype) == "Int64"


def test_values_on_a_source_are_known_of_its_case(project, parts):
    variables = f'<Variables><Variable guid="{parts.guid(31)}" name="age" typeOfVariable="Float"/></Variables>'
    value = (
        f'<VariableValue><VariableRef targetGUID="{parts.guid(31)}"/><FloatValue>7.5</FloatValue></VariableValue>'
    )
    read = read_interviews(project(parts.text_source(TEXT, value), before=variables))
    assert read.cases.values.tolist() == [["interview", "interview", 7.5]]


def test_a_variable_that_is_not_what_it_says_stays_text(project, parts):
    variables = f'<Variables><Variable guid="{parts.guid(31)}" name="age" typeOfVariable="Integer"/></Variables>'
    value = (
        f'<VariableValue><VariableRef targetGUID="{parts.guid(31)}"/><TextValue>seven</TextValue></VariableValue>'
    )
    read = read_interviews(project(parts.text_source(TEXT, value), before=variables))
    assert read.cases["age"].tolist() == ["seven"]
    assert assumed(read, "SB-FILE-50").column == "age"


# 10: cases that are also codes


def test_codes_that_are_cases_are_no_codes(project, parts):
    child = parts.guid(3)
    codes = parts.CODES + f'<Code guid="{child.upper()}" name="a child" isCodable="true"/>'
    cases = f'<Cases><Case guid="{{{child}}}" name="a child"/></Cases>'
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding(), parts.coding(child)))
    read = read_interviews(project(source, codes=codes, before=cases))
    assert read.codes["code"].tolist() == ["availability", "sensitivity"]
    assert read.segments["code"].tolist() == ["availability"]
    assert read.cases[["case", "source"]].values.tolist() == [["a child", "interview"]]
    note = assumed(read, "SB-CODE-62")
    assert note.severity == "note"
    assert "a child" not in str(note)


# 11: everything optional


def test_selections_with_a_comment_only_are_kept_apart(project, parts):
    source = parts.text_source(TEXT, parts.passage(4, 15, inside="<Description>ask again</Description>"))
    read = read_interviews(project(source, users=""))
    assert read.segments.empty
    assert read.uncoded[["text", "comment"]].values.tolist() == [["carer waits", "ask again"]]


def test_a_project_may_be_almost_empty(project):
    read = read_interviews(project("", users="", codes=""))
    assert len(read.segments) == len(read.codes) == len(read.sources) == len(read.coders) == 0
    assert read.assumptions == ()
    assert list(read.segments.columns[:6]) == ["source", "start", "end", "code", "coder", "text"]


# 12: identifiers change, selections without length


def test_two_exports_with_new_identifiers_give_the_same_tables(project, parts, simple):
    first = read_interviews(project(simple))
    swapped = parts.project_xml(simple).replace("-4000-8000-", "-4111-9222-")
    second = read_interviews(project(swapped, name="again.qdpx"))
    pd.testing.assert_frame_equal(first.segments, second.segments)
    assert first.sources["sha256"].tolist() == second.sources["sha256"].tolist()


def test_a_passage_without_length_is_kept_and_noted(project, parts):
    """Catalogue case 92, zero length."""
    source = parts.text_source(TEXT, parts.passage(4, 4, parts.coding()), parts.passage(4, 15, parts.coding()))
    read = read_interviews(project(source))
    assert read.segments["text"].tolist() == ["", "carer waits"]
    note = assumed(read, "SB-CODE-60")
    assert (note.severity, note.rows) == ("note", (1,))


# 13: names and texts that are missing or repeated


def test_sources_of_one_name_are_told_apart(project, parts):
    sources = "".join(
        parts.text_source(TEXT, parts.passage(4, 15, parts.coding()), name="Zoe", number=number)
        for number in (21, 22)
    )
    read = read_interviews(project(sources))
    assert read.sources["source"].tolist() == ["Zoe", "Zoe (2)"]
    assert read.segments["source"].tolist() == ["Zoe", "Zoe (2)"]
    assert read.segments["segment"].tolist() == [1, 2]
    note = assumed(read, "SB-FILE-46")
    assert (note.table, note.column, note.rows) == ("sources", "source", (2,))
    assert "Zoe" not in str(note)


def test_a_text_that_is_not_there_is_said(project, parts):
    source = parts.file_source("internal://gone.txt", parts.passage(4, 15, parts.coding()))
    read = read_interviews(project(source))
    assert read.segments["text"].isna().all()
    assert read.segments[["start", "end"]].values.tolist() == [[4, 15]]
    assert read.sources["n_words"].isna().all()
    assert assumed(read, "SB-FILE-45").rows == (1,)


def test_a_path_that_leads_out_of_the_archive_is_not_followed(project, parts, tmp_path):
    (tmp_path / "secret.txt").write_text(TEXT)
    for path in ("relative:///../secret.txt", f"absolute:///{tmp_path}/secret.txt", "internal://../secret.txt"):
        read = read_interviews(project(parts.file_source(path, parts.passage(4, 15, parts.coding()))))
        assert read.sources["text"].isna().all()


def test_a_word_document_stands_in_for_missing_plain_text(project, parts):
    import io

    from docx import Document

    document = Document()
    for paragraph in ("The carer waits at the gate.", "He runs to her."):
        document.add_paragraph(paragraph)
    document.save(buffer := io.BytesIO())
    source = (
        f'<TextSource guid="{parts.SOURCE}" name="interview" richTextPath="internal://a.docx">'
        f"{parts.passage(29, 36, parts.coding())}</TextSource>"
    )
    read = read_interviews(project(source, {"sources/a.docx": buffer.getvalue()}))
    assert read.segments["text"].tolist() == ["He runs"]
    assert assumed(read, "SB-FILE-51").rows == (1,)


# 14: see test_taguette; braces, cases and old namespaces of identifiers


@pytest.mark.parametrize("namespace", ["urn:QDA-XML:project:1.0", "urn:QDA-XML:project:0:10", ""])
def test_any_namespace_is_read(project, parts, simple, namespace):
    assert len(read_interviews(project(simple, namespace=namespace)).segments) == 1


def test_identifiers_are_compared_without_braces_and_case(project, parts):
    code = "{" + parts.guid(0xABC).upper() + "}"
    codes = f'<Code guid="{code}" name="availability" isCodable="true"/>'
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding(parts.guid(0xABC))))
    assert read_interviews(project(source, codes=codes)).segments["code"].tolist() == ["availability"]


# 15: private words — see test_real_projects too


def test_the_home_folder_is_never_read_on(project, parts, simple):
    read = read_interviews(project(simple, attributes='basePath="/home/jane.doe/study"'), coders="pseudonyms")
    tables = [read.segments, read.sources, read.codes, read.coders, read.cases, read.notes, read.uncoded]
    said = " ".join([repr(read), *map(str, read.assumptions), *(table.to_csv() for table in tables)])
    for private in ("jane", "Ada", "Berg"):
        assert private not in said


# Places other than passages


def test_codings_of_whole_documents_pages_and_recordings_are_rows(project, parts):
    pdf = (
        f'<PDFSource guid="{parts.guid(22)}" name="letter"><PDFSelection guid="{parts.guid(600)}" page="1" '
        f'firstX="1" firstY="2" secondX="3" secondY="4">{parts.coding()}</PDFSelection>'
        f'<Representation guid="{parts.guid(23)}"><PlainTextContent>{TEXT}</PlainTextContent>'
        f"{parts.passage(4, 15, parts.coding())}</Representation></PDFSource>"
    )
    audio = (
        f'<AudioSource guid="{parts.guid(24)}" name="tape">{parts.transcript(TEXT, 4, 15, parts.coding())}'
        f'<AudioSelection guid="{parts.guid(64)}" begin="10" end="20">{parts.coding()}</AudioSelection>'
        "</AudioSource>"
    )
    picture = f'<PictureSource guid="{parts.guid(26)}" name="drawing">{parts.coding()}</PictureSource>'
    whole = parts.text_source(TEXT, parts.coding(parts.OTHER_CODE))
    segments = read_interviews(project(whole + pdf + audio + picture)).segments
    seen = segments[["source", "kind", "start", "text", "region"]].astype(object).where(segments.notna(), None)
    assert seen.values.tolist() == [
        ["interview", "document", None, None, None],
        ["letter", "text", 4, "carer waits", None],
        ["letter", "pdf", None, None, "page 1: 1,2,3,4"],
        ["tape", "text", 4, "carer waits", None],
        ["tape", "audio", None, None, "10-20 ms"],
        ["drawing", "document", None, None, None],
    ]


def test_codings_in_unknown_places_are_counted_and_said(project, parts):
    strange = f"<DatasetSource guid='{parts.guid(29)}'>{parts.coding()}</DatasetSource>"
    read = read_interviews(project(parts.text_source(TEXT) + strange))
    assert read.segments.empty
    assert assumed(read, "SB-FILE-44").what.startswith("1 coding stands")


def test_codes_of_one_name_are_called_by_their_path(project, parts):
    codes = "".join(
        f'<Code guid="{parts.guid(number)}" name="{parent}" isCodable="false">'
        f'<Code guid="{parts.guid(number + 100)}" name="lack" isCodable="true"/></Code>'
        for number, parent in ((3, "trust"), (4, "belonging"))
    )
    read = read_interviews(project(parts.text_source(TEXT), codes=codes))
    assert read.codes["code"].tolist() == ["trust", "trust > lack", "belonging", "belonging > lack"]
    assert read.codes["is_codable"].tolist() == [False, True, False, True]
    assert assumed(read, "SB-FILE-47").rows == (2, 4)


# Refusals


@pytest.mark.parametrize(("start", "end"), [(15, 4), (4, 999), (-3, 4)])
def test_passages_outside_their_text_are_refused(project, parts, start, end):
    """Catalogue case 92."""
    passages = (parts.passage(0, 3, parts.coding()), parts.passage(start, end, parts.coding()))
    source = parts.text_source(TEXT, *passages, name="Child 0042")
    with pytest.raises(DataError) as caught:
        read_interviews(project(source))
    refusal = problem(caught, "SB-CODE-14")
    assert (refusal.severity, refusal.table, refusal.column) == ("stop", "segments", "start, end")
    assert len(refusal.rows) == 1
    assert f"{start:,}" in refusal.what
    assert f"{len(TEXT)} characters" in refusal.what
    assert refusal.fix
    assert "0042" not in str(caught.value)


def test_positions_that_are_no_numbers_are_refused(project, parts):
    source = parts.text_source(TEXT, parts.passage("four", 15, parts.coding()))
    with pytest.raises(DataError) as caught:
        read_interviews(project(source))
    assert problem(caught, "SB-FILE-42").rows == (1,)


def test_codings_of_codes_that_are_not_there_are_refused(project, parts):
    source = parts.text_source(
        TEXT, parts.passage(0, 3, parts.coding()), parts.passage(4, 15, parts.coding(parts.guid(99)))
    )
    with pytest.raises(DataError) as caught:
        read_interviews(project(source))
    refusal = problem(caught, "SB-FILE-43")
    assert (refusal.table, refusal.column, refusal.rows) == ("segments", "code", (2,))


def test_codings_without_code_and_codes_of_one_identifier_are_refused_together(project, parts):
    codes = parts.CODES + f'<Code guid="{parts.CODE}" name="again" isCodable="true"/>'
    broken = f'<Coding guid="{parts.guid(950)}"/>'
    with pytest.raises(DataError) as caught:
        read_interviews(project(parts.text_source(TEXT, parts.passage(0, 3, broken)), codes=codes))
    assert problem(caught, "SB-FILE-42").column == "code"
    assert problem(caught, "SB-FILE-39").rows == (3,)


def test_text_that_is_not_utf8_is_refused(project, parts):
    source = parts.file_source("internal://a.txt", parts.passage(0, 3, parts.coding()))
    with pytest.raises(DataError) as caught:
        read_interviews(project(source, {"sources/a.txt": "Zoë waits".encode("cp1252")}))
    assert problem(caught, "SB-FILE-52").rows == (1,)


def test_xml_of_another_kind_is_refused(project, tmp_path):
    with pytest.raises(DataError) as caught:
        read_interviews(project('<?xml version="1.0"?><Library/>'))
    assert problem(caught, "SB-FILE-41")
    bare = tmp_path / "x.qdc"
    bare.write_text("<Library/>")
    with pytest.raises(DataError) as caught:
        read_interviews(bare)
    assert problem(caught, "SB-FILE-41")


def nested(parts, depth):
    opened = "".join(f'<Code guid="{parts.guid(n)}" name="c{n}" isCodable="true">' for n in range(1, depth + 1))
    return opened + "</Code>" * depth


def test_a_deep_tree_is_read_and_a_bottomless_one_refused(project, parts):
    assert read_interviews(project("", codes=nested(parts, 90))).codes["path"].str.count(" > ").max() == 89
    with pytest.raises(DataError, match="SB-CODE-63"):
        read_interviews(project("", codes=nested(parts, 50_000)))


# lists of codes that are not laid out as the standard asks


def test_codes_are_found_without_their_list_and_inside_another(project, parts, simple, tmp_path):
    below = f'<Code guid="{parts.OTHER_CODE}" name="sensitivity"/>'
    codes = f'<Code guid="{parts.CODE}" name="availability"><SubCodes>{below}</SubCodes></Code>'
    nested = read_interviews(project(simple, codes=codes))
    assert nested.codes[["code", "parent"]].fillna("").values.tolist() == [
        ["availability", ""],
        ["sensitivity", "availability"],
    ]
    bare = parts.project_xml(simple, codes="", before=f"<CodeBook>{parts.CODES}</CodeBook>")
    assert read_interviews(project(bare)).codes["code"].tolist() == ["availability", "sensitivity"]
    book = tmp_path / "book.qdc"
    book.write_text(f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0">{parts.CODES}</CodeBook>')
    assert read_interviews(book).codes["code"].tolist() == ["availability", "sensitivity"]


# one act of coding written twice


def a_page(parts, *inside, number=41):
    corners = 'page="1" firstX="1" firstY="2" secondX="3" secondY="4"'
    return f'<PDFSelection guid="{parts.guid(number)}" {corners}>{"".join(inside)}</PDFSelection>'


def representation(parts, *inside):
    content = f"<PlainTextContent>{TEXT}</PlainTextContent>"
    return f'<Representation guid="{parts.guid(40)}">{content}{"".join(inside)}</Representation>'


def test_a_page_whose_own_text_repeats_the_coding_counts_once(project, parts):
    other = parts.coding(parts.OTHER_CODE, number=902)
    again = representation(parts, parts.passage(4, 15, parts.coding(number=901), other))
    page = a_page(parts, again, parts.coding())
    read = read_interviews(project(f'<PDFSource guid="{parts.guid(21)}" name="doc.pdf">{page}</PDFSource>'))
    assert read.segments["code"].tolist() == ["sensitivity", "availability"]
    assert "codings of a page that its text repeats (1)" in assumed(read, "SB-FILE-98").what


def test_a_coding_made_on_page_and_text_at_once_is_told(project, parts):
    at_once = parts.coding().replace("<Coding ", '<Coding creationDateTime="2024-01-01T10:00:00Z" ')
    text = representation(parts, parts.passage(4, 15, at_once, number=600))
    page = a_page(parts, at_once)
    read = read_interviews(project(f'<PDFSource guid="{parts.guid(21)}" name="doc.pdf">{page}{text}</PDFSource>'))
    assert sorted(read.segments["kind"]) == ["pdf", "text"]
    told = assumed(read, "SB-CODE-61")
    assert told.what.startswith("1 coding of a PDF page stands in the file twice")


def test_names_of_coders_that_are_kept_are_told(project, parts, simple):
    told = assumed(read_interviews(project(simple)), "SB-CODE-66")
    assert told.severity == "note"
    assert told.what == "2 coders bear the names of the file."
    assert "Ada" not in str(told)
    for coders in ("pseudonyms", {"Ada Ames": "C1", "Bo Berg": "C2"}):
        given = read_interviews(project(simple), coders=coders)
        assert not [problem for problem in given.assumptions if problem.code == "SB-CODE-66"]
    numbered = f'<User guid="{parts.CODER}" name="C1"/><User guid="{parts.OTHER_CODER}" name=""/>'
    nobody = read_interviews(project(simple, users=numbered))
    assert not [problem for problem in nobody.assumptions if problem.code == "SB-CODE-66"]


def test_tab_stops_and_boxes_of_a_word_document_move_no_passage(project, parts):
    """A tab stop of the layout is no tab; a box of text stands once, after the paragraph it is tied to."""
    stops = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>'
    box = "<w:r><w:box><w:p><w:r><w:t>note</w:t></w:r></w:p></w:box></w:r>"
    body = f"<w:p>{stops}<w:r><w:t>I was</w:t></w:r>{box}<w:r><w:tab/><w:t>there.</w:t></w:r></w:p>"
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {space}><w:body>{body}</w:body></w:document>")
    source = (
        f'<TextSource guid="{parts.guid(21)}" name="d" richTextPath="internal://d.docx">'
        f"{parts.passage(6, 11, parts.coding())}</TextSource>"
    )
    read = read_interviews(project(source, {"sources/d.docx": packed.getvalue()}))
    assert read.sources["text"].tolist() == ["I was\tthere.\nnote"]
    assert read.segments["text"].tolist() == ["there"]


def test_cases_and_sets_called_by_a_path_lose_its_folders(project, parts, simple):
    case = (
        f'<Case guid="{parts.guid(70)}" name="C:\\Users\\ada\\K1"><SourceRef targetGUID="{parts.SOURCE}"/></Case>'
    )
    group = f'<Set guid="{parts.guid(71)}" name="/home/ada/w1"><MemberSource targetGUID="{parts.SOURCE}"/></Set>'
    read = read_interviews(project(simple, before=f"<Cases>{case}</Cases>", after=f"<Sets>{group}</Sets>"))
    assert read.cases["case"].tolist() == ["K1"]
    assert read.sets["set"].tolist() == ["w1"]
