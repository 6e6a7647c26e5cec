"""A table of a return as a file holds it: every cell text, every column distinct texts and codes of them.

Dates, codes and places repeat, so that each distinct text is looked at once and never a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from securebase_analysis.errors import nearest
from securebase_analysis.readers.ssda903.layout import ALL_NAMES, Layout, column_name
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

HEADERS_OF_CHILD = ("CHILD", "CHILDID", "CHILD_ID", "CHILD ID")
SUMMARY_WORDS = ("total", "totals", "grand total", "subtotal", "sum", "mean", "average", "count", "n")
PLAIN_NAME = re.compile("[A-Za-z_ ]{2,24}")
"""Header cells that may be shown in a message: in a damaged file a cell of data can stand in the header."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """One table of one file.

    Attributes
    ----------
    layout : Layout
        Which table of the return it is.
    file : str
        The file, with its sub-folder, for messages.
    frame : pandas.DataFrame
        Columns of the layout under the return's names, each categorical; missing where a cell is empty.
    rows : ndarray of int
        The row of the file, from 1 under the header, for each row of `frame`.
    """

    layout: Layout
    file: str
    frame: pd.DataFrame
    rows: np.ndarray


def raw_table(
    layout: Layout, file: str, cells: pd.DataFrame, rows: np.ndarray, header: list[str], ledger: Ledger
) -> RawTable | None:
    """Cells under positions become a table of the return; None, with a problem that stops, without its key.

    Parameters
    ----------
    layout : Layout
        Which table it is.
    file : str
        For messages.
    cells : pandas.DataFrame
        Categorical columns 0, 1, 2, …
    rows : ndarray of int
        Row numbers in the file.
    header : list of str
        The cells of the header.
    ledger : Ledger
        Takes problems and repairs.
    """
    names = [column_name(cell) for cell in header]
    if any(cell != name for cell, name in zip(header, names) if name in ALL_NAMES):
        n_changed = sum(cell != name for cell, name in zip(header, names) if name in ALL_NAMES)
        what = "names of columns in another spelling (case, blanks, PL for PLACE)"
        ledger.mended("SB-FILE-19", layout.name, file, "", what, (), "Read as the return's own names.", n_changed)
    places = _places(layout, file, cells, rows, names, ledger)
    _report_unknown(layout, file, names, ledger)
    lacking = [name for name in layout.required if name not in places]
    if lacking:
        _report_no_key(lacking, file, names, ledger)
        return None
    _report_lacking(layout, file, places, ledger)
    nothing = pd.Categorical.from_codes(np.full(len(cells), -1, dtype="int8"), pd.Index([], dtype="str"))
    columns = {
        field.name: _with_texts(cells[places[field.name]]) if field.name in places else nothing
        for field in layout.fields
        if field.name in places or not field.derived
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(cells)), copy=False)
    return _without_empty(RawTable(layout, file, frame, rows), ledger)


def _with_texts(column: pd.Series) -> pd.Categorical:
    """The column with texts of one kind as categories; those of an empty column may be of none."""
    categories = column.cat.categories
    if isinstance(categories.dtype, pd.StringDtype) and categories.dtype == "str":
        return column.array
    return pd.Categorical.from_codes(column.cat.codes, pd.Index(categories.astype("str"), dtype="str"))


def _places(
    layout: Layout, file: str, cells: pd.DataFrame, rows: np.ndarray, names: list[str], ledger: Ledger
) -> dict[str, int]:
    """Where each column of the layout stands; of a name that stands twice, the first."""
    places: dict[str, int] = {}
    known = {field.name for field in layout.fields}
    for place, name in enumerate(names[: cells.shape[1]]):
        if name not in known:
            continue
        if name not in places:
            places[name] = place
            continue
        first, second = (cells[at].astype("str") for at in (places[name], place))
        differ = rows[((first != second) & ~(first.isna() & second.isna())).to_numpy()]
        ledger.report(
            "SB-FILE-07",
            "warn" if len(differ) else "note",
            f"The column {name} stands more than once, with {len(differ)} differing cells.",
            file,
            name,
            differ,
            why="It is not known which of them is meant.",
            done="The first was used.",
            fix="Delete one of them in the file.",
        )
    return places


def _report_unknown(layout: Layout, file: str, names: list[str], ledger: Ledger) -> None:
    """Name the columns that are not part of the table, with the nearest that are."""
    known = [field.name for field in layout.fields]
    strange = [name for name in names if name and name not in known]
    guesses = {name: nearest(name, [other for other in known if other not in names]) for name in strange}
    close = {name: guess for name, guess in guesses.items() if guess and PLAIN_NAME.fullmatch(name)}
    if strange:
        meant = f" Did you mean {', '.join(f'{guess} by {name!r}' for name, guess in close.items())}?"
        ledger.report(
            "SB-FILE-85",
            "warn" if close else "note",
            f"{n_of(len(strange), 'column is', 'columns are')} not part of the table {layout.name} of the return.",
            file,
            why="A column under a misspelt name would be missing without a word." if close else "",
            done=f"They were not read.{meant if close else ''}",
        )


def _report_lacking(layout: Layout, file: str, places: dict[str, int], ledger: Ledger) -> None:
    """Name the columns that a table of the return has and the file has not."""
    lacking = [field.name for field in layout.fields if field.name not in places and not field.derived]
    if lacking:
        ledger.report(
            "SB-FILE-84",
            "warn",
            f"{n_of(len(lacking), 'column')} of the table {layout.name} missing: {', '.join(lacking)}.",
            file,
            why="What rests on them is missing, and rules that need them cannot be checked.",
            done="They were taken as empty.",
            fix="Export the table with all columns of the return.",
        )


def _report_no_key(lacking: list[str], file: str, names: list[str], ledger: Ledger) -> None:
    """A table without the columns that say which child and when."""
    guess = nearest(lacking[0], [name for name in names if PLAIN_NAME.fullmatch(name) and name not in ALL_NAMES])
    fix = f"Did you mean it by {guess!r}? Rename the column." if guess else "Export the table again."
    ledger.report(
        "SB-FILE-87",
        "stop",
        f"The table has no column {' and no column '.join(lacking)}.",
        file,
        why="Its rows cannot be given to a child or put in order.",
        done="The file was not read.",
        fix=fix,
    )


def _summary_rows(table: RawTable, ledger: Ledger) -> np.ndarray:
    """Totals under the data: rows whose id is a word such as Total; told, and left out."""
    child = table.frame["CHILD"].cat
    words = pd.Series(child.categories, dtype="str").str.strip(" :").str.lower()
    summary = np.append(words.isin(SUMMARY_WORDS).to_numpy(), False)[child.codes.to_numpy()]
    if summary.any():
        rows = table.rows[summary]
        ledger.report(
            "SB-FILE-09",
            "warn",
            f"{n_of(len(rows), 'row')} with a word such as Total in place of an id.",
            table.file,
            "CHILD",
            rows,
            why="Read as data, a total would be a child.",
            done="Left out.",
            fix="Delete them in the file; a child with such an id needs another one.",
        )
        ledger.repair(table.layout.name, table.file, "CHILD", "summary rows", rows, "Left out.")
    return summary


def _without_empty(table: RawTable, ledger: Ledger) -> RawTable:
    """Leave out rows without a single cell and headers that stand again among the rows."""
    frame = table.frame
    codes = [frame[name].cat.codes.to_numpy() for name in frame]
    blank = np.logical_and.reduce([code < 0 for code in codes]) if len(frame) else np.zeros(0, dtype=bool)
    child = frame["CHILD"].cat
    is_header = pd.Series(child.categories, dtype="str").str.strip().str.upper().isin(HEADERS_OF_CHILD).to_numpy()
    again = np.append(is_header, False)[child.codes.to_numpy()]
    for flags, what in ((blank, "rows without a single cell"), (again, "headers that stand again among the rows")):
        if flags.any():
            rows, done = table.rows[flags], "They were left out."
            ledger.mended("SB-FILE-93", table.layout.name, table.file, "", what, rows, done)
    summary = _summary_rows(table, ledger)
    keep = ~(blank | again | summary)
    if keep.all():
        return table
    return RawTable(table.layout, table.file, frame[keep].reset_index(drop=True), table.rows[keep])
