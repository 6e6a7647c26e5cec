"""Bytes of a text file turned into UTF-8, with a word on every assumption."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence

from securebase_analysis.errors import DataError, Problem

MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHUNK = 1 << 20
SAMPLE = 1 << 24
SEPARATORS = (",", "\t", ";", "|")


def to_utf8(raw: bytes, table: str, encoding: str | None = None) -> tuple[bytes, list[Problem]]:
    """Turn the bytes of a text file into UTF-8 without a byte order mark.

    Parameters
    ----------
    raw : bytes
        The file.
    table : str
        Its name, for messages.
    encoding : str, optional
        The encoding to use; found from the byte order mark when None, else UTF-8 is expected.

    Returns
    -------
    data : bytes
        UTF-8 text.
    problems : list of Problem
        A note when the file was UTF-16 or UTF-32 (SB-FILE-03).

    Raises
    ------
    DataError
        Text in another encoding (SB-FILE-01), UTF-16 without a mark (SB-FILE-03), NUL bytes (SB-FILE-68).
    """
    if encoding is not None:
        return _declared(raw, table, encoding), []
    marked = next((name for mark, name in MARKS if raw.startswith(mark)), None)
    if marked is not None:
        return _marked(raw, table, marked)
    data = raw.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise DataError(_holds_nul(data, table))
    position = _first_bad_byte(data)
    if position is not None:
        raise DataError(_not_utf8(data, position, table))
    return data, []


def _declared(raw: bytes, table: str, encoding: str) -> bytes:
    """Decode with the encoding that the user declared."""
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        what = f"encoding={encoding!r} is not the name of an encoding."
        fix = "encoding='utf-8', encoding='cp1252' or encoding='utf-16'"
        raise DataError(Problem("SB-FILE-01", "stop", what, table=table, fix=fix)) from None
    try:
        text = raw.decode(codec)
    except (UnicodeError, ValueError):
        what = f"{table} cannot be read as {encoding}: it holds bytes that do not exist there."
        why = "With the wrong encoding, letters of names and words change silently."
        fix = "Leave encoding out, and the message will name the likely one."
        raise DataError(Problem("SB-FILE-01", "stop", what, table=table, why=why, fix=fix)) from None
    if "\0" in text:
        raise DataError(_holds_nul(text.encode("utf-8", "surrogatepass"), table))
    return text.removeprefix("\ufeff").encode("utf-8", "replace")


def _marked(raw: bytes, table: str, encoding: str) -> tuple[bytes, list[Problem]]:
    """Decode a file that starts with the byte order mark of UTF-16 or UTF-32."""
    try:
        text = raw.decode(encoding)
    except UnicodeError:
        what = f"{table} starts as {encoding.upper()} text and is damaged further down."
        fix = "Export the table again, as 'CSV UTF-8'."
        raise DataError(Problem("SB-FILE-03", "stop", what, table=table, fix=fix)) from None
    if "\0" in text:
        raise DataError(_holds_nul(text.encode("utf-8", "surrogatepass"), table))
    what = f"{table} is {encoding.upper()} text (Excel calls it 'Unicode Text')."
    note = Problem("SB-FILE-03", "note", what, table=table, done=f"It was read as {encoding.upper()}.")
    return text.encode("utf-8", "replace"), [note]


def _first_bad_byte(data: bytes) -> int | None:
    """The position of the first byte that is not UTF-8, or None; in pieces, so that memory stays small."""
    if data.isascii():
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    view = memoryview(data)
    for start in range(0, len(data), CHUNK):
        kept_back = len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + CHUNK])
        except UnicodeDecodeError as error:
            return start - kept_back + error.start
    kept_back = len(decoder.getstate()[0])
    return len(data) - kept_back if kept_back else None


def _not_utf8(data: bytes, position: int, table: str) -> Problem:
    """The problem of a file in a one-byte encoding, with the place of its first odd character."""
    guess, name = _likely_encoding(data)
    record, column = locate(data, position)
    place = f"row {record}, column {column}" if record else "the header"
    return Problem(
        "SB-FILE-01",
        "stop",
        f"{table} is not UTF-8; it looks like {name} (first odd character in {place}).",
        table=table,
        column=column,
        rows=(record,) if record else (),
        why="With the wrong encoding, letters of names and words change silently.",
        done="The file was not read.",
        fix=f"encoding={guess!r}",
    )


def _likely_encoding(data: bytes) -> tuple[str, str]:
    """Windows-1252 where all bytes exist there, else Latin-1, which has them all."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1", "Latin-1"
    return "cp1252", "Windows-1252"


def locate(data: bytes, position: int) -> tuple[int, str]:
    """The data row (0 is the header) and the column name in which a byte of a delimited text lies.

    Parameters
    ----------
    data : bytes
        Text in any encoding that keeps ASCII.
    position : int
        Place of the byte.

    Returns
    -------
    row : int
        Counted from 1 under the header.
    column : str
        Its name when the header has plain characters, else ``column C``.
    """
    head = data[: data.find(b"\n") + 1 or len(data)].decode("latin-1")
    separator = max(SEPARATORS, key=head.count)
    before = data[:position].decode("latin-1").replace("\0", "") + "x"
    record, n_cells = 0, 1
    try:
        for cells in csv.reader(io.StringIO(before, newline=""), delimiter=separator):
            if cells:
                record, n_cells = record + 1, len(cells)
        names: Sequence[str] = next(csv.reader([head], delimiter=separator), [])
    except csv.Error:
        return before.count("\n"), ""
    name = names[n_cells - 1].strip() if n_cells <= len(names) else ""
    return record - 1, name if name.isascii() and name else column_letter(n_cells - 1)


def column_letter(position: int) -> str:
    """The letter a spreadsheet gives to a column counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _holds_nul(data: bytes, table: str) -> Problem:
    """The problem of NUL bytes: UTF-16 without a mark, or damage."""
    sample = data[:SAMPLE]
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        every_other = sample[start::2]
        if len(every_other) and every_other.count(0) > 0.4 * len(every_other):
            what = f"{table} looks like UTF-16 text without a byte order mark."
            fix = f"encoding={name!r}"
            return Problem("SB-FILE-03", "stop", what, table=table, done="It was not read.", fix=fix)
    row, column = locate(data, data.index(0))
    return Problem(
        "SB-FILE-68",
        "stop",
        f"{table} holds {data.count(0)} NUL bytes, which do not occur in text.",
        table=table,
        column=column,
        rows=(row,) if row else (),
        why="The file was damaged while it was copied, or it is not a text table; cells near them are not safe.",
        done="It was not read.",
        fix="Copy or export the file again.",
    )
