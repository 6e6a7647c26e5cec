"""What stands beneath a panel: the words of its axis, and the key, with as many entries side by side as fit."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from securebase_analysis.show.figures.forms.columns import OWN
from securebase_analysis.show.figures.style import LEGEND_DROP, figure_of, folded

SWATCH, LETTER, EDGE = 0.62, 0.066, 0.35
"""Inches of the mark of an entry, of a letter of its name, and of what stays free at the sides."""

LINE = 0.16
"""Inches of a line of the words of an axis."""


def words_below(ax: Axes, words: str, beside: float = 0.0) -> None:
    """The words of the horizontal axis, folded to what names of rows, or `beside` inches, leave of the page."""
    names = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    taken = max([LETTER * max(map(len, names), default=0), beside])
    ax.set_xlabel(folded(words, int((figure_of(ax).get_figwidth() - EDGE - taken) / (1.12 * LETTER))))


def key_below(ax: Axes, most: int = 4) -> None:
    """The key under the words of the horizontal axis, in the middle of the page and not of the axes."""
    labels = [label for label in ax.get_legend_handles_labels()[1] if not label.startswith("_")]
    if not labels:
        return
    figure = figure_of(ax)
    drop = ScaledTranslation(0, -LEGEND_DROP - LINE * ax.get_xlabel().count("\n"), figure.dpi_scale_trans)
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=blended_transform_factory(figure.transFigure, ax.transAxes + drop),
        ncols=columns_that_fit(labels, figure.get_figwidth() - EDGE, most),
        columnspacing=1.4,
        handlelength=2.2,
    )


def own_key_below(ax: Axes) -> None:
    """A key of the user's own numbers alone, where the published ones carry their names themselves."""
    for line in ax.lines:
        if line.get_label() != OWN:
            line.set_label(f"_{line.get_label()}")
    key_below(ax)


def columns_that_fit(labels: Sequence[str], width: float, most: int) -> int:
    """How many columns of entries stand side by side: as many as fit, spread over rows of even length.

    Examples
    --------
    >>> columns_that_fit(["Mean", "Median"], 6.0, 4), columns_that_fit(["a rather long name"] * 4, 6.0, 4)
    (2, 2)
    """
    for n_columns in range(min(most, len(labels)), 1, -1):
        n_rows = -(-len(labels) // n_columns)
        columns = [labels[start : start + n_rows] for start in range(0, len(labels), n_rows)]
        if sum(SWATCH + LETTER * max(map(len, column)) for column in columns) <= width:
            return len(columns)
    return 1
