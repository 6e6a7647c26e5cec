"""The department's rules for the yearly questionnaire (SDQ) and the children whose year it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import DAY, InOrder, before
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of


@dataclass(frozen=True, eq=False)
class YearOfChild:
    """What the rules ask of a row about a child and a year; one array a question, one place a row.

    Attributes
    ----------
    has_score, has_reason : ndarray of bool
        Whether there is a score, and a reason for none.
    aged_4_at_start, under_4_at_end, aged_17_at_start, under_17_at_end : ndarray of bool
        False where the birth date or the year is not known.
    whole_year, known : ndarray of bool
        In care from 1 April to 31 March without a break; whether that can be told.
    """

    has_score: np.ndarray
    has_reason: np.ndarray
    aged_4_at_start: np.ndarray
    under_4_at_end: np.ndarray
    aged_17_at_start: np.ndarray
    under_17_at_end: np.ndarray
    whole_year: np.ndarray
    known: np.ndarray


def rule_186(year: YearOfChild) -> np.ndarray:
    """Rule 186: a score is expected of children of 4 to 16 who were in care for the whole year."""
    due = year.aged_4_at_start & year.under_17_at_end & year.whole_year
    return due & ~year.has_score & ~year.has_reason


def rule_188(year: YearOfChild) -> np.ndarray:
    """Rule 188: neither score nor reason for children under 4 at the end of the year."""
    return year.under_4_at_end & (year.has_score | year.has_reason)


def rule_189(year: YearOfChild) -> np.ndarray:
    """Rule 189: neither score nor reason for children of 17 or over at the start of the year."""
    return year.aged_17_at_start & (year.has_score | year.has_reason)


def rule_197a(year: YearOfChild) -> np.ndarray:
    """Rule 197a: a score, or a reason for none, but not both."""
    return year.has_score & year.has_reason


def rule_185(year: YearOfChild) -> np.ndarray:
    """Rule 185: a score only for children who were in care for the whole year."""
    return year.known & year.has_score & ~year.whole_year


def rule_198(year: YearOfChild) -> np.ndarray:
    """Rule 198: a reason for no score only for children who were in care for the whole year."""
    return year.known & year.has_reason & ~year.whole_year


Check = Callable[[YearOfChild], np.ndarray]
CHILDREN, ROWS = ("child", "children"), ("row", "rows")
RULES: tuple[tuple[str, Check, str, str, str, str], ...] = (
    (
        "186",
        rule_186,
        "SDQ_SCORE",
        *CHILDREN,
        "of 4 to 16, in care all year, without a score or reason.",
    ),
    ("188", rule_188, "SDQ_SCORE", *CHILDREN, "under 4 at the end of the year with a score or a reason for none."),
    ("189", rule_189, "SDQ_SCORE", *CHILDREN, "of 17 or over at the start of the year with a score or a reason."),
    ("197a", rule_197a, "SDQ_REASON", *ROWS, "with a score and a reason for none."),
    ("185", rule_185, "SDQ_SCORE", *ROWS, "with a score, not in care all year."),
    (
        "198",
        rule_198,
        "SDQ_REASON",
        *ROWS,
        "with a reason for no score, not in care all year.",
    ),
)


def check_questionnaires(
    frame: pd.DataFrame, born: np.ndarray, care: InOrder | None, files: Sequence[str], ledger: Ledger
) -> None:
    """Name the rows of OC2 that break a rule, file by file.

    Parameters
    ----------
    frame : pandas.DataFrame
        OC2 of all returns, one row a child and year.
    born : ndarray of datetime64[D]
        Birth date by number of the child.
    care : InOrder or None
        Episodes after the returns were merged; rules that need them are left out without.
    files : sequence of str
        Their names by number.
    ledger : Ledger
        Takes the problems.
    """
    year = _year_of_child(frame, born, care)
    for number, check, column, one, many, which in RULES:
        for file, mine in rows_by_file(frame, check(year)):
            why = "Who has a score decides whom an average of scores is about."
            what = f"{n_of(len(mine), one, many)} {which}"
            ledger.rule(number, "SB-ITEM-80", what, "oc2", files[file], column, mine, why)


def _year_of_child(frame: pd.DataFrame, born: np.ndarray, care: InOrder | None) -> YearOfChild:
    """Ages and time in care of the children in the years of the rows."""
    years = frame["_year"].to_numpy()
    dated = ~np.isnan(years)
    opens = np.full(len(frame), np.datetime64("NaT", "D"))
    opens[dated] = ((years[dated].astype("int64") - 1970) * 12 + 3).astype("datetime64[M]").astype(DAY)
    closes = np.where(dated, (opens.astype("datetime64[M]") + 12).astype(DAY) - 1, opens)
    birth = frame["birth_date"].to_numpy().astype(DAY) if "birth_date" in frame else np.full_like(opens, "NaT")
    stated = np.append(born, np.datetime64("NaT", "D"))[frame["child"].cat.codes.to_numpy()]
    birth = np.where(np.isnat(birth), stated, birth)
    fourth, seventeenth = birthday(birth, 4), birthday(birth, 17)
    whole = _in_care(frame, opens, closes, care) if care is not None else np.zeros(len(frame), dtype=bool)
    return YearOfChild(
        has_score=~np.isnan(frame["sdq_score"].to_numpy()),
        has_reason=frame["sdq_reason"].cat.codes.to_numpy() >= 0,
        aged_4_at_start=fourth <= opens,
        under_4_at_end=fourth > closes,
        aged_17_at_start=seventeenth <= opens,
        under_17_at_end=seventeenth > closes,
        whole_year=whole,
        known=dated & (care is not None) & (frame["child"].cat.codes.to_numpy() >= 0),
    )


def birthday(birth: np.ndarray, age: int) -> np.ndarray:
    """The day on which children reach an age; 1 March for those born on 29 February in a common year."""
    months = birth.astype("datetime64[M]")
    return (months + 12 * age).astype(DAY) + (birth - months.astype(DAY))


def _in_care(frame: pd.DataFrame, opens: np.ndarray, closes: np.ndarray, care: InOrder) -> np.ndarray:
    """Whether a period of care covers the whole year; short breaks (V3, V4) are none."""
    periods = periods_of_care(care)
    if not len(periods):
        return np.zeros(len(frame), dtype=bool)
    child = frame["child"].cat.codes.to_numpy().astype("int64")
    day = np.where(np.isnat(opens), -(2**16), opens.astype("int64"))
    keys = periods["child"].to_numpy() * 2**18 + periods["start"].to_numpy() + 2**16
    place = np.searchsorted(keys, child * 2**18 + day + 2**16, side="right") - 1
    inside = np.clip(place, 0, None)
    same = (place >= 0) & (child >= 0) & (periods["child"].to_numpy()[inside] == child)
    return same & ~np.isnat(closes) & (periods["end"].to_numpy()[inside] > closes.astype("int64"))


def periods_of_care(care: InOrder) -> pd.DataFrame:
    """Periods without a break: ``child`` (number), ``start``, ``end`` (days from 1970; very late while open)."""
    usable = np.flatnonzero((care.child >= 0) & care.start_known & ~care.is_in("ls", ("V3", "V4")))
    if not len(usable):
        return pd.DataFrame({"child": [], "start": [], "end": []}, dtype="int64")
    child = care.child[usable].astype("int64")
    start = care.start[usable].astype("int64")
    end = np.where(care.end_known[usable], care.end[usable].astype("int64"), 2**17)
    # One running maximum serves all children, because each child's days are moved beyond those of the one before.
    apart = np.append(0, np.cumsum(child[1:] != child[:-1])) * 2**18
    reached = np.maximum.accumulate(end + apart) - apart
    fresh = np.append(True, (child[1:] != child[:-1]) | (start[1:] > before(reached)[1:]))
    ends = np.append(fresh[1:], True)
    return pd.DataFrame({"child": child[fresh], "start": start[fresh], "end": reached[ends]})
