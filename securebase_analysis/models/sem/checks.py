"""What ``diagnostics()`` shows of a structural equation model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.moments_in_words import residual_moments
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.results.diagnostics import Check, check, checks_frame

ROWS_PER_PARAMETER = 5.0
"""Fewer rows for each free parameter, and estimates and tests begin to be off (Bentler & Chou 1987)."""
MUCH_MISSING = 0.5
LEFT_OVER = 0.1
"""A correlation that the model misses by more than this."""


def checks_of(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    return checks_frame(
        [*_search(fitted), *_size(fitted), *_improper(fitted), *_saturated(fitted), *_gaps(fitted), *_left(fitted)]
    )


def _search(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """Whether the search ended, and the parameters are identified there."""
    fit = fitted.fit
    yield check(
        "search ended at a maximum", float(fit.converged), 1.0, fit.converged,
        "Do not use the estimates; simplify the model, or give start(...) values.",
    )  # fmt: skip
    yield check(
        "identification (parameters that the data inform of)", float(fit.rank), float(fit.n_parameters),
        fit.rank == fit.n_parameters, "Fix, equate or leave out a parameter.",
    )  # fmt: skip


def _size(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """Rows against parameters."""
    n, q = fitted.sample.n_rows, max(fitted.table.n_free, 1)
    yield check(
        "more rows than free parameters", float(n), float(q), n > q,
        "The tests mean little here: use scale scores in place of items, or fewer constructs at a time.",
    )  # fmt: skip
    yield check(
        "rows per free parameter", n / q, ROWS_PER_PARAMETER, n / q >= ROWS_PER_PARAMETER,
        "Errors and chi-square hold only roughly: equate parameters over waves or groups, or leave some out.",
    )  # fmt: skip


def _improper(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """Negative variances and impossible covariances."""
    names = (*fitted.table.observed, *fitted.table.latent)
    for group, found in zip(fitted.table.groups, fitted.improper):
        where = f" in {group}" if group else ""
        for place in found.negative_variances:
            value = float(fitted.implied[fitted.table.groups.index(group)].residual[place, place])
            yield check(
                f"variance of {names[place]} above zero{where}", value, 0.0, False,
                "A Heywood case: look for too few items, outliers or a missing path; no interval of it holds.",
            )  # fmt: skip
        negative = any(place >= len(fitted.table.observed) for place in found.negative_variances)
        impossible = found.latent_impossible and not negative
        yield check(
            f"covariances of constructs possible{where}", float(not impossible), 1.0, not impossible,
            "Two constructs correlate above 1, or depend on one another: join them, or leave one out.",
        )  # fmt: skip
        alone = found.residuals_impossible and not len(found.negative_variances) and not found.latent_impossible
        yield check(
            f"residual covariances possible{where}", float(not alone), 1.0, not alone,
            "Leave out residual covariances that are not planned.",
        )  # fmt: skip


def _saturated(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """Whether chi-square and indices have something to be held against."""
    if isinstance(fitted, OrdinalFitted):
        return
    usable = fitted.fit.saturated_usable
    yield check(
        "saturated model estimable", float(usable), 1.0, usable,
        "No chi-square, CFI or RMSEA: take fewer columns, or compare models by AIC and BIC.",
    )  # fmt: skip
    pairs = fitted.never_together
    named = ", ".join(f"{one} and {other}" for one, other in pairs[:3])
    yield check(
        "pairs of columns that no row has both of", float(len(pairs)), 0.0, not pairs,
        f"Of {named} the data tell no covariance: leave one out.",
    )  # fmt: skip


def _gaps(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """Share of values that each column lacks."""
    for name, share in fitted.sample.missing.items():
        if share > 0.0:
            yield check(
                f"share missing of {name}", float(share), MUCH_MISSING, share <= MUCH_MISSING,
                "Most of it is inferred from other columns: say so, and look at the reasons why it is missing.",
            )  # fmt: skip


def _left(fitted: Fitted | OrdinalFitted) -> Iterator[Check]:
    """The correlation that the model misses by most, in each group."""
    if not fitted.testable:
        return
    residuals = residual_moments(fitted).query("kind == 'covariance'")
    for group, own in residuals.groupby("group", sort=False):
        if len(own) and own["correlation_residual"].notna().any():
            worst = own.loc[own["correlation_residual"].abs().idxmax()]
            value = float(np.abs(worst["correlation_residual"]))
            where = f" in {group}" if group else ""
            yield check(
                f"correlation residual of {worst['other']} and {worst['variable']}{where}",
                value, LEFT_OVER, value <= LEFT_OVER,
                "The model does not reproduce it: see residuals() and modification_indices().",
            )  # fmt: skip
