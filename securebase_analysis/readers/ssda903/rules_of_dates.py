"""Dates that cannot be: care before birth or after childhood, dates after the data were closed, placeholders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Severity
from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import DAY
from securebase_analysis.readers.ssda903.layout import BY_NAME
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.rules_of_questionnaires import birthday
from securebase_analysis.results.wording import count as n_of

ADULT_AT = 18
PLACEHOLDER_SHARE, PLACEHOLDER_ROWS = 0.1, 5
CLOSED_DATES = {
    "header": (("birth_date", "DOB"),),
    "episodes": (("start", "DECOM"), ("end", "DEC")),
    "missing": (("start", "MIS_START"), ("end", "MIS_END")),
    "reviews": (("date", "REVIEW"),),
}


def check_dates(
    rows: Mapping[str, pd.DataFrame],
    kept: Mapping[str, pd.DataFrame],
    born: np.ndarray,
    freeze: pd.Timestamp | None,
    files: Sequence[str],
    ledger: Ledger,
) -> None:
    """Name dates that cannot be.

    Parameters
    ----------
    rows, kept : mapping of str to pandas.DataFrame
        All rows of all returns, and those that are left after the returns were merged.
    born : ndarray of datetime64[D]
        Birth date by number of the child.
    freeze : Timestamp or None
        The last day on which the data were complete.
    files : sequence of str
        File names by number.
    ledger : Ledger
        Takes the problems.
    """
    if "episodes" in kept:
        _check_new_year(kept["episodes"], files, ledger)
        _check_childhood(rows["episodes"], born, files, ledger)
    for table, frame in rows.items():
        _check_spans(table, frame, files, ledger)
    if freeze is not None:
        _check_freeze(rows, np.datetime64(freeze, "D"), files, ledger)


def _check_spans(table: str, frame: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Rows without a start, and outside the episodes, whose ends have a rule, ends before the start."""
    if "start" not in frame:
        return
    start_name, end_name = _names(table, "start"), _names(table, "end")
    start, end = (frame[column].to_numpy().astype(DAY) for column in ("start", "end"))
    _report(
        np.isnat(start), frame, files, ledger, "SB-PLACE-30", "warn", "row without a start.", start_name,
        "Neither their order nor their length is known.", "They were kept; spells leave them out and count them.",
    )  # fmt: skip
    if table != "episodes":
        _report(
            end < start, frame, files, ledger, "SB-PLACE-01", "warn", "row ending before the start.", end_name,
            "The length would be negative.", "They were kept as they are.",
        )  # fmt: skip


def _names(table: str, column: str) -> str:
    """The return's name of one of our columns."""
    return next(field.name for field in BY_NAME[table].fields if field.column == column)


def _check_new_year(episodes: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Starts that are far too often 1 January."""
    start = episodes["start"].to_numpy().astype(DAY)
    if not (~np.isnat(start)).any():
        return
    first, last = (day.astype("datetime64[Y]") for day in (np.nanmin(start), np.nanmax(start)))
    new_year = np.isin(start, np.arange(first, last + 1).astype(DAY))
    share = new_year.sum() / (~np.isnat(start)).sum()
    if new_year.sum() >= PLACEHOLDER_ROWS and share >= PLACEHOLDER_SHARE:
        _report(
            new_year, episodes, files, ledger, "SB-PLACE-12", "warn", "episode starting on 1 January.", "DECOM",
            "If these stand for an unknown day, times in care are wrong by up to a year.", "The dates were kept.",
        )  # fmt: skip


def _check_childhood(episodes: pd.DataFrame, born: np.ndarray, files: Sequence[str], ledger: Ledger) -> None:
    """Episodes that start before birth or after the eighteenth birthday."""
    born = np.append(born, np.datetime64("NaT", "D"))
    if np.isnat(born).all():
        return
    child = episodes["child"].cat.codes.to_numpy()
    start = episodes["start"].to_numpy().astype(DAY)
    for wrong, when in (
        (start < born[child], "starting before the child was born."),
        (start > birthday(born, ADULT_AT)[child], "starting after the eighteenth birthday."),
    ):
        _report(
            wrong,
            episodes,
            files,
            ledger,
            "SB-PLACE-10",
            "warn",
            f"episode {when}",
            "DECOM",
            "Age at the start of the episode would be impossible.",
            "No date was changed.",
        )


def _check_freeze(
    tables: Mapping[str, pd.DataFrame], freeze: np.datetime64, files: Sequence[str], ledger: Ledger
) -> None:
    """Dates after the data were closed; an end on the day after it belongs to the year."""
    for table, columns in CLOSED_DATES.items():
        if table not in tables:
            continue
        for column, name in columns:
            late = tables[table][column].to_numpy().astype(DAY) > freeze + 1
            _report(
                late,
                tables[table],
                files,
                ledger,
                "SB-FILE-13",
                "warn",
                f"date after the data freeze ({freeze}).",
                name,
                "They were not known when the data were closed; a year or a day may be mistyped.",
                "They were kept.",
            )


def _report(
    wrong: np.ndarray,
    frame: pd.DataFrame,
    files: Sequence[str],
    ledger: Ledger,
    code: str,
    severity: Severity,
    what: str,
    column: str,
    why: str,
    done: str,
) -> None:
    """One problem for each file."""
    for number, mine in rows_by_file(frame, wrong):
        noun, _, rest = what.partition(" ")
        said = f"{n_of(len(mine), noun)} {rest}"
        ledger.report(
            code, severity, said, files[number], column, mine, why, done, "Correct the dates in the source."
        )
