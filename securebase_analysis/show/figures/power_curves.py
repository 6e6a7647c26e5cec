"""What panel models would find: power by the size of the effect, a curve for each way to ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.power import PanelPlan
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    INK,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    folded,
    look,
    new_figure,
    ruled,
    series,
)

HEIGHT = 3.6
"""Inches, without the key."""


def draw_power_curves(
    result: PanelPlan, ax: Axes | None = None, *, title: str | None = None, simulated: bool | None = None
) -> Any:
    """Draw the power of every way that can be fitted, by the size of the effect.

    Parameters
    ----------
    result : PanelPlan
        From `plan_panel`.
    ax : matplotlib axes, optional
        Where to draw all ways; by default all constructs together and two at a time have axes of their own.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        When the children carry none of the ways.
    """
    frame, words = result.power_curves, title or result.title
    if frame.empty:
        raise ModelError(_nothing())
    together = list(dict.fromkeys(frame["constructs"]))
    with look():
        axes = [ax] * len(together) if ax is not None else _new_axes(len(together), frame)
        for panel, n in zip(axes, together):
            _draw_ways(panel, frame[frame["constructs"] == n], result)
            if len(together) > 1 and ax is None:
                heading = "Two constructs at a time" if n == 2 else f"{wording.count(n, 'construct')} together"
                panel.set_title(heading, loc="left", fontsize=9.0, fontweight="normal")
        axes[0].set_ylabel("Power")
        if ax is None:
            figure = figure_of(axes[0])
            figure.suptitle(
                folded(words, int(TEXT_WIDTH * 12.5)), x=0.01, ha="left", fontsize=10.0, fontweight="bold"
            )
            _key(axes)
        caption(axes[0], frame, _alt(result, words), words, result.notes,
                simulated=is_simulated(result, simulated))  # fmt: skip
    return axes[0] if len(set(map(id, axes))) == 1 else np.array(axes)


def _new_axes(n: int, frame: pd.DataFrame) -> list[Axes]:
    """Axes side by side, with room for the key below."""
    n_names = len({_name(way) for way in frame["way"]})
    return list(new_figure(TEXT_WIDTH, HEIGHT + 0.2 * n_names).subplots(1, n, sharey=True, squeeze=False).ravel())


def _draw_ways(ax: Axes, frame: pd.DataFrame, result: PanelPlan) -> None:
    """Curves, the power that was asked for, and the effect that was named."""
    looks = {name: number for number, name in enumerate(dict.fromkeys(_name(way) for way in result.ways["way"]))}
    ax.axhline(result.request.power, color=QUIET, linewidth=0.9, linestyle=(0.0, (4.0, 2.0)), zorder=1)
    ax.axvline(abs(result.request.effect), color=QUIET, linewidth=0.9, linestyle=(0.0, (1.0, 2.0)), zorder=1)
    for way, own in frame.groupby("way", sort=False):
        name = _name(str(way))
        look_of = series(looks[name])
        ax.plot(own["effect"], own["power"], color=look_of.color, linestyle=look_of.line, marker=look_of.marker,
                markevery=3, markerfacecolor="white", label=name, zorder=3)  # fmt: skip
    ax.set_ylim(0.0, 1.02)
    ax.set_xlim(0.0, float(frame["effect"].max()))
    ax.set_xlabel("Lagged effect, standard deviations", color=INK)
    ruled(ax, "y")


def _name(way: str) -> str:
    """A way without how many constructs it takes."""
    name = way.replace(", two constructs at a time", "")
    return name[0].upper() + name[1:]


def _key(axes: list[Axes]) -> None:
    """One key for all axes, below them."""
    handles: dict[str, Any] = {}
    for ax in axes:
        for handle, name in zip(*ax.get_legend_handles_labels()):
            handles.setdefault(name, handle)
    figure_of(axes[0]).legend(handles.values(), handles, loc="outside lower left", ncols=1)


def _alt(result: PanelPlan, words: str) -> str:
    """The picture in sentences."""
    ways = result.ways[result.ways["can_be_fitted"]]
    told = [
        f"{row.way}: power {wording.number(row.power)} for an effect of {wording.number(result.request.effect)}, "
        f"smallest effect found {wording.number(row.smallest_effect)}"
        for row in ways.itertuples()
    ]
    return f"{words}. Curves of power by the size of a lagged effect. {captions.read_out(told, 'way')}"


def _nothing() -> Problem:
    return Problem(
        "SB-SEM-125",
        "stop",
        "There is nothing to draw: the children carry none of these models.",
        why="A curve of power belongs to a model that can be fitted.",
        done="Nothing was drawn.",
        fix="plan_panel(data, constructs, n_children=120) plans for more children; plan.ways has the parameters.",
    )
