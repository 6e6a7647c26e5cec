"""Two models of the same rows, one a special case of the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import Implied
from securebase_analysis.engines.ordinal_difference import OrdinalDifference, ordinal_difference
from securebase_analysis.engines.scaled_tests import ScaledDifference, scaled_difference
from securebase_analysis.engines.structural_equations import fit_structures
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted

Floats = NDArray[np.float64]
AnyFitted = Fitted | OrdinalFitted
REPRODUCED = 1e-4
"""Discrepancy per row below which a model reproduces moments, beyond what a search leaves."""


def compared(one: AnyFitted, other: Any) -> pd.DataFrame:
    """Test the more restricted of two models against the other; see `SemResult.compared_with`."""
    if not isinstance(other, Fitted | OrdinalFitted):
        raise ModelError(_no_model(other))
    restricted, general = (one, other) if one.fit.df > other.fit.df else (other, one)
    _check_alike(restricted, general)
    test = _difference(restricted, general)
    table = pd.DataFrame([_row("restricted", restricted), _row("general", general)])
    change = table.loc[1, ["cfi", "rmsea"]].astype(float) - table.loc[0, ["cfi", "rmsea"]].astype(float)
    differences = {
        "chi2_difference": test.statistic, "df_difference": float(test.df), "p_value": test.p_value,
        "scaling_factor": test.scaling_factor, "cfi_difference": change["cfi"],
        "rmsea_difference": change["rmsea"],
    }  # fmt: skip
    return table.assign(**{name: [np.nan, value] for name, value in differences.items()})


def _difference(restricted: AnyFitted, general: AnyFitted) -> ScaledDifference | OrdinalDifference:
    """The test that goes with the estimator."""
    if isinstance(restricted, OrdinalFitted) and isinstance(general, OrdinalFitted):
        return ordinal_difference(restricted.fit, general.fit)
    assert isinstance(restricted, Fitted)
    assert isinstance(general, Fitted)
    return scaled_difference(restricted.fit, general.fit, scaled=restricted.estimator == "mlr")


def _row(name: str, fitted: AnyFitted) -> dict[str, Any]:
    """The fit of one model; robust indices after MLR."""
    measures = fitted.measures
    scaled = "chi2_scaled" in measures
    names = {"chi2": "chi2_scaled", "cfi": "cfi_robust", "rmsea": "rmsea_robust"} if scaled else {}
    values = {name: measures[names.get(name, name)] for name in ("chi2", "cfi", "rmsea", "srmr")}
    return {
        "model": name,
        "n_parameters": fitted.table.n_free,
        "df": fitted.fit.df,
        **values,
        "aic": fitted.aic,
        "bic": fitted.bic,
    }


def _check_alike(restricted: AnyFitted, general: AnyFitted) -> None:
    """Refuse models whose difference is no test."""
    ours, theirs = restricted.sample, general.sample
    problem = None
    if set(ours.names) != set(theirs.names) or restricted.table.groups != general.table.groups:
        problem = _not_alike(
            "columns or groups", "A likelihood is of certain columns; another is no nearer or further."
        )
    elif not all(np.array_equal(a, b) for a, b in zip(ours.rows, theirs.rows)) or not _same_values(ours, theirs):
        problem = _not_alike("rows", "Rows with gaps were left out of one of them, or the table has changed.")
    elif restricted.estimator != general.estimator or set(restricted.table.given) != set(general.table.given):
        problem = _not_alike("estimators, or columns taken as given", "Their statistics are of different kinds.")
    elif restricted.fit.df == general.fit.df:
        problem = _same_df()
    elif not (restricted.fit.converged and general.fit.converged):
        problem = _not_alike("search: one ended at no maximum", "Its likelihood could be higher.")
    elif not _reproduces(general, restricted):
        problem = _not_nested()
    if problem is not None:
        raise ModelError(problem)


def _same_values(ours: Any, theirs: Any) -> bool:
    """Whether both hold the same numbers, whatever the order of their columns."""
    order = [theirs.names.index(name) for name in ours.names]
    return all(np.array_equal(a, b[:, order], equal_nan=True) for a, b in zip(ours.X, theirs.X))


def _reproduces(general: AnyFitted, restricted: AnyFitted) -> bool:
    """Whether the general model fits the moments that the restricted one implies."""
    if not (isinstance(general, Fitted) and isinstance(restricted, Fitted)):
        return general.fit.chi2 <= restricted.fit.chi2 + REPRODUCED * restricted.sample.n_rows
    order = [restricted.sample.names.index(name) for name in general.sample.names]
    groups = [
        (patterns_of(_rows_with(moments, order, len(values))), structure)
        for moments, values, (_, structure) in zip(
            restricted.fit.at.implied, restricted.sample.X, general.fit.groups
        )
    ]
    try:
        fit = fit_structures(groups, general.fit.theta)
    except ValueError:
        return False
    return fit.chi2 / fit.n_rows < REPRODUCED


def _rows_with(moments: Implied, order: list[int], n: int) -> Floats:
    """Rows whose means and covariances are exactly those implied."""
    p = len(order)
    rows = max(n, 2 * p + 2)
    random = np.random.default_rng(1).normal(size=(rows, p))
    random -= random.mean(axis=0)
    white = np.linalg.qr(random)[0] * np.sqrt(rows)
    covariance = moments.covariance[np.ix_(order, order)]
    made: Floats = white @ np.linalg.cholesky(covariance).T + moments.mean[order]
    return made


# ---- what is told ----------------------------------------------------------------------------------------------


def _no_model(other: Any) -> Problem:
    return Problem(
        "SB-SEM-32",
        "stop",
        f"A {type(other).__name__} is no structural equation model.",
        why="Two models of the same rows are compared.",
        fix="metric.compared_with(configural)",
    )


def _not_alike(what: str, why: str) -> Problem:
    return Problem(
        "SB-SEM-33", "stop", f"The two models differ in their {what}.", why=why,
        done="They were not compared.", fix="Fit both to the same rows and columns, with the same options.",
    )  # fmt: skip


def _same_df() -> Problem:
    return Problem(
        "SB-SEM-34",
        "stop",
        "The two models have the same degrees of freedom.",
        why="Then neither is a special case of the other.",
        done="They were not compared.",
        fix="Compare AIC and BIC: result.glance()[['aic', 'bic']].",
    )


def _not_nested() -> Problem:
    return Problem(
        "SB-SEM-35",
        "stop",
        "Neither model is a special case of the other.",
        why="The one with more parameters cannot reproduce what the other implies; the difference of their "
        "chi-squares has no known distribution.",
        done="They were not compared.",
        fix="Compare AIC and BIC: result.glance()[['aic', 'bic']].",
    )
