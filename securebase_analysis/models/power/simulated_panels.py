"""Panels drawn from an assumed process, with the gaps of a study, and what a model finds in them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError
from securebase_analysis.models.power.assumed import Process
from securebase_analysis.models.power.request import PlanRequest
from securebase_analysis.models.power.ways import Way


def found_in_simulations(way: Way, scores: pd.DataFrame, request: PlanRequest) -> tuple[int, float, float]:
    """Panels with a maximum, the share in which the effect is found, and that in which its interval holds it.

    Without random intercepts the panels have no stable differences, as has the power beside.
    """
    if not request.n_simulations:
        return 0, math.nan, math.nan
    from securebase_analysis.models.panel import fit_panel

    names = way.panel.constructs
    process = request.assumed.process(len(names))
    if not way.panel.within:
        process = process.without_differences
    found, held = [], []
    for number in range(request.n_simulations):
        drawn = drawn_panel(process, way, scores, np.random.default_rng([request.seed, number]))
        try:
            result = fit_panel(
                drawn, names, way.panel.model, "despite-spacing", waves=way.panel.waves, prior=way.prior,
                conf_level=request.conf_level,
            )  # fmt: skip
        except ModelError:
            continue
        if result.facts["converged"]:
            row = result.lagged().set_index("term").loc[f"{names[1]} ~ {names[0]}"]
            found.append(not row["conf_low"] <= 0.0 <= row["conf_high"])
            held.append(row["conf_low"] <= request.effect <= row["conf_high"])
    if not found:
        return 0, math.nan, math.nan
    return len(found), float(np.mean(found)), float(np.mean(held))


def drawn_panel(process: Process, way: Way, scores: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """A panel of as many children, with the same scores missing."""
    n, names, waves = len(scores), way.panel.constructs, way.panel.waves
    zero = np.zeros(len(names))
    level = random.multivariate_normal(zero, process.levels, n)
    now = random.multivariate_normal(zero, process.now, n)
    columns: dict[str, np.ndarray] = {}
    for wave in waves:
        columns |= {f"{name}_{wave}": (level + now)[:, place] for place, name in enumerate(names)}
        now = now @ process.effects.T + random.multivariate_normal(zero, process.residuals, n)
    drawn = pd.DataFrame(columns)[way.panel.columns]
    return drawn.mask(scores[way.panel.columns].isna().to_numpy())
