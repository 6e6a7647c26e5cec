"""A network of partial correlations: how stable it is on the left, the network itself on the right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.network import NetworkResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.network_numbers import network_frame, network_places
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    HAIRLINE,
    INK,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    folded,
    look,
    new_figure,
    ruled,
)

MOST_CONSTRUCTS = 15
"""More names cannot be read around one network."""
MOST_ROWS = 28
"""Pairs in the panel of stability; those without an edge, and the least of those with one, are in the frame."""
THICKEST = 7.0
"""Points of an edge of `AT_MOST`; the width of others is in proportion."""
AT_MOST = 0.5
THINNEST = 0.5
DASHES = (0.0, (2.2, 1.2))
NODE = 8.0
"""Points from the middle of a construct to its rim."""


def draw_network(
    result: NetworkResult,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw a network with its stability beside it; on an `ax` of your own the network alone.

    Parameters
    ----------
    result : NetworkResult
        From `fit_network`.
    ax : matplotlib axes, optional
        Where to draw the network; the panel of stability is then left to you.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title; by default with the number of children.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of two
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        When there are more than fifteen constructs.
    """
    names = result.names
    if len(names) > MOST_CONSTRUCTS:
        raise ModelError(_too_many(len(names)))
    frame = network_frame(result, conf_level=conf_level)
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    words = title or f"What goes together, all else held constant ({result.facts['n_rows']:,} children)"
    with look():
        axes = [ax] if ax is not None else _panels(_shown(frame))
        if ax is None:
            _draw_stability(axes[0], _shown(frame), level)
            axes[0].set_title(_stability(result), fontsize=8.0, fontweight="normal", loc="left", pad=24)
            figure_of(axes[0]).suptitle(folded(words, 84), x=0.01, ha="left", fontsize=10.0, fontweight="bold")
        else:
            ax.set_title(folded(words, 50), loc="left")
        _draw_edges(axes[-1], frame, names)
        _draw_constructs(axes[-1], names)
        _key(axes[-1], frame, names)
        caption(
            axes[0], frame, _alt(result, frame, words), words,
            (result.stability_words(), _reading(level), *result.notes), simulated=is_simulated(result, simulated),
        )  # fmt: skip
    return axes[0] if len(axes) == 1 else np.array(axes)


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The pairs of the panel of stability: those with an edge; where there is none, those nearest to one."""
    there = frame[frame["estimate"] != 0.0]
    return (there if len(there) else frame).head(MOST_ROWS)


def _panels(rows: pd.DataFrame) -> list[Axes]:
    """Stability on the left, as high as its rows need, the network on the right."""
    figure = new_figure(TEXT_WIDTH + 2.6, max(4.9, 1.3 + 0.165 * len(rows)))
    stability, network = figure.subplots(1, 2, width_ratios=[1.0, 1.75])
    return [stability, network]


# ---- the network -----------------------------------------------------------------------------------------------


def _draw_edges(ax: Axes, frame: pd.DataFrame, names: list[str]) -> None:
    """As wide as they are far from zero; darker where more resamples have them; dashed where negative."""
    places = network_places(names)
    for row in frame[frame["estimate"] != 0.0].iloc[::-1].itertuples():
        value = float(row.estimate)
        width = max(THICKEST * min(abs(value), AT_MOST) / AT_MOST, THINNEST)
        start, end = places[str(row.first)], places[str(row.second)]
        ax.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-", shrinkA=NODE, shrinkB=NODE, linewidth=width,
                color=BLACK if row.claimed else QUIET,
                alpha=0.35 + 0.65 * float(row.included), linestyle="-" if value > 0 else DASHES,
                capstyle="butt", zorder=2 if row.claimed else 1,
            )
        )  # fmt: skip


def _draw_constructs(ax: Axes, names: list[str]) -> None:
    """A mark for each, and its name outside the circle, where no line is."""
    for name, (x, y) in network_places(names).items():
        ax.plot([x], [y], zorder=3, clip_on=False, **_mark(name))
        across, upright = abs(x) < 0.35, y > 0
        ax.annotate(
            folded(theory.label(name), 16), (x, y), xytext=(13.0 * x, 13.0 * y), textcoords="offset points",
            ha="right" if x < -0.05 else "left" if x > 0.05 else "center",
            va=("bottom" if upright else "top") if across else "center", fontsize=8.5, color=INK,
        )  # fmt: skip
    ax.set_aspect("equal")
    ax.set_xlim(-1.05, 1.05)
    ax.set_ylim(-1.05, 1.05)
    ax.set_axis_off()


def _mark(name: str) -> dict[str, Any]:
    """A square for caregiving, a circle for a benefit, a diamond for what is not the model's."""
    marker = "s" if name in theory.CAREGIVING else "o" if name in theory.BENEFITS else "D"
    return {
        "marker": marker,
        "markersize": (1.4 if marker == "D" else 1.7) * NODE,
        "markeredgecolor": INK,
        "markerfacecolor": HAIRLINE if marker == "s" else "white",
        "markeredgewidth": 1.2,
        "linestyle": "",
    }


def _key(ax: Axes, frame: pd.DataFrame, names: list[str]) -> None:
    """What squares, circles and lines are, as far as they are in this picture."""
    there = frame[frame["estimate"] != 0.0]
    entries: list[tuple[str, dict[str, Any]]] = []
    for words, kind in (("caregiving", theory.CAREGIVING), ("benefit", theory.BENEFITS)):
        entries += [(words, _mark(name)) for name in names if name in kind][:1]
    entries += [("other measure", _mark(name)) for name in names if name not in theory.TEN_CONSTRUCTS][:1]
    if there["claimed"].any():
        entries.append(("claimed by the model", {"color": BLACK, "linewidth": 2.2}))
    if (~there["claimed"].astype(bool)).any():
        entries.append(("other edge", {"color": QUIET, "linewidth": 2.2}))
    if (there["estimate"] < 0).any():
        entries.append(("negative", {"color": QUIET, "linewidth": 2.2, "linestyle": DASHES}))
    handles = [Line2D([], [], label=words, **{**mark, "markersize": 6.5}) for words, mark in entries]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, fontsize=8.0)


# ---- its stability ---------------------------------------------------------------------------------------------


def _draw_stability(ax: Axes, rows: pd.DataFrame, level: str) -> None:
    """Each edge with its resamples, and what it is without a penalty."""
    at = np.arange(len(rows))
    ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    ax.hlines(at - 0.16, rows["conf_low"], rows["conf_high"], color=BLACK, linewidth=1.6)
    ax.plot(rows["estimate"], at - 0.16, linestyle="", marker="o", markersize=3.6, color=BLACK, label="edge")
    ax.hlines(at + 0.2, rows["partial_low"], rows["partial_high"], color=QUIET, linewidth=0.8)
    ax.plot(
        rows["partial"], at + 0.2, linestyle="", marker="o", markersize=3.2, color=QUIET, markerfacecolor="white",
        label="without penalty",
    )  # fmt: skip
    ax.set_yticks(at, [_pair(row) for row in rows.itertuples()], fontsize=7.0)
    ax.set_ylim(len(rows) - 0.4, -0.8)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"Partial correlation, {level} interval")
    ruled(ax)
    ax.legend(loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=2, fontsize=7.5, handletextpad=0.2)


def _stability(result: NetworkResult) -> str:
    """The two coefficients, short enough for a line above the panel."""
    shares = [f"{100 * result.coefficient(effect):.0f}%" for effect in ("edge", "strength")]
    return f"Nearly the same without {shares[0]} of the children\n(edges), {shares[1]} (order of strengths)."


def _pair(row: Any) -> str:
    return f"{theory.label(row.first)} – {theory.label(row.second)}"


# ---- in words --------------------------------------------------------------------------------------------------


def _reading(level: str) -> str:
    """How to read the picture."""
    return (
        "Squares are caregiving, circles what it builds in the child. An edge is the wider the further its "
        "partial correlation is from zero, paler the fewer resamples have it, dashed where it is negative, and "
        "black where the model says that one of the two raises the other. Beside it, filled: the edge with the "
        f"middle {level} of the resamples; open: without a penalty, with its {level} interval. No edge has a "
        "direction."
    )


def _alt(result: NetworkResult, frame: pd.DataFrame, title: str) -> str:
    """The stability, how many edges there are, and each of them in numbers."""
    there = frame[frame["estimate"] != 0.0]
    counted = f"{len(there)} of {len(frame)} pairs have an edge."
    texts = [
        f"{_pair(row)} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}"
        for row in there.itertuples()
    ]
    read = f" {captions.read_out(texts, 'edge')}" if texts else ""
    return f"{title}. {result.stability_words()} {counted}{read}"


def _too_many(n: int) -> Problem:
    return Problem(
        "SB-OUT-33",
        "stop",
        f"A network of {n} constructs cannot be read.",
        why=f"A picture holds up to {MOST_CONSTRUCTS} names.",
        fix="result.edges() has every pair; or choose constructs=[...] before fitting",
    )
