"""Degrees of freedom of errors from the expected information: known ones of a mean, a variance and a slope."""

from __future__ import annotations

import numpy as np
import pytest

from securebase_analysis.engines.expected_error_df import expected_error_df
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import COVARIANCE, MEAN, Structure
from securebase_analysis.engines.structural_equations import fit_structures

TWO = Structure(
    2, np.zeros((3, 2, 2)),
    np.array([(MEAN, 0, 0, 0), (MEAN, 1, 0, 1), (COVARIANCE, 0, 0, 2), (COVARIANCE, 1, 1, 3),
              (COVARIANCE, 1, 0, 4)]),
)  # fmt: skip
"""Two variables without any structure."""


def fitted(n: int, correlation: float = 0.0):
    """Two variables of exactly these moments."""
    random = np.random.default_rng(5)
    raw = random.normal(size=(n, 2))
    white = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    return fit_structures(
        [(patterns_of(white @ np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]]).T), TWO)]
    )


@pytest.mark.parametrize("n", [20, 80])
def test_a_mean_has_n_and_a_variance_a_quarter_of_n(n):
    """V = s/n of a mean, whose s has variance 2 s^2/n: df = n. V = 2 s^2/n of a variance: df = n/4."""
    fit = fitted(n)
    df = expected_error_df(fit, fit.vcov("expected"), 5)
    np.testing.assert_allclose(df[:2], n, rtol=2e-2)
    np.testing.assert_allclose(df[2:4], n / 4.0, rtol=2e-2)


def test_a_covariance():
    """V = (s1 s2 + c^2)/n: at s = 1 and covariance c, by the delta method over all three."""
    n, c = 60, 0.6
    fit = fitted(n, c)
    gradient = np.array([1.0, 1.0, 2.0 * c]) / n
    spread = np.array([[2.0, 2.0 * c**2, 2.0 * c], [2.0 * c**2, 2.0, 2.0 * c], [2.0 * c, 2.0 * c, 1.0 + c**2]]) / n
    wanted = 2.0 * ((1.0 + c**2) / n) ** 2 / (gradient @ spread @ gradient)
    assert expected_error_df(fit, fit.vcov("expected"), 5)[4] == pytest.approx(wanted, rel=2e-2)


def test_what_is_taken_as_given_is_not_moved():
    """With both variances known the mean's error is known too."""
    fit = fitted(30)
    with np.errstate(divide="ignore"):
        df = expected_error_df(fit, fit.vcov("expected"), 2)
    assert len(df) == 2
    assert (df > 1e6).all()
