"""Codes that are in no list of the return, or not in the list of its year; rows are kept and named."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from securebase_analysis.errors import nearest
from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.readers.ssda903.layout import Field
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.returns import year_label
from securebase_analysis.readers.ssda903.typed_tables import TypedTable
from securebase_analysis.results.wording import count as n_of

LONGEST_SHOWN = 6
RULE_OF_CODE = {
    "SEX": "101",
    "ETHNIC": "103",
    "RNE": "143",
    "LS": "144",
    "CIN": "145",
    "PLACE": "146",
    "REC": "149",
    "PLACE_PROVIDER": "178",
    "REASON_PLACE_CHANGE": "1009",
}
"""The department's rule that a column of codes holds a valid one."""
MAY_BE_BLANK = ("REC", "REASON_PLACE_CHANGE")
WITHOUT_PROVIDER = ("T0", "T1", "T2", "T3", "T4", "Z1")
CODES_SHOWN = 5
LONGEST_UNLIKE_ALL = 3
"""A longer word that is like no code may be somebody's initials, name or number."""


def check_codes(table: TypedTable, year: int | None, ledger: Ledger) -> None:
    """Name unknown codes with the nearest known one, and codes of other years.

    Parameters
    ----------
    table : TypedTable
        One table of one file; a code that equals the id of a child in any file is never shown.
    year : int or None
        The year in which the return year starts.
    ledger : Ledger
        Takes the problems.
    """
    for field in table.layout.fields:
        if field.kind == "code" and len(table.frame.columns) and field.column in table.frame:
            _check_column(table, field, year, ledger)


def _check_column(table: TypedTable, field: Field, year: int | None, ledger: Ledger) -> None:
    """One column of codes."""
    column = table.frame[field.column].cat
    known = code_sets()[field.code_set]
    _report_unknown([code for code in column.categories if code not in known], table, field, ledger)
    if field.name in RULE_OF_CODE and field.name not in MAY_BE_BLANK:
        _report_blank(table, field, ledger)
    dated = [code for code in column.categories if code in known and not known[code].valid_in(year)]
    if dated and year is not None:
        rows = _rows_with(table, field, dated)
        ledger.report(
            "SB-PLACE-41",
            "note",
            f"{n_of(len(rows), 'row has', 'rows have')} a code of {field.name} that is not in the list of "
            f"{year_label(year)} but of other years: {', '.join(dated[:CODES_SHOWN])}.",
            table.file,
            field.name,
            rows,
            done="The rows were kept, with the label of the other years.",
        )


def _report_unknown(unknown: list[str], table: TypedTable, field: Field, ledger: Ledger) -> None:
    """Codes that are in no year's list, under the number of the rule about them where there is one."""
    if not unknown:
        return
    known = code_sets()[field.code_set]
    rows = _rows_with(table, field, unknown)
    code = "SB-PLACE-08" if field.name == "PLACE" else "SB-PLACE-40"
    what = (
        f"{n_of(len(rows), 'row has', 'rows have')} a code of {field.name} that no year's list has: "
        f"{_described(unknown, known, table)}.{_of_another_column(unknown, table, field)}"
    )
    why = "An unknown code would be a category of its own in every count."
    done = "The rows were kept with the code as it stands; its label is missing."
    fix = "Correct the code in the source."
    if field.name in RULE_OF_CODE:
        number = RULE_OF_CODE[field.name]
        ledger.rule(number, code, what, table.layout.name, table.file, field.name, rows, why, done, fix)
    else:
        ledger.report(code, "warn", what, table.file, field.name, rows, why, done, fix)
    ledger.repair(table.layout.name, table.file, field.name, "codes that no list has", rows, "Kept as they are.")


def _report_blank(table: TypedTable, field: Field, ledger: Ledger) -> None:
    """Rows without a code that every row has; temporary and other placements have no provider."""
    blank = table.frame[field.column].cat.codes.to_numpy() < 0
    if field.name == "PLACE_PROVIDER":
        place = table.frame["place"].cat
        without = np.append(place.categories.isin(WITHOUT_PROVIDER), False)
        blank &= ~without[place.codes.to_numpy()]
    what = f"{n_of(int(blank.sum()), 'row has', 'rows have')} no {field.name}."
    number, rows = RULE_OF_CODE[field.name], table.rows[blank]
    why = "Such rows fall out of every count by this code."
    ledger.rule(number, "SB-PLACE-51", what, table.layout.name, table.file, field.name, rows, why)


def _rows_with(table: TypedTable, field: Field, codes: list[str]) -> np.ndarray:
    """The rows of the file that hold one of the codes."""
    column = table.frame[field.column].cat
    flags = np.append(column.categories.isin(codes), False)
    return table.rows[flags[column.codes.to_numpy()]]


def _described(unknown: list[str], known: Iterable[str], table: TypedTable) -> str:
    """Unknown codes with the nearest known ones; what could be an id or a name is counted, not shown."""
    known, ids = list(known), table.frame["child"].cat.categories
    as_short = min(LONGEST_UNLIKE_ALL, max(map(len, known)) + 1)
    shown = {}
    for code in [code for code, is_id in zip(unknown, pd.Index(unknown).isin(ids)) if not is_id]:
        guess = nearest(code, known)
        if (
            code.isascii()
            and len(code) <= (LONGEST_SHOWN if guess else as_short)
            and (guess or not code.isdigit())
        ):
            shown[code] = guess
    said = [
        f"{code!r}{f' (nearest: {guess})' if guess else ''}" for code, guess in list(shown.items())[:CODES_SHOWN]
    ]
    hidden = len(unknown) - len(said)
    return ", ".join(said + ([f"{n_of(hidden, 'other', 'others')}, not shown"] if hidden else []))


def _of_another_column(unknown: list[str], table: TypedTable, field: Field) -> str:
    """A hint where most of the unknown codes belong to another column of the table."""
    for other in table.layout.fields:
        if other.kind == "code" and other.code_set not in (field.code_set, "FLAG"):
            n_fit = sum(code in code_sets()[other.code_set] for code in unknown)
            if n_fit > len(unknown) / 2:
                return f" They are codes of {other.name}; the columns may be swapped."
    return ""
