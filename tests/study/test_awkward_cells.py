"""Awkward cells and files as they come in through the doors for a study and for a questionnaire."""

from __future__ import annotations

import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.errors import Problem


def waves_to(last: int, items=("v1", "v2")) -> sb.Codebook:
    """A scale asked at waves 1 to `last`, called T1 and so on."""
    waves = [{"wave": wave, "aliases": [f"T{wave}"], "months": 6 * (wave - 1)} for wave in range(1, last + 1)]
    rows = [{"item": item, "instrument": "visit", "construct": "trust", "low": 0, "high": 4} for item in items]
    instruments = [{"instrument": "visit", "informants": ["carer"], "minimum_answered": 1}]
    return sb.make_codebook("Pilot", "1", {"instruments": instruments, "items": rows, "waves": waves})


def questionnaire(tmp_path, frame: pd.DataFrame, **options) -> sb.Questionnaire:
    frame.to_csv(tmp_path / "visit.csv", index=False)
    return sb.read_questionnaire(tmp_path / "visit.csv", waves_to(3), **options)


def refused(tmp_path, frame: pd.DataFrame, code: str) -> Problem:
    """What stops a questionnaire, after a look that it names no child."""
    with pytest.raises(sb.DataError) as caught:
        questionnaire(tmp_path, frame)
    assert "kestrel" not in str(caught.value)
    return next(problem for problem in caught.value.problems if problem.code == code)


def forms(**columns) -> pd.DataFrame:
    frame = pd.DataFrame({"child": [f"kestrel{place}" for place in range(6)], "wave": 1, "v1": 1, "v2": 3})
    return frame.assign(**columns)


# --- files ------------------------------------------------------------------------------------------------------


def content(cohort, name: str, change) -> None:
    """The file of a table as other bytes, written after the rest of the study."""
    write = cohort.write

    def written():
        folder = write()
        path = folder / f"{name}.csv"
        path.write_bytes(change(path.read_text("utf-8")))
        return folder

    cohort.write = written


def test_01_another_encoding_in_a_study(cohort):
    cohort.tables["carers"]["first_words"] = ["Zoë", *["Ann"] * 10]
    content(cohort, "carers", lambda text: text.encode("cp1252"))
    found = cohort.one("SB-FILE-01")
    assert (found.severity, found.table, found.column, found.rows) == ("stop", "carers.csv", "first_words", (1,))
    assert "Windows-1252" in found.what
    assert found.fix == "encoding='cp1252'"
    cohort.sections["[carers]"]["encoding"] = "'cp1252'"
    assert cohort.read().carers["first_words"].iloc[0] == "Zoë"


def test_03_unicode_text_of_excel_in_a_study(cohort):
    content(cohort, "visit", lambda text: text.replace(",", "\t").encode("utf-16"))
    found = cohort.one("SB-FILE-03")
    assert (found.severity, found.table) == ("note", "visit.csv")
    assert "UTF-16" in found.what
    assert len(cohort.read().responses["visit"]) == 36


def test_04_semicolons_and_decimal_commas_in_a_study_and_in_a_questionnaire(cohort, tmp_path):
    content(cohort, "carers", lambda text: text.replace(",", ";").replace(".", ",").encode())
    found = cohort.one("SB-FILE-04")
    assert (found.severity, found.table) == ("warn", "carers.csv")
    assert "experience_years row 1 '0,0' is 0.0" in found.done
    assert found.fix == "separator=';', decimal=','"
    assert cohort.read().carers["experience_years"].tolist()[:3] == [0.0, 0.5, 1.5]
    (tmp_path / "visit.csv").write_text("child;wave;v1;v2\nkestrel1;1;2,5;3\n", encoding="utf-8")
    read = sb.read_questionnaire(tmp_path / "visit.csv", waves_to(3))
    assert read.wide["v1"].tolist() == [2.5]
    assert any("SB-FILE-04" in note and "'2,5' is 2.5" in note for note in read.notes)


def test_07_a_name_twice_in_a_study(cohort):
    content(cohort, "visit", lambda text: text.replace("v1,v2", "v1,v1", 1).encode())
    found = cohort.one("SB-FILE-07")
    assert (found.severity, found.table, found.column) == ("stop", "visit.csv", "v1")
    assert "differing values" in found.what
    assert found.rows
    assert found.fix


def test_09_a_row_of_means_under_the_answers_in_a_questionnaire(tmp_path):
    frame = pd.concat([forms(), pd.DataFrame([{"child": "Mean", "v1": 1.0, "v2": 3.0}])])
    read = questionnaire(tmp_path, frame)
    assert read.wide["child"].tolist() == [f"kestrel{place}" for place in range(6)]
    (told,) = [problem for problem in read.assumptions if problem.code == "SB-FILE-09"]
    assert (told.severity, told.rows, told.fix) == ("warn", (7,), "keep_rows=[7]")
    assert "'Mean'" in told.what


def test_14_a_file_of_spss_that_is_none_in_a_study(cohort):
    cohort.sections["[[responses]]"]["file"] = '"visit.sav"'
    (cohort.folder / "visit.sav").write_text("not a sav")
    found = cohort.one("SB-FILE-14")
    assert (found.severity, found.table) == ("stop", "visit.sav")
    assert "is not an SPSS file" in found.what
    assert found.fix


def test_20_formulas_that_were_never_computed_in_a_study(cohort):
    import openpyxl

    cohort.sections["[carers]"]["file"] = '"carers.xlsx"'
    book = openpyxl.Workbook()
    carers = cohort.tables["carers"]
    for row in [list(carers), *carers.to_numpy().tolist()]:
        book.active.append(row)
    book.active.cell(row=3, column=4, value="=1+2")
    book.save(cohort.folder / "carers.xlsx")
    found = cohort.one("SB-FILE-20")
    assert (found.severity, found.table, found.column) == ("stop", "carers.xlsx", "experience_years")
    assert found.rows == (2,)
    assert "Excel" in found.fix


@pytest.mark.parametrize("text", [b"", b"site,child\n", b" \n\n"])
def test_21_nothing_in_a_file_of_a_study(cohort, text):
    content(cohort, "waves", lambda _: text)
    found = cohort.one("SB-FILE-21")
    assert (found.severity, found.table) == ("stop", "waves.csv")
    assert found.what
    assert found.fix


# --- dates ------------------------------------------------------------------------------------------------------


def test_10_texts_day_numbers_and_dates_in_one_column_of_a_study(cohort):
    starts = cohort.tables["placements"]["start"].astype(object)
    starts.iloc[[1, 4, 8]] = ["43871", "2020/13/05", "in spring"]
    cohort.tables["placements"]["start"] = starts
    found = [problem for problem in cohort.check() if problem.code == "SB-FILE-10"]
    stop, note = sorted(found, key=lambda problem: problem.severity, reverse=True)
    assert (stop.severity, stop.table, stop.column, stop.rows) == ("stop", "placements.csv", "start", (5, 9))
    assert "row 5 '2020/13/05'" in stop.what
    assert "spring" not in stop.what
    assert stop.fix.startswith("Write them as year-month-day")
    assert (note.severity, note.rows) == ("note", (2,))
    assert note.done == "They were converted to dates."


def test_11_days_that_could_be_months_are_asked_back_in_a_study(cohort):
    del cohort.study["date_order"]
    dates = pd.to_datetime(cohort.tables["waves"]["date"]).map(lambda day: day.replace(day=min(day.day, 12)))
    cohort.tables["waves"]["date"] = dates.dt.strftime("%d/%m/%Y")
    found = cohort.one("SB-FILE-11")
    assert (found.severity, found.table, found.column) == ("stop", "waves.csv", "date")
    assert found.rows == tuple(range(1, 37))
    typed = found.fix.split(" for ")[0]
    assert typed == "date_order='dmy'"
    cohort.study["date_order"] = typed.split("=")[1]
    assert cohort.read().waves["date"].max() == dates.max()


def test_11_and_in_a_questionnaire(tmp_path):
    problem = refused(tmp_path, forms(date="03/04/2021"), "SB-FILE-11")
    assert (problem.severity, problem.column, len(problem.rows)) == ("stop", "date", 6)
    assert "date_order='dmy'" in problem.fix
    read = questionnaire(tmp_path, forms(date="03/04/2021"), date_order="dmy")
    assert read.wide["date"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2021-04-03"]


def test_12_two_orders_in_one_column_of_a_study(cohort):
    del cohort.study["date_order"]
    dates = pd.to_datetime(cohort.tables["waves"]["date"]).dt.strftime("%d/%m/%Y")
    dates.iloc[4], dates.iloc[7] = "03/25/2022", "25/03/2022"
    cohort.tables["waves"]["date"] = dates
    found = cohort.one("SB-FILE-12")
    assert (found.severity, found.table, found.column) == ("stop", "waves.csv", "date")
    assert {5, 8} <= set(found.rows)
    assert "row 5 makes sense only as month/day" in found.what
    assert found.fix


def test_13_a_date_before_any_study_is_told_and_kept(cohort):
    cohort.tables["ratings"]["date"] = ["1900-01-01", *["2021-03-20"] * 11]
    found = cohort.one("SB-FILE-13")
    assert (found.severity, found.table, found.column, found.rows) == ("warn", "ratings.csv", "date", (1,))
    assert "before 1990-01-01" in found.what
    assert found.done == "They were kept."
    assert "Correct them in the source" in found.fix


# --- numbers and words ------------------------------------------------------------------------------------------


MIXED = [">30", "3 or 4", "4,"]


def test_18_words_in_a_column_of_numbers_of_a_study(cohort):
    moves = cohort.tables["children"]["prior_moves"].astype(object)
    moves.iloc[[1, 4, 9]] = MIXED
    cohort.tables["children"] = (
        cohort.tables["children"].rename(columns={"prior_moves": "moves"}).assign(moves=moves)
    )
    found = cohort.one("SB-FILE-18")
    assert (found.severity, found.table, found.column) == ("warn", "children.csv", "moves")
    assert found.rows == (2, 5, 10)
    assert "row 2 '>30', row 5 '3 or 4', row 10 '4,'" in found.what
    assert found.done == "The column was kept as words."
    assert found.fix
    study = cohort.read()
    assert pd.api.types.is_string_dtype(study.children["moves"])
    assert any("SB-FILE-18" in note for note in study.notes)


def test_18_words_in_ratings_of_a_study(cohort):
    cohort.tables["ratings"].loc[[1, 4, 9], "availability"] = MIXED
    found = cohort.one("SB-FILE-18")
    assert (found.severity, found.table, found.column) == ("stop", "ratings.csv", "availability")
    assert found.rows == (2, 5, 10)
    assert found.fix


def test_18_a_column_of_words_is_no_column_of_numbers(cohort):
    cohort.tables["children"]["plan"] = ["1", "2", *["reunify"] * 10]
    assert cohort.codes() == []


def test_18_and_in_an_item_of_a_questionnaire(tmp_path):
    problem = refused(tmp_path, forms(v1=["1", "2", "3 or 4", "0", "1", "2"]), "SB-FILE-18")
    assert (problem.severity, problem.table, problem.column, problem.rows) == ("stop", "visit.csv", "v1", (3,))
    assert "row 3 '3 or 4'" in problem.what
    assert problem.fix


def test_19_spellings_of_one_site_of_a_study(cohort):
    cohort.tables["waves"].loc[[4, 7], "site"] = ["brandon ", "BRANDON"]
    found = cohort.one("SB-FILE-19")
    assert (found.severity, found.table, found.column) == ("warn", "all tables", "site")
    assert found.what == "2 spellings of sites differ from another in case or blanks only."
    assert found.done == "They were read as one site each."
    assert set(cohort.read().waves["site"]) == {"Ashford", "Brandon"}


def test_19_spellings_of_one_code_of_an_interview(cohort):
    cohort.segments.loc[[0, 2], "code"] = ["availability: there", "AVAILABILITY:  THERE "]
    found = cohort.one("SB-FILE-19")
    assert found.severity == "warn"
    assert (cohort.read().segments["code"] == "Availability: there").sum() == 6


def test_05_zeros_in_front_of_ids_stay_in_a_study_and_in_a_questionnaire(cohort, tmp_path):
    numbered = {bird: f"0{place:02d}" for place, bird in enumerate(cohort.ids)}
    for name in cohort.tables:
        if "child" in cohort.tables[name]:
            cohort.tables[name]["child"] = cohort.tables[name]["child"].map(numbered)
    found = [problem for problem in cohort.check() if problem.code == "SB-FILE-05"]
    assert {problem.column for problem in found} == {"child"}
    assert set(cohort.read().waves["child"]) == set(numbered.values())
    read = questionnaire(tmp_path, forms(child=list(numbered.values())[:6]))
    assert read.wide["child"].tolist() == list(numbered.values())[:6]
    assert any("SB-FILE-05" in note for note in read.notes)


# --- waves ------------------------------------------------------------------------------------------------------


def test_34_the_tenth_wave_comes_after_the_second(tmp_path):
    """Nothing is told of it; SB-WAVE-03 is for words without an order."""
    book = waves_to(12)
    wide = pd.DataFrame({"child": [f"kestrel{place}" for place in range(5)]})
    for wave in sorted(range(1, 13), key=str):  # as a spreadsheet sorts names: T1, T10, T11, T12, T2
        wide[f"v1_T{wave}"] = wide[f"v2_T{wave}"] = wave % 5
    wide.to_csv(tmp_path / "visit.csv", index=False)
    read = sb.read_questionnaire(tmp_path / "visit.csv", book)
    assert read.wide.groupby("child")["wave"].agg(list).tolist() == [list(range(1, 13))] * 5
    long = read.wide.assign(wave=[f"T{wave}" for wave in read.wide["wave"]]).drop(columns=["row", "instance"])
    scores = sb.score_dimensions(long.sort_values(["child", "wave"]), book)
    assert scores.wide()["wave"].drop_duplicates().tolist() == list(range(1, 13))


def test_32_names_of_waves_that_nobody_declared_in_a_questionnaire(tmp_path):
    problem = refused(tmp_path, forms(wave=["T1", "T2", "Visit 3"] * 2), "SB-WAVE-01")
    assert (problem.severity, problem.column, problem.rows) == ("stop", "wave", (3, 6))
    assert problem.fix
    read = questionnaire(tmp_path, forms(wave=["T1", "T2", "Visit 3"] * 2), waves={"Visit 3": 3})
    assert read.wide["wave"].tolist() == [1, 2, 3] * 2


# --- answers ----------------------------------------------------------------------------------------------------


def test_23_two_answers_of_a_child_at_one_wave_in_a_questionnaire(tmp_path):
    twice = pd.concat([forms(), forms().iloc[[2]].assign(v1=4)])
    problem = refused(tmp_path, twice, "SB-ID-02")
    assert (problem.severity, problem.rows) == ("stop", (3, 7))
    assert problem.fix


@pytest.mark.parametrize(("cell", "code"), [(7, "SB-ITEM-04"), (99, "SB-FILE-16")])
def test_65_and_16_answers_that_cannot_be_in_a_questionnaire(tmp_path, cell, code):
    problem = refused(tmp_path, forms(v1=[1, cell, 2, 3, 0, 1]), code)
    assert (problem.severity, problem.column, problem.rows) == ("stop", "v1", (2,))
    assert str(cell) in problem.what
    assert problem.fix


def test_73_an_item_that_is_not_there_in_a_questionnaire(tmp_path):
    problem = refused(tmp_path, forms().rename(columns={"v2": "v_2x"}), "SB-ITEM-12")
    assert (problem.severity, problem.column) == ("stop", "v2")
    assert "v_2x" in problem.what + problem.fix


def test_30_rows_without_a_child_in_a_questionnaire(tmp_path):
    problem = refused(tmp_path, forms(child=["kestrel1", "", "kestrel3", " ", "kestrel5", "kestrel6"]), "SB-ID-09")
    assert (problem.severity, problem.column, problem.rows) == ("stop", "child", (2, 4))
    assert problem.fix


@pytest.mark.parametrize(
    "alike", ["kestreI3", "kestr\u0435l3", "KESTREL3"], ids=["capital i", "cyrillic e", "case"]
)
def test_27_ids_that_look_alike_in_a_questionnaire(tmp_path, alike):
    read = questionnaire(tmp_path, pd.concat([forms(), forms(wave=2).assign(child=alike).iloc[[3]]]))
    (told,) = [problem for problem in read.assumptions if problem.code == "SB-ID-06"]
    assert (told.severity, told.table, told.column) == ("warn", "visit.csv", "child")
    assert told.rows == ((4, 7) if alike.isascii() else (7,))
    assert ("another alphabet" in told.what) == (not alike.isascii())
    assert told.fix
    assert not any("estre" in note for note in read.notes)
    assert read.wide["child"].nunique() == 7
