"""How pictures of placements look alike: fills of states, axes of years and dates, names at the side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from securebase_analysis.show.figures.placement_words import (
    EXIT_LOOKS,
    GAP,
    NOT_FOLLOWED,
    NOT_KNOWN,
    REST,
    STAYS_ON,
    Look,
    type_looks,
)
from securebase_analysis.show.figures.places_apart import pushed_apart
from securebase_analysis.show.figures.style import INK, LEGEND_DROP, QUIET, figure_of, folded

YEAR = 365.25
NAME_WIDTH = 19
LONG = 26
"""Letters of a name that is too long for three in a line."""
KEY_LINE = 0.166
"""Inches that a line of the key takes."""
LINE = 0.155
"""Inches that a line of a name takes."""
REST_LOOKS = {
    GAP: Look("white", "....", "#8C8C8C"),
    NOT_KNOWN: Look("white", "xx", "#B5B5B5"),
    REST: Look("#DDDDDD", "oo"),
    STAYS_ON: Look("white", "", INK),
    NOT_FOLLOWED: Look("white", "", INK),
}


def looks_of(states: Iterable[str]) -> dict[str, Look]:
    """The look of every state: type of placement, exit, gap, not known."""
    states = list(states)
    fixed = {**EXIT_LOOKS, **REST_LOOKS}
    types = type_looks(state for state in states if state not in fixed)
    return {state: fixed[state] if state in fixed else types[state] for state in states}


def lined(artist: Any, look: Look) -> Any:
    """The artist with hatching in the colour of its look; older matplotlib takes it from the edge by itself."""
    setter = getattr(artist, "set_hatchcolor", None)
    if setter is not None:
        setter(look.lines)
    return artist


def axis_of_years(ax: Axes, end: float) -> None:
    """Days on an axis that counts years, or months where there is less than a year and a half."""
    months = end < 1.5 * YEAR
    unit = YEAR / 12.0 if months else YEAR
    n = end / unit
    gap = next((gap for gap in (1, 2, 3, 5, 10) if n / gap <= 8), 20)
    ticks = np.arange(0, np.floor(n + 1e-9) + 1, gap)
    ax.set_xticks(ticks * unit, [f"{tick:g}" for tick in ticks])
    ax.set_xlim(0.0, max(end, 1.0))
    ax.set_xlabel(f"{'Months' if months else 'Years'} since the first placement")


def axis_of_dates(ax: Axes, first: object, last: object) -> None:
    """Dates with as many marks as can be read."""
    locator = mdates.AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
    ax.set_xlim(first, last)  # type: ignore[arg-type]
    ax.set_xlabel("Date")


def side_names(ax: Axes, heights: Sequence[float], names: Sequence[str]) -> None:
    """Names right of the axes at the height of what they name, pushed apart, with a hairline to it."""
    low, high = ax.get_ylim()
    inches = 0.75 * figure_of(ax).get_figheight()
    texts = [folded(name, NAME_WIDTH) for name in names]
    sizes = np.array([LINE * (text.count("\n") + 1) + 0.03 for text in texts]) * (high - low) / inches
    placed = pushed_apart(np.asarray(heights, dtype=float), sizes, low, high)
    across = ax.get_yaxis_transform()
    for text, at, spot in zip(texts, heights, placed):
        ax.plot(
            [1.005, 1.035, 1.045], [at, spot, spot], color=QUIET, linewidth=0.7, transform=across, clip_on=False
        )
        ax.text(1.055, spot, text, transform=across, ha="left", va="center", fontsize=8.5, color=INK)


def _columns(groups: Sequence[Sequence[Artist]]) -> int:
    """How many entries stand side by side: three, or two where a name is long."""
    letters = max((len(str(one.get_label())) for group in groups for one in group), default=0)
    return 3 if letters <= LONG else 2


def key_height(groups: Sequence[Sequence[Artist]]) -> float:
    """Inches that the key takes."""
    columns = _columns(groups)
    return KEY_LINE * sum(-(-len(group) // columns) for group in groups)


def key_below(ax: Axes, groups: Sequence[Sequence[Artist]]) -> None:
    """A key under the words of the horizontal axis, read line by line; each group begins a line of its own."""
    columns = _columns(groups)
    blank = Line2D([], [], linestyle="", label=" ")
    lines = [[*group[at : at + columns]] for group in groups for at in range(0, len(group), columns)]
    if not lines:
        return
    widest = max(map(len, lines))
    cells = [[*line, *[blank] * (widest - len(line))] for line in lines]
    by_column = [line[column] for column in range(widest) for line in cells]
    under = ax.transAxes + ScaledTranslation(0.0, -LEGEND_DROP, figure_of(ax).dpi_scale_trans)
    ax.legend(handles=by_column, loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=under,
              ncols=widest, borderaxespad=0.0, borderpad=0.0, labelspacing=0.35, handlelength=1.8,
              columnspacing=1.6)  # fmt: skip
