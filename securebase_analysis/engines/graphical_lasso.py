"""The graphical lasso: an inverse covariance in which the partial correlations that say little are exactly zero.

For a covariance S and a penalty rho it maximises

    log det K - trace(S K) - sum over i != j of rho |K_ij|

over positive definite K. Column by column of W = K^-1 this is a lasso regression of one variable on the others, in
which W stands for the sums of squares (block coordinate descent; Friedman, Hastie & Tibshirani 2008,
Biostatistics 9). Many problems of one size, such as the resamples of a bootstrap, are solved side by side: a step
is made for one coordinate of all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TOLERANCE = 1e-8
"""Change of a sweep over all columns, of slopes between variables in standard units, at which the search ends."""
MOST_SWEEPS = 500
"""Sweeps over all columns before the search gives up."""
MOST_STEPS = 2
"""Sweeps over the coefficients of one column before the next is taken; to solve a column to the end while the
others still move takes longer."""


@dataclass(frozen=True, eq=False)
class GraphicalLasso:
    """The solutions of `n` problems of `p` variables.

    Attributes
    ----------
    covariance : numpy.ndarray, shape (n, p, p)
        W; its diagonal is that of S.
    precision : numpy.ndarray, shape (n, p, p)
        K, symmetric, with exact zeros.
    converged : numpy.ndarray of bool, shape (n,)
        Whether the search ended.
    coefficients : numpy.ndarray, shape (n, p, p)
        Row j: the lasso regression of variable j on the others; a warm start for the next penalty.
    """

    covariance: Floats
    precision: Floats
    converged: Bools
    coefficients: Floats

    def of(self, chosen: Bools) -> GraphicalLasso:
        """Some of the problems."""
        return GraphicalLasso(
            self.covariance[chosen], self.precision[chosen], self.converged[chosen], self.coefficients[chosen]
        )


def graphical_lasso(
    S: ArrayLike,
    penalty: ArrayLike,
    *,
    start: GraphicalLasso | None = None,
    shrink: ArrayLike = 1.0,
    tolerance: float = TOLERANCE,
) -> GraphicalLasso:
    """Solve the graphical lasso for one covariance or for many; the diagonal is not penalised.

    Parameters
    ----------
    S : array, shape (p, p) or (n, p, p)
        Covariances or correlations.
    penalty : array, broadcast to shape (n, p, p)
        rho of each pair, for instance of shape (n, 1, 1); ``inf`` holds a pair at zero, 0 leaves it free.
    start : GraphicalLasso, optional
        The solution for a larger penalty.
    shrink : array, shape (n,)
        This penalty as a share of that of `start`.
    tolerance : float
        Change of a sweep, of slopes in standard units, at which the search ends.

    Raises
    ------
    ValueError
        When S is not square, or a variance is not positive.

    Notes
    -----
    W must stay positive definite and within the penalty of S. A solution for a larger penalty is therefore drawn
    towards S, ``S + shrink (W - S)``, before it serves as a start; that is also where it would be if no pair came
    in or left. Without a start the search begins with a matrix between S and its diagonal.

    Examples
    --------
    >>> S = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.0]])
    >>> graphical_lasso(S, 0.2).precision.round(3).tolist()[0]
    [[1.099, -0.33, 0.0], [-0.33, 1.109, -0.101], [0.0, -0.101, 1.01]]
    """
    covariances = np.atleast_3d(np.asarray(S, dtype=float).T).T
    if covariances.shape[-1] != covariances.shape[-2]:
        raise ValueError("a covariance is a square matrix")
    if not (np.diagonal(covariances, axis1=1, axis2=2) > 0.0).all():
        raise ValueError("variances must be positive")
    # Problems lie along the last axis, so that each step runs over memory in one go.
    s = np.ascontiguousarray(covariances.transpose(1, 2, 0))
    rho = np.ascontiguousarray(
        np.broadcast_to(np.asarray(penalty, dtype=float), covariances.shape).transpose(1, 2, 0)
    )
    if start is None:
        W, beta = _between_s_and_its_diagonal(s, rho), np.zeros_like(s)
    else:
        W = s + np.asarray(shrink, dtype=float) * (start.covariance.transpose(1, 2, 0) - s)
        beta = start.coefficients.transpose(1, 2, 0).copy()
    converged = _search(s, rho, W, beta, tolerance)
    return GraphicalLasso(
        W.transpose(2, 0, 1), _precision(W, beta).transpose(2, 0, 1), converged, beta.transpose(2, 0, 1)
    )


def _between_s_and_its_diagonal(s: Floats, rho: Floats) -> Floats:
    """As near to the diagonal as the penalties allow: positive definite even where S only just is not."""
    off = ~np.eye(len(s), dtype=bool)[:, :, None]
    size = np.abs(s)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(off & (size > 0.0), rho / size, np.inf).min(axis=(0, 1))
    return np.where(off, s * (1.0 - np.minimum(share, 1.0)), s)


def _search(s: Floats, rho: Floats, W: Floats, beta: Floats, tolerance: float) -> Bools:
    """Sweep over the columns of all problems until none moves; W and beta are changed in place.

    That W stands still is not enough: each of its elements belongs to two columns, and the second can make good
    what the first, whose regression is not solved yet, has put there.
    """
    p, n = len(s), s.shape[2]
    live = np.arange(n)
    root = np.sqrt(s.diagonal().T)
    unit = root[None] / root[:, None]
    for _ in range(MOST_SWEEPS):
        everyone = len(live) == n
        part = slice(None) if everyone else live
        own_W, own_beta = W[:, :, part], beta[:, :, part]
        before = own_beta.copy()
        for column in range(p):
            _one_column(s[:, column, part], rho[:, column, part], own_W, own_beta[column], column)
        moved = (np.abs(own_beta - before) * unit[:, :, part]).max(axis=(0, 1))
        if not everyone:
            W[:, :, live], beta[:, :, live] = own_W, own_beta
        live = live[~(moved < tolerance)]
        if not len(live):
            break
    converged = np.array(np.isfinite(W).all(axis=(0, 1)))
    converged[live] = False
    return converged


def _one_column(s: Floats, rho: Floats, W: Floats, beta: Floats, column: int) -> None:
    """The lasso regression of one variable on the others, and what it makes of its row and column of W.

    Shapes: `s`, `rho` and `beta` (p, n), `W` (p, p, n). ``beta[column]`` stays 0.
    """
    p = len(s)
    fitted = np.einsum("kln,ln->kn", W, beta)
    others = [k for k in range(p) if k != column]
    for _ in range(MOST_STEPS):
        for k in others:
            variance = W[k, k]
            pull = s[k] - fitted[k] + variance * beta[k]
            step = (np.maximum(pull - rho[k], 0.0) + np.minimum(pull + rho[k], 0.0)) / variance - beta[k]
            beta[k] += step
            fitted += W[k] * step
    fitted[column] = W[column, column]
    W[column] = fitted
    W[:, column] = fitted


def _precision(W: Floats, beta: Floats) -> Floats:
    """K from the regressions: ``1 / K_jj`` is what the others leave of variable j, ``-K_jk / K_jj`` its slopes.

    Each pair is the mean of its two regressions, and zero where either has it at zero.
    """
    diagonal = 1.0 / (W.diagonal().T - np.einsum("jkn,jkn->jn", W, beta))
    rows = -beta * diagonal[:, None]
    both = (rows != 0.0) & (rows.transpose(1, 0, 2) != 0.0)
    K = np.where(both, (rows + rows.transpose(1, 0, 2)) / 2.0, 0.0)
    places = np.arange(len(W))
    K[places, places] = diagonal
    return K
