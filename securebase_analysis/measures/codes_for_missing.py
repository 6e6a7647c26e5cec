"""Numbers that surveys use for "not known" among numbers that mean something."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.results import wording

CODES = (-9999, -999, -99, -98, -9, -8, 77, 88, 98, 99, 777, 888, 998, 999, 7777, 8888, 9998, 9999)
FAR = 0.5
"""A code is far from other values when it lies more than this share of their range outside of it."""


def codes_among(columns: Mapping[Any, Any]) -> list[Problem]:
    """The warnings of `problems_of_codes` for every column that holds numbers.

    Examples
    --------
    >>> [problem.column for problem in codes_among({"kinship": ["yes", "no", "no"], "stress": [1.0, 99.0, 2.0]})]
    ['stress']
    """
    numeric = {name: np.asarray(column) for name, column in columns.items()}
    return [
        problem
        for name, values in numeric.items()
        if values.dtype.kind in "if"
        for problem in problems_of_codes(name, values)
    ]


def problems_of_codes(name: Hashable, values: ArrayLike) -> list[Problem]:
    """A warning when a column holds a usual code for missing, far from all its other values: case 16 of C1.

    Parameters
    ----------
    name : str
        The column.
    values : array_like of float, shape (rows,)
        Its values, NaN where missing.

    Examples
    --------
    >>> [problem.rows for problem in problems_of_codes("item", [1, 4, 99, 2, 5])]
    [(3,)]
    """
    numbers = np.asarray(values, dtype=float)
    coded = np.isin(numbers, CODES)
    if not coded.any():
        return []
    rest = numbers[~coded & np.isfinite(numbers)]
    if len(rest) < 2:
        return []
    reach = FAR * float(rest.max() - rest.min())
    far = coded & ((numbers > rest.max() + reach) | (numbers < rest.min() - reach))
    if not far.any():
        return []
    codes = np.unique(numbers[far])
    shown = ", ".join(f"{code:g}" for code in codes)
    without = f"{codes[0]:g}" if len(codes) == 1 else f"[{shown}]"
    return [
        Problem(
            "SB-FILE-16",
            "warn",
            f"{name} holds {shown} in {wording.count(int(far.sum()), 'row')}, far from its other values: "
            "a code for not known?",
            column=str(name),
            rows=rows_where(far),
            why="A few such cells decide every variance and covariance of the column.",
            done="They were used as numbers.",
            fix=f"data[{name!r}] = data[{name!r}].replace({without}, float('nan'))",
        )
    ]
