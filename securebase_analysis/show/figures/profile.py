"""The five-dimension profile of a child, a carer or a group: both sides of each dimension, intervals, and n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.profile_numbers import COLUMNS, IN_PAIRS, profile_frame
from securebase_analysis.show.figures.style import (
    BLACK,
    BLUE,
    HAIRLINE,
    INK,
    ORANGE,
    QUIET,
    TEXT_WIDTH,
    folded,
    head,
    legend_below,
    look,
    new_axes,
    row_labels,
    rows_height,
    ruled,
    series,
    side_column,
)

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores

SIDE_COLOR = {"caregiving": BLUE, "benefit": ORANGE}
SIDE_HATCH = {"caregiving": "", "benefit": "////"}
SIDE_NAME = {"caregiving": "Caregiving", "benefit": "Benefit in the child"}


def plot_profile(
    scores: Scores | pd.DataFrame,
    *,
    style: Literal["bars", "star"] = "bars",
    side: Literal["both", "caregiving", "benefit"] = "both",
    title: str | None = None,
    scale: tuple[float, float] | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
    **chosen: Any,
) -> Axes:
    """Draw the five-dimension profile of a child, a carer or a group.

    Parameters
    ----------
    scores : Scores or pandas.DataFrame
        Scores, a wide table, or a frame from `profile_frame`.
    style : {"bars", "star"}
        Aligned bars on one scale, or a star with a spoke for each dimension. Lengths on a common scale are read
        more exactly than a star, whose area depends on the order of its spokes.
    side : {"both", "caregiving", "benefit"}
        What the carer gives, what it builds in the child, or both.
    title : str, optional
        Title; a plain one by default. A child's identifier has no place in it.
    scale : (float, float), optional
        Ends of the scale; 0 to 100 by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; by default as the scores say.
    ax : matplotlib axes, optional
        Where to draw; polar axes for a star.
    **chosen
        What `profile_frame` takes: ``child, site, carer, wave, by, value, informant, instrument, conf_level``.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"child": ["a", "b", "c"], "availability": [50.0, 60, 70], "trust": [40.0, 50, 60]})
    >>> ax = plot_profile(table)
    >>> from securebase_analysis.show.figures.picture import picture_of
    >>> picture_of(ax).frame["estimate"].tolist()
    [60.0, 50.0]
    """
    check_drawing(ax, title)
    check_option("style", style, ("bars", "star"))
    check_option("side", side, ("both", "caregiving", "benefit"))
    is_frame = isinstance(scores, pd.DataFrame) and set(COLUMNS) <= set(scores.columns)
    frame = pd.DataFrame(scores) if is_frame else profile_frame(scores, **chosen)
    if side != "both":
        frame = frame[frame["side"] == side].reset_index(drop=True)
    ends = scale or _scale(frame, chosen.get("value", "score_100"))
    title = title or _title(frame, chosen)
    with look():
        painter = _draw_bars if style == "bars" else _draw_star
        ax = painter(frame, ends, ax)
        head(ax, title)
        caption(
            ax, frame, _alt(frame, title, ends), title, _notes(chosen), simulated=is_simulated(scores, simulated)
        )
    return ax


def _scale(frame: pd.DataFrame, value: str) -> tuple[float, float]:
    """0 to 100, or just wide enough for what there is."""
    if value == "score_100":
        return 0.0, 100.0
    return min(0.0, float(frame["conf_low"].min())), float(frame[["estimate", "conf_high"]].max().max()) * 1.02


def _title(frame: pd.DataFrame, chosen: dict[str, Any]) -> str:
    """Whose profile it is, without saying who."""
    whose = "one child" if chosen.get("child") else "the children of one carer" if chosen.get("carer") else ""
    when = f" at wave {chosen['wave']}" if chosen.get("wave") is not None else ""
    group = f" by {theory.label(chosen['by']).lower()}" if chosen.get("by") else ""
    return f"Secure base profile{' of ' + whose if whose else ''}{when}{group}"


def _notes(chosen: dict[str, Any]) -> tuple[str, ...]:
    """How to read the intervals."""
    level = wording.percent(chosen.get("conf_level", 0.95))
    if chosen.get("child"):
        return (f"Lines are {level} intervals from the standard error of measurement.",)
    lines = f"Lines are {level} confidence intervals of the mean over children, taken as independent."
    if chosen.get("wave") is None and chosen.get("by") != "wave":
        return ("Each child counts once, with the mean of its waves.", lines)
    return (lines,)


def _rows(frame: pd.DataFrame) -> tuple[list[str], Floats]:
    """The constructs drawn and their heights: the two sides of a dimension lie close together."""
    names = [name for name in IN_PAIRS if name in set(frame["construct"])]
    heights, at, before = [], 0.0, ""
    for name in names:
        dimension = theory.construct(name).dimension
        at += 1.0 if dimension == before or not before else 1.45
        heights.append(at)
        before = dimension
    return names, np.array(heights)


def _draw_bars(frame: pd.DataFrame, ends: tuple[float, float], ax: Axes | None) -> Axes:
    """Aligned bars for one group, dots side by side for several."""
    names, heights = _rows(frame)
    groups = list(dict.fromkeys(frame["group"]))
    per_row = 0.26 if len(groups) == 1 else 0.1 * len(groups) + 0.14
    ax = ax or new_axes(TEXT_WIDTH, rows_height(float(heights.max()), per_row, 1.2))
    at = dict(zip(names, heights))
    if len(groups) == 1:
        _bars_of_one_group(ax, frame, at, ends)
    else:
        _dots_of_groups(ax, frame, at, groups)
    row_labels(ax, heights, [theory.label(name) for name in names])
    ax.set_ylim(float(heights.max()) + 0.7, float(heights.min()) - 0.7)
    ax.set_xlim(*ends)
    ax.set_xlabel(_scale_words(ends))
    ruled(ax)
    return ax


def _scale_words(ends: tuple[float, float]) -> str:
    return "Score (0–100 of the possible range)" if ends == (0.0, 100.0) else "Score"


def _bars_of_one_group(ax: Axes, frame: pd.DataFrame, at: dict[str, float], ends: tuple[float, float]) -> None:
    """Bars coloured and hatched by side, with intervals, values and n."""
    for side in dict.fromkeys(frame["side"]):
        rows = frame[frame["side"] == side]
        ax.barh(
            [at[name] for name in rows["construct"]],
            rows["estimate"] - ends[0],
            left=ends[0],
            height=0.72,
            color=SIDE_COLOR[side],
            hatch=SIDE_HATCH[side],
            edgecolor="white",
            linewidth=0,
            label=SIDE_NAME[side],
        )
    positions = [at[name] for name in frame["construct"]]
    _intervals(ax, frame, positions, BLACK)
    top = min(positions) - 1.0
    side_column(
        ax,
        positions,
        [wording.number(value, 1) for value in frame["estimate"]],
        "Mean" if frame["n_children"].max() > 1 else "Score",
        36,
        top,
    )
    counted = "n_children" if frame["n_children"].max() > 1 else "n_scores"
    word = "n" if counted == "n_children" else "Waves"
    side_column(ax, positions, [f"{n:,}" for n in frame[counted]], word, 74, top)
    if frame["side"].nunique() > 1:
        legend_below(ax, 2)


def _dots_of_groups(ax: Axes, frame: pd.DataFrame, at: dict[str, float], groups: Sequence[str]) -> None:
    """One mark per group and construct, groups side by side."""
    shifts = np.linspace(-0.3, 0.3, len(groups))
    for index, (group, shift) in enumerate(zip(groups, shifts)):
        rows, look_of = frame[frame["group"] == group], series(index)
        positions = [at[name] + shift for name in rows["construct"]]
        _intervals(ax, rows, positions, look_of.color)
        ax.plot(
            rows["estimate"],
            positions,
            linestyle="",
            marker=look_of.marker,
            color=look_of.color,
            label=captions.group_with_n(rows),
        )
    legend_below(ax, len(groups))


def _intervals(ax: Axes, rows: pd.DataFrame, positions: Sequence[float], color: str) -> None:
    """Interval lines where there is an interval."""
    known = rows["conf_low"].notna().to_numpy()
    heights = np.asarray(positions)[known]
    ax.hlines(heights, rows["conf_low"][known], rows["conf_high"][known], color=color, linewidth=1.3, zorder=3)


def _draw_star(frame: pd.DataFrame, ends: tuple[float, float], ax: Axes | None) -> Axes:
    """A spoke for each dimension; both sides as polygons, intervals along the spokes."""
    if frame["group"].nunique() > 1:
        raise ModelError(
            Problem(
                "SB-OUT-32",
                "stop",
                f"A star of {frame['group'].nunique()} groups cannot be read.",
                why="Polygons of several groups hide one another.",
                fix="style='bars', or choose one group first",
            )
        )
    ax = ax or new_axes(5.4, 5.2, projection="polar")
    names = [d.name for d in theory.DIMENSIONS]
    angles = dict(zip(names, np.linspace(0, 2 * np.pi, len(names), endpoint=False)))
    _polar_frame(ax, angles, ends)
    for index, side in enumerate(dict.fromkeys(frame["side"])):
        rows = frame[frame["side"] == side]
        turned = [angles[name] + (0.05 * index) for name in rows["dimension"]]
        look_of = series(index)
        ax.plot(
            [*turned, turned[0]],
            [*rows["estimate"], rows["estimate"].iloc[0]],
            color=SIDE_COLOR[side],
            linestyle=look_of.line,
            marker=look_of.marker,
            label=SIDE_NAME[side],
            zorder=3,
        )
        ax.vlines(turned, rows["conf_low"], rows["conf_high"], color=BLACK, linewidth=1.3, zorder=4)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)
    return ax


def _polar_frame(ax: Any, angles: dict[str, float], ends: tuple[float, float]) -> None:
    """North first, clockwise; each spoke names both sides of its dimension."""
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    both = [folded(f"{d.label} / {d.benefit_label}", 20) for d in theory.DIMENSIONS]
    ax.set_xticks(list(angles.values()), both)
    ax.tick_params(axis="x", pad=14)
    ax.set_ylim(*ends)
    ticks = np.linspace(*ends, 5)[1:]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7.5, color=QUIET)
    ax.set_rlabel_position(36)
    ax.grid(color=HAIRLINE, linewidth=0.7)
    ax.spines["polar"].set_color(HAIRLINE)
    ax.tick_params(colors=INK)


def _alt(frame: pd.DataFrame, title: str, ends: tuple[float, float]) -> str:
    """The whole profile in numbers."""
    sentences = []
    for row in frame.itertuples():
        group = f"{row.group}: " if row.group else ""
        counted = wording.count(row.n_children, "child", "children")
        if row.n_children == 1:
            counted = wording.count(row.n_scores, "wave")
        numbers = captions.estimate(row.estimate, row.conf_low, row.conf_high)
        sentences.append(f"{group}{row.label} ({row.side}) {numbers}, {counted}")
    scale = f"{wording.number(ends[0], 0)} to {wording.number(ends[1], 0)}"
    return f"{title}, on a scale of {scale}. {captions.read_out(sentences, 'row')}"
