"""Under which columns of a table the items of a questionnaire stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.results import wording

Names = Mapping[str, str] | Sequence[str] | None

NUMBERED = re.compile(r"(.*?)_?(\d+)")
CASES_LISTED = 5


def columns_of_items(table: pd.DataFrame, items: Sequence[str], title: str, names: Names) -> dict[str, str]:
    """The column of each item, by its own name, in one of the usual spellings of it, or as `names` say.

    Raises
    ------
    DataError
        When an item has no column, two columns, or shares its column with another.
    ModelError
        When `names` are not as many as the items, or name an item that there is not.
    """
    given = _given(names, items, title)
    if given is None:
        columns = _best_style(table, items)
    else:
        columns = {item: given.get(item, item) for item in items}
    raise_if_stopped(_absent(columns, table, title) + _shared(columns, title))
    return columns


def _given(names: Names, items: Sequence[str], title: str) -> Mapping[str, str] | None:
    if names is None:
        return None
    if isinstance(names, Mapping):
        unknown = [name for name in names if name not in items]
        if unknown:
            guess = nearest(unknown[0], items)
            fix = f"Write {guess!r}." if guess else f"The items are {items[0]} to {items[-1]}."
            raise ModelError(
                Problem("SB-ITEM-12", "stop", f"{title} has no item {unknown[0]!r}.", table="items", fix=fix)
            )
        return {item: str(column) for item, column in names.items()}
    listed = [names] if isinstance(names, str) or not isinstance(names, Iterable) else list(names)
    if len(listed) != len(items):
        what = f"names lists {wording.count(len(listed), 'column')}; {title} has {len(items)} items."
        fix = (
            f'All {len(items)} in the order of the key, or names={{"{items[0]}": "column"}} for those that differ.'
        )
        raise ModelError(Problem("SB-ITEM-12", "stop", what, table="items", fix=fix))
    return dict(zip(items, map(str, listed)))


def _best_style(table: pd.DataFrame, items: Sequence[str]) -> dict[str, str]:
    """The spelling under which all items are found; where there is none, the one that finds most of them.

    Raises
    ------
    DataError
        When two spellings find all items in different columns, or the numbering goes on after the last item.
    """
    by_plain: dict[str, str] = {}
    twice: dict[str, list[str]] = {}
    for name in map(str, table.columns):
        first = by_plain.setdefault(name.strip().casefold(), name)
        twice.setdefault(first, []).append(name)
    styles = _spellings(items)
    found = [{item: by_plain.get(spelt, spelt) for item, spelt in zip(items, style)} for style in styles]
    there = [sum(column in table.columns for column in columns.values()) for columns in found]
    complete = [columns for columns, count in zip(found, there) if count == len(items)]
    others = [columns for columns in complete[1:] if columns != complete[0]]
    if others:
        raise_if_stopped([_ambiguous(items[0], [complete[0], *others])])
    best = there.index(max(there))
    several = [item for item, column in found[best].items() if len(twice.get(column, ())) > 1]
    if several:
        raise_if_stopped([_ambiguous(several[0], [{several[0]: name} for name in twice[found[best][several[0]]]])])
    if complete and styles[best][-1] in by_plain:
        raise_if_stopped([_goes_on(len(items), by_plain[styles[best][-1]])])
    return found[best]


def _spellings(items: Sequence[str]) -> list[list[str]]:
    """Ways in which files name the items: item1, item_1, item01, item_01, the bare number; then one item more."""
    parts = [NUMBERED.fullmatch(item.casefold()) for item in items]
    own = [item.casefold() for item in items]
    if any(part is None for part in parts):
        return [[*own, ""]]
    stems = [(part[1], int(part[2])) for part in parts if part is not None]
    last = max(number for _, number in stems)
    stems.append((stems[-1][0], last + 1))
    wide = max(2, len(str(last)))
    own.append(own[-1].removesuffix(str(stems[-2][1])) + str(last + 1))
    forms = [
        [f"{stem}{mark}{number:0{digits}d}" for stem, number in stems]
        for mark in ("", "_", "-", " ", ".")
        for digits in (1, wide)
    ]
    return [own, *forms, [str(number) for _, number in stems]]


def _absent(columns: Mapping[str, str], table: pd.DataFrame, title: str) -> list[Problem]:
    absent = [item for item, column in columns.items() if column not in table.columns]
    if not absent:
        return []
    free = [str(name) for name in table.columns if name not in columns.values()]
    guess = nearest(columns[absent[0]], free)
    listed = ", ".join(absent[:CASES_LISTED]) + (", ..." if len(absent) > CASES_LISTED else ".")
    return [
        Problem(
            "SB-ITEM-12",
            "stop",
            f"{len(absent)} of the {len(columns)} items of {title} "
            f"{'was' if len(absent) == 1 else 'were'} not found: {listed}",
            table="items",
            column=columns[absent[0]],
            why="A scale without one of its items is another scale.",
            done="Nothing was scored.",
            fix=f'names={{"{absent[0]}": "{guess}"}}'
            if guess
            else 'names=["column of item 1", "column of item 2", ...]',
        )
    ]


def _shared(columns: Mapping[str, str], title: str) -> list[Problem]:
    """Two items that are to stand in one column."""
    by_column: dict[str, list[str]] = {}
    for item, column in columns.items():
        by_column.setdefault(column, []).append(item)
    return [
        Problem(
            "SB-ITEM-61",
            "stop",
            f"Several items of {title} are to stand in one column: {', '.join(items)}.",
            table="items",
            column=column,
            why="One answer would count several times.",
            done="Nothing was scored.",
            fix="Name a column of its own for each item.",
        )
        for column, items in by_column.items()
        if len(items) > 1
    ]


def _ambiguous(item: str, complete: Sequence[Mapping[str, str]]) -> Problem:
    may_be = ", ".join(repr(columns[item]) for columns in complete)
    return Problem(
        "SB-ITEM-62",
        "stop",
        f"The table holds more than one set of these items; {item} may be {may_be}.",
        table="items",
        column=complete[0][item],
        why="They may be answers of different people, or of different waves.",
        done="Nothing was scored.",
        fix="Name the columns: names=[...].",
    )


def _goes_on(n_items: int, column: str) -> Problem:
    return Problem(
        "SB-ITEM-71",
        "stop",
        f"This key has {n_items} items, and the numbering of the table goes on.",
        table="items",
        column=column,
        why="A longer form has other items under the same numbers.",
        done="Nothing was scored.",
        fix="Choose the key of the longer form, or name the columns: names=[...].",
    )
