"""The right side of a statement: variables, each with what stands before it and a star."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.pointing import named
from securebase_analysis.models.sem.told_of_statements import (
    a_function,
    misread,
    no_plus,
    no_variable,
    nothing_after,
)
from securebase_analysis.models.sem.words_of_syntax import Word

NO_VALUES = ("Inf", "NaN", "NULL", "TRUE", "FALSE")
"""Words of R that are neither labels nor values to fix at."""


@dataclass(frozen=True)
class Modifiers:
    """What stands before a variable and a star; one value, or one for each group.

    Attributes
    ----------
    fixed : tuple of float
        Values to fix at; not a number where the parameter is to be free.
    labels : tuple of str
        Labels; empty for none.
    start : tuple of float
        Where the search begins.
    """

    fixed: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    start: tuple[float, ...] = ()

    def with_more(self, other: Modifiers) -> Modifiers:
        """These, and others where there are none."""
        return Modifiers(self.fixed or other.fixed, self.labels or other.labels, self.start or other.start)


class Unreadable(Exception):
    """A statement that cannot be read, with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


class RightSide:
    """The right side of a statement, read from left to right."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self.words = words
        self.place = 0

    def items(self) -> Iterator[tuple[Word, Modifiers]]:
        """Each variable with its modifiers."""
        yield self._item()
        while self.place < len(self.words):
            plus = self._next()
            if not plus.is_sign("+"):
                raise Unreadable(no_plus(self.text, plus, self.words))
            yield self._item()

    def _next(self) -> Word:
        """The next word."""
        if self.place == len(self.words):
            raise Unreadable(nothing_after(self.text, self.words[-1]))
        self.place += 1
        return self.words[self.place - 1]

    def _peek(self, *signs: str) -> bool:
        """Whether the next word is one of these signs."""
        return self.place < len(self.words) and self.words[self.place].is_sign(*signs)

    def _item(self) -> tuple[Word, Modifiers]:
        """One variable, after any modifiers and their stars."""
        modifiers = Modifiers()
        while True:
            begins = self.place
            word = self._next()
            called = word.kind == "name" and self._peek("(")
            if not called and not word.is_sign("-") and not self._peek("*"):
                if word.kind == "name" or word.text in ("0", "1"):
                    return word, modifiers
                raise Unreadable(no_variable(self.text, word))
            self.place = begins
            modifiers = self._modifier().with_more(modifiers)
            star = self._next() if self.place < len(self.words) else word
            if not star.is_sign("*"):
                raise Unreadable(misread(self.text, star, "a * and a variable are missing here.", fix="0.5*x1"))

    def _modifier(self) -> Modifiers:
        """A value, a label, or start(...)."""
        word = self.words[self.place]
        if word.kind == "name" and word.text == "start" and self.words[self.place + 1].is_sign("("):
            self.place += 1
            values, where = self._vector(), word
            if not all(isinstance(value, float) for value in values):
                raise Unreadable(misread(self.text, where, "start() takes numbers.", fix="start(0.8)*x1"))
            return Modifiers(start=tuple(float(value) for value in values))
        if word.kind == "name" and self.place + 1 < len(self.words) and self.words[self.place + 1].is_sign("("):
            if word.text != "c":
                raise Unreadable(a_function(self.text, word))
            self.place += 1
            return self._of_values(self._vector(), word)
        return self._of_values([self._value()], word)

    def _vector(self, inside: bool = False) -> list[float | str]:
        """Values in parentheses, with or without one c() around them."""
        self._next()
        if not inside and self.place < len(self.words) and self.words[self.place].text == "c" and self._next():
            values = self._vector(inside=True)
        else:
            values = [self._value()]
            while self._peek(","):
                self._next()
                values.append(self._value())
        closing = self._next()
        if not closing.is_sign(")"):
            raise Unreadable(
                misread(self.text, closing, f"{named(closing.text)} where a ) is expected.", fix="c(a, b)*x1")
            )
        return values

    def _value(self) -> float | str:
        """A number, NA (as not a number), or a label."""
        word = self._next()
        if word.is_sign("-", "+"):
            number = self._next()
            if number.kind == "number":
                return -float(number.text) if word.text == "-" else float(number.text)
            raise Unreadable(
                misread(self.text, number, f"{named(number.text)} where a number is expected.", fix="-0.5*x1")
            )
        if word.text in NO_VALUES or (word.kind == "number" and math.isinf(float(word.text))):
            what = f"{named(word.text)} is no value that a parameter has."
            raise Unreadable(misread(self.text, word, what, fix="0.5*x1 fixes, NA*x1 frees"))
        if word.kind == "number":
            return float(word.text)
        if word.kind == "name" and word.text == "NA":
            return math.nan
        if word.kind in ("name", "quoted"):
            return word.text
        raise Unreadable(
            misread(self.text, word, f"{named(word.text)} is neither a value nor a label.", fix="0.5*x1")
        )

    def _of_values(self, values: Sequence[float | str], word: Word) -> Modifiers:
        """Values to fix at, or labels."""
        if all(isinstance(value, float) for value in values):
            return Modifiers(fixed=tuple(float(value) for value in values))
        labels = [value if isinstance(value, str) else "" for value in values]
        if any(isinstance(value, float) and not math.isnan(value) for value in values):
            raise Unreadable(misread(self.text, word, "labels and numbers are mixed.", fix="c(a1, a2)*x1"))
        return Modifiers(labels=tuple(labels))
