"""A codebook as TOML, for people who write text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from securebase_analysis.errors import DataError, Problem
from securebase_analysis.readers.toml_text import parse_toml
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import COLUMNS, Tables


def from_toml(path: Path) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of a TOML file."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(_not_toml(path.name, "it is not UTF-8 text")) from error
    return from_toml_text(text, path.name)


def from_toml_text(text: str, name: str) -> tuple[dict[str, Any], Tables]:
    """Settings and tables of TOML; `name` is what messages call it."""
    try:
        content = parse_toml(text.encode())
    except ValueError as error:
        raise DataError(_not_toml(name, str(error))) from error
    tables: Tables = {}
    about = {}
    for key, value in content.items():
        is_table = isinstance(value, list) and all(isinstance(row, dict) for row in value)
        if key in COLUMNS and is_table:
            tables[key] = value
        elif key in COLUMNS:
            raise DataError(_not_toml(name, f"{key} must be a list of rows: [[{key}]]"))
        else:
            about[key] = value
    return about, tables


def _not_toml(name: str, reason: str) -> Problem:
    return Problem(
        "SB-BOOK-14",
        "stop",
        f"{name} cannot be read as TOML: {reason}.",
        table=name,
        why="Nothing can be scored without a codebook.",
        fix="Correct the line that is named; text needs double quotes, lists square brackets.",
    )


def to_toml(codebook: Codebook, path: Path) -> None:
    """Write TOML, one row of a table a line."""
    lines = [f"name = {_toml_value(codebook.name)}", f"version = {_toml_value(codebook.version)}"]
    for name, table in codebook.tables.items():
        if table.empty:
            continue
        rows = (_toml_row(name, row) for row in table.to_dict("records"))
        lines += ["", f"{name} = [", *(f"  {row}," for row in rows), "]"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _toml_row(table: str, row: Mapping[Any, Any]) -> str:
    """One row as an inline table, cells at their default left out so that the eye finds what differs."""
    cells = [
        f"{name} = {_toml_value(value)}"
        for name, value in row.items()
        if not _is_default(value, COLUMNS[table][str(name)].default)
    ]
    return "{ " + ", ".join(cells) + " }"


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(value, list):
        return tuple(value) == default
    return value == default or (value != value and default != default)


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(part) for part in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if float(value).is_integer() else repr(value)
