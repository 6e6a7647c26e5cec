"""A model as text, read into terms, equalities and definitions; every problem is kept, none stops the reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.right_side import Modifiers, RightSide, Unreadable
from securebase_analysis.models.sem.told_of_statements import (
    an_arrow,
    misread,
    no_plus,
    no_relation,
    no_variable,
    not_closed,
    not_read,
    nothing_after,
    on_itself,
    strange_sign,
    too_long,
)
from securebase_analysis.models.sem.told_of_syntax import and_more, not_an_equality
from securebase_analysis.models.sem.words_of_syntax import (
    LOOK_ALIKES,
    NOT_HERE,
    RELATIONS,
    Word,
    is_invisible,
    plain_lines,
    statements_of,
    words_of,
)

MOST_CHARACTERS = 500_000
MOST_TERMS = 20_000
"""Ten constructs at eight waves with ten covariates have some three thousand."""
MOST_IN_FORMULA = 200
MOST_PROBLEMS = 12


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
    if len(text) > MOST_CHARACTERS:
        problem = too_long(f"{len(text):,} characters", MOST_CHARACTERS)
        return ModelText("", (), (), (), (problem,))
    text = plain_lines(text)
    read, problems, doubt = _Read(text), [], set()
    for number, said in enumerate(statements_of(words_of(text))):
        try:
            _statement(read, said, number)
        except Unreadable as unreadable:
            problems.append(unreadable.problem)
            doubt |= {word.text for word in said if word.kind == "name"}
        if len(problems) == MOST_PROBLEMS or len(read.terms) > MOST_TERMS:
            problems.append(and_more())
            break
    return ModelText(
        text, tuple(read.terms), tuple(read.equalities), tuple(read.definitions), tuple(problems), frozenset(doubt)
    )


def _statement(read: _Read, said: list[Word], number: int) -> None:
    """Read one statement."""
    _only_words_of_the_syntax(read.text, said)
    places = [place for place, word in enumerate(said) if word.kind == "relation" and word.text in RELATIONS]
    if not places:
        raise Unreadable(no_relation(read.text, said))
    if len(places) > 1:
        raise Unreadable(
            misread(read.text, said[places[1]], f"a second {said[places[1]].text} in one statement.",
                    fix="One relation a line; a + at the end of a line goes on in the next.")
        )  # fmt: skip
    left, relation, right = said[: places[0]], said[places[0]], said[places[0] + 1 :]
    if not left or not right:
        raise Unreadable(misread(read.text, relation, f"nothing stands {'after' if left else 'before'} it."))
    if relation.text == "==":
        read.equalities.append(_equality(read.text, left, right))
    elif relation.text == ":=":
        if len(right) > MOST_IN_FORMULA:
            what, fix = f"a formula of {len(right):,} words", "step := a*b; total := step + c"
            raise Unreadable(too_long(what, MOST_IN_FORMULA, fix))
        read.definitions.append((_only_name(read.text, left), tuple(right)))
    else:
        read.terms += _terms(read, left, relation, right, number)


def _only_words_of_the_syntax(text: str, said: list[Word]) -> None:
    """Refuse signs from elsewhere, parts of lavaan's syntax that are not read, and what is not closed."""
    opened: list[Word] = []
    for word in said:
        if word.kind == "other" and (word.text in LOOK_ALIKES or is_invisible(word.text)):
            raise Unreadable(strange_sign(text, word))
    for place, word in enumerate(said):
        after = said[place + 1] if place + 1 < len(said) else None
        if word.text in "-<=\u2192\u2190" and _is_arrow(word, after):
            raise Unreadable(an_arrow(text, word, said))
        if word.kind in ("relation", "sign") and word.text in NOT_HERE:
            raise Unreadable(not_read(text, word))
        if word.text == "=":
            raise Unreadable(no_relation(text, said))
        opened += [word] if word.is_sign("(") else []
        del opened[len(opened) - word.is_sign(")") :]
    if opened and opened[0].line < said[-1].line:
        raise Unreadable(not_closed(text, opened[0]))


def _is_arrow(word: Word, after: Word | None) -> bool:
    """Whether a word begins an arrow."""
    if word.text in ("\u2192", "\u2190"):
        return True
    together = after is not None and after.line == word.line and after.column == word.column + 1
    return together and after is not None and f"{word.text}{after.text}" in ("->", "=>", "<-")


def _terms(read: _Read, left: list[Word], relation: Word, right: list[Word], number: int) -> list[Term]:
    """Every combination of the variables on both sides."""
    text, found = read.text, dict[tuple[str, str, str], Term]()
    lefts, rights = _names(text, left), list(RightSide(text, right).items())
    n_terms = len(read.terms) + len(lefts) * len(rights)
    if n_terms > MOST_TERMS:
        raise Unreadable(too_long(f"{n_terms:,} terms", MOST_TERMS))
    for lhs in lefts:
        for rhs, modifiers in rights:
            is_intercept = rhs.kind == "number"
            if is_intercept and relation.text != "~":
                raise Unreadable(misread(text, rhs, f"{rhs.text} is no variable.", fix="x1 ~ 1 for an intercept."))
            if rhs.text == "0":
                modifiers = Modifiers((0.0,), modifiers.labels)
            if rhs.text == lhs.text and relation.text != "~~":
                raise Unreadable(on_itself(text, rhs))
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
            raise Unreadable(no_plus(text, word, words) if wanted == "+" else no_variable(text, word))
    if words[-1].kind != "name":
        raise Unreadable(nothing_after(text, words[-1]))
    return [word for word in words if word.kind == "name"]


def _only_name(text: str, words: Sequence[Word]) -> Word:
    """The one name on the left of a definition."""
    if len(words) != 1 or words[0].kind != "name":
        raise Unreadable(misread(text, words[-1], "one new name stands before :=.", fix="indirect := a*b"))
    return words[0]


def _equality(text: str, left: list[Word], right: list[Word]) -> tuple[Word, Word | float]:
    """A label and what it is equal to."""
    if len(left) != 1 or left[0].kind != "name":
        raise Unreadable(not_an_equality(text, left[0]))
    if len(right) == 1 and right[0].kind == "name":
        return left[0], right[0]
    sign = -1.0 if right[0].is_sign("-") else 1.0
    number = right[1:] if right[0].is_sign("-", "+") else right
    if len(number) != 1 or number[0].kind != "number":
        raise Unreadable(not_an_equality(text, right[0]))
    return left[0], sign * float(number[0].text)
