"""What must be said beside a family of interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.models.moderation.door import RowsToRelate
from securebase_analysis.models.moderation.sides import Interaction
from securebase_analysis.results import wording
from securebase_analysis.results.families import WRITTEN, adjusted_p
from securebase_analysis.results.inference import two_sided_p

SAID_FOR_ALL = ("(SB-MODEL-12)", "(SB-MODEL-14)")
"""Notes of single models that the family has in its own words: rows left out, and units."""


def notes_of(
    table: RowsToRelate,
    interactions: Sequence[Interaction],
    models: Mapping[Any, GrowthResult],
    estimates: pd.DataFrame,
) -> tuple[str, ...]:
    """Rows, family, unit, models, caution."""
    of_models = [note for model in models.values() for note in model.notes if not note.endswith(SAID_FOR_ALL)]
    said = [
        *(problem.sentence for problem in table.problems),
        *of_models,
        _rows_used(table, models),
        *_absent_dimensions(table),
        _family(table, estimates),
        _unit(table, interactions),
        _models(table),
        "The smallest detectable change takes the standard error as found here: (t at the level of the test + t "
        "at 80% power) times it.",
        "Unreliable scores pull an interaction towards zero, by the unreliability of both sides together; slopes "
        "that differ are not by themselves an effect of one dimension on another.",
    ]
    return tuple(dict.fromkeys(note for note in said if note))


def _rows_used(table: RowsToRelate, models: Mapping[Any, GrowthResult]) -> str:
    """How many rows the models use, and what the others lack."""
    present, group = table.present, table.asked.growth.group
    given = len(present)
    lacking = [f"{int((~present[name]).sum()):,} lack {name}" for name in present if not present[name].all()]
    rows = sorted({int(model.facts["n_rows"]) for model in models.values()})
    groups = sorted({int(model.facts["n_groups"]) for model in models.values()})
    several = wording.plural(group)
    each = f"; {', '.join(lacking)}" if lacking else ""
    if table.asked.spec["rows"] == "own" and len(models) > 1:
        return (
            f"Each pair uses its own rows, {rows[0]:,} to {rows[-1]:,} of {given:,} ({groups[0]:,} to "
            f"{groups[-1]:,} {several}), so estimates differ in whom they describe{each} (SB-MODEL-12)."
        )
    who = "Every pair uses the same" if len(models) > 1 else "The model uses"
    return f"{who} {rows[0]:,} of {given:,} rows ({groups[0]:,} {several}){each} (SB-MODEL-12)."


def _absent_dimensions(table: RowsToRelate) -> list[str]:
    """Dimensions of the model that the family does without because the data do."""
    if table.asked.spec["dimensions"] is not None or table.asked.spec["pairs"] is not None:
        return []
    absent = [theory.label(name) for name in theory.CAREGIVING if name not in table.asked.columns]
    return [f"Not measured here: {', '.join(absent)}."] if absent else []


def _family(table: RowsToRelate, estimates: pd.DataFrame) -> str:
    """How many tests there are, how many would pass by chance, and how many do."""
    adjust, alpha = str(table.asked.spec["adjust"]), 1.0 - float(table.asked.spec["conf_level"])
    p = two_sided_p(estimates["estimate"] / estimates["std_error"], estimates["df"])
    n, name = len(p), WRITTEN[adjust]
    if n == 1:
        return "One planned test: nothing to adjust for."
    passed = int((adjusted_p(p, adjust) <= alpha).sum())
    below = int((p <= alpha).sum())
    limit = wording.number(alpha, leading_zero=False)
    pass_words = f"{passed} pass" if passed > 1 else f"{passed or 'none'} passes"
    return (
        f"{n} tests: {wording.number(n * alpha, 1)} with p below {limit} would be expected by chance alone; "
        f"{below} found, {pass_words} {name} (SB-MODEL-13)."
    )


def _unit(table: RowsToRelate, interactions: Sequence[Interaction]) -> str:
    """What one unit of the estimates is."""
    if table.asked.spec["scale"] == "point":
        return "Estimates are changes in the slope, in points as the columns are, per point."
    sides = {side.name: side for one in interactions for side in (one.first, one.second)}
    sds = [f"{name} {wording.number(side.sd)}" for name, side in sides.items() if side.is_number]
    groups = [name for name, side in sides.items() if not side.is_number]
    of_groups = f"; for {', '.join(groups)} the difference from its first group" if groups else ""
    own = " in the first of its models" if table.asked.spec["rows"] == "own" and len(interactions) > 1 else ""
    listed = f" (standard deviations{own}: {', '.join(sds)})" if sds else ""
    return (
        f"Estimates are changes in the slope, in SD of {table.asked.outcome} per SD of one side, for one SD more "
        f"of the other{of_groups}{listed}; family() has them per point too."
    )


def _models(table: RowsToRelate) -> str:
    """What stands in each model."""
    spec, covariates = table.asked.spec, table.asked.covariates
    parts = " and all four products of their parts between and within" if spec["split"] else " and its product"
    beside = f" beside {covariates}" if covariates else ""
    others = "; the other dimensions are not held equal" if len(table.asked.pairs) > 1 else ""
    return f"Each pair has a model of its own{beside}, with both sides centred{parts}{others}."
