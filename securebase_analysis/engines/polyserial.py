"""Correlations of continuous variables with the normal variables that lie behind ordinal items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from securebase_analysis.engines.correlation_search import highest
from securebase_analysis.engines.margins import Margins
from securebase_analysis.engines.pairs_of_variables import CorrelatedPairs
from securebase_analysis.engines.thresholds import MISSING

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST = float(np.finfo(float).eps)
"""An answer is taken to have no smaller probability than this."""
MOST = 0.995
"""The largest correlation that is looked for."""


@dataclass(frozen=True, eq=False)
class _Pair:
    """A continuous and an ordinal variable in the rows that have both.

    `z` is the first in standard deviations, `low` and `high` the limits of the answer to the second; `low_edge`
    and `high_edge` are 0 where these are infinite, else 1.
    """

    rows: Ints
    codes: Ints
    weight: Floats
    z: Floats
    low: Floats
    high: Floats
    low_edge: Floats
    high_edge: Floats

    def answered(self, rho: float) -> tuple[Floats, Floats, Floats]:
        """Probability of the answer given the other variable, and the densities at its limits."""
        root = np.sqrt(1.0 - rho**2)
        below, above = (self.low - rho * self.z) / root, (self.high - rho * self.z) / root
        upper = ndtr(above) * self.high_edge + (1.0 - self.high_edge)
        probability = np.maximum(upper - ndtr(below) * self.low_edge, LEAST)
        density = [
            edge * np.exp(-0.5 * at**2) / np.sqrt(2.0 * np.pi)
            for edge, at in ((self.low_edge, below), (self.high_edge, above))
        ]
        return probability, density[0], density[1]

    def slopes(self, rho: float) -> tuple[Floats, Floats]:
        """First and second derivatives of the log-likelihood of each row in the correlation."""
        root = np.sqrt(1.0 - rho**2)
        probability, *densities = self.answered(rho)
        first, second = np.zeros_like(self.z), np.zeros_like(self.z)
        for sign, density, limit in zip((-1.0, 1.0), densities, (self.low, self.high)):
            at = (limit - rho * self.z) / root
            speed = (rho * limit - self.z) / root**3
            change = limit / root**3 + 3.0 * rho * (rho * limit - self.z) / root**5
            first += sign * density * speed / probability
            second += sign * density * (change - at * speed**2) / probability
        return first, second - first**2


def polyserial_pairs(margins: Margins, continuous: Ints, ordinal: Ints) -> CorrelatedPairs:
    """Polyserial correlations of pairs of variables.

    Parameters
    ----------
    margins : Margins
        Means, variances and thresholds, which are held.
    continuous, ordinal : numpy.ndarray of int, shape (pairs,)
        The variables of each pair.

    References
    ----------
    Olsson, Drasgow & Dorans (1982), The polyserial correlation coefficient, Psychometrika 47.
    """
    pairs = [_pair(margins, int(i), int(j)) for i, j in zip(continuous, ordinal)]

    def slopes(which: Ints, correlation: Floats) -> tuple[Floats, Floats]:
        found = [pairs[pair].slopes(float(rho)) for pair, rho in zip(which, correlation)]
        weights = [pairs[pair].weight for pair in which]
        first, second = (
            np.array([float(weight @ of[order]) for weight, of in zip(weights, found)]) for order in (0, 1)
        )
        return first, second

    start = np.array([np.corrcoef(pair.z, pair.codes)[0, 1] for pair in pairs])
    found = highest(slopes, start, MOST)
    scores = np.zeros((len(margins.X), len(pairs)), order="F")
    with_margins = np.zeros((len(pairs), margins.n_parameters))
    for number, (pair, rho) in enumerate(zip(pairs, found.correlation)):
        own = pair.slopes(float(rho))[0]
        scores[pair.rows, number] = own
        _cross(with_margins[number], margins, int(continuous[number]), int(ordinal[number]), pair, float(rho), own)
    none = np.zeros(len(pairs), dtype=np.intp)
    return CorrelatedPairs(
        continuous, ordinal, found.correlation, found.at_boundary, none, scores, with_margins
    )  # fmt: skip


def _pair(margins: Margins, continuous: int, ordinal: int) -> _Pair:
    """The rows that have both variables."""
    z, codes = margins.standardised[:, continuous], margins.codes[:, ordinal]
    rows = np.flatnonzero(~np.isnan(z) & (codes != MISSING))
    edges, answers = margins.edges[ordinal], codes[rows]
    low, high = edges[answers], edges[answers + 1]
    return _Pair(
        rows=rows,
        codes=answers,
        weight=margins.weight[rows],
        z=z[rows],
        low=np.where(np.isinf(low), 0.0, low),
        high=np.where(np.isinf(high), 0.0, high),
        low_edge=(~np.isinf(low)).astype(float),
        high_edge=(~np.isinf(high)).astype(float),
    )


def _cross(
    out: Floats, margins: Margins, continuous: int, ordinal: int, pair: _Pair, rho: float, scores: Floats
) -> None:
    """Crossproducts of the scores in the correlation with those in the mean, the variance and the thresholds."""
    root, variance = np.sqrt(1.0 - rho**2), margins.variance[continuous]
    probability, low, high = pair.answered(rho)
    tilt = rho / root * (high - low) / probability
    weighed = pair.weight * scores
    out[margins.places[continuous].start] = weighed @ (pair.z + tilt) / np.sqrt(variance)
    out[margins.variance_places[continuous]] = weighed @ (pair.z**2 - 1.0 + pair.z * tilt) / (2.0 * variance)
    place = margins.places[ordinal]
    k = place.stop - place.start
    upper = np.bincount(pair.codes, weighed * high / (root * probability), minlength=k + 1)
    lower = np.bincount(pair.codes, weighed * low / (root * probability), minlength=k + 1)
    out[place] = upper[:-1] - lower[1:]
