"""Points with their intervals, row under row: a forest of published estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, ScalarFormatter

from securebase_analysis.show.figures.forms.columns import (
    OWN,
    Drawn,
    lies_over,
    listed_columns,
    places_of,
    series_of,
    written,
)
from securebase_analysis.show.figures.forms.ends import set_ends
from securebase_analysis.show.figures.style import (
    INK,
    QUIET,
    VERMILLION,
    legend_below,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
    series,
    side_column,
)

LABEL_WIDTH = 36
SPREAD = 0.44
"""How much of a row its series share."""


def points_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of points."""
    names = list(dict.fromkeys(table[options["x"]].astype(str)))
    n_series = table[options["by"]].nunique() if options.get("by") else len(listed_columns(options["y"]))
    pitch = max(row_pitch(names, LABEL_WIDTH), 0.16 * n_series + 0.12)
    return rows_height(len(names), pitch, 1.2 if n_series == 1 else 1.6)


def draw_points(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    low: str = "",
    high: str = "",
    by: str = "",
    labels: Mapping[str, str] | None = None,
    reference: float | None = None,
    reference_words: str = "",
    log: bool = False,
    beside: bool = True,
    estimate_words: str = "Estimate",
    interval_words: str = "Interval",
    x_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    places: int | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A row for each value of `x`, a point for each series; an interval where the table has both ends.

    The numbers stand in columns beside the rows, or at the points where there are several series; with as many
    decimals as the table has, or as `places` says for numbers that were computed.
    """
    drawn = series_of(table, x, y, by, labels, low, high)
    names = [str(name) for name in dict.fromkeys(table[x])]
    row_of = {name: float(row) for row, name in enumerate(names)}
    if reference is not None:
        _reference(ax, reference, reference_words)
    heights = _heights(drawn, row_of)
    for index, one in enumerate(drawn):
        _points(ax, one, index, heights[index])
    has_own = lies_over(own, x, by, *listed_columns(y))
    if own is not None and has_own:
        _own_points(ax, series_of(own, x, y, by, labels), row_of)
    _axis(ax, names, row_of, x_words, log, y_from, y_to)
    printed = pd.concat([one.rows[name] for one in drawn for name in ("y", "low", "high")])
    n_places = places_of(printed) if places is None else places
    if beside and len(drawn) == 1:
        _side(ax, drawn[0], row_of, n_places, estimate_words, interval_words)
    elif beside:
        for one, at in zip(drawn, heights):
            _numbers(ax, one, at, n_places)
    if len(drawn) + has_own > 1:
        legend_below(ax, len(drawn) + has_own)
    return [_in_words(one, n_places, len(drawn) > 1) for one in drawn]


def _heights(drawn: Sequence[Drawn], row_of: Mapping[str, float]) -> list[list[float]]:
    """Where the points of each series lie: beside one another inside their row, as many as there are."""
    in_row = {name: [one for one in drawn if name in set(one.rows["x"].astype(str))] for name in row_of}
    heights = []
    for one in drawn:
        names = [str(name) for name in one.rows["x"]]
        shares = [_share(in_row[name].index(one), len(in_row[name]), len(drawn)) for name in names]
        heights.append([row_of[name] + share for name, share in zip(names, shares)])
    return heights


def _share(place: int, n_here: int, n_series: int) -> float:
    """How far from the middle of its row a point lies, when so many of the series are in it."""
    return 0.0 if n_series == 1 else SPREAD * (place - (n_here - 1) / 2) / (n_series - 1)


def _reference(ax: Axes, value: float, words: str) -> None:
    """The line that estimates are read against."""
    ax.axvline(value, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    if words:
        ax.annotate(
            words,
            (value, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=QUIET,
        )


def _points(ax: Axes, one: Drawn, index: int, heights: Sequence[float]) -> None:
    """The points of one series and their intervals."""
    look = series(index)
    known = one.rows["low"].notna() & one.rows["high"].notna()
    at = [height for height, has in zip(heights, known) if has]
    ax.hlines(
        at, one.rows.loc[known, "low"].astype(float), one.rows.loc[known, "high"].astype(float),
        color=look.color, linewidth=1.4,
    )  # fmt: skip
    ax.plot(
        one.rows["y"].astype(float), heights, linestyle="", color=look.color, marker=look.marker, label=one.label
    )


def _numbers(ax: Axes, one: Drawn, heights: Sequence[float], n_places: int) -> None:
    """The number of each point, right of its interval."""
    for row, height in zip(one.rows.itertuples(), heights):
        ax.annotate(
            written(row.y, n_places), (row.y if pd.isna(row.high) else row.high, height), xytext=(6, 0),
            textcoords="offset points", va="center_baseline", fontsize=7.0, color=INK,
        )  # fmt: skip


def _own_points(ax: Axes, mine: Sequence[Drawn], row_of: Mapping[str, float]) -> None:
    """A user's numbers on the rows of the same name."""
    for number, one in enumerate(mine):
        rows = one.rows[one.rows["x"].astype(str).isin(list(row_of))]
        at = [row_of[str(name)] for name in rows["x"]]
        look: dict[str, Any] = {"color": VERMILLION, "markeredgecolor": "white", "markersize": 8, "zorder": 6}
        ax.plot(
            rows["y"].astype(float), at, linestyle="", marker="X", label=OWN if number == 0 else "_own", **look
        )


def _axis(
    ax: Axes,
    names: Sequence[str],
    row_of: Mapping[str, float],
    words: str,
    log: bool,
    y_from: float | None,
    y_to: float | None,
) -> None:
    """Names of the rows and the axis of the numbers, in ratios where asked for."""
    row_labels(ax, row_of.values(), names, LABEL_WIDTH)
    ax.set_ylim(len(names) - 0.4, -0.9)
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xticks([tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if _inside(tick, ax.get_xlim())])
    set_ends(ax, "x", y_from, y_to)
    ax.set_xlabel(words)
    ruled(ax)


def _inside(value: float, ends: tuple[float, float]) -> bool:
    """Whether a value lies between the ends of an axis."""
    return ends[0] <= value <= ends[1]


def _side(
    ax: Axes, one: Drawn, row_of: Mapping[str, float], n_places: int, estimate_words: str, interval_words: str
) -> None:
    """The numbers beside the rows, as the table writes them."""
    at = [row_of[str(name)] for name in one.rows["x"]]
    side_column(ax, at, [written(value, n_places) for value in one.rows["y"]], estimate_words, 52, -0.75)
    ends = [_interval(row.low, row.high, n_places) for row in one.rows.itertuples()]
    if any(end != "–" for end in ends):
        side_column(ax, at, ends, interval_words, 142, -0.75)


def _interval(low: Any, high: Any, n_places: int) -> str:
    """Both ends in brackets, or a dash."""
    return "–" if pd.isna(low) or pd.isna(high) else f"[{written(low, n_places)}, {written(high, n_places)}]"


def _in_words(one: Drawn, n_places: int, several: bool) -> str:
    """The points of a series as a sentence."""
    texts = []
    for row in one.rows.itertuples():
        ends = _interval(row.low, row.high, n_places)
        texts.append(f"{row.x} {written(float(str(row.y)), n_places)}{'' if ends == '–' else f' {ends}'}")
    return (f"{one.label}: " if several else "") + ", ".join(texts)
