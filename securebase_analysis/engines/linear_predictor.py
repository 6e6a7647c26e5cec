"""The fixed part of a model for an outcome that is not normal: its columns, its rows, and what it estimates.

Both the quadrature over one grouping factor and Laplace's approximation over several begin with it and report by
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.descent import minimise
from securebase_analysis.engines.responses import HELD, CanonicalRows, NegativeBinomial, Ordinal, Response
from securebase_analysis.engines.standard import forth_of, standardise

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

DEPENDENT = 1e-10
"""The smallest eigenvalue of standardised columns of full rank."""
RUNAWAY = 50.0
"""A coefficient has no finite optimum when, over the range of its column, this is the standard error of eta."""


@dataclass(frozen=True, eq=False)
class FixedPart:
    """Outcome and fixed-effect columns, standardised and in canonical rows, and the way back.

    Attributes
    ----------
    response : Response
        The kind of outcome.
    y, weight : numpy.ndarray, shape (rows of the data,)
        As given.
    rows : CanonicalRows
        Standardised. Their columns are those of the fixed effects and of the outcome's own parameters.
    n_fixed : int
        Number of fixed effects.
    forth : numpy.ndarray, shape (P, P)
        Coefficients in the units of the data are this times the standardised ones.
    reach : numpy.ndarray, shape (P,)
        Range of each column in the data.
    """

    response: Response
    y: Floats
    weight: Floats
    rows: CanonicalRows
    n_fixed: int
    forth: Floats
    reach: Floats

    @property
    def n_coefficients(self) -> int:
        """Fixed effects and own parameters of the outcome."""
        return len(self.forth)

    @property
    def own(self) -> slice:
        """Where the own parameters of the outcome stand among the coefficients."""
        return slice(self.n_fixed, self.n_coefficients)

    def theta(self, coefficients: Floats) -> float:
        """The dispersion of a negative binomial outcome, or 0."""
        return 0.0 if self.rows.dispersed is None else float(np.exp(coefficients[-1]))

    def limited(self, psi: Floats) -> tuple[Floats, Ints]:
        """Parameters, coefficients first, with the own ones within their limits, and which were brought back."""
        within = psi.copy()
        within[self.own] = self.response.limit(psi[self.own])
        return within, np.flatnonzero(within != psi)

    def in_order(self, order: Ints) -> FixedPart:
        """With canonical rows in another order, or some of them."""
        rows = self.rows
        return replace(
            self,
            rows=CanonicalRows(
                y=rows.y[order],
                multiplier=rows.multiplier[order],
                dispersed=None if rows.dispersed is None else rows.dispersed[order],
                offset=rows.offset[order],
                X=rows.X[:, order],
                source=rows.source[order],
            ),
        )

    def sample(self, keep: Ints) -> FixedPart:
        """Some of the canonical rows, whose outcomes speak for all."""
        sampled = self.in_order(keep)
        if self.rows.dispersed is None:
            return replace(sampled, weight=self.weight * (len(keep) / len(self.rows.y)))
        # What a dispersed outcome adds outside eta must be that of the same rows: the two nearly cancel.
        return replace(sampled, y=self.y[sampled.rows.source], weight=self.weight[sampled.rows.source])


def fixed_part(
    y: Floats, X: Floats, response: Response, weight: Floats | None = None, offset: Floats | None = None
) -> FixedPart:
    """Check the outcome, standardise the columns and bring the rows to canonical form.

    Raises
    ------
    ValueError
        For an outcome that cannot be, or has one value or an empty category; for a column of ones beside cut
        points; for columns that are not of full rank.
    """
    y, X = np.asarray(y, dtype=float), np.asarray(X, dtype=float).reshape(-1, len(y))
    response.check(y)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    offset = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    n_own = response.n_own(y)
    standard, forth = _standard_columns(X, n_own, isinstance(response, Ordinal))
    return FixedPart(
        response=response,
        y=y,
        weight=weight,
        rows=response.rows(y, standard, offset, weight),
        n_fixed=len(X),
        forth=forth,
        reach=np.append(np.ptp(X, axis=1), np.ones(n_own)),
    )


def _standard_columns(X: Floats, n_own: int, cut_points: bool) -> tuple[Floats, Floats]:
    """Fixed-effect columns of unit scale, and the matrix that takes all coefficients back.

    Cut points take up the means of the columns as a column of ones would: the linear predictor of a cut point is
    ``X'beta - cut``.
    """
    p = len(X)
    if cut_points and any((column == column[0]).all() for column in X):
        raise ValueError("a constant column cannot be told from the cut points")
    columns = np.vstack([np.ones(X.shape[1]), X]) if cut_points else X
    out = np.empty(columns.shape)
    back, _ = standardise(columns, out)
    if len(out) and np.linalg.eigvalsh(out @ out.T / len(out[0]))[0] < DEPENDENT:
        raise ValueError("the fixed-effect columns are not of full rank")
    turn = forth_of(back)
    forth = np.eye(p + n_own)
    if not cut_points:
        forth[:p, :p] = turn
        return out, forth
    forth[:p, :p] = turn[1:, 1:]
    forth[p:, :p] = -turn[0, 1:]
    return out[1:], forth


# ---- the model without random effects --------------------------------------------------------------------------


def likelihood_at(part: FixedPart, coefficients: Floats, random: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, slope and curvature in the coefficients when the random part of eta is known."""
    rows, cumulant = part.rows, part.response.cumulant
    outside = part.response.outside(part.y, coefficients[part.own], part.weight)
    if not np.isfinite(outside.value):
        return -np.inf, np.zeros(len(coefficients)), -np.eye(len(coefficients))
    theta = part.theta(coefficients)
    multiplier = rows.multiplier if rows.dispersed is None else rows.multiplier + theta * rows.dispersed
    eta = coefficients @ rows.X + rows.offset + random
    of_outcome = float(rows.y @ eta)
    value, mean = cumulant.value_and_slope(eta)
    slope = rows.X @ (rows.y - multiplier * mean)
    curvature = -(rows.X * (multiplier * cumulant.second(mean))) @ rows.X.T
    if rows.dispersed is not None:
        inside = theta * float(rows.dispersed @ value)
        mixed = theta * (rows.X @ (rows.dispersed * mean))
        slope[-1] -= inside
        curvature[-1] -= mixed
        curvature[:, -1] -= mixed
        curvature[-1, -1] -= inside
    slope[part.own] += outside.slope
    curvature[part.own, part.own] += outside.curvature
    return outside.value + of_outcome - float(multiplier @ value), slope, curvature


def without_random_effects(part: FixedPart) -> Floats:
    """Coefficients of the model that has no random effects: where a search begins."""

    def deviance(coefficients: Floats) -> tuple[float, Floats, Floats]:
        within, held = part.limited(coefficients)
        value, slope, curvature = likelihood_at(part, within, np.zeros(1))
        slope, curvature = -2.0 * slope, -2.0 * curvature
        hold(slope, curvature, held)
        return -2.0 * value, slope, curvature

    start = np.append(np.zeros(part.n_fixed), part.response.start(part.y))
    return part.limited(minimise(deviance, start, tolerance=1e-3, most_steps=25).at)[0]


def hold(slope: Floats, curvature: Floats, held: Ints) -> None:
    """Take parameters that have reached their limit out of a search, in the arrays themselves."""
    slope[held] = 0.0
    if curvature.size:
        curvature[held] = curvature[:, held] = 0.0
        curvature[held, held] = HELD


# ---- what is estimated -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Estimates in the units of the data; see `QuadratureFit`."""

    beta: Floats
    vcov: Floats
    response_parameters: Floats
    response_vcov: Floats
    joint_vcov: Floats
    runaway: NDArray[np.bool_]


def in_units_of_the_data(part: FixedPart, coefficients: Floats, covariance: Floats) -> Coefficients:
    """Standardised coefficients and their covariance, taken back."""
    p = part.n_fixed
    joint = part.forth @ covariance @ part.forth.T
    back = part.forth @ coefficients
    own, scale = back[p:], np.eye(len(back) - p)
    if isinstance(part.response, NegativeBinomial):
        own = np.exp(own)
        scale *= own
    return Coefficients(
        beta=back[:p],
        vcov=joint[:p, :p],
        response_parameters=own,
        response_vcov=scale @ joint[p:, p:] @ scale,
        joint_vcov=joint,
        # How little is known of a coefficient without a finite optimum tells it from the others.
        runaway=np.asarray(np.sqrt(np.diag(joint)) * part.reach > RUNAWAY),
    )
