"""A line for each child while it was watched, with a mark for each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.show.figures.style import QUIET, series

PER_LINE = 0.026
"""Inches of a line: a hundred children fit on a page, and each is still seen."""
GAP = 5
"""Empty lines between two groups."""


def event_lines_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of event lines."""
    return 1.1 + PER_LINE * (table[options["child"]].nunique() + GAP)


def draw_event_lines(
    ax: Axes,
    table: pd.DataFrame,
    *,
    child: str,
    start: str,
    stop: str,
    event: str,
    by: str,
    labels: Mapping[str, str] | None = None,
    event_words: str = "events",
    x_words: str = "",
    own: pd.DataFrame | None = None,
) -> list[str]:
    """Children of one group above those of the next, the longest watched on top; no child is named."""
    words, top, said = labels or {}, 0, []
    longest = float(table[stop].max())
    for place, group in enumerate(sorted(set(table[by]), key=str)):
        rows = table[table[by] == group]
        watched = rows.groupby(child).agg(first=(start, "min"), last=(stop, "max"))
        watched = watched.sort_values("last", ascending=False, kind="stable")
        line = {one: top + order for order, one in enumerate(watched.index)}
        events = rows[rows[event] == 1]
        name = words.get(str(group), str(group))
        ax.hlines(list(line.values()), watched["first"], watched["last"], color=QUIET, linewidth=0.6, zorder=1)
        _marks(ax, events[stop], [line[one] for one in events[child]], place, name)
        said.append(f"{name}: {len(line)} children, {len(events)} {event_words}")
        top += len(line) + GAP
        ax.text(
            1.02 * longest, top - 2 * GAP, said[-1].replace(": ", "\n", 1), ha="right", va="bottom", fontsize=8.5
        )
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(top - GAP + 1, -2)
    ax.set_xlim(0, 1.02 * longest)
    ax.set_xlabel(x_words)
    return said


def _marks(ax: Axes, days: pd.Series, lines: list[int], place: int, name: str) -> None:
    """A mark for each event of a group."""
    look = series(place)
    ax.plot(days, lines, linestyle="", marker=look.marker, markersize=3.6, color=look.color, label=name, zorder=3)
