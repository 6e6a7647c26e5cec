"""Outcomes that are not normal: canonical rows against the plain formula, derivatives, far out, refusals."""

import numpy as np
import pytest
from scipy.special import expit, gammaln

from securebase_analysis.engines.linear_predictor import fixed_part, likelihood_at
from securebase_analysis.engines.responses import (
    EXPONENTIAL,
    LOGISTIC,
    Binomial,
    NegativeBinomial,
    Ordinal,
    Poisson,
)

RANDOM = np.random.default_rng(11)
N = 40
TRIALS = RANDOM.integers(1, 6, N).astype(float)
CASES = {
    "yes_no": (Binomial(), RANDOM.integers(0, 2, N), np.zeros(0)),
    "trials": (Binomial(TRIALS), RANDOM.binomial(TRIALS.astype(int), 0.4), np.zeros(0)),
    "poisson": (Poisson(), RANDOM.poisson(2.0, N), np.zeros(0)),
    "negative_binomial": (NegativeBinomial(), RANDOM.poisson(RANDOM.gamma(1.0, 3.0, N)), np.log([1.7])),
    "ordinal": (Ordinal(), np.arange(N) % 4, np.array([-0.8, 0.3, 1.9])),
}


def probability(response, y, eta, own):
    """The probability of each outcome, written as in a textbook."""
    if isinstance(response, Binomial):
        m = np.ones(N) if response.trials is None else response.trials
        choose = np.exp(gammaln(m + 1) - gammaln(y + 1) - gammaln(m - y + 1))
        return choose * expit(eta) ** y * (1 - expit(eta)) ** (m - y)
    if isinstance(response, Poisson):
        return np.exp(eta) ** y * np.exp(-np.exp(eta)) / np.exp(gammaln(y + 1))
    if isinstance(response, NegativeBinomial):
        theta, mu = np.exp(own[0]), np.exp(eta)
        choose = np.exp(gammaln(y + theta) - gammaln(theta) - gammaln(y + 1))
        return choose * (theta / (theta + mu)) ** theta * (mu / (theta + mu)) ** y
    cut = np.concatenate([[-np.inf], own, [np.inf]])
    return expit(cut[y.astype(int) + 1] - eta) - expit(cut[y.astype(int)] - eta)


@pytest.mark.parametrize("case", CASES)
def test_log_likelihood_is_the_logarithm_of_the_textbook_probability(case):
    response, y, own = CASES[case]
    y, eta = y.astype(float), RANDOM.normal(size=N)
    expected = np.log(probability(response, y, eta, own))
    np.testing.assert_allclose(response.log_likelihood(y, eta, own), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_canonical_rows_and_what_stands_outside_add_up_to_it(case):
    response, y, own = CASES[case]
    X = RANDOM.normal(size=(2, N))
    weight, offset = RANDOM.uniform(0.5, 2.0, N), RANDOM.normal(size=N)
    part = fixed_part(y, X, response, weight, offset)
    standard = np.linalg.solve(part.forth, np.concatenate([[0.3, -0.5], own]))
    eta = np.array([0.3, -0.5]) @ X + offset
    expected = weight @ response.log_likelihood(y.astype(float), eta, own)
    assert likelihood_at(part, standard, np.zeros(1))[0] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("case", CASES)
def test_slope_and_curvature_in_all_coefficients_equal_finite_differences(case):
    response, y, own = CASES[case]
    part = fixed_part(y, RANDOM.normal(size=(2, N)), response, RANDOM.uniform(0.5, 2.0, N))
    at = np.concatenate([[0.2, -0.4], own])
    value, slope, curvature = likelihood_at(part, at, np.zeros(1))
    assert np.isfinite(value)
    for j, move in enumerate(1e-5 * np.eye(len(at))):
        above, below = (likelihood_at(part, at + sign * move, np.zeros(1)) for sign in (1, -1))
        assert slope[j] == pytest.approx((above[0] - below[0]) / 2e-5, rel=1e-7, abs=1e-7)
        np.testing.assert_allclose(curvature[j], (above[1] - below[1]) / 2e-5, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("cumulant", [LOGISTIC, EXPONENTIAL])
def test_each_derivative_of_a_cumulant_function_is_that_of_the_one_before(cumulant):
    eta, step = np.linspace(-4.0, 4.0, 17), 1e-6
    (above, slope_above), (below, slope_below) = (cumulant.value_and_slope(eta + sign * step) for sign in (1, -1))
    slope = cumulant.value_and_slope(eta.copy())[1].copy()
    np.testing.assert_allclose(slope, (above - below) / (2 * step), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(
        cumulant.second(slope), (slope_above - slope_below) / (2 * step), rtol=1e-7, atol=1e-9
    )
    bend = (cumulant.second(slope_above) - cumulant.second(slope_below)) / (2 * step)
    np.testing.assert_allclose(cumulant.third(slope), bend, rtol=1e-6, atol=1e-9)


def test_nothing_overflows_or_loses_its_digits_far_out():
    eta = np.array([-1e4, -800.0, -40.0, 40.0, 800.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        value, slope = LOGISTIC.value_and_slope(eta.copy())
        np.testing.assert_allclose(value[3:], eta[3:], rtol=1e-15)
        np.testing.assert_allclose(value[2], np.exp(-40.0), rtol=1e-14)
        assert slope[0] == 0.0
        assert slope[-1] == 1.0
        value, _ = EXPONENTIAL.value_and_slope(eta.copy())
        assert np.isfinite(value**2).all()
    cuts = np.array([-1.0, 0.5])
    middle = Ordinal().log_likelihood(np.ones(4), np.array([-500.0, -40.0, 40.0, 500.0]), cuts)
    width = np.log(-np.expm1(-1.5))
    np.testing.assert_allclose(middle, np.array([-499.0, -39.0, -39.5, -499.5]) + width)


def test_probabilities_of_the_categories_add_up_to_one():
    eta = np.linspace(-30.0, 30.0, 7)
    shares = Ordinal().mean(eta, np.array([-1.0, 0.0, 2.0]))
    assert shares.shape == (4, 7)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-12)
    assert (shares > 0.0).all()


def test_a_large_theta_gives_the_poisson_distribution():
    y, eta = np.arange(12.0), np.linspace(-1.0, 2.0, 12)
    expected = Poisson().log_likelihood(y, eta, np.zeros(0))
    np.testing.assert_allclose(NegativeBinomial().log_likelihood(y, eta, np.log([1e9])), expected, atol=1e-5)


def test_cut_points_out_of_order_are_impossible():
    response, y, _ = CASES["ordinal"]
    assert response.outside(y.astype(float), np.array([0.0, 0.0, 1.0]), np.ones(N)).value == -np.inf


@pytest.mark.parametrize(
    ("response", "y", "word"),
    [
        (Binomial(), [0, 0, 0], "one value"),
        (Binomial(), [1, 1, 1], "one value"),
        (Binomial(), [0, 2, 1], "more successes"),
        (Binomial(), [0, np.nan, 1], "whole numbers"),
        (Binomial(np.array([3.0, 2.0, 1.0])), [3, 2, 1], "one value"),
        (Binomial(np.array([3.0, 2.5, 1.0])), [1, 2, 1], "trials"),
        (Poisson(), [0, 0, 0], "every count"),
        (Poisson(), [0, -1, 2], "whole numbers"),
        (Poisson(), [0, 1.5, 2], "whole numbers"),
        (NegativeBinomial(), [0, 0, 0], "every count"),
        (Ordinal(), [0, 0, 0], "one value"),
        (Ordinal(), [0, 1, 3], "category 2 of 0 to 3"),
        (Ordinal(), [1, 2, 3], "category 0"),
    ],
)
def test_outcomes_that_cannot_be_are_refused(response, y, word):
    with pytest.raises(ValueError, match=word):
        response.check(np.array(y, dtype=float))
