"""Profiles on arrays: derivatives against differences, ends against functions whose ends are known."""

import math

import numpy as np
import pytest

from securebase_analysis.engines import profile_several_factors
from securebase_analysis.engines.held_covariance import (
    CorrelationHeld,
    CovarianceHeld,
    ResidualHeld,
    StandardDeviationHeld,
    near_root,
)
from securebase_analysis.engines.mixed import fit_mixed
from securebase_analysis.engines.profile import Profile, without_contrast
from securebase_analysis.engines.profile_one_factor import _basis, _turned, deviance_on, profile_of_sd
from securebase_analysis.engines.several_factors import fit_several
from securebase_analysis.engines.several_factors_design import Factor
from securebase_analysis.engines.standard import standard_design

PATHS = [(StandardDeviationHeld, (1,), 0.3), (CorrelationHeld, (0, 1), 0.2), (CovarianceHeld, (0, 1), 0.1)]
PATHS = [*PATHS, (ResidualHeld, (), 0.7)]


@pytest.fixture(scope="module")
def arrays():
    """Thirty groups of five rows with level and slope, the origin of time a little off."""
    random = np.random.default_rng(2)
    group = np.repeat(np.arange(30), 5)
    time = np.tile(np.arange(5.0), 30) + 3.0
    X = np.vstack([np.ones(150), time, random.normal(size=150)])
    effects = np.array([[1.0, 0.0], [-0.1, 0.3]]) @ random.normal(size=(2, 30))
    y = X[1] * 0.2 + effects[0, group] + effects[1, group] * time + 0.8 * random.normal(size=150)
    return y, X, X[:2], group


def differences(function, x, place, step=1e-5):
    """Central differences of one output of a function."""
    return np.array(
        [
            (function(x + step * one)[place] - function(x - step * one)[place]) / (2 * step)
            for one in np.eye(len(x))
        ]
    )


@pytest.mark.parametrize(("kind", "asked", "value"), PATHS, ids=lambda one: getattr(one, "__name__", ""))
def test_slope_and_curvature_equal_differences(arrays, kind, asked, value):
    y, X, Z, group = arrays
    fit = fit_mixed(standard_design(y, X, Z, group, 30), reml=False)
    basis = _basis(fit, asked)
    path, products = kind(value, basis), _turned(fit.design.merged, basis)
    x = path.start(near_root(basis), math.log(basis.sigma2))
    x = x + 0.1 * np.random.default_rng(1).normal(size=len(x))
    _, gradient, hessian = deviance_on(path, products, x)
    np.testing.assert_allclose(
        gradient, differences(lambda at: deviance_on(path, products, at), x, 0), rtol=1e-6, atol=1e-5
    )
    np.testing.assert_allclose(
        hessian, differences(lambda at: deviance_on(path, products, at), x, 1), rtol=1e-6, atol=1e-4
    )


@pytest.mark.parametrize(("kind", "asked", "value"), PATHS, ids=lambda one: getattr(one, "__name__", ""))
def test_slope_with_several_factors_equals_differences(arrays, kind, asked, value):
    y, X, Z, group = arrays
    second = np.arange(150) % 7
    factors = [Factor(Z, group, 30), Factor(np.ones((1, 150)), second, 7)]
    fit = fit_several(y, X, factors, reml=False)
    basis = profile_several_factors._basis(fit, 0, asked)
    held, path = profile_several_factors._WithVariancesHeld(fit, 0, basis, kind), kind(value, basis)
    x = np.append(0.3, path.start(held.root, held.log_sigma2))
    gradient = held._deviance(path, x)[1]
    np.testing.assert_allclose(
        gradient, differences(lambda at: held._deviance(path, at), x, 0), rtol=1e-6, atol=1e-4
    )


def test_a_held_contrast_leaves_the_same_space_of_columns():
    random = np.random.default_rng(3)
    X, y, row = random.normal(size=(20, 3)), random.normal(size=20), np.array([0.5, -2.0, 1.0])
    made = np.column_stack([X, y]) @ without_contrast(row, 0.7)
    left, outcome = made[:, :-1], made[:, -1]
    ours = outcome - left @ np.linalg.lstsq(left, outcome, rcond=None)[0]
    # Least squares under the restriction row @ beta = 0.7, by its normal equations.
    system = np.block([[X.T @ X, row[:, None]], [row[None], np.zeros((1, 1))]])
    beta = np.linalg.solve(system, np.append(X.T @ y, 0.7))[:3]
    np.testing.assert_allclose(ours, y - X @ beta, atol=1e-12)


@pytest.mark.parametrize("quantile", [0.5, 1.96, 3.0])
def test_ends_of_known_functions(quantile):
    parabola = Profile(2.0, 0.1, -np.inf, np.inf, 5.0, lambda value: 5.0 + ((value - 2.0) / 0.3) ** 2)
    np.testing.assert_allclose(parabola.interval(quantile), 2.0 + 0.3 * quantile * np.array([-1, 1]), atol=1e-8)
    logarithm = Profile(1.0, 1.0, 0.0, np.inf, 0.0, lambda value: math.log(max(value, 1e-300)) ** 2)
    np.testing.assert_allclose(logarithm.interval(quantile), np.exp(quantile * np.array([-1, 1])), rtol=1e-7)
    flat = Profile(0.3, 0.1, 0.0, 1.0, 0.0, lambda value: 0.1 * (value - 0.3) ** 2)
    assert flat.interval(quantile) == (0.0, 1.0)
    assert np.isnan(Profile(math.nan, 1.0, -1.0, 1.0, 0.0, lambda value: 0.0).interval(quantile)).all()


def test_a_restricted_likelihood_has_no_profile(arrays):
    y, X, Z, group = arrays
    with pytest.raises(ValueError, match="maximum likelihood"):
        profile_of_sd(fit_mixed(standard_design(y, X, Z, group, 30), reml=True), 0)
