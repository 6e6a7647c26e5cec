"""From rows to spells: every rule in its order, each entered in the account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase_analysis.study.spells.account import Account, count, starts_and_ends_on_one_day
from securebase_analysis.study.spells.codes import AWAY, BACK, BEGINNING_CODES, RESPITE, RETURN, STAYS
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.joining import (
    Cut,
    close_gaps,
    end_where_another_begins,
    gaps,
    join_all,
    new_periods,
    open_before_another,
    overlapping,
    rows_as_stays,
)
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.rows_told import rows_told
from securebase_analysis.study.spells.timeline import NEVER, OPEN, Rows, Stays, is_new


@dataclass(frozen=True, eq=False)
class Built:
    """Spells, and what was done to get there.

    Attributes
    ----------
    stays : Stays
        The spells.
    rows : Rows
        The rows with their ends as the rules left them, and why each began (of a plain table: as the rules say).
    spell_of_row : numpy.ndarray of int32
        The spell that each row became part of.
    mark_of_row : numpy.ndarray of int8
        See `codes.STAYS` and the marks after it.
    period : numpy.ndarray of int32
        Number of the period of care of each spell, from 1 for each child.
    joined : dict of str to numpy.ndarray
        Rows (places in `rows`) that each joining rule took in.
    found : dict of str to numpy.ndarray
        Rows (as a mask) that have no end although another begins later, and that overlap with the next.
    cut : dict of str to tuple of Stays and numpy.ndarray
        For the rules about dates: the stays they looked at and which they changed.
    gap_days : numpy.ndarray of int32
        Days between each spell and all before it in the period of care.
    account : Account
        Before and after.
    """

    stays: Stays
    rows: Rows
    spell_of_row: np.ndarray
    mark_of_row: np.ndarray
    period: np.ndarray
    joined: dict[str, np.ndarray]
    found: dict[str, np.ndarray]
    cut: dict[str, tuple[Stays, np.ndarray]]
    gap_days: np.ndarray
    account: Account

    def rows_of_table(self, rows: np.ndarray) -> list[int]:
        """Row numbers of the table, from 1, of rows given by place or by mask; of very many the first."""
        return rows_told(self.rows.source[rows])


class _Builder:
    """The stays as they change, and the record of it."""

    def __init__(self, door: Door, rules: SpellRules) -> None:
        self.door, self.rules = door, rules
        self.stays = rows_as_stays(door.rows)
        self.account = Account(door.freeze, count(self.stays, door.freeze))
        self.spell_of_row = np.arange(len(door.rows), dtype="int32")
        self.mark_of_row = np.full(len(door.rows), STAYS, dtype="int8")
        self.joined: dict[str, list[np.ndarray]] = {}
        self.cut: dict[str, tuple[Stays, np.ndarray]] = {}
        self.found: dict[str, np.ndarray] = {}
        self.as_given = self.stays

    def join(self) -> None:
        """Run the joining rules."""
        for step in join_all(self.stays, self.door, self.rules):
            taken_in = np.flatnonzero(~is_new(step.into))
            self.joined.setdefault(step.rule, []).append(self.stays.first[taken_in])
            for mark, rows in step.marked.items():
                self.mark_of_row[rows] = mark
            self.stays = step.stays
            self.spell_of_row = step.into[self.spell_of_row]
            after = count(self.stays, self.door.freeze)
            self.account.enter(step.rule, after, -step.rows_joined, step.events_changed)

    def move_ends(self, cut: Cut) -> None:
        """Enter a rule that moves the ends of stays: it may add the days that it says, or take days away."""
        self.cut[cut.rule] = (self.stays, cut.touched)
        if not cut.touched.any():
            return
        before, after = self.account.now, count(cut.stays, self.door.freeze)
        taken = min(after.days - before.days, 0.0) if cut.days_added == 0 else 0.0
        self.account.enter(cut.rule, after, 0, 0, cut.days_added + taken)
        self.stays = cut.stays
        self._into_order()

    def _into_order(self) -> None:
        """Bring stays that begin on one day, of which one was cut to no night, into the order of rows."""
        stays = self.stays
        wrong = ~stays.is_first[1:] & (stays.start[1:] == stays.start[:-1]) & (stays.end[1:] <= stays.end[:-1])
        if not wrong.any():
            return
        types = self.door.rows.type[stays.first]
        order = np.lexsort((types, stays.carer, stays.end, stays.start, stays.child))
        self.stays = stays.taken(order)
        self.spell_of_row = np.argsort(order).astype("int32")[self.spell_of_row]
        before, after = self.account.now, count(self.stays, self.door.freeze)
        if before != after:
            self.account.enter("order of one day", after, 0, after.events - before.events)


def build(door: Door, rules: SpellRules) -> Built:
    """Spells from the rows in order.

    Parameters
    ----------
    door : Door
        The rows.
    rules : SpellRules
        What is done with each way in which rows are not yet spells.

    Returns
    -------
    Built
    """
    work = _Builder(door, rules)
    work.join()
    for rule, find in (("two_open", open_before_another), ("overlap", overlapping)):
        if getattr(rules, rule) == "end_first":
            work.move_ends(end_where_another_begins(work.stays, rule, find(work.stays)))
        work.found[rule] = find(work.as_given)  # told of the rows as they came, also of those that were joined
    work.move_ends(close_gaps(work.stays, gaps(work.stays, rules), rules.gap_days))
    work.join()
    _half_days(work)
    return _built(work)


def _half_days(work: _Builder) -> None:
    """Stays that start and end on one day last half a day."""
    zero = starts_and_ends_on_one_day(work.stays)
    work.cut["zero_day"] = (work.stays, zero)
    if work.rules.zero_day == "half_day" and zero.any():
        after = count(work.stays, work.door.freeze, half_days=True)
        work.account.enter("zero_day", after, 0, 0, 0.5 * int(zero.sum()))


def _built(work: _Builder) -> Built:
    """The spells with all that follows from them."""
    stays = work.stays
    new = new_periods(stays, work.rules)
    per_child = np.cumsum(new, dtype="int32")
    heads = np.maximum.accumulate(np.where(stays.is_first, np.arange(len(stays)), 0))
    period = per_child - per_child[heads] + np.int32(1)
    return Built(
        stays=stays,
        rows=_rows_after(work, new),
        spell_of_row=work.spell_of_row,
        mark_of_row=work.mark_of_row,
        period=period.astype("int32"),
        joined={rule: np.concatenate(parts) for rule, parts in work.joined.items()},
        found=work.found,
        cut=work.cut,
        gap_days=gaps(stays, work.rules).astype("int32"),
        account=work.account,
    )


def _rows_after(work: _Builder, new_period: np.ndarray) -> Rows:
    """The rows with the ends that the rules gave, and in a plain table with the reason why each begins."""
    rows, stays, spell = work.door.rows, work.stays, work.spell_of_row
    end = np.minimum(rows.end, stays.end[spell])
    holders = stays.last
    end[holders] = np.maximum(end[holders], np.where(stays.end > rows.end[holders], stays.end, NEVER))
    values = {name: getattr(rows, name) for name in Rows.__dataclass_fields__} | {"end": end}
    if not work.door.columns.coded:
        values["began"] = _beginnings_that_follow(work, new_period)
    return Rows(**values)


def _beginnings_that_follow(work: _Builder, new_period: np.ndarray) -> np.ndarray:
    """Why each row of a plain table begins, in the words of a return, from what the rules made of it."""
    rows, stays = work.door.rows, work.stays
    entry, legal, carer, placement = (BEGINNING_CODES.index(code) for code in "SLPT")
    began = np.full(len(rows), legal, dtype="int8")
    new_type = is_new(rows.type)
    same_carer = ~is_new(rows.carer)
    began[new_type & same_carer] = placement
    heads = stays.first
    goes_on = ~is_new(stays.carer) & ~stays.is_first
    goes_on[1:] &= stays.start[1:] <= stays.end[:-1]
    began[heads[~goes_on]] = carer
    began[heads[new_period]] = entry
    began[np.isin(work.mark_of_row, (AWAY, RETURN, RESPITE, BACK))] = legal
    return began


def still_open(stays: Stays) -> np.ndarray:
    """Spells that had not ended at the data freeze."""
    return stays.end == OPEN
