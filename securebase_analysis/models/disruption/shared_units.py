"""What rows share: clusters for the errors, groups of a frailty, strata, and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.disruption.units import Units
from securebase_analysis.models.rows import groups_of, is_number, without_object, words, written_in_two_ways
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shared:
    """What rows share.

    Attributes
    ----------
    cluster, frailty : numpy.ndarray of int, shape (rows,), or None
        Number of the cluster, and of what shares a frailty.
    name : str
        What a cluster is called; empty without.
    problems : tuple of Problem
        What is wrong, or was assumed.
    """

    cluster: Ints | None
    name: str
    frailty: Ints | None
    problems: tuple[Problem, ...]


def shared_of(frame: pd.DataFrame, request: Request, unit: Units | None, weighted: bool) -> Shared:
    """What the rows used share.

    Without a cluster named, rows of children who move again and again are clustered by child; weighted rows by
    themselves, or by what follows one another, because weights make the model's own errors wrong.
    """
    if request.frailty is not None:
        code, problems = _numbered(frame, request.frailty)
        return Shared(None, "", code, tuple(problems))
    if request.cluster is not None:
        code, problems = _numbered(frame, request.cluster)
        return Shared(code, request.cluster, None, tuple(problems))
    if request.recurrent is None and not weighted:
        return Shared(None, "", None, ())
    if unit is None:
        return Shared(np.arange(len(frame), dtype=np.int64), "row", None, ())
    return Shared(unit.code, unit.name, None, ())


def _numbered(frame: pd.DataFrame, name: str) -> tuple[Ints, list[Problem]]:
    """The group of each row; a row that names none is one by itself."""
    found = groups_of(frame, name)
    alone = found.code < 0
    code = np.where(alone, found.code.max(initial=-1) + np.cumsum(alone), found.code)
    problems = [*found.problems, *written_in_two_ways(found, name)]
    if alone.any():
        problems.append(_unnamed(name, alone))
    code = pd.factorize(code)[0].astype(np.int64)
    if len(code) and code.max() == 0:
        problems.append(_only_one(name))
    return code, problems


def _unnamed(name: str, alone: NDArray[np.bool_]) -> Problem:
    return Problem(
        "SB-EVENT-13",
        "note",
        f"{wording.count(int(alone.sum()), 'row names', 'rows name')} no {name}.",
        column=name,
        done="Each counts as one by itself.",
    )


def _only_one(name: str) -> Problem:
    return Problem(
        "SB-EVENT-14",
        "stop",
        f"All rows used have the same {name}.",
        column=name,
        why="What differs between clusters cannot be learned from one.",
        done="Nothing was fitted.",
        fix=f"Leave out cluster={name!r} or frailty={name!r}, or give a column with several.",
    )


def strata_of(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Ints | None, tuple[str, ...]]:
    """The stratum of each row, -1 where a column is empty, and the strata in words."""
    if not names:
        return None, ()
    empty = np.logical_or.reduce([blank(frame[name]) for name in names])
    columns = [frame[name].astype(object) for name in names]
    code, keys = pd.factorize(pd.MultiIndex.from_arrays(columns), sort=False)
    written = tuple(", ".join(f"{name} {_plain(cell)}" for name, cell in zip(names, key)) for key in keys)
    return np.where(empty, -1, code).astype(np.int64), written


def _plain(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def weights_of(frame: pd.DataFrame, name: str | None) -> tuple[Floats | None, list[Problem]]:
    """The weights, missing where they are empty, and a problem where they cannot be weights."""
    if name is None:
        return None, []
    column = without_object(frame[name])
    if not is_number(column):
        return None, [words(name, column)]
    weight = column.to_numpy(float, na_value=np.nan)
    wrong = (weight <= 0.0) | np.isinf(weight)
    if not wrong.any():
        return weight, []
    return weight, [
        Problem(
            "SB-EVENT-15",
            "stop",
            f"{wording.count(int(wrong.sum()), 'weight is', 'weights are')} not above zero, or endless.",
            column=name,
            rows=rows_where(wrong),
            why="A weight says for how many a row stands.",
            done="Nothing was fitted.",
            fix=f"Correct them, or leave such rows out: data[data[{name!r}] > 0].",
        )
    ]
