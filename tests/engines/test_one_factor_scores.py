"""Scores on one factor against the normal distribution itself, and errors against derivatives by differences."""

import numpy as np
import pytest

from securebase_analysis.engines.one_factor_of_incomplete import fit_incomplete_one_factor
from securebase_analysis.engines.one_factor_scores import mean_without_error, one_factor_scores

LOADINGS = np.array([0.9, 0.6, -0.4, 1.1])
INTERCEPTS = np.array([2.0, 1.0, 3.0, 0.0])
UNIQUENESSES = np.array([0.5, 0.8, 0.3, 1.2])
WEIGHTS = np.array([1.0, 2.0, 1.0, 0.5])


def answers(n=6):
    random = np.random.default_rng(4)
    values = (
        INTERCEPTS + random.normal(size=(n, 1)) * LOADINGS + random.normal(size=(n, 4)) * np.sqrt(UNIQUENESSES)
    )
    values[1, 2] = values[2, :3] = values[3] = np.nan
    return values


def test_scores_are_those_of_the_conditional_normal_distribution():
    X = answers()
    found = one_factor_scores(X, LOADINGS, INTERCEPTS, UNIQUENESSES)
    covariance = np.outer(LOADINGS, LOADINGS) + np.diag(UNIQUENESSES)
    for row, score, error in zip(X, found.score, found.std_error):
        seen = ~np.isnan(row)
        pull = np.linalg.solve(covariance[np.ix_(seen, seen)], LOADINGS[seen]) if seen.any() else np.zeros(0)
        assert score == pytest.approx(pull @ (row - INTERCEPTS)[seen])
        assert error == pytest.approx(np.sqrt(1.0 - pull @ LOADINGS[seen]))
    assert (found.score[3], found.std_error[3]) == (0.0, 1.0)
    np.testing.assert_allclose((found.pull * np.nan_to_num(X - INTERCEPTS)).sum(axis=1), found.score)


def test_the_mean_and_its_error_are_those_of_the_delta_method():
    X = answers()
    random = np.random.default_rng(5)
    root = random.normal(size=(12, 12)) * 0.05
    theta, vcov = np.concatenate([LOADINGS, UNIQUENESSES, INTERCEPTS]), root @ root.T
    share = WEIGHTS / WEIGHTS.sum()

    def mean(at):
        loadings, uniquenesses, intercepts = np.split(at, 3)
        return (
            share @ intercepts + share @ loadings * one_factor_scores(X, loadings, intercepts, uniquenesses).score
        )

    step = 1e-6
    gradient = np.column_stack(
        [(mean(theta + step * e) - mean(theta - step * e)) / (2 * step) for e in np.eye(12)]
    )
    given = share @ LOADINGS * one_factor_scores(X, LOADINGS, INTERCEPTS, UNIQUENESSES).std_error
    expected = np.sqrt(given**2 + np.einsum("ij,jk,ik->i", gradient, vcov, gradient))
    found, error = mean_without_error(X, WEIGHTS, LOADINGS, INTERCEPTS, UNIQUENESSES, vcov)
    np.testing.assert_allclose(found, mean(theta))
    np.testing.assert_allclose(error, expected, rtol=1e-6)
    assert found[3] == pytest.approx(share @ INTERCEPTS)


def test_intercepts_and_their_errors_of_complete_answers_are_the_means_and_theirs():
    random = np.random.default_rng(6)
    X = INTERCEPTS + random.normal(size=(300, 1)) * np.abs(LOADINGS) + random.normal(size=(300, 4))
    found = fit_incomplete_one_factor(X)
    np.testing.assert_allclose(found.intercepts, X.mean(axis=0), atol=1e-6)
    implied = found.loadings**2 + found.uniquenesses
    np.testing.assert_allclose(np.diag(found.vcov)[8:], implied / 300, rtol=1e-5)
