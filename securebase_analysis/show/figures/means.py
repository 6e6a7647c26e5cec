"""Means that a model expects: over time or another number, one line for each group; row under row otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.models.after_growth.combinations import LOG, LOGIT
from securebase_analysis.models.after_growth.marginal_means import MarginalMeans
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.forest import LABEL_WIDTH, draw_rows, forest_alt
from securebase_analysis.show.figures.growth import TIMES
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    SERIES,
    TEXT_WIDTH,
    head,
    legend_below,
    look,
    new_axes,
    row_pitch,
    rows_height,
    ruled,
    series,
)
from securebase_analysis.show.figures.trajectory import X_WORDS
from securebase_analysis.show.terms import written_group

APART = 0.012
"""How far groups stand apart at one value, as a share of the axis, so that their intervals can be told apart."""

KEY_WIDTH = 78
"""Letters that stand side by side in the key."""


def means_frame(result: MarginalMeans, *, x: str | None = None, conf_level: float | None = None) -> pd.DataFrame:
    """The points of a picture of means.

    Parameters
    ----------
    result : MarginalMeans
        From ``growth.marginal_means(...)``.
    x : str, optional
        The column of the horizontal axis; by default time, or the first column of numbers, where it has several
        values.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``label, group, x, estimate, std_error, df, conf_low, conf_high``; x is missing where nothing lies on an
        axis.
    """
    tidy = result.tidy(conf_level)
    cells = result.asked.cells
    x = x or _axis(result)
    values = cells.values[x].to_numpy(float) if x else np.full(len(tidy), np.nan)
    others = [name for name in cells.labels if name != x]
    groups = [", ".join(_named(name, cells, row) for name in others) for row in range(len(tidy))]
    frame = pd.DataFrame({"label": tidy["term"], "group": groups, "x": values})
    return frame.join(tidy[["estimate", "std_error", "df", "conf_low", "conf_high"]])


def _axis(result: MarginalMeans) -> str | None:
    """The column that makes the horizontal axis: time, else the first with several numbers."""
    values = result.asked.cells.values
    numbers = [name for name in values if _is_number(values[name]) and values[name].nunique() > 1]
    return next((name for name in (*TIMES, *numbers) if name in numbers), None)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype)


def _named(name: str, cells: Any, row: int) -> str:
    """One value of a group: labels as they are, numbers with their column."""
    label = cells.labels[name].iloc[row]
    if not _is_number(cells.values[name]):
        return written_group(name, label)
    return f"{theory.label(name)} {label}".replace("-", wording.MINUS)


def draw_means(
    result: MarginalMeans,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Axes:
    """Draw means with their intervals.

    Parameters
    ----------
    result : MarginalMeans
        From ``growth.marginal_means(...)``.
    ax : matplotlib axes, optional
        Where to draw.
    x : str, optional
        The column of the horizontal axis.
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
    frame = means_frame(result, x=x, conf_level=conf_level)
    title = title or result.title
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    over = x or _axis(result)
    with look():
        if over is not None and frame["group"].nunique() <= len(SERIES):
            ax = ax or new_axes(TEXT_WIDTH, 3.7)
            _draw_lines(ax, frame)
            ax.set_xlabel(X_WORDS.get(over, theory.label(over)))
            ax.set_ylabel(_scale(result))
            alt = _alt(frame, over, title)
        else:
            pitch = row_pitch(list(frame["label"]), LABEL_WIDTH)
            ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), pitch, 1.3))
            draw_rows(ax, frame, f"{_scale(result)}, mean with {level} interval", zero=False)
            alt = forest_alt(frame, title)
        head(ax, title)
        notes = (f"Means expected by the model, with {level} confidence intervals.", *result.notes)
        caption(ax, frame, alt, title, notes, simulated=is_simulated(result, simulated))
    return ax


def _draw_lines(ax: Axes, frame: pd.DataFrame) -> None:
    """A line, markers and intervals for each group."""
    groups = list(dict.fromkeys(frame["group"]))
    apart = APART * float(np.ptp(frame["x"]))
    for place, group in enumerate(groups):
        rows, look_of = frame[frame["group"] == group].sort_values("x"), series(place)
        color = BLACK if len(groups) == 1 else look_of.color
        at = rows["x"] + apart * (place - (len(groups) - 1) / 2.0)
        ax.vlines(at, rows["conf_low"], rows["conf_high"], color=color, linewidth=1.2)
        ax.plot(at, rows["estimate"], color=color, linestyle=look_of.line, marker=look_of.marker, label=group)
    values = np.unique(frame["x"])
    if len(values) <= 12:
        ax.set_xticks(values, [f"{value:.4g}" for value in values])
    ruled(ax, "y")
    if len(groups) > 1:
        legend_below(ax, len(groups), most=min(4, max(1, KEY_WIDTH // max(map(len, groups)))))


def _scale(result: MarginalMeans) -> str:
    """The outcome and the scale of its means."""
    outcome = theory.label(str(result.estimates["outcome"].iloc[0]))
    family = result.asked.family
    if family not in (*LOGIT, *LOG):
        return outcome
    shown, link = ("probability", "logit") if family in LOGIT else ("expected count", "logarithm")
    return f"{outcome} ({shown if result.response else link})"


def _alt(frame: pd.DataFrame, over: str, title: str) -> str:
    """Every mean in numbers."""
    rows: list[Any] = list(frame.itertuples())
    texts = [
        f"{row.group + ', ' if row.group else ''}{over} {row.x:.4g}: "
        f"{captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}"
        for row in rows
    ]
    return f"{title}. {captions.read_out(texts, 'mean')}"
