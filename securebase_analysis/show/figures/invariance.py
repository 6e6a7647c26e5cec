"""A ladder of measurement invariance: how well each step fits above, which items depart below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from securebase_analysis.measures.invariance import InvarianceResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.invariance_numbers import invariance_frame
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    folded,
    look,
    new_figure,
    row_labels,
    ruled,
    series,
    side_column,
)

MOST_ITEMS = 30
"""Items that a picture has room for; those that depart most, where there are more."""
MOST_GROUPS = 5
"""Groups told apart within a row; with more, the one that departs most stands for all."""
TWO = 2
PER_ROW = 0.24
WORDS = {
    "configural": "Same items", "thresholds": "Equal thresholds", "metric": "Equal loadings",
    "scalar": "Equal intercepts", "strict": "Equal residual variances",
}  # fmt: skip
KINDS = {"thresholds": "Threshold", "metric": "Loading", "scalar": "Intercept", "strict": "Residual variance"}
MARKS: dict[str, dict[str, Any]] = {
    "holds": {"marker": "o", "color": BLACK},
    "in doubt": {"marker": "o", "color": BLACK, "markerfacecolor": "white"},
    "does not hold": {"marker": "X", "color": BLACK, "markersize": 7.0},
    "not reached": {"marker": "o", "color": QUIET, "markerfacecolor": "white"},
}


def draw_invariance(
    result: InvarianceResult,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw a ladder: the fit of its steps, and by how much items depart from what is equal.

    Parameters
    ----------
    result : InvarianceResult
        From `assess_invariance`.
    ax : matplotlib axes, optional
        Where to draw the departures of the step that ends the climb, or of the last one; the rest is left to you.
    conf_level : float, optional
        Level of the intervals of departures; that of the result by default.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.
    """
    frame = invariance_frame(result, conf_level=conf_level)
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    words = title or result.title
    fit, departures = (frame[frame["panel"] == panel] for panel in ("fit", "departures"))
    steps = list(dict.fromkeys(departures["step"]))
    with look():
        if ax is not None and steps:
            axes = [ax]
            _draw_departures(ax, departures, _telling(result, steps), result, level)
            ax.set_title(folded(words, 50), loc="left")
        else:
            axes = _laid_out(result, fit, departures, steps)
            _draw_fit(axes[0], axes[1], fit, result)
            for place, step in enumerate(steps):
                _draw_departures(axes[2 + place], departures, step, result, level, named=place == 0)
            _key(axes, result)
            figure_of(axes[0]).suptitle(folded(words, 84), x=0.01, ha="left", fontsize=10.0, fontweight="bold")
        caption(
            axes[0], frame, _alt(result, fit, departures, words), words,
            (result.verdict, _reading(result, level), *result.notes), simulated=is_simulated(result, simulated),
        )  # fmt: skip
    return axes[0] if len(axes) == 1 else np.array(axes)


def _telling(result: InvarianceResult, steps: list[str]) -> str:
    """The first step that does not hold, or the last one."""
    words = dict(zip(result.steps["step"], result.steps["verdict"]))
    return next((step for step in steps if words[step] != "holds"), steps[-1])


def _laid_out(
    result: InvarianceResult, fit: pd.DataFrame, departures: pd.DataFrame, steps: list[str]
) -> list[Axes]:
    """Two panels of fit above, one for each equality below, as high as their rows need."""
    n_steps = fit["step"].nunique()
    n_items = len(_items_shown(departures, result)) if steps else 0
    above, below = 0.85 + 0.27 * n_steps, 0.95 + PER_ROW * n_items * _lanes(result)
    figure: Figure = new_figure(TEXT_WIDTH + 1.4, above + (below if steps else 0.0) + 0.5)
    if not steps:
        return list(figure.subplots(1, 2))
    grid = figure.add_gridspec(2, 1, height_ratios=[above, below])
    upper, lower = grid[0].subgridspec(1, 2), grid[1].subgridspec(1, len(steps))
    return [figure.add_subplot(upper[n]) for n in range(2)] + [
        figure.add_subplot(lower[n]) for n in range(len(steps))
    ]


# ---- the fit of the steps --------------------------------------------------------------------------------------


def _draw_fit(cfi: Axes, rmsea: Axes, fit: pd.DataFrame, result: InvarianceResult) -> None:
    """A row for each step: the index, how far it might have gone, and the verdict."""
    steps = list(dict.fromkeys(fit["step"]))
    kind = "scaled " if "cfi_scaled" in result.steps else "robust " if "cfi_robust" in result.steps else ""
    for ax, term, name in ((cfi, "cfi", "CFI"), (rmsea, "rmsea", "RMSEA")):
        rows = fit[fit["term"] == term].reset_index(drop=True)
        at = np.arange(len(rows))
        ax.hlines(at, rows["conf_low"], rows["conf_high"], color=QUIET, linewidth=1.3)
        ax.plot(rows["cut_off"], at, linestyle="", marker="|", markersize=11, markeredgewidth=1.6, color=QUIET)
        for place, row in enumerate(rows.itertuples()):
            ax.plot([row.estimate], [place], linestyle="", zorder=3, **MARKS[str(row.verdict)])
        ax.set_xlabel(f"{kind}{name}" if kind else name)
        ax.set_ylim(len(rows) - 0.5, -0.6)
        ruled(ax)
        ax.locator_params(axis="x", nbins=5)
    row_labels(cfi, range(len(steps)), [WORDS[step] for step in steps], 26)
    row_labels(rmsea, range(len(steps)), ["" for _ in steps])
    verdicts = list(fit[fit["term"] == "rmsea"]["verdict"])
    side_column(rmsea, range(len(steps)), verdicts, "", 72, -0.75)


# ---- what departs ----------------------------------------------------------------------------------------------


def _item(term: str) -> str:
    """The item that a term is of."""
    for operator, place in (("=~", 1), ("~~", 0), ("|", 0), ("~1", 0)):
        if operator in term:
            return term.split(operator)[place].strip()
    return term


def _items_shown(departures: pd.DataFrame, result: InvarianceResult) -> list[str]:
    """Items in the order of the model; those that depart most, where there are too many."""
    highest = departures.groupby(departures["term"].map(_item))["index"].max()
    chosen = set(highest.nlargest(MOST_ITEMS).index)
    return [item for item in result.ladder.items if item in chosen]


def _lanes(result: InvarianceResult) -> float:
    """How much higher rows are for several groups."""
    return 1.0 + 0.35 * (len(_drawn_groups(result)) - 1)


def _draw_departures(
    ax: Axes, departures: pd.DataFrame, step: str, result: InvarianceResult, level: str, named: bool = True
) -> None:
    """A row for each item: how far its parameter of a group is expected to move from the common value."""
    items = _items_shown(departures, result)
    rows = _one_a_row(departures[departures["step"] == step], result)
    groups = _drawn_groups(result)
    ax.axvline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    for place, group in enumerate(groups):
        own = rows[rows["group"].astype(str) == group] if len(groups) > 1 or group else rows
        own = own[own["item"].isin(items)]
        shift = 0.0 if len(groups) == 1 else 0.5 * ((place + 0.5) / len(groups) - 0.5)
        at = np.array([items.index(item) + shift for item in own["item"]])
        apart = ((own["conf_low"] > 0) | (own["conf_high"] < 0)).to_numpy(bool)
        look_of = series(place)
        ax.hlines(at, own["conf_low"], own["conf_high"], color=np.where(apart, BLACK, QUIET), linewidth=1.2)
        for chosen, filled in ((apart, True), (~apart, False)):
            ax.plot(
                own["estimate"].to_numpy()[chosen], at[chosen], linestyle="", marker=look_of.marker,
                markersize=4.5, color=BLACK if filled else QUIET, markerfacecolor=BLACK if filled else "white",
            )  # fmt: skip
    row_labels(ax, range(len(items)), items if named else [""] * len(items), 22)
    ax.set_ylim(len(items) - 0.4, -0.6)
    ax.set_xlabel(f"{KINDS[step]}: change\nif free, {level} interval", fontsize=8.5)
    ax.locator_params(axis="x", nbins=4)
    ruled(ax)


def _drawn_groups(result: InvarianceResult) -> list[str]:
    """Groups with a mark of their own: of two the second, as the first departs the other way; of many none."""
    names = [str(name) for name in result.ladder.occasions]
    if len(names) > MOST_GROUPS:
        return [""]
    return names[1:] if len(names) == TWO else names


def _one_a_row(rows: pd.DataFrame, result: InvarianceResult) -> pd.DataFrame:
    """The term of each item and group that departs most; of thresholds there are several."""
    made = rows.assign(item=rows["term"].map(_item)).sort_values("index", ascending=False, kind="stable")
    keys = ["item"] if _drawn_groups(result) == [""] else ["item", "group"]
    return made.drop_duplicates(keys)


def _key(axes: list[Axes], result: InvarianceResult) -> None:
    """Which mark is which group, where there are several."""
    groups = _drawn_groups(result)
    if len(groups) < 2 or len(axes) < 3:
        return
    over = result.ladder.over
    for place, group in enumerate(groups):
        look_of = series(place)
        label = f"{over} {group}"
        axes[2].plot([], [], linestyle="", marker=look_of.marker, markersize=4.5, color=BLACK, label=label)
    figure_of(axes[0]).legend(loc="outside lower center", ncols=len(groups), fontsize=8.5)


# ---- in words --------------------------------------------------------------------------------------------------


def _reading(result: InvarianceResult, level: str) -> str:
    """How to read the picture."""
    over, groups = result.ladder.over, _drawn_groups(result)
    whose = f"of {over} {groups[0]}" if len(groups) == 1 and groups[0] else f"of each {over}"
    if groups == [""]:
        whose = f"of the {over} that departs most"
    cut = " Of thresholds the one that departs most stands for its item." if _has_thresholds(result) else ""
    return (
        "Above: a filled dot is a step that holds, an open one a step in doubt, a cross one that does not hold, "
        "grey ones were not reached; the bar marks how far the index might have gone, the line the 90 % interval "
        f"of the RMSEA. Below: by how much the parameter {whose} is expected to change if it alone were free "
        f"({level} interval, from its score test), black where that interval leaves out zero.{cut} Of twenty such "
        "intervals one leaves out zero by chance."
    )


def _has_thresholds(result: InvarianceResult) -> bool:
    return "thresholds" in set(result.steps["step"])


def _alt(result: InvarianceResult, fit: pd.DataFrame, departures: pd.DataFrame, title: str) -> str:
    """Every step in numbers, and the items that depart most at the step that ends the climb."""
    texts = []
    for step, rows in fit.groupby("step", sort=False):
        cfi, rmsea = (rows[rows["term"] == term]["estimate"].iloc[0] for term in ("cfi", "rmsea"))
        numbers = f"CFI {wording.number(cfi, 3, False)}, RMSEA {wording.number(rmsea, 3, False)}"
        texts.append(f"{WORDS[str(step)]} {rows['verdict'].iloc[0]}: {numbers}")
    said = f"{title}. {captions.read_out(texts, 'step')} {result.verdict}"
    steps = list(dict.fromkeys(departures["step"]))
    if not steps:
        return said
    step = _telling(result, steps)
    rows = _one_a_row(departures[departures["step"] == step], result)
    rows = rows[rows["group"].astype(str).isin(_drawn_groups(result))] if _drawn_groups(result) != [""] else rows
    departing = []
    for row in rows.head(3).itertuples():
        change = captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)
        departing.append(f"{row.term} of {result.ladder.over} {row.group} {change}")
    return f"{said} {WORDS[step]}: what departs most is {captions.listed(departing)}."
