"""The report as one page of HTML that holds everything it shows and asks for nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from securebase_analysis.results.result import SIMULATED
from securebase_analysis.show.figures.picture import Picture, png_bytes, svg_bytes
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.provenance import made_in_words, not_used_table
from securebase_analysis.show.report.section import Folded, Section, Shown, notes_under_tables, sentences
from securebase_analysis.show.tables.doctable import DocTable
from securebase_analysis.show.tables.web import STYLE, table_html

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

MOST_BYTES_AS_SVG = 250_000
"""A drawing with more bytes than this goes into the page as PNG, so that a phone can open it."""
PIXELS_PER_INCH = 200
TEMPLATE = "report.html.j2"


@dataclass(frozen=True, eq=False)
class Numbered:
    """The tables and pictures of a report in their order, with the numbers they carry everywhere.

    Attributes
    ----------
    sections : tuple of Section
        As they were made, tables with their numbers.
    tables, supplement : tuple of DocTable
        Tables 1, 2, ... of the text, and tables S1, S2, ... that are folded away on the page.
    pictures : tuple of Shown
        All pictures.
    """

    sections: tuple[Section, ...]
    tables: tuple[DocTable, ...]
    supplement: tuple[DocTable, ...]
    pictures: tuple[Shown, ...]


def numbered(sections: Sequence[Section]) -> Numbered:
    """Number tables and pictures through the whole report."""
    tables: list[DocTable] = []
    supplement: list[DocTable] = []
    pictures: list[Shown] = []
    done = []
    for section in sections:
        parts: list[Any] = []
        for part in section.parts:
            if isinstance(part, Shown):
                pictures.append(part)
            elif isinstance(part, DocTable):
                part = part.numbered(len(tables) + 1)
                tables.append(part)
            elif isinstance(part, Folded):
                part = Folded(part.table.numbered(f"S{len(supplement) + 1}"))
                supplement.append(part.table)
            parts.append(part)
        done.append(replace(section, parts=tuple(parts)))
    return Numbered(tuple(done), tuple(tables), tuple(supplement), tuple(pictures))


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture as the bytes of its files."""

    shown: Shown
    number: int
    png: bytes
    svg: bytes

    @property
    def name(self) -> str:
        """The name of its files, without ending."""
        return f"figure_{self.number}_{self.shown.name}"


def drawn(shown: Shown, number: int) -> Drawn:
    """Write a picture as both kinds of file; the layout that the first one settles is kept for the second."""
    _without_title(shown.picture)
    png = png_bytes(shown.picture)
    shown.picture.figure.set_layout_engine("none")
    return Drawn(shown, number, png, svg_bytes(shown.picture))


def _without_title(picture: Picture) -> None:
    """Take the title out of the drawing: number and title of a figure stand in the text around it."""
    for ax in picture.axes:
        if " ".join(ax.get_title(loc="left").split()) == picture.title:
            ax.set_title("", loc="left")


def report_html(
    study: Study, sections: Sequence[Section], pictures: Sequence[Drawn], provenance: dict[str, Any]
) -> str:
    """The page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("securebase_analysis.show"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn_as = {id(picture.shown): picture for picture in pictures}
    written = [
        {
            "anchor": section.anchor,
            "title": section.title,
            "parts": [_part(part, drawn_as, notes_under_tables(section)) for part in section.parts],
            "reasons": sentences(section.problems),
            "is_done": section.is_done,
        }
        for section in sections
    ]
    return environment.get_template(TEMPLATE).render(
        study=study, sections=written, table_style=_safe(STYLE), made=made_in_words(provenance),
        simulated_words=SIMULATED,
        not_used=_safe(table_html(not_used_table(provenance, Names(study)))) if provenance["exclusions"] else "",
    )  # fmt: skip


def _safe(html: str) -> Any:
    """HTML of our own making, in which everything from data is escaped already."""
    from markupsafe import Markup

    return Markup(html)


def _part(part: Any, drawn_as: dict[int, Drawn], said: set[str]) -> dict[str, Any]:
    """One paragraph, table or picture as the template wants it; notes in `said` are not said again."""
    if isinstance(part, DocTable):
        return {"kind": "table", "html": _safe(table_html(part))}
    if isinstance(part, Folded):
        label = f"{part.table.label}. {part.table.title}"
        return {"kind": "folded", "label": label, "html": _safe(table_html(part.table))}
    if isinstance(part, Shown):
        notes = [note for note in part.picture.notes if note not in said]
        picture = drawn_as[id(part)]
        return {"kind": "picture", "number": picture.number, "notes": notes, **_image(picture)}
    return {"kind": "words", "text": part}


def _image(drawn: Drawn) -> dict[str, Any]:
    """The picture as an address that holds the picture itself."""
    picture, drawing, kind = drawn.shown.picture, drawn.svg, "svg+xml"
    if len(drawing) > MOST_BYTES_AS_SVG:
        drawing, kind = png_bytes(picture, PIXELS_PER_INCH), "png"
    width, height = picture.figure.get_size_inches()
    return {
        "source": f"data:image/{kind};base64,{base64.b64encode(drawing).decode('ascii')}",
        "alt": picture.alt,
        "title": picture.title,
        "width": round(width * 96),
        "height": round(height * 96),
    }
