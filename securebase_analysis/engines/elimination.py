"""Sparse symmetric positive definite matrices with a fixed pattern: log-determinant, solutions, inverse.

The matrices of mixed models with several grouping factors have a few non-zeros a row: a child meets its carers
and its agency, and no other child. Elimination goes by rounds. Each takes out a set of nodes of which no two are
neighbours, so that all of them go at once in operations on long vectors; what remains in the end is small or
nearly full, and is left to a dense Cholesky factorisation. With the eliminated nodes first, ``A = L D L'``. The
rounds backwards give the inverse of ``A`` wherever ``L`` has an element (Takahashi, Fagan & Chen 1973).

Which node goes when, and which product is taken off which element, depends on the pattern alone: the plan is made
once, and the matrices of a search run through it many times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, solve_triangular
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LARGEST_CORE = 12_000
"""A dense core above this size would need more than a gigabyte for each copy of it."""
MOST_PRODUCTS = 60_000_000
"""So many products in one plan take about a gigabyte of indices."""
TABLE_SIZE = 4_000
"""Below this number of remaining nodes a full table finds the elements; above it, sorting does."""
FREE_DEGREE = 6
"""Nodes with at most so many neighbours go without waiting for those with fewer."""

# Nanoseconds, roughly: what decides when the rest is left to the dense factorisation.
ROUND_COST, PRODUCT_COST, DENSE_COST = 300_000.0, 25.0, 0.035


@dataclass(frozen=True, eq=False)
class Round:
    """Nodes that are eliminated together; nodes and elements are numbered in the order of elimination.

    Attributes
    ----------
    nodes, elements : slice
        The nodes, and the elements of ``L`` below them, node by node.
    owner : numpy.ndarray of int
        Which of these nodes each element lies below.
    other : numpy.ndarray of int
        Its row, counted from the first node that remains.
    first : numpy.ndarray of int
        Where the elements of each node begin, and the end of the last.
    left, right : numpy.ndarray of int
        The two elements, both below one node, of each product.
    target : numpy.ndarray of int
        The elements that products are taken off.
    slot : numpy.ndarray of int
        Which of these each product belongs to.
    """

    nodes: slice
    elements: slice
    owner: NDArray[np.int32]
    other: NDArray[np.int32]
    first: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    target: Ints
    slot: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Plan:
    """The order of elimination for one pattern; made by `elimination_plan`.

    Attributes
    ----------
    n : int
        Rows of the matrix.
    order : numpy.ndarray of int, shape (n,)
        The nodes in the order of elimination; those of the dense core come last.
    place : numpy.ndarray of int, shape (pairs,)
        Where each pair of the pattern stands among the elements of ``L``.
    n_elements : int
        Elements below the diagonal of ``L``, in the dense core those that the pattern and the rounds lead to.
    rounds : tuple of Round
        From first to last.
    core_row, core_column : numpy.ndarray of int
        Of the elements within the dense core, which come last.
    """

    n: int
    order: Ints
    place: Ints
    n_elements: int
    rounds: tuple[Round, ...]
    core_row: Ints
    core_column: Ints

    @property
    def core(self) -> int:
        """Size of the dense core."""
        return self.n - (self.rounds[-1].nodes.stop if self.rounds else 0)

    def factor(self, diagonal: Floats, below: Floats) -> Factorisation | None:
        """Factorise one matrix of this pattern.

        Parameters
        ----------
        diagonal : numpy.ndarray, shape (n,)
            The diagonal.
        below : numpy.ndarray, shape (pairs,)
            The elements at the pairs of the plan, in their order.

        Returns
        -------
        Factorisation or None
            None when the matrix is not positive definite.
        """
        pivot = np.asarray(diagonal, dtype=float)[self.order]
        element = np.zeros(self.n_elements)
        element[self.place] = below
        unit = np.empty(self.n_elements)
        for one in self.rounds:
            own = pivot[one.nodes]
            if not own.min() > 0.0:
                return None
            was = element[one.elements]
            now = np.divide(was, own[one.owner], out=unit[one.elements])
            rest = pivot[one.nodes.stop :]
            rest -= np.bincount(one.other, was * now, len(rest))
            if len(one.slot):
                element[one.target] -= np.bincount(one.slot, was[one.left] * now[one.right], len(one.target))
        root = self._core_root(pivot, element)
        return None if root is None else Factorisation(self, pivot, unit, root)

    def _core_root(self, pivot: Floats, element: Floats) -> Floats | None:
        """The lower Cholesky factor of the dense core; None when there is none."""
        size = self.core
        if size == 0:
            return np.zeros((0, 0))
        core = np.zeros((size, size), order="F")
        core[self.core_row, self.core_column] = element[self.n_elements - len(self.core_row) :]
        core[np.arange(size), np.arange(size)] = pivot[self.n - size :]
        root, flaw = lapack.dpotrf(core, lower=1, overwrite_a=1)
        return root if flaw == 0 and np.isfinite(root[-1, -1]) else None


@dataclass(frozen=True, eq=False)
class Factorisation:
    """One factorised matrix; made by `Plan.factor`.

    Attributes
    ----------
    plan : Plan
        The order of elimination.
    pivot : numpy.ndarray, shape (n,)
        ``D`` of the eliminated nodes, in the order of elimination.
    unit : numpy.ndarray, shape (elements,)
        ``L`` below its diagonal of ones; without meaning within the dense core.
    root : numpy.ndarray, shape (core, core)
        Lower Cholesky factor of the dense core.
    """

    plan: Plan
    pivot: Floats
    unit: Floats
    root: Floats

    @property
    def log_det(self) -> float:
        """Logarithm of the determinant."""
        outside = self.pivot[: self.plan.n - len(self.root)]
        return float(np.log(outside).sum() + 2.0 * np.log(np.diag(self.root)).sum())

    @cached_property
    def _columns(self) -> tuple[csr_array, ...]:
        """The part of ``L'`` to the right of the nodes of each round."""
        return tuple(
            csr_array(
                (self.unit[one.elements], one.other, one.first),
                shape=(one.nodes.stop - one.nodes.start, self.plan.n - one.nodes.stop),
            )
            for one in self.plan.rounds
        )

    def half_solve(self, B: Floats) -> Floats:
        """``R B`` with ``R'R`` the inverse: rows in no particular order, cross-products ``B'A^-1 B``.

        Parameters
        ----------
        B : numpy.ndarray, shape (n, k)
            Right-hand sides.
        """
        x = self._forward(B)
        outside = self.plan.n - len(self.root)
        x[:outside] /= np.sqrt(self.pivot[:outside, None])
        return x

    def solve(self, B: Floats) -> Floats:
        """``A^-1 B`` for right-hand sides (n, k)."""
        x = self._forward(B)
        outside = self.plan.n - len(self.root)
        x[:outside] /= self.pivot[:outside, None]
        if len(self.root):
            x[outside:] = solve_triangular(self.root, x[outside:], lower=True, trans="T", check_finite=False)
        for one, columns in zip(reversed(self.plan.rounds), reversed(self._columns)):
            x[one.nodes] -= columns @ x[one.nodes.stop :]
        solution = np.empty_like(x)
        solution[self.plan.order] = x
        return solution

    def _forward(self, B: Floats) -> Floats:
        """``L^-1 B`` in the order of elimination; in the dense core divided by its root."""
        x = np.asarray(B, dtype=float)[self.plan.order]
        for one, columns in zip(self.plan.rounds, self._columns):
            x[one.nodes.stop :] -= columns.T @ x[one.nodes]
        if len(self.root):
            outside = self.plan.n - len(self.root)
            x[outside:] = solve_triangular(self.root, x[outside:], lower=True, check_finite=False)
        return x

    def selected_inverse(self) -> tuple[Floats, Floats]:
        """The inverse on the pattern of the plan.

        Returns
        -------
        diagonal : numpy.ndarray, shape (n,)
            Of the inverse.
        below : numpy.ndarray, shape (pairs,)
            At the pairs of the plan, in their order.
        """
        plan = self.plan
        diagonal, element = np.empty(plan.n), np.empty(plan.n_elements)
        if len(self.root):
            inverse, _ = lapack.dpotri(self.root, lower=1)
            diagonal[plan.n - len(inverse) :] = np.diag(inverse)
            element[plan.n_elements - len(plan.core_row) :] = inverse[plan.core_row, plan.core_column]
        for one in reversed(plan.rounds):
            own = self.unit[one.elements]
            # S[i, v] = -sum over neighbours j of S[i, j] L[j, v]
            below = diagonal[one.nodes.stop :][one.other] * own
            if len(one.slot):
                between = element[one.target][one.slot]
                below += np.bincount(one.left, between * own[one.right], len(own))
                below += np.bincount(one.right, between * own[one.left], len(own))
            np.negative(below, out=element[one.elements])
            size = one.nodes.stop - one.nodes.start
            diagonal[one.nodes] = 1.0 / self.pivot[one.nodes] + np.bincount(one.owner, own * below, size)
        in_order = np.empty(plan.n)
        in_order[plan.order] = diagonal
        return in_order, element[plan.place]


# ---- the plan --------------------------------------------------------------------------------------------------


def elimination_plan(row: Ints, column: Ints, n: int) -> Plan:
    """Find an order of elimination that keeps the factor sparse, and write down every step of it.

    Parameters
    ----------
    row, column : numpy.ndarray of int, shape (pairs,)
        Where the matrix may differ from zero below its diagonal; each pair once.
    n : int
        Rows of the matrix.

    Raises
    ------
    ValueError
        When a pair stands twice or on the diagonal, or when what cannot be eliminated sparsely is too large for
        the memory of an ordinary computer.

    Notes
    -----
    Each round takes a maximal set of nodes without links between them among those that have few neighbours: the
    minimum-degree rule with many nodes at a time. The rounds end where they would cost more than the dense
    factorisation of what is left.
    """
    state = _Elimination(np.asarray(row), np.asarray(column), n)
    while True:
        degree = state.degree()
        chosen = state.independent_nodes(degree)
        if not state.pays(degree[chosen]):
            break
        state.eliminate(chosen)
    if len(state.remaining) > LARGEST_CORE:
        raise ValueError(
            f"the levels of the grouping factors are linked so closely that {len(state.remaining):,} of them have "
            f"to be solved together; {LARGEST_CORE:,} is the most that fits in ordinary memory"
        )
    return state.plan()


@dataclass(frozen=True, eq=False)
class _Step:
    """One round in the numbering of nodes and elements in which they were met."""

    nodes: Ints
    elements: Ints
    owner: Ints
    other: Ints
    left: Ints
    right: Ints
    product: Ints


class _Elimination:
    """The graph of what remains, while nodes are being taken out of it."""

    def __init__(self, row: Ints, column: Ints, n: int) -> None:
        low, high = np.minimum(row, column).astype(np.intp), np.maximum(row, column).astype(np.intp)
        if len(low) and (not (low < high).all() or low.min() < 0 or high.max() >= n):
            raise ValueError("pairs lie below the diagonal and within the matrix")
        self.n, self.n_pairs, self.n_elements = n, len(low), len(low)
        self.low, self.high, self.element = low, high, np.arange(len(low))
        if not np.diff(np.sort(low * n + high)).all():
            raise ValueError("each pair stands once")
        self.remaining = np.arange(n)
        self.priority = np.random.default_rng(0).permutation(n)
        self.steps: list[_Step] = []
        self.n_products = 0
        self.table: NDArray[np.int32] | None = None

    def degree(self) -> Ints:
        """Neighbours of each node in what remains."""
        return np.bincount(self.low, minlength=self.n) + np.bincount(self.high, minlength=self.n)

    def independent_nodes(self, degree: Ints) -> Ints:
        """Nodes with few neighbours, no two of them neighbours."""
        if not len(self.remaining):
            return self.remaining
        least = int(degree[self.remaining].min())
        free = np.zeros(self.n, dtype=bool)
        free[self.remaining] = degree[self.remaining] <= max(FREE_DEGREE, least + least // 3)
        rank = degree * self.n + self.priority
        inside = free[self.low] & free[self.high]
        low, high = self.low[inside], self.high[inside]
        chosen = np.zeros(self.n, dtype=bool)
        while True:
            lost = ~free
            lost[np.where(rank[low] > rank[high], low, high)] = True
            won = ~lost
            chosen |= won
            free[won] = False
            free[high[won[low]]] = False
            free[low[won[high]]] = False
            inside = free[low] & free[high]
            low, high = low[inside], high[inside]
            if not len(low):
                chosen |= free
                return np.flatnonzero(chosen)

    def pays(self, degree: Ints) -> bool:
        """Whether eliminating nodes with so many neighbours costs less than leaving them to the dense core."""
        products = int((degree * (degree - 1) // 2).sum())
        if not len(degree) or self.n_products + products > MOST_PRODUCTS:
            return False
        size = float(len(self.remaining))
        gain = DENSE_COST * (size**3 - (size - len(degree)) ** 3)
        return gain > ROUND_COST + PRODUCT_COST * products

    def eliminate(self, chosen: Ints) -> None:
        """Take nodes out; their neighbours become neighbours of each other."""
        is_chosen = np.zeros(self.n, dtype=bool)
        is_chosen[chosen] = True
        from_low, from_high = is_chosen[self.low], is_chosen[self.high]
        mine = from_low | from_high
        owner = np.where(from_low, self.low, self.high)[mine]
        other = np.where(from_low, self.high, self.low)[mine]
        order = np.argsort(owner, kind="stable")
        owner, other, elements = owner[order], other[order], self.element[mine][order]
        left, right = _pairs_within(np.bincount(owner, minlength=self.n)[chosen])

        self.low, self.high, self.element = self.low[~mine], self.high[~mine], self.element[~mine]
        self.remaining = self.remaining[~is_chosen[self.remaining]]
        product = self._elements_between(other[left], other[right])
        self.n_products += len(left)
        self.steps.append(_Step(chosen, elements, owner, other, left, right, product))

    def _elements_between(self, one: Ints, another: Ints) -> Ints:
        """The elements at pairs of nodes; those that were not there yet are made."""
        low, high = np.minimum(one, another), np.maximum(one, another)
        if self.table is None and len(self.remaining) <= TABLE_SIZE:
            self._make_table()
        return self._by_sorting(low, high) if self.table is None else self._by_table(low, high)

    def _by_sorting(self, low: Ints, high: Ints) -> Ints:
        met = len(self.low)
        key = np.concatenate([self.low * self.n + self.high, low * self.n + high])
        keys, which = distinct(key)
        element = np.full(len(keys), -1)
        element[which[:met]] = self.element
        new = np.flatnonzero(element < 0)
        element[new] = self.n_elements + np.arange(len(new))
        self._add(keys[new] // self.n, keys[new] % self.n, element[new])
        return element[which[met:]]

    def _make_table(self) -> None:
        """A square table of the elements between the nodes that remain."""
        self.column_of = np.full(self.n, -1)
        self.column_of[self.remaining] = np.arange(len(self.remaining))
        self.table = np.full((len(self.remaining), len(self.remaining)), -1, dtype=np.int32)
        self.table[self.column_of[self.low], self.column_of[self.high]] = self.element

    def _by_table(self, low: Ints, high: Ints) -> Ints:
        assert self.table is not None
        size = len(self.table)
        flat, key = self.table.ravel(), self.column_of[low] * size + self.column_of[high]
        new = np.flatnonzero(flat[key] < 0)
        # Of several that name the same new pair, the one that the table kept makes it.
        flat[key[new]] = np.arange(len(new), dtype=np.int32)
        new = new[flat[key[new]] == np.arange(len(new))]
        made = self.n_elements + np.arange(len(new))
        flat[key[new]] = made
        self._add(low[new], high[new], made)
        return flat[key].astype(np.intp)

    def _add(self, low: Ints, high: Ints, element: Ints) -> None:
        self.low = np.concatenate([self.low, low])
        self.high = np.concatenate([self.high, high])
        self.element = np.concatenate([self.element, element])
        self.n_elements += len(element)

    def plan(self) -> Plan:
        """What was done, with nodes and elements numbered in the order in which it was done."""
        order = np.concatenate([*(step.nodes for step in self.steps), self.remaining])
        elements = np.concatenate([*(step.elements for step in self.steps), self.element])
        position, place = np.empty(self.n, dtype=np.intp), np.empty(self.n_elements, dtype=np.intp)
        position[order] = np.arange(self.n)
        place[elements] = np.arange(self.n_elements)
        rounds = []
        node, element = 0, 0
        for step in self.steps:
            nodes = slice(node, node + len(step.nodes))
            span = slice(element, element + len(step.elements))
            rounds.append(_in_order(step, nodes, span, position, place))
            node, element = nodes.stop, span.stop
        ends = position[self.low] - node, position[self.high] - node
        return Plan(
            self.n,
            order,
            place[: self.n_pairs],
            self.n_elements,
            tuple(rounds),
            np.maximum(*ends),
            np.minimum(*ends),
        )


def _in_order(step: _Step, nodes: slice, elements: slice, position: Ints, place: Ints) -> Round:
    """A step in the order of elimination."""
    owner = position[step.owner] - nodes.start
    count = np.bincount(owner, minlength=nodes.stop - nodes.start)
    met = np.zeros(len(place), dtype=bool)
    met[place[step.product]] = True
    target = np.flatnonzero(met)
    which = np.empty(len(place), dtype=np.int32)
    which[target] = np.arange(len(target), dtype=np.int32)
    return Round(
        nodes=nodes,
        elements=elements,
        owner=owner.astype(np.int32),
        other=(position[step.other] - nodes.stop).astype(np.int32),
        first=np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        left=step.left.astype(np.int32),
        right=step.right.astype(np.int32),
        target=target,
        slot=which[place[step.product]],
    )


def _pairs_within(sizes: Ints) -> tuple[Ints, Ints]:
    """All pairs of neighbouring items, groups of the given sizes standing one after the other."""
    total = int(sizes.sum())
    ends = np.repeat(np.cumsum(sizes), sizes)
    after = ends - np.arange(total) - 1
    left = np.repeat(np.arange(total), after)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    return left, right


def distinct(key: Ints) -> tuple[Ints, Ints]:
    """The distinct values, in order, and which of them each one is."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    is_new = np.ones(len(key), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    which = np.empty(len(key), dtype=np.intp)
    which[order] = np.cumsum(is_new) - 1
    return ordered[is_new], which
