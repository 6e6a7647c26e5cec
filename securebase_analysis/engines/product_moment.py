"""Correlations of pairs of continuous variables whose means and variances come from all that was observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.correlation_search import highest
from securebase_analysis.engines.margins import Margins
from securebase_analysis.engines.pairs_of_variables import CorrelatedPairs

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def product_moment_pairs(margins: Margins, first: Ints, second: Ints) -> CorrelatedPairs:
    """Correlations by the normal likelihood of the rows that have both variables, with their margins held.

    Parameters
    ----------
    margins : Margins
        Means and variances, which are held.
    first, second : numpy.ndarray of int, shape (pairs,)
        Continuous variables.
    """
    z, seen = np.nan_to_num(margins.standardised), ~np.isnan(margins.standardised)
    both = seen[:, first] & seen[:, second]
    x, y = np.where(both, z[:, first], 0.0), np.where(both, z[:, second], 0.0)
    weight = margins.weight[:, None] * both
    n = weight.sum(axis=0)
    squares, product = np.sum(weight * (x**2 + y**2), axis=0), np.sum(weight * x * y, axis=0)

    def slopes(which: Ints, rho: Floats) -> tuple[Floats, Floats]:
        """Of ``-n log(r) / 2 - (squares - 2 rho product) / (2 r)`` with ``r = 1 - rho^2``."""
        r = 1.0 - rho**2
        slope = (n[which] * rho + product[which] - rho * (squares[which] - 2.0 * rho * product[which]) / r) / r
        curve = n[which] * (1.0 + rho**2) / r**2 + 2.0 * rho * product[which] / r**2
        curve -= (squares[which] - 4.0 * rho * product[which]) / r**2
        curve -= 4.0 * rho**2 * (squares[which] - 2.0 * rho * product[which]) / r**3
        return slope, curve

    found = highest(slopes, product / n)
    rho = found.correlation
    r = 1.0 - rho**2
    scores = np.where(both, (rho + x * y - rho * (x**2 - 2.0 * rho * x * y + y**2) / r) / r, 0.0)
    with_margins = np.zeros((len(rho), margins.n_parameters))
    pair = np.arange(len(rho))
    for variable, own, other in ((first, x, y), (second, y, x)):
        lean, variance = (own - rho * other) / r, margins.variance[variable]
        place = np.array([margins.places[of].start for of in variable], dtype=np.intp)
        with_margins[pair, place] = np.sum(weight * scores * lean, axis=0) / np.sqrt(variance)
        in_variance = np.sum(weight * scores * (own * lean - 1.0), axis=0) / (2.0 * variance)
        with_margins[pair, margins.variance_places[variable]] = in_variance
    none = np.zeros(len(rho), dtype=np.intp)
    return CorrelatedPairs(first, second, rho, found.at_boundary, none, scores, with_margins)
