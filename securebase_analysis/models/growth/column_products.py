"""Mean products of the columns of a mixed model, from which its checks are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis.engines.standard import StandardDesign, standardise
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.results.inference import Floats


@dataclass(frozen=True, eq=False)
class ColumnProducts:
    """Mean products of the fixed columns and the outcome, brought to one scale.

    Attributes
    ----------
    gram : numpy.ndarray, shape (p + 1, p + 1)
        The outcome is last.
    spread : numpy.ndarray, shape (p,)
        What each fixed column was divided by.
    """

    gram: Floats
    spread: Floats

    @classmethod
    def of_design(cls, design: StandardDesign) -> ColumnProducts:
        """Those that the fit needs anyway."""
        return cls(design.groups.WW / design.groups.n_rows, np.diag(design.X_back))

    @classmethod
    def of_rows(cls, rows: GroupedRows) -> ColumnProducts:
        """From the columns themselves."""
        W = np.empty((len(rows.fixed.terms) + 1, rows.n_rows))
        back, ones = standardise(rows.fixed.values, W[:-1])
        y = rows.outcome.values[0]
        W[-1] = (y - y.mean() if ones is not None else y) / (float(y.std()) or 1.0)
        return cls(W @ W.T / rows.n_rows, np.diag(back))

    @property
    def correlations(self) -> Floats:
        """Correlations of the fixed columns."""
        gram = self.gram[:-1, :-1]
        scale = np.sqrt(np.diag(gram))
        return gram / np.outer(scale, scale)
