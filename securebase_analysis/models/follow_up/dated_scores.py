"""Scores in any form as columns of dated values: whose, of which day, and which row of the table they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis import theory
from securebase_analysis.errors import DataError, ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.answers import OCCASION
from securebase_analysis.models.follow_up.dates_given import read_dates
from securebase_analysis.models.rows import check_columns, numeric_columns, without_object
from securebase_analysis.results import wording
from securebase_analysis.study.spells.timeline import NEVER, as_days

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TABLE = "scores"
YEARLY = "sdq_total"
"""What the score of a return year is called: the total difficulties of the questionnaire in the return."""
MOST_SHOWN = 12


@dataclass(frozen=True, eq=False)
class DatedColumn:
    """The values of one column of scores; only cells with a value.

    Attributes
    ----------
    name : str
        What it is called in the rows of the follow-up.
    place : numpy.ndarray of int
        Row of `DatedScores.people` of each value.
    day : numpy.ndarray of int
        Days since 1970; `NEVER` where no date is known.
    value : numpy.ndarray of float
    """

    name: str
    place: Ints
    day: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class DatedScores:
    """Columns of dated scores.

    Attributes
    ----------
    people : pandas.DataFrame
        ``child`` and, where known, ``site, carer``: one row a row of the table given.
    columns : tuple of DatedColumn
    problems : tuple of Problem
        What was assumed.
    """

    people: pd.DataFrame
    columns: tuple[DatedColumn, ...]
    problems: tuple[Problem, ...] = ()


def dated_scores(scores: Any, constructs: Sequence[str] | str | None, informant: str | None) -> DatedScores:
    """Read scores in any form.

    Parameters
    ----------
    scores : Scores or pandas.DataFrame
        What `score_dimensions` gives; a long table (``child, date, construct, score``), a wide one
        (``child, date`` and a column per construct), or the questionnaires of returns (``child, year, score``).
    constructs : str or sequence of str, optional
        Columns to join.
    informant : str, optional
        Only scores of this informant.

    Raises
    ------
    ModelError
        When it is none of these, or a column is not there.
    DataError
        When dates cannot be read.
    """
    asked = [constructs] if isinstance(constructs, str) else None if constructs is None else list(constructs)
    if hasattr(scores, "wide") and hasattr(scores, "dates"):
        return _of_scores(scores, asked, informant)
    if not isinstance(scores, pd.DataFrame):
        raise ModelError(_no_scores(scores))
    table = scores.reset_index() if scores.index.names != [None] else scores.reset_index(drop=True)
    check_columns(table, ["child"])
    if informant is not None:
        table = _of_informant(table, informant)
    if "score" in table and (asked is None or "construct" in table or not {*asked} <= {*table}):
        return _of_long(table, asked)
    return _of_wide(table, asked)


# ---- the three forms -------------------------------------------------------------------------------------------


def _of_scores(scores: Any, asked: list[str] | None, informant: str | None) -> DatedScores:
    """Scores of a study: every measure has a column, and its own dates."""
    named = scores.column_names(informant).set_index("column")
    frame, occasions = scores.frame, scores.occasions
    value = frame["score"].to_numpy(float)
    columns, days = [], {}
    for name in _chosen(asked, list(named.index)):
        construct, instrument, asked_of = named.loc[name, ["construct", "instrument", "informant"]]
        source = (instrument, asked_of)
        if source not in days:
            days[source] = _days_measured(scores, instrument, asked_of)
        mine = (frame["construct"] == construct) & (frame["instrument"] == instrument)
        mine = np.flatnonzero(mine & (frame["informant"] == asked_of))
        place = scores.occasion_rows[mine]
        columns.append(_column(name, value[mine], days[source][place], place))
    people = occasions[[name for name in ("site", "child", "carer") if name in occasions]]
    return DatedScores(people, tuple(columns))


def _days_measured(scores: Any, instrument: str, informant: str) -> Ints:
    """The day on which one informant answered one instrument, by occasion; `NEVER` where it is not known."""
    measured = scores.measured
    if not len(measured):
        return np.full(len(scores.occasions), NEVER, dtype=np.int64)
    mine = measured[(measured["instrument"] == instrument) & (measured["informant"] == informant)]
    dates = scores.occasions[OCCASION].merge(mine, on=OCCASION, how="left")["date"]
    return as_days(dates).astype(np.int64)


def _of_long(table: pd.DataFrame, asked: list[str] | None) -> DatedScores:
    """One row a score."""
    values, problems = numeric_columns(table, ["score"])
    raise_if_stopped(problems)
    days, found = _days(table)
    raise_if_stopped(_informants(table))
    names = _names_of_rows(table, asked)
    place, labels = pd.factorize(names)
    chosen = _chosen(asked, [str(label) for label in labels])
    value = values["score"].to_numpy(float)
    columns = []
    for name in chosen:
        mine = np.flatnonzero(place == list(map(str, labels)).index(name))
        columns.append(_column(name, value[mine], days[mine], mine))
    return DatedScores(_people(table), tuple(columns), (*problems, *found))


def _of_wide(table: pd.DataFrame, asked: list[str] | None) -> DatedScores:
    """One row a child and day, one column a construct."""
    if asked is None:
        asked = [name for name in theory.TEN_CONSTRUCTS if name in table]
    if not asked:
        raise ModelError(_which_columns(table))
    check_columns(table, asked)
    values, problems = numeric_columns(table, asked)
    raise_if_stopped([*problems, *_informants(table)])
    own = {name: f"{name}_date" for name in asked if f"{name}_date" in table}
    days, found = _days(table) if len(own) < len(asked) else (np.empty(0, dtype=np.int64), [])
    columns = []
    for name in asked:
        of_name, more = _read_dates(table[own[name]]) if name in own else (days, [])
        found += more
        columns.append(_column(name, values[name].to_numpy(float), of_name))
    return DatedScores(_people(table), tuple(columns), (*problems, *found))


def _column(name: str, values: Floats, days: NDArray[Any], place: Ints | None = None) -> DatedColumn:
    """The cells with a value."""
    there = np.flatnonzero(~np.isnan(values))
    at = there if place is None else place[there]
    return DatedColumn(name, at.astype(np.int64), days[there].astype(np.int64), values[there])


def _people(table: pd.DataFrame) -> pd.DataFrame:
    return table[[name for name in ("site", "child", "carer") if name in table]]


# ---- which columns ---------------------------------------------------------------------------------------------


def _chosen(asked: list[str] | None, there: list[str]) -> list[str]:
    """The columns asked for; by default the model's own constructs, or all where there is none of them."""
    if asked is None:
        return [name for name in theory.TEN_CONSTRUCTS if name in there] or there
    raise_if_stopped([_no_such_construct(name, there) for name in asked if name not in there], ModelError)
    return list(dict.fromkeys(asked))


def _names_of_rows(table: pd.DataFrame, asked: list[str] | None) -> pd.Series:
    """What each row of a long table measures."""
    if "construct" in table:
        return table["construct"].astype("str")
    if asked is not None and len(asked) == 1:
        name = asked[0]
    else:
        name = YEARLY if _is_yearly(table) else "score"
    return pd.Series(name, index=table.index)


def _of_informant(table: pd.DataFrame, informant: str) -> pd.DataFrame:
    """Only the rows of one informant; the numbers of rows stay those of the table."""
    check_columns(table, ["informant"])
    mine = (table["informant"].astype("str") == informant).to_numpy(bool)
    if not mine.any():
        known = [str(name) for name in table["informant"].dropna().unique()]
        raise ModelError(_no_such_informant(informant, known))
    values = [
        name for name in table if name not in ("site", "child", "carer", "informant", "date", "construct", "year")
    ]
    table = table.assign(informant=informant)
    numbers = [name for name in values if pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].where(mine) for name in numbers})


def _informants(table: pd.DataFrame) -> list[Problem]:
    """Scores of different informants in one column would change with who was asked."""
    if "informant" not in table:
        return []
    known = table["informant"].dropna().astype("str").unique()
    if len(known) < 2:
        return []
    shown = ", ".join(map(repr, known)) if len(known) <= MOST_SHOWN else f"{len(known)} informants"
    return [
        Problem(
            "SB-EVENT-47",
            "stop",
            f"The scores are of several informants: {shown}.",
            table=TABLE,
            column="informant",
            why="In one column a score would change when another person is asked, and not only when care does.",
            done="Nothing was joined.",
            fix=f"informant={known[0]!r}",
        )
    ]


# ---- dates -----------------------------------------------------------------------------------------------------


def _is_yearly(table: pd.DataFrame) -> bool:
    """Whether scores are known by a return year alone, such as 2017/18."""
    return "date" not in table and "year" in table


def _days(table: pd.DataFrame) -> tuple[Ints, list[Problem]]:
    """The day of each row."""
    if _is_yearly(table):
        n_scores = int(table["score"].notna().sum()) if "score" in table else len(table)
        return _ends_of_years(table["year"], n_scores)
    check_columns(table, ["date"])
    return _read_dates(table["date"])


def _read_dates(column: pd.Series) -> tuple[Ints, list[Problem]]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return as_days(column.dt.tz_localize(None)).astype(np.int64), []
    dates, problems = read_dates(column, TABLE)
    raise_if_stopped(problems)
    return as_days(dates).astype(np.int64), problems


def _ends_of_years(years: pd.Series, n_scores: int) -> tuple[Ints, list[Problem]]:
    """The last day of each return year: 31 March 2018 for 2017/18."""
    place, values = pd.factorize(years)
    texts = [str(value).strip() for value in values]
    starts = [int(text[:4]) if _is_return_year(text) else None for text in texts]
    ends = [NEVER if year is None else _day_number(f"{year + 1:04d}-03-31") for year in starts]
    unread = np.array([year is None for year in starts] + [False])[place]
    if unread.any():
        raise DataError(
            Problem(
                "SB-EVENT-53",
                "stop",
                f"{wording.count(int(unread.sum()), 'row has', 'rows have')} a year that is no return year.",
                table=TABLE,
                column="year",
                rows=rows_where(unread),
                why="It is not known from which day on the score may be used.",
                done="Nothing was joined.",
                fix="Write return years as 2017/18 (1 April 2017 to 31 March 2018), or add the column date.",
            )
        )
    day = np.array([*ends, NEVER], dtype=np.int64)[place]
    told = Problem(
        "SB-EVENT-48",
        "note",
        f"{wording.count(n_scores, 'score is', 'scores are')} known by the return year and have no date.",
        table=TABLE,
        column="year",
        why="Within the year it is not known whether the questionnaire came before or after a placement ended.",
        done="Each is used from the day after 31 March that closes its year; its age counts from that 31 March, "
        "though it may be up to a year older.",
        fix="Give the date of each questionnaire in a column date, where it is known.",
    )
    return day, [told]


def _is_return_year(text: str) -> bool:
    """Whether a text is a return year such as 2017/18."""
    parts = text.split("/")
    if len(parts) != 2 or not (parts[0].isdigit() and parts[1].isdigit() and len(parts[0]) == 4):
        return False
    return int(parts[1]) % 100 == (int(parts[0]) + 1) % 100


def _day_number(date: str) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


# ---- what is refused -------------------------------------------------------------------------------------------


def _no_scores(given: object) -> Problem:
    return Problem(
        "SB-MODEL-41",
        "stop",
        f"scores is a {type(given).__name__}, and neither scores nor a table.",
        why="Scores with dates are joined to the placements.",
        fix="follow_placements(study, score_dimensions(study)), or a table with child, date and constructs",
    )


def _which_columns(table: pd.DataFrame) -> Problem:
    numbers = [
        str(name)
        for name in table
        if name not in ("child", "site", "wave", "year")
        and pd.api.types.is_numeric_dtype(without_object(table[name]))
    ]
    return Problem(
        "SB-MODEL-03",
        "stop",
        "No column of the scores has the name of a construct.",
        table=TABLE,
        why="It is not known which columns are scores.",
        fix=f"constructs={numbers[:3]!r}" if numbers else "constructs=[...] with the columns to join",
    )


def _no_such_construct(name: str, there: list[str]) -> Problem:
    guess = nearest(name, there)
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There are no scores of {name!r}.",
        table=TABLE,
        column=str(name),
        why="They are to be joined to the placements.",
        fix=f"Did you mean {guess!r}?" if guess else f"There are: {', '.join(there[:MOST_SHOWN])}.",
    )


def _no_such_informant(informant: str, known: list[str]) -> Problem:
    guess = nearest(informant, known)
    return Problem(
        "SB-MODEL-30",
        "stop",
        f"There are no scores with informant {informant!r}.",
        table=TABLE,
        column="informant",
        why="No score would be joined.",
        fix=f"informant={guess!r}" if guess else f"informant is one of {', '.join(map(repr, known[:MOST_SHOWN]))}",
    )


def without_child(people: pd.DataFrame) -> list[Problem]:
    """Rows of scores that name no child."""
    nobody = blank(people["child"])
    if not nobody.any():
        return []
    return [
        Problem(
            "SB-ID-09",
            "warn",
            f"{wording.count(int(nobody.sum()), 'row of the scores names', 'rows of the scores name')} no child.",
            table=TABLE,
            column="child",
            rows=rows_where(nobody),
            why="It is not known whose placement they describe.",
            done="Not used.",
            fix="Fill in the child.",
        )
    ]
