"""What each child, carer or wave does to a growth model: fitted again without it, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.contrast_inference import ContrastInference
from securebase_analysis.engines.influence import fits_without, full_rank
from securebase_analysis.errors import ModelError, Problem, SecureBaseError
from securebase_analysis.models.growth.linear_fits import OneFactorFit
from securebase_analysis.models.rows import Ints, check_columns, groups_of
from securebase_analysis.results import wording
from securebase_analysis.results.inference import Floats, wald_interval

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult
    from securebase_analysis.models.growth.fits import Fit
    from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows

FEWEST_LEVELS = 3


@dataclass(frozen=True, eq=False)
class Influence:
    """How a growth model changes when one child (carer, wave) after the other is left out.

    Attributes
    ----------
    by : str
        What was left out.
    levels : pandas.DataFrame
        One row for each, in the order of the data: ``number`` (running, no identifier), ``first_row`` (its first
        row in the data given, counted from 1), ``n_rows``, ``cooks_distance``, ``converged``; with `show_ids` also
        its key. Missing distances are those of levels without which the model cannot be fitted.
    terms : pandas.DataFrame
        One row for each and every term: ``number, effect, group, term, estimate`` (without it), ``change`` (that
        less the estimate of all rows), ``dfbetas`` (the change in standard errors; fixed effects alone) and
        ``crosses_zero`` (whether the interval holds zero with it and not without it, or the other way round).
    conf_level : float
        Level of these intervals.
    """

    by: str
    levels: pd.DataFrame
    terms: pd.DataFrame
    conf_level: float

    @cached_property
    def most(self) -> pd.DataFrame:
        """The levels in the order of Cook's distance, the farthest first."""
        return self.levels.sort_values("cooks_distance", ascending=False, na_position="last", ignore_index=True)

    def sentence(self) -> str:
        """Which one moves the fixed effects most, and which readings rest on one, in words; nobody is named."""
        known = self.levels["cooks_distance"].notna()
        if not known.any():
            return f"The model cannot be fitted without any one {self.by}."
        first, several = self.most.iloc[0], wording.count(int(known.sum()), self.by)
        distance, change = wording.number(first["cooks_distance"]), self._largest_change(first["number"])
        parts = [
            f"The fixed effects move most without the {self.by} of row {int(first['first_row']):,}: "
            f"Cook's distance {distance}, {change}.",
            *self._over_zero(several),
        ]
        n_without = int((~known).sum())
        if n_without:
            parts.append(f"Without each of {wording.count(n_without, self.by)} the model cannot be fitted.")
        return " ".join(parts)

    def _over_zero(self, several: str) -> list[str]:
        """Intervals that hold zero with a level and not without it, or the other way round."""
        crossing, level = self.terms[self.terms["crosses_zero"]], wording.percent(self.conf_level)
        if crossing.empty:
            return [f"Leaving out any one of {several} moves no {level} interval of a fixed effect over zero."]
        found = []
        for term, rows in crossing.groupby("term", sort=False):
            which = (
                f"any one of {len(rows):,} of {several}"
                if len(rows) > 1
                else f"the {self.by} of row {self._first_row(rows['number'].iloc[0]):,}"
            )
            found.append(f"Whether the {level} interval of {term} holds zero changes without {which}.")
        return found

    def _first_row(self, number: int) -> int:
        return int(self.levels.set_index("number").loc[number, "first_row"])

    def _largest_change(self, number: int) -> str:
        """The term that moves most standard errors without one level."""
        own = self.terms[(self.terms["number"] == number) & (self.terms["effect"] == "fixed")]
        row = own.loc[own["dfbetas"].abs().idxmax()]
        before, after = wording.number(row["estimate"] - row["change"]), wording.number(row["estimate"])
        return f"{row['term']} from {before} to {after}"

    def __str__(self) -> str:
        return f"{self.sentence()}\n\n{self.most.head(10).to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.sentence())}</p>{self.most.head(10).to_html(index=False, border=0)}"


def influence(growth: GrowthResult, by: str | None = None, *, show_ids: bool = False) -> Influence:
    """Fit a growth model again without each child, carer or wave, and tell what changes.

    Parameters
    ----------
    growth : GrowthResult
        From `fit_growth`.
    by : str, optional
        What to leave out: a grouping factor of the model, or any column of the data; the children by default.
    show_ids : bool
        Whether the key of each level stands in the frame.

    Returns
    -------
    Influence
        With the frames ``levels`` and ``terms``, and a sentence.

    Raises
    ------
    ModelError
        When there is no such column, or it has fewer than three levels.

    Notes
    -----
    With ``beta_(i)`` the fixed effects without level i, Cook's distance is ``(beta_(i) - beta)' V^-1
    (beta_(i) - beta) / p``, V being their covariance in the whole model, and DFBETAS ``(beta_(i) - beta) /
    se_(i)`` (Belsley, Kuh & Welsch 1980; Demidenko & Stukel 2005). Every fit is a full one, variances included.
    lme4's ``cooks.distance`` of the same is this times ``(m - p) / m`` with m levels. A level that moves an
    estimate is not wrong for that; look at its rows, and report the answer with and without it.

    References
    ----------
    Demidenko & Stukel (2005), Influence analysis for linear mixed-effects models, Stat Med 24.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> child, years = np.repeat(np.arange(20), 3), np.tile([0.0, 1.0, 2.0], 20)
    >>> trust = 5 + 0.5 * years + child % 4 + np.sin(7.0 * np.arange(60)) + 9.0 * ((child == 8) & (years == 2))
    >>> growth = fit_growth(pd.DataFrame({"child": child, "years": years, "trust": trust}), "trust ~ years")
    >>> influence(growth).most.loc[0, ["number", "first_row", "n_rows"]].astype(int).tolist()
    [9, 25, 3]
    """
    by = by or growth.request.group
    fit, data = growth.fit, growth.data
    code, keys = _levels(data, by)
    if len(keys) < FEWEST_LEVELS:
        raise ModelError(_too_few_levels(by, len(keys)))
    changes = _changes(fit, data, growth, _fits(growth, code, len(keys)), len(keys))
    levels = _level_rows(data, code, len(keys)).assign(cooks_distance=changes.cooks, converged=changes.converged)
    if show_ids:
        levels = pd.concat([levels, keys], axis=1)
    return Influence(by, levels, _table(fit, data, growth.estimates, changes), growth.conf_level)


def _too_few_levels(by: str, n: int) -> Problem:
    return Problem(
        "SB-MODEL-86",
        "stop",
        f"{by!r} has {wording.count(n, 'level')} in the rows used.",
        column=by,
        why="Without one of them there is hardly anything left to compare.",
        fix=f"by='child', or fit the model for each {by} by itself",
    )


# ---- what is left out ------------------------------------------------------------------------------------------


def _levels(data: GroupedRows, by: str) -> tuple[Ints, pd.DataFrame]:
    """The level of each row used (-1 where it is not known), and the key of each level."""
    named = {factor.name: factor for factor in data.factors}
    if by in named:
        return named[by].code, named[by].keys
    check_columns(data.frame, [by])
    groups = groups_of(data.frame, by)
    used = groups.code[data.used]
    present, code = np.unique(used[used >= 0], return_inverse=True)
    all_rows = np.full(len(used), -1)
    all_rows[used >= 0] = code
    return all_rows, groups.keys.iloc[present].reset_index(drop=True)


def _level_rows(data: GroupedRows, code: Ints, n_levels: int) -> pd.DataFrame:
    """Running number, first row and number of rows of each level."""
    row = np.flatnonzero(data.used) + 1
    first = np.full(n_levels, row.max(initial=0))
    np.minimum.at(first, code[code >= 0], row[code >= 0])
    count = np.bincount(code[code >= 0], minlength=n_levels)
    return pd.DataFrame({"number": np.arange(1, n_levels + 1), "first_row": first, "n_rows": count})


# ---- the fits --------------------------------------------------------------------------------------------------

Refit = tuple["Fit", ContrastInference]


def _fits(growth: GrowthResult, code: Ints, n_levels: int) -> Iterator[Refit | None]:
    """The fit without each level, with standard errors and degrees of freedom of its fixed effects."""
    fit, data = growth.fit, growth.data
    # Structured residuals are estimated anew as well.
    if type(fit) is OneFactorFit:
        return _from_cross_products(fit, data, growth.request.df, code, n_levels)
    return (_fitted_anew(growth, data, code != level) for level in range(n_levels))


def _from_cross_products(
    fit: OneFactorFit, data: GroupedRows, df: str, code: Ints, n_levels: int
) -> Iterator[Refit | None]:
    """One grouping factor: the data are not read again."""
    known = code >= 0
    # Rows of no known level are never left out: they stand behind the last level.
    level = np.where(known, code, n_levels)
    fits = fits_without(
        fit.engine,
        data.outcome.values[0],
        data.fixed.values,
        data.random.values,
        data.code,
        level,
        n_levels + int(not known.all()),
    )
    left = np.bincount(level, minlength=n_levels)
    for place, found in enumerate(fits):
        if place < n_levels:
            rest = None if found is None else OneFactorFit.of(found)
            yield None if rest is None else (rest, rest.inference(None, df, data.n_rows - int(left[place])))


def _fitted_anew(growth: GrowthResult, data: GroupedRows, keep: NDArray[np.bool_]) -> Refit | None:
    """Any other model: fitted from its rows; None where these cannot carry it."""
    if not full_rank(data.fixed.values[:, keep]):
        return None
    try:
        rest = growth.refitted(keep=keep)
    except (SecureBaseError, ValueError, np.linalg.LinAlgError):
        return None
    return rest.fit, rest.inference()


# ---- what changes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Changes:
    """Estimates without each level: arrays (levels, terms), fixed effects first; missing where there is no fit."""

    estimate: Floats
    dfbetas: Floats
    crosses_zero: NDArray[np.bool_]
    cooks: Floats
    converged: NDArray[np.bool_]


def _changes(
    whole: Fit, data: GroupedRows, growth: GrowthResult, fits: Iterator[Refit | None], n_levels: int
) -> _Changes:
    """What every level left out does to the estimates."""
    beta, p = whole.beta, len(whole.beta)
    held = _holds_zero(beta, growth.inference(), growth.conf_level)
    n_terms = p + len(_variances(whole, data.factors))
    estimate, dfbetas = np.full((n_levels, n_terms), np.nan), np.full((n_levels, n_terms), np.nan)
    crosses = np.zeros((n_levels, n_terms), dtype=bool)
    converged = np.zeros(n_levels, dtype=bool)
    for place, rest in enumerate(fits):
        if rest is not None:
            fit, inference = rest
            estimate[place] = np.concatenate([fit.beta, _variances(fit, data.factors)])
            dfbetas[place, :p] = (fit.beta - beta) / inference.std_error
            crosses[place, :p] = held != _holds_zero(fit.beta, inference, growth.conf_level)
            converged[place] = fit.converged
    moved = estimate[:, :p] - beta
    cooks = (moved @ np.linalg.inv(whole.vcov) * moved).sum(axis=1) / max(p, 1)
    return _Changes(estimate, dfbetas, crosses, cooks, converged)


def _holds_zero(beta: Floats, inference: ContrastInference, conf_level: float) -> NDArray[np.bool_]:
    """Whether the interval of each fixed effect holds zero."""
    low, high = wald_interval(beta, inference.std_error, inference.df, conf_level)
    return (low <= 0.0) & (high >= 0.0)


def _variances(found: Fit, factors: tuple[Factor, ...]) -> Floats:
    """(Co)variances in the order of ``tidy()``: each factor's, then the residual's."""
    values = [
        D[i, j]
        for D, factor in zip(found.covariances, factors)
        for j, i in zip(*np.triu_indices(len(D)))
        if any(i in block and j in block for block in factor.blocks)
    ]
    return np.array([*values, *([found.sigma2] if np.isfinite(found.sigma2) else [])])


def _table(whole: Fit, data: GroupedRows, estimates: pd.DataFrame, changes: _Changes) -> pd.DataFrame:
    """A row for each level and term; levels without a fit have none."""
    of_factor = estimates["group"].isin([factor.name for factor in data.factors])
    of_random = (estimates["effect"] == "random") & (of_factor | (estimates["term"] == "var(residual)"))
    terms = estimates[(estimates["effect"] == "fixed") | of_random]
    with_all = np.concatenate([whole.beta, _variances(whole, data.factors)])
    fitted = np.flatnonzero(~np.isnan(changes.estimate).all(axis=1))
    names = {name: np.tile(terms[name].to_numpy(), len(fitted)) for name in ("effect", "group", "term")}
    return pd.DataFrame(
        {
            "number": np.repeat(fitted + 1, len(terms)),
            **names,
            "estimate": changes.estimate[fitted].ravel(),
            "change": (changes.estimate[fitted] - with_all).ravel(),
            "dfbetas": changes.dfbetas[fitted].ravel(),
            "crosses_zero": changes.crosses_zero[fitted].ravel(),
        }
    )
