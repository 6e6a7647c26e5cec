"""Printed numbers beside one's own: how far apart they are, in units of the last digit that was printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.show.figures.forms.columns import written
from securebase_analysis.show.figures.style import (
    BLUE,
    HAIRLINE,
    INK,
    QUIET,
    row_labels,
    row_pitch,
    rows_height,
)

LABEL_WIDTH = 38
PRINTED_AT, OURS_AT, ROOM = 2.0, 3.2, 3.25
"""Where the columns of numbers and the axes end, when the plot itself ends at 1."""
MORE_DIGITS = 2
"""Digits of one's own number beyond the printed ones."""


def digits_height(table: pd.DataFrame, **options: Any) -> float:
    """Inches of a panel of digits."""
    return rows_height(len(table), max(row_pitch([str(name) for name in table["label"]], LABEL_WIDTH), 0.25), 1.2)


def draw_digits(
    ax: Axes,
    table: pd.DataFrame,
    *,
    printed_words: str = "Printed",
    ours_words: str = "Here",
    x_words: str = "Here less printed, in last printed digits\n(shaded: rounds to the printed number)",
    own: pd.DataFrame | None = None,
) -> list[str]:
    """A row for each of ``label, printed, ours, digits, off``; inside the band it rounds to the printed number."""
    at = [float(row) for row in range(len(table))]
    ends = max(1.0, 1.15 * float(table["off"].abs().max()))
    top, bottom = -0.5, len(table) - 0.5
    ax.fill_betweenx([top, bottom], -0.5, 0.5, color=HAIRLINE, alpha=0.6, linewidth=0, zorder=0)
    ax.vlines([-ends, 0.0, ends], top, bottom, color=QUIET, linewidth=[0.5, 0.9, 0.5], zorder=1)
    ax.plot(table["off"].astype(float), at, linestyle="", marker="o", color=BLUE, label="off", zorder=3)
    row_labels(ax, at, [str(name) for name in table["label"]], LABEL_WIDTH)
    ax.set_ylim(len(table) - 0.4, -1.1)
    # The columns of numbers stand inside the axes, so that panels above keep their width.
    ax.set_xlim(-1.1 * ends, ROOM * ends)
    ax.set_xticks([-ends, -0.5, 0.0, 0.5, ends] if ends > 1 else [-1, -0.5, 0, 0.5, 1])
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.2g}".replace("-", "−"))
    ax.spines["bottom"].set_bounds(-ends, ends)
    ax.set_xlabel(x_words, fontsize=8.0, x=1.1 / (1.1 + ROOM))
    printed = [written(row.printed, int(row.digits)) for row in table.itertuples()]
    ours = [written(row.ours, int(row.digits) + MORE_DIGITS) for row in table.itertuples()]
    _column(ax, at, printed, printed_words, PRINTED_AT * ends)
    _column(ax, at, ours, ours_words, OURS_AT * ends)
    return [f"{label}: printed {a}, here {b}" for label, a, b in zip(table["label"], printed, ours)]


def _column(ax: Axes, at: Sequence[float], texts: Sequence[str], title: str, place: float) -> None:
    """A column of numbers with its head above the first row."""
    for row, text in zip(at, texts):
        ax.text(place, row, text, ha="right", va="center_baseline", fontsize=8.5, color=INK)
    ax.text(place, -0.85, title, ha="right", va="center_baseline", fontsize=8.5, color=QUIET)
