"""Episodes in the order of children and dates, as arrays that rules ask questions of."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np
import pandas as pd

DAY = "datetime64[D]"
DAY_BITS = 18
WHOLE_BITS = 63


class InOrder:
    """Episodes sorted by child and start; each question gives one truth value a row.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``child, start, end`` and the codes of the return, sorted by `order_of`.
    freeze : numpy.datetime64
        The day up to which episodes without an end are counted.
    """

    def __init__(self, frame: pd.DataFrame, freeze: np.datetime64) -> None:
        self.frame = frame
        self.freeze = freeze.astype(DAY)
        self.child = frame["child"].cat.codes.to_numpy()
        self.start = frame["start"].to_numpy().astype(DAY)
        self.end = frame["end"].to_numpy().astype(DAY)
        follows = np.zeros(len(frame), dtype=bool)
        follows[1:] = (self.child[1:] == self.child[:-1]) & (self.child[1:] >= 0)
        self.has_before = follows
        self.has_next = np.append(follows[1:], False)[: len(frame)]
        self.start_known, self.end_known = ~np.isnat(self.start), ~np.isnat(self.end)

    def is_in(self, column: str, codes: Collection[str]) -> np.ndarray:
        """Whether the code of a row is one of `codes`."""
        values = self.frame[column].cat
        numbers = values.codes.to_numpy()
        found = np.zeros(len(numbers), dtype=bool)
        for wanted in np.flatnonzero(values.categories.isin(list(codes))):
            found |= numbers == wanted
        return found

    def filled(self, column: str) -> np.ndarray:
        """Whether a row has a code at all."""
        return self.frame[column].cat.codes.to_numpy() >= 0

    def as_before(self, column: str) -> np.ndarray:
        """Whether a row has the same code as the row before it, which may be another child's."""
        codes = self.frame[column].cat.codes.to_numpy()
        same = np.zeros(len(codes), dtype=bool)
        same[1:] = codes[1:] == codes[:-1]
        return same

    @cached_property
    def days(self) -> np.ndarray:
        """How long an episode lasted, in days; an open one up to the end of its return year or the freeze.

        NaN where that is not known.
        """
        years = self.frame["_year"].to_numpy()
        closes = np.full(len(years), self.freeze)
        for year in pd.unique(years[~np.isnan(years)]):
            closes[years == year] = np.fmin(np.datetime64(f"{int(year) + 1}-03-31", "D"), self.freeze)
        until = np.where(self.end_known, self.end, np.where(self.start > closes, self.end, closes))
        length = (until - self.start).astype("float64")
        length[np.isnat(until) | ~self.start_known] = np.nan
        return length


def before(values: np.ndarray) -> np.ndarray:
    """The value of the row before; of the first row its own."""
    return np.concatenate([values[:1], values[:-1]])


def after(values: np.ndarray) -> np.ndarray:
    """The value of the row after; of the last row its own."""
    return np.concatenate([values[1:], values[-1:]])


def order_of(frame: pd.DataFrame) -> np.ndarray:
    """Positions that sort episodes by child and start; those of one child and day stay as they are.

    Episodes without a child come last, those without a start last among the child's.
    """
    codes, n_children = frame["child"].cat.codes.to_numpy(), len(frame["child"].cat.categories)
    child = np.where(codes < 0, n_children, codes).astype("int64")
    return _stable_order(child << DAY_BITS | _day_number(frame["start"]), n_children.bit_length() + DAY_BITS)


def _stable_order(keys: np.ndarray, key_bits: int) -> np.ndarray:
    """Positions that sort numbers of so many bits; equal ones stay as they are."""
    position_bits = len(keys).bit_length()
    if key_bits + position_bits > WHOLE_BITS:
        return np.argsort(keys, kind="stable")
    # Numbers that carry their position are sorted sooner than positions by their numbers.
    carried = np.sort(keys << position_bits | np.arange(len(keys)))
    return carried & ((1 << position_bits) - 1)


def _day_number(column: pd.Series) -> np.ndarray:
    """Days from 1600 as positive integers; a day that is not known comes last."""
    days = column.to_numpy().astype(DAY)
    return np.where(np.isnat(days), 2**DAY_BITS - 1, days.astype("int64") + 135_140)
