"""What the answers to items of ordered categories tell, and what keeps their correlations from being used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.thresholds import levels_of
from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.sample import Sample

Floats = NDArray[np.float64]
MANY_CATEGORIES = 15
"""A column of more different values than this is no set of ordered categories."""


def categories_in(sample: Sample, ordinal: NDArray[np.bool_]) -> list[Floats | None]:
    """The categories of each column over all groups; None where it is continuous."""
    whole = np.concatenate(sample.X)
    return [levels_of(column) if is_ordinal else None for column, is_ordinal in zip(whole.T, ordinal)]


def empty_categories(sample: Sample, levels: Sequence[Floats | None]) -> list[Problem]:
    """Columns that are no categories, and categories that nobody of some group chose."""
    problems = []
    for place, of_column in enumerate(levels):
        if of_column is None:
            continue
        name = sample.names[place]
        if len(of_column) > MANY_CATEGORIES:
            problems.append(_no_categories(name, len(of_column)))
            continue
        for group, values in zip(sample.groups, sample.X):
            empty = of_column[~np.isin(of_column, values[:, place])]
            problems += [_nobody_chose(name, group, float(level), of_column) for level in empty]
    return problems


def _no_categories(name: str, n: int) -> Problem:
    return Problem(
        "SB-SEM-91",
        "stop",
        f"Column {name!r} has {n} different values; ordered categories are at most {MANY_CATEGORIES}.",
        column=name,
        why="Each category has a threshold of its own, for which there must be answers.",
        done="Nothing was fitted.",
        fix="ordered=['t1', 't2'] names the columns of categories, and the others count as continuous; or "
        "estimator='mlr'.",
    )


def _nobody_chose(name: str, group: str, level: float, levels: Floats) -> Problem:
    place = int(np.searchsorted(levels, level))
    other = levels[place - 1] if place else levels[1]
    return Problem(
        "SB-SEM-92",
        "stop",
        f"Nobody of group {group} answered {level:g} to {name}.",
        column=name,
        why="A category without answers has no threshold, and groups are compared threshold by threshold.",
        done="Nothing was fitted.",
        fix=f"Join it with its neighbour in all groups: data[{name!r}] = "
        f"data[{name!r}].replace({level:g}, {other:g})",
    )


def said_of_categories(table: ParameterTable) -> list[Problem]:
    """Residual variances and intercepts of ordered categories that the text has."""
    return [
        Problem(
            "SB-SEM-94",
            "stop",
            f"The model has {one.term}, and {one.lhs} holds ordered categories.",
            column=one.lhs,
            why="What lies behind ordered categories has no unit and no zero of its own: residual variance and "
            "intercept follow from the rest.",
            done="Nothing was fitted.",
            fix=f"Leave out the line, or take {one.lhs} as continuous: ordered=[...] without it.",
        )
        for one in table.of_group(0)
        if one.written and one.lhs in table.ordinal and (one.op == "~1" or (one.op == "~~" and one.lhs == one.rhs))
    ]
