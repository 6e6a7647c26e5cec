"""What ``diagnostics()`` shows of a ladder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.ladder import Ladder
from securebase_analysis.measures.invariance.samples import Sample
from securebase_analysis.results.diagnostics import Check, check, checks_frame

ROWS_PER_PARAMETER = 5.0
"""Fewer rows for each free parameter, and tests begin to be off (Bentler & Chou 1987)."""
MOST_UNEQUAL = 4.0
MUCH_MISSING = 0.5


def checks_of(ladder: Ladder, sample: Sample, fitted: Sequence[FittedStep]) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    return checks_frame([*_search(fitted), *_improper(fitted), *_size(sample, fitted), *_gaps(ladder, sample)])


def _search(fitted: Sequence[FittedStep]) -> Iterator[Check]:
    """Whether each search ended."""
    for step in fitted:
        ended = step.fit.converged
        yield check(
            f"search ended at a maximum ({step.step})", float(ended), 1.0, ended,
            "Do not use this step: take one construct at a time.",
        )  # fmt: skip


def _improper(fitted: Sequence[FittedStep]) -> Iterator[Check]:
    """Negative variances and impossible covariances."""
    for step in fitted:
        yield check(
            f"impossible variances or correlations ({step.step})", float(step.n_improper), 0.0,
            not step.n_improper,
            "A variance is below 0 or a correlation above 1: a construct has too few items, or two are one.",
        )  # fmt: skip


def _size(sample: Sample, fitted: Sequence[FittedStep]) -> Iterator[Check]:
    """Rows against parameters, and groups against one another."""
    ratio = sample.n_children / fitted[0].fit.n_parameters
    yield check(
        "children per free parameter of the first step", ratio, ROWS_PER_PARAMETER, ratio >= ROWS_PER_PARAMETER,
        "Chi-square and its differences hold only roughly: take one construct at a time.",
    )  # fmt: skip
    if len(sample.X) > 1:
        sizes = [len(values) for values in sample.X]
        unequal = max(sizes) / min(sizes)
        yield check(
            "largest group over smallest", unequal, MOST_UNEQUAL, unequal <= MOST_UNEQUAL,
            "The larger group decides the common values, and differences of the smaller one are hard to see.",
        )  # fmt: skip


def _gaps(ladder: Ladder, sample: Sample) -> Iterator[Check]:
    """The item or column with most missing."""
    worst = max(float(np.isnan(values).mean(axis=0).max()) for values in sample.X)
    yield check(
        f"largest share missing of an item in a {ladder.over}", worst, MUCH_MISSING, worst <= MUCH_MISSING,
        "Its parameters rest on the model more than on answers.",
    )  # fmt: skip
