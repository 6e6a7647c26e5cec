"""The rows that are compared: groups of children, or the same children at several waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.group_column import lists_in_cells, problems_of_groups
from securebase_analysis.measures.invariance.long_answers import LongColumns
from securebase_analysis.measures.invariance.told_of_rows import (
    absent_column,
    borne_twice,
    children_with_several_rows,
    left_out,
    named_by_ids,
    no_numbers,
    one_only,
    seen_twice,
    silent_items,
    with_gaps,
    with_gaps_over_waves,
)
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.measures.waves_in_order import named_in_two_ways, waves_in_order

Over = Literal["group", "wave"]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Missing = Literal["fiml", "listwise"]
MOST_GROUPS = 50
"""A column of more values than this tells children apart, not groups."""
MISSING: tuple[Missing, ...] = ("fiml", "listwise")


@dataclass(frozen=True, eq=False)
class Sample:
    """What the ladder is fitted to.

    Attributes
    ----------
    occasions : tuple of str
        Names of the groups or waves.
    X : tuple of numpy.ndarray
        For each group (children, items); for waves one array (children, waves * items), wave after wave.
    rows : pandas.DataFrame
        The rows used.
    n_excluded : int
        Rows given and not used.
    problems : tuple of Problem
        What was left out or assumed.
    over : {"group", "wave"}
        What the occasions are.
    long : LongColumns or None
        The columns of a long table, where that was given.
    """

    occasions: tuple[str, ...]
    X: tuple[Floats, ...]
    rows: pd.DataFrame
    n_excluded: int
    problems: tuple[Problem, ...]
    over: Over
    long: LongColumns | None = None

    @property
    def n_children(self) -> int:
        """Rows of the arrays."""
        return sum(map(len, self.X))

    @property
    def structures(self) -> list[str]:
        """Where each array is from, as it ends a sentence."""
        return [f" in group {name}" for name in self.occasions] if self.over == "group" else [""]

    def by_occasion(self) -> list[Floats]:
        """The items (children, items) of each group or wave."""
        return list(self.X) if self.over == "group" else np.split(self.X[0], len(self.occasions), axis=1)

    def columns(self, items: Sequence[str]) -> list[str]:
        """Names of the columns of the arrays."""
        if self.over == "group":
            return list(items)
        return [f"{item} at wave {wave}" for wave in self.occasions for item in items]


def groups_of(
    frame: pd.DataFrame, items: Sequence[str], group: str, missing: Missing, told: Sequence[Problem] = ()
) -> Sample:
    """Children of each group, in the order in which groups first stand in the table.

    Raises
    ------
    DataError
        With everything that keeps the items from being compared.
    """
    numbers = _numbers(frame, items, [group])
    raise_if_stopped(lists_in_cells(frame, group))
    unnamed = blank(frame[group])
    problems = left_out(frame, unnamed, f"without a value in {group!r}", f"Fill in {group}.")
    problems += children_with_several_rows(frame)
    code, keys = pd.factorize(frame[group].astype(object).where(~unnamed, None))
    names = tuple(map(_name, keys))
    raise_if_stopped(one_only(names, group))
    raise_if_stopped([named_by_ids(group, len(names))] if len(names) > MOST_GROUPS else [])
    raise_if_stopped(problems_of_groups(frame, group))
    used = code >= 0
    dropped = used & _without(numbers, missing)
    problems += with_gaps(frame, dropped, missing)
    used &= ~dropped
    X = tuple(numbers[used & (code == number)] for number in range(len(names)))
    raise_if_stopped([*problems, *silent_items(X, names, items, f"group {{}} of {group}")])
    rows = frame.loc[used, [*dict.fromkeys([group, *items])]]
    return Sample(names, X, rows, int((~used).sum()), (*told, *problems), "group")


def waves_of(
    frame: pd.DataFrame,
    items: Sequence[str],
    wave: str,
    child: str,
    missing: Missing,
    told: Sequence[Problem] = (),
) -> Sample:
    """The same children at every wave, a row each.

    Raises
    ------
    DataError
        With everything that keeps the items from being compared.
    """
    numbers = _numbers(frame, items, [wave, child])
    raise_if_stopped([*lists_in_cells(frame, wave), *lists_in_cells(frame, child)])
    keys = [child, *(["site"] if "site" in frame and child != "site" else [])]
    unnamed = np.asarray(blank(frame[wave]) | blank(frame[child]), dtype=bool)
    problems = left_out(frame, unnamed, f"without {wave!r} or {child!r}", "Fill in both.")
    raise_if_stopped(seen_twice(frame, [*keys, wave], ~unnamed))
    empty = ~unnamed & np.isnan(numbers).all(axis=1)
    problems += left_out(frame, empty, "without any answer", "")
    used: Bools = np.asarray(~unnamed & ~empty, dtype=bool)
    levels = waves_in_order(frame.loc[used, wave])
    names = tuple(map(_name, levels))
    raise_if_stopped([*one_only(names, wave), *named_in_two_ways(levels, wave)])
    children = frame.loc[used].groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    at = pd.Index(levels).get_indexer(frame.loc[used, wave])
    X = np.full((children.max() + 1, len(levels), len(items)), np.nan)
    X[children, at] = numbers[used]
    by_wave = tuple(X[:, number] for number in range(len(levels)))
    raise_if_stopped([*problems, *silent_items(by_wave, names, items, f"{wave} {{}}")])
    wide = X.reshape(len(X), -1)
    whole = np.asarray(np.isfinite(wide).all(axis=1) | (missing == "fiml"), dtype=bool)
    problems += with_gaps_over_waves(int((~whole).sum()))
    kept = np.array(used)
    kept[used] = whole[children]
    rows = frame.loc[kept, [*dict.fromkeys([*keys, wave, *items])]]
    return Sample(names, (wide[whole],), rows, int((~kept).sum()), (*told, *problems), "wave")


def rows_of_informant(frame: pd.DataFrame, informant: str) -> pd.DataFrame:
    """The rows of one informant.

    Raises
    ------
    DataError
        When there is no such column or informant.
    """
    check_columns(frame, ["informant"])
    own = (frame["informant"] == informant).to_numpy(bool)
    known = sorted(map(str, frame["informant"].dropna().unique()))
    guess = nearest(informant, known)
    fix = f"informant={guess!r}" if guess else f"informant is one of {', '.join(map(repr, known[:10]))}"
    what = f"There are no rows with informant {informant!r}."
    raise_if_stopped([] if own.any() else [Problem("SB-SEM-78", "stop", what, column="informant", fix=fix)])
    return frame[own]


def check_table(data: Any) -> None:
    """Refuse what is not a table.

    Raises
    ------
    ModelError
        When it is something else.
    """
    if not isinstance(data, pd.DataFrame):
        what = f"data is a {type(data).__name__}, not a table."
        fix = "Give a pandas.DataFrame with a column for each item."
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix=fix))


def check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse columns that a table does not have, or has twice.

    Raises
    ------
    DataError
        With every such column.
    """
    have = [str(name) for name in frame.columns]
    raise_if_stopped([absent_column(name, have) for name in names if name not in have])
    raise_if_stopped([borne_twice(name) for name in names if have.count(name) > 1])


def _numbers(frame: pd.DataFrame, items: Sequence[str], keys: Sequence[str]) -> Floats:
    """The items as numbers."""
    check_columns(frame, [*items, *keys])
    problems = [
        Problem(
            "SB-SEM-75", "stop", f"{key!r} is an item of the model too.", column=key, fix="Leave it out of one."
        )
        for key in keys
        if key in items
    ]
    columns = {item: numbers_of(frame[item]) for item in items}
    for item, values in columns.items():
        wrong = (np.isnan(values) & ~blank(frame[item])) | np.isinf(values)
        if wrong.any():
            problems.append(no_numbers(frame, item, wrong))
    raise_if_stopped(problems)
    return np.column_stack(list(columns.values())).astype(float)


def _name(key: Any) -> str:
    """A group or wave as it is written."""
    return f"{key:g}" if isinstance(key, float) else str(key)


def _without(numbers: Floats, missing: Missing) -> Bools:
    gaps = np.isnan(numbers)
    return np.asarray(gaps.any(axis=1) if missing == "listwise" else gaps.all(axis=1))
