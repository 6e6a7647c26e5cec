"""A study folder in, a checked study out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.study.codebook_files import write_codebook
from securebase_analysis.study.study import check_study, read_study

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_every_table_has_its_columns_and_kinds(cohort):
    study = cohort.read()
    assert list(study.children)[:6] == ["site", "child", "sex", "birth_date", "care_context", "sibling_group"]
    assert list(study.carers) == ["site", "carer", "kinship", "experience_years"]
    assert list(study.placements) == ["site", "child", "carer", "type", "start", "end", "end_reason"]
    assert list(study.waves) == ["site", "child", "wave", "date", "status", "reason", "carer"]
    assert list(study.responses["visit"])[:5] == ["site", "child", "wave", "informant", "date"]
    assert list(study.sources)[:8] == ["source", "site", "child", "wave", "informant", "date", "n_words", "text"]
    for frame in (study.children, study.waves, study.responses["visit"], study.ratings, study.segments):
        assert frame["child"].dtype == "str"
        assert frame["site"].dtype == "str"
    for frame in (study.waves, study.responses["visit"], study.ratings, study.segments, study.sources):
        assert frame["wave"].dtype == "int64"
    assert study.children["birth_date"].dtype.kind == "M"
    assert study.children["prior_moves"].dtype == "float64"
    assert study.carers["kinship"].tolist()[:2] == ["no", "no"]
    assert study.placements["end"].isna().all()
    assert (study.responses["visit"][["v1", "v2", "v3", "v4"]].dtypes == "float64").all()
    assert study.data_freeze == pd.Timestamp("2024-12-31")
    assert study.simulated
    assert study.name == "Twelve birds"


def test_a_study_is_frozen_and_hands_out_copies(cohort):
    study = cohort.read()
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.name = "other"
    children = study.children
    children.loc[0, "sex"] = "unknown"
    children["new"] = 1
    answers = study.responses
    answers["visit"].loc[:, "v1"] = np.nan
    answers["other"] = children
    assert study.children.loc[0, "sex"] == "female"
    assert "new" not in study.children
    assert study.responses["visit"]["v1"].notna().all()
    assert list(study.responses) == ["visit"]


def test_nothing_that_is_shown_names_a_child(cohort):
    study = cohort.read()
    shown = " ".join([repr(study), study._repr_html_(), *study.notes, str(study.summary_frame())]).casefold()
    assert not [child for child in cohort.ids if child in shown]
    assert "Twelve birds" in repr(study)
    assert "simulated" in repr(study)
    assert "<table" in study._repr_html_()


def test_names_are_escaped_in_html(cohort):
    cohort.study["name"] = '"<b>Birds</b>"'
    assert "<b>Birds</b>" not in cohort.read()._repr_html_()


def test_summary_counts_rows_and_children(cohort):
    summary = cohort.read().summary_frame().set_index("table")
    assert summary.loc["responses: visit"].tolist() == [36, 12]
    assert summary.loc["interviews"].tolist() == [3, 3]
    assert summary.loc["segments", "rows"] == 9
    assert pd.isna(summary.loc["carers", "children"])


def test_files_are_listed_with_their_checksum(cohort):
    files = cohort.read().files.set_index("file")
    assert files.loc["children.csv", ["table", "n_rows"]].tolist() == ["children", 12]
    assert files.loc["visit.csv", "table"] == "responses: visit"
    assert files.loc["interviews.qdpx", "n_rows"] == 9
    assert {"study.toml", "codebook.toml", "interviews.csv"} <= set(files.index)
    assert files["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    before = files.loc["visit.csv", "sha256"]
    cohort.tables["visit"].loc[0, "v1"] = 3 if cohort.tables["visit"].loc[0, "v1"] != 3 else 4
    assert cohort.read().files.set_index("file").loc["visit.csv", "sha256"] != before


def test_all_problems_of_all_files_at_once(cohort):
    cohort.tables["children"].loc[1, "child"] = ""
    cohort.tables["visit"].loc[1, "v1"] = 7
    cohort.tables["visit"].loc[3, "wave"] = 9
    cohort.tables["placements"].loc[2, "type"] = "fostre"
    cohort.segments.loc[0, "code"] = "Trust: come"
    cohort.tables["waves"].loc[4, "date"] = "2021-01-20"
    with pytest.raises(DataError) as raised:
        cohort.read()
    codes = {problem.code for problem in raised.value.problems if problem.severity == "stop"}
    assert codes == {"SB-ID-09", "SB-ITEM-04", "SB-WAVE-01", "SB-PLACE-08", "SB-CODE-01", "SB-WAVE-04"}
    table = raised.value.frame
    assert {"code", "table", "column", "rows", "fix"} <= set(table.columns)
    assert check_study(cohort.folder, progress=False)[0].severity == "stop"


def test_a_file_that_cannot_be_read_does_not_hide_the_others(cohort):
    cohort.tables["visit"].loc[1, "v1"] = 7
    cohort.write()
    (cohort.folder / "placements.csv").write_text("site,child,start\n")
    codes = [problem.code for problem in check_study(cohort.folder, progress=False)]
    assert "SB-FILE-21" in codes
    assert "SB-ITEM-04" in codes


def test_a_broken_codebook_does_not_hide_what_needs_none(cohort):
    cohort.tables["placements"].loc[4, ["end", "end_reason"]] = ["2020-04-02", "breakdown"]
    cohort.write()
    text = (cohort.folder / "codebook.toml").read_text().replace('construct = "trust"', 'construct = "trst"')
    (cohort.folder / "codebook.toml").write_text(text)
    problems = check_study(cohort.folder, progress=False)
    assert {problem.code for problem in problems} == {"SB-BOOK-06", "SB-PLACE-01"}


def test_sites_of_carers_come_from_their_placements(cohort):
    expected = cohort.read().carers
    cohort.tables["carers"] = cohort.tables["carers"].drop(columns="site")
    pd.testing.assert_frame_equal(cohort.read().carers, expected)


def test_one_value_for_a_whole_file(cohort):
    expected = cohort.read()
    for name in ("visit", "ratings"):
        frame = cohort.tables[name]
        cohort.tables[name] = frame[frame["site"] == "Ashford"].drop(columns="site")
    cohort.tables["ratings"] = cohort.tables["ratings"].drop(columns=["wave", "rater"])
    cohort.sections["[[responses]]"]["site"] = '"Ashford"'
    cohort.sections["[[ratings]]"] |= {"site": '"Ashford"', "wave": "1", "rater": '"SW9"'}
    study = cohort.read()
    assert set(study.responses["visit"]["site"]) == {"Ashford"}
    assert set(study.ratings["rater"]) == {"SW9"}
    assert set(study.ratings["wave"]) == {1}
    assert len(study.children) == len(expected.children)


@pytest.mark.parametrize("cell", ["", "x", "3,5"])
def test_an_item_nobody_answered_and_other_odd_columns(cohort, cell):
    cohort.tables["visit"]["v4"] = cell
    if cell == "x":
        assert cohort.one("SB-FILE-18").column == "v4"
        return
    values = cohort.read().responses["visit"]["v4"]
    assert values.dtype == "float64"
    assert values.isna().all() if not cell else (values == 3.5).all()


def test_a_workbook_with_real_dates_and_numbers(cohort):
    expected = cohort.read()
    frame = cohort.tables.pop("visit")
    frame["date"] = pd.to_datetime(frame["date"])
    frame = frame.astype(dict.fromkeys(["v1", "v2", "v3", "v4"], "int64"))
    cohort.sections["[[responses]]"] |= {"file": '"visit.xlsx"', "sheet": '"Answers"'}
    with pd.ExcelWriter(cohort.folder / "visit.xlsx") as book:
        frame.to_excel(book, sheet_name="Answers", index=False)
        pd.DataFrame({"note": ["made by hand"]}).to_excel(book, sheet_name="Notes", index=False)
    pd.testing.assert_frame_equal(cohort.read().responses["visit"], expected.responses["visit"])


def test_labels_stand_for_the_numbers_of_a_coded_column(cohort):
    import pyreadstat

    children = cohort.tables.pop("children")
    expected = children["sex"].tolist()
    children["sex"] = children["sex"].map({"female": 1.0, "male": 2.0})
    children["prior_moves"] = children["prior_moves"].astype(float)
    pyreadstat.write_sav(
        children, cohort.folder / "children.sav", variable_value_labels={"sex": {1.0: "Girl", 2.0: "Boy"}}
    )
    cohort.sections["[children]"]["file"] = '"children.sav"'
    assert cohort.read().children["sex"].tolist() == expected


def test_tables_renamed_reordered_and_a_workbook_as_codebook(cohort):
    expected = cohort.read()
    cohort.write()
    write_codebook(make_codebook("Birds", "1", cohort.codebook), cohort.folder / "book.xlsx")
    (cohort.folder / "codebook.toml").unlink()
    text = (cohort.folder / "study.toml").read_text().replace("codebook.toml", "book.xlsx")
    for name in cohort.tables:
        frame = pd.read_csv(cohort.folder / f"{name}.csv", dtype=str, keep_default_na=False)
        frame = frame[frame.columns[::-1]].sample(frac=1, random_state=1)
        (cohort.folder / f"{name}.csv").unlink()
        frame.to_csv(cohort.folder / f"my_{name}.tsv", sep="\t", index=False)
        text = text.replace(f"{name}.csv", f"my_{name}.tsv")
    (cohort.folder / "study.toml").write_text(text)
    study = read_study(cohort.folder, progress=False)
    assert study.codebook.fingerprint == expected.codebook.fingerprint
    pd.testing.assert_frame_equal(study.waves, expected.waves)
    keys = ["child", "wave"]
    pd.testing.assert_frame_equal(
        study.responses["visit"].sort_values(keys, ignore_index=True),
        expected.responses["visit"].sort_values(keys, ignore_index=True),
    )
    assert not [problem for problem in study.problems if problem.severity == "warn"]


def test_columns_under_other_names(cohort):
    expected = cohort.read()
    names = {"child": "Child ID", "birth_date": "DOB", "site": "Agency", "sibling_group": "Siblings"}
    cohort.tables["children"] = cohort.tables["children"].rename(columns=names)
    cohort.tables["visit"] = cohort.tables["visit"].rename(columns={"child": "pupil", "wave": "round"})
    cohort.sections["[[responses]]"]["columns"] = '{ child = "pupil", wave = "round" }'
    found = cohort.one("SB-STUDY-08")
    assert (found.severity, found.table) == ("note", "children.csv")
    study = cohort.read()
    pd.testing.assert_frame_equal(study.children, expected.children)
    pd.testing.assert_frame_equal(study.responses["visit"], expected.responses["visit"])


def test_a_column_that_study_toml_names_and_the_file_lacks(cohort):
    cohort.sections["[[responses]]"]["columns"] = '{ wave = "wavee" }'
    found = cohort.one("SB-STUDY-06")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "wavee")
    assert found.fix == 'columns = { wave = "wave" }'


def test_a_file_without_a_needed_column(cohort):
    cohort.tables["visit"] = cohort.tables["visit"].rename(columns={"child": "chld"})
    found = cohort.one("SB-STUDY-07")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "child")
    assert 'child = "chld"' in found.fix


def test_an_instrument_that_the_codebook_lacks(cohort):
    cohort.sections["[[responses]]"]["instrument"] = '"vist"'
    found = cohort.one("SB-STUDY-11")
    assert (found.severity, found.table) == ("stop", "study.toml")
    assert found.fix == 'instrument = "visit"'


def test_labels_and_reasons_of_an_spss_file_survive(cohort):
    import pyreadstat

    visit = cohort.tables.pop("visit").drop(columns="date")
    items = ["v1", "v2", "v3", "v4"]
    visit = visit.astype(dict.fromkeys(items, float))
    visit.loc[[0, 5], "v1"] = [8.0, 9.0]
    cohort.write()
    pyreadstat.write_sav(
        visit,
        cohort.folder / "visit.sav",
        column_labels={"v1": "first item"},
        missing_ranges={"v1": [8, 9]},
        variable_value_labels={"v1": {8.0: "refused", 9.0: "not asked"}},
    )
    text = (cohort.folder / "study.toml").read_text().replace("visit.csv", "visit.sav")
    (cohort.folder / "study.toml").write_text(text)
    study = read_study(cohort.folder, progress=False)
    assert study.missing[["child", "wave", "item", "code", "reason"]].to_numpy().tolist() == [
        ["kestrel", 1, "v1", "8", "refused"],
        ["dunnock", 3, "v1", "9", "not asked"],
    ]
    assert study.labels["visit"]["v1"] == "first item"
    assert study.value_labels["visit"]["v1"] == {8.0: "refused", 9.0: "not asked"}
    notes = [problem for problem in study.problems if problem.code == "SB-FILE-15"]
    assert len(notes) == 1
    assert "8 'refused' in 1 cell" in notes[0].what


def test_columns_of_the_study_s_own_stay_numbers_or_words(cohort):
    children = cohort.tables["children"]
    children["code"] = [f"0{place}" for place in range(12)]
    children["abuse"] = ["Yes", "no"] * 6
    children["region"] = "North"
    study = cohort.read()
    assert study.children["code"].tolist()[:2] == ["00", "01"]
    assert study.children["abuse"].tolist()[:2] == ["yes", "no"]
    assert study.children["region"].tolist()[0] == "North"


def test_columns_of_the_study_s_own_may_have_any_name(cohort):
    expected = cohort.read()
    for name in ("carer", "start", "date", "position", "wave"):
        cohort.tables["children"][name] = "own"
    for name in ("birth_date", "age", "day", "position", "end_before", "sibling_group"):
        cohort.tables["placements"][name] = "own"
    for name in ("due_date", "has_data", "first_date", "start", "end"):
        cohort.tables["waves"][name] = "own"
    study = cohort.read()
    assert study.notes == ()
    assert (study.waves["due_date"] == "own").all()
    assert (study.children["carer"] == "own").all()
    pd.testing.assert_frame_equal(study.waves[list(expected.waves)], expected.waves)


def test_progress_may_be_asked_for(cohort, capsys):
    cohort.write()
    read_study(cohort.folder, progress=True)
    assert "Reading the study" in capsys.readouterr().err
    read_study(cohort.folder, progress=False)
    assert capsys.readouterr().err == ""


def test_a_folder_without_study_toml(tmp_path):
    with pytest.raises(DataError) as raised:
        read_study(tmp_path / "nowhere")
    assert raised.value.problems[0].code == "SB-STUDY-01"
    (tmp_path / "Study.tml").write_text("")
    assert "Study.tml" in check_study(tmp_path)[0].fix


@pytest.fixture(scope="module")
def sample():
    return read_study(SAMPLE, progress=False)


def test_the_sample_is_read_without_a_stop(sample):
    assert sample.simulated
    assert len(sample.children) == 240
    assert len(sample.waves) == 240 * len(sample.codebook.waves)
    assert sample.unlinked.empty
    assert set(sample.responses) == {"secure_base_carer", "secure_base_child", "sdq"}
    assert set(sample.responses["sdq"]["informant"]) == {"carer", "teacher"}
    assert not sample.waves["status"].isna().any()


def test_every_answer_of_the_sample_arrives(sample):
    raw = pd.read_csv(SAMPLE / "carer_questionnaire.csv")
    items = sample.codebook.items_of("secure_base_carer")["item"].unique()
    read = sample.responses["secure_base_carer"]
    declared = sample.missing["instrument"].eq("secure_base_carer").sum()
    assert len(read) == len(raw)
    assert read[items].notna().sum().sum() + declared == raw[items].notna().sum().sum()
    codes = sample.codebook.missing_codes["code"].astype(float).tolist()
    answers = raw[items].where(~raw[items].isin(codes))
    assert read[items].sum().sum() == answers.sum().sum()


def test_every_segment_of_the_sample_arrives(sample):
    assert len(sample.segments) == len(sample.interviews.segments)
    assert sample.segments["child"].notna().all()
    texts = sample.sources.set_index("source")["text"]
    for row in sample.segments.head(50).itertuples():
        assert texts[row.source][row.start : row.end] == row.text


def test_the_sample_has_no_problem_but_those_it_should(sample):
    assert {problem.code for problem in sample.problems} <= {"SB-CODE-02", "SB-FILE-15"}


def test_sb_wave_30_rows_of_the_file_are_counted_not_ratings(cohort):
    cohort.tables["ratings"]["wave"] = cohort.tables["ratings"]["wave"].astype(object)
    cohort.tables["ratings"].loc[[1, 3], "wave"] = ""
    problem = cohort.one("SB-WAVE-30")
    assert problem.rows == (2, 4)
    assert problem.what.startswith("2 rows")


def test_sb_file_06_a_rater_with_the_initials_na_is_kept_and_said(cohort):  # (6)
    cohort.tables["ratings"].loc[:3, "rater"] = "NA"
    problem = cohort.one("SB-FILE-06")
    assert (problem.column, problem.rows) == ("rater", (1, 2, 3, 4))
    assert (cohort.read().ratings["rater"] == "NA").any()


def test_the_form_of_the_checklist_is_the_recorded_one_or_that_for_the_childs_age(cohort):
    cohort.tables["ratings"]["age_band"] = ["19 months to 4 years", *[""] * 11]
    ratings = cohort.read().ratings
    one_a_child = ratings.drop_duplicates("child")["age_band"].tolist()
    assert one_a_child == ["19 months-4 years", *["5-10 years"] * 11]


def test_a_form_that_the_checklist_does_not_have_is_refused(cohort):
    cohort.tables["ratings"]["age_band"] = ["5-10 yeers", *["5-10 years"] * 11]
    problem = next(problem for problem in cohort.check() if problem.column == "age_band")
    assert problem.severity == "stop"
    assert problem.rows == (1,)
    assert "5-10 years" in problem.fix
