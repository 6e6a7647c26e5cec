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


def two_at_once(frame: pd.DataFrame, began: pd.Series, lasted: Floats, used: NDArray[np.bool_]) -> list[Problem]:
    """A problem when a placement of a child begins before the child's placement before has ended.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows as given; without a column ``child`` nothing is known.
    began : pandas.Series
        Dates on which they began.
    lasted : numpy.ndarray, shape (rows,)
        Days that they lasted.
    used : numpy.ndarray of bool, shape (rows,)
        The rows that say enough.
    """
    if "child" not in frame:
        return []
    keys = [frame[key].to_numpy()[used] for key in ("site", "child") if key in frame]
    child = pd.MultiIndex.from_arrays(keys).factorize()[0]
    day = ((began - began.min()) / np.timedelta64(1, "D")).to_numpy(float)[used]
    row = np.flatnonzero(used) + 1
    order = np.lexsort((day, child))
    child, day, row = child[order], day[order], row[order]
    until = pd.Series(day + lasted[used][order]).groupby(child).cummax().to_numpy()
    common = np.where(child[1:] == child[:-1], until[:-1] - day[1:], 0.0)
    wrong = np.flatnonzero(common >= 1.0)
    if not len(wrong):
        return []
    pairs = np.sort(np.column_stack([row[wrong], row[wrong + 1]]), axis=1)
    first = pairs[np.lexsort(pairs.T[::-1])[0]]
    return [
        Problem(
            "SB-PLACE-03",
            "warn",
            f"{wording.count(len(wrong), 'placement begins', 'placements begin')} before the child's placement "
            f"before has ended (rows {first[0]} and {first[1]} first; up to {common.max():.0f} days in common).",
            column=str(began.name),
            rows=np.unique(pairs).tolist(),
            why="Days in common count twice; where one of the two is no placement of its own, so does its end.",
            done="Both were kept.",
            fix="placement_history(data, rules={'overlap': 'end_first'}), and give its spells",
        )
    ]


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
