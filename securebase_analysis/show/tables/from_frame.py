"""A table for print from any data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.show.missing_column import no_column
from securebase_analysis.show.quotations import unmasked_quotations
from securebase_analysis.show.tables.doctable import Column, DocTable, Kind

IDENTIFIERS = frozenset({"child", "child_id", "carer", "carer_id", "sibling_group", "text", "source"})
"""Columns that name people or quote them: they do not go into a table for print unless asked for."""


def make_table(
    frame: pd.DataFrame,
    title: str,
    notes: Sequence[str] = (),
    *,
    columns: Sequence[Column] | None = None,
    heads: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    places: int = 2,
    number: int | None = None,
    show_ids: bool = False,
) -> DocTable:
    """A table for print from a data frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        The values; the index is not printed.
    title : str
        What it shows.
    notes : sequence of str
        Printed beneath.
    columns : sequence of Column, optional
        What is printed; by default every column of the frame, written by its type.
    heads : mapping, optional
        Heads for columns, where the default (the name, in words) will not do.
    kinds : mapping, optional
        How columns are written, see `Column`, where the type does not tell.
    places : int, default 2
        Decimals.
    number : int, optional
        The number in "Table 1".
    show_ids : bool, default False
        Allow columns that name people or quote them.

    Returns
    -------
    DocTable
        To print, to hand to `write_table`, or to show in a notebook.

    Raises
    ------
    ModelError
        When a column is not there, or names people and `show_ids` is False.
    DataError
        When quotations hold what may identify people; `mask_quotations` masks it.

    Examples
    --------
    >>> import pandas as pd
    >>> table = make_table(pd.DataFrame({"wave": [1, 2], "mean": [52.125, 55.5]}), "Trust by wave", places=1)
    >>> table.cells.values.tolist()
    [['1', '52.1'], ['2', '55.5']]
    """
    heads, kinds = dict(heads or {}), dict(kinds or {})
    chosen = tuple(columns) if columns is not None else _default_columns(frame, heads, kinds, places)
    _check_columns(frame, chosen, show_ids)
    printed = dict.fromkeys(name for column in chosen for name in column.source)
    quoted = unmasked_quotations(frame, printed, "warn" if show_ids else "stop")
    raise_if_stopped(quoted)
    said = (*notes, *(problem.sentence for problem in quoted))
    return DocTable(title, frame.reset_index(drop=True), chosen, said, number)


def _default_columns(
    frame: pd.DataFrame, heads: dict[str, str], kinds: dict[str, Kind], places: int
) -> tuple[Column, ...]:
    """Every column, written by its type; conf_low and conf_high become one interval."""
    columns = []
    for name in map(str, frame.columns):
        if name == "conf_high" and "conf_low" in frame:
            continue
        if name == "conf_low" and "conf_high" in frame:
            columns.append(Column(heads.get(name, "Interval"), ("conf_low", "conf_high"), "interval", places))
            continue
        kind = kinds.get(name) or _kind_of(frame[name])
        columns.append(Column(heads.get(name, theory.label(name)), (name,), kind, places))
    return tuple(columns)


def _kind_of(values: pd.Series) -> Kind:
    """How values of this type are written."""
    if pd.api.types.is_bool_dtype(values):
        return "text"
    if pd.api.types.is_integer_dtype(values):
        return "count"
    return "number" if pd.api.types.is_float_dtype(values) else "text"


def _check_columns(frame: pd.DataFrame, columns: Sequence[Column], show_ids: bool) -> None:
    """Refuse columns that are not there, and columns that name people."""
    used = [name for column in columns for name in column.source]
    for name in used:
        if name not in frame:
            raise ModelError(no_column(name, frame, "table"))
    naming = [name for name in used if name in IDENTIFIERS]
    if naming and not show_ids:
        raise ModelError(
            Problem(
                "SB-OUT-10",
                "stop",
                f"Column {naming[0]!r} names or quotes single people.",
                table="table",
                column=naming[0],
                why="A table for print is passed on; rows of single children do not belong in it.",
                done="The table was not made.",
                fix=f"frame.drop(columns={naming!r}), or show_ids=True for a table that stays with you",
            )
        )
