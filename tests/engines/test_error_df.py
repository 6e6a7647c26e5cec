"""How well standard errors of structural equations are known."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.error_df import satterthwaite_df
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import Structure
from securebase_analysis.engines.profile_structures import profile_limits
from securebase_analysis.engines.structural_equations import at_parameters, fit_structures

REFERENCE = Path(__file__).parents[1] / "reference"
sys.path.insert(0, str(REFERENCE))
from sem_models import cases, data, structures  # noqa: E402


def regression(n: int, seed: int = 3):
    """A simulated outcome, two predictors and their moments, every element free; the slopes come first."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 2))
    y = x @ [0.4, -0.2] + random.normal(size=n)
    lines = [(0, 0, 1), (0, 0, 2), *[(1, i, i) for i in range(3)], (1, 2, 1), *[(2, i, 0) for i in range(3)]]
    entries = np.column_stack([lines, np.arange(len(lines))])
    return fit_structures([(patterns_of(np.column_stack([y, x])), Structure(3, np.zeros((3, 3, 3)), entries))])


@pytest.mark.parametrize("n", [20, 75])
def test_a_slope_of_a_regression_has_as_many_as_there_are_rows(n):
    fit = regression(n)
    # V = s2 / (x'x): the variance of log V is 2 / n for s2, and the predictors' own add nothing along the slope.
    np.testing.assert_allclose(satterthwaite_df(fit, fit.vcov(), [0, 1]), n, rtol=1e-3)


def test_the_gradient_of_a_variance_is_that_of_the_inverse_information():
    patterns, (structure, *_) = data("hs_missing"), structures(cases()["hs_missing"])[0]
    fit = fit_structures([(patterns[0], structure)])
    vcov, chosen = fit.vcov(), [0, 4, 8, 12, 20]
    change = np.zeros((len(chosen), fit.n_parameters))
    for number in range(fit.n_parameters):
        step = np.zeros(fit.n_parameters)
        step[number] = 0.01 * np.sqrt(vcov[number, number])
        beside = [at_parameters(fit.groups, fit.theta + sign * step).information("observed") for sign in (1, -1)]
        variances = [np.linalg.inv(information).diagonal()[chosen] for information in beside]
        change[:, number] = (variances[0] - variances[1]) / (2.0 * step[number])
    expected = 2.0 * vcov.diagonal()[chosen] ** 2 / np.einsum("jq,qr,jr->j", change, vcov, change)
    np.testing.assert_allclose(satterthwaite_df(fit, vcov, chosen), expected, rtol=0.02)


def test_no_error_no_degrees_of_freedom():
    fit = regression(30)
    assert np.isnan(satterthwaite_df(fit, np.full_like(fit.vcov(), np.nan), [0])).all()


def test_profile_of_a_slope_is_where_the_likelihood_ratio_says():
    n = 30
    fit = regression(n)
    low, high = profile_limits(fit, fit.vcov(), 0, 1.96)
    # With the slope held at b the residual variance rises by (b - slope)^2 / (x'x)^-1_jj.
    reach = np.sqrt(n * fit.vcov()[0, 0] * (np.exp(1.96**2 / n) - 1.0))
    assert (high - fit.theta[0], fit.theta[0] - low) == pytest.approx((reach, reach), rel=1e-4)
