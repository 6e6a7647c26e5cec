"""Parts of a whole, one bar a row, the number inside each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.show.figures.forms.columns import OWN, listed_columns, places_of, written
from securebase_analysis.show.figures.forms.key import key_below, words_below
from securebase_analysis.show.figures.style import (
    BLUE,
    INK,
    SKY,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
)

PARTS = (
    (BLUE, "", "white"),
    (SKY, "////", INK),
    ("#E69F00", "", INK),
    ("#F6DFA8", "....", INK),
    ("#767676", "", "white"),
    ("#C9C9C9", "\\\\\\\\", INK),
    ("#000000", "", "white"),
    ("#EDEDED", "xxxx", INK),
)
"""Fill, hatching and ink of the parts: neighbours differ in lightness and in hatching."""

DEGREES = ("#F8F3DC", "#D0DDDC", "#AECDE0", "#7FB2D3", "#4E94C4", "#2374B0", "#0B548F", "#062F57")
"""Fills of parts that are in order, from light to dark; lightness alone tells them apart."""

LABEL_WIDTH = 34
TOO_NARROW = 0.034
"""Share of the axis under which a part is too narrow for its number."""


def stacked_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of stacked bars."""
    names = list(dict.fromkeys(table[options["x"]].astype(str)))
    return rows_height(len(names), max(row_pitch(names, LABEL_WIDTH), 0.29), 1.55)


def draw_stacked(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    by: str = "",
    labels: Mapping[str, str] | None = None,
    x_words: str = "",
    numbers: bool = True,
    ordered: bool = False,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A row for each value of `x`; its parts are the columns of `y`, or the values of `by`.

    Parts that are in order go from light to dark.
    """
    wide = parts_of(table, x, y, by, labels)
    n_places = [places_of(wide.stack())] * len(wide)
    if own is not None and {x, by} - {""} <= set(own.columns) and set(listed_columns(y)) <= set(own.columns):
        mine = parts_of(own, x, y, by, labels)
        mine.index = pd.Index([f"{OWN}, {name}" for name in mine.index])
        wide = pd.concat([wide, mine])
        n_places += [min(places_of(mine.stack()), n_places[0] + 1)] * len(mine)
    at = np.arange(len(wide), dtype=float)
    longest = float(wide.sum(axis=1).max())
    start = np.zeros(len(wide))
    for index, part in enumerate(wide.columns):
        widths = wide[part].to_numpy(dtype=float)
        look = _degree(index, wide.shape[1]) if ordered else PARTS[index % len(PARTS)]
        _part(ax, str(part), look, at, start, widths)
        if numbers:
            _numbers(ax, look, at, start, widths, longest, n_places)
        start = start + np.nan_to_num(widths)
    row_labels(ax, at, [str(name) for name in wide.index], LABEL_WIDTH)
    ax.set_ylim(len(wide) - 0.45, -0.55)
    ax.set_xlim(0.0, longest)
    words_below(ax, x_words)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    ruled(ax)
    key_below(ax)
    return [
        f"{name}: " + ", ".join(f"{part} {written(value, places)}" for part, value in row.items())
        for (name, row), places in zip(wide.iterrows(), n_places)
    ]


def parts_of(
    table: pd.DataFrame, x: str, y: str | Sequence[str], by: str, labels: Mapping[str, str] | None
) -> pd.DataFrame:
    """One row a bar and one column a part, both in the order of the table; a row without numbers stays empty."""
    words = labels or {}
    if by:
        column = listed_columns(y)[0]
        wide = table.pivot(index=x, columns=by, values=column)
        wide = wide.loc[list(dict.fromkeys(table[x])), list(dict.fromkeys(table[by]))]
    else:
        wide = table.set_index(x)[listed_columns(y)]
    return wide.rename(columns=lambda name: words.get(str(name), str(name)))


def _degree(index: int, n_parts: int) -> tuple[str, str, str]:
    """Fill, hatching and ink of a part that is in order with the others."""
    place = round(index * (len(DEGREES) - 1) / max(n_parts - 1, 1))
    return DEGREES[place % len(DEGREES)], "", "white" if place > 3 else INK


def _part(
    ax: Axes, name: str, look: tuple[str, str, str], at: np.ndarray, start: np.ndarray, widths: np.ndarray
) -> None:
    """One part in every bar."""
    fill, hatch, _ = look
    edge: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.8}
    ax.barh(at, widths, left=start, height=0.78, color=fill, hatch=hatch, label=name, **edge)


def _numbers(
    ax: Axes,
    look: tuple[str, str, str],
    at: np.ndarray,
    start: np.ndarray,
    widths: np.ndarray,
    longest: float,
    n_places: Sequence[int],
) -> None:
    """The number inside each part that is wide enough for it."""
    fill, hatch, ink = look
    behind: dict[str, Any] = {"facecolor": fill, "edgecolor": "none", "pad": 1.0} if hatch else {}
    for row, left, width, places in zip(at, start, widths, n_places):
        if np.isnan(width):
            continue
        text = written(width, places)
        if width / longest >= TOO_NARROW * max(len(text) / 2.0, 1.0):
            ax.text(
                left + width / 2,
                row,
                text,
                ha="center",
                va="center_baseline",
                fontsize=7.5,
                color=ink,
                bbox=behind or None,
            )
