"""What the rows of a table say against themselves, before anything is built from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, Severity
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.rows_told import rows_told
from securebase_analysis.study.spells.timeline import NEVER, OPEN, as_dates

TABLE = "placements"
ADULT_YEARS = 18


def remarks_at_the_door(door: Door, stops: bool) -> Iterator[Problem]:
    """Rows that cannot be used, and what the table itself says about them."""
    severity: Severity = "stop" if stops else "warn"
    done = "Nothing was dropped or changed." if stops else "They stand in history.set_aside and count for nothing."
    cases = (
        (
            "SB-ID-09",
            "child",
            "has no child",
            "have no child",
            "Whose they are is not known.",
            "Fill in the child.",
        ),
        ("SB-PLACE-30", "start", "has no start", "have no start", "Their length is not known.", "Add the start."),
        (
            "SB-PLACE-01",
            "end",
            "ends before the start",
            "end before they start",
            "A negative time in placement counts against every rate (SSDA903 rule 356).",
            "Correct the start or the end.",
        ),
    )
    for place, (code, slot, one, many, why, fix) in enumerate(cases):
        wrong = door.aside == place
        if wrong.any():
            number = n_of(int(wrong.sum()), f"placement {one}", f"placements {many}")
            yield Problem(
                code,
                severity,
                number + ".",
                TABLE,
                getattr(door.columns, slot) or slot,
                rows_told(wrong),
                why,
                done,
                fix,
            )
    yield from _reasons_and_ends(door, stops)
    yield from _outside_childhood(door, stops)


def _reasons_and_ends(door: Door, stops: bool) -> Iterator[Problem]:
    """Case 53: a reason without an end, an end without a reason."""
    name = door.columns.exit_reason if door.columns.coded else door.columns.end_reason
    if name not in door.table or door.columns.end not in door.table:
        return
    codes, _ = door.texts(name)
    usable = door.aside < 0
    no_end = usable & (codes >= 0) & (door.end == OPEN) & ~door.after_freeze
    no_reason = usable & (codes < 0) & (door.end < OPEN)
    why = "Whether a placement has ended, and how, decides every rate (SSDA903 rule 148)."
    if no_end.any():
        yield Problem(
            "SB-PLACE-09",
            "stop" if stops else "warn",
            f"{n_of(int(no_end.sum()), 'placement has', 'placements have')} a reason for ending and no end.",
            TABLE,
            door.columns.end,
            rows_told(no_end),
            why,
            "None was closed." if stops else "They are taken as not ended.",
            "Add the end, or delete the reason.",
        )
    if no_reason.any():
        yield Problem(
            "SB-PLACE-09",
            "warn",
            f"{n_of(int(no_reason.sum()), 'placement has', 'placements have')} an end and no reason for it.",
            TABLE,
            name,
            rows_told(no_reason),
            why,
            "They are taken as moves inside care.",
            "Add the reason.",
        )


def _outside_childhood(door: Door, stops: bool) -> Iterator[Problem]:
    """Case 54: a start before birth or after the 18th birthday."""
    rows = door.rows
    births = door.births[rows.child] if len(door.births) else np.full(len(rows), NEVER)
    known = births > NEVER
    if not known.any():
        return
    adult = (pd.Series(as_dates(births)) + pd.DateOffset(years=ADULT_YEARS)).to_numpy()
    starts = as_dates(rows.start)
    cases = (
        (
            known & (rows.start < births),
            "before the child was born",
            "Check both dates; a plan made before birth begins with the birth.",
        ),
        (
            known & (starts > adult),
            "after the 18th birthday",
            "Check both dates; leave out arrangements of adults.",
        ),
    )
    for wrong, when, fix in cases:
        if wrong.any():
            yield Problem(
                "SB-PLACE-10",
                "stop" if stops else "warn",
                f"{n_of(int(wrong.sum()), 'placement begins', 'placements begin')} {when}.",
                TABLE,
                door.columns.start,
                rows_told(rows.source[wrong]),
                "Age at placement would be impossible.",
                "No date was changed.",
                fix,
            )
