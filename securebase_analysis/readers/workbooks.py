"""Sheets of Excel workbooks, read with the types the workbook itself gives its cells."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem, nearest
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.encodings import column_letter
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.signatures import check_is_file, empty_table
from securebase_analysis.results.wording import count as n_of

MAX_CELLS = 20_000_000
MAX_ROWS = 1_048_576  # as in Excel; a row may say that it is the ten-millionth, and all above it would be made up
MAX_CHARACTERS = 2**29  # a text may stand once in the file and in a million cells
MAX_SHEETS, MAX_STYLES = 1_000, 65_490  # the latter is Excel's own
SHEET_IS_LOST = r"(?s).*(invalid specification|invalid dependency)"
HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
HIDDEN_ROW = re.compile(rb'<row\b[^>]*\shidden="(?:1|true)"')
COLUMN_TAG = re.compile(rb"<col\b[^>]*>")
COLUMN_END = re.compile(rb'\s(min|max)="(\d{1,6})"')
LAST_COLUMN = 16_384
PADDED_FORMAT = re.compile(rb'formatCode="0{2,}"')


def read_workbook(path: Path, sheet: str | None = None, header_rows: int = 1) -> Grid:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    sheet : str, optional
        Name of the sheet; may be left out when only one sheet holds data.
    header_rows : int
        How many rows hold the names.

    Returns
    -------
    Grid
        Columns of one type keep it (numbers, dates, yes/no); mixed columns are text, dates in them as 2021-03-31.

    Raises
    ------
    DataError
        A damaged or dangerous file (SB-FILE-31 to 35, SB-FILE-71), several sheets and none named (SB-FILE-67),
        formulas that were never calculated (SB-FILE-20), an empty sheet (SB-FILE-21), too many cells (SB-FILE-69).
    """
    has_formulas, has_padding = _survey_parts(path)
    try:
        with _without_warnings():
            return _read_sheet(path, sheet, header_rows, has_formulas, has_padding)
    except DataError:
        raise
    # openpyxl lets nearly any exception out of a damaged workbook; each of them means the same to the user.
    except Exception as error:
        raise DataError(_damaged(path.name, type(error).__name__)) from None


def sheet_names(path: str | Path) -> list[str]:
    """The names of the sheets of a workbook, in their order.

    Parameters
    ----------
    path : str or pathlib.Path
        The workbook.

    Returns
    -------
    list of str
        Also of hidden sheets; charts are left out.

    Raises
    ------
    DataError
        As `read_workbook` for a file that is no workbook or is damaged.
    """
    import openpyxl

    path = Path(path)
    check_is_file(path)
    _survey_parts(path)
    try:
        with path.open("rb") as file, _without_warnings():
            names = [sheet.title for sheet in openpyxl.load_workbook(file, read_only=True).worksheets]
    # As in read_workbook: a damaged workbook can raise nearly anything.
    except Exception as error:
        raise DataError(_damaged(path.name, type(error).__name__)) from None
    return names


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep from users what the library says of charts and styles; a sheet that it leaves out is damage."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        warnings.filterwarnings("error", SHEET_IS_LOST, module="openpyxl")
        yield


def _survey_parts(path: Path) -> tuple[bool, bool]:
    """Whether the sheets hold formulas and the styles zero-padded numbers; a declared entity is refused."""
    has_formulas = has_padding = False
    with Archive(path) as archive:
        for name in archive.names:
            if not name.endswith((".xml", ".rels")):
                continue
            part = archive.read(name)
            part = part.replace(b"\0", b"") if b"\0" in part[:4] else part  # UTF-16
            _check_part(part, path.name)
            if name.startswith("xl/worksheets/"):
                has_formulas = has_formulas or b"<f>" in part or b"<f " in part
            elif name == "xl/styles.xml":
                has_padding = PADDED_FORMAT.search(part) is not None
    return has_formulas, has_padding


def _check_part(part: bytes, table: str) -> None:
    """Refuse entities, and more sheets and formats than the library can take in; a part may have any name."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise DataError(_holds_entities(table))
    if part.count(b"sheetId=") > MAX_SHEETS:
        raise DataError(_too_large(table, "The workbook", MAX_SHEETS, "sheets"))
    if part.count(b"<xf ") + part.count(b":xf ") > 2 * MAX_STYLES:
        raise DataError(_too_large(table, "The workbook", MAX_STYLES, "formats of cells"))


def _read_sheet(path: Path, sheet: str | None, header_rows: int, has_formulas: bool, has_padding: bool) -> Grid:
    """Open the workbook, choose the sheet, and take its cells."""
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        name, problems = _choose_sheet(book, sheet, path.name)
        rows = _rows(book[name], path.name, has_padding)
        part = str(getattr(book[name], "_worksheet_path", "")).lstrip("/")
        is_1904 = book.epoch == CALENDAR_MAC_1904
    if has_formulas:
        problems += _uncalculated(path, name, rows, header_rows)
    problems += _hidden(path, part, path.name)
    if is_1904:
        problems.append(_counts_from_1904(path.name))
    rows = [*itertools.dropwhile(lambda row: not _is_filled(row), rows)]
    while rows and not _is_filled(rows[-1]):
        rows.pop()
    if not rows:
        raise DataError(empty_table(path.name, f"The sheet {name!r} is empty."))
    if len(rows) <= header_rows:
        raise DataError(empty_table(path.name, f"The sheet {name!r} has a header but no rows under it."))
    width = max(map(len, rows))
    if len(rows) * width > MAX_CELLS:  # one cell far down and one far to the right
        raise DataError(_too_large(path.name, f"The sheet {name!r}", MAX_CELLS, "cells"))
    header = [[_as_text(cell) or "" for cell in _padded(row, width)] for row in rows[:header_rows]]
    columns = zip(*(_padded(row, width) for row in rows[header_rows:]))
    body = pd.DataFrame({place: typed_column(cells) for place, cells in enumerate(columns)})
    return Grid(header, body, tuple(problems), date_system="1904" if is_1904 else "1900")


def _choose_sheet(book: Any, sheet: str | None, table: str) -> tuple[str, list[Problem]]:
    """The sheet that was asked for, or the only visible one with cells in it."""
    names = [one.title for one in book.worksheets]
    if sheet is not None:
        if sheet in names:
            return sheet, _other_sheets(sheet, book, table)
        guess = nearest(sheet, names)
        what = f"There is no sheet {sheet!r}; the workbook has {', '.join(map(repr, names))}."
        fix = f"sheet={(guess or names[0])!r}" if names else ""
        raise DataError(Problem("SB-FILE-67", "stop", what, table=table, fix=fix))
    visible = [one.title for one in book.worksheets if one.sheet_state == "visible"]
    filled = [name for name in visible or names if _has_cells(book[name])]
    if not filled:
        raise DataError(empty_table(table, "No sheet of the workbook holds a cell."))
    if len(filled) > 1:
        what = f"The workbook has {len(filled)} sheets with data: {', '.join(map(repr, filled))}."
        why = "Which of them is the table is not for a program to guess."
        done = "None was read; each call reads one sheet."
        raise DataError(Problem("SB-FILE-67", "stop", what, table, why=why, done=done, fix=f"sheet={filled[0]!r}"))
    hidden = [name for name in names if name not in visible]
    if not hidden or not visible:
        return filled[0], []
    what = f"The workbook has {n_of(len(hidden), 'hidden sheet')}."
    done = f"The visible sheet {filled[0]!r} was read."
    return filled[0], [Problem("SB-FILE-67", "note", what, table=table, done=done)]


def _other_sheets(sheet: str, book: Any, table: str) -> list[Problem]:
    """The note on visible sheets that hold cells too and were not asked for."""
    seen = [one.title for one in book.worksheets if one.sheet_state == "visible" and one.title != sheet]
    others = [name for name in seen if _has_cells(book[name])]
    if not others:
        return []
    what = f"The workbook has {n_of(len(others), 'more sheet')} with data: {', '.join(map(repr, others))}."
    done = f"The sheet {sheet!r} was read, and no other."
    fix = f"sheet={others[0]!r} in a call of its own" + (", and so on." if len(others) > 1 else ".")
    return [Problem("SB-FILE-67", "note", what, table=table, done=done, fix=fix)]


def _hidden(path: Path, part: str, table: str) -> list[Problem]:
    """The note on rows and columns that Excel does not show, as behind a filter."""
    with Archive(path) as archive:
        cells = archive.read(part) if part in archive.names else b""
    n_rows = len(HIDDEN_ROW.findall(cells))
    n_columns = sum(int(last) - int(first) + 1 for first, last in _hidden_columns(cells))
    if not n_rows and not n_columns:
        return []
    parts = [n_of(n, word) for n, word in ((n_rows, "row"), (n_columns, "column")) if n]
    what = f"{' and '.join(parts)} of the sheet {'is' if n_rows + n_columns == 1 else 'are'} hidden."
    why = "Somebody who looks at the sheet, or has set a filter, counts fewer."
    done = f"{'It was' if n_rows + n_columns == 1 else 'They were'} read as all others."
    fix = "Delete from the file what does not belong to the study."
    return [Problem("SB-FILE-74", "note", what, table=table, why=why, done=done, fix=fix)]


def _hidden_columns(cells: bytes) -> list[tuple[bytes, bytes]]:
    """First and last number of each run of hidden columns, beyond the last used ones left out."""
    runs = []
    for tag in COLUMN_TAG.findall(cells):
        ends = dict(COLUMN_END.findall(tag))
        if HIDDEN.search(tag) and ends.keys() >= {b"min", b"max"} and int(ends[b"max"]) < LAST_COLUMN:
            runs.append((ends[b"min"], ends[b"max"]))
    return runs


def _has_cells(sheet: Any) -> bool:
    """Whether a sheet holds at least one value."""
    if not hasattr(sheet, "reset_dimensions"):
        return False
    sheet.reset_dimensions()
    return any(_is_filled(row) for row in itertools.islice(sheet.iter_rows(values_only=True), MAX_ROWS))


def _rows(sheet: Any, table: str, has_padding: bool) -> list[tuple[Any, ...]]:
    """All rows of a sheet; refuses more than memory should hold."""
    from tqdm import tqdm

    if not hasattr(sheet, "reset_dimensions"):
        raise DataError(empty_table(table, f"{sheet.title!r} is a chart, not a sheet of cells."))
    sheet.reset_dimensions()
    rows: list[tuple[Any, ...]] = []
    n_cells = n_characters = 0
    cells = sheet.iter_rows(values_only=not has_padding)
    for row in tqdm(cells, desc=table, unit=" rows", delay=3, leave=False, disable=None):
        rows.append(tuple(_shown_value(cell) for cell in row) if has_padding else row)
        n_cells += len(row)
        n_characters += sum(len(value) for value in rows[-1] if isinstance(value, str))
        for n, most, of in (
            (n_cells, MAX_CELLS, "cells"),
            (len(rows), MAX_ROWS, "rows"),
            (n_characters, MAX_CHARACTERS, "characters"),
        ):
            if n > most:
                raise DataError(_too_large(table, f"The sheet {sheet.title!r}", most, of))
    return rows


def _too_large(table: str, subject: str, most: int, of: str) -> Problem:
    """The problem of a workbook that memory should not hold."""
    what = f"{subject} has more than {most:,} {of}."
    fix = "Save it as CSV UTF-8, or delete the formatted but empty rows and columns."
    return Problem("SB-FILE-69", "stop", what, table=table, fix=fix)


def _shown_value(cell: Any) -> Any:
    """A cell's value; a whole number that is shown with zeros in front is text, as the person saw it."""
    value = cell.value
    if isinstance(value, int) and not isinstance(value, bool):
        style = cell.number_format
        if len(style) > 1 and set(style) == {"0"}:
            return str(value).zfill(len(style))
    return value


def _uncalculated(path: Path, name: str, rows: Sequence[tuple[Any, ...]], header_rows: int) -> list[Problem]:
    """The formulas that have no saved value, one problem per column."""
    import openpyxl

    n_above = sum(1 for _ in itertools.takewhile(lambda row: not _is_filled(row), rows)) + header_rows
    places: dict[int, list[int]] = {}
    with path.open("rb") as file:
        sheet = openpyxl.load_workbook(file, read_only=True, data_only=False)[name]
        sheet.reset_dimensions()
        for number, (values, row) in enumerate(zip(rows, sheet.iter_rows()), start=1 - n_above):
            for at, (value, cell) in enumerate(zip(values, row)):
                if value is None and cell.value is not None and cell.data_type == "f":
                    places.setdefault(at, []).append(number)
    header = rows[n_above - 1] if len(rows) >= n_above else ()
    return [_not_calculated(path.name, header, at, numbers) for at, numbers in places.items()]


def _not_calculated(table: str, header: Sequence[Any], place: int, rows: Sequence[int]) -> Problem:
    """The problem of formulas without a saved value in one column."""
    title = _as_text(header[place]) if place < len(header) else None
    return Problem(
        "SB-FILE-20",
        "stop",
        f"{n_of(len(rows), 'formula has', 'formulas have')} no saved value.",
        table=table,
        column=title or column_letter(place),
        rows=[row for row in rows if row > 0],
        why="The file was written by a program that does not calculate; the cells would be read as missing.",
        done="They were not taken as missing.",
        fix="Open the file in Excel and save it, or replace the formulas by their values.",
    )


def typed_column(cells: Sequence[Any]) -> pd.Series:
    """A column in the type that all its filled cells share, else as text.

    Parameters
    ----------
    cells : sequence
        Values as openpyxl gives them; None and empty text are missing.

    Returns
    -------
    pandas.Series
        int64 or float64, boolean, datetime64[us] or str.
    """
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        whole = kinds == {int} and None not in values and all(abs(value) < 2**62 for value in values if value)
        return pd.Series(values, dtype="int64" if whole else "float64")
    if kinds == {bool}:
        return pd.Series(values, dtype="boolean")
    if kinds and kinds <= {dt.datetime, dt.date}:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype("datetime64[us]")
    return pd.Series([_as_text(value) for value in values], dtype="str")


def _as_text(value: Any) -> str | None:
    """A cell as text: whole numbers without a point, dates as year-month-day."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _is_filled(row: Sequence[Any]) -> bool:
    """Whether a row has a value."""
    return any(cell is not None and cell != "" for cell in row)


def _padded(row: Sequence[Any], width: int) -> tuple[Any, ...]:
    """A row of the full width."""
    return (*row, *(None,) * (width - len(row)))


def _counts_from_1904(table: str) -> Problem:
    """The note on a workbook with the date system of old Macintosh computers."""
    return Problem(
        "SB-FILE-13",
        "note",
        "The workbook counts its days from 1904, as old Excel for Macintosh did.",
        table=table,
        why="A date that was pasted from another workbook may be wrong by four years and a day.",
        done="Dates were read with the count from 1904.",
        fix="Compare three dates with the source.",
    )


def _holds_entities(table: str) -> Problem:
    """The problem of XML with its own entities, which no spreadsheet program writes."""
    what = "The workbook declares XML entities, which no spreadsheet program does."
    why = "Such entities can fill the memory or read other files."
    fix = "Ask the sender how the file was made; save it anew from Excel."
    return Problem("SB-FILE-35", "stop", what, table=table, why=why, done="It was not read.", fix=fix)


def _damaged(table: str, error: str) -> Problem:
    """The problem of a file that the library behind it cannot read."""
    what = f"The workbook cannot be read; it is damaged or incomplete ({error})."
    return Problem("SB-FILE-71", "stop", what, table=table, fix="Open it in Excel, let it be mended, and save it.")
