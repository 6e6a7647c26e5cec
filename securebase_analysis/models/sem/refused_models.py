"""Models that have no answer, and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.results import wording

MOST_NAMED = 8


def too_many_parameters(table: ParameterTable, excess: int) -> Problem:
    """More parameters than moments."""
    return Problem(
        "SB-SEM-26",
        "stop",
        f"The model has {wording.count(table.n_free, 'free parameter')}, {excess} more than the data have means, "
        "variances and covariances.",
        table="model",
        why="Such a model fits any data, in endlessly many ways.",
        done="Nothing was fitted.",
        fix="Fix or equate parameters, or leave some out; a construct needs three items, or two and a correlate.",
    )


def not_identified(table: ParameterTable, involved: NDArray[np.bool_]) -> Problem:
    """Parameters that the data cannot tell apart."""
    names = [table.named(int(number)) for number in np.flatnonzero(involved) if number < table.n_free]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return Problem(
        "SB-SEM-27",
        "stop",
        f"The model is not identified: {', '.join(names[:MOST_NAMED]) or 'some parameters'}{more} can change "
        "together and fit as well.",
        table="model",
        why="The data cannot tell such values apart; any printed value would be an accident of the search.",
        done="No estimates are given.",
        fix="Fix one of them (1*x1, or std_lv=True), equate two with a label, or leave one out.",
    )


def depend_exactly(column: str) -> Problem:
    """Columns that are sums or copies of one another."""
    named = f": {column} is a sum or copy of others" if column else ""
    return Problem(
        "SB-SEM-28",
        "stop",
        f"The columns of the model depend on one another exactly{named}.",
        column=column,
        why="Then their covariances have no inverse and the likelihood has no maximum.",
        done="Nothing was fitted.",
        fix="Leave out sums and copies, such as a total beside its items.",
    )


def no_answer(told: str) -> Problem:
    """What the numerics refuse, in words of the study."""
    if "positive definite" in told or "likelihood has no value" in told:
        return depend_exactly("")
    return Problem(
        "SB-SEM-29",
        "stop",
        f"The model has no answer: {told}.",
        why="It cannot be fitted to these rows.",
        done="Nothing was fitted.",
        fix="Look at the columns of the model: data.describe().",
    )
