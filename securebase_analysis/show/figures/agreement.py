"""Agreement of coders, code by code: the coefficient and its interval, percent agreement and prevalence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import (
    BLACK,
    QUIET,
    TEXT_WIDTH,
    head,
    look,
    new_axes,
    row_labels,
    row_pitch,
    rows_height,
    ruled,
    side_column,
)
from securebase_analysis.show.terms import written_group, written_term

COLUMNS = ["code", "term", "estimate", "conf_low", "conf_high", "percent", "prevalence"]
COEFFICIENTS = ("krippendorff_alpha", "gwet_ac1", "cohen_kappa", "weighted_kappa", "fleiss_kappa")
LABEL_WIDTH = 46


def agreement_frame(
    result: Result, *, term: str | None = None, outcome: str | None = None, conf_level: float | None = None
) -> pd.DataFrame:
    """One coefficient for every code, beside percent agreement and prevalence.

    Parameters
    ----------
    result : Result
        From `assess_agreement`; the codes stand in ``group``.
    term : str, optional
        The coefficient; Krippendorff's alpha where there is one.
    outcome : str, optional
        Which text was compared, where the result has more than one: ``"coded text"`` or ``"all text"``; the first
        by default.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``code, term, estimate, conf_low, conf_high, percent, prevalence``, highest coefficient first and undefined
        ones last. Percent and prevalence are shares between 0 and 1, missing where the result has none;
        prevalence is the share of the coders' decisions in which the code was given.
    """
    tidy = result.tidy(conf_level)
    outcomes = list(dict.fromkeys(tidy["outcome"]))
    if outcome is not None:
        check_option("outcome", outcome, outcomes)
    tidy = tidy[tidy["outcome"] == (outcomes[0] if outcome is None else outcome)]
    present = [name for name in COEFFICIENTS if (tidy["term"] == name).any()]
    if not present:
        raise ModelError(Problem("SB-OUT-33", "stop", "There is no coefficient of agreement to draw."))
    term = term or present[0]
    check_option("term", term, present)
    frame = tidy[tidy["term"] == term].rename(columns={"group": "code"})
    percent = tidy[tidy["term"] == "percent_agreement"].drop_duplicates("group").set_index("group")["estimate"]
    frame["percent"] = frame["code"].map(percent).astype(float)
    frame["prevalence"] = frame["code"].map(_prevalence(result, str(tidy["outcome"].iloc[0]))).astype(float)
    frame = frame.sort_values("estimate", ascending=False, na_position="last", kind="stable")
    return frame[COLUMNS].reset_index(drop=True)


def _prevalence(result: Result, outcome: str) -> dict[str, float]:
    """The share of decisions in which each code was given; nothing where codes are no decisions of yes and no."""
    categories = getattr(result, "categories", pd.DataFrame())
    if "category" not in categories:
        return {}
    given = categories[(categories["outcome"] == outcome) & (categories["category"] == "present")]
    return dict(zip(given["group"], given["share"]))


def draw_agreement(
    result: Result,
    ax: Axes | None = None,
    *,
    term: str | None = None,
    outcome: str | None = None,
    conf_level: float | None = None,
    title: str = "",
    simulated: bool | None = None,
) -> Axes:
    """Draw one coefficient of agreement for every code, with its interval.

    Parameters
    ----------
    result : Result
        From `assess_agreement`.
    ax : matplotlib axes, optional
        Where to draw.
    term : str, optional
        The coefficient; Krippendorff's alpha where there is one.
    outcome : str, optional
        Which text was compared, where the result has more than one.
    conf_level : float, optional
        Level of the intervals.
    title : str
        Title; names the coefficient by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.
    """
    frame = agreement_frame(result, term=term, outcome=outcome, conf_level=conf_level)
    coefficient = written_term(frame["term"].iloc[0]) if len(frame) else ""
    by = str(result.spec.get("by") or "code")
    title = title or f"{coefficient} by {by}"
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    with look():
        shown = frame.assign(code=[written_group(by, code) or f"all {by}s" for code in frame["code"]])
        ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), row_pitch(list(shown["code"]), LABEL_WIDTH), 1.3))
        _draw(ax, shown, f"{coefficient} with {level} interval")
        head(ax, title)
        notes = (*_column_notes(frame), *result.notes)
        caption(ax, frame, _alt(shown, title, by), title, notes, simulated=is_simulated(result, simulated))
    return ax


def _draw(ax: Axes, frame: pd.DataFrame, axis_words: str) -> None:
    """Dots and intervals on a scale that ends at 1, numbers to the right."""
    positions = np.arange(len(frame), dtype=float)
    known = frame["conf_low"].notna().to_numpy()
    ax.hlines(positions[known], frame["conf_low"][known], frame["conf_high"][known], color=BLACK, linewidth=1.3)
    ax.plot(frame["estimate"], positions, linestyle="", marker="o", color=BLACK, zorder=3)
    for position in positions[frame["estimate"].isna().to_numpy()]:
        ax.text(0.02, position, "undefined", va="center", fontsize=8, fontstyle="italic", color=QUIET)
    row_labels(ax, positions, list(frame["code"]), LABEL_WIDTH)
    low = float(np.nanmin([0.0, frame["conf_low"].min(), frame["estimate"].min()]))
    ax.set_xlim(low - 0.03 if low < 0 else 0.0, 1.03)
    ax.axvline(0.0, color=QUIET, linewidth=0.8)
    ax.set_ylim(len(frame) - 0.4, -0.9)
    ax.set_xlabel(axis_words)
    ruled(ax)
    offset = 46.0
    side_column(
        ax, positions, [wording.number(v, leading_zero=False) for v in frame["estimate"]], "Value", offset, -0.8
    )
    for name, words in (("percent", "Agree %"), ("prevalence", "Coded %")):
        if frame[name].notna().any():
            offset += 54.0
            side_column(ax, positions, [_percent(value) for value in frame[name]], words, offset, -0.8)


def _column_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """What the columns of percentages count."""
    agree = "Agree % is the share of decisions on which two coders agree"
    coded = "Coded % the share in which the code was given"
    shown = [words for name, words in (("percent", agree), ("prevalence", coded)) if frame[name].notna().any()]
    return (f"{'; '.join(shown)}.",) if shown else ()


def _percent(share: float) -> str:
    """A share as percent without its sign."""
    return wording.number(100.0 * share, 1)


def _alt(frame: pd.DataFrame, title: str, by: str) -> str:
    """Every row in numbers."""
    texts = [_code_words(row) for row in frame.itertuples()]
    return f"{title}. {captions.read_out(texts, 'code')}"


def _code_words(row: Any) -> str:
    """One row in numbers."""
    name = row.code
    if pd.isna(row.estimate):
        return f"{name} undefined"
    ends = wording.interval(row.conf_low, row.conf_high, leading_zero=False)
    text = f"{name} {wording.number(row.estimate, leading_zero=False)}" + ("" if ends == "–" else f" {ends}")
    return text if pd.isna(row.percent) else f"{text}, {_percent(row.percent)}% agreement"
