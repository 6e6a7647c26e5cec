"""A growth model: its fixed effects with intervals, and its mean course over the lines that were observed."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.forest import draw_rows, forest_alt, forest_frame
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    QUIET,
    TEXT_WIDTH,
    head,
    look,
    new_axes,
    new_figure,
    rows_height,
    ruled,
)
from securebase_analysis.show.figures.trajectory import LINES_FROM, X_WORDS, draw_thin_lines

TIMES = ("years", "wave", "age", "time", "months", "days", "Days")
BINS = 12
"""A time that takes more values than this is cut into as many equal stretches."""


def growth_frame(result: Result, *, time: str | None = None) -> pd.DataFrame:
    """The points of the observed courses and of the fitted mean.

    Parameters
    ----------
    result : Result
        From `fit_growth`; its ``augment()`` holds the rows.
    time : str, optional
        The column on the horizontal axis; by default the first of years, wave, age, time, months, days.

    Returns
    -------
    pandas.DataFrame
        ``kind, line, x, estimate, n_rows``; kind ``"observed"`` (running numbers, no identifiers, and only when
        there are at least ten children) or ``"fitted"``: the mean of ``fitted_fixed`` over the rows at that time.
    """
    rows = result.augment().reset_index(drop=True)
    time = time or next((name for name in TIMES if name in rows), None)
    if time is None or time not in rows:
        raise ModelError(_no_time(time, rows))
    observed = _observed(rows, _outcome(result))
    parts = []
    group = _grouping(result, rows)
    if group and rows.groupby(group).ngroups >= LINES_FROM:
        line = rows.groupby(group, sort=False).ngroup() + 1
        points = pd.DataFrame({"line": line, "x": rows[time], "estimate": observed})
        parts.append(points.sort_values(["line", "x"]).assign(kind="observed", n_rows=1))
    parts.append(_fitted_mean(rows, time))
    columns = ["kind", "line", "x", "estimate", "n_rows"]
    return pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)


def _observed(rows: pd.DataFrame, outcome: str) -> pd.Series:
    """What was observed as the model takes it: the place of an ordered answer, the logarithm of a score."""
    if {"fitted", "residual"} <= set(rows):
        return rows["fitted"] + rows["residual"]
    if outcome not in rows:
        raise ModelError(_no_time(outcome, rows))
    return rows[outcome]


def _grouping(result: Result, rows: pd.DataFrame) -> list[str]:
    """The columns that name the children in the rows of the fit."""
    group = result.spec.get("group", "child")
    names = [group] if isinstance(group, str) else list(group or ["child"])
    names = ["site", *names] if "site" in rows and "site" not in names else names
    return [name for name in names if name in rows]


def _no_time(time: str | None, rows: pd.DataFrame) -> Problem:
    """The message for a growth model whose time or outcome is not among its rows."""
    return Problem(
        "SB-OUT-34",
        "stop",
        f"There is no column {time!r} to draw over." if time else "It is not clear which column is time.",
        why="The mean course is drawn over time.",
        fix=f"draw(result, time=...) with one of {captions.listed([str(name) for name in rows.columns])}",
    )


def _fitted_mean(rows: pd.DataFrame, time: str) -> pd.DataFrame:
    """Mean prediction from the fixed effects at every time, or in stretches of time when there are many."""
    at = rows[time]
    stretch = pd.cut(at, BINS, labels=False) if at.nunique() > BINS else at
    mean = rows.groupby(stretch).agg(x=(time, "mean"), estimate=("fitted_fixed", "mean"), n_rows=(time, "size"))
    return mean.reset_index(drop=True).assign(kind="fitted")


def draw_growth(
    result: Result,
    ax: Axes | None = None,
    *,
    style: Literal["both", "terms", "course", "diagnostics"] | None = None,
    time: str | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw a growth model: fixed effects as a forest, the fitted mean over observed lines, or both.

    Parameters
    ----------
    result : Result
        From `fit_growth`.
    ax : matplotlib axes, optional
        Where to draw one of the two.
    style : {"both", "terms", "course", "diagnostics"}, optional
        Course and terms on a new figure; the course alone where `ax` is given. *diagnostics* is a panel on a
        figure of its own: residuals, their quantiles and spread, random effects, and what one child does.
    time : str, optional
        The column of the horizontal axis.
    conf_level : float, optional
        Level of the intervals.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.
    """
    style = style or ("both" if ax is None else "course")
    check_option("style", style, ("both", "terms", "course", "diagnostics"))
    title = title or result.title
    simulated = is_simulated(result, simulated)
    with look():
        if style == "diagnostics":
            from securebase_analysis.show.figures.growth_diagnostics import draw_diagnostics

            return draw_diagnostics(cast(GrowthResult, result), title, simulated)
        if style == "both":
            return _draw_both(result, time, conf_level, title, simulated)
        if style == "terms":
            return _draw_terms(result, ax, conf_level, title, simulated)
        return _draw_course(result, ax, time, title, simulated)


def _draw_both(
    result: Result, time: str | None, conf_level: float | None, title: str, simulated: bool
) -> np.ndarray:
    """The course above, the terms below it."""
    n_rows = len(_terms(result, conf_level))
    low = rows_height(n_rows, 0.3, 1.1)
    parts: Any = new_figure(TEXT_WIDTH, 3.4 + low).subfigures(2, 1, height_ratios=[3.4, low])
    upper, lower = (part.add_subplot() for part in parts)
    _draw_course(result, upper, time, title, simulated)
    _draw_terms(result, lower, conf_level, "Fixed effects", False)
    return np.array([upper, lower])


def _terms(result: Result, conf_level: float | None) -> pd.DataFrame:
    """Fixed effects without the intercept, whose scale would flatten the others."""
    frame = forest_frame(result, effect="fixed", conf_level=conf_level)
    slopes = frame[frame["term"] != "Intercept"].reset_index(drop=True)
    return slopes if len(slopes) else frame


def _draw_terms(result: Result, ax: Axes | None, conf_level: float | None, title: str, simulated: bool) -> Axes:
    """Fixed effects as a forest."""
    frame = _terms(result, conf_level)
    ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), 0.3, 1.3))
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    draw_rows(ax, frame, f"Estimate with {level} interval")
    head(ax, title)
    left_out = ("The intercept is in the table.",) if "Intercept" not in set(frame["term"]) else ()
    caption(ax, frame, forest_alt(frame, title), title, (*left_out, *result.notes), simulated=simulated)
    return ax


def _draw_course(result: Result, ax: Axes | None, time: str | None, title: str, simulated: bool) -> Axes:
    """The course on its own, with its caption."""
    ax = ax or new_axes(TEXT_WIDTH, 3.7)
    frame = growth_frame(result, time=time)
    draw_course_lines(ax, frame, result, time)
    head(ax, title)
    caption(ax, frame, course_alt(frame, title), title, (*course_notes(frame), *result.notes), simulated=simulated)
    return ax


def draw_course_lines(ax: Axes, frame: pd.DataFrame, result: Result, time: str | None) -> None:
    """Observed courses thin and pale, the fitted mean on top."""
    observed, fitted = (frame[frame["kind"] == kind] for kind in ("observed", "fitted"))
    draw_thin_lines(ax, observed, QUIET)
    ax.plot(fitted["x"], fitted["estimate"], color=BLACK, linewidth=2.4, zorder=3)
    name = time or next(name for name in TIMES if name in result.augment())
    ax.set_xlabel(X_WORDS.get(name, theory.label(name)))
    ax.set_ylabel(theory.label(_outcome(result)))
    labels = result.data.labels if isinstance(result, GrowthResult) else ()
    if labels:
        ax.set_yticks(range(len(labels)), labels)
    ruled(ax, "y")


def _outcome(result: Result) -> str:
    """The column that is explained."""
    return str(result.spec.get("outcome") or result.estimates["outcome"].iloc[0])


def course_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """What the lines are."""
    if not (frame["kind"] == "observed").any():
        return (f"No individual lines: fewer than {LINES_FROM} children could be recognised (SB-OUT-09).",)
    return ("The thick line is the mean of the predictions from the fixed effects; thin lines are children.",)


def course_alt(frame: pd.DataFrame, title: str) -> str:
    """First and last point of the fitted mean, and how many lines lie under it."""
    observed, fitted = (frame[frame["kind"] == kind] for kind in ("observed", "fitted"))
    ordered = fitted.sort_values("x")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    text = (
        f"{title}. The fitted mean goes from {wording.number(first.estimate, 1)} at {wording.number(first.x, 1)} "
        f"to {wording.number(last.estimate, 1)} at {wording.number(last.x, 1)}."
    )
    n_lines = int(observed["line"].nunique())
    if not n_lines:
        return text
    ends = f"{wording.number(observed['estimate'].min(), 1)} to {wording.number(observed['estimate'].max(), 1)}"
    return f"{text} Under it, {wording.count(n_lines, 'observed line')}, from {ends}."
