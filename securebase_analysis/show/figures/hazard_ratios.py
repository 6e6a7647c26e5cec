"""Hazard ratios on a logarithmic axis, row under row, of one model or of several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.results import wording
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.hazard_ratios_numbers import (
    drawn_range,
    hazard_ratios_frame,
    ratio_ticks,
    references,
)
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    QUIET,
    TEXT_WIDTH,
    Series,
    head,
    legend_below,
    look,
    new_axes,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
    series,
    side_column,
)

MOST_ROWS = 60
MOST_MODELS = 5
LABEL_WIDTH = 34
ALONE = Series(BLACK, "o", "-", "")
Kind = Literal["ratios", "proportional hazards"]


def draw_disruption(
    result: DisruptionResult, ax: Axes | None = None, *, kind: Kind = "ratios", **options: Any
) -> Any:
    """Draw a model of disruption: its hazard ratios, or how they change with time.

    Parameters
    ----------
    result : DisruptionResult
        From `fit_disruption`.
    ax : matplotlib axes, optional
        Where to draw.
    kind : {"ratios", "proportional hazards"}
        Hazard ratios with their intervals; or, for each of them, its course over time.
    **options
        ``term, conf_level, title, simulated``; see `plot_hazard_ratios`.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.
    """
    check_option("kind", kind, ("ratios", "proportional hazards"))
    if kind == "ratios":
        return plot_hazard_ratios(result, ax, **options)
    from securebase_analysis.show.figures.hazard_ratios_over_time import draw_over_time

    return draw_over_time(result, ax, **options)


def plot_hazard_ratios(
    fitted: DisruptionResult | Mapping[str, DisruptionResult],
    ax: Axes | None = None,
    *,
    term: str | list[str] | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Axes:
    """Draw hazard ratios with their intervals on a logarithmic axis, with the numbers beside them.

    Parameters
    ----------
    fitted : DisruptionResult, or mapping of str to DisruptionResult
        A model, or up to five by name, which share the rows of their terms.
    ax : matplotlib axes, optional
        Where to draw.
    term : str or list of str, optional
        Only these terms.
    conf_level : float, optional
        Level of the intervals.
    title : str, optional
        Title; that of the first model by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the models by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        When there is no row to draw, or more rows or models than can be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from securebase_analysis.models.disruption import fit_disruption
    >>> frame = pd.DataFrame({"stop": [30, 90, 150, 200, 365, 400], "event": [1, 1, 0, 1, 0, 1],
    ...                       "difficulty": [2.0, 0.5, -1.0, 1.0, -0.5, 0.0]})
    >>> plot_hazard_ratios(fit_disruption(frame, "difficulty")).get_xscale()
    'log'
    """
    check_drawing(ax, title)
    models = dict(fitted) if isinstance(fitted, Mapping) else {"": fitted}
    if not 0 < len(models) <= MOST_MODELS:
        raise ModelError(_cannot_draw(len(models), "model", MOST_MODELS))
    frame = hazard_ratios_frame(models, term=term, conf_level=conf_level)
    if not 0 < len(frame) <= MOST_ROWS:
        raise ModelError(_cannot_draw(len(frame), "row", MOST_ROWS))
    first = next(iter(models.values()))
    words = title or (first.title if len(models) == 1 else "Hazard ratios, side by side")
    frame = _placed(frame, list(models))
    with look():
        pitch = row_pitch(list(frame["label"]), LABEL_WIDTH)
        height = rows_height(_n_lines(frame), max(pitch, 0.22), 1.35 + 0.35 * (len(models) > 1))
        ax = ax or new_axes(TEXT_WIDTH, height)
        _draw(ax, frame, list(models))
        level = wording.percent(first.conf_level if conf_level is None else conf_level)
        ax.set_xlabel(f"{_axis_words(models)} with {level} interval (logarithmic scale)")
        head(ax, words)
        caption(ax, frame.drop(columns="position"), _alt(frame, words), words, _notes(models, frame),
                simulated=any(is_simulated(model, simulated) for model in models.values()))  # fmt: skip
    return ax


# ---- rows ------------------------------------------------------------------------------------------------------


def _placed(frame: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    """The heights of the rows: terms one under another, the models of a term close together."""
    terms = list(dict.fromkeys(frame["label"]))
    step = 1.0 if len(models) == 1 else 0.62
    position, positions = 0.0, {}
    for label in terms:
        there = [model for model in models if ((frame["label"] == label) & (frame["model"] == model)).any()]
        for model in there:
            positions[label, model] = position
            position += step
        position += 0.0 if len(models) == 1 else 0.5
    found = [positions[key] for key in zip(frame["label"], frame["model"])]
    return frame.assign(position=found).sort_values("position", kind="stable", ignore_index=True)


def _n_lines(frame: pd.DataFrame) -> float:
    return float(frame["position"].max()) + 1.0


def _draw(ax: Axes, frame: pd.DataFrame, models: list[str]) -> None:
    """Dots, intervals and numbers; what lies beyond the axis ends in an arrow."""
    low, high = drawn_range(frame)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ticks = ratio_ticks(low, high)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{tick:.10g}" for tick in ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.axvline(1.0, color=QUIET, linewidth=0.8, zorder=1)
    for place, model in enumerate(models):
        rows, looks = frame[frame["model"] == model], ALONE if len(models) == 1 else series(place)
        for row in rows.itertuples():
            _draw_interval(ax, row, low, high, looks)
        seen = rows[(rows["estimate"] >= low) & (rows["estimate"] <= high)]
        ax.plot(seen["estimate"], seen["position"], linestyle="", marker=looks.marker, color=looks.color,
                markeredgecolor=BLACK, markeredgewidth=0.6, label=model, zorder=3)  # fmt: skip
    middles = frame.groupby("label", sort=False)["position"].mean()
    row_labels(ax, middles, list(middles.index), LABEL_WIDTH)
    ax.set_ylim(_n_lines(frame) - 0.4, -0.95)
    ruled(ax)
    side_column(ax, frame["position"], list(frame["ratio"]), "Ratio", 60, -0.78)
    side_column(ax, frame["position"], list(frame["interval"]), "Interval", 160, -0.78)
    if len(models) > 1:
        legend_below(ax, len(models))


def _draw_interval(ax: Axes, row: Any, low: float, high: float, looks: Series) -> None:
    """The interval of one row."""
    if not (pd.notna(row.conf_low) and pd.notna(row.conf_high)):
        return
    left, right = max(row.conf_low, low), min(row.conf_high, high)
    ax.plot([left, right], [row.position] * 2, color=looks.color, linewidth=1.4, linestyle="-", zorder=2)
    inside = (high / low) ** 0.015
    for beyond, end, marker in (
        (row.conf_low < low, low * inside, "<"),
        (row.conf_high > high, high / inside, ">"),
    ):
        if beyond:
            ax.plot(end, row.position, marker=marker, color=looks.color, clip_on=False, zorder=3)


# ---- words -----------------------------------------------------------------------------------------------------


def _axis_words(models: Mapping[str, DisruptionResult]) -> str:
    asked = {model.spec["model"] for model in models.values()}
    return "Subdistribution hazard ratio" if asked == {"fine-gray"} else "Hazard ratio"


def _notes(models: Mapping[str, DisruptionResult], frame: pd.DataFrame) -> tuple[str, ...]:
    """What groups are compared with, and the notes of the models."""
    told = [references(model) for model in models.values()]
    beyond = np.isinf(frame["estimate"]) | (frame["estimate"] == 0.0)
    if beyond.any():
        told.append("An arrow without a dot: no finite estimate; the interval is that of the profile likelihood.")
    for name, model in models.items():
        told += [note if not name else f"{name}: {note}" for note in model.notes] if name else list(model.notes)
    return tuple(dict.fromkeys(note for note in told if note))


def _alt(frame: pd.DataFrame, title: str) -> str:
    """Every row in numbers."""
    rows: list[Any] = list(frame.itertuples())
    texts = [f"{row.label}{f' ({row.model})' if row.model else ''} {row.ratio} {row.interval}" for row in rows]
    return f"{title}. Hazard ratios: {captions.read_out(texts, 'row')}"


def _cannot_draw(n: int, what: str, most: int) -> Problem:
    return Problem(
        "SB-EVENT-24",
        "stop",
        f"A picture of {wording.count(n, what)} cannot be read." if n else f"There is no {what} to draw.",
        why=f"A picture of hazard ratios has 1 to {most} {wording.plural(what)}.",
        fix="choose terms with term=['difficulty', 'kinship'], or draw fewer models",
    )
