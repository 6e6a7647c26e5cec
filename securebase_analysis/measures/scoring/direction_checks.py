"""Items that run against their scale: reversed twice, or not reversed at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.internal_consistency import (
    cronbach_alpha,
    leading_signs,
    pairwise_covariance,
)
from securebase_analysis.errors import Problem
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.items import keyed_answers
from securebase_analysis.measures.scoring.scoring_key import ScaleKey

Floats = NDArray[np.float64]

FEWEST_CHILDREN = 30
ERRORS_BEYOND_ZERO = 3.0
"""An item is named when its correlation with the rest lies this many standard errors below zero (Fisher's z)."""


@dataclass(frozen=True)
class AgainstTheRest:
    """Items that run against the others as they are keyed now.

    Attributes
    ----------
    items : tuple of int
        Positions in the scale.
    correlations : tuple of float
        With the rest of the scale, the rest turned the way the majority runs.
    alpha_now, alpha_turned : float
        Alpha as keyed, and with these items turned.
    """

    items: tuple[int, ...]
    correlations: tuple[float, ...]
    alpha_now: float
    alpha_turned: float


def items_against_the_rest(
    covariance: Floats, n: float, already_reversed: Sequence[int] = ()
) -> AgainstTheRest | None:
    """Find items whose negative correlation with the rest of their scale is beyond chance; None without any.

    The side of each item is the sign of its loading on the first principal component. A component has no direction
    of its own, so the minority is suspected, unless the other side is exactly the items that were reversed: then
    reversing them a second time is the simpler account.
    """
    usable = np.diag(covariance) > 0
    if n < FEWEST_CHILDREN or usable.sum() < 2 or not np.isfinite(covariance).all():
        return None
    kept = np.flatnonzero(usable)
    covariance = covariance[np.ix_(kept, kept)]
    turned = {index for index, position in enumerate(kept) if position in set(already_reversed)}
    suspects = _suspects(leading_signs(covariance), turned)
    sides = np.ones(len(kept))
    sides[suspects] = -1.0
    correlations = [_with_rest(covariance, sides, item) for item in suspects]
    named = [(item, r) for item, r in zip(suspects, correlations) if _beyond_chance(r, n)]
    if not named:
        return None
    flipped = np.ones(len(kept))
    flipped[[item for item, _ in named]] = -1.0
    return AgainstTheRest(
        items=tuple(int(kept[item]) for item, _ in named),
        correlations=tuple(r for _, r in named),
        alpha_now=cronbach_alpha(covariance),
        alpha_turned=cronbach_alpha(covariance * np.outer(flipped, flipped)),
    )


def _suspects(signs: NDArray[np.int_], turned: set[int]) -> list[int]:
    against = {int(item) for item in np.flatnonzero(signs < 0)}
    with_majority = set(range(len(signs))) - against
    if against and with_majority == turned:
        return sorted(with_majority)
    return sorted(against)


def _with_rest(covariance: Floats, sides: Floats, item: int) -> float:
    """Correlation of an item as keyed with the others, these turned to their side."""
    others = sides.copy()
    others[item] = 0.0
    return float(covariance[item] @ others / np.sqrt(covariance[item, item] * (others @ covariance @ others)))


def _beyond_chance(correlation: float, n: float) -> bool:
    return bool(np.arctanh(np.clip(correlation, -0.999999, 0.999999)) * np.sqrt(n - 3.0) < -ERRORS_BEYOND_ZERO)


def direction_problems(answers: Answers, force_reversed: Collection[str] = ()) -> list[Problem]:
    """Items reversed twice (a stop, unless forced) and items that were never reversed (a warning)."""
    n_children = len(answers.occasions[["site", "child"]].drop_duplicates())
    problems: list[Problem] = []
    named: set[str] = set()
    for scale in answers.key.scales:
        if len(scale.items) < 2:
            continue
        keyed = keyed_answers(answers.values[:, answers.columns_of(scale.items)], scale)
        covariance, counts = pairwise_covariance(keyed)
        n = min(float(counts.min()), float(n_children))
        found = items_against_the_rest(covariance, n, np.flatnonzero(scale.reversed).tolist())
        if found is not None:
            fresh = [i for i in range(len(found.items)) if scale.items[found.items[i]] not in named]
            problems += _named(answers, scale, found, fresh, force_reversed)
            named |= {scale.items[item] for item in found.items}
    return problems


def _named(
    answers: Answers, scale: ScaleKey, found: AgainstTheRest, fresh: list[int], forced: Collection[str]
) -> list[Problem]:
    """One problem for the items reversed twice, one for those never reversed."""
    twice = [i for i in fresh if scale.reversed[found.items[i]] and scale.items[found.items[i]] not in forced]
    never = [i for i in fresh if not scale.reversed[found.items[i]]]
    asked = [i for i in fresh if scale.reversed[found.items[i]] and scale.items[found.items[i]] in forced]
    problems = []
    if twice:
        problems.append(_reversed_twice(answers, scale, found, twice))
    if asked:
        problems.append(_reversed_as_asked(answers, scale, found, asked))
    if never:
        problems.append(_never_reversed(answers, scale, found, never))
    return problems


def _listed(scale: ScaleKey, found: AgainstTheRest, chosen: list[int], sign: float = 1.0) -> str:
    return ", ".join(f"{scale.items[found.items[i]]} ({sign * found.correlations[i]:+.2f})" for i in chosen)


def _reversed_twice(answers: Answers, scale: ScaleKey, found: AgainstTheRest, twice: list[int]) -> Problem:
    items = [scale.items[found.items[i]] for i in twice]
    return Problem(
        "SB-ITEM-01",
        "stop",
        f"Marked as reversed, yet already running with {scale.construct} as they stand (correlation with the "
        f"rest): {_listed(scale, found, twice, -1.0)}.",
        table=answers.table,
        column=items[0],
        why="Reversing them again turns them against their scale: "
        f"{_listed(scale, found, twice)}; alpha {found.alpha_now:.2f} instead of {found.alpha_turned:.2f}.",
        done="Not reversed, and nothing was scored.",
        fix="If they were reversed before they came here, set reversed = false in the codebook; if the answers "
        f"really run this way, force_reversed={items!r}.",
    )


def _reversed_as_asked(answers: Answers, scale: ScaleKey, found: AgainstTheRest, asked: list[int]) -> Problem:
    return Problem(
        "SB-ITEM-01",
        "warn",
        f"Already running with {scale.construct} as they stand (correlation with the rest): "
        f"{_listed(scale, found, asked, -1.0)}.",
        table=answers.table,
        column=scale.items[found.items[asked[0]]],
        why=f"Reversed, they run against their scale: {_listed(scale, found, asked)}.",
        done="Reversed all the same, as force_reversed says.",
        fix="If they were reversed before they came here, set reversed = false in the codebook.",
    )


def _never_reversed(answers: Answers, scale: ScaleKey, found: AgainstTheRest, never: list[int]) -> Problem:
    items = [scale.items[found.items[i]] for i in never]
    return Problem(
        "SB-ITEM-02",
        "warn",
        f"Items of {scale.construct} that run against the rest (correlation): {_listed(scale, found, never)}; "
        f"alpha {found.alpha_now:.2f} now, {found.alpha_turned:.2f} if reversed.",
        table=answers.table,
        column=items[0],
        why="An item that was asked the other way round takes away from its scale what it should add.",
        done="Scored as the codebook says.",
        fix=f"If the form asks it the other way round: reversed = true for {', '.join(items)} in the codebook.",
    )
