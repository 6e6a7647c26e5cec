"""How the constructs go together: between children below the diagonal, within children above it."""

from __future__ import annotations

from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.relations_paths import draw_verdicts
from securebase_analysis.show.figures.style import (
    BLACK,
    DIVERGING,
    HAIRLINE,
    INK,
    QUIET,
    TEXT_WIDTH,
    head,
    look,
    new_axes,
)

COLUMNS = ["effect", "first", "second", "estimate", "conf_low", "conf_high", "claimed"]
EFFECTS = ("between", "within")


def relations_frame(result: Result, *, conf_level: float | None = None) -> pd.DataFrame:
    """The cells of the heat map, each with its interval and whether the model claims that the pair goes together.

    Parameters
    ----------
    result : Result
        From `relate_dimensions`: effects ``"between"`` and ``"within"``, terms such as ``"availability ~ trust"``.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``effect, first, second, estimate, conf_low, conf_high, claimed``; `first` comes before `second` in the
        model's order.
    """
    tidy = result.tidy(conf_level)
    tidy = tidy[tidy["effect"].isin(EFFECTS) & tidy["term"].str.contains("~")].reset_index(drop=True)
    pairs = [[part.strip() for part in term.split("~")] for term in tidy["term"]]
    order = {name: place for place, name in enumerate(_in_order({name for pair in pairs for name in pair}))}
    pairs = [sorted(pair, key=lambda name: order[name]) for pair in pairs]
    claims = {frozenset((path.source, path.target)) for path in theory.PATHWAYS}
    frame = tidy[["effect", "estimate", "conf_low", "conf_high"]].copy()
    frame["first"], frame["second"] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    frame["claimed"] = [frozenset(pair) in claims for pair in pairs]
    return frame[COLUMNS]


def _in_order(names: set[str]) -> list[str]:
    """The ten constructs first, in the model's order, then anything else by name."""
    known = [construct.name for construct in theory.CONSTRUCTS if construct.name in names]
    return known + sorted(names - set(known))


def draw_relations(
    result: Result,
    ax: Axes | None = None,
    *,
    style: Literal["matrix", "paths"] = "matrix",
    conf_level: float | None = None,
    title: str = "",
    simulated: bool | None = None,
) -> Axes:
    """Draw correlations as a heat map with their values: between children below, within children above.

    Parameters
    ----------
    result : Result
        From `relate_dimensions`.
    ax : matplotlib axes, optional
        Where to draw.
    style : {"matrix", "paths"}
        Every correlation in a heat map, or the claims of the model as arrows with their verdicts.
    conf_level : float, optional
        Level of the intervals in the frame.
    title : str
        Title of the picture; that of the style by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.
    """
    check_option("style", style, ("matrix", "paths"))
    if style == "paths":
        named = {"title": title} if title else {}
        return draw_verdicts(result, ax, conf_level=conf_level, simulated=simulated, **named)
    title = title or "How the constructs go together"
    frame = relations_frame(result, conf_level=conf_level)
    if frame.empty:
        problem = Problem("SB-OUT-33", "stop", "There is no pair of constructs to draw.", fix="see result.tidy()")
        raise ModelError(problem)
    names = _in_order(set(frame["first"]) | set(frame["second"]))
    with look():
        ax = ax or new_axes(TEXT_WIDTH, 2.0 + 0.43 * len(names))
        _draw_cells(ax, frame, names)
        _label_cells(ax, names)
        head(ax, title)
        notes = (_reading(), *result.notes)
        caption(ax, frame, _alt(frame, title), title, notes, simulated=is_simulated(result, simulated))
    return ax


def _reading() -> str:
    """How to read the picture."""
    return (
        "Correlations between children (their means over waves) stand below the diagonal, within children (from "
        "wave to wave) above it. Framed pairs are those of which the model says that one raises the other; "
        "hatched cells are negative. Intervals are in the table."
    )


def _draw_cells(ax: Axes, frame: pd.DataFrame, names: list[str]) -> None:
    """Colour, sign by hatching, value, and a frame around the model's claims."""
    place = {name: index for index, name in enumerate(names)}
    for row in frame.itertuples():
        first, second = place[str(row.first)], place[str(row.second)]
        x, y = (first, second) if row.effect == "between" else (second, first)
        _draw_cell(ax, x, y, float(row.estimate), bool(row.claimed))
    for index in range(len(names)):
        ax.add_patch(Rectangle((index - 0.5, index - 0.5), 1, 1, facecolor="#F2F2F2", edgecolor="white"))


def _draw_cell(ax: Axes, x: int, y: int, value: float, claimed: bool) -> None:
    """One cell; a dash where the correlation is undefined."""
    shade: Any = "white" if np.isnan(value) else DIVERGING((value + 1.0) / 2.0)
    hatch = "////" if value < 0 else ""
    with mpl.rc_context({"hatch.color": QUIET}):
        cell = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shade, hatch=hatch, edgecolor="white", linewidth=1.0)
    ax.add_patch(cell)
    if claimed:
        ax.add_patch(
            Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=BLACK, linewidth=1.3, zorder=4)
        )
    ink = "white" if value > 0.75 else INK
    text = wording.number(value, leading_zero=False)
    patch = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if hatch else None
    ax.text(x, y, text, ha="center", va="center", fontsize=8, color=ink, zorder=5, bbox=patch)


def _label_cells(ax: Axes, names: list[str]) -> None:
    """Names on both axes, the two halves named, a line between caregiving and benefits."""
    labels = [theory.label(name) for name in names]
    ticks = list(range(len(names)))
    ax.set_xticks(ticks, labels, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(ticks, labels)
    ax.tick_params(length=0)
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_color(HAIRLINE)
    ax.set_xlabel("Below the diagonal: between children")
    ax.annotate(
        "Above the diagonal: within children", (1.0, 0.5), xycoords="axes fraction", xytext=(12, 0),
        textcoords="offset points", rotation=270, ha="center", va="center", annotation_clip=False,
    )  # fmt: skip
    n_caregiving = sum(name in theory.CAREGIVING for name in names)
    if 0 < n_caregiving < len(names):
        ax.axhline(n_caregiving - 0.5, color=INK, linewidth=0.8)
        ax.axvline(n_caregiving - 0.5, color=INK, linewidth=0.8)


def _alt(frame: pd.DataFrame, title: str) -> str:
    """The range on each level, and the pairs of the model's claims in numbers."""
    parts = [title + "."]
    for effect in EFFECTS:
        rows = frame[(frame["effect"] == effect) & frame["estimate"].notna()]
        if rows.empty:
            continue
        low, high = (
            wording.number(end, leading_zero=False) for end in (rows["estimate"].min(), rows["estimate"].max())
        )
        parts.append(f"{effect.capitalize()} children, {len(rows)} correlations range from {low} to {high}.")
        claimed = [_pair_words(row) for row in rows[rows["claimed"]].itertuples()]
        if claimed:
            parts.append(f"Pairs that the model names: {captions.read_out(claimed, 'pair')}")
    return " ".join(parts)


def _pair_words(row: Any) -> str:
    """One pair in words and numbers."""
    first, second = theory.label(str(row.first)), theory.label(str(row.second))
    ends = wording.interval(row.conf_low, row.conf_high, leading_zero=False)
    value = wording.number(row.estimate, leading_zero=False)
    return f"{first} and {second} {value}" + ("" if ends == "–" else f" {ends}")
