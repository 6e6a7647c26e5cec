"""What is told under every table of a structural equation model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.models.sem.request import Request
from securebase_analysis.results import wording

ERRORS = {
    "observed": "Standard errors are those of the observed information.",
    "expected": "Standard errors are those of the expected information.",
    "ordinal": "Standard errors allow for the covariance of the thresholds and correlations.",
    "sandwich": "Standard errors and the scaled chi-square allow for data that are not normal (MLR: sandwich; "
    "Yuan and Bentler 2000).",
}
MOST_SHOWN = 8


def title_of(fitted: Fitted | OrdinalFitted, request: Request) -> str:
    """What was asked, in a sentence."""
    latent = fitted.table.latent
    about = f" with {wording.count(len(latent), 'construct')}" if latent else ""
    groups = f" in {len(fitted.table.groups)} groups of {request.group}" if request.group else ""
    return f"Structural equation model of {wording.count(len(fitted.table.observed), 'column')}{about}{groups}"


def fit_in_words(facts: Mapping[str, Any]) -> str:
    """Chi-square and indices in a sentence; AIC and BIC alone where there is no chi-square."""
    criteria = (
        ""
        if math.isnan(facts["aic"])
        else f"; AIC {wording.number(facts['aic'], 1)}, BIC {wording.number(facts['bic'], 1)}"
    )
    if math.isnan(facts["chi2"]):
        return f"{wording.count(int(facts['df']), 'degree')} of freedom{criteria}."
    scaled = "chi2_scaled" in facts
    chi2, p = ("chi2_scaled", "p_value_scaled") if scaled else ("chi2", "p_value")
    end = "_robust" if scaled else ""
    if scaled and math.isnan(facts["cfi_robust"]) and "cfi_scaled" in facts:
        end = "_scaled"
    indices = [
        f"{name.upper()} {wording.number(facts[f'{name}{end}'], 3, leading_zero=False)}"
        for name in ("cfi", "tli", "rmsea")
    ]
    low, high = facts[f"rmsea{end}_low"], facts[f"rmsea{end}_high"]
    return (
        f"{'Scaled ' if scaled else ''}χ²({facts['df']}) = {wording.number(facts[chi2])}"
        f"{', ' + wording.p_words(facts[p]) if facts['df'] else ''}; {', '.join(indices)}"
        f" (90% CI {wording.interval(low, high, 3, leading_zero=False)}), "
        f"SRMR {wording.number(facts['srmr'], 3, leading_zero=False)}{criteria}."
    )


def notes_of(fitted: Fitted | OrdinalFitted, request: Request) -> tuple[str, ...]:
    """Every note, in the order in which they are read."""
    notes = [*(problem.sentence for problem in fitted.sample.problems), *_groups(fitted, request)]
    notes += [_likelihood(fitted, request), ERRORS[fitted.errors]]
    notes += [*_conventions(fitted, request), *_without_test(fitted), *_just_identified(fitted), *_few(fitted)]
    return tuple(dict.fromkeys(notes))


def _groups(fitted: Fitted | OrdinalFitted, request: Request) -> Iterator[str]:
    """Which groups there are, and what is equal over them."""
    if request.group is None:
        return
    counted = ", ".join(f"{name} ({len(rows):,})" for name, rows in zip(fitted.table.groups, fitted.sample.rows))
    yield f"Groups of {request.group}, in the order in which they first stand in the table: {counted}."
    if request.equal:
        words = ", ".join(word.replace("_", " ").replace("lv ", "latent ") for word in request.equal)
        but = f", but for {', '.join(request.partial)}" if request.partial else ""
        yield f"Equal over groups: {words}{but}."


def _likelihood(fitted: Fitted | OrdinalFitted, request: Request) -> str:
    """What was maximised, and what that assumes."""
    if isinstance(fitted, OrdinalFitted):
        return _weighted_squares(fitted)
    share = float(fitted.sample.missing.mean())
    if request.missing == "listwise":
        return (
            "Maximum likelihood from rows without gaps, of continuous variables; their normality was not checked."
        )
    gaps = f" ({100 * share:.1f}% of values missing, taken as missing at random)" if share else " (none missing)"
    observed = f"Maximum likelihood from all that was observed{gaps}"
    return f"{observed}, of continuous variables; their normality was not checked."


def _weighted_squares(fitted: OrdinalFitted) -> str:
    """What was fitted to what, of ordered categories."""
    n = wording.count(len(fitted.table.ordinal), "column")
    rows = "rows without gaps" if fitted.missing == "listwise" else "the rows that have both columns"
    return (
        f"{n} of ordered categories: weighted least squares of thresholds and correlations of what lies behind "
        f"them, each from {rows}, with a scaled and shifted test (WLSMV)."
    )


def _conventions(fitted: Fitted | OrdinalFitted, request: Request) -> Iterator[str]:
    """What gives the constructs their scale, and what is taken as given."""
    table = fitted.table
    if table.latent and request.defaults != "lavaan":
        scale = "variance is 1" if request.std_lv else "first item has a loading of 1"
        yield f"The scale of each construct: its {scale}, unless the model says otherwise."
    if table.given:
        named = ", ".join(table.given[:MOST_SHOWN]) + (" and others" if len(table.given) > MOST_SHOWN else "")
        yield f"Taken as given, with their own moments: {named}; log-likelihood, AIC and BIC are of the rest."
    if isinstance(fitted, OrdinalFitted) and table.exogenous:
        named = ", ".join(table.exogenous[:MOST_SHOWN]) + (
            " and others" if len(table.exogenous) > MOST_SHOWN else ""
        )
        yield (
            f"Part of the model, as normal variables: {named} (in lavaan conditional.x = FALSE); correlations "
            "given the predictors, lavaan's default, would differ where these are far from normal."
        )
    if len(table.groups) > 1 and request.equal and "intercepts" in request.equal and table.latent:
        yield f"Means of constructs are differences from {table.groups[0]}, where they are 0."


def _without_test(fitted: Fitted | OrdinalFitted) -> Iterator[str]:
    """Why there is no chi-square."""
    if not fitted.fit.converged:
        yield "The search ended at no maximum: the estimates are where it stopped and are not to be used."
    elif isinstance(fitted, Fitted) and fitted.fit.prior is not None:
        return
    elif isinstance(fitted, Fitted) and fitted.never_together:
        yield (
            "No chi-square, CFI, RMSEA or SRMR: some columns were never observed in the same row: there is no "
            "saturated model to hold the fit against."
        )
    elif not fitted.testable:
        yield (
            "No chi-square, CFI, RMSEA or SRMR: with so few rows for so many columns the saturated model has no "
            "usable maximum to hold the fit against; estimates, errors and AIC do not need it."
        )


def _just_identified(fitted: Fitted | OrdinalFitted) -> Iterator[str]:
    """A model with as many parameters as moments."""
    if fitted.testable and fitted.fit.df == 0:
        yield (
            "The model has no degrees of freedom, so it fits any data: chi-square, CFI, RMSEA and SRMR do not "
            "speak for it."
        )


def _few(fitted: Fitted | OrdinalFitted) -> Iterator[str]:
    """Fewer rows than parameters."""
    n, q = fitted.sample.n_rows, fitted.table.n_free
    if n <= q:
        yield (
            f"The model has {wording.count(q, 'free parameter')} and {wording.count(n, 'row')}: its errors and "
            "tests are not to be trusted; take scale scores, two constructs at a time, or parameters equal over "
            "waves (SB-SEM-36)."
        )
