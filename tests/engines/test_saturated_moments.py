"""Saturated moments: the maximum, where there is one, and what is said where there is none."""

import numpy as np
import pytest

from securebase_analysis.engines import saturated_moments as module
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.normal_likelihood import normal_likelihood
from securebase_analysis.engines.saturated_moments import saturated_moments


def sample(n, p, share, seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 1)) + random.normal(size=(n, p)) + np.arange(p)
    X[random.random(X.shape) < share] = np.nan
    return X


def test_complete_data_have_their_own_moments():
    X = sample(60, 4, 0.0, 1)
    found = saturated_moments(patterns_of(X))
    np.testing.assert_allclose(found.mean, X.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(X.T, bias=True), atol=1e-12)
    assert found.usable
    assert found.n_steps == 0


def test_the_gradient_vanishes_at_the_maximum():
    found = saturated_moments(patterns_of(sample(200, 6, 0.25, 2)))
    assert found.usable
    assert np.abs(found.likelihood.gradient).max() < 1e-5
    assert np.linalg.eigvalsh(found.likelihood.information("observed"))[0] > 0.0


def test_expectation_maximisation_alone_comes_to_the_same(monkeypatch):
    patterns = patterns_of(sample(200, 6, 0.25, 3))
    newton = saturated_moments(patterns)
    monkeypatch.setattr(module, "FEW_ENOUGH", 0)
    alone = saturated_moments(patterns)
    assert alone.converged
    assert alone.n_steps > newton.n_steps
    assert alone.log_likelihood == pytest.approx(newton.log_likelihood, abs=1e-5)
    np.testing.assert_allclose(alone.covariance, newton.covariance, atol=1e-3)


def test_drop_out_after_the_first_variable_has_the_closed_form_of_anderson():
    """Anderson (1957): the first variable from all rows, the regression on it from those that have both."""
    X = sample(150, 2, 0.0, 4)
    X[np.argsort(X[:, 0])[100:], 1] = np.nan
    found, both = saturated_moments(patterns_of(X)), X[~np.isnan(X[:, 1])]
    slope = np.cov(both.T)[0, 1] / np.var(both[:, 0], ddof=1)
    mean = both[:, 1].mean() + slope * (X[:, 0].mean() - both[:, 0].mean())
    assert found.mean[1] == pytest.approx(mean, abs=1e-7)
    assert found.covariance[0, 1] / found.covariance[0, 0] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("seed", [5, 6])
def test_twenty_variables_of_fifty_two_children_have_no_usable_maximum(seed):
    found = saturated_moments(patterns_of(sample(52, 20, 0.2, seed)))
    assert not found.usable
    assert found.smallest_eigenvalue < 1e-3 or found.thin


def test_pairs_hardly_ever_seen_together_are_thin():
    X = sample(100, 4, 0.0, 7)
    X[:97, 0] = np.nan
    X[90:94, 0] = 1.0 + np.arange(4) ** 2
    found = saturated_moments(patterns_of(X))
    assert found.thin
    assert not found.usable
    assert not saturated_moments(patterns_of(sample(100, 4, 0.2, 8))).thin


@pytest.mark.parametrize("column", [np.full(30, 2.0), np.full(30, np.nan)])
def test_a_variable_without_two_values_is_refused(column):
    X = sample(30, 3, 0.2, 9)
    X[:, 1] = column
    X[:, 0] = np.nan_to_num(X[:, 0])
    with pytest.raises(ValueError, match="two different values"):
        saturated_moments(patterns_of(X))


def test_complete_data_without_rank_are_not_usable():
    X = sample(30, 3, 0.0, 10)
    assert not saturated_moments(patterns_of(np.column_stack([X, X[:, 0] + X[:, 1]]))).usable
    assert not saturated_moments(patterns_of(sample(8, 10, 0.0, 11))).usable


def test_a_step_of_expectation_maximisation_is_that_of_the_textbook():
    """Expected values and squares of what is missing, row by row; then the moments of the completed rows."""
    X, p = sample(80, 4, 0.3, 12), 4
    X = X[~np.isnan(X).all(axis=1)]
    patterns = patterns_of(X)
    mean, covariance = np.nanmean(X, axis=0) + 0.3, 1.5 * np.eye(p) + 0.5
    total, squares = np.zeros(p), np.zeros((p, p))
    for row in X:
        o, m = ~np.isnan(row), np.isnan(row)
        weights = np.linalg.solve(covariance[np.ix_(o, o)], covariance[np.ix_(o, m)])
        filled = np.where(o, row, 0.0)
        filled[m] = mean[m] + (row[o] - mean[o]) @ weights
        left = np.zeros((p, p))
        left[np.ix_(m, m)] = covariance[np.ix_(m, m)] - covariance[np.ix_(m, o)] @ weights
        total += filled
        squares += np.outer(filled, filled) + left
    new_mean = total / len(X)
    before = normal_likelihood(patterns, mean, covariance)
    after = module._em_step(before)
    np.testing.assert_allclose(after.mean, new_mean, atol=1e-12)
    np.testing.assert_allclose(after.covariance, squares / len(X) - np.outer(new_mean, new_mean), atol=1e-12)
    assert after.value > before.value
