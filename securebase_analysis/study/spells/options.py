"""The rules by which rows become spells: what can be chosen, the default, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option

Join = Literal["merge", "keep"]


@dataclass(frozen=True)
class SpellRules:
    """What is done with each way in which rows are not yet spells.

    Attributes
    ----------
    impossible : {"stop", "set_aside"}, optional
        Rows without a child or a start, or that end before they start. By default a plain table is refused and the
        rows of a return are set aside in `history.set_aside`.
    legal_change_same_carer : {"merge", "keep"}
        Rows that go on with the same carer where the legal status changed (RNE L, U), or nothing that a plain
        table shows.
    placement_change_same_carer : {"merge", "keep"}
        Rows that go on with the same carer under another type of placement (RNE T). "keep" makes a spell a
        placement instead of a stay with a carer.
    respite_days : int
        A stay of at most so many days after which the child is back with the same carer (of a return: in the same
        place by type, URN and postcode) is respite: part of the stay around it, and no move. 0 switches it off.
    temporary : {"merge", "keep"}
        Stays of type T0 to T4 after which the child is back in the same place.
    short_breaks : {"apart", "as_placements"}
        Rows under an agreed series of short breaks (V3, V4): kept as spells of their own kind, never joined with
        others and never counted as moves.
    gap_days : int
        A row that begins at most so many days after the last one ended closes up to it; longer gaps are kept.
    two_open : {"end_first", "keep"}
        A placement without an end although another began later ends on the day the other begins.
    overlap : {"keep", "end_first"}
        Two placements with dates in common: both kept as they are, or the first ends on the day the second begins.
    zero_day : {"half_day", "keep"}
        A spell that starts and ends on one day lasts half a day, so that its end counts as an event.
    re_entry : {"new_period", "same_period"}
        Whether a placement after an exit from care begins a new period of care.

    Examples
    --------
    >>> SpellRules(respite_days=0).overlap
    'keep'
    """

    impossible: Literal["stop", "set_aside"] | None = None
    legal_change_same_carer: Join = "merge"
    placement_change_same_carer: Join = "merge"
    respite_days: int = 3
    temporary: Join = "merge"
    short_breaks: Literal["apart", "as_placements"] = "apart"
    gap_days: int = 1
    two_open: Literal["end_first", "keep"] = "end_first"
    overlap: Literal["keep", "end_first"] = "keep"
    zero_day: Literal["half_day", "keep"] = "half_day"
    re_entry: Literal["new_period", "same_period"] = "new_period"

    def __post_init__(self) -> None:
        for name, allowed in WORDS.items():
            check_option(name, getattr(self, name), allowed)
        for name in ("respite_days", "gap_days"):
            _check_days(name, getattr(self, name))

    @property
    def frame(self) -> pd.DataFrame:
        """The rules as a table: ``rule, value, default, source``."""
        default = SpellRules()
        rows = [
            (field.name, getattr(self, field.name), getattr(default, field.name), SOURCES[field.name])
            for field in fields(self)
        ]
        return pd.DataFrame(rows, columns=["rule", "value", "default", "source"], dtype=object)


WORDS: dict[str, tuple[str | None, ...]] = {
    "impossible": (None, "stop", "set_aside"),
    "legal_change_same_carer": ("merge", "keep"),
    "placement_change_same_carer": ("merge", "keep"),
    "temporary": ("merge", "keep"),
    "short_breaks": ("apart", "as_placements"),
    "two_open": ("end_first", "keep"),
    "overlap": ("keep", "end_first"),
    "zero_day": ("half_day", "keep"),
    "re_entry": ("new_period", "same_period"),
}
_GUIDE = "SSDA903 guide"
SOURCES: dict[str, str] = {
    "impossible": f"{_GUIDE}, rule 356: an episode does not end before it starts",
    "legal_change_same_carer": f"{_GUIDE}: RNE L and U, the carer stays",
    "placement_change_same_carer": f"{_GUIDE}: RNE T, the carer stays",
    "respite_days": "our choice: a weekend with a night on either side",
    "temporary": f"{_GUIDE}, rule 383: after a temporary placement the child returns to the one before",
    "short_breaks": f"{_GUIDE}: V3 and V4; left out of the stability indicators of the statistical releases",
    "gap_days": f"{_GUIDE}: an episode begins on the day the last one ends; other tables write the last night",
    "two_open": f"{_GUIDE}, rules 142 and 501: only the last episode is open",
    "overlap": f"{_GUIDE}, rule 501: episodes do not overlap; which date is wrong, the data do not say",
    "zero_day": "our choice: an event at time zero is lost to most methods of survival analysis",
    "re_entry": f"{_GUIDE}: RNE S begins a new period of being looked after",
}


def make_rules(rules: SpellRules | Mapping[str, Any] | None) -> SpellRules:
    """The rules from a mapping of the ones that differ from the default.

    Raises
    ------
    ModelError
        For a rule or a choice that does not exist (SB-MODEL-30), with the nearest word.

    Examples
    --------
    >>> make_rules({"overlap": "end_first"}).overlap
    'end_first'
    """
    if rules is None:
        return SpellRules()
    if isinstance(rules, SpellRules):
        return rules
    names = tuple(field.name for field in fields(SpellRules))
    if not isinstance(rules, Mapping):
        raise ModelError(
            Problem(
                "SB-MODEL-30",
                "stop",
                f"rules is a {type(rules).__name__}, not a mapping of rules to choices.",
                why="Each rule has a choice of its own.",
                fix='rules={"overlap": "end_first"}',
            )
        )
    for name in rules:
        check_option("rules", name, names)
    return SpellRules(**dict(rules))


def _check_days(name: str, value: object) -> None:
    """A whole number of days, not below zero."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return
    raise ModelError(
        Problem(
            "SB-MODEL-30",
            "stop",
            f"{name} is not a number of days.",
            why="Days are counted in whole numbers from 0.",
            fix=f"{name}={getattr(SpellRules, name)}",
        )
    )
