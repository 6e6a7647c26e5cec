"""The same growth model of several constructs, side by side: their slopes, and their courses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures.forest import draw_rows, forest_alt
from securebase_analysis.show.figures.growth import course_alt, course_notes, draw_course_lines, growth_frame
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.profile_numbers import IN_PAIRS
from securebase_analysis.show.figures.style import (
    TEXT_WIDTH,
    head,
    look,
    new_axes,
    new_figure,
    rows_height,
)


def slopes_frame(fitted: Mapping[str, Result], *, term: str = "years") -> pd.DataFrame:
    """The same term of several growth models.

    Parameters
    ----------
    fitted : mapping of str to Result
        Growth models by construct.
    term : str, default "years"
        The term.

    Returns
    -------
    pandas.DataFrame
        ``construct, label`` and the columns of ``tidy()``, one row for each model that has the term.
    """
    parts = []
    for construct, result in fitted.items():
        tidy = result.tidy()
        rows = tidy[(tidy["effect"] == "fixed") & (tidy["term"] == term)].copy()
        rows.insert(0, "label", theory.label(construct))
        rows.insert(0, "construct", construct)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def draw_slopes(
    fitted: Mapping[str, Result],
    ax: Axes | None = None,
    *,
    term: str = "years",
    title: str = "Mean change in a year",
    simulated: bool | None = None,
) -> Axes:
    """Draw the same term of several growth models with its intervals.

    Parameters
    ----------
    fitted : mapping of str to Result
        Growth models by construct.
    ax : matplotlib axes, optional
        Where to draw.
    term : str, default "years"
        The term.
    title : str
        Title of the picture.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.
    """
    frame = slopes_frame(fitted, term=term)
    level = wording.percent(next(iter(fitted.values())).conf_level)
    with look():
        ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), 0.3, 1.3))
        draw_rows(ax, frame, f"Change in points of the score with {level} interval")
        head(ax, title)
        notes = ("One growth model for each construct; its children and rows are in the table.",)
        caption(ax, frame, forest_alt(frame, title), title, notes, simulated=_any_simulated(fitted, simulated))
    return ax


def draw_courses(
    fitted: Mapping[str, Result],
    *,
    time: str | None = None,
    title: str = "Courses of the children and the fitted mean",
    simulated: bool | None = None,
) -> Any:
    """Draw the courses of several growth models as small pictures, caregiving left and its benefit right.

    Parameters
    ----------
    fitted : mapping of str to Result
        Growth models by construct.
    time : str, optional
        The column of the horizontal axes.
    title : str
        Title of the whole; each small picture carries its construct.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    array of matplotlib axes
        With alt text; see `picture_of` and `write_figure`.
    """
    fitted = {construct: fitted[construct] for construct in _in_pairs(fitted)}
    frames = {construct: growth_frame(result, time=time) for construct, result in fitted.items()}
    n_rows = -(-len(fitted) // 2)
    with look():
        figure = new_figure(TEXT_WIDTH, 0.4 + 2.1 * n_rows)
        grid = figure.subplots(n_rows, 2, squeeze=False, sharey=_one_scale(frames)).ravel()
        for place, (ax, (construct, result)) in enumerate(zip(grid, fitted.items())):
            draw_course_lines(ax, frames[construct], result, time)
            head(ax, theory.label(construct))
            ax.set_ylabel("" if place % 2 else "Score")
            if place < len(fitted) - 2:
                ax.set_xlabel("")
        for ax in grid[len(fitted) :]:
            ax.remove()
        frame = pd.concat([part.assign(construct=name) for name, part in frames.items()], ignore_index=True)
        texts = [course_alt(part, theory.label(name)) for name, part in frames.items()]
        caption(
            grid[0],
            frame,
            f"{title}. {' '.join(texts)}",
            title,
            course_notes(frame),
            simulated=_any_simulated(fitted, simulated),
        )
    return grid[: len(fitted)]


def _in_pairs(names: Iterable[str]) -> list[str]:
    """Each dimension followed by its benefit, then anything else as it came."""
    names = list(names)
    known = [name for name in IN_PAIRS if name in names]
    return known + [name for name in names if name not in known]


def _one_scale(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the scores are so alike in range that one vertical scale shows them all."""
    lows, highs = zip(*((part["estimate"].min(), part["estimate"].max()) for part in frames.values()))
    ranges = [high - low for low, high in zip(lows, highs)]
    return max(highs) - min(lows) <= 1.5 * min(ranges)


def _any_simulated(fitted: Mapping[str, Result], told: bool | None) -> bool:
    return any(is_simulated(result, told) for result in fitted.values())
