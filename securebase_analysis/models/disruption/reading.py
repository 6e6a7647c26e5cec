"""What the columns say: how rows ended and when, predictors, weights and strata, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import DataError, Problem, raise_if_stopped, rows_where
from securebase_analysis.measures.blank_cells import blank
from securebase_analysis.models.disruption.endings import Endings, endings_of
from securebase_analysis.models.disruption.predictors import coded, names_of_predictors
from securebase_analysis.models.disruption.request import Request
from securebase_analysis.models.disruption.shared_units import strata_of, weights_of
from securebase_analysis.models.incidence.durations import Durations, durations_of
from securebase_analysis.models.rows import check_columns, long_frame
from securebase_analysis.results import wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ColumnsRead:
    """A table as it was read; arrays have one value for each row given.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows given.
    request : Request
        What was asked, with what the data say of themselves.
    clock : str
        What days count from, where the data say so: ``placement``, ``child`` or ``period``.
    observed_late : bool
        Whether the data know from when on they were observed.
    endings : Endings
        How each row ended.
    days : Durations
        When.
    values : pandas.DataFrame
        The predictors.
    weight : numpy.ndarray or None
        Weights.
    strata : numpy.ndarray of int or None
        Stratum of each row, -1 where a column is empty.
    strata_named : tuple of str
        The strata in words.
    notes : tuple of str
        What the data bring with them.
    """

    frame: pd.DataFrame
    request: Request
    clock: str
    observed_late: bool
    endings: Endings
    days: Durations
    values: pd.DataFrame
    weight: Floats | None
    strata: Ints | None
    strata_named: tuple[str, ...]
    notes: tuple[str, ...]


def columns_read(data: Any, asked: Request) -> ColumnsRead:
    """Read every column that the request names, and say everything that is wrong with them at once.

    Raises
    ------
    ModelError
        When a column is not there, or the formula cannot be answered.
    DataError
        When it is not known what a column means.
    """
    frame, request, clock, notes = _table(data, asked)
    check_columns(frame, request.columns)
    if request.recurrent is not None and request.child is None:
        check_columns(frame, ["child"])
    raise_if_stopped([*_no_rows(frame), *_lists(frame, request.columns)])
    names = names_of_predictors(frame, request)
    endings = endings_of(frame, request)
    days = durations_of(frame, request.stop, request.start, None)
    values, of_values = coded(frame, names)
    weight, of_weights = weights_of(frame, request.weights)
    raise_if_stopped([*endings.problems, *days.problems, *of_values, *of_weights])
    strata, named = strata_of(frame, request.strata)
    observed_late = not isinstance(data, pd.DataFrame) and getattr(data, "observed_from", None) is not None
    return ColumnsRead(frame, request, clock, observed_late, endings, days, values, weight, strata, named, notes)


# ---- the table -------------------------------------------------------------------------------------------------


def _table(data: Any, request: Request) -> tuple[pd.DataFrame, Request, str, tuple[str, ...]]:
    """The rows behind what was given, the request with what they say of it, their clock, and their notes."""
    if isinstance(data, pd.DataFrame) or not (hasattr(data, "rows") or hasattr(data, "spells")):
        return long_frame(data), request, "", ()
    frame = long_frame(data.rows if hasattr(data, "rows") else data.spells)
    clock = str(dict(getattr(data, "spec", {})).get("unit", "placement"))
    if hasattr(data, "rows"):
        request = _as_followed(frame, request, clock)
    brought = getattr(data, "notes", ())
    return frame, request, clock, tuple(note for note in brought if isinstance(note, str))


def _as_followed(frame: pd.DataFrame, request: Request, clock: str) -> Request:
    """What rows of followed placements say of themselves: that they have starts, and whose clock they are on."""
    if request.start is None and "start" in frame:
        # They are parts of placements; taken from 0 they would count each child many times.
        request = replace(request, start="start")
    if clock == "child" and request.recurrent is None and request.model == "cox":
        request = replace(request, recurrent="andersen-gill")
    return request


def _no_rows(frame: pd.DataFrame) -> list[Problem]:
    return [] if len(frame) else [_none_left(0, {})]


def _lists(frame: pd.DataFrame, names: Sequence[str]) -> list[Problem]:
    """Columns whose cells hold lists or tables."""
    return [
        Problem(
            "SB-EVENT-26",
            "stop",
            f"Cells of {name!r} hold several values each.",
            column=name,
            why="A row says one thing in each column.",
            done="Nothing was fitted.",
            fix=f"data = data.explode({name!r}), or take one value of each cell.",
        )
        for name in names
        if frame[name].dtype == object and not all(map(pd.api.types.is_hashable, frame[name]))
    ]


# ---- which rows say enough -------------------------------------------------------------------------------------


def complete_rows(read: ColumnsRead) -> tuple[Bools, list[Problem]]:
    """Rows in which nothing that the model needs is empty, and what was left out.

    Raises
    ------
    DataError
        When none is left.
    """
    request, days, code = read.request, read.days, read.endings.code
    lacking: dict[str, Bools] = {str(name): blank(read.values[name]) for name in read.values}
    lacking[request.stop] = np.isnan(days.stop)
    if days.entry is not None:
        lacking[str(request.start)] = np.isnan(days.entry)
    elif days.began is not None:
        lacking[str(request.start)] = days.began.isna().to_numpy(bool)
    if read.weight is not None:
        lacking[str(request.weights)] = np.isnan(read.weight)
    if read.strata is not None:
        lacking[" and ".join(request.strata)] = read.strata < 0
    lacking = {name: mask for name, mask in lacking.items() if mask.any()}
    used = ~np.logical_or.reduce([code < 0, *lacking.values()])
    if not used.any():
        raise DataError(_none_left(len(used), lacking))
    return used, [_left_out(used, lacking, int((code[~used] == 1).sum()))] if lacking else []


def _left_out(used: Bools, lacking: dict[str, Bools], events: int) -> Problem:
    """How many rows the model uses, and which column the others lack."""
    counts = {name: int(mask.sum()) for name, mask in lacking.items()}
    each = ", ".join(f"{n:,} {'lacks' if n == 1 else 'lack'} {name}" for name, n in counts.items())
    return Problem(
        "SB-MODEL-12",
        "note",
        f"The model uses {int(used.sum()):,} of {len(used):,} rows; {each}; "
        f"{wording.count(events, 'event')} among those left out.",
        column=", ".join(lacking),
        rows=rows_where(~used),
    )


def _none_left(n_rows: int, lacking: dict[str, Bools]) -> Problem:
    emptiest = max(lacking, key=lambda name: lacking[name].sum()) if lacking else ""
    return Problem(
        "SB-EVENT-12",
        "stop",
        f"None of the {n_rows:,} rows has a value in every column of the model."
        if n_rows
        else "The table has no rows.",
        column=emptiest,
        why="There is nothing to fit the model to.",
        fix=f"Look at {emptiest!r} first, or leave it out of the formula." if emptiest else "Check the file.",
    )
