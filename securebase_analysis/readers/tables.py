"""The door for tables: one verb that reads a file as text, workbook, Parquet, SPSS or Stata.

Cells stay as the file holds them; `cells` and `dates` convert them once the study says what a column means.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem, check_option, raise_if_stopped
from securebase_analysis.readers.delimited import read_delimited
from securebase_analysis.readers.headers import Grid, name_columns
from securebase_analysis.readers.labelled import MissingRanges, no_missing, read_labelled
from securebase_analysis.readers.parquet_file import read_parquet
from securebase_analysis.readers.rows_without_data import drop_blank_rows, drop_rows_below
from securebase_analysis.readers.signatures import empty_table, identify
from securebase_analysis.readers.text_columns import remark_on_text
from securebase_analysis.readers.workbooks import read_workbook, sheet_names

__all__ = ["Table", "read_table", "sheet_names"]


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table as a file holds it, with everything that was assumed while reading.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cells. Text stays text, exactly as in the file; only an empty cell is missing. Numbers and dates have
        their type only where the file format itself gives it (workbook, Parquet, SPSS, Stata). In a text file of
        more than 32 MB a column with at most 1,000 different cells is a category of texts, which takes a ninth of
        the memory.
    missing : pandas.DataFrame
        Columns ``row`` (from 1), ``column``, ``code``, ``reason``: the cells that the file declares missing.
    labels : dict
        Column to label.
    value_labels : dict
        Column to {value: label}.
    name : str
        The file's name without its folder.
    assumptions : tuple of Problem
        Notes and warnings: encoding, separator, decimal mark, rows left out, words kept as text.
    decimal : str, optional
        The decimal mark that the file was seen to use; hand it to the converters.
    date_system : {"1900", "1904"}
        From when the workbook counts its days; hand it to `to_date`.
    """

    frame: pd.DataFrame
    missing: pd.DataFrame = field(default_factory=no_missing)
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    name: str = ""
    assumptions: tuple[Problem, ...] = ()
    decimal: str | None = None
    date_system: str = "1900"

    def __repr__(self) -> str:
        n_rows, n_columns = self.frame.shape  # no cell: a table that prints itself would print ids
        return f"Table {self.name!r}: {n_rows:,} rows, {n_columns} columns; {len(self.assumptions)} assumptions"


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    header_rows: int = 1,
    encoding: str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    missing_ranges: MissingRanges = "ask",
    keep_rows: Collection[int] = (),
) -> Table:
    """Read a table from CSV, TSV, text, XLSX, Parquet, SPSS or Stata; the content decides, not the name.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    sheet : str, optional
        Sheet of a workbook; needed when several sheets hold data.
    header_rows : int
        Rows that hold the names; with 2, ``Wave 1`` over ``sdq`` becomes ``sdq_w1``.
    encoding, separator, decimal : str, optional
        Of a text file; found out and reported when None.
    missing_ranges : {"ask", "apply", "ignore"}
        For ranges of values that an SPSS file declares missing; see `read_labelled`.
    keep_rows : collection of int
        Data rows (from 1) to keep although they look like a total or a mean.

    Returns
    -------
    Table
        With ``.frame``, ``.missing``, ``.labels``, ``.value_labels`` and ``.assumptions``.

    Raises
    ------
    DataError
        When the file cannot be read without guessing; all problems found so far are in ``.problems``.

    Notes
    -----
    Nothing is converted here, so identifiers keep their zeros and initials such as ``NA`` stay text. Row numbers
    in messages count from 1 under the header and leave out blank lines.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "wave1.csv"
    >>> _ = file.write_text("child,sdq\\n007,12\\n008,\\n")
    >>> table = read_table(file)
    >>> table.frame["child"].tolist(), int(table.frame["sdq"].isna().sum())
    (['007', '008'], 1)
    >>> table.assumptions[0].code
    'SB-FILE-05'
    """
    path = Path(path)
    kind, problems = identified(path, sheet, header_rows, decimal, missing_ranges)
    if kind in ("sav", "por", "dta"):
        return _from_labelled(path, kind, encoding, missing_ranges, problems)
    if kind == "parquet":
        return _from_parquet(path, problems)
    if kind == "xlsx":
        grid = read_workbook(path, sheet, header_rows)
    else:
        grid = read_delimited(path, header_rows, encoding, separator, decimal)
    return from_grid(grid, path.name, keep_rows, problems)


def identified(
    path: Path, sheet: str | None, header_rows: int, decimal: str | None, missing_ranges: str
) -> tuple[str, list[Problem]]:
    """What a file is, as `identify` says, once options that mean nothing are refused."""
    check_option("missing_ranges", missing_ranges, ("ask", "apply", "ignore"))
    check_option("decimal", decimal, (None, ".", ","))
    if isinstance(header_rows, bool) or not isinstance(header_rows, int) or header_rows < 1:
        what = f"header_rows={header_rows!r} is not a number of rows of at least 1."
        fix = "header_rows=1; write names over the columns when the file has none."
        raise DataError(Problem("SB-FILE-08", "stop", what, fix=fix))
    kind, problems = identify(path)
    if sheet is not None and kind != "xlsx":
        raise DataError(_has_no_sheets(path.name, sheet))
    return kind, problems


def _has_no_sheets(table: str, sheet: str) -> Problem:
    """The problem of a sheet asked for in a file that is no workbook."""
    what = f"The sheet {sheet!r} was asked for, but only workbooks have sheets."
    return Problem("SB-FILE-67", "stop", what, table=table, fix="Leave sheet out, or name the workbook.")


def from_grid(grid: Grid, name: str, keep_rows: Collection[int] = (), problems: Sequence[Problem] = ()) -> Table:
    """Name the columns, leave out what is not data, and say so."""
    frame, header_problems = name_columns(grid, name)
    raise_if_stopped([*problems, *grid.problems, *header_problems])
    frame, blank = drop_blank_rows(frame, name)
    frame, below = drop_rows_below(frame, name, keep_rows)
    if not len(frame):
        raise DataError(empty_table(name, "There are no rows of data under the header."))
    everything = [*problems, *grid.problems, *header_problems, *blank, *below, *remark_on_text(frame, name)]
    return Table(
        frame, name=name, assumptions=tuple(everything), decimal=grid.decimal, date_system=grid.date_system
    )


def _from_labelled(
    path: Path, kind: str, encoding: str | None, missing_ranges: MissingRanges, problems: list[Problem]
) -> Table:
    """A table from SPSS or Stata."""
    read = read_labelled(path, kind, encoding, missing_ranges)
    everything = (*problems, *read.problems, *remark_on_text(read.frame, path.name))
    raise_if_stopped(everything)
    return Table(read.frame, read.missing, read.labels, read.value_labels, path.name, everything)


def _from_parquet(path: Path, problems: list[Problem]) -> Table:
    """A table from Parquet, with the types that the file gives its columns."""
    names, frame = read_parquet(path)
    if not len(frame) or not len(names):
        raise DataError(empty_table(path.name, "The file has no rows."))
    grid = Grid([names], frame)
    frame, header_problems = name_columns(grid, path.name)
    raise_if_stopped([*problems, *header_problems])
    everything = (*problems, *header_problems, *remark_on_text(frame, path.name))
    return Table(frame, name=path.name, assumptions=everything)
