"""What could be freed: score tests of every equality that a step adds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.ladder import Ladder

COLUMNS = ["step", "group", "term", "index", "p_value", "change"]


def suggestions_of(ladder: Ladder, fitted: Sequence[FittedStep]) -> pd.DataFrame:
    """Score tests of the equalities that each step adds, each in each group or wave by itself.

    Returns
    -------
    pandas.DataFrame
        ``step, group, term, index, p_value, change``: by how much chi-square would fall, about, if the element
        of that group or wave were free, and its expected change; the highest index of each step first. With two
        groups both have the same index.
    """
    tables = [pd.DataFrame(columns=COLUMNS)]
    for before, now in pairwise(fitted):
        added = ladder.equalities_of(before.step, now.step)
        cells = [c for c in now.model.cells if c.kind in added and ladder.is_equal(c.kind, c.term, now.step)]
        tests = now.score_tests(cells)
        frame = pd.DataFrame(
            {
                "step": now.step,
                "group": [ladder.occasions[cell.occasion] for cell in cells],
                "term": [cell.term for cell in cells],
                "index": tests.index,
                "p_value": tests.p_value,
                "change": tests.change,
            }
        )
        tables.append(frame[frame["index"].notna()].sort_values("index", ascending=False, kind="stable"))
    made = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(made, ignore_index=True)
