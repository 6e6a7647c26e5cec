"""From the question and the rows to fitted steps with their verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from securebase_analysis.errors import Problem, check_option, raise_if_stopped
from securebase_analysis.measures.invariance.constructs import Constructs, items_in
from securebase_analysis.measures.invariance.cut_offs import Cuts, cuts_of_categories, cuts_of_numbers
from securebase_analysis.measures.invariance.door import Question
from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.fitting import fit_ladder
from securebase_analysis.measures.invariance.ladder import Ladder, Step, step_model
from securebase_analysis.measures.invariance.ordinal_fitting import (
    fit_ordinal_ladder,
    levels_in,
    moments_of,
    ordinal_ladder,
    telling_steps,
)
from securebase_analysis.measures.invariance.partial import free_terms
from securebase_analysis.measures.invariance.samples import Sample
from securebase_analysis.measures.invariance.told import too_few_rows
from securebase_analysis.measures.invariance.told_of_categories import pairwise_answers
from securebase_analysis.measures.invariance.told_of_rows import of_few_values

FEWEST = 50
"""Fewest rows of a group, or children over waves; more where a model has more parameters."""
FEWEST_OF_CATEGORIES = 100
"""The same for weighted least squares (Flora & Curran 2004)."""


@dataclass(frozen=True, eq=False)
class Climbed:
    """A ladder with everything that was found on it.

    Attributes
    ----------
    ladder : Ladder
        What is compared.
    sample : Sample
        The rows.
    asked : tuple of str
        The steps, in order.
    fitted : tuple of FittedStep
        The fit of each.
    cuts : Cuts
        What they are held against.
    problems : tuple of Problem
        What was left out or assumed.
    """

    ladder: Ladder
    sample: Sample
    asked: tuple[Step, ...]
    fitted: tuple[FittedStep, ...]
    cuts: Cuts
    problems: tuple[Problem, ...]


def climb(
    constructs: Constructs,
    sample: Sample,
    question: Question,
    steps: Sequence[Step] | None,
    partial: str | Sequence[str],
) -> Climbed:
    """Fit the steps that are asked for.

    Raises
    ------
    DataError
        When there are too few rows, or categories that nobody chose.
    ModelError
        When a step is not known, not identified, or cannot be fitted.
    """
    if question.estimator == "wlsmv":
        return _of_categories(constructs, sample, question, steps, partial)
    bare = Ladder(constructs, sample.occasions, sample.over)
    asked = in_order(steps, bare)
    ladder = Ladder(constructs, sample.occasions, sample.over, free_terms(partial, bare, asked))
    raise_if_stopped(_small(ladder, sample, asked[0], question.column, FEWEST))
    fitted = fit_ladder(ladder, sample.X, asked, robust=question.estimator == "mlr")
    few = of_few_values(sample.by_occasion(), items_in(constructs))
    cuts = cuts_of_numbers(sample.n_children)
    return Climbed(ladder, sample, asked, tuple(fitted), cuts, (*sample.problems, *few))


def _of_categories(
    constructs: Constructs,
    sample: Sample,
    question: Question,
    steps: Sequence[Step] | None,
    partial: str | Sequence[str],
) -> Climbed:
    """The same of ordered categories."""
    levels = levels_in(sample, items_in(constructs))
    bare = ordinal_ladder(constructs, sample, levels)
    wanted = in_order(steps, bare)
    ladder = bare.with_free(free_terms(partial, bare, wanted))
    raise_if_stopped(_small(ladder, sample, wanted[0], question.column, FEWEST_OF_CATEGORIES))
    asked, silent = telling_steps(ladder, wanted)
    moments = moments_of(ladder, sample, levels, question.missing)
    n_gaps = int(sum(np.isnan(X).sum() for X in sample.X))
    problems = (*sample.problems, *pairwise_answers(n_gaps), *silent, *moments.problems)
    fitted = fit_ordinal_ladder(ladder, moments, asked)
    return Climbed(ladder, sample, asked, tuple(fitted), cuts_of_categories(), problems)


def in_order(steps: Sequence[Step] | None, ladder: Ladder) -> tuple[Step, ...]:
    """The steps asked for, each once, from the fewest equalities on."""
    if steps is None:
        return ladder.steps
    given = list(steps) if isinstance(steps, Iterable) and not isinstance(steps, str) else [steps]
    for step in given or [""]:
        check_option("steps", step, ladder.steps)
    return tuple(step for step in ladder.steps if step in given)


def _small(ladder: Ladder, sample: Sample, first: Step, column: str, fewest: int) -> list[Problem]:
    """Groups, or a cohort, too few for the first model."""
    n_parameters = len(step_model(ladder, first).numbers) // ladder.n_structures
    needed = max(fewest, n_parameters)
    names = sample.occasions if ladder.over == "group" else ("",)
    return [
        too_few_rows(
            f"Group {name} of {column}" if name else "The cohort", len(values), needed, n_parameters, ladder
        )
        for name, values in zip(names, sample.X)
        if len(values) < needed
    ]
