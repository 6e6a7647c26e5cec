"""Who each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import FEW_CELLS, blank
from securebase_analysis.models.rows.table import ColumnTable
from securebase_analysis.results import wording

Ints = NDArray[np.intp]

MUCH_TEXT = 50_000
"""Rows above which memory decides how ids that are text are looked up."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Whom each row belongs to.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (rows,)
        Number of the group of each row; -1 where nobody is named.
    ids : ColumnTable
        The key of each group: one column, or ``site`` and it.
    problems : tuple of Problem
        What had to be assumed.
    plain : bool
        Whether it is sure that no two ids are one that was written in two ways.
    """

    code: Ints
    ids: ColumnTable
    problems: tuple[Problem, ...] = ()
    plain: bool = False

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The ids as a frame."""
        return self.ids.frame()


def groups_of(frame: pd.DataFrame, group: str) -> Groups:
    """Groups by their column, or by site and column where the same id occurs at several sites.

    Raises
    ------
    DataError
        When the ids are lists.
    """
    column = frame[group]
    one_id = {"why": f"A row belongs to one {group}.", "fix": f"Give each row the id of one {group}."}
    raise_if_stopped(lists_in_cells(column, group, **one_id))
    code, keys = _numbered(column)
    plain = _plainly_written(keys)
    if not plain:
        empty = np.append(blank(pd.Series(keys)), True)
        code = np.where(empty[code], -1, code) if empty[:-1].any() else code
    alone = Groups(code, ColumnTable({group: keys}, len(keys)), plain=plain)
    if "site" not in frame or group == "site":
        return alone
    site, sites = pd.factorize(frame["site"], use_na_sentinel=False)
    both = np.where(code >= 0, code * len(sites) + site, -1)
    pair, pairs = pd.factorize(both[both >= 0])
    n_repeated = int((np.bincount(pairs // len(sites)) > 1).sum()) if len(pairs) else 0
    if n_repeated == 0:
        return alone
    combined = np.full(len(frame), -1)
    combined[both >= 0] = pair
    named = {"site": sites[pairs % len(sites)], group: keys[pairs // len(sites)]}
    return Groups(combined, ColumnTable(named, len(pairs)), (_same_id_at_sites(n_repeated, group),), plain)


def _plainly_written(keys: Any) -> bool:
    """Whether keys are numbers, or a few texts none of which is empty or begins or ends with a space.

    Then none of them is blank, and no two are one id written in two ways.
    """
    if keys.dtype.kind in "iu":
        return True
    return len(keys) <= FEW_CELLS and all(type(key) is str and key == key.strip() != "" for key in keys.tolist())


def _numbered(ids: pd.Series) -> tuple[Ints, Any]:
    """Each id's number and the ids, as pandas.factorize gives them.

    Much text is looked up in memory that is given back: Arrow's own store keeps as much again as the look-up
    needs, which at 100,000 children is more than the rest of a model.
    """
    stored = ids.array
    chunked = getattr(stored, "_pa_array", None)
    if chunked is None or ids.dtype.kind in "iuf":
        return pd.factorize(ids)
    if len(ids) <= MUCH_TEXT:
        return stored.factorize()
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.dictionary_encode(chunked, memory_pool=pa.system_memory_pool()).combine_chunks()
    code = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    first = np.zeros(len(whole.dictionary), dtype=np.intp)
    named = np.flatnonzero(code >= 0)[::-1]
    first[code[named]] = named
    return code, stored.take(first)


def lists_in_cells(column: pd.Series, name: str, why: str = "", fix: str = "") -> list[Problem]:
    """Cells that hold lists, or tables, where one word or number is needed."""
    if column.dtype != object or all(map(pd.api.types.is_hashable, column)):
        return []
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"Cells of {name!r} hold several values each.",
            column=name,
            rows=rows_where([not pd.api.types.is_hashable(cell) for cell in column]),
            why=why or f"A row is of one {name}.",
            done="Nothing was computed.",
            fix=fix or f"data = data.explode({name!r})",
        )
    ]


def _same_id_at_sites(n_repeated: int, group: str) -> Problem:
    return Problem(
        "SB-ID-03",
        "note",
        f"{wording.count(n_repeated, f'{group} id')} occurred at more than one site.",
        column=group,
        done=f"Rows were told apart by site and {group}; a {group} who moved between sites would count twice.",
    )


def nameless(groups: Groups, group: str) -> list[Problem]:
    """A problem when rows do not say whom they belong to."""
    if not (groups.code < 0).any():
        return []
    rows = rows_where(groups.code < 0)
    return [
        Problem(
            "SB-ID-09",
            "stop",
            f"{wording.count(len(rows), 'row')} without a {group}.",
            column=group,
            rows=rows,
            why="It cannot be known which rows are repeated measures of one another.",
            done="They were not dropped unseen; nothing was computed.",
            fix=f"Fill in {group}, or remove the rows: data.dropna(subset=[{group!r}]).",
        )
    ]


def written_in_two_ways(groups: Groups, group: str) -> list[Problem]:
    """A problem when ids differ only by spaces around them, or are a number here and its digits as text there."""
    if groups.plain:
        return []
    keys = groups.keys[group]
    if isinstance(keys.dtype, pd.CategoricalDtype):
        keys = keys.astype(keys.cat.categories.dtype)
    if not pd.api.types.is_string_dtype(keys.dtype) and keys.dtype != object:
        return []
    plain = keys.map(_as_text).str.strip() if keys.dtype == object else keys.str.strip()
    if keys.dtype != object and not (plain != keys).any():
        return []
    alike = groups.keys.assign(**{group: plain}).duplicated(keep=False).to_numpy()
    if not alike.any():
        return []
    return [
        Problem(
            "SB-ID-04",
            "stop",
            f"{wording.count(int(alike.sum()), f'{group} id')} differ only by spaces, or by being number or text.",
            column=group,
            rows=rows_where(np.append(alike, False)[groups.code]),
            why=f"Rows of one {group} would count as those of several.",
            done="Nothing was joined; nothing was computed.",
            fix=f"data[{group!r}] = data[{group!r}].astype(str).str.strip()",
        )
    ]


def _as_text(key: object) -> str:
    """An id as it would be written by hand."""
    return f"{key:.0f}" if isinstance(key, float) and key.is_integer() else str(key)
