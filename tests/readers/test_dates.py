"""Dates. Numbers in brackets are the cases C1 #10 to #13 of the catalogue of bad input."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase_analysis.errors import ModelError
from securebase_analysis.readers.dates import to_date


def read(cells, **options):
    values, problems = to_date(pd.Series(cells, name="date_start", dtype="str"), table="placements.csv", **options)
    assert str(values.dtype) == "datetime64[us]"
    assert values.name == "date_start"
    for problem in problems:
        assert (problem.table, problem.column) == ("placements.csv", "date_start")
    return [None if pd.isna(value) else str(value.date()) for value in values], problems


def codes(problems):
    return [(problem.code, problem.severity) for problem in problems]


def test_forms_that_leave_no_doubt():
    cells = ["2021-04-03", "2021/4/3", "2021.04.03", "20210403", "2021-04-03T10:15:00Z", "2021-04-03 10:15:30.5"]
    cells += ["3 April 2021", "03-Apr-2021", "3rd Apr 2021", "April 3, 2021", " 2021-04-03 ", "2021-04-03\u00a0"]
    dates, problems = read(cells)
    assert dates == ["2021-04-03"] * len(cells)
    assert problems == []


def test_empty_cells_are_missing_without_a_word():
    assert read([None, "  ", "2021-04-03"]) == ([None, None, "2021-04-03"], [])
    assert read([None, None]) == ([None, None], [])


def test_sb_file_10_texts_serials_and_dates_in_one_column():  # (10)
    cells = [
        "2021-04-03",
        "2021-04-04",
        "2021/13/05",
        "44197",
        "2021-02-29",
        "44198.75",
        "in spring",
        "2021-04-05",
    ]
    dates, problems = read(cells)
    assert dates == ["2021-04-03", "2021-04-04", None, "2021-01-01", None, "2021-01-02", None, "2021-04-05"]
    assert codes(problems) == [("SB-FILE-10", "stop"), ("SB-FILE-10", "note")]
    assert problems[0].rows == (3, 5, 7)
    assert problems[0].what.startswith("3 dates and 2 day numbers could be read; 3 cells could not")
    assert "row 3 '2021/13/05', row 5 '2021-02-29', row 7 (not shown)" in problems[0].what
    assert problems[1].rows == (4, 6)
    assert "year-month-day" in problems[0].fix


def test_sb_file_10_a_column_of_day_numbers():
    dates, problems = read(["44197", "36526"])
    assert dates == ["2021-01-01", "2000-01-01"]
    assert codes(problems) == [("SB-FILE-10", "note")]
    assert to_date(pd.Series([44197.0, np.nan]), table="t")[0].dt.strftime("%Y-%m-%d").tolist()[0] == "2021-01-01"
    assert to_date(pd.Series([42735]), table="t", date_system="1904")[0][0] == pd.Timestamp("2021-01-01")


@pytest.mark.parametrize(
    "cell", ["2021", "7", "1617408000", "2021-04", "04/2021", "-44197", "99999", "2021-00-10", "0021-04-03"]
)
def test_sb_file_10_numbers_that_are_no_dates(cell):
    dates, problems = read(["2021-04-03", cell])
    assert dates[1] is None
    assert [(problem.code, problem.rows) for problem in problems] == [("SB-FILE-10", (2,))]


def test_sb_file_10_ids_in_the_wrong_column_are_not_shown():
    problems = read(["10-443", "10-444", "10-445", "10-446", "2021-04-03"])[1]
    assert "10-443" not in str(problems[0])


def test_sb_file_11_day_and_month_cannot_be_told_apart():  # (11)
    dates, problems = read(["03/04/2021", "2021-05-01", "12-11-2020"])
    assert dates == [None, "2021-05-01", None]
    assert codes(problems) == [("SB-FILE-11", "stop")]
    assert problems[0].rows == (1, 3)
    assert "date_order='dmy'" in problems[0].fix
    assert read(["03/04/2021"], date_order="dmy") == (["2021-04-03"], [])
    assert read(["03/04/2021"], date_order="mdy") == (["2021-03-04"], [])


def test_sb_file_11_one_day_above_twelve_shows_the_order():
    dates, problems = read(["03/04/2021", "25.04.2021 10:30", "01/02/2020"])
    assert dates == ["2021-04-03", "2021-04-25", "2020-02-01"]
    assert codes(problems) == [("SB-FILE-11", "note")]
    assert problems[0].what.startswith("1 of 3 dates")
    assert read(["03/04/2021", "04/25/2021"])[0] == ["2021-03-04", "2021-04-25"]


def test_sb_file_11_equal_day_and_month_need_no_order():
    assert read(["04/04/2021", "05/05/2021"]) == (["2021-04-04", "2021-05-05"], [])


def test_sb_file_11_counts_repeated_cells_in_rows():
    problems = read(["03/04/2021"] * 40)[1]
    assert problems[0].what.startswith("All 40 dates")
    assert len(problems[0].rows) == 40


def test_sb_file_12_two_orders_in_one_column():  # (12)
    dates, problems = read(["01/02/2021", "25/04/2021", "04/25/2021", "2021-01-01", "05/26/2021"])
    assert dates == [None, None, None, "2021-01-01", None]
    assert codes(problems) == [("SB-FILE-12", "stop")]
    assert problems[0].rows == (2, 3, 5)
    assert "rows 3, 5 (2 rows) make sense only as month/day, row 2 only as day/month" in problems[0].what


def test_sb_file_12_against_the_declared_order():
    dates, problems = read(["01/02/2021", "04/25/2021"], date_order="dmy")
    assert dates == ["2021-02-01", None]
    assert [(problem.code, problem.severity, problem.rows) for problem in problems] == [
        ("SB-FILE-12", "stop", (2,))
    ]


def test_sb_file_13_implausible_dates():  # (13)
    cells = ["1900-01-01", "1970-01-01", "2021-04-03", "2201-04-03", "1021-04-03"]
    dates, problems = read(cells)
    assert dates == cells
    assert codes(problems) == [("SB-FILE-13", "warn")]
    assert problems[0].rows == (1, 2, 4, 5)
    assert read(["1970-01-01"], earliest="1950-01-01")[1] == []
    assert read(["2024-04-01", "2024-03-31"], latest="2024-03-31")[1][0].rows == (1,)


def test_sb_file_13_two_digit_years():
    dates, problems = read(["25/04/21", "25/04/70"], date_order="dmy")
    assert dates == ["2021-04-25", "1970-04-25"]
    assert ("SB-FILE-13", "warn") in codes(problems)
    assert read(["21-04-25"], date_order="ymd")[0] == ["2021-04-25"]
    dates, problems = read(["25/04/21"])
    assert dates == [None]
    assert codes(problems) == [("SB-FILE-11", "stop")]


def test_year_first_declared_refuses_year_last():
    dates, problems = read(["2021-04-03", "25/04/2021"], date_order="ymd")
    assert dates == ["2021-04-03", None]
    assert codes(problems) == [("SB-FILE-10", "stop")]


def test_typed_dates_lose_their_time_only():
    stamps = pd.Series(pd.to_datetime(["2021-04-03 23:59", None]), name="d")
    values, problems = to_date(stamps, table="t")
    assert values[0] == pd.Timestamp("2021-04-03")
    assert pd.isna(values[1])
    assert problems == []
    zoned = to_date(stamps.dt.tz_localize("Europe/London"), table="t")[0]
    assert zoned[0] == pd.Timestamp("2021-04-03")
    mixed = pd.Series([dt.date(2021, 4, 3), "2021-04-04", None], dtype=object)
    assert to_date(mixed, table="t")[0].dt.day.tolist()[:2] == [3, 4]


def test_options_are_checked():
    with pytest.raises(ModelError, match="date_order='dym'"):
        to_date(pd.Series(["2021-01-01"]), table="t", date_order="dym")


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20))
def test_what_is_written_in_a_declared_order_is_read_back(days):
    expected = [day.isoformat() for day in days]
    for order, form in (("dmy", "%d/%m/%Y"), ("mdy", "%m-%d-%Y"), ("ymd", "%Y-%m-%d"), ("ymd", "%y-%m-%d")):
        if form != "%y-%m-%d" or max(days).year <= 2068:
            assert read([day.strftime(form) for day in days], date_order=order)[0] == expected


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20))
def test_without_a_declared_order_a_date_is_right_or_refused(days):
    dates, problems = read([day.strftime("%d/%m/%Y") for day in days])
    for day, value in zip(days, dates):
        assert value == day.isoformat() or any(problem.severity == "stop" for problem in problems)


@given(st.lists(st.text(alphabet="0123456789/-. :apr", max_size=12), max_size=10))
def test_each_filled_cell_is_a_date_or_reported(cells):
    dates, problems = read(cells)
    stops = {row for problem in problems if problem.severity == "stop" for row in problem.rows}
    undecided = any(problem.code == "SB-FILE-12" for problem in problems)
    for row, (cell, value) in enumerate(zip(cells, dates), start=1):
        assert (value is None) == (not cell.strip() or row in stops or (undecided and value is None))


@pytest.mark.parametrize(
    ("cells", "fix"),
    [
        (["25/04/2021", "03/05/2021"], "date_order='dmy'"),
        (["04/25/2021", "05/03/2021"], "date_order='mdy'"),
        (["03/04/2021", "05/06/2021"], "date_order='dmy' for day/month/year, date_order='mdy'"),
        (["25/04/2021", "04/25/2021"], "Two date styles"),
        (["unknown", "soon"], "Write them as year-month-day"),
    ],
)
def test_sb_file_10_year_first_declared_and_written_last(cells, fix):  # (11, 12)
    values, problems = to_date(pd.Series(cells, name="start"), table="t.csv", date_order="ymd")
    assert values.isna().all()
    assert [problem.code for problem in problems] == ["SB-FILE-10"]
    assert problems[0].fix.startswith(fix)


def test_sb_file_12_real_dates_that_excel_may_have_turned_round():  # (12)
    texts = ["2021-04-03", "25/04/2021", "2021-05-12", "31/12/2021", "2021-01-02", "13/01/2021"]
    _, problems = to_date(pd.Series(texts, name="seen"), table="visits.xlsx")
    (stop,) = (problem for problem in problems if problem.severity == "stop")
    assert (stop.code, stop.column, stop.rows) == ("SB-FILE-12", "seen", (1, 3, 5))
    assert "3 real dates have no day above 12" in stop.what
    _, few = to_date(pd.Series(texts[:2], name="seen"), table="visits.xlsx")
    assert [(problem.code, problem.severity) for problem in few] == [
        ("SB-FILE-11", "note"),
        ("SB-FILE-12", "warn"),
    ]
    for honest in (["2021-04-13", *texts], [*texts, "04/05/2021"], [*texts[::2], "28 April 2021"]):
        _, problems = to_date(pd.Series(honest, name="seen"), table="visits.xlsx")
        assert "SB-FILE-12" not in [problem.code for problem in problems], honest
