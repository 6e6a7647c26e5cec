"""Rows of data sorted by which variables they have, and what a normal likelihood needs of each such pattern."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

BLOCK = 250_000
"""Numbers that the inverse covariances of one block of patterns may take: what a processor keeps at hand."""


@dataclass(frozen=True, eq=False)
class PatternBlock:
    """Patterns in which equally many variables are missing.

    Attributes
    ----------
    missing : numpy.ndarray of int, shape (patterns, missing)
        The variables that each pattern lacks.
    n : numpy.ndarray, shape (patterns,)
        Rows of each pattern.
    mean : numpy.ndarray, shape (patterns, p)
        Mean of its rows; 0 where missing.
    seen : numpy.ndarray, shape (patterns, p)
        1 where observed and 0 where missing.
    repeated : numpy.ndarray of int, shape (r,)
        Patterns of more than one row.
    scatter : numpy.ndarray, shape (r, p, p)
        Covariance of the rows about their mean, divided by `n`, of each of these; 0 where missing.
    rows : numpy.ndarray of int, shape (rows,)
        Numbers of the rows in the data, pattern by pattern.
    """

    missing: Ints
    n: Floats
    mean: Floats
    seen: Floats
    repeated: Ints
    scatter: Floats
    rows: Ints


@dataclass(frozen=True, eq=False)
class Patterns:
    """All rows of one group.

    Attributes
    ----------
    X : numpy.ndarray, shape (rows, p)
        The data, NaN where missing.
    blocks : tuple of PatternBlock
        The patterns, by the number of variables that are missing.
    n_rows : int
        Rows with at least one value.
    n_empty : int
        Rows without any value, which are left out.
    """

    X: Floats
    blocks: tuple[PatternBlock, ...]
    n_rows: int
    n_empty: int

    @property
    def n_variables(self) -> int:
        """Observed variables."""
        return self.X.shape[1]

    @property
    def n_patterns(self) -> int:
        """Different sets of observed variables."""
        return sum(len(block.n) for block in self.blocks)

    @cached_property
    def seen_together(self) -> Floats:
        """Rows (p, p) in which both of two variables are observed."""
        seen = (~np.isnan(self.X)).astype(float)
        return seen.T @ seen

    @property
    def complete(self) -> bool:
        """Whether no value is missing."""
        return self.n_patterns == 1 and not self.blocks[0].missing.size


def patterns_of(X: ArrayLike) -> Patterns:
    """Sort rows by which variables they have.

    Parameters
    ----------
    X : array, shape (rows, p)
        NaN where missing.

    Raises
    ------
    ValueError
        For values that are infinite, no variable, or no row with a value.
    """
    data = np.array(X, dtype=float)
    if data.ndim != 2 or not data.shape[1]:
        raise ValueError("the data are rows of at least one variable")
    if np.isinf(data).any():
        raise ValueError("values must be finite, or NaN where missing")
    seen = ~np.isnan(data)
    held = np.flatnonzero(seen.any(axis=1))
    if not len(held):
        raise ValueError("no row has a value")
    packed = np.packbits(seen[held], axis=1)
    lacking = (data.shape[1] - seen[held].sum(axis=1)).astype(np.uint32)
    key = np.concatenate([lacking.astype(">u4")[:, None].view(np.uint8).reshape(-1, 4), packed], axis=1)
    order, first, n = _runs(key)
    rows = held[order]
    blocks = []
    for begin, end in _stretches(lacking[order][first], data.shape[1]):
        last = first[end] if end < len(first) else len(rows)
        blocks.append(_block(data, seen, rows[first[begin] : last], first[begin:end] - first[begin], n[begin:end]))
    return Patterns(data, tuple(blocks), len(held), len(data) - len(held))


def observed_moments(patterns: Patterns) -> tuple[Floats, Floats]:
    """Means of what was observed, and covariances of what was observed of both variables; 0 where nothing was."""
    seen = ~np.isnan(patterns.X)
    mean = np.where(seen, patterns.X, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    deviation = np.where(seen, patterns.X - mean, 0.0)
    return mean, deviation.T @ deviation / np.maximum(patterns.seen_together, 1.0)


def _runs(key: NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Order of rows by key, where each different key begins in that order, and its rows."""
    as_one = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1]))).ravel()
    order = np.argsort(as_one, kind="stable")
    in_order = key[order]
    first = np.flatnonzero(np.append(True, (in_order[1:] != in_order[:-1]).any(axis=1)))
    return order, first, np.diff(np.append(first, len(key)))


def _stretches(lacking: NDArray[np.uint32], p: int) -> list[tuple[int, int]]:
    """Ranges of patterns that lack equally many variables, cut into blocks of bearable size."""
    most = max(1, BLOCK // p**2)
    edges = np.flatnonzero(np.diff(lacking)) + 1
    out = []
    for begin, end in zip(np.append(0, edges), np.append(edges, len(lacking))):
        out += [(int(cut), int(min(cut + most, end))) for cut in range(begin, end, most)]
    return out


def _block(data: Floats, seen: Bools, rows: Ints, first: Ints, n: Ints) -> PatternBlock:
    """Sufficient statistics of the patterns that begin at `first` of these rows."""
    observed = seen[rows[first]]
    values = np.where(observed.repeat(n, axis=0), data[rows], 0.0)
    mean = np.add.reduceat(values, first, axis=0) / n[:, None]
    repeated = np.flatnonzero(n > 1)
    scatter = np.empty((len(repeated), data.shape[1], data.shape[1]))
    for number, pattern in enumerate(repeated):
        about = values[first[pattern] : first[pattern] + n[pattern]] - mean[pattern]
        scatter[number] = about.T @ about / n[pattern]
    missing = np.nonzero(~observed)[1].reshape(len(first), -1)
    return PatternBlock(missing, n.astype(float), mean, observed.astype(float), repeated, scatter, rows)
