"""The key beneath a panel, as many entries side by side as the page has room for."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from securebase_analysis.show.figures.style import LEGEND_DROP, figure_of, folded

SWATCH, LETTER, EDGE = 0.52, 0.074, 0.35
"""Inches of the mark of an entry, of a letter of its name, and of what stays free at the sides."""

LINE = 0.15
"""Inches of a line of the words of an axis."""

BESIDE_ROWS = 50
"""Letters in a line of the words of an axis whose rows have names beside it."""


def words_below(ax: Axes, words: str) -> None:
    """The words of the horizontal axis, folded to what the names of the rows leave of the page."""
    ax.set_xlabel(folded(words, BESIDE_ROWS))


def key_below(ax: Axes, most: int = 4) -> None:
    """The key under the words of the horizontal axis, in the middle of the page and not of the axes."""
    labels = [label for label in ax.get_legend_handles_labels()[1] if not label.startswith("_")]
    if not labels:
        return
    figure = figure_of(ax)
    inches = ax.get_position().height * figure.get_figheight()
    drop = LEGEND_DROP + LINE * ax.get_xlabel().count("\n")
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -drop / inches),
        bbox_transform=blended_transform_factory(figure.transFigure, ax.transAxes),
        ncols=even_columns(labels, figure.get_figwidth() - EDGE, most),
        columnspacing=1.4,
        handlelength=2.2,
    )


def even_columns(labels: list[str], width: float, most: int) -> int:
    """How many entries stand side by side: as many as fit, spread over rows of even length.

    Examples
    --------
    >>> even_columns(["Mean", "Median"], 6.0, 4), even_columns(["a rather long name of a part"] * 4, 6.0, 4)
    (2, 2)
    """
    entry = SWATCH + LETTER * max(len(label) for label in labels)
    fitting = max(min(int(width / entry), most, len(labels)), 1)
    n_rows = -(-len(labels) // fitting)
    return -(-len(labels) // n_rows)


def key_height(labels: list[str], width: float, most: int = 4) -> float:
    """Inches that the key takes beneath the axis words; none for one entry."""
    if len(labels) < 2:
        return 0.0
    return 0.12 + 0.19 * -(-len(labels) // even_columns(labels, width - EDGE, most))
