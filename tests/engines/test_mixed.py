"""The mixed model's engine against dense matrices, finite differences, lme4's optima and its own boundaries."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.engines import mixed_deviance, mixed_search, triangles
from securebase_analysis.engines.cross_products import ROWS_AT_ONCE, cross_products, every_nth, merge_patterns
from securebase_analysis.engines.descent import minimise
from securebase_analysis.engines.mixed import fit_mixed, random_effects
from securebase_analysis.engines.small_sample import kenward_roger, satterthwaite, variance_standard_errors
from securebase_analysis.engines.standard import standard_design, standardise

FOLDER = Path(__file__).parents[1] / "reference"
COHORTS = runpy.run_path(str(FOLDER / "growth_cohorts.py"))


def arrays(frame, random_degree=1):
    """Outcome, fixed columns, random columns, group codes and number of groups."""
    ones, years = np.ones(len(frame)), frame["years"].to_numpy()
    X = np.array([ones, years, frame["availability"], frame["stress"]])
    Z = np.array([years**power for power in range(random_degree + 1)])
    code, children = pd.factorize(frame["child"])
    return frame["trust"].to_numpy(), X, Z, code, len(children)


@pytest.fixture(scope="module")
def cohort():
    return COHORTS["simulate_cohort"]()


def dense_deviance(y, X, Z, code, D, sigma2, reml):
    """Minus twice the log-likelihood from the covariance matrix of all rows."""
    same = code[:, None] == code[None, :]
    V = sigma2 * np.eye(len(y)) + same * (Z.T @ D @ Z)
    inverse = np.linalg.inv(V)
    information = X @ inverse @ X.T
    beta = np.linalg.solve(information, X @ inverse @ y)
    r = y - beta @ X
    value = np.linalg.slogdet(V)[1] + r @ inverse @ r
    if reml:
        return value + np.linalg.slogdet(information)[1] + (len(y) - len(X)) * np.log(2 * np.pi)
    return value + len(y) * np.log(2 * np.pi)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_deviance_is_that_of_the_full_covariance_matrix(cohort, degree, reml):
    y, X, Z, code, n_groups = arrays(cohort, degree)
    fit = fit_mixed(standard_design(y, X, Z, code, n_groups), reml)
    assert fit.deviance == pytest.approx(dense_deviance(y, X, Z, code, fit.D, fit.sigma2, reml), abs=1e-8)
    for factor in (0.97, 1.03):
        assert dense_deviance(y, X, Z, code, factor * fit.D, fit.sigma2, reml) > fit.deviance
        assert dense_deviance(y, X, Z, code, fit.D, factor * fit.sigma2, reml) > fit.deviance


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("theta", [[0.6], [0.5, -0.2, 0.4], [0.8, 0.1, -0.3, 0.5, 0.2, 0.3]])
def test_slope_and_curvature_equal_finite_differences(cohort, theta, reml):
    theta, step = np.array(theta), 1e-5
    degree = {1: 0, 3: 1, 6: 2}[len(theta)]
    surface = mixed_deviance.Surface(standard_design(*arrays(cohort, degree)).groups, reml)
    _, slope, curvature = surface(theta)
    for j, move in enumerate(step * np.eye(len(theta))):
        above, below = (surface(theta + sign * move) for sign in (1, -1))
        assert slope[j] == pytest.approx((above[0] - below[0]) / (2 * step), abs=2e-6)
        np.testing.assert_allclose(curvature[j], (above[1] - below[1]) / (2 * step), rtol=1e-6, atol=1e-5)


def test_merged_groups_give_the_same_fit():
    design = arrays(COHORTS["simulate_cohort"](n_children=3000, seed=5))
    merged, single = (fit_mixed(standard_design(*design, merge=merge)) for merge in (True, False))
    assert merged.design.merged.n_groups < single.design.merged.n_groups / 10
    assert merged.deviance == pytest.approx(single.deviance, abs=1e-7)
    np.testing.assert_allclose(merged.beta, single.beta, rtol=1e-9)
    np.testing.assert_allclose(merged.D, single.D, rtol=1e-7)
    for infer in (satterthwaite, kenward_roger):
        np.testing.assert_allclose(infer(merged).df, infer(single).df, rtol=1e-7)
        np.testing.assert_allclose(infer(merged).std_error, infer(single).std_error, rtol=1e-9)
    np.testing.assert_allclose(variance_standard_errors(merged)[0], variance_standard_errors(single)[0], rtol=1e-6)


def test_irregular_times_are_not_merged():
    design = standard_design(*arrays(COHORTS["simulate_cohort"](n_children=500, seed=5, irregular=True)))
    assert design.merged is design.groups


def test_many_irregular_groups_start_from_a_sample_and_reach_the_same_optimum():
    products = standard_design(
        *arrays(COHORTS["simulate_cohort"](n_children=13_000, n_waves=3, seed=6, irregular=True))
    ).merged
    assert products.n_groups > mixed_search.MANY_GROUPS
    sample = every_nth(products, 4)
    assert sample.n_rows == pytest.approx(products.n_rows / 4, rel=0.01)
    from_sample = mixed_search.search(mixed_deviance.Surface(products, True))
    from_afar = mixed_search.descend(
        mixed_deviance.Surface(products, True), 2.0 * np.eye(2)[triangles.free_elements(2)]
    )
    assert from_sample.converged
    assert from_sample.value == pytest.approx(from_afar.value, abs=1e-6)


def test_two_hundred_cohorts_with_vanishing_slopes_all_reach_the_lowest_deviance_known():
    reference = json.loads((FOLDER / "growth.json").read_text())["vanishing_slopes"]
    fits = [fit_mixed(standard_design(*arrays(COHORTS["vanishing_slopes"](number)))) for number in range(200)]
    excess = np.array([fit.deviance for fit in fits]) - np.array(reference)
    assert len(reference) == 200
    assert excess.max() < 1e-5
    assert all(fit.minimum.converged for fit in fits)
    assert 30 < sum(fit.singular for fit in fits) < 120


def test_a_start_on_the_boundary_is_left_when_the_optimum_is_inside(cohort):
    surface = mixed_deviance.Surface(standard_design(*arrays(cohort)).groups, True)
    inside = mixed_search.search(surface)
    # By symmetry the slope in theta vanishes here although the deviance can fall.
    stuck = mixed_search.descend(surface, np.array([0.7, 0.0, 0.0]))
    assert stuck.value == pytest.approx(inside.value, abs=1e-8)
    nothing = mixed_search.descend(surface, np.zeros(3))
    assert nothing.value == pytest.approx(inside.value, abs=1e-8)


def test_no_difference_between_groups_gives_a_variance_of_zero_and_the_least_squares_answer():
    random = np.random.default_rng(3)
    code = np.repeat(np.arange(30), 3)
    y = random.normal(size=90)
    y -= np.bincount(code, y)[code] / 3
    X = np.array([np.ones(90), np.tile([0.0, 1.0, 2.0], 30)])
    fit = fit_mixed(standard_design(y, X, X[:1], code, 30))
    assert fit.singular
    assert fit.D[0, 0] == 0.0
    np.testing.assert_allclose(fit.beta, np.linalg.lstsq(X.T, y, rcond=None)[0], atol=1e-12)
    residual = y - fit.beta @ X
    assert fit.sigma2 == pytest.approx(residual @ residual / 88, rel=1e-10)
    effects, covariance = random_effects(fit)
    assert not effects.any()
    assert not covariance.any()


def test_the_answer_does_not_depend_on_units(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    plain = fit_mixed(standard_design(y, X, Z, code, n_groups))
    # Calendar years, pence for pounds, an outcome in thousandths.
    X2, Z2 = X.copy(), Z.copy()
    X2[1], Z2[1], X2[3] = X[1] + 2015.0, Z[1] + 2015.0, 1e6 * X[3]
    other = fit_mixed(standard_design(y / 1000.0, X2, Z2, code, n_groups))
    np.testing.assert_allclose(1000.0 * other.beta[1:] * [1, 1, 1e6], plain.beta[1:], rtol=1e-8)
    np.testing.assert_allclose(1e6 * other.D[1, 1], plain.D[1, 1], rtol=1e-6)
    np.testing.assert_allclose(satterthwaite(other).df[1:], satterthwaite(plain).df[1:], rtol=1e-5)
    np.testing.assert_allclose(
        1000 * kenward_roger(other).std_error[1], kenward_roger(plain).std_error[1], rtol=1e-7
    )


def test_kenward_roger_equals_its_formula_in_full_matrices(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    fit = fit_mixed(standard_design(y, X, Z, code, n_groups))
    same = (code[:, None] == code[None, :]).astype(float)
    basis = [np.array([[1.0, 0], [0, 0]]), np.array([[0, 1.0], [1, 0]]), np.array([[0, 0], [0, 1.0]])]
    G = [np.eye(len(y)), *(same * (Z.T @ E @ Z) for E in basis)]
    V = fit.sigma2 * G[0] + same * (Z.T @ fit.D @ Z)
    inverse = np.linalg.inv(V)
    U = np.linalg.inv(X @ inverse @ X.T)
    half = [inverse @ one for one in G]
    P = [-X @ one @ inverse @ X.T for one in half]
    Q = [[X @ one @ other @ inverse @ X.T for other in half] for one in half]
    information = np.array(
        [
            [
                np.trace(half[r] @ half[s]) - 2 * np.trace(U @ Q[r][s]) + np.trace(U @ P[r] @ U @ P[s])
                for s in range(4)
            ]
            for r in range(4)
        ]
    )
    W = 2 * np.linalg.inv(information)
    inner = sum(W[r, s] * (Q[r][s] - P[r] @ U @ P[s]) for r in range(4) for s in range(4))
    adjusted = U + 2 * U @ inner @ U
    found = kenward_roger(fit)
    np.testing.assert_allclose(found.vcov, adjusted, rtol=1e-7, atol=1e-12)
    for j, df in enumerate(found.df):
        a = np.array([U[j] @ P[r] @ U[j] / U[j, j] for r in range(4)])
        assert df == pytest.approx(2.0 / (a @ W @ a), rel=1e-6)


def test_contrasts_of_fixed_effects(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    fit = fit_mixed(standard_design(y, X, Z, code, n_groups))
    l = np.array([[1.0, 2.0, 0.0, 0.0]])  # noqa: E741
    moved = X.copy()
    moved[1] -= 2.0
    at_two = fit_mixed(standard_design(y, moved, Z, code, n_groups))
    for infer in (satterthwaite, kenward_roger):
        assert infer(fit, l).std_error[0] == pytest.approx(infer(at_two).std_error[0], rel=1e-8)
        assert infer(fit, l).df[0] == pytest.approx(infer(at_two).df[0], rel=1e-7)


def test_kenward_roger_refuses_maximum_likelihood(cohort):
    with pytest.raises(ValueError, match="REML"):
        kenward_roger(fit_mixed(standard_design(*arrays(cohort)), reml=False))


def test_predictors_of_which_one_is_the_sum_of_the_others_are_refused(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    with pytest.raises(ValueError, match="full rank"):
        fit_mixed(standard_design(y, np.vstack([X, np.zeros(len(y))]), Z, code, n_groups))


def test_standard_columns_lead_back(cohort):
    _, X, *_ = arrays(cohort)
    out = np.empty_like(X)
    back, ones = standardise(X, out)
    assert ones == 0
    np.testing.assert_allclose(back @ out, X, atol=1e-12)
    np.testing.assert_allclose(out[1:].mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose((out**2).mean(axis=1), 1.0)
    without = np.empty_like(X[1:])
    back, ones = standardise(X[1:], without)
    assert ones is None
    np.testing.assert_allclose(back, np.diag(np.diag(back)))


def test_cross_products_are_sums_over_the_rows_of_each_group(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    W = np.vstack([X, y])
    products = cross_products(W, Z, code, n_groups)
    for child in (0, 17, 51):
        own = code == child
        np.testing.assert_allclose(products.ZZ[:, :, child], Z[:, own] @ Z[:, own].T)
        np.testing.assert_allclose(products.ZW[:, :, child], Z[:, own] @ W[:, own].T)
    assert merge_patterns(products) is products


def test_newton_leaves_a_ridge_and_says_when_it_did_not_arrive():
    def saddle(x):
        value = x[0] ** 4 - x[0] ** 2 + x[1] ** 2
        return value, np.array([4 * x[0] ** 3 - 2 * x[0], 2 * x[1]]), np.diag([12 * x[0] ** 2 - 2, 2.0])

    found = minimise(saddle, np.array([0.05, 3.0]))
    assert found.converged
    np.testing.assert_allclose(np.abs(found.at), [np.sqrt(0.5), 0.0], atol=3e-6)
    assert not minimise(saddle, np.array([0.05, 3.0]), most_steps=1).converged


def test_rows_in_any_order_and_in_many_blocks_give_the_same_sums():
    frame = COHORTS["simulate_cohort"](n_children=6000, seed=8)
    y, X, Z, code, n_groups = arrays(frame)
    assert len(y) > 2 * ROWS_AT_ONCE
    order = np.random.default_rng(0).permutation(len(y))
    sorted_rows = cross_products([*X, y], Z, code, n_groups)
    shuffled = cross_products([*X[:, order], y[order]], Z[:, order], code[order], n_groups)
    np.testing.assert_allclose(shuffled.sums, sorted_rows.sums, atol=1e-9)
    np.testing.assert_allclose(shuffled.WW, sorted_rows.WW, rtol=1e-12)
    np.testing.assert_allclose(sorted_rows.ZW[1, -1], np.bincount(code, Z[1] * y), atol=1e-9)
    np.testing.assert_allclose(sorted_rows.WW, np.vstack([X, y]) @ np.vstack([X, y]).T, rtol=1e-12)


def test_a_deviance_over_many_groups_is_that_of_the_groups_together(monkeypatch):
    products = standard_design(*arrays(COHORTS["simulate_cohort"](n_children=300, seed=9, irregular=True))).groups
    Phi = np.array([[0.8, 0.1], [0.1, 0.3]])
    whole = mixed_deviance.deviance(products, Phi, True)
    monkeypatch.setattr(mixed_deviance, "GROUPS_AT_ONCE", 7)
    parts = mixed_deviance.deviance(products, Phi, True)
    assert parts.value == pytest.approx(whole.value, rel=1e-13)
    np.testing.assert_allclose(parts.slope, whole.slope, rtol=1e-10)
    np.testing.assert_allclose(parts.curvature, whole.curvature, rtol=1e-10)


def test_a_pattern_that_comes_late_is_found():
    frame = COHORTS["simulate_cohort"](n_children=9000, n_waves=3, missing=0.0, seed=5)
    frame.loc[frame["child"] == frame["child"].iloc[-4], "years"] += 0.5
    design = arrays(frame)
    merged, single = (fit_mixed(standard_design(*design, merge=merge)) for merge in (True, False))
    assert merged.design.merged.n_groups < 100
    assert merged.deviance == pytest.approx(single.deviance, abs=1e-6)


def test_blocks_of_random_effects_that_may_correlate(cohort):
    y, X, Z, code, n_groups = arrays(cohort, 2)
    design = standard_design(y, X, Z, code, n_groups)
    full, two, none = (
        fit_mixed(design, blocks=blocks) for blocks in (((0, 1, 2),), ((0, 2), (1,)), ((0,), (1,), (2,)))
    )
    assert full.deviance == pytest.approx(fit_mixed(design).deviance, abs=1e-9)
    assert [fit.n_parameters for fit in (full, two, none)] == [11, 9, 8]
    assert full.deviance <= two.deviance + 1e-6 <= none.deviance + 2e-6
    assert two.D[0, 1] == two.D[1, 2] == 0.0
    for fit in (two, none):
        assert fit.deviance == pytest.approx(dense_deviance(y, X, Z, code, fit.D, fit.sigma2, True), abs=1e-7)
        surface = mixed_deviance.Surface(fit.design.groups, True, fit.blocks)
        theta = np.full(len(surface.free[0]), 0.3)
        _, slope, curvature = surface(theta)
        for j, move in enumerate(1e-5 * np.eye(len(theta))):
            above, below = (surface(theta + sign * move) for sign in (1, -1))
            assert slope[j] == pytest.approx((above[0] - below[0]) / 2e-5, abs=2e-6)
            np.testing.assert_allclose(curvature[j], (above[1] - below[1]) / 2e-5, rtol=1e-6, atol=1e-5)


def test_uncorrelated_effects_do_not_depend_on_units_of_the_slope(cohort):
    y, X, Z, code, n_groups = arrays(cohort)
    plain = fit_mixed(standard_design(y, X, Z, code, n_groups), blocks=((0,), (1,)))
    X2, Z2 = X.copy(), Z.copy()
    X2[1], Z2[1] = 12.0 * X[1], 12.0 * Z[1]
    months = fit_mixed(standard_design(y, X2, Z2, code, n_groups), blocks=((0,), (1,)))
    np.testing.assert_allclose(144.0 * months.D[1, 1], plain.D[1, 1], rtol=1e-6)
    np.testing.assert_allclose(months.D[0, 0], plain.D[0, 0], rtol=1e-6)
    np.testing.assert_allclose(satterthwaite(months).df, satterthwaite(plain).df, rtol=1e-5)
