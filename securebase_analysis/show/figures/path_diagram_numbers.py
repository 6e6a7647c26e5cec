"""The arrows of a path diagram in numbers and in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.panel import PanelResult
from securebase_analysis.show.figures import captions

COLUMNS = [
    "group",
    "before",
    "after",
    "source",
    "outcome",
    "effect",
    "estimate",
    "conf_low",
    "conf_high",
    "holds_zero",
]
NOW, NEXT = "one wave", "the next"


def path_diagram_frame(result: PanelResult, *, conf_level: float | None = None) -> pd.DataFrame:
    """The arrows of a path diagram: one lagged effect a row.

    Parameters
    ----------
    result : PanelResult
        From `fit_panel`.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``group, before, after, source, outcome, effect, estimate, conf_low, conf_high, holds_zero``; `before` and
        `after` are waves, or *one wave* and *the next* where effects are equal over waves.
    """
    table = result.lagged(conf_level)
    explained = [term.split(" ~ ") for term in table["term"]]
    table["source"] = [source for _, source in explained]
    waves = result.panel.waves
    if result.panel.equal:
        table["before"], table["after"] = NOW, NEXT
    else:
        after = [column[len(outcome) + 1 :] for column, (outcome, _) in zip(table["outcome"], explained)]
        table["after"] = after
        table["before"] = [waves[waves.index(wave) - 1] for wave in after]
    table["outcome"] = [outcome for outcome, _ in explained]
    table["holds_zero"] = ~((table["conf_low"] > 0.0) | (table["conf_high"] < 0.0))
    return table[COLUMNS]


def path_diagram_alt(frame: pd.DataFrame, title: str) -> str:
    """Every arrow in numbers, cross-lagged ones first."""
    ordered = frame.sort_values("effect", ascending=False, kind="stable")
    return f"{title}. {captions.read_out(map(_in_words, ordered.itertuples()), 'arrow')}"


def _in_words(row: Any) -> str:
    """One arrow."""
    group = f"{row.group}, " if row.group else ""
    when = f" ({group}{row.before} to {row.after})"
    value = captions.estimate(row.estimate, row.conf_low, row.conf_high, 2)
    return f"{theory.label(row.source)} to {theory.label(row.outcome)}{when} {value}"
