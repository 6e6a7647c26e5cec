"""The tables of a codebook: every column with its kind, default and meaning, and how typed cells become values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import Problem, nearest

Kind = Literal["text", "list", "whole", "number", "yes or no"]
REQUIRED = object()
ALL_INSTRUMENTS = "*"
NO_CONSTRUCT = "none"

FACTOR = "factor"
RULES = ("mean", "sum", FACTOR)
ROUNDINGS = ("none", "half up")
METRICS = ("0-100", "raw")
PRORATED = "prorated"
LOWEST = "lowest"
BLANKS = (PRORATED, LOWEST)
POLARITIES = ("strength", "concern", "none")
DIRECTIONS = ("high", "low")

Tables = dict[str, pd.DataFrame | Sequence[Mapping[str, Any]]]
"""Tables of a codebook by name, as frames or as they stand in a file of text."""


@dataclass(frozen=True)
class Column:
    """One column of a codebook table: kind of value, default (or REQUIRED), allowed words, meaning."""

    kind: Kind
    default: Any
    meaning: str
    words: tuple[str, ...] = ()


def _text(meaning: str, default: Any = "", words: tuple[str, ...] = ()) -> Column:
    return Column("text", default, meaning, words)


COLUMNS: dict[str, dict[str, Column]] = {
    "waves": {
        "wave": Column("whole", REQUIRED, "number of the wave, 1, 2, 3, ..."),
        "label": _text("how the wave is called in figures and tables"),
        "aliases": Column("list", (), "other names of the wave in the files, such as T1"),
        "months": Column("number", float("nan"), "planned months since the first wave"),
    },
    "instruments": {
        "instrument": _text("short name of the questionnaire", REQUIRED),
        "title": _text("name for figures and tables"),
        "informants": Column("list", (), "who may answer it, first the main one"),
        "rule": _text("how items become a scale", "mean", RULES),
        "minimum_answered": Column("whole", REQUIRED, "fewest answered items that still give a score"),
        "minimum_of_form": Column("whole", 0, "fewest answered items of the whole form that still give any score"),
        "blanks": _text("what a blank counts: its share of the others, or the lowest points", PRORATED, BLANKS),
        "rounding": _text("rounding of prorated sums", "none", ROUNDINGS),
        "metric": _text("the metric of the score", "0-100", METRICS),
        "source": _text("where the scoring rule comes from"),
        "verified": Column("yes or no", False, "whether the rule was checked against that source"),
    },
    "items": {
        "item": _text("column of the item in the data", REQUIRED),
        "instrument": _text("questionnaire it belongs to", REQUIRED),
        "construct": _text("construct of the model, a part of one, or a scale", REQUIRED),
        "low": Column("number", REQUIRED, "lowest possible answer"),
        "high": Column("number", REQUIRED, "highest possible answer"),
        "reversed": Column("yes or no", False, "whether a high answer means little of the construct"),
        "weight": Column("number", 1.0, "weight of the item in its scale"),
        "label": _text("note to oneself; never the wording of a copyrighted questionnaire"),
    },
    "scales": {
        "scale": _text("name of a score outside the model, such as sdq_total", REQUIRED),
        "instrument": _text("questionnaire it belongs to", REQUIRED),
        "title": _text("name for figures and tables"),
        "better": _text("which end is good for the child", "high", DIRECTIONS),
        "sum_of": Column("list", (), "scales that add up to it; empty when it has items of its own"),
        "minimum_answered": Column(
            "whole", 0, "fewest answered items for this scale; 0 for those of its instrument"
        ),
        "converted_from": _text("the scale of which it is another metric, by the table conversions"),
    },
    "missing_codes": {
        "instrument": _text("questionnaire, or * for all", ALL_INSTRUMENTS),
        "code": _text("the value as it stands in the file", REQUIRED),
        "reason": _text("why there is no answer: refused, not asked, not applicable, ...", REQUIRED),
    },
    "codes": {
        "code": _text("name of the interview code", REQUIRED),
        "construct": _text("construct it speaks for, or none", REQUIRED),
        "polarity": _text("whether a passage counts for or against", "strength", POLARITIES),
        "weight": Column("number", 1.0, "how much one passage counts"),
        "description": _text("when the code applies, in the study's own words"),
    },
    "ratings": {
        "rating": _text("column of the rating in the data", REQUIRED),
        "construct": _text("construct that is rated", REQUIRED),
        "low": Column("number", REQUIRED, "lowest possible rating"),
        "high": Column("number", REQUIRED, "highest possible rating"),
        "not_applicable": _text("value that means not applicable, kept apart from missing"),
    },
    "coders": {
        "coder": _text("name or initials to use", REQUIRED),
        "aliases": Column("list", (), "other spellings in the files"),
    },
    "bands": {
        "scale": _text("scale that is cut into bands", REQUIRED),
        "informant": _text("informant the cut-offs hold for", REQUIRED),
        "bands": _text("name of the set of cut-offs, such as three or four", "three"),
        "band": _text("name of the band", REQUIRED),
        "low": Column("number", REQUIRED, "lowest score in the band"),
        "high": Column("number", REQUIRED, "highest score in the band"),
        "source": _text("where the cut-offs come from"),
        "verified": Column("yes or no", False, "whether they were checked against that source"),
    },
    "conversions": {
        "scale": _text("scale that another is converted into", REQUIRED),
        "score": Column("number", REQUIRED, "score of the other scale"),
        "converted": Column("number", REQUIRED, "what it is on this scale"),
        "source": _text("where the conversion comes from"),
        "verified": Column("yes or no", False, "whether it was checked against that source"),
    },
    "crosswalk": {
        "version": _text("codebook version the old code comes from", REQUIRED),
        "old_code": _text("code in that version", REQUIRED),
        "new_code": _text("code in this version", REQUIRED),
    },
}


def as_frame(rows: pd.DataFrame | Sequence[Mapping[str, Any]] | None) -> pd.DataFrame:
    """Rows given as a frame, as records or not at all, as a frame of our own."""
    return rows.copy() if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows or []))


def filled_table(table: str, given: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with every column of `COLUMNS`, each cell of its kind, and what was wrong with it."""
    where = f"codebook: {table}"
    columns = COLUMNS[table]
    problems = [_unknown_column(where, str(name), columns) for name in given.columns if name not in columns]
    filled = {}
    for name, column in columns.items():
        cells = list(given[name]) if name in given else [None] * len(given)
        filled[name], bad = _converted(cells, column)
        if bad:
            problems.append(_bad_cells(where, name, column, bad))
    return pd.DataFrame(filled, columns=list(columns)), problems


def _converted(cells: list[Any], column: Column) -> tuple[list[Any], list[int]]:
    """The cells in the column's kind, and the 1-based rows that could not be understood."""
    values, bad = [], []
    for row, cell in enumerate(cells, start=1):
        try:
            value = column.default if _blank(cell) else _CONVERTERS[column.kind](cell)
        except (ValueError, TypeError):
            value = REQUIRED
        if column.words and value is not REQUIRED and value not in column.words:
            value = REQUIRED
        if value is REQUIRED:
            bad.append(row)
            value = None
        values.append(list(value) if column.kind == "list" and value is not None else value)
    return values, bad


def _blank(cell: Any) -> bool:
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and not cell.strip()


def _as_list(cell: Any) -> list[str]:
    parts = cell.split(";") if isinstance(cell, str) else list(cell)
    return [str(part).strip() for part in parts if str(part).strip()]


def _as_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def _as_number(cell: Any) -> float:
    """A number, also with a decimal comma, to the 15 digits that a spreadsheet keeps; no infinity and no nan."""
    number = float(cell.replace(",", ".") if isinstance(cell, str) else cell)
    if isinstance(cell, bool) or not math.isfinite(number):
        raise ValueError(cell)
    return float(f"{number:.15g}")


def _as_whole(cell: Any) -> int:
    number = _as_number(cell)
    if not number.is_integer():
        raise ValueError(cell)
    return int(number)


def _as_yes_no(cell: Any) -> bool:
    words = {
        "true": True,
        "yes": True,
        "1": True,
        "1.0": True,
        "false": False,
        "no": False,
        "0": False,
        "0.0": False,
    }
    word = str(cell).strip().casefold()
    if word not in words:
        raise ValueError(cell)
    return words[word]


_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    "text": _as_text,
    "list": _as_list,
    "whole": _as_whole,
    "number": _as_number,
    "yes or no": _as_yes_no,
}


def _unknown_column(where: str, name: str, columns: Iterable[str]) -> Problem:
    guess = nearest(name, columns)
    return Problem(
        "SB-BOOK-02",
        "stop",
        f"Column {name!r} has no meaning in this table.",
        table=where,
        column=name,
        why="A column that nobody reads looks as if it had an effect.",
        fix=f"Rename it to {guess!r}." if guess else f"Remove it; the columns are {', '.join(columns)}.",
    )


def _bad_cells(where: str, name: str, column: Column, rows: list[int]) -> Problem:
    wanted = f"one of {', '.join(map(repr, column.words))}" if column.words else f"a {column.kind} value"
    return Problem(
        "SB-BOOK-03",
        "stop",
        f"Column {name!r} ({column.meaning}) needs {wanted}.",
        table=where,
        column=name,
        rows=rows,
        why="Scores cannot be computed from a rule that is not complete.",
        fix=f"Fill in {name!r} in these rows.",
    )


def unknown_key(path: Path, key: str) -> Problem:
    """A setting of a codebook that nobody reads."""
    guess = nearest(key, [*COLUMNS, "name", "version", "uses"])
    return Problem(
        "SB-BOOK-01",
        "stop",
        f"{key!r} has no meaning in a codebook.",
        table=path.name,
        column=key,
        why="A setting that nobody reads looks as if it had an effect.",
        fix=f"Rename it to {guess!r}." if guess else "Remove it.",
    )
