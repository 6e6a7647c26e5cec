"""Thresholds and correlations that linear equations imply for ordinal and continuous variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.lower_triangle import place_of_pair
from securebase_analysis.engines.moment_structure import COVARIANCE, Implied, Structure, implied

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Parameterization = Literal["delta", "theta"]


def _no_entries() -> Ints:
    return np.empty((0, 2), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class OrdinalStructure:
    """The equations of one group in which some observed variables are ordinal.

    Behind each ordinal variable stands a normal one, to which the equations apply. Its unit is arbitrary.

    Attributes
    ----------
    structure : Structure
        The equations, with what lies behind the ordinal variables in their place.
    thresholds : tuple of numpy.ndarray
        Fixed thresholds of each ordinal variable, and an empty array for each continuous one. Elements that
        `threshold_entries` names are ignored.
    threshold_entries : numpy.ndarray of int, shape (k, 3)
        Variable, threshold and number of the parameter, each from 0.
    parameterization : {"delta", "theta"}
        What gives what lies behind the ordinal variables its unit. *delta*: its standard deviation is the inverse
        of a scale, and the residual variance is what is left, so that `structure` says nothing of it. *theta*: the
        residual variance in `structure`.
    scale : numpy.ndarray, shape (p,)
        Fixed scales (delta); 1 by default.
    scale_entries : numpy.ndarray of int, shape (k, 2)
        Variable and number of the parameter of scales that are free (delta).
    """

    structure: Structure
    thresholds: tuple[Floats, ...]
    threshold_entries: Ints
    parameterization: Parameterization = "delta"
    scale: Floats | None = None
    scale_entries: Ints = field(default_factory=_no_entries)

    @cached_property
    def ordinal(self) -> Bools:
        """Which variables are ordinal."""
        return np.array([len(of) > 0 for of in self.thresholds])

    @property
    def n_moments(self) -> int:
        """Thresholds, means, variances and covariances."""
        p = len(self.thresholds)
        return sum(len(of) for of in self.thresholds) + 2 * int((~self.ordinal).sum()) + p * (p - 1) // 2

    @property
    def parameters(self) -> Ints:
        """Numbers of the parameters, each as often as it stands somewhere."""
        numbers = [self.structure.entries[:, -1], self.threshold_entries[:, -1], self.scale_entries[:, -1]]
        return np.concatenate(numbers).astype(np.intp)

    @cached_property
    def left_over(self) -> Ints:
        """Variables whose residual variance is what their scale leaves."""
        return np.flatnonzero(self.ordinal) if self.parameterization == "delta" else np.empty(0, dtype=np.intp)

    def with_left_over(self, n_parameters: int) -> Structure:
        """The equations with further parameters, from `n_parameters` on, for the residual variances left over."""
        matrix, row, column, _ = self.structure.entries.T
        own = (matrix == COVARIANCE) & (row == column) & np.isin(row, self.left_over)
        if own.any():
            raise ValueError(
                "in the delta parameterization residual variances of ordinal variables are not parameters"
            )
        further = np.array(
            [(COVARIANCE, variable, variable, n_parameters + r) for r, variable in enumerate(self.left_over)],
            dtype=np.intp,
        ).reshape(-1, 4)
        entries = np.concatenate([self.structure.entries.reshape(-1, 4), further]).astype(np.intp)
        return Structure(self.structure.n_observed, self.structure.fixed, entries)


@dataclass(frozen=True, eq=False)
class ImpliedOrdinal:
    """An ordinal structure at given parameters.

    Attributes
    ----------
    structure : OrdinalStructure
        The equations.
    n_parameters : int
        Parameters of all groups, `q`.
    behind : Implied
        Moments of what lies behind, and of the continuous variables.
    thresholds : tuple of numpy.ndarray
        In the units of what lies behind.
    scale : numpy.ndarray, shape (p,)
        Inverse standard deviations of what lies behind; 1 for continuous variables.
    """

    structure: OrdinalStructure
    n_parameters: int
    behind: Implied
    thresholds: tuple[Floats, ...]
    scale: Floats

    @property
    def residual_variances(self) -> Floats:
        """Of the observed variables, shape (p,); of ordinal ones of what lies behind."""
        return self.behind.residual.diagonal()[: len(self.scale)]

    @property
    def covariance(self) -> Floats:
        """Covariances (p, p), with variance 1 of what lies behind ordinal variables."""
        return self.behind.covariance * np.outer(self.scale, self.scale)

    @property
    def mean(self) -> Floats:
        """Means (p,) of continuous variables, and of what lies behind ordinal ones, in standard deviations."""
        return self.behind.mean * self.scale

    @cached_property
    def moments(self) -> Floats:
        """In the order of `OrdinalMoments.moments`."""
        mean, covariance = self.behind.mean, self.covariance
        levels = [
            (tau - mean[i]) * self.scale[i] if len(tau) else mean[i : i + 1]
            for i, tau in enumerate(self.thresholds)
        ]
        row, column = np.tril_indices(len(self.scale), -1)
        variances = covariance.diagonal()[~self.structure.ordinal]
        return np.concatenate([*levels, variances, covariance[row, column]])

    @cached_property
    def jacobian(self) -> Floats:
        """Derivatives (m, q) of `moments` in the parameters."""
        p, ordinal = len(self.scale), self.structure.ordinal
        of_means, of_covariances = np.split(self._of_behind, [p])
        place = place_of_pair(p)
        relative = self._relative
        levels = [
            self._of_thresholds(i, of_means[i], relative[i]) if ordinal[i] else of_means[i : i + 1]
            for i in range(p)
        ]
        row, column = np.tril_indices(p, -1)
        scaled = of_covariances[place[row, column]] * (self.scale[row] * self.scale[column])[:, None]
        scaled -= self.covariance[row, column][:, None] * (relative[row] + relative[column])
        return np.concatenate([*levels, of_covariances[place.diagonal()][~ordinal], scaled])

    @cached_property
    def _relative(self) -> Floats:
        """Derivatives (p, q) of the logarithms of the standard deviations; 0 for continuous variables."""
        p, ordinal = len(self.scale), self.structure.ordinal
        variance = self.behind.covariance.diagonal()[:, None]
        of_variances = self._of_behind[p + place_of_pair(p).diagonal()]
        return np.where(ordinal[:, None], of_variances / (2.0 * variance), 0.0)

    def _of_thresholds(self, i: int, of_mean: Floats, relative: Floats) -> Floats:
        """Derivatives of the standardised thresholds of one variable; `relative` is that of its log sd."""
        out = np.zeros((len(self.thresholds[i]), self.n_parameters))
        own = self.structure.threshold_entries[self.structure.threshold_entries[:, 0] == i]
        out[own[:, 1], own[:, 2]] = 1.0
        standardised = (self.thresholds[i] - self.behind.mean[i]) * self.scale[i]
        return (out - of_mean) * self.scale[i] - standardised[:, None] * relative

    @cached_property
    def _of_behind(self) -> Floats:
        """Derivatives of means and covariances, while what is left over follows the scales.

        The variances ``v`` of what lies behind are given by the scales: with ``M = dv / ds`` for the residual
        variances ``s``, these change by ``ds = M^-1 (dv - what the parameters would change v by)``.
        """
        q, jacobian = self.n_parameters, self.behind.jacobian
        return np.asarray(jacobian[:, :q] + jacobian[:, q:] @ self.left_over_follows, dtype=float)

    @property
    def left_over(self) -> Floats:
        """Residual variances that the scales leave, shape (r,)."""
        return self.residual_variances[self.structure.left_over]

    @cached_property
    def left_over_follows(self) -> Floats:
        """Derivatives (r, q) of these in the parameters."""
        q, p, jacobian = self.n_parameters, len(self.scale), self.behind.jacobian
        own = self.structure.left_over
        rows = p + place_of_pair(p).diagonal()[own]
        given = np.zeros((p, q))
        variable, parameter = self.structure.scale_entries.T
        given[variable, parameter] = -2.0 * self.scale[variable] ** -3
        return np.asarray(np.linalg.solve(jacobian[rows, q:], given[own] - jacobian[rows, :q]), dtype=float)

    def standardised_threshold(self, variable: int, number: int) -> tuple[float, Floats]:
        """A threshold in standard deviations of what lies behind, with its derivatives (q,)."""
        value = float(self.thresholds[variable][number] * self.scale[variable])
        derivative = np.zeros(self.n_parameters)
        which, step, parameter = self.structure.threshold_entries.T
        derivative[parameter[(which == variable) & (step == number)]] = self.scale[variable]
        return value, derivative - value * self._relative[variable]


def implied_ordinal(structure: OrdinalStructure, theta: Floats) -> ImpliedOrdinal | None:
    """Moments that a structure implies; None where a variance is not positive.

    Parameters
    ----------
    structure : OrdinalStructure
        The equations.
    theta : numpy.ndarray, shape (q,)
        Parameters of all groups.

    References
    ----------
    Muthén & Asparouhov (2002), Latent variable analysis with categorical outcomes: multiple-group and growth
    modeling in Mplus; Takane & de Leeuw (1987), Psychometrika 52.
    """
    thresholds = [of.copy() for of in structure.thresholds]
    for variable, number, parameter in structure.threshold_entries:
        thresholds[variable][number] = theta[parameter]
    behind = _behind(structure, theta)
    variance = behind.covariance.diagonal()
    if not (variance > 0.0).all():
        return None
    scale = np.where(structure.ordinal, 1.0 / np.sqrt(variance), 1.0)
    return ImpliedOrdinal(structure, len(theta), behind, tuple(thresholds), scale)


def _behind(structure: OrdinalStructure, theta: Floats) -> Implied:
    """Moments of what lies behind, with the residual variances that the scales leave."""
    left_over = structure.left_over
    if not len(left_over):
        return implied(structure.structure, theta)
    equations = structure.with_left_over(len(theta))
    without = implied(equations, np.append(theta, np.zeros(len(left_over))))
    p = len(structure.thresholds)
    scale = np.ones(p) if structure.scale is None else structure.scale.astype(float)
    variable, parameter = structure.scale_entries.T
    scale[variable] = theta[parameter]
    reach = without.total[np.ix_(left_over, left_over)] ** 2
    given = 1.0 / scale[left_over] ** 2 - without.covariances.diagonal()[left_over]
    return implied(equations, np.append(theta, np.linalg.solve(reach, given)))


def n_parameters_of(structures: Sequence[OrdinalStructure]) -> int:
    """Different parameters of all groups."""
    return 1 + max((int(of.parameters.max()) for of in structures if len(of.parameters)), default=-1)
