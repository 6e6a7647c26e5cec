"""English returns: merged rightly, every rule named by its number, broken files read or refused, nothing lost."""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path

import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.study.ssda903 import SSDA903, read_ssda903

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "ssda903_csdemand_2017_2021"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
OC2 = (
    "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,"
    "SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED"
)
CHILD_A, CHILD_B = "CHQ70001", "CHQ70002"
BORN = "07/05/2010"


def episode(start, end="", **cells):
    """One row of episodes that breaks no rule but those its cells break."""
    row = dict.fromkeys(EPISODES.split(","), "") | {
        "CHILD": CHILD_A,
        "DECOM": start,
        "RNE": "S",
        "LS": "C2",
        "CIN": "N1",
        "PLACE": "U6",
        "PLACE_PROVIDER": "PR1",
        "DEC": end,
        "REC": "X1" if end else "",
        "PL_POST": "AB1 2CD",
        "URN": "1234567",
    }
    return ",".join((row | cells).values())


def header(child=CHILD_A, sex="2", born=BORN, ethnic="WBRI"):
    return f"{child},{sex},{born},{ethnic},UN1,,"


def write(folder, name, head, *rows):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def read(folder, *episodes, children=None, **options) -> SSDA903:
    write(folder, "header.csv", HEADER, *(children or [header()]))
    write(folder, "episodes.csv", EPISODES, *episodes)
    return read_ssda903(folder, **options)


def broken(returns: SSDA903) -> set[str]:
    return set(returns.rules["rule"])


def problem(returns: SSDA903, code: str):
    found = [one for one in returns.problems if one.code == code]
    assert found, f"{code} is not told; told are {sorted({one.code for one in returns.problems})}"
    return found[0]


def no_id_is_told(returns: SSDA903, *ids: str) -> None:
    told = "\n".join([*map(str, returns.problems), *returns.notes, repr(returns), returns._repr_html_()])
    for one in ids or (CHILD_A, CHILD_B):
        assert one not in told


# --- the sample -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> SSDA903:
    if not SAMPLE.is_dir():
        pytest.skip("the sample returns (../shared/samples) are not here")
    return read_ssda903(SAMPLE)


@pytest.fixture(scope="module")
def expected(sample) -> dict:
    return json.loads((SAMPLE / "expected.json").read_text("utf-8"))


def test_sample_children_and_episodes(sample, expected):
    replaced = sample.repairs.query("table == 'episodes' and what == 'rows that a later return holds again'")
    assert sample.returns["rows"].sum() == expected["rows_raw"]
    assert len(sample.children) == expected["children"] == sample.episodes["child"].nunique()
    assert replaced["n_rows"].sum() == expected["duplicate_child_decom_rows"]
    assert len(sample.episodes) == expected["rows_after_keep_latest_return"]
    assert sample.rules.query("rule == '148'")["n_rows"].sum() == expected["rec_filled_dec_blank_in_raw"]


def test_sample_overlaps(sample, expected):
    following = sample.episodes.groupby("child")["start"].shift(-1)
    assert (sample.episodes["end"] > following).sum() == expected["overlaps_after_dedupe"]
    assert sample.rules.query("rule == '501'")["n_rows"].sum() == expected["overlaps_after_dedupe"]


def test_sample_rows_equal_those_of_the_latest_file(sample):
    """Not only how many: every cell is that of the latest file, read here in the plainest way."""
    files = sorted(SAMPLE.glob("*-episodes.csv"))
    raw = pd.concat([pd.read_csv(file, dtype=str) for file in files], ignore_index=True)
    kept = raw.drop_duplicates(["CHILD", "DECOM"], keep="last")
    for name in ("DECOM", "DEC"):
        kept[name] = pd.to_datetime(kept[name], format="%d/%m/%Y")
    kept = kept.sort_values(["CHILD", "DECOM"]).reset_index(drop=True)
    names = {"CHILD": "child", "DECOM": "start", "DEC": "end"} | {
        name: name.lower() for name in kept if name not in ("CHILD", "DECOM", "DEC")
    }
    ours = sample.episodes
    for theirs, name in names.items():
        one, other = ours[name].astype(kept[theirs].dtype), kept[theirs]
        assert ((one == other) | (one.isna() & other.isna())).all(), name


def test_sample_questionnaires(sample, expected):
    assert len(sample.oc2) == expected["oc2_rows"]
    assert sample.sdq["score"].notna().sum() == expected["sdq_scores"]
    reasons = sample.sdq["reason"].value_counts().to_dict()
    assert reasons == {code: n for code, n in expected["sdq_reason"].items() if code}
    assert sample.sdq["year"].astype("str").unique().tolist() == expected_years(expected)
    assert not sample.sdq.duplicated(["child", "year"]).any()


def expected_years(expected):
    return list(expected["placement_stability"])


def test_sample_years_and_freeze(sample, expected):
    assert sample.returns["year"].tolist() == expected_years(expected)
    assert sample.data_freeze == pd.Timestamp("2022-03-31")
    no_id_is_told(sample, *(child for child in sample.children["child"] if len(child) > 4))  # 91 is also a row


def test_sample_spells_are_built(sample):
    assert 0 < len(sample.spells) <= len(sample.episodes)


# --- merging ----------------------------------------------------------------------------------------------------


def three_years(folder: Path, names: list[str]) -> SSDA903:
    """An episode that is open in two returns and closed in the third, under file names of any kind."""
    years = ((2018, ""), (2019, ""), (2020, "15/06/2020"))
    for (year, end), name in zip(years, names):
        rows = [
            episode("01/06/2018", end, REC="E4A" if end else ""),
            episode(f"05/07/{year}", f"09/08/{year}", CHILD=CHILD_B, REC="E4A"),
        ]
        write(folder, name, EPISODES, *rows)
    return read_ssda903(folder)


@pytest.mark.parametrize(
    "names",
    [
        ["2018-episodes.csv", "2019-episodes.csv", "2020-episodes.csv"],
        ["episodes_2019.csv", "episodes_2020.csv", "episodes_2021.csv"],
        ["zz/episodes.csv", "mm/Episodes.csv", "aa/SSDA903 EPISODES.csv"],
    ],
    ids=["named by the start", "named by the end", "sub-folders in the wrong order"],
)
def test_the_latest_return_wins_whatever_the_files_are_called(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    returns = three_years(tmp_path, names)
    assert returns.returns["year"].tolist() == ["2018/19", "2019/20", "2020/21"]
    mine = returns.episodes[returns.episodes["child"] == CHILD_A]
    assert mine["end"].tolist() == [pd.Timestamp("2020-06-15")]
    assert mine["year"].tolist() == ["2020/21"]
    assert returns.repairs.query("what == 'rows that a later return holds again'")["n_rows"].sum() == 2


def test_scores_are_of_the_year_of_their_return(tmp_path):
    for year in (2019, 2020):
        folder = tmp_path / str(year)
        write(folder, "episodes.csv", EPISODES, episode("01/06/2018"), *[
            episode(f"0{day}/07/{year}", f"0{day + 1}/07/{year}", CHILD=CHILD_B) for day in range(1, 5)
        ])  # fmt: skip
        write(folder, "oc2.csv", OC2, f"{CHILD_A},{BORN},{year - 2000},,0,,1,1,1,0,0,0")
    returns = read_ssda903(tmp_path, site="Leeds")
    assert returns.sdq[["site", "year", "score"]].astype(object).values.tolist() == [
        ["Leeds", "2019/20", 19.0],
        ["Leeds", "2020/21", 20.0],
    ]


def test_birth_dates_that_differ_are_named(tmp_path):
    """C2, case 28."""
    for year, born in ((2019, BORN), (2020, "08/05/2010")):
        folder = tmp_path / str(year)
        write(folder, "header.csv", HEADER, header(born=born), header(CHILD_B))
        write(folder, "episodes.csv", EPISODES, episode(f"01/06/{year}", f"01/07/{year}"))
    returns = read_ssda903(tmp_path)
    told = problem(returns, "SB-ID-07")
    assert (told.column, told.rows, told.severity) == ("DOB", (1,), "warn")
    by_child = returns.children.set_index("child")
    assert by_child.loc[CHILD_A, "birth_date"] == pd.Timestamp("2010-05-08")
    assert by_child["birth_date_conflict"].to_dict() == {CHILD_A: True, CHILD_B: False}
    no_id_is_told(returns)


def test_rows_of_one_return_that_contradict_one_another(tmp_path):
    """C2, cases 22 and 23."""
    first = episode("01/06/2020", "01/07/2020")
    other = episode("01/06/2020", "02/07/2020")
    returns = read(tmp_path, first, first, other)
    assert problem(returns, "SB-ID-02").rows == (1, 2)
    assert returns.episodes["end"].tolist() == [pd.Timestamp("2020-07-02")]
    twice = read(tmp_path / "twice", first, first)
    assert problem(twice, "SB-ID-01").rows == (1,)


def test_children_without_a_header_and_rows_without_a_child(tmp_path):
    """C2, cases 26 and 30."""
    returns = read(tmp_path, episode("01/06/2020", CHILD=CHILD_B), episode("01/06/2020", CHILD=""))
    assert problem(returns, "SB-ID-05").rows == (1,)
    assert problem(returns, "SB-ID-09").rows == (2,)
    assert returns.children["child"].tolist() == [CHILD_A, CHILD_B]
    assert len(returns.episodes) == 2
    assert returns.episodes["child"].isna().sum() == 1
    no_id_is_told(returns)


# --- rules ------------------------------------------------------------------------------------------------------

MOVED = {"RNE": "P", "PLACE": "U3", "URN": "7654321"}
NEXT = episode("01/07/2020", **MOVED)
RULE_CASES: dict[str, tuple[list[str], tuple[int, ...]]] = {
    "142": ([episode("01/06/2020"), episode("01/07/2020", **MOVED)], (1,)),
    "148": ([episode("01/06/2020", "01/07/2020", REC="")], (1,)),
    "225": ([episode("01/06/2020", "01/07/2020"), NEXT], (1,)),
    "226": (
        [
            episode("01/06/2020", "01/07/2020", REASON_PLACE_CHANGE="OTHER"),
            episode("01/07/2020", "03/07/2020", **(MOVED | {"PLACE": "T2"})),
        ],
        (2,),
    ),
    "143": ([episode("01/06/2020", RNE="")], (1,)),
    "144": ([episode("01/06/2020", LS="")], (1,)),
    "145": ([episode("01/06/2020", CIN="N9")], (1,)),
    "146": ([episode("01/06/2020", PLACE="")], (1,)),
    "149": ([episode("01/06/2020", "01/07/2020", REC="E99")], (1,)),
    "178": ([episode("01/06/2020", PLACE_PROVIDER="")], (1,)),
    "233": ([episode("01/06/2020", REASON_PLACE_CHANGE="OTHER")], (1,)),
    "357": ([episode("01/06/2020", RNE="P")], (1,)),
    "388": ([episode("01/06/2020", "01/07/2020"), episode("03/07/2020", **MOVED)], (1,)),
    "432": ([episode("01/06/2020", "01/07/2020", REC="E4A"), episode("05/07/2020", **MOVED)], (2,)),
    "437": ([episode("01/06/2020", "01/07/2020", REC="E2"), episode("05/07/2020", PLACE="K2")], (1,)),
    "1009": ([episode("01/06/2020", "01/07/2020", REC="E4A", REASON_PLACE_CHANGE="WHY")], (1,)),
    "353": ([episode("13/10/1991")], (1,)),
    "355": ([episode("01/06/2020", "01/06/2020", REC="E4A")], (1,)),
    "356": ([episode("01/06/2020", "31/05/2020", REC="E4A")], (1,)),
    "365": ([episode("01/06/2020", "19/06/2020", LS="V3", REC="E8")], (1,)),
    "366": ([episode("01/06/2020", "10/06/2020", LS="V3", RNE="P", REC="E8")], (1,)),
    "367": ([episode("01/06/2020", "16/08/2020", LS="V3", REC="E8")], (1,)),
    "375": ([episode("01/06/2020", "14/07/2020", PLACE="T1", RNE="P")], (1,)),
    "376": ([episode("01/06/2020", "23/06/2020", PLACE="T3", RNE="P")], (1,)),
    "379": ([episode("01/06/2020", "09/06/2020", PLACE="T4", RNE="P")], (1,)),
    "380": ([episode("01/06/2020", "09/06/2020", PLACE="T1")], (1,)),
    "381": ([episode("01/06/2020", "09/06/2020", PLACE="T1", RNE="P", REC="E4A")], (1,)),
    "383": (
        [
            episode("01/06/2020", "01/07/2020"),
            episode("01/07/2020", "03/07/2020", RNE="P", PLACE="T1"),
            episode("03/07/2020", RNE="P", PLACE="K2"),
        ],
        (2,),
    ),
    "431": ([episode("01/06/2020", "01/07/2020"), episode("01/07/2020", PLACE="K2")], (2,)),
    "433": ([episode("01/06/2020", "01/07/2020"), episode("02/07/2020", **MOVED)], (2,)),
    "434": ([episode("01/06/2020", "01/07/2020"), episode("01/07/2020", RNE="L")], (2,)),
    "435": ([episode("01/06/2020", "01/07/2020"), episode("01/07/2020", RNE="P")], (2,)),
    "436": ([episode("01/06/2020", "01/07/2020"), episode("01/07/2020", RNE="B", LS="E1")], (2,)),
    "501": ([episode("01/06/2020", "02/07/2020"), episode("01/07/2020", **MOVED)], (2,)),
    "527": ([episode("01/06/2020", PLACE="R2")], (1,)),
    "528": ([episode("01/06/2020", PLACE="R5", PLACE_PROVIDER="PR2")], (1,)),
    "529": ([episode("01/06/2020", PLACE_PROVIDER="PR3")], (1,)),
    "530": ([episode("01/06/2020", PLACE="P1", PLACE_PROVIDER="PR4")], (1,)),
    "531": ([episode("01/06/2020", PLACE="P1", PLACE_PROVIDER="PR5")], (1,)),
    "550": ([episode("01/06/2020", PLACE_PROVIDER="PR0")], (1,)),
}


@pytest.mark.parametrize("number", RULE_CASES)
def test_a_broken_rule_is_named_by_its_number(tmp_path, number):
    rows, wrong = RULE_CASES[number]
    returns = read(tmp_path, *rows, freeze="2021-03-31")
    told = [one for one in returns.problems if one.what.startswith(f"Rule {number}: ")]
    assert [one.rows for one in told] == [wrong]
    assert told[0].table == "episodes.csv"
    assert told[0].severity == "warn"
    assert told[0].column in EPISODES.split(",")
    assert len(returns.episodes) == len(rows)
    no_id_is_told(returns)


def test_a_return_that_breaks_no_rule(tmp_path):
    rows = [
        episode("01/06/2019", "01/07/2020", REASON_PLACE_CHANGE="CARPL"),
        episode("01/07/2020", "01/08/2020", **MOVED),
        episode("01/08/2020", "05/08/2020", RNE="P", PLACE="T3", PL_POST="ZZ1 1ZZ"),
        episode("05/08/2020", "01/09/2020", **MOVED),
        episode("01/09/2020", "10/12/2020", **(MOVED | {"RNE": "L", "LS": "E1", "REC": "E12"})),
        episode("01/06/2020", "15/06/2020", CHILD=CHILD_B, LS="V3", REC="E8"),
    ]
    returns = read(tmp_path, *rows, children=(header(), header(CHILD_B)))
    assert broken(returns) == set()
    assert {one.severity for one in returns.problems} <= {"note"}


QUESTIONNAIRES = {
    "180": ("07/05/2010", "41", "", None),
    "186": ("07/05/2010", "", "", None),
    "188": ("07/05/2018", "12", "", None),
    "189": ("07/05/2002", "12", "", None),
    "197a": ("07/05/2010", "12", "SDQ2", None),
    "185": ("07/05/2010", "12", "", "02/04/2020"),
    "198": ("07/05/2010", "", "SDQ2", "02/04/2020"),
}


@pytest.mark.parametrize("number", QUESTIONNAIRES)
def test_a_broken_rule_of_the_questionnaire(tmp_path, number):
    born, score, reason, start = QUESTIONNAIRES[number]
    write(tmp_path, "oc2.csv", OC2, f"{CHILD_A},{born},{score},{reason},0,,1,1,1,0,0,0")
    returns = read(
        tmp_path,
        episode(start or "01/04/2020"),
        *[episode("01/06/2020", "09/06/2020", CHILD=CHILD_B, REC="E8")] * 2,
        children=(header(born=born), header(CHILD_B)),
    )
    told = [one for one in returns.problems if one.what.startswith(f"Rule {number}: ")]
    assert [(one.table, one.rows) for one in told] == [("oc2.csv", (1,))]
    others = {"186"} if number == "180" else set()
    assert broken(returns) & set(QUESTIONNAIRES) == {number} | others


@pytest.mark.parametrize(
    ("number", "born", "is_broken"),
    [
        ("189", "01/04/2003", True),
        ("189", "02/04/2003", False),
        ("188", "01/04/2017", True),
        ("188", "31/03/2017", False),
        ("186", "01/04/2016", True),
        ("186", "02/04/2016", False),
        ("186", "31/03/2004", False),
        ("186", "01/04/2004", True),
    ],
)
def test_ages_to_the_day(tmp_path, number, born, is_broken):
    """The return year 2020/21: 4 or 17 on its first or its last day."""
    score = "" if number == "186" else "12"
    write(tmp_path, "oc2.csv", OC2, f"{CHILD_A},{born},{score},,0,,1,1,1,0,0,0")
    closed = [episode(f"0{day}/06/2020", f"0{day + 1}/06/2020", CHILD=CHILD_B, REC="E8") for day in (1, 3, 5)]
    returns = read(tmp_path, episode("01/04/2020"), *closed, children=[header(born=born), header(CHILD_B)])
    assert (number in broken(returns)) == is_broken


@pytest.mark.parametrize(
    ("rows", "whole"),
    [
        ([episode("01/04/2020")], True),
        ([episode("02/04/2020")], False),
        ([episode("01/01/2019", "01/10/2020"), episode("01/10/2020", **MOVED)], True),
        ([episode("01/01/2019", "01/10/2020"), episode("02/10/2020", **MOVED)], False),
        ([episode("01/01/2019", "31/03/2021", REC="E8")], False),
        ([episode("01/01/2019", LS="V3")], False),
        ([episode("01/01/2019", "01/12/2020"), episode("01/02/2020", "01/03/2020"), episode("01/12/2020")], True),
    ],
)
def test_a_whole_year_in_care(tmp_path, rows, whole):
    write(tmp_path, "oc2.csv", OC2, f"{CHILD_A},{BORN},12,,0,,1,1,1,0,0,0")
    closed = [episode(f"0{day}/06/2020", f"0{day + 1}/06/2020", CHILD=CHILD_B, REC="E8") for day in (1, 3, 5)]
    assert ("185" in broken(read(tmp_path, *rows, *closed))) == (not whole)


def test_an_end_on_1_april_belongs_to_the_year_that_has_just_ended(tmp_path):
    returns = read(tmp_path, *[episode(f"0{day}/06/2020", "01/04/2021", CHILD=f"K{day}") for day in (1, 2, 3)])
    assert returns.returns["year"].tolist() == ["2020/21"]


@pytest.mark.parametrize("score", ["0", "40", "12.0"])
def test_scores_that_are_whole_numbers_are_read(tmp_path, score):
    write(tmp_path, "oc2.csv", OC2, f"{CHILD_A},{BORN},{score},,0,,1,1,1,0,0,0")
    returns = read(tmp_path, episode("01/04/2020"), freeze="2021-03-31")
    assert returns.sdq["score"].tolist() == [float(score)]
    assert "180" not in broken(returns)


@pytest.mark.parametrize("score", ["-1", "41", "12.5", "twelve", "1e1", "999"])
def test_rule_180_scores_that_are_none(tmp_path, score):
    write(tmp_path, "oc2.csv", OC2, f"{CHILD_A},{BORN},{score},,0,,1,1,1,0,0,0")
    returns = read(tmp_path, episode("01/04/2020"))
    assert returns.oc2["sdq_score"].isna().all()
    assert "180" in broken(returns)


@pytest.mark.parametrize(
    ("letter", "cells"),
    [
        ("A", {"RNE": "P"}),
        ("B", {"LS": "E1"}),
        ("C", {"CIN": "N5"}),
        ("D", {"PLACE": "K2"}),
        ("E", {"PLACE_PROVIDER": "PR4"}),
        ("F", {"URN": "7777777"}),
    ],
)
def test_rule_503_open_episodes_go_on_as_they_were(tmp_path, letter, cells):
    for year in (2019, 2020):
        closed = [episode(f"0{day}/05/{year}", f"0{day + 1}/05/{year}", CHILD=CHILD_B) for day in (1, 3, 5)]
        mine = episode("01/06/2018", **(cells if year == 2020 else {}))
        write(tmp_path / str(year), "episodes.csv", EPISODES, mine, *closed)
    returns = read_ssda903(tmp_path)
    told = returns.rules[returns.rules["rule"].str.startswith("503")]
    assert told[["rule", "file", "n_rows"]].values.tolist() == [[f"503{letter}", "2020/episodes.csv", 1]]


def test_rule_503d_semi_independent_may_become_supported(tmp_path):
    for year, place in ((2023, "H5"), (2024, "K3")):
        closed = [episode(f"0{day}/05/{year}", f"0{day + 1}/05/{year}", CHILD=CHILD_B) for day in (1, 3, 5)]
        write(tmp_path / str(year), "episodes.csv", EPISODES, episode("01/06/2018", PLACE=place), *closed)
    assert "503D" not in broken(read_ssda903(tmp_path))


# --- broken files -----------------------------------------------------------------------------------------------


def test_unknown_codes_are_named_with_the_nearest(tmp_path):
    """C4, case 52."""
    returns = read(tmp_path, episode("01/06/2020", PLACE="U66"), episode("01/07/2020", CHILD=CHILD_B, RNE="SS"))
    told = problem(returns, "SB-PLACE-08")
    assert (told.column, told.rows) == ("PLACE", (1,))
    assert "nearest: U6" in told.what
    assert "'SS'" in problem(returns, "SB-PLACE-40").what
    assert returns.episodes["place"].tolist() == ["U66", "U6"]
    assert returns.episodes["place_label"].isna().tolist() == [True, False]


def test_an_id_in_a_column_of_codes_is_not_told(tmp_path):
    returns = read(tmp_path, episode("01/06/2020", CHILD="C01", PLACE="C01"), children=(header("C01"),))
    assert problem(returns, "SB-PLACE-08").rows == (1,)
    no_id_is_told(returns, "C01")


@pytest.mark.parametrize(
    ("column", "word"), [("RNE", "ZQX00"), ("REASON_PLACE_CHANGE", "WREN"), ("LS", "KESTREL")]
)
def test_a_long_word_that_is_like_no_code_is_not_told(tmp_path, column, word):
    """It may be somebody's name or number; a return without the child's own row cannot know it as an id."""
    returns = read(tmp_path, episode("01/06/2020", "01/07/2020", **{column: word}))
    assert "1 other, not shown" in problem(returns, "SB-PLACE-40").what
    no_id_is_told(returns, word)


def test_swapped_columns_are_suspected(tmp_path):
    head = EPISODES.replace("LS,CIN", "CIN,LS")
    write(tmp_path, "episodes.csv", head, episode("01/06/2020"), episode("01/07/2020", CHILD=CHILD_B, LS="E1"))
    told = problem(read_ssda903(tmp_path), "SB-PLACE-40")
    assert "may be swapped" in told.what


def test_codes_of_other_years_are_noted(tmp_path):
    rows = [episode("01/06/2020", "01/07/2020", REC="E43"), episode("01/06/2020", CHILD=CHILD_B, PLACE="K3")]
    returns = read(tmp_path, *rows)
    told = {one.column: one for one in returns.problems if one.code == "SB-PLACE-41"}
    assert set(told) == {"REC", "PLACE"}
    assert returns.episodes["place_label"].tolist() == ["foster carer", "supported accommodation"]


@pytest.mark.parametrize("text", ["text", "32/01/2020", "99/99/9999"])
def test_text_in_a_date_is_named_and_the_row_kept(tmp_path, text):
    returns = read(tmp_path, episode("01/06/2020"), episode(text, CHILD=CHILD_B))
    told = problem(returns, "SB-FILE-10")
    assert (told.column, told.rows) == ("DECOM", (2,))
    assert problem(returns, "SB-PLACE-30").rows == (2,)
    assert returns.episodes["start"].isna().tolist() == [False, True]
    assert returns.repairs.query("column == 'DECOM'")["n_rows"].tolist() == [1]


@pytest.mark.parametrize("text", ["01/01/1899", "31/12/2999"])
def test_dates_outside_what_is_possible(tmp_path, text):
    returns = read(tmp_path, episode("01/06/2020"), episode(text, CHILD=CHILD_B))
    assert problem(returns, "SB-FILE-13").rows == (2,)
    assert returns.data_freeze == pd.Timestamp("2021-03-31")


@pytest.mark.parametrize(
    "text", ["2020-06-01", "1/6/2020", "01-06-2020", "43983", "2020-06-01 00:00:00", "01/06/20"]
)
def test_other_spellings_of_dates_are_mended_and_counted(tmp_path, text):
    returns = read(tmp_path, episode(text))
    assert returns.episodes["start"].tolist() == [pd.Timestamp("2020-06-01")]
    assert returns.repairs["n_rows"].tolist() == [1]


def test_part_dates_keep_what_is_known(tmp_path):
    rows = ["zz/05/2020", "zz/zz/2021", "zz/zz/zzzz", "07/05/2020", ""]
    lines = [f"{CHILD_A}{at},{BORN},P1,,{text}" for at, text in enumerate(rows)]
    write(tmp_path, "previous_permanence.csv", "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM", *lines)
    table = read(tmp_path, episode("01/06/2020")).previous_permanence.set_index("child")
    assert table["date_earliest"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        "2020-05-01", "2021-01-01", "", "2020-05-07", "",
    ]  # fmt: skip
    assert table["date_latest"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        "2020-05-31", "2021-12-31", "", "2020-05-07", "",
    ]  # fmt: skip
    assert table["date_known"].astype("str").fillna("").tolist() == ["month", "year", "nothing", "day", ""]


def test_dates_after_the_freeze(tmp_path):
    returns = read(tmp_path, episode("01/06/2020", "01/09/2020"), freeze="2020-08-01")
    assert problem(returns, "SB-FILE-13").column == "DEC"
    with pytest.raises(DataError, match="SB-PLACE-50"):
        read_ssda903(tmp_path, freeze="soon")


def test_care_outside_childhood(tmp_path):
    """C4, case 54."""
    returns = read(
        tmp_path, episode("01/05/2010"), episode("08/05/2028", CHILD=CHILD_B), children=(header(), header(CHILD_B))
    )
    told = [one for one in returns.problems if one.code == "SB-PLACE-10"]
    assert [one.rows for one in told] == [(1,), (2,)]


# --- nouns ------------------------------------------------------------------------------------------------------


def test_what_is_handed_out_can_be_changed_without_harm(tmp_path):
    returns = read(tmp_path, episode("01/06/2020"))
    frame = returns.episodes
    frame.loc[0, "start"] = pd.NaT
    assert returns.episodes["start"].notna().all()


def test_every_table_has_its_keys_even_when_empty(tmp_path):
    returns = read(tmp_path, episode("01/06/2020"))
    for name in returns.summary_frame()["table"]:
        assert getattr(returns, name).columns[:2].tolist() == ["site", "child"], name
    assert returns.summary_frame().query("table == 'oc3'")["rows"].tolist() == [0]


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match="SB-FILE-86"):
        read_ssda903(tmp_path / "nowhere")
    with pytest.raises(DataError, match="SB-FILE-21"):
        read_ssda903(tmp_path)


# --- random damage ----------------------------------------------------------------------------------------------

JUNK = ["", "NULL", "01/01/1899", "31/12/2999", "99/99/9999", "text", "é", "U9", " u1", "1.0", "-5", "=A1", '"',
        'x"y',
        ",", ";", "\t", "\0", "a" * 3000, "Male", "NaT", "O", "00/00/0000", "zz/05/2020"]  # fmt: skip


def damage(content: bytes, rng: random.Random) -> bytes:
    """A file with one thing wrong."""
    lines = content.decode().split("\n")
    place = rng.randrange(len(lines))
    kind = rng.choice(["cell", "column", "twice", "swap", "separator", "cut", "bytes", "empty", "utf16", "nul",
                       "long",
                       "short", "quote", "head", "above", "ends"])  # fmt: skip
    if kind == "cell":
        cells = lines[place].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(JUNK)
        lines[place] = ",".join(cells)
    elif kind == "column":
        gone = rng.randrange(6)
        lines = [",".join(cell for at, cell in enumerate(line.split(",")) if at != gone) for line in lines]
    elif kind in ("twice", "swap"):
        names = lines[0].split(",")
        one, other = rng.randrange(len(names)), rng.randrange(len(names))
        names[one], names[other] = names[other], names[one] if kind == "swap" else names[other]
        lines[0] = ",".join(names)
    elif kind == "separator":
        lines = [line.replace(",", rng.choice(";\t|^")) for line in lines]
    elif kind == "cut":
        lines = "\n".join(lines)[: rng.randrange(len(content) + 1)].split("\n")
    elif kind in ("long", "short"):
        lines[place] = lines[place] + ",x,y" if kind == "long" else lines[place][: len(lines[place]) // 2]
    elif kind == "quote":
        lines[place] = lines[place].replace(",", ',"', 1)
    elif kind == "head":
        lines = lines[1:]
    elif kind == "above":
        lines = ["Report", "", "printed in May", *lines]
    changed = "\n".join(lines).encode("utf-8")
    if kind == "bytes":
        return bytes(rng.randrange(256) if rng.random() < 0.002 else byte for byte in changed)
    half = len(changed) // 2
    made = {
        "empty": rng.choice([b"", b"\n", b"\xef\xbb\xbf"]),
        "utf16": "\n".join(lines).encode(rng.choice(["utf-16", "utf-16-le"])),
        "nul": changed[:half] + b"\0\0" + changed[half:],
        "ends": changed.replace(b"\n", rng.choice([b"\r\n", b"\r"])),
    }
    return made.get(kind, changed)


def small_return() -> dict[str, str]:
    """A return of eight children with several tables."""
    rng = random.Random(1)
    children = [f"KID{number}X" for number in range(8)]
    episodes = [
        episode(f"{day:02d}/0{month}/2020", f"{day:02d}/0{month + 1}/2020" if month < 7 else "", CHILD=child,
                RNE="S" if month == 5 else "P", PLACE=rng.choice(["U6", "K2", "U3"]))
        for day, child in enumerate(children, start=1)
        for month in (5, 6, 7)
    ]  # fmt: skip
    return {
        "episodes.csv": "\n".join([EPISODES, *episodes]),
        "header.csv": "\n".join([HEADER, *(header(child) for child in children)]),
        "oc2.csv": "\n".join([OC2, *(f"{child},{BORN},12,,0,,1,1,1,0,0,0" for child in children)]),
        "missing.csv": "\n".join(
            ["CHILD,DOB,MISSING,MIS_START,MIS_END", f"{children[0]},{BORN},M,01/06/2020,02/06/2020"]
        ),
    }


def read_or_refuse(folder):
    """The returns, or the refusal; a warning of Python counts as a crash."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return read_ssda903(folder), None
    except DataError as refusal:
        return None, refusal


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_is_named_or_refused(tmp_path, seed):
    rng = random.Random(seed)
    files = {name: text.encode() for name, text in small_return().items()}
    damaged = seed > 0
    for name in rng.sample(sorted(files), rng.randint(1, 3)) if damaged else []:
        files[name] = damage(files[name], rng)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    returns, refusal = read_or_refuse(tmp_path)
    if returns is None:
        assert any(one.severity == "stop" and one.fix for one in refusal.problems)
        assert "KID" not in str(refusal)
        return
    no_id_is_told(returns, "KID0X", "KID7X")
    dated = returns.episodes.dropna(subset=["child", "start"])
    assert not dated.duplicated(["child", "start"]).any()
    replaced = returns.repairs[
        returns.repairs["what"].str.contains("rows that") & (returns.repairs["table"] == "episodes")
    ]
    assert returns.returns["rows"].sum() - len(returns.episodes) == replaced["n_rows"].sum()
    if not damaged:
        assert not [one for one in returns.problems if one.severity == "warn" and one.code.startswith("SB-FILE")]


@pytest.mark.parametrize("seed", range(20))
def test_every_line_of_a_damaged_file_is_accounted_for(tmp_path, seed):
    """Cells at random, without touching the header or the ends of lines: as many rows as lines, read or named."""
    rng = random.Random(seed)
    lines = small_return()["episodes.csv"].split("\n")
    for _ in range(15):
        place = rng.randrange(1, len(lines))
        row = lines[place].split(",")
        row[rng.randrange(len(row))] = rng.choice([text for text in JUNK if text not in (",", '"', 'x"y', "\0")])
        lines[place] = ",".join(row)
    (tmp_path / "episodes.csv").write_text("\n".join(lines), encoding="utf-8")
    returns = read_ssda903(tmp_path)
    assert returns.returns["rows"].sum() == len(lines) - 1
    frame = returns.episodes
    spoilt = frame["start"].isna().sum() + frame["child"].isna().sum()
    named = sum(len(one.rows) for one in returns.problems if one.code in ("SB-PLACE-30", "SB-ID-09"))
    assert spoilt == named


@pytest.mark.parametrize("given", [None, 3, pd.DataFrame({"CHILD": [1]}), {"episodes.csv": None}])
def test_what_is_no_folder_is_refused(given):
    with pytest.raises(ModelError) as error:
        read_ssda903(given)
    assert error.value.problems[0].code == "SB-MODEL-41"


@pytest.mark.parametrize("freeze", ["31 March", "2021", "04/03/2023", pd.NaT, 5])
def test_a_freeze_that_is_no_day_or_could_be_two_is_refused(tmp_path, freeze):
    with pytest.raises(DataError, match="SB-PLACE-50"):
        read_ssda903(tmp_path, freeze=freeze)
