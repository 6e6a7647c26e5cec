"""Correlations between and within groups, and what each becomes when one cluster is left out.

With n_i rows in group i, group means mx_i, my_i and grand means mx, my, the sums of products split exactly:

    total = between, sum of n_i (mx_i - mx)(my_i - my)  +  within, sum of (x - mx_i)(y - my_i).

A correlation is a ratio of such sums, so leaving one cluster out is a subtraction, and the jackknife needs no
refitting and no random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


SAME = 1e-12
"""Differences of this share of a column's size, and sums of squares of unit columns below it, are rounding."""


@dataclass(frozen=True, eq=False)
class Jackknifed:
    """A correlation with its leave-one-cluster-out values.

    Attributes
    ----------
    estimate : float
        The correlation; NaN where a variance is zero.
    left_out : numpy.ndarray, shape (clusters,)
        The correlation without each cluster in turn.
    """

    estimate: float
    left_out: Floats

    @property
    def z_std_error(self) -> float:
        """Jackknife standard error of atanh(r)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.arctanh(self.left_out)
        n = len(z)
        if n < 2 or not np.isfinite(z).all():
            return float("nan")
        return float(np.sqrt((n - 1) / n * np.sum((z - z.mean()) ** 2)))

    @property
    def std_error(self) -> float:
        """The standard error on the scale of r, by the delta method: (1 - r²) · se(z)."""
        return float((1.0 - self.estimate**2) * self.z_std_error)


def within_correlation(x: Floats, y: Floats, group: Integers, cluster: Integers) -> Jackknifed:
    """Correlation of the deviations from group means, pooled over groups.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (rows,)
        Complete observations.
    group : numpy.ndarray of int, shape (rows,)
        Group of each row, 0 ... groups - 1.
    cluster : numpy.ndarray of int, shape (rows,)
        Cluster of each row, 0 ... clusters - 1; groups lie inside clusters.
    """
    dx, dy = (values - _means(values, group)[group] for values in (_unit(x), _unit(y)))
    sums = np.stack([_sums(dx * dx, cluster), _sums(dx * dy, cluster), _sums(dy * dy, cluster)])
    return _jackknifed(sums, lambda kept: kept)


def between_correlation(x: Floats, y: Floats, group: Integers, cluster: Integers) -> Jackknifed:
    """Correlation of the group means, each weighted by its number of rows.

    Parameters
    ----------
    x, y, group, cluster
        As for `within_correlation`.
    """
    n = np.bincount(group).astype(float)
    mx, my = _means(_unit(x), group), _means(_unit(y), group)
    home = np.zeros(len(n), dtype=np.int64)
    home[group] = cluster
    terms = (n, n * mx, n * my, n * mx * mx, n * mx * my, n * my * my)
    sums = np.stack([_sums(term, home) for term in terms])
    return _jackknifed(sums, _centred)


def partial_correlation(x: Floats, y: Floats, control: Floats, cluster: Integers) -> Jackknifed:
    """Correlation of x and y with `control` held constant.

    Parameters
    ----------
    x, y, control : numpy.ndarray, shape (rows,)
        Complete observations.
    cluster : numpy.ndarray of int, shape (rows,)
        Cluster of each row, 0 ... clusters - 1.
    """
    v = np.stack([_unit(x), _unit(y), _unit(control)])
    moments = np.vstack([np.ones((1, v.shape[1])), v, v[[0, 0, 0, 1, 1, 2]] * v[[0, 1, 2, 1, 2, 2]]])
    sums = np.stack([_sums(moment, cluster) for moment in moments])
    return _jackknifed(sums, _residual_products)


def connected_clusters(first: Integers, second: Integers) -> Integers:
    """Clusters of rows linked through either of two labels: children who share carers, carers who share children.

    Parameters
    ----------
    first, second : numpy.ndarray of int, shape (rows,)
        Two labels of each row, each 0 ... k - 1; a negative `second` links nothing.

    Returns
    -------
    numpy.ndarray of int, shape (rows,)
        Cluster of each row, 0 ... clusters - 1.
    """
    linked = second >= 0
    n_first = int(first.max()) + 1
    size = n_first + (int(second.max()) + 1 if linked.any() else 0)
    edges = sparse.coo_array(
        (np.ones(linked.sum()), (first[linked], n_first + second[linked])), shape=(size, size)
    )
    component = sparse.csgraph.connected_components(edges, directed=False)[1][:n_first]
    return np.unique(component, return_inverse=True)[1][first]


# --- sums, and what is left of them -----------------------------------------------------------------------------


def _unit(values: Floats) -> Floats:
    """The values centred and with a largest deviation of one, so that what counts as rounding has one size."""
    centred = values - values.mean()
    reach = np.abs(centred).max(initial=0.0)
    if not reach > SAME * np.abs(values).max(initial=0.0):
        return np.zeros_like(values)
    return centred / reach


def _sums(values: Floats, label: Integers) -> Floats:
    return np.bincount(label, weights=values).astype(float)


def _means(values: Floats, label: Integers) -> Floats:
    with np.errstate(invalid="ignore"):
        return _sums(values, label) / np.bincount(label)


def _jackknifed(sums: Floats, products_of: Callable[[Floats], Floats]) -> Jackknifed:
    """The ratio from all sums, and from the sums without each cluster (a column of `sums`)."""
    total = sums.sum(axis=1, keepdims=True)
    estimate = _ratio(products_of(total))
    left_out = _ratio(products_of(total - sums))
    return Jackknifed(float(estimate[0]), left_out)


def _centred(sums: Floats) -> Floats:
    n, sx, sy, sxx, sxy, syy = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([sxx - sx * sx / n, sxy - sx * sy / n, syy - sy * sy / n])


def _residual_products(sums: Floats) -> Floats:
    """Sums of products of x and y after the regression of each on the control."""
    n, sx, sy, sc, sxx, sxy, sxc, syy, syc, scc = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, xy, xc = sxx - sx * sx / n, sxy - sx * sy / n, sxc - sx * sc / n
        yy, yc, cc = syy - sy * sy / n, syc - sy * sc / n, scc - sc * sc / n
        return np.stack([xx - xc * xc / cc, xy - xc * yc / cc, yy - yc * yc / cc])


def _ratio(products: Floats) -> Floats:
    """r = Sxy / sqrt(Sxx · Syy); NaN where a variance is no more than rounding error."""
    sxx, sxy, syy = products
    scale = np.sqrt(np.clip(sxx, 0, None) * np.clip(syy, 0, None))
    varies = (sxx > SAME) & (syy > SAME)
    return np.clip(np.divide(sxy, scale, out=np.full_like(sxy, np.nan), where=varies), -1.0, 1.0)
