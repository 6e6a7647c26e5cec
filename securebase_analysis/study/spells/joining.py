"""Stays that belong together become one: the same carer, a respite stay, a temporary stay.

Each rule marks the stays that go on from the one before them; `join` does the rest. The rules run until none of
them finds anything, so that spells built from spells are the same spells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from securebase_analysis.study.spells.codes import (
    AWAY,
    BACK,
    BEGINNING_CODES,
    PLACEMENT,
    RESPITE,
    RETURN,
    TEMPORARY_STAY,
)
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.ordering import same_place
from securebase_analysis.study.spells.timeline import OPEN, Rows, Stays

ENTRY = BEGINNING_CODES.index("S")


@dataclass(frozen=True, eq=False)
class Joined:
    """The stays after a rule, and what the rule says that it did.

    Attributes
    ----------
    rule : str
        Its name.
    stays : Stays
        After it.
    marked : dict of int to numpy.ndarray
        Rows (places in `Rows`) by the mark they get: the first of stays that were taken in, and of returns.
    rows_joined, events_changed : int
        How many stays were taken in, and the events that stand between or inside them no more.
    into : numpy.ndarray
        The stay that each stay became part of.
    """

    rule: str
    stays: Stays
    marked: dict[int, np.ndarray]
    rows_joined: int
    events_changed: int
    into: np.ndarray


def rows_as_stays(rows: Rows) -> Stays:
    """Every row a stay of its own."""
    places = np.arange(len(rows), dtype="int32")
    return Stays(
        child=rows.child,
        start=rows.start,
        end=rows.end,
        carer=rows.carer,
        kind=rows.kind,
        enters=rows.began == ENTRY,
        left=rows.left,
        first=places,
        last=places,
        n_rows=np.ones(len(rows), dtype="int32"),
    )


def join_all(stays: Stays, door: Door, rules: SpellRules) -> Iterator[Joined]:
    """Run the joining rules until none of them finds anything; every step that found something."""
    size = -1
    while size != len(stays):
        size = len(stays)
        for rule in (_same_carer, _respite, _temporary):
            for step in rule(stays, door, rules):
                if step.rows_joined:
                    stays = step.stays
                    yield step


def new_periods(stays: Stays, rules: SpellRules) -> np.ndarray:
    """Whether each stay begins a period of care: the child's first, one that says so, or one after an exit."""
    if rules.re_entry == "same_period":
        return stays.is_first
    return stays.is_first | stays.enters | stays.after_exit


# --- the rules ------------------------------------------------------------------------------------------------


def _same_carer(stays: Stays, door: Door, rules: SpellRules) -> Iterator[Joined]:
    """The child goes on with the carer: `legal_change_same_carer` and `placement_change_same_carer`."""
    for name, to_new_place in (("legal_change_same_carer", False), ("placement_change_same_carer", True)):
        if getattr(rules, name) != "merge":
            continue
        now = _goes_on(stays, rules) & (_new_place(stays, door) == to_new_place)
        now[1:] &= (stays.carer[1:] == stays.carer[:-1]) & (stays.kind[1:] == stays.kind[:-1])
        if now.any():
            step = join(stays, now, name, {})
            yield step
            stays = step.stays


def _goes_on(stays: Stays, rules: SpellRules) -> np.ndarray:
    """Whether a stay begins when the one before it ends (or earlier), in the same period of care."""
    goes_on = ~new_periods(stays, rules)
    goes_on[1:] &= stays.start[1:] <= stays.end[:-1]
    return goes_on


def _new_place(stays: Stays, door: Door) -> np.ndarray:
    """Whether a stay with the same carer is another placement: by its code, or in a plain table by its type."""
    if door.columns.coded:
        began = door.rows.began[stays.first]
        return ~np.array([*(code in "LU" for code in BEGINNING_CODES), True])[began]
    types = door.rows.type
    new = np.zeros(len(stays), dtype=bool)
    new[1:] = types[stays.first[1:]] != types[stays.last[:-1]]
    return new


def _respite(stays: Stays, door: Door, rules: SpellRules) -> Iterator[Joined]:
    """A few days with somebody else, inside a stay or between two stays with the same carer."""
    if rules.respite_days == 0 or len(stays) < 2:
        return
    ordinary = stays.kind == PLACEMENT
    short = ordinary & (stays.end - stays.start <= rules.respite_days) & (stays.end < OPEN)
    candidates = np.flatnonzero(short[1:] & ordinary[:-1]) + 1
    candidates = candidates[stays.child[candidates] == stays.child[candidates - 1]]
    candidates = candidates[stays.carer[candidates] != stays.carer[candidates - 1]]
    goes_on = _goes_on(stays, rules)
    candidates = candidates[goes_on[candidates]]
    inside = candidates[stays.end[candidates] < stays.end[candidates - 1]]
    between = np.setdiff1d(candidates, inside, assume_unique=True)
    between = between[_is_followed(between, stays, goes_on)]
    between = between[ordinary[between + 1] & _same_carer_again(between - 1, between + 1, stays, door)]
    inside, between = _not_next_to_one_another(inside, between)
    chosen = np.zeros(len(stays), dtype=bool)
    chosen[inside] = chosen[between] = chosen[between + 1] = True
    if chosen.any():
        away = np.concatenate([inside, between])
        yield join(stays, chosen, "respite_days", {RESPITE: stays.first[away], BACK: stays.first[between + 1]})


def _is_followed(places: np.ndarray, stays: Stays, goes_on: np.ndarray) -> np.ndarray:
    """Whether the child goes on, without a gap, after each of these stays."""
    followed = places + 1 < len(stays)
    followed[followed] = goes_on[places[followed] + 1]
    return followed


def _same_carer_again(before: np.ndarray, after: np.ndarray, stays: Stays, door: Door) -> np.ndarray:
    """Whether the stay after is with the carer of the stay before; a return knows places, not carers."""
    same = stays.carer[before] == stays.carer[after]
    if door.columns.coded:
        sources = door.rows.source
        same |= same_place(sources[stays.last[before]], sources[stays.first[after]], door.texts, door.columns)
    return same


def _not_next_to_one_another(inside: np.ndarray, between: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of candidates in a row every other one: the stay around a respite stay is not respite itself."""
    every = np.sort(np.concatenate([inside, between]))
    if len(every) == 0:
        return inside, between
    run_starts = np.append(True, np.diff(every) > 1)
    start_of_run = np.maximum.accumulate(np.where(run_starts, np.arange(len(every)), 0))
    taken = every[(np.arange(len(every)) - start_of_run) % 2 == 0]
    return np.intersect1d(inside, taken, assume_unique=True), np.intersect1d(between, taken, assume_unique=True)


def _temporary(stays: Stays, door: Door, rules: SpellRules) -> Iterator[Joined]:
    """Stays of type T0 to T4 from which the child comes back to the same place."""
    is_temporary = stays.kind == TEMPORARY_STAY
    if rules.temporary != "merge" or not is_temporary.any():
        return
    goes_on = _goes_on(stays, rules)
    run_starts = is_temporary & ~(goes_on & is_temporary[np.arange(len(stays)) - 1])
    starts = np.flatnonzero(run_starts)
    in_run = is_temporary & goes_on
    stops = np.searchsorted(np.flatnonzero(~in_run | run_starts), starts, side="right")
    ends = np.append(np.flatnonzero(~in_run | run_starts), len(stays))[stops]  # the stay after each run
    returns = (ends < len(stays)) & (starts > 0) & goes_on[starts]
    starts, ends = starts[returns], ends[returns]
    fits = goes_on[ends] & (stays.kind[starts - 1] == PLACEMENT) & (stays.kind[ends] == PLACEMENT)
    starts, ends = starts[fits], ends[fits]
    back = _same_carer_again(starts - 1, ends, stays, door)
    starts, ends = starts[back], ends[back]
    chosen = _between(starts, ends + 1, len(stays))
    if chosen.any():
        away = chosen & is_temporary
        yield join(stays, chosen, "temporary", {AWAY: stays.first[away], RETURN: stays.first[ends]})


def _between(starts: np.ndarray, stops: np.ndarray, size: int) -> np.ndarray:
    """A mask that holds from each start to before its stop."""
    steps = np.zeros(size + 1, dtype="int32")
    np.add.at(steps, starts, 1)
    np.add.at(steps, stops, -1)
    return np.cumsum(steps[:-1]) > 0


# --- joining --------------------------------------------------------------------------------------------------


def join(stays: Stays, goes_on: np.ndarray, rule: str, marked: dict[int, np.ndarray]) -> Joined:
    """Take every stay that goes on into the one before it."""
    heads, inner = np.flatnonzero(~goes_on), np.flatnonzero(goes_on)
    into = np.cumsum(~goes_on, dtype="int32")
    into -= 1
    groups = into[inner]
    end, n_rows = np.maximum.reduceat(stays.end, heads), np.add.reduceat(stays.n_rows, heads, dtype="int32")
    holder = heads.copy()
    lasting = stays.end[inner] == end[groups]
    holder[groups[lasting]] = inner[lasting]  # the later one of two that end on the same day
    carer = _carers_that_are_one(stays, goes_on, marked)
    joined = Stays(
        child=stays.child[heads],
        start=stays.start[heads],
        end=end,
        carer=carer[heads],
        kind=stays.kind[heads],
        enters=stays.enters[heads],
        left=stays.left[holder],
        first=stays.first[heads],
        last=stays.last[holder],
        n_rows=n_rows,
    )
    changed = _events_changed(stays, joined, inner, groups)
    return Joined(rule, joined, marked, len(inner), changed, into)


def _carers_that_are_one(stays: Stays, goes_on: np.ndarray, marked: dict[int, np.ndarray]) -> np.ndarray:
    """Numbers of carers after a return to the same place, which of a return were two numbers for one carer."""
    returned = marked.get(BACK, marked.get(RETURN))
    if returned is None or not len(returned):
        return stays.carer
    places = np.flatnonzero(np.isin(stays.first, returned) & goes_on)
    heads = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(stays))))
    other = stays.carer[places] != stays.carer[heads[places]]
    if not other.any():
        return stays.carer
    also = np.arange(int(stays.carer.max()) + 1, dtype="int32")
    also[stays.carer[places[other]]] = stays.carer[heads[places[other]]]
    return also[stays.carer]


def _events_changed(stays: Stays, joined: Stays, inner: np.ndarray, groups: np.ndarray) -> int:
    """Changes of carer and exits that the joined stays no longer show, from the edges that were touched."""
    inside = int((stays.carer[inner] != stays.carer[inner - 1]).sum())
    tails = inner[np.append(np.diff(inner) > 1, True)]  # the last stay of each that took others in
    tails = tails[tails + 1 < len(stays)]
    tails = tails[stays.child[tails] == stays.child[tails + 1]]
    into = groups[np.searchsorted(inner, tails)]
    was = stays.carer[tails] != stays.carer[tails + 1]
    now = joined.carer[into] != joined.carer[into + 1]
    exits = int(joined.left.sum()) - int(stays.left.sum())
    return int(now.sum()) - int(was.sum()) - inside + exits


# --- dates ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Cut:
    """Stays whose end a rule moved: its name, the stays after it, which it concerns, and the days it adds."""

    rule: str
    stays: Stays
    touched: np.ndarray
    days_added: int = 0


def end_where_another_begins(stays: Stays, rule: str, wrong: np.ndarray) -> Cut:
    """End each of these stays on the day on which the next one of the child begins."""
    end = stays.end.copy()
    places = np.flatnonzero(wrong)
    end[places] = stays.start[places + 1]
    return Cut(rule, replace(stays, end=end), wrong)


def open_before_another(stays: Stays) -> np.ndarray:
    """Stays without an end although another one of the child begins later."""
    return (stays.end == OPEN) & _has_next(stays)


def overlapping(stays: Stays) -> np.ndarray:
    """Stays with an end that lies after the beginning of the child's next one."""
    wrong = (stays.end < OPEN) & _has_next(stays)
    wrong[:-1] &= stays.end[:-1] > stays.start[1:]
    return wrong


def _has_next(stays: Stays) -> np.ndarray:
    """Whether another stay of the child follows."""
    return ~np.append(stays.is_first, True)[1:]


def gaps(stays: Stays, rules: SpellRules) -> np.ndarray:
    """Days between each stay and all that came before it in the period of care; 0 where nothing is missing."""
    counted = ~new_periods(stays, rules) & _ordinary_on_both_sides(stays)
    return np.where(counted, np.maximum(stays.start - stays.reach_before, 0), 0)


def _ordinary_on_both_sides(stays: Stays) -> np.ndarray:
    """Whether neither a stay nor the one that lasted until it is a short break, which ends at home."""
    ordinary = stays.kind <= TEMPORARY_STAY
    return ordinary & ordinary[stays.holder_before]


def close_gaps(stays: Stays, days: np.ndarray, longest: int) -> Cut:
    """Let the stay that lasted until a short gap end where the next one begins."""
    places = np.flatnonzero((days > 0) & (days <= longest))
    end = stays.end.copy()
    end[stays.holder_before[places]] = stays.start[places]
    touched = np.zeros(len(stays), dtype=bool)
    touched[places] = True
    return Cut("gap_days", replace(stays, end=end), touched, int(days[places].sum()))
