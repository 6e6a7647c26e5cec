"""How much coders or raters of the same thing differ, pooled over everything that more than one of them saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_DEGREES = 5
"""Fewest degrees of freedom before a construct has a variance of its own."""


def pooled_variance(scores: Floats, seen: NDArray[np.int_]) -> Floats:
    """Variance between coders of the same source, pooled over sources.

    Parameters
    ----------
    scores : numpy.ndarray, shape (pairs, constructs)
        One row per source and coder; NaN where there is no score.
    seen : numpy.ndarray of int, shape (pairs,)
        The source of each row.

    Returns
    -------
    numpy.ndarray, shape (constructs,)
        Of each construct where it has five degrees of freedom, of all constructs together elsewhere; NaN when even
        these have fewer.
    """
    present = ~np.isnan(scores)
    n_sources = int(seen.max()) + 1 if len(seen) else 0
    counts = np.zeros((n_sources, scores.shape[1]))
    totals = np.zeros_like(counts)
    np.add.at(counts, seen, present.astype(float))
    np.add.at(totals, seen, np.where(present, scores, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (totals / counts)[seen]
        squares = np.where(present, (scores - means) ** 2, 0.0).sum(axis=0)
        degrees = np.maximum(counts - 1.0, 0.0).sum(axis=0)
        own = squares / degrees
        together = squares.sum() / degrees.sum() if degrees.sum() >= FEWEST_DEGREES else np.nan
    return np.where(degrees >= FEWEST_DEGREES, own, together)
