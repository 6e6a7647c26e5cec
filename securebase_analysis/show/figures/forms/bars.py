"""Bars, row under row, with their numbers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from securebase_analysis.show.figures.forms.columns import (
    OWN,
    PUBLISHED,
    Drawn,
    lies_over,
    listed_columns,
    places_of,
    series_of,
    written,
)
from securebase_analysis.show.figures.forms.ends import set_ends
from securebase_analysis.show.figures.forms.key import key_below, words_below
from securebase_analysis.show.figures.style import (
    INK,
    VERMILLION,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
    series,
)

THICKNESS = 0.74
LABEL_WIDTH = 38


def bars_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of bars."""
    names = list(dict.fromkeys(table[options["x"]].astype(str)))
    n_bars = table[options["by"]].nunique() if options.get("by") else len(listed_columns(options["y"]))
    pitch = max(row_pitch(names, LABEL_WIDTH), 0.17 * n_bars + 0.12)
    return rows_height(len(names), pitch, 1.0 if n_bars == 1 else 1.45)


def draw_bars(
    ax: Axes,
    table: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    by: str = "",
    labels: Mapping[str, str] | None = None,
    unit: str = "",
    beside: str = "",
    beside_unit: str = "%",
    x_words: str = "",
    y_from: float | None = None,
    y_to: float | None = None,
    places: int | None = None,
    beside_places: int | None = None,
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A row for each value of `x`, a bar for each series; `beside` is another column printed after the number.

    Where a symbol stands in place of the number of a row, it is printed and there is no bar. Numbers have as many
    decimals as the table; `places` and `beside_places` say it for those that were computed.
    """
    drawn = series_of(table, x, y, by, labels)
    names = [str(name) for name in dict.fromkeys(table[x])]
    row_of = {name: float(row) for row, name in enumerate(names)}
    each = THICKNESS / len(drawn)
    n_places = places_of(pd.concat([one.rows["y"] for one in drawn])) if places is None else places
    extra = _printed_beside(table, x, beside, beside_unit, beside_places)
    for index, one in enumerate(drawn):
        shift = (index - (len(drawn) - 1) / 2) * each
        at = [row_of[str(name)] + shift for name in one.rows["x"]]
        texts = [f"{written(value, n_places)}{unit}{extra.get(str(name), '')}" for name, value in _pairs(one)]
        _bars(ax, one, index, at, each * 0.94, texts)
    for name, symbol in _symbols(table, x, y).items():
        _beside_bar(ax, f"{symbol}{extra.get(name, '')}", 0.0, row_of[name], 8.0)
    has_own = lies_over(own, x, by, *listed_columns(y))
    if own is not None and has_own:
        _own_marks(ax, series_of(own, x, y, by, labels), drawn, row_of, each)
        if len(drawn) == 1:
            ax.containers[0].set_label(PUBLISHED)
    _rows(ax, names, row_of, x_words, y_from, y_to)
    n_series = len(drawn) + has_own
    if n_series > 1:
        key_below(ax)
    return [_in_words(one, n_places, unit, extra, len(drawn) > 1) for one in drawn]


def _pairs(one: Drawn) -> list[tuple[object, float]]:
    return list(zip(one.rows["x"], one.rows["y"]))


def _printed_beside(table: pd.DataFrame, x: str, column: str, unit: str, places: int | None) -> dict[str, str]:
    """The second number of each row in brackets; a symbol that stands for it as it is."""
    if not column:
        return {}
    places = places_of(table[column]) if places is None else places
    symbols = table.get(f"{column}_symbol", pd.Series([""] * len(table), index=table.index))
    return {
        str(name): f" ({symbol})" if symbol else f" ({written(value, places)}{unit})"
        for name, value, symbol in zip(table[x], table[column], symbols)
        if symbol or pd.notna(value)
    }


def _bars(ax: Axes, one: Drawn, index: int, at: Sequence[float], thickness: float, texts: Sequence[str]) -> None:
    """The bars of one series and the number at the end of each."""
    look = series(index)
    ax.barh(
        list(at),
        one.rows["y"].astype(float),
        height=thickness,
        color=look.color,
        hatch=look.hatch,
        label=one.label,
    )
    for place, value, text in zip(at, one.rows["y"], texts):
        _beside_bar(ax, text, max(float(value), 0.0), place, 7.5 if thickness < 0.5 else 8.0)


def _beside_bar(ax: Axes, text: str, end: float, row: float, size: float) -> None:
    """What is printed at the end of a bar."""
    ax.annotate(
        text, (end, row), xytext=(4, 0), textcoords="offset points", va="center_baseline", fontsize=size, color=INK
    )


def _symbols(table: pd.DataFrame, x: str, y: str | Sequence[str]) -> dict[str, str]:
    """Rows whose number is a symbol, where the picture is of one column."""
    columns = listed_columns(y)
    marks = table.get(f"{columns[0]}_symbol")
    if len(columns) > 1 or marks is None:
        return {}
    return {str(name): str(mark) for name, mark in zip(table[x], marks) if mark}


def _own_marks(
    ax: Axes, mine: Sequence[Drawn], drawn: Sequence[Drawn], row_of: Mapping[str, float], each: float
) -> None:
    """A user's numbers as marks under the bars of the same name, where they cover no printed number."""
    order = [one.label for one in drawn]
    for number, one in enumerate(mine):
        if one.label not in order:
            continue
        shift = (order.index(one.label) - (len(order) - 1) / 2) * each
        rows = one.rows[one.rows["x"].astype(str).isin(list(row_of))]
        at = [row_of[str(name)] + shift + 0.44 * each for name in rows["x"]]
        look: dict[str, Any] = {"color": VERMILLION, "markeredgecolor": "white", "markersize": 9, "zorder": 6}
        ax.plot(
            rows["y"].astype(float), at, linestyle="", marker="^", label=OWN if number == 0 else "_own", **look
        )


def _rows(
    ax: Axes,
    names: Sequence[str],
    row_of: Mapping[str, float],
    x_words: str,
    y_from: float | None,
    y_to: float | None,
) -> None:
    """Names of the rows, first on top, and the axis of the numbers."""
    row_labels(ax, row_of.values(), names, LABEL_WIDTH)
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.margins(x=0.16)
    set_ends(ax, "x", y_from, y_to)
    words_below(ax, x_words)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    ruled(ax)


def _in_words(one: Drawn, n_places: int, unit: str, extra: Mapping[str, str], several: bool) -> str:
    """The bars of a series as a sentence."""
    texts = [f"{name} {written(value, n_places)}{unit}{extra.get(str(name), '')}" for name, value in _pairs(one)]
    head = f"{one.label}: " if several else ""
    return head + ", ".join(texts)
