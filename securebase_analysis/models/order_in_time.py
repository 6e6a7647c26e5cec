"""A predictor must not have been measured after the outcome it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from securebase_analysis.errors import Problem, rows_where

SUFFIX = "_date"


def dates_of(data: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """When the columns of `frame` were measured: scores know it; a plain frame may say it in ``<column>_date``.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        What the model was given.
    frame : pandas.DataFrame
        Its rows.

    Returns
    -------
    pandas.DataFrame
        Dates by the name of the column they belong to, row for row.
    """
    if hasattr(data, "dates"):
        return pd.DataFrame(data.dates().to_dict("series")).set_axis(frame.index)
    named = {
        str(name).removesuffix(SUFFIX): frame[name]
        for name in frame.columns
        if str(name).endswith(SUFFIX) and pd.api.types.is_datetime64_any_dtype(frame[name].dtype)
    }
    return pd.DataFrame(named, index=frame.index)


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
    return Problem(
        "SB-WAVE-11",
        "stop",
        f"In {len(rows):,} of the rows {name!r} was measured after {outcome!r}, which it is to predict.",
        column=name,
        rows=rows,
        why="What comes later cannot have led to what was there before; the estimate would read as if it had.",
        done="Nothing was fitted.",
        fix=f"Use {name!r} of the wave before, or leave these rows out. If their order is of no matter, give "
        "the plain table: fit_growth(scores.wide(), ...).",
    )
