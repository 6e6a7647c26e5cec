"""The flow of placements: where children are at each time, and the ways they took from one to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from securebase_analysis.results import wording
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.placement_courses import history_of
from securebase_analysis.show.figures.placement_flow_numbers import Began, Exits, Flow, Steps, flow_of
from securebase_analysis.show.figures.placement_look import lined, looks_of
from securebase_analysis.show.figures.placement_words import Look
from securebase_analysis.show.figures.places_apart import pushed_apart
from securebase_analysis.show.figures.style import INK, QUIET, TEXT_WIDTH, folded, head, look, new_axes

WIDTH, HEIGHT = 6.3, 4.5
"""Inches of the drawing, which are the units of its axes."""
BLOCK, BETWEEN = 0.2, 0.06
"""Inches: width of a block, and between two."""
HEAD_LINE = 0.15
"""Inches that a line of the heads over the columns takes."""
LETTERS, LETTER, HEAD_LETTER = 25, 0.062, 0.08
"""Letters in a line of a name; inches that a letter of a name and of a head takes."""
LINE, SMALL_LINE = 0.135, 0.105
"""Inches that a line of a name and of a mere count take."""
BAND = 0.42
"""How much of the colour of its block a band has; the rest is white."""
EDGE = "#A8A8A8"
OUTLINE = [withStroke(linewidth=2.0, foreground="white")]


def plot_flow(
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
    title: str | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how children flow between types of placement and out of care, as an alluvial picture.

    Parameters
    ----------
    history : PlacementHistory, Study, SSDA903 return, or pandas.DataFrame
        From `placement_history`; anything else is made into a history by the default rules, and the notes say so.
    steps : {"time", "placement"}
        States at times since the first placement, or the first, second, third placement.
    at : sequence of float, optional
        Two to six days, or numbers of placements; see `flow_frame`.
    began, exits, detailed, most_types, short_breaks, hide_below
        Who and what is drawn and how safe it is to show; see `flow_frame`. For publication
        ``plot_flow(history, hide_below=10)``.
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
    Heights are children: blocks where they are, bands the ways they took; a band has the colour of the block it
    comes from. Only the state at each time is drawn: what was in between, `plot_calendar` shows.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "child": ["a", "a", "b"], "carer": ["x", "y", "z"], "type": ["foster", "kinship", "foster"],
    ...     "start": ["2021-01-01", "2021-03-01", "2021-02-01"], "end": ["2021-03-01", None, None],
    ... })
    >>> from securebase_analysis.study.spells import placement_history
    >>> ax = plot_flow(placement_history(table, freeze="2021-12-31"), at=[0, 100])
    >>> ax.get_title(loc="left")
    'Where 2 children were over time'
    """
    check_drawing(ax, title)
    simulated = is_simulated(history, simulated)
    history, told = history_of(history)
    flow = flow_of(history, steps, at, began, exits, detailed, most_types, short_breaks, hide_below)
    first = (flow.frame["kind"] == "block") & (flow.frame["time"] == flow.times[0])
    n = int(flow.frame.loc[first, "n_children"].sum())
    who = wording.count(n, "child", "children")
    what = "over time" if steps == "time" else "from placement to placement"
    title = title or f"Where {who} {'was' if n == 1 else 'were'} {what}"
    with look():
        ax = ax or new_axes(TEXT_WIDTH, HEIGHT + 0.75)
        _draw(ax, flow)
        head(ax, title)
        notes = (_about(flow, n), *flow.notes, *told, *history.notes)
        caption(ax, flow.frame, _alt(flow, title), title, notes, simulated=simulated)
    return ax


# ---- where everything stands, in inches ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Places:
    """Left, right, top and bottom of every block, the inches of a child, names and heads."""

    blocks: pd.DataFrame
    per_child: float
    heads: tuple[str, ...]
    top: float


def _places(flow: Flow) -> _Places:
    """Where everything stands: names take what room they need, the blocks the rest."""
    blocks = flow.frame[flow.frame["kind"] == "block"].reset_index(drop=True)
    blocks["name"] = [folded(f"{row.state} {row.n_children:,} ({_percent(row.share)})", LETTERS)
                      for row in blocks.itertuples()]  # fmt: skip
    first, last = (0.28 + LETTER * _widest(blocks.loc[blocks["time"] == time, "name"])
                   for time in (flow.times[0], flow.times[-1]))  # fmt: skip
    lefts = np.linspace(first, WIDTH - last - BLOCK, len(flow.times))
    pitch = (WIDTH - first - last - BLOCK) / (len(flow.times) - 1)
    heads = tuple(folded(_time_words(flow.steps, time), max(7, int(pitch / HEAD_LETTER))) for time in flow.times)
    top = HEIGHT - 0.1 - HEAD_LINE * max(head.count("\n") + 1 for head in heads)
    column = blocks.groupby("time")
    per_child = (top - BETWEEN * (int(column.size().max()) - 1)) / float(column["n_children"].sum().iloc[0])
    blocks["left"] = blocks["time"].map(dict(zip(flow.times, lefts)))
    blocks["right"] = blocks["left"] + BLOCK
    blocks["high"] = blocks["n_children"].astype(float) * per_child
    above = blocks.groupby("time")["high"].cumsum() - blocks["high"]
    blocks["top"] = top - above - BETWEEN * column.cumcount()
    blocks["bottom"] = blocks["top"] - blocks["high"]
    return _Places(blocks, per_child, heads, top)


def _widest(texts: pd.Series) -> int:
    """Letters of the longest line."""
    return max(len(line) for text in texts for line in text.split("\n"))


def _draw(ax: Axes, flow: Flow) -> None:
    """Bands, blocks over them, heads over the columns and names beside the blocks."""
    places = _places(flow)
    looks = looks_of(dict.fromkeys(places.blocks["state"]))
    ax.set_xlim(0.0, WIDTH)
    ax.set_ylim(-0.03, HEIGHT)
    ax.set_axis_off()
    ax.set_xticks([])
    ax.set_yticks([])
    _draw_bands(ax, flow, places, looks)
    for block in places.blocks.itertuples():
        one, corner = looks[block.state], (block.left, block.bottom)
        fill: dict[str, Any] = {"facecolor": one.color, "hatch": one.hatch, "edgecolor": one.lines}
        ax.add_patch(lined(Rectangle(corner, BLOCK, block.high, linewidth=0.0, zorder=3, **fill), one))
        ax.add_patch(
            Rectangle(corner, BLOCK, block.high, facecolor="none", edgecolor=INK, linewidth=0.6, zorder=4)
        )
    for words, time in zip(places.heads, flow.times):
        middle = float(places.blocks.loc[places.blocks["time"] == time, "left"].iloc[0]) + BLOCK / 2.0
        ax.text(middle, places.top + 0.06, words, ha="center", va="bottom", fontsize=8.5, fontweight="bold",
                color=INK, linespacing=1.1)  # fmt: skip
    _name_blocks(ax, flow, places)
    _say_where_all_is_hidden(ax, flow, places)


def _say_where_all_is_hidden(ax: Axes, flow: Flow, places: _Places) -> None:
    """Words between two columns where no flow may be shown."""
    flows = flow.frame[flow.frame["kind"] == "flow"]
    shown = set(flows.loc[flows["n_children"].notna(), "time"])
    left = places.blocks.groupby("time")["left"].first()
    for time, to_time in pairwise(flow.times):
        if time not in shown:
            middle = (left[time] + BLOCK + left[to_time]) / 2.0
            ax.text(middle, places.top - 0.05, "Flows\nhidden", ha="center", va="top", fontsize=7.5, color=QUIET,
                    fontstyle="italic")  # fmt: skip


def _draw_bands(ax: Axes, flow: Flow, places: _Places, looks: Mapping[str, Look]) -> None:
    """A band for each flow that may be shown, in the paler colour of the block it comes from."""
    place = places.blocks.set_index(["time", "state"])
    used: dict[tuple[str, float, str], float] = defaultdict(float)
    flows = flow.frame[(flow.frame["kind"] == "flow") & flow.frame["n_children"].notna()]
    for row in flows.itertuples():
        source, target = (row.time, row.state), (row.to_time, row.to_state)
        high = float(row.n_children) * places.per_child
        y0 = place.at[source, "top"] - used["out", *source]
        y1 = place.at[target, "top"] - used["in", *target]
        used["out", *source] += high
        used["in", *target] += high
        color = BAND * np.array(to_rgb(looks[row.state].color)) + (1.0 - BAND)
        path = _band(place.at[source, "right"], place.at[target, "left"], y0, y1, high)
        ax.add_patch(PathPatch(path, facecolor=tuple(color), edgecolor=EDGE, linewidth=0.35, zorder=1))


def _band(x0: float, x1: float, y0: float, y1: float, high: float) -> Path:
    """A band that leaves and arrives level, of the same height everywhere."""
    half = (x0 + x1) / 2.0
    corners = [
        (x0, y0), (half, y0), (half, y1), (x1, y1), (x1, y1 - high), (half, y1 - high), (half, y0 - high),
        (x0, y0 - high), (x0, y0),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(corners, codes)


# ---- words -----------------------------------------------------------------------------------------------------


def _name_blocks(ax: Axes, flow: Flow, places: _Places) -> None:
    """Names and counts beside the outer columns; inside counts, with names where no outer block has them."""
    blocks = places.blocks
    outer = (flow.times[0], flow.times[-1])
    named = set(blocks.loc[blocks["time"].isin(outer), "state"])
    for time in flow.times:
        column = blocks[blocks["time"] == time]
        if time in outer:
            _beside(ax, column, column["name"].tolist(), -1.0 if time == outer[0] else 1.0, 8.0, places.top)
            continue
        texts = [f"{row.n_children:,}" if row.state in named else f"{row.state} {row.n_children:,}"
                 for row in column.itertuples()]  # fmt: skip
        _beside(ax, column, texts, 1.0, 7.0, places.top)


def _beside(ax: Axes, column: pd.DataFrame, texts: Sequence[str], side: float, size: float, top: float) -> None:
    """Texts left or right of the blocks of a column, moved apart, with a hairline where they moved."""
    line = LINE if size > 7.5 else SMALL_LINE
    heights = np.array([line * (text.count("\n") + 1) for text in texts])
    middles = ((column["top"] + column["bottom"]) / 2.0).to_numpy(float)
    placed = pushed_apart(middles, heights, 0.0, top)
    edge = float(column["right" if side > 0 else "left"].iloc[0])
    near, far = edge + side * 0.03, edge + side * (0.12 if size > 7.5 else 0.06)
    for text, middle, spot in zip(texts, middles, placed):
        if size > 7.5 or abs(spot - middle) > 0.02:
            ax.plot([edge, near, far], [middle, middle, spot], color=QUIET, linewidth=0.6, zorder=5)
        ax.text(far + side * 0.03, spot, text, ha="left" if side > 0 else "right", va="center", fontsize=size,
                color=INK, linespacing=1.05, path_effects=OUTLINE, zorder=6)  # fmt: skip


def _percent(share: float) -> str:
    """A share in whole percent."""
    return "<1%" if 0.0 < share < 0.005 else f"{100.0 * share:.0f}%"


def _time_words(steps: Steps, time: float) -> str:
    """A column's head."""
    if steps == "placement":
        words = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", 6: "Sixth"}
        return f"{words[int(time)]} placement" if time in words else f"Placement {time:g}"
    if time == 0:
        return "At the start"
    years = time / 365.0
    if abs(years - round(years)) < 0.01 and years > 0.5:
        return f"After {wording.count(round(years), 'year')}"
    return f"Day {time:g}"


def _about(flow: Flow, n: int) -> str:
    """Who is drawn and how to read it."""
    when = "since the first placement began" if flow.steps == "time" else "of the first period of care"
    return (
        f"{wording.count(n, 'child', 'children')}; heights are children. States {when}; a band has the colour of "
        "the block it comes from."
    )


def _alt(flow: Flow, title: str) -> str:
    """Every block in numbers, and the largest flows between different states."""
    sentences = []
    for time in flow.times:
        rows = flow.frame[(flow.frame["kind"] == "block") & (flow.frame["time"] == time)]
        counted = [f"{row.state.lower()} {row.n_children:,}" for row in rows.itertuples()]
        sentences.append(f"{_time_words(flow.steps, time)}: {', '.join(counted)}")
    ways = flow.frame[(flow.frame["kind"] == "flow") & (flow.frame["state"] != flow.frame["to_state"])].dropna()
    ways = ways.sort_values(["n_children", "time"], ascending=[False, True], kind="stable").head(5)
    largest = []
    for row in ways.itertuples():
        when = _time_words(flow.steps, row.to_time).lower()
        largest.append(f"{row.n_children:,} from {row.state.lower()} to {row.to_state.lower()} ({when})")
    moved = f" Largest flows: {'; '.join(largest)}." if largest else ""
    return f"{title}. {captions.read_out(sentences, 'time')}{moved}"
