"""lavaan's text cut into words that know their line and place, and lines put together to statements."""

from __future__ import annotations

import re
import unicodedata
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
ENDS_OF_LINES = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""What Windows, old Macs and word processors put at the end of a line."""
LOOK_ALIKES = {
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\uff02", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u00b4\uff07", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-"),
    **dict.fromkeys("\u223c\u02dc\u301c\uff5e\u2053", "~"),
    **dict.fromkeys("\uff0a\u2217\u00d7\u22c5", "*"),
    "\uff1d": "=",
    "\uff0b": "+",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0c": ",",
    "\uff1a": ":",
    "\uff1b": ";",
}
"""Signs that look like those of the syntax and are others, as word processors and web pages write them."""
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


def plain_lines(text: str) -> str:
    """A text whose lines end in one way, without a mark of its encoding, and with accents as one sign.

    Examples
    --------
    >>> plain_lines("\\ufefff =~ a\\r\\n")
    'f =~ a\\n'
    """
    return unicodedata.normalize("NFC", ENDS_OF_LINES.sub("\n", text.removeprefix("\ufeff")))


def is_invisible(sign: str) -> bool:
    """Whether a sign cannot be seen: a control sign, or one that only steers how others are shown."""
    return sign != "\t" and unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Cn")


def words_of(text: str) -> list[Word]:
    """Every word of a text; comments and spaces are left out, ends of lines are words, empty lines are none."""
    found: list[Word] = []
    line, begins = 1, 0
    for match in WORD.finditer(text):
        kind = str(match.lastgroup)
        empty = match.group() == "\n" and (not found or found[-1].kind == "end")
        if kind not in ("comment", "space") and not empty:
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
        elif said and (word.text == ";" or not (depth > 0 or _goes_on(said[-1], words[number + 1 : number + 3]))):
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
