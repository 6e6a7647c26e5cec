"""Dates of a return: day, month, year, with ``zz`` for what is not known; each distinct text is read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.dates import MONTHS

SLASHED = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?:[ T].*)?$"
SHORT_YEAR = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2})$"
YEAR_FIRST = r"^([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})(?:[ T].*)?$"
MONTH_AS_WORD = r"^([0-9]{1,2})[-/. ]([A-Za-z]{3,9})[-/. ]([0-9]{4}|[0-9]{2})$"
PARTLY = r"^(?:[zZ]{2})[-/. ]([0-9]{1,2}|[zZ]{2})[-/. ]([0-9]{4}|[zZ]{4})$"
DAY_NUMBERS = (14_611, 73_415)
DAY_ZERO = np.datetime64("1899-12-30", "D")
SHORT_YEAR_PIVOT = 69
PLACES_OF_DIGITS = [0, 1, 3, 4, 6, 7, 8, 9]
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


def read_dates(texts: pd.Index | pd.api.extensions.ExtensionArray) -> ReadDates:
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
    words = pd.Index(texts).astype("object")
    days = _plain_days(np.asarray(words))
    plain = ~np.isnat(days)
    form = np.where(plain, "full", "").astype("U6")
    earliest, latest = days, days.copy()
    if not plain.all():
        rest = _read_others(pd.Series(words[~plain], dtype="str"))
        earliest[~plain], latest[~plain], form[~plain] = rest.earliest, rest.latest, rest.form
    return ReadDates(earliest, latest, form)


def _plain_days(words: np.ndarray) -> np.ndarray:
    """Texts that are dd/mm/yyyy to the letter, by the places of their digits; NaT for all others."""
    days = np.full(len(words), NOTHING)
    tens = np.array([isinstance(word, str) and len(word) == 10 for word in words], dtype=bool)
    signs = words[tens].astype("U10").view("uint32").reshape(-1, 10).astype("int64")
    digits = signs[:, PLACES_OF_DIGITS] - ord("0")
    shaped = ((digits >= 0) & (digits <= 9)).all(axis=1) & (signs[:, [2, 5]] == ord("/")).all(axis=1)
    day, month = digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
    year = digits[:, 4:] @ np.array([1000, 100, 10, 1])
    days[tens] = _calendar(*(np.where(shaped, part, 0) for part in (year, month, day)))
    return days


def _read_others(cells: pd.Series) -> ReadDates:
    """Texts that are not dd/mm/yyyy to the letter: other spellings, day numbers, parts of dates."""
    cells = cells.str.replace("\u00a0", " ", regex=False).str.strip()
    earliest = np.full(len(cells), NOTHING)
    form = np.full(len(cells), "", dtype="U6")
    readings = (
        ("other", SLASHED, ["day", "month", "year"]),
        ("other", YEAR_FIRST, ["year", "month", "day"]),
        ("short", SHORT_YEAR, ["day", "month", "year"]),
    )
    for word, pattern, names in readings:
        found = cells.str.extract(pattern).set_axis(names, axis=1).apply(pd.to_numeric).astype("float64")
        if word == "short":
            found["year"] += np.where(found["year"] >= SHORT_YEAR_PIVOT, 1900, 2000)
        days = _calendar(*(found[name].to_numpy() for name in ("year", "month", "day")))
        fresh = ~np.isnat(days) & (form == "")
        earliest[fresh], form[fresh] = days[fresh], word
    _read_month_words(cells, earliest, form)
    numbers = pd.to_numeric(cells.where(cells.str.fullmatch(r"[0-9]{5}(?:\.0+)?")), errors="coerce")
    serial = numbers.between(*DAY_NUMBERS).to_numpy() & (form == "")
    earliest[serial] = DAY_ZERO + numbers[serial].to_numpy().astype("timedelta64[D]")
    form[serial] = "number"
    latest = earliest.copy()
    _read_parts(cells, earliest, latest, form)
    return ReadDates(earliest, latest, form)


def _read_month_words(cells: pd.Series, earliest: np.ndarray, form: np.ndarray) -> None:
    """Texts with the month as a word: 7-May-2020, 7 May 20."""
    found = cells.str.extract(MONTH_AS_WORD).set_axis(["day", "month", "year"], axis=1)
    day, year = (pd.to_numeric(found[name]).to_numpy(dtype="float64") for name in ("day", "year"))
    month = found["month"].str.lower().map(MONTHS).to_numpy(dtype="float64")
    century = np.where(year >= SHORT_YEAR_PIVOT, 1900, 2000)
    days = _calendar(np.where(year < 100, year + century, year), month, day)
    fresh = ~np.isnat(days) & (form == "")
    earliest[fresh] = days[fresh]
    form[fresh] = np.where(year[fresh] < 100, "short", "other")


def _read_parts(cells: pd.Series, earliest: np.ndarray, latest: np.ndarray, form: np.ndarray) -> None:
    """Dates of which the day, or also the month, or nothing is known."""
    parts = cells.str.extract(PARTLY).set_axis(["month", "year"], axis=1)
    year = pd.to_numeric(parts["year"], errors="coerce")
    month = pd.to_numeric(parts["month"], errors="coerce")
    shaped = parts["year"].notna().to_numpy() & ~(month.notna() & ~month.between(1, 12)).to_numpy()
    shaped &= ~(year.isna() & month.notna()).to_numpy()
    ones, years = np.ones(len(cells)), year.to_numpy(dtype="float64")
    first = _calendar(years, month.fillna(1).to_numpy(dtype="float64"), ones)
    last_month = _calendar(years, month.fillna(12).to_numpy(dtype="float64"), ones)
    last = (last_month.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    earliest[shaped], latest[shaped] = first[shaped], last[shaped]
    form[shaped] = "part"


def _calendar(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days of the calendar; NaT for a day that does not exist."""
    possible = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1) & (year <= 9999)
    numbers = [np.where(possible, part, 1).astype("int64") for part in (year, month, day)]
    months = (numbers[0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (numbers[1] - 1)
    days = months.astype("datetime64[D]") + (numbers[2] - 1)
    return np.where(possible & (days.astype("datetime64[M]") == months), days, NOTHING)
