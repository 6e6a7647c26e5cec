"""What the reasons for the end of a placement mean, and which of them can be counted as a disruption.

Codes are those of the SSDA903 return (Department for Education, Children looked after by local authorities in
England: guide to the SSDA903 collection): REC, why care ended, and REASON_PLACE_CHANGE, why a placement changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from securebase_analysis.study.schema import END_REASONS

OPEN = "open"
"""A row that does not end with an ending."""
DISRUPTED = "disrupted"
"""The ending that is the event."""
NOT_STATED = "not stated"
OTHER_MOVE = "other move"
BREAKDOWN = "breakdown"
ANY_MOVE = "any_move"

OF_CODES: dict[str, tuple[str, ...]] = {
    "adopted": ("E11", "E12"),
    "died": ("E2",),
    "returned home": ("E4A", "E4B"),
    "special guardianship": ("E43", "E44", "E45", "E46", "E47", "E48"),
    "aged out": ("E5", "E6", "E7", "E15", "E17"),
    "other exit": ("E3", "E8", "E9", "E13", "E14", "E16", "E41"),
    "planned move": ("CARPL",),
    OTHER_MOVE: (
        "CLOSE", "ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD", "LAREQ", "PLACE", "CUSTOD", "OTHER",
    ),
}  # fmt: skip
"""Endings in the words of a study, and the codes of a return that mean them."""
WORD_OF_CODE: dict[str, str] = {code: word for word, codes in OF_CODES.items() for code in codes}
WORD_OF_SPELLING: dict[str, str] = {
    spelling.casefold(): reason.name for reason in END_REASONS for spelling in (reason.name, *reason.aliases)
}
"""The words of a study's table by any of their spellings."""


@dataclass(frozen=True)
class Disruption:
    """A set of reasons that counts as a disruption.

    Attributes
    ----------
    name : str
        How it is asked for.
    words, codes : tuple of str
        The reasons in the words of a plain table, and in the codes of a return.
    source : str
        Where it comes from.
    """

    name: str
    words: tuple[str, ...]
    codes: tuple[str, ...]
    source: str


_RELEASE = "reasons for placement change, statistical release Children looked after in England including adoptions"
DISRUPTIONS: tuple[Disruption, ...] = (
    Disruption(
        BREAKDOWN,
        (BREAKDOWN,),
        ("CREQB", "CREQO", "CHILD"),
        f"plain table: the study's own word; return: carer or child asked for the end ({_RELEASE})",
    ),
    Disruption("carer_request", (), ("CREQB", "CREQO"), f"the carer asked for the end ({_RELEASE})"),
    Disruption(
        "carer_or_child_request", (), ("CREQB", "CREQO", "CHILD"), f"carer or child asked for the end ({_RELEASE})"
    ),
    Disruption(
        "unplanned",
        (BREAKDOWN,),
        ("CREQB", "CREQO", "CHILD", "ALLEG", "STAND", "APPRR", "CLOSE", "LAREQ", "E4B"),
        "our choice: every change but those of the care plan, of status alone, to custody and for other reasons; "
        "and unplanned returns home",
    ),
    Disruption(ANY_MOVE, (), (), "every end after which the child stays in care"),
)
BY_NAME: dict[str, Disruption] = {disruption.name: disruption for disruption in DISRUPTIONS}
