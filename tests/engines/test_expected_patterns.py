"""Data that show what is expected of them: their likelihood is the mean of that of many drawn data."""

import numpy as np

from securebase_analysis.engines.expected_patterns import expected_patterns
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.normal_likelihood import normal_likelihood

MEAN = np.array([0.5, -1.0, 2.0])
COVARIANCE = np.array([[1.0, 0.4, 0.2], [0.4, 2.0, 0.3], [0.2, 0.3, 1.5]])


def gaps():
    """Rows of three patterns, one of a single row, and one row without anything."""
    X = np.zeros((6, 3))
    X[2:4, 0] = X[4, 1] = X[4, 2] = np.nan
    X[5] = np.nan
    return X


def test_the_truth_is_the_maximum_and_observed_information_is_the_expected_one():
    expected = normal_likelihood(expected_patterns(patterns_of(gaps()), MEAN, COVARIANCE), MEAN, COVARIANCE)
    np.testing.assert_allclose(expected.gradient, 0.0, atol=1e-12)
    np.testing.assert_allclose(expected.information("observed"), expected.information("expected"), atol=1e-10)


def test_away_from_the_truth_it_is_the_mean_over_drawn_data():
    X, random = gaps(), np.random.default_rng(2)
    other = COVARIANCE + 0.5 * np.eye(3)
    of_expected = normal_likelihood(expected_patterns(patterns_of(X), MEAN, COVARIANCE), MEAN + 0.3, other)
    values = []
    for _ in range(4000):
        drawn = np.where(np.isnan(X), np.nan, random.multivariate_normal(MEAN, COVARIANCE, len(X)))
        values.append(normal_likelihood(patterns_of(drawn), MEAN + 0.3, other).value)
    # Five standard errors of the mean of 4,000.
    assert abs(np.mean(values) - of_expected.value) < 5 * np.std(values) / np.sqrt(4000)
