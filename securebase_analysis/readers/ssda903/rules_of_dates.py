"""Dates that cannot be: care before birth or after childhood, dates after the data were closed, placeholders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Severity
from securebase_analysis.readers.ssda903.in_order import DAY
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.rules_of_questionnaires import birthday

ADULT_AT = 18
PLACEHOLDER_SHARE, PLACEHOLDER_ROWS = 0.1, 5
CLOSED_DATES = {
    "episodes": (("start", "DECOM"), ("end", "DEC")),
    "missing": (("start", "MIS_START"), ("end", "MIS_END")),
    "reviews": (("date", "REVIEW"),),
}


def check_dates(
    tables: Mapping[str, pd.DataFrame],
    born: np.ndarray,
    freeze: pd.Timestamp | None,
    files: Sequence[str],
    ledger: Ledger,
) -> None:
    """Name dates that cannot be.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        After the returns were merged.
    born : ndarray of datetime64[D]
        Birth date by number of the child.
    freeze : Timestamp or None
        The last day on which the data were complete.
    files : sequence of str
        File names by number.
    ledger : Ledger
        Takes the problems.
    """
    if "episodes" in tables:
        episodes = tables["episodes"]
        _check_starts(episodes, files, ledger)
        _check_childhood(episodes, born, files, ledger)
    if freeze is not None:
        _check_freeze(tables, np.datetime64(freeze, "D"), files, ledger)


def _check_starts(episodes: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Episodes without a start, and starts that are far too often 1 January."""
    start = episodes["start"].to_numpy().astype(DAY)
    _report(
        np.isnat(start),
        episodes,
        files,
        ledger,
        "SB-PLACE-30",
        "warn",
        "episodes have no start.",
        "DECOM",
        "Neither their order nor their length is known.",
        "They were kept; spells leave them out and count them.",
    )
    new_year = (start.astype("datetime64[Y]").astype(DAY) == start) & ~np.isnat(start)
    share = new_year.sum() / max((~np.isnat(start)).sum(), 1)
    if new_year.sum() >= PLACEHOLDER_ROWS and share >= PLACEHOLDER_SHARE:
        _report(
            new_year,
            episodes,
            files,
            ledger,
            "SB-PLACE-12",
            "warn",
            "episodes start on 1 January.",
            "DECOM",
            "If these stand for an unknown day, times in care are wrong by up to a year.",
            "The dates were kept.",
        )


def _check_childhood(episodes: pd.DataFrame, born: np.ndarray, files: Sequence[str], ledger: Ledger) -> None:
    """Episodes that start before birth or after the eighteenth birthday."""
    birth = np.append(born, np.datetime64("NaT", "D"))[episodes["child"].cat.codes.to_numpy()]
    start = episodes["start"].to_numpy().astype(DAY)
    for wrong, when in (
        (start < birth, "start before the child was born."),
        (start > birthday(birth, ADULT_AT), "start after the eighteenth birthday."),
    ):
        _report(
            wrong,
            episodes,
            files,
            ledger,
            "SB-PLACE-10",
            "warn",
            f"episodes {when}",
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
                f"dates lie after the data freeze ({freeze}).",
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
    numbers, rows = frame["_file"].to_numpy()[wrong], frame["_row"].to_numpy()[wrong]
    for number in np.unique(numbers):
        mine = np.sort(rows[numbers == number])
        said = f"{len(mine)} {what}"
        ledger.report(
            code, severity, said, files[number], column, mine, why, done, "Correct the dates in the source."
        )
