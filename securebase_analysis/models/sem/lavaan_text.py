"""A table of parameters written as lavaan's text, so that the model can be run again in R."""

from __future__ import annotations

import math
from collections.abc import Sequence

from securebase_analysis.models.sem.parameters import Parameter, ParameterTable


def lavaan_text(table: ParameterTable, call: str = "") -> str:
    """Every parameter of a model in lavaan's syntax, with nothing left to conventions.

    Parameters
    ----------
    table : ParameterTable
        The model.
    call : str
        How to run it, as a comment on the first line.

    Returns
    -------
    str
        The text. What is taken as given is left out: ``lavaan::lavaan()`` adds it, as it does here.
    """
    names = _names_of_equal(table)
    by_term: dict[tuple[str, str, str], list[Parameter]] = {}
    for parameter in table:
        by_term.setdefault((parameter.lhs, parameter.op, parameter.rhs), []).append(parameter)
    lines = [f"# {call}"] if call else []
    for of_groups in by_term.values():
        if not of_groups[0].given and (table.meanstructure or of_groups[0].op != "~1"):
            lines.append(_line(of_groups, names))
    renamed = {one.label: names[one.equal] for one in table if one.label}
    for definition in table.definitions:
        words = [renamed.get(word, word) for word in definition.formula.split(" ")]
        lines.append(f"{definition.name} := {' '.join(words)}")
    return "\n".join(lines) + "\n"


def _line(of_groups: Sequence[Parameter], names: dict[str, str]) -> str:
    """One term with its values and labels."""
    first = of_groups[0]
    variable = "1" if first.op == "~1" else first.rhs
    relation = "~" if first.op == "~1" else first.op
    values = ["NA" if one.is_free else _number(one.value) for one in of_groups]
    labels = [names[one.equal] if one.equal and (one.is_free or one.label) else "" for one in of_groups]
    written = [f"{_vector(values)}*{variable}"]
    if any(labels):
        own = [label or f"own{number + 1}.{_as_name(first)}" for number, label in enumerate(labels)]
        written.append(f"{_vector(own)}*{variable}")
    elif all(one.is_free for one in of_groups):
        written = [f"NA*{variable}" if first.op == "=~" else variable]
    return f"{first.lhs} {relation} {' + '.join(written)}"


def _vector(values: Sequence[str]) -> str:
    """One value, or those of the groups."""
    return values[0] if len(values) == 1 else f"c({', '.join(values)})"


def _number(value: float) -> str:
    """A value without loss; whole numbers without a point."""
    if math.isnan(value):
        return "NA"
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else repr(float(value))


def _as_name(parameter: Parameter) -> str:
    """Something like a term that can be a label."""
    words = {"=~": "on", "~": "by", "~~": "with", "~1": "mean", "|": "cut", "~*~": "scale"}
    return ".".join(part for part in (parameter.lhs, words[parameter.op], parameter.rhs) if part)


def _names_of_equal(table: ParameterTable) -> dict[str, str]:
    """A label for every set of equal parameters: the first that was written, or a new one."""
    taken = {one.label for one in table} | {*table.observed, *table.latent}
    names: dict[str, str] = {}
    for one in table:
        if not one.equal or (one.equal in names and not one.label):
            continue
        label = next((other.label for other in table if other.equal == one.equal and other.label), "")
        names[one.equal] = label or _unused(_as_name(one), taken)
    return names


def _unused(name: str, taken: set[str]) -> str:
    """A name that nothing has yet."""
    while name in taken:
        name += "."
    taken.add(name)
    return name
