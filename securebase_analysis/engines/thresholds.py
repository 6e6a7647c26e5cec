"""Ordered categories as intervals of a normal variable that lies behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

MISSING = -1
"""The code of a missing answer."""


@dataclass(frozen=True, eq=False)
class Categories:
    """Answers to one ordinal item.

    Attributes
    ----------
    levels : numpy.ndarray, shape (k,)
        The values, in ascending order.
    codes : numpy.ndarray of int, shape (rows,)
        Place of each answer among the levels, `MISSING` where there is none.
    counts : numpy.ndarray, shape (k,)
        Rows, or their weights, of each level.
    """

    levels: Floats
    codes: Ints
    counts: Floats

    @property
    def empty(self) -> Bools:
        """Levels that nobody has chosen, of which no threshold can be estimated."""
        return self.counts <= 0.0

    @property
    def thresholds(self) -> Floats:
        """Normal quantiles (k - 1,) of the shares up to each level but the last; infinite for shares of 0 or 1."""
        return np.asarray(ndtri(np.cumsum(self.counts)[:-1] / self.counts.sum()), dtype=float)


def levels_of(x: ArrayLike) -> Floats:
    """The different values of a variable, ascending, without missing ones."""
    values = np.asarray(x, dtype=float)
    return np.unique(values[~np.isnan(values)])


def categories_of(x: ArrayLike, levels: ArrayLike | None = None, weight: ArrayLike | None = None) -> Categories:
    """Code the answers to an ordinal item.

    Parameters
    ----------
    x : array, shape (rows,)
        Answers as numbers whose order counts, NaN where missing.
    levels : array, optional
        All that can be answered, also what nobody in these rows did; those of the answers by default.
    weight : array, shape (rows,), optional
        How much each row counts.

    Raises
    ------
    ValueError
        When an answer is not among the levels, or there is no answer.
    """
    values = np.asarray(x, dtype=float)
    known = levels_of(values) if levels is None else levels_of(levels)
    answered = ~np.isnan(values)
    if not answered.any():
        raise ValueError("an item without answers has no thresholds")
    codes = np.full(len(values), MISSING, dtype=np.intp)
    place = np.minimum(np.searchsorted(known, values[answered]), len(known) - 1)
    if (known[place] != values[answered]).any():
        raise ValueError("an answer is not among the levels")
    codes[answered] = place
    each = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)
    counts = np.bincount(place, each[answered], minlength=len(known)).astype(float)
    return Categories(known, codes, counts)
