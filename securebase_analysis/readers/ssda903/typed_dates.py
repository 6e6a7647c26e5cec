"""Columns of dates: what is read, in which form it stood, and what is no date; each distinct text once."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.part_dates import NOTHING, read_dates
from securebase_analysis.readers.ssda903.raw_columns import RawColumn
from securebase_analysis.results.wording import count as n_of

LATEST = np.datetime64("2100-01-01", "D")
FEW_ROWS = 3
CELLS_SHOWN = 3
DATE_LIKE = re.compile(r"[0-9zZ]{1,4}[-/. ][0-9zZ]{1,4}(?:[-/. ][0-9zZ]{1,4})?")
FORM_WORDS = {
    "other": "dates in another spelling than dd/mm/yyyy",
    "short": "dates with a year of two digits",
    "number": "dates that are day numbers of a spreadsheet",
}


def full_dates(column: RawColumn) -> dict[str, object]:
    """Full dates; a part date is no date here."""
    field, read = column.field, read_dates(column.tidy.fillna("").array)
    full = (read.form != "") & (read.form != "part")
    days = np.where(full, read.earliest, NOTHING)
    _report_forms(column, read.form)
    lost = column.tidy.notna().to_numpy() & ~full
    lost &= ~_report_month_first(column, lost)
    _report_lost(column, lost)
    outside = full & ((days < np.datetime64(field.earliest, "D")) | (days >= LATEST))
    column.warn(
        "SB-FILE-13",
        f"with a date before {field.earliest} or after {LATEST}.",
        column.rows_with(outside),
        "Ages and times in care would be wrong by decades.",
        "The dates were taken as not known.",
        "Correct the dates in the source.",
    )
    column.repaired(outside, "dates outside what is possible", "Taken as not known.")
    days = np.where(outside, NOTHING, days)
    return {field.column: column.spread(days, NOTHING).astype("datetime64[us]")}


def _report_forms(column: RawColumn, form: np.ndarray) -> None:
    """Dates that are not written as dd/mm/yyyy."""
    for word, what in FORM_WORDS.items():
        done = "Read as dates, day first; day numbers count from 1900."
        column.repaired(form == word, what, done, "SB-FILE-10")


def _report_month_first(column: RawColumn, lost: np.ndarray) -> np.ndarray:
    """Dates that exist only with the month first; where most tell-tale dates are such, the column is refused."""
    if not lost.any():
        return lost
    parts = column.tidy.fillna("").str.extract(r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ][0-9]{2,4}(?:[ T].*)?$")
    first, second = (pd.to_numeric(parts[place]).to_numpy(dtype="float64") for place in (0, 1))
    month_first = lost & (first <= 12) & (second > 12) & (second <= 31)
    rows = column.rows_with(month_first)
    if not len(rows):
        return month_first
    n_day_first = len(column.rows_with(~lost & (first > 12) & (second <= 12)))
    stops = len(rows) > n_day_first and len(rows) >= FEW_ROWS
    column.ledger.report(
        "SB-FILE-12",
        "stop" if stops else "warn",
        f"{n_of(len(rows), 'date exists', 'dates exist')} only with the month first; "
        f"{n_day_first:,} of the column only with the day first.",
        column.raw.file,
        column.field.name,
        rows,
        "Where both readings exist (05/06/2020), a date with the month first is read as another day.",
        "The column was not read." if stops else "They were taken as not known; the return's order is dd/mm/yyyy.",
        "Write all dates of the column as dd/mm/yyyy in the source.",
    )
    column.repaired(month_first, "dates with the month first", "Taken as not known.")
    return month_first


def _report_lost(column: RawColumn, lost: np.ndarray) -> None:
    """Texts in a column of dates that are no dates; a text is shown only where it looks like one."""
    rows = column.rows_with(lost)
    if not len(rows):
        return
    shown = [text for text in column.tidy[lost] if DATE_LIKE.fullmatch(text)][:CELLS_SHOWN]
    examples = f" (such as {', '.join(map(repr, shown))})" if shown else ""
    column.ledger.report(
        "SB-FILE-10",
        "warn",
        f"{n_of(len(rows), 'cell is', 'cells are')} not understood as dates{examples}.",
        column.raw.file,
        column.field.name,
        rows,
        why="A date that is not known shortens or hides an episode.",
        done="No date was made up for them; they are missing.",
        fix="Write them as dd/mm/yyyy in the source.",
    )
    column.repaired(lost, "cells that are no dates", "Taken as not known.")


def part_dates(column: RawColumn) -> dict[str, object]:
    """Dates of which day or month may be unknown: the first and the last day they may mean."""
    read = read_dates(column.tidy.fillna("").array)
    _report_lost(column, column.tidy.notna().to_numpy() & (read.form == ""))
    column.repaired(
        read.form == "part", "part dates (zz)", "Kept as the earliest and the latest day they may mean."
    )
    _report_forms(column, read.form)
    width = (read.latest - read.earliest).astype("float64")
    known = np.select(
        [read.form == "", (read.form == "part") & np.isnat(read.earliest), width == 0, width < 31],
        ["", "nothing", "day", "month"],
        "year",
    )
    name = column.field.column
    return {
        f"{name}_earliest": column.spread(read.earliest, NOTHING).astype("datetime64[us]"),
        f"{name}_latest": column.spread(read.latest, NOTHING).astype("datetime64[us]"),
        f"{name}_known": column.as_categorical(pd.Series(known, dtype="str").mask(known == "")),
    }
