"""Each variable of a set on its own: thresholds of the ordinal ones, means and variances of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from securebase_analysis.engines.thresholds import MISSING, Categories, categories_of

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
FOLLOWS = 1e-8
"""Parameters whose information, scaled to a diagonal of 1, has a smaller eigenvalue follow from one another."""


@dataclass(frozen=True, eq=False)
class Margins:
    """The first step of polychoric correlations.

    Attributes
    ----------
    X : numpy.ndarray, shape (rows, p)
        The data, NaN where missing.
    weight : numpy.ndarray, shape (rows,)
        How much each row counts.
    categories : tuple of Categories or None
        Of each variable; None for continuous ones.
    mean, variance : numpy.ndarray, shape (p,)
        Of each continuous variable, by maximum likelihood; 0 and 1 of what lies behind an ordinal one.
    """

    X: Floats
    weight: Floats
    categories: tuple[Categories | None, ...]
    mean: Floats
    variance: Floats

    @property
    def ordinal(self) -> Bools:
        """Which variables are ordinal."""
        return np.array([of is not None for of in self.categories])

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where the thresholds, or the mean, of each variable stand among the parameters of all margins."""
        sizes = [1 if of is None else len(of.levels) - 1 for of in self.categories]
        ends = np.cumsum(sizes)
        return tuple(slice(int(end - size), int(end)) for size, end in zip(sizes, ends))

    @cached_property
    def variance_places(self) -> Ints:
        """Where the variance of each variable stands, after all thresholds and means; -1 for ordinal ones."""
        continuous = ~self.ordinal
        return np.where(continuous, self.places[-1].stop + np.cumsum(continuous) - 1, -1)

    @property
    def n_parameters(self) -> int:
        """Thresholds, means and variances."""
        return int(self.places[-1].stop + (~self.ordinal).sum())

    @cached_property
    def parameters(self) -> Floats:
        """Thresholds and means in the order of the variables, then variances."""
        levels = [
            np.array([self.mean[number]]) if of is None else of.thresholds
            for number, of in enumerate(self.categories)
        ]
        return np.concatenate([*levels, self.variance[~self.ordinal]])

    @cached_property
    def codes(self) -> Ints:
        """Codes (rows, p) of the ordinal variables, `MISSING` in all other columns."""
        out = np.full(self.X.shape, MISSING, dtype=np.intp, order="F")
        for number, of in enumerate(self.categories):
            if of is not None:
                out[:, number] = of.codes
        return out

    @cached_property
    def most_levels(self) -> int:
        """The largest number of levels."""
        return max((len(of.levels) for of in self.categories if of is not None), default=0)

    @cached_property
    def edges(self) -> Floats:
        """Limits (p, k + 1) of the levels of each ordinal variable, from minus to plus infinity, which repeats."""
        out = np.full((len(self.categories), self.most_levels + 1), np.inf)
        out[:, 0] = -np.inf
        for number, of in enumerate(self.categories):
            if of is not None:
                out[number, 1 : len(of.levels)] = of.thresholds
        return out

    @cached_property
    def standardised(self) -> Floats:
        """Deviations (rows, p) of continuous variables in standard deviations; NaN where missing or ordinal."""
        z = (self.X - self.mean) / np.sqrt(self.variance)
        z[:, self.ordinal] = np.nan
        return z

    def scores(self) -> Floats:
        """Gradient (rows, parameters) of the log-likelihood of each row; 0 for what it has no answer to."""
        out = np.zeros((len(self.X), self.n_parameters), order="F")
        for number, of in enumerate(self.categories):
            if of is not None:
                out[:, self.places[number]] = _threshold_scores(self.edges[number], len(of.levels))[of.codes]
                continue
            z, sd = np.nan_to_num(self.standardised[:, number]), np.sqrt(self.variance[number])
            seen = ~np.isnan(self.X[:, number])
            out[:, self.places[number].start] = z / sd
            out[:, self.variance_places[number]] = np.where(
                seen, (z**2 - 1.0) / (2.0 * self.variance[number]), 0.0
            )
        return out

    def influence(self) -> Floats:
        """What each row moves each parameter by, shape (rows, parameters): score times inverse information.

        The information is the crossproduct of the scores, as Muthén (1984) has it. Of a continuous variable of
        two values, such as 0 and 1, these have no inverse, because mean and variance follow from one another; what
        a row moves them by is then its deviation, and its squared deviation less the variance.
        """
        scores = self.scores()
        out = np.empty_like(scores)
        for number, place in enumerate(self.places):
            own = np.arange(place.start, place.stop)
            if self.categories[number] is None:
                own = np.append(own, self.variance_places[number])
            part = scores[:, own]
            information = part.T @ (self.weight[:, None] * part)
            if self.categories[number] is None and _follow(information):
                out[:, own] = self._moved(number) * self.weight[:, None]
            else:
                out[:, own] = np.linalg.solve(information, part.T).T * self.weight[:, None]
        return out

    def _moved(self, number: int) -> Floats:
        """What each row of weight 1 moves the mean and the variance (rows, 2) of a continuous variable by."""
        deviation = self.X[:, number] - self.mean[number]
        moved = np.column_stack([deviation, deviation**2 - self.variance[number]])
        return np.nan_to_num(moved) / self.weight[~np.isnan(deviation)].sum()


def _follow(information: Floats) -> bool:
    """Whether parameters with this information follow from one another."""
    scale = np.sqrt(information.diagonal())
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < FOLLOWS)


def _threshold_scores(edges: Floats, k: int) -> Floats:
    """Gradient (k + 1, k - 1) of each level's log-probability in the thresholds; 0 in the last row, missing."""
    inner = edges[1:k]
    density = np.exp(-0.5 * inner**2) / np.sqrt(2.0 * np.pi)
    probability = np.diff(ndtr(edges[: k + 1]))
    out = np.zeros((k + 1, k - 1))
    below = np.arange(k - 1)
    out[below, below] = density / probability[:-1]
    out[below + 1, below] = -density / probability[1:]
    return out


def margins_of(
    X: ArrayLike,
    ordinal: ArrayLike,
    levels: Sequence[ArrayLike | None] | None = None,
    weight: ArrayLike | None = None,
) -> Margins:
    """Thresholds, means and variances of each variable from whoever has a value.

    Parameters
    ----------
    X : array, shape (rows, p)
        NaN where missing.
    ordinal : array of bool, shape (p,)
        Which variables are ordinal.
    levels : sequence, optional
        What can be answered to each item; None for those of the data and for continuous variables.
    weight : array, shape (rows,), optional
        How much each row counts.

    Raises
    ------
    ValueError
        When a variable does not vary, a level is empty, or an answer is no level.
    """
    data, is_ordinal = np.array(X, dtype=float), np.asarray(ordinal, dtype=bool)
    each = np.ones(len(data)) if weight is None else np.asarray(weight, dtype=float)
    p = data.shape[1]
    categories: list[Categories | None] = []
    mean, variance = np.zeros(p), np.ones(p)
    for number in range(p):
        if is_ordinal[number]:
            of = categories_of(data[:, number], None if levels is None else levels[number], each)
            if of.empty.any() or len(of.levels) < 2:
                raise ValueError(f"variable {number} has an empty category, or no more than one")
            categories.append(of)
            continue
        categories.append(None)
        seen = ~np.isnan(data[:, number])
        mean[number] = np.average(data[seen, number], weights=each[seen])
        variance[number] = np.average((data[seen, number] - mean[number]) ** 2, weights=each[seen])
        if not variance[number] > 0.0:
            raise ValueError(f"variable {number} has no variance")
    return Margins(data, each, tuple(categories), mean, variance)
