"""Rows of a sheet that are no data: blank ones, and the totals and means that people write beneath."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of

SUMMARY_WORDS = frozenset(
    ("total", "totals", "grand total", "subtotal", "sum", "mean", "means", "average", "avg", "median", "count")
) | {"minimum", "maximum", "valid n", "std dev", "std. dev.", "std. deviation", "standard deviation"}
# These could also be a pseudonym or initials: they count only in a block with one of the words above.
SUMMARY_COMPANIONS = frozenset(["n", "min", "max", "sd", "se", "std", "stdev", "range", "var", "variance"])
REMARK_SIGNS = tuple("*†‡¹²³#")
LOOK_BACK = 12
NUMBER_OR_ERROR = r"\s*[-+]?[0-9.,]+(?:[eE][-+]?[0-9]+)?\s*%?\s*|#[A-Z0-9/]+[!?]?"


def drop_blank_rows(frame: pd.DataFrame, table: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Leave out the rows without a single value; a note counts those between rows of data."""
    blank = frame.isna().all(axis=1).to_numpy()
    if not blank.any():
        return frame, []
    filled = np.flatnonzero(~blank)
    last = int(filled[-1]) if len(filled) else -1
    n_between = int(blank[: last + 1].sum())
    kept = frame[~blank].reset_index(drop=True)
    if not n_between:
        return kept, []
    what = f"{n_of(n_between, 'row')} between the data without a single value."
    left = "It was left out" if n_between == 1 else "They were left out"
    done = f"{left}; row numbers count the rows that hold something."
    return kept, [Problem("SB-FILE-65", "note", what, table=table, done=done)]


def drop_rows_below(
    frame: pd.DataFrame, table: str, keep_rows: Collection[int] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """Leave out what people write under a table: remarks, such as its source, and totals or means.

    Parameters
    ----------
    frame : pandas.DataFrame
        The data.
    table : str
        The file's name, for messages.
    keep_rows : collection of int
        Rows that are data although they look like a remark or a summary.

    Returns
    -------
    frame : pandas.DataFrame
        Without these rows.
    problems : list of Problem
        Warnings (SB-FILE-09) that name them.
    """
    frame, remarks = _without_remarks(frame, table, keep_rows)
    frame, summaries = _without_summaries(frame, table, keep_rows)
    return frame, [*remarks, *summaries]


def _without_summaries(
    frame: pd.DataFrame, table: str, keep_rows: Collection[int]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Without the last rows of totals or means."""
    if len(frame) < 2 or frame.shape[1] < 2:
        return frame, []
    place = _first_filled(frame.iloc[-LOOK_BACK:])
    first = _words_at(frame.iloc[-LOOK_BACK:], place)
    looks = first.isin(SUMMARY_WORDS | SUMMARY_COMPANIONS).to_numpy()
    looks = looks & _holds_only_numbers(frame.iloc[-LOOK_BACK:], place)
    numbers = np.arange(len(frame) - len(looks), len(frame)) + 1
    kept = np.isin(numbers, list(keep_rows))
    n_below = int(np.cumprod((looks | kept)[::-1]).sum())
    block = numbers > len(frame) - n_below
    if not first[block & looks].isin(SUMMARY_WORDS).any():
        return frame, []
    rows = numbers[block & looks & ~kept].tolist()
    if not rows or len(rows) == len(frame):
        return frame, []
    columns = [place[row - 1 - len(frame)] for row in rows]
    cells = [str(frame.iat[row - 1, column]).strip() for row, column in zip(rows, columns)]
    words = ", ".join(dict.fromkeys(map(repr, cells)))
    name = str(frame.columns[columns[0]])
    problem = Problem(
        "SB-FILE-09",
        "warn",
        f"{n_of(len(rows), 'last row looks', 'last rows look')} like a summary, not like a child "
        f"({words} in the first cell).",
        table=table,
        column=name,
        rows=rows,
        why="Counted as data, a mean or a total would enter every result.",
        done="It was left out." if len(rows) == 1 else "They were left out.",
        fix=f"keep_rows={rows}",
    )
    return _without(frame, rows), [problem]


def _without_remarks(
    frame: pd.DataFrame, table: str, keep_rows: Collection[int]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Without the last rows that hold a single cell of several words, or one that begins with a sign.

    Where another cell of its column is like that, nothing is left out: an identifier stands beside others of its
    kind. The message does not repeat the remark, which may name somebody.
    """
    below = frame.iloc[-LOOK_BACK:]
    alone = (below.notna().sum(axis=1) == 1).to_numpy()
    n_alone = int(np.cumprod(alone[::-1]).sum())
    if not n_alone or frame.shape[1] < 2 or n_alone == len(frame):
        return frame, []
    place = _first_filled(below)
    looks = [_is_remark(str(below.iat[at, place[at]])) for at in range(len(below) - n_alone, len(below))]
    n_below = int(np.cumprod(looks[::-1]).sum())
    above = frame.iloc[: len(frame) - n_below]
    beside = above.iloc[:, sorted(set(place[len(below) - n_below :]))]
    if any(beside[name].dropna().astype("str").map(_is_remark).any() for name in beside):
        return frame, []
    rows = [row for row in range(len(above) + 1, len(frame) + 1) if row not in keep_rows]
    if not rows:
        return frame, []
    last = "1 last row is a remark" if len(rows) == 1 else f"The last {len(rows)} rows are remarks"
    problem = Problem(
        "SB-FILE-09",
        "warn",
        f"{last} under the table: one cell of words, and nothing beside it.",
        table=table,
        rows=rows,
        why="Taken as data, it would be one child more." if len(rows) == 1 else "They would be children more.",
        done=f"{'It was' if len(rows) == 1 else 'They were'} left out.",
        fix=f"keep_rows={rows}",
    )
    return _without(frame, rows), [problem]


def _without(frame: pd.DataFrame, rows: Collection[int]) -> pd.DataFrame:
    """The table without some rows, which count from 1."""
    return frame.drop(index=[row - 1 for row in rows]).reset_index(drop=True)


def _is_remark(cell: str) -> bool:
    """Several words, or a sign such as an asterisk in front."""
    text = cell.strip()
    return len(text.split()) > 1 or text[:1] in REMARK_SIGNS


def _first_filled(cells: pd.DataFrame) -> np.ndarray:
    """The place of the first filled cell of each row; a sheet may have an empty column before that of the ids."""
    return cells.notna().to_numpy().argmax(axis=1)


def _words_at(cells: pd.DataFrame, place: np.ndarray) -> pd.Series:
    """One cell of each row as a plain word."""
    words = pd.Series([cells.iat[row, column] for row, column in enumerate(place)], dtype="object")
    return words.astype("str").str.strip().str.casefold().str.rstrip(":")


def _holds_only_numbers(cells: pd.DataFrame, place: np.ndarray) -> np.ndarray:
    """Which rows hold numbers, or a spreadsheet's error, in every filled cell but the one given."""
    text = cells.astype("str")
    fits = text.apply(lambda column: column.str.fullmatch(NUMBER_OR_ERROR).fillna(False)).to_numpy(dtype=bool)
    fits = fits | text.isna().to_numpy()
    fits[np.arange(len(fits)), place] = True
    return fits.all(axis=1)
