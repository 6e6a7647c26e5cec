"""What is said about the dates of a history: the freeze, two placements at once, gaps, days without a night."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.building import Built
from securebase_analysis.study.spells.door import LATE, Door
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.rows_told import rows_told
from securebase_analysis.study.spells.timeline import Rows, as_dates

TABLE = "placements"


def about_the_freeze(door: Door, given: bool) -> Iterator[Problem]:
    """Case 44: up to which day open placements are counted."""
    day = str(as_dates(np.array([door.freeze]))[0])[:10]
    if not given:
        how = "the 31 March that closes the last year seen" if door.columns.coded else "the latest date seen"
        yield Problem(
            "SB-PLACE-60",
            "note",
            f"No data freeze was given; {day} was taken, {how}.",
            TABLE,
            why="Placements without an end count up to this day.",
            fix=f'freeze="{day}"',
        )
    late = door.aside == LATE
    if late.any():
        yield Problem(
            "SB-PLACE-61",
            "warn",
            f"{n_of(int(late.sum()), 'placement begins', 'placements begin')} after the data freeze ({day}).",
            TABLE,
            door.columns.start,
            rows_told(late),
            "What comes after the freeze is known of some children only.",
            "They stand in history.set_aside.",
            "Give a later freeze.",
        )
    if door.after_freeze.any():
        yield Problem(
            "SB-PLACE-61",
            "note",
            f"{n_of(int(door.after_freeze.sum()), 'placement ends', 'placements end')} after the freeze ({day}).",
            TABLE,
            door.columns.end,
            rows_told(door.after_freeze),
            "On that day they had not ended.",
            "They are taken as open.",
            "Give a later freeze.",
        )


def two_at_once(door: Door, built: Built, rules: SpellRules) -> Iterator[Problem]:
    """Cases 46 and 47: two placements at once; both rows are shown, also where a joining rule made them one."""
    rows = door.rows
    is_open, wrong = built.found["two_open"], built.found["overlap"]
    if is_open.any():
        ended = "Each was ended on the day the other began" if rules.two_open == "end_first" else "Both were kept"
        yield Problem(
            "SB-PLACE-02",
            "warn",
            f"{n_of(int(is_open.sum()), 'placement has', 'placements have')} no end although "
            f"another one of the child began later; {_pair(rows, is_open)}.",
            TABLE,
            door.columns.end,
            _both(rows, is_open),
            "A child lives in one place (SSDA903 rules 142, 501).",
            f"{ended}{_of_which_joined(built, is_open)}.",
            'Add the end; or choose rules={"two_open": "keep"}.',
        )
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        days = int(min(rows.end[place], rows.end[place + 1]) - rows.start[place + 1])
        kept = rules.overlap == "keep"
        yield Problem(
            "SB-PLACE-03",
            "warn",
            f"{n_of(int(wrong.sum()), 'placement overlaps', 'placements overlap')} with the child's next one; "
            f"{_pair(rows, wrong)} by {n_of(days, 'day')}.",
            TABLE,
            door.columns.start,
            _both(rows, wrong),
            "The days in common count for two carers.",
            ("Both were kept as they are" if kept else "Each was ended on the day the next one began")
            + f"{_of_which_joined(built, wrong)}.",
            f'rules={{"overlap": "{"end_first" if kept else "keep"}"}}',
        )


def _of_which_joined(built: Built, first_of_pair: np.ndarray) -> str:
    """How many of the pairs a joining rule made one spell."""
    places = np.flatnonzero(first_of_pair)
    n_joined = int((built.spell_of_row[places] == built.spell_of_row[places + 1]).sum())
    return f"; {n_of(n_joined, 'pair is', 'pairs are')} part of one stay and became one spell" if n_joined else ""


def _both(rows: Rows, wrong: np.ndarray) -> list[int]:
    """Row numbers of each of these rows and of the one after it."""
    places = np.flatnonzero(wrong)
    return rows_told(np.unique(rows.source[np.concatenate([places, places + 1])]))


def _pair(rows: Rows, wrong: np.ndarray) -> str:
    """The first such pair of rows, in words."""
    place = int(np.flatnonzero(wrong)[0])
    return f"e.g. rows {rows.source[place] + 1} and {rows.source[place + 1] + 1}"


def gaps_between(door: Door, built: Built, rules: SpellRules) -> Iterator[Problem]:
    """Case 48: time between placements."""
    stays, closed = built.cut["gap_days"]
    if closed.any():
        yield Problem(
            "SB-PLACE-04",
            "note",
            f"{n_of(int(closed.sum()), 'gap')} of up to {n_of(rules.gap_days, 'day')} between placements closed.",
            TABLE,
            door.columns.end,
            built.rows_of_table(stays.first[closed]),
            "Some tables write the last night, others the day of the move.",
            "The first placement goes on until the next.",
            'rules={"gap_days": 0}',
        )
    kept = built.gap_days > 0
    if kept.any():
        longest = n_of(int(built.gap_days.max()), "day")
        yield Problem(
            "SB-PLACE-04",
            "warn",
            f"{n_of(int(kept.sum()), 'placement begins', 'placements begin')} some time after the one "
            f"before ended, and the child had not left care (longest gap {longest}).",
            TABLE,
            door.columns.start,
            built.rows_of_table(built.stays.first[kept]),
            "At home, missing from care, or not recorded: each means something else.",
            "The days between count for no placement; see gap_before in history.spells.",
            "Add the missing placement, correct the dates, or give the reason with which the child left care.",
        )


def zero_days(door: Door, built: Built, rules: SpellRules) -> Iterator[Problem]:
    """Case 55: a spell without a night."""
    stays, zero = built.cut["zero_day"]
    if zero.any():
        half = rules.zero_day == "half_day"
        yield Problem(
            "SB-PLACE-11",
            "warn",
            f"{n_of(int(zero.sum()), 'placement starts and ends', 'placements start and end')} on the same day.",
            TABLE,
            door.columns.end,
            built.rows_of_table(stays.first[zero]),
            "An event at time zero is lost to most methods of survival analysis.",
            "Given half a day." if half else "Kept at 0 days.",
            'rules={"zero_day": "keep"}' if half else 'rules={"zero_day": "half_day"}',
        )


def already_there(door: Door, observed_from: int | None) -> Iterator[Problem]:
    """Case 57: placements that had begun before they could be seen to end."""
    if observed_from is None or not len(door.rows):
        return
    before = door.rows.start < observed_from
    if before.any():
        day = str(as_dates(np.array([observed_from]))[0])[:10]
        yield Problem(
            "SB-PLACE-13",
            "note",
            f"{n_of(int(before.sum()), 'placement')} began before the data do ({day}).",
            TABLE,
            door.columns.start,
            rows_told(door.rows.source[before]),
            "Only those that lasted until then are known, so long stays are over-represented.",
            "`seen_from` in history.spells is the day from which each could be seen to end.",
            "Let time to event begin at seen_from (delayed entry).",
        )
