"""The slope over its moderator, and where its interval leaves out zero, above the density of the children."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis import theory
from securebase_analysis.models.moderation import ModerationResult
from securebase_analysis.models.moderation.sides import Interaction, Side
from securebase_analysis.models.moderation.told import written_side
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption
from securebase_analysis.show.figures.style import (
    BLACK,
    HAIRLINE,
    INK,
    QUIET,
    TEXT_WIDTH,
    head,
    new_figure,
    ruled,
)

SHOWN_FROM = 10
POINTS = 121
HEIGHTS = (3.2, 1.0)
SHADE = "#9A9A9A"
HOLDS = "holds zero"


def regions_frame(
    result: ModerationResult,
    pair: tuple[str, str] | str | None = None,
    *,
    of: str | None = None,
    control: Any = "pointwise",
    conf_level: float | None = None,
) -> pd.DataFrame:
    """The slope along the moderator, the regions, and the density of the children.

    Parameters
    ----------
    result : ModerationResult
        From `fit_moderation`.
    pair, of, control, conf_level
        As in `ModerationResult.johnson_neyman`.

    Returns
    -------
    pandas.DataFrame
        Kind ``"slope"``: ``value, estimate, conf_low, conf_high`` at the level of the regions. Kind ``"region"``:
        ``value`` to ``value_high``, ``interval``, ``share_rows, share_children``. Kind ``"density"``: ``value,
        estimate``, each child with the same weight; none where fewer than ten children could be recognised.
    """
    interaction = result.interaction(pair)
    _, moderator = interaction.sides(of) or (interaction.first, interaction.second)
    regions = result.johnson_neyman(pair, of, control, conf_level)
    regions = regions[regions["of"] == regions["of"].iloc[0]]
    level = float(regions["level"].iloc[0])
    level = level if level < 1.0 else (result.conf_level if conf_level is None else conf_level)
    low, high = interaction.spread(moderator)
    values = np.unique(np.concatenate([np.linspace(low, high, POINTS), regions["low"]]))
    slope = result.slopes(pair, list(values), of, level)
    slope = slope[slope["of"] == regions["of"].iloc[0]]
    parts = [
        slope[["of", "value", "estimate", "conf_low", "conf_high"]].assign(kind="slope"),
        regions.rename(columns={"low": "value", "high": "value_high"}).assign(kind="region"),
    ]
    if int(interaction.growth.facts["n_groups"]) >= SHOWN_FROM:
        density = _density(interaction, moderator, np.linspace(low, high, POINTS))
        parts.append(density.assign(kind="density"))
    names = ["kind", "of", "value", "value_high", "estimate", "conf_low", "conf_high", "interval", "share_rows",
             "share_children", "level"]  # fmt: skip
    text = {"of": object, "interval": object}
    return pd.concat([part.reindex(columns=names).astype(text) for part in parts], ignore_index=True)


def _density(interaction: Interaction, moderator: Side, at: np.ndarray) -> pd.DataFrame:
    """A smooth density of the moderator in which each child counts once, however often it was seen."""
    values = interaction.values(moderator)
    child, n_children = interaction.growth.level_of(str(interaction.growth.spec["group"]))
    weight = 1.0 / np.bincount(child, minlength=n_children)[child] / n_children
    quartiles = np.percentile(values, [25, 75])
    spread = min(float(values.std()), float(np.ptp(quartiles)) / 1.34 or np.inf)
    width = 0.9 * spread * n_children**-0.2
    total = np.zeros(len(at))
    for value, share in zip(values, weight):
        total += share * np.exp(-0.5 * ((at - value) / width) ** 2)
    return pd.DataFrame({"value": at, "estimate": total / (width * np.sqrt(2.0 * np.pi))})


# ---- the drawing -----------------------------------------------------------------------------------------------


def draw_regions(
    result: ModerationResult,
    pair: tuple[str, str] | str | None,
    *,
    of: str | None = None,
    control: Any = "pointwise",
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool = False,
) -> np.ndarray:
    """The slope with its band above, the density of the moderator below."""
    frame = regions_frame(result, pair, of=of, control=control, conf_level=conf_level)
    interaction = result.interaction(pair)
    side, moderator = interaction.sides(of) or (interaction.first, interaction.second)
    name, outcome = written_side(str(frame["of"].iloc[0])), str(result.spec["outcome"])
    dense = bool((frame["kind"] == "density").any())
    figure = new_figure(TEXT_WIDTH, 4.4 if dense else 3.5)
    axes: Any = figure.subplots(2, 1, sharex=True, height_ratios=HEIGHTS) if dense else [figure.subplots()]
    _draw_slope(axes[0], frame)
    what = f"slope of {_lower(name)}" if side.is_number else f"difference with {_lower(name)}"
    axes[0].set_ylabel(f"{what[0].upper()}{what[1:]}\non {_lower(theory.label(outcome))}")
    if dense:
        _draw_density(axes[1], frame)
    axes[-1].set_xlabel(theory.label(moderator.name))
    title = title or f"Where the {what} on {_lower(theory.label(outcome))} leaves out zero"
    head(axes[0], title)
    notes = (_of_regions(frame, control, dense), *result.notes)
    caption(axes[0], frame, regions_alt(frame, title, moderator), title, notes, simulated=simulated)
    return np.array(list(axes), dtype=object)


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _draw_slope(ax: Axes, frame: pd.DataFrame) -> None:
    """Thick line and dark band where the interval leaves out zero, thin and pale where it holds it."""
    slope, regions = frame[frame["kind"] == "slope"], frame[frame["kind"] == "region"]
    ax.axhline(0.0, color=INK, linewidth=0.9, zorder=2)
    for region in regions.itertuples():
        part = slope[slope["value"].between(region.value, region.value_high)]
        holds = region.interval == HOLDS
        ax.fill_between(part["value"].astype(float), part["conf_low"], part["conf_high"], linewidth=0,
                        color=HAIRLINE if holds else SHADE)  # fmt: skip
        ax.plot(part["value"], part["estimate"], color=BLACK, linewidth=1.2 if holds else 2.6,
                linestyle="--" if holds else "-", zorder=3)  # fmt: skip
    ends = list(regions["value"])[1:]
    for place, end in enumerate(ends):
        ax.axvline(end, color=QUIET, linewidth=0.9, linestyle=":", zorder=2)
        last = place == len(ends) - 1
        ax.annotate(
            wording.number(end, 1), (end, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(4 if last else -4, -3),
            textcoords="offset points", ha="left" if last else "right", va="top", fontsize=8.5,
        )  # fmt: skip
    ax.margins(x=0.0)
    ruled(ax, "y")


def _draw_density(ax: Axes, frame: pd.DataFrame) -> None:
    """Where the children are, without counts."""
    density = frame[frame["kind"] == "density"]
    ax.fill_between(density["value"].astype(float), density["estimate"], color=HAIRLINE, linewidth=0)
    ax.plot(density["value"], density["estimate"], color=QUIET, linewidth=1.0)
    ax.set_ylim(0.0)
    ax.set_yticks([])
    ax.set_ylabel("Children")


def _of_regions(frame: pd.DataFrame, control: str, dense: bool) -> str:
    """How to read the picture, and what it does not claim."""
    level = wording.percent(round(float(frame.loc[frame["kind"] == "region", "level"].iloc[0]), 4))
    text = (
        "Dark band and thick line: the interval of the slope leaves out zero; pale and dashed: it holds zero. "
        "Nothing is drawn beyond the values that children have (SB-MODEL-10)."
    )
    if control == "pointwise":
        claim = f"Intervals are {level} at each value by itself; over many values some leave out zero by chance."
    elif level == "100%":
        claim = "With the share of false regions held over the observed values none is left; bands are pointwise."
    else:
        claim = f"Intervals are {level}, which holds the share of false regions over the observed values."
    hidden = "" if dense else f" No density: fewer than {SHOWN_FROM} children could be recognised (SB-OUT-09)."
    return f"{text} {claim}{hidden}"


def regions_alt(frame: pd.DataFrame, title: str, moderator: Side) -> str:
    """Every region with its ends, the slopes there and the share of children in it."""
    slope = frame[frame["kind"] == "slope"].set_index("value")["estimate"]
    texts = []
    for region in frame[frame["kind"] == "region"].itertuples():
        ends = " to ".join(wording.number(value, 1) for value in (region.value, region.value_high))
        sizes = " to ".join(wording.number(float(slope.loc[end])) for end in (region.value, region.value_high))
        found = region.interval if region.interval == HOLDS else f"is {region.interval}"
        share = f"{100 * region.share_children:.0f}% of the children"
        texts.append(f"from {ends} the interval {found}, slope {sizes}, {share}")
    return f"{title}, over {theory.label(moderator.name)}: {captions.read_out(texts, 'region')}"
