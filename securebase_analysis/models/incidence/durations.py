"""How long each row lasted, in days, and from which day on it was observed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.rounded_times import rounded_together
from securebase_analysis.errors import ModelError, Problem, rows_where
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.models.incidence.other_units import (
    NUMBER_AND_UNIT,
    calendar_years,
    converted,
    in_days,
    words_for_days,
)
from securebase_analysis.models.rows import is_number, without_object
from securebase_analysis.readers.dates import to_date
from securebase_analysis.results import wording

Floats = NDArray[np.float64]

DAY = np.timedelta64(1, "D")
HALF_A_DAY = 0.5
EARLIEST = "1900-01-01"


@dataclass(frozen=True, eq=False)
class Durations:
    """Days of each row; missing where they are not known.

    Attributes
    ----------
    stop : numpy.ndarray, shape (rows,)
        Days from the start of the placement to its end, or to the day it was last seen.
    entry : numpy.ndarray, shape (rows,), or None
        Days that had passed when the row came under observation; None where all were seen from the start.
    began : pandas.Series or None
        Dates on which the placements began, where they are known.
    problems : tuple of Problem
        What is wrong, or was assumed.
    """

    stop: Floats
    entry: Floats | None
    began: pd.Series | None = None
    problems: tuple[Problem, ...] = field(default=())


def durations_of(frame: pd.DataFrame, stop: str, start: str | None, observed_from: Any) -> Durations:
    """Days in placement and before observation, from numbers, time differences or dates.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows.
    stop : str
        Column of the days that a placement lasted, or of the date of its end.
    start : str, optional
        Column of the days at which a row came under observation, or of the date on which the placement began.
    observed_from : str, date, optional
        The day from which the study saw placements, or a column of such days; needs dates in `start`.

    Raises
    ------
    ModelError
        When dates are given in one of two columns that need them both.
    """
    if start == stop:
        raise ModelError(_same_column(stop))
    began, problems = (None, []) if start is None else _dates(frame[start])
    ends, more = _dates(frame[stop])
    if (ends is not None and began is None) or (observed_from is not None and began is None):
        raise ModelError(_needs_dates(stop, start, observed_from))
    if began is None:
        lasted, found = _days(frame[stop])
        entry, more = (None, []) if start is None else _days(frame[start])
        more = [*more, *calendar_years(stop, start, lasted, entry)]
        codes = codes_among({stop: lasted}) if is_number(without_object(frame[stop])) else []
        return Durations(lasted, entry, None, (*found, *more, *codes))
    if ends is not None:
        lasted, found = ((ends - began) / DAY).to_numpy(float), more
    else:
        lasted, found = _days(frame[stop])
    entry, later = _entry(frame, began, observed_from)
    return Durations(lasted, entry, began, (*problems, *found, *later))


def _dates(column: pd.Series) -> tuple[pd.Series | None, list[Problem]]:
    """A column as dates, or None where it holds numbers or time differences."""
    column = without_object(column)
    if is_number(column) or pd.api.types.is_timedelta64_dtype(column.dtype) or column.isna().all():
        return None, []
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column, []
    if pd.to_numeric(column.dropna(), errors="coerce").notna().all():
        return None, []  # numbers that were read as text: `_days` says so
    text = column.dropna().astype("string")
    if not text.str.contains(r"\d").any() or text.str.fullmatch(NUMBER_AND_UNIT).all():
        return None, []  # words, or numbers with a comma or a unit: `_days` says so
    return to_date(column, table="", earliest=EARLIEST)


def _entry(frame: pd.DataFrame, began: pd.Series, observed_from: Any) -> tuple[Floats | None, list[Problem]]:
    """Days that had passed when the study began to look."""
    if observed_from is None:
        return None, []
    problems: list[Problem] = []
    if isinstance(observed_from, str) and observed_from in frame:
        since, problems = _dates(frame[observed_from])
        if since is None:
            raise ModelError(_no_date(observed_from))
    else:
        since, problems = _day(observed_from)
    passed = ((since - began) / DAY).to_numpy(float)
    return np.where(np.isnan(passed), np.nan, np.maximum(passed, 0.0)), problems


def _day(observed_from: Any) -> tuple[pd.Timestamp, list[Problem]]:
    """One day for all rows; text is read as columns of dates are, so that 03/04/2020 is asked back."""
    problems: list[Problem] = []
    if isinstance(observed_from, str):
        column, problems = to_date(pd.Series([observed_from], name="observed_from"), table="", earliest=EARLIEST)
        if not any(problem.severity == "stop" and problem.code == "SB-FILE-11" for problem in problems):
            problems = []
        since = column.iloc[0]
        if pd.isna(since) and not problems:
            raise ModelError(_no_date(observed_from))
    else:
        since = pd.to_datetime(observed_from, errors="coerce")
        if not isinstance(since, pd.Timestamp):
            raise ModelError(_no_date(observed_from))
    # A message about one day has no row to look at.
    return since.tz_localize(None), [
        replace(
            problem,
            what="observed_from could be two days: day/month or month/day.",
            rows=(),
            fix="observed_from='2020-02-01', year-month-day",
        )
        for problem in problems
    ]


def _days(column: pd.Series) -> tuple[Floats, list[Problem]]:
    """A column of durations as days."""
    name, column = str(column.name), without_object(column)
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return (column / DAY).to_numpy(float), [converted(name, "time differences", "note")]
    if not is_number(column):
        return np.full(len(column), np.nan), [words_for_days(name, column)]
    return in_days(name, column.to_numpy(float, na_value=np.nan))


# ---- what is done about days that cannot be --------------------------------------------------------------------


def lasting(stop: Floats, entry: Floats | None, names: tuple[str, str | None]) -> tuple[Floats, list[Problem]]:
    """Stops after their starts: rows of no length get half a day, and rows that end before they begin are refused.

    Parameters
    ----------
    stop : numpy.ndarray, shape (rows,)
        Days to the end.
    entry : numpy.ndarray, shape (rows,), optional
        Days to the first observation.
    names : tuple of str
        The columns they came from.
    """
    stop, begin = _without_rounding(stop, entry)
    problems = [*_before(stop, begin, entry, names)]
    if entry is not None and (entry < 0).any():
        problems.append(_negative_entry(names[1] or "", entry < 0))
    none = stop == begin
    if not none.any() or problems:
        return stop, problems
    shortest = float(np.min((stop - begin)[~none], initial=1.0))
    given = min(HALF_A_DAY, shortest / 2.0)
    late = none & (begin > 0)
    problems += [_no_days(names[0], rows, given, rows is late) for rows in (none & ~late, late) if rows.any()]
    return np.where(none, begin + given, stop), problems


def _without_rounding(stop: Floats, entry: Floats | None) -> tuple[Floats, Floats]:
    """Ends and beginnings, those that differ by rounding only made equal."""
    ends, begins = rounded_together(stop, entry)
    return ends, np.zeros(len(stop)) if begins is None else begins


def _before(stop: Floats, begin: Floats, entry: Floats | None, names: tuple[str, str | None]) -> list[Problem]:
    wrong = stop < begin
    if not wrong.any():
        return []
    n = int(wrong.sum())
    negative = entry is None or not (stop[wrong] >= 0).any()
    what = "ends before it starts" if negative else "ends before it was first observed"
    several = "end before they start" if negative else "end before they were first observed"
    return [
        Problem(
            "SB-PLACE-01",
            "stop",
            f"{wording.count(n, f'placement {what}', f'placements {several}')}.",
            column=names[0],
            rows=rows_where(wrong),
            why="Less than no time in placement cannot be; such rows are slips, or dates in another order.",
            done="Nothing was turned round; nothing was computed.",
            fix="Are start= and stop= exchanged?" if wrong.all() and n > 1 else "Correct the start or the end.",
        )
    ]


def _negative_entry(name: str, wrong: NDArray[np.bool_]) -> Problem:
    return Problem(
        "SB-PLACE-84",
        "stop",
        f"{wording.count(int(wrong.sum()), 'row is', 'rows are')} under observation before the placement began.",
        column=name,
        rows=rows_where(wrong),
        why="Days count from the beginning of the placement, so the first observation cannot lie below zero.",
        done="Nothing was computed.",
        fix=f"data[{name!r}] = data[{name!r}].clip(lower=0), where they were seen from the first day",
    )


def _no_days(name: str, none: NDArray[np.bool_], given: float, late: bool) -> Problem:
    n = int(none.sum())
    what = wording.count(n, "placement starts and ends", "placements start and end") + " on the same day"
    if late:
        what = wording.count(n, "placement", "placements") + " ended on the day of the first observation"
    amount = "half a day" if given == HALF_A_DAY else f"{given:.3g} days, half of the shortest of the others,"
    return Problem(
        "SB-PLACE-11",
        "warn",
        f"{what}.",
        column=name,
        rows=rows_where(none),
        why="A row of no length is never at risk, and its exit would not count.",
        done=f"Each was given {amount} so that it counts.",
    )


def _needs_dates(stop: str, start: str | None, observed_from: Any) -> Problem:
    if observed_from is not None:
        what = "observed_from is a date, and the dates on which the placements began are not given."
        fix = "start=... with the column of those dates"
    else:
        what = f"Column {stop!r} holds dates, and there are no dates of the beginning."
        fix = f"start=... with the column of the dates on which the placements began, not {start!r}"
        fix = "start=... with the column of those dates" if start is None else fix
    return Problem("SB-PLACE-85", "stop", what, column=stop, why="Days are counted from date to date.", fix=fix)


def _same_column(name: str) -> Problem:
    return Problem(
        "SB-PLACE-96",
        "stop",
        f"Column {name!r} is given as start and as stop.",
        column=name,
        why="Every placement would last no time.",
        fix="Leave start out where all were seen from their first day.",
    )


def _no_date(observed_from: Any) -> Problem:
    return Problem(
        "SB-PLACE-86",
        "stop",
        "observed_from is neither a date nor a column of dates.",
        why="It is the day from which the study saw placements.",
        fix="observed_from='2020-03-31', or the name of a column of such days",
    )
