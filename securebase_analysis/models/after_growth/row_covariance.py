"""The covariance of the rows of a growth model, from its fit."""

from __future__ import annotations

import numpy as np

from securebase_analysis.engines.working_covariance import WorkingCovariance, half_of_factor
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.residuals import WEIGHT
from securebase_analysis.results.inference import Floats


def row_covariance(fit: Fit, data: GroupedRows) -> WorkingCovariance:
    """What rows share through their children, carers and agencies, and the residual variance of each."""
    weight = data.extra[WEIGHT].to_numpy(float) if WEIGHT in data.extra else np.ones(data.n_rows)
    halves = [
        half_of_factor(factor.random.values, square_root(D), factor.code, factor.n_levels, factor.members)
        for factor, D in zip(data.factors, fit.covariances)
    ]
    return WorkingCovariance(fit.sigma2 / weight, halves)


def square_root(D: Floats) -> Floats:
    """A square root of a covariance, singular ones included."""
    value, vector = np.linalg.eigh(D)
    return np.asarray(vector * np.sqrt(np.maximum(value, 0.0)), dtype=float)
