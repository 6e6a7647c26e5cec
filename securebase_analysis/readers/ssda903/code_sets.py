"""The code sets of the return, read from ``codes.toml``: codes, what they stand for, years of validity."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Code:
    """A code: what it stands for, the care context of a placement, first and last year."""

    label: str
    context: str = ""
    first: int = 0
    last: int = 9999

    def valid_in(self, year: int | None) -> bool:
        """Whether the code is in the list of the return that starts in `year`; True when that is not known."""
        return year is None or self.first <= year <= self.last


@cache
def code_sets() -> dict[str, dict[str, Code]]:
    """Code set to code to its meaning.

    Examples
    --------
    >>> code_sets()["PLACE"]["U3"].context, code_sets()["REC"]["E43"].valid_in(2018)
    ('kinship', False)
    """
    text = resources.files(__package__).joinpath("codes.toml").read_text("utf-8")
    return {name: _codes(section) for name, section in tomllib.loads(text).items()}


def _codes(section: dict) -> dict[str, Code]:
    """The codes of one section; letters crossed with numbers where it says so."""
    crossed = {
        f"{letter}{number}": Code(f"{place}, {how}")
        for letter, place in section.get("letters", {}).items()
        for number, how in section.get("numbers", {}).items()
    }
    listed = {
        code: Code(entry["label"], entry.get("context", ""), entry.get("from", 0), entry.get("to", 9999))
        for code, entry in section.items()
        if isinstance(entry, dict) and "label" in entry
    }
    return crossed | listed
