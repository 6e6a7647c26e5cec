"""Latent growth curves: the mean course of each construct with its band, over the means that were observed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.models.panel import GrowthCurvesResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    TEXT_WIDTH,
    Series,
    figure_of,
    folded,
    head,
    look,
    new_axes,
    new_figure,
    ruled,
    series,
)

ROW_HEIGHT, ALONE_HEIGHT = 2.5, 3.7
"""Inches."""


def draw_growth_curves(
    result: GrowthCurvesResult,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw the mean course that growth curves imply, with its band, and the mean of each wave without a model.

    Parameters
    ----------
    result : GrowthCurvesResult
        From `fit_panel` with ``model="growth"``.
    ax : matplotlib axes, optional
        Where to draw all constructs; by default each has axes of its own.
    conf_level : float, optional
        Level of the bands.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.
    """
    frame, title = result.courses(conf_level), title or result.title
    constructs, groups = result.panel.constructs, result.panel.groups
    with look():
        if ax is not None or len(constructs) == 1:
            ax = ax or new_axes(TEXT_WIDTH, ALONE_HEIGHT)
            drawn = _draw_together(ax, frame, constructs, groups)
            _label(ax, result, theory.label(constructs[0]) if len(constructs) == 1 else "Score")
            head(ax, title)
            axes: Any = ax
        else:
            axes, drawn = _draw_apart(result, frame, title)
        first = ax if ax is not None else axes[0]
        if drawn > 1:
            handles, names = first.get_legend_handles_labels()
            figure_of(first).legend(handles, names, loc="outside lower center", ncols=min(drawn, 3))
        level = wording.percent(result.conf_level if conf_level is None else conf_level)
        notes = (_reading(level), *result.notes)
        caption(first, frame, courses_alt(frame, title), title, notes, simulated=is_simulated(result, simulated))
    return axes


def _draw_together(ax: Axes, frame: pd.DataFrame, constructs: tuple[str, ...], groups: tuple[str, ...]) -> int:
    """Every construct in every group on the same axes; how many there are."""
    several = len(constructs) * len(groups)
    for number, (construct, group) in enumerate((one, group) for one in constructs for group in groups):
        name = ", ".join(part for part in (theory.label(construct) if len(constructs) > 1 else "", group) if part)
        own = frame[(frame["construct"] == construct) & (frame["group"] == group)]
        _draw_course(ax, own, series(number), name, alone=several == 1)
    return several


def _draw_apart(result: GrowthCurvesResult, frame: pd.DataFrame, title: str) -> tuple[Any, int]:
    """Axes for each construct, two side by side; how many groups there are."""
    constructs, groups = result.panel.constructs, result.panel.groups
    n_rows = -(-len(constructs) // 2)
    figure = new_figure(TEXT_WIDTH, ROW_HEIGHT * n_rows + 0.5)
    grid = figure.subplots(n_rows, 2, squeeze=False).ravel()
    for ax in grid[len(constructs) :]:
        ax.remove()
    axes = grid[: len(constructs)]
    for ax, construct in zip(axes, constructs):
        own = frame[frame["construct"] == construct]
        for number, group in enumerate(groups):
            _draw_course(ax, own[own["group"] == group], series(number), group, alone=len(groups) == 1)
        _label(ax, result, theory.label(construct))
    figure.suptitle(folded(title, int(TEXT_WIDTH * 12.5)), x=0.01, ha="left", fontsize=10.0, fontweight="bold")
    return axes, len(groups)


def _draw_course(ax: Axes, rows: pd.DataFrame, look_of: Series, name: str, alone: bool) -> None:
    """The course with its band, and markers at the observed means."""
    color = BLACK if alone else look_of.color
    fitted, observed = (rows[rows["kind"] == kind] for kind in ("fitted", "observed"))
    at, low, high = (fitted[column].to_numpy(float) for column in ("time", "conf_low", "conf_high"))
    ax.fill_between(at, low, high, color=color, alpha=0.22, linewidth=0, zorder=2)
    line = "-" if alone else look_of.line
    ax.plot(at, fitted["estimate"], color=color, linestyle=line, linewidth=2.0, zorder=3)
    ax.plot(observed["time"], observed["estimate"], color=color, marker=look_of.marker, linestyle="none",
            markerfacecolor="white", markeredgewidth=1.4, zorder=4, label=name or None)  # fmt: skip


def _label(ax: Axes, result: GrowthCurvesResult, words: str) -> None:
    """What the axes are."""
    panel = result.panel
    since = f"Time since wave {panel.waves[0]}" if panel.curves and panel.curves.times[0] == 0.0 else "Time"
    ax.set_xlabel(since)
    ax.set_ylabel(folded(words, 28))
    ruled(ax, "y")


def _reading(level: str) -> str:
    """What the picture shows."""
    return (
        f"Lines are the mean courses that the model implies, with {level} bands of the mean; open markers are the "
        "means of the waves without a model of growth. Children differ from the mean: see the variances."
    )


def courses_alt(frame: pd.DataFrame, title: str) -> str:
    """First and last point of every course in numbers."""
    sentences = []
    for (group, construct), rows in frame[frame["kind"] == "fitted"].groupby(["group", "construct"], sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        ends = [
            f"{captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)} at {wording.number(row.time, 1)}"
            for row in (first, last)
        ]
        where = f" in {group}" if group else ""
        sentences.append(f"{theory.label(str(construct))}{where} goes from {ends[0]} to {ends[1]}")
    return f"{title}. {captions.read_out(sentences, 'course')}"
