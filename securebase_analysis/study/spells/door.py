"""The door of a placement history: placements or episodes become rows in order, and nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem
from securebase_analysis.readers.dates import DateOrder
from securebase_analysis.study.spells.as_meant import as_meant
from securebase_analysis.study.spells.births import births_of
from securebase_analysis.study.spells.cells import Texts, check_cells, days_in, is_one_of
from securebase_analysis.study.spells.codes import (
    ADOPTION,
    BEGINNING_CODES,
    PLACEMENT,
    SHORT_BREAK,
    SHORT_BREAKS,
    TEMPORARY,
    TEMPORARY_STAY,
    leaves_care,
)
from securebase_analysis.study.spells.columns import PlacementColumns, find_columns, other_columns
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.ordering import fields_of, in_order, repeated
from securebase_analysis.study.spells.timeline import NEVER, OPEN, Rows

WHY_ASIDE = (
    "no child", "no start", "ends before it starts", "starts after the data freeze", "same as another row",
)  # fmt: skip
IMPOSSIBLE, LATE, REPEATED = (0, 1, 2), 3, 4
"""Places in `WHY_ASIDE`."""


@dataclass(frozen=True, eq=False)
class Door:
    """What came in.

    Attributes
    ----------
    table : pandas.DataFrame
        As given, numbered from 0.
    texts : Texts
        Its columns of codes and words as numbers.
    columns : PlacementColumns
        Where everything stands.
    rows : Rows
        The rows that can be used, in order.
    aside : numpy.ndarray of int8
        Of every row of the table: place in `WHY_ASIDE`, -1 when it is used.
    start, end : numpy.ndarray of int32
        Of every row of the table, in days; `NEVER` without a start, `OPEN` without an end.
    after_freeze : numpy.ndarray of bool
        Of every row of the table: whether its end lies after the data freeze and was opened.
    births : numpy.ndarray of int32
        Of every child: the birth date in days, `NEVER` where it is not known.
    freeze : int
        Last day of the data.
    problems : list of Problem
        Of the reading of dates.
    """

    table: pd.DataFrame
    texts: Texts
    columns: PlacementColumns
    rows: Rows
    aside: np.ndarray
    start: np.ndarray
    end: np.ndarray
    after_freeze: np.ndarray
    births: np.ndarray
    freeze: int
    problems: list[Problem]


def open_door(
    table: pd.DataFrame,
    children: pd.DataFrame | None,
    freeze: int | None,
    rules: SpellRules,
    date_order: DateOrder | None,
) -> Door:
    """Read the columns of a table, set impossible rows aside and bring the others into order."""
    table = table.reset_index(drop=True)
    columns = find_columns(table.columns)
    _check_columns(table, columns)
    if not len(table) and freeze is None:
        raise DataError(_no_rows())
    check_cells(table, columns)
    table, meant = as_meant(table, columns)
    order = date_order or ("dmy" if columns.coded else None)
    start, problems = days_in(table, columns.start, order)
    end, more = days_in(table, columns.end, order)
    end = np.where(end == NEVER, OPEN, end).astype("int32")
    child, no_child, row_of = _children(table, columns)
    births, about_births = births_of(table, columns, children, child, row_of, order)
    problems = [*meant, *problems, *more, *about_births]
    if any(problem.severity == "stop" for problem in problems):
        raise DataError(problems)
    last_day = freeze if freeze is not None else latest_day(start, end, columns.coded)
    aside = _set_aside(no_child, start, end, last_day)
    after = (end > last_day) & (end < OPEN) & (aside < 0)
    end = np.where(after, OPEN, end).astype("int32")
    kept = np.flatnonzero(aside < 0)
    texts = Texts(table, capitals=columns.coded)
    rows = in_order(_rows(texts, columns, child, start, end, kept, rules), texts, columns)
    again = repeated(rows, table)
    if again.any():
        aside[rows.source[again]] = REPEATED
        rows = in_order(_rows(texts, columns, child, start, end, np.flatnonzero(aside < 0), rules), texts, columns)
    return Door(table, texts, columns, rows, aside, start, end, after, births, last_day, problems)


def _check_columns(table: pd.DataFrame, columns: PlacementColumns) -> None:
    """Refuse a table in which nobody or nothing begins."""
    lacking = [name for name in ("child", "start") if getattr(columns, name) not in table.columns]
    if lacking or not (columns.coded or columns.carer or columns.type):
        needed = " and ".join(lacking) or "carer (or type, or RNE)"
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"The table of placements has no column {needed}.",
                why="Spells are built from the child, the carer and the dates.",
                fix=other_columns(table.columns, lacking),
            )
        )


def _no_rows() -> Problem:
    return Problem(
        "SB-FILE-21",
        "stop",
        "The table of placements has no rows.",
        "placements",
        why="Nothing can be counted, and the last day of the data is not known.",
        done="No history was built.",
        fix="Look at how the table was read or filtered.",
    )


def latest_day(start: np.ndarray, end: np.ndarray, coded: bool) -> int:
    """The data freeze that is taken where none is given: the latest date seen that is not still to come.

    A return closes on 31 March, with dates of the day after: it is the year of the day before the latest date.
    """
    seen = np.concatenate([start[start > NEVER], end[end < OPEN]])
    today = int(np.datetime64("today", "D").astype("int64"))
    # An end that is still to come was planned, or stands for one that is not known (31 December 2099).
    past = seen[seen <= today]
    seen = past if len(past) else seen
    latest = int(seen.max()) if len(seen) else 0
    if not coded:
        return latest
    before = np.datetime64("1970-01-01", "D") + (latest - 1)
    year = before.astype("datetime64[Y]").astype("int64") + 1970
    closes = np.datetime64(f"{year:04d}-03-31", "D")
    if before > closes:
        closes = np.datetime64(f"{year + 1:04d}-03-31", "D")
    return int(closes.astype("int64"))


def _children(table: pd.DataFrame, columns: PlacementColumns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of each row's child in order of site and name, which rows have none, and a row of each child."""
    codes, names = _numbered(table[columns.child])
    no_name = np.append(_blank(names), True)[codes]
    sites, site_names = (
        pd.factorize(table[columns.site].astype("str").fillna(""), sort=True) if columns.site else ([], [])
    )
    if len(site_names) > 1:
        codes, names = pd.factorize(sites.astype("int64") * (len(names) + 1) + codes + 1, sort=True)
    row_of = np.zeros(len(names), dtype="int64")
    named = codes >= 0
    row_of[codes[named]] = np.flatnonzero(named)
    return codes.astype("int32"), no_name, row_of


def _numbered(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """The number of each value in order, and the values; what stands in order already is not sorted again."""
    if isinstance(column.dtype, pd.StringDtype) and len(column) and column.notna().all():
        values = column.array
        first = np.append(True, np.asarray(values[1:] != values[:-1], dtype=bool))
        names = values[first]
        if bool(np.all(np.asarray(names[1:] > names[:-1], dtype=bool))):
            return np.cumsum(first) - 1, pd.Index(names)
    return pd.factorize(column, sort=True)


def _blank(names: pd.Index) -> np.ndarray:
    """Which names are nothing but blanks."""
    if pd.api.types.is_numeric_dtype(names.dtype):
        return np.zeros(len(names), dtype=bool)
    return np.asarray(names.astype("str").str.strip() == "", dtype=bool)


def _set_aside(no_child: np.ndarray, start: np.ndarray, end: np.ndarray, freeze: int) -> np.ndarray:
    """Why each row cannot be used, as a place in `WHY_ASIDE`; -1 for the others."""
    no_start = start == NEVER
    reasons = [no_child, no_start, ~no_start & (end < start), ~no_start & (start > freeze)]
    return np.select(reasons, range(len(reasons)), default=-1).astype("int8")


def _rows(
    texts: Texts,
    columns: PlacementColumns,
    child: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    kept: np.ndarray,
    rules: SpellRules,
) -> Rows:
    """The rows kept, in the order of the table."""
    types, type_names = texts(columns.type)
    began, began_names = texts(columns.began)
    legal, legal_names = texts(columns.legal_status)
    reasons, reason_names = texts(columns.exit_reason if columns.coded else columns.end_reason)
    carers, carer_names = texts(columns.carer)
    if columns.site and not columns.coded and columns.carer:
        sites, _ = texts(columns.site)
        carers = np.where(carers < 0, -1, carers + (sites + 1) * (len(carer_names) + 1)).astype("int32")
    unknown = carers < 0
    carers = np.where(unknown, int(carers.max(initial=0)) + 1 + np.arange(len(carers)), carers)
    kind = np.full(len(texts.table), PLACEMENT, dtype="int8")
    if columns.coded:
        kind[is_one_of(types, type_names, TEMPORARY)] = TEMPORARY_STAY
        if rules.short_breaks == "apart":
            kind[is_one_of(legal, legal_names, SHORT_BREAKS)] = SHORT_BREAK
    left_words = tuple(name for name in reason_names if leaves_care(name, columns.coded))
    every = np.arange(len(texts.table))
    rows = Rows(
        child=child,
        start=start,
        end=end,
        carer=carers.astype("int32"),
        type=types,
        kind=kind,
        began=_beginnings(began, began_names),
        left=is_one_of(reasons, reason_names, left_words) & (end < OPEN),
        adoption=is_one_of(types, type_names, ADOPTION),
        source=every,
    )
    return (
        rows if len(kept) == len(every) else Rows(**{name: array[kept] for name, array in fields_of(rows).items()})
    )


def _beginnings(codes: np.ndarray, names: pd.Index) -> np.ndarray:
    """The place of each code in `BEGINNING_CODES`; -1 where it is none of them."""
    places = {code: place for place, code in enumerate(BEGINNING_CODES)}
    table = np.array([*(places.get(name, -1) for name in names), -1], dtype="int8")
    return table[codes]
