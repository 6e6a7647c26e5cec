"""Which column of a questionnaire file is which item of the codebook, at which wave, and how that was known."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from securebase_analysis.study.columns import fold_name
from securebase_analysis.study.questionnaire.waves_in_names import cuts

MATCHED_COLUMNS = ("column", "item", "mark", "number", "how", "suggestions")
SUGGESTIONS = 3
NAMES_SHOWN = 6
LIKENESS = 0.6
MOST_COMPARED = 2_000
"""Names beyond this many are not compared with one another; it would take minutes."""
HOW = ("named by you", "same name", "same name in other letters' case", "same name, written in another way")


@dataclass(frozen=True)
class _Reading:
    """One item that a column may be: its rank in `HOW`, and the mark of the wave with its manner."""

    item: str
    rank: int
    mark: str = ""
    number: int | None = None
    manner: str = ""


def match_names(
    columns: Iterable[str],
    items: Sequence[str],
    named: Mapping[str, str] | None = None,
    wave_words: Collection[str] = (),
    suggest: bool = True,
) -> pd.DataFrame:
    """Find the items of a codebook among the columns of a file.

    Parameters
    ----------
    columns : iterable of str
        The names in the file.
    items : sequence of str
        The names in the codebook.
    named : mapping, optional
        Item to its column, where somebody said so.
    wave_words : collection of str
        Names of waves that are words, such as ``baseline``, in lower case.
    suggest : bool
        Whether to look for the items that other columns resemble.

    Returns
    -------
    pandas.DataFrame
        A row for each column: ``column, item`` (empty when it is none), ``mark`` and ``number`` of the wave in its
        name (empty and missing when there is none), ``how`` it was known, and ``suggestions``: the items that a
        column which is none looks like.

    Notes
    -----
    A name that is an item is never read as another item at a wave. Where a name can be read in several ways, the
    manner goes first in which the file names most items: ``sdq_1, sdq_2, …`` are 25 items, not one at 25 waves.

    Examples
    --------
    >>> found = match_names(["id", "SDQ1", "sdq_02_T2", "sqd3"], ["sdq1", "sdq2", "sdq3"])
    >>> found[["item", "mark"]].to_numpy().tolist()
    [['', ''], ['sdq1', ''], ['sdq2', 'T2'], ['', '']]
    >>> found["suggestions"].tolist()[-1]
    ('sdq3',)
    """
    columns = [str(name) for name in columns]
    spelled = _spellings(items)
    by_hand = {name: item for item, name in (named or {}).items() if item in set(items)}
    readings = {
        name: [_Reading(by_hand[name], 0)] if name in by_hand else _readings(name, spelled, wave_words)
        for name in columns
    }
    chosen = _without_rivals(_chosen(readings), set(by_hand.values()))
    left = [item for item in items if item not in {one.item for one in chosen.values() if one is not None}]
    rows = [
        _row(
            name,
            one,
            () if one else nearest_names(name, left if suggest and len(columns) <= MOST_COMPARED else ()),
        )
        for name, one in chosen.items()
    ]
    found = pd.DataFrame(rows, columns=list(MATCHED_COLUMNS))
    return found.astype({"number": "Int64"} | dict.fromkeys(("column", "item", "mark", "how"), "str"))


def nearest_names(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that look most like one, at most three, the nearest first.

    Examples
    --------
    >>> nearest_names("avail_3", ["avail3", "avail_03", "trust1"])
    ('avail_03', 'avail3')
    """
    folded: dict[str, str] = {}
    for other in names:
        folded.setdefault(fold_name(other), other)
    found = difflib.get_close_matches(fold_name(name), folded, n=SUGGESTIONS, cutoff=LIKENESS)
    return tuple(folded[one] for one in found)


def listed(names: Sequence[object]) -> str:
    """The first names, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed(range(8))
    ('a, b', '0, 1, 2, 3, 4, 5 and 2 more')
    """
    more = len(names) - NAMES_SHOWN
    return ", ".join(map(str, names[:NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")


def plain_spelling(name: str) -> str:
    """A name without case, separators and leading zeros; a separator between two numbers stays.

    Examples
    --------
    >>> plain_spelling("SDQ_03"), plain_spelling("sdq 1_2")
    ('sdq3', 'sdq1_2')
    """
    folded = re.sub(r"_+(?!\d)|(?<!\d)_+", "", fold_name(name))
    return re.sub(r"(?<!\d)0+(?=\d)", "", folded)


WAYS: tuple[Callable[[str], str], ...] = (str, fold_name, plain_spelling)
"""How names are compared, in the order of `HOW` after its first."""


# --- readings of one name ---------------------------------------------------------------------------------------


def _spellings(items: Sequence[str]) -> list[dict[str, str]]:
    """For each way of comparing in `HOW` but the first, spelling to item; one that two items share is in none."""
    tables: list[dict[str, str]] = []
    for way in WAYS:
        table: dict[str, str] = {}
        counts: Counter[str] = Counter(way(item) for item in dict.fromkeys(items))
        table.update({way(item): item for item in items if counts[way(item)] == 1})
        tables.append(table)
    return tables


def _item_called(name: str, spelled: Sequence[Mapping[str, str]]) -> tuple[str, int] | None:
    """The item of a name and the rank of the way in which it was found."""
    for rank, (way, table) in enumerate(zip(WAYS, spelled), start=1):
        item = table.get(way(name))
        if item is not None:
            return item, rank
    return None


def _readings(name: str, spelled: Sequence[Mapping[str, str]], words: Collection[str]) -> list[_Reading]:
    """Every item that a column may be; the item of that very name is the only one."""
    found = _item_called(name, spelled)
    readings = [] if found is None else [_Reading(*found)]
    if found is not None and found[1] < len(HOW) - 1:
        return readings
    for cut in cuts(name, words):
        found = _item_called(cut.stem, spelled)
        if found is not None:
            readings.append(_Reading(*found, mark=cut.mark, number=cut.number, manner=cut.manner))
    return readings


# --- one reading for each name ----------------------------------------------------------------------------------


def _chosen(readings: Mapping[str, list[_Reading]]) -> dict[str, _Reading | None]:
    """Of each column the reading in the manner that names most items in this file."""
    items_of: dict[str, set[str]] = defaultdict(set)
    for options in readings.values():
        for one in options:
            items_of[one.manner].add(one.item)
    return {
        name: max(options, key=lambda one: (len(items_of[one.manner]), -one.rank)) if options else None
        for name, options in readings.items()
    }


def _without_rivals(chosen: Mapping[str, _Reading | None], by_hand: Collection[str]) -> dict[str, _Reading | None]:
    """Where somebody named the column of an item, no other column without a mark is that item."""
    return {
        name: None if one is not None and one.rank and one.item in by_hand and not one.mark else one
        for name, one in chosen.items()
    }


def _row(name: str, one: _Reading | None, suggestions: tuple[str, ...]) -> tuple[object, ...]:
    """The row of a column in the table of matches."""
    if one is None:
        return name, "", "", None, "", suggestions
    return name, one.item, one.mark, one.number, HOW[one.rank], suggestions
