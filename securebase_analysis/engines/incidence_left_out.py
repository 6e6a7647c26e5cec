"""Errors of curves by leaving each row, or each cluster of rows, out: for cohorts of few clusters.

The influence of a cluster is the slope of the curve in its weight. Where few are at risk the curve bends, and the
slope says too little of what happens when the whole cluster is not there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.incidence import Curves, aalen_johansen
from securebase_analysis.engines.risk_table import risk_table

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def left_out(
    quantity: Callable[[Curves], Floats],
    stop: Floats,
    cause: Integers,
    n_causes: int,
    start: Floats | None,
    cluster: Integers,
) -> Floats:
    """How far a quantity moves when each cluster is left out, times the square root of ``(G - 1)/G``.

    Parameters
    ----------
    quantity : callable
        What is asked of the curves, an array of any one shape.
    stop, cause, n_causes, start
        As for `risk_table`.
    cluster : numpy.ndarray of int, shape (n,)
        Cluster of each row, 0 ... G - 1.

    Returns
    -------
    numpy.ndarray, shape (G, ...)
        Squared and added up over clusters they are the variance by the jackknife.

    Notes
    -----
    Where nobody is left to be seen without a cluster, the curve keeps its last value. Miller (1974), The
    jackknife: a review, Biometrika 61.
    """
    whole = quantity(aalen_johansen(risk_table(stop, cause, n_causes, start)))
    n = int(cluster.max()) + 1
    moved = np.zeros((n, *whole.shape))
    if n < 2:
        return np.full_like(moved, np.nan)
    for one in range(n):
        kept = cluster != one
        begin = None if start is None else start[kept]
        moved[one] = quantity(aalen_johansen(risk_table(stop[kept], cause[kept], n_causes, begin))) - whole
    return np.asarray(np.sqrt((n - 1) / n) * moved, dtype=float)
