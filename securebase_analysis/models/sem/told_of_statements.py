"""What is wrong with a statement that cannot be read, and how it could be written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from securebase_analysis.errors import Problem
from securebase_analysis.models.sem.mended_statements import (
    in_lavaans_words,
    line_of,
    made_column,
    renamed_column,
    with_instead,
    with_plus,
    with_relation,
    without_parentheses,
    without_strange_sign,
)
from securebase_analysis.models.sem.pointing import LONG_NAME, named, pointed
from securebase_analysis.models.sem.words_of_syntax import LOOK_ALIKES, NOT_HERE, Word


def misread(text: str, word: Word, what: str, why: str = "", fix: str = "") -> Problem:
    """A word that has no meaning where it stands."""
    return Problem(
        "SB-SEM-01",
        "stop",
        pointed(text, word, what),
        table="model",
        why=why or "A statement is one relation: construct =~ items, outcome ~ predictors, one ~~ other.",
        fix=fix or "trust =~ t1 + t2 + t3",
    )


def no_relation(text: str, said: list[Word]) -> Problem:
    """A statement without any relation."""
    equals = next((word for word in said if word.text == "="), None)
    what = "a single = is no relation." if equals else "there is no =~, ~, ~~, == or := in it."
    line = line_of(text, said[0]).strip()
    mended = with_relation(text, equals) if equals else in_lavaans_words(said, line)
    if not mended and all(word.kind == "name" for word in said) and len(line) < LONG_NAME:
        mended = f"# {line}    (if it is a remark)"
    why = "=~ stands for a construct and its items, ~ for an outcome and its predictors, ~~ for a covariance."
    return misread(text, equals or said[0], what, why=why, fix=mended)


def an_arrow(text: str, word: Word, said: list[Word]) -> Problem:
    """An arrow in place of a relation."""
    why = "An outcome stands on the left of ~ and its predictors on the right."
    return misread(
        text, word, "an arrow is no relation.", why=why, fix=in_lavaans_words(said, line_of(text, word))
    )


def no_plus(text: str, word: Word, said: Sequence[Word]) -> Problem:
    """Something else where a plus sign is expected."""
    line = line_of(text, word)
    if word.text == "," and line[: word.column][-1:].isdigit() and line[word.column + 1 :][:1].isdigit():
        return misread(text, word, "a number has a comma.", why="Decimals follow a point.",
                       fix=with_instead(text, word, "."))  # fmt: skip
    fix = renamed_column(text, word) or made_column(text, word)
    if not fix and (word.kind == "name" or word.text == ","):
        fix = with_plus(text, said)
    if not fix and word.text in ("-", "&", ")"):
        fix = with_instead(text, word, "" if word.text == ")" else "+")
    return misread(text, word, f"{named(word.text)} where a + is expected.", fix=fix)


def no_variable(text: str, word: Word) -> Problem:
    """Something else where a variable is expected."""
    fix = renamed_column(text, word) or made_column(text, word)
    if not fix and word.text in ("(", ")"):
        fix = without_parentheses(text, word)
    if not fix and word.text == "+":
        fix = with_instead(text, word, "")
    return misread(text, word, f"{named(word.text)} is no variable.", fix=fix)


def nothing_after(text: str, word: Word) -> Problem:
    """A sign after which a variable is missing."""
    fix = with_instead(text, word, "") if word.text == "+" else ""
    return misread(text, word, "a variable is missing after it.", fix=fix)


def a_function(text: str, word: Word) -> Problem:
    """A function of a column, or of a label."""
    of_labels = word.text == "equal"
    fix = "One label for both: f =~ a*x1 + a*x2" if of_labels else made_column(text, word)
    return misread(
        text, word, f"{named(word.text)[1:-1]}() is not read here.",
        why="" if of_labels else "What is computed from columns is a column of its own.",
        fix=fix or "data['new'] = ..., and new in the model",
    )  # fmt: skip


def not_closed(text: str, word: Word) -> Problem:
    """A parenthesis that is opened and not closed."""
    return misread(text, word, "this parenthesis is not closed.", why="All that follows is read as part of it.",
                   fix="c(a, b)*x1")  # fmt: skip


def strange_sign(text: str, word: Word) -> Problem:
    """A sign that looks like one of the syntax, or that cannot be seen."""
    sign = word.text
    called = unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
    looks = f"looks like {LOOK_ALIKES[sign]} and is another sign" if sign in LOOK_ALIKES else "cannot be seen"
    return Problem(
        "SB-SEM-171",
        "stop",
        pointed(text, word, f"a sign here {looks} ({called})."),
        table="model",
        why="Word processors and web pages put it in; the syntax does not know it.",
        done="Nothing was fitted.",
        fix=without_strange_sign(sign),
    )


def not_read(text: str, word: Word) -> Problem:
    """A part of lavaan's syntax that has no counterpart here."""
    begins = line_of(text, word).strip().split(":")[0].strip().casefold()
    product = "Leave the line out; group='...' names the column of groups."
    if begins not in ("group", "level", "block", "class"):
        product = made_column(text, word) or "data['x_z'] = data['x'] * data['z'], and x_z in the model"
    fixes = {
        ":": product,
        "<": "Leave it out; diagnostics() names estimates that no population can have.",
        ">": "Leave it out; diagnostics() names estimates that no population can have.",
        "?": "start(0.8)*x1",
        "<~": "Make the sum of the items a column, and name that.",
    }
    return Problem(
        "SB-SEM-02",
        "stop",
        pointed(text, word, f"{named(word.text)} stands for {NOT_HERE[word.text]}, which is not read here."),
        table="model",
        why="The model would be another without it.",
        done="Nothing was fitted.",
        fix=fixes.get(word.text, "Write the model without it, or run it in lavaan."),
    )


def too_long(what: str, most: int, fix: str = "print(model[:500]) shows how it begins.") -> Problem:
    """A text that is longer than any model."""
    return Problem(
        "SB-SEM-172",
        "stop",
        f"The model has {what}; {most:,} are read.",
        table="model",
        why="No cohort carries so large a model; most such texts are another file, or were pasted many times.",
        done="Nothing was fitted.",
        fix=fix,
    )


def on_itself(text: str, word: Word) -> Problem:
    """A variable that explains itself."""
    return Problem(
        "SB-SEM-11",
        "stop",
        pointed(text, word, f"{named(word.text)} stands on both sides."),
        table="model",
        why="Nothing measures or explains itself.",
        fix=f"{word.text} ~~ {word.text} for its variance.",
    )
