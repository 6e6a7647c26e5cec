"""Catalogue of bad input, C2 (22 to 30) and C4 (45 to 57), each met in a return: code, column, rows, nobody named.

Case 31 has no place in a return, which names no sibling groups; case 50 none either: a home has many children.
"""

from __future__ import annotations

import pandas as pd
import pytest
from test_ssda903 import BORN, CHILD_A, CHILD_B, MOVED, episode, header, no_id_is_told, read, write

from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import SSDA903, read_ssda903

CLOSED = {"REC": "E4A"}
TWO = (header(), header(CHILD_B, born="08/05/2011"))


def told(returns: SSDA903, code: str, column: str = "", severity: str = "") -> list[tuple[int, ...]]:
    """Rows told under a code, in a column, with a severity; each problem says what was done."""
    found = [
        one
        for one in returns.problems
        if one.code == code and column in ("", one.column) and severity in ("", one.severity)
    ]
    assert all(one.done and one.table for one in found)
    return [one.rows for one in found]


CASES: dict[str, tuple[list[str], str, str, tuple[int, ...]]] = {
    "22 a row twice": (
        [episode("01/06/2020"), episode("01/06/2020")], "SB-ID-01", "", (1,),
    ),
    "23 a row twice, not the same": (
        [episode("01/06/2020"), episode("01/06/2020", PLACE="K2")], "SB-ID-02", "DECOM", (1,),
    ),
    "25 zeros in front": (
        [episode("01/06/2020"), episode("01/06/2020", CHILD="0" + CHILD_A, URN="7")], "SB-ID-04", "CHILD", (2,),
    ),
    "26 no header": (
        [episode("01/06/2020"), episode("01/06/2020", CHILD="OTHER", URN="7")], "SB-ID-05", "CHILD", (2,),
    ),
    "27 ids that look alike": (
        [episode("01/06/2020"), episode("01/06/2020", CHILD="CHQ7OOO1")], "SB-ID-06", "CHILD", (1, 2),
    ),
    "30 no id": (
        [episode("01/06/2020"), episode("01/06/2020", CHILD="")], "SB-ID-09", "CHILD", (2,),
    ),
    "45 end before start": (
        [episode("01/06/2020", "31/05/2020", **CLOSED)], "SB-PLACE-01", "DEC", (1,),
    ),
    "46 two open": (
        [episode("01/06/2020"), episode("01/07/2020", **MOVED)], "SB-PLACE-02", "DEC", (1,),
    ),
    "47 overlap": (
        [episode("01/06/2020", "02/07/2020"), episode("01/07/2020", **MOVED)], "SB-PLACE-03", "DECOM", (2,),
    ),
    "48 gap": (
        [episode("01/06/2020", "01/07/2020"), episode("14/08/2020", **MOVED)], "SB-PLACE-04", "DECOM", (2,),
    ),
    "52 a type that is none": ([episode("01/06/2020", PLACE="F2")], "SB-PLACE-08", "PLACE", (1,)),
    "53 a reason without an end": ([episode("01/06/2020", REC="E4A")], "SB-PLACE-09", "DEC", (1,)),
    "53 an end without a reason": ([episode("01/06/2020", "01/07/2020", REC="")], "SB-PLACE-09", "REC", (1,)),
    "54 before birth": (
        [episode("06/05/2010"), episode("01/06/2020", CHILD=CHILD_B)], "SB-PLACE-10", "DECOM", (1,),
    ),
    "55 no night": ([episode("01/06/2020", "01/06/2020", **CLOSED)], "SB-PLACE-11", "DEC", (1,)),
    "56 1 January": (
        [episode(f"01/01/{year}", f"01/02/{year}", REC="E8") for year in range(2013, 2019)],
        "SB-PLACE-12", "DECOM", (1, 2, 3, 4, 5, 6),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_case(tmp_path, case):
    rows, code, column, wrong = CASES[case]
    returns = read(tmp_path, *rows, children=TWO)
    assert wrong in told(returns, code, column)
    no_id_is_told(returns, CHILD_A, CHILD_B, CHILD_A.replace("0", "O"))


def test_24_the_same_id_in_two_sites_is_two_children(tmp_path):
    """A return is of one site; two of them put together keep the site beside the id."""
    read(tmp_path / "one", episode("01/06/2020"))
    read(tmp_path / "two", episode("05/06/2020"))
    both = pd.concat([read_ssda903(tmp_path / name, site=name).episodes for name in ("one", "two")])
    history = placement_history(both, freeze="2021-03-31")
    assert history.spells[["site", "child"]].drop_duplicates().shape[0] == 2
    found = next(one for one in history.problems if one.code == "SB-ID-03")
    assert (found.severity, found.column, found.rows) == ("note", "child", (1, 2))


def test_26_a_header_without_an_episode(tmp_path):
    returns = read(tmp_path, episode("01/06/2020"), children=TWO)
    assert told(returns, "SB-ID-05", "CHILD", "note") == [(2,)]


def test_28_a_sex_that_changes(tmp_path):
    returns = read(tmp_path, episode("01/06/2020"), children=(header(), header(sex="1")))
    assert told(returns, "SB-ID-07", "SEX") == [(1, 2)]


def test_29_one_child_twice(tmp_path):
    """The same birth date, sex, first day and place; or the same pupil number."""
    rows = [episode("01/06/2020"), episode("01/06/2020", CHILD=CHILD_B)]
    assert told(read(tmp_path / "a", *rows, children=(header(), header(CHILD_B))), "SB-ID-08") == [(1, 2)]
    assert told(read(tmp_path / "b", *rows, children=TWO), "SB-ID-08") == []
    pupils = [line.replace("UN1", "A123456789012") for line in TWO]
    assert told(read(tmp_path / "c", *rows, children=pupils), "SB-ID-08") == [(1, 2)]


def test_49_legal_changes_with_the_same_carer_are_one_spell(tmp_path):
    returns = read(tmp_path, episode("01/06/2020", "01/07/2020"), episode("01/07/2020", RNE="L", LS="E1"))
    history = placement_history(returns)
    assert (len(history.spells), len(history.moves)) == (1, 0)
    assert next(one for one in history.problems if one.code == "SB-PLACE-05").rows == (2,)


def test_51_a_temporary_stay_is_no_move(tmp_path):
    rows = [
        episode("01/06/2020", "01/07/2020"),
        episode("01/07/2020", "03/07/2020", RNE="P", PLACE="T3", URN="", PL_POST=""),
        episode("03/07/2020", RNE="P"),
    ]
    history = placement_history(read(tmp_path, *rows))
    assert (len(history.spells), len(history.moves)) == (1, 0)
    assert next(one for one in history.problems if one.code == "SB-PLACE-65").rows == (2, 3)


def test_57_care_that_began_before_the_first_return(tmp_path):
    closed = [episode(f"0{day}/06/2020", f"0{day + 1}/06/2020", CHILD=CHILD_B, **CLOSED) for day in (1, 3, 5)]
    history = placement_history(read(tmp_path, episode("01/06/2015"), *closed))
    found = next(one for one in history.problems if one.code == "SB-PLACE-13")
    assert (found.severity, found.rows) == ("note", (1,))
    assert history.spells["seen_from"].min() == pd.Timestamp("2020-04-01")


# --- files (C1) that a return meets -----------------------------------------------------------------------------


def test_12_dates_with_the_month_first(tmp_path):
    """A few among many are not known; a column of them is refused, because the others cannot be trusted either."""
    rows = [episode(f"{day}/05/2020", f"{day}/06/2020", CHILD=f"K{day}", **CLOSED) for day in range(13, 29)]
    returns = read(tmp_path, *rows, episode("05/29/2020"))
    assert told(returns, "SB-FILE-12", "DECOM", "warn") == [(17,)]
    months = [episode(f"05/{day}/2020", CHILD=f"K{day}") for day in range(13, 29)]
    with pytest.raises(Exception, match="SB-FILE-12") as refusal:
        read(tmp_path, *months)
    assert type(refusal.value).__name__ == "DataError"


@pytest.mark.parametrize("text", ["43983", "2020-06-01", "1-Jun-2020", "1 June 20", "01/06/20"])
def test_10_other_spellings_of_dates_are_told(tmp_path, text):
    returns = read(tmp_path, episode(text))
    assert told(returns, "SB-FILE-10", "DECOM", "note") == [(1,)]
    assert returns.episodes["start"].tolist() == [pd.Timestamp("2020-06-01")]


def test_9_totals_are_left_out(tmp_path):
    returns = read(tmp_path, episode("01/06/2020"), episode("", CHILD="Total"))
    assert told(returns, "SB-FILE-09", "CHILD") == [(2,)]
    assert returns.children["child"].tolist() == [CHILD_A]


@pytest.mark.parametrize("text", ["u6", " U6 ", "U6\u00a0", "\uff356", "u 6"])
def test_19_codes_in_another_spelling(tmp_path, text):
    returns = read(tmp_path, episode("01/06/2020", PLACE=text))
    assert told(returns, "SB-FILE-19", "PLACE", "note") == [(1,)]
    assert returns.episodes["place"].tolist() == ["U6"]


def test_a_return_that_lacks_a_table(tmp_path):
    for year in (2019, 2020):
        closed = [episode(f"0{day}/05/{year}", f"0{day + 1}/05/{year}", CHILD=f"K{day}") for day in (1, 3, 5)]
        read(tmp_path / str(year), *closed)
    write(tmp_path / "2020", "reviews.csv", "CHILD,DOB,REVIEW,REVIEW_CODE", f"K1,{BORN},01/06/2020,PN1")
    (tmp_path / "2019" / "header.csv").unlink()
    found = [one for one in read_ssda903(tmp_path).problems if one.code == "SB-FILE-91"]
    assert [one.severity for one in found] == ["warn"]
    assert "2019/20" in found[0].what
    assert "header and no reviews" in found[0].what


def test_archives_in_the_folder_are_told(tmp_path):
    (tmp_path / "everything.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    returns = read(tmp_path, episode("01/06/2020"))
    found = next(one for one in returns.problems if one.code == "SB-FILE-86")
    assert (found.severity, found.table) == ("warn", "everything.zip")


XML = (
    "<expssda903><Child><Header><ChildID>KID001</ChildID><SEX>2</SEX>{sex}<DOB>07/05/2010</DOB></Header>"
    "<Episode><DECOM>01/06/2020</DECOM>{start}<PL>U6</PL></Episode></Child></expssda903>"
)


@pytest.mark.parametrize(
    ("sex", "start"), [("<SEX>1</SEX>", ""), ("", "<DECOM>05/06/2020</DECOM>"), ("</Header><Header>", "")]
)
def test_xml_with_an_element_twice(tmp_path, sex, start):
    (tmp_path / "return.xml").write_text(XML.format(sex=sex, start=start), encoding="utf-8")
    returns = read_ssda903(tmp_path)
    assert told(returns, "SB-FILE-07", "", "warn") == [(1,)]
    assert returns.episodes[["start", "place"]].values.tolist() == [[pd.Timestamp("2020-06-01"), "U6"]]
    assert returns.children["sex"].tolist() == ["female"]


def test_xml_in_small_letters_says_nothing_twice(tmp_path):
    (tmp_path / "return.xml").write_text(XML.format(sex="", start=""), encoding="utf-8")
    assert told(read_ssda903(tmp_path), "SB-FILE-07") == []
