"""What was answered: catalogue cases 16, 65, 66 and 73, and reasons of missing answers."""

from __future__ import annotations

import pandas as pd
import pytest


def test_16_a_code_for_missing_that_nobody_declared(cohort):
    cohort.tables["visit"].loc[[2, 7], "v1"] = 99
    cohort.tables["visit"].loc[4, "v3"] = 99
    found = cohort.one("SB-FILE-16")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "v1, v3")
    assert found.rows == (3, 5, 8)
    assert "3 answers are 99" in found.what
    assert 'code = "99"' in found.fix


def test_16_the_fix_that_is_offered_works(cohort):
    cohort.tables["visit"].loc[[2, 7], "v1"] = 99
    cohort.codebook["missing_codes"].append({"instrument": "visit", "code": "99", "reason": "unknown"})
    study = cohort.read()
    assert study.responses["visit"]["v1"].isna().sum() == 2
    assert study.missing[["item", "code", "reason"]].to_numpy().tolist() == [["v1", "99", "unknown"]] * 2


def test_declared_codes_are_missing_with_their_reason(cohort):
    cohort.tables["visit"].loc[0, "v1"] = "66.0"
    cohort.tables["visit"].loc[4, "v2"] = "N.A."
    cohort.tables["visit"].loc[5, "v2"] = ""
    study = cohort.read()
    assert study.missing["reason"].tolist() == ["refused", "not asked"]
    assert study.missing[["child", "wave", "item"]].to_numpy().tolist() == [
        ["kestrel", 1, "v1"],
        ["dunnock", 2, "v2"],
    ]
    reasons = study.missing_reasons().set_index(["wave", "reason"])["cells"].to_dict()
    assert reasons == {(1, "refused"): 1, (2, "not asked"): 1, (3, "left blank"): 1}
    assert study.responses["visit"][["v1", "v2"]].isna().sum().tolist() == [1, 2]


def test_65_an_answer_outside_its_range(cohort):
    cohort.tables["visit"].loc[1, "v1"] = 7
    found = cohort.one("SB-ITEM-04")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "visit.csv", "v1", (2,))
    assert found.what == "v1: 1 answer is outside 1 to 5 (7)."
    assert "Correct" in found.fix


def test_65_in_a_wide_file_the_column_of_the_wave_is_named(cohort):
    visit = cohort.tables["visit"].drop(columns="site")
    visit.loc[4, "v3"] = 6
    by_wave = visit.pivot(index="child", columns="wave").reindex(cohort.ids)
    by_wave.columns = [f"{name}_T{wave}" for name, wave in by_wave.columns]
    cohort.tables["visit"] = by_wave.reset_index()
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"_T{wave}"'}
    found = cohort.one("SB-ITEM-04")
    assert (found.column, found.rows) == ("v3_T2", (2,))


def test_65_a_rating_outside_its_range(cohort):
    cohort.tables["ratings"].loc[3, "trust"] = 11
    found = cohort.one("SB-ITEM-04")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "ratings.csv", "trust", (4,))


def test_65_text_among_the_answers(cohort):
    cohort.tables["visit"].loc[5, "v4"] = "3 or 4"
    found = cohort.one("SB-FILE-18")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "visit.csv", "v4", (6,))


def test_66_one_wave_coded_from_another_number_on(cohort):
    visit = cohort.tables["visit"]
    for item in cohort.codebook["items"]:
        item["low"] = 0
    at_two = visit["wave"] == 2
    visit.loc[at_two, ["v1", "v2", "v3", "v4"]] = visit.loc[at_two, ["v1", "v2", "v3", "v4"]].astype(int) - 1
    found = cohort.one("SB-ITEM-05")
    assert (found.severity, found.table, found.column) == ("warn", "visit.csv", "v1, v2, v3, v4")
    assert found.rows == tuple(range(2, 37, 3))
    assert "wave 1: 1 to 5; wave 2: 0 to 4" in found.what
    assert "add 1" in found.fix


def test_73_an_item_that_is_not_in_the_file(cohort):
    cohort.tables["visit"] = cohort.tables["visit"].rename(columns={"v2": "v_2x"})
    found = cohort.one("SB-ITEM-12")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "v2")
    assert 'v2 = "v_2x"' in found.fix


def test_73_the_fix_that_is_offered_works(cohort):
    expected = cohort.read().responses["visit"]
    cohort.tables["visit"] = cohort.tables["visit"].rename(columns={"v2": "v_2x"})
    cohort.sections["[[responses]]"]["columns"] = '{ v2 = "v_2x" }'
    pd.testing.assert_frame_equal(cohort.read().responses["visit"], expected)


def test_73_a_form_of_another_informant_may_be_shorter(cohort):
    cohort.tables["teacher"] = cohort.tables["visit"].drop(columns="v4")
    cohort.sections["[[responses]]+"] = {
        "instrument": '"visit"',
        "file": '"teacher.csv"',
        "informant": '"teacher"',
    }
    found = cohort.one("SB-ITEM-12")
    assert (found.severity, found.table, found.column) == ("warn", "teacher.csv", "v4")
    assert len(cohort.read().responses["visit"]) == 72


def test_items_in_other_letters_case_are_found(cohort):
    cohort.tables["visit"] = cohort.tables["visit"].rename(columns=str.upper)
    assert cohort.read().responses["visit"]["v1"].notna().all()


def test_columns_that_are_no_items_are_said(cohort):
    cohort.tables["visit"]["remark"] = "x"
    found = cohort.one("SB-ITEM-30")
    assert found.severity == "note"
    assert "remark" in found.what


@pytest.mark.parametrize(
    ("informant", "code", "rows"),
    [("carers", "SB-ITEM-34", (2,)), ("", "SB-ITEM-33", (2,))],
    ids=["unknown", "none"],
)
def test_informants_in_the_words_of_the_codebook(cohort, informant, code, rows):
    del cohort.sections["[[responses]]"]["informant"]
    cohort.tables["visit"]["informant"] = "Carer"
    assert set(cohort.read().responses["visit"]["informant"]) == {"carer"}
    cohort.tables["visit"].loc[1, "informant"] = informant
    found = cohort.one(code)
    assert (found.severity, found.column, found.rows) == ("stop", "informant", rows)


def test_a_rating_not_applicable_is_not_missing(cohort):
    ratings = cohort.read().ratings
    first = ratings[(ratings["child"] == "kestrel") & (ratings["construct"] == "trust")].iloc[0]
    assert first["not_applicable"]
    assert pd.isna(first["value"])
    assert len(ratings) == 24


def test_ratings_one_a_row_are_the_same(cohort):
    expected = cohort.read().ratings
    wide = cohort.tables["ratings"]
    long = wide.melt(["site", "child", "wave", "rater", "evidence"], var_name="construct", value_name="value")
    cohort.tables["ratings"] = long.sort_values("child", key=lambda ids: ids.map(cohort.ids.index), kind="stable")
    pd.testing.assert_frame_equal(cohort.read().ratings, expected)


def test_a_rating_that_the_codebook_does_not_list(cohort):
    wide = cohort.tables["ratings"]
    long = wide.melt(["site", "child", "wave", "rater", "evidence"], var_name="construct", value_name="value")
    cohort.tables["ratings"] = long.replace({"construct": {"trust": "trusts"}})
    found = cohort.one("SB-ITEM-31")
    assert (found.severity, found.column, len(found.rows)) == ("stop", "construct", 12)
    assert "'trust'" in found.fix


def test_66_the_wave_off_the_declared_range_is_the_one_to_mend(cohort):
    visit = cohort.tables["visit"]
    first = visit["wave"] == 1
    for item in ("v1", "v2", "v3", "v4"):
        visit.loc[first, item] = visit.loc[first, item].astype(int) - 1
    found = [problem for problem in cohort.check() if problem.code == "SB-ITEM-05"]
    assert [problem.rows for problem in found] == [tuple(range(1, 37, 3))]
    assert found[0].fix.startswith("If wave 1 ")
    assert "add 1 to" in found[0].fix
