"""Durations that are not days: the clocks of computer programs, years of the calendar, months at one site."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.results import wording

Floats = NDArray[np.float64]

UNITS = (("nanoseconds", 86_400e9), ("microseconds", 86_400e6), ("milliseconds", 86_400e3), ("seconds", 86_400.0))
"""Units in which a program stores time, with their number in a day, the finest first."""
LONGEST = 36_525.0
"""Days in a hundred years: no placement lasts longer."""
SPSS_DATES = (1.2e10, 1.5e10)
"""Seconds since 14 October 1582, as SPSS stores dates, from 1963 to 2058."""
EXCEL_DATES = (LONGEST, 60_000.0)
"""Days since the end of 1899, as Excel stores dates, from 2000 to 2064."""
YEARS = (1_980.0, 2_060.0)
NUMBER_AND_UNIT = r"\s*-?\d+(?:[.,]\d+)?\s*[A-Za-z]*\.?\s*"
"""A number written as text, with a decimal comma or a unit after it, is no date."""
NAMED_UNITS = (
    ("weeks", {"week", "weeks", "wk", "wks"}, 7.0, 1_000.0),
    ("months", {"month", "months", "mon", "mth", "mths", "mo", "mos"}, 30.4375, 240.0),
    ("years", {"year", "years", "yr", "yrs"}, 365.25, 25.0),
)
"""Words for units in names of columns, the days in one, and the most that a childhood has of them."""
MONTHS_APART = 15.0
"""Durations at one site so many times those at another are likely days and months."""
FEWEST_AT_A_SITE = 5


def in_days(name: str, days: Floats) -> tuple[Floats, list[Problem]]:
    """Durations as days, where another unit shows itself; refused where they are no durations at all."""
    known = days[np.isfinite(days)]
    if np.isinf(days).any():
        return days, [_not_days(name, np.isinf(days), "infinite", "Give the day on which each was last seen.")]
    for unit, in_a_day in UNITS:
        if len(known) and (np.abs(known) >= in_a_day).any() and (known % in_a_day == 0).all():
            if unit == "seconds" and _within(known, SPSS_DATES):
                break
            return days / in_a_day, [converted(name, unit, "warn")]
    too_long = days > LONGEST
    if not too_long.any():
        return days, _named_for_another_unit(name, known)
    if _within(known, SPSS_DATES):
        what, fix = (
            "seconds since 1582, as SPSS stores dates",
            f"pd.to_datetime(data[{name!r}] - 12219379200, unit='s')",
        )
    elif _within(known, EXCEL_DATES):
        what = "days since 1900, as Excel stores dates"
        fix = f"pd.to_datetime(data[{name!r}], unit='D', origin='1899-12-30')"
    else:
        what, fix = (
            "longer than a hundred years",
            f"Give days, e.g. pd.to_timedelta(data[{name!r}], unit='s') for seconds.",
        )
    return days, [_not_days(name, too_long, what, fix)]


def _named_for_another_unit(name: str, known: Floats) -> list[Problem]:
    """A column called "months" whose numbers could be months: case 59 of the catalogue."""
    said = set(re.findall(r"[a-z]+", name.casefold()))
    found = [
        (unit, in_days_)
        for unit, words, in_days_, most in NAMED_UNITS
        if said & words and len(known) and known.max() <= most
    ]
    if not found:
        return []
    unit, factor = found[0]
    return [
        Problem(
            "SB-PLACE-15",
            "warn",
            f"Column {name!r} is named for {unit}; it was read as days.",
            column=name,
            why=f"Every time in the answer, such as the share that had left by day 365, would be one of {unit}.",
            done="Nothing was converted.",
            fix=f"data['days'] = {factor:g} * data[{name!r}], and 'days' in place of {name!r}",
        )
    ]


def _within(values: Floats, limits: tuple[float, float]) -> bool:
    return bool(len(values)) and limits[0] <= values.min() and values.max() <= limits[1]


def converted(name: str, unit: str, severity: Any) -> Problem:
    """Durations in a unit that showed itself."""
    return Problem(
        "SB-PLACE-15",
        severity,
        f"Column {name!r} holds {unit}.",
        column=name,
        why="Read as days, a placement would last longer than anybody lives." if severity == "warn" else "",
        done="They were converted to days.",
    )


def _not_days(name: str, wrong: NDArray[np.bool_], what: str, fix: str) -> Problem:
    return Problem(
        "SB-PLACE-15",
        "stop",
        f"{wording.count(int(wrong.sum()), 'duration is', 'durations are')} {what}.",
        column=name,
        rows=rows_where(wrong),
        why="Durations are read as days; these are in another unit, or slips.",
        done="Nothing was converted; nothing was computed.",
        fix=fix,
    )


def words_for_days(name: str, column: pd.Series) -> Problem:
    """A column of words, or of numbers written as words, where days are needed."""
    text, written = column.astype("string"), column.notna().to_numpy()
    numbers = text.str.fullmatch(NUMBER_AND_UNIT).fillna(False).to_numpy(bool)
    as_text = bool(written.any()) and bool(numbers[written].all())
    change = f"data[{name!r}]"
    if as_text and text.str.contains(",", regex=False).any():
        change += ".str.replace(',', '.')"
    if as_text and text.str.contains("[A-Za-z]").any():
        change += ".str.extract(r'([\\d.]+)')[0]"
    fix = f"data[{name!r}] = pd.to_numeric({change})"
    return Problem(
        "SB-EVENT-30",
        "stop",
        f"Column {name!r} holds {'numbers written as text' if as_text else 'words'}, not days.",
        column=name,
        rows=rows_where(written),
        why="Days are counted; from text it is not certain where a decimal point or a unit stands.",
        done="Nothing was computed.",
        fix=fix if as_text else "stop=... with the column of days, or of end dates together with start=...",
    )


def calendar_years(stop: str, start: str | None, ends: Floats, begins: Floats | None) -> list[Problem]:
    """A problem when both columns hold years of the calendar, which would count as days."""
    if start is None or begins is None:
        return []
    both = np.concatenate([ends, begins])
    both = both[np.isfinite(both)]
    if not _within(both, YEARS) or (both % 1 != 0).any():
        return []
    return [
        Problem(
            "SB-EVENT-31",
            "stop",
            f"Columns {start!r} and {stop!r} hold years of the calendar.",
            column=stop,
            why="Read as days, every placement would come under observation after years and last a day or two.",
            done="Nothing was computed.",
            fix="Give dates, or the days that each placement lasted.",
        )
    ]


def sites_in_other_units(frame: pd.DataFrame, stop: Floats, name: str) -> list[Problem]:
    """Durations at one site that are many times those at another: days in one file, months in the next."""
    if "site" not in frame:
        return []
    middle = pd.Series(stop).groupby(frame["site"].to_numpy()).agg(["median", "size"])
    middle = middle[(middle["size"] >= FEWEST_AT_A_SITE) & (middle["median"] > 0)]
    if len(middle) < 2 or middle["median"].max() < MONTHS_APART * middle["median"].min():
        return []
    short = middle.index[middle["median"] * MONTHS_APART <= middle["median"].max()]
    wrong = frame["site"].isin(short).to_numpy()
    return [
        Problem(
            "SB-PLACE-15",
            "warn",
            f"Durations at {wording.count(len(short), 'site')} are shorter than at another by a factor of "
            f"{middle['median'].max() / middle['median'].min():.0f}.",
            column=name,
            rows=rows_where(wrong),
            why="Days in one file and months in another would look like early breakdowns.",
            done="All were taken as days.",
            fix=f"If they are months: data.loc[rows, {name!r}] *= 30.4375",
        )
    ]
