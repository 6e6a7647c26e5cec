"""The user's own map of columns, a few lines of TOML: read, checked, and held against a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem, nearest, raise_if_stopped
from securebase_analysis.readers.interviews.column_maps import SLOTS, ColumnMap, like_any, map_from, presets
from securebase_analysis.readers.toml_text import parse_toml
from securebase_analysis.results.wording import count as n_of

LARGEST_MAP = 1 << 20
READING = re.compile(r"\b(sheet|encoding|separator|decimal|header_rows)=('[^']*'|\d+)")
OF_A_USER = {
    **dict.fromkeys(SLOTS, "words"),
    **dict.fromkeys(
        ("code_path", "codes_between", "yes", "no", "variables", "case_variables", "not_read"), "words"
    ),
    **dict.fromkeys(("program", "positions", "applied", "applied_weight", "categories"), "word"),
    **dict.fromkeys(("sheet", "encoding", "separator", "decimal"), "word"),
    "header_rows": "number",
}
"""The keys of a user's map, and what each takes."""


def read_column_map(given: str | Path | Mapping[str, Any]) -> ColumnMap:
    """A user's map from a TOML file or a mapping; with `program`, on top of the preset of that program.

    Raises
    ------
    DataError
        A file that cannot be read (SB-FILE-150), keys or values without a meaning (SB-FILE-151).
    """
    name = "columns" if isinstance(given, Mapping) else Path(given).name
    content = dict(given) if isinstance(given, Mapping) else _toml_of(Path(given))
    _check_content(content, name)
    known = {preset.program: preset for preset in presets()}
    own = replace(map_from(content), insisted=tuple(content))
    start = known.get(str(content.get("program")))
    return own if start is None else own.on_top_of(start)


def said_as_map(problem: Problem) -> Problem:
    """A problem of reading a file whose fix is an argument of `read_table`, with the fix as a map says it."""
    arguments = READING.findall(problem.fix)
    if arguments and not READING.sub("", problem.fix).strip(" ,"):
        keys = ", ".join(f"{key!r}: {value}" for key, value in arguments)
        return replace(problem, fix=f"columns={{{keys}}}")
    return replace(problem, fix=READING.sub(r"columns={'\1': \2}", problem.fix))


def _toml_of(path: Path) -> dict[str, Any]:
    """The keys of a map's file."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_MAP)
        return parse_toml(raw)
    except (OSError, ValueError) as error:
        is_syntax = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
        raise DataError(_unreadable(path.name, str(error) if is_syntax else "")) from None


# --- checks


def _check_content(content: Mapping[str, Any], name: str) -> None:
    """Refuse keys that nobody reads and values that mean nothing."""
    problems = [_unknown_key(str(key), name) for key in content if key not in OF_A_USER]
    for key, kind in OF_A_USER.items():
        if key in content and not _is_a(content[key], kind):
            problems.append(_no_value(key, kind, name))
    programs = [preset.program for preset in presets()]
    if isinstance(content.get("program"), str) and content["program"] not in programs:
        problems.append(_no_value("program", "word", name, f"one of {', '.join(programs)}"))
    for key in ("applied", "applied_weight"):
        if isinstance(content.get(key), str) and content[key].count("{code}") != 1:
            problems.append(_no_value(key, "word", name, 'the name of such a column, e.g. "Code: {code} Applied"'))
    ways = [key for key in ("code", "codes", "applied") if key in content]
    if len(ways) > 1:
        problems.append(_several_ways(ways, name))
    if content.get("decimal", ".") not in (".", ","):
        problems.append(_no_value("decimal", "word", name, "'.' or ','"))
    raise_if_stopped(problems)


def _is_a(value: object, kind: str) -> bool:
    """Whether a value of a map can be used."""
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if isinstance(value, str):
        return bool(value)
    return kind == "words" and isinstance(value, list | tuple) and bool(value) and all(map(_is_word, value))


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def check_columns(column_map: ColumnMap, names: list[str], table: str) -> dict[str, str]:
    """The columns that a user's map names, or everything it names that the table does not have.

    Raises
    ------
    DataError
        SB-FILE-152 for columns that are not there, SB-FILE-153 when no source or code is named.
    """
    found = column_map.matched(names)
    applied = column_map.applied_codes(names, column_map.applied)
    lost = [slot for slot in SLOTS if slot in column_map.insisted and slot not in found]
    problems = [_no_such_column(slot, column_map.columns[slot], names, table) for slot in lost]
    problems += [_no_such_column(key, (words,), names, table) for key, words in _unmatched(column_map, names)]
    missing = [] if "source" in found else ["source"]
    missing += [] if applied or {"code", "codes"} & set(found) else ["code"]
    missing += ["case"] if "case_variables" in column_map.insisted and "case" not in found else []
    if missing and not problems:
        problems.append(_nothing_named(missing, names, table))
    problems += [_one_for_two(*slots, column, table) for slots, column in _doubled(column_map, found)]
    raise_if_stopped(problems)
    return found


def _doubled(column_map: ColumnMap, found: Mapping[str, str]) -> list[tuple[tuple[str, str], str]]:
    """Each two slots for which a user's map names one column; an interview may be called by its case or group."""
    told = [slot for slot in found if slot in column_map.insisted]
    pairs = [pair for pair in combinations(told, 2) if not set(pair) <= {"source", "case", "group"}]
    return [(pair, found[pair[0]]) for pair in pairs if found[pair[0]] == found[pair[1]]]


def _unmatched(column_map: ColumnMap, names: list[str]) -> list[tuple[str, str]]:
    """The key and words of each line of a user's map, beside the slots, that no column of the table fits."""
    said = column_map.insisted
    unmatched: list[tuple[str, str]] = [
        (key, words)
        for key in ("variables", "case_variables", "not_read")
        if key in said
        for words in getattr(column_map, key)
        if not any(like_any(name, (words,)) for name in names)
    ]
    for key in (key for key in ("applied", "applied_weight", "categories") if key in said):
        words = str(getattr(column_map, key))
        of_categories = any(like_any(name, (f"{words}*",)) for name in names)
        if not (of_categories if key == "categories" else column_map.applied_codes(names, words)):
            unmatched.append((key, words))
    return unmatched


def _unreadable(name: str, fault: str) -> Problem:
    return Problem(
        "SB-FILE-150",
        "stop",
        f"The map of columns cannot be read as TOML{f': {fault}' if fault else ''}.",
        table=name,
        done="Nothing was read.",
        fix='Check the path; a map is text in UTF-8 with lines such as source = "Interview".',
    )


def _unknown_key(key: str, name: str) -> Problem:
    guess = nearest(key, OF_A_USER)
    return Problem(
        "SB-FILE-151",
        "stop",
        f"{key!r} has no meaning in a map of columns.",
        table=name,
        column=key,
        why="A line that nobody reads looks as if it had an effect.",
        done="Nothing was read.",
        fix=f"Rename it to {guess}." if guess else f"A map may say {', '.join(SLOTS)} and how cells are written.",
    )


def _no_value(key: str, kind: str, name: str, wanted: str = "") -> Problem:
    of_column = "the name of a column, or a list of names"
    asked = {
        "words": of_column if key in SLOTS else "a text, or a list of texts",
        "word": "a text",
        "number": "a whole number from 1 up",
    }
    return Problem(
        "SB-FILE-151",
        "stop",
        f"{key} has no usable value in the map of columns.",
        table=name,
        column=key,
        why="The table cannot be read as it is meant.",
        done="Nothing was read.",
        fix=f"Give {wanted or asked[kind]}.",
    )


def _several_ways(ways: list[str], name: str) -> Problem:
    return Problem(
        "SB-FILE-151",
        "stop",
        f"The map says {' and '.join(ways)}, which are several ways to give codes.",
        table=name,
        column=", ".join(ways),
        why="Only one of them would be read.",
        done="Nothing was read.",
        fix="Keep code for one code a row, codes for several in a cell, or applied for a column for each code.",
    )


def _one_for_two(first: str, second: str, column: str, table: str) -> Problem:
    return Problem(
        "SB-FILE-178",
        "stop",
        f"The map gives one column for the {first} and for the {second}.",
        table=table,
        column=column,
        why="One of the two would be read from the wrong cells.",
        done="Nothing was read.",
        fix=f"Name the column that holds the {second}, or take that line out of the map.",
    )


def _no_such_column(slot: str, spellings: tuple[str, ...], names: list[str], table: str) -> Problem:
    guess = nearest(spellings[0], names)
    return Problem(
        "SB-FILE-152",
        "stop",
        f"The map says {slot} = {spellings[0]!r}, but the table has no such column.",
        table=table,
        column=spellings[0],
        why="What the column should hold would be missing without a word.",
        done="Nothing was read.",
        # Without a header the names would be data, so they are not listed.
        fix=f"{slot} = {guess!r}" if guess else f"{_look(names)}, and give the one that is meant by {slot}.",
    )


def _nothing_named(missing: list[str], names: list[str], table: str) -> Problem:
    return Problem(
        "SB-FILE-153",
        "stop",
        f"It is not said which column holds the {' and the '.join(missing)}.",
        table=table,
        why="A code without an interview, or an interview without a code, counts for nothing.",
        done="Nothing was read.",
        fix=f"{_look(names)}, and add the line {missing[0]} = '...' to the map.",
    )


def _look(names: list[str]) -> str:
    """How to see the names of a table."""
    return f"Look at its {n_of(len(names), 'column')}: list(read_table(path).frame)"
