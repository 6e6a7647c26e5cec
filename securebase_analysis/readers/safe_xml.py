"""XML from strangers: no document type, no entities, nothing fetched; names without their namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from securebase_analysis.errors import DataError, Problem

MOST_BYTES_AT_ONCE = 2**27  # of XML that becomes a tree as a whole, which takes ten times the memory
MOST_ELEMENTS = 20_000_000


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
        When it declares a document type (SB-FILE-35), is not well-formed (SB-FILE-36) or is too long (SB-FILE-69).
    """
    if len(data) > MOST_BYTES_AT_ONCE:
        raise DataError(_length_problem(table, f"{MOST_BYTES_AT_ONCE:,} bytes"))
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise DataError(_declaration_problem(table)) from None
    except (ParseError, ValueError, LookupError) as fault:
        raise DataError(_damage_problem(table, fault)) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def stream_xml(blocks: Iterable[bytes], table: str, take: Mapping[str, Callable[[Element], None]]) -> Element:
    """Read a long XML document without ever holding the whole of it.

    Parameters
    ----------
    blocks : iterable of bytes
        The document, piece by piece.
    table : str
        What to call it in a message.
    take : mapping of str to function
        What is done with each element of that local name once it is complete; it is emptied afterwards.

    Returns
    -------
    xml.etree.ElementTree.Element
        The root, with everything that was not taken. Tags are local names; text between elements is left out.

    Raises
    ------
    DataError
        When it declares a document type (SB-FILE-35), is not well-formed (SB-FILE-36) or is too long (SB-FILE-69).
    """
    building = _Building(take)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.characters
    parser.StartDoctypeDeclHandler = _refuse_declaration
    try:
        for number, block in enumerate(blocks):
            # Some programs leave a blank line before the XML declaration, which must come first.
            parser.Parse(block.lstrip() if number == 0 else block, False)
        parser.Parse(b"", True)
    except _Declared:
        raise DataError(_declaration_problem(table)) from None
    except _TooLong:
        raise DataError(_length_problem(table, f"{MOST_ELEMENTS:,} elements")) from None
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise DataError(_damage_problem(table, fault)) from None
    return building.root


class _Declared(Exception):
    """The document declares a type."""


class _TooLong(Exception):
    """The document has more elements than memory should hold."""


def _refuse_declaration(*declared: object) -> None:
    """A document type makes entities possible; the first word of it ends the reading."""
    raise _Declared


class _Building:
    """Elements as they open and close; those that someone takes leave the tree at once."""

    def __init__(self, take: Mapping[str, Callable[[Element], None]]) -> None:
        self._take = take
        self._open: list[Element] = [Element("")]
        self._words: list[str] = []
        self._n_elements = 0

    @property
    def root(self) -> Element:
        """The outermost element."""
        return self._open[0][0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        self._keep_text()
        self._n_elements += 1
        if self._n_elements > MOST_ELEMENTS:
            raise _TooLong
        element = Element(name.rpartition("}")[2], attributes)
        self._open[-1].append(element)
        self._open.append(element)

    def end(self, name: str) -> None:
        """The innermost element is complete."""
        self._keep_text()
        element = self._open.pop()
        taker = self._take.get(element.tag)
        if taker is not None:
            taker(element)
            element.clear()

    def characters(self, words: str) -> None:
        """Text inside the innermost element."""
        self._words.append(words)

    def _keep_text(self) -> None:
        """Text before the first child belongs to the element; what stands between children to no one."""
        if self._words:
            innermost = self._open[-1]
            if not len(innermost) and innermost.text is None:
                innermost.text = "".join(self._words)
            self._words.clear()


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


def _length_problem(table: str, most: str) -> Problem:
    return Problem(
        "SB-FILE-69",
        "stop",
        f"The XML is longer than {most}.",
        table=table,
        why="It could fill the memory.",
        done="It was not read.",
        fix="Export the project in parts.",
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
