"""Johnson and Neyman's regions: where on the moderator the interval of a slope leaves out zero."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from securebase_analysis.engines.significance_regions import crossings, turning_points
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.moderation.sides import Interaction, Side
from securebase_analysis.models.moderation.slopes import n_children, slope_estimates, slope_line
from securebase_analysis.results.inference import Floats, critical_value, two_sided_p

Control = Literal["pointwise", "fdr"]
POINTS = 201
WORDS = {1: "above zero", -1: "below zero", 0: "holds zero"}


def johnson_neyman_regions(
    interaction: Interaction, of: Side, moderator: Side, control: Control, conf_level: float
) -> pd.DataFrame:
    """The observed range of the moderator, cut where the interval begins or ends to hold zero.

    See `ModerationResult.johnson_neyman`.
    """
    if not moderator.is_number:
        raise ModelError(_no_scale(interaction, moderator))
    parts = [
        _regions(interaction, of.term_of(column), column, moderator, control, conf_level) for column in of.columns
    ]
    return pd.concat(parts, ignore_index=True)


def _regions(
    interaction: Interaction, name: str, column: str, moderator: Side, control: Control, conf_level: float
) -> pd.DataFrame:
    """The regions of one slope."""
    level = conf_level if control == "pointwise" else _fdr_level(interaction, column, moderator, conf_level)

    def excess(values: Floats) -> Floats:
        estimate, std_error, df = slope_estimates(interaction, column, moderator, values)
        return np.abs(estimate) - critical_value(level, df) * std_error

    low, high = interaction.spread(moderator)
    ends = np.array([low, high])
    if level < 1.0:
        inner = crossings(excess, _grid(interaction, column, moderator))
        ends = np.concatenate([[low], inner, [high]])
    middles = (ends[1:] + ends[:-1]) / 2.0
    slope = slope_estimates(interaction, column, moderator, np.concatenate([ends, middles]))[0]
    beyond = excess(middles) > 0.0 if level < 1.0 else np.zeros(1, dtype=bool)
    sign = np.where(beyond, np.sign(slope[len(ends) :]), 0.0).astype(int)
    observed = interaction.values(moderator)
    inside = [(observed >= first) & (observed <= last) for first, last in pairwise(ends)]
    total = n_children(interaction, np.ones(len(observed), dtype=bool))
    return pd.DataFrame(
        {
            "of": name,
            "moderator": moderator.name,
            "low": ends[:-1],
            "high": ends[1:],
            "interval": [WORDS[one] for one in sign],
            "slope_low": slope[: len(ends) - 1],
            "slope_high": slope[1 : len(ends)],
            "share_rows": [float(rows.mean()) for rows in inside],
            "share_children": [n_children(interaction, rows) / total for rows in inside],
            "level": level,
        }
    )


def _grid(interaction: Interaction, column: str, moderator: Side) -> Floats:
    """Points over the observed range, with those where the t value turns."""
    low, high = interaction.spread(moderator)
    growth = interaction.growth
    two = np.vstack(slope_line(interaction, column, moderator))
    turns = turning_points(two @ growth.fit.beta, two @ growth.inference().vcov @ two.T)
    return np.unique(np.concatenate([np.linspace(low, high, POINTS), turns[(turns > low) & (turns < high)]]))


def _fdr_level(interaction: Interaction, column: str, moderator: Side, conf_level: float) -> float:
    """Level of the intervals at which the share of false discoveries over the observed values is held.

    Benjamini and Hochberg's rule over the different values of the moderator; 1 where none passes.
    """
    values = np.unique(interaction.values(moderator))
    estimate, std_error, df = slope_estimates(interaction, column, moderator, values)
    p = np.sort(two_sided_p(estimate / std_error, df))
    threshold = (1.0 - conf_level) * np.arange(1, len(p) + 1) / len(p)
    passing = np.flatnonzero(p <= threshold)
    return 1.0 - float(threshold[passing[-1]]) if len(passing) else 1.0


def _no_scale(interaction: Interaction, moderator: Side) -> Problem:
    first, second = interaction.key
    other = first if moderator.name == second else second
    return Problem(
        "SB-MODEL-83",
        "stop",
        f"{moderator.name!r} holds groups, which have no regions.",
        column=moderator.name,
        why="Johnson and Neyman's regions are stretches of a moderator that is a number.",
        fix=f".slopes() gives the slope in each group; .johnson_neyman(of={moderator.name!r}) the difference "
        f"between groups over {other!r}.",
    )
