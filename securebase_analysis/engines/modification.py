"""What a model would gain by a parameter that it has not, or by one that need no longer equal others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from securebase_analysis.engines.moment_structure import Structure, implied
from securebase_analysis.engines.structural_equations import StructureFit

Floats = NDArray[np.float64]

NOTHING_NEW = 1e-8
"""A candidate with less than this share of its information left beside the parameters changes nothing new."""


@dataclass(frozen=True, eq=False)
class Modifications:
    """Score tests of candidates, each by itself.

    Attributes
    ----------
    index : numpy.ndarray, shape (c,)
        What chi-squared would fall by, about; chi-squared itself with one degree of freedom where the candidate is
        not needed. Not a number where the candidate would not be identified.
    p_value : numpy.ndarray, shape (c,)
        Of each, unadjusted for their number.
    change : numpy.ndarray, shape (c,)
        The expected change of the element, from its value in the model.
    """

    index: Floats
    p_value: Floats
    change: Floats


def modification_indices(fit: StructureFit, candidates: Sequence[tuple[int, int, int, int]]) -> Modifications:
    """Score tests of elements that could be set free.

    Parameters
    ----------
    fit : StructureFit
        The model.
    candidates : sequence of (int, int, int, int)
        Group, matrix (`EFFECT`, `COVARIANCE`, `MEAN`), row and column of each element. One that is a parameter
        already is released from the elements it is equal to.

    Notes
    -----
    ``g^2 / (I_cc - I_c0 I_00^-1 I_0c)`` with the score ``g`` of the candidate and the expected information.

    References
    ----------
    Sörbom (1989), Model modification, Psychometrika 54.
    """
    cells = np.array(candidates, dtype=np.intp).reshape(-1, 4)
    q, c = fit.n_parameters, len(cells)
    gradient, information = np.zeros(q + c), np.zeros((q + c, q + c))
    for number, (_, structure) in enumerate(fit.groups):
        own = np.flatnonzero(cells[:, 0] == number)
        extended, theta = _extended(structure, fit.theta, cells[own, 1:], own, c)
        moments, likelihood = implied(extended, theta), fit.at.likelihoods[number]
        gradient += moments.gradient(likelihood.mean_gradient, likelihood.covariance_gradient)
        information += moments.jacobian.T @ likelihood.information("expected") @ moments.jacobian
    across, own_information = information[q:, :q], information[q:, q:].diagonal()
    left = own_information - np.einsum("cq,qc->c", across, np.linalg.lstsq(information[:q, :q], across.T)[0])
    left = np.where(left > NOTHING_NEW * own_information, left, np.nan)
    index = gradient[q:] ** 2 / left
    return Modifications(index, chdtrc(1.0, index), gradient[q:] / left)


def _extended(
    structure: Structure, theta: Floats, cells: NDArray[np.intp], own: NDArray[np.intp], c: int
) -> tuple[Structure, Floats]:
    """The structure with the candidates `own` of all `c` as further parameters, at the values they have."""
    matrices = structure.matrices(theta)
    longer = np.concatenate([theta, np.zeros(c)])
    longer[len(theta) + own] = matrices[cells[:, 0], cells[:, 1], cells[:, 2]]
    entries = np.concatenate([structure.entries, np.column_stack([cells, len(theta) + own])])
    return replace(structure, entries=entries), longer
