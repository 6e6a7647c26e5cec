"""A row a child: bars, what is between them, signs of how care ended, and their key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from securebase_analysis.results import wording
from securebase_analysis.show.figures.placement_calendar_numbers import Time
from securebase_analysis.show.figures.placement_look import (
    axis_of_dates,
    axis_of_years,
    key_below,
    key_height,
    lined,
    looks_of,
)
from securebase_analysis.show.figures.placement_words import EXITS, GAP, NOT_KNOWN, in_order
from securebase_analysis.show.figures.style import BLACK, INK, QUIET, TEXT_WIDTH, figure_of, new_axes

TALLEST_ROW, LOWEST_ROW, DRAWING = 0.17, 0.024, 4.6
"""Inches: of a row in a small and in a large cohort, and of all rows where there is a choice."""
LABELLED = 1.6
"""Inches of rows from which the words beside them have room."""
AROUND = 1.3
"""Inches of height for title, axis and margins."""
HATCHED_FROM = 4.0
"""Points of height from which any hatching of a bar is seen; in lower bars only lines across are."""
MARKS_BESIDE = 3.5
"""Points from the end of a bar to the sign that says how it ended."""
OPEN = "Still in placement"
SIGNS: dict[str, dict[str, Any]] = {
    "Returned home": {"marker": "^", "markerfacecolor": "white"},
    "Adopted": {"marker": "*", "markerfacecolor": BLACK, "markersize": 1.35},
    "Guardianship or order": {"marker": "s", "markerfacecolor": "white", "markersize": 0.85},
    "Adult life": {"marker": "D", "markerfacecolor": BLACK, "markersize": 0.75},
    "Died": {"marker": "x", "markersize": 0.95},
    EXITS[-1]: {"marker": "o", "markerfacecolor": "white", "markersize": 0.9},
    NOT_KNOWN: {"marker": "o", "markerfacecolor": QUIET, "markersize": 0.5},
    OPEN: {"marker": ">", "markerfacecolor": QUIET, "markeredgecolor": QUIET, "markersize": 0.8},
}


def draw_rows(ax: Axes | None, frame: pd.DataFrame, time: Time, observed_from: float) -> Axes:
    """Bars, what is between them, and the signs on them."""
    n = int(frame["row"].max())
    pitch = max(LOWEST_ROW, min(TALLEST_ROW, DRAWING / n))
    drawn, points = _as_numbers(frame, time), 72.0 * pitch
    keys = _keys(drawn, points)
    ax = ax or new_axes(TEXT_WIDTH, max(n * pitch, 0.7) + AROUND + key_height(keys))
    ax.set_ylim(n + 0.5, 0.5)
    _draw_bars(ax, drawn, points)
    _draw_moves(ax, drawn, points)
    _draw_signs(ax, drawn, points)
    last = float(drawn[["start", "stop"]].max().max())
    if time == "days":
        axis_of_years(ax, last)
        ax.set_xlim(0.0, max(1.0, 1.015 * last))
    else:
        first = float(drawn["start"].min())
        axis_of_dates(ax, first - 0.005 * (last - first) - 1.0, last + 0.015 * (last - first) + 1.0)
        _mark_first_day(ax, observed_from, first)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    who = wording.count(n, "child", "children")
    ax.set_ylabel(who if n * pitch < LABELLED else f"{who}, a row each")
    key_below(ax, keys)
    return ax


def _as_numbers(frame: pd.DataFrame, time: Time) -> pd.DataFrame:
    """Dates as the axis counts them."""
    if time == "days":
        return frame
    return frame.assign(**{name: date2num(frame[name].to_numpy("datetime64[D]")) for name in ("start", "stop")})


def _boxes(rows: pd.DataFrame, height: float) -> list[Any]:
    """Corners of a bar for each row."""
    low, high = rows["start"].to_numpy(float), rows["stop"].to_numpy(float)
    up, down = rows["row"].to_numpy(float) - height / 2.0, rows["row"].to_numpy(float) + height / 2.0
    return list(np.stack([low, up, high, up, high, down, low, down], axis=1).reshape(-1, 4, 2))


def _draw_bars(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """Full bars within the data, thin ones before; dotted lines where a child is in care without a placement."""
    looks = looks_of(_types(frame))
    for kind, height in (("before", 0.3), ("placement", 0.84)):
        for name, one in looks.items():
            rows = frame[(frame["kind"] == kind) & (frame["label"] == name)]
            if rows.empty:
                continue
            hatch = one.hatch if points * height >= HATCHED_FROM else one.low if kind == "placement" else ""
            edge = one.lines if hatch else "none"
            style: dict[str, Any] = {"facecolor": one.color, "hatch": hatch, "edgecolor": edge}
            bars = PolyCollection(_boxes(rows, height), linewidth=0.0, snap=False, **style)
            ax.add_collection(lined(bars, one))
    gaps = frame[frame["kind"] == "gap"]
    ax.hlines(gaps["row"], gaps["start"], gaps["stop"], color=QUIET, linewidth=min(1.0, 0.35 * points),
              linestyle=(0, (1, 1.2)))  # fmt: skip


def _draw_moves(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """A black line between white ones, as high as the row."""
    rows = frame[frame["kind"] == "move"]
    at, row = rows["start"].to_numpy(float), rows["row"].to_numpy(float)
    lines = list(np.stack([at, row - 0.5, at, row + 0.5], axis=1).reshape(-1, 2, 2))
    wide = float(np.clip(0.25 * points, 0.7, 1.3))
    ax.add_collection(LineCollection(lines, colors="white", linewidths=wide + 1.4, capstyle="butt", zorder=3))
    ax.add_collection(LineCollection(lines, colors=BLACK, linewidths=wide, capstyle="butt", zorder=4))


def _draw_signs(ax: Axes, frame: pd.DataFrame, points: float) -> None:
    """How care ended and what goes on, right of the end of the bar."""
    beside = ax.transData + ScaledTranslation(MARKS_BESIDE / 72.0, 0.0, figure_of(ax).dpi_scale_trans)
    size = float(np.clip(0.95 * points, 2.8, 6.0))
    for name, style in _signs(frame).items():
        rows = frame[frame["kind"].isin(("exit", "end")) & (frame["label"] == name)]
        if name == OPEN:
            rows = frame[frame["kind"] == "open"]
        own = {**style, "markersize": size * style["markersize"], "markeredgewidth": min(0.7, 0.2 * size)}
        ax.plot(rows["start"], rows["row"], linestyle="", transform=beside, clip_on=False, zorder=5, **own)


def _signs(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The signs that occur, with their look."""
    found = set(frame.loc[frame["kind"].isin(("exit", "end")), "label"])
    found |= {OPEN} if (frame["kind"] == "open").any() else set()
    return {name: {"markeredgecolor": INK, "markersize": 1.0} | SIGNS[name] for name in SIGNS if name in found}


def _mark_first_day(ax: Axes, observed_from: float, first: float) -> None:
    """The first day of the data, where bars begin before it."""
    if observed_from <= first:
        return
    ax.axvline(observed_from, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2)
    ax.annotate("Data begin", (observed_from, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(3.0, 1.5),
                textcoords="offset points", fontsize=7.5, color=INK, va="bottom", ha="left")  # fmt: skip


def _keys(frame: pd.DataFrame, points: float) -> list[list[Artist]]:
    """What the key explains: the fills as they are drawn, then the signs."""
    looks = looks_of(_types(frame))
    fills: list[Artist] = []
    for name, one in looks.items():
        hatch = one.hatch if 0.84 * points >= HATCHED_FROM else one.low
        patch = Patch(facecolor=one.color, hatch=hatch, edgecolor=one.lines, linewidth=0.0, label=name)
        fills.append(lined(patch, one))
    kinds = set(frame["kind"])
    signs: list[Artist] = []
    if "before" in kinds:
        signs.append(Line2D([], [], color=QUIET, linewidth=2.0, label="Before the data begin"))
    if "gap" in kinds:
        signs.append(Line2D([], [], color=QUIET, linewidth=1.0, linestyle=(0, (1, 1.2)), label=GAP))
    if "move" in kinds:
        signs.append(Line2D([], [], color=BLACK, linestyle="", marker="|", markersize=8, markeredgewidth=1.3,
                            label="Moved"))  # fmt: skip
    for name, style in _signs(frame).items():
        signs.append(Line2D([], [], linestyle="", label=name, markeredgewidth=0.7,
                            **{**style, "markersize": 6.0 * style["markersize"]}))  # fmt: skip
    return [fills, signs]


def _types(frame: pd.DataFrame) -> list[str]:
    """The types that are drawn, in order."""
    return in_order(frame.loc[frame["kind"].isin(("placement", "before")), "label"].unique())
