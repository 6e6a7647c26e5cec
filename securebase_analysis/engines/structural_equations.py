"""Structural equation models for one or several groups, by maximum likelihood from all that was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.missing_patterns import Patterns
from securebase_analysis.engines.moment_structure import Structure
from securebase_analysis.engines.saturated_moments import SaturatedMoments

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Information = Literal["observed", "expected"]
Errors = Literal["observed", "expected", "sandwich"]
Group = tuple[Patterns, Structure]


@dataclass(frozen=True, eq=False)
class StructureFit:
    """A fitted model.

    Attributes
    ----------
    groups : tuple of (Patterns, Structure)
        What was fitted to what.
    theta : numpy.ndarray, shape (q,)
        The parameters, by their numbers in `Structure.entries`.
    log_likelihood : float
        At `theta`, summed over groups.
    saturated : tuple of SaturatedMoments
        Of each group; empty with ``fit_saturated=False``.
    converged : bool
        Whether the search ended at a maximum.
    n_steps : int
        Steps of the search.
    gradient : numpy.ndarray, shape (q,)
        At `theta`.

    Methods and properties (all cached where they cost): ``n_rows``, ``n_parameters``, ``n_moments``, ``df``,
    ``chi2``, ``saturated_log_likelihood``, ``saturated_usable``, ``information(kind)``, ``vcov(kind)``,
    ``scores`` (rows of all groups, q), ``implied(group) -> mean, covariance``, ``not_identified`` (bool, q),
    ``rank``, ``improper`` (see `Improper`).
    """

    groups: tuple[Group, ...]
    theta: Floats
    log_likelihood: float
    saturated: tuple[SaturatedMoments, ...]
    converged: bool
    n_steps: int
    gradient: Floats


# fit_structures(groups: Sequence[Group], start=None, *, fit_saturated=True, most_steps=200) -> StructureFit
#     start: (q,) with NaN where the engine shall choose (starting_values)
# starting_values(groups, saturated) -> theta
# independence(patterns, correlated=()) -> Structure     # baseline_model: variables in `correlated` keep covariances
# engines/fit_indices.py      fit_indices(fit, baseline, *, means_modelled=True, conf_level=0.90) -> FitIndices
#     chi2, df, p_value, baseline_chi2, baseline_df, cfi, tli, rmsea, rmsea_low, rmsea_high, rmsea_p_close, srmr,
#     log_likelihood, saturated_log_likelihood, n_parameters, aic, bic, bic_adjusted
# engines/scaled_tests.py     scaled_indices(fit, baseline) -> ScaledIndices: scaling_factor, chi2_scaled, df,
#     p_value_scaled, cfi_scaled, tli_scaled, rmsea_scaled, cfi_robust, tli_robust, rmsea_robust (+ _low, _high)
#     scaled_difference(restricted, general) -> ScaledDifference: statistic, df, p_value, scaling_factor
# engines/modification.py     modification_indices(fit, candidates (group, matrix, row, column)) -> index, epc, ...
#     a candidate that is already a parameter shared with other elements is released from them
# engines/latent_scores.py    latent_scores(fit, group) -> scores (rows, latent), std_error (rows, latent)
