"""Columns of time, counted in days from the dates of a table and said in years or months."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.made_columns.recipes import Made, Recipe, child_of, not_there
from securebase_analysis.models.rows import Ints, check_columns
from securebase_analysis.readers.dates import to_date
from securebase_analysis.results import wording
from securebase_analysis.study.schema import BIRTH_DATE, DATE

DAYS_PER_YEAR = 365.25
DAYS_PER = {"years": DAYS_PER_YEAR, "months": DAYS_PER_YEAR / 12.0}
OLDEST = 25
DATES = ("date", *DATE.aliases)
BIRTHS = ("birth_date", *BIRTH_DATE.aliases)
STARTS = ("placement_start",)
"""Columns that hold the dates, by the names under which a study knows them."""
EARLIEST = "1900-01-01"


def _since_first_date(unit: str) -> Recipe:
    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        dates, problems = _dates(frame, DATES, unit)
        first = dates.groupby(child_of(frame, group)).transform("min")
        meaning = f"{unit} since the child's first {dates.name} in the table"
        return Made(_time(dates, first, unit), meaning, "no date", problems)

    return recipe


def _age(frame: pd.DataFrame, stem: str, group: str) -> Made:
    """Years from birth to the day of the wave."""
    births, of_births = _dates(frame, BIRTHS, "age")
    dates, of_dates = _dates(frame, DATES, "age")
    age = _time(dates, births, "years")
    wrong = [*_two_births(births, child_of(frame, group)), *_impossible_age(age, str(dates.name))]
    meaning = f"years from {births.name} to {dates.name}"
    return Made(age, meaning, "no birth date or no date of the wave", (*of_births, *of_dates, *wrong))


def _in_placement(unit: str) -> Recipe:
    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        name = f"{unit}_in_placement"
        starts, of_starts = _dates(frame, STARTS, name)
        dates, of_dates = _dates(frame, DATES, name)
        time = _time(dates, starts, unit)
        meaning = f"{unit} from the start of the placement on the day of the wave to that day"
        wrong = _before_placement(time < 0, str(dates.name), unit)
        return Made(time, meaning, "no date, or no placement on it", (*of_starts, *of_dates, *wrong))

    return recipe


def _around_placement(unit: str, side: str) -> Recipe:
    """Time to, or from, the start of the placement that the child is in at its last date."""

    def recipe(frame: pd.DataFrame, stem: str, group: str) -> Made:
        name = f"{unit}_{side}_placement"
        starts, of_starts = _dates(frame, STARTS, name)
        dates, of_dates = _dates(frame, DATES, name)
        time = _time(dates, _last_start(starts, dates, child_of(frame, group)), unit)
        part = time.clip(upper=0.0) if side == "before" else time.clip(lower=0.0)
        when = "zero after it and negative before" if side == "before" else "zero before it"
        meaning = f"{unit} from the start of the placement at the child's last {dates.name}, {when}"
        return Made(part, meaning, "no date, or a child without a placement", (*of_starts, *of_dates))

    return recipe


def _last_start(starts: pd.Series, dates: pd.Series, child: Ints) -> pd.Series:
    """For every row the start of the placement that its child was in at the last date with a placement."""
    known = pd.DataFrame({"child": child, "start": starts, "date": dates}).dropna()
    last = known.sort_values("date", kind="stable").drop_duplicates("child", keep="last")
    return pd.Series(child, index=starts.index).map(last.set_index("child")["start"])


def _time(dates: pd.Series, since: pd.Series, unit: str) -> pd.Series:
    return (dates - since).dt.days / DAYS_PER[unit]


def _dates(frame: pd.DataFrame, names: tuple[str, ...], made: str) -> tuple[pd.Series, tuple[Problem, ...]]:
    """The first of these columns that the frame has, as days.

    Raises
    ------
    ModelError
        When there is none of them.
    DataError
        When a cell is no date.
    """
    found = next((name for name in names if name in frame), None)
    if found is None:
        raise ModelError(not_there(made, names[0], "Time is counted from dates."))
    check_columns(frame, [found])
    days, problems = to_date(frame[found], table="", earliest=EARLIEST)
    raise_if_stopped(problems)
    return days.rename(found), tuple(problems)


def _two_births(births: pd.Series, child: Ints) -> list[Problem]:
    wrong = (births.groupby(child).transform("nunique") > 1).to_numpy() & (child >= 0)
    if not wrong.any():
        return []
    return [
        Problem(
            "SB-ID-07",
            "stop",
            "The birth date differs between the rows of a child.",
            column=str(births.name),
            rows=rows_where(wrong),
            why="The child would grow older or younger by leaps.",
            done="No birth date was chosen.",
            fix="Correct the birth dates of these rows.",
        )
    ]


def _impossible_age(age: pd.Series, date: str) -> list[Problem]:
    problems = []
    for wrong, what in ((age < 0, "before the child was born"), (age > OLDEST, f"at an age above {OLDEST} years")):
        if wrong.any():
            n = int(wrong.sum())
            problems.append(
                Problem(
                    "SB-WAVE-07",
                    "stop",
                    f"{wording.count(n, 'row is', 'rows are')} dated {what}.",
                    column=date,
                    rows=rows_where(wrong),
                    why="Every result by age would be wrong for these children.",
                    done="No date was changed.",
                    fix="Check the date and the birth date.",
                )
            )
    return problems


def _before_placement(wrong: pd.Series, date: str, unit: str) -> list[Problem]:
    if not wrong.any():
        return []
    n = int(wrong.sum())
    return [
        Problem(
            "SB-WAVE-35",
            "stop",
            f"{wording.count(n, 'row is', 'rows are')} dated before the start of the placement.",
            column=date,
            rows=rows_where(wrong),
            why="There is no time in a placement before it begins.",
            done="Nothing was fitted.",
            fix="Check the dates; where children were seen before they were placed, write "
            f"{unit}_before_placement + {unit}_after_placement.",
        )
    ]


OF_TIME: dict[str, Recipe] = {"age": _age} | {
    name: recipe
    for unit in DAYS_PER
    for name, recipe in (
        (unit, _since_first_date(unit)),
        (f"{unit}_in_placement", _in_placement(unit)),
        (f"{unit}_before_placement", _around_placement(unit, "before")),
        (f"{unit}_after_placement", _around_placement(unit, "after")),
    )
}
"""Columns of time by their names."""
