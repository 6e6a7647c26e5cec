"""The linear mixed model whose residuals differ in spread, or follow one another in time.

The residuals of a group have covariance ``sigma^2 R``: row i has the standard deviation ``ratio_s / sqrt(w_i)`` of
its stratum s and its weight, and two rows that lie t apart in time correlate ``phi^t``. Given `phi` and the ratios
a triangular transform makes the residuals independent and equal, exactly: a row depends on the past through the
row before it alone. What is left is the model of `mixed` on transformed columns, with ``log|R|`` added to its
deviance. The search runs over ``theta`` and the few residual parameters together; derivatives in the latter are
central differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FAR_GAPS = 4.0
"""Median gap above which whole numbers are taken for days rather than for waves."""
EDGE = 1e-4
"""Correlation of neighbouring rows so close to 0 (of a positive one) or 1 that it counts as on the boundary."""


@dataclass(frozen=True, eq=False)
class ResidualStructure:
    """How the residuals of ordered rows vary and follow one another.

    Attributes
    ----------
    root_weight : numpy.ndarray, shape (rows,)
        Square roots of the weights.
    stratum : numpy.ndarray of int, shape (rows,)
        Stratum of each row; all zero where spreads do not differ.
    n_strata : int
        Number of strata.
    gap : numpy.ndarray, shape (rows,), optional
        Time since the row before in units of `unit`; infinite for the first row of a group. None without
        autocorrelation.
    unit : float
        The median gap in the units of the data.
    signed : bool
        Whether the rows stand at whole steps of time, so that `phi` can be negative.
    """

    root_weight: Floats
    stratum: Ints
    n_strata: int
    gap: Floats | None
    unit: float
    signed: bool

    @property
    def n_correlations(self) -> int:
        """One where there is autocorrelation, else none."""
        return 0 if self.gap is None else 1

    @property
    def n_parameters(self) -> int:
        """Autocorrelation and ratios of standard deviations."""
        return self.n_correlations + self.n_strata - 1

    def neighbours(self, psi: Floats) -> float:
        """The correlation of rows that lie one unit apart; zero without autocorrelation."""
        if self.gap is None:
            return 0.0
        return float(np.tanh(psi[0]) if self.signed else expit(psi[0]))

    def phi(self, psi: Floats) -> float:
        """The correlation of rows that lie one unit of the data's time apart; missing without autocorrelation."""
        if self.gap is None:
            return np.nan
        neighbours = self.neighbours(psi)
        return 0.0 if not self.signed and neighbours < EDGE else float(neighbours ** (1.0 / self.unit))

    def phi_slope(self, psi: Floats) -> float:
        """Derivative of `phi` in the first parameter."""
        phi = self.phi(psi)
        return 1.0 - phi**2 if self.signed else phi * (1.0 - self.neighbours(psi)) / self.unit

    def on_edge(self, psi: Floats) -> bool:
        """Whether the correlation of neighbours is as good as one, or as good as zero where it cannot be less."""
        neighbours = self.neighbours(psi)
        return abs(neighbours) > 1.0 - EDGE or (self.gap is not None and not self.signed and neighbours < EDGE)

    def ratios(self, psi: Floats) -> Floats:
        """Standard deviation of each stratum relative to the first."""
        return np.exp(np.append(0.0, psi[self.n_correlations :]))

    def whiten(self, columns: Floats, psi: Floats) -> tuple[Floats, float]:
        """Columns (k, rows) in which the residuals are independent and equal, and ``log|R|``."""
        scale = self.root_weight / self.ratios(psi)[self.stratum]
        made = columns * scale
        log_det = -2.0 * float(np.log(scale).sum())
        if self.gap is None:
            return made, log_det
        rho = np.power(self.neighbours(psi), self.gap)
        left = 1.0 - rho**2
        made[:, 1:] = (made[:, 1:] - rho[1:] * made[:, :-1]) / np.sqrt(left[1:])
        return made, log_det + float(np.log(left).sum())


def structure_of_rows(
    group: Ints, weight: Floats | None, stratum: Ints | None, time: Floats | None
) -> tuple[ResidualStructure, Ints]:
    """The structure of rows in the order of groups and time, and that order.

    Raises
    ------
    ValueError
        When a weight is not positive, or two rows of a group have the same time.
    """
    n_rows = len(group)
    order = np.lexsort((np.zeros(n_rows) if time is None else time, group))
    weight = np.ones(n_rows) if weight is None else np.asarray(weight, dtype=float)[order]
    if not (weight > 0.0).all():
        raise ValueError("weights must be positive")
    strata = np.zeros(n_rows, dtype=np.intp) if stratum is None else np.asarray(stratum, dtype=np.intp)[order]
    gap, unit, signed = None, 1.0, False
    if time is not None:
        gap, unit, signed = _gaps(np.asarray(time, dtype=float)[order], group[order])
    return ResidualStructure(np.sqrt(weight), strata, int(strata.max()) + 1, gap, unit, signed), order


def _gaps(time: Floats, group: Ints) -> tuple[Floats, float, bool]:
    """Time since the row before, its unit, and whether all gaps are whole steps."""
    gap = np.full(len(time), np.inf)
    inside = np.flatnonzero(group[1:] == group[:-1]) + 1
    gap[inside] = time[inside] - time[inside - 1]
    within = gap[inside]
    if not len(within):
        raise ValueError("no group has two rows that could follow one another")
    if not (within > 0.0).all():
        raise ValueError("two rows of a group have the same time")
    middle = float(np.median(within))
    signed = bool((within == np.round(within)).all() and within.min() == 1.0 and middle <= FAR_GAPS)
    unit = 1.0 if signed else middle
    return gap / unit, unit, signed
