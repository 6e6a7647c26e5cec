"""The covariance of the rows of a growth model, from its fit."""

from __future__ import annotations

from securebase_analysis.engines.boundaries import square_root
from securebase_analysis.engines.working_covariance import WorkingCovariance, half_of_factor
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.standard_residuals import spread_of_rows


def row_covariance(fit: Fit, data: GroupedRows) -> WorkingCovariance:
    """What rows share through their children, carers and agencies, and the residual variance of each."""
    halves = [
        half_of_factor(factor.random.values, square_root(D), factor.code, factor.n_levels, factor.members)
        for factor, D in zip(data.factors, fit.covariances)
    ]
    return WorkingCovariance(fit.sigma2 * spread_of_rows(fit, data), halves)
