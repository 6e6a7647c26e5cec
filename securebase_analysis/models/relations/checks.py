"""Checks of relations: clusters enough, correlations that are not defined, constructs next to the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame

FEW_CLUSTERS = 20


def checks_of(pairs: pd.DataFrame, n_clusters: int) -> pd.DataFrame:
    """The clusters behind the intervals first, then the correlations that need care."""
    few = f"Only {n_clusters} clusters: read the intervals as rough, and do not rank the correlations."
    enough = n_clusters >= FEW_CLUSTERS
    rows = [check("clusters behind the standard errors", float(n_clusters), float(FEW_CLUSTERS), enough, few)]
    for row in pairs.itertuples():
        if not np.isfinite(row.estimate):
            rows.append(_undefined(row))
        elif row.effect == "between" and abs(row.estimate) > NEARLY_THE_SAME:
            rows.append(_nearly_the_same(row))
    return checks_frame(rows)


def _undefined(row: Any) -> Check:
    advice = f"Not defined: {why_undefined(row.effect)}."
    return check(f"{row.effect}: {row.first} and {row.second}", np.nan, np.nan, False, advice)


def why_undefined(effect: str) -> str:
    """Why a correlation has no value."""
    if effect == "within":
        return "no child has both at two waves or more, or they never differ from the child's own mean"
    return "one of the two has the same value for everyone, or too few rows hold both"


def _nearly_the_same(row: Any) -> Check:
    return check(
        f"between: {row.first} and {row.second}",
        row.estimate,
        NEARLY_THE_SAME,
        False,
        f"{theory.label(row.first)} and {theory.label(row.second)} correlate "
        f"{wording.number(row.estimate, leading_zero=False)} between children: their separate effects cannot be "
        "told apart in one model. Test them jointly, or use their mean.",
    )
