"""What a mixed model with one grouping factor and an outcome that is not normal needs to know of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.linear_predictor import FixedPart
from securebase_analysis.engines.portions import Portion, group_sums
from securebase_analysis.engines.standard import forth_of, standard_blocks
from securebase_analysis.engines.triangles import free_elements

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PORTION = 60_000
"""Numbers in one array of a portion: rows times nodes."""


@dataclass(frozen=True, eq=False)
class QuadratureDesign:
    """Rows in canonical form, sorted by group, with the columns of the random effects.

    Attributes
    ----------
    fixed : FixedPart
        Sorted by group.
    Z : numpy.ndarray, shape (q, rows)
        Standardised random-effect columns.
    starts, sizes, present : numpy.ndarray of int, shape (groups,)
        First row, number of rows and number of each group that has rows.
    n_groups : int
        Number of groups, with those that have no rows.
    free : tuple of numpy.ndarray of int
        Row and column of the elements of ``Lambda`` that are estimated.
    random_forth : numpy.ndarray, shape (q, q)
        Random effects in the units of the data are this times the standardised ones.
    """

    fixed: FixedPart
    Z: Floats
    starts: Ints
    sizes: Ints
    present: Ints
    n_groups: int
    free: tuple[Ints, Ints]
    random_forth: Floats

    @property
    def q(self) -> int:
        """Random effects per group."""
        return len(self.Z)

    @property
    def n_rows(self) -> int:
        """Canonical rows."""
        return self.Z.shape[1]

    def portions(self, nodes: int) -> list[Portion]:
        """The groups in portions that are worked on together."""
        ends = self.starts + self.sizes
        number = (ends - 1) // max(PORTION // nodes**self.q, 1)
        first = np.flatnonzero(np.diff(number, prepend=-1))
        last = np.append(first[1:], len(self.starts))
        return [self._portion(int(a), int(b)) for a, b in zip(first, last)]

    def _portion(self, first: int, last: int) -> Portion:
        rows, starts, sizes = self.fixed.rows, self.starts[first:last], self.sizes[first:last]
        these = slice(int(starts[0]), int(starts[-1] + sizes[-1]))
        starts = starts - starts[0]
        X, Z = np.ascontiguousarray(rows.X[:, these]), np.ascontiguousarray(self.Z[:, these])
        return Portion(
            y=rows.y[these],
            multiplier=rows.multiplier[these],
            dispersed=None if rows.dispersed is None else rows.dispersed[these],
            offset=rows.offset[these],
            X=X,
            Z=Z,
            starts=starts,
            sizes=sizes,
            columns=group_sums(np.vstack([X, Z]), starts, sizes),
        )

    def sample(self, n_rows: int) -> QuadratureDesign:
        """Every so many-th group, with about so many rows in all."""
        every = max(self.n_rows // n_rows, 1)
        chosen = np.zeros(len(self.starts), dtype=bool)
        chosen[::every] = True
        keep = np.flatnonzero(np.repeat(chosen, self.sizes))
        sizes = self.sizes[chosen]
        return replace(
            self,
            fixed=self.fixed.sample(keep),
            Z=self.Z[:, keep],
            starts=np.cumsum(sizes) - sizes,
            sizes=sizes,
            present=self.present[chosen],
        )


def quadrature_design(
    fixed: FixedPart, Z: Floats, group: Ints, n_groups: int, blocks: Sequence[Sequence[int]] | None = None
) -> QuadratureDesign:
    """Standardise the random-effect columns and sort the rows by group."""
    Z = np.asarray(Z, dtype=float)
    those = tuple(tuple(block) for block in blocks) if blocks is not None else (tuple(range(len(Z))),)
    standard, back = standard_blocks(Z, those)
    group = np.asarray(group)[fixed.rows.source]
    if (np.diff(group) < 0).any():
        order = np.argsort(group, kind="stable")
        fixed, group = fixed.in_order(order), group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return QuadratureDesign(
        fixed=fixed,
        Z=standard[:, fixed.rows.source],
        starts=starts,
        sizes=np.diff(np.append(starts, len(group))),
        present=group[starts],
        n_groups=n_groups,
        free=free_elements(len(Z), those),
        random_forth=forth_of(back),
    )
