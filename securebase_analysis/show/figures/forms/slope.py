"""The same things at two or more stages, joined: what rose and what fell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.show.figures.forms.columns import (
    OWN,
    Drawn,
    lies_over,
    places_of,
    positions_of,
    series_of,
    written,
)
from securebase_analysis.show.figures.forms.key import own_key_below
from securebase_analysis.show.figures.style import INK, VERMILLION, figure_of, folded, series

LABEL_WIDTH = 26
APART = 0.15
"""Smallest distance between two labels in inches."""


def slope_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of slopes."""
    return 1.3 + 0.22 * table[options["by"]].nunique()


def draw_slope(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    by: str,
    labels: Mapping[str, str] | None = None,
    unit: str = "",
    y_words: str = "",
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A line for each value of `by` from stage to stage; names and numbers stand at its ends."""
    drawn = series_of(table, x, y, by, labels)
    places, ticks = positions_of(table[x].astype(str))
    n_places = places_of(table[y])
    for index, one in enumerate(drawn):
        look = series(index)
        at = [places[str(stage)] for stage in one.rows["x"]]
        ax.plot(
            at, one.rows["y"].astype(float), color=look.color, marker=look.marker, linestyle=look.line,
            label=one.label,
        )  # fmt: skip
    has_own = own is not None and lies_over(own, x, y, by)
    if own is not None and has_own:
        _own_lines(ax, series_of(own, x, y, by, labels), places)
    ax.set_xticks(list(places.values()), [folded(tick, 20) for tick in ticks])
    ax.set_xlim(-0.15, len(ticks) - 1 + 0.15)
    ax.set_ylabel(y_words)
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(axis="x", length=0)
    for place in places.values():
        ax.axvline(place, color="#D9D9D9", linewidth=0.8, zorder=0)
    ax.margins(y=0.12)
    _end_labels(ax, drawn, 0.0, places, "right", n_places, unit)
    _end_labels(ax, drawn, len(ticks) - 1.0, places, "left", n_places, unit)
    if has_own:
        own_key_below(ax)
    return [_in_words(one, n_places, unit) for one in drawn]


def _own_lines(ax: Axes, mine: Sequence[Drawn], places: Mapping[object, float]) -> None:
    """A user's lines over the published ones, from stage to stage where both name it."""
    for number, one in enumerate(mine):
        rows = one.rows[one.rows["x"].astype(str).isin([str(place) for place in places])]
        at = [places[str(stage)] for stage in rows["x"]]
        name = OWN if number == 0 else "_own"
        ax.plot(at, rows["y"].astype(float), color=VERMILLION, marker="X", linewidth=1.0, label=name, zorder=5)


def _in_words(one: Drawn, n_places: int, unit: str) -> str:
    """One line as a sentence."""
    pairs = zip(one.rows["x"], one.rows["y"])
    return f"{one.label}: " + ", ".join(f"{stage} {written(value, n_places)}{unit}" for stage, value in pairs)


def _end_labels(
    ax: Axes,
    drawn: Sequence[Drawn],
    stage: float,
    places: Mapping[object, float],
    side: str,
    n_places: int,
    unit: str,
) -> None:
    """Names and numbers at one end of the lines, moved apart where they would touch."""
    ends = []
    for one in drawn:
        ends += [(float(row.y), one.label) for row in one.rows.itertuples() if places[str(row.x)] == stage]
    ends.sort()
    low, high = ax.get_ylim()
    inches = ax.get_position().height * figure_of(ax).get_figheight()
    heights = _moved_apart([value for value, _ in ends], APART / inches * (high - low))
    for (value, label), height in zip(ends, heights):
        number = f"{written(value, n_places)}{unit}"
        text = f"{label}  {number}" if side == "right" else f"{number}  {label}"
        ax.annotate(
            text,
            (stage, height),
            xytext=(-8 if side == "right" else 8, 0),
            textcoords="offset points",
            ha=side,
            va="center_baseline",
            fontsize=8.0,
            color=INK,
            annotation_clip=False,
        )


def _moved_apart(heights: Sequence[float], distance: float) -> list[float]:
    """Sorted heights no nearer to each other than `distance`, moved as little as a few passes allow."""
    moved = list(heights)
    for _ in range(200):
        still = True
        for index in range(len(moved) - 1):
            lack = distance - (moved[index + 1] - moved[index])
            if lack > 1e-9:
                moved[index] -= lack / 2
                moved[index + 1] += lack / 2
                still = False
        if still:
            break
    return moved
