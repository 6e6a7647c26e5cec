"""Columns of the study's own, of which nobody has said what they hold: dates move, texts about persons go."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from securebase_analysis.readers.dates import to_date
from securebase_analysis.readers.personal_columns import personal_columns
from securebase_analysis.study.columns import fold_name

LOOKS_LIKE_A_DATE = r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}(?:[ T][\d:.]+)?"
LEAST_DISTINCT = 5
LEAST_DIGITS = 5
YES_OR_NO = {"yes", "no"}
PERSONS_AND_PLACES = re.compile(
    r"(?:assigned_|allocated_|named_|current_|key_?|case_?|social_|support_|family_|link_|team_)*"
    r"(?:assessor|interviewer|visitor|observer|worker|therapist|clinician|psychologist|teacher|supervisor|manager|"
    r"staff|person|gp|doctor|nurse|guardian|advocate|school|nursery|college|employer|team|respondent)s?"
)
"""Headings of columns that hold who it was, or where, when they hold words."""


def own_dates(column: pd.Series) -> pd.Series | None:
    """The cells of a column as dates; None when it holds anything else, or dates that could be read two ways."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if pd.api.types.is_numeric_dtype(column.dtype) or not column.notna().any():
        return None
    cells = column.astype("str").str.strip()
    if not cells.dropna().str.fullmatch(LOOKS_LIKE_A_DATE).all():
        return None
    dates, problems = to_date(column, table="")
    return None if any(problem.severity == "stop" for problem in problems) else dates


def telling_columns(frame: pd.DataFrame, own: Collection[str], known_ids: Collection[str]) -> list[str]:
    """The columns of the study's own that may say who somebody is.

    They have the heading or the cells of a person's particulars, or words under the heading of somebody at work
    with the child or of a school; hold an id of the study, hold dates that can be
    read two ways, or hold text of which more than half of the cells are like no other, as remarks and names are.
    Of numbers, those that are written as dates (20120315), and those that number the rows: all different, of one
    length, with five digits or more.
    """
    columns = frame[list(own)]
    telling = set(personal_columns(columns)["column"])
    for name in columns:
        column = columns[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            telling |= {name} if _number_persons_or_days(column.dropna(), set(known_ids)) else set()
            continue
        if name in telling or own_dates(column) is not None:
            continue
        cells = column.dropna().astype("str").str.strip()
        distinct = set(cells)
        several = len(distinct) >= LEAST_DISTINCT and 2 * len(distinct) > len(cells)
        somebody = PERSONS_AND_PLACES.fullmatch(fold_name(name)) and not distinct <= YES_OR_NO
        if several or somebody or distinct & set(known_ids) or cells.str.fullmatch(LOOKS_LIKE_A_DATE).any():
            telling.add(name)
    return [name for name in columns if name in telling]


def columns_of_words(frame: pd.DataFrame, own: Collection[str]) -> list[str]:
    """The columns of the study's own that hold words, other than yes and no."""
    kept = [name for name in own if name in frame and not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    return [
        name
        for name in kept
        if not pd.api.types.is_datetime64_any_dtype(frame[name].dtype)
        and not set(frame[name].dropna().astype("str")) <= YES_OR_NO
    ]


def _number_persons_or_days(numbers: pd.Series, known_ids: set[str]) -> bool:
    """Whether numbers may be those of files or persons, or days written as one number."""
    if not len(numbers) or not ((numbers % 1 == 0) & (numbers.abs() < 1e15)).all():
        return False
    words = numbers.astype("int64").astype("str")
    long = words.str.len() >= LEAST_DIGITS
    if pd.to_datetime(words.where(words.str.len() == 8), format="%Y%m%d", errors="coerce").notna().all():
        return True
    if set(words[long]) & known_ids:
        return True
    several = len(words) >= LEAST_DISTINCT and words.is_unique
    return bool(several and long.all() and words.str.len().nunique() == 1)
