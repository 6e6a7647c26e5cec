"""Tests of terms: several columns at once, and whether their hazards are proportional."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.engines.proportional_hazards import Transform, proportional_hazards_test
from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted, wald_chi2
from securebase_analysis.models.formulas import columns_by_term, columns_called, term_of
from securebase_analysis.models.one_or_several import listed

TRANSFORMS: tuple[Transform, ...] = ("km", "rank", "identity", "log")
TOGETHER = "all terms"


def joint_tests(rows: RowsAtRisk, fit: Fitted, terms: str | Sequence[str] | None) -> pd.DataFrame:
    """Wald tests of several columns at once; see `DisruptionResult.joint_test`."""
    by_term = columns_by_term(rows.X.terms)
    if terms is not None and not listed(terms):
        raise ModelError(_no_term("", rows.X.terms))
    asked = (
        by_term
        if terms is None
        else {", ".join(map(str, listed(terms))): chosen_columns(rows.X.terms, listed(terms))}
    )
    return pd.DataFrame([{"term": name, **_wald(fit, places)} for name, places in asked.items()])


def _wald(fit: Fitted, places: list[int]) -> dict[str, Any]:
    """Chi-squared of some columns, or F where clusters are few."""
    chi2, q = wald_chi2(fit, places), len(places)
    p_value = special.chdtrc(q, chi2) if np.isinf(fit.df) else special.fdtrc(q, fit.df, chi2 / q)
    return {"chi2": chi2, "df": q, "df_residual": fit.df, "p_value": float(p_value)}


def chosen_columns(columns: Sequence[str], asked: Sequence[Any]) -> list[int]:
    """Columns named by themselves or by their terms."""
    places: list[int] = []
    for name in asked:
        found = columns_called(name, columns)
        if not found:
            raise ModelError(_no_term(name, columns))
        places += found
    return list(dict.fromkeys(places))


def _no_term(name: object, columns: Sequence[str]) -> Problem:
    known = list(dict.fromkeys([*map(term_of, columns), *columns]))
    guess = nearest(name, known)
    return Problem(
        "SB-EVENT-21",
        "stop",
        f"The model has no term {name!r}.",
        column=str(name),
        why="Only what was estimated can be tested or drawn.",
        fix=f"Did you mean {guess!r}?" if guess else f"Terms are: {', '.join(known)}.",
    )


def proportionality(rows: RowsAtRisk, fit: Fitted, transform: Transform) -> pd.DataFrame:
    """Whether ratios change with time; see `DisruptionResult.proportional_hazards`."""
    check_option("transform", transform, TRANSFORMS)
    by_term = columns_by_term(rows.X.terms)
    names = [*by_term, TOGETHER]
    df = np.array([*map(len, by_term.values()), len(rows.X.terms)])
    chi2 = np.full(len(names), np.nan)
    if not has_residuals(fit):
        return pd.DataFrame({"term": names, "chi2": chi2, "df": df, "p_value": chi2})
    # With one event time, or a function of time without a value there, nothing can change with it.
    with contextlib.suppress(ValueError, np.linalg.LinAlgError):
        chi2 = proportional_hazards_test(fit.cox, transform, list(by_term.values())).statistic
    return pd.DataFrame({"term": names, "chi2": chi2, "df": df, "p_value": special.chdtrc(df, chi2)})


def has_residuals(fit: Fitted) -> bool:
    """Whether there are Schoenfeld's residuals: where every ratio is finite."""
    return not fit.runaway.any()
