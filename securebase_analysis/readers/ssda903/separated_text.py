"""A table of the return from separated text: what can be read without a guess about a cell is read, and told."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError
from securebase_analysis.readers.encodings import SEPARATORS, to_utf8
from securebase_analysis.readers.ssda903.layout import ALL_NAMES, Layout, column_name
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

if TYPE_CHECKING:
    import pyarrow as pa

LINES_SEARCHED = 20
BLOCK_BYTES, BLOCK_FOR_LONG_LINES = 1 << 22, 1 << 27
"""How much is parsed at a time: small blocks are faster, and a line must fit in one."""
MOST_COLUMNS = 5_000
NOT_UTF8, UTF16, HOLDS_NUL = "SB-FILE-01", "SB-FILE-03", "SB-FILE-68"
DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
SEPARATOR_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

Cells = tuple[list[str], pd.DataFrame, np.ndarray]


def read_separated(raw: bytes, layout: Layout | None, file: str, ledger: Ledger) -> Cells | None:
    """The header and the cells of a file of text; None when it holds nothing.

    Parameters
    ----------
    raw : bytes
        The file.
    layout : Layout or None
        The table that the name of the file speaks of.
    file : str
        For messages.
    ledger : Ledger
        Takes problems and repairs.

    Returns
    -------
    header : list of str
        The cells of the row that holds the names of columns; empty when no row does.
    cells : pandas.DataFrame
        Categorical columns 0, 1, 2, …
    rows : ndarray of int
        Row numbers, from 1 under the header.
    """
    table = layout.name if layout else ""
    data = _text(raw, table, file, ledger)
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if re.search(rb"\S", data) is None:
        return None
    header, start, mark = find_header(data)
    if not header and layout is not None:
        header, mark = _usual_header(data, layout, file, ledger)
    if not header:
        return [], pd.DataFrame(), np.zeros(0, dtype="int64")
    n_above = 0 if not start else sum(bool(line.strip()) for line in data[:start].splitlines()) - 1
    if n_above > 0 and not data[:5].lower().startswith(b"sep="):
        what = "lines above the names of columns"
        ledger.mended("SB-FILE-93", table, file, "", what, (), "They were left out.", n_above)
    if mark != ",":
        what = f"cells separated by {SEPARATOR_WORDS[mark]}"
        ledger.report("SB-FILE-04", "note", f"The file has {what}.", file, done="It was read so.")
        ledger.repair(table, file, "", what, (), "It was read so.", n_rows=1)
    if len(header) > MOST_COLUMNS:
        ledger.report(
            "SB-FILE-87", "stop", f"The file has {len(header):,} columns.", file, done="It was not read."
        )
        return None
    body = data[start:]
    cells = _cells(body, len(header), mark, table, file, ledger)
    if body.count(b"\n") > len(cells):
        _report_blank_lines(body, table, file, ledger)
    return header, cells, np.arange(1, len(cells) + 1)


def _report_blank_lines(body: bytes, table: str, file: str, ledger: Ledger) -> None:
    """Lines without anything between two rows."""
    n_blank = len(re.findall(rb"\n[ \t]*\r?(?=\n\s*\S)", body))
    if n_blank:
        what = "lines without anything among the rows"
        ledger.mended("SB-FILE-93", table, file, "", what, (), "Left out; they count for no row number.", n_blank)


def find_header(data: bytes) -> tuple[list[str], int, str]:
    """The row that names columns of a return, the byte at which the rows under it begin, and the separator."""
    best: tuple[int, list[str], int, str] = (0, [], 0, ",")
    end = 0
    for line in io.BytesIO(data):
        end += len(line)
        text = line.decode("utf-8", "replace").strip("\r\n")
        for mark in SEPARATORS:
            cells = _split(text, mark)
            n_known = len({column_name(cell) for cell in cells} & ALL_NAMES)
            if n_known > best[0]:
                best = (n_known, cells, end, mark)
        if best[0] >= 3 or data[:end].count(b"\n") >= LINES_SEARCHED:
            break
    return best[1:]


def _usual_header(data: bytes, layout: Layout, file: str, ledger: Ledger) -> tuple[list[str], str]:
    """The usual columns of a table in their usual order, when the first row is data that fit them."""
    line = data.lstrip().partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    fields = [field for field in layout.fields if not field.derived]
    for mark in SEPARATORS:
        cells = _split(line, mark)
        dates = [cell for cell, field in zip(cells, fields) if field.kind == "date" and cell.strip()]
        if len(cells) == len(fields) and dates and all(DATE.fullmatch(cell.strip()) for cell in dates):
            ledger.report(
                "SB-FILE-90",
                "warn",
                "No row names the columns; the first row holds data.",
                file,
                why="Taken as names, the first child would vanish without a trace.",
                done=f"The columns were taken to be those of {layout.name} in their usual order.",
                fix="Write the names of the columns in the first row.",
            )
            ledger.repair(layout.name, file, "", "no names of columns", (), "The usual order was taken.", n_rows=1)
            return [field.name for field in fields], mark
    return [], ","


def _split(line: str, mark: str) -> list[str]:
    """The cells of one line; a quotation mark that does not close ends nothing."""
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return line.replace('"', "").split(mark)


def _text(raw: bytes, table: str, file: str, ledger: Ledger) -> bytes:
    """The file as UTF-8; what had to be assumed or taken out is told."""
    try:
        data, problems = to_utf8(raw, file)
        for problem in problems:
            ledger.problems.append(problem)
        return data
    except DataError as refusal:
        code = refusal.problems[0].code
    if code == UTF16:
        return _wide_text(raw, table, file, ledger)
    if b"\0" in raw:
        lines = raw.split(b"\n")
        rows = [at for at, line in enumerate(lines) if b"\0" in line]
        ledger.report(
            "SB-FILE-80",
            "warn",
            f"The file holds {raw.count(0)} NUL bytes, which do not occur in text.",
            file,
            rows=[row for row in rows if row > 0],
            why="The file was damaged while it was copied; cells near them are not safe.",
            done="They were taken out.",
            fix="Copy or export the file again.",
        )
        ledger.repair(table, file, "", "NUL bytes", rows, "They were taken out.", n_rows=len(rows))
        return _text(raw.replace(b"\0", b""), table, file, ledger)
    return _one_byte_text(raw, table, file, ledger)


def _one_byte_text(raw: bytes, table: str, file: str, ledger: Ledger) -> bytes:
    """Text that is not UTF-8: nearly always Windows-1252 from Excel; codes and dates are the same in both."""
    try:
        text, name = raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, name = raw.decode("latin-1"), "Latin-1"
    ledger.report(
        "SB-FILE-01",
        "warn",
        f"The file is not UTF-8; it looks like {name}.",
        file,
        why="Letters with accents may be wrong; dates and codes are not touched.",
        done=f"It was read as {name}.",
        fix="Export it as CSV UTF-8.",
    )
    ledger.repair(table, file, "", "text that is not UTF-8", (), f"Read as {name}.", n_rows=1)
    return text.encode("utf-8").removeprefix(b"\xef\xbb\xbf")


def _wide_text(raw: bytes, table: str, file: str, ledger: Ledger) -> bytes:
    """UTF-16 or UTF-32, damaged or without a byte order mark."""
    if raw.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encoding = "utf-32"
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-16-le" if raw[1::2].count(0) > raw[::2].count(0) else "utf-16-be"
    text = raw.decode(encoding, "replace").lstrip("\ufeff").replace("\0", "")
    n_lost = text.count("\ufffd")
    ledger.report(
        "SB-FILE-03",
        "warn",
        f"The file is {encoding.upper()} text without its mark, or damaged; {n_lost} characters are lost.",
        file,
        done=f"It was read as {encoding.upper()}.",
        fix="Export it as CSV UTF-8.",
    )
    ledger.repair(table, file, "", "UTF-16 or UTF-32 text", (), f"Read as {encoding.upper()}.", n_rows=1)
    return text.encode("utf-8", "replace")


def _cells(body: bytes, width: int, mark: str, table: str, file: str, ledger: Ledger) -> pd.DataFrame:
    """All cells under the header."""
    if re.search(rb"\S", body) is None:
        return _no_rows(width)
    cells, n_ragged = _parse(body, width, mark, quotes=True)
    if b'"' in body and (cells is None or _swallowed(cells, mark, n_ragged)):
        body = _without_quotes(body, mark, table, file, ledger)
        cells, n_ragged = _parse(body, width, mark, quotes=False)
    if n_ragged or cells is None:
        cells, _ = _parse(_even(body, width, mark, table, file, ledger), width, ",", quotes=True)
    if cells is None:
        ledger.report(
            "SB-FILE-87",
            "stop",
            "The rows of the file cannot be told apart; a cell is far too long.",
            file,
            done="The file was not read.",
            fix="Copy or export the file again.",
        )
        return _no_rows(width)
    return cells


def _no_rows(width: int) -> pd.DataFrame:
    """A table without rows."""
    return pd.DataFrame(
        {place: pd.Categorical([], categories=pd.Index([], dtype="str")) for place in range(width)}
    )


def _swallowed(cells: pd.DataFrame, mark: str, n_ragged: int) -> bool:
    """Whether a cell holds a line break and separators, or a row is ragged: a mark that never closed."""
    texts = [str(text) for place in cells for text in cells[place].cat.categories if "\n" in text]
    return bool(n_ragged) or any(mark in text for text in texts)


def _without_quotes(body: bytes, mark: str, table: str, file: str, ledger: Ledger) -> bytes:
    """Quotation marks that open and never close, taken out; line breaks inside cells are not part of a return."""
    lines = [line for line in body.splitlines() if line.strip()]
    rows = [at for at, line in enumerate(lines, start=1) if line.count(b'"') % 2]
    ledger.report(
        "SB-FILE-82",
        "warn",
        "Quotation marks open and do not close in their row.",
        file,
        rows=rows,
        why="Read as usual, each would swallow the rows after it.",
        done="Every line was read as one row, without the quotation marks.",
        fix="Look at these rows in the source.",
    )
    ledger.repair(table, file, "", "quotation marks that do not close", rows, "They were taken out.")
    return b"\n".join(_plain_line(line, mark) for line in lines)


def _plain_line(line: bytes, mark: str) -> bytes:
    """One line without quotation marks; a separator inside a pair of them becomes a blank."""
    if b'"' not in line:
        return line
    if line.count(b'"') % 2:
        return line.replace(b'"', b"")
    cells = _split(line.decode("utf-8", "replace"), mark)
    return mark.join(cell.replace(mark, " ").replace('"', "") for cell in cells).encode("utf-8")


def _even(body: bytes, width: int, mark: str, table: str, file: str, ledger: Ledger) -> bytes:
    """The rows again, each as wide as the header; missing cells are empty, surplus ones are told."""
    short: list[int] = []
    long: list[int] = []
    over: list[int] = []
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    number = 0
    for line in body.decode("utf-8", "replace").splitlines():
        if not line.strip():
            continue
        number += 1
        row = _split(line, mark)
        if len(row) < width:
            short.append(number)
        elif len(row) > width:
            (over if any(cell.strip() for cell in row[width:]) else long).append(number)
        writer.writerow([*row[:width], *[""] * (width - len(row))])
    _report_widths(short, long, over, table, file, ledger)
    return out.getvalue().encode("utf-8")


def _report_widths(
    short: list[int], long: list[int], over: list[int], table: str, file: str, ledger: Ledger
) -> None:
    """Rows that are not as wide as the header."""
    if short:
        ledger.report(
            "SB-FILE-81",
            "warn",
            f"{n_of(len(short), 'row has', 'rows have')} fewer cells than the header has names.",
            file,
            rows=short,
            why="The file may be cut off, or a separator is missing and values stand under the wrong name.",
            done="The cells missing at the end were taken as empty.",
            fix="Compare these rows with the source.",
        )
        ledger.repair(table, file, "", "rows with too few cells", short, "Filled with empty cells at the end.")
    if over:
        ledger.report(
            "SB-FILE-81",
            "warn",
            f"{n_of(len(over), 'row has', 'rows have')} more cells than the header has names.",
            file,
            rows=over,
            why="From a surplus separator on, values stand under the wrong name.",
            done="The rows were kept without the cells beyond the header; what does not fit its column is named.",
            fix="Compare these rows with the source.",
        )
        ledger.repair(table, file, "", "rows with too many cells", over, "Cells beyond the header left out.")
    if long:
        ledger.repair(table, file, "", "empty cells beyond the header", long, "They were left out.")


def _parse(body: bytes, width: int, mark: str, quotes: bool) -> tuple[pd.DataFrame | None, int]:
    """Cells as distinct texts and codes of them, and how many rows have another width (these are left out)."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    n_ragged = 0

    def skip(row: object) -> str:
        nonlocal n_ragged
        n_ragged += 1
        return "skip"

    names = [str(place) for place in range(width)]
    cells = None
    for block_bytes in (BLOCK_BYTES, BLOCK_FOR_LONG_LINES):
        n_ragged = 0
        try:
            cells = arrow_csv.read_csv(
                pa.py_buffer(body),
                read_options=arrow_csv.ReadOptions(
                    column_names=names, block_size=block_bytes, use_threads=pa.cpu_count() > 1
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=mark,
                    quote_char='"' if quotes else False,
                    newlines_in_values=quotes and b'"' in body,
                    invalid_row_handler=skip,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in names},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
            break
        except pa.ArrowInvalid:
            continue
    if cells is None:
        return None, n_ragged
    columns = {place: _categorical(column) for place, column in enumerate(cells.unify_dictionaries().columns)}
    return pd.DataFrame(columns, copy=False), n_ragged


def _categorical(column: pa.ChunkedArray) -> pd.Categorical:
    """A column of Arrow as pandas has it, without a copy of its texts."""
    whole = column.combine_chunks()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    texts = pd.Index(pd.array(whole.dictionary, dtype="str"))
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(texts))
