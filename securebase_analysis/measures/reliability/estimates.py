"""One scale's coefficients, what each item adds, and what stood in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines import internal_consistency as consistency
from securebase_analysis.engines.one_factor_of_incomplete import fit_incomplete_one_factor
from securebase_analysis.errors import Problem
from securebase_analysis.measures.reliability.scales import Scale
from securebase_analysis.measures.scoring.direction_checks import AgainstTheRest, items_against_the_rest
from securebase_analysis.results import wording

Floats = NDArray[np.float64]

FEWEST_TOGETHER = 3
"""Fewest people who answered two items together; the correlation of two people is 1 or -1 whatever they answer."""
FEWEST_FOR_A_FACTOR = 30
"""Fewest children for a one-factor model; more where the model has more parameters."""


@dataclass(frozen=True, eq=False)
class Estimated:
    """The rows, item table, checks and problems of one scale."""

    rows: list[dict[str, Any]]
    items: pd.DataFrame
    checks: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    converged: bool = True


def estimate(scale: Scale, missing: str) -> Estimated:
    """Coefficients of one scale.

    Parameters
    ----------
    scale : Scale
        Answers after reversal.
    missing : {"fiml", "pairwise", "complete"}
        Covariances over those who answered all, or else over everybody who answered both items; with ``"fiml"``
        omega comes from every answer there is.
    """
    keyed = scale.keyed[~np.isnan(scale.keyed).any(axis=1)] if missing == "complete" else scale.keyed
    covariance, counts = consistency.pairwise_covariance(keyed)
    varies = np.diag(covariance) > 0
    problems = [*_unanswered_items(scale, keyed), *_constant_items(scale, keyed, varies)]
    kept = np.flatnonzero(varies)
    covariance, counts = covariance[np.ix_(kept, kept)], counts[np.ix_(kept, kept)]
    if len(kept) < 2 or not np.isfinite(covariance).all() or counts.min() < FEWEST_TOGETHER:
        return _undefined(scale, keyed, problems)
    n = min(float(counts.min()), float(scale.n_children))
    rows = _rows(scale, covariance, n)
    answers = keyed[:, kept] if missing == "fiml" and np.isnan(keyed[:, kept]).any() else None
    omega_rows, omega_problems, converged = _omega(scale, covariance, n, answers)
    against = items_against_the_rest(covariance, n)
    problems += [*_two_items(scale, covariance), *omega_problems, *_against(scale, against, kept)]
    items = _item_table(scale, keyed, covariance, kept)
    return Estimated(
        rows=[*rows, *omega_rows, *_item_rows(scale, items, n, len(kept))],
        items=items,
        checks=_checks(scale, against, kept, n),
        problems=problems,
        converged=converged,
    )


def _row(scale: Scale, term: str, estimate: float, interval: str = "", **more: Any) -> dict[str, Any]:
    """One row of estimates; `interval` names how its ends are found."""
    return {
        "outcome": scale.name,
        "group": scale.group,
        "effect": more.pop("effect", "reliability"),
        "term": term,
        "estimate": estimate,
        "std_error": more.pop("std_error", np.nan),
        "df": np.inf,
        "tested": False,
        "interval": interval,
        "n": more.pop("n", np.nan),
        "k": more.pop("k", np.nan),
    }


def _rows(scale: Scale, covariance: Floats, n: float) -> list[dict[str, Any]]:
    """Alpha and the mean correlation; the Spearman-Brown coefficient for two items."""
    k = len(covariance)
    correlation = consistency.correlation_of(covariance)
    between = consistency.mean_correlation(correlation)
    if k == 2:
        both = consistency.spearman_brown(between)
        first = [_row(scale, "spearman_brown", both, "two items", n=n, k=k)]
    else:
        alpha = consistency.cronbach_alpha(covariance)
        error = consistency.alpha_std_error(covariance, n)
        first = [
            _row(scale, "cronbach_alpha", alpha, "feldt", std_error=error, n=n, k=k),
            _row(scale, "standardised_alpha", consistency.cronbach_alpha(correlation), n=n, k=k),
        ]
    return [*first, _row(scale, "mean_correlation", between, n=n, k=k)]


def _omega(
    scale: Scale, covariance: Floats, n: float, answers: Floats | None
) -> tuple[list[dict[str, Any]], list[Problem], bool]:
    """McDonald's omega from a one-factor model, or the reason why there is none.

    The model is fitted to `answers` with gaps where they are given, else to the covariances.
    """
    k = len(covariance)
    if k < 3:
        return [], [], True
    needed = max(FEWEST_FOR_A_FACTOR, 2 * k)
    if n < needed:
        return [_row(scale, "mcdonald_omega", np.nan)], [_too_few_children(scale, n, k, needed)], True
    try:
        factor = consistency.fit_one_factor(covariance) if answers is None else fit_incomplete_one_factor(answers)
    except ValueError as reason:
        return [_row(scale, "mcdonald_omega", np.nan)], [_no_omega(scale, f"{reason}")], True
    if not factor.converged:
        return [_row(scale, "mcdonald_omega", np.nan)], [_no_omega(scale, "the search did not settle")], False
    if factor.improper.any():
        why = "one item shares all of its variance with the factor (an improper solution)"
        return [_row(scale, "mcdonald_omega", np.nan)], [_no_omega(scale, why)], True
    omega = consistency.omega_total(factor.loadings, factor.uniquenesses)
    if isinstance(factor, consistency.OneFactor):
        error = consistency.omega_std_error(factor.loadings, factor.uniquenesses, n)
    else:
        # A child seen at several waves counts once.
        error = factor.omega_std_error * np.sqrt(len(scale.keyed) / scale.n_children)
    return [_row(scale, "mcdonald_omega", omega, "logit", std_error=error, n=n, k=k)], [], True


def _no_omega(scale: Scale, why: str) -> Problem:
    return Problem(
        "SB-ITEM-56", "note", f"No omega for {scale.title}: {why}.", done="Alpha and the item table are shown."
    )


def _too_few_children(scale: Scale, n: float, k: int, needed: int) -> Problem:
    return Problem(
        "SB-ITEM-16",
        "warn",
        f"{wording.count(int(n), 'child', 'children')} cannot carry a factor model of {k} items ({scale.title}).",
        why=f"It has {2 * k} parameters; from {needed} children on it is fitted.",
        done="No omega; alpha with its interval and the item table are shown.",
        fix="Read the interval, and report the items.",
    )


def _undefined(scale: Scale, keyed: Floats, problems: list[Problem]) -> Estimated:
    """A scale whose items do not vary, or were never answered together."""
    answered = (~np.isnan(keyed)).astype(int)
    answered = answered[:, answered.any(axis=0)]
    together = int((answered.T @ answered).min()) if answered.size else 0
    why = "fewer than two items vary"
    if together < 2:
        why = "some items were never answered by the same two people"
    elif together < FEWEST_TOGETHER:
        why = f"some items were answered together by {together} people only"
    problem = Problem(
        "SB-ITEM-57",
        "warn",
        f"No coefficient for {scale.title}: {why}.",
        why="Consistency is a statement about how items vary together.",
        done="The estimates are missing.",
        fix="Look at the answers of each item in .items.",
    )
    blank = np.full((len(scale.items), len(scale.items)), np.nan)
    items = _item_table(scale, keyed, blank, np.arange(len(scale.items)))
    return Estimated([_row(scale, "cronbach_alpha", np.nan)], items, problems=[*problems, problem])


def _unanswered_items(scale: Scale, keyed: Floats) -> list[Problem]:
    n_answers = (~np.isnan(keyed)).sum(axis=0)
    empty = [item for item, n in zip(scale.items, n_answers) if n == 0]
    if not empty or len(empty) == len(scale.items):
        return []
    return [
        Problem(
            "SB-ITEM-60",
            "warn",
            f"Items of {scale.title} that nobody answered: {', '.join(empty)}.",
            table="items",
            column=empty[0],
            why="The coefficients are then those of a shorter scale.",
            done="Left out of the coefficients.",
            fix="If they were asked, look for their answers under other column names.",
        )
    ]


def _constant_items(scale: Scale, keyed: Floats, varies: NDArray[np.bool_]) -> list[Problem]:
    n_answers = (~np.isnan(keyed)).sum(axis=0)
    constant = [item for item, moves, n in zip(scale.items, varies, n_answers) if not moves and n > 1]
    if not constant:
        return []
    return [
        Problem(
            "SB-ITEM-09",
            "warn",
            f"Items of {scale.title} with the same answer from everyone: {', '.join(constant)}.",
            table="items",
            column=constant[0],
            why="An item that does not vary cannot contribute to reliability.",
            done="Left out of the coefficients.",
            fix="Check that the item was read from the right column.",
        )
    ]


def _two_items(scale: Scale, covariance: Floats) -> list[Problem]:
    if len(covariance) != 2:
        return []
    both = consistency.spearman_brown(consistency.mean_correlation(consistency.correlation_of(covariance)))
    return [
        Problem(
            "SB-ITEM-14",
            "note",
            f"{scale.title[0].upper()}{scale.title[1:]} has two items: Spearman-Brown "
            f"({wording.number(both, leading_zero=False)}) instead of alpha.",
            why="Alpha of two items is too low unless both have the same variance and loading.",
        )
    ]


def _against(scale: Scale, found: AgainstTheRest | None, kept: NDArray[np.int_]) -> list[Problem]:
    if found is None:
        return []
    named = [scale.items[kept[item]] for item in found.items]
    listed = ", ".join(f"{item} ({r:+.2f})" for item, r in zip(named, found.correlations))
    return [
        Problem(
            "SB-ITEM-02",
            "warn",
            f"Items of {scale.title} that run against the rest (correlation): {listed}; alpha "
            f"{found.alpha_now:.2f} now, {found.alpha_turned:.2f} if reversed.",
            table="items",
            column=named[0],
            why="An item that was asked the other way round takes away from its scale what it should add.",
            done="Assessed as they are.",
            fix=f"If the form asks it the other way round: reversed={named!r}, or say so in the codebook.",
        )
    ]


def _checks(scale: Scale, found: AgainstTheRest | None, kept: NDArray[np.int_], n: float) -> list[dict[str, Any]]:
    """Rows of diagnostics: whether all items run one way, and whether there are enough children."""
    worst = min(found.correlations) if found else np.nan
    named = ", ".join(scale.items[kept[item]] for item in found.items) if found else ""
    needed = max(FEWEST_FOR_A_FACTOR, 2 * len(kept))
    return [
        {
            "check": f"every item goes with the rest ({scale.title})",
            "value": worst,
            "threshold": 0.0,
            "ok": found is None,
            "advice": f"Against the rest: {named}. Reversed on the form? Then tell the codebook." if found else "",
        },
        {
            "check": f"children ({scale.title})",
            "value": n,
            "threshold": float(needed),
            "ok": n >= needed,
            "advice": "" if n >= needed else "Report the interval and the items, not the coefficient alone.",
        },
    ]


def _item_table(scale: Scale, keyed: Floats, covariance: Floats, kept: NDArray[np.int_]) -> pd.DataFrame:
    """One row per item: answers, mean, SD, correlation with the rest, alpha without it."""
    rest, dropped = np.full(len(scale.items), np.nan), np.full(len(scale.items), np.nan)
    if np.isfinite(covariance).all():
        rest[kept] = consistency.item_rest_correlations(covariance)
        dropped[kept] = consistency.alphas_if_dropped(covariance)
    n_answers = (~np.isnan(keyed)).sum(axis=0)
    sums = np.nansum(keyed, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / n_answers
        spread = np.sqrt(np.nansum((keyed - mean) ** 2, axis=0) / (n_answers - 1))
    return pd.DataFrame(
        {
            "outcome": scale.name,
            "group": scale.group,
            "item": list(scale.items),
            "reversed": scale.turned,
            "n": n_answers,
            "mean": mean,
            "sd": spread,
            "item_rest": rest,
            "alpha_if_dropped": dropped,
        }
    )


def _item_rows(scale: Scale, items: pd.DataFrame, n: float, k: int) -> list[dict[str, Any]]:
    """The item table as terms, ``item_rest(x)`` and ``alpha_if_dropped(x)``."""
    rows = []
    for item in items.itertuples():
        if np.isnan(item.item_rest):
            continue
        error = (1.0 - item.item_rest**2) / np.sqrt(n - 3.0) if n > 3 else np.nan
        rows.append(
            _row(scale, f"item_rest({item.item})", item.item_rest, "fisher", effect="item", std_error=error, n=n)
        )
        if k > 2:
            rows.append(
                _row(
                    scale,
                    f"alpha_if_dropped({item.item})",
                    item.alpha_if_dropped,
                    "feldt",
                    effect="item",
                    n=n,
                    k=k - 1,
                )
            )
    return rows
