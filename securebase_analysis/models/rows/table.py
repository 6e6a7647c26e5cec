"""The table of a model and its columns: whether they are there, once, and by that name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped


def long_frame(data: Any) -> pd.DataFrame:
    """The frame behind what was given; later changes to the caller's frame do not reach it.

    Raises
    ------
    ModelError
        When there is no table in it.
    """
    frame = data.wide() if callable(getattr(data, "wide", None)) else data
    if not isinstance(frame, pd.DataFrame):
        raise ModelError(
            Problem(
                "SB-MODEL-41",
                "stop",
                f"data is of type {type(data).__name__}, not a table.",
                why="A model needs a row per child and wave.",
                fix="Give scores from score_dimensions(study), or a long pandas.DataFrame.",
            )
        )
    if frame is not data and frame.index.names != [None]:
        frame = frame.reset_index()
    return frame.copy(deep=False)


def check_columns(frame: pd.DataFrame, names: Iterable[object]) -> None:
    """Stop at columns that are not there, or are there twice.

    Raises
    ------
    ModelError
        When a column is not there.
    DataError
        When two columns have the name.
    """
    wanted = list(names)
    absent = [name for name in wanted if not (isinstance(name, str) and name in frame.columns)]
    raise_if_stopped([_absent(frame, name) for name in absent], ModelError)
    if not frame.columns.is_unique:
        raise_if_stopped([_twice(name) for name in wanted if isinstance(frame[name], pd.DataFrame)])


def _absent(frame: pd.DataFrame, name: object) -> Problem:
    if not isinstance(name, str):
        return _no_name(name)
    if name in frame.index.names:
        return _in_the_index(name)
    if name in map(str, frame.columns):
        return _name_is_no_text(name)
    guess = nearest(name, frame.columns)
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {name!r}.",
        column=str(name),
        why="The model asks for it.",
        fix=f"Did you mean {guess!r}?" if guess else f"Columns are: {', '.join(map(str, frame.columns))}.",
    )


def _no_name(given: object) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"A column was given as {type(given).__name__}, not by its name.",
        why="Columns of the table are named, so that every step uses the same rows.",
        fix="Put it into the table, data['name'] = ..., and give 'name'.",
    )


def _in_the_index(name: str) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"{name!r} is in the index of the table, not among its columns.",
        column=name,
        why="The model asks for a column.",
        fix="data.reset_index()",
    )


def _name_is_no_text(name: str) -> Problem:
    return Problem(
        "SB-MODEL-03",
        "stop",
        f"There is no column {name!r}: the one that looks like it has a number as its name.",
        column=name,
        why="In a formula columns are named by text.",
        fix="data.columns = data.columns.astype(str)",
    )


def _twice(name: object) -> Problem:
    return Problem(
        "SB-FILE-07",
        "stop",
        f"Two columns are called {name!r}.",
        column=str(name),
        why="It cannot be known which of them is meant.",
        fix="Rename one of them.",
    )


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """Columns of one length by name; a frame is made of them only where one is needed.

    Attributes
    ----------
    columns : dict of str to array
        As they are; numbers as numpy arrays.
    n_rows : int
        Their length.
    """

    columns: dict[str, Any]
    n_rows: int

    def __len__(self) -> int:
        return self.n_rows

    def get(self, name: str) -> Any:
        """A column, or None."""
        return self.columns.get(name)

    def frame(self) -> pd.DataFrame:
        """The columns as a frame; they are not copied."""
        return pd.DataFrame(self.columns, index=pd.RangeIndex(self.n_rows), copy=False)

    def of_rows(self, used: NDArray[np.bool_]) -> ColumnTable:
        """Some of the rows."""
        if used.all():
            return self
        return self.at(used, int(used.sum()))

    def at(self, rows: NDArray[Any], n_rows: int | None = None) -> ColumnTable:
        """The rows that a mask or an array of numbers picks out, and how many they are."""
        picked = {name: column[rows] for name, column in self.columns.items()}
        return ColumnTable(picked, len(rows) if n_rows is None else n_rows)
