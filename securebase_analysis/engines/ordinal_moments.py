"""Thresholds and correlations of ordinal and continuous variables, with the covariance of their estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from securebase_analysis.engines.margins import Margins, margins_of
from securebase_analysis.engines.pairs_of_variables import CorrelatedPairs
from securebase_analysis.engines.polychoric import polychoric_pairs
from securebase_analysis.engines.polychoric_covariance import influence_of_rows
from securebase_analysis.engines.polyserial import polyserial_pairs
from securebase_analysis.engines.product_moment import product_moment_pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Missing = Literal["pairwise", "listwise"]


@dataclass(frozen=True, eq=False)
class OrdinalMoments:
    """What models of ordinal items are fitted to, in one group.

    Attributes
    ----------
    margins : Margins
        Thresholds of the ordinal variables, means and variances of the others.
    correlation : numpy.ndarray, shape (p, p)
        Polychoric, polyserial and product-moment correlations.
    acov : numpy.ndarray, shape (m, m)
        Covariance of `moments`, times the number of rows.
    n_rows : int
        Rows with any value, or with all values if `missing` is "listwise".
    n_excluded : int
        Rows that were left out.
    n_together : numpy.ndarray, shape (p, p)
        Rows, or their weights, that have both variables.
    at_boundary : numpy.ndarray of bool, shape (p, p)
        Pairs whose likelihood still rises at the largest correlation that is looked for.
    empty_cells : numpy.ndarray of int, shape (p, p)
        Combinations of answers to two ordinal items that nobody gave.
    """

    margins: Margins
    correlation: Floats
    acov: Floats
    n_rows: int
    n_excluded: int
    n_together: Floats
    at_boundary: Bools
    empty_cells: Ints

    @property
    def ordinal(self) -> Bools:
        """Which variables are ordinal."""
        return self.margins.ordinal

    @property
    def n_variables(self) -> int:
        """Variables."""
        return len(self.correlation)

    @property
    def mean(self) -> Floats:
        """Means (p,) of continuous variables, 0 of what lies behind ordinal ones."""
        return self.margins.mean

    @property
    def covariance(self) -> Floats:
        """Covariances (p, p), with variance 1 of what lies behind ordinal variables."""
        sd = np.sqrt(self.margins.variance)
        return self.correlation * np.outer(sd, sd)

    @property
    def thresholds(self) -> tuple[Floats, ...]:
        """Of each variable; empty for continuous ones."""
        return tuple(np.empty(0) if of is None else of.thresholds for of in self.margins.categories)

    @cached_property
    def moments(self) -> Floats:
        """Thresholds and means by variable, variances of continuous variables, covariances below the diagonal."""
        row, column = np.tril_indices(self.n_variables, -1)
        return np.concatenate([self.margins.parameters, self.covariance[row, column]])

    @property
    def std_error(self) -> Floats:
        """Of `moments`."""
        return np.sqrt(self.acov.diagonal() / self.n_rows)

    @cached_property
    def usable(self) -> bool:
        """Whether every moment has a variance, without which it has no weight; one on its boundary has none."""
        variances = self.acov.diagonal()
        return bool(np.isfinite(self.acov).all() and (variances > 0.0).all() and not self.at_boundary.any())

    @property
    def positive_definite(self) -> bool:
        """Whether the correlations could be those of any data; those of pairs need not be."""
        return bool(np.linalg.eigvalsh(self.correlation)[0] > 1e-8)


def polychoric_moments(
    X: ArrayLike,
    ordinal: ArrayLike,
    *,
    levels: Sequence[ArrayLike | None] | None = None,
    weight: ArrayLike | None = None,
    missing: Missing = "pairwise",
) -> OrdinalMoments:
    """Estimate thresholds, then correlations given these, and the covariance of both.

    Parameters
    ----------
    X : array, shape (rows, p)
        Answers as numbers whose order counts, NaN where missing.
    ordinal : array of bool, shape (p,)
        Which variables are ordinal; the others count as normal.
    levels : sequence, optional
        What can be answered to each item; those of the data by default. Give them where groups must have the same.
    weight : array, shape (rows,), optional
        How much each row counts; scaled to sum to the number of rows.
    missing : {"pairwise", "listwise"}
        Whether each moment comes from all rows that have its variables, or all from complete rows.

    Raises
    ------
    ValueError
        When a variable does not vary, nobody chose a level, or no row has both of two variables.

    Notes
    -----
    Pairwise moments hold where values are missing completely at random, which is more than maximum likelihood
    asks for.

    References
    ----------
    Muthén (1984), A general structural equation model with dichotomous, ordered categorical, and continuous latent
    variable indicators, Psychometrika 49.
    """
    data = np.array(X, dtype=float)
    seen = ~np.isnan(data)
    kept = seen.all(axis=1) if missing == "listwise" else seen.any(axis=1)
    each = np.ones(len(data)) if weight is None else np.asarray(weight, dtype=float)
    each = each[kept] * (kept.sum() / each[kept].sum())
    together = seen[kept].astype(float)
    margins = margins_of(data[kept], ordinal, levels, each)
    if not (together.T @ together).all():
        raise ValueError("there are two variables of which no row has both")
    pairs = _correlated(margins)
    influence = influence_of_rows(margins, pairs)
    n, p = len(margins.X), data.shape[1]
    correlation, at_boundary, empty = np.eye(p), np.zeros((p, p), dtype=bool), np.zeros((p, p), dtype=np.intp)
    for of in pairs:
        for i, j in ((of.first, of.second), (of.second, of.first)):
            correlation[i, j], at_boundary[i, j], empty[i, j] = of.correlation, of.at_boundary, of.empty_cells
    return OrdinalMoments(
        margins=margins,
        correlation=correlation,
        acov=n * (influence.T @ influence),
        n_rows=n,
        n_excluded=len(data) - n,
        n_together=together.T @ (each[:, None] * together),
        at_boundary=at_boundary,
        empty_cells=empty,
    )


def _correlated(margins: Margins) -> list[CorrelatedPairs]:
    """All pairs, by their kind."""
    row, column = np.tril_indices(len(margins.categories), -1)
    of_row, of_column = margins.ordinal[row], margins.ordinal[column]
    out = []
    both, neither, mixed = of_row & of_column, ~of_row & ~of_column, of_row != of_column
    if both.any():
        out.append(polychoric_pairs(margins, row[both], column[both]))
    if mixed.any():
        ordinal = np.where(of_row, row, column)[mixed]
        out.append(polyserial_pairs(margins, (row + column)[mixed] - ordinal, ordinal))
    if neither.any():
        out.append(product_moment_pairs(margins, row[neither], column[neither]))
    return out
