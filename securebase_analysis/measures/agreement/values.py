"""What was rated: values as names, ranks or numbers, by the level of measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.measures.agreement.coder_names import codes_of, word_of
from securebase_analysis.measures.agreement.table import Level
from securebase_analysis.results.wording import count as n_of

WORDS_SHOWN = 8


class Values(NamedTuple):
    """The values of a column.

    codes of the rows (-1 where blank or not understood), their labels, the number each stands for (its place in
    `order` where that was given), and whether the categories were declared rather than found.
    """

    codes: NDArray[np.int64]
    labels: NDArray[Any]
    scores: NDArray[np.float64]
    declared: bool


def read_values(
    column: pd.Series,
    used: NDArray[np.bool_],
    level: Level,
    order: Sequence[Any] | None,
    table: str,
    problems: list[Problem],
) -> Values:
    """Values of `column` in the rows used, as codes with labels and scores."""
    if order is None and isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        order = list(column.cat.categories)
        if level == "nominal":
            problems.append(_names_for_order(table, str(column.name), "the categories are declared as ordered"))
    if order is not None:
        return _in_order(column, used, list(order), level, table, problems)
    numbers = _as_numbers(column, used)
    if numbers is not None:
        return _numeric(numbers, column, used, level, table, problems)
    if level != "nominal":
        problems.append(_text_at(level, column, used, table))
    codes, words = codes_of(column)
    return Values(codes, words, np.arange(len(words), dtype=float), declared=False)


def _in_order(
    column: pd.Series, used: NDArray[np.bool_], order: list[Any], level: Level, table: str, problems: list[Problem]
) -> Values:
    """Values by their place in the order given; numbers keep their size above the ordinal level."""
    codes, words = codes_of(column)
    declared = list(dict.fromkeys(word_of(value) for value in order))
    place = {word: number for number, word in enumerate(declared)}
    strange = [word for word in words[np.unique(codes[used & (codes >= 0)])] if word not in place]
    if strange:
        outside = used & np.isin(codes, [list(words).index(word) for word in strange])
        guess = nearest(strange[0], declared)
        what = f"{n_of(len(strange), 'value is', 'values are')} not in order=, first {strange[0]!r}."
        why = "A category outside the declared order has no distance to the others."
        fix = f"Did you mean {guess!r}?" if guess else "Add them to order= at their place."
        name = str(column.name)
        problems.append(
            Problem(
                "SB-CODE-20", "stop", what, table, name, rows_where(outside), why, "Nothing was computed.", fix
            )
        )
    position = np.array([place.get(word, -1) for word in words] + [-1], dtype=int)
    scores = np.arange(len(declared), dtype=float)
    if level in ("interval", "ratio"):
        scores = pd.to_numeric(pd.Series(declared), errors="coerce").to_numpy(float)
        if np.isnan(scores).any():
            problems.append(_text_at(level, column, used, table))
    return Values(position[codes], np.array(declared, dtype=object), scores, declared=True)


def _as_numbers(column: pd.Series, used: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """The column as numbers, or None when a used cell is not one."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_timedelta64_dtype(column.dtype):
        return None
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    numbers = pd.to_numeric(column, errors="coerce").astype(float).to_numpy()
    return numbers if np.isfinite(numbers[used]).all() else None


def _numeric(
    numbers: NDArray[np.float64],
    column: pd.Series,
    used: NDArray[np.bool_],
    level: Level,
    table: str,
    problems: list[Problem],
) -> Values:
    """Values that are numbers: their own scores."""
    name = str(column.name)
    found, inverse = np.unique(numbers[used], return_inverse=True)
    codes = np.full(len(numbers), -1)
    codes[used] = inverse
    if level == "nominal" and len(found) > 2 and pd.api.types.is_numeric_dtype(column):
        span = f"the values are numbers from {found[0]:g} to {found[-1]:g}"
        problems.append(_names_for_order(table, name, span))
    if level == "ratio" and (found < 0).any():
        what = "A ratio scale has no value below zero."
        fix = "level='interval'"
        rows = rows_where(used & (numbers < 0))
        problems.append(
            Problem("SB-CODE-20", "stop", what, table, name, rows, done="Nothing was computed.", fix=fix)
        )
    whole = bool(np.all(found == np.round(found)))
    labels = np.array([int(value) if whole else float(value) for value in found], dtype=object)
    return Values(codes, labels, found, declared=False)


def _names_for_order(table: str, column: str, reason: str) -> Problem:
    """Note that ordered values are compared as mere names."""
    return Problem(
        "SB-CODE-20",
        "note",
        f"Compared as names, although {reason}.",
        table,
        column,
        why="At the nominal level a near miss counts as much as a far one.",
        done="level='nominal' was used as asked.",
        fix="level='ordinal' (or 'interval') gives credit for near misses",
    )


def _named(words: NDArray[Any], n_rows: int) -> str:
    """The words of a scale; dots where they are as many as those of a column of ids."""
    return ", ".join(repr(word) for word in words) if len(words) <= min(WORDS_SHOWN, n_rows / 2) else "..."


def _text_at(level: Level, column: pd.Series, used: NDArray[np.bool_], table: str) -> Problem:
    """Refuse words where an order or a number is needed."""
    numbers = pd.to_numeric(column.astype(object), errors="coerce").astype(float).to_numpy()
    rows = rows_where(used & ~np.isfinite(numbers))
    if level == "ordinal" and len(rows) == used.sum():
        what = "The values are words and their order is not known."
        why = "Sorted by the alphabet, 'high' is below 'low'."
        fix = f"order=[{_named(codes_of(column)[1], len(rows))}] in the right order, lowest first"
    elif level == "ordinal":  # a stray word may be a name or an id in the wrong column: it is not repeated
        what = f"{n_of(len(rows), 'value is', 'values are')} no number, while the others are."
        why = "Words have no place among numbers."
        fix = "Correct these cells, or give order=[...] with every value, lowest first."
    else:
        what = f"level={level!r} needs numbers, and some values are not."
        why = "Distances between words are not defined."
        fix = "Correct these cells, or use level='ordinal' with order=[...], or level='nominal'."
    return Problem("SB-CODE-20", "stop", what, table, str(column.name), rows, why, "Nothing was computed.", fix)
