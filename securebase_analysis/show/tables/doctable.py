"""One table for print: values that are never rounded, and how each column is written for people."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import check_option
from securebase_analysis.results import wording

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
