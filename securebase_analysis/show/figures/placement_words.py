"""Types of placement and ways out of care in words, and how each is told from the others without colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.show.figures.style import BLACK, BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, YELLOW
from securebase_analysis.study.spells.codes import END_WORDS

UNKNOWN_TYPE = "Type not known"
OTHER_TYPES = "Other placements"
INDEPENDENT = "Independent living"
OTHER_EXITS = "Other exit"
LEFT_CARE = "Left care"
GAP = "No placement known"
NOT_KNOWN = "Not known afterwards"
NOT_FOLLOWED = "Not followed so long"
STAYS_ON = "No further move"
REST = "Everything else"

_INDEPENDENT = ("H5", "K3", "P2", "P3")
"""Codes of placements in which young people live on their own, with support or without."""
_EXITS: Mapping[str, tuple[str, ...]] = {
    "Returned home": ("E4A", "E4B", "returned home"),
    "Adopted": ("E11", "E12", "adopted"),
    "Guardianship or order": ("E41", "E43", "E44", "E45", "E46", "E47", "E48", "special guardianship"),
    "Adult life": ("E5", "E6", "E7", "E15", "E17", "aged out"),
    "Died": ("E2", "died"),
}
EXIT_OF = {code: words for words, codes in _EXITS.items() for code in codes}
EXITS = (*_EXITS, OTHER_EXITS)
"""Ways out of care, in the order of keys and blocks."""


@dataclass(frozen=True)
class Look:
    """How a type or an exit is filled: colour, hatching, colour of the hatching, and hatching of low bars."""

    color: str
    hatch: str = ""
    lines: str = "white"
    low: str = ""


PALE = "#BFDDF2"
TYPE_LOOKS: Mapping[str, Look] = {
    "Foster care": Look(BLUE),
    "Kinship care": Look(ORANGE, "//////"),
    "Residential care": Look(BLACK),
    "Birth family": Look(PALE, "......", BLUE),
    "Adoption": Look(GREEN, "||||||", "white", "||||||||"),
    INDEPENDENT: Look(YELLOW, "\\\\\\\\\\\\", INK, "||||||||"),
    OTHER_TYPES: Look(PURPLE, "xxxxxx", "white", "||||"),
    UNKNOWN_TYPE: Look("#E6E6E6", "------", "#8C8C8C", "||||"),
}
"""Types that are drawn alike in every picture: neighbours differ in lightness, and each has its own hatching."""
SPARE_LOOKS = (
    Look(VERMILLION, "++++++", "white", "||||||||||||"),
    Look(SKY, "\\\\\\\\\\\\", INK, "||||"),
    Look("#5C5C5C", "oooo", "white", "||||||"),
    Look("#F7C5A8", "||||||", INK, "||||||||||||"),
    Look("#3B2F63", "////", "white", "||||"),
    Look("#BFE3C6", "xxxx", GREEN, "||||||||"),
    Look(VERMILLION, "----", "white", "||"),
    Look(SKY, "......", INK, "||||||||||"),
    Look("#5C5C5C", "\\\\\\\\", "white", "||||||||||"),
    Look("#F7C5A8", "xxxx", INK, "||"),
    Look("#3B2F63", "------", "white", "||||||||||||"),
    Look("#BFE3C6", "||", GREEN, "||"),
)
"""For types with names of a study's own, in the order in which they are met."""
EXIT_LOOKS: Mapping[str, Look] = {
    "Returned home": Look("#E3E3E3", "", INK),
    "Adopted": Look("#FAFAFA", "//////", "#8C8C8C"),
    "Guardianship or order": Look("#CFCFCF", "......", "white"),
    "Adult life": Look("#F4F4F4", "------", "#9A9A9A"),
    "Died": Look("#8C8C8C"),
    OTHER_EXITS: Look("#E3E3E3", "xxxxxx", "white"),
    LEFT_CARE: Look("#E3E3E3", "", INK),
}
"""Ways out of care are grey, so that placements stand out."""


def types_in_words(types: pd.Series, coded: bool, detailed: bool) -> pd.Series:
    """Types of placement as they are written on pictures.

    Parameters
    ----------
    types : pandas.Series
        Codes of the return, or words of a plain table; empty or missing where not known.
    coded : bool
        Whether they are codes of the return.
    detailed : bool
        Each code by itself rather than care contexts. Words of a plain table always stay apart.

    Examples
    --------
    >>> types_in_words(pd.Series(["U3", "K2", "H5", None]), coded=True, detailed=False).tolist()
    ['Kinship care', 'Residential care', 'Independent living', 'Type not known']
    >>> types_in_words(pd.Series(["foster", "boarding school", ""]), coded=False, detailed=False).tolist()
    ['Foster care', 'Boarding school', 'Type not known']
    """
    given = types.astype("object").where(types.notna(), "").astype(str).str.strip()
    words = {code: _type_word(code, coded, detailed) for code in given.unique()}
    return given.map(words).astype(object)


def _type_word(code: str, coded: bool, detailed: bool) -> str:
    """One type in words."""
    if not code:
        return UNKNOWN_TYPE
    labels = {context.name: context.label for context in theory.CARE_CONTEXTS}
    known = code_sets()["PLACE"].get(code.upper()) if coded else None
    if known is None:
        return UNKNOWN_TYPE if coded else labels.get(code, _capitalised(code))
    if detailed:
        return _capitalised(known.label)
    return labels.get(known.context, INDEPENDENT if code.upper() in _INDEPENDENT else OTHER_TYPES)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def exits_in_words(reasons: pd.Series) -> pd.Series:
    """How care ended, in the words of `EXITS`; for rows that end in an exit.

    Examples
    --------
    >>> exits_in_words(pd.Series(["E4B", "adopted", "E3", "Home"])).tolist()
    ['Returned home', 'Adopted', 'Other exit', 'Returned home']
    """
    given = reasons.astype("object").where(reasons.notna(), "").astype(str).str.strip()
    words = {reason: EXIT_OF.get(_usual_word(reason), OTHER_EXITS) for reason in given.unique()}
    return given.map(words).astype(object)


def _usual_word(reason: str) -> str:
    """A reason of a plain table in its usual word ("home" is "returned home"); a code as it stands."""
    about = END_WORDS.get(reason.casefold())
    return reason if about is None else about.name


def in_order(types: Iterable[str]) -> list[str]:
    """Types in the order of keys and blocks: those that every picture draws alike first, rest types last."""
    fixed = list(TYPE_LOOKS)
    found = set(types)
    own = sorted(found - set(fixed))
    known = [name for name in fixed if name in found]
    first = [name for name in known if name not in (OTHER_TYPES, UNKNOWN_TYPE)]
    return [*first, *own, *(name for name in known if name not in first)]


def type_looks(types: Iterable[str]) -> dict[str, Look]:
    """The look of every type, in order; types of a study's own take the spare looks."""
    names = in_order(types)
    own = [name for name in names if name not in TYPE_LOOKS]
    spare = dict(zip(own, SPARE_LOOKS, strict=False))
    return {name: TYPE_LOOKS.get(name) or spare[name] for name in names}


def join_rare(types: pd.Series, children: pd.Series, most: int, fewest: int) -> tuple[pd.Series, list[str]]:
    """Types with the most children, the others as one.

    Parameters
    ----------
    types, children : pandas.Series
        Of each spell.
    most : int
        How many types may stand by themselves.
    fewest : int
        Types of fewer children never do; nor do types of a study's own for which there is no look left.

    Returns
    -------
    tuple of (pandas.Series, list of str)
        The types, and the names of those that were joined.
    """
    n = pd.DataFrame({"type": types, "child": children}).drop_duplicates()["type"].value_counts()
    rest = (OTHER_TYPES, UNKNOWN_TYPE)
    named = sorted((name for name in n.index if name not in rest), key=lambda name: (-n[name], name))
    own = [name for name in named if name not in TYPE_LOOKS]
    too_many = own[len(SPARE_LOOKS) :]
    kept = [name for name in named[:most] if n[name] >= fewest and name not in too_many]
    joined = [name for name in named if name not in kept]
    if UNKNOWN_TYPE in n and n[UNKNOWN_TYPE] < fewest:
        joined.append(UNKNOWN_TYPE)
    if len(joined) == 1 and joined[0] in named and OTHER_TYPES not in n and n[joined[0]] >= fewest:
        return types, []  # one type alone takes no more room under its own name
    return types.where(~types.isin(joined), OTHER_TYPES), joined
