"""Simple slopes of one interaction, over a map of the combinations that children have."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from securebase_analysis import theory
from securebase_analysis.models.moderation import ModerationResult
from securebase_analysis.models.moderation.sides import Interaction, Side
from securebase_analysis.models.moderation.told import places_for
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption
from securebase_analysis.show.figures.style import (
    LEGEND_DROP,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    head,
    new_figure,
    ruled,
    series,
)

SHOWN_FROM = 10
"""A map of where children are is drawn from this many children on; fewer could be recognised."""
CELLS = (12, 8)
CLASSES = ((1, "1–9 children", "#E3E3E3"), (10, "10–29 children", "#BDBDBD"), (30, "30 or more", "#8F8F8F"))
"""From how many children on a cell has which look; none at all is hatched. Exact counts are not shown."""
EMPTY = "no child"
NOT_DRAWN = "no child has it, not drawn"
HEIGHTS = (2.2, 1.0)
APART = 0.04
"""How far the intervals of neighbouring lines stand apart where the horizontal axis holds groups."""


def slopes_frame(
    result: ModerationResult,
    pair: tuple[str, str] | str | None = None,
    *,
    of: str | None = None,
    at: Any = None,
    conf_level: float | None = None,
) -> pd.DataFrame:
    """The points of the lines, their slopes, and the cells of the map under them.

    Parameters
    ----------
    result : ModerationResult
        From `fit_moderation`.
    pair, of, at, conf_level
        As in `ModerationResult.slopes`.

    Returns
    -------
    pandas.DataFrame
        Kind ``"line"``: ``at, value, x, estimate, conf_low, conf_high``. Kind ``"slope"``: ``at, value, estimate,
        conf_low, conf_high``. Kind ``"cell"``: ``x`` to ``x_high`` and ``value`` to ``value_high``, with
        ``children`` as a class, never a count; none where fewer than ten children could be recognised.
    """
    interaction = result.interaction(pair)
    side, moderator = interaction.sides(of) or (interaction.first, interaction.second)
    slopes = result.slopes(pair, at, of, conf_level)
    lines = result.lines(pair, at, of, conf_level)
    columns = ["at", "value", "estimate", "conf_low", "conf_high"]
    parts = [lines.assign(kind="line"), slopes[["of", *columns]].assign(kind="slope")]
    if int(interaction.growth.facts["n_groups"]) >= SHOWN_FROM:
        parts.append(_cells(interaction, side, moderator).assign(kind="cell"))
    names = [
        "kind",
        "of",
        "at",
        "value",
        "value_high",
        "x",
        "x_high",
        "estimate",
        "conf_low",
        "conf_high",
        "children",
    ]
    return pd.concat([part.reindex(columns=names).astype({"children": object, "of": object, "at": object})
                      for part in parts], ignore_index=True)  # fmt: skip


def _cells(interaction: Interaction, side: Side, moderator: Side) -> pd.DataFrame:
    """How many children have each combination, in classes."""
    x_ends, z_ends = _ends(interaction, side, CELLS[0]), _ends(interaction, moderator, CELLS[1])
    column = np.clip(np.searchsorted(x_ends, interaction.values(side), "right") - 1, 0, len(x_ends) - 2)
    row = np.clip(np.searchsorted(z_ends, interaction.values(moderator), "right") - 1, 0, len(z_ends) - 2)
    child, _ = interaction.growth.level_of(str(interaction.growth.spec["group"]))
    counted = pd.DataFrame({"column": column, "row": row, "child": child}).drop_duplicates()
    n = counted.groupby(["column", "row"]).size().unstack(fill_value=0)
    n = n.reindex(index=range(len(x_ends) - 1), columns=range(len(z_ends) - 1), fill_value=0).to_numpy()
    columns, rows = np.indices(n.shape)
    return pd.DataFrame(
        {
            "x": x_ends[columns.ravel()],
            "x_high": x_ends[columns.ravel() + 1],
            "value": z_ends[rows.ravel()],
            "value_high": z_ends[rows.ravel() + 1],
            "children": [_class_of(one) for one in n.ravel()],
        }
    )


def _ends(interaction: Interaction, side: Side, n: int) -> np.ndarray:
    """Ends of equal cells over the values of a number; one cell for each group."""
    if not side.is_number:
        return np.arange(len(side.labels) + 1) - 0.5
    low, high = interaction.spread(side)
    return np.linspace(low, high, n + 1)


def _class_of(n: int) -> str:
    return next((name for least, name, _ in reversed(CLASSES) if n >= least), EMPTY)


# ---- the drawing -----------------------------------------------------------------------------------------------


def draw_slopes(
    result: ModerationResult,
    pair: tuple[str, str] | str | None,
    *,
    of: str | None = None,
    at: Any = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool = False,
) -> np.ndarray:
    """Lines with bands above, the map of combinations below."""
    frame = slopes_frame(result, pair, of=of, at=at, conf_level=conf_level)
    interaction = result.interaction(pair)
    side, moderator = interaction.sides(of) or (interaction.first, interaction.second)
    outcome, mapped = str(result.spec["outcome"]), bool((frame["kind"] == "cell").any())
    figure = new_figure(TEXT_WIDTH, 5.4 if mapped else 4.2)
    axes: Any = figure.subplots(2, 1, sharex=True, height_ratios=HEIGHTS) if mapped else [figure.subplots()]
    _draw_lines(axes[0], frame, side)
    axes[0].set_ylabel(theory.label(outcome))
    if mapped:
        _draw_map(axes[1], frame, moderator)
        axes[1].set_ylabel(theory.label(moderator.name))
    axes[-1].set_xlabel(theory.label(side.name))
    if not side.is_number:
        axes[-1].set_xticks(range(len(side.labels)), side.labels)
    words = slope_words(frame, side, moderator)
    _key(axes[-1], frame, words)
    title = title or f"{theory.label(outcome)} by {_lower(side.name)} at values of {_lower(moderator.name)}"
    head(axes[0], title)
    notes = (_of_lines(mapped), *_beyond(frame, interaction, moderator), *result.notes)
    caption(axes[0], frame, slopes_alt(frame, title, words, side, moderator), title, notes, simulated=simulated)
    return np.array(list(axes), dtype=object)


def _lower(name: str) -> str:
    return theory.label(name)[0].lower() + theory.label(name)[1:]


def _draw_lines(ax: Axes, frame: pd.DataFrame, side: Side) -> None:
    """A line for each value of the moderator, only where children are, with its band."""
    places = _places(frame)
    for value, line in frame[frame["kind"] == "line"].groupby("value", sort=False):
        index = places[value]
        shown = series(index)
        x, low, high = (line[name].astype(float) for name in ("x", "conf_low", "conf_high"))
        if side.is_number:
            ax.fill_between(x, low, high, color=shown.color, alpha=0.13, linewidth=0)
            marker = ""
        else:
            x, marker = x + APART * (index - (len(places) - 1) / 2.0), shown.marker
            ax.vlines(x, low, high, color=shown.color, linewidth=1.3)
        ax.plot(x, line["estimate"], color=shown.color, linestyle=shown.line, marker=marker, linewidth=2.0)
    ruled(ax, "y")


def _places(frame: pd.DataFrame) -> dict[Any, int]:
    """Which look each value of the moderator has."""
    values = frame.loc[frame["kind"] == "slope", "value"].unique()
    return {value: place for place, value in enumerate(values)}


def _draw_map(ax: Axes, frame: pd.DataFrame, moderator: Side) -> None:
    """Cells by how many children they hold, hatched where there is none, and the values that the lines are at."""
    cells = frame[frame["kind"] == "cell"]
    looks = {name: color for _, name, color in CLASSES}
    with mpl.rc_context({"hatch.color": QUIET}):
        for cell in cells.itertuples():
            empty = cell.children == EMPTY
            ax.add_patch(_cell(cell, "white" if empty else looks[str(cell.children)], "/////" if empty else ""))
    ax.set_xlim(cells["x"].min(), cells["x_high"].max())
    ax.set_ylim(cells["value"].min(), cells["value_high"].max())
    if not moderator.is_number:
        ax.set_yticks(range(len(moderator.labels)), moderator.labels)
        return
    places = _places(frame)
    for value in frame.loc[frame["kind"] == "line", "value"].unique():
        shown = series(places[value])
        ax.axhline(value, color="white", linewidth=4.0, zorder=3)
        ax.axhline(value, color=shown.color, linestyle=shown.line, linewidth=1.8, zorder=4)


def _cell(cell: Any, color: str, hatch: str) -> Rectangle:
    width, height = cell.x_high - cell.x, cell.value_high - cell.value
    return Rectangle(
        (cell.x, cell.value), width, height, facecolor=color, hatch=hatch, edgecolor="white", linewidth=0
    )


def _key(ax: Axes, frame: pd.DataFrame, words: list[str]) -> None:
    """The lines with their slopes on the left, the looks of the map on the right."""
    Entry = tuple[Any, str]
    lines: list[Entry] = [
        (Line2D([], [], color=shown.color, linestyle=shown.line, linewidth=2.0), text)  # type: ignore[arg-type]
        for shown, text in zip(map(series, range(len(words))), words)
        if not text.endswith(NOT_DRAWN)
    ]
    present = set(frame.loc[frame["kind"] == "cell", "children"])
    nothing: Entry = (Line2D([], [], linestyle=""), " ")
    with mpl.rc_context({"hatch.color": QUIET}):
        empty: list[Entry] = [(Patch(facecolor="white", hatch="/////", edgecolor="white"), EMPTY)]
        looks: list[Entry] = [(Patch(facecolor=color, edgecolor="white"), name) for _, name, color in CLASSES]
        looks = [entry for entry in [*empty, *looks] if entry[1] in present]
        n_rows = max(len(lines), len(looks))
        columns = [lines, looks] if looks else [lines]
        padded = [entry for column in columns for entry in [*column, *[nothing] * (n_rows - len(column))]]
        inches = ax.get_position().height * figure_of(ax).get_figheight()
        handles, labels = [handle for handle, _ in padded], [label for _, label in padded]
        place = (0.5, -LEGEND_DROP / inches)
        ax.legend(handles, labels, loc="upper center", bbox_to_anchor=place, ncols=len(columns))


def slope_words(frame: pd.DataFrame, side: Side, moderator: Side) -> list[str]:
    """Each value of the moderator with the slope there, or the difference between groups."""
    slopes = frame[frame["kind"] == "slope"]
    places = places_for((slopes["conf_high"] - slopes["conf_low"]) / 4.0)
    drawn = set(frame.loc[frame["kind"] == "line", "value"])
    texts, word = [], "slope" if side.is_number else "difference"
    for _, rows in slopes.groupby("value", sort=False):
        numbers = rows[["estimate", "conf_low", "conf_high"]].to_numpy()
        found = captions.listed(
            [captions.estimate(of_column[0], of_column[1], of_column[2], places) for of_column in numbers]
        )
        at, value = str(rows["at"].iloc[0]), float(rows["value"].iloc[0])
        if value not in drawn:
            texts.append(f"{theory.label(moderator.name)} {at}: {NOT_DRAWN}")
            continue
        exact = f" ({wording.number(value)})" if at == "mean" or at.endswith("SD") else ""
        texts.append(f"{theory.label(moderator.name)} {at.replace('-', wording.MINUS)}{exact}: {word} {found}")
    return texts


def _of_lines(mapped: bool) -> str:
    """How to read the picture."""
    lines = (
        "Each line runs only over the values that children have whose moderator is nearest to its value; other "
        "predictors are at their means."
    )
    if not mapped:
        return f"{lines} No map of the children: fewer than {SHOWN_FROM} could be recognised (SB-OUT-09)."
    return f"{lines} Below, how many children have each combination; hatched: none (SB-MODEL-10)."


def _beyond(frame: pd.DataFrame, interaction: Interaction, moderator: Side) -> list[str]:
    """Values of the moderator that no child has."""
    low, high = interaction.spread(moderator)
    slopes = frame[frame["kind"] == "slope"]
    beyond = list(dict.fromkeys(slopes.loc[~slopes["value"].between(low, high), "at"]))
    if not beyond:
        return []
    return [f"No child has {theory.label(moderator.name)} {captions.listed(beyond)}; that line is not drawn."]


def slopes_alt(frame: pd.DataFrame, title: str, words: list[str], side: Side, moderator: Side) -> str:
    """Every slope in numbers, and how much of the map is empty."""
    text = f"{title}. {captions.read_out(words, 'line')}"
    cells = frame.loc[frame["kind"] == "cell", "children"]
    if not len(cells):
        return text
    share = float((cells == EMPTY).mean())
    return (
        f"{text} Of {len(cells)} combinations of {_lower(side.name)} and {_lower(moderator.name)}, "
        f"{int((cells == EMPTY).sum())} ({100 * share:.0f}%) are met in no child."
    )
