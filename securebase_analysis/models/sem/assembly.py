"""From a fit to the answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.sem.answer import SemResult
from securebase_analysis.models.sem.checks import checks_of
from securebase_analysis.models.sem.defined_parameters import defined_values
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.models.sem.request import Request
from securebase_analysis.models.sem.scores_of_constructs import distances
from securebase_analysis.models.sem.structures import cell_of, places
from securebase_analysis.models.sem.told import notes_of, title_of

METHODS = {
    "ml": "maximum likelihood",
    "mlr": "maximum likelihood, robust errors and test",
    "wlsmv": "weighted least squares, scaled and shifted test",
}


def answer_of(fitted: Fitted | OrdinalFitted, request: Request) -> SemResult:
    """The answer; what is costly and not always read is made when it is read."""
    return SemResult(
        title=title_of(fitted, request),
        spec=_spec(request),
        estimates=_estimates(fitted),
        facts=_facts(fitted, request),
        rows=partial(_rows, fitted),
        checks=partial(checks_of, fitted),
        notes=notes_of(fitted, request),
        fitted=fitted,
        r_call=_r_call(fitted, request),
    )


def _spec(request: Request) -> dict[str, Any]:
    """The request, so that it can be made again."""
    return {
        "verb": "fit_sem", "model": request.model, "missing": request.missing, "estimator": request.estimator,
        "group": request.group, "equal": request.equal, "partial": request.partial, "defaults": request.defaults,
        "std_lv": request.std_lv, "orthogonal": request.orthogonal, "fixed_x": request.fixed_x,
        "meanstructure": request.meanstructure, "ordered": request.ordered, "conf_level": request.conf_level,
    }  # fmt: skip


def _r_call(fitted: Fitted | OrdinalFitted, request: Request) -> str:
    """How to fit the same model in R."""
    options = [f'missing = "{"ml" if request.missing == "fiml" else "listwise"}"']
    options.append(f'estimator = "{request.estimator.upper()}"')
    if fitted.table.ordinal:
        options[0] = f'missing = "{"listwise" if request.missing == "listwise" else "pairwise"}"'
        options.append(f"ordered = c({', '.join(repr(name) for name in fitted.table.ordinal)})")
        options.append("conditional.x = FALSE")
    options.append(f"meanstructure = {str(fitted.table.meanstructure).upper()}")
    options.append(f"fixed.x = {str(request.fixed_x and not fitted.table.ordinal).upper()}")
    if request.group is not None:
        options.append(f'group = "{request.group}"')
    return f"lavaan::lavaan(model, data, {', '.join(options)})"


def _estimates(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """Every element, group by group, then what is defined; errors of what is free."""
    table, place = fitted.table, places(fitted.table)
    error = np.sqrt(np.diag(fitted.vcov))
    moments = [_matrices(at) for at in fitted.implied]
    shown = [one for one in table if (table.meanstructure or one.op != "~1") and (one.op != "~*~" or one.is_free)]
    made = pd.DataFrame(
        {
            "outcome": [one.outcome for one in shown],
            "group": [table.groups[one.group] for one in shown],
            "effect": [one.effect for one in shown],
            "term": [one.term for one in shown],
            "estimate": [
                fitted.estimates[one.free]
                if one.is_free
                else float(moments[one.group][cell_of(one, place)])
                if one.given
                else one.value
                for one in shown
            ],
            "std_error": [error[one.free] if one.is_free else np.nan for one in shown],
            "df": np.inf,
            "tested": [one.is_free for one in shown],
        }
    )
    return pd.concat([made, _defined(fitted)], ignore_index=True) if table.definitions else made


def _matrices(at: Any) -> np.ndarray:
    """Effects, residual covariances and means of a group; of what is given these are its own moments."""
    means = np.zeros_like(at.effects)
    means[:, 0] = at.means
    return np.stack([at.effects, at.residual, means])


def _defined(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """New parameters."""
    table = fitted.table
    free = np.array([one.free for one in table])
    values = np.where(free >= 0, fitted.estimates[free], [one.value for one in table])
    estimate, gradient = defined_values(table, values, (free[:, None] == np.arange(table.n_free)).astype(float))
    vcov = fitted.vcov[: table.n_free, : table.n_free]
    error = np.sqrt(np.einsum("dp,pq,dq->d", gradient, vcov, gradient))
    return pd.DataFrame(
        {
            "outcome": "",
            "group": "",
            "effect": "defined",
            "term": [one.name for one in table.definitions],
            "estimate": estimate,
            "std_error": error,
            "df": np.inf,
            "tested": True,
        }
    )


def _facts(fitted: Fitted | OrdinalFitted, request: Request) -> dict[str, Any]:
    """What ``glance()`` shows."""
    facts: dict[str, Any] = {
        "n_rows": fitted.sample.n_rows,
        "n_groups": len(fitted.table.groups),
        "n_excluded": fitted.sample.n_excluded,
        "conf_level": request.conf_level,
        "converged": fitted.fit.converged,
        "log_likelihood": fitted.log_likelihood,
        "n_parameters": fitted.table.n_free,
        **fitted.measures,
        "aic": fitted.aic,
        "bic": fitted.bic,
        "method": METHODS[request.estimator],
    }
    return facts


def _rows(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """The rows used, in the order of the table, with their distance from what the model implies."""
    places_used = fitted.sample.places
    order = np.argsort(places_used)
    if isinstance(fitted, OrdinalFitted):
        return fitted.sample.frame.iloc[places_used[order]]
    return fitted.sample.frame.iloc[places_used[order]].assign(distance=distances(fitted)[order])
