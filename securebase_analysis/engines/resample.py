"""The cluster bootstrap and jackknife for statistics that are functions of sums over clusters.

Clusters (children, interviews) are drawn whole, with replacement. Because a statistic depends on the data through
sums alone, a resample is a row of draw counts and all resamples are one matrix product.

Shapes: ``K`` clusters, ``B`` resamples, ``S`` sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""From sums of shape (n, S) to statistics of shape (n, terms)."""

CELLS_AT_ONCE = 8_000_000
MOST_BLOCKS = 400


def draw_counts(n_clusters: int, n_resamples: int, rng: np.random.Generator) -> Floats:
    """How often each cluster is drawn in each resample, shape (B, K); every row sums to K."""
    drawn = rng.integers(n_clusters, size=(n_resamples, n_clusters), dtype=np.int64)
    drawn += np.arange(n_resamples)[:, None] * n_clusters
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n_clusters)
    return counts.reshape(n_resamples, n_clusters).astype(float)


def bootstrap(
    sums: Any, statistic: Statistic, n_resamples: int, seed: int, strata: NDArray[Any] | None = None
) -> Floats:
    """Statistics of `n_resamples` draws of whole clusters.

    Parameters
    ----------
    sums : array or sparse array, shape (K, S)
        The sums of each cluster.
    statistic : callable
        From sums of shape (n, S) to statistics of shape (n, terms).
    n_resamples, seed : int
        Number of resamples and start of the random numbers.
    strata : numpy.ndarray, shape (K,), optional
        Clusters are drawn within strata, whose sizes stay as they are.

    Returns
    -------
    numpy.ndarray, shape (B, terms)
        NaN where a resample leaves a statistic undefined.
    """
    n_clusters, n_sums = sums.shape
    strata = np.zeros(n_clusters, dtype=int) if strata is None else strata
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    rng = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // max(n_clusters, n_sums))
    parts = []
    for start in range(0, n_resamples, at_once):
        size = min(at_once, n_resamples - start)
        counts = np.empty((size, n_clusters))
        for clusters in members:
            counts[:, clusters] = draw_counts(len(clusters), size, rng)
        parts.append(statistic(_product(counts, sums)))
    return np.concatenate(parts)


def jackknife(sums: Any, statistic: Statistic) -> Floats:
    """Statistics with one block of clusters left out at a time; a block is one cluster up to 400 clusters.

    Returns
    -------
    numpy.ndarray, shape (blocks, terms)
    """
    n_clusters = sums.shape[0]
    n_blocks = min(n_clusters, MOST_BLOCKS)
    kept = np.ones((n_blocks, n_clusters))
    kept[np.arange(n_clusters) % n_blocks, np.arange(n_clusters)] = 0.0
    at_once = max(1, CELLS_AT_ONCE // max(sums.shape))
    edges = range(0, n_blocks, at_once)
    return np.concatenate([statistic(_product(kept[low : low + at_once], sums)) for low in edges])


def bias_correction(estimates: Floats, replicates: Floats) -> Floats:
    """Normal quantile of the share of replicates below the estimate, ties counted half; NaN without spread."""
    defined = np.isfinite(replicates)
    below = ((replicates < estimates) & defined).sum(axis=0)
    level = (np.isclose(replicates, estimates, rtol=0, atol=1e-12) & defined).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (below + level / 2.0) / defined.sum(axis=0)
    return special.ndtri(np.where((share > 0) & (share < 1), share, np.nan))


def acceleration(left_out: Floats) -> Floats:
    """How fast the standard error changes with the estimate, from jackknife replicates; 0 where not defined."""
    defined = np.isfinite(left_out)
    count = np.maximum(defined.sum(axis=0), 1)
    values = np.where(defined, left_out, 0.0)
    influence = np.where(defined, values.sum(axis=0) / count - values, 0.0)
    spread = (influence**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (influence**3).sum(axis=0) / (6.0 * spread**1.5)
    return np.where(spread > 1e-20, found, 0.0)


def bca_interval(
    replicates: Floats, bias: Floats, speed: Floats, n_clusters: NDArray[np.int64], conf_level: float
) -> tuple[Floats, Floats]:
    """Bias-corrected and accelerated bootstrap interval, widened for few clusters.

    Where no correction is defined (every replicate on one side) the percentiles are used as they are.

    Parameters
    ----------
    replicates : numpy.ndarray, shape (B, terms)
        Bootstrap replicates, NaN where undefined (left out).
    bias, speed : numpy.ndarray, shape (terms,)
        Bias correction and acceleration.
    n_clusters : numpy.ndarray, shape (terms,)
        Clusters that a term rests on.
    conf_level : float
        Level of the interval.

    Notes
    -----
    Efron, B. (1987). Better bootstrap confidence intervals. A bootstrap over K clusters spreads by
    sqrt((K - 1) / K) too little and takes the normal quantile where t is due; the quantile is therefore
    sqrt(K / (K - 1)) times that of t with K - 1 degrees of freedom (Hesterberg, T. C. (2015). What teachers should
    know about the bootstrap).
    """
    upper = 0.5 + conf_level / 2.0
    enough = np.maximum(np.asarray(n_clusters, float), 2.0)
    reach = np.sqrt(enough / (enough - 1.0)) * special.stdtrit(enough - 1.0, upper)
    bias, speed = np.nan_to_num(bias), np.nan_to_num(speed)
    low, high = np.full(replicates.shape[1], np.nan), np.full(replicates.shape[1], np.nan)
    for term in range(replicates.shape[1]):
        values = replicates[:, term]
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        low[term], high[term] = np.quantile(values, _bca_levels(bias[term], speed[term], reach[term]))
    return low, high


def _bca_levels(bias: float, speed: float, reach: float) -> Floats:
    """Levels of the two quantiles; far out, where the acceleration has no further end, that end is the last."""
    shift = bias + np.array([-reach, reach])
    slack = 1.0 - speed * shift
    far = np.where(slack > 0.0, shift / np.where(slack > 0.0, slack, 1.0), np.copysign(np.inf, shift))
    return np.asarray(special.ndtr(bias + far))


def _product(weights: Floats, sums: Any) -> Floats:
    """Weights times sums, for dense and sparse sums alike."""
    return weights @ sums if isinstance(sums, np.ndarray) else np.asarray((sums.T @ weights.T).T)
