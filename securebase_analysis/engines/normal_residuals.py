"""Residuals that are standard normal where a model is right, and what they are held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


# ---- outcomes that come in steps -------------------------------------------------------------------------------


def steps_of_yes_or_no(y: Floats, probability: Floats) -> tuple[Floats, Floats]:
    """The distribution function just below and at each answer, 0 or 1, that is 1 with this probability."""
    return np.where(y > 0.5, 1.0 - probability, 0.0), np.where(y > 0.5, 1.0, 1.0 - probability)


def steps_of_counts(y: Floats, mean: Floats, theta: float = np.inf) -> tuple[Floats, Floats]:
    """The distribution function just below and at each count: Poisson's, or the negative binomial with `theta`."""

    def at(k: Floats) -> Floats:
        inside = np.maximum(k, 0.0)
        if np.isinf(theta):
            value = special.pdtr(inside, mean)
        else:
            value = special.betainc(theta, inside + 1.0, theta / (theta + mean))
        return np.where(k < 0.0, 0.0, value)

    return at(y - 1.0), at(y)


def steps_of_places(y: Floats, predictor: Floats, cuts: Floats) -> tuple[Floats, Floats]:
    """The distribution function just below and at each ordered answer, counted from 0 (cumulative logit)."""
    bounds = np.concatenate([[-np.inf], cuts, [np.inf]])
    place = y.astype(np.intp)
    return special.expit(bounds[place] - predictor), special.expit(bounds[place + 1] - predictor)


def quantile_residuals(low: Floats, high: Floats, seed: int) -> Floats:
    """Randomised quantile residuals (Dunn & Smyth 1996).

    Parameters
    ----------
    low, high : numpy.ndarray, shape (rows,)
        The distribution function of the model just below and at each outcome.
    seed : int
        Of the numbers that spread each outcome over its step; without them the steps would look like misfit.
    """
    place = low + (high - low) * np.random.default_rng(seed).random(len(low))
    return np.asarray(special.ndtri(np.clip(place, 1e-15, 1.0 - 1e-15)), dtype=float)


def normal_nodes(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the Gauss-Hermite quadrature over a standard normal variable."""
    node, weight = np.polynomial.hermite_e.hermegauss(n)
    return node, weight / weight.sum()


# ---- what is to be expected ------------------------------------------------------------------------------------


def normal_envelope(n: int, conf_level: float) -> tuple[Floats, Floats, Floats]:
    """Median and interval of each of n ordered values of a standard normal sample.

    The i-th smallest of n uniform values has a Beta(i, n + 1 - i) distribution; the interval is that of each value
    by itself, so that a few of many lie outside of it by chance.
    """
    rank = np.arange(1.0, n + 1.0)
    tail = (1.0 - conf_level) / 2.0
    middle, low, high = (
        np.asarray(special.ndtri(special.betaincinv(rank, n + 1.0 - rank, share)), dtype=float)
        for share in (0.5, tail, 1.0 - tail)
    )
    return middle, low, high


def spread_interval(sd: Floats, n: NDArray[np.intp], conf_level: float) -> tuple[Floats, Floats]:
    """Interval of the standard deviation of n normal values (chi-square)."""
    df, tail = np.asarray(n, dtype=float) - 1.0, (1.0 - conf_level) / 2.0
    low = sd * np.sqrt(df / special.chdtri(df, tail))
    high = sd * np.sqrt(df / special.chdtri(df, 1.0 - tail))
    return np.asarray(low, dtype=float), np.asarray(high, dtype=float)


def local_line(x: Floats, y: Floats, at: Floats, share: float = 0.6) -> Floats:
    """A smooth line through points: at each place a straight line through the nearest of them (Cleveland 1979).

    Parameters
    ----------
    x, y : numpy.ndarray, shape (points,)
        The points.
    at : numpy.ndarray, shape (places,)
        Where the line is wanted.
    share : float
        Share of the points that have a say at each place; the nearer, the more, by the tricube of the distance.
    """
    n_near = min(max(int(np.ceil(share * len(x))), 3), len(x))
    smooth = np.empty(len(at))
    for place, centre in enumerate(at):
        distance = np.abs(x - centre)
        reach = np.partition(distance, n_near - 1)[n_near - 1]
        weight = (1.0 - np.minimum(distance / reach, 1.0) ** 3) ** 3 if reach > 0.0 else (distance == 0.0) * 1.0
        near = x - centre
        total, first, second = weight.sum(), weight @ near, weight @ near**2
        spread = total * second - first**2
        flat = spread <= 1e-12 * max(total * second, 1e-300)
        level, slope = weight @ y, weight @ (near * y)
        smooth[place] = level / total if flat else (second * level - first * slope) / spread
    return smooth
