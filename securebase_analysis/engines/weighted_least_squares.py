"""Structural equation models of ordinal items, by least squares weighted with the precision of each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.identification import involved_in, without_information
from securebase_analysis.engines.ordinal_moments import OrdinalMoments
from securebase_analysis.engines.ordinal_structure import (
    ImpliedOrdinal,
    OrdinalStructure,
    implied_ordinal,
    n_parameters_of,
)
from securebase_analysis.engines.saturated_moments import SaturatedMoments
from securebase_analysis.engines.scoring_search import climb
from securebase_analysis.engines.starting_values import starting_values

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
OrdinalGroup = tuple[OrdinalMoments, OrdinalStructure]


@dataclass(frozen=True, eq=False)
class AtOrdinalParameters:
    """Weighted squares of the residuals at given parameters.

    Attributes
    ----------
    theta : numpy.ndarray, shape (q,)
        The parameters.
    groups : tuple of (OrdinalMoments, OrdinalStructure)
        What is fitted to what.
    implied : tuple of ImpliedOrdinal
        The moments of each group.
    """

    theta: Floats
    groups: tuple[OrdinalGroup, ...]
    implied: tuple[ImpliedOrdinal, ...]

    @cached_property
    def residuals(self) -> tuple[Floats, ...]:
        """Observed less implied moments of each group."""
        return tuple(moments.moments - of.moments for (moments, _), of in zip(self.groups, self.implied))

    @cached_property
    def weights(self) -> tuple[Floats, ...]:
        """Of the squares: the inverse variances of the moments, in samples of one less than the rows."""
        return tuple((moments.n_rows - 1) / moments.acov.diagonal() for moments, _ in self.groups)

    @property
    def value(self) -> float:
        """Minus half the weighted squares."""
        return -0.5 * sum(float(w @ residual**2) for w, residual in zip(self.weights, self.residuals))

    @property
    def gradient(self) -> Floats:
        """Gradient (q,) of `value`."""
        gradient = np.zeros(len(self.theta))
        for of, w, residual in zip(self.implied, self.weights, self.residuals):
            gradient += of.jacobian.T @ (w * residual)
        return gradient

    def information(self, kind: str = "expected") -> Floats:
        """Gauss and Newton's approximation (q, q) of the curvature, of which there is one `kind` only."""
        out = np.zeros((len(self.theta),) * 2)
        for of, w in zip(self.implied, self.weights):
            out += of.jacobian.T @ (w[:, None] * of.jacobian)
        return out


@dataclass(frozen=True, eq=False)
class OrdinalFit:
    """A fitted model of ordinal items.

    Attributes
    ----------
    groups : tuple of (OrdinalMoments, OrdinalStructure)
        What was fitted to what.
    at : AtOrdinalParameters
        The moments at the estimate.
    converged : bool
        Whether the search ended at a minimum of the squares.
    n_steps : int
        Steps of the search.
    """

    groups: tuple[OrdinalGroup, ...]
    at: AtOrdinalParameters
    converged: bool
    n_steps: int

    @property
    def theta(self) -> Floats:
        """The parameters, by their numbers in the structures."""
        return self.at.theta

    @property
    def n_parameters(self) -> int:
        """Different parameters."""
        return len(self.theta)

    @property
    def n_rows(self) -> int:
        """Rows of all groups."""
        return sum(moments.n_rows for moments, _ in self.groups)

    @property
    def n_moments(self) -> int:
        """Thresholds, means, variances and covariances of all groups."""
        return sum(structure.n_moments for _, structure in self.groups)

    @property
    def df(self) -> int:
        """Moments less parameters."""
        return self.n_moments - self.n_parameters

    @property
    def chi2(self) -> float:
        """The weighted squares, which have no chi-squared distribution: see `ordinal_tests`."""
        return -2.0 * self.at.value

    @property
    def shares(self) -> Floats:
        """Share of the rows in each group."""
        return np.array([moments.n_rows for moments, _ in self.groups]) / self.n_rows

    @cached_property
    def precision(self) -> Floats:
        """``D' V D`` (q, q) for the Jacobian ``D`` and the weights ``V`` of one row."""
        out = np.zeros((self.n_parameters,) * 2)
        for (moments, _), of, share in zip(self.groups, self.at.implied, self.shares):
            weighed = of.jacobian * (share / moments.acov.diagonal())[:, None]
            out += of.jacobian.T @ weighed
        return out

    @cached_property
    def carried_variance(self) -> Floats:
        """``D' V G V D`` (q, q) with the covariance ``G`` of the moments."""
        out = np.zeros_like(self.precision)
        for (moments, _), of, share in zip(self.groups, self.at.implied, self.shares):
            weighed = of.jacobian / moments.acov.diagonal()[:, None]
            out += share * weighed.T @ moments.acov @ weighed
        return out

    @cached_property
    def vcov(self) -> Floats:
        """Covariance (q, q) of the estimate that allows for how the moments covary; NaN if not identified.

        ``(D' V D)^-1 D' V G V D (D' V D)^-1`` for the covariance ``G`` of the moments.
        """
        if self.rank < self.n_parameters:
            return np.full_like(self.precision, np.nan)
        inverse = np.linalg.inv(self.precision)
        vcov = inverse @ self.carried_variance @ inverse / (self.n_rows - len(self.groups))
        return np.asarray(vcov, dtype=float)

    @cached_property
    def _without_information(self) -> Floats:
        """Directions (q, d) in which no moment changes."""
        return without_information(self.precision)

    @property
    def rank(self) -> int:
        """Parameters, or combinations of them, that the moments inform of."""
        return self.n_parameters - self._without_information.shape[1]

    @property
    def not_identified(self) -> Bools:
        """Parameters (q,) that can change together without a change of the implied moments."""
        return involved_in(self._without_information)

    @property
    def residual_correlations(self) -> tuple[Floats, ...]:
        """Observed less implied correlations (p, p) of each group."""
        out = []
        for (moments, _), of in zip(self.groups, self.at.implied):
            sd = np.sqrt(of.covariance.diagonal())
            out.append(moments.correlation - of.covariance / np.outer(sd, sd))
        return tuple(out)

    @property
    def negative_residuals(self) -> tuple[Bools, ...]:
        """Observed variables (p,) of each group whose residual variance is negative."""
        return tuple(np.asarray(of.residual_variances < 0.0) for of in self.at.implied)


def fit_ordinal_structures(
    groups: Sequence[OrdinalGroup], start: ArrayLike | None = None, *, most_steps: int = 500
) -> OrdinalFit:
    """Fit structures to the thresholds and correlations of their groups.

    Parameters
    ----------
    groups : sequence of (OrdinalMoments, OrdinalStructure)
        The moments and the equations of each group; parameters of the same number are equal over groups.
    start : array, shape (q,), optional
        Where the search begins; NaN leaves the choice to `ordinal_starting_values`.
    most_steps : int
        The search gives up after so many steps.

    Raises
    ------
    ValueError
        When moments and structure do not belong together, or the start implies a variance that is not positive.

    References
    ----------
    Muthén, du Toit & Spisic (1997), Robust inference using weighted least squares and quadratic estimating
    equations in latent variable modeling with categorical and continuous outcomes.
    """
    for moments, structure in groups:
        if not moments.usable:
            raise ValueError("a correlation on its boundary has no variance, and so no weight")
        sizes = [len(of) for of in structure.thresholds]
        if sizes != [len(of) for of in moments.thresholds]:
            raise ValueError("a structure has the thresholds of its data, variable by variable")
    q = n_parameters_of([structure for _, structure in groups])
    chosen = ordinal_starting_values(groups, q)
    if start is not None:
        given = np.asarray(start, dtype=float)
        chosen = np.where(np.isnan(given), chosen, given)

    def at(theta: Floats) -> AtOrdinalParameters | None:
        return at_ordinal_parameters(groups, theta)

    found = climb(at, chosen, most_steps)
    assert isinstance(found.point, AtOrdinalParameters)
    return OrdinalFit(tuple(groups), found.point, found.converged, found.n_steps)


def at_ordinal_parameters(groups: Sequence[OrdinalGroup], theta: Floats) -> AtOrdinalParameters | None:
    """The moments of all groups at given parameters; None where these imply no distribution."""
    out = []
    for _, structure in groups:
        try:
            of_group = implied_ordinal(structure, theta)
        except np.linalg.LinAlgError:
            return None
        if of_group is None:
            return None
        out.append(of_group)
    return AtOrdinalParameters(theta, tuple(groups), tuple(out))


def ordinal_starting_values(groups: Sequence[OrdinalGroup], n_parameters: int) -> Floats:
    """Loadings and variances as from the correlations, thresholds as observed, scales of 1."""
    # What the equations start from are means and covariances, which ordinal moments have as well.
    observed = [cast(SaturatedMoments, moments) for moments, _ in groups]
    theta = starting_values([(None, of.structure) for _, of in groups], observed, n_parameters)  # type: ignore[misc]
    for moments, structure in reversed(groups):
        for variable, number, parameter in structure.threshold_entries:
            theta[parameter] = moments.thresholds[variable][number]
        theta[structure.scale_entries[:, -1]] = 1.0
    return theta
