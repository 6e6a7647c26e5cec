"""Writing a file that may be open elsewhere: never lose it, never overwrite half of it, say where it went."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

from securebase_analysis.errors import Problem

NAMES_TRIED = 100


class FileOpenWarning(UserWarning):
    """A file was open in another program, so the new one has another name."""


def write_beside(path: Path, content: bytes) -> Path:
    """Write `content` to `path`, or to a free name beside it when `path` is open in another program.

    Returns
    -------
    Path
        Where it was written.

    Warns
    -----
    FileOpenWarning
        When another name had to be taken; it says which (SB-OUT-15).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _replace(path, content)
        return path
    except PermissionError:
        if not path.exists():
            raise
    free = _free_name(path)
    _replace(free, content)
    warnings.warn(str(_open_elsewhere(path, free)), FileOpenWarning, stacklevel=3)
    return free


def _replace(path: Path, content: bytes) -> None:
    """Write to a temporary file of the same folder, then take the name in one step."""
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(path.name)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _free_name(path: Path) -> Path:
    """`table (2).docx`, `table (3).docx`, ... : the first that is not taken."""
    for number in range(2, NAMES_TRIED):
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
        if not candidate.exists():
            return candidate
    raise PermissionError(f"{path.name} and {NAMES_TRIED} names beside it are taken")


def _open_elsewhere(path: Path, free: Path) -> Problem:
    """The message for a file that is open in Word or Excel."""
    return Problem(
        "SB-OUT-15",
        "warn",
        f"{path.name} could not be replaced: it is open in another program, or may only be read.",
        why="The file there is still the old one.",
        done=f"Saved as {free.name} in the same folder.",
        fix=f"Close {path.name} and write it again.",
    )
