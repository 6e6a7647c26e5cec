"""Columns of the study's own, of which nobody has said what they hold: dates move, texts about persons go."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from securebase_analysis.readers.dates import to_date
from securebase_analysis.readers.personal_columns import personal_columns

LOOKS_LIKE_A_DATE = r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}(?:[ T][\d:.]+)?"
LEAST_DISTINCT = 5


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

    They have the heading or the cells of a person's particulars, hold an id of the study, hold dates that can be
    read two ways, or hold text of which more than half of the cells are like no other, as remarks and names are.
    """
    columns = frame[list(own)]
    telling = set(personal_columns(columns)["column"])
    for name in columns:
        column = columns[name]
        if name in telling or pd.api.types.is_numeric_dtype(column.dtype) or own_dates(column) is not None:
            continue
        cells = column.dropna().astype("str").str.strip()
        distinct = set(cells)
        several = len(distinct) >= LEAST_DISTINCT and 2 * len(distinct) > len(cells)
        if several or distinct & set(known_ids) or cells.str.fullmatch(LOOKS_LIKE_A_DATE).any():
            telling.add(name)
    return [name for name in columns if name in telling]
