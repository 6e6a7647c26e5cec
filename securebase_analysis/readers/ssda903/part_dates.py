"""Dates of a return: day, month, year, with ``zz`` for what is not known; each distinct text is read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SLASHED = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?:[ T].*)?$"
SHORT_YEAR = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2})$"
YEAR_FIRST = r"^([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})(?:[ T].*)?$"
PARTLY = r"^(?:[zZ]{2})[-/. ]([0-9]{1,2}|[zZ]{2})[-/. ]([0-9]{4}|[zZ]{4})$"
DAY_NUMBERS = (14_611, 73_415)
DAY_ZERO = np.datetime64("1899-12-30", "D")
SHORT_YEAR_PIVOT = 69
NOTHING = np.datetime64("NaT", "D")


@dataclass(frozen=True, eq=False)
class ReadDates:
    """What became of distinct texts.

    Attributes
    ----------
    earliest, latest : ndarray of datetime64[D]
        The first and the last day the text may mean; the same day for a full date.
    form : ndarray of str
        ``"full"`` (dd/mm/yyyy), ``"other"`` (another spelling of a full date), ``"short"`` (year of two digits),
        ``"number"`` (day number of a workbook), ``"part"`` (with zz), ``""`` (not understood).
    """

    earliest: np.ndarray
    latest: np.ndarray
    form: np.ndarray


def read_dates(texts: pd.Index) -> ReadDates:
    """Read distinct texts as dates, day first.

    Parameters
    ----------
    texts : pandas.Index of str
        Distinct texts.

    Examples
    --------
    >>> read = read_dates(pd.Index(["07/05/2020", "zz/05/2020", "31/02/2020", "2020-05-07"]))
    >>> read.earliest.astype(str).tolist(), read.form.tolist()
    (['2020-05-07', '2020-05-01', 'NaT', '2020-05-07'], ['full', 'part', '', 'other'])
    """
    cells = pd.Series(texts.astype("str")).str.replace("\u00a0", " ", regex=False).str.strip()
    earliest = np.full(len(cells), NOTHING)
    form = np.full(len(cells), "", dtype="U6")
    readings = (
        ("full", SLASHED, ["day", "month", "year"]),
        ("other", YEAR_FIRST, ["year", "month", "day"]),
        ("short", SHORT_YEAR, ["day", "month", "year"]),
    )
    for word, pattern, names in readings:
        found = cells.str.extract(pattern).set_axis(names, axis=1).apply(pd.to_numeric).astype("float64")
        if word == "short":
            found["year"] += np.where(found["year"] >= SHORT_YEAR_PIVOT, 1900, 2000)
        days = _calendar(found["year"], found["month"], found["day"])
        fresh = ~np.isnat(days) & (form == "")
        earliest[fresh], form[fresh] = days[fresh], word
    slashed = cells.str.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}").to_numpy(dtype=bool)
    form[(form == "full") & ~slashed] = "other"
    numbers = pd.to_numeric(cells.where(cells.str.fullmatch(r"[0-9]{5}(?:\.0+)?")), errors="coerce")
    serial = numbers.between(*DAY_NUMBERS).to_numpy() & (form == "")
    earliest[serial] = DAY_ZERO + numbers[serial].to_numpy().astype("timedelta64[D]")
    form[serial] = "number"
    latest = earliest.copy()
    _read_parts(cells, earliest, latest, form)
    return ReadDates(earliest, latest, form)


def _read_parts(cells: pd.Series, earliest: np.ndarray, latest: np.ndarray, form: np.ndarray) -> None:
    """Dates of which the day, or also the month, or nothing is known."""
    parts = cells.str.extract(PARTLY).set_axis(["month", "year"], axis=1)
    year = pd.to_numeric(parts["year"], errors="coerce")
    month = pd.to_numeric(parts["month"], errors="coerce")
    shaped = parts["year"].notna().to_numpy() & ~(month.notna() & ~month.between(1, 12)).to_numpy()
    shaped &= ~(year.isna() & month.notna()).to_numpy()
    first = _calendar(year, month.fillna(1), pd.Series(1.0, index=cells.index))
    last_month = _calendar(year, month.fillna(12), pd.Series(1.0, index=cells.index))
    last = (last_month.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    earliest[shaped], latest[shaped] = first[shaped], last[shaped]
    form[shaped] = "part"


def _calendar(year: pd.Series, month: pd.Series, day: pd.Series) -> np.ndarray:
    """Days of the calendar; NaT for a day that does not exist."""
    possible = (month.between(1, 12) & day.between(1, 31) & year.between(1, 9999)).to_numpy()
    numbers = [part.where(possible, 1).to_numpy().astype("int64") for part in (year, month, day)]
    months = (numbers[0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (numbers[1] - 1)
    days = months.astype("datetime64[D]") + (numbers[2] - 1)
    return np.where(possible & (days.astype("datetime64[M]") == months), days, NOTHING)
