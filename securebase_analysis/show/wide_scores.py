"""Scores as a wide table, whatever they were given as."""

from __future__ import annotations

from typing import Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem


def wide_scores(scores: Any, **how: Any) -> pd.DataFrame:
    """One row per child and wave, one column per construct.

    Raises
    ------
    ModelError
        SB-MODEL-41: neither scores nor a table.
    """
    if isinstance(scores, pd.DataFrame):
        return scores
    if callable(getattr(scores, "wide", None)):
        return scores.wide(**how)
    raise ModelError(
        Problem(
            "SB-MODEL-41",
            "stop",
            f"scores is of type {type(scores).__name__}, neither scores nor a table.",
            why="A picture of dimensions is drawn from their scores.",
            fix="Give score_dimensions(study), or a pandas.DataFrame with a row per child and wave.",
        )
    )
