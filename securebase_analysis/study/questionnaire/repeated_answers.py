"""The same child, wave and informant twice in a questionnaire file: named, never chosen or averaged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem

WHOSE = ("site", "child", "wave", "informant", "instance")


def repeated_answers(rows: pd.DataFrame, items: Sequence[str], table: str) -> list[Problem]:
    """Rows of a file that answer for the same child, wave, informant and instance.

    Parameters
    ----------
    rows : pandas.DataFrame
        The columns of `WHOSE`, a column for each item, and ``row``, the row of the file.
    items : sequence of str
        The items; a row in which none is answered repeats nothing.
    table : str
        The file, for messages.

    Returns
    -------
    list of Problem
        SB-ID-01 (stop): the same answers twice. SB-ID-02 (stop): different answers.

    Examples
    --------
    >>> rows = pd.DataFrame({"child": ["C1", "C1"], "wave": [1, 1], "a1": [0.0, 2.0], "row": [1, 2]})
    >>> [problem.code for problem in repeated_answers(rows, ["a1"], "wave1.csv")]
    ['SB-ID-02']
    """
    key = [name for name in WHOSE if name in rows]
    answered = np.zeros(len(rows), dtype=bool)
    for item in items:  # column by column: all at once would hold a large table twice
        answered |= rows[item].notna().to_numpy()
    whose = rows.loc[answered & rows["child"].notna().to_numpy(), key]
    shared = rows.loc[whose.index[whose.duplicated(keep=False)]]
    if shared.empty:
        return []
    contents = pd.util.hash_pandas_object(shared[list(items)], index=False)
    keys = [shared[name] for name in key]
    differ = contents.groupby(keys, dropna=False).transform("nunique").to_numpy() > 1
    named: list[str] = [name for name in WHOSE[1:4] if name in key and shared[name].notna().any()]
    problems = []
    if not differ.all():
        problems.append(_alike(shared[~differ], key, named, table))
    if differ.any():
        problems.append(_different(shared[differ], key, named, items, table))
    return problems


def _alike(rows: pd.DataFrame, key: list[str], named: list[str], table: str) -> Problem:
    """SB-ID-01: the same answers twice."""
    numbers = _numbers(rows)
    return Problem(
        "SB-ID-01",
        "stop",
        f"{len(numbers)} rows repeat one another in {_words(named)} and every answer, e.g. {_pair(rows, key)}.",
        table=table,
        column="child",
        rows=numbers,
        why="The same answers would count twice.",
        done="None was removed.",
        fix="Delete the repeats from the file; keep one row of each pair.",
    )


def _different(rows: pd.DataFrame, key: list[str], named: list[str], items: Sequence[str], table: str) -> Problem:
    """SB-ID-02: different answers for the same child, wave and informant."""
    numbers = _numbers(rows)
    lacking = [name for name in ("wave", "informant") if name not in named]
    hint = f", or name the column that tells them apart: {lacking[0]}='...'" if lacking else ""
    return Problem(
        "SB-ID-02",
        "stop",
        f"{len(numbers)} rows are about the same {_words(named)} and differ, e.g. {_pair(rows, key)}"
        f"{_difference(rows, key, items)}.",
        table=table,
        column="child",
        rows=numbers,
        why="Whichever row is taken, or their mean, the result would depend on a choice nobody made.",
        done="No row was chosen and none averaged.",
        fix=f"Find out which row is right and delete the other; or correct its wave or informant{hint}.",
    )


def _numbers(rows: pd.DataFrame) -> list[int]:
    """Rows of the file, each once; in a wide file a row holds several waves."""
    return sorted(set(rows["row"].astype(int)))


def _words(named: list[str]) -> str:
    """Names in words: child, wave and informant."""
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _first_two(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The first two rows of the first key."""
    return rows[rows.groupby(key, dropna=False, sort=False).ngroup() == 0].head(2)


def _pair(rows: pd.DataFrame, key: list[str]) -> str:
    """Where the first two rows of one key stand."""
    one, other = _first_two(rows, key)["row"].astype(int)
    return f"rows {one} and {other}"


def _difference(rows: pd.DataFrame, key: list[str], items: Sequence[str]) -> str:
    """The first item in which the first two rows of one key differ."""
    first = _first_two(rows, key)[list(items)].to_numpy(dtype=float)
    differ = np.flatnonzero((first[0] != first[1]) & ~(np.isnan(first[0]) & np.isnan(first[1])))
    if not len(differ):
        return ""
    one, other = ("empty" if np.isnan(answer) else f"{answer:g}" for answer in first[:, differ[0]])
    return f": {items[differ[0]]} is {one} and {other}"
