"""The answer of `assess_reliability`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.engines import internal_consistency as consistency
from securebase_analysis.results.inference import Floats, fisher_interval
from securebase_analysis.results.result import Result


@dataclass(frozen=True, eq=False)
class ReliabilityResult(Result):
    """Coefficients of consistency and what each item adds to them.

    Attributes
    ----------
    items : pandas.DataFrame
        One row per item: ``outcome, group, item, reversed, n, mean, sd, item_rest, alpha_if_dropped``.
    """

    items: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Each term by its own distribution; NaN where none is known."""
        ends = [
            _ends(row.interval, float(row.estimate), float(row.std_error), float(row.n), float(row.k), conf_level)
            for row in self.estimates.itertuples()
        ]
        low, high = np.array(ends, dtype=float).reshape(-1, 2).T
        return low, high


def _ends(
    kind: str, estimate: float, std_error: float, n: float, k: float, conf_level: float
) -> tuple[float, float]:
    """Feldt's F for alpha, the logit scale for omega, Fisher's z for correlations and what is made of one."""
    if np.isnan(estimate) or not kind:
        return np.nan, np.nan
    if kind == "feldt":
        return consistency.feldt_interval(estimate, n, int(k), conf_level) if k >= 2 else (np.nan, np.nan)
    if kind == "logit":
        return consistency.logit_interval(estimate, std_error, conf_level)
    correlation = estimate / (2.0 - estimate) if kind == "two items" else estimate
    low, high = fisher_interval(correlation, 1.0 / np.sqrt(n - 3.0) if n > 3 else np.nan, np.inf, conf_level)
    if kind == "two items":
        return consistency.spearman_brown(float(low)), consistency.spearman_brown(float(high))
    return float(low), float(high)
