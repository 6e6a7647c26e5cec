"""The words of the English return that say how a placement began, what it is and how it ended.

Meanings are those of the code sets of the SSDA903 return (Department for Education, Children looked after by local
authorities in England: guide to the SSDA903 collection).
"""

from __future__ import annotations

from dataclasses import dataclass

from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.study.schema import END_REASONS, EndReason


@dataclass(frozen=True)
class Beginning:
    """Why a row of a placement history begins: its code, what it means, and what changed with it.

    Attributes
    ----------
    code : str
        Reason for new episode (RNE).
    meaning : str
        In words.
    new_placement, new_carer, enters_care : bool
        Whether the place, the carer, and the period of care are new.
    """

    code: str
    meaning: str
    new_placement: bool
    new_carer: bool
    enters_care: bool = False


BEGINNINGS: tuple[Beginning, ...] = (
    Beginning("S", "started to be looked after", True, True, True),
    Beginning("L", "legal status alone changed", False, False),
    Beginning("P", "placement and carer changed", True, True),
    Beginning("T", "placement changed, same carer", True, False),
    Beginning("B", "legal status, placement and carer changed", True, True),
    Beginning("U", "legal status and placement changed, same carer", True, False),
)
BEGINNING_CODES: tuple[str, ...] = tuple(beginning.code for beginning in BEGINNINGS)
NEW_CARER: tuple[str, ...] = tuple(item.code for item in BEGINNINGS if item.new_carer)
NEW_PLACEMENT: tuple[str, ...] = tuple(item.code for item in BEGINNINGS if item.new_placement)

SHORT_BREAKS: tuple[str, ...] = ("V3", "V4")
"""Legal statuses of an agreed series of short breaks: the child lives at home in between."""
TEMPORARY: tuple[str, ...] = ("T0", "T1", "T2", "T3", "T4")
"""Placement types of a stay away after which the child returns: hospital, holiday, up to 7 days."""
ADOPTION: tuple[str, ...] = ("A3", "A4", "A5", "A6", "adoption")
"""Placed for adoption: codes of the return, and the word of a plain table."""
GOES_ON = "X1"
"""Reason episode ceased (REC): another episode follows."""

KINDS: tuple[str, ...] = ("placement", "temporary", "short breaks")
PLACEMENT, TEMPORARY_STAY, SHORT_BREAK = range(3)

STAYS, AWAY, RETURN, RESPITE, BACK = range(5)
"""Marks of a row: nothing special; a temporary stay that was joined, the return from it; a respite stay that was
joined, the return from it."""


END_WORDS: dict[str, EndReason] = {
    word: reason for reason in END_REASONS for word in (reason.name, *reason.aliases)
}
"""Words of a plain table for why a placement ended, also in other spellings."""


def leaves_care(reason: str, coded: bool) -> bool:
    """Whether a child leaves care with this reason; with a reason that no list has, it is not known to.

    Examples
    --------
    >>> leaves_care("E4A", coded=True), leaves_care("X1", coded=True), leaves_care("E99", coded=True)
    (True, False, False)
    >>> leaves_care("Home", coded=False), leaves_care("breakdown", coded=False)
    (True, False)
    """
    if coded:
        return reason in code_sets()["REC"] and reason != GOES_ON
    about = END_WORDS.get(reason.casefold())
    return about is not None and about.leaves_care
