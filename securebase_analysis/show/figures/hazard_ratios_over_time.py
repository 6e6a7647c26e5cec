"""How hazard ratios change with time: scaled Schoenfeld residuals with a smooth and its band."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.engines.cox_residuals import scaled_schoenfeld_residuals
from securebase_analysis.engines.proportional_hazards import transformed_times
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.models.disruption.term_tests import chosen_columns, has_residuals
from securebase_analysis.models.formulas import term_of
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, critical_value
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLUE,
    INK,
    QUIET,
    TEXT_WIDTH,
    figure_of,
    folded,
    look,
    new_figure,
    ruled,
)
from securebase_analysis.show.terms import written_ratio_term

MOST_PANELS = 9
FEWEST_EVENTS = 8
KNOTS = (0.0, 1 / 3, 2 / 3, 1.0)
"""Shares of the events at which the pieces of the smooth meet."""
POINTS = 60


def over_time_frame(
    result: DisruptionResult, *, term: str | list[str] | None = None, conf_level: float | None = None
) -> pd.DataFrame:
    """The numbers of the picture.

    Parameters
    ----------
    result : DisruptionResult
        From `fit_disruption`.
    term : str or list of str, optional
        Only these terms.
    conf_level : float, optional
        Level of the band.

    Returns
    -------
    pandas.DataFrame
        ``term, kind, time, estimate, conf_low, conf_high`` on the scale of log hazards: *event*, the scaled
        Schoenfeld residual of each event, and *smooth*, a natural cubic spline through them with four degrees of
        freedom over the share that has had the event.

    Notes
    -----
    The mean of the residuals at a time is about the log hazard ratio at that time (Grambsch & Therneau 1994,
    Biometrika 81). The band takes residuals as independent and of equal spread.
    """
    _must_be_drawable(result)
    fit, terms = result.fit.cox, result.at_risk.X.terms
    chosen = range(len(terms)) if term is None else chosen_columns(terms, listed(term))
    level = result.conf_level if conf_level is None else conf_level
    scaled = scaled_schoenfeld_residuals(fit)
    transformed, time = transformed_times(fit.sets, "km")[fit.sets.event_time], fit.sets.time[fit.sets.event_time]
    parts = []
    for place in chosen:
        events = pd.DataFrame({"kind": "event", "time": time, "estimate": scaled[place]})
        line = _smooth(transformed, time, scaled[place], level)
        parts.append(pd.concat([events, line.assign(kind="smooth")], ignore_index=True).assign(term=terms[place]))
    frame = pd.concat(parts, ignore_index=True)
    return frame[["term", "kind", "time", "estimate", "conf_low", "conf_high"]]


def _smooth(g: Floats, time: Floats, values: Floats, level: float) -> pd.DataFrame:
    """Least squares on a natural cubic spline of the transformed time, with its pointwise interval."""
    order = np.argsort(g, kind="stable")
    grid = np.linspace(0, len(g) - 1, POINTS).round().astype(int)
    at = np.unique(g[order][grid], return_index=True)[1]
    knots = np.unique(np.quantile(g, KNOTS))
    X, G = _natural_spline(g, knots), _natural_spline(g[order][grid][at], knots)
    weights, _, rank, _ = np.linalg.lstsq(X, values, rcond=None)
    left = values - X @ weights
    variance = float(left @ left) / max(len(values) - int(rank), 1)
    covariance = variance * np.linalg.pinv(X.T @ X)
    half = float(critical_value(level, np.inf)) * np.sqrt(np.einsum("ij,jk,ik->i", G, covariance, G))
    line = G @ weights
    return pd.DataFrame(
        {"time": time[order][grid][at], "estimate": line, "conf_low": line - half, "conf_high": line + half}
    )


def _natural_spline(x: Floats, knots: Floats) -> Floats:
    """Columns of a cubic spline that is straight beyond its outer knots (truncated powers)."""
    if len(knots) < 3:
        return np.column_stack([np.ones(len(x)), x])
    last, before = knots[-1], knots[-2]

    def bend(knot: float) -> Floats:
        cubes: Floats = (np.maximum(x - knot, 0.0) ** 3 - np.maximum(x - last, 0.0) ** 3) / (last - knot)
        return cubes

    return np.column_stack([np.ones(len(x)), x, *(bend(knot) - bend(before) for knot in knots[:-2])])


def draw_over_time(
    result: DisruptionResult,
    ax: Axes | None = None,
    *,
    term: str | list[str] | None = None,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Any:
    """Draw how log hazard ratios change with time.

    Parameters
    ----------
    result : DisruptionResult
        From `fit_disruption`.
    ax : matplotlib axes, optional
        Where to draw, when there is one term.
    term : str or list of str, optional
        Only these terms; a panel each.
    conf_level : float, optional
        Level of the bands.
    title : str, optional
        Title.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes, or an array of them
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        For a model without these residuals, or more panels than can be read.
    """
    frame = over_time_frame(result, term=term, conf_level=conf_level)
    terms = list(dict.fromkeys(frame["term"]))
    if len(terms) > MOST_PANELS or (ax is not None and len(terms) > 1):
        raise ModelError(_too_many(len(terms)))
    words = title or "Do the hazard ratios change with time?"
    tests = result.proportional_hazards().set_index("term")["p_value"]
    with look():
        axes = [ax] if ax is not None else _panels(len(terms))
        for panel, name in zip(axes, terms):
            estimate = float(result.fit.beta[list(result.at_risk.X.terms).index(name)])
            _draw_term(panel, frame[frame["term"] == name], estimate)
            test = wording.p_words(float(tests.get(term_of(name), np.nan))).replace(" ", "\u00a0")
            panel.set_title(
                folded(f"{written_ratio_term(name)} ({test})", 34), loc="left", fontsize=9.0, fontweight="normal"
            )
        _words_of_axes(axes, words, ax is None)
        caption(axes[0], frame, _alt(frame, terms, words), words, (*_notes(result, conf_level), *result.notes),
                simulated=is_simulated(result, simulated))  # fmt: skip
    return axes[0] if len(axes) == 1 else np.array(axes)


def _panels(n: int) -> list[Axes]:
    columns = min(2, n)
    lines = -(-n // columns)
    figure = new_figure(TEXT_WIDTH, 0.5 + 2.5 * lines)
    grid = figure.subplots(lines, columns, squeeze=False)
    for spare in grid.ravel()[n:]:
        spare.remove()
    return list(grid.ravel()[:n])


def _draw_term(ax: Axes, frame: pd.DataFrame, estimate: float) -> None:
    """Events, smooth and band of one term, with the ratio that the model takes as constant."""
    events, line = frame[frame["kind"] == "event"], frame[frame["kind"] == "smooth"]
    ax.axhline(0.0, color=QUIET, linewidth=0.8, zorder=1)
    ax.plot(events["time"], events["estimate"], linestyle="", marker="o", markersize=2.2, color=QUIET, alpha=0.7)
    ax.fill_between(line["time"], line["conf_low"], line["conf_high"], color=BLUE, alpha=0.22, linewidth=0.0)
    ax.plot(line["time"], line["estimate"], color=BLUE)
    ax.axhline(estimate, color=INK, linewidth=1.2, linestyle=(0.0, (4.0, 2.0)))
    low, high = np.quantile(events["estimate"], [0.03, 0.97])
    ax.set_ylim(min(low, line["conf_low"].min()), max(high, line["conf_high"].max()))
    ruled(ax, "y")


def _words_of_axes(axes: list[Axes], words: str, own: bool) -> None:
    columns = min(2, len(axes))
    for place, ax in enumerate(axes):
        ax.set_ylabel("Log hazard ratio" if place % columns == 0 else "")
        ax.set_xlabel("Days" if place >= len(axes) - columns else "")
    if own:
        figure_of(axes[0]).suptitle(words, x=0.01, ha="left", fontsize=10.0, fontweight="bold")


def _notes(result: DisruptionResult, conf_level: float | None) -> tuple[str, ...]:
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    return (
        "Points: scaled Schoenfeld residuals of single events (the outermost ones may lie beyond the picture); "
        f"line and band: a smooth with its {level} interval, day by day; dashed: that of the model; "
        "p: test of Grambsch and Therneau that it does not change.",
    )


def _alt(frame: pd.DataFrame, terms: list[str], title: str) -> str:
    """Where each smooth begins and ends, in numbers."""
    texts = []
    for name in terms:
        line = frame[(frame["term"] == name) & (frame["kind"] == "smooth")]
        ends = [
            f"{wording.number(row.estimate)} {wording.interval(row.conf_low, row.conf_high)} on day {row.time:g}"
            for row in (line.iloc[0], line.iloc[len(line) // 2], line.iloc[-1])
        ]
        texts.append(f"{written_ratio_term(name)}: log hazard ratio {captions.listed(ends)}")
    return f"{title} {captions.read_out(texts, 'term')}"


def _must_be_drawable(result: DisruptionResult) -> None:
    if has_residuals(result.fit) and result.fit.frailty is None and result.fit.cox.n_events >= FEWEST_EVENTS:
        return
    raise ModelError(
        Problem(
            "SB-EVENT-25",
            "stop",
            "There is no picture of how these ratios change with time.",
            why=f"It needs a model without frailty, with finite ratios and at least {FEWEST_EVENTS} events.",
            fix="plot() shows the ratios themselves.",
        )
    )


def _too_many(n: int) -> Problem:
    return Problem(
        "SB-EVENT-24",
        "stop",
        f"The picture has {n} panels.",
        why=f"One ax holds one panel, and more than {MOST_PANELS} cannot be read.",
        fix="Choose terms with term=['difficulty', 'kinship'].",
    )
