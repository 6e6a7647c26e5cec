"""Those who were under way when they were first seen: long stayers are met more often than others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.models.disruption.units import Units
from securebase_analysis.models.incidence.durations import Durations
from securebase_analysis.models.incidence.sampling import in_care_on_a_day
from securebase_analysis.models.rows import is_number
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST = 0.5
"""A larger share of units that were under way is a cohort of those in care on a day."""


def late_entries(
    start: Floats | None, unit: Units | None, used: Bools, column: str
) -> tuple[float, list[Problem]]:
    """The share of units that came under observation late, and what is said about it.

    Parameters
    ----------
    start : numpy.ndarray, shape (rows given,), optional
        When each row begins.
    unit : Units, optional
        Whose rows they are; without it a row that begins late may go on from another, so that only a table in
        which all begin late says anything.
    used : numpy.ndarray of bool, shape (rows given,)
        The rows that are used; a unit whose first rows are not was seen from these on all the same.
    column : str
        Where the starts stand.
    """
    if start is None or not (start[used] > 0.0).any():
        return 0.0, []
    if unit is None:
        if not (start[used] > 0.0).all():
            return float("nan"), []
        return 1.0, [_under_way(used, int(used.sum()), "row", column)]
    first = pd.Series(start).groupby(unit.code).transform("min").to_numpy()
    there = np.isin(unit.code, unit.code[used])
    begins = there & (start == first) & ~pd.Series(unit.code).where(start == first).duplicated().to_numpy()
    late = begins & (first > 0.0)
    if not late.any():
        return 0.0, []
    return float(late.sum() / begins.sum()), [_under_way(late, int(begins.sum()), unit.name, column)]


def _under_way(late: Bools, n: int, name: str, column: str) -> Problem:
    share = late.sum() / n
    whole = "All" if late.sum() >= n else f"{int(late.sum()):,} of"
    return Problem(
        "SB-PLACE-13",
        "warn" if share > MOST else "note",
        f"{whole} {wording.count(n, name)} ({100 * share:.0f}%) were under way when first seen.",
        column=column,
        rows=rows_where(late),
        why="Those who stay long are over-represented among them, and none could end before being seen.",
        done="Each counts as at risk from its first row on (delayed entry)"
        + ("; nothing is known about the time before that." if share >= 1.0 else "."),
    )


def starts_unused(frame: pd.DataFrame, stop: Floats, observed_late: bool) -> list[Problem]:
    """A problem when the data know of late entries that the request does not use."""
    known = next((name for name in ("start", "entry", "observed_from") if _begins_late(frame, name, stop)), None)
    if not observed_late and known is None:
        return []
    column = known or "start"
    return [
        Problem(
            "SB-PLACE-13",
            "warn",
            "Some were under way when they were first seen, and start= was not given.",
            column=column,
            why="Counted from 0 they could not have ended before they were seen: early hazards look too low.",
            done="All were taken as at risk from 0.",
            fix=f"start={column!r}",
        )
    ]


def _begins_late(frame: pd.DataFrame, name: str, stop: Floats) -> bool:
    """Whether a column of this name holds days before the end of each row, some of them above zero."""
    if name not in frame or not is_number(frame[name]):
        return False
    days = frame[name].to_numpy(float, na_value=np.nan)
    known = np.isfinite(days) & np.isfinite(stop)
    return bool((days[known] > 0.0).any() and ((days[known] >= 0.0) & (days[known] <= stop[known])).all())


def met_on_one_day(days: Durations, used: Bools, unit: Units | None) -> list[Problem]:
    """A problem when dates show that all placements were running on one day; see `in_care_on_a_day`."""
    if days.began is None or (unit is not None and len(np.unique(unit.code[used])) < int(used.sum())):
        return []
    return in_care_on_a_day(days.began[used], days.stop[used])
