"""Which placements are followed, from when to when on their clock, and which are left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.models.follow_up.endings import Endings
from securebase_analysis.models.follow_up.spell_days import SpellDays
from securebase_analysis.study.spells.timeline import NEVER, OPEN, is_new

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Unit = Literal["placement", "child", "period"]
UNITS: tuple[Unit, ...] = ("placement", "child", "period")

LEFT_OUT = (
    "short break or temporary stay",
    "child never seen",
    "had ended when the study began",
    "began on the last day",
)


@dataclass(frozen=True, eq=False)
class FollowedSpells:
    """The placements that are followed, one value each, in order of child and start.

    Attributes
    ----------
    at : numpy.ndarray of int
        Place among the spells of the history.
    child, carer : numpy.ndarray of int
        As in `SpellDays`.
    begin, entered, end : numpy.ndarray of int
        First day, day from which it was under observation, and last day, in days since 1970.
    clock : numpy.ndarray of int
        The day on which its clock shows 0.
    start, stop : numpy.ndarray of float
        Days on the clock when it enters and leaves observation.
    event : numpy.ndarray of bool
        Whether it ends in a disruption.
    enum : numpy.ndarray of int
        One more than the disruptions of the child (or of its period of care) before.
    """

    at: Ints
    child: Ints
    carer: Ints
    begin: Ints
    entered: Ints
    end: Ints
    clock: Ints
    start: Floats
    stop: Floats
    event: Bools
    enum: Ints

    def __len__(self) -> int:
        return len(self.at)

    @property
    def of_one_day(self) -> Bools:
        """Placements that ended on the day on which they began."""
        return self.end == self.begin


def followed_spells(
    spells: SpellDays, endings: Endings, seen_from: Ints, unit: Unit
) -> tuple[FollowedSpells, pd.DataFrame]:
    """The placements that are followed, and a table of those that are not.

    Parameters
    ----------
    spells : SpellDays
    endings : Endings
    seen_from : numpy.ndarray of int, shape (spells,)
        The day from which each was under observation; see `first_seen`.
    unit : {"placement", "child", "period"}
        Whether clocks start with each placement, with the first of the child, or with the first of the period of
        care.

    Returns
    -------
    FollowedSpells
    pandas.DataFrame
        ``reason, placements, children, disruptions, days`` of the spells that are left out.
    """
    entered = np.maximum(spells.begin, np.where(seen_from >= OPEN, NEVER, seen_from))
    leaves = spells.begin + spells.lasted
    never = seen_from >= OPEN
    why = np.select(
        [~spells.is_placement, never, (entered > spells.begin) & (leaves <= entered), leaves <= entered],
        range(len(LEFT_OUT)),
        default=-1,
    )
    kept = np.flatnonzero(why < 0)
    clock = _clocks(spells, unit)
    begins_at = (spells.begin - clock).astype(float)
    start = (entered - clock).astype(float)
    if unit != "placement":
        start = _after_half_days(spells, start)
    followed = FollowedSpells(
        at=kept,
        child=spells.child[kept],
        carer=spells.carer[kept],
        begin=spells.begin[kept],
        entered=entered[kept],
        end=spells.end[kept],
        clock=clock[kept],
        start=start[kept],
        stop=(begins_at + spells.lasted)[kept],
        event=endings.event[kept],
        enum=_numbers(spells, endings.event, unit)[kept],
    )
    return followed, _left_out(spells, endings.event, why)


def _clocks(spells: SpellDays, unit: Unit) -> Ints:
    """The day on which the clock of each spell shows 0."""
    if unit == "placement":
        return spells.begin
    ordinary = np.where(spells.is_placement, spells.begin, OPEN)
    heads = np.flatnonzero(_new_unit(spells, unit))
    return np.minimum.reduceat(ordinary, heads)[np.cumsum(_new_unit(spells, unit)) - 1] if len(heads) else ordinary


def _new_unit(spells: SpellDays, unit: Unit) -> Bools:
    """Where another child begins, or another period of care."""
    new = is_new(spells.child)
    return new if unit != "period" else new | is_new(spells.period)


def _numbers(spells: SpellDays, event: Bools, unit: Unit) -> Ints:
    """One more than the disruptions before, within the child or the period of care."""
    counted = event & spells.is_placement
    before: Ints = np.cumsum(counted) - counted
    heads = _new_unit(spells, unit)
    at_head = np.maximum.accumulate(np.where(heads, np.arange(len(spells)), 0))
    return before - before[at_head] + 1


def _after_half_days(spells: SpellDays, start: Floats) -> Floats:
    """On one clock a placement begins half a day late where one of no night went before it on its first day."""
    zero = (spells.begin == spells.end) & ~spells.is_open & spells.is_placement
    late = np.zeros(len(spells), dtype=bool)
    late[1:] = zero[:-1] & (spells.child[1:] == spells.child[:-1]) & (spells.begin[1:] == spells.begin[:-1])
    return start + 0.5 * (late & ~zero)


def _left_out(spells: SpellDays, event: Bools, why: NDArray[np.int64]) -> pd.DataFrame:
    """How many are left out for each reason."""
    lines = []
    for place, reason in enumerate(LEFT_OUT):
        mine = why == place
        if mine.any():
            n_children = len(np.unique(spells.child[mine]))
            lines.append(
                (reason, int(mine.sum()), n_children, int(event[mine].sum()), float(spells.lasted[mine].sum()))
            )
    return pd.DataFrame(lines, columns=["reason", "placements", "children", "disruptions", "days"])
