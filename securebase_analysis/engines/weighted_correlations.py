"""Correlations of rows that count with weights, for many sets of weights at once: those of a bootstrap's draws.

Missing answers are dealt with in one of three ways. *Listwise* uses the rows without any; *pairwise* uses for each
pair the rows that hold both; *fiml* maximises the normal likelihood of all that was observed, by
expectation-maximisation (Dempster, Laird & Rubin 1977, J R Stat Soc B 39).

Shapes: `B` sets of weights, `n` rows, `p` variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Missing = Literal["fiml", "pairwise", "listwise"]

EM_STEPS = 200
CLOSE = 1e-5
"""Change of a step, of variables in standard units, at which expectation-maximisation ends for resamples."""
NO_SPREAD = 1e-10
"""A variance below this, of variables in standard units, is none."""


def weighted_correlations(
    X: Floats, weights: Floats, missing: Missing = "listwise", tolerance: float = CLOSE
) -> Floats:
    """Correlations for each set of weights.

    Parameters
    ----------
    X : numpy.ndarray, shape (n, p)
        NaN where missing.
    weights : numpy.ndarray, shape (B, n)
        How often each row counts.
    missing : {"fiml", "pairwise", "listwise"}
        What is done about missing values.
    tolerance : float
        Change of a step at which the search of *fiml* ends.

    Returns
    -------
    numpy.ndarray, shape (B, p, p)
        NaN throughout where a variable has no spread, or a pair no rows, or the search did not end.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0], [4.0, np.nan]])
    >>> weighted_correlations(X, np.ones((1, 4))).round(3)[0, 0, 1].item()
    0.5
    """
    standard = (X - np.nanmean(X, axis=0)) / np.nanstd(X, axis=0)
    seen = np.isfinite(standard)
    if seen.all() or missing == "listwise":
        whole = seen.all(axis=1)
        return _of_whole_rows(standard[whole], weights[:, whole])
    if missing == "pairwise":
        return _of_pairs(standard, seen, weights)
    return _of_likelihood(standard, seen, weights, tolerance)


def observations_behind(X: Floats, missing: Missing, weights: Floats | None = None) -> Floats:
    """Rows behind a correlation: those used, or where pairs differ the mean number that hold both; shape (B,)."""
    seen = np.isfinite(X).astype(float)
    counted = np.ones((1, len(X))) if weights is None else weights
    if missing == "listwise":
        return np.asarray(counted @ seen.all(axis=1).astype(float))
    p = X.shape[1]
    first, second = np.triu_indices(p, 1)
    return np.asarray((counted @ (seen[:, first] * seen[:, second])).mean(axis=1))


# ---- whole rows and pairs --------------------------------------------------------------------------------------


def _of_whole_rows(X: Floats, weights: Floats) -> Floats:
    """From weighted sums of squares and products."""
    p = X.shape[1]
    first, second = np.triu_indices(p)
    total = weights.sum(axis=1)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = weights @ X / total
        products = weights @ (X[:, first] * X[:, second]) / total - mean[:, first] * mean[:, second]
    covariance = np.empty((len(weights), p, p))
    covariance[:, first, second] = covariance[:, second, first] = products
    return _standardised(covariance)


def _of_pairs(X: Floats, seen: Bools, weights: Floats) -> Floats:
    """Each correlation from the rows that hold both of its variables, means and variances included."""
    p = X.shape[1]
    there, value = seen.astype(float), np.where(seen, X, 0.0)
    first, second = np.triu_indices(p, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        count = weights @ (there[:, first] * there[:, second])
        x, y = (weights @ (value[:, a] * there[:, b]) / count for a, b in ((first, second), (second, first)))
        xx, yy = (
            weights @ (value[:, a] ** 2 * there[:, b]) / count - mean**2
            for a, b, mean in ((first, second, x), (second, first, y))
        )
        xy = weights @ (value[:, first] * value[:, second]) / count - x * y
        r = np.where((xx > NO_SPREAD) & (yy > NO_SPREAD), xy / np.sqrt(xx * yy), np.nan)
    found = np.tile(np.eye(p), (len(weights), 1, 1))
    found[:, first, second] = found[:, second, first] = r
    found[~np.isfinite(r).all(axis=1)] = np.nan
    return found


def _standardised(covariance: Floats) -> Floats:
    """Correlations; NaN throughout where a variable has no spread."""
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    usable = np.array((variance > NO_SPREAD).all(axis=1))
    root = np.sqrt(np.where(usable[:, None], variance, 1.0))
    r = covariance / (root[:, :, None] * root[:, None, :])
    places = np.arange(r.shape[-1])
    r[:, places, places] = 1.0
    r[~usable] = np.nan
    return r


# ---- the likelihood of all that was observed -------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Rows that hold the same variables: which, and for each set of weights their number, sums and products.

    Attributes
    ----------
    here, gone : numpy.ndarray of int
        Variables observed and missing.
    count : numpy.ndarray, shape (B,)
    total : numpy.ndarray, shape (B, here)
    products : numpy.ndarray, shape (B, here, here)
    """

    here: NDArray[np.intp]
    gone: NDArray[np.intp]
    count: Floats
    total: Floats
    products: Floats


def _patterns(X: Floats, seen: Bools, weights: Floats) -> Iterator[_Pattern]:
    """Rows by what they hold; rows that hold nothing say nothing."""
    kinds, of_row = np.unique(seen, axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        here, gone = np.flatnonzero(kind), np.flatnonzero(~kind)
        if not len(here):
            continue
        rows = np.flatnonzero(of_row.ravel() == number)
        values, counted = X[np.ix_(rows, here)], weights[:, rows]
        first, second = np.triu_indices(len(here))
        products = np.empty((len(weights), len(here), len(here)))
        products[:, first, second] = products[:, second, first] = counted @ (values[:, first] * values[:, second])
        yield _Pattern(here, gone, counted.sum(axis=1), counted @ values, products)


def _of_likelihood(X: Floats, seen: Bools, weights: Floats, tolerance: float) -> Floats:
    """Expectation-maximisation for all sets of weights, from where the rows as they are have their maximum."""
    p = X.shape[1]
    everyone = list(_patterns(X, seen, np.ones((1, len(X)))))
    mean, covariance, _ = _maximised(everyone, np.zeros((1, p)), np.eye(p)[None], tolerance / 100.0)
    patterns = list(_patterns(X, seen, weights))
    n = len(weights)
    _, covariance, ended = _maximised(
        patterns, np.repeat(mean, n, axis=0), np.repeat(covariance, n, axis=0), tolerance
    )
    covariance[~ended] = np.nan
    return _standardised(covariance)


def _maximised(
    patterns: list[_Pattern], mean: Floats, covariance: Floats, tolerance: float
) -> tuple[Floats, Floats, Bools]:
    """Means, covariances, and for which sets of weights the search came to its end."""
    ended = np.zeros(len(mean), dtype=bool)
    for _ in range(EM_STEPS):
        live = np.flatnonzero(~ended)
        further_mean, further = _em_step(patterns, live, mean[live], covariance[live])
        moved = np.maximum(
            np.abs(further - covariance[live]).max(axis=(1, 2)), np.abs(further_mean - mean[live]).max(axis=1)
        )
        mean[live], covariance[live] = further_mean, further
        ended[live] = moved < tolerance
        if ended.all():
            break
    return mean, covariance, ended


def _em_step(
    patterns: list[_Pattern], live: NDArray[np.intp], mean: Floats, covariance: Floats
) -> tuple[Floats, Floats]:
    """Means and covariances of the rows with what is expected of their missing values.

    With K the inverse covariance, missing values have covariance ``K_gg^-1`` given the observed ones and change
    with them by the slopes ``-K_gg^-1 K_gh``.
    """
    precision = _inverse(covariance)
    total = np.zeros_like(mean)
    products = np.zeros_like(covariance)
    for one in patterns:
        count, held = one.count[live], one.total[live] - one.count[live, None] * mean[:, one.here]
        second = _about(one, live, mean)
        if not len(one.gone):
            total += held
            products += second
            continue
        left = np.linalg.inv(precision[:, one.gone[:, None], one.gone])
        fill = np.zeros((len(live), mean.shape[1], len(one.here)))
        fill[:, one.here, np.arange(len(one.here))] = 1.0
        fill[:, one.gone] = -left @ precision[:, one.gone[:, None], one.here]
        total += np.einsum("bij,bj->bi", fill, held)
        products += fill @ second @ fill.transpose(0, 2, 1)
        products[:, one.gone[:, None], one.gone] += count[:, None, None] * left
    n = sum(one.count[live] for one in patterns)
    shift = total / np.asarray(n)[:, None]
    return mean + shift, products / np.asarray(n)[:, None, None] - shift[:, :, None] * shift[:, None, :]


def _about(one: _Pattern, live: NDArray[np.intp], mean: Floats) -> Floats:
    """Sums of squares and products of the observed values about the means."""
    at = mean[:, one.here]
    cross = one.total[live][:, :, None] * at[:, None, :]
    return (
        one.products[live]
        - cross
        - cross.transpose(0, 2, 1)
        + one.count[live][:, None, None] * at[:, :, None] * at[:, None, :]
    )


def _inverse(covariance: Floats) -> Floats:
    """Inverses, with a trace of the variances added: a resample on its way to a singular one has one too."""
    p = covariance.shape[-1]
    trace = np.einsum("bii->b", covariance) / p
    return np.linalg.inv(covariance + 1e-12 * trace[:, None, None] * np.eye(p))
