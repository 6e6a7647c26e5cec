"""How each row ended: with the event that is modelled, in another way, or not yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.incidence.exits import exits_of
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.rows import is_number, without_object
from securebase_analysis.results import wording

Ints = NDArray[np.int64]

MOST_SHOWN = 8
"""More different values than this are not read out: they may be ids."""
HAPPENED = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}
"""Words that can mean only one thing, whatever the column is called."""
OPEN = ("open", "censored", "still open", "ongoing")
"""Words of a row that had not ended, where the ending in question is named."""
ENDED = ("ended", "disrupted", "disruption", "breakdown", "moved", "closed", "event", "failed")


@dataclass(frozen=True, eq=False)
class Endings:
    """How the rows ended.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (rows,)
        1 for the event, 2 for any other ending, 0 for none yet, -1 where nothing is known.
    name : str
        What the event is called.
    others : tuple of str
        The other endings that the column holds.
    problems : tuple of Problem
        What is wrong, or was assumed.
    """

    code: Ints
    name: str
    others: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def endings_of(frame: pd.DataFrame, request: Request) -> Endings:
    """How the rows ended.

    Raises
    ------
    ModelError
        When the cause asked for does not occur.
    """
    column = without_object(frame[request.event_column])
    column.name = request.event_column
    if not isinstance(request.event, str):
        values = listed(next(iter(request.event.values())))
        if request.model == "fine-gray":
            return _of_cause(column, values, request)
        name = request.event_column if request.cause is None else word(request.cause)
        return _of_values(column, values, name, request.censored, two_valued=request.cause is None)
    if request.cause is not None:
        causes = listed(request.cause)
        return (
            _of_cause(column, causes, request)
            if request.model == "fine-gray"
            else _of_values(column, causes, _joined(causes), request.censored)
        )
    return _yes_or_no(column)


def word(value: Any) -> str:
    """A value as a word: 1.0 is 1, spaces around it are dropped.

    Examples
    --------
    >>> word(2.0), word(" home "), word(True)
    ('2', 'home', 'True')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _joined(values: Sequence[Any]) -> str:
    return " or ".join(map(word, values))


# ---- the event, and nothing else -------------------------------------------------------------------------------


def _yes_or_no(column: pd.Series) -> Endings:
    """A column that is yes or no by itself: truth values, 0 and 1, or words that can mean only that."""
    empty, place, words = _numbered(column)
    known = {label: HAPPENED.get(label.casefold()) for label in words}
    numbers = is_number(column)
    if numbers and not set(words) <= {"0", "1", "True", "False"}:
        known = {}
    if not words or any(value is None for value in known.values()) or not known:
        return Endings(np.zeros(len(column), dtype=np.int64), str(column.name), (), (_which(column, words),))
    code = np.array([*(known[label] for label in words), -1], dtype=np.int64)[place]
    problems = _no_open_row(str(column.name), words) if numbers and column.dtype != bool else []
    return Endings(code, str(column.name), (), (*problems, *_unknown(str(column.name), empty)))


def _of_values(
    column: pd.Series, values: Sequence[Any], name: str, censored: Any = None, two_valued: bool = False
) -> Endings:
    """Some values are the event; every other one is the end of observation.

    An empty cell is none yet, where words have no other way to say so; otherwise nothing is known.
    """
    empty, place, words = _numbered(column)
    asked = [word(value) for value in values]
    still_open = [] if censored is None else [word(value) for value in listed(censored)]
    problems = _not_there(str(column.name), [*asked, *still_open], words, len(column))
    problems += _both(str(column.name), asked, still_open)
    rest = [label for label in words if label not in asked]
    if censored is None:
        # Where one value is the event and there is one other, that means that it has not happened.
        only = rest if two_valued and len(rest) == 1 else []
        still_open = only or [label for label in rest if label.casefold() in (*OPEN, "0", "false")]
    unknown = is_number(column) or bool(still_open)
    if empty.any() and not unknown:
        problems.append(_taken(str(column.name), "an empty cell"))
    elif empty.any():
        problems += _unknown(str(column.name), empty)
    of_words = [1 if label in asked else 0 if label in still_open else 2 for label in words]
    code = np.array([*of_words, -1 if unknown else 0], dtype=np.int64)[place]
    others = tuple(label for label in rest if label not in still_open)
    return Endings(code, name, others, tuple(problems))


def _both(name: str, asked: Sequence[str], still_open: Sequence[str]) -> list[Problem]:
    """A value that is the event and means that none has happened."""
    return [_cause_is_open(name, value) for value in asked if value in still_open]


def _numbered(column: pd.Series) -> tuple[NDArray[np.bool_], NDArray[Any], list[str]]:
    """Empty cells, the place of each cell's word among the words (the last place where empty), and the words."""
    empty = blank(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    code, values = pd.factorize(column.where(~empty) if empty.any() else column)
    spelt = [word(value) for value in values]
    words = sorted(set(spelt), key=_in_order)
    # A word that stands in the column in several ways, such as with a space after it, is one.
    where = np.array([*(words.index(one) for one in spelt), len(words)], dtype=np.intp)
    return empty, where[np.where(empty, len(spelt), code)], words


def _in_order(label: str) -> tuple[int, float, str]:
    """Numbers by size, before words by the alphabet."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


# ---- one ending among several ----------------------------------------------------------------------------------


def _of_cause(column: pd.Series, causes: Sequence[Any], request: Request) -> Endings:
    """One ending, the others apart from those that had not ended."""
    censored, problems = request.censored, []
    name, _, words = str(column.name), *_numbered(column)[1:]
    if censored is None and (found := [label for label in words if label.casefold() in OPEN]):
        censored = [found[0]] if len(found) == 1 else None
        problems = [_taken(name, repr(found[0]))] if len(found) == 1 else []
    asked = [word(cause) for cause in causes]
    exits = exits_of(column, censored)
    problems = [*problems, *exits.problems, *_not_there(name, asked, words, len(column))]
    still_open = [label for label in words if label not in exits.labels]
    problems += _both(name, asked, still_open if not any(p.severity == "stop" for p in problems) else [])
    of_exit = {place + 1: 1 if label in asked else 2 for place, label in enumerate(exits.labels)}
    code = np.array([of_exit.get(value, value) for value in range(len(exits.labels) + 1)] + [-1])[exits.code]
    others = tuple(label for label in exits.labels if label not in asked)
    return Endings(code.astype(np.int64), _joined(causes), others, tuple(problems))


# ---- what is wrong ---------------------------------------------------------------------------------------------


def _shown(words: Sequence[str], n_rows: int) -> str:
    """The values of a column; not read out where they could be names of children."""
    if len(words) > MOST_SHOWN or 2 * len(words) > max(n_rows, 1) + 2:
        return wording.count(len(words), "different value")
    return f"{'values' if len(words) != 1 else 'only the value'} {', '.join(words)}" if words else "no value"


def _which(column: pd.Series, words: Sequence[str]) -> Problem:
    """Values of which it is not known which one is the event."""
    name, shown = str(column.name), _shown(words, len(column))
    example: Any = next((label for label in words if label.casefold() in ENDED), words[-1] if words else "ended")
    if "different" in shown:
        example = "ended"
    if is_number(column) and words:
        usual = "1" if "0" in words and "1" in words else words[-1]
        example = int(usual) if usual.lstrip("-").isdigit() else float(usual)
    several = f"; or cause={example!r} for one of several endings" if len(words) > 2 else ""
    return Problem(
        "SB-PLACE-14",
        "stop",
        f"Column {name!r} has {shown}. Which means that the event happened?",
        column=name,
        why="Taken the wrong way round, every open placement would count as a disruption.",
        done="Nothing was guessed; nothing was fitted.",
        fix=f"event={{{name!r}: {example!r}}}{several}",
    )


def _no_open_row(name: str, words: Sequence[str]) -> list[Problem]:
    if list(words) != ["1"]:
        return []
    return [
        Problem(
            "SB-PLACE-14",
            "warn",
            f"Every row of column {name!r} is 1.",
            column=name,
            why="Codes of 1 and 2 of which only one occurs would look the same.",
            done="All rows were taken to end with the event.",
        )
    ]


def _unknown(name: str, empty: NDArray[np.bool_]) -> list[Problem]:
    if not empty.any():
        return []
    n = wording.count(int(empty.sum()), "row does", "rows do")
    return [
        Problem(
            "SB-EVENT-05",
            "warn",
            f"{n} not say whether the event happened.",
            column=name,
            rows=rows_where(empty),
            why="Neither the event nor its absence may be assumed.",
            done="Left out.",
        )
    ]


def _taken(name: str, value: str) -> Problem:
    return Problem(
        "SB-PLACE-14",
        "note",
        f"In column {name!r}, {value} was read as not ended yet.",
        column=name,
        done="Every other value counts as an ending; say censored=... if that is not so.",
    )


def _cause_is_open(name: str, value: str) -> Problem:
    return Problem(
        "SB-EVENT-06",
        "stop",
        f"{value!r} is the ending that is modelled, and also means that a row had not ended.",
        column=name,
        why="A value has one meaning.",
        fix="cause= names an ending, censored= the rows that had none",
    )


def _not_there(name: str, asked: Sequence[str], words: Sequence[str], n_rows: int) -> list[Problem]:
    """Values that no row has."""
    problems = []
    for value in asked:
        if value in words:
            continue
        shown = _shown(words, n_rows)
        guess = None if "different" in shown else nearest(value, words)
        problems.append(
            Problem(
                "SB-PLACE-14",
                "stop",
                f"No row has {value!r} in column {name!r}, which has {shown}.",
                column=name,
                why="An event that never occurs has no hazard to be explained.",
                done="Nothing was fitted.",
                fix=f"Did you mean {guess!r}?" if guess else f"Look at data[{name!r}].value_counts().",
            )
        )
    return problems


def none_ended(name: str, column: str, n_rows: int) -> ModelError:
    """No row has the event."""
    return ModelError(
        Problem(
            "SB-PLACE-16",
            "stop",
            f"None of the {wording.count(n_rows, 'row')} used ends with the event ({name}).",
            column=column,
            why="Without an event there is no hazard, and no difference of hazards.",
            done="Nothing was fitted.",
            fix="Look at the column of the event, and at which rows were left out.",
        )
    )
