"""What takes part in an interaction: a dimension, one of its two parts, or the groups of a column of labels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results.inference import Floats

Kind = Literal["whole", "between", "within", "labels"]
MOST_LABELS = 12
"""More groups than this are not compared slope by slope."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two that interact.

    Attributes
    ----------
    name : str
        ``availability``, ``availability_within``, ``kinship``.
    source : str
        The column that was named.
    kind : {"whole", "between", "within", "labels"}
        A number, one of its parts, or groups.
    columns : tuple of str
        The columns that stand for it in the model: one for a number, one for each group but the first.
    values : numpy.ndarray, shape (rows given,)
        Numbers in their own unit; for groups the place of the label, from 0.
    labels : tuple of str
        The groups, reference first; empty for a number.
    centre, sd : float
        Mean that was taken off, and standard deviation, over the rows used; 0 and 1 for groups.
    """

    name: str
    source: str
    kind: Kind
    columns: tuple[str, ...]
    values: Floats
    labels: tuple[str, ...] = ()
    centre: float = 0.0
    sd: float = 1.0

    @property
    def is_number(self) -> bool:
        """Whether it has a scale."""
        return self.kind != "labels"

    def written(self) -> dict[str, Floats]:
        """Its columns, as the model takes them."""
        if self.is_number:
            return {self.columns[0]: self.values - self.centre}
        missing = np.where(np.isnan(self.values), np.nan, 0.0)
        return {name: missing + (self.values == place) for place, name in enumerate(self.columns, start=1)}

    def setting(self, value: float) -> dict[str, float]:
        """Its columns where it has this value (this place among the groups)."""
        if self.is_number:
            return {self.columns[0]: value - self.centre}
        return {name: float(value == place) for place, name in enumerate(self.columns, start=1)}

    def term_of(self, column: str) -> str:
        """How one of its columns is called in the answer."""
        return self.name if self.is_number else column


@dataclass(frozen=True, eq=False)
class Interaction:
    """Two sides that interact, in the model that they were put in together.

    Attributes
    ----------
    pair : tuple of str
        The columns that were named.
    first, second : Side
        The two.
    growth : GrowthResult
        The model.
    """

    pair: tuple[str, str]
    first: Side
    second: Side
    growth: GrowthResult

    @property
    def key(self) -> tuple[str, str]:
        """Names of the two sides."""
        return self.first.name, self.second.name

    @property
    def effect(self) -> str:
        """What kind of interaction it is, in a word."""
        parts = {side.kind for side in (self.first, self.second)} - {"labels", "whole"}
        return "interaction" if not parts else "cross-level" if len(parts) == 2 else parts.pop()

    @property
    def used(self) -> NDArray[np.bool_]:
        """Rows used, among those given."""
        return self.growth.data.used

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Columns of the first and the second side that were multiplied, one pair for each product."""
        return list(product(self.first.columns, self.second.columns))

    def values(self, side: Side) -> Floats:
        """The values of a side in the rows used."""
        return side.values[self.used]

    def spread(self, side: Side) -> tuple[float, float]:
        """Lowest and highest value among the rows used."""
        values = self.values(side)
        return float(values.min()), float(values.max())

    def sides(self, of: str | None) -> tuple[Side, Side] | None:
        """The side whose slope is meant and its moderator; None where `of` is neither."""
        if of is None or of == self.first.name:
            return self.first, self.second
        return (self.second, self.first) if of == self.second.name else None


# ---- made from columns -----------------------------------------------------------------------------------------


def sides_of(
    name: str, frame: pd.DataFrame, values: pd.Series, rows: NDArray[np.bool_], split: bool
) -> list[Side]:
    """The sides that a column makes: itself, its two parts, or its groups.

    Parameters
    ----------
    name : str
        The column.
    frame : pandas.DataFrame
        The rows given, with ``_between`` and ``_within`` columns where they are to be used.
    values : pandas.Series
        The column as numbers or labels.
    rows : numpy.ndarray of bool, shape (rows given,)
        Rows over which means and standard deviations are taken.
    split : bool
        Whether numbers are taken apart.

    Raises
    ------
    ModelError
        When the column does not vary, or has too many labels.
    """
    levels = values[rows].nunique()
    number = values.dtype == float and levels > 2
    raise_if_stopped(_cannot_moderate(name, levels, number), ModelError)
    if not number:
        return [_groups(name, values, rows)]
    if not split:
        return [_number(name, name, "whole", f"{name}_centred", values.to_numpy(float), rows)]
    between, within = (frame[f"{name}_{part}"].to_numpy(float) for part in ("between", "within"))
    return [
        _number(f"{name}_between", name, "between", f"{name}_between_centred", between, rows),
        _number(f"{name}_within", name, "within", f"{name}_within", within, rows),
    ]


def _number(name: str, source: str, kind: Kind, column: str, values: Floats, rows: NDArray[np.bool_]) -> Side:
    """A number; a deviation from the child's mean is centred already."""
    centre = 0.0 if kind == "within" else float(values[rows].mean())
    return Side(name, source, kind, (column,), values, (), centre, float(values[rows].std(ddof=1)))


def _groups(name: str, values: pd.Series, rows: NDArray[np.bool_]) -> Side:
    """Groups; the first in order is the reference."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        present = values[rows].cat.remove_unused_categories().cat.categories
    else:
        present = pd.Index(values[rows].dropna().unique()).sort_values()
    labels = tuple(f"{label:g}" if isinstance(label, float) else str(label) for label in present)
    place = pd.Index(present).get_indexer(values).astype(float)
    columns = tuple(f"{name}[T.{label}]".replace("`", "'") for label in labels[1:])
    return Side(name, name, "labels", columns, np.where(place < 0, np.nan, place), labels)


def _cannot_moderate(name: str, levels: int, number: bool) -> list[Problem]:
    """A column without differences, or with a label for almost every child."""
    if number or 1 < levels <= MOST_LABELS:
        return []
    what = f"has {levels} labels" if levels > 1 else "has the same value in every row used"
    return [
        Problem(
            "SB-MODEL-82",
            "stop",
            f"{name!r} {what} and cannot take part in an interaction.",
            column=name,
            why="A slope is compared between values that differ, or between a few groups.",
            done="Nothing was fitted.",
            fix=f"Join the labels of {name!r} into a few groups."
            if levels > 1
            else f"Leave {name!r} out of dimensions and pairs.",
        )
    ]


def empty_cells(first: Side, second: Side, rows: NDArray[np.bool_]) -> list[Problem]:
    """SB-MODEL-09: combinations of groups that no row has, of which an interaction would have to speak."""
    if first.is_number or second.is_number:
        return []
    place = first.values[rows] * len(second.labels) + second.values[rows]
    met = np.bincount(place.astype(int), minlength=len(first.labels) * len(second.labels)) > 0
    names = [f"{one!r} with {other!r}" for one, other in product(first.labels, second.labels)]
    missing = [name for name, there in zip(names, met) if not there]
    if not missing:
        return []
    return [
        Problem(
            "SB-MODEL-09",
            "stop",
            f"No child has {', '.join(missing)}.",
            column=f"{first.name}, {second.name}",
            why="Whether two groups differ more here than there needs children in each combination.",
            done="Nothing was fitted.",
            fix="Join groups until each combination has children, or leave this pair out.",
        )
    ]
