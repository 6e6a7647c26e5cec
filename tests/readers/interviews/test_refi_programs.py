"""Projects as each coding program writes them, made small: what was seen in their exports, one test a program."""

import zipfile

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import Interviews, read_interviews, write_interviews

TEXT = "The carer waits at the gate. He runs to her and she listens."
LINES = "Morning 🙂 she waits.\r\nHe runs home.\r\nShe listens 🙂 to him.\r\n"
NAMESPACE = "urn:QDA-XML:project:1.0"


def assumed(interviews, code):
    return [problem for problem in interviews.assumptions if problem.code == code]


def place_of(words, text=LINES, encoding=None):
    """Where words stand, in characters or, for UTF-16, in units of two bytes."""
    start = text.index(words)
    if encoding == "utf-16":
        return len(text[:start].encode("utf-16-le")) // 2, len(text[: start + len(words)].encode("utf-16-le")) // 2
    return start, start + len(words)


def whole(xml, origin, namespace=NAMESPACE, attributes=""):
    return (
        f"<?xml version='1.0' encoding='utf-8'?><Project xmlns='{namespace}' name='study' origin='{origin}' "
        f"{attributes}>{xml}</Project>"
    )


def value(parts, number, kind="Text", given=None):
    """The value of one variable; none where the program wrote no value."""
    inner = "" if given is None else f"<{kind}Value>{given}</{kind}Value>"
    return f'<VariableValue><VariableRef targetGUID="{parts.guid(number)}"/>{inner}</VariableValue>'


def spoken(interviews):
    """What was coded with what by whom."""
    columns = ["source", "text", "code", "coder"]
    return (
        interviews.segments[columns]
        .astype("object")
        .where(interviews.segments[columns].notna(), None)
        .values.tolist()
    )


# --- the programs


def test_transana_old_namespace_no_coder_and_a_transcript(project, parts):
    """Rows 7 and 1: namespace 0:10, codings without users, passages between points of time."""
    tape = (
        f'<VideoSource guid="{parts.guid(24)}" name="visit" path="absolute:///C:/Users/jane/visit.mp4">'
        f"{parts.transcript(TEXT, 4, 15, parts.coding(coder=None))}"
        f'<VideoSelection guid="{parts.guid(64)}" begin="0" end="900">{parts.coding(coder=None)}</VideoSelection>'
        "</VideoSource>"
    )
    codebook = f"<CodeBook><Codes>{parts.CODES}</Codes></CodeBook>"
    xml = whole(f"{codebook}<Sources>{tape}</Sources>", "Transana 3.22", namespace="urn:QDA-XML:project:0:10")
    read = read_interviews(project(xml))
    assert spoken(read) == [["visit", "carer waits", "availability", None], ["visit", None, "availability", None]]
    assert read.segments["region"].dropna().tolist() == ["0-900 ms"]
    assert read.coders.empty
    assert assumed(read, "SB-CODE-03")[0].rows == (1, 2)
    assert "jane" not in " ".join([*map(str, read.assumptions), read.segments.to_csv(), read.sources.to_csv()])


def nvivo(parts, attributes='basePath=""'):
    """One selection for each coding, drawn by someone else than the coder, and a case that is also a code."""
    case = parts.guid(33)
    selections = []
    for number, (words, code, coder) in enumerate(
        [
            ("she waits", parts.CODE, parts.CODER),
            ("she waits", parts.OTHER_CODE, parts.CODER),
            ("She listens 🙂 to him", parts.CODE, parts.OTHER_CODER),
            ("He runs home", case, parts.CODER),
        ],
        start=500,
    ):
        start, end = place_of(words, encoding="utf-16")
        selections.append(parts.passage(start, end, parts.coding(code, coder), number=number))
    values = value(parts, 31, given="kinship")
    xml = (
        f"<Users>{parts.USERS}</Users><CodeBook><Codes>{parts.CODES}"
        f'<Code guid="{case}" name="family 1" isCodable="true"/></Codes></CodeBook>'
        f'<Variables><Variable guid="{parts.guid(31)}" name="care" typeOfVariable="Text"/></Variables>'
        f'<Cases><Case guid="{case}" name="family 1"><Description/>{values}</Case></Cases>'
        f"<Sources>{parts.file_source(f'internal://{parts.SOURCE}.txt', *selections)}</Sources>"
    )
    return whole(xml, "NVivo", attributes=attributes)


def check_nvivo(read, unit):
    assert spoken(read) == [
        ["interview", "she waits", "availability", "Ada Ames"],
        ["interview", "she waits", "sensitivity", "Ada Ames"],
        ["interview", "She listens 🙂 to him", "availability", "Bo Berg"],
    ]
    assert read.segments["segment"].tolist() == [1, 1, 2]
    assert read.codes["code"].tolist() == ["availability", "sensitivity"]
    assert read.cases.values.tolist() == [["family 1", "interview", "kinship"]]
    assert read.offsets.loc[read.offsets["chosen"], "convention"].tolist() == [unit]


def test_nvivo_for_windows_utf16_units_after_the_mark(project, parts):
    """Rows 2, 3, 5, 6 and 10: folder Sources, UTF-16 units with two for a line end, cases among the codes."""
    xml = nvivo(parts)
    check_nvivo(
        read_interviews(project(xml, {f"Sources/{parts.SOURCE}.txt": LINES.encode("utf-8-sig")})), "utf-16"
    )


def test_nvivo_for_mac_lower_case_folder_and_plain_line_ends(project, parts):
    """Rows 2 and 15: folder sources, initials beside the login, a standalone declaration."""
    xml = nvivo(parts, 'basePath="/Users/ada/Documents"')
    xml = xml.replace("encoding='utf-8'?>", "encoding='UTF-8' standalone='no' ?>")
    path = project(xml, {f"sources/{parts.SOURCE}.txt": LINES.encode()})
    check_nvivo(read_interviews(path), "utf-16")


def test_atlas_ti_counts_a_line_end_as_one_and_codes_several_times_in_one_selection(project, parts):
    """Rows 1, 4, 5, 8 and 12: inner file of the project's name, flat codes, sets, memos as descriptions."""
    text, lines = LINES.replace("\r\n", "\n"), LINES
    start, end = place_of("He runs home", text)
    empty, _ = place_of("She listens", text)
    selections = (
        parts.passage(
            start, end, parts.coding(number=901), parts.coding(parts.OTHER_CODE, number=902), number=501
        ),
        parts.passage(*place_of("She listens 🙂 to him", text), parts.coding(number=903), number=502),
        parts.passage(empty, empty, parts.coding(number=904), number=503),
        parts.passage(*place_of("she waits", text), number=504, inside="<Description>ask again</Description>"),
    )
    codes = (
        f'<Code guid="{parts.CODE}" name="Availability::there" isCodable="true"/>'
        f'<Code guid="{parts.OTHER_CODE}" name="Availability::lack" isCodable="true"/>'
    )
    sets = (
        f'<Sets><Set guid="{parts.guid(71)}" name="care: kinship">'
        f'<MemberSource targetGUID="{parts.SOURCE}"/></Set>'
        f'<Set guid="{parts.guid(72)}" name="empty"/></Sets>'
    )
    xml = (
        f"<Users>{parts.USERS}</Users><CodeBook><Codes>{codes}</Codes></CodeBook>"
        f"<Sources>{parts.file_source('internal://A.txt', *selections)}</Sources>{sets}"
    )
    path = project(whole(xml, "ATLAS.ti 26.1.2"), {"Sources/A.txt": lines}, inner="Trial.qde")
    read = read_interviews(path, code_separator="::", sets="variables")
    assert read.segments["text"].tolist() == ["He runs home", "He runs home", "", "She listens 🙂 to him"]
    assert read.codes["path"].tolist() == ["Availability", "Availability > there", "Availability > lack"]
    assert read.cases.values.tolist() == [["interview", "interview", "kinship"]]
    assert read.uncoded[["text", "comment"]].values.tolist() == [["she waits", "ask again"]]
    assert assumed(read, "SB-CODE-60")[0].rows == (3,)
    assert read.offsets.loc[read.offsets["chosen"], "convention"].tolist() == ["code points, CRLF as one"]


def test_atlas_ti_names_a_recording_by_its_transcript(project, parts):
    transcript = parts.transcript(TEXT, 4, 15, parts.coding())
    tape = f'<AudioSource guid="{parts.guid(24)}" name="">{transcript}</AudioSource>'
    named = tape.replace("<Transcript ", '<Transcript name="visit 1" ')
    assert read_interviews(project(named)).sources["source"].tolist() == ["visit 1"]


def test_maxqda_capital_identifiers_nameless_cases_and_groups(project, parts):
    """Rows 2, 9, 11 and 13: upper-case GUIDs, no creator, repeated names, document groups as sets."""
    wave, empty = value(parts, 31, "Integer", 2), value(parts, 32)
    coded = parts.passage(4, 15, parts.coding()).replace(f'creatingUser="{parts.OTHER_CODER}"', "")
    commented = parts.passage(20, 28, number=502, inside="<Description>why here?</Description>")
    sources = parts.text_source(TEXT, coded, commented, wave, empty, name="survey", number=21)
    sources += parts.text_source(TEXT, parts.passage(29, 36, parts.coding()), name="survey", number=22)
    variables = (
        f'<Variables><Variable guid="{parts.guid(31)}" name="wave" typeOfVariable="Integer"/>'
        f'<Variable guid="{parts.guid(32)}" name="role" typeOfVariable="Text"/></Variables>'
    )
    cases = (
        f'<Cases><Case guid="{parts.guid(41)}">{wave.replace(">2<", ">3<")}'
        f'<SourceRef targetGUID="{parts.guid(22)}"/></Case></Cases>'
    )
    sets = (
        f'<Sets><Set guid="{parts.guid(71)}" name="carers"><MemberSource targetGUID="{parts.guid(21)}"/>'
        f'<MemberSource targetGUID="{parts.guid(22)}"/></Set></Sets>'
    )
    xml = (
        f"<Users>{parts.USERS}</Users><CodeBook><Codes>{parts.CODES}</Codes></CodeBook>"
        f"{variables}{cases}<Sources>{sources}</Sources>{sets}"
    )
    upper = whole(xml, "MAXQDA 24 (Release 24.7.0)").replace("-4000-8000-", "-4ABC-8DEF-")
    read = read_interviews(project(upper))
    assert [row[:2] for row in spoken(read)] == [["survey", "carer waits"], ["survey (2)", "He runs"]]
    assert read.segments["coder"].tolist() == ["Ada Ames", "Ada Ames"]
    assert read.uncoded["comment"].tolist() == ["why here?"]
    assert read.cases[["case", "source", "wave"]].values.tolist() == [
        ["survey (2)", "survey (2)", 3],
        ["survey", "survey", 2],
    ]
    assert read.cases["role"].isna().all()
    assert read.sets.values.tolist() == [["carers", "source", "survey"], ["carers", "source", "survey (2)"]]


def test_quirkos_variables_on_nameless_cases_and_memos_tied_by_reference(project, parts):
    """Row 9: a case stands for a source; a memo on a passage is a note that the selection points to."""
    tied = f'<NoteRef targetGUID="{parts.guid(81)}"/>'
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding(), tied))
    xml = (
        f"<Users>{parts.USERS}</Users><CodeBook><Codes>{parts.CODES}</Codes></CodeBook>"
        f'<Variables><Variable guid="{parts.guid(31)}" name="year" typeOfVariable="Text"/></Variables>'
        f'<Cases><Case guid="{parts.guid(41)}">{value(parts, 31, given=2024)}'
        f'<SourceRef targetGUID="{parts.SOURCE}"/></Case></Cases><Sources>{source}</Sources>'
        f"<Notes><Note guid='{parts.guid(81)}' name='memo' creatingUser='{parts.CODER}'>"
        "<PlainTextContent>look again</PlainTextContent></Note></Notes>"
    )
    read = read_interviews(project(whole(xml, "Quirkos 2.5.3")))
    assert read.cases.values.tolist() == [["interview", "interview", "2024"]]
    assert read.notes[["note", "text", "coder"]].values.tolist() == [["memo", "look again", "Ada Ames"]]
    (lost,) = assumed(read, "SB-FILE-98")
    assert lost.severity == "note"
    assert "ties of memos to what they are about (1)" in lost.what


def test_qda_miner_one_document_a_case_with_variables_of_every_type(project, parts):
    """Row 9 and section 1.1: cases of several types of variable; codes under categories that no one codes with."""
    types = ("Text", "Boolean", "Integer", "Float", "Date", "DateTime")
    given = ("girl", "true", "7", "7.5", "2024-01-02", "2024-01-02T03:04:05Z")
    variables, values = "", ""
    for number, (kind, cell) in enumerate(zip(types, given, strict=True), start=31):
        variables += f'<Variable guid="{parts.guid(number)}" name="{kind}" typeOfVariable="{kind}"/>'
        values += value(parts, number, kind, cell)
    codes = f'<Code guid="{parts.guid(5)}" name="Secure base" isCodable="false">{parts.CODES}</Code>'
    xml = (
        f"<Users>{parts.USERS}</Users><CodeBook><Codes>{codes}</Codes></CodeBook><Variables>{variables}</Variables>"
        f'<Cases><Case guid="{parts.guid(41)}" name="case 1">{values}<SourceRef targetGUID="{parts.SOURCE}"/>'
        f"</Case></Cases><Sources>{parts.text_source(TEXT, parts.passage(4, 15, parts.coding()))}</Sources>"
    )
    read = read_interviews(project(whole(xml, "QDA Miner 2024")))
    (row,) = read.cases.to_dict("records")
    assert row["case"] == "case 1"
    assert [row[kind] for kind in types[:4]] == ["girl", True, 7, 7.5]
    assert row["Date"] == pd.Timestamp("2024-01-02")
    assert row["DateTime"] == pd.Timestamp("2024-01-02T03:04:05Z")
    assert read.codes[["code", "parent", "is_codable"]].values.tolist()[0][2] is False
    assert read.codes["path"].tolist()[1] == "Secure base > availability"


def test_qualcoder_transcript_named_beside_its_recording_and_rich_text(project, parts):
    """Row 13: the same text file for a recording's transcript and a source of its own; codings in both."""
    transcript = (
        f'<Transcript guid="{parts.guid(25)}" plainTextPath="internal://t.txt">'
        f"{parts.passage(29, 36, parts.coding(number=902), number=502)}</Transcript>"
    )
    sources = (
        f'<AudioSource guid="{parts.guid(24)}" name="visit.mp3">{transcript}</AudioSource>'
        + parts.file_source("internal://t.txt", parts.passage(4, 15, parts.coding()), name="visit.mp3.txt")
    )
    read = read_interviews(project(sources, {"sources/t.txt": TEXT}))
    assert [row[:2] for row in spoken(read)] == [["visit.mp3", "He runs"], ["visit.mp3.txt", "carer waits"]]


def test_f4analyse_and_openqda_bare_minimum(project, parts):
    """Row 11: nothing optional is there; paths without a scheme, positions alone."""
    source = (
        f'<TextSource guid="{parts.SOURCE}" plainTextPath="interview.txt">'
        f'<PlainTextSelection guid="{parts.guid(7)}" startPosition="4" endPosition="15">'
        f'<Coding guid="{parts.guid(8)}"><CodeRef targetGUID="{parts.CODE}"/>'
        "</Coding></PlainTextSelection></TextSource>"
    )
    codebook = f'<CodeBook><Codes><Code guid="{parts.CODE}" name="availability"/></Codes></CodeBook>'
    xml = f"<Project name='x'>{codebook}<Sources>{source}</Sources></Project>"
    path = project("<?xml version='1.0'?>" + xml, {"sources/interview.txt": TEXT})
    assert spoken(read_interviews(path)) == [["source 1", "carer waits", "availability", None]]


def test_taguette_codebook_with_empty_sets(tmp_path):
    """Row 14: capital identifiers of version 5, an empty list of sets, names with dots."""
    (tmp_path / "c.qdc").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Taguette 1.5.2">'
        '<Codes><Code guid="0D62985D-B147-5D01-A9B5-CAE5DCD98342" name="home.trust" isCodable="true"/></Codes>'
        "<Sets/></CodeBook>"
    )
    codes = read_interviews(tmp_path / "c.qdc", code_separator=".").codes
    assert codes["path"].tolist() == ["home", "home > trust"]


def test_nvivo_leaves_things_out_and_a_coded_memo_counts(project, parts):
    """Row 16 and coded memos: what is in no table is said; memos that are coded are sources too."""
    memo = (
        f'<Notes><Note guid="{parts.guid(81)}" name="my thoughts"><PlainTextContent>{TEXT}</PlainTextContent>'
        f"{parts.passage(4, 15, parts.coding())}</Note></Notes>"
    )
    links = (
        f'<Links><Link guid="{parts.guid(91)}" originGUID="{parts.CODE}" targetGUID="{parts.OTHER_CODE}"/></Links>'
        f'<Graphs><Graph guid="{parts.guid(92)}" name="map"/></Graphs>'
    )
    described = parts.text_source(TEXT, "<Description>first visit</Description>")
    read = read_interviews(project(described, after=memo + links))
    assert spoken(read) == [["my thoughts", "carer waits", "availability", "Ada Ames"]]
    assert read.notes["note"].tolist() == ["my thoughts"]
    (memos,) = assumed(read, "SB-FILE-96")
    assert (memos.severity, memos.table, memos.rows) == ("warn", "sources", (2,))
    kept = read.segments[~read.segments["source"].isin(read.notes["note"])]
    assert kept.empty
    (lost,) = assumed(read, "SB-FILE-98")
    assert lost.what.endswith("descriptions of sources (1), links (1), drawings (1).")
    assert "first visit" not in str(lost)


# --- where things stand in the archive


@pytest.mark.parametrize("folder", ["", "My study/"])
@pytest.mark.parametrize(
    "path",
    ["internal://a b.txt", "internal://a%20b.txt", "internal:///a b.txt", "internal://sources/a b.txt",
     "relative:///a b.txt", "relative://a b.txt", "sources/a b.txt", "sources\\a b.txt", "internal://in/A B.TXT"],
)  # fmt: skip
def test_texts_are_found_however_their_path_is_written(project, parts, folder, path):
    source = parts.file_source(path, parts.passage(4, 15, parts.coding()))
    inner = "in/" if "in/" in path else ""
    files = {f"{folder}Sources/{inner}a b.txt": TEXT, f"{folder}Sources/other.txt": "nothing"}
    read = read_interviews(project(source, files, inner=f"{folder}project.qde"))
    assert read.segments["text"].tolist() == ["carer waits"]


def test_two_texts_of_one_name_in_two_folders_are_kept_apart(project, parts):
    sources = "".join(
        parts.file_source(
            f"internal://{name}/a.txt", parts.passage(0, 3, parts.coding()), name=name, number=number
        )
        for number, name in ((21, "first"), (22, "second"))
    )
    read = read_interviews(project(sources, {"sources/first/a.txt": "one", "sources/second/a.txt": "two"}))
    assert read.segments["text"].tolist() == ["one", "two"]


def test_a_text_without_a_path_is_found_by_the_identifier_of_its_source(project, parts):
    source = f'<TextSource guid="{parts.SOURCE}" name="a">{parts.passage(4, 15, parts.coding())}</TextSource>'
    read = read_interviews(project(source, {f"sources/{parts.SOURCE}.txt": TEXT}))
    assert read.segments["text"].tolist() == ["carer waits"]


def test_a_project_that_someone_unpacked_is_read_with_its_sources(tmp_path, parts):
    (tmp_path / "Sources").mkdir()
    (tmp_path / "Sources" / "a.txt").write_text(TEXT)
    (tmp_path / "secret.txt").write_text(TEXT)
    (tmp_path / "Sources" / "link.txt").symlink_to(tmp_path / "secret.txt")
    sources = parts.file_source("internal://a.txt", parts.passage(4, 15, parts.coding()))
    sources += parts.file_source("internal://link.txt", parts.passage(4, 15, parts.coding()), name="b", number=22)
    (tmp_path / "project.qde").write_text(parts.project_xml(sources))
    for path in (tmp_path / "project.qde", tmp_path):
        read = read_interviews(path)
        assert read.sources["text"].notna().tolist() == [True, False]
        assert read.segments.loc[read.segments["source"] == "interview", "text"].tolist() == ["carer waits"]


def test_identifiers_without_hyphens_are_the_same_identifiers(project, parts):
    bare = parts.CODE.replace("-", "").upper()
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding(bare)))
    assert read_interviews(project(source)).segments["code"].tolist() == ["availability"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_of_the_xml_and_a_blank_line_before_it(project, parts, encoding):
    xml = parts.project_xml(parts.text_source("Zoë 🙂 waits", parts.passage(0, 3, parts.coding())))
    data = (
        ("\n" + xml).encode()
        if encoding == "utf-8"
        else xml.replace("utf-8", encoding[:6].strip("-")).encode(encoding)
    )
    path = project("", inner="")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("project.qde", data)
    assert read_interviews(path).segments["text"].tolist() == ["Zoë"]


def test_sections_in_another_order_give_the_same_tables(project, parts):
    source = parts.text_source(
        TEXT,
        parts.passage(4, 15, parts.coding()),
        value(parts, 31, given="kin"),
    )
    variables = f'<Variables><Variable guid="{parts.guid(31)}" name="care" typeOfVariable="Text"/></Variables>'
    usual = read_interviews(project(source, before=variables))
    turned = whole(
        f"<Sources>{source}</Sources>{variables}<CodeBook><Codes>{parts.CODES}</Codes></CodeBook>"
        f"<Users>{parts.USERS}</Users>",
        "other",
    )
    again = read_interviews(project(turned, name="turned.qdpx"))
    for table in ("segments", "codes", "sources", "coders", "cases"):
        pd.testing.assert_frame_equal(getattr(usual, table), getattr(again, table))


def test_passages_of_a_pdf_without_a_representation_are_read(project, parts):
    pdf = f'<PDFSource guid="{parts.guid(22)}" name="letter">{parts.passage(4, 15, parts.coding())}</PDFSource>'
    read = read_interviews(project(pdf))
    assert read.segments[["source", "start", "end"]].values.tolist() == [["letter", 4, 15]]
    assert not assumed(read, "SB-FILE-44")


# --- privacy


@pytest.mark.parametrize(
    "name",
    ["C:\\Users\\jane.doe\\study\\interview 1.docx", "/Users/jane.doe/study/interview 1.docx",
     "\\\\server\\jane.doe\\interview 1.docx", "file:///home/jane.doe/interview 1.docx",
     "~/jane.doe/interview 1.docx"],
)  # fmt: skip
def test_names_that_are_paths_lose_their_folders(project, parts, tmp_path, name):
    """Row 15."""
    source = parts.text_source(TEXT, parts.passage(4, 15, parts.coding()), name=name)
    memo = (
        f"<Notes><Note guid='{parts.guid(81)}' name='{name}'><PlainTextContent>x</PlainTextContent></Note></Notes>"
    )
    read = read_interviews(project(source, after=memo))
    assert read.sources["source"].tolist() == read.notes["note"].tolist() == ["interview 1.docx"]
    (note,) = assumed(read, "SB-FILE-97")
    assert (note.severity, note.table, note.column, note.rows) == ("note", "sources", "source", (1,))
    write_interviews(read, tmp_path / "out.qdpx")
    assert "jane" not in everything(read) + written(tmp_path / "out.qdpx")


@pytest.mark.parametrize("name", ["visit 1/2", "wave 2", "a/b", "Mum & Dad", "12:30 talk", "r\\s"])
def test_ordinary_names_stay(project, parts, name):
    read = read_interviews(project(parts.text_source(TEXT, name=name)))
    assert read.sources["source"].tolist() == [name]
    assert not assumed(read, "SB-FILE-97")


def everything(interviews):
    tables = ("segments", "codes", "sources", "coders", "cases", "uncoded", "notes", "sets")
    return " ".join(
        [repr(interviews), *map(str, interviews.assumptions), *(getattr(interviews, t).to_csv() for t in tables)]
    )


def written(path):
    with zipfile.ZipFile(path) as archive:
        return " ".join([*archive.namelist(), *(archive.read(name).decode() for name in archive.namelist())])


def test_no_login_folder_or_name_is_left_in_what_pseudonyms_write(project, parts, tmp_path):
    """Row 15: folders in attributes and paths, logins and names of users, whoever is named as coder."""
    users = (
        f'<User guid="{parts.CODER}" name="Jane Doe" id="jdoe"/><User guid="{parts.OTHER_CODER}" id="rroe"/>'
        f'<User guid="{parts.guid(13)}" name="CORP\\rroe2"/>'
    )
    source = (
        f'<TextSource guid="{parts.SOURCE}" name="interview" creatingUser="{parts.CODER}" '
        f'currentPath="C:\\Users\\jdoe\\a.docx" plainTextPath="absolute:///home/jdoe/a.txt" '
        f'richTextPath="relative:///../jdoe/a.docx">{parts.passage(4, 15, parts.coding(coder=parts.CODER))}'
        f"{parts.passage(20, 28, parts.coding(coder=parts.OTHER_CODER))}</TextSource>"
    )
    picture = f'<PictureSource guid="{parts.guid(26)}" name="drawing" path="absolute:///home/jdoe/x.png"/>'
    attributes = f'basePath="/home/jdoe/study" creatingUserGUID="{parts.CODER}" modifyingUserGUID="{parts.CODER}"'
    path = project(source + picture, users=users, attributes=attributes)
    read = read_interviews(path, coders="pseudonyms")
    assert read.segments["coder"].tolist() == ["C1", "C2"]
    assert read.coders["coder"].tolist() == ["C1", "C2", "C3"]
    write_interviews(read, tmp_path / "out.qdpx")
    said = (everything(read) + written(tmp_path / "out.qdpx")).casefold()
    for private in ("jdoe", "jane", "doe", "rroe", "corp", "/home", "users\\"):
        assert private not in said


def test_what_is_refused_names_no_one(project, parts):
    source = parts.text_source(TEXT, parts.passage(4, 999, parts.coding()), name="/Users/jane/child 0042.docx")
    with pytest.raises(DataError) as caught:
        read_interviews(project(source))
    assert "0042" not in str(caught.value)
    assert "jane" not in str(caught.value)


# --- long projects


def test_a_bar_counts_what_was_read_of_the_project(project, parts, monkeypatch):
    seen = []

    class Bar:
        def __init__(self, total, delay, **words):
            seen.append((total, delay > 0, words["unit"]))

        def __enter__(self):
            return self

        def __exit__(self, *fault):
            return None

        def update(self, n):
            seen.append(n)

    monkeypatch.setattr("tqdm.tqdm", Bar)
    monkeypatch.setattr("securebase_analysis.readers.archive.BLOCK", 100)
    path = project(parts.text_source(TEXT, parts.passage(4, 15, parts.coding())))
    assert read_interviews(path).segments["text"].tolist() == ["carer waits"]
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("project.qde").file_size
    assert seen[0] == (size, True, "B")
    assert len(seen[1:]) > 5
    assert sum(seen[1:]) == size


# --- what is not quite as the standard has it


def test_positions_written_as_decimals_are_whole_numbers(project, parts):
    read = read_interviews(project(parts.text_source(TEXT, parts.passage("4.0", "15.0", parts.coding()))))
    assert read.segments["text"].tolist() == ["carer waits"]


@pytest.mark.parametrize("position", ["4.5", "nan", "inf", "", "1e400", "four"])
def test_positions_that_are_no_whole_numbers_are_refused(project, parts, position):
    with pytest.raises(DataError) as caught:
        read_interviews(project(parts.text_source(TEXT, parts.passage(position, position, parts.coding()))))
    refusal = next(problem for problem in caught.value.problems if problem.code == "SB-FILE-42")
    assert refusal.rows == (1,)


def test_a_coding_with_two_codes_counts_for_both(project, parts):
    both = parts.coding().replace("</Coding>", f'<CodeRef targetGUID="{parts.OTHER_CODE}"/></Coding>')
    read = read_interviews(project(parts.text_source(TEXT, parts.passage(4, 15, both))))
    assert read.segments["code"].tolist() == ["availability", "sensitivity"]
    assert not assumed(read, "SB-FILE-44")


def test_regions_with_decimals_or_gaps_are_written_as_they_were(project, parts, tmp_path):
    tape = (
        f'<AudioSource guid="{parts.guid(24)}" name="tape"><AudioSelection guid="{parts.guid(64)}" begin="10.5">'
    )
    tape += f"{parts.coding()}</AudioSelection></AudioSource>"
    first = read_interviews(project(tape))
    assert first.segments["region"].tolist() == ["10.5-None ms"]
    write_interviews(first, tmp_path / "out.qdpx")
    pd.testing.assert_frame_equal(first.segments, read_interviews(tmp_path / "out.qdpx").segments)


@pytest.mark.parametrize(
    ("kind", "region"), [("audio", "the first minute"), ("picture", "1,2,3"), ("pdf", "page 3")]
)
@pytest.mark.parametrize("of_source", ["text", "pdf"])
def test_regions_that_the_format_does_not_know_are_refused(tmp_path, kind, region, of_source):
    rows = [("a", None, None, "there", "C1", kind, region), ("a", None, None, "there", "C1", "document", None)]
    columns = ["source", "start", "end", "code", "coder", "kind", "region"]
    sources = pd.DataFrame({"source": ["a"], "text": ["one two"], "kind": [of_source]})
    made = Interviews.from_segments(pd.DataFrame(rows, columns=columns), sources)
    with pytest.raises(DataError) as caught:
        write_interviews(made, tmp_path / "p.qdpx")
    (refusal,) = caught.value.problems
    row = made.segments.index[made.segments["kind"] == kind][0] + 1
    assert (refusal.code, refusal.table, refusal.rows) == ("SB-OUT-41", "segments", (row,))
    assert not (tmp_path / "p.qdpx").exists()


def test_a_region_of_a_text_is_never_lost_in_writing(tmp_path):
    rows = [("a", None, None, "there", "C1", "picture", "1,2,3,4")]
    columns = ["source", "start", "end", "code", "coder", "kind", "region"]
    made = Interviews.from_segments(
        pd.DataFrame(rows, columns=columns), pd.DataFrame({"source": ["a"], "text": ["one two"]})
    )
    with pytest.raises(DataError, match="SB-OUT-41"):
        write_interviews(made, tmp_path / "p.qdpx")


def test_variables_of_one_name_do_not_overwrite_one_another(project, parts):
    variables = (
        f'<Variables><Variable guid="{parts.guid(31)}" name="age" typeOfVariable="Integer"/>'
        f'<Variable guid="{parts.guid(32)}" name="age" typeOfVariable="Text"/></Variables>'
    )
    source = parts.text_source(TEXT, value(parts, 31, "Integer", 7), value(parts, 32, "Text", "seven"))
    read = read_interviews(project(source, before=variables))
    assert read.cases[["age", "age (2)"]].values.tolist() == [[7, "seven"]]


def test_references_that_lead_nowhere_are_counted(project, parts):
    named = f'<SourceRef targetGUID="{parts.guid(98)}"/>'
    case = f'<Cases><Case guid="{parts.guid(41)}" name="family">{named}</Case></Cases>'
    sets = (
        f'<Sets><Set guid="{parts.guid(71)}" name="s"><MemberSource targetGUID="{parts.guid(97)}"/></Set></Sets>'
    )
    read = read_interviews(
        project(parts.text_source(TEXT, value(parts, 33, "Text", "x")), before=case, after=sets)
    )
    (warning,) = assumed(read, "SB-FILE-99")
    assert (warning.severity, warning.table) == ("warn", "p.qdpx")
    assert warning.what.startswith("3 references lead")
    assert "family" not in str(warning)
    assert read.sets.empty
    assert read.cases.values.tolist()[0][0] == "family"


def test_cases_in_a_set_are_said_to_be_left_out(project, parts, tmp_path):
    codes = parts.CODES + f'<Code guid="{parts.guid(41)}" name="family"/>'
    case = f'<Cases><Case guid="{parts.guid(41)}" name="family"/></Cases>'
    members = f'<MemberCode targetGUID="{parts.guid(41)}"/><MemberCode targetGUID="{parts.CODE}"/>'
    sets = f'<Sets><Set guid="{parts.guid(71)}" name="s">{members}</Set></Sets>'
    read = read_interviews(project(parts.text_source(TEXT), codes=codes, before=case, after=sets))
    assert read.sets.values.tolist() == [["s", "code", "availability"]]
    assert "cases in sets (1)" in assumed(read, "SB-FILE-98")[0].what
    write_interviews(read, tmp_path / "out.qdpx")
    pd.testing.assert_frame_equal(read.sets, read_interviews(tmp_path / "out.qdpx").sets)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_texts_that_only_seem_to_be_utf8_are_refused(project, parts, encoding):
    source = parts.file_source("internal://a.txt", parts.passage(0, 3, parts.coding()))
    with pytest.raises(DataError) as caught:
        read_interviews(project(source, {"sources/a.txt": "Zoë waits".encode(encoding)}))
    assert [problem.code for problem in caught.value.problems] == ["SB-FILE-52"]
