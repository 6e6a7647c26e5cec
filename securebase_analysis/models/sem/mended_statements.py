"""How a statement that cannot be read could be written: fixes to copy, made from what was written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from securebase_analysis.models.sem.words_of_syntax import LOOK_ALIKES, Word

WIDEST = 300
"""A longer line is not written out again."""
COMPUTED = {"log": "numpy.log", "exp": "numpy.exp", "sqrt": "numpy.sqrt", "abs": "abs"}
OF_OTHER_PROGRAMS = {"by": "=~", "on": "~", "with": "~~"}
ARROWS = {"->": True, "=>": True, "\u2192": True, "<-": False, "\u2190": False}
"""Arrows, and whether they point to the right."""


def line_of(text: str, word: Word) -> str:
    """The line of a text that a word stands in."""
    return text.split("\n")[word.line - 1]


def with_instead(text: str, word: Word, instead: str, length: int | None = None) -> str:
    """The line with another word in the place of one; nothing where the line is too long to be written again."""
    line = line_of(text, word)
    if len(line) > WIDEST:
        return ""
    end = word.column + (len(word.text) if length is None else length)
    return re.sub(r" {2,}", " ", line[: word.column] + instead + line[end:]).strip().removesuffix("+").strip()


def with_relation(text: str, equals: Word) -> str:
    """The line with a relation in the place of a single ``=``: of several columns ``=~``, of one ``~``."""
    line = line_of(text, equals)
    before, after = line[: equals.column].rstrip().removesuffix("~"), line[equals.column + 1 :]
    meant = "=~" if "+" in after or "~" in line else "~"
    made = f"{before.strip()} {meant} {after.strip().removeprefix('~').strip()}"
    return made if len(line) <= WIDEST else ""


def with_plus(text: str, said: Sequence[Word]) -> str:
    """The line with plus signs between the names of its right side, in place of spaces and commas."""
    made: list[str] = []
    for before, word in zip([None, *said], said):
        if before is not None and {before.kind, word.kind} == {"name", "number"}:
            return ""
        if before is not None and before.kind == "name" == word.kind:
            made.append("+")
        made.append("+" if word.text == "," else word.text)
    whole = line_of(text, said[0])[: said[0].column] + re.sub(r" ?([*()]) ?", r"\1", " ".join(made))
    return whole.strip() if len(whole) <= WIDEST else ""


def without_parentheses(text: str, word: Word) -> str:
    """The line without parentheses that hold no values."""
    line = line_of(text, word)
    return re.sub(r"[()]", "", line).strip() if len(line) <= WIDEST and not re.search(r"\w\(", line) else ""


def in_lavaans_words(said: Sequence[Word], line: str) -> str:
    """A statement in the words of another program, or with an arrow, as lavaan has it."""
    for arrow, to_the_right in ARROWS.items():
        left, found, right = (part.strip() for part in line.partition(arrow))
        if found and left and right and len(line) <= WIDEST:
            return f"{right} ~ {left}" if to_the_right else f"{left} ~ {right}"
    words = [word.text for word in said]
    if len(words) > 2 and words[1].casefold() in OF_OTHER_PROGRAMS:
        names = [word for word in words[2:] if word not in (",", "+")]
        return f"{words[0]} {OF_OTHER_PROGRAMS[words[1].casefold()]} {' + '.join(names)}"
    return ""


def renamed_column(text: str, word: Word) -> str:
    """How a column gets a name that a model can hold; nothing where the word is not part of such a name."""
    line = line_of(text, word)
    for quote in ("`", '"', "'"):
        if line[word.column : word.column + 1] == quote and quote in line[word.column + 1 : WIDEST]:
            written = line[word.column : line.index(quote, word.column + 1) + 1]
            return _rename(written.strip(quote), written)
    apart = {"-": "", "/": ""}.get(word.text, " ?" if word.kind == "number" else None)
    if apart is None and not (word.kind == "name" and line[: word.column][-1:].isdigit()):
        return ""
    before = re.search(rf"[\w.]+{apart or ''}\Z", line[: word.column])
    after = re.match(r"[\w.]+", line[word.column + (word.text in "-/") :])
    if not (before and after):
        return ""
    written = f"{before.group()}{word.text if word.text in '-/' else ''}{after.group()}"
    return _rename(written, written)


def _rename(name: str, written: str) -> str:
    """Two lines that rename a column, in the table and in the model."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "item"
    plain = plain if not plain[0].isdigit() else f"item_{plain}"
    return f"data = data.rename(columns={{{name!r}: {plain!r}}}); model = model.replace({written!r}, {plain!r})"


def made_column(text: str, word: Word) -> str:
    """The column that a function, power or product of columns is; nothing where it is none of them."""
    line = line_of(text, word)
    called = re.match(r"(\w+)\((\w+)\)", line[word.column :])
    if called and called[1] in COMPUTED:
        name = f"{called[1]}_{called[2]}"
        return _assigned(name, f"{COMPUTED[called[1]]}(data[{called[2]!r}])", called[0])
    inside = re.match(r"I\((\w+) ?\^ ?(\d)\)", line[word.column :])
    before = re.search(r"(\w+) ?\Z", line[: word.column])
    power = re.match(r"\^ ?(\d)", line[word.column :])
    if inside:
        return _assigned(f"{inside[1]}_{inside[2]}", f"data[{inside[1]!r}] ** {inside[2]}", inside[0])
    if power and before:
        return _assigned(f"{before[1]}_{power[1]}", f"data[{before[1]!r}] ** {power[1]}", before[0] + power[0])
    product = re.match(r": ?(\w+)", line[word.column :])
    if product and before and not product[1].isdigit():
        one, other = before[1], product[1]
        return _assigned(f"{one}_{other}", f"data[{one!r}] * data[{other!r}]", before[0] + product[0])
    return ""


def _assigned(name: str, formula: str, written: str) -> str:
    """Two lines that make a column and name it in the model."""
    return f"data[{name!r}] = {formula}; model = model.replace({written!r}, {name!r})"


def without_strange_sign(sign: str) -> str:
    """How a sign that looks like another, or cannot be seen, is replaced in the whole model."""
    return f"model = model.replace({sign!a}, {LOOK_ALIKES.get(sign, '')!r})"
