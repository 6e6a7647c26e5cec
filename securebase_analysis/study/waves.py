"""What became of every child at every wave: seen, refused, not asked, not yet due, left care, died or lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.study.draft import Draft
from securebase_analysis.study.file_rows import HIDDEN
from securebase_analysis.study.keys import planned_months
from securebase_analysis.study.schema import (
    DAYS_PER_MONTH,
    DIED,
    DUE_STATUSES,
    KEY,
    LEAVES_CARE,
    REPEATED_FACTS,
    STATUS_NAMES,
    WAVE_STATUSES,
)

WAVE_KEY = [*KEY, "wave"]
WAVE_COLUMNS = [*WAVE_KEY, "date", "status", "reason", "carer"]


def wave_table(draft: Draft, data_freeze: pd.Timestamp) -> pd.DataFrame:
    """The status of every child at every wave of the codebook.

    Parameters
    ----------
    draft : Draft
        With keys in order.
    data_freeze : Timestamp
        A wave due after it is not yet due.

    Returns
    -------
    pandas.DataFrame
        ``site, child, wave, date, status, reason, carer`` and the study's own columns of its wave files; one row
        for every child of the table of children and every wave, and the rows at which other children were seen.

    Notes
    -----
    What the data show goes before what the wave file says, and that before what follows from dates. A wave is due
    at the child's first date plus the planned months (the usual time between the waves where none are planned).
    Without data and without a status in the file, a child has *died* or *left care* when a placement ended so
    before the wave was due and no other began; the wave is *not yet due* after the data freeze; it was *not asked*
    when nobody of the site was seen at that wave; otherwise the child is *lost*.
    """
    seen = evidence(draft)
    table = _grid(draft, seen).merge(seen, on=WAVE_KEY, how="left")
    table = table.merge(_declared(draft), on=WAVE_KEY, how="left")
    has_data = table.pop("_has_data").fillna(False).astype(bool)
    table["date"] = table["date"].fillna(table.pop("_first_date"))
    from_answers = table.pop("_refused")
    declared = table["status"].fillna(from_answers)
    table["_due"] = due_dates(table, draft)
    dated = (table["date"] <= data_freeze) & declared.isna()  # a later date is an appointment
    derived = _derived(table, draft, data_freeze, has_data | dated)
    table["status"] = np.where(has_data | dated, "seen", declared.fillna(derived))
    table["carer"] = table["carer"].fillna(_carer_at(table, draft))
    own = [name for name in table.columns if name not in (*WAVE_COLUMNS, "_due")]
    return table[[*WAVE_COLUMNS, *own]].sort_values(WAVE_KEY, kind="stable").reset_index(drop=True)


def evidence(draft: Draft) -> pd.DataFrame:
    """Child, wave, whether there are data of any kind, their first date, and the reason when all answers lack.

    Returns
    -------
    pandas.DataFrame
        ``site, child, wave, _has_data, _first_date, _refused``.
    """
    parts = [_answered(draft, instrument) for instrument in draft.answers]
    for name in ("ratings", "sources"):
        rows = draft.tables[name][[*WAVE_KEY, "date"]]
        parts.append(rows.assign(_has_data=True, _refused=None))
    parts = [part.astype({"_refused": "str"}) for part in parts if len(part)]
    columns = [*WAVE_KEY, "_has_data", "_first_date", "_refused"]
    if not parts:
        nothing = pd.DataFrame(columns=columns)
        kinds = {
            "site": "str",
            "child": "str",
            "wave": "Int64",
            "_first_date": "datetime64[us]",
            "_refused": "str",
        }
        return nothing.astype(kinds)
    rows = pd.concat(parts, ignore_index=True).dropna(subset=WAVE_KEY)
    by_wave = rows.groupby(WAVE_KEY, sort=False)
    found = by_wave.agg(
        _has_data=("_has_data", "max"), _first_date=("date", "min"), _refused=("_refused", "first")
    )
    return found.reset_index()[columns]


def _answered(draft: Draft, instrument: str) -> pd.DataFrame:
    """Rows of one questionnaire: whether there is an answer or a date, else the reason that its cells declare."""
    frame = draft.answers[instrument]
    items = [name for name in draft.codebook.items_of(instrument)["item"].unique() if name in frame]
    has_data = frame[items].notna().any(axis=1) if items else frame["date"].notna()
    reasons = draft.missing[instrument].drop_duplicates("position").set_index("position")["reason"]
    reason = pd.Series(range(len(frame)), index=frame.index).map(reasons).astype("str")
    undone = reason.where(reason.isin(["refused", "not asked"]) & ~has_data)
    has_data = has_data | (frame["date"].notna() & undone.isna())
    return frame[[*WAVE_KEY, "date"]].assign(_has_data=has_data, _refused=undone)


def _grid(draft: Draft, seen: pd.DataFrame) -> pd.DataFrame:
    """Every child at every wave; of children without a row of their own only the waves with data."""
    children = draft.tables["children"][list(KEY)].dropna().drop_duplicates()
    waves = pd.DataFrame({"wave": draft.codebook.waves["wave"].astype("Int64")})
    grid = children.merge(waves, how="cross")
    others = seen.loc[seen["_has_data"].astype(bool), WAVE_KEY]
    return pd.concat([grid, others], ignore_index=True).drop_duplicates(WAVE_KEY).reset_index(drop=True)


def _declared(draft: Draft) -> pd.DataFrame:
    """What the wave files say: date, status, reason, carer and columns of the study's own."""
    given = draft.tables["waves"]
    left_out = [name for name in given.columns if name in (*HIDDEN, *REPEATED_FACTS)]
    return given.drop(columns=left_out).dropna(subset=WAVE_KEY).drop_duplicates(WAVE_KEY)


# --- when a wave is due -----------------------------------------------------------------------------------------


def due_dates(table: pd.DataFrame, draft: Draft) -> pd.Series:
    """When each row's wave was due: the child's first date plus the planned months between the two waves.

    Parameters
    ----------
    table : pandas.DataFrame
        ``site, child, wave, date``.
    draft : Draft
        For the plan of the codebook.

    Returns
    -------
    Series
        Dates; missing where neither the plan nor the other children tell.
    """
    months = planned_or_usual_months(table, draft)
    dated = table[table["date"].notna()].sort_values("wave", kind="stable").drop_duplicates(list(KEY))
    first = table[list(KEY)].merge(dated[[*KEY, "wave", "date"]], on=list(KEY), how="left")
    gap = table["wave"].map(months).astype("float64").to_numpy()
    gap = gap - first["wave"].map(months).astype("float64").to_numpy()
    due = first["date"] + pd.to_timedelta(np.round(gap * DAYS_PER_MONTH), unit="D")
    due = pd.Series(due.to_numpy(), index=table.index)
    # Children never seen have no first date: the middle date of their site, or of the study, stands in.
    of_site = table.groupby(["site", "wave"])["date"].transform("median")
    of_study = table.groupby("wave")["date"].transform("median")
    return due.fillna(of_site).fillna(of_study)


def planned_or_usual_months(table: pd.DataFrame, draft: Draft) -> pd.Series:
    """Months of each wave since the first: as planned, else the middle of what was seen."""
    planned = planned_months(draft.codebook)
    if planned.notna().all() or not len(planned):
        return planned
    dated = table[table["date"].notna()].sort_values("wave", kind="stable")
    first = dated.groupby(list(KEY))["date"].transform("first")
    first_wave = dated.groupby(list(KEY))["wave"].transform("first")
    from_start = first_wave == planned.index.min()
    days = (dated["date"] - first).dt.days[from_start]
    usual = days.groupby(dated["wave"][from_start].astype("int64")).median() / DAYS_PER_MONTH
    return planned.fillna(usual)


# --- what follows from dates ------------------------------------------------------------------------------------


def _derived(table: pd.DataFrame, draft: Draft, data_freeze: pd.Timestamp, seen: pd.Series) -> pd.Series:
    """The status of waves about which no file says anything."""
    exits = _exit_before(table, draft)
    later = (table["_due"] > data_freeze) | (table["date"] > data_freeze)
    anyone = seen.groupby([table["site"], table["wave"]]).transform("any")
    conditions = [exits == DIED, exits.notna(), later.to_numpy(), ~anyone.to_numpy()]
    words = ["died", "left care", "not yet due", "not asked"]
    return pd.Series(np.select(conditions, words, default="lost"), index=table.index)


def _exit_before(table: pd.DataFrame, draft: Draft) -> pd.Series:
    """The reason with which a child had left care when a wave was due; missing where it had not."""
    placements = draft.tables["placements"].dropna(subset=[*KEY])
    left = placements[placements["end_reason"].isin(list(LEAVES_CARE)) & placements["end"].notna()]
    asked = table[[*KEY, "_due"]].assign(position=np.arange(len(table))).dropna(subset="_due")
    exits = asked.merge(left[[*KEY, "end", "end_reason"]], on=list(KEY))
    exits = exits[exits["end"] < exits["_due"]].sort_values("end", kind="stable")
    last = exits.drop_duplicates("position", keep="last")
    begun = asked.merge(placements[[*KEY, "start"]], on=list(KEY))
    begun = begun[begun["start"] <= begun["_due"]].groupby("position")["start"].max()
    back = pd.Series(begun.reindex(last["position"]).to_numpy(), index=last.index) >= last["end"]
    gone = last[~back | (last["end_reason"] == DIED)].set_index("position")["end_reason"]
    return pd.Series(np.arange(len(table)), index=table.index).map(gone).astype("str")


def _carer_at(table: pd.DataFrame, draft: Draft) -> pd.Series:
    """The carer of the placement that began last and had not ended on the day of the wave, or when it was due."""
    placements = draft.tables["placements"].dropna(subset=[*KEY, "start", "carer"])
    day = table["date"].fillna(table["_due"])
    asked = table[list(KEY)].assign(position=np.arange(len(table)), day=day).dropna(subset="day")
    with_care = asked.merge(placements[[*KEY, "start", "end", "carer"]], on=list(KEY))
    lasting = with_care["end"].isna() | (with_care["end"] >= with_care["day"])
    with_care = with_care[(with_care["start"] <= with_care["day"]) & lasting].sort_values("start", kind="stable")
    carers = with_care.drop_duplicates("position", keep="last").set_index("position")["carer"]
    return pd.Series(np.arange(len(table)), index=table.index).map(carers).astype("str")


# --- counts -----------------------------------------------------------------------------------------------------


def count_statuses(waves: pd.DataFrame, labels: pd.Series | None = None) -> pd.DataFrame:
    """How many children had each status at each wave, and of how many data were due.

    Parameters
    ----------
    waves : pandas.DataFrame
        ``wave, status``, one row per child and wave.
    labels : Series, optional
        Labels of the waves by number.

    Returns
    -------
    pandas.DataFrame
        ``wave, label``, one column for each status, ``children, due, percent_seen``; due are the children who
        were seen, refused, were not asked or were lost, and `percent_seen` is of these.
    """
    counts = pd.crosstab(waves["wave"], waves["status"]).reindex(columns=list(STATUS_NAMES), fill_value=0)
    counts = counts.rename_axis(columns=None)
    children = counts.sum(axis=1)
    counts["due"] = counts[list(DUE_STATUSES)].sum(axis=1)
    counts["percent_seen"] = 100 * counts["seen"] / counts["due"].where(counts["due"] > 0)
    counts.insert(len(WAVE_STATUSES), "children", children)
    counts = counts.reset_index()
    names = counts["wave"].map(labels) if labels is not None else counts["wave"].astype("str")
    counts.insert(1, "label", names.astype("str"))
    return counts
