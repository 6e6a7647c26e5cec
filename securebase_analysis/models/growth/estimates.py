"""A fit as the tables of an answer: terms, and one line about the whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.growth.explained import variance_parts
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.request import Request
from securebase_analysis.results.inference import Floats
from securebase_analysis.results.result import Columns

COLUMNS = ("outcome", "group", "effect", "term", "estimate", "std_error", "df", "tested", "scale")


def estimates_of(request: Request, fit: Fit, rows: GroupedRows) -> Columns:
    """Fixed effects, cut points and the like, then (co)variances of each factor, then the residual variance."""
    inference = fit.inference(None, request.df, rows.n_rows)
    table = list(zip(rows.fixed.terms, fit.beta, inference.std_error, inference.df))
    lines = [("", "fixed", term, value, error, df, True, "identity") for term, value, error, df in table]
    for further in fit.further_terms():
        known = np.inf if np.isfinite(further.std_error) else np.nan
        of_term = (further.group, further.effect, further.term, further.estimate, further.std_error)
        lines.append((*of_term, known, False, further.scale))
    of_factors, of_residual = fit.variance_errors()
    for factor, D, errors, singular in zip(rows.factors, fit.covariances, of_factors, fit.on_boundary):
        lines += _covariance_lines(factor, D, np.full_like(D, np.nan) if singular else errors)
    if np.isfinite(fit.sigma2):
        known = np.inf if np.isfinite(of_residual) else np.nan
        lines.append(("residual", "random", "var(residual)", fit.sigma2, of_residual, known, False, "log"))
    return _table(rows.outcome.terms[0], lines)


def _table(outcome: str, lines: list[tuple[Any, ...]]) -> Columns:
    """The lines as columns."""
    group, effect, term, estimate, std_error, df, tested, scale = zip(*lines)
    texts = _texts((outcome,) * len(lines), group, effect, term)
    numbers = np.array([estimate, std_error, df], dtype=float)
    columns = (*texts, *numbers, np.array(tested, dtype=bool), np.array(scale, dtype=object))
    return Columns(zip(COLUMNS, columns))


@lru_cache(maxsize=64)
def _texts(*columns: tuple[str, ...]) -> tuple[Any, ...]:
    """Columns of text of one length, made as one array, which is faster than one for each.

    They are kept: a model is mostly fitted many times, and its terms are the same each time.
    """
    n = len(columns[0])
    text = pd.array([cell for column in columns for cell in column], dtype="str")
    return tuple(text[start : start + n] for start in range(0, len(text), n))


def _covariance_lines(factor: Factor, D: Floats, errors: Floats) -> Iterator[tuple[Any, ...]]:
    """Variances and, of terms that may correlate, covariances; in the order of the lower triangle by columns."""
    names = factor.random.terms
    for j, i in combinations_with_replacement(range(len(D)), 2):
        if not any(i in block and j in block for block in factor.blocks):
            continue
        term, scale = (f"var({names[i]})", "log") if i == j else (f"cov({names[j]}, {names[i]})", "identity")
        known = np.inf if np.isfinite(errors[i, j]) else np.nan
        yield factor.name, "random", term, D[i, j], errors[i, j], known, False, scale


def facts_of(request: Request, fit: Fit, rows: GroupedRows) -> dict[str, Any]:
    """What ``glance()`` shows."""
    comparable, n_rows = not fit.reml, rows.n_rows
    parts = variance_parts(request, fit, rows)
    return {
        "n_rows": n_rows,
        "n_groups": rows.n_groups,
        "n_excluded": len(rows.frame) - n_rows,
        "conf_level": request.conf_level,
        "converged": fit.converged,
        "log_likelihood": fit.log_likelihood,
        "deviance": fit.deviance,
        "aic": fit.deviance + 2.0 * fit.n_parameters if comparable else np.nan,
        "bic": fit.deviance + np.log(n_rows) * fit.n_parameters if comparable else np.nan,
        "sigma": float(np.sqrt(fit.sigma2)),
        "r2_marginal": parts.r2_marginal,
        "r2_conditional": parts.r2_conditional,
        "icc": parts.icc,
        "singular": fit.singular,
        "method": request.method,
    }
