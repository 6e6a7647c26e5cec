"""A prior on parameters of a structure: against the posterior in closed form, and slopes by differences."""

import numpy as np
import pytest

from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.normal_prior import AtPosterior, NormalPrior
from securebase_analysis.engines.structural_equations import at_parameters, fit_structures


def regression(known_variance=None):
    """The second column on the first: effect, variance of the first, residual variance, means."""
    fixed = np.zeros((3, 2, 2))
    lines = [(EFFECT, 1, 0), (COVARIANCE, 0, 0), (MEAN, 0, 0), (MEAN, 1, 0)]
    if known_variance is None:
        lines.append((COVARIANCE, 1, 1))
    else:
        fixed[COVARIANCE, 1, 1] = known_variance
    return Structure(2, fixed, np.column_stack([np.array(lines), np.arange(len(lines))]))


def data(n=40, seed=3):
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return np.column_stack([x[:, 0], 0.6 * x[:, 0] + x[:, 1]])


def on_effect(mean, sd, q=4):
    return NormalPrior(np.array([mean] + [0.0] * (q - 1)), np.array([sd**-2] + [0.0] * (q - 1)))


def test_slope_with_known_residual_variance_is_the_posterior_in_closed_form():
    X = data()
    x, y = (X - X.mean(axis=0)).T
    fit = fit_structures([(patterns_of(X), regression(1.0))], prior=on_effect(0.1, 0.2))
    precision = x @ x + 0.2**-2
    assert fit.converged
    assert fit.theta[0] == pytest.approx((x @ y + 0.1 * 0.2**-2) / precision, abs=1e-9)
    # With the mean of x at its estimate the expected information about the slope is that of the regression.
    assert np.sqrt(fit.vcov("expected")[0, 0]) == pytest.approx(precision**-0.5, rel=1e-9)


def test_a_prior_without_precision_changes_nothing_and_a_sharp_one_holds_the_parameter():
    groups = [(patterns_of(data()), regression())]
    free = fit_structures(groups)
    loose = fit_structures(groups, prior=NormalPrior(np.ones(5), np.zeros(5)))
    np.testing.assert_allclose(loose.theta, free.theta, atol=1e-9)
    np.testing.assert_allclose(loose.vcov(), free.vcov(), atol=1e-10)
    sharp = fit_structures(groups, prior=on_effect(0.25, 1e-4, 5))
    assert sharp.theta[0] == pytest.approx(0.25, abs=1e-5)


def test_the_search_ends_at_the_top_of_both_with_missing_values():
    X = data()
    X[::4, 0] = np.nan
    prior = on_effect(0.0, 0.1, 5)
    groups = [(patterns_of(X), regression())]
    fit = fit_structures(groups, prior=prior)
    np.testing.assert_allclose(fit.gradient, 0.0, atol=1e-6)

    def at(theta):
        return AtPosterior(theta, at_parameters(groups, theta), prior)

    step = 1e-5 * np.eye(5)
    slopes = np.array([(at(fit.theta + h).gradient - at(fit.theta - h).gradient) / 2e-5 for h in step])
    np.testing.assert_allclose(fit.observed_information, -slopes, rtol=1e-5, atol=1e-4)
    assert abs(fit.theta[0]) < abs(fit_structures(groups).theta[0])
