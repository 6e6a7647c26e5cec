"""The forms by name, each with its function, its height and the options it knows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import check_option
from securebase_analysis.show.figures.forms.arms import arms_height, draw_arms
from securebase_analysis.show.figures.forms.bars import bars_height, draw_bars
from securebase_analysis.show.figures.forms.courses import courses_height, draw_courses
from securebase_analysis.show.figures.forms.digits import digits_height, draw_digits
from securebase_analysis.show.figures.forms.dots import dots_height, draw_dots
from securebase_analysis.show.figures.forms.event_lines import draw_event_lines, event_lines_height
from securebase_analysis.show.figures.forms.intervals import draw_points, points_height
from securebase_analysis.show.figures.forms.lines import curves_height, draw_curves, draw_lines, lines_height
from securebase_analysis.show.figures.forms.overlaps import draw_overlaps, overlaps_height
from securebase_analysis.show.figures.forms.slope import draw_slope, slope_height
from securebase_analysis.show.figures.forms.stacked import draw_stacked, stacked_height


@dataclass(frozen=True)
class Form:
    """One form of picture.

    Attributes
    ----------
    name : str
        The word for it.
    draw : callable
        From axes, a table and options to the sentences that say what was drawn.
    height : callable
        From the table and the options to inches.
    """

    name: str
    draw: Callable[..., list[str]]
    height: Callable[..., float]

    @property
    def options(self) -> tuple[str, ...]:
        """The options it knows."""
        return tuple(
            name for name in inspect.signature(self.draw).parameters if name not in ("ax", "table", "own")
        )

    def drawn(
        self, ax: Axes, table: pd.DataFrame, options: Mapping[str, Any], own: pd.DataFrame | None = None
    ) -> list[str]:
        """Draw the table on `ax`; what was drawn, in words."""
        for option in options:
            check_option(f"option of form {self.name!r}", option, self.options)
        return self.draw(ax, table, own=own, **options)


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("lines", draw_lines, lines_height),
        Form("curves", draw_curves, curves_height),
        Form("bars", draw_bars, bars_height),
        Form("stacked", draw_stacked, stacked_height),
        Form("points_with_intervals", draw_points, points_height),
        Form("slope", draw_slope, slope_height),
        Form("overlaps", draw_overlaps, overlaps_height),
        Form("arms", draw_arms, arms_height),
        Form("courses", draw_courses, courses_height),
        Form("event_lines", draw_event_lines, event_lines_height),
        Form("digits", draw_digits, digits_height),
        Form("dots", draw_dots, dots_height),
    )
}


def form_named(name: str) -> Form:
    """The form with this name; a misspelt one is told with the nearest."""
    check_option("form", name, tuple(FORMS))
    return FORMS[name]
