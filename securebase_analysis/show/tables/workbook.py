"""Tables as an Excel workbook: numbers stay numbers, text cannot become a formula."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from securebase_analysis.results.safe_text import neutralise
from securebase_analysis.show.dates import made_at
from securebase_analysis.show.tables.doctable import Column, DocTable, Kind

RULE = Side(style="thin")
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def workbook_bytes(tables: Sequence[DocTable]) -> bytes:
    """One sheet for each table: title, heads, values, notes."""
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    taken: set[str] = set()
    for table in tables:
        _write_sheet(book.create_sheet(_sheet_name(table, taken)), table)
    book.properties.creator = "securebase_analysis"
    book.properties.created = book.properties.modified = made_at().replace(tzinfo=None)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet_name(table: DocTable, taken: set[str]) -> str:
    """A name of at most 31 letters that Excel allows and that is not taken."""
    name = FORBIDDEN.sub(" ", table.label or table.title).strip()[:28] or "Table"
    number, free = 2, name
    while free.casefold() in taken:
        free, number = f"{name} {number}", number + 1
    taken.add(free.casefold())
    return free


def _write_sheet(sheet: Worksheet, table: DocTable) -> None:
    """Title in the first row, heads in the third (fourth under spanners), notes beneath."""
    heading = ". ".join(part for part in (table.label, table.title) if part)
    sheet.cell(1, 1, neutralise(heading)).font = Font(bold=True)
    columns = [single for column in table.columns for single in _single(column)]
    row = 3
    if table.spanners:
        _write_heads(sheet, row, [neutralise(column.spanner) for column in columns])
        row += 1
    _write_heads(sheet, row, [neutralise(column.head) for column in columns], [c.italic for c in columns])
    first = row + 1
    for place, column in enumerate(columns, start=1):
        for step, value in enumerate(table.frame[column.source[0]]):
            _write_value(sheet.cell(first + step, place), value, column)
        sheet.column_dimensions[get_column_letter(place)].width = 28 if column.is_text else 13
    last = first + len(table.frame) - 1
    for place in range(1, len(columns) + 1):
        lowest = sheet.cell(max(last, row), place)
        lowest.border = Border(top=lowest.border.top, bottom=RULE)
    for step, note in enumerate(table.notes):
        sheet.cell(last + 2 + step, 1, neutralise(f"Note. {note}"))
    sheet.freeze_panes = f"A{first}"


def _single(column: Column) -> tuple[Column, ...]:
    """An interval as two columns, so that both ends stay numbers."""
    if not column.is_interval:
        return (column,)
    kind: Kind = "bounded" if column.kind.startswith("bounded") else "number"
    return tuple(
        Column(f"{column.head} {end}", (name,), kind, column.places, column.spanner)
        for end, name in zip(("low", "high"), column.source)
    )


def _write_heads(sheet: Worksheet, row: int, heads: Sequence[str], italics: Sequence[bool] | None = None) -> None:
    for place, head in enumerate(heads, start=1):
        cell = sheet.cell(row, place, head)
        cell.font = Font(bold=True, italic=bool(italics and italics[place - 1]))
        cell.border = Border(top=RULE, bottom=RULE)
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")


def _write_value(cell: Any, value: Any, column: Column) -> None:
    """A number with its format, or text that stays text."""
    if column.is_text:
        words = column.written(pd.DataFrame({column.source[0]: [value]}))[0]
        cell.value, cell.data_type = neutralise(words), "s"
    elif value is None or pd.isna(value):
        cell.value = None
    elif not math.isfinite(float(value)):
        cell.value = "∞" if value > 0 else "−∞"
    else:
        cell.value = int(value) if column.kind == "count" else float(value)
        cell.number_format = _format(column)


def _format(column: Column) -> str:
    """The number format that shows what the other forms print; the value behind it is not rounded."""
    if column.kind == "count":
        return "#,##0"
    if column.kind == "p":
        return "0.000"
    if column.kind == "percent":
        return "0" if column.places == 0 else f"0.{'0' * column.places}%"
    return f"0.{'0' * column.places}" if column.places else "0"
