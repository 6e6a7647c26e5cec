"""The file of the key: made once, kept outside the study folder, never shown."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from securebase_analysis.errors import DataError, ModelError, Problem
from securebase_analysis.study.settings import NAME

BYTES = 32
HEXADECIMAL = re.compile(rf"(?:[0-9a-fA-F]{{2}}){{{BYTES},}}")
LONGEST_FILE = 10_000
HEAD = """# The key of pseudonyms. Whoever has it can tell which pseudonym is whose: keep it apart from the data,
# where the ids themselves are kept, and never send it along. Without it new data cannot be joined to the old.
"""


def write_key(path: str | Path) -> Path:
    """Write a new key for pseudonyms to a file of its own, outside every study folder.

    Parameters
    ----------
    path : str or Path
        The file; it must not be there yet.

    Returns
    -------
    Path
        Where it was written, readable by its owner only where the system knows owners.

    Raises
    ------
    DataError
        When the place lies in a study folder (SB-ID-73) or the file is there already (SB-ID-74).

    Notes
    -----
    The key is 256 bits of the system's random source. The same key gives the same pseudonyms, wave after wave; a
    lost key cannot be made again.

    Examples
    --------
    >>> import tempfile
    >>> write_key(Path(tempfile.mkdtemp()) / "cohort.key").name
    'cohort.key'
    """
    path = _path_of(path)
    refuse_inside(path)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise DataError(_not_written(path, error)) from None
    with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{HEAD}{secrets.token_hex(BYTES)}\n")
    return path


def read_key(path: str | Path, folder: Path | None = None) -> bytes:
    """The key in a file, which must lie outside the study folder and every other one.

    Raises
    ------
    DataError
        SB-ID-73 (inside a study folder), SB-ID-74 (no file, or no key in it).
    """
    path = _path_of(path)
    refuse_inside(path, folder)
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE)
    except OSError:
        raise DataError(_no_key(path, "cannot be read")) from None
    text = content.decode("utf-8-sig", errors="replace")  # an error of decoding would carry the key along
    words = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(words) != 1 or not HEXADECIMAL.fullmatch(words[0]) or len(set(words[0].lower())) < 8:
        raise DataError(_no_key(path, "holds no key"))
    return bytes.fromhex(words[0])


def _path_of(path: object) -> Path:
    """The path of the file; the key itself is not taken, as it would stand in the history of commands.

    Raises
    ------
    ModelError
        When it is no path.
    """
    if isinstance(path, str | Path):
        return Path(path)
    what = f"key is a {type(path).__name__}, not the name of a file."
    raise ModelError(Problem("SB-MODEL-41", "stop", what, fix="key='../keys/cohort.key', made by write_key"))


def refuse_inside(path: Path, folder: Path | None = None) -> None:
    """Refuse a key in the study folder `folder`, or in any folder that holds a `study.toml`.

    A link in the folder counts as the key, because what is copied of the folder is what the link leads to.
    """
    around = {*path.resolve().parents, *Path(os.path.abspath(path)).parents}
    inside = folder is not None and not around.isdisjoint({folder.resolve(), Path(os.path.abspath(folder))})
    if inside or any((place / NAME).is_file() for place in around):
        raise DataError(
            Problem(
                "SB-ID-73",
                "stop",
                "The key lies inside a study folder.",
                table=path.name,
                why="Whoever is given the folder could tell which pseudonym is whose.",
                done="It was not used, and nothing was written.",
                fix="Keep it where the ids themselves are kept: write_key('../keys/cohort.key')",
            )
        )


def _not_written(path: Path, error: OSError) -> Problem:
    """A key that cannot be written, because there is one or for want of a place."""
    there = isinstance(error, FileExistsError)
    return Problem(
        "SB-ID-74",
        "stop",
        f"The file {path.name} is there already." if there else f"The key cannot be written ({error.strerror}).",
        table=path.name,
        why="A key that is written over is lost, and every pseudonym with it." if there else "",
        done="Nothing was written.",
        fix="Use the key that is there, or name another file." if there else "Name a folder that is there.",
    )


def _no_key(path: Path, why_not: str) -> Problem:
    """A file that is not there, or that holds no key."""
    return Problem(
        "SB-ID-74",
        "stop",
        f"The file of the key {why_not}.",
        table=path.name,
        why="A short or guessed key could be tried out, id by id.",
        done="No pseudonym was made.",
        fix="write_key('../keys/cohort.key') makes one: a line of 64 hexadecimal digits.",
    )
