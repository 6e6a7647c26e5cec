"""Rows of several returns made one row each: of rows with the same key, those of the latest return are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.layout import Layout
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

ORIGIN = ["_return", "_year", "_file", "_row"]


def keep_latest(frame: pd.DataFrame, layout: Layout, files: Sequence[str], ledger: Ledger) -> pd.DataFrame:
    """One row for each key, that of the latest return; rows without a full key are all kept.

    Parameters
    ----------
    frame : pandas.DataFrame
        All rows, the earliest return first, with `ORIGIN`.
    layout : Layout
        Names the key.
    files : sequence of str
        Their names by number.
    ledger : Ledger
        Takes how many rows were replaced, and rows of one return that contradict one another.

    Returns
    -------
    pandas.DataFrame
        The rows kept, in their order.
    """
    if not len(frame):
        return frame
    key, complete = key_numbers(frame, layout)
    order = np.argsort(key, kind="stable")
    is_last = np.append(key[order[1:]] != key[order[:-1]], True)
    if is_last.all():
        return frame
    keeper = np.empty(len(frame), dtype="int64")
    last = order[is_last]  # of equal keys the last one stays
    keeper[order] = last[np.cumsum(np.append(False, is_last[:-1]))]
    dropped = complete & (keeper != np.arange(len(frame)))
    if not dropped.any():
        return frame
    keeper_of = keeper[dropped]
    same_return = frame["_return"].to_numpy()[dropped] == frame["_return"].to_numpy()[keeper_of]
    places = np.flatnonzero(dropped)
    _report_replaced(frame, places[~same_return], layout, files, ledger)
    _report_twice(frame, places[same_return], keeper_of[same_return], layout, files, ledger)
    return frame[~dropped].reset_index(drop=True)


def key_numbers(frame: pd.DataFrame, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """A number for each distinct key, and which rows have every part of it."""
    number = np.zeros(len(frame), dtype="int64")
    complete = np.ones(len(frame), dtype=bool)
    names = [*layout.key, *(["_year"] if layout.by_year else [])]
    for name in names:
        codes, size = _part_numbers(frame[name])
        if name != "_year":
            complete &= codes >= 0
        # Keys are numbered anew before a product of sizes could leave 64 bits.
        number = number * (size + 1) + (codes + 1)
        if size > 2**20 and name != names[-1]:
            number = pd.factorize(number)[0]
    return number, complete


def _part_numbers(column: pd.Series) -> tuple[np.ndarray, int]:
    """A small number for each value of one column, -1 where there is none."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype("int64"), len(column.cat.categories)
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column.to_numpy().astype("datetime64[D]")
        numbers = np.where(np.isnat(days), -1, days.astype("int64") + 2**16)
        return numbers, 2**18
    codes, values = pd.factorize(column)
    return codes.astype("int64"), len(values)


def _report_replaced(
    frame: pd.DataFrame, places: np.ndarray, layout: Layout, files: Sequence[str], ledger: Ledger
) -> None:
    """Rows of earlier returns that a later one says again."""
    for number, rows in rows_by_file(frame, places):
        ledger.mended(
            "SB-PLACE-54",
            layout.name,
            files[number],
            "",
            "rows that a later return holds again",
            rows,
            "Those of the latest return were kept.",
        )


def _report_twice(
    frame: pd.DataFrame,
    places: np.ndarray,
    keepers: np.ndarray,
    layout: Layout,
    files: Sequence[str],
    ledger: Ledger,
) -> None:
    """Rows that one return holds twice, the same or contradicting one another."""
    if not len(places):
        return
    facts = [name for name in frame if name not in ORIGIN]
    first, second = frame.iloc[places][facts], frame.iloc[keepers][facts]
    same = np.ones(len(places), dtype=bool)
    for name in facts:
        one, other = (
            part[name].cat.codes if hasattr(part[name], "cat") else part[name] for part in (first, second)
        )
        one, other = one.to_numpy(), other.to_numpy()
        same &= (one == other) | ((one != one) & (other != other))
    named = " and ".join(field.name for field in layout.fields if field.column in layout.key)
    for flags, severity, code, what in (
        (same, "note", "SB-ID-01", "exactly like another row of the return"),
        (~same, "warn", "SB-ID-02", f"with the same {named} as another row of the return, other cells differing"),
    ):
        for number, rows in rows_by_file(frame, places[flags]):
            ledger.report(
                code,
                severity,  # type: ignore[arg-type]
                f"{n_of(len(rows), 'row')} {what}.",
                files[number],
                "" if code == "SB-ID-01" else named.split(" ")[-1],
                rows,
                why="Counted twice, they would be two."
                if code == "SB-ID-01"
                else "Only one of them can be right.",
                done="The last of them was kept.",
                fix="" if code == "SB-ID-01" else "Look the rows up in the source and keep the right one.",
            )
            ledger.repair(layout.name, files[number], "", f"rows {what}", rows, "The last was kept.")
