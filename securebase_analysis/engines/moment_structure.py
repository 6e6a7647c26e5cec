"""Means and covariances that a system of linear equations between observed and latent variables implies.

In the reticular action model (McArdle & McDonald 1984) all variables stand in one vector, the observed ones first:
``v = A v + e`` with ``E(e) = m`` and ``Cov(e) = S``. Hence ``v`` has mean ``B m`` and covariance ``C = B S B'``
with ``B = (I - A)^-1``, of which the first rows are those of the observed variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.lower_triangle import pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

EFFECT, COVARIANCE, MEAN = 0, 1, 2
"""Numbers of the matrices ``A``, ``S`` and ``m`` in `Structure`."""


@dataclass(frozen=True, eq=False)
class Structure:
    """The equations of one group: which elements of the three matrices are fixed, and which are parameters.

    Attributes
    ----------
    n_observed : int
        Observed variables, which come first among the `m` variables.
    fixed : numpy.ndarray, shape (3, m, m)
        ``[EFFECT]``: effect of the column on the row; ``[COVARIANCE]``: symmetric covariances of what the effects
        leave; ``[MEAN]``: intercepts in column 0. Elements that `entries` names are ignored.
    entries : numpy.ndarray of int, shape (k, 4)
        Matrix (`EFFECT`, `COVARIANCE`, `MEAN`), row, column (0 for `MEAN`) and number of the parameter, from 0;
        one line for each pair of a covariance, in either order. Elements that are equal, in one group or over
        groups, have the same number.
    """

    n_observed: int
    fixed: Floats
    entries: Ints

    @property
    def n_variables(self) -> int:
        """Observed and latent variables."""
        return self.fixed.shape[1]

    def matrices(self, theta: Floats) -> Floats:
        """``A``, ``S`` and ``m`` with the parameters in their places, shape (3, m, m)."""
        out = self.fixed.copy()
        matrix, row, column, parameter = self.entries.T
        out[matrix, row, column] = theta[parameter]
        mirrored = matrix == COVARIANCE
        out[COVARIANCE, column[mirrored], row[mirrored]] = theta[parameter[mirrored]]
        return out

    def into_parameters(self, by_entry: Floats, n_parameters: int) -> Floats:
        """Sums (..., q) over the elements that share a parameter of values (..., k) of each element."""
        parameter = self.entries[:, 3]
        if len(np.unique(parameter)) == len(parameter):
            out = np.zeros((*by_entry.shape[:-1], n_parameters))
            out[..., parameter] = by_entry
            return out
        shares = np.zeros((len(parameter), n_parameters))
        shares[np.arange(len(parameter)), parameter] = 1.0
        return by_entry @ shares


@dataclass(frozen=True, eq=False)
class Implied:
    """A structure at given parameters.

    Attributes
    ----------
    structure : Structure
        The equations.
    n_parameters : int
        Parameters of all groups, `q`.
    effects : numpy.ndarray, shape (m, m)
        ``A``.
    residual : numpy.ndarray, shape (m, m)
        ``S``.
    total : numpy.ndarray, shape (m, m)
        Total effects ``B = (I - A)^-1``.
    means : numpy.ndarray, shape (m,)
        Of all variables.
    covariances : numpy.ndarray, shape (m, m)
        ``C``, of all variables.
    """

    structure: Structure
    n_parameters: int
    effects: Floats
    residual: Floats
    total: Floats
    means: Floats
    covariances: Floats

    @property
    def mean(self) -> Floats:
        """Means (p,) of the observed variables."""
        return self.means[: self.structure.n_observed]

    @property
    def covariance(self) -> Floats:
        """Covariances (p, p) of the observed variables."""
        p = self.structure.n_observed
        return self.covariances[:p, :p]

    @cached_property
    def _elements(self) -> tuple[tuple[Ints, Ints, Ints], ...]:
        """Numbers of the entries of each matrix, their rows and their columns."""
        matrix, row, column, _ = self.structure.entries.T
        chosen = [np.flatnonzero(matrix == number) for number in (EFFECT, COVARIANCE, MEAN)]
        return tuple((which, row[which], column[which]) for which in chosen)

    @cached_property
    def factors(self) -> tuple[Floats, Floats, Floats]:
        """The Jacobian by entry: ``dmu`` (p, k), and ``a`` and ``b`` (p, k) with ``dSigma = a b' + b a'``.

        An effect of `j` on `i` carries along what `j` is and covaries with, ``a = B_i`` and ``b = C_j``; a
        covariance of `i` and `j` reaches the observed variables by ``a = B_i`` and ``b = B_j``.
        """
        p, k = self.structure.n_observed, len(self.structure.entries)
        B, C = self.total[:p], self.covariances[:p]
        dmu, a, b = np.zeros((p, k)), np.zeros((p, k)), np.zeros((p, k))
        (effect, i, j), (covariance, s, t), (mean, r, _) = self._elements
        a[:, effect], b[:, effect] = B[:, i], C[:, j]
        dmu[:, effect] = B[:, i] * self.means[j]
        a[:, covariance], b[:, covariance] = B[:, s], B[:, t] * np.where(s == t, 0.5, 1.0)
        dmu[:, mean] = B[:, r]
        return dmu, a, b

    @cached_property
    def jacobian(self) -> Floats:
        """Derivatives (p + p (p + 1) / 2, q) of the moments in the parameters."""
        dmu, a, b = self.factors
        row, column = pairs(self.structure.n_observed)
        covariances = a[row] * b[column]
        covariances += b[row] * a[column]
        return self.structure.into_parameters(np.concatenate([dmu, covariances]), self.n_parameters)

    def gradient(self, in_mean: Floats, in_covariance: Floats) -> Floats:
        """Gradient (q,) of what changes by ``in_mean' dmu + tr(in_covariance dSigma)``."""
        dmu, a, b = self.factors
        by_entry = in_mean @ dmu + 2.0 * np.einsum("pk,pk->k", a, in_covariance @ b)
        return self.structure.into_parameters(by_entry, self.n_parameters)

    def curvature(self, in_mean: Floats, in_covariance: Floats) -> Floats:
        """Second derivatives (q, q) of ``in_mean' mu + tr(in_covariance Sigma)`` in the parameters.

        With ``h = B' g``, ``T = B' G B`` and ``R = B' G C`` for the gradients ``g`` and ``G`` of all variables,
        the first derivatives are ``h_i v_j + 2 R_ij`` in ``A_ij``, ``T_ij`` in ``S_ij`` and ``h_i`` in ``m_i``.
        Theirs follow from ``dB = B dA B``.
        """
        p, q = self.structure.n_observed, self.n_parameters
        B, C, v = self.total, self.covariances, self.means
        h = B[:p].T @ in_mean
        T = B[:p].T @ in_covariance @ B[:p]
        R = B[:p].T @ in_covariance @ C[:p]
        (effect, i, j), (covariance, s, t), (mean, r, _) = self._elements
        out = np.zeros((len(self.structure.entries),) * 2)
        onward = B[np.ix_(j, i)]
        by_effects = onward * (np.outer(h[i], v[j]) + 2.0 * R[np.ix_(i, j)])
        by_effects += by_effects.T + 2.0 * T[np.ix_(i, i)] * C[np.ix_(j, j)]
        out[np.ix_(effect, effect)] = by_effects
        once = np.where(s == t, 0.5, 1.0)
        to_covariances = T[np.ix_(i, s)] * B[np.ix_(j, t)] + T[np.ix_(i, t)] * B[np.ix_(j, s)]
        out[np.ix_(effect, covariance)] = 2.0 * once * to_covariances
        out[np.ix_(covariance, effect)] = out[np.ix_(effect, covariance)].T
        out[np.ix_(effect, mean)] = h[i][:, None] * B[np.ix_(j, r)]
        out[np.ix_(mean, effect)] = out[np.ix_(effect, mean)].T
        into = self.structure.into_parameters
        return into(into(out, q).T, q)


def implied(structure: Structure, theta: Floats) -> Implied:
    """Means and covariances of all variables at given parameters, with their derivatives.

    Parameters
    ----------
    structure : Structure
        The equations.
    theta : numpy.ndarray, shape (q,)
        Parameters of all groups.

    References
    ----------
    McArdle & McDonald (1984), Some algebraic properties of the reticular action model, Br J Math Stat Psychol 37.
    """
    effects, residual, intercepts = structure.matrices(theta)
    total = np.linalg.inv(np.eye(structure.n_variables) - effects)
    return Implied(
        structure=structure,
        n_parameters=len(theta),
        effects=effects,
        residual=residual,
        total=total,
        means=total @ intercepts[:, 0],
        covariances=total @ residual @ total.T,
    )
