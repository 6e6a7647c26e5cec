"""A model of the ladder as lavaan's text, so that it can be run in R."""

from __future__ import annotations

import re

from securebase_analysis.measures.invariance.ladder import Cell, Ladder, StepModel

OPERATORS = ("=~", "~~", "|")


def lavaan_text(ladder: Ladder, model: StepModel, call: str) -> str:
    """Every element of a model: its label or its value, for each group."""
    elements: dict[str, list[Cell]] = {}
    for cell in model.cells:
        elements.setdefault(_readable(ladder, _left(ladder, cell)), []).append(cell)
    lines = [_line(model, left, cells) for left, cells in elements.items()]
    return "\n".join([f"# {call}", *lines]) + "\n"


def _line(model: StepModel, left: str, cells: list[Cell]) -> str:
    """One element: values where it is fixed, labels where it is free; lavaan cannot have both in one vector."""
    before, operator, after = _parts(left)
    numbers = [model.parameter(cell) for cell in cells]
    values = [f"{cell.fixed:g}" if cell.fixed is not None else "NA" for cell in cells]
    labels = [f"p{n + 1}" if n is not None else f"fixed{place + 1}" for place, n in enumerate(numbers)]
    labels = [f"{label}.{_as_name(left)}" if label.startswith("fixed") else label for label in labels]
    if None not in numbers:
        return f"{before} {operator} {_vector(labels)}*{after}"
    written = f"{before} {operator} {_vector(values)}*{after}"
    some_free = any(number is not None for number in numbers)
    return f"{written} + {_vector(labels)}*{after}" if some_free else written


def _vector(words: list[str]) -> str:
    """One word, or those of the groups."""
    return words[0] if len(words) == 1 else f"c({', '.join(words)})"


def _as_name(left: str) -> str:
    """An element as part of a label."""
    before, operator, after = _parts(left)
    words = {"=~": "on", "~~": "with", "|": "cut", "~": "mean"}
    return f"{before}.{words[operator]}.{after}"


def _readable(ladder: Ladder, left: str) -> str:
    """With items and waves as R names them when it reads the table: dots for what is no letter or digit."""
    for name in sorted((*ladder.items, *ladder.occasions), key=len, reverse=True):
        safe = re.sub(r"[^\w.]", ".", name)
        left = left if safe == name else left.replace(name, safe)
    return left


def _left(ladder: Ladder, cell: Cell) -> str:
    """The element without its modifier; with columns for each wave where waves are compared."""
    if ladder.over == "group" or cell.occasion < 0:
        return cell.term
    before, operator, after = _parts(cell.term)
    wave = ladder.occasions[cell.occasion]
    if operator == "~":
        return f"{before}_{wave} ~1"
    return f"{before}_{wave} {operator} {after}" + ("" if operator == "|" else f"_{wave}")


def _parts(term: str) -> tuple[str, str, str]:
    """What stands before, at and after the operator."""
    for operator in OPERATORS:
        if operator in term:
            before, after = term.split(operator)
            return before.strip(), operator, after.strip()
    return term.split("~")[0].strip(), "~", "1"
