"""Whether a column can say which group a row is of: words that are few, written in one way, and nobody's id."""

from __future__ import annotations

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.results import wording

IDS = ("id", "child", "child_id", "pseudonym", "name")
"""Columns that say whom a row is about."""
MANY_GROUPS, FEWEST_EACH = 5, 5
"""Of more groups than this, with fewer rows each than this, the names are more like ids than like groups."""


def problems_of_groups(frame: pd.DataFrame, group: str) -> list[Problem]:
    """What keeps a column from being one of groups; no name of a group is told, as it may be an id.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, which has the column.
    group : str
        Its name.

    Examples
    --------
    >>> frame = pd.DataFrame({"country": ["Norway", "norway ", "Wales"]})
    >>> [problem.fix for problem in problems_of_groups(frame, "country")]
    ["data['country'] = data['country'].str.strip().str.casefold()"]
    """
    column = frame[group]
    in_cells = lists_in_cells(frame, group)
    if in_cells:
        return in_cells
    named = column[~blank(column)]
    n_groups = named.nunique()
    if group.casefold() in IDS or (n_groups > MANY_GROUPS and len(named) < FEWEST_EACH * n_groups):
        return [_like_ids(group, n_groups)]
    return _written_in_two_ways(column, group, named)


def lists_in_cells(frame: pd.DataFrame, name: str) -> list[Problem]:
    """Cells of a column that hold lists where one word or number is needed."""
    column = frame[name]
    several = [not pd.api.types.is_hashable(cell) for cell in column] if column.dtype == object else []
    if not any(several):
        return []
    return [
        Problem(
            "SB-SEM-175",
            "stop",
            f"Cells of {name!r} hold several values each.",
            column=name,
            rows=rows_where(several),
            why=f"A row is of one {name}.",
            done="Nothing was fitted.",
            fix=f"data[{name!r}] = data[{name!r}].str[0]  # the first of each cell",
        )
    ]


def _like_ids(group: str, n_groups: int) -> Problem:
    return Problem(
        "SB-SEM-176",
        "stop",
        f"Column {group!r} has {wording.count(n_groups, 'different value')}: more an id than a group.",
        column=group,
        why="Each group has parameters of its own, which one or a few rows cannot tell.",
        done="Nothing was fitted.",
        fix="Name a column of few groups, such as group='country'; a number is cut into groups by pandas.qcut.",
    )


def _written_in_two_ways(column: pd.Series, group: str, named: pd.Series) -> list[Problem]:
    """Groups whose names differ only by spaces around them or by capitals."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        named = named.astype(named.cat.categories.dtype)
    words = pd.Series([name for name in named.unique() if isinstance(name, str)], dtype=object)
    plain = words.str.strip().str.casefold() if len(words) else words
    alike = set(words[plain.duplicated(keep=False)])
    if not alike:
        return []
    spaces_only = not words.str.strip().drop_duplicates().str.casefold().duplicated().any()
    mended = ".str.strip()" if spaces_only else ".str.strip().str.casefold()"
    return [
        Problem(
            "SB-FILE-19",
            "stop",
            f"{wording.count(len(alike), 'group')} of {group!r} differ only by spaces or capitals.",
            column=group,
            rows=rows_where(column.isin(list(alike))),
            why="One group would be compared with itself.",
            done="Nothing was joined; nothing was fitted.",
            fix=f"data[{group!r}] = data[{group!r}]{mended}",
        )
    ]
