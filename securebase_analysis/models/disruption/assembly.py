"""From a fit to the answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.engines.cox_residuals import deviance_of_martingale, martingale_residuals
from securebase_analysis.models.disruption.answer import DisruptionResult
from securebase_analysis.models.disruption.checks import checks_of
from securebase_analysis.models.disruption.door import RowsAtRisk
from securebase_analysis.models.disruption.fitting import Fitted, wald_chi2
from securebase_analysis.models.disruption.groups_without_events import rare_events
from securebase_analysis.models.disruption.told import notes_of, title_of

METHODS = {"cox": "Cox, partial likelihood", "fine-gray": "Fine and Gray, weighted partial likelihood"}


def answer_of(rows: RowsAtRisk, fit: Fitted, strata: Any) -> DisruptionResult:
    """The answer; what is costly and not always read is made when it is read."""
    return DisruptionResult(
        title=title_of(rows),
        spec=_spec(rows, strata),
        estimates=_estimates(rows, fit),
        facts=_facts(rows, fit),
        rows=partial(_rows, rows, fit),
        checks=partial(checks_of, rows, fit),
        notes=notes_of(rows, fit, rare_events(rows, fit)),
        at_risk=rows,
        fit=fit,
    )


def _spec(rows: RowsAtRisk, strata: Any) -> dict[str, Any]:
    """The request, so that it can be made again."""
    asked = rows.asked
    return {
        "verb": "fit_disruption", "formula": asked.formula, "start": asked.start, "stop": asked.stop,
        "event": asked.event, "cluster": asked.cluster, "model": asked.model, "cause": asked.cause,
        "strata": strata, "frailty": asked.frailty, "weights": asked.weights, "ties": asked.ties,
        "censored": asked.censored, "child": asked.child, "recurrent": asked.recurrent,
        "last_stratum": asked.last_stratum, "errors": asked.errors, "conf_level": asked.conf_level,
    }  # fmt: skip


def _estimates(rows: RowsAtRisk, fit: Fitted) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "outcome": rows.endings.name,
            "group": "",
            "effect": "hazard",
            "term": list(rows.X.terms),
            "estimate": fit.beta,
            "std_error": fit.std_error,
            "df": fit.df,
            "tested": ~fit.runaway,
        }
    )
    if fit.frailty is None:
        return table
    frailty = {
        "outcome": rows.endings.name, "group": rows.request.frailty, "effect": "frailty",
        "term": f"var({rows.request.frailty})", "estimate": fit.frailty.theta, "std_error": np.nan, "df": np.nan,
        "tested": False,
    }  # fmt: skip
    return pd.concat([table, pd.DataFrame([frailty])], ignore_index=True)


def _facts(rows: RowsAtRisk, fit: Fitted) -> dict[str, Any]:
    """What ``glance()`` shows, but for the concordance."""
    p = len(fit.beta)
    n_clusters = fit.n_clusters if rows.cluster is not None else None
    units = rows.n_units if rows.unit is not None else n_clusters or len(rows.stop)
    facts: dict[str, Any] = {
        "n_rows": len(rows.stop),
        "n_groups": units,
        "n_excluded": rows.n_excluded,
        "conf_level": rows.request.conf_level,
        "converged": fit.converged,
        "log_likelihood": fit.log_likelihood,
        "n_events": fit.cox.n_events,
        "n_clusters": np.nan if n_clusters is None else n_clusters,
        "method": METHODS[rows.request.model] + ("" if fit.frailty is None else ", gamma frailty"),
    }
    if fit.frailty is not None:
        p_value = fit.frailty.likelihood_ratio_p_value
        facts |= {"frailty_test": fit.frailty.likelihood_ratio_test, "frailty_p_value": p_value}
    else:
        gain, score = fit.cox.likelihood_ratio_test, fit.cox.score_test
        facts |= {"chi2": gain, "df": p, "p_value": special.chdtrc(p, gain)}
        facts |= {"aic": 2.0 * p - 2.0 * fit.log_likelihood}
        facts |= {"score_test": score, "score_p_value": special.chdtrc(p, score)}
    wald = wald_chi2(fit, range(p))
    return facts | {"wald_test": wald, "wald_p_value": special.chdtrc(p, wald)}


def _rows(rows: RowsAtRisk, fit: Fitted) -> pd.DataFrame:
    """The rows as given, with what the model says about each."""
    link = fit.finite @ rows.X.values
    if fit.frailty is not None and rows.frailty is not None:
        link = link + fit.frailty.log_frailty[rows.frailty]
    made = rows.frame.assign(linear_predictor=link)
    if fit.subdistribution is not None:
        return made
    residual = martingale_residuals(fit.cox) if fit.frailty is None else _frail_residuals(rows, fit)
    return made.assign(martingale=residual, deviance_residual=deviance_of_martingale(residual, rows.happened))


def _frail_residuals(rows: RowsAtRisk, fit: Fitted) -> np.ndarray:
    """Events observed less expected, with the frailties that each row shares."""
    assert fit.frailty is not None
    penalised = fit.frailty.penalised
    scaled = fit.beta * penalised.surface.scale
    return penalised.at(scaled, fit.frailty.log_frailty).weighted_martingale
