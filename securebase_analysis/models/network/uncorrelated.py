"""What cannot be correlated: constructs nobody has, that do not vary, or that follow from the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.partial_correlations import explained_by_others, positive_definite
from securebase_analysis.engines.weighted_correlations import weighted_correlations
from securebase_analysis.errors import DataError, Problem, rows_where
from securebase_analysis.models.network.request import Request
from securebase_analysis.results.inference import Floats

Bools = NDArray[np.bool_]

MOST_EXPLAINED = 0.99
"""Share of a construct that the others may explain. Of a total that lacks a part at one wave it is above .999, and
every partial correlation is then next to 1 or -1."""
SAME = 1e-12
"""Values that differ by no more than this share of their size do not differ."""


def empty(values: pd.DataFrame, there: Bools) -> list[Problem]:
    """Constructs that nobody has."""
    return [
        Problem(
            "SB-SEM-83",
            "stop",
            f"Column {name!r} is empty: nobody has a value in these rows.",
            column=str(name),
            rows=rows_where(there),
            why="Of something that was not measured no correlation can be had.",
            done="Nothing was computed; it was not left out unseen, because edges depend on what else is there.",
            fix=f"constructs=[...] without {name!r}",
        )
        for name in values
        if not values.loc[there, name].notna().any()
    ]


def constant(values: pd.DataFrame, there: Bools, means: Floats) -> list[Problem]:
    """Constructs with the same value for every child."""
    spread = np.nanmax(means, axis=0) - np.nanmin(means, axis=0)
    size = np.nanmax(np.abs(means), axis=0)
    return [
        Problem(
            "SB-SEM-82",
            "stop",
            f"Column {name!r} has the same value for every child.",
            column=str(name),
            rows=rows_where(there & values[name].notna().to_numpy()),
            why="What does not vary goes together with nothing.",
            done="Nothing was computed.",
            fix=f"constructs=[...] without {name!r}",
        )
        for place, name in enumerate(values)
        if spread[place] <= SAME * max(size[place], 1.0)
    ]


def never_together(names: list[str], values: Floats) -> list[Problem]:
    """Pairs of constructs of which no child has both."""
    seen = np.isfinite(values).astype(float)
    both = seen.T @ seen
    pairs = [(names[i], names[j]) for i in range(len(names)) for j in range(i + 1, len(names)) if both[i, j] < 3]
    return [
        Problem(
            "SB-SEM-88",
            "stop",
            f"Fewer than three children have both {first!r} and {second!r}.",
            column=first,
            why="How two constructs go together cannot be known when they were hardly ever measured together.",
            done="Nothing was computed.",
            fix=f"constructs=[...] without {first!r} or {second!r}",
        )
        for first, second in pairs
    ]


def correlations_of(names: list[str], values: Floats, request: Request) -> Floats:
    """Correlations that an inverse can be had of."""
    found = weighted_correlations(values, np.ones((1, len(values))), request.missing, tolerance=1e-8)[0]
    if positive_definite(found) and explained_by_others(found).max() <= MOST_EXPLAINED:
        return found
    raise DataError(_made_up(names, found, request))


def _made_up(names: list[str], r: Floats, request: Request) -> Problem:
    """Why there is no inverse: a construct made of others, or pairs of different children that contradict."""
    if not np.isfinite(r).all() or (request.missing == "pairwise" and np.linalg.eigvalsh(r)[0] < -1e-8):
        return Problem(
            "SB-SEM-84",
            "stop",
            "The correlations contradict one another: each pair is from other children.",
            why="No partial correlation can be had from correlations that no single set of children could have.",
            done="They were not bent to fit.",
            fix="missing='listwise', or fewer constructs" if request.missing == "fiml" else "missing='fiml'",
        )
    exactly = not positive_definite(r)
    weights = np.abs(np.linalg.eigh(r)[1][:, 0])
    guilty = [name for name, weight in zip(names, weights) if weight > 0.1 * weights.max()]
    return Problem(
        "SB-SEM-84",
        "stop",
        f"One of {', '.join(guilty)} follows from the others{'' if exactly else ', or all but'}.",
        column=guilty[0],
        why="Given the others nothing of it is left, so no partial correlation exists."
        if exactly
        else "Given the others next to nothing of it is left, so partial correlations of any size can come out.",
        done="Nothing was computed.",
        fix=f"constructs=[...] without {guilty[-1]!r}, for instance a total and its parts not together",
    )
