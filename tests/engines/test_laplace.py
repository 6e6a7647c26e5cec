"""Laplace's approximation with several factors against R, dense matrices, differences and its own limits."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from securebase_analysis.engines import laplace
from securebase_analysis.engines.laplace import (
    LaplaceDesign,
    Surface,
    fit_laplace,
    random_effects,
    variance_standard_errors,
)
from securebase_analysis.engines.linear_predictor import fixed_part
from securebase_analysis.engines.memberships import entries
from securebase_analysis.engines.quadrature import fit_quadrature
from securebase_analysis.engines.quadrature import random_effects as effects_of_one
from securebase_analysis.engines.quadrature import variance_standard_errors as errors_of_one
from securebase_analysis.engines.responses import Binomial, NegativeBinomial, Ordinal, Poisson
from securebase_analysis.engines.several_factors_design import Factor

FOLDER = Path(__file__).parents[1] / "reference"
COHORTS = runpy.run_path(str(FOLDER / "other_outcomes_cohorts.py"))
R = json.loads((FOLDER / "other_outcomes.json").read_text())["values"]
OUTCOMES = {"settled": Binomial, "moves": Poisson, "absences": NegativeBinomial, "rating": Ordinal}


def arrays(frame, outcome, slopes=False):
    """Outcome, fixed columns, factors and response of the model that other_outcomes.R fits."""
    ones, years = np.ones(len(frame)), frame["years"].to_numpy()
    fixed = [years, frame["availability"], frame["kinship"], frame["stress"]]
    factors = []
    for name, columns in (("child", [ones, years] if slopes else [ones]), ("carer", [ones])):
        code, levels = pd.factorize(frame[name], sort=True)
        factors.append(Factor(np.array(columns), code, len(levels)))
    return {
        "y": frame[outcome].to_numpy(float),
        "X": np.array(fixed if outcome == "rating" else [ones, *fixed], dtype=float),
        "factors": factors,
        "response": OUTCOMES[outcome](),
        "offset": np.log(frame["exposure"].to_numpy()) if outcome == "moves" else None,
    }


@pytest.fixture(scope="module")
def moved():
    return COHORTS["simulate_cohort"](**COHORTS["COHORTS"]["moved"])


@pytest.fixture(scope="module")
def few():
    """A small cohort whose outcome also belongs to several carers at once."""
    frame = COHORTS["simulate_cohort"](n_children=30, n_waves=4, n_carers=8, seed=21)
    random = np.random.default_rng(2)
    weight = random.random((len(frame), 6)) * (random.random((len(frame), 6)) < 0.4)
    weight[np.arange(len(frame)), random.integers(0, 6, len(frame))] += 0.5
    return frame, csr_array(weight / weight.sum(axis=1, keepdims=True))


def with_shared(frame, shared, outcome):
    problem = arrays(frame, outcome, slopes=True)
    problem["factors"].append(Factor(np.ones((1, len(frame))), shared, shared.shape[1]))
    return problem


def surface_of(problem):
    fixed = fixed_part(problem["y"], problem["X"], problem["response"], offset=problem["offset"])
    surface = Surface(LaplaceDesign(fixed, entries(problem["factors"], fixed.rows.source)))
    k = len(surface.design.places)
    roots = np.array([0.8, -0.2, 0.4, 0.5, 0.3])[:k]
    return surface, np.concatenate([0.1 * np.arange(fixed.n_fixed), fixed.response.start(fixed.y), roots])


@pytest.mark.parametrize("outcome", ["settled", "moves", "absences", "rating"])
def test_children_who_move_between_carers_equal_r(moved, outcome):
    expected = R[f"moved_{outcome}_1"]
    fit = fit_laplace(**arrays(moved, outcome, slopes=outcome == "moves"))
    assert fit.converged
    assert not fit.singular
    assert fit.log_likelihood == pytest.approx(expected["loglik"], abs=1e-6)
    se = np.array(expected["se"])
    # clmm has only its looser optimiser for several factors.
    assert (np.abs(fit.beta - expected["beta"]) / se).max() < (1e-3 if outcome == "rating" else 1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), se, rtol=1e-4)
    for name, D, (effects, _) in zip(("child", "carer"), fit.covariances, random_effects(fit)):
        np.testing.assert_allclose(D, np.atleast_2d(expected["D"][name]), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(effects.T, expected["modes"][name], rtol=1e-4, atol=5e-5)
    if outcome == "moves":
        child, carer = (covariance for _, covariance in random_effects(fit))
        given = np.array(expected["conditional_variance"]["child"]).reshape(-1, 2, 2)
        np.testing.assert_allclose(child.transpose(2, 0, 1), given, rtol=2e-4, atol=1e-6)
        np.testing.assert_allclose(carer[0, 0], expected["conditional_variance"]["carer"], rtol=1e-4)
    if "cuts" in expected:
        np.testing.assert_allclose(fit.response_parameters, expected["cuts"], rtol=1e-3)
        np.testing.assert_allclose(np.sqrt(np.diag(fit.response_vcov)), expected["se_cuts"], rtol=1e-4)
    if "theta" in expected:
        assert fit.response_parameters[0] == pytest.approx(expected["theta"], rel=1e-4)
        log_error = np.sqrt(fit.response_vcov[0, 0]) / fit.response_parameters[0]
        assert log_error == pytest.approx(expected["se_log_theta"], rel=1e-4)


@pytest.mark.parametrize("outcome", ["settled", "moves", "absences", "rating"])
def test_slope_equals_finite_differences(few, outcome):
    surface, psi = surface_of(with_shared(*few, outcome))
    slope, step = surface.at(psi).slope, 1e-4
    for j, move in enumerate(step * np.eye(len(psi))):
        rise = surface.at(psi + move).value - surface.at(psi - move).value
        assert slope[j] == pytest.approx(rise / (2 * step), rel=1e-5, abs=1e-5 * np.abs(slope).max())


def test_the_approximation_is_that_of_dense_matrices(few):
    problem = with_shared(*few, "settled")
    surface, psi = surface_of(problem)
    design, at = surface.design, surface.at(psi)
    own, roots = design.entries, design.roots(psi)
    ZL = np.zeros((own.n_rows, own.n_effects))
    np.add.at(ZL, (own.row, own.index), own.turned(roots))
    eta = psi[: design.fixed.n_coefficients] @ design.fixed.rows.X + ZL @ at.mode.u
    p = 1.0 / (1.0 + np.exp(-eta))
    np.testing.assert_allclose(ZL.T @ (problem["y"] - p), at.mode.u, atol=1e-8)
    A = np.eye(own.n_effects) + (ZL.T * (p * (1 - p))) @ ZL
    height = np.log(np.where(problem["y"] == 1.0, p, 1 - p)).sum() - at.mode.u @ at.mode.u / 2.0
    assert at.value == pytest.approx(np.linalg.slogdet(A)[1] - 2.0 * height, abs=1e-9)


@pytest.mark.parametrize("outcome", ["settled", "moves", "absences", "rating"])
def test_one_factor_is_quadrature_with_one_node(outcome):
    frame = COHORTS["simulate_cohort"](**COHORTS["COHORTS"]["slopes"])
    problem = arrays(frame, outcome, slopes=True)
    child = problem.pop("factors")[0]
    several = fit_laplace(**problem, factors=[child])
    single = fit_quadrature(**problem, Z=child.columns, group=child.level, n_groups=child.n_levels, nodes=1)
    assert several.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(several.beta, single.beta, atol=1e-5)
    se = np.sqrt(np.diag(single.joint_vcov))
    np.testing.assert_allclose(
        several.joint_vcov / np.outer(se, se), single.joint_vcov / np.outer(se, se), atol=1e-4
    )
    np.testing.assert_allclose(several.covariances[0], single.covariances[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(variance_standard_errors(several)[0], errors_of_one(single), rtol=1e-4)
    for one, other in zip(random_effects(several)[0], effects_of_one(single)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_membership_of_one_carer_is_that_carer(moved):
    problem = arrays(moved, "rating")
    carer = problem["factors"][1]
    rows = np.arange(len(moved))
    weights = csr_array((np.ones(len(rows)), (rows, carer.level)), shape=(len(rows), carer.n_levels))
    plain = fit_laplace(**problem)
    problem["factors"] = [problem["factors"][0], Factor(carer.columns, weights, carer.n_levels)]
    member = fit_laplace(**problem)
    assert member.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(member.covariances[1], plain.covariances[1], rtol=1e-6)


def test_a_factor_without_effect_gets_a_variance_of_zero(few):
    frame, _ = few
    problem = arrays(frame, "settled")
    noise = np.arange(len(frame)) % 5
    problem["factors"] = [problem["factors"][0], Factor(np.ones((1, len(frame))), noise, 5)]
    # Every level has the same share of yes, so there is nothing between levels.
    problem["y"] = (np.arange(len(frame)) // 5 % 2).astype(float)
    fit = fit_laplace(**problem)
    assert fit.boundary[1]
    assert fit.covariances[1][0, 0] == pytest.approx(0.0, abs=1e-9)
    assert not random_effects(fit)[1][0].any()


def test_a_boundary_is_left_when_the_optimum_is_inside(moved):
    problem = arrays(moved, "settled")
    inside = fit_laplace(**problem)
    stuck = inside.minimum.at.copy()
    stuck[-1] = 0.0
    again = fit_laplace(**problem, start=stuck)
    assert again.log_likelihood == pytest.approx(inside.log_likelihood, abs=1e-8)


def test_separation_is_flagged(moved):
    problem = arrays(moved, "settled")
    rare = (np.arange(len(moved)) % 30 == 0).astype(float)
    problem["y"] = np.where(rare == 1.0, 0.0, problem["y"])
    problem["X"] = np.vstack([problem["X"], rare])
    fit = fit_laplace(**problem)
    assert fit.runaway[-1]
    assert not fit.converged


@pytest.mark.parametrize("outcome", ["settled", "moves", "absences", "rating"])
def test_the_working_curvature_is_a_close_guide(moved, outcome):
    fit = fit_laplace(**arrays(moved, outcome))
    surface = Surface(fit.design)
    working, exact = surface(fit.minimum.at)[2], surface.differences(fit.minimum.at)
    ratio = np.linalg.eigvals(np.linalg.solve(working, exact)).real
    assert ratio.min() > 0.4
    assert ratio.max() < 1.6
    assert fit.steps < 25


def test_entries_are_columns_times_memberships(few):
    frame, shared = few
    random, years = np.random.default_rng(5), frame["years"].to_numpy()
    columns = np.array([np.ones(len(frame)), years])
    own = entries([Factor(columns, shared, shared.shape[1])], np.arange(len(frame)))
    effects, dense = random.normal(size=own.n_effects), shared.toarray()
    standard = own.factors[0].forth.T @ columns
    expected = sum(column * (dense @ part) for column, part in zip(standard, effects.reshape(2, -1)))
    np.testing.assert_allclose(own.over_rows(own.turned([np.eye(2)]), effects), expected, atol=1e-12)


def test_the_working_curvature_is_only_a_guide_and_the_end_is_the_same(moved, monkeypatch):
    problem = arrays(moved, "moves", slopes=True)
    plain = fit_laplace(**problem)
    exact = laplace.Surface.differences
    monkeypatch.setattr(laplace, "working_curvature", lambda design, psi, at: exact(Surface(design), psi))
    by_differences = fit_laplace(**problem)
    assert plain.log_likelihood == pytest.approx(by_differences.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(plain.joint_vcov, by_differences.joint_vcov, rtol=1e-4, atol=1e-9)
