"""The birth date of every child of a history, from the table of children or from the placements themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.readers.dates import DateOrder
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.cells import days_in
from securebase_analysis.study.spells.columns import PlacementColumns, find_columns
from securebase_analysis.study.spells.timeline import NEVER


def births_of(
    table: pd.DataFrame,
    columns: PlacementColumns,
    children: pd.DataFrame | None,
    child: np.ndarray,
    row_of: np.ndarray,
    order: DateOrder | None,
) -> tuple[np.ndarray, list[Problem]]:
    """The birth date of every child, `NEVER` where none is known, and what was found while they were read."""
    births = np.full(len(row_of), NEVER, dtype="int32")
    problems: list[Problem] = []
    if columns.birth_date:
        days, problems = days_in(table, columns.birth_date, order)
        known = (days > NEVER) & (child >= 0)
        births[child[known]] = days[known]
        differ = np.zeros(len(table), dtype=bool)
        differ[known] = days[known] != births[child[known]]
        births = _without_conflicts(births, child[differ])
        problems += _changing(np.isin(child, child[differ]) & known, "placements", columns.birth_date)
    if children is None:
        return births, problems
    theirs = find_columns(children.columns)
    if theirs.child not in children or not theirs.birth_date:
        return births, problems
    by_site = bool(columns.site and theirs.site)
    days, more = days_in(children.reset_index(drop=True), theirs.birth_date, order, "children")
    problems += more
    known = names_of(children, theirs, by_site).assign(days=days)
    known = known[known["days"] > NEVER]
    if not len(known):
        return births, problems
    several = known.drop_duplicates()
    several = several[several.duplicated(["site", "child"], keep=False)]
    if len(several):
        key = pd.MultiIndex.from_frame(known[["site", "child"]])
        conflicting = key.isin(pd.MultiIndex.from_frame(several[["site", "child"]]))
        problems += _changing(
            np.isin(np.arange(len(days)), known.index[conflicting]), "children", theirs.birth_date
        )
        known = known[~conflicting]
    mine = names_of(table.take(row_of), columns, by_site)
    found = mine.merge(known.drop_duplicates(["site", "child"]), on=["site", "child"], how="left")["days"]
    return np.where(found.notna(), found.fillna(0), births).astype("int32"), problems


def _without_conflicts(births: np.ndarray, children: np.ndarray) -> np.ndarray:
    """Birth dates, not known for some children."""
    births = births.copy()
    births[children] = NEVER
    return births


def _changing(wrong: np.ndarray, called: str, name: str) -> list[Problem]:
    """Case 28: children with more than one birth date."""
    if not wrong.any():
        return []
    return [
        Problem(
            "SB-ID-07",
            "warn",
            f"{n_of(int(wrong.sum()), 'row')} of children with more than one birth date.",
            called,
            name,
            rows_where(wrong),
            "Their ages depend on the row that is read.",
            "None was chosen: their birth dates are not known to what asks for an age.",
            "Find out which is right.",
        )
    ]


def names_of(table: pd.DataFrame, columns: PlacementColumns, by_site: bool) -> pd.DataFrame:
    """Site and child as text."""
    site = table[columns.site].astype("str").fillna("").to_numpy() if by_site else ""
    return pd.DataFrame({"site": site, "child": table[columns.child].astype("str").to_numpy()})
