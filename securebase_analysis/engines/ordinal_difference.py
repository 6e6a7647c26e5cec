"""Test of a model of ordinal items against a more general one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from securebase_analysis.engines.fit_indices import p_value
from securebase_analysis.engines.weighted_least_squares import OrdinalFit


@dataclass(frozen=True, eq=False)
class OrdinalDifference:
    """How much better the more general of two models fits.

    Attributes
    ----------
    statistic, df, p_value : float, int, float
        The difference of the weighted squares, scaled and shifted to mean and variance of a chi-squared variable.
    scaling_factor, shift : float
        The difference is divided by the one, then the other is added.
    """

    statistic: float
    df: int
    p_value: float
    scaling_factor: float
    shift: float


def ordinal_difference(restricted: OrdinalFit, general: OrdinalFit) -> OrdinalDifference:
    """Test a model against one with fewer restrictions, both fitted to the same moments.

    Parameters
    ----------
    restricted, general : OrdinalFit
        The second reproduces whatever the first can.

    Raises
    ------
    ValueError
        When the restricted model has no more degrees of freedom, or one of them is not identified.

    Notes
    -----
    Near the general model the restrictions are linear, ``A d = 0`` for a change ``d`` of its parameters: what they
    leave is what the Jacobian of the restricted model reaches. With the inverse ``P`` of the precision the
    difference is distributed as the weighted squares of ``P A' (A P A')^-1 A P``, of which mean and variance are
    known. The scaled statistics of the two models must not be subtracted.

    References
    ----------
    Satorra (2000), Scaled and adjusted restricted tests in multi-sample analysis of moment structures;
    Asparouhov & Muthén (2010).
    """
    df = restricted.df - general.df
    if df < 1:
        raise ValueError("the restricted model has no more degrees of freedom than the general one")
    if general.rank < general.n_parameters or restricted.rank < restricted.n_parameters:
        raise ValueError("a model that is not identified cannot be tested")
    of_general, of_restricted = (
        np.concatenate([of.jacobian for of in fit.at.implied]) for fit in (general, restricted)
    )
    reached = np.linalg.lstsq(of_general, of_restricted, rcond=None)[0]
    restrictions = null_space(reached.T).T
    inverse = np.linalg.inv(general.precision)
    along = restrictions @ inverse
    projection = along.T @ np.linalg.pinv(along @ restrictions.T) @ along
    carried = projection @ general.carried_variance
    trace, trace_of_square = float(np.trace(carried)), float(np.sum(carried * carried.T))
    factor = math.sqrt(trace_of_square / df)
    shift = df - trace / factor
    statistic = (restricted.chi2 - general.chi2) / factor + shift
    return OrdinalDifference(statistic, df, p_value(statistic, df), factor, shift)
