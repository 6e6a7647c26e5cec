"""Answers in a long table, a row each, laid out with a column for each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest, raise_if_stopped
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.invariance.told_of_rows import absent_column, codes_in, no_numbers
from securebase_analysis.measures.scoring.answers import numbers_of
from securebase_analysis.results import wording

WHO = ("site", "wave", "informant")
"""Columns that, where they are there, tell the rows of a child apart."""


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table: the child, the name of the item, the answer."""

    child: str = "child"
    item: str = "item"
    value: str = "value"


def is_long(frame: object, items: Sequence[str], columns: LongColumns) -> bool:
    """Whether items stand in rows: there are columns of items and answers, and no item has a column of its own."""
    if not isinstance(frame, pd.DataFrame):
        return False
    have = {str(name) for name in frame.columns}
    return {columns.item, columns.value} <= have and not have & set(items)


def laid_out(
    frame: pd.DataFrame, items: Sequence[str], columns: LongColumns, over: Sequence[str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """A row per child, site, wave and informant with a column for each item; its index is the first row given.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per answer, numbered by its index.
    items : sequence of str
        Items of the model.
    columns : LongColumns
        What its columns are called.
    over : sequence of str
        Columns of groups or waves, which go along.

    Raises
    ------
    DataError
        When a column or an item is not there, an answer is given twice or is no number, or a child has two groups.
    """
    have = [str(name) for name in frame.columns]
    raise_if_stopped([absent_column(name, have) for name in (columns.child, *over) if name not in have])
    keys = list(dict.fromkeys([columns.child, *(name for name in WHO if name in have), *(_wave(over, have))]))
    named = frame[columns.item].astype("str").str.strip()
    raise_if_stopped(_items_not_asked(items, named))
    own = named.isin(items).to_numpy(bool) & ~np.asarray(blank(frame[columns.value]))
    nobodys = np.asarray(blank(frame[columns.child]), dtype=bool)
    told = _without_child(frame, own & nobodys, columns.child)
    kept = frame[own & ~nobodys]
    answers, item = numbers_of(kept[columns.value]), named[kept.index].to_numpy()
    wrong = np.isnan(answers) | np.isinf(answers)
    raise_if_stopped(
        [no_numbers(kept, name, wrong & (item == name)) for name in items if (wrong & (item == name)).any()]
    )
    raise_if_stopped(_answered_twice(kept, [*keys, columns.item], columns.value))
    for name in items:
        own_rows = kept.index[item == name]
        told += codes_in(kept.loc[own_rows], name, answers[item == name])
    row = kept.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    first = kept.groupby(row).head(1)
    table = pd.DataFrame(np.nan, index=first.index, columns=list(items))
    values = table.to_numpy(copy=True)
    values[row, pd.Index(items).get_indexer(item)] = answers
    table = pd.DataFrame(values, index=first.index, columns=list(items))
    goes_along = list(dict.fromkeys([*keys, *over]))
    raise_if_stopped(_several_groups(kept, row, [name for name in over if name not in keys]))
    return pd.concat([first[goes_along], table], axis=1), told


def _wave(over: Sequence[str], have: Sequence[str]) -> list[str]:
    """The column of waves where it has another name; a child's group does not tell its rows apart."""
    return [name for name in over if name in have and name.casefold().startswith("wave")]


def _without_child(frame: pd.DataFrame, mask: np.ndarray, child: str) -> list[Problem]:
    if not mask.any():
        return []
    rows = frame.index[mask].tolist()
    pronoun = "it is" if len(rows) == 1 else "they are"
    return [
        Problem(
            "SB-SEM-157",
            "warn",
            f"{wording.count(len(rows), 'answer does', 'answers do')} not say whose {pronoun}.",
            column=child,
            rows=rows,
            done="Left out.",
            fix=f"Fill in {child}.",
        )
    ]


def _items_not_asked(items: Sequence[str], named: pd.Series) -> list[Problem]:
    """Items of the model that no row is about."""
    known = list(dict.fromkeys(named))
    problems = []
    for name in items:
        if name in known:
            continue
        guess = nearest(name, known)
        problems.append(
            Problem(
                "SB-SEM-158",
                "stop",
                f"No row of the long table is about item {name!r}.",
                column="item",
                done="Nothing was fitted.",
                fix=f"Write {guess!r}." if guess else f"Its items are {', '.join(known[:10])}.",
            )
        )
    return problems


def _answered_twice(frame: pd.DataFrame, keys: Sequence[str], value: str) -> list[Problem]:
    """The same item answered twice by the same child."""
    again = frame.duplicated(list(keys), keep=False)
    if not again.any():
        return []
    rows = frame.index[again].tolist()
    return [
        Problem(
            "SB-SEM-159",
            "stop",
            f"{len(rows):,} rows answer an item that another row of the same {', '.join(keys[:-1])} answers too.",
            column=value,
            rows=rows,
            why="Choosing or averaging between two answers would be a decision that nobody took.",
            done="Nothing was fitted.",
            fix="Keep the right row, or tell the rows apart in a column 'wave' or 'informant'.",
        )
    ]


def _several_groups(frame: pd.DataFrame, row: np.ndarray, over: Sequence[str]) -> list[Problem]:
    """Children whose answers stand in several groups."""
    problems = []
    for name in over:
        codes = pd.Series(pd.factorize(frame[name])[0]).groupby(row).transform("nunique").to_numpy()
        if (codes > 1).any():
            problems.append(
                Problem(
                    "SB-SEM-65",
                    "stop",
                    f"{name!r} changes from one answer of a child to the next.",
                    column=name,
                    rows=frame.index[codes > 1].tolist(),
                    why="A child is in one group.",
                    done="Nothing was fitted.",
                    fix=f"Give each child one {name}, or tell its rows apart in a column 'wave'.",
                )
            )
    return problems
