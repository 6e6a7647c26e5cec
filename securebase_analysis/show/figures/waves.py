"""What became of every child at every wave, as stacked bars with counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.results import wording
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    HAIRLINE,
    INK,
    ORANGE,
    PURPLE,
    TEXT_WIDTH,
    YELLOW,
    head,
    legend_below,
    look,
    new_axes,
    row_labels,
    rows_height,
)

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

STATUSES = ("seen", "refused", "not asked", "lost", "left care", "died", "not yet due")
"""In the order of the bars: seen first, then missed, then no longer or not yet expected."""

PALE = "#B5DDF5"
_LOOKS = {
    "seen": (BLUE, "", "white"),
    "refused": (ORANGE, "////", INK),
    "not asked": (YELLOW, "....", INK),
    "lost": (PURPLE, "xxxx", INK),
    "left care": (PALE, "\\\\\\\\", INK),
    "died": (BLACK, "", "white"),
    "not yet due": (HAIRLINE, "", INK),
    "other": (GREEN, "++++", INK),
}
LEADER = {"arrowstyle": "-", "color": INK, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 0}
NARROW = 0.055
"""A bar narrower than this share of the whole has its count above it."""


def waves_frame(study: Study | pd.DataFrame) -> pd.DataFrame:
    """How many children have which status at each wave.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A study, or a table with one row per child and wave and columns ``wave`` and ``status``.

    Returns
    -------
    pandas.DataFrame
        ``wave, label, status, n_children, share``; statuses that no child has at any wave are left out.
    """
    if isinstance(study, pd.DataFrame):
        rows, labels = study, {}
    else:
        rows, planned = study.waves, study.codebook.waves
        labels = dict(zip(planned["wave"], planned["label"]))
    found = [status for status in STATUSES if (rows["status"] == status).any()]
    found += sorted(set(rows["status"].astype(str)) - set(STATUSES))
    counts = rows.groupby(["wave", "status"]).size().unstack("status", fill_value=0).reindex(columns=found)
    frame = counts.stack().rename("n_children").reset_index()
    frame["share"] = frame["n_children"] / frame.groupby("wave")["n_children"].transform("sum")
    frame.insert(1, "label", [str(labels.get(wave) or f"Wave {wave}") for wave in frame["wave"]])
    return frame


def plot_waves(
    study: Study | pd.DataFrame,
    *,
    title: str = "Children at each wave",
    simulated: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the status of the children at every wave.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A study, or a table with columns ``wave`` and ``status``.
    title : str
        Title of the picture.
    simulated : bool, optional
        Write "Simulated data" on the picture; by default as the study says.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Examples
    --------
    >>> import pandas as pd
    >>> waves = pd.DataFrame({"wave": [1, 1, 2, 2], "status": ["seen", "seen", "seen", "left care"]})
    >>> ax = plot_waves(waves)
    """
    check_drawing(ax, title)
    frame = waves_frame(study)
    with look():
        n_waves = frame["wave"].nunique()
        ax = ax or new_axes(TEXT_WIDTH, rows_height(n_waves, 0.55, 1.3))
        _draw(ax, frame)
        head(ax, title)
        caption(ax, frame, _alt(frame, title), title, simulated=is_simulated(study, simulated))
    return ax


def _draw(ax: Axes, frame: pd.DataFrame) -> None:
    """Bars from left to right in the order of `STATUSES`, counts inside or above."""
    waves = list(dict.fromkeys(frame["wave"]))
    starts = np.zeros(len(waves))
    narrow: dict[int, list[tuple[float, str]]] = {index: [] for index in range(len(waves))}
    whole = float(frame.groupby("wave")["n_children"].sum().max())
    for status in dict.fromkeys(frame["status"]):
        color, hatch, ink = _LOOKS.get(status, _LOOKS["other"])
        counts = frame.loc[frame["status"] == status, "n_children"].to_numpy(float)
        ax.barh(range(len(waves)), counts, left=starts, height=0.5, color=color, hatch=hatch, edgecolor="white",
                linewidth=0.8, label=status)  # fmt: skip
        for index, (start, count) in enumerate(zip(starts, counts)):
            if count == 0:
                continue
            if count / whole < NARROW:
                narrow[index].append((start + count / 2, f"{count:,.0f}"))
            else:
                _count_inside(ax, start + count / 2, index, f"{count:,.0f}", ink, hatch)
        starts += counts
    for index, marks in narrow.items():
        _counts_above(ax, marks, index, whole)
    row_labels(ax, range(len(waves)), list(dict.fromkeys(frame["label"])), 18)
    ax.set_ylim(len(waves) - 0.5, -0.65)
    ax.set_xlim(0, whole)
    ax.set_xlabel("Children")
    ax.spines["bottom"].set_color(HAIRLINE)
    legend_below(ax, frame["status"].nunique(), most=4)


def _count_inside(ax: Axes, x: float, row: int, text: str, ink: str, hatch: str) -> None:
    """A count in the middle of its bar, on a plain patch where the bar is hatched."""
    patch = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if hatch else None
    ax.text(x, row, text, ha="center", va="center", color=INK if hatch else ink, fontsize=8.5, bbox=patch)


def _counts_above(ax: Axes, marks: list[tuple[float, str]], row: int, whole: float) -> None:
    """Counts of narrow bars above them, moved apart where they would touch, with a leader where they moved far."""
    centres = [x for x, _ in marks]
    for (x, text), at in zip(marks, _apart(centres, 0.04 * whole, 0.99 * whole)):
        leader = LEADER if abs(at - x) > 0.01 * whole else None
        ax.annotate(
            text, (x, row - 0.26), xytext=(at, row - 0.45), ha="center", va="center", fontsize=8, arrowprops=leader
        )


def _apart(centres: list[float], gap: float, most: float) -> list[float]:
    """Places at least `gap` apart and not beyond `most`, each as near to its centre as the others let it."""
    at = list(centres)
    for index in range(1, len(at)):
        at[index] = max(at[index], at[index - 1] + gap)
    limit = most
    for index in reversed(range(len(at))):
        at[index] = min(at[index], limit)
        limit = at[index] - gap
    return at


def _alt(frame: pd.DataFrame, title: str) -> str:
    """Each wave in one sentence."""
    sentences = []
    for label, rows in frame.groupby("label", sort=False):
        counted = [f"{row.n_children:,} {row.status}" for row in rows.itertuples() if row.n_children]
        total = wording.count(int(rows["n_children"].sum()), "child", "children")
        sentences.append(f"{label}: {captions.listed(counted)}, of {total}")
    return f"{title}. {captions.read_out(sentences, 'wave')}"
