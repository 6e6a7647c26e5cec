import numpy as np
import pytest
from scipy.special import ndtri

from securebase_analysis.engines.correlation_search import MOST, highest
from securebase_analysis.engines.margins import margins_of
from securebase_analysis.engines.ordinal_moments import polychoric_moments
from securebase_analysis.engines.polychoric import polychoric_pairs
from securebase_analysis.engines.thresholds import categories_of

CUTS = np.array([-0.8, 0.3, 1.2])


def simulated(n, correlation, seed, cuts=CUTS):
    rng = np.random.default_rng(seed)
    p = len(correlation)
    behind = rng.standard_normal((n, p)) @ np.linalg.cholesky(correlation).T
    return behind, np.searchsorted(cuts, behind).astype(float)


def test_thresholds_are_quantiles_of_shares():
    of = categories_of([1, 1, 2, 2, 2, 5, np.nan, 5, 5, 5])
    assert of.levels.tolist() == [1, 2, 5]
    assert of.codes.tolist() == [0, 0, 1, 1, 1, 2, -1, 2, 2, 2]
    np.testing.assert_allclose(of.thresholds, ndtri([2 / 9, 5 / 9]))
    with_empty = categories_of([1, 1, 3], levels=[1, 2, 3])
    assert with_empty.empty.tolist() == [False, True, False]
    with pytest.raises(ValueError, match="not among the levels"):
        categories_of([1, 4], levels=[1, 2])
    with pytest.raises(ValueError, match="without answers"):
        categories_of([np.nan, np.nan])


def test_weights_count_as_repeated_rows():
    _, X = simulated(150, np.array([[1, 0.5], [0.5, 1]]), 3)
    weight = np.tile([1.0, 2.0, 3.0], 50)
    ordinal = np.array([True, True])
    by_weight = polychoric_moments(X, ordinal, weight=weight)
    repeated = polychoric_moments(X.repeat(weight.astype(int), axis=0), ordinal)
    np.testing.assert_allclose(by_weight.moments, repeated.moments, atol=1e-9)


def test_truth_is_recovered_and_the_errors_are_those_of_samples():
    truth = np.array([[1, 0.6, -0.4], [0.6, 1, 0.1], [-0.4, 0.1, 1]])
    estimates, errors = [], []
    for seed in range(300):
        behind, X = simulated(300, truth, seed)
        X[:, 2] = 10 + 3 * behind[:, 2]
        found = polychoric_moments(X, np.array([True, True, False]))
        estimates.append(found.moments)
        errors.append(found.std_error)
    true = np.concatenate([CUTS, CUTS, [10], [9], [0.6, -1.2, 0.3]])
    z = (np.array(estimates) - true) / np.array(errors)
    covered = (np.abs(z) < 1.96).mean(axis=0)
    assert covered.mean() == pytest.approx(0.95, abs=0.015)
    assert (np.abs(np.mean(estimates, axis=0) - true) < 4 * np.std(estimates, axis=0) / np.sqrt(300)).all()


def test_moments_are_those_of_rows_in_any_order_and_variables_in_any_order():
    behind, X = simulated(200, np.array([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]), 8)
    X[:, 1] = behind[:, 1]
    X[::9, 0] = np.nan
    ordinal = np.array([True, False, True])
    found = polychoric_moments(X, ordinal)
    turned = polychoric_moments(X[::-1, [2, 1, 0]], ordinal[[2, 1, 0]])
    np.testing.assert_allclose(turned.correlation[::-1, ::-1], found.correlation, atol=1e-10)
    order = [4, 5, 6, 3, 0, 1, 2]  # of the thresholds and the mean
    np.testing.assert_allclose(turned.acov[:7, :7][np.ix_(order, order)], found.acov[:7, :7], atol=1e-8)


def test_units_of_continuous_variables_change_nothing_else():
    behind, X = simulated(200, np.array([[1, 0.5], [0.5, 1]]), 5)
    X[:, 1] = behind[:, 1]
    ordinal = np.array([True, False])
    one, other = (polychoric_moments(X * [1, unit], ordinal) for unit in (1.0, 1e4))
    np.testing.assert_allclose(one.correlation, other.correlation, atol=1e-9)
    assert other.std_error[-1] == pytest.approx(1e4 * one.std_error[-1], rel=1e-6)


def test_a_correlation_on_the_boundary_is_told():
    a = np.repeat([1.0, 2.0], 20)
    found = polychoric_moments(np.column_stack([a, a]), np.array([True, True]))
    assert found.at_boundary[0, 1]
    assert found.correlation[0, 1] == MOST
    assert found.empty_cells[0, 1] == 2
    assert not found.usable


def test_an_empty_cell_of_a_large_table_is_told():
    a = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 2, 3.0])
    b = np.array([1, 1, 2, 1, 2, 3, 2, 3, 3, 2, 2, 3.0])
    found = polychoric_moments(np.column_stack([a, b]), np.array([True, True]))
    assert found.empty_cells[0, 1] == 2
    assert not found.at_boundary.any()
    assert found.usable


def test_rows_that_have_no_pair_of_values_in_common_are_told():
    X = np.array([[1, np.nan], [2, np.nan], [1, np.nan], [np.nan, 1], [np.nan, 2], [np.nan, 2]])
    with pytest.raises(ValueError, match="no row has both"):
        polychoric_moments(X, np.array([True, True]))


def test_empty_levels_are_refused():
    X = np.array([[1, 1], [2, 2], [1, 2], [2, 1.0]])
    with pytest.raises(ValueError, match="empty category"):
        margins_of(X, [True, True], levels=[[1, 2, 3], [1, 2]])


def test_the_estimate_is_where_the_likelihood_is_highest():
    _, X = simulated(120, np.array([[1, 0.7], [0.7, 1]]), 21)
    margins = margins_of(X, [True, True])
    one, two = np.array([1]), np.array([0])
    found = polychoric_pairs(margins, one, two)
    assert found.scores.sum() == pytest.approx(0.0, abs=1e-8)
    # The crossproducts with the margins are those of rows.
    step, crossed = 1e-5, np.zeros(6)
    from securebase_analysis.engines.bivariate_normal import bivariate_cdf, over_cells

    def log_likelihoods(edges):
        cells = over_cells(bivariate_cdf(edges[1][:, None], edges[0][None, :], found.correlation[0]))
        return np.log(cells[margins.codes[:, 1], margins.codes[:, 0]])

    for parameter in range(6):
        up, down = margins.edges.copy(), margins.edges.copy()
        up[parameter // 3, 1 + parameter % 3] += step
        down[parameter // 3, 1 + parameter % 3] -= step
        of_rows = (log_likelihoods(up) - log_likelihoods(down)) / (2 * step)
        crossed[parameter] = found.scores[:, 0] @ of_rows
    np.testing.assert_allclose(found.with_margins[0], crossed, rtol=1e-5, atol=1e-6)


def test_search_of_many_maxima():
    peaks = np.array([-0.9, 0.0, 0.4, 0.998, 1.5, -2.0])

    def slopes(which, at):
        return peaks[which] - at, np.full(len(which), -1.0)

    found = highest(slopes, np.zeros(6))
    np.testing.assert_allclose(found.correlation, np.clip(peaks, -MOST, MOST), atol=1e-9)
    assert found.at_boundary.tolist() == [False, False, False, False, True, True]
