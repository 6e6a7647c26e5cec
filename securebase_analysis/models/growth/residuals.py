"""Columns that say how the residuals of a growth model differ in variance and relate over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, rows_where
from securebase_analysis.models.formulas import columns_of_terms
from securebase_analysis.models.growth.request import Request
from securebase_analysis.models.rows import check_columns, is_number, numeric_columns, without_object
from securebase_analysis.results import wording

TIMES = ("years", "months", "wave", "age", "time")
"""Names by which time is known where the formula does not say it."""
WEIGHT, STRATUM, TIME, EXPOSURE = "row weight", "stratum", "time of the residuals", "exposure"
MOST_STRATA = 8


def extra_columns(
    frame: pd.DataFrame, request: Request, columns: list[str]
) -> tuple[dict[str, pd.Series], list[Problem]]:
    """Weights, strata and times, each under one name, and what is wrong with them.

    Raises
    ------
    ModelError
        When a column is not there, or time cannot be found.
    """
    made: dict[str, Any] = {}
    problems: list[Problem] = []
    check_columns(
        frame, [name for name in (request.weights, request.variance_by, request.exposure) if name is not None]
    )
    if request.weights is not None:
        numbers, wrong = numeric_columns(frame, [request.weights])
        made[WEIGHT] = numbers.get(request.weights)
        problems += wrong or _not_positive(request.weights, made[WEIGHT].to_numpy(float), "Weights")
    if request.variance_by is not None:
        made[STRATUM] = without_object(frame[request.variance_by])
        problems += _too_many_strata(request.variance_by, made[STRATUM].nunique())
    if request.exposure is not None:
        numbers, wrong = numeric_columns(frame, [request.exposure])
        made[EXPOSURE] = numbers.get(request.exposure)
        problems += wrong or _not_positive(request.exposure, made[EXPOSURE].to_numpy(float), "Exposures")
    if request.residual == "ar1":
        time = time_column(frame, request, columns)
        numbers, wrong = numeric_columns(frame, [time])
        made[TIME] = numbers.get(time)
        problems += wrong or [_over(time)]
    return made, problems


def _over(time: str) -> Problem:
    """Which column the residuals are related over."""
    return Problem(
        "SB-MODEL-93",
        "note",
        f"Residuals of a child correlate the more the nearer they lie in {time!r}.",
        column=time,
    )


def names_of_extra(frame: pd.DataFrame, request: Request, columns: list[str]) -> dict[str, str]:
    """The columns as they were named by the user, by the name they have here."""
    named = {WEIGHT: request.weights, STRATUM: request.variance_by, EXPOSURE: request.exposure}
    made = {name: column for name, column in named.items() if column is not None}
    return made | ({TIME: time_column(frame, request, columns)} if request.residual == "ar1" else {})


def same_time_twice(name: str, time: np.ndarray, code: np.ndarray, used: np.ndarray) -> list[Problem]:
    """Rows of one child at the same time, whose residuals would be one."""
    both = pd.DataFrame({"code": code, "time": time[used]})
    rows = np.flatnonzero(used)[both.duplicated(keep=False).to_numpy()] + 1
    if not len(rows):
        return []
    return [
        Problem(
            "SB-MODEL-63",
            "stop",
            f"Rows of one child have the same {name}.",
            column=name,
            rows=list(rows),
            why="residual='ar1' takes residuals for more alike the nearer they lie in time, and these for one.",
            done="Nothing was fitted.",
            fix="Give each row its own time, or leave out residual='ar1'.",
        )
    ]


def time_column(frame: pd.DataFrame, request: Request, columns: list[str]) -> str:
    """The column of time: a known name in random, in the formula or in the frame, or a random slope of a time.

    A random slope under another name is a time when it rises with the known one in every child, or when no other
    is known.

    Raises
    ------
    ModelError
        When there is none.
    """
    parts = [f"outcome ~ {part}" for part in request.random[request.group]]
    slopes = [name for part in parts for term in columns_of_terms(part) for name in term]
    places = (slopes, columns, frame)
    known = _first_numbers(frame, [name for place in places for name in TIMES if name in place])
    if known in slopes:
        return known
    slope = _first_numbers(frame, slopes)
    if slope and (known is None or _rises_with(frame, slope, known, request.group)):
        return slope
    if known:
        return known
    raise ModelError(
        Problem(
            "SB-MODEL-63",
            "stop",
            "residual='ar1' needs a time, and there is no column of years, months or waves as numbers.",
            why="How alike two residuals are depends on the time between them.",
            fix="data['years'] = years since the first interview",
        )
    )


def _first_numbers(frame: pd.DataFrame, names: list[str]) -> str | None:
    """The first of these columns that holds numbers."""
    return next((name for name in names if name in frame and is_number(without_object(frame[name]))), None)


def _rises_with(frame: pd.DataFrame, name: str, time: str, group: str) -> bool:
    """Whether a column rises from each time to the next in every group."""
    rows = frame[[group, time, name]].dropna().sort_values([group, time], kind="stable")
    steps = rows.groupby(group, sort=False, observed=True)[[time, name]].diff().astype(float)
    return bool((steps.loc[steps[time] > 0.0, name] > 0.0).all())


def _not_positive(name: str, numbers: np.ndarray, what: str) -> list[Problem]:
    odd = (numbers <= 0.0) & ~np.isnan(numbers)
    if not odd.any():
        return []
    return [
        Problem(
            "SB-MODEL-96",
            "stop",
            f"{what} in {name!r} are zero or negative.",
            column=name,
            rows=rows_where(odd),
            why="A weight divides the residual variance; an exposure is the time in which events were counted.",
            fix="Leave the cell empty to leave the row out.",
        )
    ]


def _too_many_strata(name: str, n: int) -> list[Problem]:
    if 2 <= n <= MOST_STRATA:
        return []
    return [
        Problem(
            "SB-MODEL-95",
            "stop",
            f"{name!r} has {wording.count(n, 'different value')}; variance_by takes 2 to {MOST_STRATA} groups.",
            column=name,
            why="Each group gets a residual variance of its own.",
            fix="Name a column of a few groups, such as the kind of placement.",
        )
    ]
