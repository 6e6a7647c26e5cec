"""What every door hands to the estimates: ratings as whole numbers, and the words for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.tally import Ratings
from securebase_analysis.errors import Problem

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")

Weights = Literal["quadratic", "linear"]
WEIGHTS: tuple[Weights, ...] = ("quadratic", "linear")


class Group(NamedTuple):
    """One block of rows in the answer: what is compared, and for which code, dimension or other group."""

    outcome: str
    name: str

    @property
    def prefix(self) -> str:
        """The words that a sentence about this group begins with."""
        words = ", ".join(word for word in self if word)
        return f"{words}: " if words else ""


@dataclass(frozen=True, eq=False)
class RatingTable:
    """Checked ratings.

    Attributes
    ----------
    ratings : Ratings
        Whole numbers for the engines.
    groups : tuple of Group
        Meaning of ``ratings.group``.
    coders : tuple of str
        Meaning of ``ratings.coder``.
    categories : numpy.ndarray of object, shape (Q,)
        Meaning of ``ratings.category``: the values as they came.
    unit_word, cluster_word : str
        What a unit is (``"unit"``, ``"character"``) and what is drawn whole in a resample (``"child"``).
    n_rows, n_excluded : int
        Rows compared, and rows given and not compared.
    disagreements, rows : pandas.DataFrame
        The worklist, and what ``augment()`` shows.
    problems : tuple of Problem
        What was left out, merged or assumed.
    facts : tuple of pairs
        More for ``glance()``.
    """

    ratings: Ratings
    groups: tuple[Group, ...]
    coders: tuple[str, ...]
    categories: NDArray[Any]
    unit_word: str
    cluster_word: str
    n_rows: int
    n_excluded: int
    disagreements: pd.DataFrame
    rows: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def n_ratings(self) -> NDArray[np.int64]:
        """Ratings of each unit, shape (U,)."""
        return np.bincount(self.ratings.unit, minlength=len(self.ratings.weight))

    def group_categories(self, group: int) -> NDArray[np.int64]:
        """Positions of the categories of one group."""
        return np.flatnonzero(self.ratings.group_of_category == group)
