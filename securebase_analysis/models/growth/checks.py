"""What can be wrong with a mixed model: refused before the fit where it has no answer, told after it otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.engines.standard import StandardDesign, standardise
from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped
from securebase_analysis.models.formulas import random_matrix
from securebase_analysis.models.growth.boundaries import boundary_advice
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows, Ints
from securebase_analysis.models.growth.request import Request
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame
from securebase_analysis.results.inference import Floats

SAME_COLUMN = 1e-10
"""Share of a predictor's variance below which nothing of it is left beside the others."""
MUCH_SHARED = 5.0
"""A variance inflation above this more than doubles a standard error."""
FEW_GROUPS = 10
"""With fewer groups the variance between them is hardly more than a guess."""
NO_RESIDUAL = 1e-10
"""Share of the outcome's variance below which a residual is rounding."""
FAR_SCALE = 1000.0
"""Predictors whose spread lies beyond this, or below one over it, have estimates that print as zero or as huge."""


@dataclass(frozen=True, eq=False)
class ColumnProducts:
    """Mean products of the fixed columns and the outcome, brought to one scale.

    Attributes
    ----------
    gram : numpy.ndarray, shape (p + 1, p + 1)
        The outcome is last.
    spread : numpy.ndarray, shape (p,)
        What each fixed column was divided by.
    """

    gram: Floats
    spread: Floats

    @classmethod
    def of_design(cls, design: StandardDesign) -> ColumnProducts:
        """Those that the fit needs anyway."""
        return cls(design.groups.WW / design.groups.n_rows, np.diag(design.X_back))

    @classmethod
    def of_rows(cls, rows: GroupedRows) -> ColumnProducts:
        """From the columns themselves."""
        W = np.empty((len(rows.fixed.terms) + 1, rows.n_rows))
        back, ones = standardise(rows.fixed.values, W[:-1])
        y = rows.outcome.values[0]
        W[-1] = (y - y.mean() if ones is not None else y) / (float(y.std()) or 1.0)
        return cls(W @ W.T / rows.n_rows, np.diag(back))

    @property
    def correlations(self) -> Floats:
        """Correlations of the fixed columns."""
        gram = self.gram[:-1, :-1]
        scale = np.sqrt(np.diag(gram))
        return gram / np.outer(scale, scale)


# ---- before the fit --------------------------------------------------------------------------------------------


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


# ---- after the fit ---------------------------------------------------------------------------------------------


def diagnostics_of(fit: Fit, rows: GroupedRows, products: ColumnProducts) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    alone = len(rows.factors) == 1
    of_factors = [
        row
        for place, factor in enumerate(rows.factors)
        for row in (_boundary(fit, place, factor, alone), _number_of_groups(factor, place == 0))
    ]
    checks = [
        _convergence(fit),
        *_separation(fit, rows),
        *of_factors,
        _seen_once(rows.factors[0]),
        *_near_collinearity(products, rows.fixed.terms),
    ]
    return checks_frame(checks)


def _convergence(fit: Fit) -> Check:
    if fit.no_overdispersion():
        advice = "The counts vary no more than Poisson's: theta has no finite estimate. Use family='poisson'."
        return check("dispersion has a finite estimate", 0.0, 1.0, False, advice)
    return check(
        "search ended at an optimum",
        float(fit.converged),
        1.0,
        fit.converged,
        "The search did not end at an optimum. Use random='1', or look for extreme values in the outcome.",
    )


def _separation(fit: Fit, rows: GroupedRows) -> list[Check]:
    """Terms whose estimate grows without end, because they tell the outcomes apart completely."""
    away = fit.unreadable(rows.fixed.terms)
    if not away:
        return []
    advice = (
        f"{', '.join(away)} separate the outcomes: the estimates grow without end and mean nothing. Count the "
        "outcomes in each group, and leave the term out or join groups."
    )
    return [check("terms without a finite estimate", float(len(away)), 0.0, False, advice)]


def _boundary(fit: Fit, place: int, factor: Factor, alone: bool) -> Check:
    """The smallest standard deviation of any combination of random effects, in residual standard deviations."""
    singular = fit.on_boundary[place]
    advice = boundary_advice(factor, fit.covariances[place], alone) if singular else ""
    name = f"{factor.name}: smallest relative SD of the random effects"
    return check(name, fit.smallest[place], 1e-3, not singular, advice)


def _number_of_groups(factor: Factor, first: bool) -> Check:
    n, several = factor.n_levels, wording.plural(factor.name)
    instead = "group by child" if first else f"leave {factor.name} out of random"
    if factor.name == "child":
        advice = (
            f"{n} {several} say little about how much {several} differ, and standard errors rest on that. "
            "Report the number beside the result, and use df='kenward-roger'."
        )
    else:
        advice = (
            f"{n} {several} are too few to estimate how much {several} differ. "
            f"Put C({factor.name}) in the formula, and {instead}."
        )
    return check(f"number of {several}", n, FEW_GROUPS, n >= FEW_GROUPS, advice)


def _seen_once(factor: Factor) -> Check:
    share, several = float((factor.rows_per_level == 1).mean()), wording.plural(factor.name)
    return check(
        f"share of {several} with one row",
        share,
        0.5,
        share <= 0.5,
        f"Most {several} were seen once and tell nothing of change; say so beside the result.",
    )


def _near_collinearity(products: ColumnProducts, terms: tuple[str, ...]) -> list[Check]:
    """The closest pair of predictors, and the largest variance inflation; interactions share by construction."""
    main = [j for j, term in enumerate(terms) if _stands_alone(term, terms)]
    if len(main) < 2:
        return []
    correlation = products.correlations[np.ix_(main, main)]
    names = [terms[j] for j in main]
    distance = np.abs(np.triu(correlation, 1))
    first, second = np.unravel_index(int(distance.argmax()), distance.shape)
    closest, inflation = float(correlation[first, second]), np.diag(np.linalg.inv(correlation))
    most = int(inflation.argmax())
    offer = "Test them together, use their mean{how}, or keep the one that the question is about."
    both = f" (data[[{names[first]!r}, {names[second]!r}]].mean(axis=1))" if closest > 0.0 else ""
    return [
        check(
            f"correlation of {names[first]} and {names[second]}",
            closest,
            NEARLY_THE_SAME,
            abs(closest) <= NEARLY_THE_SAME,
            f"{names[first]} and {names[second]} correlate {wording.number(closest, leading_zero=False)}: their "
            f"separate effects are not to be trusted. {offer.format(how=both)}",
        ),
        check(
            f"variance inflation of {names[most]}",
            float(inflation[most]),
            MUCH_SHARED,
            bool(inflation[most] <= MUCH_SHARED),
            f"The other predictors together say most of what {names[most]} says. {offer.format(how='')}",
        ),
    ]


def _stands_alone(term: str, terms: tuple[str, ...]) -> bool:
    """Whether a term is a predictor by itself: no interaction, no power of another, no one of several labels."""
    if term == "Intercept" or ":" in term or "(" in term:
        return False
    label_of = term.split("[")[0] + "["
    return "[" not in term or sum(other.startswith(label_of) and ":" not in other for other in terms) == 1
