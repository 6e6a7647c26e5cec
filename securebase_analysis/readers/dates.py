"""Columns of dates as people and programs write them, without ever guessing between day and month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, check_option
from securebase_analysis.readers.cells_in_messages import name_cells
from securebase_analysis.readers.date_orders import (
    DateOrder,
    against_order,
    cannot_tell,
    order_found,
    perhaps_turned,
    two_orders,
)
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of

EARLIEST = "1990-01-01"
LATEST_WITHOUT_FREEZE = "2100-01-01"
EPOCHS = {"1900": np.datetime64("1899-12-30", "D"), "1904": np.datetime64("1904-01-01", "D")}
SERIAL_RANGE = (14_611, 73_415)  # 1940 to 2100 in days from 1900: a whole number outside is no plausible serial
CENTURY_PIVOT = 69
DAYS_UP_TO_12 = 12 / 30.4
"""Share of all days whose number could be a month."""

MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
            "sep sept september", "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
TIME = r"(?:[ T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
YEAR_FIRST = rf"([1-9][0-9]{{3}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){TIME}"
COMPACT = r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})"
YEAR_LAST = rf"([0-9]{{1,2}})[-/. ]([0-9]{{1,2}})[-/. ]([1-9][0-9]{{3}}|[0-9]{{2}}){TIME}"
DAY_MONTH_WORD = (
    rf"([0-9]{{1,2}})(?:st|nd|rd|th)?[-/. ]*([A-Za-z]{{3,9}})[-/., ]*([1-9][0-9]{{3}}|[0-9]{{2}}){TIME}"
)
MONTH_WORD_DAY = rf"([A-Za-z]{{3,9}})[-/. ]*([0-9]{{1,2}})(?:st|nd|rd|th)?,?[-/. ]+([1-9][0-9]{{3}}){TIME}"
SERIAL = r"([0-9]{5})(?:\.[0-9]+)?"


@dataclass(frozen=True, eq=False)
class _Reading:
    """What was made of the cells: a date or NaT for each, and flags of how it was read."""

    dates: np.ndarray
    serial: np.ndarray
    short_year: np.ndarray
    undecided: np.ndarray
    problems: tuple[Problem, ...] = ()


def to_date(
    column: pd.Series,
    *,
    table: str,
    date_order: DateOrder | None = None,
    earliest: str = EARLIEST,
    latest: str | None = None,
    date_system: str = "1900",
) -> tuple[pd.Series, list[Problem]]:
    """Read a column as dates.

    Parameters
    ----------
    column : pandas.Series
        Text, dates, or Excel's day numbers.
    table : str
        For messages.
    date_order : {"ymd", "dmy", "mdy"}, optional
        Order of day, month and year in dates such as 03/04/2021. When None, the column must show it by a day above
        12. Dates with the year first or the month as a word are always understood.
    earliest : str
        A date before it is reported: 1990 for placements; give 1950 for carers' birth dates.
    latest : str, optional
        The date of the data freeze; a date after it is reported (2100 when None).
    date_system : {"1900", "1904"}
        From when the workbook counts its days.

    Returns
    -------
    values : pandas.Series
        datetime64[us] at midnight; NaT where a cell is empty or not understood.
    problems : list of Problem
        SB-FILE-10 (stop: not understood; note: day numbers converted), SB-FILE-11 (stop: day and month cannot
        be told apart; note: the order the column shows), SB-FILE-12 (stop: two orders in one
        column), SB-FILE-13 (warn: implausible).

    Examples
    --------
    >>> values, problems = to_date(pd.Series(["25/04/2021", "03/05/2021"], name="start"), table="placements.csv")
    >>> values.dt.strftime("%Y-%m-%d").tolist(), problems[0].severity
    (['2021-04-25', '2021-05-03'], 'note')
    >>> to_date(pd.Series(["03/04/2021"], name="start"), table="placements.csv")[1][0].code
    'SB-FILE-11'
    """
    check_option("date_order", date_order, (None, "ymd", "dmy", "mdy"))
    check_option("date_system", date_system, tuple(EPOCHS))
    name = "" if column.name is None else str(column.name)
    reading = _read(column, table, name, date_order, date_system)
    filled = column.notna().to_numpy()
    problems = [*reading.problems, *_report_reading(reading, column, filled, date_order, table, name)]
    problems += _report_implausible(reading.dates, earliest, latest, table, name)
    values = pd.Series(reading.dates.astype("datetime64[us]"), index=column.index, name=column.name)
    return values, problems


def _read(column: pd.Series, table: str, name: str, order: DateOrder | None, date_system: str) -> _Reading:
    """Take typed dates as they are and read everything else as text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        naive = column if column.dt.tz is None else column.dt.tz_localize(None)
        none = np.zeros(len(column), dtype=bool)
        return _Reading(naive.to_numpy().astype("datetime64[D]"), none, none, none)
    return _read_text(_as_text(column), table, name, order, date_system)


def _as_text(column: pd.Series) -> pd.Series:
    """Cells as text without blanks around them; whole numbers without a point."""
    text = to_text(column).str.replace("\u00a0", " ", regex=False).str.strip()
    return text.mask(text == "")


def _read_text(text: pd.Series, table: str, name: str, order: DateOrder | None, date_system: str) -> _Reading:
    """Read each distinct text once, form by form, then hand every row its reading."""
    codes, distinct = pd.factorize(text)
    forms = pd.Series(distinct, dtype="str")
    year_last = _numbers(forms, YEAR_LAST)
    chosen, undecided, problems = _decide_order(year_last, codes, order, table, name)
    year_first = _numbers(forms, YEAR_FIRST)
    if order != "ymd":
        problems += _perhaps_turned(year_first, year_last, codes, table, name)
    readings = [year_first, _numbers(forms, COMPACT), *_with_month_word(forms)]
    if chosen is not None:
        readings.append(_in_order(year_last, chosen)[~undecided])
    parts = pd.concat([reading.dropna() for reading in readings])
    parts = parts[~parts.index.duplicated()].reindex(forms.index)
    short = (parts["year"] < 100).to_numpy()
    dates = _as_dates(parts["year"].map(_full_year), parts["month"], parts["day"])
    serials = pd.to_numeric(forms.str.extract(rf"^{SERIAL}$")[0], errors="coerce")
    is_serial = serials.between(*SERIAL_RANGE).to_numpy()
    dates[is_serial] = EPOCHS[date_system] + serials[is_serial].to_numpy().astype("timedelta64[D]")
    return _Reading(
        _spread(dates, codes, np.datetime64("NaT", "D")),
        _spread(is_serial, codes, False),
        _spread(short, codes, False),
        _spread(undecided, codes, False),
        problems,
    )


def _spread(values: np.ndarray, codes: np.ndarray, empty: object) -> np.ndarray:
    """The value of each row's distinct text; `empty` where the cell is empty."""
    return np.append(values, np.array([empty], dtype=values.dtype))[codes]


def _numbers(forms: pd.Series, pattern: str) -> pd.DataFrame:
    """The three numbers of the texts that fit a pattern; NaN where a text does not fit."""
    found = forms.str.extract(f"^{pattern}$")
    found.columns = ["first", "second", "year"] if pattern == YEAR_LAST else ["year", "month", "day"]
    return found.apply(pd.to_numeric).astype("float64")


def _with_month_word(forms: pd.Series) -> list[pd.DataFrame]:
    """The texts that write the month as an English word, before or after the day."""
    readings = []
    for pattern, names in (
        (DAY_MONTH_WORD, ["day", "month", "year"]),
        (MONTH_WORD_DAY, ["month", "day", "year"]),
    ):
        found = forms.str.extract(f"^{pattern}$").set_axis(names, axis=1)
        found["month"] = found["month"].str.lower().map(MONTHS)
        readings.append(found[["year", "month", "day"]].apply(pd.to_numeric).astype("float64"))
    return readings


def _in_order(year_last: pd.DataFrame, order: DateOrder) -> pd.DataFrame:
    """Name the three numbers of texts such as 03/04/2021 by the order of the column."""
    names = {"dmy": ["day", "month", "year"], "mdy": ["month", "day", "year"], "ymd": ["year", "month", "day"]}
    named = year_last.set_axis(names[order], axis=1)
    return named.where(named["year"] < 100) if order == "ymd" else named


def _decide_order(
    year_last: pd.DataFrame, codes: np.ndarray, order: DateOrder | None, table: str, name: str
) -> tuple[DateOrder | None, np.ndarray, tuple[Problem, ...]]:
    """The order of day and month, from what was declared or from days above 12; undecided texts stay unread.

    A two-digit year without a declared order is undecided too, because the year itself could stand first.
    """
    first, second = year_last["first"].to_numpy(), year_last["second"].to_numpy()
    shaped = ~np.isnan(first)
    day_first = (first > 12) & (first <= 31) & (second <= 12)
    month_first = (second > 12) & (second <= 31) & (first <= 12)
    nothing = np.zeros(len(shaped), dtype=bool)
    if order == "ymd" or not shaped.any():
        return order, nothing, ()
    if order is not None:
        against = month_first if order == "dmy" else day_first
        if not against.any():
            return order, nothing, ()
        return order, against, (against_order(order, _rows_of(against, codes), table, name),)
    if (year_last["year"] < 100).any():
        return None, shaped, (cannot_tell(_rows_of(shaped, codes), True, table, name),)
    if day_first.any() and month_first.any():
        problem = two_orders(_rows_of(month_first, codes), _rows_of(day_first, codes), table, name)
        return None, shaped, (problem,)
    if not (day_first.any() or month_first.any()):
        alike = (first == second) | ~shaped
        if alike.all():
            return "dmy", nothing, ()
        return None, shaped, (cannot_tell(_rows_of(shaped, codes), False, table, name),)
    found: DateOrder = "dmy" if day_first.any() else "mdy"
    evidence = _rows_of(day_first | month_first, codes)
    return found, nothing, (order_found(found, evidence, int(shaped[codes[codes >= 0]].sum()), table, name),)


def _perhaps_turned(
    year_first: pd.DataFrame, year_last: pd.DataFrame, codes: np.ndarray, table: str, name: str
) -> tuple[Problem, ...]:
    """Real dates whose day is never above 12, beside texts of which a number always is: Excel may have made both.

    Excel turns 03/04/2021 into a date in the order of its own country, and leaves 25/04/2021 as a text where its
    country writes the month first. A day such as 31/12/9999 stands for no day and shows nothing.
    """
    real = _spread(year_first["day"].notna().to_numpy(), codes, False)
    is_day = (year_last["year"] < 100) | year_last["year"].between(1900, 2100)
    left = (year_last["first"].notna() & is_day).to_numpy()
    above_12 = ((year_last["first"] > 12) | (year_last["second"] > 12)).to_numpy()
    if not real.any() or not left.any() or (left & ~above_12).any() or (year_first["day"] > 12).any():
        return ()
    days = year_first["day"][codes[real]]
    chance = DAYS_UP_TO_12 ** len(days) * (1 - DAYS_UP_TO_12) ** int(_spread(left, codes, False).sum())
    return (perhaps_turned(_rows_of(year_first["day"].notna().to_numpy(), codes), chance, table, name),)


def _rows_of(flags: np.ndarray, codes: np.ndarray) -> list[int]:
    """Row numbers, from 1, whose distinct text is flagged."""
    return (np.flatnonzero(_spread(flags, codes, False)) + 1).tolist()


def _full_year(year: float) -> float:
    """A two-digit year in full: 00 to 68 are the 2000s, 69 to 99 the 1900s."""
    if year >= 100 or np.isnan(year):
        return year
    return year + (1900 if year >= CENTURY_PIVOT else 2000)


def _as_dates(year: pd.Series, month: pd.Series, day: pd.Series) -> np.ndarray:
    """Days of the calendar; NaT for a day that does not exist."""
    possible = (month.between(1, 12) & day.between(1, 31) & year.between(1, 9999)).to_numpy()
    whole = [part.where(possible, 1).to_numpy().astype("int64") for part in (year, month, day)]
    months = (whole[0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (whole[1] - 1)
    days = months.astype("datetime64[D]") + (whole[2] - 1)
    exists = possible & (days.astype("datetime64[M]") == months)
    return np.where(exists, days, np.datetime64("NaT", "D"))


def _report_reading(
    reading: _Reading, column: pd.Series, filled: np.ndarray, order: DateOrder | None, table: str, name: str
) -> list[Problem]:
    """What became of the cells: not understood, converted from day numbers, or read with a two-digit year."""
    problems = []
    lost = filled & np.isnat(reading.dates) & ~reading.undecided & _not_blank(column)
    read = ~np.isnat(reading.dates)
    if lost.any():
        problems.append(_not_understood(reading, column, lost, read, order, table, name))
    if reading.serial.any():
        rows = (np.flatnonzero(reading.serial) + 1).tolist()
        what = f"{len(rows)} of {n_of(int(filled.sum()), 'cell')}: day numbers of a spreadsheet, not dates."
        done = "They were converted to dates."
        why = "A day number from a workbook that counts from 1904 would be four years too early."
        problems.append(Problem("SB-FILE-10", "note", what, table, name, rows, why=why, done=done))
    short = reading.short_year & read
    if short.any():
        rows = (np.flatnonzero(short) + 1).tolist()
        what = f"{n_of(len(rows), 'date has', 'dates have')} a year of two digits."
        done = (
            f"00 to {CENTURY_PIVOT - 1} were read as 2000 to {2000 + CENTURY_PIVOT - 1}, the others as the 1900s."
        )
        fix = "Export the dates with four digits."
        problems.append(Problem("SB-FILE-13", "warn", what, table, name, rows, done=done, fix=fix))
    return problems


def _not_blank(column: pd.Series) -> np.ndarray:
    """Cells that hold more than blanks."""
    return (_as_text(column).notna()).to_numpy()


def _not_understood(
    reading: _Reading,
    column: pd.Series,
    lost: np.ndarray,
    read: np.ndarray,
    order: DateOrder | None,
    table: str,
    name: str,
) -> Problem:
    """The problem of cells that are no date in any form that is understood."""
    rows = (np.flatnonzero(lost) + 1).tolist()
    is_date_column = lost.sum() <= max(3, read.sum())
    serials = int(reading.serial.sum())
    also = f" and {n_of(serials, 'day number')}" if serials else ""
    return Problem(
        "SB-FILE-10",
        "stop",
        f"{n_of(int((read & ~reading.serial).sum()), 'date')}{also} could be read; "
        f"{n_of(len(rows), 'cell')} could not: "
        f"{name_cells(rows, column[lost], show=bool(is_date_column))}.",
        table=table,
        column=name,
        rows=rows,
        why="A date that is left out shortens or hides a placement or an assessment.",
        done="No date was made up for them.",
        fix=_other_order(column[lost], order)
        or "Write them as year-month-day, e.g. 2021-03-31 (months as numbers or in English).",
    )


def _other_order(cells: pd.Series, order: DateOrder | None) -> str:
    """The order to declare where cells with the year last were declared to have it first."""
    if order != "ymd":
        return ""
    parts = _numbers(_as_text(cells).dropna(), YEAR_LAST).dropna()
    full = parts[parts["year"] >= 100]
    if full.empty:
        return ""
    if (full["first"] > 12).any() and (full["second"] > 12).any():
        return "Two date styles stand in one column; mend it at its source and write dates as year-month-day."
    if (full["second"] > 12).any():
        return "date_order='mdy' for month/day/year"
    if (full["first"] > 12).any():
        return "date_order='dmy' for day/month/year"
    return "date_order='dmy' for day/month/year, date_order='mdy' for month/day/year"


def _report_implausible(
    dates: np.ndarray, earliest: str, latest: str | None, table: str, name: str
) -> list[Problem]:
    """The warning on dates before the earliest or after the latest that make sense."""
    low = np.datetime64(earliest, "D")
    high = np.datetime64(LATEST_WITHOUT_FREEZE if latest is None else latest, "D")
    outside = (dates < low) | (dates > high)
    if not outside.any():
        return []
    rows = (np.flatnonzero(outside) + 1).tolist()
    until = f"the data freeze ({high})" if latest is not None else str(high)
    return [
        Problem(
            "SB-FILE-13",
            "warn",
            f"{n_of(len(rows), 'date lies', 'dates lie')} before {low} or after {until}.",
            table=table,
            column=name,
            rows=rows,
            why="A wrong century, a default date such as 1900-01-01, or a day number that was read as a date.",
            done="They were kept.",
            fix="Correct them in the source, or declare the code that stands for an unknown date.",
        )
    ]
