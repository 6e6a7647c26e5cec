"""What acts on what from one wave to the next: boxes and straight arrows."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from securebase_analysis import theory
from securebase_analysis.models.panel import PanelResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures.path_diagram_labels import Line, number_width, place_labels
from securebase_analysis.show.figures.path_diagram_numbers import NOW, path_diagram_alt, path_diagram_frame
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import BLACK, INK, QUIET, TEXT_WIDTH, folded, look, new_axes

BOX_WIDTH, BOX_HEIGHT, PITCH, LAG = 1.25, 0.42, 0.95, 1.55
"""Inches: a box, from one row of boxes to the next, and the least room between two columns."""
TALLEST = 7.4
"""Inches from the first row of boxes to the last, so that a group of ten constructs stands on a page."""
GROUP_GAP, HEADS = 0.55, 0.35
PORTS = 0.75
"""Share of a box's side that arrows are tied to."""
LABEL_SIZE = 8.0
LABEL_HEIGHT = 0.15
WIDTHS_ABREAST = 4.0
"""Least room between two columns, in widths of the widest number."""
THINNEST, THICKEST = 0.7, 3.2
FAINT = "#BDBDBD"
"""Arrows that are there but not numbered."""
ALL_NUMBERED = 4
"""Up to so many constructs every arrow has its number; beyond, those whose interval leaves out zero."""


def draw_path_diagram(
    result: PanelResult,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Axes:
    """Draw the lagged effects of a panel model as arrows from each wave to the next.

    Parameters
    ----------
    result : PanelResult
        From `fit_panel`.
    ax : matplotlib axes, optional
        Where to draw.
    conf_level : float, optional
        Level of the intervals.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.
    """
    frame = path_diagram_frame(result, conf_level=conf_level)
    title = title or result.title
    names = list(result.panel.constructs)
    columns = list(dict.fromkeys([*frame["before"], *frame["after"]]))
    groups = list(dict.fromkeys(frame["group"]))
    of_group = HEADS + _pitch(len(names)) * (len(names) - 1) + BOX_HEIGHT
    height = len(groups) * of_group + (len(groups) - 1) * GROUP_GAP
    width = max(TEXT_WIDTH - 0.2, len(columns) * BOX_WIDTH + (len(columns) - 1) * _lag(frame))
    thickest = float(frame["estimate"].abs().max())
    no_room = 0
    with look():
        ax = ax or new_axes(width + 0.2, height + 0.75)
        for number, group in enumerate(groups):
            places = _places(names, columns, width, height - number * (of_group + GROUP_GAP))
            _draw_boxes(ax, places, columns, names, group)
            for _, lag in frame[frame["group"] == group].groupby("before", sort=False):
                no_room += _draw_arrows(ax, lag, places, len(names), thickest)
        ax.set_xlim(-0.02, width + 0.02)
        ax.set_ylim(-0.05, height + 0.02)
        ax.set_aspect("equal")
        ax.axis("off")
        ax.set_title(folded(title, int(10.0 * width)), loc="left", pad=10)
        notes = (_reading(frame, len(names), no_room), *result.notes)
        alt = path_diagram_alt(frame, title)
        caption(ax, frame, alt, title, notes, simulated=is_simulated(result, simulated))
    return ax


def _reading(frame: pd.DataFrame, n_constructs: int, no_room: int) -> str:
    """How to read the picture."""
    crowded = f" {wording.count(no_room, 'number')} found no room and stand in the table alone." if no_room else ""
    left_out = "" if n_constructs <= ALL_NUMBERED else ", and have no number"
    span = "one wave to the next" if (frame["before"] == NOW).all() else "each wave to the next"
    return (
        f"Arrows are effects from {span}, wider where they are larger and dashed where they are negative; grey "
        f"ones have an interval that holds zero{left_out}. Covariances within a wave are not "
        f"drawn.{crowded}"
    )


Places = dict[tuple[str, str], tuple[float, float]]


def _lag(frame: pd.DataFrame) -> float:
    """Room between two columns, in inches, so that numbers can stand beside one another."""
    return max(LAG, WIDTHS_ABREAST * max(number_width(wording.number(value)) for value in frame["estimate"]))


def _places(names: list[str], columns: list[str], width: float, top: float) -> Places:
    """The middle of each box, in inches."""
    step = (width - BOX_WIDTH) / (len(columns) - 1)
    first = top - HEADS - BOX_HEIGHT / 2.0
    return {
        (name, column): (BOX_WIDTH / 2.0 + across * step, first - down * _pitch(len(names)))
        for down, name in enumerate(names)
        for across, column in enumerate(columns)
    }


def _pitch(n_constructs: int) -> float:
    """From one row of boxes to the next, so that ten of them stand on a page."""
    return min(PITCH, TALLEST / (n_constructs - 1))


def _draw_boxes(ax: Axes, places: Places, columns: list[str], names: list[str], group: str) -> None:
    """A box for each construct at each wave, and the waves above them."""
    for (name, _), (x, y) in places.items():
        ax.add_patch(
            Rectangle((x - BOX_WIDTH / 2.0, y - BOX_HEIGHT / 2.0), BOX_WIDTH, BOX_HEIGHT, facecolor="white",
                      edgecolor=INK, linewidth=1.0, zorder=3)
        )  # fmt: skip
        ax.text(x, y, folded(theory.label(name), 16), ha="center", va="center", fontsize=8.5, zorder=4)
    for column in columns:
        x, y = places[names[0], column]
        words = column.capitalize() if columns[0] == NOW else f"Wave {column}"
        words = f"{group}: {words.lower()}" if group and column == columns[0] else words
        ax.text(x, y + BOX_HEIGHT / 2.0 + 0.1, words, ha="center", va="bottom", fontsize=8.5, color=QUIET)


def _draw_arrows(ax: Axes, frame: pd.DataFrame, places: Places, n_constructs: int, thickest: float) -> int:
    """The arrows of one lag, the least certain below, and their numbers; how many of these found no room."""
    rows: list[Any] = sorted(frame.itertuples(), key=lambda row: (row.holds_zero, -abs(row.estimate)))
    names = list(dict.fromkeys(name for name, _ in places))
    lines = [_line(row, places, names, not row.holds_zero or n_constructs <= ALL_NUMBERED) for row in rows]
    labels = place_labels(lines)
    for row, line, label in zip(rows, lines, labels):
        _draw_arrow(ax, row, line, thickest, FAINT if row.holds_zero and label is None else QUIET)
        if label is not None:
            ax.text(
                *label, wording.number(row.estimate), ha="center", va="center", fontsize=LABEL_SIZE, zorder=6,
                color=QUIET if row.holds_zero else BLACK, gid="estimate",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip
    return sum(line.width > 0.0 and label is None for line, label in zip(lines, labels))


def _line(row: Any, places: Places, names: list[str], numbered: bool) -> Line:
    """From the right side of one box to the left side of another, where each arrow has a port of its own."""
    (x0, y0), (x1, y1) = places[row.source, row.before], places[row.outcome, row.after]
    size = (number_width(wording.number(row.estimate)), LABEL_HEIGHT) if numbered else (0.0, 0.0)
    leaves, arrives = (_port(names.index(name), len(names)) for name in (row.outcome, row.source))
    return Line(x0 + BOX_WIDTH / 2.0, y0 + leaves, x1 - BOX_WIDTH / 2.0, y1 + arrives, *size)


def _port(number: int, n: int) -> float:
    """How far above the middle of a box's side an arrow is tied."""
    return PORTS * BOX_HEIGHT * (0.5 - number / (n - 1))


def _draw_arrow(ax: Axes, row: Any, line: Line, thickest: float, grey: str) -> None:
    """One arrow: its width by the size of the effect, dashed where that is negative."""
    share = abs(row.estimate) / thickest if thickest > 0.0 else 0.0
    ax.add_patch(
        FancyArrowPatch(
            (line.x0, line.y0), (line.x1, line.y1), arrowstyle="-|>,head_length=5,head_width=2.4", shrinkA=0,
            shrinkB=0, linewidth=THINNEST + (THICKEST - THINNEST) * share,
            color=grey if row.holds_zero else BLACK,
            linestyle=(0, (4, 2)) if row.estimate < 0.0 else "solid", zorder=1 if row.holds_zero else 2,
            mutation_scale=1.0,
        )
    )  # fmt: skip
