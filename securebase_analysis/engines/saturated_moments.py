"""Means and covariances without any structure: their maximum of the normal likelihood with missing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.lower_triangle import lower, symmetric
from securebase_analysis.engines.missing_patterns import Patterns, observed_moments
from securebase_analysis.engines.normal_likelihood import NormalLikelihood, normal_likelihood
from securebase_analysis.engines.scoring_search import climb

Floats = NDArray[np.float64]

EM_STEPS = 500
"""Steps of expectation-maximisation before the search gives up."""
FEW_ENOUGH = 2000
"""With no more moments than this, Newton's method ends the search."""
NEAR_MAXIMUM = 0.05
"""Gain of a step of expectation-maximisation below which Newton's method takes over."""
CLOSE = 1e-9
"""Gain of a step, relative to the rows, at which the search without Newton's method ends."""
VANISHING = 1e-6
"""A smallest eigenvalue of the correlations below this is on its way to 0."""
WELL_APART = 1e-3
"""A smallest eigenvalue of the correlations to begin with."""
ENOUGH = 2
"""With missing values, rows that each pair of variables must share, for each variable there is."""


@dataclass(frozen=True, eq=False)
class SaturatedMoments:
    """The unrestricted maximum of the likelihood of one group.

    Attributes
    ----------
    likelihood : NormalLikelihood
        The likelihood at the moments.
    converged : bool
        Whether the search ended at a maximum.
    n_steps : int
        Steps taken.
    """

    likelihood: NormalLikelihood
    converged: bool
    n_steps: int

    @property
    def mean(self) -> Floats:
        """Means, shape (p,)."""
        return self.likelihood.mean

    @property
    def covariance(self) -> Floats:
        """Covariances, shape (p, p)."""
        return self.likelihood.covariance

    @property
    def log_likelihood(self) -> float:
        """At the moments."""
        return self.likelihood.value

    @property
    def smallest_eigenvalue(self) -> float:
        """Of the correlations; where it vanishes the likelihood has no usable maximum."""
        return _smallest_eigenvalue(self.covariance)

    @property
    def thin(self) -> bool:
        """Whether values are missing and some pair of variables was hardly ever observed together."""
        patterns = self.likelihood.patterns
        return not patterns.complete and bool(patterns.seen_together.min() < ENOUGH * patterns.n_variables)

    @property
    def usable(self) -> bool:
        """Whether there is a maximum that tests of fit can be held against."""
        return self.converged and self.smallest_eigenvalue > VANISHING and not self.thin


@dataclass(frozen=True, eq=False)
class _Unrestricted:
    """The likelihood as a function of the moments themselves."""

    likelihood: NormalLikelihood

    @property
    def value(self) -> float:
        return self.likelihood.value

    @property
    def gradient(self) -> Floats:
        return self.likelihood.gradient

    def information(self, kind: Literal["observed", "expected"]) -> Floats:
        return self.likelihood.information(kind)


def saturated_moments(patterns: Patterns) -> SaturatedMoments:
    """Maximise the likelihood over all means and covariances.

    Parameters
    ----------
    patterns : Patterns
        The data.

    Raises
    ------
    ValueError
        When a variable has no two different values.

    Notes
    -----
    Complete data have their maximum at once. Else steps of expectation-maximisation lead near it, and Newton's
    method to it. Without a maximum, as with about as many variables as rows, the likelihood rises for ever while
    an eigenvalue goes to 0.

    References
    ----------
    Dempster, Laird & Rubin (1977), J R Stat Soc B 39; Orchard & Woodbury (1972).
    """
    if patterns.complete:
        likelihood = normal_likelihood(patterns, *observed_moments(patterns))
        return SaturatedMoments(_start(patterns) if likelihood is None else likelihood, likelihood is not None, 0)
    p = patterns.n_variables
    newton = p + p * (p + 1) // 2 <= FEW_ENOUGH
    current, steps, near = _expectation_maximisation(patterns, NEAR_MAXIMUM if newton else CLOSE * patterns.n_rows)
    if not (near and newton):
        return SaturatedMoments(current, near, steps)

    def at(moments: Floats) -> _Unrestricted | None:
        likelihood = normal_likelihood(patterns, moments[:p], symmetric(moments[p:], p))
        return None if likelihood is None else _Unrestricted(likelihood)

    found = climb(at, np.concatenate([current.mean, lower(current.covariance)]), most_steps=50)
    likelihood = found.point.likelihood if isinstance(found.point, _Unrestricted) else current
    return SaturatedMoments(likelihood, found.converged, steps + found.n_steps)


def _expectation_maximisation(patterns: Patterns, close: float) -> tuple[NormalLikelihood, int, bool]:
    """Where the steps gain no more than `close`, how many there were, and whether they came so far."""
    current = _start(patterns)
    for steps in range(1, EM_STEPS + 1):
        further = _em_step(current)
        if further is None:
            return current, steps, False
        gained = further.value - current.value
        current = further
        if steps % 10 == 0 and _smallest_eigenvalue(current.covariance) < VANISHING:
            return current, steps, False
        if gained < close:
            return current, steps, True
    return current, EM_STEPS, False


def _em_step(current: NormalLikelihood) -> NormalLikelihood | None:
    """One step of expectation-maximisation: the gradient, seen through the covariances.

    What is expected of the missing values changes the means by ``Sigma g / n`` and the covariances about the new
    means by ``2 Sigma G Sigma / n``, with the gradients ``g`` in the means and ``G`` in the covariances.
    """
    n, Sigma = current.patterns.n_rows, current.covariance
    shift = Sigma @ current.mean_gradient / n
    covariance = Sigma + 2.0 * Sigma @ current.covariance_gradient @ Sigma / n - np.outer(shift, shift)
    return normal_likelihood(current.patterns, current.mean + shift, (covariance + covariance.T) / 2.0)


def _start(patterns: Patterns) -> NormalLikelihood:
    """Moments of what was observed of each pair of variables, with covariances cut down until they can be."""
    mean, covariance = observed_moments(patterns)
    variance = np.diag(covariance.diagonal())
    if not (patterns.seen_together.diagonal() > 0.0).all() or not (covariance.diagonal() > 0.0).all():
        raise ValueError("a variable has no two different values")
    for share in (1.0, 0.9, 0.6):
        likelihood = normal_likelihood(patterns, mean, share * covariance + (1.0 - share) * variance)
        if likelihood is not None and _smallest_eigenvalue(likelihood.covariance) > WELL_APART:
            return likelihood
    independent = normal_likelihood(patterns, mean, variance)
    if independent is None:
        raise ValueError("the variances of the data are out of all proportion")
    return independent


def _smallest_eigenvalue(covariance: Floats) -> float:
    """Of the correlations."""
    half = 1.0 / np.sqrt(covariance.diagonal())
    return float(np.linalg.eigvalsh(covariance * np.outer(half, half))[0])
