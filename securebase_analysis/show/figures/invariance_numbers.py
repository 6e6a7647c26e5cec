"""The numbers of the picture of a ladder of invariance: its steps, and by how much each item departs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.measures.invariance import InvarianceResult
from securebase_analysis.measures.invariance.verdicts import FORM_CFI, FORM_RMSEA
from securebase_analysis.results.inference import check_conf_level, wald_interval

COLUMNS = ["panel", "step", "group", "term", "estimate", "conf_low", "conf_high", "cut_off", "index", "verdict"]


def invariance_frame(result: InvarianceResult, *, conf_level: float | None = None) -> pd.DataFrame:
    """What the picture of `assess_invariance` is drawn from.

    Parameters
    ----------
    result : InvarianceResult
        From `assess_invariance`.
    conf_level : float, optional
        Level of the intervals of departures; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``panel, step, group, term, estimate, conf_low, conf_high, cut_off, index, verdict``. Panel *fit*: a row
        per step and index (`term` ``cfi`` or ``rmsea``, which has its 90 % interval), with the value beyond
        which the step would be too much. Panel *departures*: a row per group or wave and equal term of each step,
        with the change that is expected if it were free, its interval, and the index of the score test.
    """
    level = result.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    frame = pd.concat([_fit(result), _departures(result, level)], ignore_index=True)
    return frame[COLUMNS]


def _fit(result: InvarianceResult) -> pd.DataFrame:
    """CFI and RMSEA of every step, those that are compared."""
    steps = result.steps
    ending = "_scaled" if "cfi_scaled" in steps else "_robust" if "cfi_robust" in steps else ""
    rows = []
    for place, row in enumerate(steps.to_dict("records")):
        before = steps.iloc[place - 1] if place else None
        for name in ("cfi", "rmsea"):
            # Robust RMSEA has no interval here; that of another index would mislead.
            ends = [
                row.get(f"rmsea{ending}_{end}", np.nan) if name == "rmsea" and ending != "_robust" else np.nan
                for end in ("low", "high")
            ]
            reached = None if before is None else float(before[name + ending])
            rows.append(
                {
                    "panel": "fit", "step": row["step"], "group": "", "term": name,
                    "estimate": row[f"{name}{ending}"], "conf_low": ends[0], "conf_high": ends[1],
                    "cut_off": _cut_off(result, name, reached),
                    "index": np.nan, "verdict": row["verdict"],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _cut_off(result: InvarianceResult, name: str, before: float | None) -> float:
    """The value that an index may reach at a step."""
    if before is None:
        return FORM_CFI if name == "cfi" else FORM_RMSEA
    return before - result.cuts.cfi if name == "cfi" else before + result.cuts.rmsea


def _departures(result: InvarianceResult, conf_level: float) -> pd.DataFrame:
    """Expected changes with intervals: a score test is the square of a change over its standard error."""
    found = result.suggestions
    change = found["change"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(change) / np.sqrt(found["index"].to_numpy(float))
    low, high = wald_interval(change, error, np.full(len(found), np.inf), conf_level)
    verdicts = dict(zip(result.steps["step"], result.steps["verdict"]))
    return pd.DataFrame(
        {
            "panel": "departures", "step": found["step"], "group": found["group"], "term": found["term"],
            "estimate": change, "conf_low": low, "conf_high": high, "cut_off": np.nan, "index": found["index"],
            "verdict": found["step"].map(verdicts),
        }
    )  # fmt: skip
