"""The variance of a prediction against the inverse of Henderson's equations, and its slope against differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import block_diag

from securebase_analysis.engines import mixed, mixed_deviance, several_factors
from securebase_analysis.engines.prediction import prediction_error, prediction_error_of_several
from securebase_analysis.engines.several_factors_design import Factor
from securebase_analysis.engines.several_factors_deviance import triangles
from securebase_analysis.engines.standard import standard_design
from securebase_analysis.engines.triangles import free_elements, triangle

N_GROUPS, N_CARERS = 25, 9


@pytest.fixture(scope="module")
def data():
    """Twenty-five children with two to five rows, whose carers change; nothing is balanced."""
    random = np.random.default_rng(4)
    group = np.repeat(np.arange(N_GROUPS), random.integers(3, 7, N_GROUPS))
    years = random.uniform(0.0, 4.0, len(group))
    X = np.vstack([np.ones(len(group)), years, random.normal(size=len(group))])
    carer = random.integers(0, N_CARERS, len(group))
    level, slope = random.normal(size=(2, N_GROUPS))
    y = 50.0 + X[1] + 1.5 * level[group] + 0.5 * slope[group] * years + 0.5 * random.normal(size=N_CARERS)[carer]
    return X, X[:2], group, carer, y + 0.7 * random.normal(size=len(group))


def incidence(Z, group, n):
    placed = np.zeros((Z.shape[1], n, len(Z)))
    placed[np.arange(Z.shape[1]), group] = Z.T
    return placed.reshape(Z.shape[1], -1)


def of_equations(X, Z, D, sigma2, x, z, own):
    """Variance from the inverse of Henderson's mixed-model equations; `own` is that of levels not in them."""
    equations = np.block([[X @ X.T, X @ Z], [Z.T @ X.T, Z.T @ Z + sigma2 * np.linalg.inv(D)]]) / sigma2
    both = np.hstack([x.T, z])
    return np.einsum("ri,ij,rj->r", both, np.linalg.inv(equations), both) + own


def test_one_factor_equals_hendersons_equations(data):
    X, Z, group, _, y = data
    fit = mixed.fit_mixed(standard_design(y, X, Z, group, N_GROUPS))
    assert not fit.singular
    placed, D = incidence(Z, group, N_GROUPS), np.kron(np.eye(N_GROUPS), fit.D)
    known = of_equations(X, placed, D, fit.sigma2, X, placed, 0.0)
    np.testing.assert_allclose(prediction_error(fit, X, Z, group).variance, known, rtol=1e-9)
    new = prediction_error(fit, X, Z, group, new_row=True).variance
    np.testing.assert_allclose(new, known + fit.sigma2, rtol=1e-9)

    prior = np.einsum("ar,ab,br->r", Z, fit.D, Z)
    unknown = of_equations(X, placed, D, fit.sigma2, X, np.zeros_like(placed), prior)
    strange = prediction_error(fit, X, Z, np.full(len(group), -1))
    np.testing.assert_allclose(strange.variance, unknown, rtol=1e-9)
    assert (strange.variance > known).all()


def test_on_the_boundary_the_error_is_that_of_the_covariance(data):
    """Henderson's equations need the inverse of D; the covariance of the outcome does not."""
    X, Z, group, _, y = data
    flat = X[0] + 0.3 * np.random.default_rng(1).normal(size=len(y))
    fit = mixed.fit_mixed(standard_design(flat, X, Z, group, N_GROUPS))
    assert fit.singular
    placed = incidence(Z, group, N_GROUPS)
    D = np.kron(np.eye(N_GROUPS), fit.D)
    V_inverse = np.linalg.inv(placed @ D @ placed.T + fit.sigma2 * np.eye(len(y)))
    d = X.T - placed @ D @ placed.T @ V_inverse @ X.T
    expected = np.einsum("ri,ij,rj->r", d, np.linalg.inv(X @ V_inverse @ X.T), d)
    left = D - D @ placed.T @ V_inverse @ placed @ D
    expected += np.einsum("ri,ij,rj->r", placed, left, placed)
    np.testing.assert_allclose(prediction_error(fit, X, Z, group).variance, expected, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("known", [True, False])
def test_the_slope_of_one_factor_equals_differences(data, known):
    X, Z, group, _, y = data
    fit = mixed.fit_mixed(standard_design(y, X, Z, group, N_GROUPS))
    level = group if known else np.full(len(group), -1)

    def variance(parameters):
        Lambda = triangle(parameters[:-1], 2)
        at = replace(mixed_deviance.deviance(fit.design.merged, Lambda @ Lambda.T, True), sigma2=parameters[-1])
        moved = replace(fit, Lambda=Lambda, at=at)
        return prediction_error(moved, X, Z, level, True).variance / fit.design.y_scale**2

    theta = fit.Lambda[free_elements(2)]
    found = satterthwaite(variance, np.append(theta, fit.at.sigma2), fit.parameter_covariance)
    np.testing.assert_allclose(prediction_error(fit, X, Z, level, True).df, found, rtol=1e-6)


def satterthwaite(variance, parameters, covariance, step=1e-5):
    moves = step * np.eye(len(parameters))
    slope = np.array([(variance(parameters + move) - variance(parameters - move)) / (2 * step) for move in moves])
    return 2.0 * variance(parameters) ** 2 / np.einsum("kr,kj,jr->r", slope, covariance, slope)


@pytest.mark.parametrize("unknown", [(), (0,), (1,), (0, 1)])
def test_several_factors_equal_hendersons_equations(data, unknown):
    X, Z, group, carer, y = data
    ones = np.ones((1, len(y)))
    fit = several_factors.fit_several(y, X, [Factor(Z, group, N_GROUPS), Factor(ones, carer, N_CARERS)])
    levels = [np.full(len(y), -1) if f in unknown else level for f, level in enumerate((group, carer))]
    design = fit.design

    def dense(parameters):
        Lambda, sigma2 = triangles(parameters[:-1], design), parameters[-1] * design.y_scale**2
        halves = [forth @ one for forth, one in zip(design.random_forth, Lambda)]
        D = [sigma2 * half @ half.T for half in halves]
        placed = [incidence(Z, group, N_GROUPS), incidence(ones, carer, N_CARERS)]
        whole = block_diag(np.kron(np.eye(N_GROUPS), D[0]), np.kron(np.eye(N_CARERS), D[1]))
        z = np.hstack([np.zeros_like(one) if f in unknown else one for f, one in enumerate(placed)])
        own = sum(np.einsum("ar,ab,br->r", (Z, ones)[f], D[f], (Z, ones)[f]) for f in unknown)
        return of_equations(X, np.hstack(placed), whole, sigma2, X, z, own) + sigma2

    parameters = np.append(fit.theta, fit.at.sigma2)
    found = prediction_error_of_several(fit, X, [Z, ones], levels, new_row=True)
    np.testing.assert_allclose(found.variance, dense(parameters), rtol=1e-8)
    expected = satterthwaite(lambda at: dense(at) / design.y_scale**2, parameters, fit.parameter_covariance)
    np.testing.assert_allclose(found.df, expected, rtol=1e-5)


def test_one_factor_among_several_is_one_factor(data):
    X, Z, group, _, y = data
    one = mixed.fit_mixed(standard_design(y, X, Z, group, N_GROUPS))
    several = several_factors.fit_several(y, X, [Factor(Z, group, N_GROUPS)])
    level = np.where(np.arange(len(y)) % 3 == 0, -1, group)
    expected = prediction_error(one, X, Z, level)
    found = prediction_error_of_several(several, X, [Z], [level])
    np.testing.assert_allclose(found.variance, expected.variance, rtol=1e-6)
    np.testing.assert_allclose(found.df, expected.df, rtol=1e-3)
    np.testing.assert_allclose(found.shortfall, expected.shortfall, rtol=1e-3)


def test_merged_groups_tell_the_same(data):
    """Hundreds of groups of one pattern are merged for the fit; their predictions know nothing of it."""
    random = np.random.default_rng(2)
    group, years = np.repeat(np.arange(500), 3), np.tile([0.0, 1.0, 2.0], 500)
    X = np.vstack([np.ones(1500), years])
    y = random.normal(size=500)[group] + 0.5 * random.normal(size=500)[group] * years + random.normal(size=1500)
    merged, apart = (mixed.fit_mixed(standard_design(y, X, X, group, 500, merge=merge)) for merge in (True, False))
    assert merged.design.merged.n_groups < 50
    for name in ("variance", "shortfall", "df"):
        one, other = (getattr(prediction_error(fit, X, X, group), name) for fit in (merged, apart))
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_no_rows_have_no_error(data):
    X, Z, group, _, y = data
    fit = mixed.fit_mixed(standard_design(y, X, Z, group, N_GROUPS))
    assert prediction_error(fit, X[:, :0], Z[:, :0], group[:0]).variance.shape == (0,)
