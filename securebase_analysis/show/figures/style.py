"""One look for every picture: safe for colour-blind eyes, readable in grey; the user's settings stay as they are.

Colours are those of Okabe & Ito (2008), ordered so that neighbours differ in lightness; a series also has its own
marker, line and hatching, so that nothing rests on colour alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INK = "#222222"
QUIET = "#767676"
HAIRLINE = "#D9D9D9"
BLUE, ORANGE, BLACK, GREEN, VERMILLION, PURPLE = "#0072B2", "#E69F00", "#000000", "#009E73", "#D55E00", "#CC79A7"
SKY, YELLOW = "#56B4E9", "#F0E442"

TEXT_WIDTH = 6.5
"""Width in inches of the text on a page with one-inch margins."""

MARGIN = 0.07
"""Inches around a drawing."""

LEGEND_DROP = 0.5
"""Inches from the axes down to a key beneath them: room for the ticks and the words of the axis."""

SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "white",
    "axes.unicode_minus": True,
    "axes.grid": False,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.6,
    "hatch.color": "white",
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "savefig.dpi": 300,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Series:
    """How one series is told from the others: by colour, lightness, marker, line and hatching at once."""

    color: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]
    hatch: str


SERIES: tuple[Series, ...] = (
    Series(BLUE, "o", "-", ""),
    Series(ORANGE, "s", "--", "////"),
    Series(BLACK, "^", ":", "...."),
    Series(GREEN, "D", "-.", "xxxx"),
    Series(SKY, "v", (0.0, (5.0, 1.0, 1.0, 1.0, 1.0, 1.0)), "\\\\\\\\"),
    Series(VERMILLION, "P", (0.0, (8.0, 2.0)), "----"),
    Series(PURPLE, "X", (0.0, (1.0, 1.0)), "++++"),
    Series(YELLOW, "*", (0.0, (3.0, 3.0)), "oo"),
)

DIVERGING = LinearSegmentedColormap.from_list("securebase", [ORANGE, "#FFF8EA", "white", "#E3F0F8", BLUE])
"""Negative to positive; the sign is also printed, and hatched where negative."""


def series(index: int) -> Series:
    """The look of the series with this number; the eight looks come round again after the eighth."""
    return SERIES[index % len(SERIES)]


@contextmanager
def look() -> Iterator[None]:
    """Draw with the package's settings inside the block; the user's own settings are back after it.

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["font.size"]
    >>> with look():
    ...     inside = matplotlib.rcParams["font.size"]
    >>> inside, matplotlib.rcParams["font.size"] == before
    (9.0, True)
    """
    # A notebook turns its drawing on when the backend is first chosen; chosen inside the block, it would be turned
    # off again after the first picture, and the later ones would not appear.
    plt.draw_if_interactive()
    with mpl.rc_context(SETTINGS):
        yield


def new_axes(width: float, height: float, **subplot: Any) -> Axes:
    """One axes on a new figure of this size in inches; labels make room for themselves."""
    return new_figure(width, height).add_subplot(**subplot)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, with a margin that keeps its labels off the edge."""
    return plt.figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN))


def figure_of(ax: Axes) -> Figure:
    """The whole figure that holds `ax`."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure")
    return figure


def rows_height(n_rows: float, per_row: float = 0.3, frame: float = 1.1) -> float:
    """Height in inches for a picture with `n_rows` rows of text."""
    return frame + per_row * max(n_rows, 2)


def row_pitch(labels: Sequence[str], width: int = 30) -> float:
    """Height in inches of one row, so that the label with most lines does not touch its neighbours."""
    n_lines = max((folded(label, width).count("\n") + 1 for label in labels), default=1)
    return 0.1 + 0.15 * n_lines


def folded(text: str, width: int = 30) -> str:
    """A label broken into lines no longer than `width`, so that it stays inside the picture."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=True, break_on_hyphens=False)) or text


def head(ax: Axes, title: str) -> None:
    """Title flush left above the axes, folded to what the names of the rows on their left leave of the picture."""
    names = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    # Letters of the title are bold and wider; names of a few letters stand where there is room.
    beside = max(0.9 * max(map(len, names), default=0) - 4.0, 0.0)
    width = max(int(figure_of(ax).get_figwidth() * 12.5 - beside), 20)
    ax.set_title(folded(title, width), loc="left", pad=10)


def ruled(ax: Axes, axis: str = "x") -> None:
    """Hairlines behind the marks, across one axis only."""
    ax.grid(True, axis="x" if axis == "x" else "y", color=HAIRLINE, linewidth=0.6)
    ax.set_axisbelow(True)


def row_labels(ax: Axes, positions: Iterable[float], labels: Sequence[str], width: int = 30) -> None:
    """Name the rows of a picture on its left side, first row on top."""
    ax.set_yticks(list(positions), [folded(label, width) for label in labels])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def side_column(
    ax: Axes, positions: Iterable[float], texts: Sequence[str], title: str, offset: float, top: float
) -> None:
    """A column of numbers to the right of the axes, its head above the first row; `offset` in points."""
    place: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
    }
    for position, text in zip(positions, texts):
        ax.annotate(
            text,
            (1.0, position),
            xytext=(offset, 0),
            ha="right",
            va="center_baseline",
            fontsize=8.5,
            color=INK,
            **place,
        )
    ax.annotate(
        title, (1.0, top), xytext=(offset, 0), ha="right", va="center_baseline", fontsize=8.5, color=QUIET, **place
    )


def legend_below(ax: Axes, n_entries: int, most: int = 3) -> None:
    """The key under the words of the horizontal axis, at most `most` entries side by side, in even rows."""
    inches = ax.get_position().height * figure_of(ax).get_figheight()
    n_rows = -(-n_entries // most)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -LEGEND_DROP / inches), ncols=-(-n_entries // n_rows))


def mark_simulated(ax: Axes) -> None:
    """Write "Simulated data" on the picture that holds `ax`."""
    figure = figure_of(ax)
    if figure.get_layout_engine() is None:
        ax.set_title("Simulated data", loc="right", fontsize=8.5, fontweight="normal", fontstyle="italic")
    else:
        figure.supxlabel("Simulated data", x=0.99, ha="right", fontsize=8.5, fontstyle="italic", color=INK)
