"""Whose the rows are, and of which wave: a row that is of several, or of nobody, is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped, rows_where
from securebase_analysis.models.network.request import Request
from securebase_analysis.models.rows import check_columns, groups_of, nameless, repeated_waves, written_in_two_ways

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

MANY_INFORMANTS = 4
"""Of more informants than this, their names are likely to be those of people."""


def children_are_named(frame: pd.DataFrame, request: Request) -> bool:
    """Whether a column must say which child; without one each row is a child, unless there are several waves.

    A name of one's own that is not there was mistyped.
    """
    if request.group in frame or request.group != "child":
        return True
    return request.level == "between" and "wave" in frame and frame["wave"].astype(str).nunique() > 1


def at_wave(frame: pd.DataFrame, request: Request) -> tuple[Bools, Any]:
    """Which rows are of the wave that is asked for, and that wave."""
    if request.level == "between":
        return np.ones(len(frame), dtype=bool), None
    check_columns(frame, ["wave"])
    raise_if_stopped(several_in_a_cell(frame, "wave"))
    waves = list(pd.unique(frame["wave"].dropna()))
    wave = waves[0] if request.wave is None and len(waves) == 1 else request.wave
    if wave is None or not pd.api.types.is_hashable(wave) or wave not in waves:
        raise ModelError(_which_wave(wave, waves))
    return (frame["wave"] == wave).fillna(False).to_numpy(bool), wave


def _which_wave(wave: object, waves: list[Any]) -> Problem:
    alike = [other for other in waves if str(other) == str(wave)]
    known = ", ".join(
        repr(one) if isinstance(one, str) else str(one) for one in sorted(alike or waves, key=str)[:10]
    )
    return Problem(
        "SB-SEM-86",
        "stop",
        "level='wave' needs to know which." if wave is None else f"There are no rows of wave {wave!r}.",
        column="wave",
        why="A network of one wave has one row a child.",
        fix=f"wave=..., one of {known}; or level='between' for the mean over waves",
    )


def who_is_who(frame: pd.DataFrame, group: str, named: bool) -> tuple[Ints, pd.DataFrame, list[Problem]]:
    """Number of the child of each row, the key of each child, and what is wrong with them."""
    if not named:
        return np.arange(len(frame)), pd.DataFrame(index=pd.RangeIndex(len(frame))), []
    groups = groups_of(frame, group)
    problems = [*groups.problems, *nameless(groups, group), *written_in_two_ways(groups, group)]
    return groups.code, groups.keys, problems


def of_several_informants(frame: pd.DataFrame) -> list[Problem]:
    """Answers of several people about the same child; names that may be those of people are not told."""
    if "informant" not in frame:
        return []
    several = several_in_a_cell(frame, "informant")
    if several or frame["informant"].nunique() < 2:
        return several
    names = sorted(map(str, frame["informant"].dropna().unique()))
    told = len(names) <= MANY_INFORMANTS and all(name.isalpha() and name.islower() for name in names)
    listed_names = f" ({', '.join(names)})" if told else ""
    return [
        Problem(
            "SB-SEM-85",
            "stop",
            f"The rows come from {len(names)} informants{listed_names}.",
            column="informant",
            why="A mean over informants mixes what the child is like with who was asked.",
            done="Nothing was averaged.",
            fix=f"data = data[data['informant'] == {repr(names[0]) if told else '...'}]; "
            "with scores, data.wide(informant=...)",
        )
    ]


def several_in_a_cell(frame: pd.DataFrame, column: str) -> list[Problem]:
    """Cells that hold lists."""
    if frame[column].dtype != object:
        return []
    several = [not pd.api.types.is_hashable(cell) for cell in frame[column]]
    if not any(several):
        return []
    return [
        Problem(
            "SB-SEM-85" if column == "informant" else "SB-SEM-86",
            "stop",
            f"Cells of {column!r} hold several values each.",
            column=column,
            rows=rows_where(several),
            why=f"A row is of one {column}.",
            done="Nothing was computed.",
            fix=f"data = data.explode({column!r})",
        )
    ]


def same_rows(frame: pd.DataFrame, child: Ints) -> list[Problem]:
    """Rows that stand twice, where no column says which wave they are of."""
    if "wave" in frame:
        return repeated_waves(frame, child)
    same = pd.Series(child).duplicated(keep=False).to_numpy() & (child >= 0)
    if not same.any():
        return []
    same[same] = frame[same].astype(str).duplicated(keep=False).to_numpy(bool)
    if not same.any():
        return []
    return [
        Problem(
            "SB-ID-01",
            "stop",
            f"{int(same.sum()):,} rows are the same as another in every column.",
            column="child",
            rows=rows_where(same),
            why="They are one row copied, not a child seen twice.",
            done="Nothing was averaged.",
            fix="data = data.drop_duplicates()",
        )
    ]
