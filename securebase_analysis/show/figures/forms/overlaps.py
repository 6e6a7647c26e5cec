"""How many belong to which sets at once: a row of dots for each pattern, and its bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import BboxTransformTo, ScaledTranslation, blended_transform_factory

from securebase_analysis.show.figures.forms.columns import OWN, lies_over, places_of, written
from securebase_analysis.show.figures.forms.key import key_below, words_below
from securebase_analysis.show.figures.style import (
    BLUE,
    HAIRLINE,
    INK,
    VERMILLION,
    figure_of,
    folded,
    rows_height,
    ruled,
)

BETWEEN_SETS = 0.72
"""Inches between two columns of dots."""

YES = "yes"


def overlaps_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of overlaps."""
    return rows_height(len(table), 0.27, 1.25)


def draw_overlaps(
    ax: Axes,
    table: pd.DataFrame,
    *,
    sets: Mapping[str, str],
    y: str,
    beside: str = "",
    beside_unit: str = "%",
    x_words: str = "",
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A row for each pattern; `sets` are columns with "yes" where a set holds, and their names."""
    rows = table.reset_index(drop=True)
    at = [float(row) for row in range(len(rows))]
    n_places = places_of(rows[y])
    extra = [
        "" if not beside or pd.isna(value) else f" ({written(value, places_of(rows[beside]))}{beside_unit})"
        for value in (rows[beside] if beside else rows[y])
    ]
    texts = [f"{written(value, n_places)}{more}" for value, more in zip(rows[y], extra)]
    ax.barh(at, rows[y].astype(float), height=0.66, color=BLUE)
    for place, value, text in zip(at, rows[y], texts):
        ax.annotate(
            text, (value, place), xytext=(4, 0), textcoords="offset points", va="center_baseline", fontsize=8.0,
            color=INK,
        )  # fmt: skip
    _dots(ax, rows, sets)
    if own is not None and lies_over(own, y, *sets):
        _own_marks(ax, rows, own, list(sets), y)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(len(rows) - 0.5, -0.6)
    ax.margins(x=0.2)
    ax.set_xlim(left=0)
    words_below(ax, x_words, BETWEEN_SETS * len(sets))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    ruled(ax)
    return [_in_words(row, sets, text) for (_, row), text in zip(rows.iterrows(), texts)]


def _dots(ax: Axes, rows: pd.DataFrame, sets: Mapping[str, str]) -> None:
    """A column of dots for each set left of the bars, those of one pattern joined."""
    inches_left = figure_of(ax).dpi_scale_trans + ScaledTranslation(0, 0, BboxTransformTo(ax.bbox))
    place: dict[str, Any] = {"transform": blended_transform_factory(inches_left, ax.transData), "clip_on": False}
    across = {name: -BETWEEN_SETS * (len(sets) - column - 0.5) for column, name in enumerate(sets)}
    for height, (_, row) in enumerate(rows.iterrows()):
        held = [across[name] for name in sets if row[name] == YES]
        ax.plot(held[:1] + held[-1:], [height] * len(held[:1] + held[-1:]), color=INK, label="_join", **place)
    for name, words in sets.items():
        for belongs, color in ((True, INK), (False, HAIRLINE)):
            heights = [height for height, value in enumerate(rows[name]) if (value == YES) is belongs]
            look: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 7, "color": color}
            ax.plot([across[name]] * len(heights), heights, label="_dots", **look, **place)
        ax.annotate(
            folded(words, 10),
            (0, 1),
            xycoords="axes fraction",
            xytext=(72 * across[name], 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=INK,
        )


def _own_marks(ax: Axes, rows: pd.DataFrame, own: pd.DataFrame, sets: Sequence[str], y: str) -> None:
    """A user's numbers on the rows of the same pattern."""
    patterns = {tuple(row): place for place, row in enumerate(rows[list(sets)].itertuples(index=False, name=None))}
    mine = [(patterns.get(tuple(row[name] for name in sets)), row[y]) for _, row in own.iterrows()]
    found = [(value, place) for place, value in mine if place is not None]
    ax.plot(
        [value for value, _ in found], [place for _, place in found], linestyle="", marker="X", markersize=8,
        color=VERMILLION, markeredgecolor="white", label=OWN,
    )  # fmt: skip
    key_below(ax)


def _in_words(row: pd.Series, sets: Mapping[str, str], text: str) -> str:
    """One pattern as a sentence."""
    names = [label for name, label in sets.items() if row[name] == YES]
    return f"{' and '.join(names) or 'none'}: {text}"
