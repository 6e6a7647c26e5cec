"""Raw tables under our names: ids, dates, codes and scores, each distinct text read once and every repair told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.readers.ssda903.layout import Field, Layout
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.raw_columns import AROUND, RawColumn
from securebase_analysis.readers.ssda903.raw_tables import RawTable
from securebase_analysis.readers.ssda903.typed_dates import full_dates, part_dates
from securebase_analysis.results.wording import count as n_of

YES, NO = frozenset({"YES", "TRUE", "Y", "T"}), frozenset({"NO", "FALSE", "N", "F"})
SEX_WORDS = {"MALE": "1", "BOY": "1", "FEMALE": "2", "GIRL": "2", "UNKNOWN": "U"}
WHOLE_WITH_POINT = r"[0-9]+\.0+"
LONGEST_ID = 10
LONGEST_TEXT = 40
ROUNDED_NUMBER = r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{2}"
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
            column = RawColumn(raw, field, ledger)
            columns |= {"date": full_dates, "part_date": part_dates, "score": _scores, "code": _codes}.get(
                field.kind, _texts
            )(column)
    return TypedTable(raw.layout, raw.file, pd.DataFrame(columns, index=raw.frame.index, copy=False), raw.rows)


def _texts(column: RawColumn) -> dict[str, object]:
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


def _report_ids(column: RawColumn, texts: pd.Series) -> None:
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


def _report_long_texts(column: RawColumn, texts: pd.Series) -> None:
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


def _scores(column: RawColumn) -> dict[str, object]:
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
        f"{n_of(len(rows), 'score is not a whole number', 'scores are not whole numbers')} from 0 to 40.",
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


def _codes(column: RawColumn) -> dict[str, object]:
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
