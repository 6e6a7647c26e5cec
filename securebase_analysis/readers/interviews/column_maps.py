"""Which column of a table of coded segments holds what, and the presets of the programs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

PRESETS = Path(__file__).with_name("segment_presets")
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
    applied_listed : str
        The column that lists the codes of a row once more, against which those columns are held.
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
    sheet, encoding, separator, decimal : str, optional
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
    applied_listed: str = ""
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
    decimal: str | None = None
    header_rows: int = 1
    insisted: tuple[str, ...] = ()

    @property
    def names_columns(self) -> bool:
        """Whether it says where codes stand, or only how to read the file."""
        return bool(self.columns or self.applied)

    @property
    def is_guess(self) -> bool:
        """Whether columns are known by plain words alone, and nobody said what they hold."""
        return (
            self.program == "table" and bool(self.recognised_by) and not {"source", "code"} <= set(self.insisted)
        )

    def on_top_of(self, preset: ColumnMap) -> ColumnMap:
        """A preset in which everything that was insisted on is said by this map."""
        ways = {"code", "codes", "applied"}
        own_way = ways & set(self.insisted)
        kept = {slot: names for slot, names in preset.columns.items() if not own_way or slot not in ways}
        said = {key: getattr(self, key) for key in self.insisted if key not in (*SLOTS, "program")}
        if own_way and "applied" not in own_way:
            said["applied"] = ""
        return replace(preset, columns={**kept, **self.columns}, insisted=self.insisted, **said)

    def matched(self, names: Iterable[str]) -> dict[str, str]:
        """For each slot the column of a table that fills it; a preset takes no column twice."""
        plain = {_plain(name): name for name in reversed(list(names))}
        found: dict[str, str] = {}
        for slot, spellings in self.columns.items():
            column = next((plain[_plain(word)] for word in spellings if _plain(word) in plain), None)
            if column is not None and (slot in self.insisted or column not in found.values()):
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


# --- presets


@cache
def presets() -> tuple[ColumnMap, ...]:
    """The tables that are known, in the order of their files."""
    contents = [preset_content(file.stem) for file in sorted(PRESETS.glob("*.toml"))]
    return tuple(map_from(content) for content in contents if "recognised_by" in content)


def preset_content(name: str) -> dict[str, Any]:
    """What the file of a preset says."""
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def preset_for(names: Iterable[str]) -> ColumnMap | None:
    """The preset that most columns of a table speak for, or None."""
    names = list(names)
    fitting = [preset for preset in presets() if preset.fits(names)]
    return max(fitting, key=lambda preset: len(preset.matched(names)), default=None)


def map_from(content: Mapping[str, Any]) -> ColumnMap:
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
