"""What is said about the carers of a table of placements: one name that stands for many households."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.building import Built
from securebase_analysis.study.spells.door import Door

TABLE = "placements"
MANY_CHILDREN = 10
"""Children at one time that no foster, kinship or adoptive family has: an agency or a home is the carer then."""


def crowded_carers(door: Door, built: Built) -> Iterator[Problem]:
    """Moves that cannot be seen because an agency or a home stands where the carer should."""
    if door.columns.coded or door.columns.carer not in door.table:
        return
    at_once = _most_children_at_once(door)
    joined = built.joined.get("legal_change_same_carer", np.array([], dtype="int64"))
    unseen = joined[at_once[door.rows.carer[joined]] >= MANY_CHILDREN]
    if not len(unseen):
        return
    carers = np.unique(door.rows.carer[unseen])
    yield Problem(
        "SB-PLACE-79",
        "warn",
        f"{n_of(len(carers), 'carer has', 'carers have')} {MANY_CHILDREN} children or more at one time, up to "
        f"{int(at_once[carers].max())}.",
        TABLE,
        door.columns.carer,
        built.rows_of_table(unseen),
        "An agency or a home under the name of a carer hides every move between its households.",
        f"{n_of(len(unseen), 'row')} of their children that follow one another count as one placement.",
        "Name the household in the carer column, and the agency in a column of its own.",
    )


def _most_children_at_once(door: Door) -> np.ndarray:
    """For each carer number, the most rows that were open on one day."""
    rows = door.rows
    carer = np.concatenate([rows.carer, rows.carer])
    day = np.concatenate([rows.start, rows.end])
    change = np.repeat([1, -1], len(rows))
    order = np.lexsort((change, day, carer))  # on one day who leaves goes before who comes
    open_now = np.cumsum(change[order])  # every carer ends at 0, so one running sum serves all
    most = np.zeros(int(rows.carer.max(initial=-1)) + 1, dtype="int64")
    np.maximum.at(most, carer[order], open_now)
    return most
