"""A sheet of panels, one under the other, with a title above and a source beneath."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from securebase_analysis.show.figures.picture import Picture, picture_of
from securebase_analysis.show.figures.style import INK, QUIET, TEXT_WIDTH, figure_of, folded, new_figure

TITLE_INCHES, LINE_INCHES = 0.2, 0.13
TITLE_LETTERS, PANEL_LETTERS = 72, 84
SOURCE_LETTERS = 112
"""Letters in a line of the source beneath a picture."""


def new_sheet(heights: Sequence[float], title: str, n_source_lines: int) -> list[Axes]:
    """Axes under each other with these heights in inches, a title above, room for the source below."""
    words = folded(title, TITLE_LETTERS)
    room = LINE_INCHES * (n_source_lines + 1) + TITLE_INCHES * (words.count("\n") + 1)
    figure = new_figure(TEXT_WIDTH, sum(heights) + room)
    figure.suptitle(words, x=0.01, ha="left", fontsize=10.5, fontweight="bold", color=INK)
    grid = figure.add_gridspec(len(heights), 1, height_ratios=list(heights))
    return [figure.add_subplot(grid[row, 0]) for row in range(len(heights))]


def title_panel(ax: Axes, words: str) -> None:
    """The title of one panel of a sheet, lighter than that of the sheet."""
    if words:
        ax.set_title(folded(words, PANEL_LETTERS), loc="left", pad=9, fontsize=9, fontweight="normal")


def source_lines(text: str) -> list[str]:
    """The source as lines of the width of a sheet."""
    return textwrap.wrap(text, SOURCE_LETTERS, break_long_words=True, break_on_hyphens=False)


def write_source(ax: Axes, lines: Sequence[str]) -> None:
    """The source in small letters beneath the sheet."""
    figure_of(ax).supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7, color=QUIET)


def closed_picture(drawn: Any) -> Picture:
    """The picture of what was drawn, closed so that a notebook shows it once."""
    picture = picture_of(drawn)
    plt.close(picture.figure)
    return picture
