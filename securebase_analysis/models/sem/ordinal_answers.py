"""What the answers to items of ordered categories tell, and what keeps their correlations from being used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.ordinal_moments import OrdinalMoments
from securebase_analysis.engines.thresholds import levels_of
from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.sample import Sample
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
MANY_CATEGORIES = 15
"""A column of more different values than this is no set of ordered categories."""
MOST_NAMED = 5


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


def never_together(sample: Sample) -> list[Problem]:
    """Pairs of columns of which no row, of some group, has both."""
    problems = []
    for group, values in zip(sample.groups, sample.X):
        seen = (~np.isnan(values)).astype(float)
        pairs = np.argwhere(np.tril(seen.T @ seen == 0.0, -1))
        if len(pairs):
            problems.append(
                Problem(
                    "SB-SEM-95",
                    "stop",
                    f"No row has both of {_named(sample, pairs)}{_where(group)}.",
                    why="Each correlation of ordered categories comes from the rows that answered both.",
                    done="Nothing was fitted.",
                    fix="Leave one of them out; or estimator='mlr', missing='fiml', which can do without.",
                )
            )
    return problems


def perfect_correlations(sample: Sample, moments: Sequence[OrdinalMoments]) -> list[Problem]:
    """Pairs whose correlation is 1 or -1 as far as the data tell."""
    return [
        Problem(
            "SB-SEM-96",
            "stop",
            f"As far as these rows tell, a correlation is 1 or -1: {_named(sample, pairs)}{_where(group)}.",
            why="Answers to one determine those to the other, or too few children gave some answer; such a "
            "correlation has no standard error and no weight.",
            done="Nothing was fitted.",
            fix="Join categories that few chose, or leave one of the two out.",
        )
        for group, of in zip(sample.groups, moments)
        if len(pairs := np.argwhere(np.tril(of.at_boundary, -1)))
    ]


def empty_combinations(sample: Sample, moments: Sequence[OrdinalMoments]) -> list[Problem]:
    """Pairs with combinations of answers that nobody gave."""
    return [
        Problem(
            "SB-SEM-97",
            "note",
            f"{wording.count(len(pairs), 'pair')} of columns{_where(group)} with answers that nobody combined: "
            f"{_named(sample, pairs)}.",
            why="Correlations from tables with empty cells are less certain than their errors say.",
            fix="Join categories that few chose, where they mean nearly the same.",
        )
        for group, of in zip(sample.groups, moments)
        if len(pairs := np.argwhere(np.tril(of.empty_cells > 0, -1)))
    ]


def contradictory_correlations(sample: Sample, moments: Sequence[OrdinalMoments]) -> list[Problem]:
    """Correlations that cannot all hold of the same children."""
    return [
        Problem(
            "SB-SEM-98",
            "warn",
            f"The correlations{_where(group)} are not those of any data (the matrix is not positive definite).",
            why="Each comes from a table of its own; with few rows or many gaps they contradict one another.",
            done="The model was fitted; robust CFI and RMSEA are not given.",
            fix="Join categories, leave out columns that nearly repeat another, or missing='listwise'.",
        )
        for group, of in zip(sample.groups, moments)
        if not of.positive_definite
    ]


def _named(sample: Sample, pairs: NDArray[np.intp]) -> str:
    """Some pairs by their names."""
    shown = ", ".join(f"{sample.names[j]} and {sample.names[i]}" for i, j in pairs[:MOST_NAMED])
    return shown + (f", and {len(pairs) - MOST_NAMED} more pairs" if len(pairs) > MOST_NAMED else "")


def _where(group: str) -> str:
    return f" in group {group}" if group else ""
