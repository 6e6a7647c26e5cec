"""What a file is, told from its first bytes and not from its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from securebase_analysis.errors import DataError, Problem, nearest

Kind = Literal[
    "text", "xlsx", "parquet", "sav", "por", "dta", "xls", "locked", "ods", "zip", "gzip", "html", "project",
    "docx", "sqlite", "pdf", "syntax",
]  # fmt: skip

KIND_NAMES: dict[str, str] = {
    "text": "plain text",
    "xlsx": "an Excel workbook",
    "parquet": "a Parquet file",
    "sav": "an SPSS file",
    "por": "an SPSS portable file",
    "dta": "a Stata file",
    "xls": "a workbook of Excel 2003 or older",
    "ods": "an OpenDocument spreadsheet",
    "zip": "a ZIP archive",
    "gzip": "a gzip archive",
    "html": "a web page",
    "project": "a REFI-QDA project of coded interviews",
    "docx": "a Word document",
    "sqlite": "an SQLite database",
    "pdf": "a PDF",
    "syntax": "a syntax file of SPSS",
}
ENDINGS: dict[str, tuple[str, ...]] = {
    "text": (".csv", ".tsv", ".tab", ".txt"),
    "xlsx": (".xlsx", ".xlsm"),
    "parquet": (".parquet", ".pq"),
    "sav": (".sav", ".zsav"),
    "por": (".por",),
    "dta": (".dta",),
}
NEEDS_CONVERSION: dict[str, str] = {
    "xls": "Open it in Excel and save it as .xlsx.",
    "ods": "Open it in LibreOffice or Excel and save it as .xlsx.",
    "zip": "Unpack it first and name the table inside.",
    "gzip": "Unpack it first and name the table inside.",
    "html": "Open it in Excel and save it as .xlsx or CSV UTF-8.",
    "project": "read_interviews(path) reads it.",
    "docx": "Copy its table into a workbook; NVivo's references of a code: read_interviews(path) reads them.",
    "sqlite": "Of Taguette or QualCoder: read_interviews(path) reads it; of another program: export a CSV.",
    "pdf": "Ask for the table that the pages were made from, as CSV or .xlsx.",
    "syntax": "It holds no data: run it in SPSS and save them as .sav; or "
    "export the responses as CSV with the codes of answers.",
}
SYNTAX = re.compile(rb"^[ \t]*(?:GET DATA|DATA LIST|VARIABLE LABELS)\b", re.IGNORECASE | re.MULTILINE)
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEAD_BYTES = 4096


def identify(path: Path) -> tuple[Kind, list[Problem]]:
    """Tell the kind of a table file from its content.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    kind : str
        A word of `Kind` that can be read: text, xlsx, parquet, sav, por or dta.
    problems : list of Problem
        A warning when the name's ending says something else (SB-FILE-14).

    Raises
    ------
    DataError
        No such file (SB-FILE-60), a folder (SB-FILE-61), an empty or locked file (SB-FILE-21), a kind that must be
        converted first (SB-FILE-66), or plain text under the name of another kind (SB-FILE-14).
    """
    check_is_file(path)
    kind: Any = kind_of(path)
    expected = next((known for known, endings in ENDINGS.items() if path.suffix.lower() in endings), None)
    if kind == "locked":
        raise DataError(_locked(path))
    if kind == "text" and expected not in (None, "text"):
        raise DataError(_lying_name(path, kind, str(expected)))
    if kind in NEEDS_CONVERSION:
        raise DataError(_must_be_converted(path, kind))
    if expected not in (None, kind) and {expected, kind} != {"sav", "por"}:
        return kind, [_lying_name(path, kind, str(expected))]
    return kind, []


def check_is_file(path: Path) -> None:
    """Refuse a path that is missing, a folder, unreadable or empty.

    Raises
    ------
    DataError
        With the nearest file name in the same folder when there is one.
    """
    if path.is_dir():
        what = f"{path.name or path} is a folder, not a file."
        is_study = (path / "study.toml").is_file()
        fix = "It is a study: read_study(path)." if is_study else "Name one file inside the folder."
        raise DataError(Problem("SB-FILE-61", "stop", what, fix=fix))
    if not path.is_file():
        raise DataError(_missing_file(path))
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        what = f"{path.name} cannot be opened ({error.strerror})."
        fix = "Close it in other programs and check that you may read it."
        raise DataError(Problem("SB-FILE-60", "stop", what, table=path.name, fix=fix)) from None
    if not first:
        raise DataError(empty_table(path.name, "The file is empty (0 bytes)."))


def kind_of(path: Path) -> str:
    """The kind of a file, from its first bytes."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    if head.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if b"SPSS PORT FILE" in head:
        return "por"
    if head.startswith(b"<stata_dta>") or _is_old_stata(head):
        return "dta"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(OLE_MAGIC):
        return "locked" if _holds_encrypted_package(path) else "xls"
    for start, kind in ((b"\x1f\x8b", "gzip"), (b"SQLite format 3\x00", "sqlite"), (b"%PDF-", "pdf")):
        if head.startswith(start):
            return kind
    if SYNTAX.search(head):
        return "syntax"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    return "html" if start.startswith((b"<!doctype html", b"<html", b"<table")) else "text"


def empty_table(table: str, what: str) -> Problem:
    """The problem of a table without rows."""
    return Problem(
        "SB-FILE-21",
        "stop",
        what,
        table=table,
        why="There is nothing to analyse, and an empty table would look like a study without children.",
        fix="Export the table again and check that it holds rows under the header.",
    )


def _kind_of_archive(path: Path) -> str:
    """Tell a workbook from other ZIP archives by the names inside; a damaged archive counts as a ZIP."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return "xlsx" if path.suffix.lower() in ENDINGS["xlsx"] else "zip"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "word/document.xml" in names:
        return "docx"
    if any(name.casefold().endswith(".qde") for name in names):
        return "project"
    return "ods" if "content.xml" in names and "mimetype" in names else "zip"


def _is_old_stata(head: bytes) -> bool:
    """Stata before version 13 starts with its version, a byte order of 1 or 2 and the file type 1."""
    return len(head) > 3 and 102 <= head[0] <= 115 and head[1] in (1, 2) and head[2] == 1


def _holds_encrypted_package(path: Path) -> bool:
    """Whether an OLE file is a workbook locked with a password."""
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _missing_file(path: Path) -> Problem:
    """The problem of a file that does not exist."""
    folder = path.parent
    if not folder.is_dir():
        what = f"There is no folder {folder.name or folder}, so {path.name} cannot be read."
        return Problem("SB-FILE-60", "stop", what, table=path.name, fix="Check the path.")
    guess = nearest(path.name, (entry.name for entry in folder.iterdir() if entry.is_file()))
    fix = f"Did you mean {guess!r}?" if guess else "Check the path; no file in that folder has a similar name."
    what = f"There is no file {path.name} in {f'the folder {folder.name}' if folder.name else 'this folder'}."
    return Problem("SB-FILE-60", "stop", what, table=path.name, fix=fix)


def _locked(path: Path) -> Problem:
    """The problem of a workbook that asks for a password."""
    return Problem(
        "SB-FILE-21",
        "stop",
        f"{path.name} is protected with a password.",
        table=path.name,
        why="Its cells are encrypted and cannot be read without the password.",
        fix="Save a copy without password inside your secure area and name that copy.",
    )


def _lying_name(path: Path, kind: str, expected: str) -> Problem:
    """The problem of a name whose ending does not fit the content; plain text under such a name stops."""
    what = f"{path.name} is not {KIND_NAMES[expected]}: its content is {KIND_NAMES[kind]}."
    why = "A renamed file can be the wrong export."
    if kind == "text":
        fix = f"If it was renamed, give it back its name, e.g. {path.stem}.csv; otherwise export it again."
        return Problem("SB-FILE-14", "stop", what, table=path.name, why=why, done="It was not read.", fix=fix)
    fix = f"Rename it to {path.stem}{ENDINGS[kind][0]}." if kind in ENDINGS else ""
    done = f"It was read as {KIND_NAMES[kind]}."
    return Problem("SB-FILE-14", "warn", what, table=path.name, why=why, done=done, fix=fix)


def _must_be_converted(path: Path, kind: str) -> Problem:
    """The problem of a kind of file that this package does not read."""
    what = f"{path.name} is {KIND_NAMES[kind]}, which is not read as a table."
    return Problem("SB-FILE-66", "stop", what, table=path.name, fix=NEEDS_CONVERSION[kind])
