"""The files of a folder that belong to a return, whatever they are called, each opened as raw tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.ssda903.layout import (
    BY_NAME,
    Layout,
    column_name,
    layout_of_columns,
    layout_of_name,
)
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.raw_tables import RawTable, raw_table
from securebase_analysis.readers.ssda903.separated_text import read_separated
from securebase_analysis.readers.ssda903.xml_form import read_xml
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.readers.workbooks import read_workbook, sheet_names
from securebase_analysis.results.wording import count as n_of

TEXT = (".csv", ".txt", ".tsv", ".tab")
WORKBOOKS = (".xlsx", ".xlsm")
NOT_READ = (".xls", ".xlsb", ".ods", ".zip", ".7z", ".rar", ".gz", ".tgz", ".tar", ".parquet", ".sav", ".dta")
IS_EMPTY = "SB-FILE-21"
BOM = b"\xef\xbb\xbf"


def read_files(folder: Path, ledger: Ledger) -> list[RawTable]:
    """Every table of a return in a folder and its sub-folders, or in one file.

    Parameters
    ----------
    folder : pathlib.Path
        A folder, or one file.
    ledger : Ledger
        Takes problems and repairs.

    Raises
    ------
    DataError
        SB-FILE-86: there is nothing under that name.
    """
    if not folder.exists():
        what = "There is no folder or file under this name."
        raise DataError(Problem("SB-FILE-86", "stop", what, folder.name, fix="Check the path."))
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if _is_file(path, folder))
    tables: list[RawTable] = []
    others: list[str] = []
    for path in paths:
        file = path.name if path == folder else path.relative_to(folder).as_posix()
        if path.suffix.lower() in (*TEXT, ".xml", *WORKBOOKS):
            tables += _read_file(path, file, ledger)
        elif path.suffix.lower() in NOT_READ:
            what = f"A file ending in {path.suffix.lower()} is not read as a table of a return."
            stops = layout_of_name(path.name) is not None or len(paths) == 1
            ledger.report("SB-FILE-86", "stop" if stops else "warn", what, file, done="It was not opened.",
                          fix="Unpack it, or save it as CSV or XLSX.")  # fmt: skip
        else:
            others.append(path.suffix.lower() or "no ending")
    if others:
        kinds = ", ".join(sorted(set(others))[:5])
        what = f"{n_of(len(others), 'other file')} in the folder, of a kind that holds no return ({kinds})."
        ledger.report("SB-FILE-86", "note", what, done="Not read.")
    return tables


def _is_file(path: Path, folder: Path) -> bool:
    """Files that are not hidden and not the lock of an open workbook."""
    parts = path.relative_to(folder).parts
    return path.is_file() and not any(part.startswith((".", "~$", "__MACOSX")) for part in parts)


def _read_file(path: Path, file: str, ledger: Ledger) -> list[RawTable]:
    """The tables of one file; the content decides what it is."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = f"The file cannot be opened ({error.strerror})."
        ledger.report("SB-FILE-86", "stop", what, file, fix="Close it in other programs and check your rights.")
        return []
    if raw.startswith(b"PK\x03\x04"):
        return _from_workbook(path, file, ledger)
    if path.suffix.lower() in WORKBOOKS and raw.strip():
        ledger.report("SB-FILE-87", "stop", "The file is not a workbook, or is damaged.", file,
                      done="It was not read.", fix="Export it again.")  # fmt: skip
        return []
    if raw.removeprefix(BOM).lstrip()[:1] == b"<" or _wide_xml(raw):
        found = read_xml(raw, file, ledger)
        tables = [raw_table(BY_NAME[name], file, cells, rows, header, ledger)
                  for name, (header, cells, rows) in found.items()]  # fmt: skip
        return [table for table in tables if table is not None]
    return _from_text(raw, path.stem, file, ledger)


def _wide_xml(raw: bytes) -> bool:
    """Whether the file is XML in UTF-16."""
    return raw.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<"))


def _from_text(raw: bytes, stem: str, file: str, ledger: Ledger) -> list[RawTable]:
    """The table of a file of text."""
    by_name = layout_of_name(stem)
    name = by_name.name if by_name else ""
    found = read_separated(raw, by_name, file, ledger)
    if found is None:
        _report_empty(name, file, ledger)
        return []
    header, cells, rows = found
    table = _recognised(header, cells, rows, by_name, file, ledger)
    return [table] if table is not None else []


def _from_workbook(path: Path, file: str, ledger: Ledger) -> list[RawTable]:
    """The tables of a workbook, one a sheet."""
    try:
        names = sheet_names(path)
    except DataError as refusal:
        ledger.problems.extend(refusal.problems)
        return []
    tables = []
    for name in names:
        where = file if len(names) == 1 else f"{file} [{name}]"
        by_name = layout_of_name(name) or (layout_of_name(path.stem) if len(names) == 1 else None)
        try:
            grid = read_workbook(path, name)
        except DataError as refusal:
            if any(problem.code != IS_EMPTY for problem in refusal.problems):
                ledger.problems.extend(refusal.problems)
            else:
                _report_empty(by_name.name if by_name else "", where, ledger)
            continue
        cells = grid.body.apply(_text_cells)
        table = _recognised([*grid.header[0]], cells, np.arange(1, len(cells) + 1), by_name, where, ledger)
        tables += [table] if table is not None else []
    return tables


def _text_cells(column: pd.Series) -> pd.Series:
    """Cells of a workbook as a return writes them: dates day first, whole numbers without a point."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%d/%m/%Y").astype("str").astype("category")
    return to_text(column).astype("category")


def _recognised(
    header: list[str], cells: pd.DataFrame, rows: np.ndarray, by_name: Layout | None, file: str, ledger: Ledger
) -> RawTable | None:
    """The cells as the table whose columns they are; the name of the file decides only where no column does."""
    layout = layout_of_columns([column_name(cell) for cell in header])
    if layout is None and by_name is None:
        what = "No column of the file belongs to a return."
        ledger.report("SB-FILE-86", "warn", what, file, done="It was not read.", fix="Check its first line.")
        return None
    if layout is None and not header:
        what = "No row of the file names the columns of a return."
        ledger.report(
            "SB-FILE-87",
            "stop",
            what,
            file,
            why="Taken as names, the first child would vanish without a trace.",
            done="The file was not read.",
            fix="Write the names of the columns (CHILD, ...) in the first row.",
        )
        return None
    if layout is not None and by_name not in (None, layout):
        what = (
            f"The name of the file speaks of {by_name.name if by_name else ''}; its columns are of {layout.name}."
        )
        ledger.report("SB-FILE-14", "warn", what, file, done=f"It was read as {layout.name}.", fix="Rename it.")
    table = raw_table(layout or by_name, file, cells, rows, header, ledger)  # type: ignore[arg-type]
    if table is not None and not len(table.frame):
        _report_empty(table.layout.name, file, ledger)
    return table


def _report_empty(name: str, file: str, ledger: Ledger) -> None:
    """A table without rows is usual in a return, and said."""
    ledger.report("SB-FILE-21", "note", f"The table{f' {name}' if name else ''} is empty.", file)
    ledger.repair(name, file, "", "an empty table", (), "Nothing to read.", n_rows=0)
