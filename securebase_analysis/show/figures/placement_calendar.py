"""The placement calendar of a cohort: a row a child, a bar a placement, moves, exits and what is still open."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import check_option
from securebase_analysis.results import wording
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.placement_calendar_numbers import (
    FEWEST,
    Order,
    Rounded,
    Time,
    calendar_courses,
    frame_of,
    rounding,
)
from securebase_analysis.show.figures.placement_calendar_rows import draw_rows
from securebase_analysis.show.figures.placement_calendar_shares import ALL, draw_shares, occupancy
from securebase_analysis.show.figures.placement_courses import Courses, history_of
from securebase_analysis.show.figures.placement_words import in_order
from securebase_analysis.show.figures.style import (
    TEXT_WIDTH,
    head,
    look,
    new_axes,
)

Style = Literal["rows", "shares"]


def plot_calendar(
    history: Any,
    *,
    style: Style = "rows",
    time: Time = "days",
    order: Order = "length",
    detailed: bool = False,
    most_types: int = 7,
    most_children: int = 300,
    short_breaks: bool = False,
    round_to: Rounded | None = None,
    hide_below: int | None = None,
    seed: int = 1,
    title: str | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw where the children of a cohort lived, and how their placements and their care ended.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 return, or pandas.DataFrame
        From `placement_history`; anything else is made into a history by the default rules, and the notes say so.
    style : {"rows", "shares"}
        A row a child; or, for many children, the share of them in each state over time.
    time : {"days", "date"}
        Time since the child's first placement, or the calendar. Dates may identify a child.
    order : {"length", "start", "type"}
        Of the rows; see `calendar_frame`.
    detailed, most_types, most_children, short_breaks, round_to, hide_below, seed
        What is drawn and how safe it is to show; see `calendar_frame`. For publication
        ``plot_calendar(history, hide_below=10)``.
    title : str, optional
        Title; a plain one by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; by default as the study or the history says.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Notes
    -----
    A bar is thin before the first day of the data: such a placement is known only because it lasted until then,
    and what came before it is not known. An SVG holds the bars as exactly as they are drawn, and the length of a
    row that is still open gives the day of entry away: round for publication.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a", "b"], "carer": ["x", "y", "z"], "type": ["foster", "kinship", "foster"],
    ...     "start": ["2021-01-01", "2021-03-01", "2021-02-01"], "end": ["2021-03-01", None, None],
    ... })
    >>> from securebase_analysis.study.spells import placement_history
    >>> ax = plot_calendar(placement_history(table, freeze="2021-12-31"))
    >>> ax.get_ylabel()
    '2 children'
    """
    check_drawing(ax, title)
    check_option("style", style, ("rows", "shares"))
    check_option("time", time, ("days", "date"))
    rounded = rounding(round_to, hide_below)
    most = most_children if style == "rows" else ALL
    simulated = is_simulated(history, simulated)
    history, told = history_of(history)
    courses, notes = calendar_courses(history, detailed, most_types, most, short_breaks, hide_below, seed)
    if style == "rows":
        frame = frame_of(courses, time, order, rounded, seed)
        notes = [*_about_rows(courses, frame, time, order, rounded), *notes]
    else:
        frame, joined = occupancy(courses, time, rounded, hide_below)
        notes = [*_about_shares(courses, frame, time), *joined, *notes]
    title = title or ("Placement calendar" if style == "rows" else "Where the children live over time")
    with look():
        if style == "rows":
            ax = draw_rows(ax, frame, time, courses.observed_from)
        else:
            ax = ax or new_axes(TEXT_WIDTH, 4.2)
            draw_shares(ax, frame, time)
        head(ax, title)
        if time == "date" and style == "rows":
            ax.set_title(ax.get_title(loc="left"), loc="left", pad=20)
        alt = _alt_of_rows(frame) if style == "rows" else _alt_of_shares(frame, time)
        caption(ax, frame, f"{title}. {alt}", title, (*notes, *told, *history.notes), simulated=simulated)
    return ax


# ---- what stands around them -----------------------------------------------------------------------------------


def _about_rows(courses: Courses, frame: pd.DataFrame, time: Time, order: Order, round_to: Rounded) -> list[str]:
    """Counts, the order of the rows, and what the picture gives away."""
    n = int(frame["row"].max())
    kinds = frame["kind"].value_counts()
    stays, moves, exits, going = (
        len(courses.stays),
        *(int(kinds.get(kind, 0)) for kind in ("move", "exit", "open")),
    )
    ordered = {
        "length": "by the time from the first placement to the last day known",
        "start": "by the first day",
        "type": "by the type of the first placement, then by length",
    }[order]
    notes = [
        f"{wording.count(n, 'child', 'children')} with {wording.count(stays, 'spell')}, "
        f"{wording.count(moves, 'move')}, {wording.count(exits, 'exit')} from care, {going:,} still in placement.",
        f"A row a child, ordered {ordered}; equal ones at random.",
    ]
    n_before = int((~courses.children["seen"]).sum())
    if n_before:
        notes.append(
            f"{wording.count(n_before, 'child', 'children')} came before the first day of the data; what was "
            "before it (thin) is known only of placements that lasted until then."
        )
    if n < FEWEST:
        notes.append(f"Fewer than {FEWEST} children: they could be recognised. Not for publication (SB-OUT-09).")
    if time == "date":
        notes.append("Dates may identify a child: not for publication unless rounded.")
    if round_to != "day":
        unit = "time" if time == "days" else "dates"
        notes.append(f"Rounded down: {unit} to the {round_to}; shorter placements are not drawn, their moves are.")
    return notes


def _about_shares(courses: Courses, frame: pd.DataFrame, time: Time) -> list[str]:
    """Who is counted, and what the bands do not say."""
    if time == "date":
        return ["Children in care on each day, from the first day of the data on."]
    n_all, n = len(courses.children), int(frame["n_followed"].iloc[0])
    notes = [f"{wording.count(n, 'child', 'children')} whose first placement began within the data."]
    if n < n_all:
        notes.append(f"{n_all - n:,} who came before are left out: of those, only the ones who stayed are known.")
    notes.append("Shares of the children followed so long; drawn as long as half of them are, and ten.")
    return notes


def _alt_of_rows(frame: pd.DataFrame) -> str:
    """How many children, bars of each type, moves and exits."""
    n = int(frame["row"].max())
    is_bar = frame["kind"].isin(("placement", "before"))
    children = frame[is_bar].groupby("label")["row"].nunique()
    types = [f"{name.lower()} {children[name]:,}" for name in in_order(children.index)]
    moves = frame[frame["kind"] == "move"].groupby("row").size()
    ends = frame[frame["kind"].isin(("exit", "end"))]["label"].value_counts()
    how = [f"{name.lower()} {count:,}" for name, count in ends.items()]
    still = int((frame["kind"] == "open").sum())
    return (
        f"{wording.count(n, 'child', 'children')}, a row each. Children ever in: {', '.join(types)}. "
        f"{wording.count(int(moves.sum()), 'move')} of {wording.count(len(moves), 'child', 'children')}. "
        f"Care ended: {', '.join(how) or 'of none'}; still in placement {still:,}."
    )


def _alt_of_shares(frame: pd.DataFrame, time: Time) -> str:
    """The states at the start and at the end of each year."""
    days = frame["time"].drop_duplicates().reset_index(drop=True)
    chosen = days.iloc[np.unique(np.linspace(0, len(days) - 1, 5).astype(int))]
    sentences = []
    for day in chosen:
        rows = frame[(frame["time"] == day) & (frame["n_children"] > 0)]
        counted = [f"{row.state.lower()} {row.n_children:,}" for row in rows.itertuples()]
        when = f"day {day:g}" if time == "days" else f"{day:%B %Y}"
        sentences.append(f"{when}: {', '.join(counted) or 'none'}")
    return captions.read_out(sentences, "day")
