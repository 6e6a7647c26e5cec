"""Numbers over time, joined by lines where they may be; and curves with their bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from securebase_analysis.show.figures.forms.columns import (
    OWN,
    PUBLISHED,
    Drawn,
    lies_over,
    listed_columns,
    places_of,
    positions_of,
    series_of,
    written,
)
from securebase_analysis.show.figures.forms.ends import set_ends
from securebase_analysis.show.figures.forms.key import key_below
from securebase_analysis.show.figures.style import INK, VERMILLION, ruled, series

HALO = [Stroke(linewidth=2.0, foreground="white"), Normal()]
"""White around printed numbers, so that a line behind them does not cross them."""

CLOSE = 0.16
"""Share of the axis under which the numbers of two marks over one another would touch."""

ABOVE = 5.0
"""Points from a mark to the number printed above or below it."""


def lines_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of lines."""
    several = bool(options.get("by")) or len(listed_columns(options["y"])) > 1
    return 2.9 if several else 2.6


curves_height = lines_height


def draw_lines(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    by: str = "",
    labels: Mapping[str, str] | None = None,
    low: str = "",
    high: str = "",
    pieces: str = "",
    numbers: str = "all",
    order: Sequence[str] = (),
    x_words: str = "",
    y_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """Marks joined by lines; where `pieces` changes its value the line is broken and the marks stay apart.

    `numbers` are printed at all marks, at the "ends" of a line, or at none; `order` names all series of a sheet,
    so that the same one looks the same in every panel.
    """
    drawn = series_of(table, x, y, by, labels, low, high, pieces)
    places, ticks = positions_of(table[x])
    n_places = places_of(pd.concat([one.rows["y"] for one in drawn]))
    for index, one in enumerate(drawn):
        _marks_and_lines(ax, one, order.index(one.label) if one.label in order else index, places)
    has_own = lies_over(own, x, *listed_columns(y))
    mine = series_of(own, x, y, by if by in own else "", labels) if own is not None and has_own else []
    _own_lines(ax, mine, places)
    if mine and len(drawn) == 1:
        ax.lines[0].set_label(PUBLISHED)
    _axes(ax, places, ticks, x_words or x, y_words, y_from, y_to)
    for index, one in enumerate(drawn):
        _numbers(ax, one, drawn[:index], [*drawn[index + 1 :], *mine], places, numbers, n_places)
    _key(ax, len(drawn) + has_own)
    return [_in_words(one, n_places) for one in drawn]


def _marks_and_lines(ax: Axes, one: Drawn, index: int, places: Mapping[object, float]) -> None:
    """One series: a line for each piece of it, and its intervals."""
    look = series(index)
    for number, (_, piece) in enumerate(one.rows.groupby("piece", sort=False)):
        across = [places[value] for value in piece["x"]]
        ax.plot(
            across,
            piece["y"].astype(float),
            color=look.color,
            marker=look.marker,
            linestyle=look.line,
            label=one.label if number == 0 else f"_{one.label}",
        )
        known = piece["low"].notna() & piece["high"].notna()
        at = [place for place, has in zip(across, known) if has]
        if at:
            ax.vlines(at, piece.loc[known, "low"], piece.loc[known, "high"], color=look.color, linewidth=1.2)


def _numbers(
    ax: Axes,
    one: Drawn,
    earlier: Sequence[Drawn],
    later: Sequence[Drawn],
    places: Mapping[object, float],
    which: str,
    n_places: int,
) -> None:
    """The numbers at the marks: all, those at the ends of each piece, or none.

    The lower of two that are close stands below its mark; two that are the same are printed once.
    """
    printed = _marks_of(earlier)
    elsewhere = printed + _marks_of(later)
    close = CLOSE * abs(float(np.subtract(*ax.get_ylim())))
    for _, piece in one.rows.groupby("piece", sort=False):
        rows = list(piece.itertuples())
        chosen = {"all": rows, "ends": rows[:1] + rows[1:][-1:], "none": []}[which]
        for row in chosen:
            if (row.x, row.y) in printed:
                continue
            beside = [y for x, y in elsewhere if x == row.x and abs(y - row.y) < close]
            in_a_dip = _lies_in_a_dip(piece["y"].tolist(), rows.index(row), close / 3)
            under = any(y > row.y for y in beside) if beside else in_a_dip
            ends = (row.low, "top", -ABOVE) if under else (row.high, "bottom", ABOVE)
            ax.annotate(
                written(row.y, n_places),
                (places[row.x], row.y if pd.isna(ends[0]) else ends[0]),
                xytext=(0, ends[2]),
                textcoords="offset points",
                ha="center",
                va=ends[1],
                fontsize=7.5,
                color=INK,
                path_effects=HALO,
                zorder=7,
            )


def _marks_of(drawn: Sequence[Drawn]) -> list[tuple[object, float]]:
    """Where the marks of some series lie."""
    return [pair for one in drawn for pair in zip(one.rows["x"], one.rows["y"])]


def _lies_in_a_dip(values: Sequence[float], place: int, little: float) -> bool:
    """Whether the line bends upwards at a number or falls to its end, so that there is room under it."""
    if place == len(values) - 1:
        return place > 0 and values[place] < values[place - 1] - little
    if place == 0:
        return False
    return values[place] < (values[place - 1] + values[place + 1]) / 2 and values[place] < values[place + 1]


def _own_lines(ax: Axes, drawn: Sequence[Drawn], places: Mapping[object, float]) -> None:
    """A user's numbers over the published ones."""
    for number, one in enumerate(drawn):
        at = [places.get(value, float(value)) for value in one.rows["x"]]
        ax.plot(
            at,
            one.rows["y"].astype(float),
            color=VERMILLION,
            marker="X",
            markersize=7,
            linewidth=2.0,
            label=OWN if number == 0 else "_own",
            zorder=5,
        )


def draw_curves(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    by: str = "",
    labels: Mapping[str, str] | None = None,
    low: str = "",
    high: str = "",
    steps: bool = False,
    x_words: str = "",
    y_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """Curves without marks, in steps where they are, each with its band."""
    drawn = series_of(table, x, y, by, labels, low, high)
    for index, one in enumerate(drawn):
        look, rows = series(index), one.rows.astype({"x": float, "y": float, "low": float, "high": float})
        ax.plot(
            rows["x"], rows["y"], color=look.color, linestyle=look.line, drawstyle=_style(steps), label=one.label
        )
        if rows["low"].notna().any():
            shade: dict[str, Any] = {"color": look.color, "alpha": 0.18, "linewidth": 0}
            ax.fill_between(rows["x"], rows["low"], rows["high"], step="post" if steps else None, **shade)
    has_own = lies_over(own, x, *listed_columns(y))
    if own is not None and has_own:
        for number, one in enumerate(series_of(own, x, y, by if by in own else "", labels)):
            at, name = one.rows.astype({"x": float, "y": float}), OWN if number == 0 else "_own"
            ax.plot(at["x"], at["y"], color=VERMILLION, linewidth=2.2, drawstyle=_style(steps), label=name)
    _axes(ax, {}, [], x_words or x, y_words, y_from, y_to)
    _key(ax, len(drawn) + has_own)
    n_places = places_of(pd.concat([one.rows["y"] for one in drawn]))
    return [_in_words(one, n_places) for one in drawn]


def _style(steps: bool) -> Any:
    """How a curve runs between its points."""
    return "steps-post" if steps else "default"


def _axes(
    ax: Axes,
    places: Mapping[object, float],
    ticks: Sequence[str],
    x_words: str,
    y_words: str,
    y_from: float | None,
    y_to: float | None,
) -> None:
    """Words, ticks and ends of both axes."""
    if ticks:
        ax.set_xticks(list(places.values()), list(ticks))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, min_n_ticks=3))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    ax.margins(y=0.18)
    ax.set_xlabel(x_words)
    ax.set_ylabel(y_words)
    set_ends(ax, "y", y_from, y_to)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,g}".replace("-", "−"))
    ruled(ax, "y")


def _key(ax: Axes, n_series: int) -> None:
    """The key, where there is more than one series."""
    if n_series > 1:
        key_below(ax)


def _in_words(one: Drawn, n_places: int) -> str:
    """A series as a sentence: its numbers one by one, or from where to where when they are many."""
    rows = list(one.rows.itertuples())
    shown = rows if len(rows) <= 16 else [rows[0], rows[len(rows) // 2], rows[-1]]
    numbers = ", ".join(f"{row.x} {written(row.y, n_places)}" for row in shown)
    more = "" if len(shown) == len(rows) else f" ({len(rows)} numbers from first to last)"
    return f"{one.label}: {numbers}{more}"
