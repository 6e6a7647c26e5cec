"""Tables as a Word file in the style of APA 7: no vertical lines, heads that repeat, rows that hold together."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Inches, Pt

from securebase_analysis.show.dates import made_at
from securebase_analysis.show.tables.doctable import Column, DocTable

FONT = "Times New Roman"
PORTRAIT_WIDTH, LANDSCAPE_WIDTH = 6.5, 9.0
"""Inches between margins of one inch on US letter paper; on A4 the table is as wide as the text."""
SIZES = {False: (10.0, 9.0, 8.5), True: (9.0, 8.5, 8.0)}
"""Sizes of the font that are tried, upright and turned."""
LETTER_WIDTH, SHORT_LETTER_WIDTH = 0.5, 0.6
"""Mean width of a letter as a share of the font size: long texts even out, short ones and numbers do not."""
SHORT = 14
FEW_NOTES = 2
"""More notes than this stand one under another."""
CELL_PADDING = 0.13
"""Inches left and right of a text together."""
TOGETHER_UP_TO = 20
"""A table of at most this many rows is kept on one page."""
ONE_PAGE = 6.0
"""Inches of rows that leave room on one page for title, head and some notes."""
WIDEST_WORDS, NARROW_WORDS = 36, 22
"""Letters of a column of words before it may break; a short table breaks earlier before its page is turned."""
ROW_SPACE, TIGHT_SPACE = 2.0, 1.0
"""Points above and below the text of a row; long tables are set tighter."""


def word_bytes(tables: Sequence[DocTable], supplement: Sequence[DocTable] = (), *, header: str = "") -> bytes:
    """A Word file with the tables, one after another; those of the supplement follow under a heading.

    `header` stands at the top of every page.
    """
    document = Document()
    _set_up(document)
    document.sections[0].header.paragraphs[0].text = header
    landscape: bool | None = None
    for place, table in enumerate([*tables, *supplement]):
        widths, size, wide = _layout(table)
        begins_supplement = place == len(tables)
        if wide != landscape or begins_supplement:
            _turn_page(document, wide, first=place == 0)
            landscape = wide
        else:
            document.add_paragraph()
        if begins_supplement:
            _add_supplement_heading(document)
        _add_heading(document, table)
        _add_table(document, table, widths, size)
        _add_notes(document, table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_up(document: Any) -> None:
    """Font, margins, and properties that name no person."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(0)
    about = document.core_properties
    about.author = about.last_modified_by = "securebase_analysis"
    about.title, about.comments = "Tables", ""
    about.created = about.modified = made_at().replace(tzinfo=None)


def _turn_page(document: Any, wide: bool, first: bool) -> None:
    """Begin a section in portrait or landscape."""
    section = document.sections[-1] if first else document.add_section()
    short, long = sorted((section.page_width, section.page_height))
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if wide else (short, long)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Inches(1)


def _layout(table: DocTable) -> tuple[list[float], float, bool]:
    """Widths of the columns in inches, size of the font, and whether the page is turned."""
    narrow = NARROW_WORDS if len(table.frame) <= TOGETHER_UP_TO else WIDEST_WORDS
    pages = (
        (False, PORTRAIT_WIDTH, WIDEST_WORDS),
        (False, PORTRAIT_WIDTH, narrow),
        (True, LANDSCAPE_WIDTH, narrow),
    )
    for wide, room, widest in pages:
        for size in SIZES[wide]:
            widths = _widths(table, size, widest)
            if sum(widths) <= room:
                return _widened(table, widths, size, room), size, wide
    smallest = SIZES[True][-1]
    widths = _widths(table, smallest, narrow)
    return [width * LANDSCAPE_WIDTH / sum(widths) for width in widths], smallest, True


def _widths(table: DocTable, size: float, widest: int) -> list[float]:
    """Width of each column from its longest cell; words may break, numbers may not."""
    cells = table.cells
    widths = []
    for place, column in enumerate(table.columns):
        longest = max([len(cell) for cell in cells.iloc[:, place]], default=0)
        if column.is_text:
            longest = min(longest, widest)
        longest = max(longest, _longest_word(column.head) + 1)
        letter = LETTER_WIDTH if column.is_text and longest > SHORT else SHORT_LETTER_WIDTH
        widths.append((longest + 1) * size * letter / 72.0 + CELL_PADDING)
    return _with_spanners(table, widths, size)


def _widened(table: DocTable, widths: list[float], size: float, room: float) -> list[float]:
    """Give what is left of the page to columns of words, up to the width at which no cell breaks."""
    cells = table.cells
    wanted = [0.0] * len(widths)
    for place, column in enumerate(table.columns):
        if column.is_text:
            longest = max([len(cell) for cell in cells.iloc[:, place]] + [len(column.head)])
            wanted[place] = max(
                0.0, (longest + 1) * size * SHORT_LETTER_WIDTH / 72.0 + CELL_PADDING - widths[place]
            )
    share = min(1.0, (room - sum(widths)) / sum(wanted)) if sum(wanted) else 0.0
    return [width + share * more for width, more in zip(widths, wanted)]


def _with_spanners(table: DocTable, widths: list[float], size: float) -> list[float]:
    """Widths that also hold the longest word of every head above several columns."""
    start = 0
    for name, n in table.spanners:
        needed = _longest_word(name) * size * SHORT_LETTER_WIDTH / 72.0 + CELL_PADDING
        lacking = max(0.0, needed - sum(widths[start : start + n]))
        widths[start : start + n] = [width + lacking / n for width in widths[start : start + n]]
        start += n
    return widths


def _longest_word(text: str) -> int:
    return max((len(word) for word in text.split()), default=0)


def _add_supplement_heading(document: Any) -> None:
    """The heading above the tables that a paper would put into its supplement."""
    heading = document.add_paragraph()
    heading.add_run("Supplementary tables").bold = True
    heading.runs[0].font.size = Pt(14)
    heading.paragraph_format.space_after = Pt(10)
    heading.paragraph_format.keep_with_next = True


def _add_heading(document: Any, table: DocTable) -> None:
    """Number in bold, title in italics beneath it."""
    if table.label:
        number = document.add_paragraph()
        number.add_run(table.label).bold = True
        number.paragraph_format.keep_with_next = True
        number.paragraph_format.space_after = Pt(4)
    title = document.add_paragraph()
    title.add_run(table.title).italic = True
    title.paragraph_format.keep_with_next = True
    title.paragraph_format.space_after = Pt(4)


def _add_table(document: Any, table: DocTable, widths: Sequence[float], size: float) -> None:
    """The table itself, rules at top, under the head and at the bottom."""
    n_heads = 2 if table.spanners else 1
    grid = document.add_table(rows=n_heads + len(table.frame), cols=len(table.columns))
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    _pad_cells(grid)
    _describe(grid, table)
    together = len(table.frame) <= TOGETHER_UP_TO and _height(table, widths, size) < ONE_PAGE
    space = ROW_SPACE if together else TIGHT_SPACE
    rows = list(grid.rows)
    if table.spanners:
        _fill_spanners(rows[0], table, size)
    head_cells = rows[n_heads - 1].cells
    for cell, column in zip(head_cells, table.columns):
        _fill(cell, column.head, column, size, italic=column.italic, keep=True)
    for row, texts in zip(rows[n_heads:], table.cells.itertuples(index=False, name=None)):
        keep = together and (bool(table.notes) or row is not rows[-1])
        for cell, text, column in zip(row.cells, texts, table.columns):
            _fill(cell, text, column, size, keep=keep, space=space)
    for row in rows:
        _flag(row, "w:cantSplit")
        for cell, width in zip(row.cells, widths):
            cell.width = Inches(width)
    for column, width in zip(grid.columns, widths):
        column.width = Emu(Inches(width))
    for row in rows[:n_heads]:
        _flag(row, "w:tblHeader")
    _rule(rows[0].cells, "top")
    _rule(rows[n_heads - 1].cells, "bottom")
    _rule(rows[-1].cells, "bottom")


def _height(table: DocTable, widths: Sequence[float], size: float) -> float:
    """Inches that the rows need, from how often their longest cell breaks."""
    letters = [max(1.0, (width - CELL_PADDING) * 72.0 / (size * LETTER_WIDTH)) for width in widths]
    n_lines = sum(
        max(math.ceil(max(len(text), 1) / per_line) for text, per_line in zip(texts, letters))
        for texts in table.cells.itertuples(index=False, name=None)
    )
    return (n_lines * 1.2 * size + len(table.frame) * 2.0 * ROW_SPACE) / 72.0


def _describe(grid: Any, table: DocTable) -> None:
    """Title for screen readers; no borders but those set cell by cell."""
    for tag, text in (("w:tblCaption", table.label or table.title), ("w:tblDescription", table.title)):
        element = OxmlElement(tag)
        element.set(qn("w:val"), text)
        grid._tbl.tblPr.append(element)


def _pad_cells(grid: Any) -> None:
    """Space left and right of the text in every cell."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        edge = OxmlElement(side)
        edge.set(qn("w:w"), str(int(CELL_PADDING / 2 * 1440)))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    look = grid._tbl.tblPr.find(qn("w:tblLook"))
    if look is None:
        grid._tbl.tblPr.append(margins)
    else:
        look.addprevious(margins)


def _fill(
    cell: Any,
    text: str,
    column: Column,
    size: float,
    *,
    italic: bool = False,
    keep: bool = False,
    space: float = ROW_SPACE,
) -> None:
    """Words flush left; numbers flush right with the same decimals, so that their points align."""
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.italic, run.font.size = italic or None, Pt(size)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if column.is_text else WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.keep_with_next = keep
    if not column.is_text:
        cell._tc.get_or_add_tcPr().append(OxmlElement("w:noWrap"))
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(space)


def _fill_spanners(row: Any, table: DocTable, size: float) -> None:
    """Heads that cover several columns, each with a rule beneath."""
    start = 0
    for name, n in table.spanners:
        cell = row.cells[start].merge(row.cells[start + n - 1]) if n > 1 else row.cells[start]
        run = cell.paragraphs[0].add_run(name)
        run.font.size = Pt(size)
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        cell.paragraphs[0].paragraph_format.keep_with_next = True
        if name:
            _rule([cell], "bottom")
        start += n


def _flag(row: Any, name: str) -> None:
    """Switch a property of a row on: repeat as head, or do not split over pages."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement(name))


def _rule(cells: Iterable[Any], edge: str) -> None:
    """A thin line along one edge of the cells."""
    for cell in cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            _insert_before_wrapping(properties, borders)
        if borders.find(qn(f"w:{edge}")) is not None:
            continue
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        if edge == "top":
            borders.insert(0, line)
        else:
            borders.append(line)


def _insert_before_wrapping(properties: Any, borders: Any) -> None:
    """Word wants the properties of a cell in a fixed order: borders before wrapping."""
    wrapping = properties.find(qn("w:noWrap"))
    if wrapping is None:
        properties.append(borders)
    else:
        wrapping.addprevious(borders)


def _add_notes(document: Any, table: DocTable) -> None:
    """The notes under the table: in one paragraph when they are few, else one under another."""
    if not table.notes:
        return
    few = len(table.notes) <= FEW_NOTES
    texts = [" ".join(table.notes)] if few else list(table.notes)
    for place, text in enumerate(texts):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(4 if place == 0 else 1)
        if place == 0:
            paragraph.add_run("Note. " if few else "Notes. ").italic = True
        paragraph.add_run(text)
        for run in paragraph.runs:
            run.font.size = Pt(9.5)
