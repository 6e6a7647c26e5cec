"""CSV, TSV and other separated text, read cell by cell as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.columns_in_blocks import LARGE_FILE, ColumnInBlocks
from securebase_analysis.readers.encodings import SEPARATORS, column_letter, to_utf8
from securebase_analysis.readers.headers import Grid
from securebase_analysis.readers.quotation_marks import check_quotes, swallowed_rows
from securebase_analysis.readers.row_widths import even_rows, overfull_rows, short_rows, survey_widths
from securebase_analysis.readers.signatures import empty_table

if TYPE_CHECKING:
    import pyarrow as pa

SNIFF_BYTES = 1 << 16
SNIFF_ROWS = 100
BLOCK_BYTES = 1 << 22
MAX_CELLS = 1_000_000_000
MAX_COLUMNS = 16_384  # as in Excel; more are a wrong separator
# Excel writes and reads a first line "sep=;" that is no row of the table.
SEPARATOR_HINT = re.compile(rb"sep=([,;\t|])\r?\n", re.IGNORECASE)
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
QUIET: dict[str, Any] = {"delay": 3, "leave": False, "disable": None}
"""A bar that is seen only by people, and only when they would wait."""
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")
POINT_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:\.\d{3})+\s*")
DECIMAL_POINT = re.compile(r"\s*[-+]?\d+\.\d+\s*")


def read_delimited(
    path: Path,
    header_rows: int = 1,
    encoding: str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
) -> Grid:
    """Read separated text without converting a single cell.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    header_rows : int
        How many rows hold the names.
    encoding, separator, decimal : str, optional
        What the file uses; found out, and said, when None.

    Returns
    -------
    Grid
        Cells as text; only a truly empty cell is missing.

    Raises
    ------
    DataError
        Everything of `to_utf8`; too few rows (SB-FILE-21), rows of another width (SB-FILE-62), a quotation mark
        that never closes (SB-FILE-70), too large a table (SB-FILE-69).
    """
    table = path.name
    data, problems = to_utf8(path.read_bytes(), table, encoding)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    if re.search(rb"\S", data) is None:
        raise DataError(empty_table(table, "The file holds nothing but blanks."))
    hint = SEPARATOR_HINT.match(data)
    if hint:
        data = data[hint.end() :]
        separator = separator or hint[1].decode("ascii")
    mark = _checked_separator(separator, table) or sniff_separator(data, path.suffix.lower())
    check_quotes(data, mark, header_rows, table)
    header, start = _split_header(data, mark, header_rows, table)
    width = max(len(row) for row in header)
    if width == 1 and separator is None and (other := _other_separator(data)):
        raise DataError(_one_column(other, table))
    _check_size(data, width, table)
    body, ragged = _read_body(data, start, mark, width, table)
    if not len(body):
        raise DataError(empty_table(table, "The file has a header but no rows under it."))
    sample = body.head(SNIFF_ROWS)
    found = decimal or (_decimal_mark(sample) if mark == ";" and separator is None else None)
    problems += ragged
    if b'"' in data and data.count(b"\n", start) > len(body) + 1:
        problems += swallowed_rows(body, mark, header[-1], table)
    if separator is None and mark != _usual_separator(path):
        problems.append(_assumed_separator(mark, found, header[-1], sample, table))
    return Grid(header, body, tuple(problems), decimal=found)


def sniff_separator(data: bytes, ending: str = ".csv") -> str:
    """The character that cuts the first rows into equally many cells.

    Parameters
    ----------
    data : bytes
        UTF-8 text.
    ending : str
        Of the file's name; decides between equals.

    Returns
    -------
    str
        One of comma, tab, semicolon and vertical bar; a comma when nothing separates.

    Examples
    --------
    >>> sniff_separator(b"id;score\\n1;2,5\\n2;3,5\\n")
    ';'
    """
    head = data[:SNIFF_BYTES].decode("utf-8", "ignore")
    order = ("\t", ",", ";", "|") if ending in (".tsv", ".tab", ".txt") else SEPARATORS
    best, best_score = order[0] if ending in (".tsv", ".tab") else ",", (0.0, 0)
    for candidate in order:
        try:
            rows = [
                row for _, row in zip(range(SNIFF_ROWS), csv.reader(io.StringIO(head), delimiter=candidate)) if row
            ]
        except csv.Error:
            continue
        if len(data) > SNIFF_BYTES and len(rows) > 2 and len(rows) < SNIFF_ROWS:
            rows.pop()
        width, n_alike = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
        if width > 1 and (n_alike / len(rows), width) > best_score:
            best, best_score = candidate, (n_alike / len(rows), width)
    return best


def _other_separator(data: bytes) -> str | None:
    """A character that no program uses by itself and that stands in every line of the head equally often."""
    lines = data[:SNIFF_BYTES].decode("utf-8", "ignore").splitlines()[:SNIFF_ROWS]
    lines = [line for line in lines if line.strip()]
    for mark, least in ((":", 1), ("^", 1), ("~", 1), (" ", 2)):
        counts = {line.count(mark) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts.pop() >= least:
            return mark
    return None


def _one_column(mark: str, table: str) -> Problem:
    """The problem of a file in which nothing usual separates the cells."""
    name = SEPARATOR_NAMES.get(mark, repr(mark))
    return Problem(
        "SB-FILE-04",
        "stop",
        f"Only one column was found, but every line has {name} equally often.",
        table=table,
        why="Read as one column, the file has no answers.",
        done="The file was not read.",
        fix=f"separator={mark!r}",
    )


def _checked_separator(separator: str | None, table: str) -> str | None:
    """The separator that the user declared, if it is one character that can separate."""
    if separator is None or (len(separator) == 1 and separator not in '"\r\n'):
        return separator
    what = f"separator={separator!r} is not a single character that can separate cells."
    raise DataError(Problem("SB-FILE-04", "stop", what, table=table, fix="separator=';' or separator='\\t'"))


def _usual_separator(path: Path) -> str:
    """What the ending of the name promises."""
    return "\t" if path.suffix.lower() in (".tsv", ".tab") else ","


def _split_header(data: bytes, mark: str, header_rows: int, table: str) -> tuple[list[list[str]], int]:
    """The header rows, and the byte at which the data start."""
    start = 0

    def lines() -> Iterator[str]:
        nonlocal start
        for line in io.BytesIO(data):
            start += len(line)
            yield line.decode("utf-8")

    header: list[list[str]] = []
    try:
        reader = csv.reader(lines(), delimiter=mark)
        while len(header) < header_rows:
            row = next(reader, None)
            if row is None:
                raise DataError(empty_table(table, "The file ends within its header."))
            if any(cell.strip() for cell in row):
                header.append(row)
    except csv.Error:
        what = "The header cannot be read: a cell in it is far too long or holds a stray line break."
        raise DataError(Problem("SB-FILE-70", "stop", what, table=table, fix="Check the first line.")) from None
    return header, start


def _check_size(data: bytes, width: int, table: str) -> None:
    """Refuse a table that would not fit into memory, before memory is asked for."""
    n_cells = data.count(b"\n") * width
    if n_cells <= MAX_CELLS and width <= MAX_COLUMNS:
        return
    what = f"The table has {width:,} columns and about {n_cells:,} cells, more than this reader takes."
    why = f"The limits are {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells, so that memory is not exhausted."
    fix = "Check the separator, or split the file."
    raise DataError(Problem("SB-FILE-69", "stop", what, table=table, why=why, fix=fix))


def _read_body(data: bytes, start: int, mark: str, width: int, table: str) -> tuple[pd.DataFrame, list[Problem]]:
    """All cells under the header; rows of another width are mended when nothing is lost, else refused."""
    body, n_ragged = _parse(data, start, mark, width, table)
    if not n_ragged:
        return body, []
    try:
        survey = survey_widths(data, start, mark, width)
        if survey.overfull:
            raise DataError(overfull_rows(survey, width, table))
        even = even_rows(data, start, mark, width)
    except csv.Error:
        raise DataError(_unreadable(table)) from None
    body, _ = _parse(even, 0, mark, width, table)
    return body, short_rows(survey, table)


def _parse(data: bytes, start: int, mark: str, width: int, table: str) -> tuple[pd.DataFrame, int]:
    """Let Arrow cut the text into columns of text, and count the rows of another width."""
    import pyarrow as pa

    if re.compile(rb"\S").search(data, start) is None:
        return pd.DataFrame({place: pd.Series([], dtype="str") for place in range(width)}), 0
    ragged = _RaggedRows()
    columns = [ColumnInBlocks(as_category=len(data) >= LARGE_FILE) for _ in range(width)]
    try:
        for block in _blocks(data, start, mark, width, table, ragged):
            for column, cells in zip(columns, block.columns):
                column.add(cells)
    except pa.ArrowInvalid:
        raise DataError(_unreadable(table)) from None
    return pd.DataFrame({place: column.finished() for place, column in enumerate(columns)}), ragged.n_rows


class _RaggedRows:
    """Leaves rows of another width out, and counts them."""

    def __init__(self) -> None:
        self.n_rows = 0

    def __call__(self, row: object) -> str:
        self.n_rows += 1
        return "skip"


def _blocks(
    data: bytes, start: int, mark: str, width: int, table: str, ragged: _RaggedRows
) -> Iterator[pa.RecordBatch]:
    """The cells under the header as text, some megabytes at a time; a long file shows how far it is."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from tqdm import tqdm

    names = [str(place) for place in range(width)]
    source = pa.BufferReader(pa.py_buffer(data).slice(start))
    reader = arrow_csv.open_csv(
        source,
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(delimiter=mark, newlines_in_values=True, invalid_row_handler=ragged),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    with tqdm(total=len(data) - start, desc=table, unit="B", unit_scale=True, **QUIET) as bar:
        for block in reader:
            yield block
            bar.update(source.tell() - bar.n)


def _unreadable(table: str) -> Problem:
    """The problem of text that cannot be cut into rows; nearly always a cell of enormous length."""
    return Problem(
        "SB-FILE-69",
        "stop",
        "A cell is far too long, or the rows cannot be told apart.",
        table=table,
        why="A quotation mark that never closes swallows the rest of the file.",
        done="The file was not read.",
        fix="Look for a single quotation mark, or for text that is not a table.",
    )


def _decimal_mark(sample: pd.DataFrame) -> str | None:
    """The decimal comma, when the first rows show one, or points that may part thousands, and no others."""
    cells = [cell for name in sample for cell in sample[name].dropna()]
    comma = any(DECIMAL_COMMA.fullmatch(cell) or POINT_THOUSANDS.fullmatch(cell) for cell in cells)
    point = any(DECIMAL_POINT.fullmatch(cell) and not POINT_THOUSANDS.fullmatch(cell) for cell in cells)
    return "," if comma and not point else None


def _assumed_separator(
    mark: str, decimal: str | None, names: Sequence[str], sample: pd.DataFrame, table: str
) -> Problem:
    """The warning that says which separator and decimal mark were taken, with sample cells."""
    name = SEPARATOR_NAMES.get(mark, repr(mark))
    shown = _sample_decimals(sample, names) if decimal == "," else ""
    marks = f"{name} and decimal comma" if decimal == "," else name
    return Problem(
        "SB-FILE-04",
        "warn" if mark == ";" else "note",
        f"The cells are separated by {name}, not by the usual character of such a file.",
        table=table,
        why="With the wrong separator or decimal mark, numbers change silently.",
        done=f"Using {marks}{shown}.",
        fix=f"separator={mark!r}" + (", decimal=','" if decimal == "," else ""),
    )


def _sample_decimals(sample: pd.DataFrame, names: Sequence[str]) -> str:
    """Up to three cells that hold a decimal comma, each with its column, row and the number it stands for."""
    shown = []
    for place in sample:
        for row, cell in enumerate(sample[place], start=1):
            if isinstance(cell, str) and DECIMAL_COMMA.fullmatch(cell):
                number = cell.strip().replace(",", ".")
                name = names[place].strip() if place < len(names) else f"column {column_letter(place)}"
                shown.append(f"{name} row {row} {cell.strip()!r} is {number}")
                break
        if len(shown) == 3:
            break
    return f" ({'; '.join(shown)})" if shown else ""
