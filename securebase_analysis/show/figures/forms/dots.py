"""One number of many places as a heap of dots: where most lie, and where one's own lies among them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from securebase_analysis.show.figures.forms.columns import OWN, lies_over, places_of, written
from securebase_analysis.show.figures.forms.ends import set_ends
from securebase_analysis.show.figures.forms.key import key_below
from securebase_analysis.show.figures.style import BLUE, INK, VERMILLION, ruled

BINS = 60
"""How many heaps the range is cut into where the numbers are not whole."""


def dots_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of dots."""
    return 2.1


def draw_dots(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    marked: str = "",
    what: str = "places",
    unit: str = "%",
    x_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A dot for each row of the table but `marked`, heaped where numbers are the same; `marked` is a line.

    `x` names the rows and `y` holds the numbers; `what` says what a dot is.
    """
    known = table[table[y].notna()]
    rows = known[known[x] != marked]
    values = rows[y].astype(float)
    heap = values if (values % 1 == 0).all() else pd.cut(values, BINS, labels=False)
    ax.plot(
        values,
        heap.groupby(heap).cumcount() + 0.5,
        linestyle="",
        marker="o",
        markersize=4.2,
        color=BLUE,
        clip_on=False,
        label=f"{len(rows)} {what}",
    )
    top = float(heap.groupby(heap).size().max())
    n_places = places_of(known[y])
    for value in known.loc[known[x] == marked, y].astype(float):
        ax.axvline(value, color=INK, linewidth=1.4, zorder=1, label=f"{marked} {written(value, n_places)}{unit}")
    if own is not None and lies_over(own, y):
        for number, value in enumerate(own[y].dropna().astype(float)):
            name = OWN if number == 0 else "_own"
            ax.plot([value], [1.06 * top], marker="v", markersize=9, linestyle="", color=VERMILLION, label=name)
            ax.axvline(value, color=VERMILLION, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    ax.set_ylim(0, 1.16 * top)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    ax.spines["left"].set_visible(False)
    set_ends(ax, "x", y_from, y_to)
    ax.set_xlabel(x_words)
    ruled(ax)
    key_below(ax)
    return [_in_words(values, len(table) - len(known), known, (x, y), marked, n_places, unit, what)]


def _in_words(
    values: pd.Series,
    n_unknown: int,
    known: pd.DataFrame,
    columns: tuple[str, str],
    marked: str,
    n_places: int,
    unit: str,
    what: str,
) -> str:
    """Lowest, middle and highest number, that of the marked row, and how many have none."""
    x, y = columns
    low, middle, high = (written(value, n_places) for value in (values.min(), values.median(), values.max()))
    line = "".join(f", {marked} {written(value, n_places)}{unit}" for value in known.loc[known[x] == marked, y])
    left = f", {n_unknown} without a number" if n_unknown else ""
    return f"{len(values)} {what} from {low}{unit} to {high}{unit}, the middle one {middle}{unit}{line}{left}"
