"""Structural equation models for one or several groups, by maximum likelihood from all that was observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dpotrf

from securebase_analysis.engines.identification import involved_in, without_information
from securebase_analysis.engines.missing_patterns import Patterns
from securebase_analysis.engines.moment_structure import COVARIANCE, Implied, Structure, implied
from securebase_analysis.engines.normal_likelihood import Information, NormalLikelihood, normal_likelihood
from securebase_analysis.engines.normal_prior import AtPosterior, NormalPrior
from securebase_analysis.engines.positive_definite import inverse_where_positive
from securebase_analysis.engines.saturated_moments import SaturatedMoments, saturated_moments
from securebase_analysis.engines.scoring_search import Maximum, Point, climb
from securebase_analysis.engines.starting_values import starting_values

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Errors = Literal["observed", "expected", "sandwich"]
Group = tuple[Patterns, Structure]

LARGER = (1.0, 2.0, 5.0, 25.0)
"""What starting variances are multiplied by, one after the other, until the start has a likelihood."""
PATIENCE = 60
"""Steps after which a search that has not come to its end is taken for lost."""


@dataclass(frozen=True, eq=False)
class AtParameters:
    """The likelihood of all groups at given parameters.

    Attributes
    ----------
    theta : numpy.ndarray, shape (q,)
        The parameters.
    implied : tuple of Implied
        The moments of each group.
    likelihoods : tuple of NormalLikelihood
        The likelihood of each group at these.
    """

    theta: Floats
    implied: tuple[Implied, ...]
    likelihoods: tuple[NormalLikelihood, ...]

    @property
    def value(self) -> float:
        """The log-likelihood."""
        return sum(likelihood.value for likelihood in self.likelihoods)

    @cached_property
    def gradient(self) -> Floats:
        """Gradient, shape (q,)."""
        gradient = np.zeros(len(self.theta))
        for moments, likelihood in zip(self.implied, self.likelihoods):
            gradient += moments.gradient(likelihood.mean_gradient, likelihood.covariance_gradient)
        return gradient

    def information(self, kind: Information) -> Floats:
        """Information (q, q): that about the moments, and, observed, less the curvature of the moments."""
        out = np.zeros((len(self.theta),) * 2)
        for moments, likelihood in zip(self.implied, self.likelihoods):
            out += _information(moments, likelihood, kind)
            if kind == "observed":
                out -= moments.curvature(likelihood.mean_gradient, likelihood.covariance_gradient)
        return (out + out.T) / 2.0


def _information(moments: Implied, likelihood: NormalLikelihood, kind: Information) -> Floats:
    """Information (q, q) about the parameters through the moments, in whichever order takes less time.

    With few patterns each is seen along the parameters, else all are added up as information about the moments.
    The two sides count what is multiplied, and what is only moved at the time that takes.
    """
    p, k = moments.structure.n_observed, len(moments.structure.entries)
    along = likelihood.patterns.n_patterns * k**2 * (0.6 * p + 10.0)
    if along < (p * (p + 1) / 2.0) ** 2 * (0.1 * moments.n_parameters + 30.0):
        into = moments.structure.into_parameters
        by_entry = likelihood.information_along(kind, moments.factors)
        return into(into(by_entry, moments.n_parameters).T, moments.n_parameters)
    jacobian = moments.jacobian
    return np.asarray(jacobian.T @ likelihood.information(kind) @ jacobian, dtype=float)


@dataclass(frozen=True, eq=False)
class StructureFit:
    """A fitted model.

    Attributes
    ----------
    groups : tuple of (Patterns, Structure)
        What was fitted to what.
    at : AtParameters
        The likelihood at the estimate.
    saturated : tuple of SaturatedMoments
        Of each group; empty where it was not asked for.
    converged : bool
        Whether the search ended at a maximum.
    n_steps : int
        Steps of the search.
    prior : NormalPrior or None
        What the parameters were expected to be; the estimate is then the mode of the posterior.
    """

    groups: tuple[Group, ...]
    at: AtParameters
    saturated: tuple[SaturatedMoments, ...]
    converged: bool
    n_steps: int
    prior: NormalPrior | None = None

    @property
    def theta(self) -> Floats:
        """The parameters, by their numbers in `Structure.entries`."""
        return self.at.theta

    @property
    def log_likelihood(self) -> float:
        """Summed over groups."""
        return self.at.value

    @property
    def gradient(self) -> Floats:
        """At the estimate, shape (q,); with a prior, of both."""
        return self._point.gradient

    @property
    def _point(self) -> Point:
        """What the search climbed."""
        return self.at if self.prior is None else AtPosterior(self.theta, self.at, self.prior)

    @property
    def n_rows(self) -> int:
        """Rows with any value, of all groups."""
        return sum(patterns.n_rows for patterns, _ in self.groups)

    @property
    def n_parameters(self) -> int:
        """Different parameters."""
        return len(self.theta)

    @property
    def n_moments(self) -> int:
        """Means and covariances of all groups."""
        sizes = [patterns.n_variables for patterns, _ in self.groups]
        return sum(p + p * (p + 1) // 2 for p in sizes)

    @property
    def df(self) -> int:
        """Moments less parameters."""
        return self.n_moments - self.n_parameters

    @property
    def saturated_log_likelihood(self) -> float:
        """Of all groups; not a number where the saturated moments were not asked for."""
        return sum(moments.log_likelihood for moments in self.saturated) if self.saturated else np.nan

    @property
    def saturated_usable(self) -> bool:
        """Whether there is a saturated maximum that tests of fit can be held against."""
        return bool(self.saturated) and all(moments.usable for moments in self.saturated)

    @property
    def chi2(self) -> float:
        """Twice what the saturated moments gain in log-likelihood; means nothing unless `saturated_usable`."""
        return 2.0 * (self.saturated_log_likelihood - self.log_likelihood)

    @cached_property
    def observed_information(self) -> Floats:
        """Minus the Hessian at the estimate, shape (q, q); with a prior, of both."""
        return self._point.information("observed")

    @cached_property
    def expected_information(self) -> Floats:
        """Expected, given the patterns of missing values, shape (q, q); with a prior, of both."""
        return self._point.information("expected")

    @cached_property
    def scores(self) -> Floats:
        """Gradient of each row, group after group, shape (rows, q); 0 for rows without any value."""
        return np.concatenate(
            [
                likelihood.scores() @ moments.jacobian
                for moments, likelihood in zip(self.at.implied, self.at.likelihoods)
            ]
        )

    def vcov(self, errors: Errors = "observed") -> Floats:
        """Covariance (q, q) of the estimate; not a number unless the information is positive definite.

        Parameters
        ----------
        errors : {"observed", "expected", "sandwich"}
            Inverse of the observed or of the expected information, or with the crossproducts of the scores of the
            rows between two inverses of the observed one, which holds without normality.
        """
        information = self.expected_information if errors == "expected" else self.observed_information
        inverse = inverse_where_positive(information)
        if errors == "sandwich":
            inverse = inverse @ (self.scores.T @ self.scores) @ inverse
        return (inverse + inverse.T) / 2.0

    @cached_property
    def _without_information(self) -> Floats:
        """Directions (q, d) in which the expected information, scaled to a diagonal of 1, has nothing."""
        return without_information(self.expected_information)

    @property
    def rank(self) -> int:
        """Parameters, or combinations of them, that the data inform of."""
        return self.n_parameters - self._without_information.shape[1]

    @property
    def not_identified(self) -> Bools:
        """Parameters (q,) that can change together without a change of the implied moments."""
        return involved_in(self._without_information)


def fit_structures(
    groups: Sequence[Group],
    start: ArrayLike | None = None,
    *,
    fit_saturated: bool = True,
    most_steps: int = 200,
    prior: NormalPrior | None = None,
) -> StructureFit:
    """Fit structures to the data of their groups by maximum likelihood.

    Parameters
    ----------
    groups : sequence of (Patterns, Structure)
        The data and the equations of each group; parameters of the same number are equal over groups.
    start : array, shape (q,), optional
        Where the search begins; NaN leaves the choice to `starting_values`.
    fit_saturated : bool
        Whether to maximise the likelihood without any structure as well, against which the fit is tested.
    most_steps : int
        The search gives up after so many steps.
    prior : NormalPrior, optional
        What parameters are expected to be; the mode of the posterior is then searched, and errors are those of
        both. Chi-square and criteria of fit mean nothing there.

    Raises
    ------
    ValueError
        When a structure and its data do not belong together, or no start has a likelihood.

    Notes
    -----
    Missing values are taken as missing at random: what is missing may depend on what was observed. All rows count,
    each with what it has. With complete data this is the usual maximum likelihood with divisor `n`.

    References
    ----------
    Jöreskog (1969), Psychometrika 34; Arbuckle (1996); McArdle & McDonald (1984).
    """
    for patterns, structure in groups:
        if structure.n_observed != patterns.n_variables:
            raise ValueError("a structure has as many observed variables as its data have columns")
    q = 1 + max(
        (int(structure.entries[:, 3].max()) for _, structure in groups if len(structure.entries)), default=-1
    )
    saturated = tuple(saturated_moments(patterns) for patterns, _ in groups) if fit_saturated else ()
    given = np.full(q, np.nan) if start is None else np.asarray(start, dtype=float)
    if np.isnan(given).any():
        given = _begin(groups, starting_values(groups, saturated, q), given)
    found = _search(groups, given, most_steps, prior)
    point = found.point.likelihood if isinstance(found.point, AtPosterior) else found.point
    assert isinstance(point, AtParameters)
    return StructureFit(tuple(groups), point, saturated, found.converged, found.n_steps, prior)


def _begin(groups: Sequence[Group], chosen: Floats, given: Floats) -> Floats:
    """The given starting values and the chosen ones, with larger variances where they have no likelihood."""
    variances = np.zeros(len(chosen), dtype=bool)
    for _, structure in groups:
        matrix, row, column, parameter = structure.entries.T
        variances[parameter[(matrix == COVARIANCE) & (row == column)]] = True
    start = chosen
    for factor in LARGER:
        start = np.where(np.isnan(given), np.where(variances, factor * chosen, chosen), given)
        if at_parameters(groups, start) is not None:
            break
    return start


def _search(groups: Sequence[Group], start: Floats, most_steps: int, prior: NormalPrior | None) -> Maximum:
    """The maximum from the start, or where the way there is lost, by a way on which all variances can be."""

    def at(theta: Floats) -> Point | None:
        likelihood = at_parameters(groups, theta)
        return likelihood if likelihood is None or prior is None else AtPosterior(theta, likelihood, prior)

    def at_proper(theta: Floats) -> Point | None:
        proper = all(_possible(structure.matrices(theta)[COVARIANCE]) for _, structure in groups)
        return at(theta) if proper else None

    found = climb(at, start, min(PATIENCE, most_steps))
    if found.converged or not at_proper(start) or most_steps <= PATIENCE:
        return found
    confined = climb(at_proper, start, PATIENCE)
    again = climb(at, confined.theta, most_steps)
    best = again if again.converged or again.point.value > found.point.value else found
    return replace(best, n_steps=found.n_steps + confined.n_steps + again.n_steps)


def _possible(residual: Floats) -> bool:
    """Whether covariances have no negative eigenvalue."""
    there = np.flatnonzero(residual.any(axis=0))
    held = residual[np.ix_(there, there)]
    return not len(there) or bool(dpotrf(held, lower=1)[1] == 0)


def at_parameters(groups: Sequence[Group], theta: Floats) -> AtParameters | None:
    """The likelihood of all groups at given parameters; None where it has no value."""
    moments, likelihoods = [], []
    for patterns, structure in groups:
        try:
            of_group = implied(structure, theta)
        except np.linalg.LinAlgError:
            return None
        likelihood = normal_likelihood(patterns, of_group.mean, of_group.covariance)
        if likelihood is None:
            return None
        moments.append(of_group)
        likelihoods.append(likelihood)
    return AtParameters(theta, tuple(moments), tuple(likelihoods))
