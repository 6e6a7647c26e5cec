"""What a linear mixed model with several grouping factors needs to know of the data: where levels meet, and sums.

A row belongs to one level of each factor, or, where memberships are multiple, to several levels with weights. Two
levels meet where a row belongs to both. ``Z'Z`` differs from zero only where levels meet, so it is kept as a list
of meetings; nothing is ever as large as rows times levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from securebase_analysis.engines.elimination import Plan, distinct, elimination_plan
from securebase_analysis.engines.standard import forth_of, standard_blocks, standardise

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MANY_EFFECTS = 3_000
"""With more random effects than these a design counts as large: searches take their shorter ways."""


@dataclass(frozen=True, eq=False)
class Factor:
    """One grouping factor and the columns whose coefficients vary over its levels.

    Attributes
    ----------
    columns : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    level : numpy.ndarray of int, shape (rows,), or scipy.sparse.csr_array, shape (rows, levels)
        The level of each row, 0 to ``n_levels - 1``; or, for multiple membership, the weight of each level in each
        row.
    n_levels : int
        Number of levels.
    blocks : tuple of tuple of int, optional
        Which of the columns may correlate: each column stands in one block, and columns of different blocks are
        uncorrelated. All may correlate by default.
    """

    columns: Floats
    level: Ints | csr_array
    n_levels: int
    blocks: tuple[tuple[int, ...], ...] | None = None

    @property
    def q(self) -> int:
        """Random effects per level."""
        return len(self.columns)

    @property
    def groups_of_columns(self) -> tuple[tuple[int, ...], ...]:
        """The blocks, or the one block of all columns."""
        return self.blocks if self.blocks is not None else (tuple(range(self.q)),)


@dataclass(frozen=True, eq=False)
class Meeting:
    """The pairs of levels of two factors that meet in a row, and the cross-products of the rows in which they do.

    Attributes
    ----------
    f, g : int
        The two factors; the same one for a factor's levels with themselves, or with each other where memberships
        are multiple.
    level_f, level_g : numpy.ndarray of int, shape (pairs,)
        The levels.
    products : numpy.ndarray, shape (q_f, q_g, pairs)
        ``Z_f'Z_g``.
    own : bool
        Whether each level is paired with itself.
    """

    f: int
    g: int
    level_f: Ints
    level_g: Ints
    products: Floats
    own: bool


@dataclass(frozen=True, eq=False)
class SeveralDesign:
    """The cross-products of a standardised design with several grouping factors; made by `several_design`.

    Random effects are numbered factor by factor, within a factor column by column, within a column level by level.
    Rows have been multiplied by the square root of their weight.

    Attributes
    ----------
    q, n_levels : tuple of int
        Columns and levels of each factor.
    blocks : tuple of tuple of tuple of int
        Which columns of each factor may correlate.
    meetings : tuple of Meeting
        Every pair of levels that meet; those of each factor with itself come first.
    plan : Plan
        The order of elimination for matrices with the pattern of ``Z'Z``; its pairs are those of the meetings.
    ZZ : scipy.sparse.csr_array, shape (random effects, random effects)
        ``Z'Z``.
    ZW : numpy.ndarray, shape (random effects, m)
        ``Z'W`` with ``W = [X, y]``.
    WW : numpy.ndarray, shape (m, m)
        ``W'W``.
    n_rows : int
        Rows.
    X_back : numpy.ndarray, shape (p, p)
        Original columns are ``X_back @ standard``, columns as rows.
    Z_back : tuple of numpy.ndarray, shapes (q, q)
        The same for the columns of each factor.
    holds_mean : numpy.ndarray of bool, shape (p,)
        The column of ones, if there is one.
    y_shift : numpy.ndarray, shape (p,)
        What centring the outcome took off the fixed effects.
    y_scale : float
        What the outcome was divided by.
    log_weights : float
        Sum of the logarithms of the weights.
    rows : tuple of Factor
        The standardised, weighted columns, kept for a new outcome.
    W : numpy.ndarray, shape (m, rows)
        The standardised, weighted fixed-effect columns and outcome.
    root_weight : numpy.ndarray, shape (rows,), optional
        Square root of the weights.
    """

    q: tuple[int, ...]
    n_levels: tuple[int, ...]
    blocks: tuple[tuple[tuple[int, ...], ...], ...]
    meetings: tuple[Meeting, ...]
    plan: Plan
    ZZ: csr_array
    ZW: Floats
    WW: Floats
    n_rows: int
    X_back: Floats
    Z_back: tuple[Floats, ...]
    holds_mean: NDArray[np.bool_]
    y_shift: Floats
    y_scale: float
    log_weights: float
    rows: tuple[Factor, ...]
    W: Floats
    root_weight: Floats | None

    @property
    def is_large(self) -> bool:
        """Whether one evaluation costs so much that a search had better be sparing of them."""
        return self.plan.n > MANY_EFFECTS

    @property
    def n_fixed(self) -> int:
        """Fixed effects."""
        return len(self.X_back)

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """Where the random effects of each factor stand."""
        ends = np.cumsum([q * n for q, n in zip(self.q, self.n_levels)])
        return tuple(slice(int(end) - q * n, int(end)) for end, q, n in zip(ends, self.q, self.n_levels))

    def by_level(self, values: Floats, f: int) -> Floats:
        """The part of values (random effects, ...) that belongs to one factor, shape (q, levels, ...)."""
        return values[self.spans[f]].reshape(self.q[f], self.n_levels[f], *values.shape[1:])

    @cached_property
    def fixed_forth(self) -> Floats:
        """Original fixed effects are this times the standardised ones (and ``y_scale``, ``y_shift``)."""
        return forth_of(self.X_back)

    @cached_property
    def random_forth(self) -> tuple[Floats, ...]:
        """Original random effects of each factor are this times the standardised ones (and ``y_scale``)."""
        return tuple(forth_of(back) for back in self.Z_back)

    def with_outcome(self, y: Floats) -> SeveralDesign:
        """The same design with another outcome (rows,), without looking at the columns again."""
        W = self.W.copy()
        y_shift, y_scale = _standard_outcome(y, self.holds_mean, W[-1])
        if self.root_weight is not None:
            W[-1] *= self.root_weight
        ZW = self.ZW.copy()
        ZW[:, -1] = np.concatenate([_sums(factor, W[-1:]) for factor in self.rows])[:, 0]
        return replace(self, W=W, WW=W @ W.T, ZW=ZW, y_shift=y_shift, y_scale=y_scale)


def several_design(y: Floats, X: Floats, factors: Sequence[Factor], weight: Floats | None = None) -> SeveralDesign:
    """Standardise the columns of a mixed model with several grouping factors, and find where their levels meet.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : numpy.ndarray, shape (p, rows)
        Fixed-effect columns.
    factors : sequence of Factor
        The grouping factors, nested, crossed or of multiple membership in any combination.
    weight : numpy.ndarray, shape (rows,), optional
        Positive weights: the residual variance of a row is ``sigma^2 / weight``.

    Raises
    ------
    ValueError
        When weights are not positive, or when levels are linked too closely (see `elimination_plan`).
    """
    if weight is not None and not (np.isfinite(weight).all() and weight.min() > 0.0):
        raise ValueError("weights are positive numbers")
    root = None if weight is None else np.sqrt(weight)
    W = np.empty((len(X) + 1, len(y)))
    X_back, ones = standardise(X, W[:-1])
    holds_mean = np.arange(len(X)) == (-1 if ones is None else ones)
    y_shift, y_scale = _standard_outcome(y, holds_mean, W[-1])
    standard = [_standard_factor(factor, root) for factor in factors]
    if root is not None:
        W *= root
    rows = tuple(factor for factor, _ in standard)
    meetings = _meetings(rows)
    pairs = [_pairs(meeting, rows) for meeting in meetings]
    n = sum(factor.q * factor.n_levels for factor in rows)
    plan = elimination_plan(
        np.concatenate([row for row, _ in pairs]), np.concatenate([column for _, column in pairs]), n
    )
    return SeveralDesign(
        q=tuple(factor.q for factor in rows),
        n_levels=tuple(factor.n_levels for factor in rows),
        blocks=tuple(factor.groups_of_columns for factor in rows),
        meetings=meetings,
        plan=plan,
        ZZ=_products_of_all(meetings, rows, n),
        ZW=np.concatenate([_sums(factor, W) for factor in rows]),
        WW=W @ W.T,
        n_rows=len(y),
        X_back=X_back,
        Z_back=tuple(back for _, back in standard),
        holds_mean=holds_mean,
        y_shift=y_shift,
        y_scale=y_scale,
        log_weights=0.0 if weight is None else float(np.log(weight).sum()),
        rows=rows,
        W=W,
        root_weight=root,
    )


# ---- columns of unit scale -------------------------------------------------------------------------------------


def _standard_outcome(y: Floats, holds_mean: NDArray[np.bool_], out: Floats) -> tuple[Floats, float]:
    """Write the outcome, centred where a fixed effect can hold its mean and of unit scale, to `out`."""
    y_shift = np.where(holds_mean, y.mean(), 0.0)
    np.subtract(y, y_shift.sum(), out=out)
    y_scale = float(np.sqrt(out @ out / len(out))) or 1.0
    out /= y_scale
    return y_shift, y_scale


def _standard_factor(factor: Factor, root_weight: Floats | None) -> tuple[Factor, Floats]:
    """The factor with columns of unit scale, block by block, and the way back from them."""
    columns, back = standard_blocks(factor.columns, factor.groups_of_columns)
    if root_weight is not None:
        columns *= root_weight
    return replace(factor, columns=columns), back


# ---- where levels meet -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Membership:
    """Which rows belong to which levels; one entry for each, row by row."""

    row: Ints
    level: Ints
    weight: Floats | None
    first: Ints


def _membership(factor: Factor) -> _Membership:
    level = factor.level
    if isinstance(level, np.ndarray):
        row = np.arange(len(level) + 1)
        return _Membership(row[:-1], level, None, row)
    if not level.has_canonical_format:
        level = level.copy()
        level.sum_duplicates()
    first = level.indptr.astype(np.intp)
    row = np.repeat(np.arange(level.shape[0]), np.diff(first))
    return _Membership(row, level.indices.astype(np.intp), np.asarray(level.data, dtype=float), first)


def _meetings(factors: tuple[Factor, ...]) -> tuple[Meeting, ...]:
    """Every meeting of levels; those of each level with itself come first."""
    member = [_membership(factor) for factor in factors]
    own = [_own(f, factor, member[f]) for f, factor in enumerate(factors)]
    between = []
    for f, factor in enumerate(factors):
        if member[f].weight is not None:
            row, one, another, weight = _together(member[f], member[f])
            apart = one > another
            entries = row[apart], one[apart], another[apart], weight[apart]
            between.append(_between((f, f), (factor, factor), entries))
        for g in range(f + 1, len(factors)):
            between.append(_between((f, g), (factor, factors[g]), _together(member[f], member[g])))
    return (*own, *(meeting for meeting in between if len(meeting.level_f)))


def _own(f: int, factor: Factor, member: _Membership) -> Meeting:
    """The meeting of each level with itself."""
    q, n = factor.q, factor.n_levels
    columns = factor.columns if member.weight is None else factor.columns[:, member.row] * member.weight
    products = np.empty((q, q, n))
    for a in range(q):
        for b in range(a, q):
            products[a, b] = products[b, a] = np.bincount(member.level, columns[a] * columns[b], n)
    return Meeting(f, f, np.arange(n), np.arange(n), products, own=True)


def _together(one: _Membership, another: _Membership) -> tuple[Ints, Ints, Ints, Floats]:
    """Every pair of memberships of one row: the row, the two levels and the product of the weights."""
    if one.weight is None and another.weight is None:
        return one.row, one.level, another.level, np.ones(1)
    count = np.diff(another.first)[one.row]
    left = np.repeat(np.arange(len(one.row)), count)
    within = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    right = another.first[one.row[left]] + within
    weight = np.ones(len(left))
    if one.weight is not None:
        weight *= one.weight[left]
    if another.weight is not None:
        weight *= another.weight[right]
    return one.row[left], one.level[left], another.level[right], weight


def _between(
    which: tuple[int, int], factors: tuple[Factor, Factor], entries: tuple[Ints, Ints, Ints, Floats]
) -> Meeting:
    """The meeting of different levels."""
    one, another = factors
    row, level_one, level_another, weight = entries
    key, pair = distinct(level_one * another.n_levels + level_another)
    of_one, of_another = one.columns, another.columns
    if weight.shape == row.shape:
        of_one, of_another = of_one[:, row] * weight, of_another[:, row]
    products = np.array([[np.bincount(pair, c * d, len(key)) for d in of_another] for c in of_one], dtype=float)
    return Meeting(*which, key // another.n_levels, key % another.n_levels, products, own=False)


def _sums(factor: Factor, W: Floats) -> Floats:
    """``Z'W`` of one factor, shape (q * levels, m)."""
    member = _membership(factor)
    sums = np.empty((factor.q, factor.n_levels, len(W)))
    for a, column in enumerate(factor.columns):
        for j, w in enumerate(W):
            product = column * w
            if member.weight is not None:
                product = product[member.row] * member.weight
            sums[a, :, j] = np.bincount(member.level, product, factor.n_levels)
    return sums.reshape(-1, len(W))


def _pairs(meeting: Meeting, factors: tuple[Factor, ...]) -> tuple[Ints, Ints]:
    """The pairs below the diagonal that a meeting fills: all products, or those below their own diagonal."""
    start = np.cumsum([0, *(factor.q * factor.n_levels for factor in factors)])
    f, g = meeting.f, meeting.g
    q_f, q_g, _ = meeting.products.shape
    a, b = np.tril_indices(q_f, -1) if meeting.own else (x.ravel() for x in np.indices((q_f, q_g)))
    row = start[f] + a[:, None] * factors[f].n_levels + meeting.level_f
    return row.ravel(), (start[g] + b[:, None] * factors[g].n_levels + meeting.level_g).ravel()


def _products_of_all(meetings: tuple[Meeting, ...], factors: tuple[Factor, ...], n: int) -> csr_array:
    """``Z'Z``."""
    start = np.cumsum([0, *(factor.q * factor.n_levels for factor in factors)])
    rows, columns, values = [], [], []
    for meeting in meetings:
        f, g, shape = meeting.f, meeting.g, meeting.products.shape
        a, b = np.arange(shape[0])[:, None, None], np.arange(shape[1])[:, None]
        row = np.broadcast_to(start[f] + a * factors[f].n_levels + meeting.level_f, shape).ravel()
        column = np.broadcast_to(start[g] + b * factors[g].n_levels + meeting.level_g, shape).ravel()
        rows += [row] if meeting.own else [row, column]
        columns += [column] if meeting.own else [column, row]
        values += [meeting.products.ravel()] * (1 if meeting.own else 2)
    return csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))
