"""Change over time in children who are seen again and again: the linear mixed growth model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.engines.mixed import MixedFit, fit_mixed, random_effects
from securebase_analysis.engines.small_sample import (
    ContrastInference,
    kenward_roger,
    satterthwaite,
    variance_standard_errors,
)
from securebase_analysis.engines.standard import standard_design
from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.models.formulas import predictors, random_matrix
from securebase_analysis.models.grouped_rows import GroupedRows, grouped_rows, model_columns
from securebase_analysis.models.mixed_checks import (
    diagnostics_of,
    far_scales,
    random_part_that_fits,
    refuse_exact_fit,
    refuse_unanswerable,
)
from securebase_analysis.models.rows import check_columns, is_number, long_frame, numeric_columns
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, check_conf_level, critical_value, wald_interval
from securebase_analysis.results.result import Result

Family = Literal["gaussian"]
Method = Literal["reml", "ml"]
DegreesOfFreedom = Literal["satterthwaite", "kenward-roger", "normal", "residual"]
DF_WORDS = {
    "satterthwaite": "Satterthwaite",
    "kenward-roger": "Kenward–Roger",
    "normal": "infinite",
    "residual": "residual",
}

FAMILIES_ELSEWHERE = {
    "binomial": "glmer in R's lme4",
    "poisson": "glmer in R's lme4",
    "negative-binomial": "glmer.nb in R's lme4",
    "ordinal": "clmm in R's ordinal",
}
UNITS = {"years": "a year", "months": "a month", "wave": "a wave"}
TIMES = (*UNITS, "age", "time")
"""Names by which a formula's time is known where it has no random slope."""


@dataclass(frozen=True, eq=False)
class GrowthResult(Result):
    """A fitted growth model.

    Attributes
    ----------
    fit : MixedFit
        The fit in arrays.
    data : GroupedRows
        The rows, columns and groups it was made from.
    """

    fit: MixedFit | None = None
    data: GroupedRows | None = None

    # ---- the contract ------------------------------------------------------------------------------------------

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Wald's interval; for variances on the scale of their logarithm, so that it stays above zero."""
        table = self.estimates
        estimate, std_error = table["estimate"].to_numpy(float), table["std_error"].to_numpy(float)
        low, high = wald_interval(estimate, std_error, table["df"], conf_level)
        is_variance = table["term"].str.startswith("var(").to_numpy() & (table["effect"] == "random").to_numpy()
        with np.errstate(all="ignore"):
            factor = np.exp(critical_value(conf_level, np.inf) * std_error / estimate)
            return np.where(is_variance, estimate / factor, low), np.where(is_variance, estimate * factor, high)

    def augment(self) -> pd.DataFrame:
        """The rows used, with what the model says of each.

        Returns
        -------
        pandas.DataFrame
            The columns given and ``fitted`` (fixed and random effects), ``fitted_fixed`` (fixed effects alone) and
            ``residual`` (observed minus fitted).
        """
        fit, data = self._parts
        fixed = fit.beta @ data.fixed.values
        effects, _ = random_effects(fit)
        fitted = fixed + (data.random.values * effects[:, data.code]).sum(axis=0)
        rows = data.frame[data.used] if not data.used.all() else data.frame
        return rows.assign(fitted=fitted, fitted_fixed=fixed, residual=data.outcome.values[0] - fitted)

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: one plain sentence, the terms, checks that failed, notes."""
        level = self.conf_level if conf_level is None else conf_level
        return f"{self.sentence(level)}\n\n{super().summary(level)}"

    def sentence(self, conf_level: float | None = None) -> str:
        """Who was studied and how the outcome changes on average, in words.

        Parameters
        ----------
        conf_level : float, optional
            Level of the interval; that of the fit by default.
        """
        level = self.conf_level if conf_level is None else conf_level
        group, facts = str(self.spec["group"]), self.facts
        groups = wording.count(int(facts["n_groups"]), group, wording.plural(group))
        head = f"{groups}, {wording.count(int(facts['n_rows']), 'row')}."
        change = _average_change(self.tidy(level), self._parts[1].random.terms, level)
        return f"{head} {change}".strip()

    def _facts_line(self) -> str:
        facts, group = self.facts, str(self.spec["group"])
        r2 = [wording.number(float(facts[name]), leading_zero=False) for name in ("r2_marginal", "r2_conditional")]
        excluded = int(facts["n_excluded"])
        left_out = f"{wording.count(excluded, 'row')} not used" if excluded else "none left out"
        return (
            f"{wording.count(int(facts['n_rows']), 'row')}, "
            f"{wording.count(int(facts['n_groups']), group, wording.plural(group))}; {left_out}. "
            f"{str(facts['method']).upper()}, {DF_WORDS[str(self.spec['df'])]} degrees of freedom; residual SD "
            f"{wording.number(float(facts['sigma']))}, "
            f"ICC {wording.number(float(facts['icc']), leading_zero=False)}, "
            f"R² {r2[0]} (fixed), {r2[1]} (fixed and random)."
        )

    # ---- after the fit -----------------------------------------------------------------------------------------

    @property
    def _parts(self) -> tuple[MixedFit, GroupedRows]:
        if self.fit is None or self.data is None:
            raise ValueError("this result was made without its fit")
        return self.fit, self.data

    def random_effects(self, conf_level: float | None = None) -> pd.DataFrame:
        """How far each child lies from the average child (best linear unbiased predictions).

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            The key of the group, ``term, estimate, std_error, conf_low, conf_high``, one row per group and term.
            ``std_error`` is the conditional standard deviation, the estimates of the model taken as known.
        """
        fit, data = self._parts
        effects, covariance = random_effects(fit)
        terms = data.random.terms
        estimate = effects.T.ravel()
        std_error = np.sqrt(np.maximum(np.einsum("aag->ga", covariance), 0.0)).ravel()
        low, high = wald_interval(estimate, std_error, np.inf, conf_level or self.conf_level)
        keys = data.groups.loc[data.groups.index.repeat(len(terms))].reset_index(drop=True)
        return keys.assign(
            term=np.tile(np.array(terms, dtype=object), len(data.groups)),
            estimate=estimate,
            std_error=std_error,
            conf_low=low,
            conf_high=high,
        )

    def predict(self, new_data: pd.DataFrame) -> pd.DataFrame:
        """What the model expects for other rows.

        Parameters
        ----------
        new_data : pandas.DataFrame
            The predictors of the formula, and the group where its children are known to the model.

        Returns
        -------
        pandas.DataFrame
            `new_data` with ``fitted`` and ``fitted_fixed``; for children that the model has not seen the two are
            the same. Missing where a predictor is missing.

        Raises
        ------
        DataError
            When a predictor has a label that the model has not seen.
        """
        fit, data = self._parts
        columns = predictors(str(self.spec["formula"]), str(self.spec["random"]))
        new_data = long_frame(new_data)
        check_columns(new_data, columns)
        numbers = [name for name in columns if is_number(data.frame[name])]
        labels = [name for name in columns if name not in numbers]
        made, problems = numeric_columns(new_data, numbers)
        coded, more = model_columns(new_data, labels, outcome="")
        raise_if_stopped([*problems, *more, *_ids_of_another_kind(data.groups, new_data)])
        values = pd.concat([made, coded], axis=1)
        complete = values.notna().all(axis=1).to_numpy()
        effects, _ = random_effects(fit)
        place = _places(data.groups, new_data)[complete]
        own = np.where(place >= 0, effects[:, place], 0.0)
        fixed, fitted = np.full((2, len(new_data)), np.nan)
        fixed[complete] = fit.beta @ data.fixed.recipe.columns(values[complete])
        of_child = (data.random.recipe.columns(values[complete]) * own).sum(axis=0)
        fitted[complete] = fixed[complete] + of_child
        return new_data.assign(fitted=fitted, fitted_fixed=fixed)

    def by_ml(self) -> GrowthResult:
        """The same model by maximum likelihood, whose AIC and BIC compare models with other fixed effects.

        Degrees of freedom are Satterthwaite's where they were Kenward and Roger's, which need REML.
        """
        fit, data = self._parts
        df = "satterthwaite" if self.spec["df"] == "kenward-roger" else self.spec["df"]
        spec = {**self.spec, "method": "ml", "df": df}
        return _answer(spec, fit_mixed(fit.design, reml=False), data, self.notes)


def fit_growth(
    data: Any,
    formula: str,
    random: str | Mapping[str, str] = "1",
    group: str = "child",
    family: Family = "gaussian",
    method: Method = "reml",
    df: DegreesOfFreedom = "satterthwaite",
    conf_level: float = 0.95,
) -> GrowthResult:
    """Fit a linear mixed growth model to a continuous outcome that was measured repeatedly.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child and wave.
    formula : str
        ``outcome ~ predictors``, such as ``"trust ~ years * kinship"``. Names that are not one word stand in
        backticks.
    random : str or mapping
        What differs between children: ``"1"`` their level, ``"years"`` level and slope with their correlation,
        ``"0 + years"`` the slope alone. Or a mapping with one key, ``{"child": "years"}``.
    group : str
        Column that says which rows belong together. Where the same id occurs at several sites (column ``site``),
        site and id together do.
    family : {"gaussian"}
        Distribution of the outcome.
    method : {"reml", "ml"}
        Restricted maximum likelihood, or maximum likelihood.
    df : {"satterthwaite", "kenward-roger", "normal", "residual"}
        Degrees of freedom of the tests and intervals. ``kenward-roger`` also adjusts the standard errors, and
        needs REML. ``normal`` is right for hundreds of groups; ``residual`` (rows minus terms) only for effects
        that vary within children.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    GrowthResult
        ``tidy()`` has effect *fixed* with the terms of the formula, and effect *random* with ``var(Intercept)``,
        ``cov(Intercept, years)``, ``var(years)`` under the name of the group and ``var(residual)`` under
        *residual*.

    Raises
    ------
    ModelError
        When the question cannot be answered: a column that is not there, one wave per child, predictors of which
        one can be computed from the others.
    DataError
        When the data cannot be used: words as outcome, a child twice at one wave, rows without a child.

    Notes
    -----
    For child i, ``y_i = X_i beta + Z_i b_i + e_i`` with ``b_i ~ N(0, D)`` and ``e_i ~ N(0, sigma^2 I)``. Rows that
    lack an outcome or a predictor are left out and counted; that is harmless when what is missing depends on what
    was observed (missing at random), and misleads when children leave the study because of what was not observed.
    Standard errors of variances come from the observed information; their intervals are Wald's on the log scale,
    those of covariances on their own; on the boundary there are none. R² is that of Nakagawa & Schielzeth (2013),
    with Johnson's (2014) mean for random slopes. A slope describes change; that it is an effect of a predictor
    does not follow.

    References
    ----------
    Laird & Ware (1982), Random-effects models for longitudinal data, Biometrics 38; Bates et al. (2015), J Stat
    Softw 67(1); Kuznetsova et al. (2017), J Stat Softw 82(13); Kenward & Roger (1997), Biometrics 53.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> children = np.repeat(np.arange(20), 3)
    >>> years = np.tile([0.0, 1.0, 2.0], 20)
    >>> wobble = np.sin(7.0 * np.arange(60))
    >>> frame = pd.DataFrame({"child": children, "years": years, "trust": 5 + 0.5 * years + children % 4 + wobble})
    >>> result = fit_growth(frame, "trust ~ years")
    >>> result.tidy().loc[:, ["term", "estimate", "df"]].round(2).values.tolist()[:2]
    [['Intercept', 6.53, 21.64], ['years', 0.49, 39.0]]
    """
    random, group = _one_factor(random, group)
    _check_options(family, method, df)
    check_conf_level(conf_level)

    rows = grouped_rows(data, formula, random, group)
    random, said = random_part_that_fits(rows, random, group)
    if said:
        rows = replace(rows, random=random_matrix(random, rows.frame[rows.used]))
    design = standard_design(
        rows.outcome.values[0], rows.fixed.values, rows.random.values, rows.code, len(rows.groups)
    )
    refuse_unanswerable(rows, design)
    fit = fit_mixed(design, reml=method == "reml")
    refuse_exact_fit(fit, rows)

    spec = {
        "verb": "fit_growth",
        "formula": formula,
        "random": random,
        "group": group,
        "family": family,
        "method": method,
        "df": df,
        "conf_level": conf_level,
    }
    notes = tuple(problem.sentence for problem in [*rows.problems, *said, *far_scales(rows, design)])
    return _answer(spec, fit, rows, notes).made_from(data)


# ---- the request -----------------------------------------------------------------------------------------------


def _one_factor(random: str | Mapping[str, str], group: str) -> tuple[str, str]:
    """The random part and its group, from either way of saying them."""
    if not isinstance(random, Mapping):
        return random, group
    if len(random) == 1:
        ((group, random),) = random.items()
        return random, group
    raise ModelError(
        Problem(
            "SB-MODEL-51",
            "stop",
            f"random names {len(random)} grouping factors; this version fits one.",
            why="Leaving one out would make the standard errors of the others wrong without a sign.",
            done="Nothing was fitted.",
            fix="Use one, such as random={'child': 'years'}; for several, lmer in R's lme4.",
        )
    )


def _check_options(family: str, method: str, df: str) -> None:
    if family in FAMILIES_ELSEWHERE:
        raise ModelError(
            Problem(
                "SB-MODEL-51",
                "stop",
                f"family={family!r} is not there yet.",
                why="A normal model of such an outcome would give numbers that do not hold.",
                done="Nothing was fitted.",
                fix=f"Use {FAMILIES_ELSEWHERE[family]} until then.",
            )
        )
    check_option("family", family, ("gaussian",))
    check_option("method", method, ("reml", "ml"))
    check_option("df", df, ("satterthwaite", "kenward-roger", "normal", "residual"))
    if df == "kenward-roger" and method == "ml":
        raise ModelError(
            Problem(
                "SB-MODEL-49",
                "stop",
                "Kenward and Roger's degrees of freedom are derived for REML, not for ML.",
                why="With ML variances they would be too small by an unknown amount.",
                fix="method='reml', or df='satterthwaite'",
            )
        )


# ---- the answer ------------------------------------------------------------------------------------------------


def _answer(spec: Mapping[str, Any], fit: MixedFit, rows: GroupedRows, notes: tuple[str, ...]) -> GrowthResult:
    """Wrap the fit in the contract."""
    outcome = rows.outcome.terms[0]
    of_boundary = (
        "A variance or correlation lies on its boundary; variances have no standard error or interval there."
    )
    notes = tuple(note for note in notes if note != of_boundary)
    return GrowthResult(
        title=f"Growth of {outcome}: {spec['formula']}, random {spec['random']} by {spec['group']}",
        spec=spec,
        estimates=_estimates(spec, fit, rows, outcome),
        facts=_facts(spec, fit, rows),
        checks=diagnostics_of(fit, rows, str(spec["group"])),
        notes=(*notes, of_boundary) if fit.singular else notes,
        fit=fit,
        data=rows,
    )


def _estimates(spec: Mapping[str, Any], fit: MixedFit, rows: GroupedRows, outcome: str) -> pd.DataFrame:
    """Fixed effects, then variances and covariances of the random effects, then the residual variance."""
    fixed = _inference(str(spec["df"]), fit)
    of_D, of_residual = variance_standard_errors(fit)
    if fit.singular:
        of_D = np.full_like(of_D, np.nan)
    column, row = np.triu_indices(len(fit.D))
    names = rows.random.terms
    labels = [f"var({names[i]})" if i == j else f"cov({names[j]}, {names[i]})" for j, i in zip(column, row)]
    n_fixed, n_random = len(fit.beta), len(labels)
    std_error = np.concatenate([fixed.std_error, of_D[row, column], [of_residual]])
    return pd.DataFrame(
        {
            "outcome": outcome,
            "group": [""] * n_fixed + [str(spec["group"])] * n_random + ["residual"],
            "effect": ["fixed"] * n_fixed + ["random"] * (n_random + 1),
            "term": [*rows.fixed.terms, *labels, "var(residual)"],
            "estimate": np.concatenate([fit.beta, fit.D[row, column], [fit.sigma2]]),
            "std_error": std_error,
            "df": np.concatenate([fixed.df, np.where(np.isnan(std_error[n_fixed:]), np.nan, np.inf)]),
            "tested": [True] * n_fixed + [False] * (n_random + 1),
        }
    )


def _inference(df: str, fit: MixedFit) -> ContrastInference:
    """Standard errors and degrees of freedom of the fixed effects."""
    if df == "satterthwaite":
        return satterthwaite(fit)
    if df == "kenward-roger":
        return kenward_roger(fit)
    n_rows, n_fixed = fit.design.groups.n_rows, len(fit.beta)
    degrees = np.inf if df == "normal" else float(n_rows - n_fixed)
    return ContrastInference(np.sqrt(np.diag(fit.vcov)), np.full(n_fixed, degrees), fit.vcov)


def _facts(spec: Mapping[str, Any], fit: MixedFit, rows: GroupedRows) -> dict[str, Any]:
    by_ml = spec["method"] == "ml"
    n_rows = len(rows.code)
    of_fixed, of_random = _explained(fit, rows)
    total = of_fixed + of_random + fit.sigma2
    return {
        "n_rows": n_rows,
        "n_groups": len(rows.groups),
        "n_excluded": len(rows.frame) - n_rows,
        "conf_level": spec["conf_level"],
        "converged": fit.minimum.converged,
        "log_likelihood": fit.log_likelihood,
        "deviance": fit.deviance,
        "aic": fit.deviance + 2.0 * fit.n_parameters if by_ml else np.nan,
        "bic": fit.deviance + np.log(n_rows) * fit.n_parameters if by_ml else np.nan,
        "sigma": float(np.sqrt(fit.sigma2)),
        "r2_marginal": of_fixed / total,
        "r2_conditional": (of_fixed + of_random) / total,
        "icc": of_random / (of_random + fit.sigma2),
        "singular": fit.singular,
        "method": spec["method"],
    }


def _explained(fit: MixedFit, rows: GroupedRows) -> tuple[float, float]:
    """Variance of the fixed part over the rows, and the mean variance of the random part."""
    of_fixed = float(np.var(fit.beta @ rows.fixed.values, ddof=1))
    Phi = fit.Lambda @ fit.Lambda.T
    of_random = fit.sigma2 * float((fit.design.groups.ZZ.sum(axis=2) * Phi).sum()) / len(rows.code)
    return of_fixed, of_random


def _places(groups: pd.DataFrame, new_data: pd.DataFrame) -> np.ndarray:
    """Place of each new row's group among those of the fit; -1 where it is new or not named."""
    keys = list(groups)
    if any(key not in new_data for key in keys):
        return np.full(len(new_data), -1)
    if len(keys) == 1:
        return pd.Index(groups[keys[0]]).get_indexer(pd.Index(new_data[keys[0]]))
    return pd.MultiIndex.from_frame(groups).get_indexer(pd.MultiIndex.from_frame(new_data[keys]))


def _ids_of_another_kind(groups: pd.DataFrame, new_data: pd.DataFrame) -> list[Problem]:
    """Ids that are numbers on one side and text on the other, so that no known child would be recognised."""
    return [
        Problem(
            "SB-ID-04",
            "stop",
            f"{key!r} holds {'numbers' if is_number(new_data[key]) else 'text'} here and "
            f"{'numbers' if is_number(groups[key]) else 'text'} in the rows the model was made from.",
            column=key,
            why="No child would be recognised, and every prediction would be that of an unknown child.",
            done="No prediction was made.",
            fix=f"new_data[{key!r}] = new_data[{key!r}].astype(data[{key!r}].dtype)",
        )
        for key in groups
        if key in new_data and is_number(groups[key]) != is_number(new_data[key])
    ]


def _average_change(tidy: pd.DataFrame, random_terms: tuple[str, ...], conf_level: float) -> str:
    """The slope of time in words; nothing where the formula has no time."""
    fixed = tidy[tidy["effect"] == "fixed"].set_index("term")
    time = next((name for name in (*random_terms, *TIMES) if name != "Intercept" and name in fixed.index), None)
    if time is None:
        return ""
    row, unit = fixed.loc[time], UNITS.get(time, f"for each unit of {time}")
    interacts = any(time in term.split(":") for term in fixed.index if ":" in term)
    where = " where what it interacts with is zero or the reference" if interacts else ""
    ends = wording.interval(row["conf_low"], row["conf_high"])
    return (
        f"On average {row['outcome']} changes by {wording.number(row['estimate'])} {unit}{where}, "
        f"{wording.percent(conf_level)} CI {ends}."
    )
