"""Episodes in the order of children and dates, as arrays that rules ask questions of."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np
import pandas as pd

DAY = "datetime64[D]"
DAY_BITS = 18


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
        flags = np.append(values.categories.isin(list(codes)), False)
        return flags[values.codes.to_numpy()]

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
        for year in np.unique(years[~np.isnan(years)]):
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
    codes = frame["child"].cat.codes.to_numpy()
    child = np.where(codes < 0, len(frame["child"].cat.categories), codes).astype("int64")
    return np.argsort(child << DAY_BITS | _day_number(frame["start"]), kind="stable")


def _day_number(column: pd.Series) -> np.ndarray:
    """Days from 1600 as positive integers; a day that is not known comes last."""
    days = column.to_numpy().astype(DAY)
    return np.where(np.isnat(days), 2**DAY_BITS - 1, days.astype("int64") + 135_140)
