"""The wild cluster bootstrap of one coefficient of linear estimating equations ``X'V^-1 (y - X beta) = 0``.

With ``V = I`` it is that of ordinary least squares. Everything that a draw needs are sums over clusters, so that
all draws are a few products of small matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.rearrangement import TIE, turned_signs
from securebase_analysis.engines.working_covariance import WorkingCovariance

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WEBB = np.sqrt([1.5, 1.0, 0.5])
MOST_STEPS = 80


@dataclass(frozen=True, eq=False)
class WildBootstrap:
    """Sums over clusters of a linear model, and the draws.

    Attributes
    ----------
    estimate, std_error : float
        The coefficient and its cluster-robust standard error (CR1).
    share_y, share_x : numpy.ndarray, shape (clusters,)
        What the residuals of each cluster add to the coefficient; and those of the column tested, where a null
        hypothesis is imposed.
    moved_y, moved_x : numpy.ndarray, shape (p, clusters)
        The same for all coefficients.
    pull : numpy.ndarray, shape (clusters, p)
        What a change of each coefficient takes off the share of a cluster.
    factor : float
        The correction of the robust variance for few clusters.
    draws : numpy.ndarray, shape (B, clusters)
        Multipliers of the residuals of clusters.
    complete : bool
        Whether these are all multipliers there are.
    null_imposed : bool
        Whether residuals are those under the null hypothesis.
    """

    estimate: float
    std_error: float
    share_y: Floats
    share_x: Floats
    moved_y: Floats
    moved_x: Floats
    pull: Floats
    factor: float
    draws: Floats
    complete: bool
    null_imposed: bool

    def statistics(self, effect: float = 0.0) -> Floats:
        """t of every draw if the effect is this one."""
        share, moved = self.share_y, self.moved_y
        if self.null_imposed:
            share, moved = share - effect * self.share_x, moved - effect * self.moved_x
        scores = self.draws * share - (self.draws @ moved.T) @ self.pull.T
        spread = np.sqrt(self.factor * (scores**2).sum(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (self.draws @ share) / spread
        return np.where(spread > 0.0, found, np.inf)

    def p_value(self, effect: float = 0.0) -> float:
        """Share of draws whose t is at least as far from zero as that of the data."""
        own = abs(self.estimate - effect) / self.std_error
        return self._share(int((np.abs(self.statistics(effect)) >= own * (1.0 - TIE)).sum()))

    def _share(self, n_as_far: int) -> float:
        n = len(self.draws)
        return n_as_far / n if self.complete else (1 + n_as_far) / (1 + n)

    def interval(self, conf_level: float) -> tuple[float, float]:
        """The effects that are not rejected at ``1 - conf_level``; endless where the draws cannot reject."""
        alpha = 1.0 - conf_level
        if not self.null_imposed:
            sizes = np.sort(np.abs(self.statistics()))[::-1]
            place = int(np.floor(alpha * (len(sizes) + (not self.complete)) - (not self.complete) + TIE))
            reach = np.inf if place < 0 else float(sizes[min(place, len(sizes) - 1)])
            return self.estimate - reach * self.std_error, self.estimate + reach * self.std_error
        return self._end(alpha, -1.0), self._end(alpha, 1.0)

    def _end(self, alpha: float, side: float) -> float:
        """Where effects on one side of the estimate begin to be rejected, by halving."""
        inside, outside = 0.0, 2.0
        while self.p_value(self.estimate + side * outside * self.std_error) > alpha:
            inside, outside = outside, 2.0 * outside
            if outside > 1e4:
                return side * np.inf
        for _ in range(MOST_STEPS):
            middle = (inside + outside) / 2.0
            if middle in (inside, outside):
                break
            rejected = self.p_value(self.estimate + side * middle * self.std_error) <= alpha
            inside, outside = (inside, middle) if rejected else (middle, outside)
        return self.estimate + side * inside * self.std_error


def wild_bootstrap(
    y: Floats, X: Floats, tested: int, cluster: Ints, n_draws: int, seed: int, webb: bool,
    null_imposed: bool = True, covariance: WorkingCovariance | None = None,
) -> WildBootstrap:  # fmt: skip
    """Prepare the wild cluster bootstrap of one coefficient.

    Parameters
    ----------
    y : numpy.ndarray, shape (rows,)
        Outcome.
    X : numpy.ndarray, shape (p, rows)
        Columns of the model.
    tested : int
        Place of the column tested.
    cluster : numpy.ndarray of int, shape (rows,)
        Cluster of each row.
    n_draws, seed : int
        Number of draws and start of the random numbers. All signs are taken where there are no more than these.
    webb : bool
        Webb's six values in place of signs.
    null_imposed : bool
        Residuals of the model without the effect, rather than of the model with it.
    covariance : WorkingCovariance, optional
        ``V``; the identity by default.

    Notes
    -----
    The robust variance is ``G / (G - 1) (n - 1) / (n - p)`` times the sum of squared scores (CR1).
    """
    n, n_clusters = len(y), int(cluster.max()) + 1
    covariance = covariance or WorkingCovariance(np.ones(n))
    others = np.delete(np.arange(len(X)), tested)
    coefficients, of_others = _coefficients(X, covariance), _coefficients(X[others], covariance)
    own = coefficients[tested]

    def left_by_others(values: Floats) -> Floats:
        return np.asarray(values - (of_others @ values) @ X[others], dtype=float)

    def over_clusters(weights: Floats, values: Floats) -> Floats:
        return np.array([np.bincount(cluster, row * values, n_clusters) for row in weights])

    beta = coefficients @ y
    residual = y - beta @ X
    factor = n_clusters / (n_clusters - 1.0) * (n - 1.0) / (n - len(X))
    scores = np.bincount(cluster, own * residual, n_clusters)
    kept, along = (left_by_others(y), left_by_others(X[tested])) if null_imposed else (residual, 0.0 * y)
    rng = np.random.default_rng(seed)
    draws, complete = (_webb(n_clusters, n_draws, rng), False) if webb else turned_signs(n_clusters, n_draws, rng)
    return WildBootstrap(
        estimate=float(beta[tested]),
        std_error=float(np.sqrt(factor * (scores**2).sum())),
        share_y=over_clusters(own[None], kept)[0],
        share_x=over_clusters(own[None], along)[0],
        moved_y=over_clusters(coefficients, kept),
        moved_x=over_clusters(coefficients, along),
        pull=over_clusters(X, own).T,
        factor=factor,
        draws=draws,
        complete=complete,
        null_imposed=null_imposed,
    )


def _coefficients(X: Floats, covariance: WorkingCovariance) -> Floats:
    """The matrix (p, rows) that makes the coefficients from an outcome."""
    if not len(X):
        return np.empty_like(X)
    weighted = covariance.solve(X.T)
    return np.asarray(np.linalg.solve(X @ weighted, weighted.T), dtype=float)


def _webb(n_clusters: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """Webb's multipliers: plus and minus the roots of 3/2, 1 and 1/2, each as likely as the others."""
    return rng.choice(np.concatenate([WEBB, -WEBB]), size=(n_draws, n_clusters))
