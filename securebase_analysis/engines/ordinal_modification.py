"""What a model of ordinal items would gain by a parameter that it has not, or that need not equal others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from securebase_analysis.engines.modification import NOTHING_NEW, Modifications
from securebase_analysis.engines.ordinal_structure import OrdinalStructure, implied_ordinal
from securebase_analysis.engines.weighted_least_squares import OrdinalFit

Floats = NDArray[np.float64]
THRESHOLD = 3
"""In the place of a matrix: the row is a variable, the column a threshold of it."""


def ordinal_modification_indices(
    fit: OrdinalFit, candidates: Sequence[tuple[int, int, int, int]]
) -> Modifications:
    """Score tests of elements that could be set free.

    Parameters
    ----------
    fit : OrdinalFit
        The model.
    candidates : sequence of (int, int, int, int)
        Group, matrix (`EFFECT`, `COVARIANCE`, `MEAN`, `THRESHOLD`), row and column of each element. One that is a
        parameter already is released from the elements it is equal to. Residual variances of ordinal variables are
        none in the delta parameterization.

    Raises
    ------
    ValueError
        When a candidate is the residual variance of an ordinal variable that its scale leaves.

    Notes
    -----
    ``g^2 / (P_cc - P_c0 P_00^-1 P_0c)`` with the gradient ``g`` of the weighted squares and their precision ``P``:
    what the squares would fall by, about. As these are not scaled, an index is chi-squared only roughly;
    it ranks candidates.

    References
    ----------
    Sörbom (1989), Model modification, Psychometrika 54.
    """
    cells = np.array(candidates, dtype=np.intp).reshape(-1, 4)
    q, c = fit.n_parameters, len(cells)
    gradient, precision = np.zeros(q + c), np.zeros((q + c, q + c))
    for number, (moments, structure) in enumerate(fit.groups):
        own = np.flatnonzero(cells[:, 0] == number)
        extended, theta = _extended(structure, fit.theta, cells[own, 1:], own, c)
        at = implied_ordinal(extended, theta)
        assert at is not None  # the parameters are those of the fit
        weighed = at.jacobian / moments.acov.diagonal()[:, None]
        gradient += (moments.n_rows - 1) * weighed.T @ fit.at.residuals[number]
        precision += moments.n_rows * weighed.T @ at.jacobian
    across, of_candidates = precision[q:, :q], precision[q:, q:].diagonal()
    left = of_candidates - np.einsum("cq,qc->c", across, np.linalg.lstsq(precision[:q, :q], across.T)[0])
    left = np.where(left > NOTHING_NEW * of_candidates, left, np.nan)
    index = gradient[q:] ** 2 / left
    return Modifications(index, chdtrc(1.0, index), gradient[q:] / left)


def _extended(
    structure: OrdinalStructure, theta: Floats, cells: NDArray[np.intp], own: NDArray[np.intp], c: int
) -> tuple[OrdinalStructure, Floats]:
    """The structure with the candidates `own` of all `c` as further parameters, at the values they have."""
    equations, given = structure.structure, np.column_stack([cells, len(theta) + own])
    cuts = cells[:, 0] == THRESHOLD
    matrix, row, column = cells[~cuts].T
    longer = np.concatenate([theta, np.zeros(c)])
    longer[len(theta) + own[~cuts]] = equations.matrices(theta)[matrix, row, column]
    at = implied_ordinal(structure, theta)
    assert at is not None  # the parameters are those of the fit
    longer[len(theta) + own[cuts]] = [at.thresholds[row][column] for _, row, column in cells[cuts]]
    entries = np.concatenate([equations.entries.reshape(-1, 4), given[~cuts]])
    thresholds = np.concatenate([structure.threshold_entries.reshape(-1, 3), given[cuts, 1:]])
    extended = replace(equations, entries=entries)
    return replace(structure, structure=extended, threshold_entries=thresholds), longer
