"""Since when each child had lived where it lived on the day of a wave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.study.schema import KEY

CHILD = list(KEY)
DAY = pd.Timedelta(days=1)


def placement_starts(seen: pd.DataFrame, placements: pd.DataFrame) -> pd.Series:
    """The start of the placement that each child was in on the day of each occasion.

    Parameters
    ----------
    seen : pandas.DataFrame
        ``site, child, date``, one row per occasion; dates as datetime64.
    placements : pandas.DataFrame
        ``site, child, start, end`` and, where known, ``carer``, as in a `Study`; an empty end is a placement that
        lasts.

    Returns
    -------
    pandas.Series
        Dates, row for row; missing where the child was in no placement on that day.

    Notes
    -----
    The day of the end still belongs to a placement, unless another began on it. Rows of the same carer that follow
    one another by at most a day are one placement: a change of legal status is no move.
    """
    begun = _since_when(placements)
    days = seen[CHILD].assign(place=np.arange(len(seen)), day=seen["date"].to_numpy()).dropna(subset="day")
    both = days.merge(begun, on=CHILD)
    lasting = both["end"].isna() | (both["end"] >= both["day"])
    there = both[(both["start"] <= both["day"]) & lasting].sort_values("start", kind="stable")
    start = there.drop_duplicates("place", keep="last").set_index("place")["since"]
    return start.reindex(np.arange(len(seen))).set_axis(seen.index).rename("placement_start")


def _since_when(placements: pd.DataFrame) -> pd.DataFrame:
    """Placements with the day since which the child has lived with the same carer."""
    dated = placements.dropna(subset=["child", "start"]).sort_values([*CHILD, "start", "end"], kind="stable")
    by_child = dated.groupby(CHILD, sort=False, dropna=False)
    goes_on = (dated["start"] - by_child["end"].shift()) <= DAY
    if "carer" in dated:
        goes_on &= (dated["carer"] == by_child["carer"].shift()).fillna(False).astype(bool)
    else:
        goes_on &= False
    begins = dated["start"].where(~goes_on)
    since = begins.groupby([dated[name] for name in CHILD], sort=False, dropna=False).ffill()
    return dated[[*CHILD, "start", "end"]].assign(since=since)
