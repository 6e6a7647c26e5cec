"""What is wrong with names, labels and formulas of a model, shown with a caret under the word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.models.sem.pointing import LONG_NAME, named, pointed
from securebase_analysis.models.sem.words_of_syntax import Word

MANY_NAMES = 12


def and_more(n: int = 0) -> Problem:
    """Problems beyond those that are shown."""
    return Problem(
        "SB-SEM-173",
        "note",
        f"{n:,} more names are not known." if n else "The lines after these were not read.",
        table="model",
        done="Only the first are shown.",
    )


def contradiction(text: str, word: Word, values: Iterable[float]) -> Problem:
    """Parameters that are equal and have different values."""
    held = " and ".join(f"{value:g}" for value in values)
    return Problem(
        "SB-SEM-174",
        "stop",
        pointed(text, word, f"{named(word.text)} is held at {held}."),
        table="model",
        why="A parameter has one value.",
        done="Nothing was fitted.",
        fix="Leave one of them out.",
    )


def labelled_like_a_column(name: str, column: str) -> Problem:
    """A label that is the name of a column: a product may have been meant."""
    return Problem(
        "SB-SEM-170",
        "warn",
        f"{name}*{column}: the name of a column before a star is the label of a parameter.",
        table="model",
        column=name,
        why="In other formulas a star stands for a product of two columns; here it does not.",
        done="It was read as a label.",
        fix=f"A product is data['{name}_{column}'] = data['{name}'] * data['{column}'], and its name in the text.",
    )


def unknown_variable(
    text: str, word: Word, columns: Iterable[str], constructs: Iterable[str] = (), others: int = 0
) -> Problem:
    """A name that is neither a column nor a construct."""
    again = f" It stands there {others + 1} times." if others else ""
    what = f"{named(word.text)} is neither a column of the data nor a construct of the model.{again}"
    return Problem(
        "SB-SEM-03",
        "stop",
        pointed(text, word, what),
        table="model",
        column=word.text[:LONG_NAME],
        why="The model asks for it.",
        fix=_known_instead(word.text, list(columns), list(constructs)),
    )


def _known_instead(name: str, columns: list[str], constructs: list[str]) -> str:
    """The column or construct that may be meant; else which there are, and how a construct is made."""
    if any(unicodedata.normalize("NFC", column) == name for column in columns):
        return "data.columns = data.columns.str.normalize('NFC'); accents there are signs of their own."
    guess = nearest(name[:LONG_NAME], [*columns, *constructs])
    if guess:
        return f"Did you mean {guess!r}?"
    if not columns:
        return "The table has no column: read the file again."
    listed = ", ".join(named(column)[1:-1] for column in columns[:MANY_NAMES])
    more = f" and {len(columns) - MANY_NAMES:,} more" if len(columns) > MANY_NAMES else ""
    return (
        f"Name a column ({listed}{more}), or say what measures it: {name[:LONG_NAME]} =~ item_1 + item_2 + item_3"
    )


def latent_and_observed(text: str, word: Word) -> Problem:
    """A construct that has the name of a column."""
    return Problem(
        "SB-SEM-04",
        "stop",
        pointed(text, word, f"{named(word.text)} is a construct of the model and a column of the data."),
        table="model",
        column=word.text[:LONG_NAME],
        why="It cannot be known which of them a path goes to.",
        fix=f"Give the construct another name, {word.text}_factor =~ ..., or drop the column.",
    )


def said_twice(text: str, word: Word, term: str) -> Problem:
    """A term that two statements say differently."""
    return Problem(
        "SB-SEM-05",
        "stop",
        pointed(text, word, f"{term} was said before, and differently."),
        table="model",
        why="Only one of the two can hold.",
        fix="Leave one of them out.",
    )


def too_many_values(text: str, word: Word, given: int, groups: int) -> Problem:
    """A vector of values that does not fit the number of groups."""
    many = f"{given} values, but there is no group" if groups == 1 else f"{given} values for {groups} groups"
    return Problem(
        "SB-SEM-06",
        "stop",
        pointed(text, word, f"c(...) has {many}."),
        table="model",
        why="It has one value for each group, in the order of the groups.",
        fix=f"c({', '.join(f'a{number + 1}' for number in range(groups))})*x1"
        if groups > 1
        else "Name the group=.",
    )


def unknown_label(text: str, word: Word, labels: Iterable[str]) -> Problem:
    """A label that no parameter has."""
    known = list(dict.fromkeys(labels))
    guess = nearest(word.text, known)
    listed = f"Labels are: {', '.join(known)}." if known else "No parameter has a label yet: y ~ a*x."
    return Problem(
        "SB-SEM-07",
        "stop",
        pointed(text, word, f"no parameter is called {named(word.text)}."),
        table="model",
        why="Equalities and := speak of parameters by their labels.",
        fix=f"Did you mean {guess!r}?" if guess else listed,
    )


def not_an_equality(text: str, word: Word) -> Problem:
    """A constraint that is more than the equality of two parameters."""
    return Problem(
        "SB-SEM-08",
        "stop",
        pointed(text, word, "only 'a == b' and 'a == 0.5' are read."),
        table="model",
        why="Parameters are equal, fixed or free; sums and products of them are not constrained here.",
        done="Nothing was fitted.",
        fix="Give both parameters one label, or a new one: total := a + b tells of a sum without holding it.",
    )


def not_a_formula(text: str, word: Word) -> Problem:
    """A definition that cannot be computed."""
    return Problem(
        "SB-SEM-09",
        "stop",
        pointed(text, word, "this is no formula of labels."),
        table="model",
        why="A new parameter is made of labels and numbers by + - * / ^, exp(), log() and sqrt().",
        fix="indirect := a*b",
    )


def single_item(text: str, word: Word, item: str) -> Problem:
    """A construct with one item, of which nothing says how well it was measured."""
    return Problem(
        "SB-SEM-10",
        "stop",
        pointed(text, word, f"the construct {named(word.text)} has one item, {named(item)}."),
        table="model",
        column=word.text[:LONG_NAME],
        why="From one item it cannot be known what is construct and what is error.",
        done="Nothing was fitted.",
        fix=f"Use {item} itself in place of {word.text}; or say that it is measured without error: "
        f"{word.text} =~ 1*{item}; {item} ~~ 0*{item}",
    )


def not_a_term(term: object, terms: list[str]) -> Problem:
    """A term that is to be released and is not there."""
    guess = nearest(term, terms)
    return Problem(
        "SB-SEM-179",
        "stop",
        f"partial= names {named(str(term))}, which is no term of the model.",
        why="It would release nothing, and the model would look as if it had been released.",
        done="Nothing was fitted.",
        fix=f"partial={guess!r}" if guess else f"Terms are written as {terms[0]!r} or {terms[-1]!r}.",
    )


def no_terms() -> Problem:
    """A model without any relation between variables."""
    return Problem(
        "SB-SEM-12",
        "stop",
        "The model says nothing of any column.",
        table="model",
        why="It says what measures and explains what.",
        fix="'trust =~ t1 + t2 + t3\\ntrust ~ availability'",
    )
