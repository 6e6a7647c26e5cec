"""A model's line shown with a caret under the word that is meant."""

from __future__ import annotations

from securebase_analysis.models.sem.mended_statements import line_of
from securebase_analysis.models.sem.words_of_syntax import Word, is_invisible

LONG_NAME = 60
BEFORE, WIDE = 60, 120
"""Of a longer line so much is shown before the word, and so much in all."""
UNSEEN = "\ufffd"


def pointed(text: str, word: Word, what: str) -> str:
    """A sentence with the line of the model under it, and a caret under the word."""
    line = line_of(text, word)
    begins = max(word.column - BEFORE, 0) if len(line) > WIDE else 0
    cut = "..." if begins else ""
    shown = "".join(UNSEEN if is_invisible(sign) else sign for sign in line[begins : begins + WIDE])
    before = "".join(char if char == "\t" else " " for char in cut + shown[: word.column - begins])
    carets = "^" * max(min(len(word.text), len(shown) - (word.column - begins)), 1)
    more = "..." if begins + WIDE < len(line) else ""
    return f"Line {word.line:,} of the model: {what}\n        {cut}{shown}{more}\n        {before}{carets}"


def named(name: str) -> str:
    """A name in quotation marks, shortened where it is very long."""
    return repr(name if len(name) <= LONG_NAME else f"{name[:LONG_NAME]}...")
