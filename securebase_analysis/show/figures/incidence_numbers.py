"""The numbers behind a picture of how placements end: steps, bands, counts at risk, and where to stop drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.models.incidence import IncidenceResult
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

FEWEST_AT_RISK = 10
"""Curves are drawn as long as so many are at risk in a group; later steps are mostly chance."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 91.25, 182.5, 365, 730, 1095, 1825, 3650)
"""Days between the marks of the axis: whole weeks mean little, months and years much."""
AT_RISK = "At risk"


def drawn_until(result: IncidenceResult, until: float | None = None) -> float:
    """The last day that is drawn: as asked, or as long as ten are at risk in some group."""
    if until is not None:
        return float(until)
    ends = []
    for group in result.groups:
        table = group.curves.table
        enough = table.time[table.at_risk >= FEWEST_AT_RISK]
        ends.append(float(enough[-1]) if len(enough) else group.followed)
    return max(ends)


def tick_days(until: float, most: int) -> Floats:
    """The days that are marked on the axis, at most so many after day 0."""
    gap = next((float(days) for days in TICKS if until / days <= most), max(float(TICKS[-1]), until / most))
    return np.ceil(np.arange(0.0, until - 0.5, gap)) if gap > 1 else np.arange(0.0, until + 1e-9, gap)


def exits_by_size(result: IncidenceResult) -> list[str]:
    """The exits from the most frequent to the rarest, over all groups; equal ones in their own order.

    The most frequent one lies at the bottom of a stack, where its height can be read off the axis.
    """
    n = sum(group.curves.table.events.sum(axis=0) for group in result.groups)
    return [result.causes[place] for place in np.argsort(-np.asarray(n), kind="stable")]


def incidence_frame(
    result: IncidenceResult,
    *,
    until: float | None = None,
    hide_below: int | None = None,
    conf_level: float | None = None,
    ticks: int = 5,
) -> pd.DataFrame:
    """The numbers of a picture of incidences.

    Parameters
    ----------
    result : IncidenceResult
        From `cumulative_incidence`.
    until : float, optional
        The last day drawn; by default as long as ten are at risk in some group.
    hide_below : int, optional
        Counts from 1 to below this are missing.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    ticks : int
        At most so many days after day 0 have counts.

    Returns
    -------
    pandas.DataFrame
        ``kind, group, exit, time, estimate, lower, conf_low, conf_high, n``. Kind *curve*: a step of the incidence
        of an exit, drawn from ``lower``, the sum of the more frequent exits under it, to ``lower + estimate``; the
        curves of a group end on the last day that any of it was seen. Kind *count*: at risk on a day, or ended in
        this way up to it.
    """
    end = drawn_until(result, until)
    curve = result.curve(conf_level)
    if "group" not in curve:
        curve.insert(1, "group", "")
    parts = [_up_to(rows, result, end) for _, rows in curve.groupby("group", sort=False)]
    steps = pd.concat(parts, ignore_index=True)
    order = {name: place for place, name in enumerate(exits_by_size(result))}
    groups = {group.group: place for place, group in enumerate(result.groups)}
    keys = [steps["group"].map(groups), steps["time"], steps["cause"].map(order)]
    steps = steps.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)
    stacked = steps.groupby(["group", "time"], sort=False)["estimate"].cumsum()
    steps = steps.assign(kind="curve", lower=stacked - steps["estimate"]).rename(columns={"cause": "exit"})
    counts = _counts(result, tick_days(end, ticks), hide_below)
    columns = ["kind", "group", "exit", "time", "estimate", "lower", "conf_low", "conf_high", "n"]
    steps["n"] = pd.array([pd.NA] * len(steps), dtype="Int64")
    return pd.concat([steps[columns], counts.reindex(columns=columns)], ignore_index=True)


def _up_to(rows: pd.DataFrame, result: IncidenceResult, end: float) -> pd.DataFrame:
    """The steps of a group up to the last day drawn, and its value on that day where it is known."""
    group = next(group for group in result.groups if group.group == rows["group"].iloc[0])
    end = min(end, group.followed)
    within = rows[rows["time"] <= end]
    known = np.isfinite(group.incidence_at(np.array([end]))[0]).all()
    if within["time"].max() == end or not known:
        return within
    last = within[within["time"] == within["time"].max()].assign(time=end)
    return pd.concat([within, last])


def _counts(result: IncidenceResult, days: Floats, hide_below: int | None) -> pd.DataFrame:
    """Counts in long form, at risk first."""
    table = result.risk_table(days, hide_below)
    if "group" not in table:
        table.insert(1, "group", "")
    named = {"n_at_risk": AT_RISK, **{f"n_{cause}": cause for cause in result.causes}}
    long = table.melt(["time", "group"], list(named), var_name="exit", value_name="n")
    return long.assign(kind="count", exit=long["exit"].map(named), n=long["n"].astype("Int64"))


def count_words(value: object) -> str:
    """A count in a cell; a dash where it is hidden."""
    return "–" if pd.isna(value) else f"{value:,}"


def shares_in_words(frame: pd.DataFrame, group: str) -> str:
    """Where the curves of a group end, in words: ``by day 730 home .43, still in placement .57``."""
    rows = frame[(frame["kind"] == "curve") & (frame["group"] == group)]
    last = rows[rows["time"] == rows["time"].max()]
    shares = [f"{row.exit} {wording.number(row.estimate, leading_zero=False)}" for row in last.itertuples()]
    left = wording.number(max(0.0, 1.0 - float(last["estimate"].sum())), leading_zero=False)
    return f"by day {last['time'].iloc[0]:g} {', '.join(shares)}, still in placement {left}"
