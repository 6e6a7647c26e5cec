"""What can be wrong with a mixed model: refused before the fit where it has no answer, told after it otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.standard import StandardDesign
from securebase_analysis.errors import DataError, ModelError, Problem, raise_if_stopped
from securebase_analysis.models.grouped_rows import GroupedRows, Ints
from securebase_analysis.results import wording
from securebase_analysis.results.glossary import DIAGNOSTICS
from securebase_analysis.results.inference import Floats

SAME_COLUMN = 1e-10
"""Share of a predictor's variance below which nothing of it is left beside the others."""
NEARLY_THE_SAME = 0.85
MUCH_SHARED = 5.0
FEW_GROUPS = 10
NO_RESIDUAL = 1e-10
"""Share of the outcome's variance below which a residual is rounding."""
FAR_SCALE = 1000.0
STEEP = 1e-3


# ---- before the fit --------------------------------------------------------------------------------------------


def random_part_that_fits(rows: GroupedRows, random: str, group: str) -> tuple[str, list[Problem]]:
    """The random part that these rows can carry, and what was said about it.

    Raises
    ------
    ModelError
        When no child was seen twice, or a random slope is of something that never changes in a child.
    """
    most = int(rows.rows_per_group.max())
    if most < 2:
        raise ModelError(_one_wave(group))
    n_random = len(rows.random.terms)
    if n_random > 1 and most <= n_random:
        return "1", [_too_few_waves(most, random, group)]
    raise_if_stopped(_never_changes(rows, group), ModelError)
    return random, []


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


def _never_changes(rows: GroupedRows, group: str) -> list[Problem]:
    """Random slopes of columns that are constant in every group."""
    problems = []
    for term, values in zip(rows.random.terms, rows.random.values):
        if term == "Intercept" or _changes(values[:1000], rows.code[:1000]) or _changes(values, rows.code):
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


def refuse_unanswerable(rows: GroupedRows, design: StandardDesign) -> None:
    """Stop where there is no answer: too few rows or groups, a constant outcome, predictors that say the same.

    Raises
    ------
    ModelError or DataError
        With the columns concerned.
    """
    n_rows, n_terms = len(rows.code), len(rows.fixed.terms)
    outcome = rows.outcome.terms[0]
    if float(np.ptp(rows.outcome.values[0])) == 0.0:
        raise DataError(_constant_outcome(outcome))
    if n_rows <= n_terms or len(rows.groups) < 2:
        raise ModelError(_too_little(n_rows, n_terms, len(rows.groups)))
    raise_if_stopped(_exact_collinearity(design, rows.fixed.terms), ModelError)
    gram = design.groups.WW / n_rows
    explained = gram[-1, :-1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    if gram[-1, -1] - explained < NO_RESIDUAL:
        raise DataError(_reproduced(outcome, "The predictors"))


def refuse_exact_fit(fit: MixedFit, rows: GroupedRows) -> None:
    """Stop where fixed and random effects together leave nothing over.

    Raises
    ------
    DataError
        With the outcome.
    """
    # A residual that shrinks without end keeps the search from ending.
    smallest = NO_RESIDUAL if fit.minimum.converged else 1e4 * NO_RESIDUAL
    if fit.at.sigma2 < smallest:
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


def far_scales(rows: GroupedRows, design: StandardDesign) -> list[Problem]:
    """A note on predictors whose unit is so small or large that estimates print as zero, or as huge."""
    spread = np.diag(design.X_back)
    far = [term for term, size in zip(rows.fixed.terms, spread) if not 1.0 / FAR_SCALE < size < FAR_SCALE]
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


def _exact_collinearity(design: StandardDesign, terms: tuple[str, ...]) -> list[Problem]:
    """Sets of fixed terms of which one can be computed from the others."""
    p = len(terms)
    gram = design.groups.WW[:p, :p] / design.groups.n_rows
    constant = [j for j in range(p) if gram[j, j] == 0.0]
    if constant:
        return [_constant_term(terms[j]) for j in constant]
    scale = np.sqrt(np.diag(gram))
    eigenvalue, eigenvector = np.linalg.eigh(gram / np.outer(scale, scale))
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


def diagnostics_of(fit: MixedFit, rows: GroupedRows, group: str) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    checks = [
        _convergence(fit),
        _boundary(fit, rows, group),
        _number_of_groups(rows, group),
        _seen_once(rows, group),
        *_near_collinearity(fit.design, rows.fixed.terms),
    ]
    return pd.DataFrame(checks, columns=list(DIAGNOSTICS))


def _check(name: str, value: float, threshold: float, ok: bool, advice: str) -> dict[str, object]:
    """One row; advice is given where it is needed."""
    return dict(zip(DIAGNOSTICS, (name, value, threshold, bool(ok), "" if ok else advice)))


def _convergence(fit: MixedFit) -> dict[str, object]:
    steepest = float(np.abs(fit.minimum.slope).max())
    return _check(
        "steepest slope of the deviance at the optimum",
        steepest,
        STEEP * max(1.0, fit.design.groups.n_rows**0.5),
        fit.minimum.converged,
        "The search did not end at an optimum. Use random='1', or look for extreme values in the outcome.",
    )


def _boundary(fit: MixedFit, rows: GroupedRows, group: str) -> dict[str, object]:
    """The smallest standard deviation of any combination of random effects, in residual standard deviations."""
    smallest = float(np.sqrt(max(np.linalg.eigvalsh(fit.Lambda @ fit.Lambda.T)[0], 0.0)))
    terms = rows.random.terms
    if len(terms) == 1:
        advice = (
            f"The {wording.plural(group)} do not differ more than chance would make them: the variance "
            f"of {terms[0]} was "
            "estimated as zero. Report it as zero; the fixed effects can be read."
        )
    else:
        advice = (
            f"One direction of difference between {wording.plural(group)} was estimated as zero: a "
            f"variance is zero, or "
            f"a correlation is 1 or -1. These data do not show separate differences in {', '.join(terms)}. "
            "Fit random='1' and compare; the fixed effects can be read."
        )
    name = "smallest relative standard deviation of the random effects"
    return _check(name, smallest, 1e-3, not fit.singular, advice)


def _number_of_groups(rows: GroupedRows, group: str) -> dict[str, object]:
    n = len(rows.groups)
    return _check(
        f"number of {wording.plural(group)}",
        n,
        FEW_GROUPS,
        n >= FEW_GROUPS,
        f"{n} {wording.plural(group)} are too few to estimate how much {wording.plural(group)} differ. "
        f"Put C({group}) in the formula and make another column the group.",
    )


def _seen_once(rows: GroupedRows, group: str) -> dict[str, object]:
    share = float((rows.rows_per_group == 1).mean())
    return _check(
        f"share of {wording.plural(group)} with one row",
        share,
        0.5,
        share <= 0.5,
        f"Most {wording.plural(group)} were seen once and tell nothing of change; say so beside the result.",
    )


def _near_collinearity(design: StandardDesign, terms: tuple[str, ...]) -> list[dict[str, object]]:
    """The closest pair of predictors, and the largest variance inflation; interactions share by construction."""
    main = [j for j, term in enumerate(terms) if _stands_alone(term, terms)]
    if len(main) < 2:
        return []
    correlation = _correlations(design, len(terms))[np.ix_(main, main)]
    names = [terms[j] for j in main]
    distance = np.abs(np.triu(correlation, 1))
    first, second = np.unravel_index(int(distance.argmax()), distance.shape)
    closest, inflation = float(correlation[first, second]), np.diag(np.linalg.inv(correlation))
    most = int(inflation.argmax())
    offer = "Test them together, use their mean, or keep the one that the question is about."
    return [
        _check(
            f"correlation of {names[first]} and {names[second]}",
            closest,
            NEARLY_THE_SAME,
            abs(closest) <= NEARLY_THE_SAME,
            f"{names[first]} and {names[second]} correlate {wording.number(closest, leading_zero=False)}: their "
            f"separate effects are not to be trusted. {offer}",
        ),
        _check(
            f"variance inflation of {names[most]}",
            float(inflation[most]),
            MUCH_SHARED,
            bool(inflation[most] <= MUCH_SHARED),
            f"The other predictors together say most of what {names[most]} says. {offer}",
        ),
    ]


def _stands_alone(term: str, terms: tuple[str, ...]) -> bool:
    """Whether a term is a predictor by itself: no interaction, no power of another, no one of several labels."""
    if term == "Intercept" or ":" in term or "(" in term:
        return False
    label_of = term.split("[")[0] + "["
    return "[" not in term or sum(other.startswith(label_of) and ":" not in other for other in terms) == 1


def _correlations(design: StandardDesign, p: int) -> Floats:
    gram = design.groups.WW[:p, :p]
    scale = np.sqrt(np.diag(gram))
    return gram / np.outer(scale, scale)
