"""The ladder of ordered categories, fitted to thresholds and polychoric correlations by weighted least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.ordinal_difference import ordinal_difference
from securebase_analysis.engines.ordinal_moments import OrdinalMoments, polychoric_moments
from securebase_analysis.engines.ordinal_tests import ordinal_indices
from securebase_analysis.engines.weighted_least_squares import fit_ordinal_structures
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.measures.invariance.constructs import Constructs, items_in
from securebase_analysis.measures.invariance.fitted_step import OrdinalFittedStep
from securebase_analysis.measures.invariance.ladder import Step, StepModel, step_model
from securebase_analysis.measures.invariance.ordinal_ladder import OrdinalLadder
from securebase_analysis.measures.invariance.samples import Missing, Sample
from securebase_analysis.measures.invariance.told import no_answer, not_identified
from securebase_analysis.measures.invariance.told_of_categories import (
    empty_categories,
    steps_that_say_nothing,
    too_many_categories,
)
from securebase_analysis.measures.polychoric_doubts import contradictory, never_together, perfect

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CategoryMoments:
    """Thresholds and correlations of each structure, and what is to be told of them."""

    groups: tuple[OrdinalMoments, ...]
    problems: tuple[Problem, ...]


def levels_in(sample: Sample, items: Sequence[str]) -> dict[str, Floats]:
    """The categories of each item over all occasions.

    Raises
    ------
    DataError
        When an item has too many values to be categories, or nobody of some occasion chose one.
    """
    by_item = sample.by_occasion()
    levels = {}
    for place, item in enumerate(items):
        seen = np.concatenate([values[:, place] for values in by_item])
        levels[item] = np.unique(seen[~np.isnan(seen)])
    raise_if_stopped(too_many_categories(levels))
    raise_if_stopped(empty_categories(levels, sample))
    return levels


def ordinal_ladder(constructs: Constructs, sample: Sample, levels: dict[str, Floats]) -> OrdinalLadder:
    """The ladder of these items, nothing of it free yet."""
    n_thresholds = {item: len(levels[item]) - 1 for item in items_in(constructs)}
    return OrdinalLadder(constructs, sample.occasions, sample.over, frozenset(), n_thresholds)


def moments_of(
    ladder: OrdinalLadder, sample: Sample, levels: dict[str, Floats], missing: Missing
) -> CategoryMoments:
    """Thresholds and correlations of each group, or of all waves.

    Raises
    ------
    ModelError
        When a correlation has no estimate.
    """
    of_columns = [levels[item] for item in ladder.items] * (ladder.n_observed // len(ladder.items))
    how: Literal["pairwise", "listwise"] = "listwise" if missing == "listwise" else "pairwise"
    names = sample.columns(ladder.items)
    raise_if_stopped(never_together(names, zip(sample.structures, sample.X)), ModelError)
    ordinal = np.ones(ladder.n_observed, dtype=bool)
    moments = tuple(polychoric_moments(X, ordinal, levels=of_columns, missing=how) for X in sample.X)
    raise_if_stopped(perfect(names, zip(sample.structures, moments)), ModelError)
    return CategoryMoments(moments, tuple(contradictory(zip(sample.structures, moments))))


def telling_steps(ladder: OrdinalLadder, steps: Sequence[Step]) -> tuple[tuple[Step, ...], list[Problem]]:
    """The steps that have fewer parameters than the one before; others fit as well by their making."""
    kept: list[Step] = []
    silent: list[Step] = []
    n_before = 0
    for step in steps:
        n = len(step_model(ladder, step).numbers)
        (silent if kept and n >= n_before else kept).append(step)
        n_before = n
    return tuple(kept), steps_that_say_nothing(ladder, silent)


def fit_ordinal_ladder(
    ladder: OrdinalLadder, moments: CategoryMoments, steps: Sequence[Step]
) -> list[OrdinalFittedStep]:
    """Fit every step.

    Raises
    ------
    ModelError
        When a model is not identified or cannot be fitted.
    """
    fitted: list[OrdinalFittedStep] = []
    for step in steps:
        model = step_model(ladder, step)
        before = fitted[-1] if fitted else None
        groups = list(zip(moments.groups, ladder.structures_with_thresholds(model)))
        try:
            fit = fit_ordinal_structures(groups, _start(model, before))
        except ValueError as error:
            raise ModelError(no_answer(str(error))) from error
        if fit.rank < fit.n_parameters:
            raise ModelError(not_identified(model, fit.not_identified))
        difference = ordinal_difference(fit, before.fit) if before else None
        fitted.append(OrdinalFittedStep(model, fit, ordinal_indices(fit), difference))
    return fitted


def _start(model: StepModel, before: OrdinalFittedStep | None) -> Floats:
    """At the estimates of the step before."""
    return model.start(before.model, before.fit.theta) if before else model.start(None, None)
