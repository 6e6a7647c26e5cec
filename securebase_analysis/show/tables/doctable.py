"""One table for print: values that are never rounded, and how each column is written for people."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.terms import written_term

Kind = Literal["text", "number", "bounded", "count", "percent", "p", "df", "interval", "bounded interval"]
KINDS: tuple[Kind, ...] = (
    "text", "number", "bounded", "count", "percent", "p", "df", "interval", "bounded interval",
)  # fmt: skip

ITALIC_HEADS = frozenset({"p", "t", "z", "F", "r", "df", "n", "N", "M", "SD", "SE"})
"""Statistical symbols, set in italics as APA 7 does; Greek letters stay upright there."""

MISSING = "–"
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text without the control characters that no document can hold."""
    return UNPRINTABLE.sub("", text)


@dataclass(frozen=True)
class Column:
    """One printed column.

    Attributes
    ----------
    head : str
        Its head.
    source : tuple of str
        The column of the frame it is made from; two for an interval.
    kind : str
        How values are written: ``text``, ``number``, ``bounded`` (a number that cannot exceed one: no leading
        zero), ``count``, ``percent`` (from a share), ``p``, ``df``, ``interval`` or ``bounded interval``.
    places : int
        Decimals.
    spanner : str
        A head above several columns; neighbours with the same one share it.
    """

    head: str
    source: tuple[str, ...]
    kind: Kind = "text"
    places: int = 2
    spanner: str = ""

    def __post_init__(self) -> None:
        check_option("kind", self.kind, KINDS)
        for name in ("head", "spanner"):
            object.__setattr__(self, name, printable(getattr(self, name)))
        wanted = 2 if self.is_interval else 1
        if len(self.source) != wanted:
            raise ValueError(f"column {self.head!r} of kind {self.kind!r} is made from {wanted} columns")

    @property
    def is_interval(self) -> bool:
        """Whether two ends are written in one cell."""
        return self.kind.endswith("interval")

    @property
    def is_text(self) -> bool:
        """Whether it is set flush left."""
        return self.kind == "text"

    @property
    def italic(self) -> bool:
        """Whether the head is a statistical symbol."""
        return self.head in ITALIC_HEADS

    def written(self, frame: pd.DataFrame) -> list[str]:
        """The cells of this column as text."""
        first = frame[self.source[0]]
        if self.is_interval:
            bounded = self.kind == "bounded interval"
            return [_interval(*ends, self.places, not bounded) for ends in zip(first, frame[self.source[1]])]
        if self.kind == "df":
            return _df_cells(first)
        return [_cell(value, self.kind, self.places) for value in first]


def _interval(low: Any, high: Any, places: int, leading_zero: bool) -> str:
    if pd.isna(low) or pd.isna(high):
        return MISSING
    return wording.interval(float(low), float(high), places, leading_zero)


def _df_cells(values: pd.Series) -> list[str]:
    """Degrees of freedom: whole where all are whole, else one place in every row so that points align."""
    finite = [float(v) for v in values if pd.notna(v) and math.isfinite(float(v))]
    places = 0 if all(abs(v - round(v)) < 1e-6 for v in finite) else 1
    return [_cell(value, "number", places) for value in values]


def _cell(value: Any, kind: str, places: int) -> str:
    """One value as text; a dash where it is missing."""
    if value is None or (not isinstance(value, str | list | tuple | dict) and pd.isna(value)):
        return "" if kind == "text" else MISSING
    if kind == "text":
        return _plain(value)
    if kind == "count":
        return f"{int(value):,}".replace("-", wording.MINUS)
    if kind == "p":
        return wording.p_value(float(value))
    if kind == "percent":
        return wording.number(100.0 * float(value), places)
    return wording.number(float(value), places, leading_zero=kind != "bounded")


def _plain(value: Any) -> str:
    """A value of a text column."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return printable(str(value))


@dataclass(frozen=True, eq=False)
class DocTable:
    """A table for print.

    Attributes
    ----------
    title : str
        What it shows.
    frame : pandas.DataFrame
        The values, not rounded.
    columns : tuple of Column
        What is printed, and how.
    notes : tuple of str
        What was left out, repaired or assumed; printed beneath.
    number : int or str, optional
        The number in "Table 1" or "Table S1".
    """

    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    number: int | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", printable(self.title))
        object.__setattr__(self, "notes", tuple(printable(str(note)) for note in self.notes))

    @property
    def cells(self) -> pd.DataFrame:
        """The printed cells as text, one column for each head; heads that occur twice carry their spanner."""
        written = [column.written(self.frame) for column in self.columns]
        heads = [column.head for column in self.columns]
        names = [
            f"{column.spanner}: {column.head}" if column.spanner and heads.count(column.head) > 1 else column.head
            for column in self.columns
        ]
        return pd.DataFrame(dict(zip(names, written)), columns=names)

    @property
    def label(self) -> str:
        """`Table 1`, or nothing where it has no number."""
        return f"Table {self.number}" if self.number is not None else ""

    @property
    def spanners(self) -> tuple[tuple[str, int], ...]:
        """Heads above several columns and how many each covers; empty when there is none."""
        runs: list[tuple[str, int]] = []
        for column in self.columns:
            if runs and runs[-1][0] == column.spanner:
                runs[-1] = (column.spanner, runs[-1][1] + 1)
            else:
                runs.append((column.spanner, 1))
        return tuple(runs) if any(name for name, _ in runs) else ()

    def numbered(self, number: int | str) -> DocTable:
        """The same table with a number."""
        return replace(self, number=number)

    def to_html(self) -> str:
        """The table as a piece of HTML."""
        from securebase_analysis.show.tables.web import table_html

        return table_html(self)

    def to_latex(self) -> str:
        """The table as LaTeX for the package booktabs."""
        from securebase_analysis.show.tables.latex import table_latex

        return table_latex(self)

    def to_docx(self) -> bytes:
        """The table as the bytes of a Word file."""
        from securebase_analysis.show.tables.word import word_bytes

        return word_bytes([self])

    def to_xlsx(self) -> bytes:
        """The table as the bytes of an Excel file."""
        from securebase_analysis.show.tables.workbook import workbook_bytes

        return workbook_bytes([self])

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        heading = ". ".join(part for part in (self.label, self.title) if part)
        notes = [f"Note. {note}" for note in self.notes]
        return "\n\n".join([heading, self.cells.to_string(index=False), *notes])


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
    return DocTable(title, frame.reset_index(drop=True), chosen, tuple(notes), number)


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
            guess = nearest(name, frame.columns)
            fix = f"use {guess!r}" if guess else f"the columns are {', '.join(map(str, frame.columns))}"
            raise ModelError(
                Problem("SB-MODEL-03", "stop", f"There is no column {name!r}.", "table", name, fix=fix)
            )
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


def table_of(
    result: Result, *, conf_level: float | None = None, title: str | None = None, number: int | None = None
) -> DocTable:
    """The table for print of any answer: its terms, and its notes beneath.

    Parameters
    ----------
    result : Result
        Any answer.
    conf_level : float, optional
        Level of the intervals; that of the result by default.
    title : str, optional
        Title; that of the result by default.
    number : int, optional
        The number in "Table 1".

    Returns
    -------
    DocTable
        Columns among outcome, group, effect, term, estimate, SE, interval, t (z where all degrees of freedom are
        infinite), df and p; columns without a single value are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from securebase_analysis.measures.agreement import assess_agreement
    >>> coders, codes = ["A"] * 4 + ["B"] * 4, list("yynnyynn")
    >>> ratings = pd.DataFrame({"unit": [1, 2, 3, 4] * 2, "coder": coders, "code": codes})
    >>> table_of(assess_agreement(ratings, n_resamples=0)).cells.loc[0, ["Term", "Estimate"]].tolist()
    ['Agreement (share)', '1.00']
    """
    level = result.conf_level if conf_level is None else conf_level
    tidy = result.tidy(level)
    shown = tidy.assign(
        outcome=[theory.label(str(name)) if name else "" for name in tidy["outcome"]],
        effect=[str(name).capitalize() for name in tidy["effect"]],
        term=[written_term(str(term)) for term in tidy["term"]],
    )
    title = title or result.title
    columns = [column for column in _tidy_columns(tidy, level) if _says_something(shown, column, title)]
    notes = (*result.notes, *_used_note(result))
    return DocTable(title, shown, tuple(columns), notes, number)


def _tidy_columns(tidy: pd.DataFrame, level: float) -> list[Column]:
    """The columns of ``tidy()`` as they are printed."""
    statistic = "z" if np.isinf(tidy["df"].dropna().astype(float)).all() else "t"
    columns = [
        Column("Outcome", ("outcome",)),
        Column("Group", ("group",)),
        Column("Effect", ("effect",)),
        Column("Term", ("term",)),
        Column("Estimate", ("estimate",), "number"),
        Column("SE", ("std_error",), "number"),
        Column(f"{wording.percent(level)} CI", ("conf_low", "conf_high"), "interval"),
        Column(statistic, ("statistic",), "number"),
    ]
    if statistic == "t":
        columns.append(Column("df", ("df",), "df"))
    return [*columns, Column("p", ("p_value",), "p")]


def _says_something(frame: pd.DataFrame, column: Column, title: str) -> bool:
    """Whether the column adds to the title and to its neighbours; df without a test adds nothing."""
    if column.kind == "df" and frame["statistic"].isna().all():
        return False
    cells = set(column.written(frame))
    if column.head == "Outcome" and len(cells) == 1:
        return next(iter(cells)).casefold() not in title.casefold()
    return not cells <= {"", MISSING}


def _used_note(result: Result) -> tuple[str, ...]:
    """How many rows and groups the answer rests on."""
    facts = result.facts
    used = f"{wording.count(int(facts['n_rows']), 'row')}, {wording.count(int(facts['n_groups']), 'group')}"
    excluded = int(facts["n_excluded"])
    return (f"Used: {used}; {wording.count(excluded, 'row')} not used.",) if excluded else (f"Used: {used}.",)


def write_table(tables: Any, path: str | Path) -> Path:
    """Write one table, or several, for print.

    Parameters
    ----------
    tables : DocTable, Result, or sequence of them
        Several are numbered 1, 2, 3 where they have no number yet.
    path : str or Path
        Ending in ``.docx``, ``.html``, ``.tex`` or ``.xlsx``.

    Returns
    -------
    Path
        The file written; a free name beside it when the file is open in Word or Excel.

    Warns
    -----
    FileOpenWarning
        When another name had to be taken (SB-OUT-15).

    Raises
    ------
    ModelError
        When the ending is none of the four.

    Examples
    --------
    >>> import pandas as pd, tempfile, pathlib
    >>> table = make_table(pd.DataFrame({"wave": [1, 2]}), "Waves")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(table, pathlib.Path(folder) / "waves.docx").name
    'waves.docx'
    """
    from securebase_analysis.show.files import write_beside

    path = Path(path)
    check_option("ending of path", path.suffix.lower(), tuple(_WRITERS))
    given = [tables] if isinstance(tables, DocTable | Result) else list(tables)
    made = [one if isinstance(one, DocTable) else table_of(one) for one in given]
    if len(made) > 1:
        made = [one if one.number is not None else one.numbered(place) for place, one in enumerate(made, start=1)]
    return write_beside(path, _WRITERS[path.suffix.lower()](made))


def _as_docx(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.word import word_bytes

    return word_bytes(tables)


def _as_html(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.web import page_html

    return page_html(tables).encode("utf-8")


def _as_latex(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.latex import table_latex

    return "\n".join(table_latex(table) for table in tables).encode("utf-8")


def _as_workbook(tables: Sequence[DocTable]) -> bytes:
    from securebase_analysis.show.tables.workbook import workbook_bytes

    return workbook_bytes(tables)


_WRITERS = {".docx": _as_docx, ".html": _as_html, ".tex": _as_latex, ".xlsx": _as_workbook}
