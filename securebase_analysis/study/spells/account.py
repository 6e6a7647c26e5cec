"""The account of a history: children, stays, events and days before and after every rule, which must agree."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.study.spells.timeline import OPEN, Stays

COLUMNS = [
    "rule", "children_before", "children_after", "rows_before", "rows_after", "events_before", "events_after",
    "days_before", "days_after", "rows_changed", "events_changed", "days_changed",
]  # fmt: skip


@dataclass(frozen=True)
class Count:
    """What a history holds at one point.

    Attributes
    ----------
    children, stays : int
        How many.
    events : int
        Changes of carer from one stay to the child's next, and exits from care.
    days : float
        Days in care up to the data freeze, each day of a child counted once.
    """

    children: int
    stays: int
    events: int
    days: float


def count(stays: Stays, freeze: int, half_days: bool = False) -> Count:
    """Count children, stays, events and days.

    Parameters
    ----------
    stays : Stays
        At any point between rows and spells.
    freeze : int
        Last day of the data.
    half_days : bool
        Whether stays that start and end on one day count half a day.
    """
    if len(stays) == 0:
        return Count(0, 0, 0, 0.0)
    same_child = stays.child[1:] == stays.child[:-1]
    moves = int((same_child & (stays.carer[1:] != stays.carer[:-1])).sum())
    days = float(stays.days_covered(freeze))
    extra = 0.5 * int(starts_and_ends_on_one_day(stays).sum()) if half_days else 0.0
    return Count(int((~same_child).sum()) + 1, len(stays), moves + int(stays.left.sum()), days + extra)


def starts_and_ends_on_one_day(stays: Stays) -> np.ndarray:
    """Whether a stay that has ended lasted no night."""
    return (stays.start == stays.end) & (stays.end < OPEN)


@dataclass
class Account:
    """What every rule did, entered as it runs; an entry that does not agree with the count after it is refused."""

    freeze: int
    now: Count
    entries: list[tuple[object, ...]] = field(default_factory=list)

    def enter(
        self, rule: str, after: Count, stays_changed: int = 0, events_changed: int = 0, days_changed: float = 0.0
    ) -> None:
        """Enter a rule with what it says that it changed."""
        before = self.now
        agrees = (
            before.children == after.children
            and before.stays + stays_changed == after.stays
            and before.events + events_changed == after.events
            and before.days + days_changed == after.days
        )
        if not agrees:
            raise AssertionError(f"the account of {rule} does not agree: {before}, {after}")
        self.entries.append(
            (rule, before.children, after.children, before.stays, after.stays, before.events, after.events,
             before.days, after.days, stays_changed, events_changed, days_changed)
        )  # fmt: skip
        self.now = after

    def frame(self) -> pd.DataFrame:
        """The entries as a table, one row a rule; rules that ran twice stand in one row each time."""
        return pd.DataFrame(self.entries, columns=COLUMNS)
