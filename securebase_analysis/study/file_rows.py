"""One file of a study in our words: columns found, cells converted, rows numbered as in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.tables import Table, read_table
from securebase_analysis.study.columns import Conventions, convert, match_columns, own_column
from securebase_analysis.study.schema import OWN_COLUMNS, TABLES, Column
from securebase_analysis.study.study_file import Entry

ENTRY = "_entry"
ROW = "_row"
HIDDEN = (ENTRY, ROW)
CONSTANTS = ("site", "wave", "informant", "rater")


@dataclass(frozen=True, eq=False)
class FileRows:
    """The rows of one file under our column names.

    Attributes
    ----------
    section, file : str
        Where they belong, and the file's name as in `study.toml`.
    frame : pandas.DataFrame
        Our columns, those that the file lacks empty, and `ROW`, the row in the file.
    theirs : dict
        Our column name to the name in the file, for messages.
    problems : tuple of Problem
        What was wrong or assumed.
    labels, value_labels : dict
        Those of SPSS and Stata, under our column names.
    n_rows : int
        Rows in the file.
    missing : pandas.DataFrame
        Of questionnaires: ``row, wave, item, code, reason`` of the cells with a declared reason.
    items : tuple of str
        Of questionnaires: the items that the file has.
    names_by_wave : mapping of (str, int) to str
        Of wide questionnaires: our column name and the wave to the name in the file.
    unused : tuple of str
        Of questionnaires: the columns that are neither known nor an item nor a score.
    instrument : str
        Of questionnaires: which.
    """

    section: str
    file: str
    frame: pd.DataFrame
    theirs: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, dict] = field(default_factory=dict)
    n_rows: int = 0
    missing: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: tuple[str, ...] = ()
    names_by_wave: Mapping[tuple[str, int], str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    instrument: str = ""

    def name_of(self, ours: str) -> str:
        """The column's name in the file."""
        return self.theirs.get(ours, ours)

    def names_of(self, ours: Iterable[str], waves: Iterable[int] = ()) -> list[str]:
        """The names in the file of some columns; in a wide file those of the waves given."""
        waves = [wave for wave in waves if any(number == wave for _, number in self.names_by_wave)]
        names = [self.names_by_wave.get((column, wave), self.name_of(column)) for column in ours for wave in waves]
        return list(dict.fromkeys(names or [self.name_of(column) for column in ours]))


def open_table(entry: Entry, path_name: str = "path") -> tuple[Table | None, list[Problem]]:
    """Read the file of an entry; its problems are returned, not raised."""
    path = getattr(entry, path_name)
    reading = entry.reading if path_name == "path" else {}
    try:
        table = read_table(path, **reading)
    except DataError as error:
        return None, list(error.problems)
    return table, list(table.assumptions)


def read_rows(entry: Entry, conventions: Conventions) -> FileRows:
    """Read a file of children, carers, placements or waves.

    Parameters
    ----------
    entry : Entry
        The file.
    conventions : Conventions
        How dates and ids are written.

    Returns
    -------
    FileRows
        Without rows when the file cannot be used; `problems` says why.
    """
    table, problems = open_table(entry)
    schema = TABLES[entry.section]
    if table is None:
        return nothing_read(entry, problems)
    theirs, found = match_columns(table.frame.columns, schema_beside(entry, schema), entry.columns, entry.file)
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return nothing_read(entry, problems, len(table.frame))
    frame, found = in_our_words(table, table.frame, theirs, schema, conventions, entry)
    problems += found
    if entry.section in OWN_COLUMNS:
        own = own_columns(table, theirs, schema)
        for ours, name in own.items():
            frame[ours], found = own_column(table.frame[name], table, entry.file)
            problems += found
        theirs = {**theirs, **own}
    return FileRows(
        section=entry.section,
        file=entry.file,
        frame=frame,
        theirs=theirs,
        problems=tuple(problems),
        labels=renamed(table.labels, theirs),
        value_labels=renamed(table.value_labels, theirs),
        n_rows=len(table.frame),
    )


def schema_beside(entry: Entry, schema: Mapping[str, Column]) -> dict[str, Column]:
    """The columns to look for in the file: those that `study.toml` gives as one value for all rows are not."""
    return {ours: column for ours, column in schema.items() if entry.get(ours) is None}


def own_columns(table: Table, theirs: Mapping[str, str], schema: Mapping[str, Column]) -> dict[str, str]:
    """Columns of the study's own: renamed in `study.toml`, or under the name they have."""
    renamed_own = {ours: name for ours, name in theirs.items() if ours not in schema}
    left = [str(name) for name in table.frame.columns if name not in theirs.values() and name not in schema]
    return {**renamed_own, **{name: name for name in left if name not in HIDDEN}}


def in_our_words(
    table: Table,
    cells: pd.DataFrame,
    theirs: Mapping[str, str],
    schema: Mapping[str, Column],
    conventions: Conventions,
    entry: Entry,
    shown_as: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """The schema's columns of `cells`, converted; `shown_as` names columns in messages where they differ."""
    converted: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    for ours, column in schema.items():
        if entry.get(ours) is not None and ours in CONSTANTS:
            converted[ours] = pd.Series(str(entry.get(ours)), index=cells.index, dtype="str")
        elif ours in theirs:
            name = theirs[ours]
            shown = (shown_as or {}).get(name, name)
            converted[ours], found = convert(cells[name].rename(shown), column, table, conventions, entry.file)
            problems += found
        else:
            converted[ours] = empty_column(column, cells.index)
    frame = pd.DataFrame(converted, index=cells.index)
    frame[ROW] = np.arange(1, len(frame) + 1)
    return frame, problems


def empty_column(column: Column, index: pd.Index) -> pd.Series:
    """A column that the file does not have."""
    kinds = {"number": "float64", "date": "datetime64[us]"}
    return pd.Series(None, index=index, dtype=kinds.get(column.kind, "str"))


def empty_frame(schema: Mapping[str, Column]) -> pd.DataFrame:
    """A table without rows."""
    nothing = pd.RangeIndex(0)
    frame = pd.DataFrame({ours: empty_column(column, nothing) for ours, column in schema.items()})
    frame[ROW] = pd.Series(dtype="int64")
    return frame


def nothing_read(entry: Entry, problems: list[Problem], n_rows: int = 0) -> FileRows:
    """The rows of a file that could not be used: none."""
    return FileRows(
        section=entry.section,
        file=entry.file,
        frame=empty_frame(TABLES[entry.section]),
        problems=tuple(problems),
        n_rows=n_rows,
        instrument=str(entry.get("instrument", "")),
    )


def renamed(by_their_name: Mapping[str, object], theirs: Mapping[str, str]) -> dict:
    """A mapping keyed by the file's column names, keyed by ours."""
    ours = {name: our for our, name in theirs.items()}
    return {ours.get(name, name): value for name, value in by_their_name.items()}
