"""Shared frailty against survival (tests/reference/hazards.R), its definition, and cohorts of known truth."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln

from securebase_analysis.engines.frailty import fit_frailty, theta_profile
from securebase_analysis.engines.partial_likelihood import fit_cox, partial_likelihood
from securebase_analysis.engines.penalised_frailty import PenalisedLikelihood, conjugate_gradients
from securebase_analysis.engines.risk_sets import risk_sets

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((FOLDER / "hazards.json").read_text())["frailty"]
COHORTS = runpy.run_path(str(FOLDER / "hazards_cohorts.py"))["cohorts"]()


def columns(frame, words):
    return frame[words.split()].to_numpy(float).T


@pytest.fixture(scope="module")
def fits():
    moves, kidney = COHORTS["moves"], COHORTS["kidney"]
    return {
        "moves": fit_frailty(
            moves["stop"],
            moves["event"],
            columns(moves, "difficulty kinship"),
            moves["carer"],
            start=moves["start"],
        ),
        "moves_strata": fit_frailty(
            moves["stop"],
            moves["event"],
            columns(moves, "difficulty"),
            moves["carer"],
            start=moves["start"],
            strata=moves["site"],
            ties="breslow",
            offset=moves["known"],
        ),
        "kidney": fit_frailty(kidney["time"], kidney["status"], columns(kidney, "age sex"), kidney["id"]),
    }


@pytest.mark.parametrize("name", ["moves", "moves_strata", "kidney"])
def test_fit_is_that_of_survival(fits, name):
    fit, reference = fits[name], REFERENCE[name]
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(reference["log_likelihood"], abs=1e-7)
    # survival's search for theta stops within 1e-5 of the maximum: its likelihood is the smaller one.
    assert fit.log_likelihood >= reference["log_likelihood"] - 1e-10
    assert fit.theta == pytest.approx(reference["theta"], rel=2e-5)
    np.testing.assert_allclose(fit.beta, reference["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(fit.vcov.diagonal()), np.atleast_1d(reference["std_error"]), rtol=1e-6)
    np.testing.assert_allclose(fit.log_frailty, reference["log_frailty"], rtol=1e-4, atol=1e-5)
    assert fit.without.log_likelihood_at_zero == pytest.approx(reference["without"], rel=1e-12)


def test_coefficients_and_frailties_at_a_given_variance_are_those_of_survival():
    moves, reference = COHORTS["moves"], REFERENCE["moves_half"]
    surface = partial_likelihood(
        risk_sets(moves["stop"], moves["event"], moves["start"], None),
        columns(moves, "difficulty kinship"),
        None,
        None,
        "efron",
    )
    group = np.unique(moves["carer"], return_inverse=True)[1]
    events = np.bincount(group, moves["event"]).astype(float)
    found = PenalisedLikelihood(surface, group, events).maximum(2.0, np.zeros(2), np.zeros(len(events)))
    np.testing.assert_allclose(found.at.beta / surface.scale, reference["beta"], rtol=1e-8)
    np.testing.assert_allclose(found.omega, reference["log_frailty"], rtol=1e-6, atol=1e-8)
    errors = np.sqrt(found.vcov().diagonal()) / surface.scale
    np.testing.assert_allclose(errors, reference["std_error"], rtol=1e-8)
    assert found.log_likelihood == pytest.approx(reference["log_likelihood"], rel=1e-10)
    step = 1e-4
    beyond, before = (
        PenalisedLikelihood(surface, group, events).maximum(2.0 + h, found.at.beta, found.omega)
        for h in (step, -step)
    )
    expected = (beyond.log_likelihood - before.log_likelihood) / (2 * step)
    assert found.slope == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_frailties_are_the_means_of_gamma_factors_given_their_rows(fits):
    """``(nu + events) / (nu + exposure)``, the exposure being that of the hazard which goes with the fit."""
    fit = fits["moves"]
    nu, at = 1 / fit.theta, fit.penalised.at(fit.beta * fit.penalised.surface.scale, fit.log_frailty)
    own = np.exp(at.link - fit.log_frailty[fit.penalised.group]) * at.exposure
    exposure = fit.penalised.by_group(own)
    expected = (nu + fit.penalised.events) / (nu + exposure)
    np.testing.assert_allclose(np.exp(fit.log_frailty), expected, rtol=1e-6)
    errors = np.sqrt(nu + fit.penalised.events) / (nu + exposure)
    np.testing.assert_allclose(fit.frailty_std_error, errors, rtol=1e-6)


def test_likelihood_is_the_frailties_integrated_out(fits):
    """With the hazard held, each group adds ``log Gamma(nu + d)/Gamma(nu) - ...``; without ties it is exact."""
    kidney = COHORTS["kidney"]
    stop = kidney["time"] + np.arange(len(kidney)) * 1e-3
    fit = fit_frailty(stop, kidney["status"], columns(kidney, "age sex"), kidney["id"])
    nu, at = 1 / fit.theta, fit.penalised.at(fit.beta * fit.penalised.surface.scale, fit.log_frailty)
    own = np.exp(at.link - fit.log_frailty[fit.penalised.group])
    exposure, d = fit.penalised.by_group(own * at.exposure), fit.penalised.events
    rows = at.jumps.sets.event_row
    of_events = np.log(own[rows]).sum() + np.log(at.jumps.hazard[at.jumps.sets.event_time]).sum()
    marginal = nu * np.log(nu) - gammaln(nu) + gammaln(nu + d) - (nu + d) * np.log(nu + exposure)
    assert fit.log_likelihood == pytest.approx(of_events + marginal.sum() + d.sum(), abs=1e-8)


def test_no_likeness_within_groups_is_the_fit_without_frailty():
    moves = COHORTS["moves"]
    group = np.random.default_rng(0).integers(0, 40, len(moves))
    X = columns(moves, "difficulty kinship")
    fit = fit_frailty(moves["stop"], moves["event"], X, group, start=moves["start"])
    plain = fit_cox(moves["stop"], moves["event"], X, start=moves["start"])
    assert fit.theta == fit.likelihood_ratio_test == 0.0
    assert fit.likelihood_ratio_p_value == 1.0
    np.testing.assert_allclose(fit.beta, plain.beta)
    low, high = theta_profile(fit).interval(1.96)
    assert low == 0.0
    assert 0.0 < high < 0.2


def test_interval_of_the_variance_is_where_the_likelihood_falls_little(fits):
    fit = fits["moves"]
    profile = theta_profile(fit)
    for end in profile.interval(1.96):
        assert profile.deviance(end) - profile.lowest == pytest.approx(1.96**2, abs=1e-5)
    assert profile.deviance(0.0) == -2 * fit.without.log_likelihood


def test_without_columns_the_frailties_alone_are_estimated():
    moves = COHORTS["moves"]
    fit = fit_frailty(
        moves["stop"], moves["event"], np.zeros((0, len(moves))), moves["carer"], start=moves["start"]
    )
    assert fit.converged
    assert fit.theta > 0.1
    assert fit.vcov.shape == (0, 0)


def test_conjugate_gradients_solve():
    random = np.random.default_rng(3)
    half = random.normal(size=(12, 12))
    A, right = half @ half.T + np.eye(12), random.normal(size=12)
    found = conjugate_gradients(lambda v: A @ v, lambda v: v / A.diagonal(), right)
    np.testing.assert_allclose(A @ found, right, atol=1e-9)


def test_truth_is_recovered_where_carers_differ():
    """60 carers with 8 children, frailties of variance 0.5: mean of theta, and coverage of the coefficient."""
    theta, covered, repeats = [], 0, 30
    for seed in range(repeats):
        random = np.random.default_rng(seed)
        carer = np.repeat(np.arange(60), 8)
        z = np.repeat(random.gamma(2.0, 0.5, 60), 8)
        x = random.normal(size=480)
        time = random.exponential(1 / (z * np.exp(0.5 * x)))
        fit = fit_frailty(np.minimum(time, 1.5), time <= 1.5, [x], carer)
        theta.append(fit.theta)
        covered += abs(fit.beta[0] - 0.5) < 1.96 * np.sqrt(fit.vcov[0, 0])
    assert np.mean(theta) == pytest.approx(0.5, abs=3 * np.std(theta) / np.sqrt(repeats) + 0.02)
    assert covered / repeats > 0.8


def test_what_cannot_be_fitted_is_said():
    random = np.random.default_rng(1)
    time, x = random.exponential(size=40), np.repeat([0.0, 1.0], 20)
    with pytest.raises(ValueError, match="at least two groups"):
        fit_frailty(time, np.ones(40), [x], np.zeros(40))
    with pytest.raises(ValueError, match="one value for each row"):
        fit_frailty(time, np.ones(40), [x], np.zeros(4))
    with pytest.raises(ValueError, match="without a finite coefficient, even without frailty: 0"):
        fit_frailty(time, 1 - x, [x], np.arange(40) // 4)
