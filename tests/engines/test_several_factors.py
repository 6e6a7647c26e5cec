"""Models with several grouping factors against lme4, lmerTest, pbkrtest, full matrices and one factor alone."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from securebase_analysis.engines import mixed, several_factors_design, several_factors_small_sample, small_sample
from securebase_analysis.engines.several_factors import Factor, fit_design, fit_several, random_effects
from securebase_analysis.engines.several_factors_design import several_design
from securebase_analysis.engines.several_factors_deviance import average_curvature, observed_curvature
from securebase_analysis.engines.several_factors_search import Surface, descend
from securebase_analysis.engines.several_factors_small_sample import (
    kenward_roger,
    satterthwaite,
    variance_standard_errors,
)
from securebase_analysis.engines.standard import standard_design

FOLDER = Path(__file__).parents[1] / "reference"
COHORTS = runpy.run_path(str(FOLDER / "several_factors_cohorts.py"))
REFERENCE = json.loads((FOLDER / "several_factors.json").read_text())
APART = ((0,), (1,))

# Of each case of several_factors.R: the cohort; for each factor its name, its columns and blocks; weights.
CASES = {
    "nested": ("nested", [("child", 1, None), ("carer", 1, None), ("agency", 1, None)], False),
    "crossed": ("crossed", [("child", 1, None), ("carer", 1, None)], False),
    "slopes": ("slopes", [("child", 2, None), ("carer", 1, None)], False),
    "uncorrelated": ("slopes", [("child", 2, APART), ("carer", 1, None)], False),
    "both_slopes": ("both_slopes", [("child", 2, None), ("carer", 2, None)], False),
    "weighted": ("crossed", [("child", 1, None), ("carer", 1, None)], True),
    "weighted_slopes": ("slopes", [("child", 2, None), ("carer", 1, None)], True),
    "no_carer_variance": ("no_carer_variance", [("child", 1, None), ("carer", 1, None)], False),
    "no_slope_variance": ("no_slope_variance", [("child", 2, None), ("carer", 1, None)], False),
    "agency_beside": ("crossed", [("child", 1, None), ("carer", 1, None), ("agency", 1, None)], False),
}


def cohort(name):
    return COHORTS["simulate_placements"](**COHORTS["COHORTS"][name])


def columns(frame):
    ones, years = np.ones(len(frame)), frame["years"].to_numpy()
    X = np.array([ones, years, frame["kinship"], frame["stress"]])
    return frame["trust"].to_numpy(), X, np.array([ones, years])


def grouping(frame, factors):
    _, _, Z = columns(frame)
    found = []
    for name, q, blocks in factors:
        code, names = pd.factorize(frame[name], sort=True)
        found.append(Factor(Z[:q], code, len(names), blocks))
    return found


def arrays(name):
    cohort_name, factors, weighted = CASES[name]
    frame = cohort(cohort_name)
    y, X, _ = columns(frame)
    weight = frame["informants"].to_numpy(dtype=float) if weighted else None
    return y, X, grouping(frame, factors), weight


def fitted(name, reml=True):
    y, X, factors, weight = arrays(name)
    return fit_several(y, X, factors, reml, weight)


def shared_carers(frame):
    """The factor in which a row belongs to two carers with weights."""
    names = np.unique(np.concatenate([frame["carer"], frame["second"]]))
    row = np.tile(np.arange(len(frame)), 2)
    level = np.searchsorted(names, np.concatenate([frame["carer"], frame["second"]]))
    share = np.concatenate([frame["share"], 1.0 - frame["share"]])
    return csr_array((share, (row, level)), shape=(len(frame), len(names)))


def incidence(factor):
    """``Z`` of one factor in full: rows x (columns, levels)."""
    if isinstance(factor.level, np.ndarray):
        belongs = (factor.level[:, None] == np.arange(factor.n_levels)).astype(float)
    else:
        belongs = factor.level.toarray()
    return np.concatenate([column[:, None] * belongs for column in factor.columns], axis=1)


def covariance_of_rows(factors, covariances, sigma2, weight, n):
    V = sigma2 * np.diag(np.ones(n) if weight is None else 1.0 / weight)
    for factor, D in zip(factors, covariances):
        Z = incidence(factor)
        V += Z @ np.kron(D, np.eye(factor.n_levels)) @ Z.T
    return V


def dense_deviance(y, X, V, reml):
    inverse = np.linalg.inv(V)
    information = X @ inverse @ X.T
    r = y - np.linalg.solve(information, X @ inverse @ y) @ X
    value = np.linalg.slogdet(V)[1] + r @ inverse @ r
    if reml:
        return value + np.linalg.slogdet(information)[1] + (len(y) - len(X)) * np.log(2 * np.pi)
    return value + len(y) * np.log(2 * np.pi)


# ---- against R -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("name", CASES)
def test_estimates_equal_those_of_lme4(name, method):
    expected = REFERENCE["values"][f"{name}_{method}"]
    y, X, factors, weight = arrays(name)
    assert (len(y), y.sum()) == (expected["n_rows"], pytest.approx(expected["y_sum"], abs=1e-8))
    fit = fit_several(y, X, factors, method == "reml", weight)
    assert fit.converged
    assert fit.deviance == pytest.approx(expected["deviance"], abs=1e-7, rel=1e-9)
    assert fit.log_likelihood == -fit.deviance / 2
    assert fit.n_parameters == expected["n_parameters"]
    assert fit.singular == expected["singular"]
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), expected["se"], rtol=1e-6)
    assert fit.sigma2 == pytest.approx(expected["sigma2"], rel=2e-6)
    for (factor, *_), D in zip(CASES[name][1], fit.covariances):
        np.testing.assert_allclose(D, expected["D"][factor], rtol=1e-5, atol=1e-6, err_msg=factor)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("name", CASES)
def test_satterthwaite_equals_lmertest(name, method):
    expected = REFERENCE["values"][f"{name}_{method}"]
    found = satterthwaite(fitted(name, method == "reml"))
    np.testing.assert_allclose(found.df, expected["satterthwaite_df"], rtol=1e-4)
    np.testing.assert_allclose(found.std_error, expected["se"], rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name][2]])
def test_kenward_roger_equals_pbkrtest(name):
    expected = REFERENCE["values"][f"{name}_reml"]
    found = kenward_roger(fitted(name))
    np.testing.assert_allclose(found.df, expected["kr_df"], rtol=1e-4)
    np.testing.assert_allclose(found.std_error, expected["kr_se"], rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_random_effects_equal_ranef_and_their_conditional_variance(name):
    expected = REFERENCE["values"][f"{name}_reml"]["effects"]
    for (factor, *_), (effects, covariance) in zip(CASES[name][1], random_effects(fitted(name))):
        np.testing.assert_allclose(effects.T, np.array(expected[factor]["b"]), rtol=1e-5, atol=1e-5)
        if "variance" in expected[factor] and expected[factor]["variance"]:
            variance = np.einsum("aal->la", covariance)
            given = np.array(expected[factor]["variance"]).reshape(variance.shape)
            np.testing.assert_allclose(variance, given, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_multiple_membership_equals_lme4_with_its_matrix_replaced(method):
    expected = REFERENCE["values"][f"multiple_{method}"]
    frame = cohort("crossed")
    y, X, Z = columns(frame)
    carers = shared_carers(frame)
    factors = [*grouping(frame, [("child", 1, None)]), Factor(Z[:1], carers, carers.shape[1])]
    fit = fit_several(y, X, factors, method == "reml")
    assert fit.deviance == pytest.approx(expected["deviance"], abs=1e-7, rel=1e-9)
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), expected["se"], rtol=1e-6)
    assert fit.sigma2 == pytest.approx(expected["sigma2"], rel=2e-6)
    for name, D, (effects, _) in zip(("child", "carer"), fit.covariances, random_effects(fit)):
        assert D[0, 0] == pytest.approx(expected["D"][name], rel=1e-5)
        np.testing.assert_allclose(effects[0], expected["b"][expected["order"].index(name)], rtol=1e-5, atol=1e-6)


def test_two_hundred_cohorts_with_vanishing_carer_variance_all_reach_the_lowest_deviance_known():
    excess, singular = [], []
    for number, lowest in enumerate(REFERENCE["vanishing_carers"]):
        frame = COHORTS["vanishing_carers"](number)
        y, X, _ = columns(frame)
        fit = fit_several(y, X, grouping(frame, [("child", 1, None), ("carer", 1, None)]))
        assert fit.converged
        excess.append(fit.deviance - lowest)
        singular.append(fit.singular)
    assert len(excess) == 200
    assert max(excess) < 1e-5
    assert 30 < sum(singular) < 160


# ---- against full matrices and differences ---------------------------------------------------------------------


def memberships_with_slopes():
    """Two carers a row, with slopes, weights, and columns that may not correlate: everything at once."""
    frame = cohort("both_slopes")
    y, X, Z = columns(frame)
    carers = shared_carers(frame)
    factors = [*grouping(frame, [("child", 2, APART)]), Factor(Z, carers, carers.shape[1])]
    return y, X, factors, frame["informants"].to_numpy(dtype=float)


@pytest.mark.parametrize("reml", [True, False])
def test_deviance_is_that_of_the_full_covariance_matrix(reml):
    y, X, factors, weight = memberships_with_slopes()
    fit = fit_several(y, X, factors, reml, weight)

    def dense(covariances, sigma2):
        return dense_deviance(y, X, covariance_of_rows(factors, covariances, sigma2, weight, len(y)), reml)

    assert fit.deviance == pytest.approx(dense(fit.covariances, fit.sigma2), abs=1e-7)
    assert fit.covariances[0][0, 1] == 0.0
    assert fit.covariances[1][0, 1] != 0.0
    for f in range(2):
        for size in (0.97, 1.03):
            other = [size * D if g == f else D for g, D in enumerate(fit.covariances)]
            assert dense(other, fit.sigma2) > fit.deviance
    assert dense(fit.covariances, 1.03 * fit.sigma2) > fit.deviance


@pytest.mark.parametrize("reml", [True, False])
def test_slope_equals_finite_differences(reml):
    y, X, factors, weight = memberships_with_slopes()
    surface = Surface(several_design(y, X, factors, weight), reml)
    theta, step = np.array([0.8, 0.3, 0.6, -0.2, 0.4]), 1e-5
    _, slope, _ = surface(theta)
    rss_slope = surface.at(theta).rss_slope
    for j, move in enumerate(step * np.eye(len(theta))):
        above, below = surface.at(theta + move), surface.at(theta - move)
        assert slope[j] == pytest.approx((above.value - below.value) / (2 * step), rel=1e-6, abs=1e-5)
        rss = above.sigma2 * above.degrees - below.sigma2 * below.degrees
        assert rss_slope[j] == pytest.approx(rss / (2 * step), rel=1e-5, abs=1e-5)


def test_approximate_curvature_is_close_to_the_observed_one_at_the_optimum():
    fit = fitted("both_slopes")
    approximate = average_curvature(fit.at)
    observed = observed_curvature(fit.design, fit.theta, fit.at)
    scale = 1.0 / np.sqrt(np.diag(observed))
    ratio = np.linalg.eigvals(np.linalg.solve(observed, approximate))
    assert np.abs(scale * (approximate - observed) * scale[:, None]).max() < 0.5
    assert 0.5 < ratio.real.min() <= ratio.real.max() < 2.0


def test_one_sided_differences_give_the_same_curvature(monkeypatch):
    fit = fitted("slopes")
    central = observed_curvature(fit.design, fit.theta, fit.at)
    monkeypatch.setattr(several_factors_design, "MANY_EFFECTS", 0)
    one_sided = observed_curvature(fit.design, fit.theta, fit.at)
    np.testing.assert_allclose(one_sided, central, rtol=1e-4, atol=1e-5 * np.abs(central).max())


def test_the_last_step_of_a_search_stands_in_for_a_difference(monkeypatch):
    y, X, factors, _ = arrays("both_slopes")
    design = several_design(y, X, factors)
    best = fit_design(design)
    central = observed_curvature(design, best.theta, best.at)
    monkeypatch.setattr(several_factors_design, "MANY_EFFECTS", 0)
    surface = Surface(design, True)
    for size in (1e-3, 1e-4):
        before = best.theta + size * np.array([0.7, -0.3, 0.5, 0.2, -0.4, 0.6])
        surface(before)
        surface(best.theta)
        secant = surface.secant(best.theta)
        found = observed_curvature(design, best.theta, best.at, secant)
        np.testing.assert_allclose(found, central, atol=3.0 * size * np.abs(central).max())
    assert surface.secant(before) is None
    surface(best.theta + 0.1)
    surface(best.theta)
    assert surface.secant(best.theta) is None


def test_with_many_levels_the_shorter_ways_lead_to_the_same_answer(monkeypatch):
    frame = COHORTS["simulate_placements"](n_children=900, n_carers=300, seed=8, slope_sd=0.0)
    y, X, _ = columns(frame)
    factors = grouping(frame, [("child", 1, None), ("carer", 1, None)])
    careful = fit_several(y, X, factors)
    monkeypatch.setattr(several_factors_design, "MANY_EFFECTS", 0)
    quick = fit_several(y, X, factors)
    assert quick.deviance == pytest.approx(careful.deviance, abs=1e-7)
    np.testing.assert_allclose(quick.beta, careful.beta, rtol=1e-6)
    for D, expected in zip(quick.covariances, careful.covariances):
        np.testing.assert_allclose(D, expected, rtol=1e-4)
    np.testing.assert_allclose(satterthwaite(quick).df, satterthwaite(careful).df, rtol=5e-4)


def test_kenward_roger_equals_its_formula_in_full_matrices():
    y, X, factors, weight = memberships_with_slopes()
    fit = fit_several(y, X, factors, True, weight)
    Z = [incidence(factor) for factor in factors]
    basis = [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)]
    G = [np.diag(1.0 / weight)]
    for f, a, b in basis:
        E = np.zeros((2, 2))
        E[a, b] = E[b, a] = 1.0
        G.append(Z[f] @ np.kron(E, np.eye(factors[f].n_levels)) @ Z[f].T)
    inverse = np.linalg.inv(covariance_of_rows(factors, fit.covariances, fit.sigma2, weight, len(y)))
    U = np.linalg.inv(X @ inverse @ X.T)
    np.testing.assert_allclose(fit.vcov, U, rtol=1e-7)
    half = [inverse @ one for one in G]
    P = [-X @ one @ inverse @ X.T for one in half]
    Q = [[X @ one @ other @ inverse @ X.T for other in half] for one in half]
    size = range(len(G))
    information = np.array(
        [
            [np.sum(half[r] * half[s].T) - 2 * np.trace(U @ Q[r][s]) + np.trace(U @ P[r] @ U @ P[s]) for s in size]
            for r in size
        ]
    )
    W = 2 * np.linalg.inv(information)
    adjusted = U + 2 * U @ sum(W[r, s] * (Q[r][s] - P[r] @ U @ P[s]) for r in size for s in size) @ U
    found = kenward_roger(fit)
    np.testing.assert_allclose(found.vcov, adjusted, rtol=1e-6, atol=1e-12)
    for j, df in enumerate(found.df):
        a = np.array([U[j] @ P[r] @ U[j] / U[j, j] for r in size])
        assert df == pytest.approx(2.0 / (a @ W @ a), rel=1e-5)


def test_conditional_covariance_is_that_of_the_full_matrices():
    y, X, factors, weight = memberships_with_slopes()
    fit = fit_several(y, X, factors, True, weight)
    inverse = np.linalg.inv(covariance_of_rows(factors, fit.covariances, fit.sigma2, weight, len(y)))
    r = y - fit.beta @ X
    for factor, D, (effects, covariance) in zip(factors, fit.covariances, random_effects(fit)):
        prior = np.kron(D, np.eye(factor.n_levels))
        across = incidence(factor) @ prior
        np.testing.assert_allclose(effects.ravel(), across.T @ inverse @ r, rtol=1e-7, atol=1e-9)
        whole = (prior - across.T @ inverse @ across).reshape(2, factor.n_levels, 2, factor.n_levels)
        np.testing.assert_allclose(covariance, np.einsum("albl->abl", whole), rtol=1e-7, atol=1e-9)


def test_variance_standard_errors_come_from_the_observed_information():
    frame = COHORTS["simulate_placements"](
        n_children=50, n_carers=25, n_waves=3, seed=3, missing=0.0, slope_sd=0.6
    )
    y, X, _ = columns(frame)
    factors = grouping(frame, [("child", 2, None), ("carer", 1, None)])
    fit = fit_several(y, X, factors)
    of_covariances, of_residual = variance_standard_errors(fit)
    where = [(0, 0, 0), (0, 1, 0), (0, 1, 1), (1, 0, 0)]

    def value(v):
        covariances = [np.zeros((2, 2)), np.zeros((1, 1))]
        for (f, a, b), one in zip(where, v):
            covariances[f][a, b] = covariances[f][b, a] = one
        return dense_deviance(y, X, covariance_of_rows(factors, covariances, v[-1], None, len(y)), True)

    D = fit.covariances
    at = np.array([*(D[f][a, b] for f, a, b in where), fit.sigma2])
    size = 3e-3 * np.array([*(np.sqrt(D[f][a, a] * D[f][b, b]) for f, a, b in where), fit.sigma2])
    H = np.empty((5, 5))
    for r, one in enumerate(np.diag(size)):
        for s, other in enumerate(np.diag(size)):
            corners = [i * j * value(at + i * one + j * other) for i in (1, -1) for j in (1, -1)]
            H[r, s] = sum(corners) / (4 * size[r] * size[s])
    expected = np.sqrt(np.diag(2 * np.linalg.inv(H)))
    found = [*(of_covariances[f][a, b] for f, a, b in where), of_residual]
    np.testing.assert_allclose(found, expected, rtol=1e-3)


# ---- against the engine for one factor -------------------------------------------------------------------------


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("q", [1, 2])
def test_one_factor_gives_what_the_engine_for_one_factor_gives(q, reml):
    frame = cohort("slopes")
    y, X, Z = columns(frame)
    code, names = pd.factorize(frame["child"])
    one = mixed.fit_mixed(standard_design(y, X, Z[:q], code, len(names)), reml)
    fit = fit_several(y, X, [Factor(Z[:q], code, len(names))], reml)
    assert fit.deviance == pytest.approx(one.deviance, abs=1e-8)
    np.testing.assert_allclose(fit.beta, one.beta, rtol=1e-6)
    np.testing.assert_allclose(fit.vcov, one.vcov, rtol=1e-6)
    np.testing.assert_allclose(fit.covariances[0], one.D, rtol=1e-6)
    assert fit.n_parameters == one.n_parameters
    np.testing.assert_allclose(satterthwaite(fit).df, small_sample.satterthwaite(one).df, rtol=1e-5)
    if reml:
        np.testing.assert_allclose(kenward_roger(fit).df, small_sample.kenward_roger(one).df, rtol=1e-6)
        np.testing.assert_allclose(kenward_roger(fit).vcov, small_sample.kenward_roger(one).vcov, rtol=1e-5)
    for found, expected in zip(random_effects(fit)[0], mixed.random_effects(one)):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    (of_D,), of_residual = variance_standard_errors(fit)
    expected_D, expected_residual = small_sample.variance_standard_errors(one)
    np.testing.assert_allclose(of_D, expected_D, rtol=1e-4)
    assert of_residual == pytest.approx(expected_residual, rel=1e-5)


# ---- boundaries, units, starts ---------------------------------------------------------------------------------


def test_a_start_on_the_boundary_is_left_when_the_optimum_is_inside():
    inside = fitted("slopes")
    for start in ([0.0] * 4, [0.7, 0.0, 0.0, 0.4], [0.7, 0.1, 0.3, 0.0]):
        surface = Surface(inside.design, True)
        assert descend(surface, np.array(start)).value == pytest.approx(inside.minimum.value, abs=1e-8)


def test_a_variance_that_has_vanished_counts_as_known():
    fit = fitted("no_carer_variance")
    assert fit.singular_factors == (False, True)
    assert fit.covariances[1][0, 0] == 0.0
    effects, covariance = random_effects(fit)[1]
    assert not effects.any()
    assert not covariance.any()
    y, X, factors, _ = arrays("no_carer_variance")
    without = fit_several(y, X, factors[:1])
    assert fit.deviance == pytest.approx(without.deviance, abs=1e-8)
    np.testing.assert_allclose(satterthwaite(fit).df, satterthwaite(without).df, rtol=1e-5)


def test_the_answer_does_not_depend_on_units():
    y, X, factors, weight = arrays("both_slopes")
    plain = fit_several(y, X, factors)
    later = [Factor(np.array([f.columns[0], f.columns[1] + 2015.0]), f.level, f.n_levels) for f in factors]
    X2 = X.copy()
    X2[1] += 2015.0
    X2[3] *= 1e6
    other = fit_several(y / 1000.0, X2, later, True, weight)
    np.testing.assert_allclose(1000.0 * other.beta[1:] * [1, 1, 1e6], plain.beta[1:], rtol=1e-7)
    for D, expected in zip(other.covariances, plain.covariances):
        assert 1e6 * D[1, 1] == pytest.approx(expected[1, 1], rel=1e-5)
    np.testing.assert_allclose(satterthwaite(other).df[1:], satterthwaite(plain).df[1:], rtol=1e-4)
    np.testing.assert_allclose(kenward_roger(other).df[1:], kenward_roger(plain).df[1:], rtol=1e-4)


def test_the_order_of_rows_and_levels_does_not_matter():
    y, X, factors, weight = arrays("weighted_slopes")
    plain = fit_several(y, X, factors, True, weight)
    random = np.random.default_rng(1)
    order = random.permutation(len(y))
    turned = []
    for factor in factors:
        name = random.permutation(factor.n_levels)
        turned.append(Factor(factor.columns[:, order], name[factor.level][order], factor.n_levels))
    other = fit_several(y[order], X[:, order], turned[::-1], True, weight[order])
    assert other.deviance == pytest.approx(plain.deviance, abs=1e-8)
    np.testing.assert_allclose(other.covariances[1], plain.covariances[0], rtol=1e-6)


def test_weights_of_one_change_nothing_and_twofold_weights_only_the_residual_variance():
    y, X, factors, _ = arrays("crossed")
    plain = fit_several(y, X, factors)
    for size in (1.0, 2.0):
        other = fit_several(y, X, factors, True, np.full(len(y), size))
        assert other.deviance == pytest.approx(plain.deviance, abs=1e-8)
        assert other.sigma2 == pytest.approx(size * plain.sigma2, rel=1e-7)
        assert other.covariances[1][0, 0] == pytest.approx(plain.covariances[1][0, 0], rel=1e-6)
    for bad in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="weights are positive"):
            fit_several(y, X, factors, True, np.full(len(y), bad))


def test_membership_in_one_level_is_the_same_as_a_level():
    y, X, factors, weight = arrays("weighted_slopes")
    rows = np.arange(len(y))
    as_membership = [
        Factor(f.columns, csr_array((np.ones(len(y)), (rows, f.level)), shape=(len(y), f.n_levels)), f.n_levels)
        for f in factors
    ]
    plain, other = (fit_several(y, X, one, True, weight) for one in (factors, as_membership))
    assert other.deviance == pytest.approx(plain.deviance, abs=1e-9)
    # A level that stands twice in a row counts with the sum of its weights.
    twice = csr_array((len(y), factors[1].n_levels))
    twice.data, twice.indices = np.full(2 * len(y), 0.5), np.repeat(factors[1].level, 2).astype(np.int32)
    twice.indptr = 2 * np.arange(len(y) + 1, dtype=np.int32)
    again = fit_several(y, X, [factors[0], Factor(factors[1].columns, twice, factors[1].n_levels)], True, weight)
    assert again.deviance == pytest.approx(plain.deviance, abs=1e-9)
    assert len(twice.data) == 2 * len(y)


def test_a_new_outcome_in_a_known_design_is_fitted_as_if_from_the_start():
    y, X, factors, weight = arrays("weighted_slopes")
    random = np.random.default_rng(2)
    other = y + random.normal(size=len(y))
    first = fit_several(y, X, factors, True, weight)
    again = fit_design(first.design.with_outcome(other), True, first.theta)
    fresh = fit_several(other, X, factors, True, weight)
    assert again.deviance == pytest.approx(fresh.deviance, abs=1e-8)
    np.testing.assert_allclose(again.beta, fresh.beta, rtol=1e-7)
    assert fit_design(first.design).deviance == first.deviance


def test_contrasts_of_fixed_effects():
    y, X, factors, _ = arrays("slopes")
    fit = fit_several(y, X, factors)
    moved = X.copy()
    moved[1] -= 2.0
    at_two = fit_several(y, moved, factors)
    rows = np.array([[1.0, 2.0, 0.0, 0.0]])
    for infer in (satterthwaite, kenward_roger):
        assert infer(fit, rows).std_error[0] == pytest.approx(infer(at_two).std_error[0], rel=1e-7)
        assert infer(fit, rows).df[0] == pytest.approx(infer(at_two).df[0], rel=1e-5)


def test_degrees_of_freedom_are_exact_in_balanced_data_however_small_the_residual():
    random = np.random.default_rng(4)
    child, carer = np.repeat(np.arange(40), 4), np.repeat(np.arange(10), 16)
    ones, years = np.ones(160), np.tile(np.arange(4.0) - 1.5, 40)
    for noise in (1.0, 1e-2, 1e-3):
        y = random.normal(size=40)[child] + random.normal(size=10)[carer] + noise * random.normal(size=160)
        factors = [Factor(ones[None], child, 40), Factor(ones[None], carer, 10)]
        fit = fit_several(y, np.array([ones, years]), factors)
        assert fit.converged
        assert fit.smallest[0] > 0.0
        for infer in (satterthwaite, kenward_roger):
            np.testing.assert_allclose(infer(fit).df, [9.0, 160 - 40 - 1], rtol=1e-4)


def test_kenward_roger_is_refused_for_maximum_likelihood_and_for_too_many_levels(monkeypatch):
    with pytest.raises(ValueError, match="REML"):
        kenward_roger(fitted("crossed", reml=False))
    monkeypatch.setattr(several_factors_small_sample, "MOST_EFFECTS", 100)
    with pytest.raises(ValueError, match="Satterthwaite"):
        kenward_roger(fitted("crossed"))


def test_predictors_of_which_one_is_the_sum_of_the_others_are_refused():
    y, X, factors, _ = arrays("crossed")
    with pytest.raises(ValueError, match="full rank"):
        fit_several(y, np.vstack([X, np.zeros(len(y))]), factors)


def test_nothing_that_goes_in_is_changed():
    y, X, factors, weight = arrays("weighted_slopes")
    before = [x.copy() for x in (y, X, weight, *(f.columns for f in factors), *(f.level for f in factors))]
    fit_several(y, X, factors, True, weight)
    after = [y, X, weight, *(f.columns for f in factors), *(f.level for f in factors)]
    for was, now in zip(before, after):
        np.testing.assert_array_equal(was, now)
