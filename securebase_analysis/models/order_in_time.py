"""A predictor must not have been measured after the outcome it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.models.made_columns.parts import of_the_wave_before, stem_and_suffix

SUFFIX = "_date"
UNDATED = pd.DataFrame()
"""No column of the rows says when it was measured."""


def dates_of(data: Any, frame: pd.DataFrame, group: str = "child") -> pd.DataFrame:
    """When the columns of `frame` were measured: scores know it; a plain frame may say it in ``<column>_date``.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        What the model was given.
    frame : pandas.DataFrame
        Its rows, and columns made from them.
    group : str
        The column of the children, where none is called ``child``.

    Returns
    -------
    pandas.DataFrame
        Dates by the name of the column they belong to, row for row. ``x_within`` was measured when x was, and
        ``x_before`` when x was at the wave before. ``x_between`` has no date: it is made of all waves, later ones
        too, and says so in its note.
    """
    if hasattr(data, "dates"):
        measured = pd.DataFrame(data.dates().to_dict("series")).set_axis(frame.index)
    else:
        named = {
            str(name).removesuffix(SUFFIX): frame[name]
            for name in frame.columns
            if str(name).endswith(SUFFIX) and pd.api.types.is_datetime64_any_dtype(frame[name].dtype)
        }
        if not named:
            return UNDATED
        measured = pd.DataFrame(named, index=frame.index)
    for name in frame.columns:
        measured = _with_made(measured, str(name), frame, "child" if "child" in frame else group)
    return measured


def _with_made(measured: pd.DataFrame, name: str, frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The dates, with those of a column that was made of another one."""
    stem, suffix = stem_and_suffix(name)
    if name in measured or suffix not in ("_within", "_before"):
        return measured
    if suffix == "_before" and not {"wave", group} <= {*frame.columns}:
        return measured
    measured = _with_made(measured, stem, frame, group)
    if stem not in measured:
        return measured
    of_stem = measured[[stem]]
    dates = of_stem if suffix == "_within" else of_the_wave_before(of_stem, frame, group)[0]
    return measured.assign(**{name: dates[stem]})


def measured_later(
    frame: pd.DataFrame, dates: pd.DataFrame, outcome: str, columns: Sequence[str]
) -> list[Problem]:
    """SB-WAVE-11: rows in which a predictor was measured after the outcome."""
    if outcome not in dates:
        return []
    problems = []
    for name in columns:
        if name == outcome or name not in dates:
            continue
        complete = frame[[name, outcome]].notna().all(axis=1)
        later = (dates[name] > dates[outcome]) & complete
        if later.any():
            problems.append(_too_late(name, outcome, rows_where(later.to_numpy())))
    return problems


def _too_late(name: str, outcome: str, rows: list[int]) -> Problem:
    stem, suffix = stem_and_suffix(name)
    earlier = f"{stem or name}_before{suffix}"
    instead = "" if suffix == "_before" else f"Use {earlier!r}, made of the wave before, or leave these rows out. "
    return Problem(
        "SB-WAVE-11",
        "stop",
        f"In {len(rows):,} of the rows {name!r} was measured after {outcome!r}, which it is to predict.",
        column=name,
        rows=rows,
        why="What comes later cannot have led to what was there before; the estimate would read as if it had.",
        done="Nothing was fitted.",
        fix=f"{instead or 'Correct the dates, or leave these rows out. '}If their order is of no matter, give "
        "the plain table: fit_growth(scores.wide(), ...).",
    )
