"""From complete rows to the models of a family, and from these to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, raise_if_stopped
from securebase_analysis.models.growth import GrowthResult, fit_growth
from securebase_analysis.models.moderation.answer import ModerationResult, least_children
from securebase_analysis.models.moderation.checks import diagnostics_of
from securebase_analysis.models.moderation.door import Asked, RowsToRelate, covariates_beside, quoted
from securebase_analysis.models.moderation.notes import notes_of
from securebase_analysis.models.moderation.sides import Interaction, Side, empty_cells, sides_of


def interactions_of(table: RowsToRelate) -> tuple[Interaction, ...]:
    """Fit the model of each pair."""
    return tuple(one for pair in table.asked.pairs for one in _of_pair(pair, table))


def _of_pair(pair: tuple[str, str], table: RowsToRelate) -> Iterator[Interaction]:
    """The products of one pair, all in one model."""
    asked, rows = table.asked, table.rows_of(pair)
    split = bool(asked.spec["split"])
    firsts, seconds = (sides_of(name, table.frame, table.values[name], rows, split) for name in pair)
    raise_if_stopped(
        [problem for one in firsts for other in seconds for problem in empty_cells(one, other, rows)], ModelError
    )
    written = {name: values for side in (*firsts, *seconds) for name, values in side.written().items()}
    missing = np.where(rows, 0.0, np.nan)
    frame = table.frame.assign(**{name: values + missing for name, values in written.items()})
    growth = fit_growth(
        frame,
        _formula(asked, firsts, seconds),
        random={name: list(parts) for name, parts in asked.growth.random.items()},
        method=asked.spec["method"],
        df=asked.spec["df"],
        conf_level=asked.spec["conf_level"],
    )
    for first in firsts:
        for second in seconds:
            yield Interaction(pair, first, second, growth)


def _formula(asked: Asked, firsts: list[Side], seconds: list[Side]) -> str:
    """Covariates, both sides, and every product of a column of the one with a column of the other."""
    own: dict[str, list[str]] = {}
    for side in (*firsts, *seconds):
        own.setdefault(side.source, []).extend(side.columns)
    covariates = covariates_beside(asked.covariates, own)
    mains = [quoted(name) for columns in own.values() for name in columns]
    products = [
        f"{quoted(one)}:{quoted(other)}"
        for first in firsts
        for second in seconds
        for one in first.columns
        for other in second.columns
    ]
    terms = [*([covariates] if covariates else []), *mains, *products]
    return f"{quoted(asked.outcome)} ~ {' + '.join(terms)}"


# ---- the answer ------------------------------------------------------------------------------------------------


def family_of(asked: Asked, table: RowsToRelate, interactions: tuple[Interaction, ...]) -> ModerationResult:
    """The family as an answer."""
    asked = table.asked
    estimates = pd.DataFrame([row for one in interactions for row in _lines(one, asked)])
    used = np.logical_or.reduce([one.used for one in interactions])
    models = {one.pair: one.growth for one in interactions}
    return ModerationResult(
        title=_title(asked, len(estimates)),
        spec=asked.spec,
        estimates=estimates,
        facts=_facts(asked, interactions, used, len(estimates)),
        rows=table.frame.loc[used, table.given].reset_index(drop=True),
        checks=diagnostics_of(interactions, models),
        notes=notes_of(table, interactions, models, estimates),
        adjust=asked.spec["adjust"] if len(estimates) > 1 else "none",
        models=models,
        interactions=interactions,
    )


def _title(asked: Asked, n: int) -> str:
    if n > 1:
        return f"How {n} interactions go with {theory.label(asked.outcome).lower()}, as one planned family"
    first, second = (theory.label(name) for name in asked.pairs[0])
    return f"Whether {first.lower()} and {second.lower()} interact on {theory.label(asked.outcome).lower()}"


def _lines(interaction: Interaction, asked: Asked) -> Iterator[dict[str, Any]]:
    """One row of the family for each product of columns."""
    growth, first, second = interaction.growth, interaction.first, interaction.second
    fixed = growth.estimates[growth.estimates["effect"] == "fixed"].set_index("term")
    n_rows, n_children = int(growth.facts["n_rows"]), int(growth.facts["n_groups"])
    to_sd = first.sd * second.sd / _outcome_sd(growth)
    unit = to_sd if asked.spec["scale"] == "sd" else 1.0
    fewest, _ = least_children(interaction)
    for one, other in interaction.terms:
        name = f"{one}:{other}" if f"{one}:{other}" in fixed.index else f"{other}:{one}"
        row = fixed.loc[name]
        yield {
            "outcome": asked.outcome,
            "group": "",
            "effect": interaction.effect,
            "term": f"{first.term_of(one)}:{second.term_of(other)}",
            "estimate": row["estimate"] * unit,
            "std_error": row["std_error"] * unit,
            "df": row["df"],
            "first": first.term_of(one),
            "second": second.term_of(other),
            "per_point": row["estimate"],
            "per_sd": row["estimate"] * to_sd,
            "n_rows": n_rows,
            "n_children": n_children,
            "fewest_children": fewest,
        }


def _outcome_sd(growth: GrowthResult) -> float:
    """Standard deviation of the outcome over the rows used."""
    return float(growth.data.outcome.values[0].std(ddof=1))


def _facts(asked: Asked, interactions: tuple[Interaction, ...], used: np.ndarray, n_tests: int) -> dict[str, Any]:
    facts = [one.growth.facts for one in interactions]
    return {
        "n_rows": int(used.sum()),
        "n_groups": max(int(one["n_groups"]) for one in facts),
        "n_excluded": int((~used).sum()),
        "conf_level": asked.spec["conf_level"],
        "converged": all(bool(one["converged"]) for one in facts),
        "log_likelihood": np.nan,
        "n_tests": n_tests,
        "adjust": asked.spec["adjust"],
        "method": asked.spec["method"],
    }
