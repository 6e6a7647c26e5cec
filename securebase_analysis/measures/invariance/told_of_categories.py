"""What is said of ordered categories, and of steps and correlations that they cannot bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.measures.invariance.ladder import Ladder, Step
from securebase_analysis.results import wording

if TYPE_CHECKING:
    from securebase_analysis.measures.invariance.long_answers import LongColumns
    from securebase_analysis.measures.invariance.samples import Sample

Floats = NDArray[np.float64]
MOST_CATEGORIES = 15
"""A column of more different values than this is no set of ordered categories."""


def too_many_categories(levels: Mapping[str, Floats]) -> list[Problem]:
    """Items that are no categories."""
    return [
        Problem(
            "SB-SEM-150",
            "stop",
            f"{item} has {len(values)} different values; ordered categories are at most {MOST_CATEGORIES}.",
            column=item,
            why="Each category has a threshold of its own, for which there must be answers.",
            done="Nothing was fitted.",
            fix="estimator='mlr' takes all items as numbers.",
        )
        for item, values in levels.items()
        if len(values) > MOST_CATEGORIES
    ]


def empty_categories(levels: Mapping[str, Floats], sample: Sample) -> list[Problem]:
    """Categories that nobody of some group, or at some wave, chose."""
    problems = []
    for place, (item, values) in enumerate(levels.items()):
        for occasion, answers in zip(sample.occasions, sample.by_occasion()):
            for level in values[~np.isin(values, answers[:, place])]:
                where = f"{sample.over} {occasion}"
                problems.append(_nobody_chose(item, float(level), values, where, sample.long))
    return problems


def _nobody_chose(item: str, level: float, levels: Floats, where: str, long: LongColumns | None) -> Problem:
    place = int(np.searchsorted(levels, level))
    other = levels[place - 1] if place else levels[1]
    joined = f"data[{item!r}] = data[{item!r}].replace({level:g}, {other:g})"
    if long is not None:
        own = f"(data[{long.item!r}] == {item!r}) & (data[{long.value!r}] == {level:g})"
        joined = f"data.loc[{own}, {long.value!r}] = {other:g}"
    return Problem(
        "SB-ITEM-17",
        "stop",
        f"Nobody in {where} answered {level:g} to {item}.",
        column=item,
        why="A category without answers has no threshold, and the ladder compares threshold by threshold.",
        done="Nothing was fitted.",
        fix=f"Join it with its neighbour: {joined}",
    )


def steps_that_say_nothing(ladder: Ladder, steps: Sequence[Step]) -> list[Problem]:
    """Steps that no data could contradict."""
    if not steps:
        return []
    named = " and ".join(steps)
    what = f"The step {named} asks" if len(steps) == 1 else f"The steps {named} ask"
    return [
        Problem(
            "SB-SEM-152",
            "note",
            f"{what} nothing of items with so few answers.",
            why="Thresholds can differ with four answers or more, loadings by themselves with three or more.",
            done="Left out of the ladder.",
        )
    ]


def pairwise_answers(n_gaps: int) -> list[Problem]:
    """What is assumed of gaps."""
    if not n_gaps:
        return []
    return [
        Problem(
            "SB-SEM-153",
            "note",
            f"{wording.count(n_gaps, 'answer')} missing.",
            why="Weighted least squares knows no likelihood of rows: gaps must not depend on answers at all.",
            done="Each correlation comes from the rows that have both of its answers.",
        )
    ]
