"""What each row, or each cluster of rows, contributes to a curve: errors that hold whatever rows share.

The influence of a row on F_k(t) is the slope of F_k(t) in the weight of the row. It moves the hazards at the times
s at which the row is at risk by ``(dN - d/Y) / Y``, and F_k(t) by ``S(s-) dA_k - (F_k(t) - F_k(s)) r dA`` with
``r = 1 / (1 - d/Y)``. Both parts are linear in F_k(t),

    influence(t) = a(t) + F_k(t) b(t),

and a and b are running sums until the row ends and constant after it. So the sum of squared influences over
clusters is a handful of running sums at all times at once, without a table of rows by times.

Without delayed entry and clusters the sum is `aalen_variance` exactly (and Greenwood's for one cause).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.incidence import Curves, shares_of, value_at
from securebase_analysis.engines.risk_table import tallied

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


CANCELLED = 1e-14
"""A variance below this share of its parts is none."""


@dataclass(frozen=True, eq=False)
class Influence:
    """The parts a and b of the influence of each row on the incidence of one cause.

    Attributes
    ----------
    time : numpy.ndarray, shape (m,)
        Distinct times.
    curve : numpy.ndarray, shape (m + 1,)
        F_k before the first and after each time.
    a, b : numpy.ndarray, shape (m + 1,)
        The running sums that every row at risk shares.
    end, first : numpy.ndarray of int, shape (n,)
        How many of the times lie up to each row's stop, and up to its start.
    a_end, b_end : numpy.ndarray, shape (n,)
        The constants of each row after its stop.
    weight : numpy.ndarray, shape (n,)
        Weights of the rows.
    """

    time: Floats
    curve: Floats
    a: Floats
    b: Floats
    end: Integers
    first: Integers
    a_end: Floats
    b_end: Floats
    weight: Floats


def influence_of(curves: Curves, k: int, cause: Integers, weight: Floats | None = None) -> Influence:
    """The parts of the influence of every row on the incidence of cause `k`.

    Parameters
    ----------
    curves : Curves
        From `aalen_johansen`.
    k : int
        Which cause, counted from 0.
    cause : numpy.ndarray of int, shape (n,)
        How each row ended: 0 censored, k + 1 for cause k.
    weight : numpy.ndarray, shape (n,), optional
        Weights of the rows.
    """
    table = curves.table
    Y, d, F = table.at_risk, table.any_event, curves.incidence[:, k]
    before = curves.surviving_before
    r = shares_of(before, curves.surviving)
    shared_a = -shares_of(before * table.events[:, k] + F * r * d, Y**2)
    shared_b = shares_of(r * d, Y**2)
    a, b, curve = (np.append(0.0, values) for values in (np.cumsum(shared_a), np.cumsum(shared_b), F))
    own = table.place
    event, of_k = cause > 0, cause == k + 1
    jump_a = shares_of(np.where(of_k, before[own], 0.0) + np.where(event, (F * r)[own], 0.0), Y[own])
    jump_b = -shares_of(np.where(event, r[own], 0.0), Y[own])
    end, first = own + 1, table.first
    weight = np.ones(len(own)) if weight is None else weight
    return Influence(
        table.time, curve, a, b, end, first, a[end] - a[first] + jump_a, b[end] - b[first] + jump_b, weight
    )


def influence_at(of: Influence, times: Floats) -> Floats:
    """Influence of each row, times its weight, on the incidence at some times, shape (n, T)."""
    upto = np.searchsorted(of.time, times, "right")[None, :]
    end, first = of.end[:, None], of.first[:, None]
    ended = upto >= end
    begun = np.maximum(upto, first)
    a = np.where(ended, of.a_end[:, None], of.a[begun] - of.a[first])
    b = np.where(ended, of.b_end[:, None], of.b[begun] - of.b[first])
    return of.weight[:, None] * (a + of.curve[upto] * b)


def influence_on_area(of: Influence, until: float) -> Floats:
    """Influence of each row, times its weight, on the area under the incidence from 0 to `until`, shape (n,)."""
    edges = np.clip(np.concatenate([[0.0], of.time, [until]]), 0.0, until)
    length = np.maximum(np.diff(edges), 0.0)

    def area(values: Floats) -> Floats:
        """Areas from 0 to each time and to the end, shape (m + 2,)."""
        return np.append(0.0, np.cumsum(values * length))

    whole, under, shared = area(np.ones(len(length))), area(of.curve), area(of.a + of.curve * of.b)
    last = len(whole) - 1
    at_risk = (
        shared[of.end] - shared[of.first]
        - of.a[of.first] * (whole[of.end] - whole[of.first])
        - of.b[of.first] * (under[of.end] - under[of.first])
    )  # fmt: skip
    after = of.a_end * (whole[last] - whole[of.end]) + of.b_end * (under[last] - under[of.end])
    return of.weight * (at_risk + after)


def clustered_variance(of: Influence, cluster: Integers | None = None) -> Floats:
    """Sum over clusters of the squared influence on the incidence, at every time, shape (m,).

    Parameters
    ----------
    of : Influence
        From `influence_of`.
    cluster : numpy.ndarray of int, shape (n,), optional
        Cluster of each row, 0 ... clusters - 1; each row by itself by default.

    Notes
    -----
    The infinitesimal jackknife: Jaeckel (1972); for multi-state curves Therneau & Grambsch (2000), Modeling
    Survival Data, ch. 8. No factor for the number of clusters is applied.
    """
    size = len(of.time) + 1
    sums = _sums_over_rows(of, size) if cluster is None else _sums_over_clusters(of, cluster, size)
    nn, pn, qn, pp, pq, qq = (np.cumsum(part) for part in sums)
    a, b, F = of.a, of.b, of.curve
    aa = pp + 2 * a * pn + a**2 * nn
    ab = pq + b * pn + a * qn + a * b * nn
    bb = qq + 2 * b * qn + b**2 * nn
    variance = aa + 2 * F * ab + F**2 * bb
    # Where all parts cancel, as on a curve that nothing can move any more, what is left is rounding.
    rounding = CANCELLED * (pp + qq + (a**2 + b**2) * nn)
    return np.where(variance > rounding, variance, 0.0)[1:]


def _sums_over_rows(of: Influence, size: int) -> list[Floats]:
    """Changes of the sums of products of (n, p, q) over rows, at each time."""
    w = of.weight
    at_risk = (w, -w * of.a[of.first], -w * of.b[of.first])
    ended = (np.zeros_like(w), w * of.a_end, w * of.b_end)
    entering = [tallied(of.first, product, size) for product in _products(*at_risk)]
    changes = [after - before for before, after in zip(_products(*at_risk), _products(*ended))]
    return [start + tallied(of.end, change, size) for start, change in zip(entering, changes)]


def _sums_over_clusters(of: Influence, cluster: Integers, size: int) -> list[Floats]:
    """The same over clusters: the state of a cluster changes whenever one of its rows enters or ends."""
    w = of.weight
    entry = (w, -w * of.a[of.first], -w * of.b[of.first])
    end = (-w, w * of.a_end - entry[1], w * of.b_end - entry[2])
    when, who = np.concatenate([of.first, of.end]), np.concatenate([cluster, cluster])
    order = np.lexsort((when, who))
    when, who = when[order], who[order]
    begins = np.append(True, who[1:] != who[:-1])
    state = [_running(np.concatenate(change)[order], begins) for change in zip(entry, end)]
    changes = []
    for product in _products(*state):
        before = np.where(begins, 0.0, np.append(0.0, product[:-1]))
        changes.append(tallied(when, product - before, size))
    return changes


def _running(changes: Floats, begins: NDArray[np.bool_]) -> Floats:
    """Running sums that begin anew at each mark."""
    total: Floats = np.cumsum(changes)
    starts = np.flatnonzero(begins)
    return total - np.repeat(total[starts] - changes[starts], np.diff(np.append(starts, len(changes))))


def _products(n: Floats, p: Floats, q: Floats) -> tuple[Floats, ...]:
    return n * n, p * n, q * n, p * p, p * q, q * q


def summed(influence: Floats, cluster: Integers, n_clusters: int) -> Floats:
    """Influences added up within clusters, shape (clusters, ...) from (n, ...)."""
    columns = influence.reshape(len(influence), -1).T
    added = np.stack([tallied(cluster, column, n_clusters) for column in columns], axis=1)
    return added.reshape(n_clusters, *influence.shape[1:])


def area_under(time: Floats, values: Floats, until: float, before: float) -> Floats:
    """Areas under step curves from 0 to `until`, shape (...) from (m, ...)."""
    edges = np.concatenate([[0.0], time[(time > 0) & (time < until)], [until]])
    heights = value_at(time, values, edges[:-1], before)
    return np.tensordot(np.diff(edges), heights, axes=1)
