"""Tests of one fixed effect by rearranging the data: labels moved between units, or signs of units turned.

Each statistic is linear in the effect that is tested, so that the effects that are not rejected are found without
a search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.working_covariance import WorkingCovariance

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

TIE = 1e-10
"""Statistics that differ by less than this share are the same."""
CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Reference:
    """Statistics of rearranged data as functions of the effect that is tested.

    If the effect is `d`, the statistic of the data is ``own - d own_slope`` and that of each arrangement
    ``drawn - d drawn_slope``.

    Attributes
    ----------
    own, own_slope : float
        Of the data as they are.
    drawn, drawn_slope : numpy.ndarray, shape (B,)
        Of the arrangements.
    complete : bool
        Whether these are all arrangements there are, that of the data included; otherwise they were drawn at
        random, and that of the data counts as one more.
    """

    own: float
    own_slope: float
    drawn: Floats
    drawn_slope: Floats
    complete: bool

    @property
    def estimate(self) -> float:
        """The effect for which the statistic of the data is zero."""
        return self.own / self.own_slope

    @property
    def std_error(self) -> float:
        """Standard error of the estimate under the working covariance."""
        return 1.0 / self.own_slope

    @property
    def n_arrangements(self) -> int:
        """Arrangements counted, that of the data included."""
        return len(self.drawn) + (0 if self.complete else 1)

    @property
    def n_as_far(self) -> int:
        """Arrangements whose statistic is at least as far from zero as that of the data, itself included."""
        as_far = int((np.abs(self.drawn) >= abs(self.own) * (1.0 - TIE)).sum())
        return as_far + (0 if self.complete else 1)

    @property
    def p_value(self) -> float:
        """Share of arrangements at least as far from zero; with the one of the data, so that it is never zero."""
        return self.n_as_far / self.n_arrangements

    def interval(self, conf_level: float) -> tuple[float, float]:
        """The effects that are not rejected at ``1 - conf_level``; endless where there are too few arrangements.

        An arrangement is at least as far as the data for effects in an interval around the estimate; its ends are
        where the two statistics are equal, or equal but for their sign.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            one = (self.own - self.drawn) / np.maximum(self.own_slope - self.drawn_slope, 0.0)
            other = (self.own + self.drawn) / np.maximum(self.own_slope + self.drawn_slope, 0.0)
        low, high = np.minimum(one, other), np.maximum(one, other)
        same = np.isclose(self.drawn_slope, self.own_slope, rtol=TIE) & np.isclose(self.drawn, self.own, rtol=TIE)
        turned = np.isclose(self.drawn_slope, -self.own_slope, rtol=TIE) & np.isclose(
            -self.drawn, self.own, rtol=TIE
        )
        low, high = np.where(same | turned, -np.inf, low), np.where(same | turned, np.inf, high)
        # Not rejected where more than this number of arrangements is as far as the data.
        allowed = (1.0 - conf_level) * self.n_arrangements - (0 if self.complete else 1)
        place = math.floor(allowed + TIE)
        if place < 0:
            return -np.inf, np.inf
        if place >= len(low):
            return self.estimate, self.estimate
        return float(np.sort(low)[place]), float(np.sort(high)[::-1][place])


# ---- labels moved between units --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tree:
    """Units that can be exchanged, and sets of units that can be exchanged as a whole.

    Attributes
    ----------
    leaves : numpy.ndarray of int
        The units below, in an order that is the same for all sets of one shape.
    branches : tuple of tuple of Tree
        Sets of one shape together, each set of shapes a tuple; empty for a unit.
    shape : tuple
        How many sets of which shape are below.
    """

    leaves: Ints
    branches: tuple[tuple[Tree, ...], ...] = ()
    shape: tuple[object, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether all units can be exchanged with one another."""
        return len(self.branches) == 1 and not self.branches[0][0].branches

    def n_arrangements(self) -> int:
        """Ways in which the units can be exchanged."""
        total = 1
        for alike in self.branches:
            total *= math.factorial(len(alike)) * math.prod(one.n_arrangements() for one in alike)
        return total

    def shuffled(self, rng: np.random.Generator) -> Ints:
        """The units in a random order in which only those that can be exchanged have changed places."""
        if not self.branches:
            return self.leaves
        parts = [
            alike[int(place)].shuffled(rng) for alike in self.branches for place in rng.permutation(len(alike))
        ]
        return np.concatenate(parts)

    def every_order(self) -> Iterator[Ints]:
        """All orders."""
        if not self.branches:
            yield self.leaves
            return
        of_each = [list(_orders_of(alike)) for alike in self.branches]
        for parts in product(*of_each):
            yield np.concatenate(parts)


def _orders_of(alike: Sequence[Tree]) -> Iterator[Ints]:
    for order in permutations(alike):
        for parts in product(*(list(one.every_order()) for one in order)):
            yield np.concatenate(parts)


def tree_of_units(paths: NDArray[np.intp]) -> Tree:
    """The tree of units that lie in sets of higher levels.

    Parameters
    ----------
    paths : numpy.ndarray of int, shape (units, levels)
        In which set each unit lies, highest level first; no column where all units can be exchanged.
    """
    return _tree(np.arange(len(paths)), paths)


def _tree(units: Ints, paths: NDArray[np.intp]) -> Tree:
    if paths.shape[1] == 0:
        below = [Tree(np.array([unit])) for unit in units]
    else:
        sets = [paths[:, 0] == one for one in np.unique(paths[:, 0])]
        below = [_tree(units[own], paths[own, 1:]) for own in sets]
    shapes = sorted({repr(one.shape) for one in below})
    branches = tuple(tuple(one for one in below if repr(one.shape) == shape) for shape in shapes)
    leaves = np.concatenate([one.leaves for alike in branches for one in alike])
    return Tree(leaves, branches, tuple((len(alike), shape) for alike, shape in zip(branches, shapes)))


def permuted_labels(
    label: Floats, tree: Tree, n_permutations: int, rng: np.random.Generator
) -> tuple[Iterator[Floats], bool]:
    """Arrangements of the labels of units, some at a time, shape (n, units); and whether these are all there are.

    Equal labels make equal arrangements; where all units can be exchanged these are counted once.
    """
    at_once = max(1, CELLS_AT_ONCE // len(label))
    if tree.is_flat:
        values, count = np.unique(np.round(label, 12), return_counts=True)
        n_distinct = math.factorial(len(label)) // math.prod(math.factorial(int(one)) for one in count)
        if n_distinct <= n_permutations:
            own = [label[np.isclose(label, value, rtol=0.0, atol=1e-11)].mean() for value in values]
            return _stacked(_distinct(np.array(own), list(map(int, count))), at_once), True
    elif tree.n_arrangements() <= n_permutations:
        return _stacked((_placed(label, tree, order) for order in tree.every_order()), at_once), True
    drawn = (_placed(label, tree, tree.shuffled(rng)) for _ in range(n_permutations))
    return _stacked(drawn, at_once), False


def _placed(label: Floats, tree: Tree, order: Ints) -> Floats:
    made = np.empty_like(label)
    made[tree.leaves] = label[order]
    return made


def _distinct(values: Floats, count: list[int]) -> Iterator[Floats]:
    """All different orders of values of which each occurs so many times."""
    if not any(count):
        yield np.empty(0)
        return
    for place, left in enumerate(count):
        if left:
            rest = [*count[:place], left - 1, *count[place + 1 :]]
            for tail in _distinct(values, rest):
                yield np.concatenate([values[place : place + 1], tail])


def _stacked(rows: Iterator[Floats], at_once: int) -> Iterator[Floats]:
    block: list[Floats] = []
    for row in rows:
        block.append(row)
        if len(block) == at_once:
            yield np.array(block)
            block = []
    if block:
        yield np.array(block)


def permutation_reference(
    y: Floats, X0: Floats, within: Floats, unit: Ints, fixed: Floats, free: Floats, tree: Tree,
    covariance: WorkingCovariance, n_permutations: int, seed: int,
) -> Reference:  # fmt: skip
    """Generalised least squares statistics with labels moved between units.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X0 : numpy.ndarray, shape (p0, rows)
        All fixed-effect columns but the one tested.
    within : numpy.ndarray, shape (rows,)
        What the label of a unit is multiplied by in each row.
    unit : numpy.ndarray of int, shape (rows,)
        Unit of each row.
    fixed, free : numpy.ndarray, shape (units,)
        The part of the labels that stays with its unit, and the part that is moved.
    tree : Tree
        Which units can be exchanged.
    covariance : WorkingCovariance
        Of the rows, found without the column tested.
    n_permutations, seed : int
        How many arrangements, and the start of the random numbers.
    """
    from scipy import sparse

    n = len(y)
    A = sparse.csr_array((within, (np.arange(n), unit)), shape=(n, len(free)))
    QA = _projected(A.toarray(), X0.T, covariance)
    K = A.T @ QA
    of_y = QA.T @ y
    label = fixed + free
    of_x = K @ label

    def statistics(labels: Floats) -> tuple[Floats, Floats]:
        size = np.sqrt(np.maximum(np.einsum("bu,bu->b", labels @ K, labels), 1e-300))
        return (labels @ of_y) / size, (labels @ of_x) / size

    own, own_slope = statistics(label[None])
    blocks, complete = permuted_labels(free, tree, n_permutations, np.random.default_rng(seed))
    drawn = [statistics(fixed + block) for block in blocks]
    return Reference(
        float(own[0]),
        float(own_slope[0]),
        np.concatenate([one for one, _ in drawn]),
        np.concatenate([slope for _, slope in drawn]),
        complete,
    )


def _projected(values: Floats, X0: Floats, covariance: WorkingCovariance) -> Floats:
    """``Q values`` with ``Q = V^-1 - V^-1 X0 (X0'V^-1 X0)^-1 X0'V^-1``."""
    weighted, weighted_X0 = covariance.solve(values), covariance.solve(X0)
    return weighted - weighted_X0 @ np.linalg.solve(X0.T @ weighted_X0, weighted_X0.T @ values)


# ---- signs of units turned -------------------------------------------------------------------------------------


def sign_reference(
    y: Floats, x: Floats, X0: Floats, unit: Ints, covariance: WorkingCovariance, n_permutations: int, seed: int
) -> Reference:
    """Score statistics with the signs of whole units turned, each divided by its own standard deviation.

    Parameters
    ----------
    y, x : numpy.ndarray, shape (rows,)
        Outcome and the column tested.
    X0 : numpy.ndarray, shape (p0, rows)
        All other fixed-effect columns.
    unit : numpy.ndarray of int, shape (rows,)
        Unit of each row.
    covariance : WorkingCovariance
        Of the rows, found without the column tested.
    n_permutations, seed : int
        How many arrangements, and the start of the random numbers.

    Raises
    ------
    ValueError
        When more than 5,000 rows depend on one another.
    """
    white = covariance.whitened(np.column_stack([X0.T, x, y]))
    basis = np.linalg.qr(white[:, :-2])[0]
    x_left, residual = (white[:, place] - basis @ (basis.T @ white[:, place]) for place in (-2, -1))
    n_units = int(unit.max()) + 1
    score, size = np.bincount(unit, x_left * residual, n_units), np.bincount(unit, x_left**2, n_units)
    taken = np.column_stack([np.bincount(unit, x_left * column, n_units) for column in basis.T])

    def statistics(signs: Floats) -> tuple[Floats, Floats]:
        # Fitting the other columns again takes up a part of the score that depends on the signs.
        left = size.sum() - ((signs @ taken) ** 2).sum(axis=1)
        spread = np.sqrt(np.maximum(left, TIE * size.sum()))
        return (signs @ score) / spread, (signs @ size) / spread

    own, own_slope = statistics(np.ones((1, n_units)))
    signs, complete = turned_signs(n_units, n_permutations, np.random.default_rng(seed))
    drawn, drawn_slope = statistics(signs)
    return Reference(float(own[0]), float(own_slope[0]), drawn, drawn_slope, complete)


def turned_signs(n_units: int, n_draws: int, rng: np.random.Generator) -> tuple[Floats, bool]:
    """Signs of units, shape (draws, units), and whether these are all there are."""
    if n_units <= 30 and 2**n_units <= n_draws:
        bits = (np.arange(2**n_units)[:, None] >> np.arange(n_units)) & 1
        return np.where(bits, -1.0, 1.0), True
    return rng.choice([-1.0, 1.0], size=(n_draws, n_units)), False
