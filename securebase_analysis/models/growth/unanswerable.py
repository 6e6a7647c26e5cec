"""What is refused of a mixed model before the fit, because it has no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas import random_matrix
from securebase_analysis.models.growth.column_products import ColumnProducts
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows, Ints
from securebase_analysis.models.growth.request import Request
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats

SAME_COLUMN = 1e-10
"""Share of a predictor's variance below which nothing of it is left beside the others."""
NO_RESIDUAL = 1e-10
"""Share of the outcome's variance below which a residual is rounding."""
FAR_SCALE = 1000.0
"""Predictors whose spread lies beyond this, or below one over it, have estimates that print as zero or as huge."""


def random_parts_that_fit(rows: GroupedRows, request: Request) -> tuple[GroupedRows, Request, list[Problem]]:
    """The request that these rows can carry, the rows for it, and what was said about the difference.

    Raises
    ------
    ModelError
        When no child was seen twice, or a random slope is of something that never changes in a child.
    """
    said, random, factors = [], dict(request.random), []
    for factor in rows.factors:
        most = int(factor.rows_per_level.max())
        if factor is rows.factors[0] and most < 2:
            raise ModelError(_one_wave(factor.name))
        n_random = len(factor.random.terms)
        if n_random > 1 and most <= n_random and request.family in ("gaussian", "ordinal", "binomial"):
            said.append(_too_few_waves(most, " and ".join(random[factor.name]), factor.name))
            random[factor.name] = ("1",)
            matrix, blocks = random_matrix(("1",), rows.frame[rows.used])
            factor = replace(factor, random=matrix, blocks=blocks)
        factors.append(factor)
    raise_if_stopped([problem for factor in factors for problem in _never_changes(factor)], ModelError)
    if not said:
        return rows, request, []
    return replace(rows, factors=tuple(factors)), request.but(random=random), said


def _one_wave(group: str) -> Problem:
    return Problem(
        "SB-WAVE-09",
        "stop",
        f"Each {group} has one row, so change within {wording.plural(group)} cannot be estimated.",
        column=group,
        why=f"Growth is the difference between rows of the same {group}.",
        done="Nothing was fitted.",
        fix="Add later waves, or use a cross-sectional model: statsmodels.formula.api.ols(formula, data).fit().",
    )


def _too_few_waves(most: int, random: str, group: str) -> Problem:
    return Problem(
        "SB-WAVE-10",
        "warn",
        f"No {group} has more than {most} rows, so a random slope cannot be told apart from error.",
        done=f"A random intercept was used in place of random={random!r}.",
        fix="random='1'",
    )


def _never_changes(factor: Factor) -> list[Problem]:
    """Random slopes of columns that are constant in every group."""
    problems, group = [], factor.name
    if factor.members is not None:
        return []
    for term, values in zip(factor.random.terms, factor.random.columns):
        if term == "Intercept" or _changes(values[:1000], factor.code[:1000]) or _changes(values, factor.code):
            continue
        problems.append(
            Problem(
                "SB-MODEL-47",
                "stop",
                f"{term!r} never changes within a {group}, so a {group} has no slope of its own for it.",
                column=term,
                why="A random slope is the difference between groups in the effect of something that changes.",
                fix=f"Keep {term!r} in the formula and leave it out of random.",
            )
        )
    return problems


def _changes(values: Floats, code: Ints) -> bool:
    """Whether any group has two different values."""
    one_of_group = np.empty(code.max() + 1)
    one_of_group[code] = values
    return bool((values != one_of_group[code]).any())


def refuse_unanswerable(rows: GroupedRows, products: ColumnProducts, family: str = "gaussian") -> None:
    """Stop where there is no answer: too few rows or groups, a constant outcome, predictors that say the same.

    Raises
    ------
    ModelError or DataError
        With the columns concerned.
    """
    n_rows, n_terms = len(rows.code), len(rows.fixed.terms)
    outcome = rows.outcome.terms[0]
    if float(np.ptp(rows.outcome.columns[0])) == 0.0:
        raise DataError(_constant_outcome(outcome))
    if n_rows <= n_terms or rows.n_groups < 2:
        raise ModelError(_too_little(n_rows, n_terms, rows.n_groups))
    raise_if_stopped(_exact_collinearity(products, rows.fixed.terms), ModelError)
    if family != "gaussian" or not n_terms:
        return
    gram = products.gram
    explained = gram[-1, :-1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    if gram[-1, -1] - explained < NO_RESIDUAL:
        raise DataError(_reproduced(outcome, "The predictors"))


def check_rows_to_refit(n_rows: int, outcome: Any, keep: Any) -> None:
    """Stop at an outcome or a mask that does not go with the rows used.

    Raises
    ------
    ModelError
        With what is needed.
    """
    mask = None if keep is None else np.asarray(keep)
    if mask is not None and (mask.shape != (n_rows,) or mask.dtype.kind != "b" or not mask.any()):
        raise ModelError(_no_values_of_rows("keep", "True or False", "with True for one row at least", n_rows))
    values = None if outcome is None else pd.to_numeric(pd.Series(np.ravel(outcome)), errors="coerce").to_numpy()
    if values is not None and (np.shape(outcome) != (n_rows,) or not np.isfinite(values).all()):
        raise ModelError(_no_values_of_rows("outcome", "a finite number", "in their order", n_rows))


def _no_values_of_rows(name: str, what: str, how: str, n_rows: int) -> Problem:
    return Problem(
        "SB-MODEL-56",
        "stop",
        f"{name} does not hold {what} for each of the {wording.count(n_rows, 'row')} used.",
        why="The model is fitted again to these rows.",
        done="Nothing was fitted.",
        fix=f"{name}= an array of length {n_rows}, {how}; growth.augment() has the rows.",
    )


def refuse_exact_fit(fit: Fit, rows: GroupedRows) -> None:
    """Stop where fixed and random effects together leave nothing over.

    Raises
    ------
    DataError
        With the outcome.
    """
    # A residual that shrinks without end keeps the search from ending.
    smallest = NO_RESIDUAL if fit.converged else 1e4 * NO_RESIDUAL
    if fit.sigma2 < smallest * float(np.var(rows.outcome.columns[0])):
        raise DataError(_reproduced(rows.outcome.terms[0], "Predictors and random effects"))


def _reproduced(outcome: str, by: str) -> Problem:
    return Problem(
        "SB-MODEL-46",
        "stop",
        f"{by} reproduce {outcome!r} exactly; nothing is left to estimate an error from.",
        column=outcome,
        why="Measured outcomes always leave a residual.",
        done="No standard error was made up.",
        fix="Look for the outcome itself, or a score made from it, among the predictors.",
    )


def far_scales(rows: GroupedRows, products: ColumnProducts) -> list[Problem]:
    """A note on predictors whose unit is so small or large that estimates print as zero, or as huge."""
    far = [term for term, size in zip(rows.fixed.terms, products.spread) if not 1.0 / FAR_SCALE < size < FAR_SCALE]
    return [
        Problem(
            "SB-MODEL-14",
            "note",
            f"{term!r} varies by thousands of its unit, or thousandths.",
            column=term,
            done="It was scaled for fitting; its estimate is per unit as given.",
        )
        for term in far
    ]


def _constant_outcome(outcome: str) -> Problem:
    return Problem(
        "SB-MODEL-45",
        "stop",
        f"The outcome {outcome!r} has the same value in every row used.",
        column=outcome,
        why="There are no differences to explain.",
        fix="Look at how the column was scored.",
    )


def _too_little(n_rows: int, n_terms: int, n_groups: int) -> Problem:
    return Problem(
        "SB-MODEL-44",
        "stop",
        f"{wording.count(n_rows, 'row')} in {wording.count(n_groups, 'group')} cannot carry "
        f"{wording.count(n_terms, 'fixed term')}.",
        why="There must be more rows than terms, and at least two groups.",
        fix="Shorten the formula, or add rows.",
    )


def _exact_collinearity(products: ColumnProducts, terms: tuple[str, ...]) -> list[Problem]:
    """Sets of fixed terms of which one can be computed from the others."""
    p = len(terms)
    if not p:
        return []
    gram = products.gram[:-1, :-1]
    constant = [j for j in range(p) if gram[j, j] == 0.0]
    if constant:
        return [_constant_term(terms[j]) for j in constant]
    scale = np.sqrt(np.diag(gram))
    eigenvalue, eigenvector = np.linalg.eigh(gram / (scale[:, None] * scale))
    if eigenvalue[0] > SAME_COLUMN * eigenvalue[-1]:
        return []
    # A null vector names the columns of one relation; the intercept is taken up by the means.
    null = eigenvector[:, eigenvalue <= SAME_COLUMN * eigenvalue[-1]]
    involved = [terms[j] for j in range(p) if np.abs(null[j]).max() > 1e-6]
    return [
        Problem(
            "SB-MODEL-05",
            "stop",
            f"One of {', '.join(involved)} can be computed from the others.",
            column=", ".join(involved),
            why="Their separate effects do not exist: any share of one can be given to the others.",
            done="None was dropped; nothing was fitted.",
            fix=f"Leave one out of the formula, e.g. {involved[-1]!r}.",
        )
    ]


def _constant_term(term: str) -> Problem:
    return Problem(
        "SB-MODEL-05",
        "stop",
        f"{term!r} has the same value in every row used.",
        column=term,
        why="What does not vary cannot explain differences.",
        done="It was not dropped; nothing was fitted.",
        fix=f"Leave {term!r} out of the formula, or look at which rows were left out.",
    )
