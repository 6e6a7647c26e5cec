"""Simulated panels whose lagged effects are known, what models found in them, and the tables of it.

Shared by panel_recovery.py, small_cohorts.py and growth_curve_recovery.py; not run by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError
from securebase_analysis.models.panel import fit_panel

CONSTRUCTS = ["availability", "trust"]
ACTING = {"availability ~ availability": 0.3, "availability ~ trust": 0.0, "trust ~ availability": 0.2,
          "trust ~ trust": 0.3}  # fmt: skip
STABLE = {"availability ~ availability": 0.2, "availability ~ trust": 0.0, "trust ~ availability": 0.0,
          "trust ~ trust": 0.2}  # fmt: skip
BURNED = 20
"""Steps before the first wave, after which nothing is left of where deviations began."""


def simulated(random: np.random.Generator, lags: dict[str, float], n: int, n_waves: int = 4) -> pd.DataFrame:
    """A wide panel: own levels that correlate at .6, and deviations that act on the next wave."""
    effect = np.array([[lags[f"{outcome} ~ {source}"] for source in CONSTRUCTS] for outcome in CONSTRUCTS])
    level = random.multivariate_normal([0.0, 0.0], [[0.6, 0.36], [0.36, 0.6]], n)
    now, columns = np.zeros((n, 2)), {}
    for step in range(BURNED + n_waves):
        now = now @ effect.T + random.multivariate_normal([0.0, 0.0], [[0.5, 0.15], [0.15, 0.5]], n)
        if step >= BURNED:
            for number, name in enumerate(CONSTRUCTS):
                columns[f"{name}_{step - BURNED + 1}"] = level[:, number] + now[:, number]
    frame = pd.DataFrame(columns)
    return frame.mask(random.random(frame.shape) < 0.2)


def lagged_effects(
    lags: dict[str, float], options: dict[str, Any], panels: int, n: int, seed: int
) -> pd.DataFrame:
    """The lagged effects of every panel, with whether the interval holds the truth.

    `options` are those of `fit_panel`. Of so few children, now and then, the data do not identify the model.
    """
    parts = []
    for number in range(panels):
        frame = simulated(np.random.default_rng([seed, number]), lags, n)
        try:
            result = fit_panel(frame, CONSTRUCTS, **options)
        except ModelError:
            continue
        found = result.lagged().assign(panel=number, converged=result.facts["converged"])
        found["truth"] = found["term"].map(lags)
        found["held"] = (found["conf_low"] <= found["truth"]) & (found["truth"] <= found["conf_high"])
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


Columns = dict[str, Callable[[pd.DataFrame], float]]


def by_effect(found: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """What was found of each effect over the panels with a maximum, beside what made them.

    `columns` are the table's own, between the truth and the coverage: how each is had from the rows of an effect.
    """
    rows = []
    for term, own in found[found["converged"]].groupby("term", sort=False):
        rows.append(
            {
                "effect": term,
                "truth": own["truth"].iloc[0],
                **{name: value_of(own) for name, value_of in columns.items()},
                "coverage": own["held"].mean(),
                "p < .05": (own["p_value"] < 0.05).mean(),
                "panels": len(own),
            }
        )
    return pd.DataFrame(rows)


def written(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(table) + " |", "|" + "---|" * table.shape[1]]
    for row in table.itertuples(index=False):
        lines.append("| " + " | ".join(f"{x:.3f}" if isinstance(x, float) else str(x) for x in row) + " |")
    return "\n".join(lines)
