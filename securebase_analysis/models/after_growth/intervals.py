"""Intervals for a growth model that do not lean on the normal approximation, also for its variances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import Check, check, checks_frame
from securebase_analysis.results.inference import Floats, check_conf_level, check_seed
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

IntervalMethod = Literal["profile", "bootstrap", "wald"]
Ends = Callable[[float], tuple[Floats, Floats]]
"""From a level to the lower and upper ends of every term."""

OF_METHOD = {
    "profile": "the profile of the likelihood",
    "bootstrap": "the parametric bootstrap",
    "wald": "the standard errors (Wald)",
}
FEW_RESAMPLES = 200
"""Below this the ends of a 95 % interval rest on five resamples or fewer."""
ENOUGH = 0.99
"""Share of resamples; those that have no fit are not a random part of them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowthIntervals(Result):
    """Intervals for the fixed effects and variances of a growth model.

    Attributes
    ----------
    ends : callable
        From a level to the ends of the intervals.
    replicates : pandas.DataFrame
        For the bootstrap one row per resample and one column per term; empty for other methods.
    """

    ends: Ends
    replicates: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        low, high = self.ends(conf_level)
        return low.copy(), high.copy()

    def _facts_line(self) -> str:
        resamples = f"{int(self.facts['n_resamples']):,} resamples; " if "n_resamples" in self.facts else ""
        return f"{resamples}{super()._facts_line()}"


def intervals(
    growth: GrowthResult,
    method: IntervalMethod = "profile",
    terms: str | Sequence[str] | None = None,
    conf_level: float | None = None,
    *,
    n_resamples: int = 1000,
    seed: int = 20260101,
    progress: bool = True,
) -> GrowthIntervals:
    """Intervals for every fixed effect, variance, covariance and correlation of a growth model.

    Parameters
    ----------
    growth : GrowthResult
        The fit.
    method : {"profile", "bootstrap", "wald"}
        ``profile`` finds the values that the likelihood does not rule out; ``bootstrap`` draws new outcomes from
        the fit and fits the model again; ``wald`` repeats the intervals of ``growth.tidy()``.
    terms : str or sequence of str, optional
        Only these terms, such as ``"years"`` or ``"var(Intercept)"``; all by default.
    conf_level : float, optional
        Level of the intervals; that of the fit by default.
    n_resamples, seed : int
        Of the bootstrap.
    progress : bool
        Show a bar where it takes longer than three seconds.

    Returns
    -------
    GrowthIntervals
        ``tidy()`` has the terms of ``growth.tidy()`` and, but for ``wald``, the correlations ``cor(a, b)``;
        ``conf_low`` and ``conf_high`` are by the method asked for, ``estimate`` is that of the fit. There are no
        tests. ``std_error`` is that of the fit, for ``bootstrap`` the standard deviation of the resamples.

    Raises
    ------
    ModelError
        When a term is not in the model, or the method is not there for this kind of model.

    Notes
    -----
    Profile: the ends are the values at which the deviance ``-2 log L``, minimised over all else, lies the squared
    normal quantile above its least value. The likelihood is the full one (maximum likelihood), also after REML,
    because restricted likelihoods do not compare models whose fixed part is held at a value; with few children its
    variances are lower than those of REML, and so are the ends. Variances are profiled as standard deviations and
    squared. Where the likelihood does not rule out zero, the interval of a variance begins at zero.

    Bootstrap: new random effects and residuals are drawn each time, so the intervals stand for other children of
    the same kind. Ends are percentiles of the resamples. They inherit what is wrong with the model: it is taken
    as true. Percentiles of variances are shifted down where the estimate itself is biased down, as in ML.

    References
    ----------
    Bates, Mächler, Bolker & Walker (2015), J Stat Softw 67(1), section 5.1; Venzon & Moolgavkar (1988), Applied
    Statistics 37; Efron & Tibshirani (1993), An introduction to the bootstrap, chapters 6 and 13.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> children = np.repeat(np.arange(20), 3)
    >>> years = np.tile([0.0, 1.0, 2.0], 20)
    >>> wobble = np.sin(7.0 * np.arange(60))
    >>> frame = pd.DataFrame({"child": children, "years": years, "trust": 5 + 0.5 * years + children % 4 + wobble})
    >>> found = intervals(fit_growth(frame, "trust ~ years"), terms="var(Intercept)")
    >>> found.tidy()[["term", "conf_low", "conf_high"]].round(2).values.tolist()
    [['var(Intercept)', 0.84, 3.15]]
    """
    check_option("method", method, tuple(OF_METHOD))
    level = growth.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    asked = _asked_terms(growth, terms, with_correlations=method != "wald")
    spec: dict[str, Any] = {"verb": "intervals", "method": method, "terms": terms, "conf_level": level}
    if method == "wald":
        return _by_wald(growth, asked, spec)
    if method == "profile":
        return _by_profile(growth, asked, spec, progress)
    _check_resamples(n_resamples)
    check_seed(seed)
    return _by_bootstrap(growth, asked, spec | {"n_resamples": n_resamples, "seed": seed}, progress)


# ---- terms -----------------------------------------------------------------------------------------------------


def _asked_terms(growth: GrowthResult, terms: str | Sequence[str] | None, with_correlations: bool) -> pd.DataFrame:
    """The rows of the answer: those of the fit, correlations after covariances, those not asked for left out."""
    table = growth.estimates.reset_index(drop=True)
    if with_correlations:
        table = _with_correlations(table)
    if terms is None:
        return table
    wanted = listed(terms)
    if not wanted:
        raise ModelError(_no_term("", table["term"]))
    absent = [name for name in wanted if name not in set(table["term"])]
    if absent:
        raise ModelError([_no_term(name, table["term"]) for name in absent])
    return table[table["term"].isin(wanted)].reset_index(drop=True)


def _no_term(name: object, known: pd.Series) -> Problem:
    guess = nearest(name, known)
    return Problem(
        "SB-MODEL-75",
        "stop",
        f"The model has no term {name!r}.",
        why="An interval belongs to a term of the fit.",
        fix=f"Did you mean {guess!r}?" if guess else f"Terms are: {', '.join(known)}.",
    )


def _with_correlations(table: pd.DataFrame) -> pd.DataFrame:
    """The estimates with a row for the correlation under each covariance."""
    value = table.set_index(["group", "term"])["estimate"]
    parts = []
    for place, row in table.iterrows():
        parts.append(table.loc[[place]])
        if not row["term"].startswith("cov("):
            continue
        first, second = pair_of(row["term"])
        variances = value[row["group"], f"var({first})"] * value[row["group"], f"var({second})"]
        correlation = row["estimate"] / np.sqrt(variances) if variances > 0.0 else np.nan
        made = {
            "term": f"cor({first}, {second})",
            "estimate": np.clip(correlation, -1.0, 1.0),
            "std_error": np.nan,
        }
        parts.append(table.loc[[place]].assign(**made))
    return pd.concat(parts, ignore_index=True)


def pair_of(term: str) -> tuple[str, str]:
    """The two random effects of ``cov(a, b)`` or ``cor(a, b)``."""
    first, second = term[4:-1].split(", ")
    return first, second


def _answer(
    growth: GrowthResult,
    table: pd.DataFrame,
    spec: dict[str, Any],
    ends: Ends,
    notes: tuple[str, ...],
    **more: Any,
) -> GrowthIntervals:
    """The intervals in the contract; there is no test among them."""
    facts = {name: growth.facts[name] for name in ("n_rows", "n_groups", "n_excluded")}
    facts |= {"conf_level": spec["conf_level"], "method": spec["method"]}
    facts |= {"converged": growth.facts["converged"], "log_likelihood": growth.facts["log_likelihood"]}
    facts |= {name: spec[name] for name in ("n_resamples", "seed") if name in spec}
    facts |= more.pop("facts", {})
    return GrowthIntervals(
        title=f"Intervals for the growth of {table['outcome'].iloc[0]} by {OF_METHOD[spec['method']]}",
        spec=spec,
        estimates=table.assign(tested=False),
        facts=facts,
        checks=checks_frame([_of_search(bool(facts["converged"])), *more.pop("checks", ())]),
        rows=growth.augment(),
        notes=tuple(dict.fromkeys([*_still_true(growth.notes, spec["method"]), *notes])),
        ends=ends,
        simulated=growth.simulated,
        **more,
    )


def _still_true(notes: tuple[str, ...], method: str) -> tuple[str, ...]:
    """The notes of the fit; that there are no intervals on the boundary is so for Wald's alone."""
    from securebase_analysis.models.growth.answer import OF_BOUNDARY

    return notes if method == "wald" else tuple(note for note in notes if note != OF_BOUNDARY)


# ---- Wald ------------------------------------------------------------------------------------------------------


def _by_wald(growth: GrowthResult, table: pd.DataFrame, spec: dict[str, Any]) -> GrowthIntervals:
    place = growth.estimates.reset_index(drop=True)
    place = pd.MultiIndex.from_frame(place[["group", "term"]]).get_indexer(
        pd.MultiIndex.from_frame(table[["group", "term"]])
    )

    def ends(level: float) -> tuple[Floats, Floats]:
        tidy = growth.tidy(level).iloc[place]
        return tidy["conf_low"].to_numpy(float), tidy["conf_high"].to_numpy(float)

    return _answer(growth, table, spec, ends, ())


# ---- profile ---------------------------------------------------------------------------------------------------


def _by_profile(
    growth: GrowthResult, table: pd.DataFrame, spec: dict[str, Any], progress: bool
) -> GrowthIntervals:
    """Ends from the deviance of maximum likelihood, found when they are asked for."""
    from scipy import special
    from tqdm import tqdm

    from securebase_analysis.models.after_growth.profiles import profiles_of

    by_ml = growth.by_ml() if growth.request.method == "reml" else growth
    profiles = profiles_of(by_ml, table)
    squared = table["term"].str.startswith("var(").to_numpy()

    @cache
    def ends(level: float) -> tuple[Floats, Floats]:
        quantile = float(special.ndtri(0.5 + level / 2.0))
        bar = tqdm(profiles, "profiles", unit="term", delay=3, leave=False, disable=None if progress else True)
        found = np.array([profile.interval(quantile) for profile in bar]).reshape(-1, 2)
        found[squared] **= 2
        return found[:, 0], found[:, 1]

    notes = []
    if by_ml is not growth:
        notes.append(
            "Profile intervals are of the full likelihood: the model was refitted by ML for them. Estimates and "
            "standard errors are those of the REML fit."
        )
    if (ends(spec["conf_level"])[0][squared] == 0.0).any():
        notes.append(
            "An interval that begins at zero: the likelihood does not rule out that there is no variance."
        )
    facts = {"log_likelihood": by_ml.facts["log_likelihood"], "converged": by_ml.facts["converged"]}
    return _answer(growth, table.assign(df=np.nan), spec, ends, tuple(notes), facts=facts)


# ---- bootstrap -------------------------------------------------------------------------------------------------


def _check_resamples(n_resamples: object) -> None:
    if isinstance(n_resamples, int) and not isinstance(n_resamples, bool) and n_resamples >= 20:
        return
    raise ModelError(
        Problem(
            "SB-MODEL-30",
            "stop",
            f"n_resamples={n_resamples!r} is not a number of resamples from 20.",
            why="The ends of an interval are percentiles of the resamples.",
            fix="n_resamples=1000",
        )
    )


def _by_bootstrap(
    growth: GrowthResult, table: pd.DataFrame, spec: dict[str, Any], progress: bool
) -> GrowthIntervals:
    """Ends as percentiles of what refits to drawn outcomes gave."""
    from securebase_analysis.models.after_growth.resamples import replicates_of

    replicates, n_singular = replicates_of(growth, table, spec["n_resamples"], spec["seed"], progress)
    values = replicates.to_numpy(float)

    def ends(level: float) -> tuple[Floats, Floats]:
        tail = (1.0 - level) / 2.0
        defined = np.isfinite(values).any(axis=0) & table["estimate"].notna().to_numpy()
        found = np.full((2, len(table)), np.nan)
        found[:, defined] = np.nanquantile(values[:, defined], [tail, 1.0 - tail], axis=0)
        return found[0], found[1]

    with np.errstate(all="ignore"):
        spread = np.nanstd(values, axis=0, ddof=1)
    made = table.assign(std_error=np.where(table["estimate"].notna(), spread, np.nan), df=np.nan)
    fitted = np.isfinite(values[:, ~table["term"].str.startswith("cor(").to_numpy()]).all(axis=1)
    notes = _notes_of_resamples(int((~fitted).sum()), n_singular, len(values), growth)
    checks = _of_resamples(float(fitted.mean()), int(fitted.sum()))
    return _answer(growth, made, spec, ends, notes, replicates=replicates, checks=checks)


def _notes_of_resamples(n_failed: int, n_singular: int, n: int, growth: GrowthResult) -> tuple[str, ...]:
    """How the resamples were drawn, and what went wrong with them."""
    notes = [
        f"Parametric bootstrap: new random effects and residuals were drawn from the fit {n:,} times, and the "
        f"model was fitted by {growth.request.method.upper()} each time; ends are percentiles."
    ]
    if n_singular:
        notes.append(
            f"In {wording.count(n_singular, 'resample')} of {n:,} a variance or correlation lay on its boundary; "
            "they are part of the intervals."
        )
    if n_failed:
        notes.append(
            f"In {wording.count(n_failed, 'resample')} of {n:,} the model had no fit; they were left out."
        )
    return tuple(notes)


def _of_search(converged: bool) -> Check:
    advice = "The fit did not end at an optimum; look at its diagnostics() first."
    return check("search ended at an optimum", float(converged), 1.0, converged, advice)


def _of_resamples(share: float, n: int) -> list[Check]:
    advice = "The ends would move with another seed; use n_resamples=1000."
    return [
        check("share of resamples that were fitted", share, ENOUGH, share >= ENOUGH, "Simplify the random part."),
        check("number of resamples", float(n), float(FEW_RESAMPLES), n >= FEW_RESAMPLES, advice),
    ]
