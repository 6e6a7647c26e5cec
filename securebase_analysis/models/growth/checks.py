"""What can be wrong with a mixed model that has an answer, told after the fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.models.growth.boundaries import boundary_advice
from securebase_analysis.models.growth.column_products import ColumnProducts
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame

MUCH_SHARED = 5.0
"""A variance inflation above this more than doubles a standard error."""
FEW_GROUPS = 10
"""With fewer groups the variance between them is hardly more than a guess."""


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
