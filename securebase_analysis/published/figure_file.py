"""One file, one figure: what it must say, and how it becomes a `PublishedFigure`.

A file of TOML in the folder ``figures``; its name is the name of the figure::

    title, citation, url, release, licence     who published what, where and on what terms
    published, assumed                         which numbers stand in the source, and what was added to redraw them
    ours                                       how the same is counted in this package (may be left out)
    simulated                                  whether the source simulated its numbers
    [columns]                                  the meaning of every column, with its unit
    [[draw]]                                   one or more panels: form, title, where, derive, height, ours,
                                               and the options of the form (see `show.figures.forms`)
    [data] csv                                 the table; c, k, x and z may stand in place of a number
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib.resources.abc import Traversable
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem, nearest, raise_if_stopped
from securebase_analysis.published.figure import Panel, PublishedFigure
from securebase_analysis.published.small_table import SYMBOL_COLUMN, SYMBOLS, frame_of
from securebase_analysis.readers.toml_text import parse_toml

TEXTS = ("title", "citation", "url", "release", "licence", "published")
"""What every file says."""

MAY_BE_EMPTY = ("assumed", "ours")
KEYS = (*TEXTS, *MAY_BE_EMPTY, "simulated", "columns", "draw", "data")
PANEL_KEYS = tuple(item.name for item in fields(Panel) if item.name != "options")


def read_figure(file: Traversable) -> PublishedFigure:
    """Read one file; every problem of it is told at once.

    Raises
    ------
    DataError
        With all problems: text that is not TOML, something left unsaid, a column without a meaning, a table that
        is none.
    """
    name = file.name.removesuffix(".toml")
    spec = _parsed(file)
    frame, symbols, problems = _table(spec, file.name)
    problems += _unsaid(spec, file.name) + _unknown(spec, file.name) + _panels_wrong(spec, file.name)
    if not frame.empty:
        problems += _columns_wrong(spec, frame, file.name)
    raise_if_stopped(problems)
    return PublishedFigure(
        name=name,
        **{key: str(spec[key]).strip() for key in TEXTS},
        **{key: str(spec.get(key, "")).strip() for key in MAY_BE_EMPTY},
        columns=_meanings(spec["columns"], frame),
        symbols={symbol: SYMBOLS[symbol] for symbol in symbols},
        panels=tuple(_panel(part) for part in spec["draw"]),
        simulated=bool(spec.get("simulated", False)),
        _table=frame,
    )


def _parsed(file: Traversable) -> dict[str, Any]:
    """The file as TOML."""
    try:
        return parse_toml(file.read_bytes())
    except ValueError as error:
        raise_if_stopped([_problem("SB-OUT-71", file.name, f"The file is not TOML in UTF-8: {error}.")])
        raise


def _problem(code: str, table: str, what: str, column: str = "", fix: str = "") -> Problem:
    """What is wrong in a file of a figure."""
    why = "A redrawn figure carries its source and the meaning of every number."
    return Problem(code, "stop", what, table=table, column=column, why=why, fix=fix)


def _table(spec: Mapping[str, Any], file: str) -> tuple[pd.DataFrame, tuple[str, ...], list[Problem]]:
    """The table in the file, the symbols in it, and what is wrong with it."""
    try:
        frame, symbols = frame_of(str(spec.get("data", {}).get("csv", "")))
    except (ValueError, AttributeError) as error:
        fix = '[data]\ncsv = """\nyear,percent\n2024,10\n"""'
        return pd.DataFrame(), (), [_problem("SB-OUT-72", file, f"[data] csv cannot be read: {error}.", fix=fix)]
    return frame, symbols, []


def _unsaid(spec: Mapping[str, Any], file: str) -> list[Problem]:
    """Texts that are missing."""
    missing = [key for key in TEXTS if not str(spec.get(key, "")).strip()]
    missing += [key for key in ("assumed", "simulated", "columns", "draw") if key not in spec]
    return [_problem("SB-OUT-73", file, f"{key} is not said.", fix=f"{key} = ...") for key in missing]


def _unknown(spec: Mapping[str, Any], file: str) -> list[Problem]:
    """Keys that mean nothing here."""
    strangers = [(key, KEYS) for key in spec if key not in KEYS]
    return [
        _problem("SB-OUT-74", file, f"{key} has no meaning here.", fix=nearest(key, known) or ", ".join(known))
        for key, known in strangers
    ]


def _panels_wrong(spec: Mapping[str, Any], file: str) -> list[Problem]:
    """Panels without a form."""
    panels = spec.get("draw", [])
    return [
        _problem("SB-OUT-75", file, f"Panel {number} names no form.", fix='form = "lines"')
        for number, part in enumerate(panels, start=1)
        if not str(part.get("form", "")).strip()
    ]


def _columns_wrong(spec: Mapping[str, Any], frame: pd.DataFrame, file: str) -> list[Problem]:
    """Columns without a meaning, and meanings without a column."""
    meanings = spec.get("columns", {})
    published = [name for name in frame if not _is_symbols(str(name), frame)]
    bare = [name for name in published if not str(meanings.get(name, "")).strip()]
    problems = [
        _problem("SB-OUT-76", file, "The column has no meaning.", name, f'[columns] {name} = "..."')
        for name in bare
    ]
    loose = [name for name in meanings if name not in published]
    return problems + [
        _problem("SB-OUT-77", file, "A meaning is given, but there is no such column.", name) for name in loose
    ]


def _is_symbols(name: str, frame: pd.DataFrame) -> bool:
    """Whether a column holds the symbols of another."""
    owner = name.removesuffix("_symbol")
    return owner != name and owner in frame and SYMBOL_COLUMN.format(owner) == name


def _meanings(said: Mapping[str, Any], frame: pd.DataFrame) -> dict[str, str]:
    """The meaning of every column of the frame, in its order."""
    return {
        str(name): (
            f"why {str(name).removesuffix('_symbol')} has no number; see symbols"
            if _is_symbols(str(name), frame)
            else str(said[name])
        )
        for name in frame
    }


def _panel(part: Mapping[str, Any]) -> Panel:
    """One panel: what it is, and the options of its form."""
    own = {key: part[key] for key in PANEL_KEYS if key in part}
    own["where"] = {
        key: list(value) if isinstance(value, list) else [value] for key, value in part.get("where", {}).items()
    }
    return Panel(**own, options={key: value for key, value in part.items() if key not in PANEL_KEYS})
