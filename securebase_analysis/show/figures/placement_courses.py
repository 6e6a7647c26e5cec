"""Where every child of a history is on each day: in which type of placement, out of care and how, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.placement_words import (
    GAP,
    NOT_FOLLOWED,
    NOT_KNOWN,
    exits_in_words,
    join_rare,
    types_in_words,
)
from securebase_analysis.study.spells import PlacementHistory, placement_history

FOREVER = 1e9
BY_DEFAULT = "Spells were made by the default rules of placement_history."


@dataclass(frozen=True, eq=False)
class Courses:
    """The stays of children as numbers of days, without any name.

    Attributes
    ----------
    stays : pandas.DataFrame
        ``child`` (a running number), ``period, start, stop`` (days since 1970-01-01; a stay that goes on stops at
        `FOREVER`, one without a night lasts half a day), ``type`` and ``exit`` in words ("" where care did not
        end), in order of child and start.
    freeze, observed_from : float
        Last and first day of the data; ``-inf`` where the first is not known.
    notes : tuple of str
        What was joined, left out or assumed.
    """

    stays: pd.DataFrame
    freeze: float
    observed_from: float
    notes: tuple[str, ...]

    @property
    def children(self) -> pd.DataFrame:
        """A row a child: ``child, first`` (its first day), ``seen`` (whether it began within the data)."""
        first = self.stays.groupby("child")["start"].min()
        return pd.DataFrame(
            {"child": first.index, "first": first.to_numpy(), "seen": first.to_numpy() >= self.observed_from}
        )

    def only(self, children: pd.Series) -> Courses:
        """The same of some children."""
        stays = self.stays[self.stays["child"].isin(children)].reset_index(drop=True)
        return Courses(stays, self.freeze, self.observed_from, self.notes)


def history_of(source: Any) -> tuple[PlacementHistory, tuple[str, ...]]:
    """A history as it is, or made by the default rules from what it is made of, and the note that says so."""
    if isinstance(source, PlacementHistory):
        return source, ()
    return placement_history(source), (BY_DEFAULT,)


def courses_of(
    history: PlacementHistory, *, detailed: bool, most_types: int, fewest: int, short_breaks: bool = False
) -> Courses:
    """The stays of a history, with types and exits in words.

    Raises
    ------
    ModelError
        When there is no spell to draw (SB-OUT-60).
    """
    spells = history.spells
    is_break = (spells["kind"] == "short breaks").to_numpy()
    child = spells.groupby(["site", "child"], sort=False).ngroup() + 1
    kept = spells if short_breaks else spells[~is_break]
    if kept.empty:
        raise ModelError(_nothing(len(spells)))
    types = types_in_words(kept["type"], history.coded, detailed)
    types, joined = join_rare(types, child[kept.index], most_types, fewest)
    start = days_since_1970(kept["start"])
    stop = np.where(kept["open"], FOREVER, days_since_1970(kept["end"]))
    left = kept["left_care"].to_numpy(bool)
    stays = pd.DataFrame(
        {
            "child": pd.factorize(child[kept.index])[0] + 1,
            "period": kept["period"].to_numpy(),
            "start": start,
            "stop": np.maximum(stop, start + 0.5),
            "type": types.to_numpy(),
            "exit": np.where(left, exits_in_words(kept["exit_reason"]), ""),
        }
    )
    n_lost = child.nunique() - stays["child"].nunique()
    notes = [*_joined_note(joined), *_breaks_note(0 if short_breaks else int(is_break.sum()), n_lost)]
    first = history.observed_from
    observed = -np.inf if first is None else float(days_since_1970(pd.Series([first]))[0])
    freeze = float(days_since_1970(pd.Series([history.freeze]))[0])
    return Courses(stays.sort_values(["child", "start"], kind="stable").reset_index(drop=True), freeze, observed,
                   tuple(notes))  # fmt: skip


def days_since_1970(dates: pd.Series) -> Floats:
    """Dates as days since 1970-01-01."""
    days = pd.to_datetime(dates).to_numpy("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype("int64").astype(float))


def _nothing(n_spells: int) -> Problem:
    """There is nothing to draw."""
    if n_spells:
        return Problem(
            "SB-OUT-60",
            "stop",
            f"All {wording.count(n_spells, 'spell')} are short breaks.",
            why="Children with short breaks live at home in between; pictures of placements leave them out.",
            fix="short_breaks=True draws them too",
        )
    return Problem(
        "SB-OUT-60",
        "stop",
        "The history has no spell.",
        why="A picture of placements needs at least one.",
        fix="len(history.spells), history.set_aside and history.notes say what became of the rows",
    )


def _joined_note(joined: list[str]) -> list[str]:
    """Which types stand together."""
    if not joined:
        return []
    return [f"Drawn as other placements: {captions.listed([name[:1].lower() + name[1:] for name in joined])}."]


def _breaks_note(n_spells: int, n_children: int) -> list[str]:
    """How many short breaks are not drawn."""
    if not n_spells:
        return []
    whole = (
        f", and with them {wording.count(n_children, 'child', 'children')} who had nothing else"
        if n_children
        else ""
    )
    return [f"{wording.count(n_spells, 'spell')} of short breaks left out{whole}."]


def states_at(courses: Courses, days: Floats) -> np.ndarray:
    """The state of every child so many days after its first placement began, in words; see `state_codes`."""
    codes, names = state_codes(courses, days)
    return names[codes]


def state_codes(courses: Courses, days: Floats, *, by_date: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The state of every child on each of some days.

    Parameters
    ----------
    courses : Courses
    days : numpy.ndarray, shape (n_times,)
        Days since the child's first placement began, or since 1970-01-01.
    by_date : bool
        Whether they are dates.

    Returns
    -------
    tuple of numpy.ndarray
        Numbers of states, shape (n_children, n_times), and the states by their number: the type of the placement
        that began last of those that hold on the day; else how care had ended; else that the child is in care
        without a placement, is not known to be in care, or was not followed so long. Number 0 is "", before the
        first placement.
    """
    stays, children = courses.stays, courses.children
    places = np.searchsorted(children["child"], stays["child"])
    origin = np.zeros(len(children)) if by_date else children["first"].to_numpy()
    start, stop = (stays[name].to_numpy() - origin[places] for name in ("start", "stop"))
    both = np.concatenate([[""], stays["type"], after_the_end(courses), [NOT_FOLLOWED]]).astype(object)
    codes, names = pd.factorize(both)
    of_type, of_end = codes[1 : len(stays) + 1], codes[len(stays) + 1 : -1]
    by_stop = np.argsort(stop, kind="stable")
    n_over = np.searchsorted(stop[by_stop], days, side="right")
    found = np.zeros((len(children), len(days)), dtype="int16")
    for column, day in enumerate(days):
        # Of several rows that are written to one child's place, the last one stays: stays are in order of start.
        over = by_stop[: n_over[column]]
        holds = (start <= day) & (day < stop)
        found[places[over], column] = of_end[over]
        found[places[holds], column] = of_type[holds]
        found[day > courses.freeze - origin, column] = codes[-1]
    return found, names


def after_the_end(courses: Courses) -> np.ndarray:
    """What is known of the child after each stay, as long as no other holds: exit, gap in care, or nothing."""
    stays = courses.stays
    last_start = stays.groupby(["child", "period"])["start"].transform("max").to_numpy()
    goes_on = last_start >= stays["stop"].to_numpy()
    return np.where(stays["exit"] != "", stays["exit"], np.where(goes_on, GAP, NOT_KNOWN)).astype(object)
