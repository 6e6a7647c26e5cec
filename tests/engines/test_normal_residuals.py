"""Quantile residuals against the distributions of scipy, and normal where the model is right."""

import numpy as np
import pytest
from scipy import stats

from securebase_analysis.engines import normal_residuals as residuals


def test_steps_equal_the_distribution_functions():
    y, mean = np.array([0.0, 1.0, 3.0, 9.0]), np.array([0.4, 2.0, 2.5, 4.0])
    low, high = residuals.steps_of_counts(y, mean)
    np.testing.assert_allclose(high, stats.poisson.cdf(y, mean), rtol=1e-12)
    np.testing.assert_allclose(low, stats.poisson.cdf(y - 1, mean), rtol=1e-12)
    low, high = residuals.steps_of_counts(y, mean, 1.7)
    of_scipy = stats.nbinom(1.7, 1.7 / (1.7 + mean))
    np.testing.assert_allclose(high, of_scipy.cdf(y), rtol=1e-12)
    np.testing.assert_allclose(low, of_scipy.cdf(y - 1), rtol=1e-12)
    low, high = residuals.steps_of_yes_or_no(np.array([0.0, 1.0]), np.array([0.3, 0.3]))
    np.testing.assert_allclose([low, high], [[0.0, 0.7], [0.7, 1.0]])


def test_steps_of_ordered_answers_close_on_one_another():
    cuts, predictor = np.array([-1.0, 0.5, 2.0]), np.full(4, 0.3)
    low, high = residuals.steps_of_places(np.arange(4.0), predictor, cuts)
    assert (low[0], high[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(high[:-1], low[1:])
    np.testing.assert_allclose(high[:-1], stats.logistic.cdf(cuts - 0.3))


@pytest.mark.parametrize("theta", [np.inf, 0.8])
def test_residuals_of_right_models_are_standard_normal(theta):
    random = np.random.default_rng(3)
    mean = np.exp(random.normal(size=20_000))
    y = random.poisson(mean) if np.isinf(theta) else random.negative_binomial(theta, theta / (theta + mean))
    found = residuals.quantile_residuals(*residuals.steps_of_counts(y.astype(float), mean, theta), seed=1)
    assert stats.kstest(found, "norm").pvalue > 0.01
    wrong = residuals.quantile_residuals(*residuals.steps_of_counts(y.astype(float), 1.2 * mean, theta), seed=1)
    assert stats.kstest(wrong, "norm").pvalue < 1e-6


def test_residuals_are_finite_where_the_model_is_sure():
    found = residuals.quantile_residuals(np.array([0.0, 1.0]), np.array([0.0, 1.0]), seed=1)
    assert np.isfinite(found).all()


def test_the_envelope_holds_its_share():
    middle, low, high = residuals.normal_envelope(40, 0.9)
    samples = np.sort(np.random.default_rng(5).normal(size=(4000, 40)), axis=1)
    inside = ((samples >= low) & (samples <= high)).mean(axis=0)
    np.testing.assert_allclose(inside, 0.9, atol=0.02)
    np.testing.assert_allclose(middle, np.median(samples, axis=0), atol=0.06)


def test_the_interval_of_a_spread_holds_its_share():
    samples = np.random.default_rng(6).normal(size=(4000, 12))
    low, high = residuals.spread_interval(samples.std(axis=1, ddof=1), np.full(4000, 12), 0.9)
    assert ((low <= 1.0) & (high >= 1.0)).mean() == pytest.approx(0.9, abs=0.015)


def test_a_smooth_line_through_a_line_is_that_line():
    x = np.random.default_rng(7).uniform(size=50)
    at = np.linspace(0, 1, 9)
    np.testing.assert_allclose(residuals.local_line(x, 3.0 - 2.0 * x, at), 3.0 - 2.0 * at, atol=1e-10)
    bent = residuals.local_line(x, np.abs(x - 0.5), at, share=0.3)
    assert bent[4] < 0.1 < bent[0]


def test_a_smooth_line_over_a_few_places_is_the_mean_at_each():
    x = np.repeat([0.0, 1.0, 2.0], 5)
    y = np.arange(15.0)
    np.testing.assert_allclose(residuals.local_line(x, y, np.array([0.0, 1.0, 2.0]), 0.2), [2.0, 7.0, 12.0])


def test_nodes_integrate_moments():
    node, weight = residuals.normal_nodes(30)
    np.testing.assert_allclose([weight.sum(), weight @ node**2, weight @ node**4], [1.0, 1.0, 3.0], rtol=1e-10)
