"""Two growth models of the same rows, one inside the other: the likelihood-ratio test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.errors import ModelError, Problem, nearest, raise_if_stopped
from securebase_analysis.models.after_growth.nested_models import (
    has_column,
    random_terms,
    smaller_and_larger,
    structure_of,
    variances_of,
    written_random_term,
)
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import check, checks_frame
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

NOTHING = 1e-7
"""A chi-square below this is a zero that two searches ended at, each within its own rounding."""
CHI_SQUARE, AT_ZERO = "chi-square", "chi-square, variance at zero"


ARGUMENTS = (
    "formula", "random", "group", "family", "method", "df", "conf_level", "weights", "variance_by", "exposure",
    "residual", "nodes",
)  # fmt: skip
"""Of `fit_growth`, those in which two models of the same rows may differ."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowthComparison(Result):
    """A likelihood-ratio test of two growth models, with the criteria of both.

    Attributes
    ----------
    smaller, larger : GrowthResult
        The models as they were compared, refitted by ML where that was needed.
    """

    smaller: GrowthResult
    larger: GrowthResult

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """The test, then log-likelihood, AIC and BIC of both models; see `Result.tidy`."""
        return super().tidy(conf_level).assign(p_value=self.estimates["p_value"].to_numpy(float))

    def augment(self) -> pd.DataFrame:
        """The rows of the larger model, as its own ``augment()`` gives them."""
        return self.larger.augment()

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: the test in a sentence, then the table."""
        return f"{self.sentence()}\n\n{super().summary(conf_level)}"

    def sentence(self) -> str:
        """The test in words."""
        tests = self.tidy().set_index("term")
        whole = tests.loc[CHI_SQUARE]
        p = wording.p_words(whole["p_value"])
        words = f"χ²({wording.df(whole['df'])}) = {wording.number(whole['estimate'])}, {p}"
        if AT_ZERO not in tests.index:
            return f"{words}."
        at_zero = wording.p_words(tests.loc[AT_ZERO, "p_value"])
        return f"{words}; {at_zero} when it counts that no variance can be below zero."


def compared(
    growth: GrowthResult, other: GrowthResult | Mapping[str, Any], conf_level: float | None = None
) -> GrowthComparison:
    """Whether the larger of two growth models fits better than chance would make it.

    Parameters
    ----------
    growth : GrowthResult
        From `fit_growth`.
    other : GrowthResult or mapping
        Another model of the same rows, of which one is a special case of the other, in either order; or the
        arguments of `fit_growth` in which it differs, such as ``{"random": "1"}``: it is then fitted to the rows
        that `growth` used.
    conf_level : float, optional
        Level of the answer; that of the fit by default.

    Returns
    -------
    GrowthComparison
        ``tidy()`` has effect *likelihood ratio* with term ``chi-square`` (its value as estimate, its degrees of
        freedom and p-value), and effects *log-likelihood*, *AIC* and *BIC* with terms ``smaller`` and ``larger``.

    Raises
    ------
    ModelError
        When the two do not use the same rows and outcome, or neither is a special case of the other.

    Notes
    -----
    ``chi-square = 2 (log L_larger - log L_smaller)`` on the difference of the numbers of parameters. Restricted
    likelihoods compare only models with the same fixed effects; others are refitted by maximum likelihood, and a
    note says so. A variance cannot be below zero, so that where the larger model has one variance more, the
    chi-square is too cautious: under the smaller model its statistic is, in large samples, half of the time that
    of one degree of freedom less (Self & Liang 1987; Stram & Lee 1994). The p-value of that equal mixture stands
    in a row of its own, ``chi-square, variance at zero``; the first row is what other programs print. Where
    several variances are added the mixture is not known, and a note says that the chi-square is cautious. For
    fixed effects in small samples the test is too bold; `joint_test` has degrees of freedom for them.

    References
    ----------
    Self & Liang (1987), J Am Stat Assoc 82; Stram & Lee (1994), Variance components testing in the longitudinal
    mixed effects model, Biometrics 50.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> child = np.repeat(np.arange(20), 3)
    >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20)})
    >>> frame["trust"] = 5 + 0.5 * frame["years"] + child % 3 + np.sin(7.0 * np.arange(60))
    >>> print(compared(fit_growth(frame, "trust ~ years"), {"formula": "trust ~ 1"}).sentence())
    χ²(1) = 29.24, p < .001.
    """
    other = _with_changes(growth, other) if isinstance(other, Mapping) else other
    if not hasattr(other, "refitted"):
        raise ModelError(_no_model(other))
    smaller, larger = smaller_and_larger(growth, other)
    notes = (_what_is_added(smaller, larger), *_of_boundary(smaller, larger))
    smaller, larger, refitted = _on_one_likelihood(smaller, larger)
    level = growth.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    return GrowthComparison(
        title=f"A smaller and a larger growth model of {larger.data.outcome.terms[0]}",
        spec={"verb": "compared_with", "other": _arguments(other), "conf_level": level},
        estimates=_table(smaller, larger),
        facts=_facts(smaller, larger, level),
        checks=_checks(smaller, larger),
        notes=tuple(dict.fromkeys([*larger.notes, *notes, *refitted])),
        simulated=growth.simulated or other.simulated,
        smaller=smaller,
        larger=larger,
    )


def _arguments(growth: GrowthResult) -> dict[str, Any]:
    """The arguments of `fit_growth` behind a model."""
    return {name: value for name, value in growth.spec.items() if name != "verb"}


def _with_changes(growth: GrowthResult, changes: Mapping[str, Any]) -> GrowthResult:
    """The model with other arguments, on the rows that it used."""
    from securebase_analysis.models.growth.verb import fit_growth

    unknown = [name for name in changes if name not in ARGUMENTS]
    raise_if_stopped([_no_argument(name) for name in unknown], ModelError)
    data = growth.data
    if any(factor.members is not None for factor in data.factors):
        raise ModelError(_with_members())
    return fit_growth(data.frame[data.used], **(_arguments(growth) | dict(changes)))


# ---- whether there is an answer --------------------------------------------------------------------------------


def _no_argument(name: object) -> Problem:
    guess = nearest(name, ARGUMENTS)
    return Problem(
        "SB-MODEL-74",
        "stop",
        f"{name!r} is no argument of fit_growth that can differ.",
        why="The other model is fitted with the arguments of this one but for those that are named.",
        done="Nothing was fitted.",
        fix=f"Did you mean {guess!r}?" if guess else f"Arguments are: {', '.join(ARGUMENTS)}.",
    )


def _with_members() -> Problem:
    return Problem(
        "SB-MODEL-74",
        "stop",
        "A model in which rows belong to several carers cannot be fitted again from its differences alone.",
        why="The weights of the carers are not among the arguments that are kept.",
        fix="growth.compared_with(fit_growth(data, ..., members=members))",
    )


def _no_model(other: object) -> Problem:
    return Problem(
        "SB-MODEL-74",
        "stop",
        f"other is a {type(other).__name__}, not a growth model.",
        why="A likelihood ratio needs two models of the same rows.",
        fix="growth.compared_with(fit_growth(...)), or growth.compared_with({'random': '1'})",
    )


# ---- the test --------------------------------------------------------------------------------------------------


def _on_one_likelihood(
    smaller: GrowthResult, larger: GrowthResult
) -> tuple[GrowthResult, GrowthResult, tuple[str, ...]]:
    """Both models with likelihoods that compare, and a sentence where they had to be refitted."""
    methods = {smaller.request.method, larger.request.method}
    few, many = smaller.data.fixed, larger.data.fixed
    same_fixed = len(few.terms) == len(many.terms) and all(
        has_column(many, term, few.column(term)) for term in few.terms
    )
    if methods == {"ml"} or (methods == {"reml"} and same_fixed):
        return smaller, larger, ()
    why = "One model was fitted by REML, the other by ML." if same_fixed else (
        "Restricted likelihoods of models with different fixed effects do not compare."
    )  # fmt: skip
    note = Problem("SB-MODEL-11", "note", why, done="Refitted by ML for the comparison.")
    return smaller.by_ml(), larger.by_ml(), (note.sentence,)


def _likelihood_ratio(smaller: GrowthResult, larger: GrowthResult) -> tuple[float, int]:
    """The chi-square, not below zero, and its degrees of freedom."""
    chi2 = 2.0 * (larger.fit.log_likelihood - smaller.fit.log_likelihood)
    return (chi2 if chi2 > NOTHING else 0.0), larger.fit.n_parameters - smaller.fit.n_parameters


def p_at_zero(chi2: float, df: int) -> float:
    """P-value of an equal mixture of chi-squares on `df` and on one degree of freedom less.

    Examples
    --------
    >>> round(p_at_zero(2.705543, 1), 4)
    0.05
    """
    fewer = special.chdtrc(df - 1, chi2) if df > 1 else float(chi2 <= 0.0)
    return float(0.5 * (fewer + special.chdtrc(df, chi2)))


def _table(smaller: GrowthResult, larger: GrowthResult) -> pd.DataFrame:
    """The test and the criteria, row under row."""
    chi2, df = _likelihood_ratio(smaller, larger)
    lines: list[tuple[Any, ...]] = [("likelihood ratio", CHI_SQUARE, chi2, df, special.chdtrc(df, chi2))]
    if _n_variances_added(smaller, larger) == 1:
        lines.append(("likelihood ratio", AT_ZERO, chi2, np.nan, p_at_zero(chi2, df)))
    for name, criterion in CRITERIA.items():
        for size, model in (("smaller", smaller), ("larger", larger)):
            lines.append((name, size, criterion(model), np.nan, np.nan))
    table = pd.DataFrame(lines, columns=["effect", "term", "estimate", "df", "p_value"]).astype({"df": float})
    return table.assign(outcome=larger.data.outcome.terms[0], group="", std_error=np.nan, tested=False)


def _facts(smaller: GrowthResult, larger: GrowthResult, conf_level: float) -> dict[str, Any]:
    """What ``glance()`` shows."""
    chi2, df = _likelihood_ratio(smaller, larger)
    counted = {name: larger.facts[name] for name in ("n_rows", "n_groups", "n_excluded")}
    return counted | {
        "conf_level": conf_level,
        "converged": smaller.fit.converged and larger.fit.converged,
        "log_likelihood": larger.fit.log_likelihood,
        "method": larger.request.method,
        "chi2": chi2,
        "df": df,
        "p_value": float(special.chdtrc(df, chi2)),
    }


CRITERIA: dict[str, Callable[[GrowthResult], float]] = {
    "log-likelihood": lambda model: model.fit.log_likelihood,
    "AIC": lambda model: model.fit.deviance + 2.0 * model.fit.n_parameters,
    "BIC": lambda model: model.fit.deviance + float(np.log(model.data.n_rows)) * model.fit.n_parameters,
}


def _checks(smaller: GrowthResult, larger: GrowthResult) -> pd.DataFrame:
    """Whether both searches ended at an optimum, and the larger model at the higher one."""
    gain = larger.fit.log_likelihood - smaller.fit.log_likelihood
    ended, higher = smaller.fit.converged and larger.fit.converged, gain > -1e-6
    not_there = (
        "A search did not end at an optimum, so that the ratio is not to be trusted. Simplify the random part."
    )
    lower = "The larger model fits worse than its own special case: its search ended early. Do not use the test."
    return checks_frame(
        [
            check("searches ended at an optimum", float(ended), 1.0, ended, not_there),
            check("gain in log-likelihood", gain, 0.0, higher, lower),
        ]
    )


# ---- in words --------------------------------------------------------------------------------------------------


def _what_is_added(smaller: GrowthResult, larger: GrowthResult) -> str:
    """What the larger model has and the smaller has not."""
    fixed = [term for term in larger.data.fixed.terms if term not in smaller.data.fixed.terms]
    random = sorted(map(written_random_term, random_terms(larger) - random_terms(smaller)), reverse=True)
    residual = [
        f"{name}={value!r}" for name, value in structure_of(larger).items() if name not in structure_of(smaller)
    ]
    return f"The larger model adds {', '.join([*fixed, *random, *residual])}."


def _n_variances_added(smaller: GrowthResult, larger: GrowthResult) -> int:
    return len(variances_of(larger) - variances_of(smaller))


def _of_boundary(smaller: GrowthResult, larger: GrowthResult) -> tuple[str, ...]:
    """What it means for the p-value that a variance cannot be below zero."""
    n = _n_variances_added(smaller, larger)
    if n == 0:
        return ()
    if n == 1:
        return (
            "A variance cannot be below zero, so that the chi-square is too cautious; the second p-value is that "
            "of an equal mixture with one degree of freedom less (Self & Liang 1987; Stram & Lee 1994).",
        )
    return (
        f"{n} variances are added, and none can be below zero: the chi-square is too cautious, its p-value too "
        "large (Self & Liang 1987).",
    )
