"""The day on which a study first saw each child."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.models.follow_up.dated_scores import DatedScores
from securebase_analysis.models.follow_up.first_seen import earliest_by_child
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.study.spells.timeline import NEVER, OPEN, as_days

Ints = NDArray[np.int64]


def days_seen(spells: SpellDays, history: Any, scores: Any, given: DatedScores) -> tuple[Ints, bool]:
    """The day of each child's first wave, or without a study of its first dated score; `OPEN` where there is none.

    Parameters
    ----------
    spells : SpellDays
    history, scores : object
        As given: a study knows its waves, scores know when children were seen.
    given : DatedScores
        The scores that are joined. Those known by a year alone say nothing of a day.

    Returns
    -------
    numpy.ndarray of int, shape (children,)
    bool
        Whether they are days of waves.
    """
    nobody = np.full(len(spells.children), OPEN, dtype=np.int64)
    for seen in (_waves(history), getattr(scores, "occasions", None)):
        if isinstance(seen, pd.DataFrame) and {"child", "date"} <= {*seen}:
            return _first(spells, seen, as_days(pd.to_datetime(seen["date"])).astype(np.int64)), True
    if isinstance(scores, pd.DataFrame) and "date" not in scores and "year" in scores:
        return nobody, False
    child = spells.children.codes_of(given.people, "scores")
    every = [(child[column.place], column.day) for column in given.columns]
    if not every:
        return nobody, False
    people, day = (np.concatenate(part) for part in zip(*every))
    used = (people >= 0) & (day > NEVER)
    return earliest_by_child(people[used], day[used], len(spells.children)), False


def _waves(history: Any) -> pd.DataFrame | None:
    """The waves of a study at which children were seen."""
    waves = getattr(history, "waves", None)
    if not isinstance(waves, pd.DataFrame):
        return None
    return waves[waves["status"] == "seen"] if "status" in waves else waves


def _first(spells: SpellDays, seen: pd.DataFrame, day: Ints) -> Ints:
    child = spells.children.codes_of(seen, "waves")
    used = (child >= 0) & (day > NEVER)
    return earliest_by_child(child[used], day[used], len(spells.children))
