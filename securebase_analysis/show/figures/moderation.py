"""How dimensions interact: the family as a forest, and for one pair its simple slopes or its regions."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.moderation import ModerationResult
from securebase_analysis.models.moderation.told import written_side
from securebase_analysis.results import wording
from securebase_analysis.results.families import WRITTEN
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.moderation_regions import draw_regions
from securebase_analysis.show.figures.moderation_slopes import draw_slopes
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    HAIRLINE,
    QUIET,
    TEXT_WIDTH,
    head,
    look,
    new_axes,
    rows_height,
    ruled,
    side_column,
)

Style = Literal["family", "slopes", "johnson-neyman"]
STYLES = ("family", "slopes", "johnson-neyman")
MOST_ROWS = 60
ROW = 0.4
"""Inches from row to row: a label has two lines."""
BAND = 0.62
"""Height of the band of what could not have been found, as a share of a row."""


def moderation_frame(result: ModerationResult, *, conf_level: float | None = None) -> pd.DataFrame:
    """The rows of the picture of a family, with a label each.

    Parameters
    ----------
    result : ModerationResult
        From `fit_moderation`.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``label, effect, estimate, conf_low, conf_high, p_value, p_adjusted, detectable`` and
        ``detectable_in_family``.
    """
    family = result.family(conf_level)
    family["label"] = [" × ".join(map(written_side, pair)) for pair in zip(family["first"], family["second"])]
    columns = ["label", "effect", "estimate", "conf_low", "conf_high", "p_value", "p_adjusted"]
    return family[[*columns, "detectable", "detectable_in_family"]]


def draw_moderation(
    result: ModerationResult,
    ax: Axes | None = None,
    *,
    style: Style | None = None,
    pair: tuple[str, str] | str | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
    **options: Any,
) -> Any:
    """Draw a family of interactions, or one of them.

    Parameters
    ----------
    result : ModerationResult
        From `fit_moderation`.
    ax : matplotlib axes, optional
        Where to draw the family; the other styles need a figure of their own.
    style : {"family", "slopes", "johnson-neyman"}, optional
        The family as a forest; lines at values of the moderator; or the slope over the moderator. By default the
        slopes where a pair is named or there is only one, else the family.
    pair : tuple of str, optional
        The interaction to draw, for the last two styles.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title of the picture.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.
    **options
        ``of`` and ``at`` as in `ModerationResult.slopes`, ``of`` and ``control`` as in its ``johnson_neyman``.

    Returns
    -------
    matplotlib.axes.Axes or array of two
        With alt text; see `picture_of` and `write_figure`.
    """
    style = style or ("slopes" if pair is not None or len(result.interactions) == 1 else "family")
    check_option("style", style, STYLES)
    simulated = is_simulated(result, simulated)
    with look():
        if style == "family":
            return _draw_family(result, ax, conf_level, title, simulated)
        if ax is not None:
            raise ModelError(_needs_a_figure(style))
        draw_one = draw_slopes if style == "slopes" else draw_regions
        return draw_one(result, pair, conf_level=conf_level, title=title, simulated=simulated, **options)


def _needs_a_figure(style: str) -> Problem:
    return Problem(
        "SB-OUT-33",
        "stop",
        f"style={style!r} draws two axes, one above the other, and cannot be put on one.",
        why="The lines stand over the density of the data that they rest on.",
        fix="Leave out ax.",
    )


# ---- the family ------------------------------------------------------------------------------------------------


def _draw_family(
    result: ModerationResult, ax: Axes | None, conf_level: float | None, title: str | None, simulated: bool
) -> Axes:
    """A row for each interaction, over a band of what this sample could not have found."""
    frame = moderation_frame(result, conf_level=conf_level)
    if len(frame) > MOST_ROWS:
        raise ModelError(_too_many(len(frame)))
    title = title or result.title
    ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), ROW, 1.4))
    _draw_rows(ax, frame, result, conf_level)
    head(ax, title)
    caption(ax, frame, family_alt(frame, title), title, (_of_bands(frame), *result.notes), simulated=simulated)
    return ax


def _too_many(n_rows: int) -> Problem:
    return Problem(
        "SB-OUT-33",
        "stop",
        f"A picture of {wording.count(n_rows, 'row')} cannot be read.",
        why=f"A forest picture has 1 to {MOST_ROWS} rows.",
        fix="Name fewer dimensions, or make a table: make_table(result.family()).",
    )


def _draw_rows(ax: Axes, frame: pd.DataFrame, result: ModerationResult, conf_level: float | None) -> None:
    """Bands, intervals, dots, and the numbers beside them."""
    positions = np.arange(len(frame))
    reach = frame["detectable_in_family"].to_numpy()
    ax.barh(positions, 2.0 * reach, left=-reach, height=BAND, color=HAIRLINE, zorder=0.5)
    ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    ax.hlines(positions, frame["conf_low"], frame["conf_high"], color=BLACK, linewidth=1.3)
    passing = (frame["p_adjusted"] <= result.alpha).to_numpy()
    for chosen, fill in ((passing, BLACK), (~passing, "white")):
        ax.plot(
            frame["estimate"][chosen],
            positions[chosen],
            linestyle="",
            marker="o",
            color=BLACK,
            markerfacecolor=fill,
        )
    ax.set_yticks(positions, [label.replace(" × ", " ×\n") for label in frame["label"]])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    edges = np.concatenate([frame["conf_low"], frame["conf_high"], -reach, reach])
    margin = 0.05 * np.nanmax(np.abs(edges))
    ax.set_xlim(np.nanmin(edges) - margin, np.nanmax(edges) + margin)
    ax.set_ylim(len(frame) - 0.4, -0.9)
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    unit = "SD per SD" if result.spec["scale"] == "sd" else "points per point"
    ax.set_xlabel(f"Change of slope, {unit}, with {level} interval")
    ruled(ax)
    _side_columns(ax, frame, result, positions)


def _side_columns(ax: Axes, frame: pd.DataFrame, result: ModerationResult, positions: np.ndarray) -> None:
    """Estimate, interval, raw and adjusted p."""
    places = 2 if result.spec["scale"] == "sd" else 3
    side_column(
        ax, positions, [wording.number(value, places) for value in frame["estimate"]], "Estimate", 48, -0.75
    )
    ends = [wording.interval(low, high, places) for low, high in zip(frame["conf_low"], frame["conf_high"])]
    side_column(ax, positions, ends, "Interval", 128, -0.75)
    side_column(ax, positions, [wording.p_value(value) for value in frame["p_value"]], "p", 164, -0.75)
    if result.adjust in WRITTEN:
        texts = [wording.p_value(value) for value in frame["p_adjusted"]]
        side_column(ax, positions, texts, f"p ({WRITTEN[result.adjust]})", 212, -0.75)


def _of_bands(frame: pd.DataFrame) -> str:
    """What the bands and the dots mean."""
    where = " at the level of the family" if len(frame) > 1 else ""
    return (
        "Grey bands: true changes that this sample would have found with less than 80% power"
        f"{where}, its standard errors being what they are. Filled dots pass, open ones do not."
    )


def family_alt(frame: pd.DataFrame, title: str) -> str:
    """Every row in numbers."""
    texts = [
        f"{row.label} {captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)}, "
        f"p {wording.p_value(row.p_value)}, adjusted {wording.p_value(row.p_adjusted)}, detectable "
        f"{wording.number(row.detectable_in_family)}"
        for row in frame.itertuples()
    ]  # fmt: skip
    return f"{title}. {captions.read_out(texts, 'interaction')}"
