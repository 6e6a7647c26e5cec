"""One day that a caller names: a date, or text that can be read in one way only."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, SecureBaseError
from securebase_analysis.readers.dates import to_date

FIRST = pd.Timestamp("1900-01-01")
LAST = pd.Timestamp("2200-01-01")


def to_day(given: Any) -> pd.Timestamp | None:
    """The day that was named, at midnight; None where it is none, or could be two.

    Parameters
    ----------
    given : date, datetime, Timestamp, numpy.datetime64 or str
        Text as `readers.dates.to_date` understands it. A part of a date, such as "March", names no day.

    Examples
    --------
    >>> str(to_day("2021-03-31").date()), str(to_day("31/03/2021").date())
    ('2021-03-31', '2021-03-31')
    >>> to_day("01/02/2021") is None, to_day("31 March") is None
    (True, True)
    """
    if isinstance(given, str):
        read, problems = to_date(pd.Series([given], dtype="str"), table="")
        day = read.iloc[0] if not any(problem.severity == "stop" for problem in problems) else pd.NaT
    elif isinstance(given, date | np.datetime64):
        day = pd.Timestamp(given)
    else:
        return None
    if pd.isna(day):
        return None
    day = day.tz_localize(None).normalize()
    return day if FIRST <= day <= LAST else None


def the_day(
    name: str,
    given: Any,
    why: str,
    *,
    code: str = "SB-MODEL-30",
    words: str = "",
    error: type[SecureBaseError] = ModelError,
) -> pd.Timestamp:
    """The day that an argument names.

    Parameters
    ----------
    name : str
        The argument.
    given : date or str
        What was given.
    why : str
        What the day is for.
    code : str
        Of the message.
    words : str
        What else the argument may be, such as ``"a table or one of its words"``.
    error : type of SecureBaseError
        What is raised.

    Raises
    ------
    SecureBaseError
        Of the class given, when it is no day, or could be two.
    """
    day = to_day(given)
    if day is not None:
        return day
    parts = given.replace(".", "/").replace("-", "/").split("/") if isinstance(given, str) else []
    if len(parts) == 3 and all(part.strip().isdigit() for part in parts) and len(parts[2].strip()) == 4:
        what = f"{name} could be two days: day/month or month/day." if _exists(parts) else f"{name} is no date."
    else:
        what = f"{name} is no date{f', and not {words}' if words else ''}."
    raise error(Problem(code, "stop", what, why=why, fix=f"{name}='2019-04-01', year-month-day"))


def _exists(parts: list[str]) -> bool:
    """Whether three numbers, the year last, could be a day."""
    return all(1 <= int(part) <= 12 for part in parts[:2])
