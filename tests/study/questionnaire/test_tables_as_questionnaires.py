"""SPSS, Stata, Excel and separated text, read as questionnaires: what was assumed, with three cells."""

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

import securebase_analysis as sb
from securebase_analysis.readers.labelled import NO_REASON
from securebase_analysis.readers.questionnaires import read_export

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "spss_stata"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the published sample files are not at {SAMPLES}")


@pytest.fixture
def codebook():
    items = [
        {"item": name, "instrument": "visit", "construct": "trust", "low": 0, "high": 4} for name in ("a1", "a2")
    ]
    instrument = {"instrument": "visit", "minimum_answered": 1}
    return sb.make_codebook("Pilot", "1", {"instruments": [instrument], "items": items})


def told(read, code):
    return [problem for problem in read.assumptions if problem.code == code]


def stops(caught):
    return [problem for problem in caught.value.problems if problem.severity == "stop"]


# --- separated text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_text_of_every_encoding_separator_and_decimal_mark(
    tmp_path, codebook, encoding, separator, decimal
):  # (1-4)
    rows = [
        ["child", "wave", "who", "a1", "a2"],
        ["007", "1", "Zoë", "2.5", "1"],
        ["008", "1", "Ümit", "0", "3.25"],
    ]
    cells = [[cell.replace(".", decimal) for cell in row] for row in rows]
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row] for row in cells]
    file = tmp_path / "visit.csv"
    file.write_bytes("\r\n".join(separator.join(row) for row in quoted).encode(encoding))
    given = {"encoding": encoding} if encoding in ("cp1252", "latin-1") else {}
    read = sb.read_questionnaire(file, codebook, informant="who", **given)
    assert read.wide[["child", "informant", "a1", "a2"]].to_numpy().tolist() == [
        ["007", "Zoë", 2.5, 1.0], ["008", "Ümit", 0.0, 3.25]
    ]  # fmt: skip
    if separator != ",":
        assert "row" in told(read, "SB-FILE-04")[0].done
    assert not any(name in " ".join(read.notes) for name in ("Zoë", "Ümit", "007"))


def test_sb_file_01_windows_text_is_asked_about(tmp_path, codebook):  # (1)
    file = tmp_path / "visit.csv"
    file.write_bytes("child,wave,who,a1,a2\n7,1,Zoë,1,2\n".encode("cp1252"))
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops(caught)
    assert problem.code == "SB-FILE-01"
    assert "encoding='cp1252'" in problem.fix
    assert "Zoë" not in str(problem)


def test_sb_file_04_what_was_assumed_stands_with_three_cells(tmp_path, codebook):  # (4)
    file = tmp_path / "visit.csv"
    file.write_text("child;wave;a1;a2;weight\nK1;1;2,5;1,25;3,5\nK2;1;0,5;2;1\n", encoding="utf-8")
    (warning,) = told(sb.read_questionnaire(file, codebook), "SB-FILE-04")
    assert warning.severity == "warn"
    assert warning.done == (
        "Using semicolon and decimal comma (a1 row 1 '2,5' is 2.5; a2 row 1 '1,25' is 1.25; "
        "weight row 1 '3,5' is 3.5)."
    )


def test_sb_file_18_words_among_the_answers_are_refused(tmp_path, codebook):  # (18)
    file = tmp_path / "visit.csv"
    file.write_text("child,wave,a1,a2\nK1,1,3 or 4,1\nK2,1,2,1\nK3,1,2,1\n", encoding="utf-8")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops(caught)
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-18", "a1", (1,))


# --- workbooks --------------------------------------------------------------------------------------------------


def workbook(folder, sheets, merged=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for place in merged:
            sheet.merge_cells(place)
    file = folder / "visit.xlsx"
    book.save(file)
    return file


def test_sb_file_08_merged_headers_are_the_waves(tmp_path, codebook):  # (8)
    rows = [
        ["child", "Wave 1", None, "Wave 2", None],
        [None, "a1", "a2", "a1", "a2"],
        ["K1", 0, 1, 2, 3],
        ["K2", 1, None, None, None],
    ]
    file = workbook(tmp_path, {"visits": rows}, merged=["A1:A2", "B1:C1", "D1:E1"])
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    assert [(problem.code, problem.fix) for problem in stops(caught)] == [("SB-FILE-08", "header_rows=2")]
    read = sb.read_questionnaire(file, codebook, header_rows=2)
    assert read.program == "excel"
    assert read.wide[["child", "wave", "a1", "a2"]].fillna(-1).to_numpy().tolist() == [
        ["K1", 1, 0, 1], ["K1", 2, 2, 3], ["K2", 1, 1, -1]
    ]  # fmt: skip
    assert any("a1_w1" in note for note in read.notes)


def test_sb_file_67_several_sheets_are_asked_about(tmp_path, codebook):
    sheets = {name: [["child", "a1", "a2"], ["K1", number, 1]] for number, name in enumerate(["T1", "T2"])}
    file = workbook(tmp_path, sheets)
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    assert [(problem.code, problem.fix) for problem in stops(caught)] == [("SB-FILE-67", "sheet='T1'")]
    read = sb.read_questionnaire(file, codebook, sheet="T2", wave=2)
    assert read.wide[["wave", "a1"]].astype(int).to_numpy().tolist() == [[2, 1]]


def test_sb_file_09_the_total_row_is_no_child(tmp_path, codebook):  # (9)
    rows = [["child", "wave", "a1", "a2"], ["K1", 1, 0, 1], ["K2", 1, 2, 3], ["Mean", None, 1, 2]]
    file = workbook(tmp_path, {"visits": rows})
    read = sb.read_questionnaire(file, codebook)
    assert read.wide["child"].tolist() == ["K1", "K2"]
    (warning,) = told(read, "SB-FILE-09")
    assert (warning.severity, warning.rows) == ("warn", (3,))
    assert len(sb.read_questionnaire(file, codebook, keep_rows=[3], wave=1).wide) == 3


def test_sb_file_10_dates_as_dates_serials_and_text(tmp_path, codebook):  # (10)
    days = [dt.datetime(2021, 3, 25), 44281, "27/03/2021", "2021-03-28", "29 March 2021"]
    rows = [["child", "wave", "visit_date", "a1", "a2"], *([f"K{n}", 1, day, 0, 1] for n, day in enumerate(days))]
    file = workbook(tmp_path, {"visits": rows})
    read = sb.read_questionnaire(file, codebook)
    assert read.wide["date"].dt.strftime("%m-%d").tolist() == ["03-25", "03-26", "03-27", "03-28", "03-29"]
    (serial,) = told(read, "SB-FILE-10")
    assert serial.rows == (2,)
    assert serial.done == "They were converted to dates. Cells: visit_date row 2 '44281'."
    (order,) = told(read, "SB-FILE-11")
    assert "day" in order.what + order.done
    rows[3][2] = "2021/13/45"
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(workbook(tmp_path, {"visits": rows}), codebook)
    (problem,) = stops(caught)
    assert (problem.code, problem.column, problem.rows) == ("SB-FILE-10", "visit_date", (3,))


def test_sb_file_11_a_day_that_may_be_a_month_is_asked_about(tmp_path, codebook):  # (11)
    file = tmp_path / "visit.csv"
    file.write_text("child,wave,date,a1,a2\nK1,1,03/04/2021,0,1\n", encoding="utf-8")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (problem,) = stops(caught)
    assert (problem.code, problem.column) == ("SB-FILE-11", "date")
    read = sb.read_questionnaire(file, codebook, date_order="dmy")
    assert read.wide["date"].dt.month.tolist() == [4]


# --- SPSS and Stata ---------------------------------------------------------------------------------------------


def test_sb_file_15_spss_reasons_and_labels(tmp_path, codebook):  # (15)
    frame = pd.DataFrame({"child": ["K1", "K2", "K3"], "A1_T1": [0.0, 99.0, 2.0], "A2_T1": [4.0, 3.0, 98.0]})
    labels = {0.0: "not true", 1.0: "somewhat", 2.0: "true", 3.0: "very", 4.0: "always"}
    file = tmp_path / "visit.sav"
    pyreadstat.write_sav(
        frame,
        file,
        missing_ranges={"A1_T1": [99.0], "A2_T1": [98.0]},
        variable_value_labels={"A1_T1": {**labels, 99.0: "Refused"}, "A2_T1": labels},
        column_labels=["Child", "First", "Second"],
    )
    read = sb.read_questionnaire(file, codebook)
    assert read.program == "spss"
    assert read.wide[["child", "wave", "a1", "a2"]].fillna(-1).to_numpy().tolist() == [
        ["K1", 1, 0, 4], ["K2", 1, -1, 3], ["K3", 1, 2, -1]
    ]  # fmt: skip
    reasons = read.answers.loc[read.answers["reason"].notna(), ["child", "item", "code", "reason"]]
    assert reasons.to_numpy().tolist() == [["K2", "a1", "99", "Refused"], ["K3", "a2", "98", NO_REASON]]
    facts = read.columns.set_index("column")
    assert facts.loc["A1_T1", "label"] == "First"
    assert facts.loc["A1_T1", "choices"]["2"] == "true"
    assert [problem.column for problem in told(read, "SB-FILE-15")] == ["A1_T1, A2_T1"]


def test_sb_file_15_a_range_that_would_swallow_a_zero_is_asked_about(tmp_path, codebook):  # (15)
    frame = pd.DataFrame({"child": ["K1", "K2"], "wave": [1.0, 1.0], "a1": [0.0, 2.0], "a2": [1.0, 1.0]})
    file = tmp_path / "visit.sav"
    pyreadstat.write_sav(frame, file, missing_ranges={"a1": [{"lo": -999.0, "hi": 0.0}]})
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    assert [(problem.code, problem.column, problem.rows) for problem in stops(caught)] == [
        ("SB-FILE-15", "a1", (1,))
    ]
    assert sb.read_questionnaire(file, codebook, missing_ranges="ignore").wide["a1"].tolist() == [0, 2]


def test_sb_file_15_stata_letters_are_reasons(tmp_path, codebook):  # (15)
    frame = pd.DataFrame({"child": ["K1", "K2"], "w1_a1": [1, "a"], "w2_a1": ["b", 2], "w1_a2": [0, 4]})
    frame = frame.astype({"w1_a1": object, "w2_a1": object})
    file = tmp_path / "visit.dta"
    pyreadstat.write_dta(
        frame,
        file,
        missing_user_values={"w1_a1": ["a"], "w2_a1": ["b"]},
        variable_value_labels={"w1_a1": {"a": "refused"}},
    )
    read = sb.read_questionnaire(file, codebook)
    assert read.program == "stata"
    assert read.reasons[["item", "code", "reason"]].to_numpy().tolist() == [
        ["a1", ".b", NO_REASON], ["a1", ".a", "refused"]
    ]  # fmt: skip
    assert read.wide[["child", "wave", "a1"]].fillna(-1).to_numpy().tolist() == [
        ["K1", 1, 1], ["K1", 2, -1], ["K2", 1, -1], ["K2", 2, 2]
    ]  # fmt: skip


@needs_samples
@pytest.mark.parametrize("name", ["sample.sav", "sample.dta", "sample_missing.sav", "missing_test.sav",
                                  "missing_test.dta", "ordered_category.sav", "simple_alltypes.sav"])  # fmt: skip
def test_numbers_of_the_published_files_are_those_of_pyreadstat(name):
    read_by = pyreadstat.read_dta if name.endswith("dta") else pyreadstat.read_sav
    values, meta = read_by(str(SAMPLES / name))
    export = read_export(SAMPLES / name, missing_ranges="apply")
    assert (len(export.frame), list(export.frame)) == (len(values), meta.column_names)
    for column in values.select_dtypes("number"):
        if not str(meta.original_variable_types[column]).startswith("QYR"):
            assert export.frame[column].astype(float).fillna(-1).tolist() == values[column].fillna(-1).tolist()
    with_codes, _ = read_by(str(SAMPLES / name), user_missing=True)
    assert len(export.missing) == filled(with_codes) - filled(values)


def filled(frame):
    return int((frame.notna() & frame.ne("")).to_numpy().sum())


# --- labels that look like codes --------------------------------------------------------------------------------


def test_a_number_is_never_taken_for_the_label_of_another_number(tmp_path):
    eleven = {float(code): str(code - 1) for code in range(1, 12)}
    frame = pd.DataFrame({"child": ["C1", "C2", "C3"], "wave": [1.0, 1.0, 1.0], "safe": [1.0, 2.0, 11.0]})
    pyreadstat.write_sav(frame, str(tmp_path / "scale.sav"), variable_value_labels={"safe": eleven})
    assert sb.read_questionnaire(tmp_path / "scale.sav").wide["safe"].tolist() == [1.0, 2.0, 11.0]


def test_a_point_in_a_file_with_decimal_commas_is_no_decimal_point(tmp_path, codebook):  # (4)
    file = tmp_path / "visit.csv"
    file.write_text("child;wave;a1;a2\n007;1;1,5;1.234\n008;1;2,5;2.500\n")
    with pytest.raises(sb.DataError) as caught:
        sb.read_questionnaire(file, codebook)
    (stop,) = stops(caught)
    assert (stop.code, stop.column, stop.rows) == ("SB-FILE-18", "a2", (1, 2))
    assert "if it parts thousands" in stop.fix
