"""Which program wrote a file, by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.interviews import nvivo_text, qualcoder, refi, taguette
from securebase_analysis.readers.interviews.column_maps import ColumnMap
from securebase_analysis.readers.interviews.records import Records
from securebase_analysis.readers.interviews.segment_cells import read_cells
from securebase_analysis.readers.interviews.segment_tables import not_a_segment_table, records_of
from securebase_analysis.readers.interviews.taguette_sheets import codebook_of
from securebase_analysis.readers.interviews.titles import first_lines, rows_above_the_names, titles_above
from securebase_analysis.readers.sqlite_file import table_names

FORMATS = ("refi-qda", "taguette", "qualcoder", "maxqda", "atlas.ti", "dedoose", "nvivo", "table")
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
SQLITE_MAGIC = b"SQLite format 3\x00"
TABLES = ("taguette", "qualcoder", "maxqda", "atlas.ti", "dedoose", "table")
HEAD = 1 << 16
OWN_FILES = {
    r"\.nvpx?": "NVivo",
    r"\.(mx\d+|mex\d*|mqda)": "MAXQDA",
    r"\.(atlproj\w*|hpr\w*|atlcb)": "ATLAS.ti",
    r"\.(ppj|wpj)": "QDA Miner",
    r"\.qrk": "Quirkos",
}
"""The endings of files that only their program opens."""
WEB_PAGE = re.compile(rb"(?is)\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b")
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_records(path: Path, wanted: str | None, columns: ColumnMap | None = None) -> Records:
    """The records of a file of any format read here.

    Parameters
    ----------
    path : pathlib.Path
        A file, the folder of a QualCoder project or a folder of NVivo's exports.
    wanted : str or None
        One of `FORMATS` to insist on.
    columns : ColumnMap, optional
        Which column of a table holds what.

    Raises
    ------
    DataError
        SB-FILE-30 when there is no such file or nothing here reads it.
    """
    try:
        found, read = _reader_of(path, columns or ColumnMap())
        if columns is not None and columns.names_columns and found not in TABLES:
            raise DataError(_not_a_table(path.name, found))
        if wanted is not None and found != wanted:
            raise DataError(_other_format(path.name, wanted, found))
        return read()
    except (OSError, MemoryError):
        raise DataError(_unreadable(path.name)) from None


def _reader_of(path: Path, columns: ColumnMap) -> tuple[str, Callable[[], Records]]:
    """The name of a format and what reads this file of it."""
    if path.is_dir():
        return _folder_reader(path, columns)
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    program = next(
        (program for ending, program in OWN_FILES.items() if re.fullmatch(ending, path.suffix.lower())), ""
    )
    if program:
        raise DataError(_own_file(path.name, program))
    if head.startswith(SQLITE_MAGIC):
        return _database_reader(path)
    if head.startswith(ZIP_MAGIC):
        return _zip_reader(path, columns)
    if nvivo_text.is_export(head) and not columns.names_columns:
        return "nvivo", lambda: nvivo_text.read_export(path, columns.encoding)
    if WEB_PAGE.search(head):
        raise DataError(_unknown(path.name, "a web page (HTML)"))
    if _looks_like_xml(head):
        return "refi-qda", lambda: refi.read_codebook(path)
    if not head.strip():
        raise DataError(_unknown(path.name, "empty"))
    return _table_reader(path, columns)


def _folder_reader(folder: Path, columns: ColumnMap) -> tuple[str, Callable[[], Records]]:
    """The database of a QualCoder folder, an unpacked project, or all of NVivo's exports in a folder."""
    database = folder / "data.qda"
    if database.is_file():
        return _database_reader(database)
    unpacked = [file for file in folder.iterdir() if file.suffix.casefold() == ".qde"]
    if len(unpacked) == 1:
        return "refi-qda", lambda: refi.read_codebook(unpacked[0])
    files = nvivo_text.exports_in(folder)
    if not files and (folder / "study.toml").is_file():
        raise DataError(_a_study(folder.name))
    if not files:
        raise DataError(_unknown(folder.name, "a folder without data.qda and without NVivo's exports of codes"))
    return "nvivo", lambda: nvivo_text.read_exports(folder, files, columns.encoding)


def _database_reader(file: Path) -> tuple[str, Callable[[], Records]]:
    """The program of a SQLite database, by its tables."""
    tables = table_names(file)
    if tables >= taguette.TABLES:
        return "taguette", lambda: taguette.read_database(file)
    if tables >= qualcoder.TABLES:
        return "qualcoder", lambda: qualcoder.read_database(file)
    raise DataError(_unknown(file.name, "a SQLite database of neither Taguette nor QualCoder"))


def _zip_reader(file: Path, columns: ColumnMap) -> tuple[str, Callable[[], Records]]:
    """A workbook, a Word document or a project; anything else in a zip is told by its own reader."""
    with Archive(file) as archive:
        names = {name.casefold() for name in archive.names}
    if "xl/workbook.xml" in names:
        return _table_reader(file, columns)
    if "word/document.xml" in names:
        if not nvivo_text.holds_references(file):
            raise nvivo_text.not_an_export(file)
        return "nvivo", lambda: nvivo_text.read_export(file)
    return "refi-qda", lambda: refi.read_project(file)


def _table_reader(file: Path, columns: ColumnMap) -> tuple[str, Callable[[], Records]]:
    """A table of coded segments or of codes, by its columns."""
    try:
        table = read_cells(file, columns)
    except DataError as error:
        # Rows of unlike width, and one column in which only a colon parts anything: no table, or one with titles.
        if any(problem.code in ("SB-FILE-62", "SB-FILE-04") for problem in error.problems):
            _refuse_other_texts(file)
        raise
    found = records_of(table, columns)
    if found is not None:
        program, records = found
        return program, lambda: records
    codes = codebook_of(table)
    if codes is None:
        if table.frame.shape[1] == 1:
            _refuse_other_texts(file)
        raise not_a_segment_table(table)
    return "taguette", lambda: codes


def _refuse_other_texts(file: Path) -> None:
    """Refuse a table with titles above its names, and a text that is no table, by what they are."""
    lines = first_lines(file)
    n_above = rows_above_the_names(lines)
    if n_above:
        raise DataError(titles_above(file.name, n_above))
    if file.suffix.casefold() == ".txt" and not any("\t" in line for line in lines):
        raise nvivo_text.not_an_export(file)


def _looks_like_xml(head: bytes) -> bool:
    """Whether the first visible character is an angle bracket."""
    for mark in BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip()[:1] == b"<"


def _unreadable(name: str) -> Problem:
    return Problem(
        "SB-FILE-30",
        "stop",
        "The file does not exist or cannot be opened.",
        table=name,
        done="Nothing was read.",
        fix="Check the path; close the program that holds the file open.",
    )


def _unknown(name: str, what: str) -> Problem:
    return Problem(
        "SB-FILE-30",
        "stop",
        f"This is not a coded project that can be read here; it is {what}.",
        table=name,
        done="Nothing was read.",
        fix="Export a REFI-QDA project (.qdpx) from the coding program, or give a Taguette or QualCoder project "
        "or a table of coded segments.",
    )


def _a_study(name: str) -> Problem:
    what = "This is not a coded project; it is the folder of a study."
    return Problem("SB-FILE-30", "stop", what, table=name, done="Nothing was read.", fix="read_study(path)")


def _own_file(name: str, program: str) -> Problem:
    return Problem(
        "SB-FILE-30",
        "stop",
        f"This is {program}'s own file, which only {program} opens.",
        table=name,
        done="Nothing was read.",
        fix=f"Open it in {program}, export it as REFI-QDA project (.qdpx), and read that.",
    )


def _other_format(name: str, wanted: str, found: str) -> Problem:
    return Problem(
        "SB-FILE-30",
        "stop",
        f"The file was to be read as {wanted}, but its content is that of {found}.",
        table=name,
        done="Nothing was read.",
        fix=f"format={found!r}, or leave format out",
    )


def _not_a_table(name: str, found: str) -> Problem:
    return Problem(
        "SB-FILE-30",
        "stop",
        f"A map of columns was given, but the file is no table; its content is that of {found}.",
        table=name,
        done="Nothing was read.",
        fix="Leave columns out.",
    )
