"""The door of a count of days: the placements and the waves, checked together before a day is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.rows import check_columns, groups_of, is_number, long_frame, nameless
from securebase_analysis.readers.dates import to_date
from securebase_analysis.results import wording

LAST = pd.Timestamp("2200-01-01")
"""Stands for the end of a placement that lasts."""
EARLIEST = "1900-01-01"


def placements_and_waves(data: Any, waves: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Placements and waves, whichever form they came in."""
    is_study = hasattr(data, "placements") and hasattr(data, "waves")
    if is_study and waves is None:
        every = _numbered(data.waves)
        return _numbered(data.placements), every[every["status"] == "seen"]
    if waves is None:
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                "The waves are missing.",
                why="Days are counted up to the date of each wave.",
                fix="carer_days(study), or carer_days(placements, waves) with child, wave and date of each wave",
            )
        )
    return _numbered(data.placements if is_study else long_frame(data)), _numbered(long_frame(waves))


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the number of each row, counted from 1 under the header."""
    return table.reset_index(drop=True).assign(row=np.arange(len(table)) + 1)


def checked_placements(placements: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The placements with days as dates and the row of each, and what is wrong with them."""
    check_columns(placements, ["child", "carer", "start"])
    start, problems = to_date(placements["start"], table="placements", earliest=EARLIEST)
    end = pd.Series(pd.NaT, index=placements.index, dtype="datetime64[us]")
    if "end" in placements:
        end, more = to_date(placements["end"], table="placements", earliest=EARLIEST)
        problems += more
    table = placements.assign(start=start, end=end)
    problems += [_in_table(problem, "placements") for problem in nameless(groups_of(table, "child"), "child")]
    problems += [*_no_start(table), *_ends_before(table), *_no_carer(table)]
    return table, problems


def checked_waves(waves: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The waves with a date, and what is wrong with them."""
    check_columns(waves, ["child", "wave", "date"])
    date, problems = to_date(waves["date"], table="waves", earliest=EARLIEST)
    problems += [_in_table(problem, "waves") for problem in nameless(groups_of(waves, "child"), "child")]
    undated = date.isna().to_numpy()
    if undated.any():
        n = int(undated.sum())
        problems.append(
            Problem(
                "SB-PLACE-31",
                "warn",
                f"{wording.count(n, 'wave has', 'waves have')} no date.",
                table="waves",
                column="date",
                rows=waves.loc[undated, "row"].tolist(),
                why="Days with a carer are counted up to the date.",
                done="No days were counted for them.",
                fix="Fill in the dates.",
            )
        )
    # Several rows of a child at a wave, of several informants say, are one wave.
    keys = [name for name in ("site", "child", "wave") if name in waves]
    dated = waves.assign(date=date)[~undated].sort_values("date", kind="stable")
    return dated.drop_duplicates(keys, keep="last")[[*keys, "date", "row"]].sort_values("row"), problems


def _in_table(problem: Problem, table: str) -> Problem:
    return replace(problem, table=table)


def _no_start(table: pd.DataFrame) -> list[Problem]:
    wrong = table["start"].isna().to_numpy()
    if not wrong.any():
        return []
    return [
        Problem(
            "SB-PLACE-30",
            "stop",
            f"{wording.count(int(wrong.sum()), 'placement has', 'placements have')} no start.",
            table="placements",
            column="start",
            rows=rows_where(wrong),
            why="It is not known from when the days count.",
            done="Nothing was counted.",
            fix="Add the start.",
        )
    ]


def _ends_before(table: pd.DataFrame) -> list[Problem]:
    wrong = (table["end"] < table["start"]).to_numpy()
    if not wrong.any():
        return []
    return [
        Problem(
            "SB-PLACE-01",
            "stop",
            f"{wording.count(int(wrong.sum()), 'placement ends', 'placements end')} before the start.",
            table="placements",
            column="end",
            rows=rows_where(wrong),
            why="A placement of less than no days would take days from another.",
            done="Nothing was turned round, nothing was counted.",
            fix="Correct the start or the end.",
        )
    ]


def _no_carer(table: pd.DataFrame) -> list[Problem]:
    without = blank(table["carer"])
    if not without.any():
        return []
    return [
        Problem(
            "SB-PLACE-32",
            "warn",
            f"{wording.count(int(without.sum()), 'placement names', 'placements name')} no carer.",
            table="placements",
            column="carer",
            rows=rows_where(without),
            why="Whoever cared there would be left out of the weights.",
            done="Their days count for nobody.",
            fix="Give homes and unknown carers a pseudonym of their own.",
        )
    ]


def children_apart(placements: pd.DataFrame, seen: pd.DataFrame, keys: Sequence[str]) -> list[Problem]:
    """Ids that would not find one another, or would find another child's."""
    problems = [
        Problem(
            "SB-ID-04",
            "stop",
            f"{key!r} holds numbers in one table and text in the other.",
            table="placements, waves",
            column=key,
            why="No child would be found in its placements.",
            done="Nothing was counted.",
            fix=f"waves[{key!r}] = waves[{key!r}].astype(placements[{key!r}].dtype)",
        )
        for key in keys
        if len(placements) and len(seen) and is_number(placements[key]) != is_number(seen[key])
    ]
    return [*problems, *([] if "site" in keys else _same_id_at_sites(placements, seen))]


def _same_id_at_sites(placements: pd.DataFrame, seen: pd.DataFrame) -> list[Problem]:
    """A child's id at several sites of one table, while the other does not say which site is meant."""
    problems = []
    for name, table in (("placements", placements), ("waves", seen)):
        if "site" not in table:
            continue
        wrong = (table.groupby("child")["site"].transform("nunique") > 1).to_numpy()
        n = int(wrong.sum())
        if n:
            problems.append(
                Problem(
                    "SB-ID-03",
                    "stop",
                    f"{wording.count(n, 'row has', 'rows have')} the id of a child of another site.",
                    table=name,
                    column="child",
                    rows=table.loc[wrong, "row"].tolist(),
                    why="The other table has no sites, so days would count for both children.",
                    done="Nothing was counted.",
                    fix="Add the column 'site' to both tables.",
                )
            )
    return problems


def placements_at_once(placements: pd.DataFrame, keys: list[str]) -> list[Problem]:
    """Placements that begin before an earlier one of the child has ended; both rows are named."""
    order = placements.dropna(subset="start").sort_values([*keys, "start", "end"], kind="stable")
    order = order[~(order["end"] < order["start"])]
    children = [order[key] for key in keys]
    ends = order["end"].fillna(LAST)
    longest = ends.groupby(children, sort=False, dropna=False).cummax()
    before = longest.groupby(children, sort=False, dropna=False).shift()
    holder = order["row"].where(ends == longest).groupby(children, sort=False, dropna=False).ffill()
    holder = holder.groupby(children, sort=False, dropna=False).shift()
    inside = order["start"] < before
    both_open = inside & (before == LAST) & order["end"].isna()
    fix = "End the first on the day the second begins; cut a long placement around respite, or leave respite out."
    problems = []
    for wrong, code, what, column in (
        (both_open, "SB-PLACE-02", "more than one placement without an end", "end"),
        (inside & ~both_open, "SB-PLACE-03", "placements that overlap", "start"),
    ):
        if wrong.any():
            n = len(order.loc[wrong, keys].drop_duplicates())
            problems.append(
                Problem(
                    code,
                    "stop",
                    f"{wording.count(n, 'child has', 'children have')} {what}.",
                    table="placements",
                    column=column,
                    rows=sorted({*order.loc[wrong, "row"], *holder[wrong].astype(int)}),
                    why="The days in common would count for two carers.",
                    done="No placement was cut; both rows of each pair are listed.",
                    fix=fix,
                )
            )
    return problems
