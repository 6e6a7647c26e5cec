"""The covariance of the rows of a mixed model with any grouping factors, as something that can be divided by.

``V = R + H H'`` with ``R`` diagonal and ``H`` sparse: for each factor its columns times a square root of the
covariance of its random effects, at the levels of each row. Then

    ``V^-1 = R^-1 - R^-1 H (I + H'R^-1 H)^-1 H'R^-1``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_ROWS = 5000
"""Rows that may depend on one another where they are made independent."""
ROWS_AT_ONCE = 600
"""So few rows are faster taken together, whether they depend on one another or not."""


def half_of_factor(columns: Floats, root: Floats, code: Ints, n_levels: int, members: Any = None) -> Any:
    """The part of ``H`` that belongs to one factor.

    Parameters
    ----------
    columns : numpy.ndarray, shape (q, rows)
        Random-effect columns.
    root : numpy.ndarray, shape (q, r)
        With ``root root'`` the covariance of the random effects.
    code : numpy.ndarray of int, shape (rows,)
        Level of each row.
    n_levels : int
        Number of levels.
    members : scipy.sparse array, shape (rows, levels), optional
        Weights of the levels in each row, in place of `code`.
    """
    from scipy import sparse

    rows = np.arange(len(code))
    if members is None:
        members = sparse.csr_array((np.ones(len(code)), (rows, code)), shape=(len(code), n_levels))
    return sparse.hstack([sparse.diags_array(column) @ members for column in root.T @ columns], format="csr")


class WorkingCovariance:
    """``V = R + H H'``.

    Parameters
    ----------
    residual : numpy.ndarray, shape (rows,)
        The diagonal of ``R``.
    halves : sequence of scipy.sparse array, shapes (rows, k)
        The parts of ``H``; none for rows that are independent.
    """

    def __init__(self, residual: Floats, halves: Sequence[Any] = ()) -> None:
        from scipy import sparse
        from scipy.sparse.linalg import splu

        self.residual = residual
        self.half = sparse.hstack(list(halves), format="csr") if halves else None
        if self.half is not None:
            scaled = sparse.diags_array(1.0 / residual) @ self.half
            inner = sparse.eye_array(self.half.shape[1]) + self.half.T @ scaled
            self._inner = splu(sparse.csc_matrix(inner))

    def solve(self, values: Floats) -> Floats:
        """``V^-1`` times values (rows, k)."""
        scaled = values / self.residual[:, None]
        if self.half is None:
            return scaled
        back = self.half @ self._inner.solve(np.ascontiguousarray(self.half.T @ scaled))
        return np.asarray(scaled - back / self.residual[:, None], dtype=float)

    def independent_blocks(self) -> Iterator[Ints]:
        """The rows of each set that shares nothing with the others."""
        n = len(self.residual)
        if self.half is None:
            yield from np.arange(n)[:, None]
            return
        from scipy import sparse
        from scipy.sparse.csgraph import connected_components

        linked = sparse.block_array([[None, self.half], [self.half.T, None]], format="csr")
        label = connected_components(linked, directed=False)[1][:n]
        order = np.argsort(label, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(label[order])) + 1)

    def whitened(self, values: Floats) -> Floats:
        """``L^-1`` times values (rows, k), with ``L L' = V`` and ``L`` lower triangular within each block.

        What each row adds to the rows before it in its block: under the model these are independent, and of
        variance one.

        Raises
        ------
        ValueError
            When a block has more than 5,000 rows.
        """
        from scipy.linalg import solve_triangular

        made = np.empty_like(values)
        small = len(values) <= ROWS_AT_ONCE
        for rows in [np.arange(len(values))] if small else self.independent_blocks():
            if len(rows) > MOST_ROWS:
                raise ValueError(f"{len(rows)} rows depend on one another")
            V = np.diag(self.residual[rows])
            if self.half is not None:
                own = self.half[rows]
                V += (own @ own.T).toarray()
            made[rows] = solve_triangular(np.linalg.cholesky(V), values[rows], lower=True)
        return made
