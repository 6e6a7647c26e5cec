"""XML from strangers: no document type, no entities, nothing fetched; names without their namespace."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from xml.parsers import expat

from securebase_analysis.errors import DataError, Problem

Element = ElementTree.Element


class _DeclarationFound(Exception):
    """A document type or an entity is declared."""


class _RootReached(Exception):
    """The first element begins; nothing can be declared after it."""


def parse_xml(data: bytes, table: str) -> Element:
    """The root element of an XML document, every tag cut down to its local name.

    Parameters
    ----------
    data : bytes
        The document.
    table : str
        What to call it in a message.

    Raises
    ------
    DataError
        When it declares a document type (SB-FILE-35) or is not well-formed (SB-FILE-36).
    """
    try:
        _refuse_declarations(data)
        root = ElementTree.fromstring(data)
    except _DeclarationFound:
        raise DataError(_declaration_problem(table)) from None
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError) as fault:
        raise DataError(_damage_problem(table, fault)) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _refuse_declarations(data: bytes) -> None:
    """Read up to the first element and stop at any declaration."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _found_declaration
    parser.EntityDeclHandler = _found_declaration
    parser.StartElementHandler = _found_root
    try:
        parser.Parse(data, True)
    except _RootReached:
        return


def _found_declaration(*_: object) -> None:
    raise _DeclarationFound


def _found_root(*_: object) -> None:
    raise _RootReached


def _declaration_problem(table: str) -> Problem:
    return Problem(
        "SB-FILE-35",
        "stop",
        "The XML declares a document type or entities.",
        table=table,
        why="Coding programs never write these; they can make a small file fill the memory or fetch other files.",
        done="Refused before reading on.",
        fix="Export the project again from the program that holds it.",
    )


def _damage_problem(table: str, fault: Exception) -> Problem:
    line, column = getattr(fault, "position", (getattr(fault, "lineno", 0), getattr(fault, "offset", 0)))
    place = f" (line {line}, character {column})" if line else ""
    return Problem(
        "SB-FILE-36",
        "stop",
        f"The XML is damaged{place}.",
        table=table,
        why="What stands behind the damage cannot be known, so codings could be lost without a trace.",
        done="Refused.",
        fix="Export the project again, or copy the file again from where it is kept.",
    )
