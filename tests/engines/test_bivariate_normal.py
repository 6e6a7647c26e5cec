import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from securebase_analysis.engines.bivariate_normal import (
    bivariate_cdf,
    bivariate_density,
    conditional_edges,
    density_slope,
    over_cells,
)

POINTS = json.loads((Path(__file__).parents[1] / "reference" / "ordinal.json").read_text())["probabilities"]
H, K, RHO = (np.array([point[of] for point in POINTS]) for of in ("h", "k", "rho"))


@pytest.mark.parametrize("package", ["pbivnorm", "mvtnorm"])
def test_probabilities_as_in_r(package):
    theirs = np.array([point[package] for point in POINTS])
    # The R values are written with ten decimals.
    np.testing.assert_allclose(bivariate_cdf(H, K, RHO), theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize("rho", [-0.999, -0.93, -0.4, 0.0, 0.6, 0.924, 0.926, 0.99])
@pytest.mark.parametrize(("h", "k"), [(0.3, -1.1), (1.4, 1.39), (-0.5, 2.0), (0.0, 0.0)])
def test_probabilities_as_by_integration(h, k, rho):
    def density_and_rest(x):
        return np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) * ndtr((k - rho * x) / np.sqrt(1 - rho**2))

    middle = [point for point in (k / rho if rho else 0.0, 0.0) if -9 < point < h]
    found, error = quad(density_and_rest, -9, h, epsabs=1e-13, epsrel=1e-13, limit=400, points=middle or None)
    assert error < 1e-11
    assert bivariate_cdf(h, k, rho) == pytest.approx(found, abs=1e-11)
    of_scipy = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([h, k])
    assert bivariate_cdf(h, k, rho) == pytest.approx(of_scipy, abs=1e-6)


def test_limits():
    infinite = np.inf
    assert bivariate_cdf(infinite, 0.3, 0.95) == pytest.approx(ndtr(0.3), abs=1e-15)
    assert bivariate_cdf(0.3, infinite, -0.5) == pytest.approx(ndtr(0.3), abs=1e-15)
    for rho in (-0.999, -0.3, 0.0, 0.95):
        assert bivariate_cdf(-infinite, infinite, rho) == pytest.approx(0.0, abs=1e-20)
        assert bivariate_cdf(infinite, infinite, rho) == 1.0
    assert bivariate_cdf(0.5, -0.2, 1.0) == pytest.approx(ndtr(-0.2), abs=1e-15)
    assert bivariate_cdf(0.5, -0.2, -1.0) == pytest.approx(max(ndtr(0.5) + ndtr(-0.2) - 1, 0), abs=1e-15)


def test_cells_sum_to_one():
    edges = np.array([-np.inf, -1.0, 0.2, 1.5, np.inf])
    for rho in (-0.97, 0.3, 0.94):
        cells = over_cells(bivariate_cdf(edges[:, None], edges, rho))
        assert cells.sum() == pytest.approx(1.0, abs=1e-14)
        assert (cells > -1e-15).all()
        np.testing.assert_allclose(cells.sum(axis=1), np.diff(ndtr(edges)), atol=1e-14)


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.0, 0.5, 0.93])
def test_derivatives(rho):
    h, k, step = np.array([-1.0, 0.2, 1.5, 0.7]), np.array([0.3, 0.25, -0.8, np.inf]), 1e-5

    def slope(of, *at):
        return (of(*at[0]) - of(*at[1])) / (2 * step)

    in_rho = slope(bivariate_cdf, (h, k, rho + step), (h, k, rho - step))
    np.testing.assert_allclose(bivariate_density(h, k, rho), in_rho, atol=1e-7)
    in_h = slope(bivariate_cdf, (h + step, k, rho), (h - step, k, rho))
    np.testing.assert_allclose(conditional_edges(h, k, rho), in_h, atol=1e-7)
    curved = slope(bivariate_density, (h, k, rho + step), (h, k, rho - step))
    np.testing.assert_allclose(density_slope(h, k, rho), curved, atol=1e-5)
