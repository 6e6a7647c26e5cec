"""What is said when the ladder cannot be climbed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.measures.invariance.ladder import Ladder, StepModel
from securebase_analysis.results import wording

MOST_NAMED = 8


def too_few_rows(where: str, n: int, needed: int, n_parameters: int, ladder: Ladder) -> Problem:
    """A group, or the cohort, with too few children."""
    name, items = next(iter(ladder.constructs.items()))
    if ladder.over == "group":
        instead = (
            "Join groups, or take one construct at a time; or ask all children together whether a group moves an "
            f"item, by a column of 0 and 1: fit_sem(data, '{name} =~ {' + '.join(items)}; {name} ~ in_group; "
            f"{items[1]} ~ in_group')."
        )
    else:
        instead = (
            "Compare two waves and one construct at a time; else say with the results that changes of scores "
            "assume that items mean the same at all waves."
        )
    if ladder.terms("threshold"):
        instead = f"estimator='mlr' takes the items as numbers, which asks for fewer rows. Else: {instead}"
    return Problem(
        "SB-SEM-62",
        "stop",
        f"{where} has {wording.count(n, 'usable row')}; the ladder needs {needed} for "
        f"{wording.count(n_parameters, 'parameter')}.",
        why="With so few, chi-square rejects models that hold and the changes of CFI and RMSEA are mostly chance.",
        done="Nothing was fitted.",
        fix=instead,
    )


def no_saturated(ladder: Ladder) -> Problem:
    """Without a saturated maximum nothing can be said of fit."""
    return Problem(
        "SB-SEM-73",
        "stop",
        f"The {ladder.n_observed} columns have no covariances of their own in these rows.",
        why="Chi-square, CFI and RMSEA compare a model with them; here they would be accidents of the search.",
        done="Nothing is given.",
        fix="Take one construct at a time, or leave out items that few answered together.",
    )


def no_answer(told: str) -> Problem:
    """What the numerics refuse."""
    return Problem(
        "SB-SEM-79",
        "stop",
        f"The ladder has no answer: {told}.",
        why="Some items depend on one another exactly, or cannot be fitted to these rows.",
        done="Nothing was fitted.",
        fix="Leave out sums and copies of items: look at data.corr(numeric_only=True).",
    )


def not_identified(model: StepModel, which: NDArray[np.bool_]) -> Problem:
    """A model that fits equally well with other values."""
    involved = set(np.flatnonzero(which).tolist())
    terms = dict.fromkeys(cell.term for cell in model.cells if model.parameter(cell) in involved)
    listed = ", ".join(list(terms)[:MOST_NAMED])
    more = f" and {len(terms) - MOST_NAMED} more" if len(terms) > MOST_NAMED else ""
    return Problem(
        "SB-SEM-70",
        "stop",
        f"The {model.step} model is not identified: {listed}{more} can change together and fit as well.",
        table="model",
        why="The data cannot tell such values apart.",
        done="Nothing is given.",
        fix="A construct alone needs three items; name fewer terms in partial=.",
    )
