"""A published figure on paper: its panels one under the other, its source beneath them.

What draws is loaded here, when the first figure is drawn, and not with the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.published.figure import Panel, PublishedFigure
from securebase_analysis.published.own_numbers import own_notes, own_rows
from securebase_analysis.show.figures.forms import form_named
from securebase_analysis.show.figures.forms.sheet import (
    closed_picture,
    new_sheet,
    source_lines,
    title_panel,
    write_source,
)
from securebase_analysis.show.figures.picture import Picture, caption
from securebase_analysis.show.figures.style import head, look


def draw_published(figure: PublishedFigure, ax: Any = None, panel: int | None = None, own: Any = None) -> Any:
    """Draw the panels of a figure; the axes, or a list of them."""
    panels = chosen_panels(figure, panel)
    if ax is not None and len(panels) > 1:
        raise ModelError(_one_axes_for_several(len(panels)))
    mine = own_rows(panels, own, figure.table)
    with look():
        drawn = [ax] if ax is not None else _new_axes(figure, panels)
        sentences = [_drawn(axes, figure, part, rows) for axes, part, rows in zip(drawn, panels, mine)]
        if ax is not None:
            head(ax, panels[0].title or figure.title)
        else:
            for axes, part in zip(drawn, panels):
                title_panel(axes, part.title)
        notes = (*figure.notes, *own_notes(panels, mine, own))
        for axes, part, said in zip(drawn, panels, sentences):
            alt = _in_words(figure, part, said, first=part is panels[0])
            rows = part.rows(figure.table)
            caption(axes, rows, alt, figure.title, notes, simulated=figure.simulated)
        if ax is None:
            write_source(drawn[0], _source(figure))
    return drawn[0] if len(drawn) == 1 else drawn


def picture_to_show(figure: PublishedFigure) -> Picture:
    """The picture of a figure as a notebook shows it."""
    return closed_picture(draw_published(figure))


def chosen_panels(figure: PublishedFigure, panel: int | None) -> Sequence[Panel]:
    """All panels of a figure, or the one with this number."""
    if panel is None:
        return figure.panels
    if not isinstance(panel, int) or not 1 <= panel <= len(figure.panels):
        problem = Problem(
            "SB-OUT-78",
            "stop",
            f"{figure.name} has no panel {panel!r}.",
            fix=f"panel=1 to {len(figure.panels)}",
        )
        raise ModelError(problem)
    return figure.panels[panel - 1 : panel]


def _one_axes_for_several(n_panels: int) -> Problem:
    """The message for one axes and several panels."""
    return Problem(
        "SB-OUT-79",
        "stop",
        f"The figure has {n_panels} panels, and ax is one.",
        why="Each panel needs axes of its own.",
        fix="plot(ax, panel=1)",
    )


def _new_axes(figure: PublishedFigure, panels: Sequence[Panel]) -> list[Any]:
    """A sheet with room for every panel."""
    table = figure.table
    heights = [part.height or form_named(part.form).height(part.rows(table), **part.options) for part in panels]
    return new_sheet(heights, figure.title, n_source_lines=len(_source(figure)))


def _drawn(ax: Any, figure: PublishedFigure, part: Panel, own: pd.DataFrame | None) -> list[str]:
    """Draw one panel; what was drawn, in words."""
    return form_named(part.form).drawn(ax, part.rows(figure.table), part.options, own)


def _source(figure: PublishedFigure) -> list[str]:
    """The lines beneath the picture."""
    simulated = "Simulated data. " if figure.simulated else ""
    assumed = f" Assumed: {figure.assumed}" if figure.assumed else ""
    symbols = "".join(f" {symbol}: {meaning}." for symbol, meaning in figure.symbols.items())
    return source_lines(f"{simulated}Source: {figure.citation} {figure.release}{symbols}{assumed}")


def _in_words(figure: PublishedFigure, part: Panel, sentences: Sequence[str], first: bool) -> str:
    """The text for those who cannot see the panel."""
    titles = [figure.title] if first else []
    titles += [part.title] if part.title else []
    return f"{'. '.join(titles)}. {'; '.join(sentences)}."
