"""The impact supplement of the SDQ: distress and interference with life, 0, 0, 1, 2 an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped
from securebase_analysis.measures.strengths_difficulties.column_names import PREFIXES, Names

Floats = NDArray[np.float64]

DIFFICULTIES = "ebddiff"
IMPACT: dict[str, tuple[str, ...]] = {
    "parent": ("distres", "imphome", "impfrie", "impclas", "impleis"),
    "teacher": ("distres", "impfrie", "impclas"),
    "self": ("distres", "imphome", "impfrie", "impclas", "impleis"),
}


def impact_score(
    table: pd.DataFrame,
    informant: str,
    names: Names,
    step: float,
) -> Floats | None:
    """The impact score, or None when the table does not have all of its items.

    Raises
    ------
    DataError
        When an answer lies outside 0-3.
    """
    given = names if isinstance(names, Mapping) else {}
    by_plain = {name.casefold(): name for name in table.columns}

    def column(item: str) -> str | None:
        return given.get(item) or by_plain.get(PREFIXES[informant] + item) or by_plain.get(item)

    columns = [column(item) for item in IMPACT[informant]]
    if any(name is None for name in columns):
        return None
    values = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan) - step
    raise_if_stopped(_impact_outside(values, [str(name) for name in columns]))
    counted = np.where(np.isnan(values), np.nan, np.maximum(values - 1.0, 0.0))
    score = counted.sum(axis=1)
    seen = column(DIFFICULTIES)
    if seen is not None:
        none = pd.to_numeric(table[seen], errors="coerce").to_numpy(dtype=float, na_value=np.nan) - step == 0.0
        score = np.where(none, 0.0, score)
    return np.asarray(score)


def _impact_outside(values: Floats, columns: Sequence[str]) -> list[Problem]:
    problems = []
    for index, name in enumerate(columns):
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero((values[:, index] < 0) | (values[:, index] > 3)) + 1
        if rows.size:
            problems.append(
                Problem(
                    "SB-ITEM-04",
                    "stop",
                    f"The impact item {name} has answers outside its four categories.",
                    table="items",
                    column=name,
                    rows=rows.tolist(),
                    why="Impact items count 0, 0, 1, 2 for the answers 0 to 3.",
                    done="Nothing was scored.",
                    fix='Correct these cells, or declare coding="1-3" when the file begins at 1.',
                )
            )
    return problems
