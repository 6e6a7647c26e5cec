"""When each child was seen: dates, years since the first wave, age, carer, and what is known of the child."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import DataError, Problem, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.scoring.answers import OCCASION
from securebase_analysis.measures.scoring.placed import placement_starts
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import Codebook

DAYS_PER_YEAR = 365.25


def describe_occasions(
    seen: pd.DataFrame,
    waves: pd.DataFrame,
    children: pd.DataFrame,
    codebook: Codebook,
    placements: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add time, age, carer, placement and the child's own columns to the occasions on which something was scored.

    Parameters
    ----------
    seen : pandas.DataFrame
        ``site, child, wave``, one row per occasion, and any columns to carry along.
    waves : pandas.DataFrame
        ``site, child, wave`` with `date` and `carer` where known; may be empty.
    children : pandas.DataFrame
        ``site, child`` with `birth_date` and anything else; may be empty.
    codebook : Codebook
        For the planned months of each wave.
    placements : pandas.DataFrame, optional
        ``site, child, start, end, carer``; may be empty.

    Returns
    -------
    pandas.DataFrame
        ``site, child, wave, date, years, age, carer`` and the other columns; with placements also
        ``placement_start``, of the placement on the day of the wave. `years` counts from the child's first dated
        wave, planned months standing in for a missing date.
    """
    table = seen
    if not waves.empty:
        known = [name for name in ("date", "carer") if name in waves and name not in seen]
        table = table.merge(waves[[*OCCASION, *known]], on=OCCASION, how="left")
    if not children.empty:
        own = [name for name in children if name not in table or name in ("site", "child")]
        table = table.merge(children[own], on=["site", "child"], how="left")
    dates = _dates(table, "date")
    timed = {"date": dates}
    timed["years"] = table["years"] if "years" in table else _years(table, dates, waves, codebook)
    timed["age"] = table["age"] if "age" in table else _age(table, dates)
    timed["carer"] = table["carer"] if "carer" in table else pd.Series("", index=table.index, dtype="str")
    if placements is not None and len(placements) and "placement_start" not in table:
        timed["placement_start"] = placement_starts(table.assign(date=dates), placements)
    others = table.drop(columns=[*OCCASION, *timed], errors="ignore")
    return pd.concat([table[OCCASION], pd.DataFrame(timed), others], axis=1)


def _years(table: pd.DataFrame, dates: pd.Series, waves: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """Years since the child's first dated wave; planned years where a date is missing."""
    planned = dict(zip(codebook.waves["wave"], codebook.waves["months"] / 12.0))
    by_plan = table["wave"].map(planned).astype(float)
    if dates.isna().all():
        return by_plan
    dated = waves if "date" in waves else table.assign(date=dates)
    dated = dated.assign(date=_dates(dated, "date")).dropna(subset="date").sort_values("date", kind="stable")
    first = dated.drop_duplicates(["site", "child"])[["site", "child", "date", "wave"]]
    first = first.rename(columns={"date": "first_date", "wave": "first_wave"})
    begun = table[["site", "child"]].merge(first, on=["site", "child"], how="left").set_index(table.index)
    exact = (dates - begun["first_date"]).dt.days / DAYS_PER_YEAR
    since_first = by_plan - begun["first_wave"].map(planned).astype(float).fillna(0.0)
    return exact.where(exact.notna(), since_first)


def _age(table: pd.DataFrame, dates: pd.Series) -> pd.Series:
    return (dates - _dates(table, "birth_date")).dt.days / DAYS_PER_YEAR


def _dates(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as dates without a time zone; nothing where the table has no such column.

    Raises
    ------
    DataError
        When a cell is no date.
    """
    if column not in table:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    if pd.api.types.is_datetime64_any_dtype(table[column]):
        return table[column].dt.tz_localize(None)
    dates = pd.to_datetime(table[column], errors="coerce", format="ISO8601")
    lost = dates.isna().to_numpy() & ~blank(table[column])
    if lost.any():
        raise DataError(
            Problem(
                "SB-FILE-10",
                "stop",
                f"{wording.count(int(lost.sum()), 'occasion has', 'occasions have')} a {column} that is no date.",
                column=column,
                rows=rows_where(lost),
                why="Time and age would be missing without a sign.",
                fix=f"data[{column!r}] = pd.to_datetime(data[{column!r}], format=...), in the order of the dates",
            )
        )
    return dates.dt.tz_localize(None)
