"""The scales whose reliability is asked for, taken out of a study or a table of items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, ModelError, Problem, nearest, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.measures.codes_for_missing import codes_among
from securebase_analysis.measures.scoring.answers import Answers, numbers_of, read_answers
from securebase_analysis.measures.scoring.items import keyed_answers
from securebase_analysis.measures.scoring.material import material_of, names_borne_twice
from securebase_analysis.measures.scoring.range_checks import range_problems
from securebase_analysis.measures.scoring.scoring_key import ScaleKey, scoring_key
from securebase_analysis.study.codebook import Codebook

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

Floats = NDArray[np.float64]

NOT_ITEMS = ("site", "child", "wave", "informant", "date")
LARGEST_ANSWER = 1e12


@dataclass(frozen=True, eq=False)
class Scale:
    """One scale's answers, all running the same way.

    Attributes
    ----------
    name : str
        The construct; empty for a table that is one scale.
    group : str
        Instrument, informant and level of `by`, as far as there are any.
    items : tuple of str
        Names of the items.
    keyed : numpy.ndarray, shape (rows, items)
        Answers after reversal; NaN where missing. Rows without any answer are left out.
    turned : numpy.ndarray of bool, shape (items,)
        Items that were reversed.
    n_children : int
        Different children among the rows; the number of rows where nobody says who is who.
    n_empty : int
        Rows left out because they have no answer at all.
    """

    name: str
    group: str
    items: tuple[str, ...]
    keyed: Floats
    turned: NDArray[np.bool_]
    n_children: int
    n_empty: int

    @property
    def title(self) -> str:
        """The scale and its group, for notes."""
        return ", ".join(part for part in (self.name, self.group) if part) or "the scale"


def scales_of_table(items: pd.DataFrame, by: Sequence[str], reversed_items: Collection[str]) -> list[Scale]:
    """One scale from a table whose columns are its items, or one per level of `by`.

    Raises
    ------
    DataError
        When a column is not numeric, or a reversed item is not there.
    ModelError
        With fewer than two items.
    """
    named = items.set_axis([str(name) for name in items.columns], axis=1).reset_index(drop=True)
    raise_if_stopped(names_borne_twice(named, "items"))
    _check_columns(named, [*by, *reversed_items])
    keys = [name for name in named if name in NOT_ITEMS or name in by]
    columns = [name for name in named if name not in keys]
    raise_if_stopped(_texts(named, columns))
    if len(columns) < 2:
        raise ModelError(_too_few_items(columns))
    values = named[columns].to_numpy(dtype=float, na_value=np.nan)
    raise_if_stopped(_endless(values, columns))
    turned = np.array([name in set(reversed_items) for name in columns])
    ends = _ends(values)
    keyed = np.where(turned, ends - values, values)
    children = _children(named)
    return [
        _scale("", label, tuple(columns), keyed[rows], turned, None if children is None else children.iloc[rows])
        for label, rows in _levels(named, by)
    ]


def codes_in_items(items: pd.DataFrame, by: Sequence[str]) -> list[Problem]:
    """Numbers that surveys use for "not known" among the answers of a table of items (#16)."""
    columns = [name for name in items if str(name) not in NOT_ITEMS and str(name) not in by]
    return codes_among({name: items[name].to_numpy(float, na_value=np.nan) for name in columns})


def _ends(values: Floats) -> float:
    """Lowest plus highest answer in the table, from which reversed items are subtracted."""
    if np.isnan(values).all():
        return 0.0
    return float(np.nanmin(values) + np.nanmax(values))


def _check_columns(items: pd.DataFrame, wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in items.columns:
            guess = nearest(name, items.columns)
            raise DataError(
                Problem(
                    "SB-ITEM-12",
                    "stop",
                    f"There is no column {name!r} in the items.",
                    table="items",
                    column=name,
                    fix=f"Write {guess!r}." if guess else f"The columns are {', '.join(items.columns[:20])}.",
                )
            )


def _texts(items: pd.DataFrame, columns: Sequence[str]) -> list[Problem]:
    """A stop for every column that is not made of numbers, with the cells that are not."""
    problems = []
    for name in columns:
        if pd.api.types.is_numeric_dtype(items[name]) and not pd.api.types.is_complex_dtype(items[name]):
            continue
        rows = rows_where(np.isnan(numbers_of(items[name])) & ~blank(items[name]))
        problems.append(
            Problem(
                "SB-FILE-18",
                "stop",
                f"{name} is not a column of numbers.",
                table="items",
                column=name,
                rows=rows,
                why="Every column that is not a key is taken for an item.",
                fix=f'items.drop(columns="{name}"), or turn its answers into numbers.',
            )
        )
    return problems


def _endless(values: Floats, columns: Sequence[str]) -> list[Problem]:
    """A stop for every item with answers that are infinite, or larger than anything a form offers."""
    return [
        Problem(
            "SB-ITEM-04",
            "stop",
            f"{name} has answers that are infinite or beyond {LARGEST_ANSWER:.0e}.",
            table="items",
            column=name,
            rows=rows_where(beyond),
            why="One such cell decides every coefficient.",
            fix="Correct these cells, or leave them empty.",
        )
        for name, beyond in zip(columns, (np.abs(values) > LARGEST_ANSWER).T)
        if beyond.any()
    ]


def _too_few_items(columns: Sequence[str]) -> Problem:
    return Problem(
        "SB-ITEM-55",
        "stop",
        f"Consistency needs at least two items; the table has {len(columns)}.",
        table="items",
        why="One item has nothing to agree with.",
        fix="Give all items of the scale, one column each.",
    )


def _children(items: pd.DataFrame) -> pd.DataFrame | None:
    return items.reindex(columns=["site", "child"]) if "child" in items else None


def _levels(table: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[str, NDArray[np.int_]]]:
    """Label and rows of every level of `by`, the rows without one last; all rows when there is none."""
    if not by:
        yield "", np.arange(len(table))
        return
    for level, rows in table.groupby(list(by), sort=True, observed=True, dropna=False).indices.items():
        values = level if isinstance(level, tuple) else (level,)
        named = ", ".join(f"{name} {'missing' if pd.isna(value) else value}" for name, value in zip(by, values))
        yield named, np.asarray(rows)


def _scale(
    name: str,
    group: str,
    items: tuple[str, ...],
    keyed: Floats,
    turned: NDArray[np.bool_],
    children: pd.DataFrame | None,
) -> Scale:
    """A scale without its empty rows."""
    some = ~np.isnan(keyed).all(axis=1)
    n_children = int(some.sum()) if children is None else len(children[some].drop_duplicates())
    return Scale(name, group, items, keyed[some], turned, n_children, int((~some).sum()))


def scales_of_study(
    data: Study | pd.DataFrame, codebook: Codebook | None, by: Sequence[str]
) -> tuple[list[Scale], list[Problem]]:
    """Every instrument, construct and informant of a study, or of a table with a codebook.

    Raises
    ------
    DataError
        When items are absent or answers lie outside their range.
    """
    material = material_of(data, codebook)
    scales, problems = [], []
    for instrument, table in material.responses.items():
        key = scoring_key(material.codebook, instrument)
        answers, found = read_answers(table, key, material.codebook)
        problems += found
        if answers is not None:
            problems += range_problems(answers)
            for scale in key.scales:
                if scale.items:
                    scales += _scales_of(answers, scale, by)
    raise_if_stopped(problems)
    return scales, problems


def _scales_of(answers: Answers, scale: ScaleKey, by: Sequence[str]) -> list[Scale]:
    """One scale for each informant and level of `by`."""
    table = pd.concat([answers.occasions, answers.others], axis=1)
    _check_columns(table, by)
    keyed = keyed_answers(answers.values[:, answers.columns_of(scale.items)], scale)
    children = answers.occasions[["site", "child"]]
    found = []
    for informant, rows in answers.occasions.groupby("informant", sort=True).indices.items():
        for label, chosen in _levels(table.iloc[rows], [name for name in by if name != "informant"]):
            here = np.asarray(rows)[chosen]
            group = ", ".join(part for part in (answers.key.instrument, str(informant), label) if part)
            found.append(
                _scale(scale.construct, group, scale.items, keyed[here], scale.reversed, children.iloc[here])
            )
    return found
