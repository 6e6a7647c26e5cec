"""The placement calendar of a cohort: a row a child, a bar a placement, moves, exits and what is still open."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from securebase_analysis.errors import check_option
from securebase_analysis.results import wording
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
from securebase_analysis.show.figures.placement_calendar_shares import ALL, draw_shares, occupancy
from securebase_analysis.show.figures.placement_courses import Courses, history_of
from securebase_analysis.show.figures.placement_look import (
    axis_of_dates,
    axis_of_years,
    key_below,
    key_height,
    lined,
    looks_of,
)
from securebase_analysis.show.figures.placement_words import EXITS, GAP, NOT_KNOWN, in_order
from securebase_analysis.show.figures.style import (
    BLACK,
    INK,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    head,
    look,
    new_axes,
)

TALLEST_ROW, LOWEST_ROW, DRAWING = 0.17, 0.024, 4.6
"""Inches: of a row in a small and in a large cohort, and of all rows where there is a choice."""
LABELLED = 1.6
"""Inches of rows from which the words beside them have room."""
AROUND = 1.3
"""Inches of height for title, axis and margins."""
HATCHED_FROM = 4.0
"""Points of height from which any hatching of a bar is seen; in lower bars only lines across are."""
MARKS_BESIDE = 3.5
"""Points from the end of a bar to the sign that says how it ended."""
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
            ax = _draw_rows(ax, frame, courses, time)
        else:
            ax = ax or new_axes(TEXT_WIDTH, 4.2)
            draw_shares(ax, frame, time)
        head(ax, title)
        if time == "date" and style == "rows":
            ax.set_title(ax.get_title(loc="left"), loc="left", pad=20)
        alt = _alt_of_rows(frame) if style == "rows" else _alt_of_shares(frame, time)
        caption(ax, frame, f"{title}. {alt}", title, (*notes, *told, *history.notes), simulated=simulated)
    return ax


# ---- a row a child ---------------------------------------------------------------------------------------------


def _draw_rows(ax: Axes | None, frame: pd.DataFrame, courses: Courses, time: Time) -> Axes:
    """Bars, what is between them, and the signs on them."""
    n = int(frame["row"].max())
    pitch = max(LOWEST_ROW, min(TALLEST_ROW, DRAWING / n))
    drawn, points = _as_numbers(frame, time), 72.0 * pitch
    keys = _keys(drawn, points)
    ax = ax or new_axes(TEXT_WIDTH, max(n * pitch, 0.7) + AROUND + key_height(keys))
    ax.set_ylim(n + 0.5, 0.5)
    _draw_bars(ax, drawn, points)
    _draw_moves(ax, drawn, points)
    _draw_signs(ax, drawn, points)
    last = float(drawn[["start", "stop"]].max().max())
    if time == "days":
        axis_of_years(ax, last)
        ax.set_xlim(0.0, max(1.0, 1.015 * last))
    else:
        first = float(drawn["start"].min())
        axis_of_dates(ax, first - 0.005 * (last - first) - 1.0, last + 0.015 * (last - first) + 1.0)
        _mark_first_day(ax, courses, first)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    who = wording.count(n, "child", "children")
    ax.set_ylabel(who if n * pitch < LABELLED else f"{who}, a row each")
    key_below(ax, keys)
    return ax


def _as_numbers(frame: pd.DataFrame, time: Time) -> pd.DataFrame:
    """Dates as the axis counts them."""
    if time == "days":
        return frame
    return frame.assign(**{name: date2num(frame[name].to_numpy("datetime64[D]")) for name in ("start", "stop")})


def _boxes(rows: pd.DataFrame, height: float) -> list[Any]:
    """Corners of a bar for each row."""
    low, high = rows["start"].to_numpy(float), rows["stop"].to_numpy(float)
    up, down = rows["row"].to_numpy(float) - height / 2.0, rows["row"].to_numpy(float) + height / 2.0
    return list(np.stack([low, up, high, up, high, down, low, down], axis=1).reshape(-1, 4, 2))


def _draw_bars(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """Full bars within the data, thin ones before; dotted lines where a child is in care without a placement."""
    looks = looks_of(_types(frame))
    for kind, height in (("before", 0.3), ("placement", 0.84)):
        for name, one in looks.items():
            rows = frame[(frame["kind"] == kind) & (frame["label"] == name)]
            if rows.empty:
                continue
            hatch = one.hatch if points * height >= HATCHED_FROM else one.low if kind == "placement" else ""
            edge = one.lines if hatch else "none"
            style: dict[str, Any] = {"facecolor": one.color, "hatch": hatch, "edgecolor": edge}
            bars = PolyCollection(_boxes(rows, height), linewidth=0.0, snap=False, **style)
            ax.add_collection(lined(bars, one))
    gaps = frame[frame["kind"] == "gap"]
    ax.hlines(gaps["row"], gaps["start"], gaps["stop"], color=QUIET, linewidth=min(1.0, 0.35 * points),
              linestyle=(0, (1, 1.2)))  # fmt: skip


def _draw_moves(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """A black line between white ones, as high as the row."""
    rows = frame[frame["kind"] == "move"]
    at, row = rows["start"].to_numpy(float), rows["row"].to_numpy(float)
    lines = list(np.stack([at, row - 0.5, at, row + 0.5], axis=1).reshape(-1, 2, 2))
    wide = float(np.clip(0.25 * points, 0.7, 1.3))
    ax.add_collection(LineCollection(lines, colors="white", linewidths=wide + 1.4, capstyle="butt", zorder=3))
    ax.add_collection(LineCollection(lines, colors=BLACK, linewidths=wide, capstyle="butt", zorder=4))


def _draw_signs(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """How care ended and what goes on, right of the end of the bar."""
    beside = ax.transData + ScaledTranslation(MARKS_BESIDE / 72.0, 0.0, figure_of(ax).dpi_scale_trans)
    size = float(np.clip(0.95 * points, 2.8, 6.0))
    for name, style in _signs(frame).items():
        rows = frame[frame["kind"].isin(("exit", "end")) & (frame["label"] == name)]
        if name == OPEN:
            rows = frame[frame["kind"] == "open"]
        own = {**style, "markersize": size * style["markersize"], "markeredgewidth": min(0.7, 0.2 * size)}
        ax.plot(rows["start"], rows["row"], linestyle="", transform=beside, clip_on=False, zorder=5, **own)


OPEN = "Still in placement"
SIGNS: dict[str, dict[str, Any]] = {
    "Returned home": {"marker": "^", "markerfacecolor": "white"},
    "Adopted": {"marker": "*", "markerfacecolor": BLACK, "markersize": 1.35},
    "Guardianship or order": {"marker": "s", "markerfacecolor": "white", "markersize": 0.85},
    "Adult life": {"marker": "D", "markerfacecolor": BLACK, "markersize": 0.75},
    "Died": {"marker": "x", "markersize": 0.95},
    EXITS[-1]: {"marker": "o", "markerfacecolor": "white", "markersize": 0.9},
    NOT_KNOWN: {"marker": "o", "markerfacecolor": QUIET, "markersize": 0.5},
    OPEN: {"marker": ">", "markerfacecolor": QUIET, "markeredgecolor": QUIET, "markersize": 0.8},
}


def _signs(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The signs that occur, with their look."""
    found = set(frame.loc[frame["kind"].isin(("exit", "end")), "label"])
    found |= {OPEN} if (frame["kind"] == "open").any() else set()
    return {name: {"markeredgecolor": INK, "markersize": 1.0} | SIGNS[name] for name in SIGNS if name in found}


def _mark_first_day(ax: Axes, courses: Courses, first: float) -> None:
    """The first day of the data, where bars begin before it."""
    if courses.observed_from <= first:
        return
    ax.axvline(courses.observed_from, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2)
    ax.annotate("Data begin", (courses.observed_from, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(3.0, 1.5),
                textcoords="offset points", fontsize=7.5, color=INK, va="bottom", ha="left")  # fmt: skip


def _keys(frame: pd.DataFrame, points: float) -> list[list[Artist]]:
    """What the key explains: the fills as they are drawn, then the signs."""
    looks = looks_of(_types(frame))
    fills: list[Artist] = []
    for name, one in looks.items():
        hatch = one.hatch if 0.84 * points >= HATCHED_FROM else one.low
        patch = Patch(facecolor=one.color, hatch=hatch, edgecolor=one.lines, linewidth=0.0, label=name)
        fills.append(lined(patch, one))
    kinds = set(frame["kind"])
    signs: list[Artist] = []
    if "before" in kinds:
        signs.append(Line2D([], [], color=QUIET, linewidth=2.0, label="Before the data begin"))
    if "gap" in kinds:
        signs.append(Line2D([], [], color=QUIET, linewidth=1.0, linestyle=(0, (1, 1.2)), label=GAP))
    if "move" in kinds:
        signs.append(Line2D([], [], color=BLACK, linestyle="", marker="|", markersize=8, markeredgewidth=1.3,
                            label="Moved"))  # fmt: skip
    for name, style in _signs(frame).items():
        signs.append(Line2D([], [], linestyle="", label=name, markeredgewidth=0.7,
                            **{**style, "markersize": 6.0 * style["markersize"]}))  # fmt: skip
    return [fills, signs]


def _types(frame: pd.DataFrame) -> list[str]:
    """The types that are drawn, in order."""
    return in_order(frame.loc[frame["kind"].isin(("placement", "before")), "label"].unique())


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
