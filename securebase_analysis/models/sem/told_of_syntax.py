"""What is wrong with a model as it was written, shown with a caret under the word."""

from __future__ import annotations

from collections.abc import Iterable

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.models.sem.words_of_syntax import NOT_HERE, Word

MANY_NAMES = 12


def pointed(text: str, word: Word, what: str) -> str:
    """A sentence with the line of the model under it, and a caret under the word."""
    line = text.split("\n")[word.line - 1]
    before = "".join(char if char == "\t" else " " for char in line[: word.column])
    return f"Line {word.line} of the model: {what}\n        {line}\n        {before}{'^' * max(len(word.text), 1)}"


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
    fix = "=~ for a construct and its items, ~ for an outcome and its predictors, ~~ for a covariance."
    return misread(text, equals or said[0], what, fix=fix)


def not_read(text: str, word: Word) -> Problem:
    """A part of lavaan's syntax that has no counterpart here."""
    fixes = {
        ":": "Make the product a column, data['product'] = data['x'] * data['z'], and name that.",
        "<": "Leave it out; diagnostics() names estimates that no population can have.",
        ">": "Leave it out; diagnostics() names estimates that no population can have.",
        "?": "start(0.8)*x1",
        "<~": "Make the sum of the items a column, and name that.",
    }
    return Problem(
        "SB-SEM-02",
        "stop",
        pointed(text, word, f"{word.text!r} stands for {NOT_HERE[word.text]}, which is not read here."),
        table="model",
        why="The model would be another without it.",
        done="Nothing was fitted.",
        fix=fixes.get(word.text, "Write the model without it, or run it in lavaan."),
    )


def unknown_variable(text: str, word: Word, known: Iterable[str], others: int = 0) -> Problem:
    """A name that is neither a column nor a construct."""
    names = list(known)
    guess = nearest(word.text, names)
    listed = ", ".join(names[:MANY_NAMES]) + (" ..." if len(names) > MANY_NAMES else "")
    again = f" It stands there {others + 1} times." if others else ""
    return Problem(
        "SB-SEM-03",
        "stop",
        pointed(text, word, f"{word.text!r} is neither a column of the data nor a construct of the model.{again}"),
        table="model",
        column=word.text,
        why="The model asks for it.",
        fix=f"Did you mean {guess!r}?" if guess else f"Columns are: {listed}.",
    )


def latent_and_observed(text: str, word: Word) -> Problem:
    """A construct that has the name of a column."""
    return Problem(
        "SB-SEM-04",
        "stop",
        pointed(text, word, f"{word.text!r} is a construct of the model and a column of the data."),
        table="model",
        column=word.text,
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
        pointed(text, word, f"no parameter is called {word.text!r}."),
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
        pointed(text, word, f"the construct {word.text!r} has one item, {item!r}."),
        table="model",
        column=word.text,
        why="From one item it cannot be known what is construct and what is error.",
        done="Nothing was fitted.",
        fix=f"Use {item} itself in place of {word.text}; or say that it is measured without error: "
        f"{word.text} =~ 1*{item}; {item} ~~ 0*{item}",
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


def on_itself(text: str, word: Word) -> Problem:
    """A variable that explains itself."""
    return Problem(
        "SB-SEM-11",
        "stop",
        pointed(text, word, f"{word.text!r} stands on both sides."),
        table="model",
        why="Nothing measures or explains itself.",
        fix=f"{word.text} ~~ {word.text} for its variance.",
    )
