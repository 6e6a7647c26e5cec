"""Children who were in care on a day: those who stay long are met more often than those who leave soon.

Placements that were running when the study began must count as at risk from that day only (delayed entry); those
that had ended before it could not be met at all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.results import wording

Floats = NDArray[np.float64]

MOST = 0.5
"""A larger share of placements that were already running is a cohort of those in care on a day."""
SPREAD = 90.0
"""Days over which starts spread, from which on it is no chance that all were still running on one day."""
FEWEST = 10


def already_running(
    stop: Floats, entry: Floats, used: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Which rows could be observed, and what is said about those that began earlier.

    Parameters
    ----------
    stop, entry : numpy.ndarray, shape (rows,)
        Days from the start of each placement to its end, and to the day the study began; 0 where it began later.
    used : numpy.ndarray of bool, shape (rows,)
        The rows that say enough.
    """
    running = used & (entry > 0)
    gone = running & (stop <= entry)
    problems = []
    if gone.any():
        n = wording.count(int(gone.sum()), "placement")
        problems.append(
            Problem(
                "SB-PLACE-83",
                "warn",
                f"{n} had ended when the study began.",
                rows=rows_where(gone),
                why="Of the placements that ended before, a study cannot meet all.",
                done="Left out.",
            )
        )
    running &= ~gone
    if running.any():
        share = running.sum() / (used & ~gone).sum()
        problems.append(
            Problem(
                "SB-PLACE-13",
                "warn" if share > MOST else "note",
                f"{int(running.sum()):,} of {wording.count(int((used & ~gone).sum()), 'placement')} "
                f"({100 * share:.0f}%) were running when the study began.",
                rows=rows_where(running),
                why="Those who stay long are over-represented among them.",
                done="Each counts as at risk from that day only (delayed entry).",
            )
        )
    return ~gone, problems


def in_care_on_a_day(began: pd.Series, stop: Floats) -> list[Problem]:
    """A problem when all placements were running on one day although they began at very different times.

    Parameters
    ----------
    began : pandas.Series
        Dates on which the placements began.
    stop : numpy.ndarray, shape (rows,)
        Days that they lasted.
    """
    first = began.min()
    day = ((began - first) / np.timedelta64(1, "D")).to_numpy(float)
    last_start, first_end = float(day.max()), float((day + stop).min())
    if len(day) < FEWEST or last_start < SPREAD or last_start > first_end:
        return []
    on = (first + pd.Timedelta(days=last_start)).date().isoformat()
    return [
        Problem(
            "SB-PLACE-13",
            "warn",
            f"All {wording.count(len(day), 'placement')} were running on {on}, though they began over "
            f"{last_start:.0f} days.",
            column=str(began.name),
            why="In a cohort of children in care on a day, those who stay long are over-represented, and nobody "
            "could leave before that day.",
            done="They were counted as seen from their first day.",
            fix=f"observed_from={on!r}, or the day on which the children were chosen",
        )
    ]
