"""What constructs, scales and instruments are called in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from securebase_analysis import theory

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study


class Names:
    """The names of a study as they are written for people: the model's words, else the codebook's titles."""

    def __init__(self, study: Study) -> None:
        book = study.codebook
        self._scales = _titles(book.scales, "scale")
        self._instruments = _titles(book.instruments, "instrument")
        constructs = {construct.name: construct.label for construct in theory.CONSTRUCTS}
        self._written = self._scales | constructs | self._instruments
        self._pattern = _whole_words(name for name in self._written if self._is_no_word(name))

    def scale(self, name: str) -> str:
        """A construct or scale: the model's spelling, the codebook's title, else the name in words."""
        return theory.label(name) if theory.is_construct(name) else self._scales.get(name, theory.label(name))

    def instrument(self, name: str) -> str:
        """An instrument: the codebook's title, else the name in words."""
        return self._instruments.get(name, theory.label(name))

    def in_words(self, text: str) -> str:
        """A sentence in which every name of the codebook is written out; words of ordinary speech stay."""
        return self._pattern.sub(lambda found: self._written[found.group()], text)

    def _is_no_word(self, name: str) -> bool:
        """Whether a name would be read as code: ``self_esteem`` and ``cooperation`` would, ``trust`` would not."""
        return "_" in name or name in self._instruments or self._written[name].casefold() != name


def _titles(table: pd.DataFrame, key: str) -> dict[str, str]:
    """Titles by name; the name in words where the codebook gives no title."""
    return {name: str(title) if title else theory.label(name) for name, title in zip(table[key], table["title"])}


def _whole_words(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds these names, the longest first, but no part of a word or of a file's name."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest_first))})(?![\w]|\.\w)")
