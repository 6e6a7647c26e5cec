"""Which column of a table of coded segments holds what: the presets of the programs, and the user's own map."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem, nearest, raise_if_stopped
from securebase_analysis.results.wording import count as n_of

PRESETS = Path(__file__).with_name("segment_presets")
LARGEST_MAP = 1 << 20
SLOTS = (
    "source", "group", "case", "code", "codes", "text", "coder", "created", "begin", "end", "place", "weight",
    "comment", "name", "color", "passage", "coding",
)  # fmt: skip
"""What a column may hold. `code` is one code a row, `codes` several in a cell; `passage` and `coding` are the
numbers that the program gave to a passage and to one code on it."""


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table of coded segments, and how its cells are written.

    Parameters
    ----------
    columns : mapping of str to tuple of str
        For each of `SLOTS` the names that its column may have.
    program, label : str
        The program that writes such tables, and what to call them in a message.
    recognised_by : tuple of str
        The slots that a table must have to be taken for one of this program.
    code_path : tuple of str
        What may stand between a code and the code above it.
    codes_between : tuple of str
        What stands between the codes of one cell.
    positions : str
        What `begin`, `end` and `place` count.
    applied, applied_weight, applied_range : str
        The names of the columns that each code has of its own, with ``{code}`` in them.
    yes, no : tuple of str
        The words of an applied column.
    categories : str
        The columns that hold the codes above a code, from the nearest up.
    variables, case_variables : tuple of str
        Names of columns that describe the source or the case; ``*`` stands for anything.
    not_read : tuple of str
        Columns that are known and left out.
    kinds : mapping of str to str
        What was coded, by the beginning of the cell in `coding`.
    unset_weight : float, optional
        The weight that the program writes where nobody gave one.
    lacks : tuple of str
        What such a table does not hold, in words.
    read_instead, coder_is, no_coder : str
        What to read for more, whom the column of coders names, and which line of a map would name coders.
    sheet, encoding, separator : str, optional
        How to read the file.
    header_rows : int
        Rows that hold the names.
    insisted : tuple of str
        What the user said: columns that must be there, and choices that are not asked about again.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    program: str = "table"
    label: str = "The table of coded segments"
    recognised_by: tuple[str, ...] = ()
    code_path: tuple[str, ...] = ()
    codes_between: tuple[str, ...] = ("\n", ";")
    positions: str = "position"
    applied: str = ""
    applied_weight: str = ""
    applied_range: str = ""
    yes: tuple[str, ...] = ("true", "yes", "1", "x")
    no: tuple[str, ...] = ("false", "no", "0")
    categories: str = ""
    variables: tuple[str, ...] = ()
    case_variables: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    unset_weight: float | None = None
    lacks: tuple[str, ...] = ()
    read_instead: str = ""
    coder_is: str = ""
    no_coder: str = ""
    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    header_rows: int = 1
    insisted: tuple[str, ...] = ()

    @property
    def names_columns(self) -> bool:
        """Whether it says where codes stand, or only how to read the file."""
        return bool(self.columns or self.applied)

    def matched(self, names: Iterable[str]) -> dict[str, str]:
        """For each slot the column of a table that fills it."""
        plain = {_plain(name): name for name in reversed(list(names))}
        found = {}
        for slot, spellings in self.columns.items():
            column = next((plain[_plain(word)] for word in spellings if _plain(word) in plain), None)
            if column is not None:
                found[slot] = column
        return found

    def applied_codes(self, names: Iterable[str], pattern: str) -> dict[str, str]:
        """For each code that has a column of its own, written after `pattern`, that column."""
        if not pattern:
            return {}
        before, _, after = pattern.partition("{code}")
        expression = re.compile(f"{re.escape(before)}(.+){re.escape(after)}", re.IGNORECASE)
        found = ((expression.fullmatch(name), name) for name in names)
        return {match[1].strip(): name for match, name in found if match}

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a table has the columns by which the program is recognised."""
        names = list(names)
        found = {*self.matched(names), *(["applied"] if self.applied_codes(names, self.applied) else [])}
        return bool(self.recognised_by) and set(self.recognised_by) <= found


def _plain(name: str) -> str:
    """A column name without case, superfluous blanks and a colon at its end."""
    return " ".join(str(name).split()).rstrip(":").casefold()


def like_any(name: str, patterns: Iterable[str]) -> bool:
    """Whether a column has one of the names, in which ``*`` stands for anything."""
    expressions = (".*".join(map(re.escape, _plain(pattern).split("*"))) for pattern in patterns)
    return any(re.fullmatch(expression, _plain(name)) for expression in expressions)


# --- presets and the user's map


@cache
def presets() -> tuple[ColumnMap, ...]:
    """The tables that are known, in the order of their files."""
    contents = [preset_content(file.stem) for file in sorted(PRESETS.glob("*.toml"))]
    return tuple(_from_content(content) for content in contents if "recognised_by" in content)


def preset_content(name: str) -> dict[str, Any]:
    """What the file of a preset says."""
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def preset_for(names: Iterable[str]) -> ColumnMap | None:
    """The preset that most columns of a table speak for, or None."""
    names = list(names)
    fitting = [preset for preset in presets() if preset.fits(names)]
    return max(fitting, key=lambda preset: len(preset.matched(names)), default=None)


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
    own = replace(_from_content(content), insisted=tuple(content))
    start = known.get(str(content.get("program")))
    if start is None:
        return own
    said = {key: getattr(own, key) for key in content if key not in (*SLOTS, "program")}
    return replace(start, columns={**start.columns, **own.columns}, insisted=own.insisted, **said)


def _toml_of(path: Path) -> dict[str, Any]:
    """The keys of a map's file."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_MAP)
        return tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        is_syntax = isinstance(error, tomllib.TOMLDecodeError)
        raise DataError(_unreadable(path.name, str(error) if is_syntax else "")) from None


def _from_content(content: Mapping[str, Any]) -> ColumnMap:
    """The map that checked keys make."""
    columns = {slot: _words(content[slot]) for slot in SLOTS if slot in content}
    options: dict[str, Any] = {}
    for option in fields(ColumnMap):
        if option.name in content:
            value = content[option.name]
            options[option.name] = _words(value) if str(option.type) == "tuple[str, ...]" else value
    return ColumnMap(columns=columns, **options)


def _words(value: str | list[str]) -> tuple[str, ...]:
    """One word or a list of them as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


# --- checks

OF_A_USER = {
    **dict.fromkeys(SLOTS, "words"),
    **dict.fromkeys(
        ("code_path", "codes_between", "yes", "no", "variables", "case_variables", "not_read"), "words"
    ),
    **dict.fromkeys(("program", "positions", "applied", "applied_weight", "categories"), "word"),
    **dict.fromkeys(("sheet", "encoding", "separator"), "word"),
    "header_rows": "number",
}
"""The keys of a user's map, and what each takes."""


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
    """The columns that a user's map names, or every one that the table does not have.

    Raises
    ------
    DataError
        SB-FILE-152 for columns that are not there, SB-FILE-153 when no source or code is named.
    """
    found = column_map.matched(names)
    applied = column_map.applied_codes(names, column_map.applied)
    lost = [slot for slot in SLOTS if slot in column_map.insisted and slot not in found]
    problems = [_no_such_column(slot, column_map.columns[slot], names, table) for slot in lost]
    missing = [] if "source" in found else ["source"]
    missing += [] if applied or {"code", "codes"} & set(found) else ["code"]
    if missing and not problems:
        problems.append(_nothing_named(missing, names, table))
    raise_if_stopped(problems)
    return found


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
    asked = {"words": "the name of a column, or a list of names", "word": "a text", "number": "a whole number"}
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
        fix=f"{slot} = {guess!r}" if guess else f"The table has {n_of(len(names), 'column')}: {_shown(names)}.",
    )


def _nothing_named(missing: list[str], names: list[str], table: str) -> Problem:
    return Problem(
        "SB-FILE-153",
        "stop",
        f"It is not said which column holds the {' and the '.join(missing)}.",
        table=table,
        why="A code without an interview, or an interview without a code, counts for nothing.",
        done="Nothing was read.",
        fix=f"Add the line {missing[0]} = '...' to the map, with one of {_shown(names)}.",
    )


def _shown(names: list[str]) -> str:
    """The first columns of a table."""
    return ", ".join(repr(name) for name in names[:12]) + ", …" * (len(names) > 12)
