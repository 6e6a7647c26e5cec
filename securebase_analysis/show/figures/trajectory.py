"""Courses over the waves: thin lines of children where a group is large enough, and the mean with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, check_option
from securebase_analysis.results import wording
from securebase_analysis.results.inference import wald_interval
from securebase_analysis.results.plotting import check_drawing
from securebase_analysis.show.figures import captions
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
    ruled,
    series,
)
from securebase_analysis.show.missing_column import no_column
from securebase_analysis.show.terms import written_group
from securebase_analysis.show.wide_scores import wide_scores

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores

LINES_FROM = 10
"""Individual lines are drawn from this many children on; fewer could be recognised."""
OUTLINE = [patheffects.Stroke(linewidth=4.0, foreground="white"), patheffects.Normal()]
"""White around the mean lifts it off the lines of the children."""
COLUMNS = ["group", "kind", "line", "wave", "x", "estimate", "std_error", "conf_low", "conf_high", "n_children"]
X_WORDS = {"years": "Years since the child’s first wave", "age": "Age in years", "wave": "Wave"}
NEEDED = "The picture needs it."


def trajectory_frame(
    scores: Scores | pd.DataFrame,
    construct: str,
    *,
    x: Literal["years", "age", "wave"] = "years",
    by: str | None = None,
    value: Literal["score", "score_100"] = "score",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """The points of individual courses and of their mean.

    Parameters
    ----------
    scores : Scores or pandas.DataFrame
        Scores of a study, or a table with one row per child and wave: ``child, wave``, the column `x` and the
        construct.
    construct : str
        What is followed, e.g. ``"trust"``.
    x : {"years", "age", "wave"}
        The time axis.
    by : str, optional
        Column that makes the groups.
    value : {"score", "score_100"}
        The metric of the codebook, or 0–100 of the possible range.
    conf_level : float, default 0.95
        Level of the band.

    Returns
    -------
    pandas.DataFrame
        ``group, kind, line, wave, x, estimate, std_error, conf_low, conf_high, n_children``. Rows of kind
        ``"child"`` have a running number in ``line`` that is no identifier, and appear only where a group has at
        least ten children; rows of kind ``"mean"`` lie at the mean of `x` over the children seen at the wave.

    Notes
    -----
    The band is ``mean ± t(n - 1) · sd / sqrt(n)`` at each wave by itself. Children who are seen later are not the
    children who were lost: a mean over those still seen is no growth curve. `fit_growth` uses all waves together.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"child": ["a", "b"] * 2, "wave": [1, 1, 2, 2], "trust": [40.0, 60, 50, 70]})
    >>> trajectory_frame(table, "trust", x="wave")[["wave", "estimate", "n_children"]].values.tolist()
    [[1.0, 50.0, 2.0], [2.0, 60.0, 2.0]]
    """
    check_option("x", x, tuple(X_WORDS))
    check_option("value", value, ("score", "score_100"))
    wide = wide_scores(scores, value=value)
    for needed in ("child", "wave", x, construct, *([by] if by else [])):
        if needed not in wide:
            raise ModelError(no_column(needed, wide, "scores", NEEDED))
    seen = wide.dropna(subset=[construct, x])
    groups = (
        [("", seen)]
        if by is None
        else [(written_group(by, name), part) for name, part in seen.groupby(by, sort=True)]
    )
    parts = [part for name, rows in groups for part in _group_points(name, rows, construct, x, conf_level)]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _group_points(group: str, rows: pd.DataFrame, construct: str, x: str, conf_level: float) -> list[pd.DataFrame]:
    """Courses of the children, where there are enough of them, and the mean at every wave."""
    keys = [name for name in ("site", "child") if name in rows]
    parts = []
    line = rows.groupby(keys, sort=False).ngroup() + 1
    if line.nunique() >= LINES_FROM:
        points = pd.DataFrame({"line": line, "wave": rows["wave"], "x": rows[x], "estimate": rows[construct]})
        parts.append(points.sort_values(["line", "x"]).assign(group=group, kind="child", n_children=1))
    means = rows.groupby("wave").agg(
        x=(x, "mean"), estimate=(construct, "mean"), spread=(construct, "std"), n_children=(construct, "size")
    )
    means["std_error"] = means["spread"] / np.sqrt(means["n_children"])
    df = means["n_children"].where(means["n_children"] > 1) - 1
    means["conf_low"], means["conf_high"] = wald_interval(means["estimate"], means["std_error"], df, conf_level)
    parts.append(means.reset_index().assign(group=group, kind="mean"))
    return [part.reindex(columns=COLUMNS) for part in parts]


def plot_trajectories(
    scores: Scores | pd.DataFrame,
    construct: str = "",
    *,
    lines: bool = True,
    title: str | None = None,
    simulated: bool | None = None,
    ax: Axes | None = None,
    **chosen: Any,
) -> Axes:
    """Draw the courses of children over the waves, and their mean with its band.

    Parameters
    ----------
    scores : Scores or pandas.DataFrame
        Scores, a wide table, or a frame from `trajectory_frame`.
    construct : str
        What is followed; it names the axis when a frame is given.
    lines : bool, default True
        Draw individual lines, where a group has at least ten children.
    title : str, optional
        Title; the construct by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; by default as the scores say.
    ax : matplotlib axes, optional
        Where to draw.
    **chosen
        What `trajectory_frame` takes: ``x, by, value, conf_level``.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"child": ["a", "b"] * 2, "wave": [1, 1, 2, 2], "trust": [40.0, 60, 50, 70]})
    >>> ax = plot_trajectories(table, "trust", x="wave")
    """
    check_drawing(ax, title)
    is_frame = isinstance(scores, pd.DataFrame) and set(COLUMNS) <= set(scores.columns)
    frame = pd.DataFrame(scores) if is_frame else trajectory_frame(scores, construct, **chosen)
    x = chosen.get("x", "years")
    title = title or f"{theory.label(construct)} over {'age' if x == 'age' else 'the waves'}"
    frame = frame if lines else frame[frame["kind"] == "mean"]
    with look():
        ax = ax or new_axes(TEXT_WIDTH, 3.7)
        _draw(ax, frame)
        ax.set_xlabel(X_WORDS[x])
        ax.set_ylabel(theory.label(construct))
        if x == "wave":
            ax.set_xticks(sorted(frame["x"].unique()))
        head(ax, title)
        shown = frame[frame["kind"] == "mean"].reset_index(drop=True)
        caption(
            ax,
            frame,
            _alt(shown, title),
            title,
            _notes(frame, lines, chosen),
            simulated=is_simulated(scores, simulated),
        )
    return ax


def _draw(ax: Axes, frame: pd.DataFrame) -> None:
    """Children thin and pale, means on top with band, marker and key."""
    groups = list(dict.fromkeys(frame["group"]))
    for index, group in enumerate(groups):
        rows, look_of = frame[frame["group"] == group], series(index)
        color = BLACK if len(groups) == 1 else look_of.color
        children = rows[rows["kind"] == "child"]
        draw_thin_lines(ax, children, QUIET if len(groups) == 1 else color)
        _draw_mean(ax, rows[rows["kind"] == "mean"], color, look_of)
    if len(groups) > 1:
        legend_below(ax, len(groups))
    ruled(ax, "y")


def _draw_mean(ax: Axes, means: pd.DataFrame, color: str, look_of: Series) -> None:
    """The mean and its band."""
    at, low, high = (means[name].to_numpy(float) for name in ("x", "conf_low", "conf_high"))
    ax.fill_between(at, low, high, color=color, alpha=0.22, linewidth=0, zorder=2)
    ax.plot(
        at,
        means["estimate"],
        color=color,
        linestyle=look_of.line,
        marker=look_of.marker,
        linewidth=2.2,
        path_effects=OUTLINE,
        label=captions.group_with_n(means),
        zorder=3,
    )


def draw_thin_lines(ax: Axes, courses: pd.DataFrame, color: str) -> None:
    """One thin line for each value of ``line``, through its points ``x, estimate``; more lines, paler lines."""
    ways = [way[["x", "estimate"]].to_numpy(float) for _, way in courses.groupby("line", sort=False)]
    paleness = float(np.clip(35.0 / max(len(ways), 1), 0.15, 0.6))
    ax.add_collection(LineCollection(ways, colors=color, linewidths=0.5, alpha=paleness, zorder=1))
    ax.autoscale_view()


def _notes(frame: pd.DataFrame, lines: bool, chosen: dict[str, Any]) -> tuple[str, ...]:
    """What the band is, and which groups were too small for lines."""
    level = wording.percent(chosen.get("conf_level", 0.95))
    notes = [f"The band is the {level} confidence interval of the mean at each wave."]
    with_lines = set(frame.loc[frame["kind"] == "child", "group"])
    small = [group for group in dict.fromkeys(frame["group"]) if group not in with_lines]
    if lines and small:
        which = f" in {captions.listed([group for group in small if group])}" if any(small) else ""
        notes.append(
            f"No individual lines{which}: fewer than {LINES_FROM} children could be recognised (SB-OUT-09)."
        )
    return tuple(notes)


def _alt(means: pd.DataFrame, title: str) -> str:
    """The mean at every wave in numbers."""
    sentences = []
    for row in means.itertuples():
        group = f"{row.group}, " if row.group else ""
        numbers = captions.estimate(row.estimate, row.conf_low, row.conf_high)
        counted = wording.count(int(row.n_children), "child", "children")
        sentences.append(f"{group}wave {row.wave:g} ({wording.number(row.x, 1)}): mean {numbers}, {counted}")
    return f"{title}. {captions.read_out(sentences, 'point')}"
