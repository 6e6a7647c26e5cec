"""The model in which variables have nothing to do with one another, against which comparative fit is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from securebase_analysis.engines.missing_patterns import Patterns, observed_moments
from securebase_analysis.engines.moment_structure import COVARIANCE, MEAN, Structure
from securebase_analysis.engines.structural_equations import StructureFit, at_parameters, fit_structures


def independence(n_observed: int, correlated: Sequence[int] = (), first_parameter: int = 0) -> Structure:
    """Means and variances, without covariances but those among some variables.

    Parameters
    ----------
    n_observed : int
        Observed variables, `p`.
    correlated : sequence of int
        Variables that keep their covariances with one another, such as those that the model only takes as given.
    first_parameter : int
        Number of the first parameter; means come first, then variances, then covariances.
    """
    own = np.arange(n_observed)
    kept = np.array(sorted(correlated), dtype=np.intp)
    below, above = np.tril_indices(len(kept), -1)
    lines = [
        np.column_stack([np.full(n_observed, MEAN), own, np.zeros_like(own)]),
        np.column_stack([np.full(n_observed, COVARIANCE), own, own]),
        np.column_stack([np.full(len(below), COVARIANCE), kept[below], kept[above]]),
    ]
    cells = np.concatenate(lines)
    numbers = first_parameter + np.arange(len(cells))
    return Structure(n_observed, np.zeros((3, n_observed, n_observed)), np.column_stack([cells, numbers]))


def fit_baseline(fit: StructureFit, correlated: Sequence[int] = ()) -> StructureFit:
    """Fit the model of independence to the data of a fitted model, in each group by itself.

    Parameters
    ----------
    fit : StructureFit
        The fitted model; its saturated moments are taken over.
    correlated : sequence of int
        Variables that keep their covariances with one another.

    Notes
    -----
    Each variable has the mean and the variance of what was observed of it: where all are independent nothing else
    tells about what is missing.
    """
    groups, theta, next_parameter = [], [], 0
    for patterns, _ in fit.groups:
        structure = independence(patterns.n_variables, correlated, next_parameter)
        mean, covariance = observed_moments(patterns)
        below = structure.entries[2 * patterns.n_variables :]
        theta += [mean, covariance.diagonal(), covariance[below[:, 1], below[:, 2]]]
        next_parameter += len(structure.entries)
        groups.append((patterns, structure))
    start = np.concatenate(theta)
    at = at_parameters(groups, start)
    if at is None or (len(correlated) and not _seen_together(fit, correlated)):
        free = start if at is not None else None
        found = fit_structures(groups, free, fit_saturated=False)
        return StructureFit(tuple(groups), found.at, fit.saturated, found.converged, found.n_steps)
    return StructureFit(tuple(groups), at, fit.saturated, True, 0)


def _seen_together(fit: StructureFit, correlated: Sequence[int]) -> bool:
    """Whether each row has all of these variables or none."""
    return all(_all_or_none(patterns, correlated) for patterns, _ in fit.groups)


def _all_or_none(patterns: Patterns, correlated: Sequence[int]) -> bool:
    """The same for one group."""
    seen = ~np.isnan(patterns.X[:, list(correlated)])
    return bool((seen.all(axis=1) | ~seen.any(axis=1)).all())
