"""What is said of polychoric correlations that cannot be had, or cannot be trusted; whichever verb asked for them.

Each function takes samples with the words that say where they are: "" for one, " in group N" for several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.ordinal_moments import OrdinalMoments
from securebase_analysis.errors import Problem
from securebase_analysis.results import wording

MOST_NAMED = 5


def never_together(names: Sequence[str], samples: Iterable[tuple[str, NDArray[np.float64]]]) -> list[Problem]:
    """Pairs of columns of which no row has both; `samples` hold the answers (rows, columns)."""
    problems = []
    for where, answers in samples:
        seen = (~np.isnan(answers)).astype(float)
        pairs = np.argwhere(np.tril(seen.T @ seen == 0.0, -1))
        if len(pairs):
            problems.append(
                Problem(
                    "SB-SEM-95",
                    "stop",
                    f"No row has both of {_named(names, pairs)}{where}.",
                    why="Each correlation of ordered categories comes from the rows that answered both.",
                    done="Nothing was fitted.",
                    fix="Leave one of them out; or estimator='mlr', missing='fiml', which can do without.",
                )
            )
    return problems


def perfect(names: Sequence[str], found: Iterable[tuple[str, OrdinalMoments]]) -> list[Problem]:
    """Pairs whose correlation is 1 or -1 as far as the data tell."""
    return [
        Problem(
            "SB-SEM-96",
            "stop",
            f"As far as these rows tell, a correlation is 1 or -1: {_named(names, pairs)}{where}.",
            why="Answers to one determine those to the other, or too few gave some answer; such a correlation has "
            "no standard error and no weight.",
            done="Nothing was fitted.",
            fix="Join answers that few gave, or leave one of the two out.",
        )
        for where, moments in found
        if len(pairs := np.argwhere(np.tril(moments.at_boundary, -1)))
    ]


def empty_combinations(names: Sequence[str], found: Iterable[tuple[str, OrdinalMoments]]) -> list[Problem]:
    """Pairs with combinations of answers that nobody gave."""
    return [
        Problem(
            "SB-SEM-97",
            "note",
            f"{wording.count(len(pairs), 'pair')} of columns{where} with answers that nobody combined: "
            f"{_named(names, pairs)}.",
            why="Correlations from tables with empty cells are less certain than their errors say.",
            fix="Join categories that few chose, where they mean nearly the same.",
        )
        for where, moments in found
        if len(pairs := np.argwhere(np.tril(moments.empty_cells > 0, -1)))
    ]


def contradictory(found: Iterable[tuple[str, OrdinalMoments]]) -> list[Problem]:
    """Correlations that no data could have together."""
    return [
        Problem(
            "SB-SEM-98",
            "warn",
            f"The polychoric correlations{where} are not those of any data together.",
            why="Each comes from its own two columns; with few rows or many gaps they contradict one another.",
            done="The model was fitted; robust CFI and RMSEA are not given.",
            fix="Join answers that few gave, leave out columns that nearly repeat another, or missing='listwise'.",
        )
        for where, moments in found
        if not moments.positive_definite
    ]


def _named(names: Sequence[str], pairs: NDArray[np.intp]) -> str:
    """Some pairs by their names."""
    shown = ", ".join(f"{names[j]} and {names[i]}" for i, j in pairs[:MOST_NAMED])
    return shown + (f", and {len(pairs) - MOST_NAMED} more pairs" if len(pairs) > MOST_NAMED else "")
