"""A model as text, read into terms, equalities and definitions; every problem is kept, none stops the reading."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.told_of_syntax import (
    misread,
    no_relation,
    not_an_equality,
    not_read,
    on_itself,
)
from securebase_analysis.models.sem.words_of_syntax import NOT_HERE, RELATIONS, Word, statements_of, words_of


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


@dataclass(frozen=True)
class Term:
    """One term of a statement.

    Attributes
    ----------
    lhs, rhs : Word
        The variables; of an intercept, `rhs` is the 1.
    op : {"=~", "~", "~~", "~1"}
        Their relation.
    modifiers : Modifiers
        What was said of its parameter.
    statement : int
        Number of its statement.
    """

    lhs: Word
    op: str
    rhs: Word
    modifiers: Modifiers
    statement: int

    @property
    def variables(self) -> tuple[Word, ...]:
        """The one or two variables."""
        return (self.lhs,) if self.op == "~1" else (self.lhs, self.rhs)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about; the order of a covariance does not matter."""
        lhs, rhs = self.lhs.text, "" if self.op == "~1" else self.rhs.text
        return (*sorted((lhs, rhs)), self.op) if self.op == "~~" else (lhs, rhs, self.op)  # type: ignore[return-value]

    def __str__(self) -> str:
        return f"{self.lhs.text} ~1" if self.op == "~1" else f"{self.lhs.text} {self.op} {self.rhs.text}"


@dataclass(frozen=True, eq=False)
class ModelText:
    """A model as it was written.

    Attributes
    ----------
    text : str
        As given.
    terms : tuple of Term
        In the order written.
    equalities : tuple of (Word, Word or float)
        Labels that are equal, or have a value.
    definitions : tuple of (Word, tuple of Word)
        New parameters and the words of their formulas.
    problems : tuple of Problem
        What could not be read.
    in_doubt : frozenset of str
        Names in statements that could not be read; nothing is concluded from them.
    """

    text: str
    terms: tuple[Term, ...]
    equalities: tuple[tuple[Word, Word | float], ...]
    definitions: tuple[tuple[Word, tuple[Word, ...]], ...]
    problems: tuple[Problem, ...] = ()
    in_doubt: frozenset[str] = frozenset()


@dataclass
class _Read:
    """What has been read so far."""

    text: str
    terms: list[Term] = field(default_factory=list)
    equalities: list[tuple[Word, Word | float]] = field(default_factory=list)
    definitions: list[tuple[Word, tuple[Word, ...]]] = field(default_factory=list)


class _Unreadable(Exception):
    """A statement that cannot be read, with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def read_text(text: str) -> ModelText:
    """Read a model in lavaan's syntax.

    Parameters
    ----------
    text : str
        Statements with ``=~``, ``~``, ``~~``, ``~ 1``, ``==`` and ``:=``.

    Returns
    -------
    ModelText
        Its terms, and a problem for each statement that could not be read.

    Examples
    --------
    >>> [str(term) for term in read_text("trust =~ t1 + a*t2  # a comment").terms]
    ['trust =~ t1', 'trust =~ t2']
    """
    read, problems, doubt = _Read(text), [], set()
    for number, said in enumerate(statements_of(words_of(text))):
        try:
            _statement(read, said, number)
        except _Unreadable as unreadable:
            problems.append(unreadable.problem)
            doubt |= {word.text for word in said if word.kind == "name"}
    return ModelText(
        text, tuple(read.terms), tuple(read.equalities), tuple(read.definitions), tuple(problems), frozenset(doubt)
    )


def _statement(read: _Read, said: list[Word], number: int) -> None:
    """Read one statement."""
    for word in said:
        if word.kind in ("relation", "sign") and word.text in NOT_HERE:
            raise _Unreadable(not_read(read.text, word))
        if word.text == "=":
            raise _Unreadable(no_relation(read.text, said))
    places = [place for place, word in enumerate(said) if word.kind == "relation" and word.text in RELATIONS]
    if not places:
        raise _Unreadable(no_relation(read.text, said))
    if len(places) > 1:
        raise _Unreadable(
            misread(read.text, said[places[1]], f"a second {said[places[1]].text} in one statement.",
                    fix="One relation a line; a + at the end of a line goes on in the next.")
        )  # fmt: skip
    left, relation, right = said[: places[0]], said[places[0]], said[places[0] + 1 :]
    if not left or not right:
        raise _Unreadable(misread(read.text, relation, f"nothing stands {'after' if left else 'before'} it."))
    if relation.text == "==":
        read.equalities.append(_equality(read.text, left, right))
    elif relation.text == ":=":
        read.definitions.append((_only_name(read.text, left), tuple(right)))
    else:
        read.terms += _terms(read.text, left, relation, right, number)


def _terms(text: str, left: list[Word], relation: Word, right: list[Word], number: int) -> list[Term]:
    """Every combination of the variables on both sides."""
    found: dict[tuple[str, str, str], Term] = {}
    for lhs in _names(text, left):
        for rhs, modifiers in _RightSide(text, right).items():
            is_intercept = rhs.kind == "number"
            if is_intercept and relation.text != "~":
                raise _Unreadable(
                    misread(text, rhs, f"{rhs.text} is no variable.", fix="x1 ~ 1 for an intercept.")
                )
            if rhs.text == "0":
                modifiers = Modifiers((0.0,), modifiers.labels)
            if rhs.text == lhs.text and relation.text != "~~":
                raise _Unreadable(on_itself(text, rhs))
            term = Term(lhs, "~1" if is_intercept else relation.text, rhs, modifiers, number)
            if (before := found.get(term.key)) is not None:
                term = Term(lhs, term.op, before.rhs, before.modifiers.with_more(modifiers), number)
            found[term.key] = term
    return list(found.values())


def _names(text: str, words: Sequence[Word]) -> list[Word]:
    """Names parted by plus signs."""
    for place, word in enumerate(words):
        wanted = "name" if place % 2 == 0 else "+"
        if (word.kind if wanted == "name" else word.text) != wanted:
            raise _Unreadable(misread(text, word, f"{word.text!r} where a {_called(wanted)} is expected."))
    if words[-1].kind != "name":
        raise _Unreadable(misread(text, words[-1], "a variable is missing after it."))
    return [word for word in words if word.kind == "name"]


def _called(wanted: str) -> str:
    return "variable" if wanted == "name" else wanted


def _only_name(text: str, words: Sequence[Word]) -> Word:
    """The one name on the left of a definition."""
    if len(words) != 1 or words[0].kind != "name":
        raise _Unreadable(misread(text, words[-1], "one new name stands before :=.", fix="indirect := a*b"))
    return words[0]


def _equality(text: str, left: list[Word], right: list[Word]) -> tuple[Word, Word | float]:
    """A label and what it is equal to."""
    if len(left) != 1 or left[0].kind != "name":
        raise _Unreadable(not_an_equality(text, left[0]))
    if len(right) == 1 and right[0].kind == "name":
        return left[0], right[0]
    sign = -1.0 if right[0].is_sign("-") else 1.0
    number = right[1:] if right[0].is_sign("-", "+") else right
    if len(number) != 1 or number[0].kind != "number":
        raise _Unreadable(not_an_equality(text, right[0]))
    return left[0], sign * float(number[0].text)


class _RightSide:
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
                raise _Unreadable(misread(self.text, plus, f"{plus.text!r} where a + is expected."))
            yield self._item()

    def _next(self) -> Word:
        """The next word."""
        if self.place == len(self.words):
            raise _Unreadable(misread(self.text, self.words[-1], "a variable is missing after it."))
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
                raise _Unreadable(misread(self.text, word, f"{word.text!r} is no variable."))
            self.place = begins
            modifiers = self._modifier().with_more(modifiers)
            star = self._next() if self.place < len(self.words) else word
            if not star.is_sign("*"):
                raise _Unreadable(misread(self.text, star, "a * and a variable are missing here.", fix="0.5*x1"))

    def _modifier(self) -> Modifiers:
        """A value, a label, or start(...)."""
        word = self.words[self.place]
        if word.kind == "name" and word.text == "start" and self.words[self.place + 1].is_sign("("):
            self.place += 1
            values, where = self._vector(), word
            if not all(isinstance(value, float) for value in values):
                raise _Unreadable(misread(self.text, where, "start() takes numbers.", fix="start(0.8)*x1"))
            return Modifiers(start=tuple(float(value) for value in values))
        if word.kind == "name" and self.place + 1 < len(self.words) and self.words[self.place + 1].is_sign("("):
            if word.text != "c":
                what = f"{word.text}() is not read here."
                raise _Unreadable(misread(self.text, word, what, fix="One label for both: f =~ a*x1 + a*x2"))
            self.place += 1
            return self._of_values(self._vector(), word)
        return self._of_values([self._value()], word)

    def _vector(self) -> list[float | str]:
        """Values in parentheses, with or without a c() around them."""
        self._next()
        if self.place < len(self.words) and self.words[self.place].text == "c" and self._next():
            values = self._vector()
        else:
            values = [self._value()]
            while self._peek(","):
                self._next()
                values.append(self._value())
        closing = self._next()
        if not closing.is_sign(")"):
            raise _Unreadable(misread(self.text, closing, f"{closing.text!r} where a ) is expected."))
        return values

    def _value(self) -> float | str:
        """A number, NA (as not a number), or a label."""
        word = self._next()
        if word.is_sign("-", "+"):
            number = self._next()
            if number.kind == "number":
                return -float(number.text) if word.text == "-" else float(number.text)
            raise _Unreadable(misread(self.text, number, f"{number.text!r} where a number is expected."))
        if word.kind == "number":
            return float(word.text)
        if word.kind == "name" and word.text == "NA":
            return math.nan
        if word.kind in ("name", "quoted"):
            return word.text
        raise _Unreadable(misread(self.text, word, f"{word.text!r} is neither a value nor a label."))

    def _of_values(self, values: Sequence[float | str], word: Word) -> Modifiers:
        """Values to fix at, or labels."""
        if all(isinstance(value, float) for value in values):
            return Modifiers(fixed=tuple(float(value) for value in values))
        labels = [value if isinstance(value, str) else "" for value in values]
        if any(isinstance(value, float) and not math.isnan(value) for value in values):
            raise _Unreadable(misread(self.text, word, "labels and numbers are mixed.", fix="c(a1, a2)*x1"))
        return Modifiers(labels=tuple(labels))
