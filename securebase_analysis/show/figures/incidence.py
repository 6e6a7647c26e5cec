"""How placements end over time: exits stacked to one, or as lines side by side, with who was at risk beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.incidence import IncidenceResult
from securebase_analysis.models.incidence.comparisons import IncidenceTest
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.incidence_numbers import (
    AT_RISK,
    FEWEST_AT_RISK,
    count_words,
    drawn_until,
    exits_by_size,
    incidence_frame,
    shares_in_words,
)
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.places_apart import pushed_apart
from securebase_analysis.show.figures.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    QUIET,
    TEXT_WIDTH,
    VERMILLION,
    YELLOW,
    figure_of,
    folded,
    look,
    new_figure,
    ruled,
    series,
)
from securebase_analysis.show.terms import written_group

PALE = "#CDE4F2"
BANDS = (
    (BLUE, ""), (ORANGE, "////"), (PALE, "...."), (VERMILLION, "\\\\\\\\"), (YELLOW, ""), (GREEN, "----"),
    ("#E6E6E6", "xxxx"), ("#4D4D4D", ""), ("#F7C5A8", "||||"), (PURPLE, "++++"),
)  # fmt: skip
"""Fill and hatching of the exits from below: neighbours differ in lightness, also in grey."""
TITLE_LETTERS = 11.0
"""Letters of a title that fit into an inch."""
STILL = "still in placement"
ENDED = "Ended by then:"
PANEL_HEIGHT, LOW_PANEL = 2.6, 1.6
"""Inches: of panels in one line, and of panels in several."""
YEAR = 365.0
ROW = 12.0
"""Points from one row of counts to the next."""
FIRST_ROW = 42.0
"""Points from the axis down to the first row of counts."""
LABEL_GAP = 0.062
"""Least distance between two names at the side of the bands, as a share of the axis."""
NAME_WIDTH = 17
MOST_PANELS = 9
Style = Literal["stacked", "lines"]


def draw_incidence(
    result: IncidenceResult | IncidenceTest,
    ax: Axes | None = None,
    *,
    style: Style = "stacked",
    until: float | None = None,
    interval: bool = True,
    hide_below: int | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw how placements end: bands of exits for each group, or for each exit a line of each group.

    Parameters
    ----------
    result : IncidenceResult or IncidenceTest
        From `cumulative_incidence`, or a test of it, which then stands in the notes.
    ax : matplotlib axes, optional
        Where to draw, when there is one panel.
    style : {"stacked", "lines"}
        *stacked*: the shares of all exits, one on the other, a panel for each group. *lines*: a panel for each
        exit with a line for each group, or one panel where there are no groups.
    until : float, optional
        The last day drawn; by default as long as ten are at risk in some group.
    interval : bool
        Shade the intervals of lines.
    hide_below : int, optional
        Counts from 1 to below this are not shown, for publication.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        When there are more panels than can be read, or several for one `ax`.
    """
    check_option("style", style, ("stacked", "lines"))
    told = result.sentence().splitlines() if isinstance(result, IncidenceTest) else []
    incidence = result.incidence if isinstance(result, IncidenceTest) else result
    end = drawn_until(incidence, until)
    panels = _panels(incidence, style, ax)
    columns = min(3, len(panels))
    frame = incidence_frame(
        incidence, until=end, hide_below=hide_below, conf_level=conf_level, ticks=(6, 4, 3)[columns - 1]
    )
    with look():
        axes = [ax] if ax is not None else _new_panels(len(panels), columns, _n_rows(incidence, style), style)
        for place, (panel, here) in enumerate(zip(panels, axes)):
            if style == "stacked":
                _draw_bands(here, frame[frame["group"] == panel], incidence, names=len(panels) == 1)
            else:
                _draw_lines(here, frame, panel, incidence, interval, names=len(panels) == 1)
            _finish(
                here, frame, incidence, panel, style, end, place % columns == 0, place + columns >= len(panels)
            )
            if style == "stacked" or place == columns * ((len(panels) - 1) // columns):
                _draw_counts(here, _count_rows(frame, incidence, panel, style), place % columns == 0)
        if len(panels) > 1:
            _key(axes[0], incidence, style)
        words = title or _title(result, incidence)
        _head(axes, words)
        notes = (*_notes(frame, style, interval, end, until, hide_below, incidence, conf_level), *told)
        caption(axes[0], frame, _alt(frame, incidence, words), words, (*notes, *result.notes),
                simulated=is_simulated(result, simulated))  # fmt: skip
    return axes[0] if len(axes) == 1 else np.array(axes)


# ---- the panels ------------------------------------------------------------------------------------------------


def _panels(result: IncidenceResult, style: Style, ax: Axes | None) -> list[str]:
    """What each panel shows: a group (stacked) or an exit (lines)."""
    groups = [group.group for group in result.groups]
    panels = groups if style == "stacked" else exits_by_size(result) if len(groups) > 1 else [""]
    if len(panels) > MOST_PANELS or (ax is not None and len(panels) > 1):
        raise ModelError(_too_many(len(panels), ax is not None))
    return panels


def _too_many(n: int, one_ax: bool) -> Problem:
    why = "One ax holds one panel." if one_ax else f"More than {MOST_PANELS} panels cannot be read."
    fix = "leave ax out" if one_ax else "Join rare groups or exits, or draw a part of them."
    return Problem("SB-OUT-40", "stop", f"The picture has {n} panels.", why=why, fix=fix)


def _n_rows(result: IncidenceResult, style: Style) -> int:
    """Rows of counts under a panel."""
    return 2 + len(result.causes) if style == "stacked" or len(result.groups) == 1 else len(result.groups)


def _new_panels(n: int, columns: int, n_rows: int, style: Style) -> list[Axes]:
    """Axes side by side on one scale, with room for their rows of counts."""
    lines = -(-n // columns)
    counts = (FIRST_ROW + ROW * n_rows) / 72.0
    panel = PANEL_HEIGHT if lines == 1 else LOW_PANEL
    height = (panel + 0.6) * lines + counts * (lines if style == "stacked" else 1) + 0.25
    figure = new_figure(TEXT_WIDTH, height + (0.5 if n > 1 else 0.0))
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for spare in grid.ravel()[n:]:
        spare.remove()
    for ax in grid.ravel()[:n]:
        ax.tick_params(labelbottom=True)
    return list(grid.ravel()[:n])


def _draw_bands(ax: Axes, frame: pd.DataFrame, result: IncidenceResult, names: bool) -> None:
    """The exits of one group, stacked from below, with their names at the right."""
    curve = frame[frame["kind"] == "curve"]
    middles, top = [], 0.0
    causes = exits_by_size(result)
    for place, cause in enumerate(causes):
        rows = curve[curve["exit"] == cause]
        color, hatch = BANDS[place % len(BANDS)]
        low, high = rows["lower"].to_numpy(), (rows["lower"] + rows["estimate"]).to_numpy()
        ax.fill_between(
            rows["time"], low, high, step="post", facecolor=color, hatch=hatch, edgecolor="white", linewidth=0.0
        )
        ax.step(rows["time"], high, where="post", color=INK, linewidth=0.45)
        middles.append((low[-1] + high[-1]) / 2.0)
        top = float(high[-1])
    ax.set_ylim(0.0, 1.0)
    if names:
        ends = float(curve["time"].max())
        _names_at_the_side(ax, ends, [*middles, (1.0 + top) / 2.0], [*causes, STILL])


def _draw_lines(
    ax: Axes, frame: pd.DataFrame, cause: str, result: IncidenceResult, interval: bool, names: bool
) -> None:
    """One exit, a line for each group; or all exits where there is one group."""
    curve = frame[frame["kind"] == "curve"]
    by = "exit" if cause == "" else "group"
    curve = curve if cause == "" else curve[curve["exit"] == cause]
    lines = exits_by_size(result) if cause == "" else [group.group for group in result.groups]
    heights, ends = [], []
    for place, line in enumerate(lines):
        rows, look_of = curve[curve[by] == line], series(place)
        if interval:
            ax.fill_between(
                rows["time"], rows["conf_low"], rows["conf_high"], step="post", color=look_of.color, alpha=0.16,
                linewidth=0.0,
            )  # fmt: skip
        ax.step(rows["time"], rows["estimate"], where="post", color=look_of.color, linestyle=look_of.line)
        heights.append(float(rows["estimate"].iloc[-1]))
        ends.append(float(rows["time"].iloc[-1]))
    highest = frame["conf_high" if interval else "estimate"].max()
    top = min(1.0, 1.08 * float(highest))
    ax.set_ylim(0.0, top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0.0 <= tick <= top])
    ruled(ax, "y")
    if names:
        _names_at_the_side(ax, ends, heights, [_named(result, by, line) for line in lines], lines=True)


def _named(result: IncidenceResult, by: str, label: str) -> str:
    return written_group(str(result.spec["by"]), label) if by == "group" else label


def _names_at_the_side(
    ax: Axes, ends: float | Sequence[float], heights: Sequence[float], names: Sequence[str], lines: bool = False
) -> None:
    """Names right of the axes at the height of what they name, pushed apart, with a hairline to it."""
    low, high = ax.get_ylim()
    texts = [folded(name, NAME_WIDTH) for name in names]
    sizes = [LABEL_GAP * (high - low) * (text.count("\n") + 1) for text in texts]
    placed = pushed_apart(np.asarray(heights, dtype=float), np.asarray(sizes), low, high)
    last = np.broadcast_to(np.asarray(ends, dtype=float), len(names))
    for place, (name, at, end, spot) in enumerate(zip(texts, heights, last, placed)):
        style = series(place) if lines else None
        ax.annotate(
            name, (end, at), xytext=(1.0, spot), xycoords="data", textcoords=ax.get_yaxis_transform(),
            ha="left", va="center", fontsize=8.5, color=INK, annotation_clip=False,
        ).set_x(1.07)  # fmt: skip
        ax.annotate(
            "", (end, at), xytext=(1.055, spot), xycoords="data", textcoords=ax.get_yaxis_transform(),
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": style.color if style else QUIET, "linewidth": 1.4 if style else 0.7,
                "linestyle": style.line if style else "-", "shrinkA": 0.0, "shrinkB": 0.0,
            },
        )  # fmt: skip


# ---- what stands around them -----------------------------------------------------------------------------------


def _finish(
    ax: Axes, frame: pd.DataFrame, result: IncidenceResult, panel: str, style: Style, end: float, first: bool,
    last: bool,
) -> None:  # fmt: skip
    """Axes and the name of the panel."""
    days = np.unique(frame.loc[frame["kind"] == "count", "time"])
    in_years = bool(len(days) > 1 and (days % YEAR == 0).all())
    ax.set_xlim(0.0, end)
    ax.set_xticks(days, [f"{day / (YEAR if in_years else 1.0):g}" for day in days])
    if last:
        ax.set_xlabel(f"{'Years' if in_years else 'Days'} since the start")
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if first:
        ax.set_ylabel("Share of placements")
    if panel:
        by = "group" if style == "stacked" else "exit"
        ax.set_title(folded(_named(result, by, panel), 26), loc="left", fontsize=9.0, fontweight="normal")


def _count_rows(
    frame: pd.DataFrame, result: IncidenceResult, panel: str, style: Style
) -> list[tuple[str, pd.DataFrame]]:
    """Rows of counts under a panel; at risk alone where a panel is one exit of several groups."""
    counts = frame[frame["kind"] == "count"]
    if style == "lines" and len(result.groups) > 1:
        at_risk = counts[counts["exit"] == AT_RISK]
        return [(_named(result, "group", g.group), at_risk[at_risk["group"] == g.group]) for g in result.groups]
    counts = counts[counts["group"] == (panel if style == "stacked" else result.groups[0].group)]
    rows = [(AT_RISK, counts[counts["exit"] == AT_RISK]), (ENDED, counts[:0])]
    return rows + [(cause, counts[counts["exit"] == cause]) for cause in exits_by_size(result)]


def _draw_counts(ax: Axes, rows: Sequence[tuple[str, pd.DataFrame]], first: bool) -> None:
    """Counts under the days, a row each, with their names left of the first panel."""
    place: dict[str, Any] = {"textcoords": "offset points", "annotation_clip": False, "fontsize": 7.5}
    for line, (name, counts) in enumerate(rows):
        drop = -FIRST_ROW - ROW * line
        for row in counts.itertuples():
            ax.annotate(
                count_words(row.n), (float(row.time), 0.0), xytext=(0.0, drop), xycoords=ax.get_xaxis_transform(),
                ha="center", va="top", color=INK, **place,
            )  # fmt: skip
        if first:
            shown = name if len(name) <= NAME_WIDTH + 6 else f"{name[: NAME_WIDTH + 5]}…"
            ax.annotate(
                shown, (0.0, 0.0), xytext=(-14.0, drop), xycoords="axes fraction", ha="right", va="top",
                color=QUIET, **place,
            )  # fmt: skip


def _title(result: IncidenceResult | IncidenceTest, incidence: IncidenceResult) -> str:
    """The exits stand in the key; the title need not repeat them."""
    if isinstance(result, IncidenceTest):
        return result.title
    return "How placements end" + (f", by {incidence.spec['by']}" if len(incidence.groups) > 1 else "")


def _key(ax: Axes, result: IncidenceResult, style: Style) -> None:
    """What fills or lines stand for, under all panels."""
    names = exits_by_size(result) if style == "stacked" else [group.group for group in result.groups]
    handles: list[Artist] = []
    for place, name in enumerate(names):
        if style == "stacked":
            color, hatch = BANDS[place % len(BANDS)]
            handles.append(Patch(facecolor=color, hatch=hatch, edgecolor="white", linewidth=0.0, label=name))
        else:
            look_of = series(place)
            words = _named(result, "group", name)
            line: dict[str, Any] = {"color": look_of.color, "linestyle": look_of.line}
            handles.append(Line2D([], [], label=words, **line))
    if style == "stacked":
        handles.append(Patch(facecolor="white", edgecolor=QUIET, linewidth=0.7, label=STILL))
    figure_of(ax).legend(handles=handles, loc="outside lower left", ncols=min(3, len(handles)))


def _head(axes: Sequence[Axes], title: str) -> None:
    """The title over all panels, flush left; over the axes where they were given."""
    figure = figure_of(axes[0])
    if len(figure.axes) > len(axes) or figure.get_layout_engine() is None:
        width = axes[0].get_position().width * figure.get_figwidth()
        axes[0].set_title(folded(title, max(20, int(width * TITLE_LETTERS))), loc="left", pad=10)
    else:
        text = folded(title, int(figure.get_figwidth() * TITLE_LETTERS))
        figure.suptitle(text, x=0.01, ha="left", fontsize=10.0, fontweight="bold")


def _notes(
    frame: pd.DataFrame, style: Style, interval: bool, end: float, until: float | None, hide_below: int | None,
    result: IncidenceResult, conf_level: float | None,
) -> list[str]:  # fmt: skip
    """What is drawn, up to when, and which counts are not shown."""
    notes = []
    if style == "stacked":
        notes.append(
            "The height of a band is the share that has left in this way; what is left white is still there."
        )
    elif interval:
        level = wording.percent(result.conf_level if conf_level is None else conf_level)
        notes.append(f"Shaded: {level} confidence intervals, day by day.")
    if until is None and end < result.followed:
        notes.append(f"Drawn up to day {end:g}, as long as {FEWEST_AT_RISK} are at risk in a group.")
    if len(result.groups) > 1 and min(group.followed for group in result.groups) < end:
        notes.append("The curves of a group end on the last day that any of it was seen.")
    if hide_below is not None and frame.loc[frame["kind"] == "count", "n"].isna().any():
        notes.append(f"Counts below {hide_below}, and those that would give them away, are not shown (–).")
    return notes


def _alt(frame: pd.DataFrame, result: IncidenceResult, title: str) -> str:
    """Where every curve ends, in numbers."""
    groups = [group.group for group in result.groups]
    texts = [
        f"{_named(result, 'group', group) + ': ' if group else ''}{shares_in_words(frame, group)}"
        for group in groups
    ]
    return f"{title}. {captions.read_out(texts, 'group')}"
