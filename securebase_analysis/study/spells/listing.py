"""The tables that a history hands out: spells, moves, rows, repairs, and what was set aside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.study.spells.account import starts_and_ends_on_one_day
from securebase_analysis.study.spells.building import Built, still_open
from securebase_analysis.study.spells.codes import (
    BEGINNING_CODES,
    BEGINNINGS,
    KINDS,
    SHORT_BREAK,
    STAYS,
    TEMPORARY_STAY,
)
from securebase_analysis.study.spells.door import IMPOSSIBLE, LATE, WHY_ASIDE, Door
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.timeline import as_dates, is_new

MARKS = ("", "temporary", "return", "respite", "return")
CHANGES = ("carer", "placement", "re-entry", "temporary", "short breaks")
CARER, PLACE, RE_ENTRY, FOR_A_TIME, A_BREAK = range(5)


def cells(door: Door, name: str, sources: np.ndarray) -> pd.Series | str:
    """Cells of a column of the table for some of its rows; "" where there is no such column."""
    if name not in door.table:
        return ""
    return door.table[name].take(sources).reset_index(drop=True)


def words(door: Door, name: str, sources: np.ndarray) -> pd.Categorical | str:
    """Cells of a column of codes or words for some of the rows; "" where there is no such column."""
    if name not in door.table:
        return ""
    codes, names = door.texts(name)
    return pd.Categorical.from_codes(codes[sources], categories=names)


def spell_table(door: Door, built: Built, rules: SpellRules, observed_from: int | None) -> pd.DataFrame:
    """One row a spell; see `PlacementHistory.spells`."""
    stays, rows = built.stays, built.rows
    first, last = rows.source[stays.first], rows.source[stays.last]
    is_open = still_open(stays)
    days = (np.minimum(stays.end, door.freeze) - stays.start).astype("float64")
    if rules.zero_day == "half_day":
        days[starts_and_ends_on_one_day(stays)] = 0.5
    reason = words(door, door.columns.exit_reason if door.columns.coded else door.columns.end_reason, last)
    if not isinstance(reason, str):
        reason = pd.Series(reason).where(~is_open)
    table = {
        "site": cells(door, door.columns.site, first),
        "child": cells(door, door.columns.child, first),
        "spell": np.arange(len(stays)) + 1,
        "period": built.period,
        "carer": stays.carer if door.columns.coded else cells(door, door.columns.carer, first),
        "type": words(door, door.columns.type, first),
        "provider": words(door, door.columns.provider, first),
        "kind": pd.Categorical.from_codes(stays.kind, categories=list(KINDS)),
        "start": as_dates(stays.start),
        "end": as_dates(stays.end),
        "days": days,
        "open": is_open,
        "exit_reason": reason,
        "left_care": stays.left,
        "gap_before": built.gap_days,
        "n_rows": stays.n_rows,
        "row": first + 1,
    }
    if observed_from is not None:
        table["seen_from"] = as_dates(np.maximum(stays.start, observed_from))
    return pd.DataFrame(table, index=pd.RangeIndex(len(stays)), copy=False)


def changes_of(built: Built) -> np.ndarray:
    """What changed with each row, as a place in `CHANGES`; -1 where the child went on as before or came first."""
    rows, spell = built.rows, built.spell_of_row
    new_carer = np.array([*(item.new_carer for item in BEGINNINGS), False])[rows.began]
    new_place = np.array([*(item.new_placement for item in BEGINNINGS), False])[rows.began]
    first = is_new(rows.child)
    begins_spell = np.zeros(len(rows), dtype=bool)
    begins_spell[built.stays.first] = True
    unknown = rows.began < 0
    new_carer |= unknown & ~first & is_new(rows.carer)
    period = built.period[spell]
    re_entry = begins_spell & ~first & is_new(period)
    change = np.full(len(rows), -1, dtype="int8")
    for changed, what in ((new_place, PLACE), (new_carer, CARER), (re_entry, RE_ENTRY)):
        change[changed] = what
    kind = rows.kind.copy()
    np.maximum(kind[1:], rows.kind[:-1], out=kind[1:])
    change[(change >= 0) & (kind == TEMPORARY_STAY)] = FOR_A_TIME
    change[(change >= 0) & (kind == SHORT_BREAK)] = A_BREAK
    change[first | (built.mark_of_row != STAYS)] = -1
    return change


def move_table(door: Door, built: Built) -> pd.DataFrame:
    """One row a change of carer or placement; see `PlacementHistory.moves`."""
    rows, change = built.rows, changes_of(built)
    at = np.flatnonzero(change >= 0)
    now, before = rows.source[at], rows.source[at - 1]
    columns = door.columns
    carer = cells(door, columns.carer, now) if not columns.coded else rows.carer[at]
    carer_before = cells(door, columns.carer, before) if not columns.coded else rows.carer[at - 1]
    began = pd.Categorical.from_codes(rows.began[at], categories=list(BEGINNING_CODES))
    table = {
        "site": cells(door, columns.site, now),
        "child": cells(door, columns.child, now),
        "date": as_dates(rows.start[at]),
        "change": pd.Categorical.from_codes(change[at], categories=list(CHANGES)),
        "reason": words(door, columns.change_reason if columns.coded else columns.end_reason, before),
        "began": began,
        "from_carer": carer_before,
        "to_carer": carer,
        "from_type": words(door, columns.type, before),
        "to_type": words(door, columns.type, now),
        "spell": built.spell_of_row[at] + 1,
        "row_before": before + 1,
        "row": now + 1,
    }
    return pd.DataFrame(table, index=pd.RangeIndex(len(at)), copy=False)


def episode_table(door: Door, built: Built) -> pd.DataFrame:
    """One row for every row that is used, in order, with the spell it became part of."""
    rows = built.rows
    table = {
        "site": cells(door, door.columns.site, rows.source),
        "child": cells(door, door.columns.child, rows.source),
        "start": as_dates(rows.start),
        "end": as_dates(rows.end),
        "began": pd.Categorical.from_codes(rows.began, categories=list(BEGINNING_CODES)),
        "type": words(door, door.columns.type, rows.source),
        "kind": pd.Categorical.from_codes(rows.kind, categories=list(KINDS)),
        "part": np.array(MARKS, dtype=object)[built.mark_of_row],
        "spell": built.spell_of_row + 1,
        "period": built.period[built.spell_of_row],
        "row": rows.source + 1,
    }
    return pd.DataFrame(table, index=pd.RangeIndex(len(rows)), copy=False)


def aside_table(door: Door) -> pd.DataFrame:
    """The rows that could not be used, as given, with their number and why."""
    places = np.flatnonzero(door.aside >= 0)
    table = door.table.take(places).reset_index(drop=True)
    table.insert(0, "why", np.array(WHY_ASIDE, dtype=object)[door.aside[places]])
    table.insert(0, "row", places + 1)
    return table


def repair_table(door: Door, built: Built, rules: SpellRules) -> pd.DataFrame:
    """What every rule found: ``rule, choice, n_rows, n_children, days_changed``."""
    entries = built.account.frame().groupby("rule")["days_changed"].sum()
    lines: list[tuple[str, str, int, int, float]] = []

    def line(rule: str, choice: str, n_rows: int, children: np.ndarray, days: float = 0.0) -> None:
        named = np.zeros(len(door.births), dtype=bool)
        named[children] = True
        lines.append((rule, choice, n_rows, int(named.sum()), days))

    for place, why in enumerate(WHY_ASIDE):
        n_aside = int((door.aside == place).sum())
        rule = "impossible" if place in IMPOSSIBLE else "open_at_freeze" if place == LATE else "repeated"
        lines.append((rule, f"set aside: {why}", n_aside, 0, 0.0))
    child_of_source = np.full(len(door.table), -1, dtype="int32")
    child_of_source[built.rows.source] = built.rows.child
    line("open_at_freeze", "ends later, taken as open", int(door.after_freeze.sum()),
         child_of_source[door.after_freeze])  # fmt: skip
    for rule in ("legal_change_same_carer", "placement_change_same_carer", "respite_days", "temporary"):
        taken = built.joined.get(rule, np.array([], dtype="int64"))
        line(rule, str(getattr(rules, rule)), len(taken), built.rows.child[taken])
    for rule in ("two_open", "overlap"):
        found = built.found[rule]
        line(
            rule,
            str(getattr(rules, rule)),
            int(found.sum()),
            built.rows.child[found],
            float(entries.get(rule, 0.0)),
        )
    for rule in ("gap_days", "zero_day"):
        stays, touched = built.cut[rule]
        line(
            rule,
            str(getattr(rules, rule)),
            int(touched.sum()),
            stays.child[touched],
            float(entries.get(rule, 0.0)),
        )
    again = built.period > 1
    again &= is_new(built.period)
    line("re_entry", rules.re_entry, int(again.sum()), built.stays.child[again])
    breaks = built.rows.kind == SHORT_BREAK
    line("short_breaks", rules.short_breaks, int(breaks.sum()), built.rows.child[breaks])
    frame = pd.DataFrame(lines, columns=["rule", "choice", "n_rows", "n_children", "days_changed"])
    for place in range(len(WHY_ASIDE)):
        names = door.table.loc[door.aside == place, door.columns.child]
        frame.loc[place, "n_children"] = names.nunique()
    return frame[(frame["n_rows"] > 0) | ~frame["choice"].str.startswith(("set aside", "ends"))].reset_index(
        drop=True
    )
