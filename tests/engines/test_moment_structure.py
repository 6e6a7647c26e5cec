"""Implied moments against the equations they come from, and their derivatives against differences."""

import numpy as np
import pytest

from securebase_analysis.engines.lower_triangle import lower
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure, implied


@pytest.fixture(scope="module")
def structure():
    """Four indicators of two factors, one of which acts on the other; a loading and two variances are equal."""
    fixed = np.zeros((3, 6, 6))
    fixed[EFFECT, 0, 4] = fixed[EFFECT, 2, 5] = 1.0
    lines = [
        (EFFECT, 1, 4, 0), (EFFECT, 3, 5, 0), (EFFECT, 3, 4, 1), (EFFECT, 5, 4, 2), (EFFECT, 1, 0, 3),
        (COVARIANCE, 0, 0, 4), (COVARIANCE, 1, 1, 4), (COVARIANCE, 2, 2, 5), (COVARIANCE, 3, 3, 6),
        (COVARIANCE, 1, 3, 7), (COVARIANCE, 4, 4, 8), (COVARIANCE, 5, 5, 9), (COVARIANCE, 5, 4, 10),
        (MEAN, 0, 0, 11), (MEAN, 1, 0, 12), (MEAN, 4, 0, 13), (MEAN, 5, 0, 11),
    ]  # fmt: skip
    return Structure(4, fixed, np.array(lines))


THETA = np.array([0.8, -0.3, 0.5, 0.2, 0.6, 0.7, 0.9, 0.1, 1.1, 0.8, 0.2, 0.4, -0.5, 0.3])


def moments(structure, theta):
    at = implied(structure, theta)
    return np.concatenate([at.mean, lower(at.covariance)])


def test_moments_are_those_of_the_equations(structure):
    effects, residual, intercepts = structure.matrices(THETA)
    random = np.random.default_rng(3)
    root = np.linalg.cholesky(residual + 1e-12 * np.eye(6))
    disturbance = intercepts[:, 0] + random.normal(size=(400_000, 6)) @ root.T
    values = np.linalg.solve(np.eye(6) - effects, disturbance.T)[:4]
    at = implied(structure, THETA)
    np.testing.assert_allclose(values.mean(axis=1), at.mean, atol=0.015)
    np.testing.assert_allclose(np.cov(values), at.covariance, atol=0.03)


def test_jacobian_is_the_slope_of_the_moments(structure):
    steps = 1e-6 * np.eye(len(THETA))
    slope = [(moments(structure, THETA + s) - moments(structure, THETA - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(implied(structure, THETA).jacobian, np.transpose(slope), atol=1e-8)


def test_gradient_and_curvature_are_those_of_weighted_moments(structure):
    random = np.random.default_rng(4)
    g, G = random.normal(size=4), random.normal(size=(4, 4))
    G = G + G.T

    def weighted(theta):
        at = implied(structure, theta)
        return g @ at.mean + np.sum(G * at.covariance)

    def slope(theta):
        return implied(structure, theta).gradient(g, G)

    steps = 1e-6 * np.eye(len(THETA))
    by_value = [(weighted(THETA + s) - weighted(THETA - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(slope(THETA), by_value, atol=1e-7)
    by_slope = [(slope(THETA + s) - slope(THETA - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(implied(structure, THETA).curvature(g, G), by_slope, atol=1e-7)
