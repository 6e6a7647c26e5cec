"""Cells that say nothing, whatever kind of column they stand in."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEW_CELLS = 500
"""So many cells are faster looked at one by one."""


def blank(column: pd.Series) -> NDArray[np.bool_]:
    """Where a cell is missing, empty or only spaces.

    Examples
    --------
    >>> blank(pd.Series(["a", " ", None])).tolist()
    [False, True, True]
    """
    missing = column.isna().to_numpy(bool)
    if isinstance(column.dtype, pd.CategoricalDtype):
        empty = np.append(blank(pd.Series(column.cat.categories)), False)
        return missing | empty[column.cat.codes.to_numpy()]
    if not _may_hold_text(column):
        return missing
    if len(column) <= FEW_CELLS:
        return missing | np.array([isinstance(cell, str) and not cell.strip() for cell in column.tolist()], bool)
    text = column.astype("string") if column.dtype == object else column
    return missing | ((text == "") | text.str.isspace()).fillna(False).to_numpy(bool)


def _may_hold_text(column: pd.Series) -> bool:
    return column.dtype == object or pd.api.types.is_string_dtype(column.dtype)
