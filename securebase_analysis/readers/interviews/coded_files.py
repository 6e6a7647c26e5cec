"""Which program wrote a file, by what is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.archive import Archive
from securebase_analysis.readers.interviews import qualcoder, refi, taguette, taguette_sheets
from securebase_analysis.readers.interviews.records import Records
from securebase_analysis.readers.sqlite_file import table_names

FORMATS = ("refi-qda", "taguette", "qualcoder")
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
SQLITE_MAGIC = b"SQLite format 3\x00"
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_records(path: Path, wanted: str | None) -> Records:
    """The records of a file of any format read here.

    Raises
    ------
    DataError
        SB-FILE-30 when there is no such file or nothing here reads it.
    """
    file = _inside_folder(path)
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
        found = _format_of(file, head)
        if wanted is not None and found[0] != wanted:
            raise DataError(_other_format(path.name, wanted, found[0]))
        return found[1](file)
    except (OSError, MemoryError):
        raise DataError(_unreadable(path.name)) from None


def _inside_folder(path: Path) -> Path:
    """The database of a QualCoder folder, or the path itself."""
    if path.is_dir():
        database = path / "data.qda"
        if not database.is_file():
            raise DataError(_unknown(path.name, "a folder without data.qda"))
        return database
    return path


def _format_of(file: Path, head: bytes) -> tuple[str, Callable[[Path], Records]]:
    """The name of a format and what reads it."""
    if head.startswith(ZIP_MAGIC):
        return _zip_format(file)
    if head.startswith(SQLITE_MAGIC):
        tables = table_names(file)
        if tables >= taguette.TABLES:
            return "taguette", taguette.read_database
        if tables >= qualcoder.TABLES:
            return "qualcoder", qualcoder.read_database
        raise DataError(_unknown(file.name, "a SQLite database of neither Taguette nor QualCoder"))
    if _looks_like_xml(head):
        return "refi-qda", refi.read_codebook
    if not head.strip():
        raise DataError(_unknown(file.name, "empty"))
    return "taguette", taguette_sheets.read_spreadsheet


def _zip_format(file: Path) -> tuple[str, Callable[[Path], Records]]:
    """A workbook, or a project; anything else in a zip is told by its own reader."""
    with Archive(file) as archive:
        names = {name.casefold() for name in archive.names}
    if "xl/workbook.xml" in names:
        return "taguette", taguette_sheets.read_spreadsheet
    if "word/document.xml" in names:
        raise DataError(_unknown(file.name, "a Word document"))
    return "refi-qda", refi.read_project


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
        fix="Export a REFI-QDA project (.qdpx) from the coding program, or give a Taguette or QualCoder project.",
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
