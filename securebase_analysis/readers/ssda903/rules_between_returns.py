"""Rules 503A to 503J: a child's first episode in a return agrees with the open episode of the return before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import DAY
from securebase_analysis.readers.ssda903.ledger import Ledger

DISTANCE_TOLERANCE = 0.2
Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Carried:
    """What is carried over from one return to the next: the letter of its rule, our column, the return's."""

    letter: str
    column: str
    name: str


CARRIED: tuple[Carried, ...] = (
    Carried("A", "rne", "RNE"),
    Carried("B", "ls", "LS"),
    Carried("C", "cin", "CIN"),
    Carried("D", "place", "PLACE"),
    Carried("E", "place_provider", "PLACE_PROVIDER"),
    Carried("F", "urn", "URN"),
    Carried("G", "pl_distance", "PL_DISTANCE"),
    Carried("H", "pl_la", "PL_LA"),
    Carried("J", "pl_location", "PL_LOCATION"),
)


def check_between_returns(frame: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Name the first episodes that disagree with the open episode at the end of the year before.

    Parameters
    ----------
    frame : pandas.DataFrame
        Episodes of all returns before they were merged.
    files : sequence of str
        Their names by number.
    ledger : Ledger
        Takes the problems.
    """
    first, last_open = _pairs(frame)
    if not len(first):
        return
    for carried in CARRIED:
        if carried.column in frame:
            places = first[_rule_503(frame[carried.column], carried.letter, first, last_open)]
            _report(carried, places, frame, files, ledger)


def _pairs(frame: pd.DataFrame) -> Pairs:
    """Places of each child's first episode in a return, and of the open one of the return a year before."""
    nothing = np.zeros(0, dtype="int64")
    years = frame["_year"].to_numpy()
    usable = np.flatnonzero(
        ~np.isnan(years) & (frame["child"].cat.codes.to_numpy() >= 0) & ~np.isnat(frame["start"].to_numpy())
    )
    if not len(usable) or len(pd.unique(years[usable])) < 2:
        return nothing, nothing
    child = frame["child"].cat.codes.to_numpy()[usable].astype("int64")
    year = years[usable].astype("int64") - int(np.nanmin(years))
    day = frame["start"].to_numpy()[usable].astype(DAY).astype("int64") + 2**16
    group = child * (int(year.max()) + 2) + year
    order = np.argsort(group * 2**18 + day, kind="stable")
    group, usable = group[order], usable[order]
    begins = np.append(True, group[1:] != group[:-1])
    ends = np.append(begins[1:], True)
    is_open = np.isnat(frame["end"].to_numpy()[usable])
    last = pd.Series(usable[ends & is_open], index=group[ends & is_open] + 1)
    first_group, first_place = group[begins], usable[begins]
    matched = last.reindex(first_group)
    found = matched.notna().to_numpy()
    return first_place[found], matched.to_numpy()[found].astype("int64")


def _rule_503(column: pd.Series, letter: str, first: np.ndarray, last_open: np.ndarray) -> np.ndarray:
    """Rule 503 of one letter: the two episodes differ; D lets H5 become K3, G lets distances vary by 0.2."""
    codes, categories = column.cat.codes.to_numpy(), column.cat.categories
    now, then = codes[first], codes[last_open]
    differ = now != then
    if letter == "G":
        miles = np.append(pd.to_numeric(pd.Series(categories), errors="coerce").to_numpy(dtype="float64"), np.nan)
        return differ & ~(np.abs(miles[now] - miles[then]) < DISTANCE_TOLERANCE)
    if letter == "D":
        is_k3, is_h5 = (np.append(categories == code, False) for code in ("K3", "H5"))
        return differ & ~(is_k3[now] & is_h5[then])
    return differ


def _report(
    carried: Carried, places: np.ndarray, frame: pd.DataFrame, files: Sequence[str], ledger: Ledger
) -> None:
    """One problem for each file."""
    for number, mine in rows_by_file(frame, places):
        ledger.rule(
            f"503{carried.letter}",
            "SB-PLACE-43",
            f"{len(mine)} first episodes have another {carried.name} than the open episode of the return before.",
            "episodes",
            files[number],
            carried.name,
            mine,
            why="It is one episode, told in two ways.",
            done="What the latest return says was kept.",
        )
