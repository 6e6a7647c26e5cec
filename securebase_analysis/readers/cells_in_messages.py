"""Which cells may be shown in a message: only those that can hardly be a person's name or identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 24
CELLS_SHOWN = 5
EVERYDAY_WORDS = """
a about am an and approx approximately ca circa day days don e error false from hour hours i ish k know known less
many max min minutes missing month months more n na nan nil no none not null of or over percent plus pm refused
since some t th than to true under unknown up week weeks x year years yes yr yrs div ref value num name nd rd st z
jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september
october november december mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday
zero one two three four five six seven eight nine ten
"""
WORDS = frozenset(EVERYDAY_WORDS.split())
LETTERS = re.compile(r"[^\W\d_]+")


def quotable(cell: str) -> bool:
    """Whether a cell of a number or date column may be shown.

    Digits and signs may; letters only when they form everyday words such as *or*, *weeks* or *March*, so that a
    name or an identifier in the wrong column stays out of the message.

    Examples
    --------
    >>> quotable("3 or 4"), quotable(">30"), quotable("C014"), quotable("Zoe")
    (True, True, False, False)
    """
    return len(cell) <= MAX_LENGTH and all(word.casefold() in WORDS for word in LETTERS.findall(cell))


def name_cells(rows: Iterable[int], cells: Iterable[object], show: bool = True) -> str:
    """List the first cells with their rows; the text of a cell only where it is harmless.

    Examples
    --------
    >>> name_cells([5, 9], [">30", "Zoe"])
    "row 5 '>30', row 9 (not shown)"
    """
    parts = []
    pairs = list(zip(rows, map(str, cells)))
    for row, cell in pairs[:CELLS_SHOWN]:
        text = " ".join(cell.split())
        parts.append(f"row {row} {text!r}" if show and quotable(text) else f"row {row} (not shown)")
    more = len(pairs) - CELLS_SHOWN
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")
