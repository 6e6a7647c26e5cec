"""One thin line for each child, and mean courses over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.show.figures.forms.columns import places_of, written
from securebase_analysis.show.figures.style import QUIET, legend_below, ruled, series

OBSERVED = "observed"


def courses_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of courses."""
    return 3.3


def draw_courses(
    ax: Axes,
    table: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    x_words: str = "",
    y_words: str = "",
    own: pd.DataFrame | None = None,
) -> list[str]:
    """Lines of ``kind, line, x, y``: those *observed* thin, one for each `line`; each other kind one bold line."""
    words = labels or {}
    observed = table[table["kind"] == OBSERVED]
    for place, (_, rows) in enumerate(observed.groupby("line", sort=True)):
        label = words.get(OBSERVED, OBSERVED) if place == 0 else "_observed"
        ax.plot(rows["x"], rows["y"], color=QUIET, linewidth=0.7, alpha=0.75, label=label, zorder=1)
    means = [kind for kind in dict.fromkeys(table["kind"]) if kind != OBSERVED]
    for place, kind in enumerate(means):
        rows, look = table[table["kind"] == kind], series(place)
        # The first lies under the others as a broad line, so that both are seen where they agree.
        broad = place == 0 and len(means) > 1
        ax.plot(
            rows["x"], rows["y"], color=look.color, linestyle="-" if broad else look.line,
            marker="" if broad else look.marker, linewidth=4.5 if broad else 1.6, label=words.get(kind, kind),
            zorder=3 + place,
        )  # fmt: skip
    ax.set_xlabel(x_words)
    ax.set_ylabel(y_words)
    ax.set_xticks(sorted(set(table["x"].astype(float))))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ruled(ax, "y")
    legend_below(ax, len(means) + (1 if len(observed) else 0))
    return [_in_words(table[table["kind"] == kind], words.get(kind, kind)) for kind in means]


def _in_words(rows: pd.DataFrame, name: str) -> str:
    """A mean course by its two ends."""
    n_places = min(places_of(rows["y"]), 1)
    ends = [f"{written(row['y'], n_places)} at {row['x']:g}" for row in (rows.iloc[0], rows.iloc[-1])]
    return f"{name}: {' and '.join(ends)}"
