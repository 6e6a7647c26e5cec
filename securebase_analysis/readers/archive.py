"""Zip files from strangers: looked over before anything is unpacked, and read into memory only."""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator
from pathlib import Path
from types import TracebackType

from securebase_analysis.errors import DataError, Problem

MOST_MEMBERS = 200_000
MOST_BYTES = 16 * 2**30  # recordings of a large project; they are counted but never unpacked
MOST_BYTES_READ = 2**30  # one member that is read into memory
MOST_RATIO = 200  # text packs 3 to 20 times; a bomb packs 1,000 times
RATIO_MATTERS_FROM = 2**20
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others ask for memory as they please, and nobody uses them
BLOCK = 2**18  # bytes read at once where a member is read piece by piece

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
)


class Archive:
    """A zip file whose members were found safe; members are looked up whatever their case.

    Parameters
    ----------
    file : pathlib.Path or bytes stream
        The archive.
    name : str, optional
        What to call it in a message; the name of the file when left out.

    Raises
    ------
    DataError
        SB-FILE-31 damaged or with two members of one name, SB-FILE-32 a member that would land outside,
        SB-FILE-33 too large once unpacked, SB-FILE-34 protected by a password.
    """

    def __init__(self, file: Path | io.BytesIO, name: str = "") -> None:
        self.name = name or (file.name if isinstance(file, Path) else "archive")
        packed_size = file.stat().st_size if isinstance(file, Path) else len(file.getbuffer())
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGE:
            raise DataError(_damaged(self.name)) from None
        try:
            self._members = self._checked_members(packed_size)
        except BaseException:
            self._zip.close()
            raise
        self._folded = {member.casefold(): member for member in reversed(self._members)}

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _checked_members(self, packed_size: int) -> dict[str, zipfile.ZipInfo]:
        """The members by name, after the whole list was looked over."""
        members = self._zip.infolist()
        if any(_leads_outside(member) for member in members):
            raise DataError(_outside(self.name))
        if _is_bomb(members, packed_size):
            raise DataError(_too_large(self.name))
        if len({member.filename for member in members}) < len(members):
            raise DataError(_ambiguous(self.name))
        return {member.filename: member for member in members if not member.filename.endswith("/")}

    @property
    def names(self) -> list[str]:
        """The names of all members that are files."""
        return list(self._members)

    def find(self, name: str) -> str | None:
        """The member called `name`, else the first that differs only in case, else None."""
        if name in self._members:
            return name
        return self._folded.get(name.casefold())

    def read(self, name: str) -> bytes:
        """The content of one member."""
        member = self._readable(name)
        try:
            with self._zip.open(member) as stream:
                data = stream.read(MOST_BYTES_READ + 1)
        except _DAMAGE:
            raise DataError(_damaged(self.name)) from None
        if len(data) > MOST_BYTES_READ:
            raise DataError(_too_large(self.name))
        return data

    def size(self, name: str) -> int:
        """How many bytes one member unpacks to, as the archive says."""
        return self._members[name].file_size

    def blocks(self, name: str) -> Generator[bytes]:
        """The content of one member, piece by piece."""
        member = self._readable(name)
        n_bytes = 0
        try:
            stream = self._zip.open(member)
        except _DAMAGE:
            raise DataError(_damaged(self.name)) from None
        with stream:
            while True:
                try:
                    block = stream.read(BLOCK)
                except _DAMAGE:
                    raise DataError(_damaged(self.name)) from None
                if not block:
                    return
                n_bytes += len(block)
                if n_bytes > MOST_BYTES_READ:
                    raise DataError(_too_large(self.name))
                yield block

    def _readable(self, name: str) -> zipfile.ZipInfo:
        """The member of that name, which is neither protected nor too large."""
        member = self._members[name]
        if member.flag_bits & 0x1:
            raise DataError(_protected(self.name))
        if member.file_size > MOST_BYTES_READ:
            raise DataError(_too_large(self.name))
        if member.compress_type not in PACKINGS:
            raise DataError(_damaged(self.name))
        return member


def _leads_outside(member: zipfile.ZipInfo) -> bool:
    """Whether unpacking this member could write, or point, outside its own folder."""
    # The name as stored: zipfile rewrites some of what we look for in `filename`.
    for name in (member.filename, member.orig_filename):
        forward = name.replace("\\", "/")
        if forward.startswith("/") or re.match(r"[A-Za-z]:", forward) or ".." in forward.split("/"):
            return True
        if "\0" in name:
            return True
    return stat.S_ISLNK(member.external_attr >> 16)


def _is_bomb(members: list[zipfile.ZipInfo], packed_size: int) -> bool:
    """Whether the archive would unpack to far more than its own size."""
    total = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or total > MOST_BYTES:
        return True
    return total > RATIO_MATTERS_FROM and total > MOST_RATIO * max(packed_size, 1)


def _damaged(name: str) -> Problem:
    return Problem(
        "SB-FILE-31",
        "stop",
        "The file is a damaged or incomplete zip archive.",
        table=name,
        why="Part of the project would be missing without a trace.",
        done="Refused.",
        fix="Copy or download the file again, or export the project again.",
    )


def _ambiguous(name: str) -> Problem:
    return Problem(
        "SB-FILE-31",
        "stop",
        "The archive holds two members of one name.",
        table=name,
        why="Which of them is meant is open; another program may read the other one.",
        done="Refused.",
        fix="Export the project again.",
    )


def _outside(name: str) -> Problem:
    return Problem(
        "SB-FILE-32",
        "stop",
        "The archive holds a member that would land outside its own folder (absolute path, '..', drive or link).",
        table=name,
        why="No coding program writes such a path; it is a known way to overwrite files.",
        done="Refused before unpacking.",
        fix="Export the project again from the program that holds it.",
    )


def _too_large(name: str) -> Problem:
    return Problem(
        "SB-FILE-33",
        "stop",
        "The archive would unpack to far more than its size allows for.",
        table=name,
        why="It could fill the memory or the disk (a 'zip bomb').",
        done="Refused before unpacking.",
        fix="Export the project without its recordings and pictures.",
    )


def _protected(name: str) -> Problem:
    return Problem(
        "SB-FILE-34",
        "stop",
        "The archive is protected by a password.",
        table=name,
        done="Nothing was read.",
        fix="Save an unprotected copy in the secure area and read that.",
    )
