"""One panel of pictures that show where a growth model does not fit, and whom it rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures.growth_diagnostics_numbers import (
    ENVELOPE,
    MOST_POINTS,
    diagnostics_alt,
    diagnostics_frame,
)
from securebase_analysis.show.figures.picture import caption
from securebase_analysis.show.figures.style import (
    BLACK,
    HAIRLINE,
    INK,
    QUIET,
    TEXT_WIDTH,
    folded,
    new_figure,
    ruled,
    series,
)
from securebase_analysis.show.figures.trajectory import LINES_FROM, X_WORDS
from securebase_analysis.show.terms import written_term

BAND = "#E4E4E4"
LEAST_REACH = 2.0
"""Standard deviations that the axis of the residuals spans at least; a line alone would fill any axis."""
MOST_NEEDLES = 60
MOST_TERMS = 9
NAMED = 3
"""Children at the far end of Cook's distance whose first row is named."""

PANELS: dict[str, tuple[str, Callable[[Axes, pd.DataFrame], None]]] = {}
"""The title of each panel and what draws it, in the order of the picture."""


def draw_diagnostics(result: GrowthResult, title: str, simulated: bool) -> np.ndarray:
    """Draw the panel; see `draw_growth`."""
    frame = diagnostics_frame(result)
    names = [name for name in PANELS if (frame["panel"] == name).any()]
    figure = new_figure(TEXT_WIDTH, 0.35 + 2.65 * -(-len(names) // 2))
    figure.suptitle(folded(title, 80), x=0.01, ha="left", fontsize=10.0, fontweight="bold")
    axes = [_drawn(figure, frame, name, place, len(names)) for place, name in enumerate(names)]
    group = result.request.group
    alt = diagnostics_alt(frame, title, group)
    caption(axes[0], frame, alt, title, (*_notes(frame, result), *result.notes), simulated=simulated)
    return np.array(axes)


def _drawn(figure: Figure, frame: pd.DataFrame, name: str, place: int, n_panels: int) -> Axes:
    """One panel of the picture."""
    ax = figure.add_subplot(-(-n_panels // 2), 2, place + 1)
    heading, draw = PANELS[name]
    draw(ax, frame[frame["panel"] == name].reset_index(drop=True))
    ax.set_title(heading, loc="left", fontsize=9.0, pad=6)
    return ax


def _notes(frame: pd.DataFrame, result: GrowthResult) -> tuple[str, ...]:
    """What the pictures are made of, and what was left out."""
    level, group = wording.percent(ENVELOPE), result.request.group
    notes = ["Residuals are in standard deviations."]
    if result.request.family != "gaussian":
        notes = [
            "Residuals are randomised quantile residuals (Dunn & Smyth 1996, seed 1): standard normal where the "
            "model is right."
        ]
    if not (frame["panel"] == "quantiles").any():
        notes.append(
            f"No points: fewer than {LINES_FROM} {wording.plural(group)} could be recognised (SB-OUT-09)."
        )
        return tuple(notes)
    notes.append(f"The band holds {level} of each ordered value of a normal sample; of many a few lie outside.")
    if result.facts["n_rows"] > MOST_POINTS:
        drawn = int(((frame["panel"] == "residuals") & (frame["kind"] == "point")).sum())
        notes.append(f"{drawn:,} of {int(result.facts['n_rows']):,} residuals are drawn.")
    if not (frame["panel"] == "distance").any():
        notes.append(f"Cook's distance is left out of the picture: influence() leaves out one {group} at a time.")
    return tuple(notes)


# ---- the panels ------------------------------------------------------------------------------------------------


def _draw_residuals(ax: Axes, rows: pd.DataFrame) -> None:
    points, line = (rows[rows["kind"] == kind] for kind in ("point", "line"))
    ax.axhline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    paleness = float(np.clip(120.0 / max(len(points), 1), 0.15, 0.7))
    ax.plot(points["x"], points["y"], linestyle="", marker="o", markersize=2.6, color=QUIET, alpha=paleness)
    ax.plot(line["x"], line["y"], color=BLACK, linewidth=2.0, zorder=3)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, -LEAST_REACH), max(high, LEAST_REACH))
    ax.set_xlabel("Expected from the fixed effects")
    ax.set_ylabel("Residual (SD)")
    ruled(ax, "y")


def _draw_quantiles(ax: Axes, rows: pd.DataFrame) -> None:
    labels = list(dict.fromkeys(rows["label"]))
    widest = rows[rows["label"] == max(labels, key=lambda label: int((rows["label"] == label).sum()))]
    ax.fill_between(widest["x"], widest["low"], widest["high"], color=BAND, linewidth=0, zorder=1)
    ends = [float(rows["x"].min()), float(rows["x"].max())]
    ax.plot(ends, ends, color=QUIET, linewidth=0.8, zorder=2)
    for place, label in enumerate(labels):
        own, look = rows[rows["label"] == label], series(place)
        color = BLACK if len(labels) == 1 else look.color
        marker = "o" if len(labels) == 1 else look.marker
        name = written_term(str(label)) if label else None
        ax.plot(
            own["x"], own["y"], linestyle="", marker=marker, markersize=3.0, color=color, label=name, alpha=0.8
        )
    if len(labels) > 1:
        ax.legend(loc="upper left", fontsize=7.5, handletextpad=0.2, borderpad=0.1)
    ax.set_xlabel("Expected if normal (SD)")
    ax.set_ylabel("Observed (SD)")
    ruled(ax, "y")


def _draw_spread(ax: Axes, rows: pd.DataFrame) -> None:
    ax.axhline(1.0, color=QUIET, linewidth=0.8, zorder=1)
    ax.vlines(rows["x"], rows["low"], rows["high"], color=BLACK, linewidth=1.2)
    ax.plot(rows["x"], rows["y"], linestyle="", marker="o", markersize=4.5, color=BLACK)
    name = str(rows["label"].iloc[0])
    ax.set_xticks(rows["x"], [f"{round(float(at), 1):g}" for at in rows["x"]])
    ax.set_xlabel("Fitted value" if name == "fitted" else X_WORDS.get(name, written_term(name)))
    ax.set_ylabel("SD of the residuals")
    ax.set_ylim(0.0, 1.08 * max(1.0, float(rows["high"].max())))
    ax.margins(x=0.08)
    ruled(ax, "y")


def _draw_distance(ax: Axes, rows: pd.DataFrame) -> None:
    shown = rows.head(MOST_NEEDLES)
    ax.vlines(shown["x"], 0.0, shown["y"], color=QUIET, linewidth=1.0)
    ax.plot(shown["x"], shown["y"], linestyle="", marker="o", markersize=2.6, color=BLACK)
    for row in _apart(shown.head(NAMED)).itertuples():
        place: Any = (row.x, row.y)
        ax.annotate(
            str(row.label), place, (4, 0), textcoords="offset points", va="center", fontsize=7.5, color=INK
        )
    more = len(rows) - len(shown)
    ax.set_xlabel(f"Rank (the first {len(shown)} of {len(rows):,})" if more else "Rank")
    ax.set_ylabel("Cook's distance")
    ax.set_ylim(bottom=0.0)
    ruled(ax, "y")


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Those of the needles, the longest first, whose names do not touch."""
    kept: list[int] = []
    least = 0.08 * float(rows["y"].max())
    for place, height in enumerate(rows["y"]):
        if not kept or rows["y"].iloc[kept[-1]] - height > least:
            kept.append(place)
    return rows.iloc[kept]


def _draw_shifts(ax: Axes, rows: pd.DataFrame) -> None:
    reach = rows.groupby("label", sort=False)["x"].apply(lambda values: values.abs().max())
    terms = [term for term in reach.index if term in set(reach.nlargest(MOST_TERMS).index)]
    ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    for place, term in enumerate(terms):
        own = rows.loc[rows["label"] == term, "x"]
        ax.hlines(place, own.min(), own.max(), color=HAIRLINE, linewidth=4.0, zorder=1)
        ax.plot(own, np.full(len(own), place), linestyle="", marker="|", markersize=8.0, color=BLACK, alpha=0.6)
        # The names stand above their lines: beside them they would take the width of half a panel.
        ax.annotate(written_term(str(term)), (0.0, place - 0.3), xycoords=ax.get_yaxis_transform(), fontsize=7.5)
    ax.set_yticks([])
    ax.set_ylim(len(terms) - 0.5, -0.9)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("Shift of the estimate (SE)")
    ruled(ax, "x")


PANELS |= {
    "residuals": ("Residuals over expected values", _draw_residuals),
    "quantiles": ("Quantiles of the residuals", _draw_quantiles),
    "spread": ("Spread of the residuals", _draw_spread),
    "effects": ("Quantiles of the random effects", _draw_quantiles),
    "distance": ("Cook's distance of each", _draw_distance),
    "shifts": ("Shift of each term without one", _draw_shifts),
}
