"""How much each row moves the thresholds and correlations, and so how these vary from sample to sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.margins import Margins
from securebase_analysis.engines.pairs_of_variables import CorrelatedPairs

Floats = NDArray[np.float64]


def influence_of_rows(margins: Margins, pairs: Sequence[CorrelatedPairs]) -> Floats:
    """Influence of each row on each moment.

    Parameters
    ----------
    margins : Margins
        Thresholds, means and variances.
    pairs : sequence of CorrelatedPairs
        All pairs of variables, by their kind.

    Returns
    -------
    numpy.ndarray, shape (rows, m)
        On thresholds and means, variances, and covariances below the diagonal row by row. Its crossproduct is the
        covariance of these.

    Notes
    -----
    A row moves a correlation by its own score, and by what it moves the margins that are held: with the
    crossproducts ``A21`` of the scores in correlation and margins, and those ``A22`` of the correlation's own,
    ``(score - A21 influence) / A22``. A covariance follows from correlation and variances.

    References
    ----------
    Muthén (1984), Psychometrika 49; Muthén & Satorra (1995), Technical aspects of Muthén's LISCOMP approach,
    Psychometrika 60.
    """
    row, column = np.tril_indices(len(margins.categories), -1)
    place = {pair: number for number, pair in enumerate(zip(row.tolist(), column.tolist()))}
    first = margins.n_parameters
    out = np.zeros((len(margins.X), first + len(row)), order="F")
    of_margins = margins.influence()
    out[:, :first] = of_margins
    sd = np.sqrt(margins.variance)
    for of in pairs:
        weighed = margins.weight[:, None] * of.scores
        information = np.einsum("rp,rp->p", weighed, of.scores)
        with np.errstate(divide="ignore", invalid="ignore"):
            on_correlation = (weighed - of_margins @ of.with_margins.T) / information
        for number, (i, j) in enumerate(zip(of.first.tolist(), of.second.tolist())):
            target = on_correlation[:, number] * (sd[i] * sd[j])
            for variable in (i, j):
                if margins.categories[variable] is None:
                    held = of.correlation[number] * sd[i] * sd[j] / (2.0 * margins.variance[variable])
                    target = target + held * of_margins[:, margins.variance_places[variable]]
            out[:, first + place[max(i, j), min(i, j)]] = target
    return out
