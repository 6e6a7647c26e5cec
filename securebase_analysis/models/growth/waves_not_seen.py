"""Children without a row at some wave: they stay in the model, and that is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem
from securebase_analysis.models.rows import Groups
from securebase_analysis.results import wording

MOST_WAVES = 30
"""A column with more different values counts time, not waves."""


def waves_not_seen(frame: pd.DataFrame, groups: Groups, group: str, used: NDArray[np.bool_]) -> list[Problem]:
    """A note where some of those who are followed lack a wave that others have."""
    if "wave" not in frame:
        return []
    wave, found = pd.factorize(frame["wave"][used])
    if not 1 < len(found) <= MOST_WAVES:
        return []
    who = groups.code[used]
    seen = np.zeros((who.max() + 1, len(found)), dtype=bool)
    seen[who[wave >= 0], wave[wave >= 0]] = True
    n_seen = seen.sum(axis=1)
    n_all, n_lacking = int((n_seen > 0).sum()), int(((n_seen > 0) & (n_seen < len(found))).sum())
    if not n_lacking:
        return []
    many = {"child": "children"}.get(group, f"groups of {group}")
    one = group if group == "child" else f"group of {group}"
    lack = "lacks" if n_lacking == 1 else "lack"
    return [
        Problem(
            "SB-WAVE-60",
            "note",
            f"{n_lacking:,} of {wording.count(n_all, one, many)} {lack} a row at one or more of {len(found)} "
            "waves.",
            column="wave",
            why="Those who were not seen may differ from those who were.",
            done="Nobody was left out for it: what was seen of them counts, and what is missing is taken to "
            "depend on nothing else.",
        )
    ]
