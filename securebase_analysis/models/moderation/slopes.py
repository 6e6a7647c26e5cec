"""Simple slopes and lines: how the outcome goes with one side at chosen values of the other."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest
from securebase_analysis.models.moderation.multipliers import multipliers_of_outcome, multipliers_of_slope
from securebase_analysis.models.moderation.sides import Interaction, Side
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results.inference import Floats, two_sided_p, wald_interval

At = Sequence[str | float]
USUAL: At = ("-1 SD", "mean", "+1 SD")
IN_SD = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*SD")
NEAR = 0.5
"""Standard deviations from a value of the moderator within which a child is counted as having it."""


def slopes_at(
    interaction: Interaction, of: Side, moderator: Side, at: At | None, conf_level: float
) -> pd.DataFrame:
    """One row for each column of `of` and value of `moderator`; see `ModerationResult.slopes`."""
    names, values = values_at(moderator, at)
    parts = [_slopes_of(interaction, of, column, moderator, values, conf_level) for column in of.columns]
    table = pd.concat([part.assign(at=names) for part in parts], ignore_index=True)
    table["n_children"] = np.tile([children_near(interaction, moderator, value) for value in values], len(parts))
    lowest, highest = interaction.spread(moderator)
    table["within_data"] = table["value"].between(lowest, highest)
    order = ["of", "moderator", "at", "value", "estimate", "std_error", "statistic", "df", "p_value"]
    return table[[*order, "conf_low", "conf_high", "n_children", "within_data"]]


def _slopes_of(
    interaction: Interaction, of: Side, column: str, moderator: Side, values: Floats, conf_level: float
) -> pd.DataFrame:
    estimate, std_error, df = slope_estimates(interaction, column, moderator, values)
    low, high = wald_interval(estimate, std_error, df, conf_level)
    return pd.DataFrame(
        {
            "of": of.term_of(column),
            "moderator": moderator.name,
            "value": values,
            "estimate": estimate,
            "std_error": std_error,
            "statistic": estimate / std_error,
            "df": df,
            "p_value": two_sided_p(estimate / std_error, df),
            "conf_low": low,
            "conf_high": high,
        }
    )


def slope_estimates(
    interaction: Interaction, column: str, moderator: Side, values: Floats
) -> tuple[Floats, Floats, Floats]:
    """The slope of a column at values of the moderator, with standard errors and degrees of freedom."""
    values = np.asarray(values, dtype=float)
    if not moderator.is_number:
        rows = multipliers_of_slope(interaction.growth, column, [moderator.setting(value) for value in values])
        return _estimates(interaction, rows)
    at_zero, per_unit = slope_line(interaction, column, moderator)
    return _estimates(interaction, at_zero + values[:, None] * per_unit)


def slope_line(interaction: Interaction, column: str, moderator: Side) -> tuple[Floats, Floats]:
    """Multipliers for the slope of a column where a moderator is zero, and what each unit of it adds to them."""
    at_zero, at_one = multipliers_of_slope(
        interaction.growth, column, [moderator.setting(value) for value in (0.0, 1.0)]
    )
    return at_zero, at_one - at_zero


def expected_lines(
    interaction: Interaction, of: Side, moderator: Side, at: At | None, n_points: int, conf_level: float
) -> pd.DataFrame:
    """The expected outcome over the values of `of` that children with a value of the moderator have.

    Returns
    -------
    pandas.DataFrame
        ``at, value, x, estimate, conf_low, conf_high``.
    """
    names, values = values_at(moderator, at)
    observed, nearest_to = interaction.values(of), nearest_value(interaction.values(moderator), values)
    lowest, highest = interaction.spread(moderator)
    parts = []
    for place, (name, value) in enumerate(zip(names, values)):
        there = observed[nearest_to == place]
        if not len(there) or not lowest <= value <= highest:
            continue
        x = np.linspace(there.min(), there.max(), n_points) if of.is_number else np.unique(there)
        settings = [{**of.setting(point), **moderator.setting(value)} for point in x]
        estimate, std_error, df = _estimates(interaction, multipliers_of_outcome(interaction.growth, settings))
        low, high = wald_interval(estimate, std_error, df, conf_level)
        line = {"at": name, "value": value, "x": x, "estimate": estimate, "conf_low": low, "conf_high": high}
        parts.append(pd.DataFrame(line))
    columns = ["at", "value", "x", "estimate", "conf_low", "conf_high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _estimates(interaction: Interaction, rows: Floats) -> tuple[Floats, Floats, Floats]:
    growth = interaction.growth
    found = growth.inference(rows)
    return rows @ growth.fit.beta, found.std_error, found.df


# ---- values of a moderator -------------------------------------------------------------------------------------


def values_at(moderator: Side, at: At | None) -> tuple[list[str], Floats]:
    """Names and numbers of the values of a moderator: words such as ``+1 SD``, numbers, or labels.

    Raises
    ------
    ModelError
        When one of them is neither.
    """
    asked = (USUAL if moderator.is_number else moderator.labels) if at is None else at
    given = listed(asked)
    if not given:
        raise ModelError(_no_value(moderator, "at=[]"))
    values = np.array([_value(moderator, one) for one in given], dtype=float)
    return [_name(one) for one in given], values


def _name(given: str | float) -> str:
    return given if isinstance(given, str) else f"{given:g}"


def _value(moderator: Side, given: str | float) -> float:
    if not moderator.is_number:
        if str(given) in moderator.labels:
            return float(moderator.labels.index(str(given)))
        raise ModelError(_no_value(moderator, given))
    if given == "mean":
        return moderator.centre
    if isinstance(given, str):
        found = IN_SD.fullmatch(given.replace("−", "-").strip())
        if found is None:
            raise ModelError(_no_value(moderator, given))
        return moderator.centre + float(found.group(1)) * moderator.sd
    if not isinstance(given, int | float | np.number) or not np.isfinite(given):
        raise ModelError(_no_value(moderator, given))
    return float(given)


def _no_value(moderator: Side, given: object) -> Problem:
    guess = nearest(given, moderator.labels)
    words = ", ".join(map(repr, moderator.labels)) or "a number, 'mean', or standard deviations such as '+1 SD'"
    return Problem(
        "SB-MODEL-84",
        "stop",
        f"{given!r} is not a value of {moderator.name!r}.",
        column=moderator.name,
        why="A slope is told at values of the moderator.",
        fix=f"Did you mean {guess!r}?" if guess else f"A value is {words}.",
    )


def nearest_value(observed: Floats, values: Floats) -> Floats:
    """For each observed value the place of the one in `values` that is nearest."""
    return np.abs(observed[:, None] - values).argmin(axis=1)


def children_near(interaction: Interaction, moderator: Side, value: float) -> int:
    """Children with a row in which the moderator is within half an SD of a value, or has the label."""
    reach = NEAR * moderator.sd if moderator.is_number else 0.0
    return n_children(interaction, np.abs(interaction.values(moderator) - value) <= reach)


def n_children(interaction: Interaction, rows: NDArray[np.bool_]) -> int:
    """Different children among some of the rows used."""
    code, _ = interaction.growth.level_of(str(interaction.growth.spec["group"]))
    return len(np.unique(code[rows]))
