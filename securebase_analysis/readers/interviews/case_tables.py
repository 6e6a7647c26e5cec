"""Cases, what is known about them, and groups of sources: who is interviewed, and about whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews.records import CaseRecord, Records
from securebase_analysis.results.wording import count as n_of

RESERVED = ("case", "source")


def case_table(records: Records, names: Sequence[str], sets: str, problems: list[Problem]) -> pd.DataFrame:
    """One row for each case and source, with a column for each variable.

    A nameless case takes the name of its source, or a number when it has several; a source that knows something
    and belongs to no case is its own.
    With ``sets="variables"``, a set of sources called ``gender: male`` is a variable of these sources.
    """
    known = [dict(source.variables) for source in records.sources]
    if sets == "variables":
        _add_sets(records, known, problems)
    in_a_case = {index for case in records.cases for index in case.sources}
    cases = list(records.cases)
    cases += [
        CaseRecord(None, [index]) for index, variables in enumerate(known) if variables and index not in in_a_case
    ]
    cases = [_named(case, number) for number, case in enumerate(cases, start=1)]
    rows = [row for case in cases for row in _rows(case, known, names)]
    n_contradictions = sum(_n_contradictions(case, known[index]) for case in cases for index in case.sources)
    if n_contradictions:
        problems.append(_contradicting(n_contradictions))
    variables = list(dict.fromkeys(name for row in rows for name in row if name not in RESERVED))
    variables = list(dict.fromkeys([*records.variable_types, *variables]))
    frame = pd.DataFrame(rows, columns=[*RESERVED, *map(_column, variables)])
    frame = frame.astype({"case": "str", "source": "str"})
    for name in variables:
        frame[_column(name)] = _typed(frame[_column(name)], records.variable_types.get(name, "Text"), problems)
    return frame


def _column(variable: str) -> str:
    """The column of a variable, kept apart from the two that every table of cases has."""
    return f"{variable} (variable)" if variable in RESERVED else variable


def _rows(case: CaseRecord, known: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each source of a case, or one without a source."""
    own = {_column(name): value for name, value in case.variables.items()}
    if not case.sources:
        return [{"case": case.name, "source": None, **own}]
    rows = []
    for index in case.sources:
        values = {_column(name): value for name, value in known[index].items()}
        values |= {name: value for name, value in own.items() if value is not None or name not in values}
        rows.append({"case": case.name or names[index], "source": names[index], **values})
    return rows


def _named(case: CaseRecord, number: int) -> CaseRecord:
    """A case of several sources has a name of its own: called by each of them it would be several cases."""
    return replace(case, name=f"case {number}") if not case.name and len(case.sources) > 1 else case


def _n_contradictions(case: CaseRecord, of_source: Mapping[str, Any]) -> int:
    """How many variables have one value in a case and another in its source."""
    both = ((value, of_source.get(name)) for name, value in case.variables.items())
    return sum(None not in (own, other) and own != other for own, other in both)


def _contradicting(n: int) -> Problem:
    return Problem(
        "SB-FILE-171",
        "warn",
        f"{n_of(n, 'variable has', 'variables have')} one value in a case and another in its source.",
        table="cases",
        why="Only one of them can be right, unless the source speaks of another day.",
        done="The value of the case was kept.",
        fix="Correct one of the two in the coding program, or call them by two names.",
    )


def _add_sets(records: Records, known: list[dict[str, Any]], problems: list[Problem]) -> None:
    """Read sets called ``name: value`` as variables of the sources in them."""
    place = {source.guid: index for index, source in enumerate(records.sources)}
    clashes = 0
    for name, kind, member in records.sets:
        variable, colon, value = (part.strip() for part in name.partition(":"))
        if kind == "source" and colon and variable and value and member in place:
            clashes += known[place[member]].setdefault(variable, value) != value
    if clashes:
        problems.append(
            Problem(
                "SB-FILE-49",
                "warn",
                f"{n_of(clashes, 'source is', 'sources are')} in two sets that give the same variable "
                "different values.",
                table="cases",
                done="The first set of the file counts.",
                fix="Take the source out of one of the sets.",
            )
        )


def _typed(values: pd.Series, kind: str, problems: list[Problem]) -> pd.Series:
    """The values of a variable in the type the file declares; what cannot be read so stays text."""
    text = values.astype("object").where(values.notna(), None)
    try:
        return _converted(text, kind)
    except (ValueError, TypeError, OverflowError):
        problems.append(
            Problem(
                "SB-FILE-50",
                "warn",
                f"A variable that the file declares as {kind} holds values that are not.",
                table="cases",
                column=str(values.name),
                done="It was kept as text.",
                fix="Mend the values in the coding program, or declare the variable as text.",
            )
        )
        return text.astype("str")


def _converted(text: pd.Series, kind: str) -> pd.Series:
    """Text to the declared type, or a ValueError."""
    if kind == "Integer":
        return pd.to_numeric(text).astype("Int64")
    if kind == "Float":
        return pd.to_numeric(text).astype("Float64")
    if kind == "Boolean":
        truth = {"true": True, "1": True, "false": False, "0": False}
        if not set(text.dropna().str.casefold()) <= set(truth):
            raise ValueError("not a truth value")
        return text.map(lambda value: None if value is None else truth[value.casefold()]).astype("boolean")
    if kind in ("Date", "DateTime"):
        return pd.to_datetime(text, format="ISO8601", utc=kind == "DateTime")
    return text.astype("str")


def set_table(records: Records, names: Sequence[str], code_of_guid: Mapping[str, str]) -> pd.DataFrame:
    """One row for each member of a set (a group of sources, codes or notes)."""
    members = {source.guid: name for source, name in zip(records.sources, names, strict=True)}
    members |= dict(code_of_guid)
    members |= {note["guid"]: note["note"] for note in records.notes if note.get("guid")}
    rows = [(name, kind, members.get(guid)) for name, kind, guid in records.sets]
    return pd.DataFrame(rows, columns=["set", "kind", "member"]).astype("str")
