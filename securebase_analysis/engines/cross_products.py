"""What a linear mixed model with one grouping factor needs to know of the data: cross-products per group.

Rows are the last axis of what goes in and groups the last axis of what comes out, so that every operation on
small matrices is one operation on long vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SAME_PATTERN = 1e-9
"""Groups whose ``Z'Z`` agrees to this absolute tolerance (columns have unit scale) share a pattern."""


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Sums over the rows of each group, with ``W = [X, y]``.

    Attributes
    ----------
    ZZ : numpy.ndarray, shape (q, q, groups)
        ``Z'Z`` of each group.
    ZW : numpy.ndarray, shape (q, m, groups)
        ``Z'W`` of each group; ``m`` is the number of fixed effects plus one.
    WW : numpy.ndarray, shape (m, m)
        ``W'W`` over all rows.
    weight : numpy.ndarray, shape (groups,)
        How many groups of the data each one stands for where only ``Z'Z`` matters.
    n_rows : int
        Rows in all.
    """

    ZZ: Floats
    ZW: Floats
    WW: Floats
    weight: Floats
    n_rows: int

    @property
    def n_random(self) -> int:
        """Random effects per group."""
        return self.ZW.shape[0]

    @property
    def n_fixed(self) -> int:
        """Fixed effects."""
        return self.ZW.shape[1] - 1

    @property
    def n_groups(self) -> int:
        """Groups, or stand-ins for groups."""
        return self.ZW.shape[2]


def cross_products(W: Floats, Z: Floats, group: Ints, n_groups: int) -> CrossProducts:
    """Sum the products of columns within each group.

    Parameters
    ----------
    W : numpy.ndarray, shape (m, rows)
        Fixed-effect columns and, last, the outcome.
    Z : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 to ``n_groups - 1``, in any order.
    n_groups : int
        Number of groups.
    """
    q, m = len(Z), len(W)
    ZZ = np.empty((q, q, n_groups))
    ZW = np.empty((q, m, n_groups))
    # Random columns are mostly fixed columns too; no product is summed twice.
    twin = [next((j for j, w in enumerate(W) if np.array_equal(z, w)), None) for z in Z]
    for a, z in enumerate(Z):
        of_ones = bool(z[0] == 1.0 and (z == 1.0).all())
        for j, w in enumerate(W):
            before = twin.index(j) if j in twin[:a] else None
            if before is not None and twin[a] is not None:
                ZW[a, j] = ZW[before, twin[a]]
            else:
                ZW[a, j] = np.bincount(group, w if of_ones else z * w, n_groups)
        for b in range(a, q):
            ZZ[a, b] = ZZ[b, a] = ZW[a, twin[b]] if twin[b] is not None else np.bincount(group, z * Z[b], n_groups)
    return CrossProducts(ZZ, ZW, W @ W.T, np.ones(n_groups), W.shape[1])


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
    q, m, n_groups = products.ZW.shape
    size = q * m
    if n_groups < 4 * size or len(_patterns(products.ZZ[:, :, :2000])[1]) > 1000:
        return products
    pattern, first = _patterns(products.ZZ)
    if len(first) > largest or n_groups < 4 * size * len(first):
        return products
    if np.abs(np.take(products.ZZ[:, :, first], pattern, axis=2) - products.ZZ).max() > SAME_PATTERN:
        return products

    count = np.bincount(pattern)
    ends = np.cumsum(count)
    vec = np.take(products.ZW.reshape(size, n_groups), np.argsort(pattern.astype(np.int16), kind="stable"), axis=1)
    gram = np.stack([part @ part.T for part in (vec[:, e - c : e] for c, e in zip(count, ends))])
    value, vector = np.linalg.eigh(gram)
    root = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]

    weight = np.zeros((len(first), size))
    weight[:, 0] = count
    return CrossProducts(
        ZZ=np.repeat(products.ZZ[:, :, first], size, axis=2),
        ZW=root.transpose(1, 0, 2).reshape(q, m, len(first) * size),
        WW=products.WW,
        weight=weight.ravel(),
        n_rows=products.n_rows,
    )


def _patterns(ZZ: Floats) -> tuple[Ints, Ints]:
    """The pattern of each group, and the first group of each pattern; told apart by a random projection."""
    q = len(ZZ)
    upper = np.triu_indices(q)
    direction = np.random.default_rng(0).normal(size=len(upper[0]))
    projected = direction @ np.round(ZZ[upper], 10)
    _, first, pattern = np.unique(np.round(projected, 9), return_index=True, return_inverse=True)
    return pattern, first


def every_nth(products: CrossProducts, step: int) -> CrossProducts:
    """A systematic sample of the groups, with ``W'W`` and the number of rows in proportion."""
    share = len(range(0, products.n_groups, step)) / products.n_groups
    return CrossProducts(
        ZZ=np.ascontiguousarray(products.ZZ[:, :, ::step]),
        ZW=np.ascontiguousarray(products.ZW[:, :, ::step]),
        WW=products.WW * share,
        weight=products.weight[::step],
        n_rows=round(products.n_rows * share),
    )
