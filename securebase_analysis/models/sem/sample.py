"""The rows that a model uses, group by group, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.sem.columns import constant_column
from securebase_analysis.models.sem.request import Missing
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sample:
    """What a model is fitted to.

    Attributes
    ----------
    frame : pandas.DataFrame
        The table as given.
    names : tuple of str
        Columns of the model.
    groups : tuple of str
        Names of the groups, in the order in which they first stand in the table.
    rows : tuple of numpy.ndarray of int
        Places of the rows of each group in the table.
    X : tuple of numpy.ndarray
        Their values, NaN where missing.
    problems : tuple of Problem
        What was left out or assumed.
    """

    frame: pd.DataFrame
    names: tuple[str, ...]
    groups: tuple[str, ...]
    rows: tuple[Ints, ...]
    X: tuple[Floats, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows used."""
        return sum(map(len, self.rows))

    @property
    def n_excluded(self) -> int:
        """Rows given and not used."""
        return len(self.frame) - self.n_rows

    @property
    def places(self) -> Ints:
        """Places of all rows used in the table, group after group."""
        return np.concatenate(self.rows)

    @property
    def missing(self) -> pd.Series:
        """Share of values that each column lacks in the rows used."""
        gaps = np.isnan(np.concatenate(self.X)).mean(axis=0)
        return pd.Series(gaps, index=list(self.names))


def groups_in(frame: pd.DataFrame, group: str | None) -> tuple[tuple[str, ...], Ints, list[Problem]]:
    """Names of the groups, the number of each row's group (-1 where none is named), and what to tell of it.

    Raises
    ------
    DataError
        When there are fewer than two.
    """
    if group is None:
        return ("",), np.zeros(len(frame), dtype=np.intp), []
    column = frame[group]
    empty = blank(column)
    code, keys = pd.factorize(column.astype(object).where(~empty, None))
    names = tuple(f"{key:g}" if isinstance(key, float) else str(key) for key in keys)
    raise_if_stopped(_too_few_groups(group, len(names)))
    return names, code.astype(np.intp), _nobodys(group, empty)


def _too_few_groups(group: str, n: int) -> list[Problem]:
    if n > 1:
        return []
    return [
        Problem(
            "SB-SEM-21",
            "stop",
            f"Column {group!r} names {wording.count(n, 'group')}.",
            column=group,
            why="Groups are compared with one another.",
            fix="Leave out group=, or name a column with two groups or more.",
        )
    ]


def _nobodys(group: str, empty: Bools) -> list[Problem]:
    if not empty.any():
        return []
    return [
        Problem(
            "SB-SEM-22",
            "warn",
            f"{wording.count(int(empty.sum()), 'row')} without a group.",
            column=group,
            rows=rows_where(empty),
            done="Left out.",
            fix=f"Fill in {group}.",
        )
    ]


def sample_of(
    frame: pd.DataFrame,
    numbers: pd.DataFrame,
    groups: Sequence[str],
    code: Ints,
    given: Sequence[str],
    missing: Missing,
    problems: Sequence[Problem] = (),
) -> Sample:
    """The rows that say enough, group by group.

    Parameters
    ----------
    frame, numbers : pandas.DataFrame
        The table, and the columns of the model as numbers.
    groups, code
        From `groups_in`.
    given : sequence of str
        Columns that are only taken as given: rows that lack one are left out.
    missing : {"fiml", "listwise"}
        Whether rows with gaps are used.
    problems : sequence of Problem
        What was told of the table before.

    Raises
    ------
    DataError
        When a group has too few rows, or a column that is constant in it.
    """
    gaps = numbers.isna().to_numpy()
    told = list(problems)
    used = code >= 0
    needed = (
        gaps.any(axis=1) if missing == "listwise" else gaps[:, [name in given for name in numbers]].any(axis=1)
    )
    empty = gaps.all(axis=1)
    told += _left_out(used & needed & ~empty, missing) + _empty(used & empty)
    used &= ~needed & ~empty
    rows = tuple(np.flatnonzero(used & (code == number)) for number in range(len(groups)))
    values = numbers.to_numpy(float)
    X = tuple(values[of_group] for of_group in rows)
    names = tuple(map(str, numbers))
    raise_if_stopped(_too_few_rows(groups, X, missing))
    raise_if_stopped(_constant_in_group(groups, X, names))
    return Sample(frame, names, tuple(groups), rows, X, tuple(told))


def _left_out(lacking: Bools, missing: Missing) -> list[Problem]:
    if not lacking.any():
        return []
    n = wording.count(int(lacking.sum()), "row")
    if missing == "listwise":
        what, fix = f"{n} with a gap.", "missing='fiml' uses what they have."
    else:
        what, fix = f"{n} without a predictor that is only taken as given.", "fixed_x=False uses what they have."
    return [Problem("SB-SEM-23", "warn", what, rows=rows_where(lacking), done="Left out.", fix=fix)]


def _empty(empty: Bools) -> list[Problem]:
    if not empty.any():
        return []
    n = wording.count(int(empty.sum()), "row")
    what = f"{n} without any value of the model."
    return [Problem("SB-SEM-24", "note", what, rows=rows_where(empty), done="Left out.")]


def _too_few_rows(groups: Sequence[str], X: Sequence[Floats], missing: Missing) -> list[Problem]:
    """Groups with no more rows than columns."""
    p = X[0].shape[1]
    return [
        Problem(
            "SB-SEM-25",
            "stop",
            f"{f'Group {name}' if name else 'The table'} has {wording.count(len(values), 'usable row')} "
            f"for {wording.count(p, 'column')}.",
            why="So few rows have no covariances of their own for so many columns.",
            done="Nothing was fitted.",
            fix=("Join groups, or take" if name else "Take")
            + " fewer variables: scale scores in place of items, two constructs at a time"
            + (", or missing='fiml'." if missing == "listwise" else "."),
        )
        for name, values in zip(groups, X)
        if len(values) <= p
    ]


def _constant_in_group(groups: Sequence[str], X: Sequence[Floats], names: Sequence[str]) -> list[Problem]:
    """Columns without two different values in a group."""
    problems = []
    for group, values in zip(groups, X):
        for name, column in zip(names, values.T):
            seen = column[~np.isnan(column)]
            if not len(seen) or seen.min() == seen.max():
                problems.append(constant_column(name, group))
    return problems
