"""The search for a maximum, on functions whose maximum is known."""

from dataclasses import dataclass

import numpy as np
import pytest

from securebase_analysis.engines.scoring_search import climb


@dataclass(frozen=True, eq=False)
class Point:
    value: float
    gradient: np.ndarray
    observed: np.ndarray
    expected: np.ndarray

    def information(self, kind):
        return self.observed if kind == "observed" else self.expected


def hill(theta):
    """A quadratic with its top at (1, -2)."""
    curvature = np.array([[3.0, 1.0], [1.0, 2.0]])
    away = theta - np.array([1.0, -2.0])
    return Point(-0.5 * away @ curvature @ away, -curvature @ away, curvature, curvature)


def banana(theta):
    """Rosenbrock's valley upside down, with a rough guess of the curvature in place of the expected one."""
    x, y = theta
    slope = -np.array([-400.0 * x * (y - x**2) - 2.0 * (1.0 - x), 200.0 * (y - x**2)])
    hessian = np.array([[1200.0 * x**2 - 400.0 * y + 2.0, -400.0 * x], [-400.0 * x, 200.0]])
    guess = np.array([[800.0 * x**2 + 2.0, -400.0 * x], [-400.0 * x, 200.0]])
    return Point(-(100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2), slope, hessian, guess)


def variance(theta):
    """A normal variance with mean squares of 2 and ten rows; none below zero."""
    (v,) = theta
    if v <= 0.0:
        return None
    first, second = -5.0 * (1.0 / v - 2.0 / v**2), -5.0 * (-1.0 / v**2 + 4.0 / v**3)
    return Point(-5.0 * (np.log(v) + 2.0 / v), np.array([first]), np.array([[-second]]), np.array([[5.0 / v**2]]))


def test_a_quadratic_takes_one_step():
    found = climb(hill, np.array([10.0, 10.0]))
    assert found.converged
    assert found.n_steps <= 2
    np.testing.assert_allclose(found.theta, [1.0, -2.0], atol=1e-12)


def test_a_bent_valley_is_followed_to_its_end():
    found = climb(banana, np.array([-1.2, 1.0]))
    assert found.converged
    np.testing.assert_allclose(found.theta, [1.0, 1.0], atol=1e-6)


@pytest.mark.parametrize("start", [1e-3, 0.5, 100.0])
def test_steps_stay_where_there_is_a_likelihood(start):
    found = climb(variance, np.array([start]))
    assert found.converged
    assert found.theta[0] == pytest.approx(2.0, abs=1e-6)


def test_a_ridge_without_end_is_no_maximum():
    def ridge(theta):
        value = -np.exp(-theta[0])
        return Point(value, np.array([-value]), np.array([[value]]), np.array([[1e-3]]))

    assert not climb(ridge, np.array([-3.0]), most_steps=15).converged


def test_directions_without_information_are_left_alone():
    def flat(theta):
        at = hill(theta[:2])
        wider = np.zeros((3, 3))
        wider[:2, :2] = at.observed
        return Point(at.value, np.append(at.gradient, 0.0), wider, wider)

    found = climb(flat, np.array([5.0, 5.0, 7.0]))
    np.testing.assert_allclose(found.theta, [1.0, -2.0, 7.0], atol=1e-3)


def test_a_start_without_a_likelihood_is_refused():
    with pytest.raises(ValueError, match="no value where"):
        climb(variance, np.array([-1.0]))
