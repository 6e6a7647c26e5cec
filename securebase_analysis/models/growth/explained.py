"""Where the variance of an outcome lies: in the fixed effects, in each grouping factor, in the residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.growth.standard_residuals import spread_of_rows
from securebase_analysis.results.inference import Floats

LOGISTIC = float(np.pi**2 / 3.0)
"""Variance of the logistic distribution: the residual of a yes or no, or of an ordered answer, on its logit."""


@dataclass(frozen=True, eq=False)
class VarianceParts:
    """The variance of the outcome, on the scale on which the model adds up.

    Attributes
    ----------
    of_fixed : float
        Of the fixed part over the rows.
    of_factors : tuple of float
        Mean over the rows of what each grouping factor gives.
    of_residual : float
        Of the residual, or of the distribution of the family.
    """

    of_fixed: float
    of_factors: tuple[float, ...]
    of_residual: float

    @property
    def of_random(self) -> float:
        """Of all factors together."""
        return sum(self.of_factors)

    @property
    def total(self) -> float:
        """All of it."""
        return self.of_fixed + self.of_random + self.of_residual

    @property
    def r2_marginal(self) -> float:
        """Share of the fixed effects."""
        return self.of_fixed / self.total

    @property
    def r2_conditional(self) -> float:
        """Share of fixed and random effects."""
        return (self.of_fixed + self.of_random) / self.total

    @property
    def icc(self) -> float:
        """Share of the random effects in what the fixed ones leave."""
        return self.of_random / (self.of_random + self.of_residual)


def variance_parts(request: Request, fit: Fit, rows: GroupedRows) -> VarianceParts:
    """The parts that `GrowthResult.explained` shows."""
    return VarianceParts(
        of_fixed=float(np.var(rows.fixed.combined(fit.beta), ddof=1)),
        of_factors=tuple(_mean_variance(factor, D) for factor, D in zip(rows.factors, fit.covariances)),
        of_residual=_residual_variance(request.family, fit, rows),
    )


def explained(request: Request, fit: Fit, rows: GroupedRows) -> pd.DataFrame:
    """A row for each part; see `GrowthResult.explained`."""
    parts = variance_parts(request, fit, rows)
    names = ["fixed", *(factor.name for factor in rows.factors), "residual"]
    variance = np.array([parts.of_fixed, *parts.of_factors, parts.of_residual])
    left = parts.of_random + parts.of_residual
    icc = np.array([np.nan, *(one / left for one in parts.of_factors), np.nan])
    return pd.DataFrame({"part": names, "variance": variance, "share": variance / parts.total, "icc": icc})


def _mean_variance(factor: Factor, D: Floats) -> float:
    """Mean over the rows of the variance that a factor gives to the outcome (Johnson 2014)."""
    columns = factor.random.columns
    shares = None if factor.members is None else np.asarray(factor.members.power(2).sum(axis=1)).ravel()
    shared = columns if shares is None else [shares * column for column in columns]
    products = np.array([[one @ other for other in columns] for one in shared])
    return float((products * D).sum() / len(columns[0]))


def _residual_variance(family: str, fit: Fit, rows: GroupedRows) -> float:
    """Of the residual; for other families that of their distribution on the scale of the link.

    For counts with the mean m that is ``ln(1 + 1/m)``, and ``ln(1 + 1/m + 1/theta)`` where they spread more than
    Poisson's: the variance of the logarithm of a lognormal variable of the same mean and variance (Nakagawa,
    Johnson & Schielzeth 2017).
    """
    if family == "gaussian":
        return fit.sigma2 * float(spread_of_rows(fit, rows).mean())
    if family in ("binomial", "ordinal"):
        return LOGISTIC
    mean = float(rows.outcome.values[0].mean())
    theta = next((term.estimate for term in fit.further_terms() if term.term == "theta"), np.inf)
    return float(np.log1p(1.0 / mean + 1.0 / theta)) if mean > 0.0 else np.nan
