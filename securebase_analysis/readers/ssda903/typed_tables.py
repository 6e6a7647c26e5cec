"""Raw tables under our names: ids, dates, codes and scores, each distinct text read once and every repair told."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.readers.ssda903.layout import Field, Layout
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.part_dates import NOTHING, read_dates
from securebase_analysis.readers.ssda903.raw_tables import RawTable
from securebase_analysis.results.wording import count as n_of

NOT_GIVEN = frozenset({"", "NULL", "NAN", "NAT", "N/A", "NA", "#N/A", "NONE", "NIL", ".", "-", "<NA>", "(NULL)"})
YES, NO = frozenset({"YES", "TRUE", "Y", "T"}), frozenset({"NO", "FALSE", "N", "F"})
SEX_WORDS = {"MALE": "1", "BOY": "1", "FEMALE": "2", "GIRL": "2", "UNKNOWN": "U"}
AROUND = " \t\r\n\u00a0\u200b\ufeff"
WHOLE_WITH_POINT = r"[0-9]+\.0+"
LATEST = np.datetime64("2100-01-01", "D")
LONGEST_ID = 10
LONGEST_TEXT = 40
ROUNDED_NUMBER = r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{2}"
FEW_ROWS = 3
CELLS_SHOWN = 3
DATE_LIKE = re.compile(r"[0-9zZ]{1,4}[-/. ][0-9zZ]{1,4}(?:[-/. ][0-9zZ]{1,4})?")
FORM_WORDS = {
    "other": "dates in another spelling than dd/mm/yyyy",
    "short": "dates with a year of two digits",
    "number": "dates that are day numbers of a spreadsheet",
}
SCORE_RANGE = (0, 40)


@dataclass(frozen=True, eq=False)
class TypedTable:
    """One table of one file with our columns.

    Attributes
    ----------
    layout : Layout
        Which table it is.
    file : str
        For messages.
    frame : pandas.DataFrame
        ``child`` and codes and texts categorical, dates datetime64[us], scores float64; a part date is
        ``<column>_earliest``, ``<column>_latest`` and ``<column>_known`` (day, month, year, nothing).
    rows : ndarray of int
        Rows of the file.
    """

    layout: Layout
    file: str
    frame: pd.DataFrame
    rows: np.ndarray


def typed_table(raw: RawTable, ledger: Ledger) -> TypedTable:
    """Read every column of a raw table as what the layout says it is.

    Parameters
    ----------
    raw : RawTable
        Cells as the file holds them.
    ledger : Ledger
        Takes problems and repairs.
    """
    columns: dict[str, object] = {}
    for field in raw.layout.fields:
        if field.name in raw.frame:
            column = _Column(raw, field, ledger)
            columns |= {"date": _dates, "part_date": _part_dates, "score": _scores, "code": _codes}.get(
                field.kind, _texts
            )(column)
    return TypedTable(raw.layout, raw.file, pd.DataFrame(columns, index=raw.frame.index, copy=False), raw.rows)


class _Column:
    """A raw column: its distinct texts tidied, which row holds which, and the way to report on them."""

    def __init__(self, raw: RawTable, field: Field, ledger: Ledger) -> None:
        categorical = raw.frame[field.name].cat
        self.raw, self.field, self.ledger = raw, field, ledger
        self.texts = pd.Series(categorical.categories, dtype="str")
        self.codes = categorical.codes.to_numpy()
        tidy = self.texts.str.strip(AROUND)
        blank = tidy.str.upper().isin(NOT_GIVEN).to_numpy()
        self.tidy = tidy.mask(blank) if blank.any() else tidy
        words = blank & (tidy != "").to_numpy()
        self.repaired(words, "words for missing (NULL, n/a, ...)", "Taken as empty.", "SB-FILE-06")

    def rows_with(self, flags: np.ndarray) -> np.ndarray:
        """The rows of the file whose distinct text is flagged."""
        return self.raw.rows[self.spread(flags, False)]

    def spread(self, values: np.ndarray, empty: object) -> np.ndarray:
        """The value of each row's distinct text; `empty` where the cell is empty."""
        values = np.asarray(values)
        return np.append(values, np.array([empty], dtype=values.dtype))[self.codes]

    def repaired(self, flags: np.ndarray, what: str, done: str, code: str = "") -> None:
        """Note a repair of the flagged texts where a row holds one; tell it where a code is given."""
        flags = np.asarray(flags, dtype=bool)
        rows = self.rows_with(flags) if flags.any() else ()
        if not len(rows):
            return
        self.ledger.repair(self.raw.layout.name, self.raw.file, self.field.name, what, rows, done)
        if code:
            said = f"{n_of(len(rows), 'cell holds', 'cells hold')} {what}."
            self.ledger.report(code, "note", said, self.raw.file, self.field.name, rows, done=done)

    def warn(self, code: str, what: str, rows: np.ndarray, why: str, done: str, fix: str = "") -> None:
        """Tell what is wrong with rows of the file; nothing without rows."""
        if len(rows):
            said = f"{n_of(len(rows), 'row')} {what}"
            self.ledger.report(code, "warn", said, self.raw.file, self.field.name, rows, why, done, fix)

    def as_categorical(self, texts: pd.Series) -> pd.Categorical:
        """The column with other distinct texts; those that became equal are one category."""
        if texts.equals(self.texts):
            return self.raw.frame[self.field.name].array
        codes, categories = pd.factorize(texts)
        return pd.Categorical.from_codes(self.spread(codes, -1), pd.Index(categories, dtype="str"))


def _texts(column: _Column) -> dict[str, object]:
    """Ids and free text as they stand, without blanks around them."""
    texts = column.tidy
    pointed = texts.str.fullmatch(WHOLE_WITH_POINT).fillna(False).to_numpy(dtype=bool)
    if pointed.any():
        texts = texts.mask(pointed, texts.str.replace(r"\.0+$", "", regex=True))
        column.repaired(
            pointed, "whole numbers written with a point (12.0)", "The point was taken off.", "SB-FILE-19"
        )
    if column.field.kind == "child":
        spaced = (column.texts != column.tidy).to_numpy(dtype=bool) & column.tidy.notna().to_numpy()
        column.repaired(spaced, "ids with blanks around them", "The blanks were taken off.", "SB-FILE-19")
        _report_ids(column, texts)
    else:
        _report_long_texts(column, texts)
    return {column.field.column: column.as_categorical(texts)}


def _report_ids(column: _Column, texts: pd.Series) -> None:
    """Rows without an id, and ids that no return has."""
    column.warn(
        "SB-ID-09",
        "without a child id.",
        column.raw.rows[column.spread(texts.isna().to_numpy(), True)],
        "They cannot be followed over time.",
        "They were kept without an id; nothing counts them as children.",
        "Fill in the id in the source.",
    )
    column.warn(
        "SB-PLACE-45",
        f"with a child id of more than {LONGEST_ID} characters.",
        column.rows_with((texts.str.len() > LONGEST_ID).fillna(False).to_numpy(dtype=bool)),
        "A return has no such ids; something else may stand in the column.",
        "They were kept as they are.",
        "Look the ids up in the source.",
    )
    column.warn(
        "SB-FILE-05",
        "with a child id in the form of a large number (1.2E+05).",
        column.rows_with(texts.str.fullmatch(ROUNDED_NUMBER).fillna(False).to_numpy(dtype=bool)),
        "A spreadsheet rounded the ids; different children can have become one.",
        "They were kept as they are.",
        "Export the ids as text.",
    )


def _report_long_texts(column: _Column, texts: pd.Series) -> None:
    """Cells far longer than a postcode, a name or a number."""
    column.warn(
        "SB-FILE-92",
        f"with more than {LONGEST_TEXT} characters in one cell, or with a line break in it.",
        column.rows_with(
            ((texts.str.len() > LONGEST_TEXT) | texts.str.contains("\n", regex=False))
            .fillna(False)
            .to_numpy(dtype=bool)
        ),
        "The column holds short texts; other rows or a document may stand in the cell.",
        "They were kept as they are.",
        "Look at these rows in the source.",
    )


def _dates(column: _Column) -> dict[str, object]:
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


def _report_forms(column: _Column, form: np.ndarray) -> None:
    """Dates that are not written as dd/mm/yyyy."""
    for word, what in FORM_WORDS.items():
        done = "Read as dates, day first; day numbers count from 1900."
        column.repaired(form == word, what, done, "SB-FILE-10")


def _report_month_first(column: _Column, lost: np.ndarray) -> np.ndarray:
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


def _report_lost(column: _Column, lost: np.ndarray) -> None:
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


def _part_dates(column: _Column) -> dict[str, object]:
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


def _scores(column: _Column) -> dict[str, object]:
    """Rule 180: the score of the questionnaire is a whole number from 0 to 40."""
    whole = column.tidy.str.fullmatch(r"[0-9]{1,3}(?:\.0+)?").fillna(False)
    numbers = pd.to_numeric(column.tidy.where(whole), errors="coerce")
    fits = numbers.between(*SCORE_RANGE).to_numpy()
    pointed = fits & column.tidy.str.contains(".", regex=False).fillna(False).to_numpy(dtype=bool)
    column.repaired(pointed, "whole numbers written with a point (12.0)", "Read as whole numbers.", "SB-FILE-19")
    wrong = column.tidy.notna().to_numpy() & ~fits
    rows = column.rows_with(wrong)
    column.repaired(wrong, "scores that are not whole numbers from 0 to 40", "Taken as not known.")
    column.ledger.rule(
        "180",
        "SB-ITEM-04",
        f"{len(rows)} score(s) are not whole numbers from 0 to 40.",
        column.raw.layout.name,
        column.raw.file,
        column.field.name,
        rows,
        why="The total difficulties score has no other values.",
        done="They were taken as not known.",
        fix="Correct them in the source.",
    )
    values = numbers.where(fits).to_numpy(dtype="float64")
    return {column.field.column: column.spread(values, np.nan)}


def _codes(column: _Column) -> dict[str, object]:
    """Codes in capitals; numbers without a point, words for codes as the codes they stand for."""
    known = code_sets()[column.field.code_set]
    upper = column.tidy.str.normalize("NFKC").str.strip(AROUND).str.upper()
    pointed = upper.str.fullmatch(WHOLE_WITH_POINT).fillna(False)
    codes = upper.mask(pointed, upper.str.replace(r"\.0+$", "", regex=True))
    codes = codes.map(lambda text: _meant(text, column.field, known), na_action="ignore").astype("str")
    changed = (codes != column.texts).to_numpy(dtype=bool) & codes.notna().to_numpy()
    what = "codes in another spelling (case, blanks, 1.0 for 1, words)"
    column.repaired(changed, what, "Read as the codes.", "SB-FILE-19")
    return {column.field.column: column.as_categorical(codes)}


def _meant(text: str, field: Field, known: dict) -> str:
    """The code that a word in capitals stands for; the word itself when it is none or a code."""
    if text in known:
        return text
    if field.code_set == "FLAG":
        return "1" if text in YES else "0" if text in NO else text
    if field.code_set == "SEX":
        return SEX_WORDS.get(text, text)
    without_blanks = text.replace(" ", "")
    if without_blanks in known:
        return without_blanks
    return next((code for code, meaning in known.items() if meaning.label.upper() == text), text)
