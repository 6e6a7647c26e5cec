"""The ladder as tables: a row per step, and the parameters of a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from securebase_analysis.engines.structural_equations import Errors
from securebase_analysis.measures.invariance.fitted_step import FittedStep
from securebase_analysis.measures.invariance.ladder import Ladder
from securebase_analysis.measures.invariance.verdicts import Verdict


def steps_table(fitted: Sequence[FittedStep], verdicts: list[Verdict]) -> pd.DataFrame:
    """One row per step; see `InvarianceResult.steps`."""
    rows = []
    for place, (step, verdict) in enumerate(zip(fitted, verdicts)):
        before = fitted[place - 1] if place else None
        row = {"step": step.step, **step.figures(), "converged": step.fit.converged}
        rows.append({**row, **_differences(step, before), "verdict": verdict.word})
    return pd.DataFrame(rows)


def _differences(step: FittedStep, before: FittedStep | None) -> dict[str, float]:
    """What the step costs."""
    test = step.difference
    if before is None or test is None:
        test_row = (np.nan,) * 6
    else:
        test_row = (
            test.statistic,
            test.df,
            test.p_value,
            step.cfi - before.cfi,
            step.rmsea - before.rmsea,
            step.srmr - before.srmr,
        )
    names = ("chi2", "df", "p_value", "cfi", "rmsea", "srmr")
    return dict(zip([f"{name}_difference" for name in names], test_row))


def errors_of(missing: str, estimator: str) -> Errors:
    """How errors are made: as lavaan makes them, from the observed information unless all rows are whole."""
    if estimator == "mlr":
        return "sandwich"
    return "observed" if missing == "fiml" else "expected"


def estimates_table(ladder: Ladder, step: FittedStep, errors: Errors) -> pd.DataFrame:
    """The parameters of one model, group by group or wave by wave, as ``tidy()`` begins."""
    std_error, theta = step.std_errors(errors), step.fit.theta
    rows = []
    for cell in step.model.cells:
        number = step.model.parameter(cell)
        rows.append(
            {
                "outcome": "",
                "group": ladder.occasions[cell.occasion] if cell.occasion >= 0 else "",
                "effect": cell.effect,
                "term": cell.term,
                "estimate": cell.fixed if number is None else theta[number],
                "std_error": np.nan if number is None else std_error[number],
                "df": np.inf,
            }
        )
    return pd.DataFrame(rows)
