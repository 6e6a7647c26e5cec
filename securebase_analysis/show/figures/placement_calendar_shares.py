"""Where the children of a cohort are over time: counts of children in each state, and the bands made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.show.figures.placement_calendar_numbers import (
    DAYS_OF,
    FEWEST,
    Rounded,
    Time,
    calendar_courses,
    rounding,
)
from securebase_analysis.show.figures.placement_courses import Courses, state_codes
from securebase_analysis.show.figures.placement_flow_hiding import joined_states
from securebase_analysis.show.figures.placement_look import (
    axis_of_dates,
    axis_of_years,
    lined,
    looks_of,
    side_names,
)
from securebase_analysis.show.figures.placement_words import (
    EXITS,
    GAP,
    LEFT_CARE,
    NOT_FOLLOWED,
    NOT_KNOWN,
    REST,
    STAYS_ON,
    in_order,
)
from securebase_analysis.show.figures.style import INK

COLUMNS = ["time", "state", "n_children", "n_followed", "share"]
WEEK = 7.0
ALL = 10**9


def occupancy_frame(
    history: Any,
    *,
    time: Time = "days",
    detailed: bool = False,
    most_types: int = 7,
    short_breaks: bool = False,
    round_to: Rounded | None = None,
    hide_below: int | None = None,
) -> pd.DataFrame:
    """How many children are where, week by week.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 return, or pandas.DataFrame
        From `placement_history`; anything else is made into a history by the default rules.
    time : {"days", "date"}
        Days since the first placement, of the children followed so long; or dates, of the children in care.
    detailed, most_types, short_breaks, round_to, hide_below
        As in `calendar_frame`; rounded, the counts are a month or a quarter apart. With `hide_below` states of
        fewer children are joined with others at each time.

    Returns
    -------
    pandas.DataFrame
        ``time, state, n_children, n_followed, share``: of `n_followed` children `n_children` are in the state.

    Notes
    -----
    By days, only children whose first placement began within the data are counted: of those who began before,
    only the ones who stayed are known. The shares are plain: children followed for a shorter time are left out
    from then on, which misleads where children who came later fare otherwise. `cumulative_incidence` uses all.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "b"], "carer": ["x", "y"], "type": ["foster", "kinship"],
    ...     "start": ["2021-01-01", "2021-01-01"], "end": ["2021-01-10", None], "end_reason": ["adopted", ""],
    ... })
    >>> from securebase_analysis.study.spells import placement_history
    >>> frame = occupancy_frame(placement_history(table, freeze="2021-01-20"))
    >>> frame.loc[frame["time"] == 14, ["state", "n_children", "share"]].values.tolist()
    [['Foster care', 0, 0.0], ['Kinship care', 1, 0.5], ['Adopted', 1, 0.5]]
    """
    courses, _ = calendar_courses(history, detailed, most_types, ALL, short_breaks, hide_below, 1)
    return occupancy(courses, time, rounding(round_to, hide_below), hide_below)[0]


def occupancy(
    courses: Courses, time: Time, round_to: Rounded, hide_below: int | None
) -> tuple[pd.DataFrame, list[str]]:
    """The frame of `occupancy_frame` from courses, and what was joined."""
    step = WEEK if round_to == "day" else DAYS_OF[round_to]
    if time == "date":
        days, (codes, names) = _by_date(courses, step)
        uncounted = np.isin(names, (*EXITS, NOT_KNOWN))
    else:
        days, (codes, names) = _by_days(courses, step, hide_below or 1)
        uncounted = names == NOT_FOLLOWED
    codes = np.where(uncounted, 0, np.arange(len(names)))[codes]
    notes: list[str] = []
    if hide_below is not None:
        joined, notes = joined_states(names[codes], hide_below)
        words, names = pd.factorize(np.concatenate([[""], joined.ravel()]).astype(object))
        codes = words[1:].reshape(codes.shape)
    counts = np.stack([np.bincount(column, minlength=len(names)) for column in codes.T])
    return _counted(days, counts, names, time), notes


def _counted(days: np.ndarray, counts: np.ndarray, names: np.ndarray, time: Time) -> pd.DataFrame:
    """Counts of children by time (rows) and state (columns, the first of which does not count) as a frame."""
    order = state_order(names[counts.sum(axis=0) > 0])
    places = [list(names).index(state) for state in order]
    followed = np.repeat(counts[:, 1:].sum(axis=1), len(order))
    frame = pd.DataFrame({
        "time": np.repeat(days, len(order)), "state": np.tile(np.array(order, dtype=object), len(days)),
        "n_children": counts[:, places].ravel(), "n_followed": followed,
    })  # fmt: skip
    frame["share"] = frame["n_children"] / frame["n_followed"].where(frame["n_followed"] > 0)
    if time == "date":
        frame["time"] = pd.to_datetime(frame["time"], unit="D")
    return frame


def _by_days(courses: Courses, step: float, least: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """States since the first placement, of children who began within the data."""
    within = courses.children
    n_all = len(within)
    within = within[within["seen"]]
    if within.empty:
        raise ModelError(none_began_within(n_all))
    chosen = courses.only(within["child"])
    followed = np.sort(courses.freeze - within["first"].to_numpy())[::-1]
    fewest = max(FEWEST, least, len(followed) // 2)
    end = followed[min(fewest, len(followed)) - 1]
    days = np.arange(0.0, end + 1e-9, step)
    return days, state_codes(chosen, days)


def _by_date(courses: Courses, step: float) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """States by date from the first day of the data on."""
    begin = max(courses.observed_from, float(courses.stays["start"].min()))
    days = np.arange(begin, courses.freeze + 1e-9, step)
    return days, state_codes(courses, days, by_date=True)


def none_began_within(n: int) -> Problem:
    """All children came before the data begin."""
    return Problem(
        "SB-OUT-62",
        "stop",
        f"The first placement of each of the {n:,} children began before the data do.",
        why="Of those who came before, only the children who stayed are known, not their course from the start.",
        fix="placement_history(data, observed_from=...) with an earlier day, where the data hold all from then on",
    )


def state_order(states: np.ndarray) -> list[str]:
    """States that occur: types, gaps, exits, and what is not known."""
    found = {str(state) for state in pd.unique(states) if state}
    last = (GAP, *EXITS, LEFT_CARE, REST, NOT_KNOWN, STAYS_ON, NOT_FOLLOWED)
    return [*in_order(found - set(last)), *(state for state in last if state in found)]


def draw_shares(ax: Axes, frame: pd.DataFrame, time: Time) -> None:
    """Bands one on the other, named at the right."""
    value = "share" if time == "days" else "n_children"
    states = list(dict.fromkeys(frame["state"]))
    looks = looks_of(states)
    at = frame.loc[frame["state"] == states[0], "time"].to_numpy()
    low, middles = np.zeros(len(at)), []
    for state in states:
        high = low + frame.loc[frame["state"] == state, value].to_numpy(float)
        look = looks[state]
        style: dict[str, Any] = {"facecolor": look.color, "hatch": look.hatch, "edgecolor": look.lines}
        lined(ax.fill_between(at, low, high, linewidth=0.0, **style), look)
        ax.plot(at, high, color=INK, linewidth=0.5)
        middles.append((low[-1] + high[-1]) / 2.0)
        low = high
    if time == "days":
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylim(0.0, 1.0)
        ax.set_ylabel("Children followed so long")
        axis_of_years(ax, float(at[-1]))
        _counts(ax, frame, states[0])
    else:
        top = 1.05 * float(np.max(low))
        ticks = np.asarray(MaxNLocator(integer=True, steps=[1, 2, 5, 10]).tick_values(0.0, top))
        ax.set_ylim(0.0, top)
        ax.set_yticks(ticks[ticks <= top])
        ax.set_ylabel("Children in care")
        axis_of_dates(ax, at[0], at[-1])
    side_names(ax, middles, states)


def _counts(ax: Axes, frame: pd.DataFrame, state: str) -> None:
    """How many are followed so long, under the years."""
    rows = frame[frame["state"] == state]
    place: dict[str, Any] = {
        "textcoords": "offset points", "annotation_clip": False, "fontsize": 7.5, "va": "top",
        "xycoords": ax.get_xaxis_transform(),
    }  # fmt: skip
    for tick in ax.get_xticks():
        n = rows.loc[(rows["time"] - tick).abs().idxmin(), "n_followed"]
        ax.annotate(f"{n:,}", (tick, 0.0), xytext=(0.0, -38.0), ha="center", color=INK, **place)
    place["xycoords"] = "axes fraction"
    ax.annotate("Children followed", (0.0, 0.0), xytext=(-14.0, -38.0), ha="right", color="#767676", **place)
