"""When: catalogue cases 32 to 39 and 42 to 44 as far as they belong to the data."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.study.layout import waves_in_suffix


def test_32_names_of_waves_that_the_codebook_does_not_know(cohort):
    cohort.tables["visit"]["wave"] = cohort.tables["visit"]["wave"].map({1: "T1", 2: "T2", 3: "Visit 3"})
    found = cohort.one("SB-WAVE-01")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "wave")
    assert len(found.rows) == 12
    assert found.rows[:2] == (3, 6)
    assert '{ wave = 3, aliases = ["Visit 3"] }' in found.fix


def test_32_the_fix_that_is_offered_works(cohort):
    cohort.tables["visit"]["wave"] = cohort.tables["visit"]["wave"].map({1: "T1", 2: "t2 ", 3: "Visit 3"})
    cohort.codebook["waves"][2]["aliases"] = ["T3", "Visit 3"]
    study = cohort.read()
    assert study.responses["visit"]["wave"].value_counts().to_dict() == {1: 12, 2: 12, 3: 12}


def test_32_a_wave_left_out(cohort):
    cohort.tables["visit"]["wave"] = cohort.tables["visit"]["wave"].astype(object)
    cohort.tables["visit"].loc[4, "wave"] = ""
    found = cohort.one("SB-WAVE-30")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "visit.csv", "wave", (5,))


def test_32_one_file_for_one_wave(cohort):
    visit = cohort.tables["visit"]
    cohort.tables["visit"] = visit[visit["wave"] == 2].drop(columns="wave")
    cohort.sections["[[responses]]"]["wave"] = '"T2"'
    assert set(cohort.read().responses["visit"]["wave"]) == {2}


def wide(cohort, suffix="_T{}"):
    """The questionnaire with columns of its own for each wave."""
    visit = cohort.tables["visit"].drop(columns="site")
    by_wave = visit.pivot(index="child", columns="wave").reindex(cohort.ids)
    by_wave.columns = [f"{name}{suffix.format(wave)}" for name, wave in by_wave.columns]
    cohort.tables["visit"] = by_wave.reset_index()


def test_33_a_wide_file_is_read_and_said(cohort):
    long = cohort.read().responses["visit"].sort_values(["child", "wave"]).reset_index(drop=True)
    wide(cohort)
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"_T{wave}"'}
    found = cohort.one("SB-WAVE-02")
    assert found.severity == "note"
    assert "date_T1, date_T2, date_T3: 3 waves" in found.what
    read = cohort.read().responses["visit"].sort_values(["child", "wave"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(read, long)


def test_33_the_suffix_is_found_when_it_is_a_usual_one(cohort):
    wide(cohort, "_w{}")
    cohort.sections["[[responses]]"]["layout"] = '"wide"'
    assert len(cohort.read().responses["visit"]) == 36


def test_33_a_wide_file_read_as_long_is_refused(cohort):
    wide(cohort)
    found = cohort.one("SB-WAVE-02")
    assert (found.severity, found.table) == ("stop", "visit.csv")
    assert found.fix == 'layout = "wide"\nwave_suffix = "_T{wave}"'


def test_33_a_suffix_that_no_column_has(cohort):
    wide(cohort)
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"@{wave}"'}
    found = cohort.one("SB-WAVE-02")
    assert found.severity == "stop"
    assert "'@{wave}'" in found.what


def test_33_a_wave_of_a_wide_file_with_nothing_in_it_is_no_row(cohort):
    wide(cohort)
    cohort.tables["visit"].loc[0, ["date_T3", "v1_T3", "v2_T3", "v3_T3", "v4_T3"]] = ""
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"_T{wave}"'}
    assert len(cohort.read().responses["visit"]) == 35


def test_33_a_baseline_called_t0_is_the_first_wave(cohort):
    wide(cohort)
    cohort.tables["visit"].columns = [
        name.replace("_T1", "_T0").replace("_T2", "_T1").replace("_T3", "_T2") for name in cohort.tables["visit"]
    ]
    for wave in cohort.codebook["waves"]:
        wave["aliases"] = [f"T{wave['wave'] - 1}"]
    cohort.sections["[[responses]]"] |= {"layout": '"wide"', "wave_suffix": '"_T{wave}"'}
    study = cohort.read()
    assert sorted(set(study.responses["visit"]["wave"])) == [1, 2, 3]
    assert (study.wave_status_frame()["seen"] == 12).all()


def test_34_the_tenth_wave_comes_after_the_second():
    assert list(waves_in_suffix(["a_T1", "a_T10", "a_T2"], "_T{wave}")) == ["1", "2", "10"]


def test_35_a_later_wave_with_an_earlier_date(cohort):
    cohort.tables["waves"].loc[4, "date"] = "2021-01-20"
    found = cohort.one("SB-WAVE-04")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "waves.csv", "date", (5,))
    assert "wave 1 on 2021-03-08, then wave 2 on 2021-01-20" in found.what


def test_36_waves_much_closer_or_further_apart_than_planned(cohort):
    cohort.tables["waves"].loc[4, "date"] = "2021-03-10"
    found = cohort.one("SB-WAVE-05")
    assert (found.severity, found.table) == ("warn", "waves.csv")
    assert 5 in found.rows
    assert "from 2 to" in found.what


def test_36_without_a_plan_the_usual_interval_counts(cohort):
    for wave in cohort.codebook["waves"]:
        del wave["months"]
    cohort.tables["waves"].loc[2, "date"] = "2024-12-01"
    found = cohort.one("SB-WAVE-05")
    assert found.rows == (3,)


def test_37_a_wave_held_nearer_to_another(cohort):
    cohort.tables["waves"].loc[7, "date"] = "2022-12-20"
    found = cohort.one("SB-WAVE-06")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "waves.csv", "date", (8,))
    assert found.what == "1 wave was held nearer to the planned time of another wave."
    assert "time is counted from the dates" in found.done


@pytest.mark.parametrize(
    ("birth", "rows"), [("2021-06-01", (1,)), ("1990-03-01", (1, 2, 3))], ids=["not born", "older than 25"]
)
def test_38_ages_that_no_child_has(cohort, birth, rows):
    cohort.tables["children"].loc[0, "birth_date"] = birth
    cohort.tables["placements"].loc[0, "start"] = "2021-12-10" if birth > "2021" else "1999-01-01"
    found = cohort.one("SB-WAVE-07")
    assert (found.severity, found.table, found.rows) == ("stop", "waves.csv", rows)
    assert "expected are 0 to 25" in found.what
    assert found.fix == "Check the date and the birth date."


def test_38_an_age_in_months(cohort):
    waves = cohort.tables["waves"]
    waves["age"] = 9
    waves.loc[6, "age"] = 108
    found = cohort.one("SB-WAVE-07")
    assert (found.table, found.column, found.rows) == ("waves.csv", "age", (7,))
    assert "months?" in found.what


def test_39_an_age_that_does_not_fit_the_birth_date(cohort):
    cohort.tables["waves"]["age"] = [9, 10, 11] * 12
    cohort.tables["waves"].loc[9, "age"] = 12
    found = cohort.one("SB-WAVE-08")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "waves.csv", "age", (10,))
    assert found.what == "1 recorded age is more than a year from the birth date."
    assert found.done == "The birth date is used."


def test_43_waves_that_are_not_evenly_spaced(cohort):
    cohort.codebook["waves"].append({"wave": 4, "months": 48})
    found = cohort.one("SB-WAVE-12")
    assert (found.severity, found.table, found.column) == ("warn", "codebook: waves", "months")
    assert "12, 12, 24" in found.what


def test_44_no_date_of_the_data_freeze(cohort):
    del cohort.study["data_freeze"]
    found = cohort.one("SB-WAVE-13")
    assert found.severity == "note"
    assert "2023-05-17" in found.done
    assert cohort.read().data_freeze == pd.Timestamp("2023-05-17")


def test_a_status_against_the_data(cohort):
    cohort.tables["waves"]["status"] = ""
    cohort.tables["waves"].loc[5, "status"] = "refused"
    cohort.tables["visit"] = cohort.tables["visit"].drop(index=8)
    cohort.tables["waves"].loc[8, ["status", "date"]] = ["completed", ""]
    found = [problem for problem in cohort.check() if problem.code == "SB-WAVE-32"]
    assert [problem.rows for problem in found] == [(6,), (9,)]


def test_a_codebook_without_waves_takes_them_from_the_files(cohort):
    cohort.codebook["waves"] = []
    found = cohort.one("SB-WAVE-31")
    assert found.severity == "note"
    assert "1, 2, 3" in found.done
