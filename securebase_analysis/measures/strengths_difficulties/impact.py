"""The impact supplement of the SDQ: distress and interference with life, 0, 0, 1, 2 an item."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.measures.strengths_difficulties.column_names import DIFFICULTIES, IMPACT, PREFIXES, Names

Floats = NDArray[np.float64]


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
        When an answer is none of 0, 1, 2 and 3.
    """
    given = names if isinstance(names, Mapping) else {}
    by_plain = {name.casefold(): name for name in table.columns}

    def column(item: str) -> str | None:
        return given.get(item) or by_plain.get(PREFIXES[informant] + item) or by_plain.get(item)

    columns = [column(item) for item in IMPACT[informant]]
    if any(name is None for name in columns):
        return None
    values = _answers(table, [str(name) for name in columns], step)
    score = np.maximum(values - 1.0, 0.0).sum(axis=1)
    seen = column(DIFFICULTIES)
    if seen is not None:
        score = np.where(_answers(table, [seen], step)[:, 0] == 0.0, 0.0, score)
    return np.asarray(score)


def _answers(table: pd.DataFrame, columns: list[str], step: float) -> Floats:
    """Answers counted from 0; every cell that is none of the four categories is refused."""
    values = np.column_stack([numbers_of(table[name]) for name in columns]) - step
    given = np.column_stack([~blank(table[name]) for name in columns])
    wrong = given & ~np.isin(values, (0.0, 1.0, 2.0, 3.0))
    raise_if_stopped([_outside(name, rows_where(cells)) for name, cells in zip(columns, wrong.T) if cells.any()])
    return values


def _outside(name: str, rows: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-04",
        "stop",
        f"The impact item {name} has answers outside its four categories.",
        table="items",
        column=name,
        rows=rows,
        why="Impact items count 0, 0, 1, 2 for the answers 0 to 3.",
        done="Nothing was scored.",
        fix='Correct these cells, or declare coding="1-3" when the file begins at 1.',
    )
