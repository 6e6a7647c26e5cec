"""The dictionary at the head of an SPSS file, walked through before the library behind it sees the file.

The library is written in C and ends the whole program on some damaged dictionaries; those are refused here. The
layout is that of the system file format: a header, then records that begin with their type.
"""

from __future__ import annotations

import codecs
import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path

HEADER_BYTES = 176
LAYOUT_AT, CASES_AT = 64, 80
VARIABLE, LABELS, LABELLED_VARIABLES, DOCUMENT, EXTENSION, END = 2, 3, 4, 6, 7, 999
MACHINE_EXTENSION, ENCODING_EXTENSION = 3, 20
LONGEST_TEXT, LONGEST_LABELLED_TEXT = 255, 8
MOST_RATIO, ALWAYS_ALLOWED = 200, 20_000_000  # values in a byte of the packed kind, and in a file of any size


class DamagedDictionary(Exception):
    """The dictionary contradicts itself."""


@dataclass
class _Walk:
    """A place in the file and what was seen up to there."""

    data: mmap.mmap
    order: str
    at: int = HEADER_BYTES
    widths: list[int] = field(default_factory=list)
    label_values: list[bytes] = field(default_factory=list)
    text_values: list[bytes] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)

    def take(self, n_bytes: int) -> bytes:
        """The next bytes."""
        if n_bytes < 0 or self.at + n_bytes > len(self.data):
            raise DamagedDictionary
        self.at += n_bytes
        return self.data[self.at - n_bytes : self.at]

    def integers(self, n: int) -> tuple[int, ...]:
        """The next whole numbers of four bytes."""
        if not 0 <= n <= len(self.data) // 4:
            raise DamagedDictionary
        return struct.unpack(f"{self.order}{n}i", self.take(4 * n))


def check_dictionary(path: Path, encoding: str | None = None) -> None:
    """Walk through the dictionary of a ``.sav`` or ``.zsav`` file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    encoding : str, optional
        The encoding its texts will be read with; that of the file when None.

    Raises
    ------
    DamagedDictionary
        When a record does not fit into the file, a label belongs to no variable, a width does not fit, more cases
        are promised than the file can hold, or a labelled text is not in the encoding.
    """
    with path.open("rb") as file:
        if path.stat().st_size < HEADER_BYTES + 8:
            raise DamagedDictionary
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            walk = _Walk(data, _byte_order(data))
            while (kind := walk.integers(1)[0]) != END:
                _pass_record(walk, kind)
            _check_widths(walk.widths)
            _check_cases(walk)
            _check_texts(walk, encoding)


def _byte_order(data: mmap.mmap) -> str:
    """The order of the bytes in a number, in which the layout code is 2 or 3."""
    for order in "<>":
        if struct.unpack_from(f"{order}i", data, LAYOUT_AT)[0] in (2, 3):
            return order
    raise DamagedDictionary


def _pass_record(walk: _Walk, kind: int) -> None:
    """Go over one record and keep what the checks need."""
    if kind == VARIABLE:
        _pass_variable(walk)
    elif kind == LABELS:
        walk.label_values = [_pass_label(walk) for _ in range(walk.integers(1)[0])]
    elif kind == LABELLED_VARIABLES:
        places = walk.integers(walk.integers(1)[0])
        if not all(1 <= place <= len(walk.widths) for place in places):
            raise DamagedDictionary
        widths = {walk.widths[place - 1] for place in places}
        if not all(0 <= width <= LONGEST_LABELLED_TEXT for width in widths):
            raise DamagedDictionary
        if widths - {0}:
            walk.text_values += walk.label_values
    elif kind == DOCUMENT:
        walk.take(80 * walk.integers(1)[0])
    elif kind == EXTENSION:
        subtype, size, count = walk.integers(3)
        content = walk.take(size * count)
        if subtype == ENCODING_EXTENSION:
            walk.encodings.append(content.decode("ascii", "replace").strip())
        elif subtype == MACHINE_EXTENSION and len(content) == 32:
            walk.encodings.append(_code_page(struct.unpack(f"{walk.order}8i", content)[-1]))
    else:
        raise DamagedDictionary


def _pass_variable(walk: _Walk) -> None:
    """Go over the record of a variable."""
    width, has_label, n_missing, _, _ = walk.integers(5)
    if not (-1 <= width <= LONGEST_TEXT and has_label in (0, 1) and -3 <= n_missing <= 3):
        raise DamagedDictionary
    walk.take(8)
    if has_label:
        length = walk.integers(1)[0]
        walk.take(-(-length // 4) * 4)
    walk.take(8 * abs(n_missing))
    walk.widths.append(width)


def _pass_label(walk: _Walk) -> bytes:
    """Go over one value label; give back the value as it stands in the file."""
    value = walk.take(8)
    length = walk.take(1)[0]
    walk.take(-(-(length + 1) // 8) * 8 - 1)
    return value


def _check_widths(widths: list[int]) -> None:
    """A text of more than eight bytes is followed by one record without a name for each eight more."""
    n_due = 0
    for width in widths:
        if (width == -1) != (n_due > 0):
            raise DamagedDictionary
        n_due = n_due - 1 if width == -1 else max(0, (width - 1) // 8)
    if n_due:
        raise DamagedDictionary


def _check_cases(walk: _Walk) -> None:
    """Each value takes at least a byte; in the packed kind of file so many of them stand in one."""
    n_cases = struct.unpack_from(f"{walk.order}i", walk.data, CASES_AT)[0]
    packed = walk.data[:4] == b"$FL3"
    most = max(len(walk.data) * MOST_RATIO, ALWAYS_ALLOWED) if packed else len(walk.data)
    if not walk.widths or n_cases * len(walk.widths) > most:
        raise DamagedDictionary


def _check_texts(walk: _Walk, encoding: str | None) -> None:
    """The values of labelled texts must exist in the encodings that the file names."""
    names = [encoding] if encoding else walk.encodings or ["cp1252"]
    try:
        for value in walk.text_values:
            if not value.isascii():
                for name in names:
                    value.decode(codecs.lookup(name).name)
    except (LookupError, ValueError):  # no such encoding, a NUL in its name, or a text that is not in it
        raise DamagedDictionary from None


def _code_page(number: int) -> str:
    """The encoding behind the number of a code page; files before Unicode name 2 or 3 and mean Windows-1252."""
    return {65001: "utf-8", 2: "cp1252", 3: "cp1252"}.get(number, f"cp{number}")
