"""lavaan's text cut into words that know their line and place, and lines put together to statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RELATIONS = ("=~", "~~", "~", ":=", "==")
"""What may stand between the two sides of a statement."""
NOT_HERE = {
    "<~": "a composite (formative construct)",
    "~*~": "a scaling factor",
    "|": "a threshold",
    "<": "an inequality",
    ">": "an inequality",
    "?": "a starting value",
    ":": "an interaction, or a block of one group or level",
    "%": "a formula per block",
}
"""Parts of lavaan's syntax that are not read, in words."""
WORD = re.compile(
    r"(?P<comment>[#!][^\n]*)|(?P<space>[^\S\n]+)|(?P<end>[\n;])"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*)"
    r"|(?P<quoted>\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<relation>=~|~\*~|<~|~~|:=|==|~|\||<|>)"
    r"|(?P<sign>[-+*/^(),?:%])"
    r"|(?P<other>.)"
)
GOES_ON_AFTER = ("+", "*", ",", "(", "-", "/", "^")
GOES_ON_BEFORE = ("+", "*", ",", ")")


@dataclass(frozen=True)
class Word:
    """One word of a model.

    Attributes
    ----------
    kind : str
        ``name``, ``number``, ``quoted``, ``relation``, ``sign``, ``other`` or ``end``.
    text : str
        As written; without its quotes.
    line, column : int
        Where it begins; the line from 1, the column from 0.
    """

    kind: str
    text: str
    line: int
    column: int

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs


def words_of(text: str) -> list[Word]:
    """Every word of a text; comments and spaces are left out, ends of lines are words."""
    found, line, begins = [], 1, 0
    for match in WORD.finditer(text):
        kind = str(match.lastgroup)
        if kind not in ("comment", "space"):
            written = match.group()[1:-1] if kind == "quoted" else match.group()
            found.append(Word(kind, written, line, match.start() - begins))
        if match.group() == "\n":
            line, begins = line + 1, match.end()
    return found


def statements_of(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words of each statement: one to a line, or parted by semicolons.

    A line goes on in the next one after a sign or relation, before a sign or relation, and within parentheses.
    """
    said: list[Word] = []
    depth = 0
    for number, word in enumerate(words):
        depth += word.is_sign("(") - word.is_sign(")")
        if word.kind != "end":
            said.append(word)
        elif said and (word.text == ";" or not (depth > 0 or _goes_on(said[-1], words[number + 1 :]))):
            yield said
            said, depth = [], 0
    if said:
        yield said


def _goes_on(last: Word, following: Sequence[Word]) -> bool:
    """Whether a line that ends in this word goes on in the next one that holds a word."""
    if last.kind == "relation" or last.is_sign(*GOES_ON_AFTER):
        return True
    first = next((word for word in following if word.text != "\n"), None)
    return first is not None and (first.kind == "relation" or first.is_sign(*GOES_ON_BEFORE))
