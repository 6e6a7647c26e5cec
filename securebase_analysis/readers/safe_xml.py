"""XML from strangers: no document type, no entities, nothing fetched; names without their namespace."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from securebase_analysis.errors import DataError, Problem


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
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise DataError(_declaration_problem(table)) from None
    except (ParseError, ValueError, LookupError) as fault:
        raise DataError(_damage_problem(table, fault)) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


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
