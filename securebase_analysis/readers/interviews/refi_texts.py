"""The texts of a REFI-QDA project: in the XML, in a text file beside it, or in a Word document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote

from securebase_analysis.errors import DataError
from securebase_analysis.readers.archive import MOST_BYTES_READ
from securebase_analysis.readers.interviews.offsets import BYTE_ORDER_MARK, SourceText
from securebase_analysis.readers.interviews.refi_problems import not_utf8
from securebase_analysis.readers.interviews.rich_text import docx_text
from securebase_analysis.readers.safe_xml import Element

SOURCES_FOLDER = "sources/"


class Files(Protocol):
    """Files that may hold texts, looked up whatever the case of their names."""

    def find(self, name: str) -> str | None:
        """The name under which a file is held, or None."""

    def read(self, name: str) -> bytes:
        """The content of one file."""


class UnpackedFolder:
    """The folder of a project that someone unpacked: its own files and those in its folder of sources.

    Parameters
    ----------
    folder : pathlib.Path
        Where the .qde file is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> str | None:
        """The name under which a file is held, or None; a link that leads elsewhere is no file of the project."""
        file = self._files.get(name.casefold())
        held = file is not None and file.is_file() and not file.is_symlink()
        return name.casefold() if held else None

    def read(self, name: str) -> bytes:
        """The content of one file."""
        with self._files[name].open("rb") as stream:
            return stream.read(MOST_BYTES_READ)

    @cached_property
    def _files(self) -> dict[str, Path]:
        """What lies in both folders, by name in lower case."""
        here = {place.name.casefold(): place for place in self._folder.iterdir()}
        below = here.get(SOURCES_FOLDER.removesuffix("/"))
        if below is None or not below.is_dir() or below.is_symlink():
            return here
        return here | {f"{SOURCES_FOLDER}{file.name}".casefold(): file for file in below.iterdir()}


class Texts:
    """Finds and decodes the text of a source, a transcript or a memo.

    Parameters
    ----------
    files : Files or None
        What lies beside the XML.
    folder : str
        The folder of the XML among these files, with its slash; empty where it lies at the top.
    table : str
        What to call the project in a message.
    """

    def __init__(self, files: Files | None, folder: str, table: str) -> None:
        self._files, self._folder, self._table = files, folder, table
        self._read: dict[str, SourceText | None] = {}

    def plain(self, holder: Element, row: int) -> SourceText | None:
        """The text in the XML, else the text file that is named, else None; `row` counts sources for a message."""
        content = holder.find("PlainTextContent")
        if content is not None and content.text:
            return _without_mark(content.text)
        path = holder.get("plainTextPath")
        if path:
            return self._decoded(path, row)
        named_by_guid = self._decoded(f"{holder.get('guid')}.txt", row) if holder.get("guid") else None
        return SourceText("") if named_by_guid is None and content is not None else named_by_guid

    def rich(self, holder: Element) -> SourceText | None:
        """The words of the Word document beside a missing plain text."""
        path = holder.get("richTextPath") or ""
        if not path.casefold().endswith(".docx"):
            return None
        return self._from_file(path, lambda data: SourceText(docx_text(data, self._table)))

    def _decoded(self, path: str, row: int) -> SourceText | None:
        """The text file of that path; a file that two sources name is read once."""
        if path not in self._read:
            self._read[path] = self._from_file(path, lambda data: self._decode(data, row))
        return self._read[path]

    def _from_file(self, path: str, decode: Callable[[bytes], SourceText]) -> SourceText | None:
        """A file beside the XML, or None."""
        if self._files is None:
            return None
        found = next((held for name in self._names(path) if (held := self._files.find(name))), None)
        return None if found is None else decode(self._files.read(found))

    def _names(self, path: str) -> Iterator[str]:
        """Where the file of a path may lie: always beneath the project, whatever the path says."""
        inner = (path.partition("://")[2] or path).replace("\\", "/")
        for spelled in dict.fromkeys((inner, unquote(inner))):
            parts = [part for part in PurePosixPath(spelled).parts if part not in ("/", ".", "..")]
            for ending in dict.fromkeys(("/".join(parts), parts[-1] if parts else "")):
                for folder in dict.fromkeys((self._folder, "")):
                    yield f"{folder}{SOURCES_FOLDER}{ending}"
                    yield f"{folder}{ending}"

    def _decode(self, data: bytes, row: int) -> SourceText:
        """UTF-8, or UTF-16 with its mark; anything else is refused, not guessed."""
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            characters = data.decode(encoding)
        except UnicodeDecodeError:
            raise DataError(not_utf8(self._table, row)) from None
        if "\0" in characters:  # UTF-16 without its mark passes for UTF-8
            raise DataError(not_utf8(self._table, row))
        text = _without_mark(characters)
        return SourceText(text.characters, True) if encoding == "utf-16" else text


def _without_mark(characters: str) -> SourceText:
    """The text, and whether it began with a byte order mark."""
    return SourceText(characters.removeprefix(BYTE_ORDER_MARK), characters.startswith(BYTE_ORDER_MARK))
