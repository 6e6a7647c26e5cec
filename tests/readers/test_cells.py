"""Converters of cells. Numbers in brackets are the cases C1 #1 to #21 of the catalogue of bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase_analysis.readers.cells import clean_text, to_number, to_text, to_whole_number, to_yes_no
from securebase_analysis.readers.cells_in_messages import quotable


def column(cells, name="wait_days"):
    return pd.Series(cells, name=name, dtype="str")


def only(problems):
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


# --- numbers ----------------------------------------------------------------------------------------------------


def test_numbers_as_people_write_them():
    values, problems = to_number(
        column(["3", " -2.50 ", "+4", ".5", "4.", "1e3", "\u22127", "8\u00a0", None, " "]), table="t"
    )
    assert values[:8].tolist() == [3, -2.5, 4, 0.5, 4, 1000, -7, 8]
    assert values[8:].isna().all()
    assert str(values.dtype) == "float64"
    assert values.name == "wait_days"
    assert problems == []


def test_sb_file_18_text_in_a_number_column():  # (18)
    cells = column([*map(str, range(4)), ">30", "5", "6", "7", "3 or 4", "9", "4,"])
    values, problems = to_number(cells, table="placements.csv")
    problem = only(problems)
    assert (problem.code, problem.severity) == ("SB-FILE-18", "stop")
    assert (problem.table, problem.column, problem.rows) == ("placements.csv", "wait_days", (5, 9, 11))
    assert "row 5 '>30', row 9 '3 or 4', row 11 '4,'" in problem.what
    assert "missing codes" in problem.fix
    assert values.isna().sum() == 3


@pytest.mark.parametrize(
    "cell", ["inf", "nan", "1_000", "0x1F", "1e999", "٣", "1/2", "50%", "1.234.567", "--3", "TRUE"]
)
def test_sb_file_18_nothing_else_is_a_number(cell):
    values, problems = to_number(column(["1", "2", cell]), table="t")
    assert only(problems).rows == (3,)
    assert np.isnan(values[2])


def test_sb_file_18_names_and_ids_in_a_number_column_are_not_shown():
    problem = only(to_number(column(["1", "2", "3", "K7Q-014", "Zoe"]), table="t")[1])
    assert "K7Q" not in str(problem)
    assert "Zoe" not in str(problem)
    assert "row 4 (not shown)" in problem.what
    wrong_column = only(to_number(column(["12-3", "12-4", "12-5", "12-6", "7"]), table="t")[1])
    assert "12-3" not in str(wrong_column)


def test_decimal_comma_is_found_and_said():
    values, problems = to_number(column(["2,5", "3", None, "-0,25"]), table="t")
    assert values.tolist()[:2] == [2.5, 3.0]
    assert values[3] == -0.25
    note = only(problems)
    assert (note.code, note.severity, note.rows) == ("SB-FILE-18", "note", (1, 4))
    assert to_number(column(["2,5", "3"]), table="t", decimal=",")[1] == []


def test_sb_file_18_comma_that_could_part_thousands():
    problem = only(to_number(column(["1,234", "12", "2,500"]), table="t")[1])
    assert (problem.severity, problem.rows) == ("stop", (1, 3))
    assert "decimal=','" in problem.fix
    assert to_number(column(["1,234", "12"]), table="t", decimal=",")[0].tolist() == [1.234, 12]
    assert only(to_number(column(["1,234", "12"]), table="t", decimal=".")[1]).rows == (1,)


def test_sb_file_18_both_marks_in_one_column():
    problem = only(to_number(column(["1.5", "2,5", "3"]), table="t")[1])
    assert (problem.severity, problem.rows) == ("stop", (2,))
    problem = only(to_number(column(["1.5", "2,5", "3"]), table="t", decimal=",")[1])
    assert problem.rows == (1,)
    assert "decimal='.' if the point is the decimal mark" in problem.fix


def test_typed_columns_pass_and_dates_are_no_numbers():
    assert to_number(pd.Series([1, 2]), table="t")[0].tolist() == [1.0, 2.0]
    assert to_number(pd.Series([True, None], dtype="boolean"), table="t")[0].tolist()[0] == 1.0
    values, problems = to_number(pd.Series(pd.to_datetime(["2021-04-03", None]), name="d"), table="t")
    assert values.isna().all()
    assert only(problems).rows == (1,)
    mixed = pd.Series([1, "2", ">3", None], dtype=object, name="m")
    assert to_number(mixed, table="t")[0].tolist()[:2] == [1, 2]


def test_whole_numbers():
    values, problems = to_whole_number(column(["4", "5.0", None, "2.5", "x"]), table="t")
    assert values.tolist() == [4, 5, pd.NA, pd.NA, pd.NA]
    assert str(values.dtype) == "Int64"
    assert [problem.rows for problem in problems] == [(5,), (4,)]
    assert "row 4 '2.5'" in problems[1].what


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=20))
def test_every_number_written_is_read_back(numbers):
    values, problems = to_number(column([repr(number) for number in numbers]), table="t")
    assert values.tolist() == numbers
    assert problems == []


@given(st.lists(st.text(max_size=8), max_size=10))
def test_each_filled_cell_is_a_number_or_reported(cells):
    values, problems = to_number(column(cells), table="t")
    filled = {row for row, cell in enumerate(cells, 1) if cell.replace("\u00a0", " ").strip()}
    reported = {row for problem in problems if problem.severity == "stop" for row in problem.rows}
    assert filled == {row for row, value in enumerate(values, 1) if np.isfinite(value)} | (reported & filled)


# --- yes and no -------------------------------------------------------------------------------------------------


def test_yes_and_no_in_all_spellings():
    values, problems = to_yes_no(column(["Yes", "no ", "TRUE", "f", "1", "0", None]), table="t")
    assert values.tolist() == [True, False, True, False, True, False, pd.NA]
    assert str(values.dtype) == "boolean"
    assert problems == []
    assert to_yes_no(pd.Series([1.0, 0.0, None]), table="t")[0].tolist() == [True, False, pd.NA]
    assert to_yes_no(pd.Series([True, False]), table="t")[0].tolist() == [True, False]


def test_sb_file_18_one_and_two_are_asked_for():
    values, problems = to_yes_no(pd.Series([1, 2, 2], name="ended"), table="t")
    problem = only(problems)
    assert (problem.severity, problem.column, problem.rows) == ("stop", "ended", (2, 3))
    assert problem.fix == "yes='2'"
    assert values[1:].isna().all()
    assert to_yes_no(pd.Series([1, 2, 2]), table="t", yes=2)[0].tolist() == [False, True, True]
    assert to_yes_no(column(["open", "Ended"]), table="t", yes="ended")[0].tolist() == [False, True]


def test_sb_file_18_a_third_value_makes_no_unclear():
    values, problems = to_yes_no(column(["1", "2", "9"]), table="t", yes=2)
    assert only(problems).rows == (1, 3)
    assert values.tolist() == [pd.NA, True, pd.NA]
    assert only(to_yes_no(column(["yes", "no", "K7Q-014"]), table="t")[1]).what.endswith("row 3 (not shown).")


# --- text -------------------------------------------------------------------------------------------------------


def test_ids_read_as_numbers_lose_their_point_and_nothing_else():
    assert to_text(pd.Series([12.0, 3.5, None])).tolist()[:2] == ["12", "3.5"]
    assert to_text(pd.Series([12, 7])).tolist() == ["12", "7"]
    assert to_text(pd.Series([12, None], dtype="Int64")).tolist()[0] == "12"
    assert to_text(column([" 007 ", "x"])).tolist() == [" 007 ", "x"]
    assert to_text(pd.Series([9007199254740993])).tolist() == ["9007199254740993"]


def test_sb_file_19_spellings_of_one_code():  # (19)
    cells = [
        "Availability",
        "availability ",
        "AVAILABILITY",
        "Availability",
        "Avail\u00a0ability",
        "x",
        None,
        "  ",
    ]
    values, problems = clean_text(column(cells, "code"), table="segments.csv")
    assert values.tolist()[:6] == ["Availability"] * 4 + ["Avail ability", "x"]
    assert values[6:].isna().all()
    problem = only(problems)
    assert (problem.code, problem.severity, problem.column) == ("SB-FILE-19", "warn", "code")
    assert problem.rows == (2, 3)
    assert problem.what.startswith("3 spellings")
    assert "'availability '" in problem.what
    assert problem.done == "All were read as 'Availability'."


def test_sb_file_19_blanks_alone_and_composed_letters():
    values, problems = clean_text(column(["Zoe\u0308", "Zo\u00eb"], "code"), table="t")
    assert values.nunique() == 1
    assert only(problems).rows == (1,)
    values, problems = clean_text(column(["a  b", "a b", "a b"], "code"), table="t")
    assert values.tolist() == ["a b"] * 3
    assert only(problems).rows == (1,)
    assert clean_text(column(["a", "b"], "code"), table="t")[1] == []


def test_trimming_a_code_is_said_even_without_a_second_spelling():
    values, problems = clean_text(column([" a ", "b"], "code"), table="t")
    assert values.tolist() == ["a", "b"]
    assert problems == []


def test_converters_leave_their_input_alone():
    cells = column(["1", " 2 ", "x"])
    before = cells.copy()
    for convert in (to_number, to_whole_number, to_yes_no, clean_text):
        convert(cells, table="t")
    pd.testing.assert_series_equal(cells, before)


@pytest.mark.parametrize(
    ("cell", "harmless"),
    [("3 or 4", True), (">30", True), ("4 weeks", True), ("25/13/2021", True), ("C01", False), ("Zoë", False),
     ("Мария", False), ("1" * 30, False), ("refused", True)],
)  # fmt: skip
def test_what_may_be_shown(cell, harmless):
    assert quotable(cell) is harmless
