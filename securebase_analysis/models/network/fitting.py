"""A network and its stability: the network of all children, of children drawn again, and of fewer of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.network_selection import SelectedNetworks, select_networks
from securebase_analysis.engines.partial_correlations import (
    partial_correlations,
    partial_from_precision,
    positive_definite,
)
from securebase_analysis.engines.resample import draw_counts
from securebase_analysis.engines.weighted_correlations import observations_behind, weighted_correlations
from securebase_analysis.models.network.door import Children
from securebase_analysis.models.network.request import Request
from securebase_analysis.results.inference import Floats

CELLS_AT_ONCE = 20_000_000
TOLERANCE = 1e-5
"""Where the searches for resamples end; their networks have the same edges as those of a search to the end."""
SHARES_DROPPED = tuple(round(0.05 * step, 2) for step in range(1, 16))
"""Shares of the children that are left out to see whether the network stays as it is: 5% to 75%."""
RESAMPLES_PER_SUBSET = 10
FEWEST_DRAWS = 10
"""Each of these shares is left out a tenth as often as children are drawn again, at the least so many times."""


@dataclass(frozen=True, eq=False)
class Networks:
    """Networks of the same constructs, of `B` sets of children; NaN throughout where there is none.

    Attributes
    ----------
    edges : numpy.ndarray, shape (B, p, p)
        Partial correlations under the penalty, 0 where there is no edge.
    partial : numpy.ndarray, shape (B, p, p)
        Partial correlations without one.
    """

    edges: Floats
    partial: Floats

    @property
    def strength(self) -> Floats:
        """The sum of the sizes of the edges at each construct, shape (B, p)."""
        return np.asarray(np.abs(self.edges).sum(axis=2))

    @property
    def failed(self) -> int:
        """Sets of children that have no network."""
        return int(np.isnan(self.edges).any(axis=(1, 2)).sum())


@dataclass(frozen=True, eq=False)
class Fitted:
    """The network of all children, those of children drawn with replacement, and those of fewer children.

    Attributes
    ----------
    selected : SelectedNetworks
        The path of penalties of all children.
    whole, drawn : Networks
        Of all children (one), and of the resamples.
    fewer : tuple of Networks
        For each share of `SHARES_DROPPED`, of subsets without that share of the children.
    kept : tuple of float
        Mean number of children in these subsets.
    """

    selected: SelectedNetworks
    whole: Networks
    drawn: Networks
    fewer: tuple[Networks, ...]
    kept: tuple[float, ...]


def fitted_network(children: Children, request: Request) -> Fitted:
    """Fit the network, and fit it again to resamples and subsets of the children.

    Children who share a carer are drawn, and left out, together.
    """
    rng = np.random.default_rng(request.seed)
    selected = select_networks(
        children.correlations, children.n, gamma=request.gamma, threshold=request.threshold, refit=request.refit
    )
    whole = Networks(partial_from_precision(selected.precision), partial_correlations(children.correlations)[None])
    draws = draw_counts(children.n_clusters, request.n_resamples, rng)
    each = max(request.n_resamples // RESAMPLES_PER_SUBSET, FEWEST_DRAWS)
    subsets = [_subsets(children.n_clusters, share, each, rng) for share in SHARES_DROPPED]
    counts = np.concatenate([draws, *subsets])
    networks, n_children = _networks(children, request, counts)
    edges = [request.n_resamples + each * step for step in range(len(SHARES_DROPPED) + 1)]
    parts = [slice(begin, begin + each) for begin in edges[:-1]]
    return Fitted(
        selected,
        whole,
        _part(networks, slice(0, request.n_resamples)),
        tuple(_part(networks, part) for part in parts),
        tuple(float(n_children[part].mean()) for part in parts),
    )


def _part(networks: Networks, part: slice) -> Networks:
    return Networks(networks.edges[part], networks.partial[part])


def _subsets(n_clusters: int, dropped: float, n_draws: int, rng: np.random.Generator) -> Floats:
    """Clusters kept (1) and left out (0), shape (draws, clusters)."""
    kept = max(round(n_clusters * (1.0 - dropped)), 1)
    order = np.argsort(rng.random((n_draws, n_clusters)), axis=1)
    counts = np.zeros((n_draws, n_clusters))
    np.put_along_axis(counts, order[:, :kept], 1.0, axis=1)
    return counts


def _networks(children: Children, request: Request, counts: Floats) -> tuple[Networks, NDArray[np.float64]]:
    """The networks of children who count as often as their clusters were drawn, and how many these are."""
    p = len(children.names)
    r = np.empty((len(counts), p, p))
    n = np.empty(len(counts))
    n_children = np.empty(len(counts))
    at_once = max(1, CELLS_AT_ONCE // len(children.values))
    for begin in range(0, len(counts), at_once):
        part = slice(begin, begin + at_once)
        weights = counts[part][:, children.cluster]
        r[part] = weighted_correlations(children.values, weights, request.missing)
        n[part] = observations_behind(children.values, request.missing, weights)
        n_children[part] = weights.sum(axis=1)
    usable = positive_definite(r) & (n > p)
    edges = np.full_like(r, np.nan)
    if usable.any():
        found = select_networks(
            r[usable], n[usable], gamma=request.gamma, threshold=request.threshold, refit=request.refit,
            whole_path=False, tolerance=TOLERANCE,
        )  # fmt: skip
        edges[usable] = partial_from_precision(found.precision)
    partial = np.where(usable[:, None, None], partial_correlations(r), np.nan)
    return Networks(edges, partial), n_children
