"""The normal likelihood with missing values against its definition; its derivatives against differences."""

import numpy as np
import pytest

from securebase_analysis.engines.lower_triangle import lower, pairs, symmetric
from securebase_analysis.engines.missing_patterns import observed_moments, patterns_of
from securebase_analysis.engines.normal_likelihood import normal_likelihood

P = 5


@pytest.fixture(scope="module")
def data():
    """Rows with every kind of pattern: single ones, repeated ones, complete ones, one variable, none."""
    random = np.random.default_rng(1)
    X = random.normal(size=(80, P)) @ random.normal(size=(P, P)) + random.normal(size=P)
    X[random.random(X.shape) < 0.3] = np.nan
    X[10:30, 1:3] = np.nan
    X[10:30, [0, 3, 4]] = random.normal(size=(20, 3))
    X[30:40] = random.normal(size=(10, P))
    X[40, 1:] = np.nan
    X[41] = np.nan
    return X


@pytest.fixture(scope="module")
def moments():
    random = np.random.default_rng(2)
    root = random.normal(size=(P, P))
    return np.concatenate([0.3 * random.normal(size=P), lower(root @ root.T + 2.0 * np.eye(P))])


def at(data, moments):
    return normal_likelihood(patterns_of(data), moments[:P], symmetric(moments[P:], P))


def by_definition(data, moments):
    """Each row has the density of its observed part."""
    mean, covariance, total = moments[:P], symmetric(moments[P:], P), 0.0
    for row in data:
        seen = ~np.isnan(row)
        if seen.any():
            Sigma, d = covariance[np.ix_(seen, seen)], row[seen] - mean[seen]
            total -= 0.5 * (
                seen.sum() * np.log(2 * np.pi) + np.linalg.slogdet(Sigma)[1] + d @ np.linalg.solve(Sigma, d)
            )
    return total


def differences(function, x, width):
    steps = width * np.eye(len(x))
    return np.array([(function(x + step) - function(x - step)) / (2 * width) for step in steps])


def test_value_is_the_density_of_what_was_observed(data, moments):
    assert at(data, moments).value == pytest.approx(by_definition(data, moments), abs=1e-9, rel=1e-12)


def test_gradient_is_the_slope_of_the_value(data, moments):
    slope = differences(lambda x: by_definition(data, x), moments, 1e-5)
    np.testing.assert_allclose(at(data, moments).gradient, slope, atol=1e-6, rtol=1e-6)


def test_observed_information_is_minus_the_slope_of_the_gradient(data, moments):
    slope = differences(lambda x: at(data, x).gradient, moments, 1e-5)
    np.testing.assert_allclose(at(data, moments).information("observed"), -slope, atol=1e-7, rtol=1e-6)


def test_expected_information_is_the_covariance_of_the_score(data, moments):
    """Of normal rows with the patterns of the data: for means V, for covariances 1/2 tr(V D V E)."""
    row, column = pairs(P)
    covariance, expected = symmetric(moments[P:], P), np.zeros((len(moments),) * 2)
    directions = np.zeros((len(row), P, P))
    directions[np.arange(len(row)), row, column] = directions[np.arange(len(row)), column, row] = 1.0
    for line in data:
        seen, V = ~np.isnan(line), np.zeros((P, P))
        V[np.ix_(seen, seen)] = np.linalg.inv(covariance[np.ix_(seen, seen)]) if seen.any() else 0.0
        through = V @ directions
        expected[:P, :P] += V
        expected[P:, P:] += 0.5 * np.einsum("aij,bji->ab", through, through)
    np.testing.assert_allclose(at(data, moments).information("expected"), expected, atol=1e-10, rtol=1e-10)


def test_scores_of_rows_add_up_and_empty_rows_have_none(data, moments):
    likelihood = at(data, moments)
    scores = likelihood.scores()
    np.testing.assert_allclose(scores.sum(axis=0), likelihood.gradient, atol=1e-9)
    assert not scores[41].any()
    alone = at(data[[5]], moments)
    np.testing.assert_allclose(scores[5], alone.gradient, atol=1e-12)


def test_weighted_residuals_are_zero_where_missing(data, moments):
    z = at(data, moments).weighted_residuals()
    seen, d = ~np.isnan(data[0]), data[0] - moments[:P]
    expected = np.linalg.solve(symmetric(moments[P:], P)[np.ix_(seen, seen)], d[seen])
    np.testing.assert_allclose(z[0][seen], expected, atol=1e-12)
    np.testing.assert_allclose(z[np.isnan(data)], 0.0, atol=1e-12)


def test_covariances_that_cannot_be_have_no_likelihood(data, moments):
    impossible = symmetric(moments[P:], P) - 100.0 * np.eye(P)
    assert normal_likelihood(patterns_of(data), moments[:P], impossible) is None


def test_patterns_hold_every_row_once(data):
    patterns = patterns_of(data)
    held = np.flatnonzero(~np.isnan(data).all(axis=1))
    assert 41 not in held
    assert (patterns.n_rows, patterns.n_empty) == (len(held), 80 - len(held))
    assert not patterns.complete
    rows = np.sort(np.concatenate([block.rows for block in patterns.blocks]))
    np.testing.assert_array_equal(rows, held)
    assert patterns.n_patterns == len(np.unique(np.isnan(data[rows]), axis=0))
    assert patterns_of(data[30:40]).complete


def test_many_patterns_are_cut_into_blocks(monkeypatch, data, moments):
    whole = at(data, moments)
    monkeypatch.setattr("securebase_analysis.engines.missing_patterns.BLOCK", 2 * P * P)
    cut = at(data, moments)
    assert len(cut.at_blocks) > len(whole.at_blocks)
    np.testing.assert_allclose(cut.information("observed"), whole.information("observed"), atol=1e-9)
    np.testing.assert_allclose(cut.scores(), whole.scores(), atol=1e-12)


def test_observed_moments_are_those_of_what_was_observed(data):
    mean, covariance = observed_moments(patterns_of(data))
    np.testing.assert_allclose(mean, np.nanmean(data, axis=0))
    both = ~np.isnan(data[:, 0]) & ~np.isnan(data[:, 1])
    about = (data[both, 0] - mean[0]) * (data[both, 1] - mean[1])
    assert covariance[0, 1] == pytest.approx(about.mean())


@pytest.mark.parametrize(
    ("X", "says"),
    [([[1.0, np.inf]], "finite"), ([[np.nan], [np.nan]], "no row"), ([1.0, 2.0], "rows of")],
)
def test_data_that_are_none_are_refused(X, says):
    with pytest.raises(ValueError, match=says):
        patterns_of(X)
