"""The names under which files hold the items of the SDQ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped

Names = Mapping[str, str] | Sequence[str] | None

DIFFICULTIES = "ebddiff"
IMPACT: dict[str, tuple[str, ...]] = {
    "parent": ("distres", "imphome", "impfrie", "impclas", "impleis"),
    "teacher": ("distres", "impfrie", "impclas"),
    "self": ("distres", "imphome", "impfrie", "impclas", "impleis"),
}
"""The names of the items of the impact supplement, by informant."""
PREFIXES: dict[str, str] = {"parent": "p", "teacher": "t", "self": "s"}
ITEMS = tuple(f"sdq{number}" for number in range(1, 26))
SHORT_NAMES = [
    *("consid", "restles", "somatic", "shares", "tantrum", "loner", "obeys", "worries", "caring", "fidgety"),
    *("friend", "fights", "unhappy", "popular", "distrac", "clingy", "kind", "lies", "bullied", "helpout"),
    *("reflect", "steals", "oldbest", "afraid", "attends"),
]


def item_columns(table: pd.DataFrame, informant: str, names: Names) -> dict[str, str]:
    """The column of each item.

    Raises
    ------
    DataError
        When an item has no column, or two ways of naming fit all items.
    ModelError
        When `names` are not 25, or name an item that the form does not have.
    """
    if names is not None:
        _check_names(names)
        given = names if isinstance(names, Mapping) else dict(zip(ITEMS, names))
        return _all_there({item: given.get(item, item) for item in ITEMS}, table)
    by_plain = {name.casefold(): name for name in table.columns}
    found = [
        {item: by_plain[name] for item, name in zip(ITEMS, style) if name in by_plain}
        for style in _styles(PREFIXES[informant])
    ]
    complete = [columns for columns in found if len(columns) == len(ITEMS)]
    if len(complete) > 1:
        raise_if_stopped([_ambiguous(complete)])
    best = complete[0] if complete else max(found, key=len)
    style = _styles(PREFIXES[informant])[found.index(best)]
    return _all_there({item: best.get(item, name) for item, name in zip(ITEMS, style)}, table)


def _check_names(names: Mapping[str, str] | Sequence[str]) -> None:
    """Refuse a list of another length than the form, and names of items that the form does not have."""
    if not isinstance(names, Mapping):
        if isinstance(names, str) or len(names) != len(ITEMS):
            what = f"names lists {1 if isinstance(names, str) else len(names)} columns; the SDQ has 25 items."
            fix = 'All 25 in the order of the form, or names={"sdq1": "column"} for those that differ.'
            raise ModelError(Problem("SB-ITEM-12", "stop", what, table="items", fix=fix))
        return
    known = {*ITEMS, DIFFICULTIES, *(item for items in IMPACT.values() for item in items)}
    for name in names:
        if name not in known:
            guess = nearest(name, sorted(known))
            fix = f"Write {guess!r}." if guess else "The items are sdq1 to sdq25."
            what = f"The SDQ has no item {name!r}."
            raise ModelError(Problem("SB-ITEM-12", "stop", what, table="items", fix=fix))


def _styles(prefix: str) -> list[list[str]]:
    """The ways in which files name the 25 items."""
    numbers = range(1, 26)
    numbered = [
        f"{start}{{}}" for start in ("sdq", "sdq_", prefix, f"{prefix}_", f"{prefix}sdq", f"{prefix}sdq_", "")
    ]
    plain = [[form.format(number) for number in numbers] for form in numbered]
    padded = [[form.format(f"{number:02d}") for number in numbers] for form in numbered]
    mixed = [[*short[:9], *long[9:]] for short, long in zip(padded, plain)]
    return [*plain, *mixed, SHORT_NAMES, [prefix + name for name in SHORT_NAMES]]


def _all_there(columns: dict[str, str], table: pd.DataFrame) -> dict[str, str]:
    absent = [item for item, column in columns.items() if column not in table.columns]
    if absent:
        free = [name for name in table.columns if name not in columns.values()]
        guess = nearest(columns[absent[0]], free)
        raise_if_stopped(
            [
                Problem(
                    "SB-ITEM-12",
                    "stop",
                    f"{len(absent)} of the 25 items of the SDQ were not found: {', '.join(absent[:5])}"
                    + (", ..." if len(absent) > 5 else "."),
                    table="items",
                    column=columns[absent[0]],
                    why="The scales of the SDQ are defined by all their items.",
                    done="Nothing was scored.",
                    fix=f'names={{"{absent[0]}": "{guess}"}}'
                    if guess
                    else 'names=["column of item 1", "column of item 2", ...]',
                )
            ]
        )
    return columns


def _ambiguous(complete: Sequence[Mapping[str, str]]) -> Problem:
    first = ", ".join(repr(columns["sdq1"]) for columns in complete)
    return Problem(
        "SB-ITEM-58",
        "stop",
        f"The table holds more than one set of SDQ items; item 1 may be {first}.",
        table="items",
        column=complete[0]["sdq1"],
        why="They may be answers of different people.",
        done="Nothing was scored.",
        fix="Name the 25 columns: names=[...].",
    )
