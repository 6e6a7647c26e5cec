"""Ratings of which some cells are missing: variance components by a mixed model, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.crossed_components import (
    Components,
    TableSums,
    crossed_components,
    error_df,
    ratings_in_effect,
)
from securebase_analysis.engines.intraclass import VarianceComponents, intraclass_of_components

Floats = NDArray[np.float64]
Take = Callable[[str, Floats], Floats]
"""From the name of a block and sums (rows, S) to the block, with rows first."""

MOST_CODERS = 40
"""With more coders than this the model is not fitted a thousand times over."""


@dataclass(frozen=True, eq=False)
class IncompleteTable:
    """The table of one group.

    Attributes
    ----------
    place : int
        Its number among the groups whose tables lack cells.
    sizes : numpy.ndarray, shape (M,)
        Numbers of ratings that units have.
    coders : numpy.ndarray, shape (k,)
        Its coders, by their numbers.
    """

    place: int
    sizes: NDArray[np.int64]
    coders: NDArray[np.int64]

    def sums(self, take: Take, sums: Floats) -> TableSums:
        """What the model needs, for each row of sums."""
        own, among = self.place, np.ix_(self.coders, self.coders)
        return TableSums(
            sizes=self.sizes.astype(float),
            units=take("table_units", sums)[:, own],
            together=take("table_together", sums)[:, own][:, :, among[0], among[1]],
            totals=take("table_totals", sums)[:, own][:, :, self.coders],
            unit_squares=take("table_unit_squares", sums)[:, own],
            coder_sums=take("table_coder_sums", sums)[:, own][:, self.coders],
            squares=take("table_squares", sums)[:, own],
        )

    def coefficients(self, take: Take, sums: Floats) -> Floats:
        """The six intraclass correlations of each row of sums, shape (rows, 6)."""
        table = self.sums(take, sums)
        found = _defined(table, crossed_components(table))
        return intraclass_of_components(len(self.coders), found.units, found.coders, found.error)

    def components(self, take: Take, total: Floats, unit: float) -> VarianceComponents:
        """The variances of the table itself, and what intervals rest on; `unit` is what values are measured in."""
        table = self.sums(take, total)
        units, coders, error, _ = (float(part[0]) for part in _defined(table, crossed_components(table)))
        per_unit, per_coder = ratings_in_effect(table)
        return VarianceComponents(
            k=len(self.coders),
            units=units * unit**2,
            coders=coders * unit**2,
            error=error * unit**2,
            n=float(table.units.sum()),
            df_error=float(error_df(table)[0]),
            per_unit=float(per_unit[0]),
            per_coder=float(per_coder[0]),
        )


def _defined(table: TableSums, found: Components) -> Components:
    """Components where the ratings leave anything for the error, else NaN."""
    nothing = np.where(error_df(table) >= 1.0, 1.0, np.nan)
    return Components(*(part * nothing for part in found))
