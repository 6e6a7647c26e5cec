"""Tables as HTML: scroll sideways on a narrow screen, print on paper, everything from data escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from securebase_analysis.show.tables.doctable import Column, DocTable

STYLE = """
.table-block { margin: 1.5rem 0; }
.table-scroll { overflow-x: auto; max-width: 100%; }
table.printed { border-collapse: separate; border-spacing: 0;
  font-variant-numeric: tabular-nums lining-nums; }
table.printed caption { text-align: left; caption-side: top; padding-bottom: .4rem; }
table.printed caption b, table.printed caption i { display: block; max-width: min(46rem, 100vw - 2.5rem); }
table.printed th, table.printed td { padding: .28rem .55rem; text-align: right; vertical-align: top;
  white-space: nowrap; }
table.printed .words { text-align: left; }
table.printed .long { white-space: normal; min-width: 14rem; max-width: 30rem; overflow-wrap: anywhere; }
table.printed thead tr:first-child > * { border-top: 1.5px solid #222; }
table.printed tbody tr:last-child > * { border-bottom: 1.5px solid #222; }
table.printed thead tr:last-child th { border-bottom: 1px solid #222; }
table.printed thead th { font-weight: 600; vertical-align: bottom; }
table.printed thead th.symbol { font-style: italic; }
table.printed thead th.spanner { text-align: center; border-bottom: 1px solid #222; }
table.printed tbody th { font-weight: normal; }
@media screen and (max-width: 36rem) {
  table.printed { font-size: .9rem; }
  table.printed th, table.printed td { padding: .28rem .4rem; }
  table.printed tr > .words:first-child { position: sticky; left: 0; background: #fff; }
  table.printed tr > .long:first-child { min-width: 11rem; max-width: 12rem; overflow-wrap: break-word; } }
.table-notes { font-size: .9rem; margin: .4rem 0 0; max-width: 46rem; }
.table-notes ul { margin: .2rem 0 0; padding-left: 1.2rem; }
@media print { .table-scroll { overflow: visible; } .table-block.short { break-inside: avoid; }
  table.printed tr { break-inside: avoid; }
  table.printed thead { display: table-header-group; break-after: avoid; }
  table.printed caption { break-after: avoid; } }
"""


def table_html(table: DocTable) -> str:
    """The table as a piece of HTML with caption, head, body and notes."""
    cells = table.cells
    kinds = [_classes(column, cells.iloc[:, place]) for place, column in enumerate(table.columns)]
    heads = "".join(_head(column, kind) for column, kind in zip(table.columns, kinds))
    rows = "\n".join(_row(kinds, texts) for texts in cells.itertuples(index=False, name=None))
    number = f"<b>{escape(table.label)}</b>" if table.label else ""
    name = escape(table.title, quote=True)
    short = " short" if len(table.frame) <= SHORT else ""
    return (
        f'<div class="table-block{short}">\n'
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{name}">\n'
        f'<table class="printed">\n<caption>{number}<i>{escape(table.title)}</i></caption>\n'
        f"<thead>\n{_spanner_row(table)}<tr>{heads}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
        f"{_notes(table.notes)}</div>\n"
    )


FEW_NOTES = 2
"""More notes than this stand one under another."""
SHORT = 20
"""A table of at most this many rows stays on one page when it is printed."""
LONG = 28
"""From this many letters on, the cells of a column may break into lines."""


def _classes(column: Column, texts: Iterable[str]) -> str:
    """The classes of the cells of a column: words flush left, long ones broken into lines."""
    if not column.is_text:
        return ""
    return "words long" if max(map(len, texts), default=0) > LONG else "words"


def _marked(classes: str) -> str:
    return f' class="{classes}"' if classes else ""


def _head(column: Column, kind: str) -> str:
    classes = " ".join(word for word in (kind, "symbol" if column.italic else "") if word)
    return f'<th scope="col"{_marked(classes)}>{escape(column.head)}</th>'


def _spanner_row(table: DocTable) -> str:
    """The row of heads that cover several columns."""
    if not table.spanners:
        return ""
    cells = [
        f'<th scope="colgroup" class="spanner" colspan="{n}">{escape(name)}</th>'
        if name
        else f'<td colspan="{n}"></td>'
        for name, n in table.spanners
    ]
    return f"<tr>{''.join(cells)}</tr>\n"


def _row(kinds: Sequence[str], cells: Sequence[str]) -> str:
    """One row; its first cell, when it is text, heads it."""
    parts = [f"<td{_marked(kind)}>{escape(cell)}</td>" for kind, cell in zip(kinds, cells)]
    if kinds[0]:
        parts[0] = f'<th scope="row"{_marked(kinds[0])}>{escape(cells[0])}</th>'
    return f"<tr>{''.join(parts)}</tr>"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    if len(notes) <= FEW_NOTES:
        return f'<p class="table-notes"><i>Note.</i> {" ".join(escape(note) for note in notes)}</p>\n'
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="table-notes"><i>Notes.</i><ul>{items}</ul></div>\n'


def page_html(tables: Sequence[DocTable]) -> str:
    """A whole page with the tables and nothing from elsewhere."""
    title = escape(tables[0].title) if len(tables) == 1 else "Tables"
    body = "\n".join(table_html(table) for table in tables)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>\nbody {{ font-family: Georgia, 'Times New Roman', serif; color: #222; "
        f"background: #fff; margin: 1rem auto; padding: 0 1rem; max-width: 60rem; }}{STYLE}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )
