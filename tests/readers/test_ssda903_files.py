"""Files of a return in every form that offices produce: read alike, told apart, or refused with a reason."""

from __future__ import annotations

import datetime as dt

import numpy as np
import openpyxl
import pandas as pd
import pytest

from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.readers.ssda903.layout import BY_NAME, LAYOUTS, layout_of_columns, layout_of_name
from securebase_analysis.readers.ssda903.part_dates import read_dates
from securebase_analysis.readers.ssda903.reading import read_returns
from securebase_analysis.readers.ssda903.returns import return_year

EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
ROWS = [
    "KID001,01/06/2020,S,C2,N1,U6,PR1,01/07/2020,X1,CARPL,AB1 1AB,AB1 2CD,1234567",
    "KID001,01/07/2020,P,C2,N1,U3,PR1,,,,AB1 1AB,AB1 3CD,7654321",
    "KID002,05/08/2020,S,V2,N4,K2,PR4,06/09/2020,E4A,,AB1 1AB,AB1 4CD,1111111",
]
PLAIN = "\n".join([EPISODES, *ROWS]) + "\n"


def read(folder, content=PLAIN, name="episodes.csv"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_returns(folder)


def told(merged) -> dict[str, object]:
    return {one.code: one for one in merged.ledger.problems}


def stops(merged) -> list[str]:
    return [one.code for one in merged.ledger.problems if one.severity == "stop"]


def cells(merged, *names) -> list:
    """What was read of episodes, as plain text."""
    frame = merged.tables["episodes"]
    columns = names or ("child", "start", "end", "rne", "place", "urn")
    return frame[list(columns)].astype("str").fillna("").values.tolist()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    merged = read(tmp_path_factory.mktemp("plain"))
    assert not stops(merged)
    assert len(merged.tables["episodes"]) == 3
    return cells(merged)


# --- forms that are read alike ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xef\xbb\xbf" + PLAIN.encode(), None),
        (PLAIN.encode("utf-16"), "SB-FILE-03"),
        (PLAIN.encode("utf-16-le"), "SB-FILE-03"),
        (PLAIN.encode("utf-32"), "SB-FILE-03"),
        (PLAIN.replace("AB1 1AB", "é").encode("cp1252"), "SB-FILE-01"),
        (PLAIN.replace("\n", "\r\n").encode(), None),
        (PLAIN.replace("\n", "\r").encode(), None),
        (PLAIN.replace(",", ";").encode(), "SB-FILE-04"),
        (PLAIN.replace(",", "\t").encode(), "SB-FILE-04"),
        (PLAIN.replace(",", "|").encode(), "SB-FILE-04"),
        (PLAIN.replace("AB1 2CD", "AB1\0 2CD").encode(), "SB-FILE-80"),
        (('"' + PLAIN.strip().replace(",", '","').replace("\n", '"\n"') + '"\n').encode(), None),
        (b"SSDA903\n\nPrinted in May\n" + PLAIN.encode(), None),
        (b"sep=,\n" + PLAIN.encode(), None),
        (PLAIN.replace(ROWS[1], "\n,,,,,,,,,,,,\n" + ROWS[1]).encode(), None),
        (PLAIN.replace(ROWS[1], EPISODES + "\n" + ROWS[1]).encode(), None),
        ("\n".join(ROWS).encode(), "SB-FILE-90"),
    ],
    ids=["BOM", "UTF-16", "UTF-16 without BOM", "UTF-32", "cp1252", "CRLF", "CR", "semicolon", "tab", "bar", "NUL",
         "quoted", "lines above", "sep=", "blank rows", "header again", "no header"],
)  # fmt: skip
def test_the_same_rows_in_another_form(tmp_path, plain, content, code):
    merged = read(tmp_path, content)
    assert cells(merged) == plain
    assert not stops(merged)
    assert code is None or code in told(merged)


@pytest.mark.parametrize(
    "header",
    [
        EPISODES.lower(),
        EPISODES.replace("_", " ").title(),
        EPISODES.replace(",", " , "),
        EPISODES.replace("PLACE,", "PL,").replace("CHILD", "ChildID"),
    ],
)
def test_names_of_columns_in_any_spelling(tmp_path, plain, header):
    merged = read(tmp_path, PLAIN.replace(EPISODES, header))
    assert cells(merged) == plain
    assert merged.ledger.repairs_frame()["what"].str.startswith("names of columns").any()


def test_columns_in_any_order_and_columns_of_the_department(tmp_path, plain):
    names = EPISODES.split(",")
    order = np.random.default_rng(1).permutation(len(names))
    lines = [[line.split(",")[at] for at in order] for line in PLAIN.strip().split("\n")]
    lines = [[*line, extra, "?"] for line, extra in zip(lines, ["PL_DISTANCE", "1.2", "3.4", "5.6"])]
    merged = read(tmp_path, "\n".join(",".join(line) for line in lines))
    assert cells(merged) == plain
    assert cells(merged, "pl_distance") == [["1.2"], ["3.4"], ["5.6"]]
    assert told(merged)["SB-FILE-85"].severity == "note"


def test_workbooks(tmp_path, plain):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Episodes"
    for line in PLAIN.strip().split("\n"):
        row = [
            dt.datetime.strptime(cell, "%d/%m/%Y") if cell.count("/") == 2 else cell for cell in line.split(",")
        ]
        sheet.append([int(cell) if isinstance(cell, str) and cell.isdigit() else cell for cell in row])
    other = book.create_sheet("Header")
    other.append(["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"])
    other.append(["KID001", 2, dt.datetime(2010, 5, 7), "WBRI", None, 1.0, None])
    book.create_sheet("OC2")
    book.save(tmp_path / "return.xlsx")
    merged = read_returns(tmp_path)
    assert not stops(merged)
    assert cells(merged) == plain
    child = merged.children.set_index("child").loc["KID001"]
    assert (child["sex"], child["mother"], child["birth_date"]) == ("female", "1", pd.Timestamp("2010-05-07"))
    assert told(merged)["SB-FILE-21"].table == "return.xlsx [OC2]"


XML = """<?xml version="1.0" encoding="utf-8"?>
<EXPSSDA903><CHILD><HEADER><CHILDID>KID001</CHILDID><UPN>UN1</UPN><SEX>2</SEX><DOB>07/05/2010</DOB>
<ETHNIC>WBRI</ETHNIC><UASC>1</UASC><DUC>07/05/2028</DUC><DATE_INT>01/02/2020</DATE_INT><IN_TOUCH>YES</IN_TOUCH>
<AMISSING><MISSING>M</MISSING><MIS_START>02/07/2020</MIS_START><MIS_END/></AMISSING>
<AREVIEW><REVIEW>03/07/2020</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
<AREVIEW><REVIEW>03/10/2020</REVIEW><REVIEW_CODE>PN2</REVIEW_CODE></AREVIEW>
<MOTHER>0</MOTHER><PERMANENCE><PREV_PERM>P1</PREV_PERM><DATE_PERM>zz/05/2015</DATE_PERM></PERMANENCE>
<OC2><SDQ_SCORE>14</SDQ_SCORE><CONVICTED>0</CONVICTED></OC2>
<AD_PLACED><DATE_PLACED>04/08/2020</DATE_PLACED></AD_PLACED></HEADER>%s</CHILD>
<CHILD><HEADER><CHILDID>KID002</CHILDID><SEX>1</SEX><DOB>07/05/2011</DOB></HEADER>%s</CHILD></EXPSSDA903>"""


def as_xml() -> str:
    names = EPISODES.replace("PLACE,", "PL,").split(",")[1:]
    elements = [
        "<EPISODE>"
        + "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(names, row.split(",")[1:]))
        + "</EPISODE>"
        for row in ROWS
    ]
    return XML % ("".join(elements[:2]), elements[2])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_is_the_same_return(tmp_path, plain, encoding):
    merged = read(tmp_path, as_xml().replace('"utf-8"', f'"{encoding}"').encode(encoding), "return.xml")
    assert not stops(merged)
    assert cells(merged) == plain
    sizes = {name: len(table) for name, table in merged.tables.items()}
    assert sizes == {
        "header": 2, "episodes": 3, "reviews": 2, "uasc": 1, "oc2": 1, "oc3": 1, "adoption": 1,
        "placed_for_adoption": 1, "previous_permanence": 1, "missing": 1,
    }  # fmt: skip
    assert merged.tables["oc2"]["sdq_score"].tolist() == [14.0]
    assert merged.tables["previous_permanence"]["date_latest"].tolist() == [pd.Timestamp("2015-05-31")]


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (as_xml()[:900], "return.xml", "SB-FILE-89"),
        (as_xml().replace("<EXP", "<!DOCTYPE x [<!ENTITY a 'b'>]><EXP"), "return.xml", "SB-FILE-88"),
        (
            '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><EXPSSDA903>&b;</EXPSSDA903>',
            "a.xml",
            "SB-FILE-88",
        ),
        ("<html><p>not a return</p></html>", "return.xml", "SB-FILE-87"),
        (PLAIN.replace("CHILD", "WHO"), "episodes.csv", "SB-FILE-87"),
        (PLAIN.replace("DECOM", "DECOMM"), "episodes.csv", "SB-FILE-87"),
        ("a,b\n1,2\n", "episodes.csv", "SB-FILE-87"),
        ("PK\x03\x04 broken", "episodes.xlsx", None),
        ("CHILD", "episodes.xlsx", "SB-FILE-87"),
        ("x", "episodes.xls", "SB-FILE-86"),
    ],
)
def test_a_table_that_cannot_be_read_stops(tmp_path, content, name, code):
    merged = read(tmp_path, content, name)
    assert stops(merged)
    assert code is None or code in stops(merged)
    for one in merged.ledger.problems:
        assert one.severity != "stop" or one.fix or one.done
        assert "KID00" not in str(one)


def test_a_misspelt_column_is_suspected(tmp_path):
    merged = read(tmp_path, PLAIN.replace("DECOM", "DECOMM"))
    assert "DECOMM" in told(merged)["SB-FILE-87"].fix
    merged = read(tmp_path, PLAIN.replace("CIN", "CINN"))
    assert told(merged)["SB-FILE-85"].severity == "warn"
    assert "CIN" in told(merged)["SB-FILE-84"].what
    assert len(merged.tables["episodes"]) == 3


# --- what is mended ---------------------------------------------------------------------------------------------


def test_rows_of_another_width(tmp_path):
    short, over, long = ROWS[0].rsplit(",", 3)[0], ROWS[1] + ",surplus", ROWS[2] + ",,"
    merged = read(tmp_path, "\n".join([EPISODES, short, over, long]))
    widths = [one for one in merged.ledger.problems if one.code == "SB-FILE-81"]
    assert [one.rows for one in widths] == [(1,), (2,)]
    assert cells(merged, "child", "urn") == [["KID001", ""], ["KID001", "7654321"], ["KID002", "1111111"]]
    assert set(merged.ledger.repairs_frame()["what"]) >= {"rows with too few cells", "rows with too many cells"}


def test_a_quotation_mark_that_never_closes_swallows_no_row(tmp_path):
    merged = read(tmp_path, PLAIN.replace("KID001,01/06", '"KID001,01/06'))
    assert len(merged.tables["episodes"]) == 3
    assert told(merged)["SB-FILE-82"].rows == (1,)


def test_a_column_that_stands_twice(tmp_path):
    merged = read(tmp_path, PLAIN.replace("HOME_POST", "URN"))
    assert told(merged)["SB-FILE-07"].rows == (1, 2, 3)
    assert cells(merged, "urn") == [["AB1 1AB"]] * 3


def test_the_columns_decide_what_a_file_is(tmp_path, plain):
    merged = read(tmp_path, name="oc2.csv")
    assert cells(merged) == plain
    assert told(merged)["SB-FILE-14"].severity == "warn"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b" \r\n"])
def test_empty_files_are_noted(tmp_path, plain, content):
    (tmp_path / "ad1.csv").write_bytes(content)
    (tmp_path / "README.md").write_text("x")
    merged = read(tmp_path)
    assert cells(merged) == plain
    assert (told(merged)["SB-FILE-21"].severity, told(merged)["SB-FILE-21"].table) == ("note", "ad1.csv")
    assert "1 other file" in told(merged)["SB-FILE-86"].what


def test_cells_are_mended_and_counted(tmp_path, plain):
    content = (
        PLAIN.replace(",U6,", ", u6 ,")
        .replace(",PR4,", ",pr4,")
        .replace(",E4A,", ",NULL,")
        .replace("KID002", " KID002")
    )
    merged = read(tmp_path, content)
    assert cells(merged) == plain
    repairs = merged.ledger.repairs_frame().set_index("column")
    assert repairs.loc[["PLACE", "PLACE_PROVIDER", "REC", "CHILD"], "n_rows"].tolist() == [1, 1, 1, 1]
    assert repairs.loc["PLACE", "rows"] == (1,)


def test_ids_that_a_spreadsheet_made_numbers(tmp_path):
    merged = read(tmp_path, PLAIN.replace("KID001", "17.0").replace("KID002", "18.0"))
    assert merged.children["child"].tolist() == ["17", "18"]
    assert merged.ledger.repairs_frame()["n_rows"].tolist() == [3]


# --- the data of the package ------------------------------------------------------------------------------------


def test_code_sets_name_their_source_and_years():
    sets = code_sets()
    assert {field.code_set for layout in LAYOUTS for field in layout.fields if field.kind == "code"} == set(sets)
    valid = {name: {year: {code for code in codes if codes[code].valid_in(year)} for year in range(2016, 2027)}
             for name, codes in sets.items()}  # fmt: skip
    assert valid["SEX"][2023] == {"1", "2"}
    assert valid["SEX"][2024] == {"M", "F", "U"}
    assert {"E43", "E44"} <= valid["REC"][2017]
    assert valid["REC"][2018] - valid["REC"][2017] == {"E45", "E46", "E47", "E48"}
    assert not valid["REC"][2018] & {"E43", "E44"}
    assert "CUSTOD" not in valid["REASON_PLACE_CHANGE"][2017]
    assert valid["PLACE"][2025] - valid["PLACE"][2023] == {"K3", "Z11", "Z12", "Z13", "Z14"}
    assert valid["PLACE"][2023] - valid["PLACE"][2025] == {"H5", "P2", "Z1"}
    assert len(sets["ACCOM"]) == 33
    assert not valid["PLACE"][2016] & {"Q1", "Q2", "M1", "M2", "M3"}


def test_every_code_has_a_label_in_words():
    bare = [(name, code) for name, codes in code_sets().items() for code, about in codes.items()
            if about.label in ("", code)]  # fmt: skip
    assert bare == []
    assert code_sets()["ACCOM"]["Z1"].label == "with former foster carers, suitable"


def test_every_table_is_known_by_its_columns_and_by_its_name():
    for layout in LAYOUTS:
        assert layout_of_columns([field.name for field in layout.fields]) is layout
        for word in layout.words:
            assert layout_of_name(f"2019-{word}.csv") is layout
    assert layout_of_name("notes.csv") is None
    assert BY_NAME["episodes"].required == ("CHILD", "DECOM")


def test_dates_agree_with_the_calendar():
    days = pd.date_range("1950-01-01", "2099-12-31", freq="17D")
    read_back = read_dates(pd.Index(days.strftime("%d/%m/%Y")))
    assert (read_back.earliest == days.to_numpy().astype("datetime64[D]")).all()
    assert set(read_back.form) == {"full"}
    nothing = read_dates(
        pd.Index(["29/02/2019", "31/04/2020", "00/01/2020", "١٢/٠١/٢٠٢٠", "1/2", "12/2020", "ab/cd/efgh"])
    )
    assert np.isnat(nothing.earliest).all()


def test_return_years_begin_on_1_april():
    days = np.array(["2020-03-31", "2020-04-01", "2021-03-31", "1969-04-01", "NaT"], dtype="datetime64[D]")
    assert return_year(days)[:4].tolist() == [2019, 2020, 2020, 1969]
    assert np.isnan(return_year(days)[4])
