"""Which norm group a child belongs to: by equal cells, or by ranges with both ends included."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.measures.scoring.answers import numbers_of

Mask = NDArray[np.bool_]

BY_MEAN = ("mean", "sd")
BY_TABLE = ("score", "t")
ENDS = ("_low", "_high")


def choosers_of(norms: pd.DataFrame) -> list[str]:
    """The columns of the norms that choose the group, as they stand there."""
    return [name for name in norms.columns if name not in ("scale", *BY_MEAN, *BY_TABLE)]


def asked_of(chooser: str, columns: pd.Index) -> str:
    """The column of the children that a column of the norms speaks of: grade for grade_low and grade_high."""
    for end, other in (ENDS, ENDS[::-1]):
        if chooser.endswith(end) and chooser.removesuffix(end) + other in columns:
            return chooser.removesuffix(end)
    return chooser


def is_end(chooser: str, norms: pd.DataFrame) -> bool:
    """Whether a column of the norms is one end of a range."""
    return asked_of(chooser, norms.columns) != chooser


def rows_of(people: pd.DataFrame, group: pd.Series, choosers: list[str]) -> Mask:
    """The rows that belong to one norm group."""
    rows = np.ones(len(people), dtype=bool)
    for chooser in choosers:
        name = asked_of(chooser, group.index)
        if name == chooser:
            rows &= np.array([plain_cell(cell) == group[chooser] for cell in people[name]], dtype=bool)
        else:
            numbers, end = numbers_of(people[name]), float(group[chooser])
            rows &= numbers >= end if chooser.endswith(ENDS[0]) else numbers <= end
    return rows


def plain_cell(cell: object) -> str:
    """A cell for comparison: no case, no spaces at the ends, 2.0 the same as 2; a missing one is empty."""
    text = "" if cell is None or cell is pd.NA or cell != cell else str(cell).strip().casefold()
    return text[:-2] if text.endswith(".0") else text
