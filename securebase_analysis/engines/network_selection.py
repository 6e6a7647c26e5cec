"""Which of a path of penalised networks to keep: that with the least extended Bayesian information criterion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.graphical_lasso import TOLERANCE, GraphicalLasso, graphical_lasso

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

N_PENALTIES = 100
SMALLEST_SHARE = 0.01
"""The smallest penalty as a share of the largest."""
STEP_DOWN = SMALLEST_SHARE ** (1.0 / (N_PENALTIES - 1))
"""Each penalty as a share of the one before."""
MATRICES_AT_ONCE = 10
"""Matrices whose whole paths are followed side by side."""
MAY_LEAVE = 2
"""Edges that may leave again further down the path: now and then one does."""


@dataclass(frozen=True, eq=False)
class SelectedNetworks:
    """The network kept of each of `n` correlation matrices.

    Attributes
    ----------
    precision : numpy.ndarray, shape (n, p, p)
        The inverse covariance that was kept.
    penalty : numpy.ndarray, shape (n,)
        Its penalty.
    place : numpy.ndarray of int, shape (n,)
        Its place on the path, 0 for the largest penalty.
    ebic : numpy.ndarray, shape (penalties, n)
        The criterion along the path.
    n_edges : numpy.ndarray of int, shape (penalties, n)
        Edges along the path.
    penalties : numpy.ndarray, shape (penalties, n)
        The path.
    converged : numpy.ndarray of bool, shape (n,)
        Whether every search on the path ended.
    """

    precision: Floats
    penalty: Floats
    place: Ints
    ebic: Floats
    n_edges: Ints
    penalties: Floats
    converged: Bools


def select_networks(
    correlations: ArrayLike,
    n: ArrayLike,
    *,
    gamma: float = 0.5,
    threshold: bool = False,
    refit: bool = False,
    whole_path: bool = True,
    tolerance: float = TOLERANCE,
) -> SelectedNetworks:
    """Follow the graphical lasso down a path of penalties and keep the network with the least EBIC.

    Parameters
    ----------
    correlations : array, shape (p, p) or (k, p, p)
        Correlation matrices, positive definite.
    n : array, shape () or (k,)
        Observations behind each.
    gamma : float
        How much the number of possible edges counts; 0 is the ordinary criterion.
    threshold : bool
        Set elements of the inverse below ``log(p (p - 1) / 2) / sqrt(n)`` to zero, which keeps fewer false edges.
    refit : bool
        Estimate the edges that were kept once more, without a penalty.
    whole_path : bool
        Whether to see all of it. Without it the path is left where the criterion cannot become less any more,
        which saves time with many matrices; the criterion further down is then infinite.
    tolerance : float
        Where the searches end.

    Returns
    -------
    SelectedNetworks

    Notes
    -----
    ``EBIC = -2 L + E log n + 4 gamma E log p`` with ``L = n / 2 (log det K - trace(S K))`` and E edges (Foygel &
    Drton 2010). The path has 100 penalties, evenly spaced on the log scale from the largest correlation, at which
    every edge is gone, to a hundredth of it; of equal values the smaller penalty is kept. The threshold is that
    of Janková & van de Geer (2018) as networks of symptoms use it (Epskamp & Fried 2018, Psychol Methods 23).

    References
    ----------
    Foygel & Drton (2010), Advances in Neural Information Processing Systems 23.

    Examples
    --------
    >>> r = np.array([[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]])
    >>> found = select_networks(r, 200)
    >>> found.n_edges[found.place[0], 0].item(), (found.precision[0] != 0).sum().item()
    (2, 7)
    """
    S = np.atleast_3d(np.asarray(correlations, dtype=float).T).T
    path = _Path.begun(S, np.broadcast_to(np.asarray(n, dtype=float), len(S)), gamma, threshold)
    if whole_path:
        _side_by_side(path, tolerance)
    else:
        _step_by_step(path, tolerance)
    kept = _without_penalty(S, path.kept != 0.0, tolerance) if refit else path.kept
    return path.ended(kept)


@dataclass(frozen=True, eq=False)
class _Path:
    """What is known of the path; its arrays are filled step by step."""

    S: Floats
    n: Floats
    gamma: float
    threshold: bool
    penalties: Floats
    ebic: Floats
    n_edges: Ints
    kept: Floats
    converged: Bools

    @classmethod
    def begun(cls, S: Floats, n: Floats, gamma: float, threshold: bool) -> _Path:
        """Before the first step; the penalties are evenly spaced even where nothing correlates."""
        largest = np.abs(S[:, ~np.eye(S.shape[-1], dtype=bool)]).max(axis=1)
        penalties = STEP_DOWN ** np.arange(N_PENALTIES)[:, None] * np.maximum(largest, 1e-12)
        ebic, n_edges = np.full(penalties.shape, np.inf), np.zeros(penalties.shape, dtype=np.intp)
        kept, converged = np.zeros_like(S), np.ones(len(S), dtype=bool)
        return cls(S, n, gamma, threshold, penalties, ebic, n_edges, kept, converged)

    def take(self, step: int, live: Ints, precision: Floats, converged: Bools) -> None:
        """Hold the networks of one penalty against the best so far; of equal ones the later is kept."""
        K = _thresholded(precision, self.n[live]) if self.threshold else precision
        edges = (np.triu(K, 1) != 0.0).sum(axis=(1, 2))
        criterion = extended_bic(self.S[live], K, self.n[live], edges, self.gamma)
        best = criterion <= self.ebic[:, live].min(axis=0)
        self.kept[live[best]] = K[best]
        self.ebic[step, live], self.n_edges[step, live] = criterion, edges
        self.converged[live] &= converged

    def hopeless(self, step: int, live: Ints) -> Bools:
        """Where no likelihood, not even that without a penalty, could make up for the edges there are by now."""
        S, n = self.S[live], self.n[live]
        best_fit = n * (np.linalg.slogdet(S)[1] + S.shape[-1])
        least = best_fit + np.maximum(self.n_edges[step, live] - MAY_LEAVE, 0) * _price(n, S.shape[-1], self.gamma)
        found: Bools = least > self.ebic[:, live].min(axis=0)
        return found

    def ended(self, kept: Floats) -> SelectedNetworks:
        """The answer."""
        place = len(self.ebic) - 1 - np.argmin(self.ebic[::-1], axis=0)
        penalty = self.penalties[place, np.arange(len(place))]
        return SelectedNetworks(kept, penalty, place, self.ebic, self.n_edges, self.penalties, self.converged)


def _side_by_side(path: _Path, tolerance: float) -> None:
    """All penalties at once, a few matrices at a time: the fastest way where there are few."""
    for begin in range(0, len(path.S), MATRICES_AT_ONCE):
        live = np.arange(begin, min(begin + MATRICES_AT_ONCE, len(path.S)))
        S = np.concatenate([path.S[live]] * N_PENALTIES)
        found = graphical_lasso(S, path.penalties[:, live].reshape(-1, 1, 1), tolerance=tolerance)
        for step in range(N_PENALTIES):
            mine = slice(step * len(live), (step + 1) * len(live))
            path.take(step, live, found.precision[mine], found.converged[mine])


def _step_by_step(path: _Path, tolerance: float) -> None:
    """Down the path, each penalty from the solution before, as long as something can be gained."""
    found: GraphicalLasso | None = None
    live = np.arange(len(path.S))
    for step, rho in enumerate(path.penalties):
        found = graphical_lasso(
            path.S[live], rho[live, None, None], start=found, shrink=STEP_DOWN, tolerance=tolerance
        )
        path.take(step, live, found.precision, found.converged)
        going = ~path.hopeless(step, live)
        live, found = live[going], found.of(going)
        if not len(live):
            break


def _price(n: Floats, p: int, gamma: float) -> Floats:
    """What each edge costs in the criterion."""
    return np.asarray(np.log(n) + 4.0 * gamma * np.log(p))


def extended_bic(S: Floats, K: Floats, n: Floats, n_edges: Ints, gamma: float) -> Floats:
    """``-2 L + E log n + 4 gamma E log p``; infinite where K is not positive definite."""
    sign, log_det = np.linalg.slogdet(K)
    log_likelihood = n / 2.0 * (log_det - np.einsum("kij,kij->k", S, K))
    criterion = -2.0 * log_likelihood + n_edges * _price(n, S.shape[-1], gamma)
    return np.where(sign > 0, criterion, np.inf)


def _thresholded(K: Floats, n: Floats) -> Floats:
    """Elements that are no larger than chance makes them, set to zero."""
    p = K.shape[-1]
    least = np.log(p * (p - 1) / 2.0) / np.sqrt(n)
    kept = (np.abs(K) >= least[:, None, None]) | np.eye(p, dtype=bool)
    return np.where(kept, K, 0.0)


def _without_penalty(S: Floats, edges: Bools, tolerance: float) -> Floats:
    """The inverse covariances of greatest likelihood among those with these edges."""
    return graphical_lasso(S, np.where(edges, 0.0, np.inf), tolerance=tolerance).precision
