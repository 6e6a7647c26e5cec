"""What is said about a placement history: every case found, with its rows and the rule that changes it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase_analysis.errors import Problem
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.building import Built
from securebase_analysis.study.spells.codes import BEGINNING_CODES, RESPITE, SHORT_BREAK, TEMPORARY_STAY
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.options import SpellRules
from securebase_analysis.study.spells.remarks_on_carers import crowded_carers
from securebase_analysis.study.spells.remarks_on_columns import (
    no_carers,
    placeholder_dates,
    shared_placement_ids,
    slips_in_types,
)
from securebase_analysis.study.spells.remarks_on_dates import (
    about_the_freeze,
    already_there,
    gaps_between,
    two_at_once,
    zero_days,
)
from securebase_analysis.study.spells.timeline import is_new

TABLE = "placements"


def remarks(
    door: Door, built: Built, rules: SpellRules, freeze_given: bool, observed_from: int | None
) -> list[Problem]:
    """Everything that was found, assumed or done."""
    return [
        *about_the_freeze(door, freeze_given),
        *two_at_once(door, built, rules),
        *gaps_between(door, built, rules),
        *_joined(door, built, rules),
        *zero_days(door, built, rules),
        *_codes(door, built),
        *slips_in_types(door),
        *shared_placement_ids(door),
        *placeholder_dates(door),
        *no_carers(door),
        *crowded_carers(door, built),
        *_kinds(door, built, rules),
        *already_there(door, observed_from),
    ]


def _joined(door: Door, built: Built, rules: SpellRules) -> Iterator[Problem]:
    """Cases 49 and 51: what looks like a move and is none."""
    nothing = np.array([], dtype="int64")
    same = np.concatenate(
        [built.joined.get(rule, nothing) for rule in ("legal_change_same_carer", "placement_change_same_carer")]
    )
    if len(same):
        yield Problem(
            "SB-PLACE-05",
            "note",
            f"{n_of(len(same), 'row goes', 'rows go')} on with the same carer, under another legal status or "
            "type.",
            TABLE,
            door.columns.start,
            built.rows_of_table(same),
            "No child moved to another carer.",
            "They are part of the spell before and no change of carer.",
            'rules={"legal_change_same_carer": "keep"}',
        )
    respite = np.flatnonzero(built.mark_of_row == RESPITE)
    if len(respite):
        yield Problem(
            "SB-PLACE-07",
            "note",
            f"{n_of(len(respite), 'stay')} of at most {n_of(rules.respite_days, 'day')} then the same carer.",
            TABLE,
            door.columns.start,
            built.rows_of_table(respite),
            "Counted as moves they would look like breakdowns.",
            "Taken as respite: part of the stay around them.",
            'rules={"respite_days": 0}',
        )
    taken = built.joined.get("temporary", nothing)
    if len(taken):
        yield Problem(
            "SB-PLACE-65",
            "note",
            f"{n_of(len(taken), 'row')} of temporary stays (T0 to T4) and of the return from them.",
            TABLE,
            door.columns.type,
            built.rows_of_table(taken),
            "The child came back to the same place (rule 383).",
            "Part of the stay around them.",
            'rules={"temporary": "keep"}',
        )


def _kinds(door: Door, built: Built, rules: SpellRules) -> Iterator[Problem]:
    """Short breaks, temporary stays without a return, and returns to care."""
    breaks = built.rows.kind == SHORT_BREAK
    if breaks.any():
        yield Problem(
            "SB-PLACE-66",
            "note",
            f"{n_of(int(breaks.sum()), 'row')} of agreed short breaks (V3, V4).",
            TABLE,
            door.columns.legal_status,
            built.rows_of_table(np.flatnonzero(breaks)),
            "The child lives at home in between.",
            'Spells of the kind "short breaks"; no moves.',
            'rules={"short_breaks": "as_placements"}',
        )
    alone = built.stays.kind == TEMPORARY_STAY
    if alone.any():
        yield Problem(
            "SB-PLACE-65",
            "note",
            f"{n_of(int(alone.sum()), 'temporary stay')} (T0 to T4) without a return to the same place.",
            TABLE,
            door.columns.type,
            built.rows_of_table(built.stays.first[alone]),
            "Where the child went back to is not known (SSDA903 rules 380, 381, 383).",
            'Spells of the kind "temporary"; no moves.',
            "Check the placement after it.",
        )
    again = (built.period > 1) & ~is_new(built.stays.child)
    again &= is_new(built.period)
    if again.any():
        yield Problem(
            "SB-PLACE-67",
            "note",
            f"{n_of(int(again.sum()), 'return')} to care after an exit.",
            TABLE,
            door.columns.start,
            built.rows_of_table(built.stays.first[again]),
            "A return is not a move.",
            "Each begins a new period of care; `moves` calls it re-entry.",
            'rules={"re_entry": "same_period"}',
        )


def _codes(door: Door, built: Built) -> Iterator[Problem]:
    """Codes that are missing or say another thing than the columns beside them."""
    if not door.columns.coded:
        return
    rows = built.rows
    unknown = rows.began < 0
    if unknown.any():
        yield Problem(
            "SB-PLACE-64",
            "warn",
            f"{n_of(int(unknown.sum()), 'row has', 'rows have')} no known reason for a new episode.",
            TABLE,
            door.columns.began,
            built.rows_of_table(np.flatnonzero(unknown)),
            "Without it, whether the carer changed is not recorded.",
            "The carer is taken to be new unless type, URN and postcode stay the same.",
            f"One of {', '.join(BEGINNING_CODES)}.",
        )
    says_same = rows.began == BEGINNING_CODES.index("L")
    against = says_same & is_new(rows.type) & ~is_new(rows.child)
    against[1:] &= rows.start[1:] <= rows.end[:-1]
    if against.any():
        yield Problem(
            "SB-PLACE-62",
            "warn",
            f"{n_of(int(against.sum()), 'row says', 'rows say')} that the legal status alone changed, and "
            "the type of placement changes too.",
            TABLE,
            door.columns.began,
            built.rows_of_table(np.flatnonzero(against)),
            "Either the code or the type is wrong (SSDA903 rules 431 to 436).",
            "The code was followed.",
            "Correct the code (T: new placement, same carer; P: new placement and carer).",
        )
