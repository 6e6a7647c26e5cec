"""What is kept of the correlations of some pairs of variables, whatever their kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CorrelatedPairs:
    """Correlations of pairs of one kind, by maximum likelihood with the margins held.

    Attributes
    ----------
    first, second : numpy.ndarray of int, shape (pairs,)
        The variables.
    correlation : numpy.ndarray, shape (pairs,)
        The estimates.
    at_boundary : numpy.ndarray of bool, shape (pairs,)
        Where the likelihood still rises at the largest correlation that is looked for.
    empty_cells : numpy.ndarray of int, shape (pairs,)
        Cells of the table that nobody is in; 0 where a variable is continuous.
    scores : numpy.ndarray, shape (rows, pairs)
        Derivative of the log-likelihood of each row in the correlation; 0 where a value is missing.
    with_margins : numpy.ndarray, shape (pairs, parameters of the margins)
        Crossproducts of these scores with those in the thresholds, means and variances.
    """

    first: Ints
    second: Ints
    correlation: Floats
    at_boundary: Bools
    empty_cells: Ints
    scores: Floats
    with_margins: Floats
