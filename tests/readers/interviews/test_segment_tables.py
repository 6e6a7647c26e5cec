"""Tables of coded segments as MAXQDA, ATLAS.ti, Dedoose and QualCoder lay them out, and tables of one's own.

The rows are invented; the headers are those that the programs write.
"""

import csv

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import DataError
from securebase_analysis.readers.interviews import read_interviews, write_interviews
from securebase_analysis.readers.interviews.column_maps import presets

GERMAN = (
    "Farbe;Kommentar;Dokumentgruppe;Dokumentname;Code;Anfang;Ende;Gewicht;Segment;Bearbeitet von;Bearbeitet am;"
    "Erstellt von;Erstellt am;Fläche;Abdeckungsgrad %"
)
ENGLISH = (
    "Color;Comment;Document group;Document name;Code;Beginning;End;Weight score;Segment;Modified by;Modified;"
    "Created by;Created;Area;Coverage %"
)
MAXQDA_ROWS = [
    "●;;Welle 1;Interview 1;Verfügbarkeit > Vertrauen;3;3;80;Sie kommt zu mir;Bo;02.03.2024;Ada;01.03.2024;17;2,5",
    "●;sicher;Welle 1;Interview 1;Verfügbarkeit;3;5;0;Er ruft mich an;Bo;02.03.2024;Bo;01.03.2024;30;4,1",
    "●;;Welle 1;Interview 1;Verfügbarkeit;3;3;60;Sie kommt zu mir;Ada;02.03.2024;Bo;01.03.2024;17;2,5",
    "●;;Welle 2;Interview 1;Akzeptanz;12;12;40;Ich darf so sein;Ada;03.03.2024;Ada;03.03.2024;20;3,0",
]


def problem(caught, code):
    return next(problem for problem in caught.value.problems if problem.code == code)


def said(read, code):
    return next((problem for problem in read.assumptions if problem.code == code), None)


@pytest.fixture
def table(tmp_path):
    """Writes a table as CSV or XLSX; gives its path."""

    def write(frame, name="segments.xlsx"):
        path = tmp_path / name
        if name.endswith("xlsx"):
            frame.to_excel(path, index=False)
        else:
            frame.to_csv(path, index=False)
        return path

    return write


@pytest.fixture
def text(tmp_path):
    """Writes lines of text; gives the path."""

    def write(*lines, name="segments.csv", encoding="utf-8-sig"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


# --- MAXQDA


@pytest.mark.parametrize("header", [GERMAN, ENGLISH])
def test_maxqda_is_read_in_both_languages(text, header):
    read = read_interviews(text(header, *MAXQDA_ROWS))
    segments = read.segments
    assert segments["source"].tolist() == ["Welle 1 > Interview 1"] * 3 + ["Welle 2 > Interview 1"]
    assert segments["code"].tolist() == ["Vertrauen", "Verfügbarkeit", "Verfügbarkeit", "Akzeptanz"]
    assert segments["coder"].tolist() == ["Ada", "Bo", "Bo", "Ada"]
    assert segments["weight"].tolist() == [80, 0, 60, 40]
    assert segments["comment"].fillna("").tolist() == ["", "sicher", "", ""]
    assert segments["text"].iloc[0] == "Sie kommt zu mir"
    assert read.codes.set_index("code")["parent"].fillna("").to_dict() == {
        "Verfügbarkeit": "",
        "Vertrauen": "Verfügbarkeit",
        "Akzeptanz": "",
    }
    assert read.codes["is_codable"].all()
    assert read.sets.values.tolist() == [
        ["Welle 1", "source", "Welle 1 > Interview 1"],
        ["Welle 2", "source", "Welle 2 > Interview 1"],
    ]
    assert said(read, "SB-FILE-156") is None
    assert said(read, "SB-FILE-164").what.startswith("2 interviews share their name")


def test_maxqda_keeps_paragraphs_as_such_and_two_coders_on_one_place(text):
    segments = read_interviews(text(GERMAN, *MAXQDA_ROWS)).segments
    assert segments["region"].tolist() == ["paragraph 3", "paragraph 3-5", "paragraph 3", "paragraph 12"]
    assert segments[["start", "end"]].isna().all(axis=None)
    assert segments["segment"].tolist() == [1, 2, 1, 3]


def test_two_passages_of_one_paragraph_are_two_places(text):
    row = "●;;W;I1;A;3;3;0;{};Bo;x;Ada;x;17;2,5"
    segments = read_interviews(text(GERMAN, row.format("He came"), row.format("He stayed"))).segments
    assert segments["segment"].nunique() == 2


def test_rows_that_were_pasted_twice_are_told(text):
    read = read_interviews(text(GERMAN, *MAXQDA_ROWS, MAXQDA_ROWS[1]))
    assert len(read.segments) == 5
    twice = said(read, "SB-FILE-163")
    assert (twice.severity, twice.rows) == ("warn", (5,))


def test_what_maxqda_lost_is_said_in_words(text):
    read = read_interviews(text(GERMAN, *MAXQDA_ROWS))
    lost = said(read, "SB-FILE-54")
    assert lost.severity == "warn"
    assert "no positions in characters (it counts them by paragraph), no transcripts, no memos" in lost.what
    assert ".qdpx" in lost.fix
    zero = said(read, "SB-CODE-65")
    assert "1 of 4 weights are 0" in zero.what
    assert zero.column == "Gewicht"


def test_a_path_with_backslashes_is_a_tree_too(text):
    read = read_interviews(text(ENGLISH, "●;;W;I1;Secure base\\Availability;3;3;0;Words;;;Ada;x;1;1"))
    assert read.codes["path"].tolist() == ["Secure base", "Secure base > Availability"]
    assert read.codes["is_codable"].tolist() == [False, True]


def test_media_positions_stay_as_written(text):
    read = read_interviews(text(ENGLISH, "●;;W;I1;A;1: 234;1: 300;0;;;;Ada;x;1;1"))
    assert read.segments["region"].tolist() == ["position 1: 234 to 1: 300"]


@pytest.mark.parametrize(("column", "row"), [("Code", "●;;W;I1;;3;3;0;w"), ("Document name", "●;;W;;A;3;3;0;w")])
def test_a_row_without_code_or_interview_is_refused(text, column, row):
    good = "●;;W;I1;A;3;3;0;Kim came;;;Ada;x;1;1"
    with pytest.raises(DataError) as caught:
        read_interviews(text(ENGLISH, good, row + ";;;Ada;x;1;1"))
    refusal = problem(caught, "SB-FILE-55")
    assert (refusal.rows, refusal.table) == ((2,), "segments.csv")
    assert column in refusal.column
    assert "Kim" not in str(caught.value)


def test_a_weight_that_is_no_number_is_refused(text):
    row = "●;;W;I1;A;3;3;{};w;;;Ada;x;1;1"
    with pytest.raises(DataError) as caught:
        read_interviews(text(ENGLISH, row.format("10"), row.format("hoch"), row.format("20"), row.format("30")))
    refusal = problem(caught, "SB-FILE-18")
    assert (refusal.rows, refusal.column) == ((2,), "Weight score")


def test_coders_get_pseudonyms_from_tables_too(text):
    read = read_interviews(text(GERMAN, *MAXQDA_ROWS), coders="pseudonyms")
    assert read.coders["coder"].tolist() == ["C1", "C2"]


def test_a_table_without_places_is_not_written_as_a_project(text, tmp_path):
    with pytest.raises(DataError, match="SB-OUT-41"):
        write_interviews(read_interviews(text(GERMAN, *MAXQDA_ROWS)), tmp_path / "p.qdpx")


# --- ATLAS.ti


def atlasti(codes):
    return pd.DataFrame(
        {
            "ID": [f"1:{number}" for number in range(1, len(codes) + 1)],
            "Document": ["Carer 1"] * len(codes),
            "Quotation Name": [f"name {number}" for number in range(1, len(codes) + 1)],
            "Quotation Content": [f"words {number}" for number in range(1, len(codes) + 1)],
            "Comment": [None] * len(codes),
            "Codes": codes,
            "Reference": ["¶ 7"] * len(codes),
            "Density": [1] * len(codes),
            "Created by": ["Ada"] * len(codes),
        }
    )


@pytest.mark.parametrize("mark", ["\n", "; ", ";\n"])
def test_atlasti_cells_of_codes_become_rows(table, mark):
    read = read_interviews(table(atlasti([f"trust{mark}warm, kind", "trust", None])))
    assert sorted(read.segments["code"]) == ["trust", "trust", "warm, kind"]
    assert read.segments["segment"].nunique() == 2
    assert read.uncoded["text"].tolist() == ["words 3"]
    assert read.segments["name"].iloc[0] == "name 1"
    assert set(read.segments["region"]) == {"position ¶ 7"}


def test_atlasti_names_who_marked_and_not_who_coded(table):
    path = table(atlasti(["trust"]))
    read = read_interviews(path)
    assert read.segments["coder"].isna().all()
    lost = said(read, "SB-FILE-54")
    assert "who gave each code" in lost.what
    given = {"program": "atlas.ti", "coder": "Created by"}
    assert f"columns={given}" in lost.fix
    own = read_interviews(path, columns=given)
    assert own.segments["coder"].tolist() == ["Ada"]


def test_commas_between_codes_are_asked_about(table):
    path = table(atlasti(["trust, fear", "trust"]))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    refusal = problem(caught, "SB-FILE-155")
    assert (refusal.rows, refusal.column) == ((1,), "Codes")
    parted = read_interviews(path, columns={"program": "atlas.ti", "codes_between": ","})
    assert parted.segments["code"].tolist() == ["trust", "fear", "trust"]
    whole = read_interviews(path, columns={"program": "atlas.ti", "codes_between": [";", "\n"]})
    assert whole.codes["code"].tolist() == ["trust, fear", "trust"]


def test_line_breaks_and_semicolons_between_codes_are_asked_about(table):
    """Read either way, the counts differ: three codes or two."""
    path = table(atlasti(["loss; grief\ntrust", "trust"]))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    asked = problem(caught, "SB-FILE-155")
    assert (asked.table, asked.column, asked.rows) == ("segments.xlsx", "Codes", (1,))
    assert asked.what.startswith("The cells of codes hold line breaks and ';'; 1 cell may")
    given = {"program": "atlas.ti", "codes_between": "\n"}
    assert f"columns={given}" in asked.fix
    assert read_interviews(path, columns=given).codes["code"].tolist() == ["loss; grief", "trust"]
    both = read_interviews(path, columns={**given, "codes_between": ["\n", ";"]})
    assert both.codes["code"].tolist() == ["loss", "grief", "trust"]


def test_codes_with_commas_in_a_table_of_ones_own_are_asked_about_for_its_map(table):
    own = {"source": "Who", "codes": "Themes", "text": "Quote"}
    path = table(pd.DataFrame({"Who": ["K1"], "Themes": ["loss, grief"], "Quote": ["Words"]}))
    with pytest.raises(DataError) as caught:
        read_interviews(path, columns=own)
    assert problem(caught, "SB-FILE-155").fix.startswith("Add 'codes_between': ',' to columns when commas part")
    assert len(read_interviews(path, columns={**own, "codes_between": ","}).codes) == 2


def test_one_number_on_other_words_is_another_passage(table):
    """Two projects in one table: the number alone is not the place."""
    frame = atlasti(["trust", "trust"]).assign(ID="1:1")
    read = read_interviews(table(frame))
    assert read.segments["segment"].tolist() == [1, 2]
    assert said(read, "SB-FILE-163") is None


def test_atlasti_prefixes_become_a_tree_when_asked(table):
    read = read_interviews(table(atlasti(["care::trust"])), code_separator="::")
    assert read.codes["path"].tolist() == ["care", "care > trust"]


# --- Dedoose


def dedoose(**more):
    frame = {
        "Media Title": ["K1.docx", "K1.docx", "K2.docx"],
        "Excerpt Range": ["485-522", "600-640", "0-18"],
        "Excerpt Creator": ["ada", "bo", "ada"],
        "Excerpt Date": ["1/2/2024"] * 3,
        "Excerpt Copy": ["She came", "He stayed", "I wait"],
        "Resource Creator": ["ada"] * 3,
        "Resource Date": ["1/1/2024"] * 3,
        "Codes Applied Combined": ["Care, Trust", "Trust", ""],
        "Code: Care Applied": ["True", "False", "False"],
        "Code: Care Range": ["0-5"] * 3,
        "Code: Care Weight": ["3", "", ""],
        "Code: Care\\Trust Applied": ["True", "True", "False"],
        "Code: Care\\Trust Range": ["0-5"] * 3,
        "Code: Care\\Trust Weight": ["4.5", "0", ""],
        "Type of care": ["kinship", "kinship", "foster"],
    }
    return pd.DataFrame(frame | more)


@pytest.mark.parametrize("name", ["DedooseChartExcerpts.xlsx", "excerpts.csv"])
def test_dedoose_is_melted_to_one_row_a_code(table, name):
    read = read_interviews(table(dedoose(), name))
    rows = read.segments[["source", "code", "coder", "weight", "region", "segment"]].values.tolist()
    assert rows == [
        ["K1.docx", "Care", "ada", 3.0, "characters 485-522", 1],
        ["K1.docx", "Trust", "ada", 4.5, "characters 485-522", 1],
        ["K1.docx", "Trust", "bo", 0.0, "characters 600-640", 2],
    ]
    assert read.codes["path"].tolist() == ["Care", "Care > Trust"]
    assert read.uncoded["source"].tolist() == ["K2.docx"]
    assert read.cases[["source", "Type of care"]].values.tolist() == [
        ["K1.docx", "kinship"],
        ["K2.docx", "foster"],
    ]
    assert "who made the excerpt" in said(read, "SB-FILE-162").what


def test_codes_that_are_listed_and_have_no_column_are_told(table):
    """Someone deleted the columns of a code to make the table narrower."""
    trust = [name for name in dedoose() if "Trust" in name]
    read = read_interviews(table(dedoose().drop(columns=trust)))
    assert read.segments["code"].tolist() == ["Care"]
    told = said(read, "SB-FILE-179")
    assert (told.severity, told.column, told.rows) == ("warn", "Codes Applied Combined", (1, 2))
    assert told.what == "2 rows list codes to which no column of a code says yes."
    assert said(read_interviews(table(dedoose())), "SB-FILE-179") is None


def test_truth_values_of_a_workbook_are_read(table):
    flags = {"Code: Care Applied": [True, False, True], "Code: Care\\Trust Applied": [False, True, False]}
    assert read_interviews(table(dedoose(**flags))).segments["code"].tolist() == ["Care", "Trust", "Care"]


def test_a_cell_that_is_neither_yes_nor_no_is_refused(table):
    path = table(dedoose(**{"Code: Care Applied": ["True", "maybe", "False"]}))
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    refusal = problem(caught, "SB-FILE-154")
    assert (refusal.rows, refusal.column) == ((2,), "Code: Care Applied")
    read = read_interviews(path, columns={"program": "dedoose", "yes": ["true", "maybe"]})
    assert len(read.segments) == 4


def test_a_descriptor_that_differs_within_an_interview_is_left_out(table):
    read = read_interviews(table(dedoose(**{"Type of care": ["kinship", "foster", "foster"]})))
    assert "Type of care" not in read.cases
    assert said(read, "SB-FILE-157").column == "Type of care"


# --- QualCoder's report


def qualcoder(path, rows, header):
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


PLAIN = ["File", "Coder", "Coded", "Id", "Codename", "Coded_Memo"]


def test_qualcoders_report_names_coders_and_categories(tmp_path):
    rows = [
        ["i1.txt", "ada", "She came", "ctid:1", "trust", "sure", "availability", "caregiving"],
        ["i1.txt", "bo", "She came", "ctid:2", "trust", "", "availability", "caregiving"],
        ["i2.txt", "bo", "image", "imid:1", "home", ""],
    ]
    read = read_interviews(qualcoder(tmp_path / "r.csv", rows, [*PLAIN, "Category", "Category"]))
    assert read.segments["coder"].tolist() == ["ada", "bo", "bo"]
    assert read.segments["kind"].tolist() == ["text", "text", "picture"]
    assert read.segments["text"].fillna("").tolist() == ["She came", "She came", ""]
    assert read.codes["path"].tolist() == [
        "caregiving",
        "caregiving > availability",
        "caregiving > availability > trust",
        "home",
    ]
    assert said(read, "SB-FILE-62") is None


def test_qualcoders_report_of_cases_counts_each_coding_once(tmp_path):
    rows = [
        ["case A", "i1.txt", "ada", "She came", "ctid:1", "trust", "", "2", "girl"],
        ["case B", "i1.txt", "ada", "She came", "ctid:1", "trust", "", "2", "boy"],
    ]
    header = ["Case", "Filename", *PLAIN[1:], "FileVar_wave", "CaseVar_sex"]
    read = read_interviews(qualcoder(tmp_path / "r.csv", rows, header))
    assert len(read.segments) == 1
    assert said(read, "SB-FILE-159").rows == (2,)
    assert read.cases.values.tolist() == [["case A", "i1.txt", "2", "girl"], ["case B", "i1.txt", "2", "boy"]]


def test_shifted_variables_of_qualcoders_csv_are_not_read(tmp_path):
    rows = [
        ["i1.txt", "ada", "She came", "ctid:1", "trust", "", "availability", "caregiving", "kinship"],
        ["i2.txt", "ada", "He left", "ctid:2", "home", "", "place", "foster"],
    ]
    header = [*PLAIN, "Category", "Category", "FileVar_care"]
    read = read_interviews(qualcoder(tmp_path / "r.csv", rows, header))
    assert read.codes["path"].tolist() == ["trust", "home"]
    assert read.cases.empty
    assert "XLSX" in said(read, "SB-FILE-158").fix


# --- a map of one's own


OWN = pd.DataFrame(
    {
        "Gespräch": ["K1", "K1", "K2"],
        "Thema": ["Vertrauen", "Nähe", "Vertrauen"],
        "Zitat": ["a", "b", "c"],
        "Wer": ["ada", "bo", "ada"],
        "Punkte": ["1,5", "2,25", "3,0"],
        "Alter": ["7", "7", "9"],
        "Rest": ["x", "y", "z"],
    }
)


def test_a_few_lines_of_toml_are_enough(table, tmp_path):
    lines = 'source = "Gespräch"\ncode = "Thema"\ntext = "Zitat"\ncoder = "Wer"\nweight = "Punkte"\n'
    (tmp_path / "my.toml").write_text(lines + 'variables = ["Alter"]\n', encoding="utf-8")
    read = read_interviews(table(OWN, "own.xlsx"), columns=tmp_path / "my.toml")
    assert read.segments[["source", "code", "text", "coder", "weight"]].values.tolist() == [
        ["K1", "Vertrauen", "a", "ada", 1.5],
        ["K1", "Nähe", "b", "bo", 2.25],
        ["K2", "Vertrauen", "c", "ada", 3.0],
    ]
    assert read.cases[["source", "Alter"]].values.tolist() == [["K1", "7"], ["K2", "9"]]
    assert said(read, "SB-FILE-156").what == "1 column was not read: 'Rest'."


def test_a_comma_that_may_part_thousands_is_asked_about(table):
    path = table(OWN.assign(Punkte="1,500"), "own.csv")
    own = {"source": "Gespräch", "code": "Thema", "weight": "Punkte"}
    with pytest.raises(DataError, match="SB-FILE"):
        read_interviews(path, columns=own)
    assert set(read_interviews(path, columns=own | {"decimal": ","}).segments["weight"]) == {1.5}


def test_a_column_for_each_code_of_ones_own(table):
    frame = pd.DataFrame({"doc": ["K1", "K2"], "words": ["a", "b"], "has trust": ["Ja", "Nein"]})
    how = {"source": "doc", "text": "words", "applied": "has {code}", "yes": ["ja"], "no": ["nein"]}
    assert read_interviews(table(frame), columns=how).segments["code"].tolist() == ["trust"]


def test_how_a_file_is_read_can_be_said_without_naming_columns(text):
    path = text(GERMAN, *(row.strip("●") for row in MAXQDA_ROWS), encoding="cp1252")
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    assert problem(caught, "SB-FILE-01").fix == "columns={'encoding': 'cp1252'}"
    assert len(read_interviews(path, columns={"encoding": "cp1252"}).segments) == 4


def test_what_is_said_without_a_program_goes_on_top_of_the_preset_that_fits(text):
    rows = [row.replace(" > ", " / ") for row in MAXQDA_ROWS]
    read = read_interviews(text(GERMAN, *rows), columns={"code_path": "/"})
    assert read.codes["path"].tolist() == ["Verfügbarkeit", "Verfügbarkeit > Vertrauen", "Akzeptanz"]


def test_one_code_a_row_of_ones_own_replaces_the_way_of_the_preset(table):
    frame = dedoose().assign(Main=["Trust", "Care", "Care"])
    read = read_interviews(table(frame), columns={"program": "dedoose", "code": "Main"})
    assert read.segments["code"].tolist() == ["Trust", "Care", "Care"]


def test_our_own_segments_written_as_a_table_are_read_again(text, table):
    first = read_interviews(text(GERMAN, *MAXQDA_ROWS))
    again = read_interviews(table(first.segments, "again.csv"))
    columns = ["source", "code", "coder", "text", "weight", "comment", "segment", "region"]
    pd.testing.assert_frame_equal(again.segments[columns], first.segments[columns])


def test_an_unknown_table_is_refused_with_the_map_that_is_missing(table):
    with pytest.raises(DataError) as caught:
        read_interviews(table(OWN))
    refusal = problem(caught, "SB-FILE-30")
    assert "its 7 columns are not called as in the tables of MAXQDA" in refusal.what
    assert "columns=" in refusal.fix


def test_columns_that_are_not_there_are_named_with_the_nearest(table):
    with pytest.raises(DataError) as caught:
        read_interviews(table(OWN), columns={"source": "Gesprach", "code": "Themen", "text": "Zitat"})
    wrong = [problem for problem in caught.value.problems if problem.code == "SB-FILE-152"]
    assert [(one.column, one.fix) for one in wrong] == [
        ("Gesprach", "source = 'Gespräch'"),
        ("Themen", "code = 'Thema'"),
    ]


def test_a_map_without_code_or_interview_is_refused(table):
    with pytest.raises(DataError, match="SB-FILE-153"):
        read_interviews(table(OWN), columns={"text": "Zitat"})


def test_a_file_without_a_header_does_not_give_away_its_first_row(text):
    """Catalogue: no identifier and no quotation stands in a message."""
    path = text("kestrel,trust,She waits,ada", "siskin,fear,He left,bo")
    for columns in (None, {"source": "Interview", "code": "Theme"}, {"text": "words"}):
        with pytest.raises(DataError) as caught:
            read_interviews(path, columns=columns)
        assert not [word for word in ("kestrel", "siskin", "waits", "ada") if word in str(caught.value)]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"sourse": "doc"}, "source"),
        ({"source": 3}, "source"),
        ({"source": []}, "source"),
        ({"program": "nvivo 12", "source": "doc"}, "maxqda"),
        ({"applied": "Code"}, "{code}"),
        ({"header_rows": 0}, "whole number"),
        ({"decimal": ";"}, "'.' or ','"),
    ],
)
def test_lines_without_a_meaning_are_refused(table, given, word):
    with pytest.raises(DataError) as caught:
        read_interviews(table(OWN), columns=given)
    assert word in str(problem(caught, "SB-FILE-151"))


@pytest.mark.parametrize("content", [b"source = ", b"\xff\xfe\x00", None])
def test_a_map_that_cannot_be_read_is_refused(table, tmp_path, content):
    if content is not None:
        (tmp_path / "my.toml").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_interviews(table(OWN), columns=tmp_path / "my.toml")
    assert problem(caught, "SB-FILE-150").table == "my.toml"


def test_a_map_for_a_project_is_refused(project):
    with pytest.raises(DataError, match="no table"):
        read_interviews(project(""), columns={"source": "a", "code": "b"})


def test_the_format_can_be_insisted_on(text):
    path = text(GERMAN, *MAXQDA_ROWS)
    assert len(read_interviews(path, format="maxqda").segments) == 4
    with pytest.raises(DataError, match="content is that of maxqda"):
        read_interviews(path, format="taguette")


def test_every_preset_says_what_it_is():
    programs = ["atlas.ti", "dedoose", "maxqda", "qualcoder", "table", "taguette"]
    assert [preset.program for preset in presets()] == programs
    for preset in presets():
        assert preset.recognised_by
        assert preset.lacks


CELLS = st.sampled_from(
    [
        "",
        "a",
        "A > B",
        "x\\y",
        " > ",
        "1",
        "1,5",
        "NaN",
        "true",
        "¶ 7",
        "0-18",
        "\n",
        "a;b",
        "a, b",
        "ctid:1",
        "=1+1",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_the_cells_is_read_whole_or_refused(tmp_path, data):
    preset = data.draw(st.sampled_from(presets()))
    names = [words[0] for words in preset.columns.values()]
    names += [preset.applied.replace("{code}", code) for code in ("A", "A\\B") if preset.applied]
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(names)), min_size=1, max_size=4))
    path = tmp_path / "cells.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([names, *rows])
    try:
        read = read_interviews(path)
    except DataError:
        return
    assert read.segments["code"].notna().all()
    assert read.segments["source"].isin(read.sources["source"]).all()
    assert read.codes["n_segments"].sum() == len(read.segments)
    if "passage" not in preset.columns and "coding" not in preset.columns and not preset.applied:
        assert len(read.segments) + len(read.uncoded) == sum(any(cell.strip() for cell in row) for row in rows)


def test_plain_words_over_columns_are_understood_and_told(table):
    frame = pd.DataFrame({"Interview": ["K1"], "Theme": ["trust"], "Quote": ["She waits"], "Rater": ["ada"]})
    read = read_interviews(table(frame))
    assert read.segments[["source", "code", "text", "coder"]].values.tolist() == [
        ["K1", "trust", "She waits", "ada"]
    ]
    taken = said(read, "SB-FILE-166")
    assert taken.severity == "warn"
    assert "'Theme' for the code" in taken.what
    own = {"source": "Interview", "code": "Theme", "text": "Quote", "coder": "Rater"}
    assert taken.fix == f"If that is right, say it: columns={own}."
    assert said(read_interviews(table(frame), columns=own), "SB-FILE-166") is None


# --- what people and workbooks do to a table


@pytest.mark.parametrize("titles", [["Codierte Segmente"], ["Codierte Segmente;;", "Projekt X;;"]])
def test_titles_above_the_names_are_told_with_what_to_delete(text, titles):
    path = text(*titles, GERMAN, *MAXQDA_ROWS)
    with pytest.raises(DataError) as caught:
        read_interviews(path)
    told = problem(caught, "SB-FILE-177")
    rows = "row stands" if len(titles) == 1 else "rows stand"
    assert told.what == f"{len(titles)} {rows} above the names of the columns."
    assert told.fix.startswith("Delete the row above" if len(titles) == 1 else "Delete the 2 rows above")
    assert "Codierte" not in str(told)
    assert len(read_interviews(text(GERMAN, *MAXQDA_ROWS)).segments) == 4


def test_titles_above_the_names_in_a_workbook_are_told(table):
    frame = pd.DataFrame([["Coded", "segments"], ["Document name", "Code"], ["I1", "trust"]])
    frame[2] = ["of", "Segment", "Words"]
    frame.columns = ["All", "the", "rest"]
    with pytest.raises(DataError) as caught:
        read_interviews(table(frame))
    assert problem(caught, "SB-FILE-177").what.startswith("2 rows stand")


def test_excels_spelling_of_line_ends_is_undone(table):
    """Else a code would be called 'trust_x000D_', apart from 'trust'."""
    frame = atlasti(["trust_x000D_\nloss", "trust"])
    frame["Quotation Content"] = ["one_x000D_\ntwo", "a _x005F_x000D_ b"]
    read = read_interviews(table(frame))
    assert read.codes["code"].tolist() == ["trust", "loss"]
    assert read.segments["text"].tolist() == ["one\ntwo", "one\ntwo", "a _x000D_ b"]


def test_line_ends_inside_cells_are_one_character(text):
    path = text(ENGLISH, '●;;W;I1;A;3;3;0;"one', 'two";Bo;x;Ada;x;17;2.5')
    windows = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(windows)
    assert read_interviews(path).segments["text"].tolist() == ["one\ntwo"]


def test_cells_as_full_as_excel_allows_are_told(table):
    frame = atlasti(["trust", "trust"])
    frame["Quotation Content"] = ["a" * 32_767, "b" * 32_766]
    cut = said(read_interviews(table(frame)), "SB-FILE-176")
    assert (cut.severity, cut.column, cut.rows) == ("warn", "Quotation Content", (1,))
    assert cut.what == "1 cell holds 32,767 characters, which is all that a cell of Excel can hold."


def test_zeros_that_are_no_judgement_can_be_taken_out_as_told(text):
    """The fix keeps the rows: a passage without a weight is still a passage."""
    read = read_interviews(text(GERMAN, *MAXQDA_ROWS))
    assert "mask(segments['weight'] == 0)" in said(read, "SB-CODE-65").fix
    segments = read.segments
    mended = segments.assign(weight=segments["weight"].mask(segments["weight"] == 0))
    assert len(mended) == 4
    assert mended["weight"].isna().sum() == 1


def test_a_bar_counts_the_rows_of_a_table(text, monkeypatch):
    seen = []
    monkeypatch.setattr("tqdm.tqdm", lambda *rows, **how: _Bar(seen, *rows, **how))
    read_interviews(text(GERMAN, *MAXQDA_ROWS))
    assert ("segments.csv", 4, True, None) in seen


class _Bar:
    """A bar that writes down what it was made with."""

    def __init__(self, seen, rows=(), desc="", total=0, **how):
        seen.append((desc, total, how["delay"] > 0, how["disable"]))
        self.rows, self.n = rows, 0

    def __iter__(self):
        return iter(self.rows)

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        return None

    def update(self, n):
        self.n += n


# --- mistakes in a map


NAMED = {"source": "Interview", "code": "Theme", "text": "Quote"}


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        ({"variables": ["Agee"]}, "SB-FILE-152", "variables = 'Age'"),
        ({"not_read": ["Foo"]}, "SB-FILE-152", "not_read"),
        ({"applied_weight": "{code} Weight"}, "SB-FILE-152", "applied_weight"),
        ({"categories": "Above"}, "SB-FILE-152", "categories"),
        ({"case_variables": ["Age"]}, "SB-FILE-153", "case = '...'"),
        ({"codes": "Theme"}, "SB-FILE-151", "Keep code"),
        ({"text": "Theme"}, "SB-FILE-178", "take that line out"),
        ({"header_rows": 0}, "SB-FILE-151", "from 1 up"),
        ({"code_path": ""}, "SB-FILE-151", "a text, or a list of texts"),
    ],
)
def test_lines_of_a_map_that_would_have_no_effect_are_refused(table, more, code, word):
    frame = pd.DataFrame({"Interview": ["I1"], "Theme": ["trust"], "Quote": ["Words"], "Age": [7]})
    path = table(frame, "own.csv")
    with pytest.raises(DataError) as caught:
        read_interviews(path, columns={**NAMED, **more})
    assert word in problem(caught, code).fix
    assert "Words" not in str(caught.value)


def test_an_interview_may_be_its_own_case(table):
    frame = pd.DataFrame({"Interview": ["I1"], "Theme": ["trust"], "Quote": ["Words"], "Age": [7]})
    read = read_interviews(table(frame), columns={**NAMED, "case": "Interview", "case_variables": ["Age"]})
    assert read.cases.values.tolist() == [["I1", "I1", "7"]]


# --- names that may be one


def test_codes_that_differ_by_case_or_spaces_are_told_and_signs_are_not(text):
    rows = [
        MAXQDA_ROWS[0].replace("Verfügbarkeit > Vertrauen", name)
        for name in ("Trust", "trust", "Base +", "Base -")
    ]
    read = read_interviews(text(GERMAN, *rows))
    told = said(read, "SB-CODE-67")
    assert (told.severity, told.table, told.rows) == ("warn", "codes", (1, 2))
    assert told.what == "2 codes have names that differ from another's by case or spaces only."
    assert len(read.codes) == 4


def test_a_narrow_table_of_maxqda_is_still_maxqdas(text):
    """A column is taken once: 'Segment' is the words, not their number too."""
    read = read_interviews(text("Document name;Code;Segment", "I1;Care > Trust;Words"))
    assert said(read, "SB-FILE-54").what.startswith("MAXQDA's table")
    assert read.codes["code"].tolist() == ["Care", "Trust"]
    assert said(read, "SB-FILE-166") is None
