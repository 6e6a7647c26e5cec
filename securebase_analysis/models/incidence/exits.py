"""How each row ended: which words are exits, and which say that it had not ended yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.rows import is_number, without_object
from securebase_analysis.results import wording

SAID_OF_OPEN = ("open", "still", "ongoing", "censored", "current", "0", "none", "continuing")
"""Words of placements that have not ended; the first is suggested, none is taken unasked."""
MISSING_CODES = (-999.0, -99.0, -9.0, -8.0, 77.0, 88.0, 99.0, 777.0, 888.0, 998.0, 999.0, 9999.0)
FEWEST_FAR = 30.0
"""Codes that run so high may go on to 99."""
MOST_EXITS = 20
"""More different exits than this cannot be read side by side; the column then holds something else."""


@dataclass(frozen=True, eq=False)
class Exits:
    """How the rows ended.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (rows,)
        0 for a row that had not ended, 1 ... for its exit, -1 where nothing is known.
    labels : tuple of str
        The exits, in the order of their categories, or sorted.
    open_label : str
        What the column calls a row that had not ended.
    problems : tuple of Problem
        What is wrong, or was assumed.
    """

    code: NDArray[np.int64]
    labels: tuple[str, ...]
    open_label: str
    problems: tuple[Problem, ...] = ()


def exits_of(column: pd.Series, censored: Any) -> Exits:
    """The exits in a column.

    Parameters
    ----------
    column : pandas.Series
        How each row ended, in words or numbers.
    censored : object or list of object, optional
        The value, or values, of rows that had not ended when they were last seen; an empty list where all ended.
        By default ``False``, the number 0 or an empty cell, where the column shows that it is one of them.
    """
    column = without_object(column)
    name = str(column.name)
    empty = blank(column)
    place, values = _numbered(column, empty)
    labels = [_label(value) for value in values]
    if censored is None:
        return _as_the_column_shows(name, place, labels, empty, values)
    asked = [_label(value) for value in _listed(censored)]
    unlisted = _code_for_missing(name, place, values, asked)
    problems = [*_not_there(name, asked, labels, place), *_several_spellings(name, labels, place)]
    if not problems and empty.any():
        problems.append(_empty(name, empty))
    return _coded(place, labels, set(asked), " or ".join(asked) or "still open", [*problems, *unlisted])


def _as_the_column_shows(
    name: str, place: NDArray[Any], labels: list[str], empty: NDArray[np.bool_], values: Any
) -> Exits:
    """Exits where nobody said which value means that a row had not ended."""
    if _named_for_open(name) and set(labels) <= {"False", "True", "0", "1"}:
        return _coded(place, labels, set(), "", [_which_is_open(name, labels, place)])
    if "False" in labels or (labels == ["True"] and not empty.any()):
        return _coded(place, labels, {"False"}, "no", [_taken(name, "False")])
    if is_number(pd.Series(values)) and "0" in labels and not empty.any():
        unlisted = _code_for_missing(name, place, values, ["0"])
        return _coded(place, labels, {"0"}, "0", [_taken(name, "0"), *unlisted])
    if empty.any() and not is_number(pd.Series(values)):
        problems = [_taken(name, "an empty cell"), *_several_spellings(name, labels, place)]
        return _coded(np.where(empty, len(labels), place), [*labels, ""], {""}, "still open", problems)
    return _coded(place, labels, set(), "", [_which_is_open(name, labels, place)])


def _coded(
    place: NDArray[Any], labels: list[str], still_open: set[str], open_label: str, problems: list[Problem]
) -> Exits:
    """Codes of the exits in their order."""
    exits = [label for label in labels if label not in still_open]
    number = np.array(
        [0 if label in still_open else exits.index(label) + 1 for label in labels] + [-1], dtype=np.int64
    )
    if len(exits) > MOST_EXITS:
        problems = [*problems, _too_many(len(exits))]
    return Exits(number[place], tuple(exits), open_label, tuple(problems))


def _numbered(column: pd.Series, empty: NDArray[np.bool_]) -> tuple[NDArray[Any], Any]:
    """The place of each cell's value among the values, -1 where empty; categories keep their order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        return np.where(empty, -1, column.cat.codes.to_numpy()), column.cat.categories
    place, values = pd.factorize(column.where(~empty) if empty.any() else column, sort=True)
    return np.where(empty, -1, place), values


def _label(value: Any) -> str:
    """A value as a word: 1.0 is 1, spaces around it are dropped."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _listed(censored: Any) -> list[Any]:
    one = isinstance(censored, str) or not isinstance(censored, Iterable)
    return [censored] if one else list(censored)


# ---- what is wrong ---------------------------------------------------------------------------------------------


def _shown(labels: list[str], place: NDArray[Any]) -> str:
    """The values of a column in words; not shown where they could be names of children."""
    if len(labels) > MOST_EXITS or 2 * len(labels) > max(len(place), 1):
        return wording.count(len(labels), "different value")
    return ("values " if len(labels) > 1 else "only the value ") + ", ".join(labels)


def _taken(name: str, value: str) -> Problem:
    return Problem(
        "SB-PLACE-14",
        "note",
        f"In column {name!r}, {value} was read as not ended yet.",
        column=name,
        done="Every other value counts as an exit; say censored=... if that is not so.",
    )


def _which_is_open(name: str, labels: list[str], place: NDArray[Any]) -> Problem:
    shown = labels if labels and "different" not in _shown(labels, place) else []
    example = next((label for label in shown if label.casefold() in SAID_OF_OPEN), None)
    if _named_for_open(name):  # in a column called "open", true is open
        example = next((label for label in ("True", "1") if label in shown), example)
    example = example or next((label for label in shown if _says_open(label)), shown[0] if shown else "open")
    and_empty = " and empty cells" if (place < 0).any() else ""
    return Problem(
        "SB-PLACE-14",
        "stop",
        f"Column {name!r} has {_shown(labels, place)}{and_empty}. Which of them means that the placement had not "
        "ended?",
        column=name,
        why="Taken the wrong way round, every open placement would count as a breakdown.",
        done="Nothing was guessed; nothing was computed.",
        fix=f"If the empty ones: data[{name!r}] = data[{name!r}].astype(object).fillna('open') and censored='open'"
        if and_empty
        else f"censored={example!r} if that is the one, or censored=[] where every placement ended",
    )


def _named_for_open(name: str) -> bool:
    """Whether a column is called by a word for placements that have not ended, so that true is not an exit."""
    return any(word in SAID_OF_OPEN for word in name.casefold().replace("_", " ").split())


def _says_open(label: str) -> bool:
    """Whether a word is one that is used of placements that have not ended."""
    words = label.casefold().replace("_", " ").split()
    return any(word in SAID_OF_OPEN for word in words)


def _not_there(name: str, asked: list[str], labels: list[str], place: NDArray[Any]) -> list[Problem]:
    """A value for not ended that no row has: a slip would turn every row into an exit."""
    problems = []
    for value in asked:
        if value in labels:
            continue
        guess = nearest(value, labels)
        problems.append(
            Problem(
                "SB-PLACE-14",
                "stop",
                f"No row has {value!r} in column {name!r}, which has {_shown(labels, place)}.",
                column=name,
                why="With a value that does not occur, placements that are still open count as ended.",
                done="Nothing was computed.",
                fix=f"censored={guess!r}" if guess else _one_of(labels, place),
            )
        )
    return problems


def _one_of(labels: list[str], place: NDArray[Any]) -> str:
    """What can be given, where nothing that was given comes near it."""
    none = "censored=[] where every placement ended"
    if not labels or "different" in _shown(labels, place):
        return none
    return f"censored={labels[0]!r}, or another of these values; {none}"


def _code_for_missing(name: str, place: NDArray[Any], values: Any, still_open: list[str]) -> list[Problem]:
    """A number that surveys use for "not known", far from the other numbers: case 16 of the catalogue."""
    if not len(values) or not is_number(pd.Series(values)) or pd.Series(values).dtype == bool:
        return []
    numbers = np.asarray(values, dtype=float)
    far = np.isin(numbers, MISSING_CODES) & ~np.isin([_label(value) for value in values], still_open)
    rest = np.abs(numbers[~far])
    if not far.any() or not len(rest) or rest.max(initial=0.0) >= FEWEST_FAR:
        return []
    rows = np.append(far, False)[place]
    shown = ", ".join(_label(value) for value in np.asarray(values)[far])
    return [
        Problem(
            "SB-FILE-16",
            "warn",
            f"{wording.count(int(rows.sum()), 'row has', 'rows have')} {shown} in column {name!r}, far from the "
            "other codes. A code for not known?",
            column=name,
            rows=rows_where(rows),
            why="It counts as an exit of its own; if it means not known, every other share is too low.",
            done="It was kept as an exit.",
            fix="Look up how these ended, or leave these rows out.",
        )
    ]


def _empty(name: str, empty: NDArray[np.bool_]) -> Problem:
    return Problem(
        "SB-PLACE-14",
        "stop",
        f"{wording.count(int(empty.sum()), 'row does', 'rows do')} not say how the placement ended.",
        column=name,
        rows=rows_where(empty),
        why="Whether they are still open or ended for a reason that is not known changes the share of every exit.",
        done="Nothing was guessed; nothing was computed.",
        fix=f"data[{name!r}] = data[{name!r}].fillna('not known'), or the word for open placements",
    )


def _several_spellings(name: str, labels: list[str], place: NDArray[Any]) -> list[Problem]:
    """One word written in several ways would be several exits."""
    folded = pd.Series([" ".join(label.casefold().replace("_", " ").split()) for label in labels], dtype=str)
    alike = folded.duplicated(keep=False).to_numpy()
    if not alike.any():
        return []
    return [
        Problem(
            "SB-PLACE-82",
            "stop",
            f"{int(alike.sum())} values of column {name!r} differ only in capitals or spaces.",
            column=name,
            rows=rows_where(np.append(alike, False)[place]),
            why="One exit would be counted as several.",
            done="Nothing was joined; nothing was computed.",
            fix=f"data[{name!r}] = data[{name!r}].str.strip().str.lower()",
        )
    ]


def _too_many(n: int) -> Problem:
    return Problem(
        "SB-PLACE-81",
        "stop",
        f"There are {n} different exits.",
        why=f"More than {MOST_EXITS} shares cannot be estimated side by side; the column may hold something else.",
        done="Nothing was computed.",
        fix="Join rare exits into one, e.g. 'other'.",
    )
