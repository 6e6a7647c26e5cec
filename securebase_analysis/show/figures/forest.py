"""Estimates with their intervals, row under row: the picture of any answer that has no better one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    QUIET,
    TEXT_WIDTH,
    head,
    look,
    new_axes,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
    side_column,
)
from securebase_analysis.show.terms import written_term

MOST_ROWS = 60
LABEL_WIDTH = 36


def forest_frame(
    result: Result,
    *,
    effect: str | Sequence[str] | None = None,
    term: str | Sequence[str] | None = None,
    conf_level: float | None = None,
) -> pd.DataFrame:
    """The rows of a forest picture: those of ``tidy()`` that have an estimate, with a label each.

    Parameters
    ----------
    result : Result
        Any answer.
    effect : str or sequence of str, optional
        Only rows of these kinds, e.g. ``"fixed"``.
    term : str or sequence of str, optional
        Only these terms, e.g. ``"cronbach_alpha"``.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``label`` and the columns of ``tidy()``.
    """
    tidy = result.tidy(conf_level)
    for column, chosen in (("effect", effect), ("term", term)):
        if chosen is not None:
            tidy = tidy[tidy[column].isin([chosen] if isinstance(chosen, str) else list(chosen))]
    tidy = tidy[tidy["estimate"].notna()].reset_index(drop=True)
    tidy.insert(0, "label", _labels(tidy))
    return tidy


def _labels(tidy: pd.DataFrame) -> list[str]:
    """What tells the rows apart: outcome, group and effect only where they differ and the term does not say it."""
    says_outcome = tidy["term"].str.contains("~").all()
    parts = ("group", "effect", "term") if says_outcome else ("outcome", "group", "effect", "term")
    telling = [name for name in parts if tidy[name].nunique() > 1] or ["term"]
    return [" · ".join(written_term(str(part)) for part in parts if part) for parts in tidy[telling].to_numpy()]


def draw_forest(
    result: Result,
    ax: Axes | None = None,
    *,
    effect: str | Sequence[str] | None = None,
    term: str | Sequence[str] | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Axes:
    """Draw estimates with their intervals.

    Parameters
    ----------
    result : Result
        Any answer.
    ax : matplotlib axes, optional
        Where to draw.
    effect : str or sequence of str, optional
        Only rows of these kinds.
    term : str or sequence of str, optional
        Only these terms.
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

    Raises
    ------
    ModelError
        When there is no row to draw, or more than sixty.
    """
    frame = forest_frame(result, effect=effect, term=term, conf_level=conf_level)
    if not 0 < len(frame) <= MOST_ROWS:
        raise ModelError(_cannot_draw(len(frame), result))
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    title = title or result.title
    with look():
        ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), row_pitch(list(frame["label"]), LABEL_WIDTH), 1.3))
        draw_rows(ax, frame, f"Estimate with {level} interval")
        head(ax, title)
        caption(
            ax, frame, forest_alt(frame, title), title, result.notes, simulated=is_simulated(result, simulated)
        )
    return ax


def _cannot_draw(n_rows: int, result: Result) -> Problem:
    """The message for a picture without rows, or with too many."""
    effects = captions.listed([repr(effect) for effect in dict.fromkeys(result.estimates["effect"])])
    return Problem(
        "SB-OUT-33",
        "stop",
        f"A picture of {wording.count(n_rows, 'row')} cannot be read." if n_rows else "There is no row to draw.",
        why=f"A forest picture has 1 to {MOST_ROWS} rows.",
        fix=f"choose rows with effect=, one of {effects}, or with term={result.estimates['term'].iloc[0]!r}",
    )


def draw_rows(ax: Axes, frame: pd.DataFrame, axis_words: str, zero: bool = True) -> None:
    """Dot, interval and the numbers beside them for every row of `frame`."""
    positions = list(range(len(frame)))
    if zero:
        ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    known = frame["conf_low"].notna() & frame["conf_high"].notna()
    heights = [position for position, has in zip(positions, known) if has]
    ax.hlines(heights, frame.loc[known, "conf_low"], frame.loc[known, "conf_high"], color=BLACK, linewidth=1.3)
    ax.plot(frame["estimate"], positions, linestyle="", marker="o", color=BLACK)
    row_labels(ax, positions, list(frame["label"]), LABEL_WIDTH)
    ax.set_ylim(len(frame) - 0.4, -0.9)
    ax.set_xlabel(axis_words)
    ruled(ax)
    numbers = [wording.number(value) for value in frame["estimate"]]
    side_column(ax, positions, numbers, "Estimate", 52, -0.75)
    ends = [wording.interval(low, high) for low, high in zip(frame["conf_low"], frame["conf_high"])]
    side_column(ax, positions, ends, "Interval", 138, -0.75)


def forest_alt(frame: pd.DataFrame, title: str) -> str:
    """Every row in numbers."""
    rows: list[Any] = list(frame.itertuples())
    texts = [f"{row.label} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}" for row in rows]
    return f"{title}. {captions.read_out(texts, 'row')}"
