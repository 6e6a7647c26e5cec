"""What is said about the codes and words of a bare table: other spellings, codes that no list has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.readers.look_alikes import alike
from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.spells.codes import END_WORDS
from securebase_analysis.study.spells.door import Door
from securebase_analysis.study.spells.rows_told import rows_told

TABLE = "placements"
LONGEST_SHOWN = 6


def remarks_on_codes(door: Door) -> Iterator[Problem]:
    """Codes of a table that no reader has looked at."""
    if door.columns.coded:
        yield from _respelt(door)
        yield from _unknown(door)
        return
    yield from _carers_alike(door)
    yield from _unknown_reasons(door)


def _slots(door: Door) -> list[tuple[str, str]]:
    """Columns of codes and the names of their lists."""
    columns = door.columns
    names = (columns.began, columns.legal_status, columns.type, columns.exit_reason)
    named = zip(names, ("RNE", "LS", "PLACE", "REC"))
    return [(name, codes) for name, codes in named if name in door.table]


def _respelt(door: Door) -> Iterator[Problem]:
    """Codes in small letters or with blanks around them."""
    for name, _ in _slots(door):
        wrong = door.texts.respelt(name)
        if wrong.any():
            yield Problem(
                "SB-FILE-19",
                "note",
                f"{n_of(int(wrong.sum()), 'code is', 'codes are')} written in small letters or with blanks.",
                TABLE,
                name,
                rows_told(wrong),
                "As they stand they would be other codes.",
                "Read as the codes.",
                "Write codes in capitals.",
            )


def _unknown(door: Door) -> Iterator[Problem]:
    """Codes that no list of the return has; a reason for the new episode is told by another remark."""
    for name, which in _slots(door):
        codes, names = door.texts(name)
        known = code_sets()[which]
        strange = [place for place, text in enumerate(names) if text not in known]
        wrong = np.isin(codes, strange)
        if which == "RNE" or not wrong.any():
            continue
        shown = [str(names[place]) for place in strange if len(names[place]) <= LONGEST_SHOWN]
        guess = nearest(shown[0], known) if shown else None
        yield Problem(
            "SB-PLACE-08" if which == "PLACE" else "SB-PLACE-69",
            "warn",
            f"{n_of(int(wrong.sum()), 'row has', 'rows have')} a code of {which} that no list has.",
            TABLE,
            name,
            rows_told(wrong),
            "An unknown code says neither what the placement is nor whether the child left care.",
            "The rows were kept; an unknown code of REC is no exit.",
            f"Write {guess!r} if that is meant." if guess else "Correct the code in the source.",
        )


def _carers_alike(door: Door) -> Iterator[Problem]:
    """Carers whose names differ only by signs that look alike."""
    codes, names = door.texts(door.columns.carer)
    if not len(names):
        return
    wrong = np.isin(codes, np.flatnonzero(alike(names)))
    if wrong.any():
        yield Problem(
            "SB-ID-06",
            "warn",
            f"{n_of(int(wrong.sum()), 'row')} of carers that differ from another one only by signs that look "
            "alike (O and 0, I and 1, case, blanks, other alphabets).",
            TABLE,
            door.columns.carer,
            rows_told(wrong),
            "One carer under two names makes a move where there was none.",
            "They were kept apart.",
            "If they are the same carer, write the name in one way.",
        )


def _unknown_reasons(door: Door) -> Iterator[Problem]:
    """Words for why a placement ended that say neither move nor exit."""
    name = door.columns.end_reason
    if name not in door.table:
        return
    codes, names = door.texts(name)
    wrong = np.isin(codes, [place for place, text in enumerate(names) if text.casefold() not in END_WORDS])
    if wrong.any():
        yield Problem(
            "SB-PLACE-69",
            "warn",
            f"{n_of(int(wrong.sum()), 'placement ends', 'placements end')} with a reason that is not one of the "
            "words for it.",
            TABLE,
            name,
            rows_told(wrong),
            "Whether the child left care decides every rate of exits.",
            "They are taken as moves inside care.",
            f"One of: {', '.join(word for word, about in END_WORDS.items() if word == about.name)}.",
        )
