"""Groups followed side by side: their means at each time, a little apart, so that no interval hides another."""

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
    series_of,
    written,
)
from securebase_analysis.show.figures.style import INK, VERMILLION, ruled, series

APART = 0.022
"""Distance between neighbouring groups at one time, as a share of the axis."""


def arms_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of arms."""
    return 2.7


def draw_arms(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    by: str,
    low: str = "",
    high: str = "",
    n: str = "",
    labels: Mapping[str, str] | None = None,
    x_words: str = "",
    y_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A line for each group; the number beside each mark, the size of each group under each time."""
    drawn = series_of(table, x, y, by, labels, low, high)
    times = sorted(set(table[x].astype(float)))
    step = APART * (times[-1] - times[0])
    n_places = places_of(table[y])
    for index, one in enumerate(drawn):
        shift = step * (index - (len(drawn) - 1) / 2)
        _line(ax, one, index, shift)
        _numbers(ax, one, index, shift, right=2 * index >= len(drawn), n_places=n_places)
    has_own = lies_over(own, x, y, by)
    if own is not None and has_own:
        _own_lines(ax, series_of(own, x, y, by, labels))
    ax.set_xlim(times[0] - 4 * step, times[-1] + 4 * step)
    ax.set_xticks(times, [_time(table, x, by, n, time) for time in times])
    ax.set_xlabel(x_words)
    ax.set_ylabel(y_words)
    ax.set_ylim(bottom=y_from, top=y_to)
    ruled(ax, "y")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(drawn) + has_own, borderaxespad=0.2)
    return [_in_words(one, n_places) for one in drawn]


def _line(ax: Axes, one: Drawn, index: int, shift: float) -> None:
    """The marks of one group, its line and its intervals."""
    look = series(index)
    at = one.rows["x"].astype(float) + shift
    ax.plot(
        at, one.rows["y"].astype(float), color=look.color, marker=look.marker, linestyle=look.line,
        label=one.label,
    )  # fmt: skip
    known = one.rows["low"].notna() & one.rows["high"].notna()
    ax.vlines(at[known], one.rows.loc[known, "low"], one.rows.loc[known, "high"], color=look.color, linewidth=1.2)


def _numbers(ax: Axes, one: Drawn, index: int, shift: float, right: bool, n_places: int) -> None:
    """The mean beside each mark, on the side away from the other groups."""
    for row in one.rows.itertuples():
        ax.annotate(
            written(float(str(row.y)), n_places), (float(str(row.x)) + shift, float(str(row.y))),
            xytext=(5 if right else -5, 6), textcoords="offset points", ha="left" if right else "right",
            va="center_baseline", fontsize=7.5, color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
        )  # fmt: skip


def _own_lines(ax: Axes, mine: Sequence[Drawn]) -> None:
    """A user's numbers, each group a line, over the published ones."""
    for place, one in enumerate(mine):
        ax.plot(
            one.rows["x"].astype(float), one.rows["y"].astype(float), color=VERMILLION, marker="X", markersize=7,
            linewidth=2.0, label=OWN if place == 0 else "_own", zorder=5,
        )  # fmt: skip


def _time(table: pd.DataFrame, x: str, by: str, n: str, time: float) -> str:
    """A time and how many of each group were seen then."""
    if not n:
        return f"{time:g}"
    rows = table[table[x].astype(float) == time]
    sizes = [f"{int(rows.loc[rows[by] == group, n].iloc[0])}" for group in _groups(table[by], rows[by])]
    return f"{time:g}\nn = {' and '.join(sizes)}"


def _groups(every: pd.Series, here: pd.Series) -> Sequence[str]:
    """The groups that were seen at a time, in the order of the key."""
    return [group for group in dict.fromkeys(every) if group in set(here)]


def _in_words(one: Drawn, n_places: int) -> str:
    """A group as a sentence."""
    means = [f"{row.x} {written(float(str(row.y)), n_places)}" for row in one.rows.itertuples()]
    return f"{one.label}: {', '.join(means)}"
