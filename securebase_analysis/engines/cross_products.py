"""What a linear mixed model with one grouping factor needs to know of the data: cross-products per group.

Rows are the last axis of what goes in and groups the last axis of what comes out, so that every operation on
small matrices is one operation on long vectors. Columns are brought to their scale a block of rows at a time: no
second copy of the data is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.boundaries import square_root

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Columns = Sequence[Floats] | Floats
Pair = tuple[int, int]

SAME_PATTERN = 1e-9
"""Groups whose ``Z'Z`` agrees to this absolute tolerance (columns have unit scale) share a pattern."""
ROWS_AT_ONCE = 8192
"""Rows of a block: a block of all columns and their products stays in a processor's cache."""
SAMPLED = 4000
"""Groups in which patterns are looked for first."""
FEW_GROUPS = 400
"""Groups that are faster looked at one by one than merged."""


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Sums over the rows of each group, with ``W = [X, y]``.

    Attributes
    ----------
    sums : numpy.ndarray, shape (q, q + m, groups)
        ``Z'[Z, W]`` of each group; ``m`` is the number of fixed effects plus one.
    WW : numpy.ndarray, shape (m, m)
        ``W'W`` over all rows.
    weight : numpy.ndarray, shape (groups,)
        How many groups of the data each one stands for where only ``Z'Z`` matters.
    n_rows : int
        Rows in all.
    """

    sums: Floats
    WW: Floats
    weight: Floats
    n_rows: int

    @property
    def ZZ(self) -> Floats:
        """``Z'Z`` of each group, shape (q, q, groups)."""
        return self.sums[:, : self.n_random]

    @property
    def ZW(self) -> Floats:
        """``Z'W`` of each group, shape (q, m, groups)."""
        return self.sums[:, self.n_random :]

    @property
    def n_random(self) -> int:
        """Random effects per group."""
        return self.sums.shape[0]

    @property
    def n_fixed(self) -> int:
        """Fixed effects."""
        return len(self.WW) - 1

    @property
    def n_groups(self) -> int:
        """Groups, or stand-ins for groups."""
        return self.sums.shape[2]

    @cached_property
    def root_weight(self) -> Floats | None:
        """Square roots of the weights; None where each group stands for itself."""
        return None if (self.weight == 1.0).all() else np.sqrt(self.weight)


@dataclass(frozen=True, eq=False)
class Scale:
    """How columns are brought to one scale: ``(column - shift) / size``.

    Attributes
    ----------
    shift, size : numpy.ndarray, shape (columns,)
        What is taken off each column, and what the rest is divided by.
    """

    shift: Floats
    size: Floats

    def applied(self, columns: Floats) -> Floats:
        """Columns (columns, rows) brought to the scale."""
        return (columns - self.shift[:, None]) / self.size[:, None]


def as_given(n_columns: int) -> Scale:
    """The scale that leaves columns as they are."""
    return Scale(np.zeros(n_columns), np.ones(n_columns))


def cross_products(
    W: Columns, Z: Columns, group: Ints, n_groups: int, of_W: Scale | None = None, of_Z: Scale | None = None
) -> CrossProducts:
    """Sum the products of columns within each group.

    Parameters
    ----------
    W : sequence of numpy.ndarray, shapes (rows,)
        Fixed-effect columns and, last, the outcome.
    Z : sequence of numpy.ndarray, shapes (rows,)
        Random-effect columns.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``, in any order.
    n_groups : int
        Number of groups.
    of_W, of_Z : Scale, optional
        The scales that the products are of; the columns as given by default.
    """
    of_W, of_Z = of_W or as_given(len(W)), of_Z or as_given(len(Z))
    place, columns, scale = _each_once(W, Z, of_W, of_Z)
    needed = _products_needed(tuple(place), len(W))
    sums, WW = np.zeros((len(Z), len(Z) + len(W), n_groups)), np.zeros((len(W), len(W)))
    for code, block in blocks_of_rows(columns, group):
        block = scale.applied(block)
        WW += block[: len(W)] @ block[: len(W)].T
        first = int(code[0])
        span = int(code[-1]) + 1 - first
        code = code - first
        for (left, right), places in needed:
            sums[places[0]][first : first + span] += np.bincount(code, block[left] * block[right], span)
    for _, places in needed:
        for other in places[1:]:
            sums[other] = sums[places[0]]
    return CrossProducts(sums, WW, np.ones(n_groups), len(group))


def blocks_of_rows(columns: Columns, group: Ints) -> Iterator[tuple[Ints, Floats]]:
    """Codes and columns (columns, rows) of a block of rows after the other, in the order of the groups."""
    n_rows = len(group)
    in_order = bool((group[1:] >= group[:-1]).all())
    order = None if in_order else np.argsort(group, kind="stable")
    for start in range(0, n_rows, ROWS_AT_ONCE):
        rows: slice | Ints = slice(start, start + ROWS_AT_ONCE)
        if order is not None:
            rows = order[rows]
        yield group[rows], np.array([column[rows] for column in columns], dtype=float)


def _each_once(W: Columns, Z: Columns, of_W: Scale, of_Z: Scale) -> tuple[list[int], list[Floats], Scale]:
    """Columns of W and those of Z that are not among them, and the place of each column of Z.

    Random columns are mostly fixed columns too; no product of these is summed twice.
    """
    columns, place = list(W), []
    shift, size = list(of_W.shift), list(of_W.size)
    for z, z_shift, z_size in zip(Z, of_Z.shift, of_Z.size):
        twin = next(
            (j for j, w in enumerate(W) if (shift[j], size[j]) == (z_shift, z_size) and _same(w, z)), len(columns)
        )
        place.append(twin)
        if twin == len(columns):
            columns.append(z)
            shift.append(z_shift)
            size.append(z_size)
    return place, columns, Scale(np.array(shift), np.array(size))


def _same(one: Floats, other: Floats) -> bool:
    """Whether two columns are the same; views of one column are known without looking."""
    if one is other or (one.ctypes.data == other.ctypes.data and one.strides == other.strides):
        return True
    return bool(one[0] == other[0]) and bool((one == other).all())


@lru_cache(maxsize=64)
def _products_needed(place: tuple[int, ...], m: int) -> list[tuple[Pair, list[Pair]]]:
    """Pairs of columns whose products are summed, and the places of ``Z'[Z, W]`` at which each sum stands."""
    needed: dict[Pair, list[Pair]] = {}
    for a, left in enumerate(place):
        for j, right in enumerate((*place, *range(m))):
            needed.setdefault((min(left, right), max(left, right)), []).append((a, j))
    return list(needed.items())


# ---- fewer groups, the same likelihood -------------------------------------------------------------------------


def merge_patterns(products: CrossProducts, largest: int = 2000) -> CrossProducts:
    """Let a few stand-ins take the place of all groups that were observed at the same times.

    Groups with equal ``Z'Z`` enter the likelihood only through the sum of ``vec(Z'W) vec(Z'W)'``. A square root
    of that sum has at most ``q m`` rows, and each row is the ``Z'W`` of one stand-in: 20,000 children seen at the
    same four waves become a dozen. Nothing is approximated. Where patterns are many, the groups come back as they
    are.

    Parameters
    ----------
    products : CrossProducts
        Of the groups in the data.
    largest : int
        The number of patterns above which merging would not pay.
    """
    q, m, n_groups = products.n_random, len(products.WW), products.n_groups
    size = q * m
    if n_groups < max(FEW_GROUPS, 4 * size) or len(_patterns(products.ZZ[:, :, : SAMPLED // 2])[1]) > SAMPLED // 4:
        return products
    pattern, first = _patterns(products.ZZ)
    if len(first) > largest or n_groups < 4 * size * len(first):
        return products
    own = products.ZZ[:, :, first]
    if any(
        np.abs(own[a, b][pattern] - products.ZZ[a, b]).max() > SAME_PATTERN for a in range(q) for b in range(a, q)
    ):
        return products

    count = np.bincount(pattern)
    order, ends = np.argsort(pattern.astype(np.int16), kind="stable"), np.cumsum(count)
    root = np.stack([_square_root(products.ZW[:, :, order[end - n : end]]) for end, n in zip(ends, count)])
    weight = np.zeros((len(first), size))
    weight[:, 0] = count
    return CrossProducts(
        sums=np.concatenate(
            [
                np.repeat(own, size, axis=2),
                root.transpose(1, 0, 2).reshape(q, m, len(first) * size),
            ],
            axis=1,
        ),
        WW=products.WW,
        weight=weight.ravel(),
        n_rows=products.n_rows,
    )


def _square_root(ZW: Floats) -> Floats:
    """A matrix with ``root root'`` the sum of ``vec(Z'W) vec(Z'W)'`` over groups."""
    vec = ZW.reshape(-1, ZW.shape[2])
    return square_root(vec @ vec.T)


def _patterns(ZZ: Floats) -> tuple[Ints, Ints]:
    """The pattern of each group, and the first group of each pattern; told apart by a random projection."""
    row, column = np.triu_indices(len(ZZ))
    direction = np.random.default_rng(0).normal(size=len(row))
    projected = np.zeros(ZZ.shape[2])
    for weight, a, b in zip(direction, row, column):
        projected += weight * np.round(ZZ[a, b], 10)
    projected = np.round(projected, 9)
    # Sorting all groups takes longer than looking them up among the patterns of some, where these are all.
    known = np.unique(projected[:: max(1, len(projected) // SAMPLED)])
    pattern = np.minimum(np.searchsorted(known, projected), len(known) - 1)
    if (known[pattern] == projected).all():
        first = np.empty(len(known), dtype=np.intp)
        first[pattern[::-1]] = np.arange(len(projected) - 1, -1, -1)
        return pattern, first
    _, first, pattern = np.unique(projected, return_index=True, return_inverse=True)
    return pattern, first


def every_nth(products: CrossProducts, step: int) -> CrossProducts:
    """A systematic sample of the groups, with ``W'W`` and the number of rows in proportion."""
    share = len(range(0, products.n_groups, step)) / products.n_groups
    return CrossProducts(
        sums=np.ascontiguousarray(products.sums[:, :, ::step]),
        WW=products.WW * share,
        weight=products.weight[::step],
        n_rows=round(products.n_rows * share),
    )
