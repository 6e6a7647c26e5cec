"""The log-likelihood of normal data with missing values, and its derivatives in the means and covariances.

A pattern of observed variables has the density of those alone. With ``P`` the inverse of the covariance of all
variables and ``m`` the missing ones, the inverse of the covariance of the observed ones is

    ``V = P - P[:, m] P[m, m]^-1 P[m, :]``

with 0 in the rows and columns of what is missing, and its determinant follows from those of ``P`` and ``P[m, m]``.
So every pattern keeps the size of the whole, and what has to be factorised is only as large as what is missing.

Moments are ordered: the means, then the lower triangle of the covariances, row by row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri

from securebase_analysis.engines.lower_triangle import lower, pairs, place_of_pair, times_in_matrix
from securebase_analysis.engines.missing_patterns import PatternBlock, Patterns

Floats = NDArray[np.float64]
Information = Literal["observed", "expected"]
Directions = tuple[Floats, Floats, Floats]
"""``dmu``, ``a`` and ``b`` (p, k): directions of the moments with ``dSigma = a b' + b a'``."""


@dataclass(frozen=True, eq=False)
class AtBlock:
    """One block of patterns at given moments.

    Attributes
    ----------
    block : PatternBlock
        The patterns.
    deviation : numpy.ndarray, shape (patterns, p)
        Of their means from the expected ones; 0 where missing.
    regressed : numpy.ndarray, shape (patterns, missing, p)
        ``H = L^-1 P[m, :]`` with ``L L' = P[m, m]``, so that ``V = P - H'H``.
    V_deviation : numpy.ndarray, shape (patterns, p)
        ``V d``.
    scatter_term : numpy.ndarray, shape (patterns,)
        ``tr(V C)`` for the covariance ``C`` of the rows of the pattern about their mean.
    log_det : numpy.ndarray, shape (patterns,)
        Of ``P[m, m]``.
    """

    block: PatternBlock
    deviation: Floats
    regressed: Floats
    V_deviation: Floats
    scatter_term: Floats
    log_det: Floats

    def inverses(self, P: Floats) -> Floats:
        """``V`` of each pattern, shape (patterns, p, p)."""
        return P - self.regressed.transpose(0, 2, 1) @ self.regressed


@dataclass(frozen=True, eq=False)
class NormalLikelihood:
    """The likelihood of `patterns` at given means and covariances.

    Attributes
    ----------
    patterns : Patterns
        The data.
    mean, covariance : numpy.ndarray, shapes (p,) and (p, p)
        The moments.
    inverse : numpy.ndarray, shape (p, p)
        ``P``.
    value : float
        The log-likelihood.
    at_blocks : tuple of AtBlock
        What the derivatives are made of.
    """

    patterns: Patterns
    mean: Floats
    covariance: Floats
    inverse: Floats
    value: float
    at_blocks: tuple[AtBlock, ...]

    @cached_property
    def mean_gradient(self) -> Floats:
        """Gradient (p,) in the means: ``sum n V d``."""
        return np.add.reduce([at.block.n @ at.V_deviation for at in self.at_blocks])

    @cached_property
    def covariance_gradient(self) -> Floats:
        """``G`` (p, p) with ``dl = tr(G dSigma)``: half the sum of ``n (V W V - V)``, ``W = C + d d'``."""
        p = self.patterns.n_variables
        total, inverses = np.zeros((p, p)), np.zeros((p, p))
        for at in self.at_blocks:
            n = at.block.n
            total += (at.V_deviation * n[:, None]).T @ at.V_deviation
            weighted = (at.regressed * np.sqrt(n)[:, None, None]).reshape(-1, p)
            inverses += n.sum() * self.inverse - weighted.T @ weighted
            V = self.inverse - _squares(at.regressed[at.block.repeated])
            total += np.einsum("a,apq->pq", n[at.block.repeated], V @ at.block.scatter @ V)
        return (total - inverses) / 2.0

    @cached_property
    def gradient(self) -> Floats:
        """Gradient in all moments, shape (p + p (p + 1) / 2,)."""
        half = lower(self.covariance_gradient) * times_in_matrix(self.patterns.n_variables)
        return np.concatenate([self.mean_gradient, half])

    def information(self, kind: Information) -> Floats:
        """Information about the moments, expected or observed (minus the Hessian).

        For directions ``D`` and ``E`` of the covariances it is ``sum n tr(D V E Z)`` with ``Z = V W V - V / 2``,
        observed, or ``Z = V / 2``, expected: products of elements of ``V`` with elements of ``Z``, which are
        summed over the patterns first and put into place once.
        """
        p, size = self.patterns.n_variables, len(times_in_matrix(self.patterns.n_variables))
        products, inverses, crossed = np.zeros((size, size)), np.zeros((p, p)), np.zeros((size, p))
        for at in self.at_blocks:
            V = at.inverses(self.inverse)
            weighted = lower(V) * at.block.n[:, None]
            inverses += np.tensordot(at.block.n, V, 1)
            if kind == "expected":
                products += weighted.T @ lower(V) / 2.0
            else:
                products += weighted.T @ self._observed_part(at, V)
                crossed += weighted.T @ at.V_deviation
        out = np.empty((p + size, p + size))
        out[:p, :p] = inverses
        out[p:, p:] = _of_covariances(products, p)
        out[p:, :p] = _across(crossed, p)
        out[:p, p:] = out[p:, :p].T
        return out

    def information_along(self, kind: Information, directions: Directions) -> Floats:
        """Information (k, k) about `k` directions of the moments, pattern by pattern.

        For ``dSigma = a b' + b a'`` the traces of `information` are products of ``a' V a``, ``a' V b`` and ``b'
        V b`` with the same of ``Z``: nothing as large as the moments squared is needed, but each pattern by
        itself.
        """
        dmu, a, b = directions
        k = dmu.shape[1]
        both, out = np.concatenate([a, b], axis=1), np.zeros((k, k))
        for at in self.at_blocks:
            for n, V, u, W in self._by_pattern(at):
                through = V @ both
                V_aa, V_ab, V_bb = a.T @ through[:, :k], a.T @ through[:, k:], b.T @ through[:, k:]
                out += n * (dmu.T @ V @ dmu)
                if kind == "expected":
                    out += n * (V_aa * V_bb + V_ab * V_ab.T)
                    continue
                Z = through.T @ W @ through - both.T @ through / 2.0
                out += n * (V_aa * Z[k:, k:] + V_bb * Z[:k, :k] + V_ab * Z[k:, :k] + V_ab.T * Z[:k, k:])
                crossed = (dmu.T @ through[:, :k]) * (b.T @ u) + (dmu.T @ through[:, k:]) * (a.T @ u)
                out += n * (crossed + crossed.T)
        return out

    def _by_pattern(self, at: AtBlock) -> Iterator[tuple[float, Floats, Floats, Floats]]:
        """Rows, ``V``, ``V d`` and ``W = C + d d'`` of each pattern of a block."""
        scatter = dict(zip(at.block.repeated.tolist(), at.block.scatter))
        for number, V in enumerate(at.inverses(self.inverse)):
            d = at.deviation[number]
            W = np.outer(d, d) + scatter.get(number, 0.0)
            yield float(at.block.n[number]), V, at.V_deviation[number], W

    def _observed_part(self, at: AtBlock, V: Floats) -> Floats:
        """Lower triangles of ``V W V - V / 2`` of each pattern."""
        row, column = pairs(self.patterns.n_variables)
        u, repeated = at.V_deviation, at.block.repeated
        out = u[:, row] * u[:, column] - lower(V) / 2.0
        again = V[repeated]
        out[repeated] += lower(again @ at.block.scatter @ again)
        return out

    def scores(self) -> Floats:
        """Gradient of each row of the data in all moments, shape (rows, p + p (p + 1) / 2); 0 for empty rows."""
        p = self.patterns.n_variables
        row, column = pairs(p)
        out = np.zeros((len(self.patterns.X), p + len(row)))
        for at, z in self._weighted_residuals():
            V = lower(at.inverses(self.inverse))
            out[at.block.rows, :p] = z
            of_row = z[:, row] * z[:, column] - V.repeat(at.block.n.astype(int), axis=0)
            out[at.block.rows, p:] = of_row * (times_in_matrix(p) / 2.0)
        return out

    def _weighted_residuals(self) -> Iterator[tuple[AtBlock, Floats]]:
        """Each block with ``V (x - mean)`` of its rows."""
        for at in self.at_blocks:
            block = at.block
            pattern = np.arange(len(block.n)).repeat(block.n.astype(int))
            deviation = np.where(block.seen[pattern] > 0.0, self.patterns.X[block.rows] - self.mean, 0.0)
            along = np.einsum("amp,ap->am", at.regressed[pattern], deviation)
            yield at, deviation @ self.inverse - np.einsum("amp,am->ap", at.regressed[pattern], along)

    def weighted_residuals(self) -> Floats:
        """``V (x - mean)`` of each row, shape (rows, p); 0 where missing."""
        out = np.zeros_like(self.patterns.X)
        for at, z in self._weighted_residuals():
            out[at.block.rows] = z
        return out


def normal_likelihood(patterns: Patterns, mean: Floats, covariance: Floats) -> NormalLikelihood | None:
    """The likelihood at given moments; None where the covariances are not positive definite.

    Parameters
    ----------
    patterns : Patterns
        The data.
    mean, covariance : numpy.ndarray, shapes (p,) and (p, p)
        The moments.

    Notes
    -----
    ``l = -1/2 sum n (k log 2 pi + log |Sigma_oo| + tr(V C) + d'V d)`` over the patterns, of `k` observed
    variables.

    References
    ----------
    Arbuckle (1996), Full information estimation in the presence of incomplete data; Anderson (1957), J Am Stat
    Assoc 52.
    """
    factor, fails = dpotrf(covariance, lower=1)
    if fails or not np.isfinite(factor.diagonal()).all():
        return None
    P = dpotri(factor, lower=1)[0]
    P = np.tril(P) + np.tril(P, -1).T
    log_det = 2.0 * float(np.log(factor.diagonal()).sum())
    value, at_blocks = 0.0, []
    for block in patterns.blocks:
        at = _at(block, mean, P)
        if at is None:
            return None
        at_blocks.append(at)
        distance = np.einsum("ap,ap->a", at.deviation, at.V_deviation) + at.scatter_term
        size = patterns.n_variables - block.missing.shape[1]
        value -= 0.5 * float(block.n @ (size * math.log(2.0 * math.pi) + log_det + at.log_det + distance))
    return NormalLikelihood(patterns, mean, covariance, P, value, tuple(at_blocks))


def _at(block: PatternBlock, mean: Floats, P: Floats) -> AtBlock | None:
    """One block of patterns at given moments; None where rounding leaves no inverse."""
    missing = block.missing
    deviation = (block.mean - mean) * block.seen
    try:
        L = np.linalg.cholesky(P[missing[:, :, None], missing[:, None, :]])
    except np.linalg.LinAlgError:
        return None
    H = np.linalg.inv(L) @ P[missing]
    along = H @ deviation[:, :, None]
    V_deviation = (deviation @ P - (H * along).sum(axis=1)) * block.seen
    scatter_term = np.zeros(len(block.n))
    again = H[block.repeated]
    scatter_term[block.repeated] = np.tensordot(block.scatter, P, 2) - (again @ block.scatter * again).sum((1, 2))
    log_det = 2.0 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    return AtBlock(block, deviation, H, V_deviation, scatter_term, log_det)


def _squares(H: Floats) -> Floats:
    """``H'H`` of each."""
    return H.transpose(0, 2, 1) @ H


def _of_covariances(products: Floats, p: int) -> Floats:
    """Information about pairs ``ij`` and ``kl`` from ``K[ab, cd] = sum n V_ab Z_cd``.

    ``tr(D V E Z)`` for symmetric directions takes ``V_ik Z_jl``, ``V_il Z_jk`` and the same with ``V`` and ``Z``
    exchanged; every element off the diagonal stands in its matrix twice.
    """
    row, column = pairs(p)
    place, twice = place_of_pair(p), times_in_matrix(p) / 2.0
    K = products + products.T
    at_rows, at_columns = place[np.ix_(row, row)], place[np.ix_(column, column)]
    out = K[at_rows, at_columns]
    crosswise = place[np.ix_(row, column)]
    out += K[crosswise, crosswise.T]
    out *= np.outer(twice, twice)
    return out


def _across(crossed: Floats, p: int) -> Floats:
    """Information between pairs ``kl`` and mean ``i`` from ``T[ik, l] = sum n V_ik (V d)_l``."""
    row, column = pairs(p)
    place = place_of_pair(p)
    both = crossed[place[:, row], column] + crossed[place[:, column], row]
    return (both * (times_in_matrix(p) / 2.0)).T
