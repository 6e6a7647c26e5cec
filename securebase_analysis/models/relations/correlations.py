"""Correlations of each pair of constructs: between children, within them, and with the wave after."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np

from securebase_analysis import theory
from securebase_analysis.engines import correlation
from securebase_analysis.engines.correlation import Jackknifed
from securebase_analysis.models.relations.door import RelatedRows


def split_pairs(rows: RelatedRows) -> Iterable[dict[str, Any]]:
    """Between and within correlations of every pair, on the rows where both are observed."""
    for effect, correlate in (
        ("between", correlation.between_correlation),
        ("within", correlation.within_correlation),
    ):
        for first, second in combinations(rows.names, 2):
            x, y = rows.of(first), rows.of(second)
            seen = np.isfinite(x) & np.isfinite(y)
            group = _renumbered(rows.children[seen])
            enough = seen.sum() > 2 and (effect == "between" or seen.sum() > group.max() + 1)
            found = correlate(x[seen], y[seen], group, _renumbered(rows.clusters[seen])) if enough else None
            yield _pair(effect, first, second, found, rows.children[seen], rows.clusters[seen])


def lagged_pairs(rows: RelatedRows) -> Iterable[dict[str, Any]]:
    """Caregiving now with the benefit at the next wave, for each claim over time: given the benefit now."""
    before, after = _consecutive(rows.step, rows.children)
    for pathway in theory.PATHWAYS:
        if pathway.kind != "over time" or not {pathway.source, pathway.target} <= set(rows.names):
            continue
        x, y_now, y_next = (
            rows.of(pathway.source)[before],
            rows.of(pathway.target)[before],
            rows.of(pathway.target)[after],
        )
        seen = np.isfinite(x) & np.isfinite(y_now) & np.isfinite(y_next)
        children, families = rows.children[before][seen], rows.clusters[before][seen]
        found = (
            correlation.partial_correlation(x[seen], y_next[seen], y_now[seen], _renumbered(families))
            if seen.sum() > 3
            else None
        )
        yield _pair("over time", pathway.source, pathway.target, found, children, families)


def _consecutive(step: np.ndarray, children: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows and of the same child's row at the next wave of the study."""
    order = np.lexsort((step, children))
    same_child = children[order][1:] == children[order][:-1]
    follows = step[order][1:] == step[order][:-1] + 1
    linked = same_child & follows
    return order[:-1][linked], order[1:][linked]


def _renumbered(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]


def _pair(
    effect: str,
    first: str,
    second: str,
    found: Jackknifed | None,
    children: np.ndarray,
    clusters: np.ndarray,
) -> dict[str, Any]:
    """One correlation, with the children and clusters of the rows it was made from."""
    return {
        "effect": effect,
        "first": first,
        "second": second,
        "estimate": found.estimate if found else np.nan,
        "std_error": found.std_error if found else np.nan,
        "z_std_error": found.z_std_error if found else np.nan,
        "n_rows": len(children),
        "n_children": len(np.unique(children)),
        "n_clusters": len(np.unique(clusters)),
        "n_compared": int((np.unique(children, return_counts=True)[1] >= (2 if effect == "within" else 1)).sum()),
    }
