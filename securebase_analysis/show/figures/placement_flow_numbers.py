"""The numbers behind a flow of placements: children in each state at each time, and from state to state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results import wording
from securebase_analysis.show.figures.placement_calendar_numbers import check_count
from securebase_analysis.show.figures.placement_calendar_shares import none_began_within, state_order
from securebase_analysis.show.figures.placement_courses import (
    FOREVER,
    Courses,
    after_the_end,
    courses_of,
    history_of,
    states_at,
)
from securebase_analysis.show.figures.placement_flow_hiding import hidden_flows, joined_states
from securebase_analysis.show.figures.placement_words import EXITS, LEFT_CARE, NOT_KNOWN, STAYS_ON

COLUMNS = ["kind", "time", "to_time", "state", "to_state", "n_children", "share"]
YEARS = (0.0, 365.0, 730.0, 1095.0)
PLACEMENTS = (1.0, 2.0, 3.0)
MOST_COLUMNS = 6
Steps = Literal["time", "placement"]
Began = Literal["within", "any"]
Exits = Literal["apart", "joined"]


@dataclass(frozen=True, eq=False)
class Flow:
    """What is drawn: the frame, and what was joined, hidden or left out."""

    frame: pd.DataFrame
    times: tuple[float, ...]
    steps: Steps
    notes: tuple[str, ...]


def flow_frame(
    history: Any,
    *,
    steps: Steps = "time",
    at: Sequence[float] | None = None,
    began: Began = "within",
    exits: Exits = "apart",
    detailed: bool = False,
    most_types: int = 6,
    short_breaks: bool = False,
    hide_below: int | None = None,
) -> pd.DataFrame:
    """How many children are in each state at each time, and how many go from each state to each other.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 return, or pandas.DataFrame
        From `placement_history`; anything else is made into a history by the default rules.
    steps : {"time", "placement"}
        States at times since the first placement began; or the first, second, third placement of the first period
        of care, whenever they were.
    at : sequence of float, optional
        Days since the first placement, by default 0, 365, 730 and 1095 as far as half of the children are
        followed; or numbers of placements, by default 1, 2 and 3.
    began : {"within", "any"}
        Only children whose first placement began within the data; or also those who came before, of whom only the
        ones who stayed are known.
    exits : {"apart", "joined"}
        The ways out of care each by itself, or all as one.
    detailed : bool
        Codes of a return each by itself rather than as care contexts.
    most_types : int
        Types with fewer children than the first so many are one.
    short_breaks : bool
        With the spells of agreed short breaks.
    hide_below : int, optional
        For publication: states of fewer children are joined with others; flows of fewer children, and those from
        which they could be worked out, are missing.

    Returns
    -------
    pandas.DataFrame
        ``kind, time, to_time, state, to_state, n_children, share``. Kind *block*: so many children are in `state`
        at `time`; the blocks of a time add up to all children. Kind *flow*: of these so many are in `to_state` at
        `to_time`; `share` is of the children in `state`, of a block of all. The flows out of a block and into a
        block add up to it.

    Raises
    ------
    ModelError
        When there is nothing to draw (SB-OUT-60), all children came before the data begin (SB-OUT-62), or the
        times cannot be drawn (SB-OUT-63).

    Notes
    -----
    Children who are not followed so long are a block of their own, so that no share rests on a part of the
    children without saying so. A child who left care and came back is again in a placement.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a", "b"], "carer": ["x", "y", "z"], "type": ["foster", "kinship", "foster"],
    ...     "start": ["2021-01-01", "2021-03-01", "2021-02-01"], "end": ["2021-03-01", None, None],
    ... })
    >>> from securebase_analysis.study.spells import placement_history
    >>> frame = flow_frame(placement_history(table, freeze="2021-12-31"), at=[0, 100])
    >>> frame.loc[frame["kind"] == "flow", ["state", "to_state", "n_children"]].values.tolist()
    [['Foster care', 'Foster care', 1], ['Foster care', 'Kinship care', 1]]
    """
    return flow_of(history, steps, at, began, exits, detailed, most_types, short_breaks, hide_below).frame


def flow_of(
    source: Any, steps: Steps, at: Sequence[float] | None, began: Began, exits: Exits, detailed: bool,
    most_types: int, short_breaks: bool, hide_below: int | None,
) -> Flow:  # fmt: skip
    """The frame of `flow_frame` with its notes."""
    check_option("steps", steps, ("time", "placement"))
    check_option("began", began, ("within", "any"))
    check_option("exits", exits, ("apart", "joined"))
    check_count("most_types", most_types)
    if hide_below is not None:
        check_count("hide_below", hide_below)
    history, told = history_of(source)
    courses = courses_of(history, detailed=detailed, most_types=most_types, fewest=1, short_breaks=short_breaks)
    courses, before = _who_began(courses, began)
    times = _times(courses, steps, at)
    found = states_at(courses, np.array(times)) if steps == "time" else _by_placement(courses, times)
    if exits == "joined":
        found = np.where(np.isin(found, EXITS), LEFT_CARE, found)
    notes = [*before, *told, *courses.notes]
    if hide_below is not None:
        found, joined = joined_states(found, hide_below)
        notes += joined
    frame = _frame(found, times)
    if hide_below is not None:
        frame, hidden = hidden_flows(frame, hide_below)
        notes += hidden
    return Flow(frame, times, steps, tuple(notes))


def _who_began(courses: Courses, began: Began) -> tuple[Courses, list[str]]:
    """The children who began within the data, or all, and the note on the others."""
    children = courses.children
    within = children.loc[children["seen"], "child"]
    n_before = len(children) - len(within)
    if not n_before:
        return courses, []
    who = wording.count(n_before, "child", "children")
    if began == "any":
        return courses, [f"{who} came before the data begin: of those, only the ones who stayed are known."]
    if within.empty:
        raise ModelError(none_began_within(n_before))
    return courses.only(within), [
        f"{who} who came before the data begin left out: only who stayed is known of them."
    ]


def _times(courses: Courses, steps: Steps, at: Sequence[float] | None) -> tuple[float, ...]:
    """The times asked for, ascending, or those that most children reach."""
    if at is None and steps == "placement":
        return PLACEMENTS
    if at is None:
        followed = courses.freeze - courses.children["first"].to_numpy()
        reached = [year for year in YEARS if (followed >= year).mean() >= 0.5]
        return tuple(reached) if len(reached) > 1 else YEARS[:2]
    times = tuple(float(time) for time in at)
    lowest = 0.0 if steps == "time" else 1.0
    whole = steps == "time" or all(time.is_integer() for time in times)
    ascending = all(one < other for one, other in pairwise(times))
    if not (2 <= len(times) <= MOST_COLUMNS and ascending and times[0] >= lowest and whole):
        raise ModelError(_no_times(steps, len(times)))
    return times


def _no_times(steps: Steps, n: int) -> Problem:
    """Times that make no picture."""
    what = "days since the first placement" if steps == "time" else "numbers of placements, whole and from 1"
    return Problem(
        "SB-OUT-63",
        "stop",
        f"at needs 2 to {MOST_COLUMNS} ascending {what}; {n} were given or their order is another.",
        why="Children flow from each to the next, side by side on a page.",
        fix="at=[0, 365, 730]" if steps == "time" else "at=[1, 2, 3]",
    )


def _by_placement(courses: Courses, numbers: Sequence[float]) -> np.ndarray:
    """The type of each child's placement with this number, or how its first period of care went on without one."""
    stays = courses.stays.assign(after=after_the_end(courses))
    first = stays[stays["period"] == stays.groupby("child")["period"].transform("first")]
    order = first.groupby("child").cumcount() + 1
    last = first.loc[first.groupby("child")["stop"].idxmax()].set_index("child")
    rest = last["exit"].where(last["exit"] != "", NOT_KNOWN).where(last["stop"] < FOREVER, STAYS_ON)
    columns = []
    for number in numbers:
        have = first[order == number].set_index("child")["type"]
        columns.append(have.reindex(rest.index).where(rest.index.isin(have.index), rest).to_numpy())
    return np.column_stack(columns).astype(object)


def _frame(found: np.ndarray, times: Sequence[float]) -> pd.DataFrame:
    """Blocks of every time and flows to the next, in the order in which they are drawn."""
    order = state_order(found.ravel())
    place = {state: number for number, state in enumerate(order)}
    parts = []
    for column, time in enumerate(times):
        n = pd.Series(found[:, column]).value_counts()
        n = n.reindex(sorted(n.index, key=place.__getitem__))
        block = pd.DataFrame({"time": time, "state": n.index, "n_children": n.to_numpy()})
        parts.append(
            block.assign(kind="block", share=block["n_children"] / len(found), to_time=np.nan, to_state="")
        )
        if column + 1 < len(times):
            parts.append(_flows(found[:, column], found[:, column + 1], place, time, times[column + 1]))
    frame = pd.concat(parts, ignore_index=True)[COLUMNS]
    return frame.astype({"n_children": "Int64", "share": float})


def _flows(
    here: np.ndarray, there: np.ndarray, place: dict[str, int], time: float, to_time: float
) -> pd.DataFrame:
    """How many children go from each state to each other."""
    n = (
        pd.DataFrame({"state": here, "to_state": there})
        .value_counts(sort=False)
        .rename("n_children")
        .reset_index()
    )
    n = n.sort_values(["state", "to_state"], key=lambda names: names.map(place), ignore_index=True)
    share = n["n_children"] / n.groupby("state")["n_children"].transform("sum")
    return n.assign(kind="flow", time=time, to_time=to_time, share=share)
