"""The name of a column cut into what it is about and the mark of a wave: ``sdq3_T2`` is ``sdq3`` at ``T2``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

WAVE_WORDS = ("wave", "time", "visit", "tp", "t", "w", "v")
"""Words that stand before the number of a wave; the number alone then says which wave."""
GAP = r"[\s_.\-]"
NUMBER = r"0*(\d{1,3})"
LONGEST_NAME = 200
"""Signs of a longer name are a sentence, not a name with a mark."""


@dataclass(frozen=True)
class Cut:
    """One way to read a name.

    Attributes
    ----------
    stem : str
        The name without the mark.
    mark : str
        What names the wave, such as ``T2``, ``2`` or ``baseline``, as it stands in the name.
    number : int or None
        The number in the mark; None for a word such as ``baseline``.
    manner : str
        Where the mark stands and its word: names written in one manner belong together.
    """

    stem: str
    mark: str
    number: int | None
    manner: str


def cuts(name: str, words: Collection[str] = ()) -> Iterator[Cut]:
    """Every way to read a name as something at a wave.

    Parameters
    ----------
    name : str
        A column's name.
    words : collection of str
        Names of waves without a number, such as ``baseline``, in lower case.

    Yields
    ------
    Cut
        Marks behind the stem, before it, between its parts, and in brackets; a number without a word needs a
        blank, point, hyphen or underscore before it.

    Examples
    --------
    >>> [(cut.stem, cut.mark) for cut in cuts("sdq_T1")], [(cut.stem, cut.mark) for cut in cuts("sdq1w2")]
    ([('sdq', 'T1')], [('sdq1', 'w2')])
    >>> [(cut.stem, cut.number) for cut in cuts("t10_sdq")], [(cut.stem, cut.number) for cut in cuts("sdq.1")]
    ([('sdq', 10)], [('sdq', 1)])
    """
    if len(name) > LONGEST_NAME:
        return
    for word in WAVE_WORDS:
        mark = rf"({word}{GAP}?{NUMBER})"
        yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}*{mark}", f"behind {word}")
        yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}*[\[(]{mark}[\])]", f"behind {word}")
        yield from _found(name, rf"{mark}{GAP}*(?P<stem>[^\W\d_].*)", f"before {word}")
        yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}*{mark}{GAP}+(?P<rest>.+)", f"between {word}")
    yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}+({NUMBER})", "behind")
    yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}*[\[(]({NUMBER})[\])]", "behind")
    yield from _found(name, rf"({NUMBER}){GAP}+(?P<stem>[^\W\d_].*)", "before")
    for word in words:
        literal = rf"{GAP}*".join(map(re.escape, re.split(GAP, word)))
        yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}+({literal})()", "behind a word")
        yield from _found(name, rf"(?P<stem>.*[^\W_]){GAP}*[\[(]({literal})()[\])]", "behind a word")
        yield from _found(name, rf"({literal})(){GAP}+(?P<stem>.+)", "before a word")


def _found(name: str, pattern: str, manner: str) -> Iterator[Cut]:
    """The reading of a name by one pattern: groups for the mark and the number in it, and the stem."""
    match = re.fullmatch(pattern, name.strip(), re.IGNORECASE)
    if match is None:
        return
    named = match.groupdict()
    mark, number = (text for text in _unnamed(match))
    stem = named["stem"] + (f"_{named['rest']}" if named.get("rest") else "")
    yield Cut(stem, mark, int(number) if number else None, manner)


def _unnamed(match: re.Match[str]) -> list[str]:
    """The groups without a name, in their order."""
    named = set(match.re.groupindex.values())
    return [match[place] or "" for place in range(1, match.re.groups + 1) if place not in named]
