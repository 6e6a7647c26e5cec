"""Probabilities of two correlated standard normal variables, over quadrants and over the cells of a table."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

NEAR_ONE = 0.925
"""From this correlation on, the integral starts from a correlation of one in place of zero."""
NODES = 20
"""Points of the quadrature, which leave an error below 1e-14."""
FAR = 10.0
"""Beyond so many standard deviations there is a mass of 1e-23, which is taken as none."""
BLOCK = 20_000
"""Quadrants that are integrated at once: what a processor keeps at hand."""


def bivariate_cdf(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Floats:
    """Probability that the first variable is at most `h` and the second at most `k`.

    Parameters
    ----------
    h, k : array
        Limits; infinite ones are allowed.
    correlation : array
        Between -1 and 1; all three are broadcast against one another.

    Notes
    -----
    The derivative in the correlation is the density (Plackett 1954), so the probability is what it is at a
    correlation of 0, or of 1 or -1 where these are nearer, plus the integral of the density from there.

    References
    ----------
    Drezner & Wesolowsky (1990), On the computation of the bivariate normal integral, J Stat Comput Simul 35;
    Genz (2004), Numerical computation of rectangular bivariate and trivariate normal and t probabilities,
    Stat Comput 14.
    """
    shape = np.broadcast_shapes(np.shape(h), np.shape(k), np.shape(correlation))
    first, second, rho = (
        np.broadcast_to(np.asarray(of, dtype=float), shape).ravel() for of in (h, k, correlation)
    )
    first, second = np.clip(first, -FAR, FAR), np.clip(second, -FAR, FAR)
    out = np.empty(len(rho))
    for begin in range(0, len(rho), BLOCK):
        part = slice(begin, begin + BLOCK)
        out[part] = _probability(first[part], second[part], rho[part])
    return np.clip(out, 0.0, 1.0).reshape(shape)


def bivariate_density(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Floats:
    """Density at two points, which is also the derivative of `bivariate_cdf` in the correlation; 0 at infinity."""
    first, second = (np.clip(np.asarray(of, dtype=float), -FAR, FAR) for of in (h, k))
    rho = np.asarray(correlation, dtype=float)
    left = (1.0 - rho) * (1.0 + rho)
    distance = first**2 - 2.0 * rho * first * second + second**2
    return np.asarray(np.exp(-0.5 * distance / left) / (2.0 * np.pi * np.sqrt(left)), dtype=float)


def density_slope(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Floats:
    """Derivative of the density in the correlation."""
    first, second = (np.clip(np.asarray(of, dtype=float), -FAR, FAR) for of in (h, k))
    rho = np.asarray(correlation, dtype=float)
    left = (1.0 - rho) * (1.0 + rho)
    relative = (first - rho * second) * (second - rho * first) / left**2 + rho / left
    return bivariate_density(first, second, rho) * relative


def conditional_edges(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Floats:
    """Derivative of `bivariate_cdf` in `h`: density of `h` times the probability of the second given the first."""
    first, second = (np.clip(np.asarray(of, dtype=float), -FAR, FAR) for of in (h, k))
    rho = np.asarray(correlation, dtype=float)
    given = ndtr((second - rho * first) / np.sqrt((1.0 - rho) * (1.0 + rho)))
    return np.asarray(np.exp(-0.5 * first**2) / np.sqrt(2.0 * np.pi) * given, dtype=float)


def over_cells(corners: Floats) -> Floats:
    """What a function of the upper right corner adds over each cell, from its values (..., r + 1, c + 1)."""
    return np.diff(np.diff(corners, axis=-1), axis=-2)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Floats, Floats]:
    """Points and weights on (0, 1)."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return (points + 1.0) / 2.0, weights / 2.0


def _probability(h: Floats, k: Floats, rho: Floats) -> Floats:
    out = np.empty(len(rho))
    near = np.abs(rho) >= NEAR_ONE
    out[~near] = _from_independence(h[~near], k[~near], rho[~near])
    if near.any():
        out[near] = _from_identity(h[near], k[near], rho[near])
    return out


def _from_independence(h: Floats, k: Floats, rho: Floats) -> Floats:
    """With the correlation as a sine, whose angle runs from 0."""
    points, weights = _quadrature()
    angle = np.arcsin(rho)
    sine = np.sin(angle[:, None] * points)
    squares, product = (h**2 + k**2) / 2.0, h * k
    inside = np.exp((product[:, None] * sine - squares[:, None]) / (1.0 - sine**2)) @ weights
    return np.asarray(ndtr(h) * ndtr(k) + angle / (2.0 * np.pi) * inside, dtype=float)


def _from_identity(h: Floats, k: Floats, rho: Floats) -> Floats:
    """From a correlation of 1 down to `rho`; a negative correlation is turned round."""
    turned = np.where(rho < 0.0, -k, k)
    lost = _lost_from_identity(h, turned, np.abs(rho))
    positive = ndtr(np.minimum(h, turned)) - lost
    return np.where(rho < 0.0, ndtr(h) - positive, positive)


def _lost_from_identity(h: Floats, k: Floats, rho: Floats) -> Floats:
    """The integral of the density from `rho` to 1.

    With ``x^2 = 1 - rho^2`` the integrand is ``exp(-(d / x^2 + hk) / 2)`` for ``d = (h - k)^2``, times a smooth
    function. Two terms of the series of this function are integrated in closed form, the rest by quadrature
    (Genz 2004).
    """
    points, weights = _quadrature()
    d, product = (h - k) ** 2, h * k
    square = (1.0 - rho) * (1.0 + rho)
    root = np.sqrt(square)
    c, e = (4.0 - product) / 8.0, (12.0 - product) / 16.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at_end = np.where(root > 0.0, np.exp(-(d / square + product) / 2.0), 0.0)
        tail = np.sqrt(2.0 * np.pi * d) * ndtr(-np.sqrt(d) / root) * np.exp(-product / 2.0)
    series = root * at_end * (1.0 - c * (d - square) * (1.0 - e * d / 5.0) / 3.0 + c * e * square**2 / 5.0)
    series -= np.where(d > 0.0, tail * (1.0 - c * d * (1.0 - e * d / 5.0) / 3.0), 0.0)
    x2 = np.maximum((root[:, None] * points) ** 2, 1e-300)
    y = np.sqrt(1.0 - x2)
    smooth = np.exp(-product[:, None] * x2 / (2.0 * (1.0 + y) ** 2)) / y
    rest = smooth - (1.0 + c[:, None] * x2 * (1.0 + e[:, None] * x2))
    exponent = -(d[:, None] / x2 + product[:, None]) / 2.0
    kept = exponent > -100.0
    rest = np.where(kept, np.exp(np.where(kept, exponent, 0.0)) * rest, 0.0) @ weights * root
    return np.asarray((series + rest) / (2.0 * np.pi), dtype=float)
