"""TOML from strangers: whatever is wrong with it is one kind of error, and reading it ends."""

from __future__ import annotations

import tomllib
from typing import Any

LARGEST = 2**24
MOST_DOTS = 1_000
"""In a line: the parser's work grows with the square of the parts of a name, ``a.b.c``."""


def parse_toml(raw: bytes) -> dict[str, Any]:
    """The tables of a TOML file.

    Parameters
    ----------
    raw : bytes
        The file; a byte order mark may stand before it.

    Raises
    ------
    ValueError
        Text that is not UTF-8 (``UnicodeDecodeError``) or not TOML, with the place where the parser tells it; also
        tables too deep in one another, numbers and files too long, and names of a thousand parts.
    """
    if len(raw) > LARGEST:
        raise ValueError("it is too long for a file of settings")
    text = raw.decode("utf-8-sig")
    if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        raise ValueError("a line holds too many full stops")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("tables or lists lie too deep in one another") from None
