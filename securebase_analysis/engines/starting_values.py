"""Where the search for the parameters of a structure begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.missing_patterns import Patterns, observed_moments
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.saturated_moments import SaturatedMoments

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def starting_values(
    groups: Sequence[tuple[Patterns, Structure]], saturated: Sequence[SaturatedMoments], n_parameters: int
) -> Floats:
    """Choose starting values from the moments of what was observed.

    Parameters
    ----------
    groups : sequence of (Patterns, Structure)
        The data and the equations of each group.
    saturated : sequence of SaturatedMoments
        Of each group; without them, what was observed of each pair of variables takes their place.
    n_parameters : int
        Parameters of all groups, `q`.

    Returns
    -------
    numpy.ndarray, shape (q,)
        A loading takes its sign from the covariance with the indicator whose loading is fixed, or with the first
        one, and its size from the two variances. Half of each variance is left to what explains nothing, the other
        half is shared by the latent variables that load on it. Effects and covariances begin at 0.
    """
    theta = np.zeros(n_parameters)
    for number in range(len(groups) - 1, -1, -1):
        patterns, structure = groups[number]
        if saturated:
            mean, covariance = saturated[number].mean, saturated[number].covariance
        else:
            mean, covariance = observed_moments(patterns)
        _of_group(theta, structure, mean, covariance)
    return theta


def _of_group(theta: Floats, structure: Structure, mean: Floats, covariance: Floats) -> None:
    """Fill in the parameters of one group."""
    p, variance = structure.n_observed, covariance.diagonal()
    free_effects = structure.entries[structure.entries[:, 0] == EFFECT]
    loads = structure.fixed[EFFECT] != 0.0
    loads[free_effects[:, 1], free_effects[:, 2]] = True
    for matrix, row, column, parameter in structure.entries:
        if matrix == MEAN:
            theta[parameter] = mean[row] if row < p else 0.0
        elif matrix == EFFECT and column >= p:
            theta[parameter] = _loading(structure, loads, covariance, int(row), int(column))
        elif matrix == COVARIANCE and row == column:
            if row < p:
                theta[parameter] = 0.5 * variance[row] if loads[row].any() else variance[row]
            else:
                theta[parameter] = _latent_variance(structure, loads, variance, int(row))
        else:
            theta[parameter] = 0.0


def _loading(structure: Structure, loads: NDArray[np.bool_], covariance: Floats, row: int, factor: int) -> float:
    """Of an indicator on a factor, or of a factor on a factor above it."""
    p = structure.n_observed
    indicators = np.flatnonzero(loads[:p, factor])
    if row >= p:
        return 0.5 if not len(indicators) and not structure.fixed[EFFECT][p:, factor].any() else 0.0
    fixed = structure.fixed[EFFECT][:p, factor]
    markers = np.flatnonzero(fixed)
    marker = markers[0] if len(markers) else indicators[0]
    sign = -1.0 if covariance[row, marker] < 0.0 else 1.0
    if not len(markers):
        return float(sign * 0.7 * np.sqrt(covariance[row, row]))
    return float(fixed[marker] * sign * np.sqrt(covariance[row, row] / covariance[marker, marker]))


def _latent_variance(structure: Structure, loads: NDArray[np.bool_], variance: Floats, factor: int) -> float:
    """Half the variance of its indicators with fixed loadings, shared by all factors that load on these."""
    p = structure.n_observed
    fixed = structure.fixed[EFFECT][:p, factor]
    markers = np.flatnonzero(fixed)
    if not len(markers):
        below = np.flatnonzero(loads[p:, factor]) + p
        held = [_latent_variance(structure, loads, variance, int(row)) for row in below if loads[:p, row].any()]
        return float(np.mean(held)) if held else 0.5
    sharing = loads[markers, p:].sum(axis=1)
    return float(np.mean(variance[markers] / fixed[markers] ** 2 / np.maximum(sharing, 1))) * 0.5
