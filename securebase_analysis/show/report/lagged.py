"""From wave to wave: a panel model for each pair of constructs that the model joins, and one for each side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.models.panel import PanelResult, fit_panel
from securebase_analysis.models.relations.claim_verdicts import POWER
from securebase_analysis.results import wording
from securebase_analysis.results.families import holm
from securebase_analysis.results.inference import critical_value
from securebase_analysis.show.report.section import NUMBER

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores

Pair = tuple[str, str]
FEWEST_CHILDREN = 50
"""With fewer, intervals say nothing: of 100 simulated cohorts of 30 children over three waves half were wider than
14 points for a point, of 52 over four waves .6."""
NUMBERS = ("estimate", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Lagged:
    """Panel models of a report.

    Attributes
    ----------
    pairs : dict of (str, str) to PanelResult
        For each pair that a claim joins, source and target.
    sides : dict of str to PanelResult
        The constructs of one side together, *caregiving* and *benefit*.
    refused : dict of (str, ...) to tuple of Problem
        Constructs that have no model, and why.
    planned : bool
        Whether it was known when each wave was planned.
    """

    pairs: dict[Pair, PanelResult]
    sides: dict[str, PanelResult]
    refused: dict[tuple[str, ...], tuple[Problem, ...]]
    planned: bool

    @property
    def reasons(self) -> tuple[Problem, ...]:
        """Why there are models that could not be fitted, each reason once, whatever its numbers."""
        found: dict[tuple[str, str], Problem] = {}
        for problems in self.refused.values():
            for problem in problems:
                found.setdefault((problem.code, NUMBER.sub("0", problem.what)), problem)
        return tuple(found.values())


def pairs_of_claims() -> list[Pair]:
    """The pairs that claims join, in the model's order."""
    return list(dict.fromkeys((path.source, path.target) for path in theory.PATHWAYS))


def fitted_lagged(scores: Scores, planned: pd.DataFrame, conf_level: float) -> Lagged:
    """Random-intercept models of every pair, then of every side; two constructs need the fewest children.

    Parameters
    ----------
    scores : Scores
        Of all waves.
    planned : pandas.DataFrame
        The codebook's ``wave`` and ``months``.
    conf_level : float
        Level of the intervals.
    """
    wide = scores.wide()
    months = months_of(planned, wide["wave"])
    pairs: dict[Pair, PanelResult] = {}
    sides: dict[str, PanelResult] = {}
    refused: dict[tuple[str, ...], tuple[Problem, ...]] = {}
    for pair in pairs_of_claims():
        found = _panel(wide, pair, months, conf_level)
        if isinstance(found, PanelResult):
            pairs[pair] = found.made_from(scores)
        else:
            refused[pair] = found
    for side, names in (("caregiving", theory.CAREGIVING), ("benefit", theory.BENEFITS)) if pairs else ():
        found = _panel(wide, names, months, conf_level)
        if isinstance(found, PanelResult):
            sides[side] = found.made_from(scores)
        else:
            refused[names] = found
    return Lagged(pairs, sides, refused, months is not None)


def months_of(planned: pd.DataFrame, waves: pd.Series) -> dict[Any, float] | None:
    """When these waves were planned, in time; None where that is not known of all.

    Examples
    --------
    >>> planned = pd.DataFrame({"wave": [1, 2, 3], "months": [0.0, 12.0, 18.0]})
    >>> months_of(planned, pd.Series([3, 1, 1]))
    {1: 0.0, 3: 18.0}
    """
    months = planned.set_index("wave")["months"].reindex(waves.dropna().unique()).sort_values()
    return None if months.isna().any() else months.to_dict()


def _panel(
    wide: pd.DataFrame, names: tuple[str, ...], months: dict[Any, float] | None, conf_level: float
) -> PanelResult | tuple[Problem, ...]:
    """The model of these constructs, or why there is none; waves unequally far apart have effects of their own."""
    absent = [name for name in names if name not in wide]
    if absent:
        return tuple(_not_measured(name) for name in absent)
    n_children = wide.loc[wide[list(names)].notna().any(axis=1)].groupby(_keys(wide)).ngroups
    if n_children < FEWEST_CHILDREN:
        return (_too_few(n_children),)
    spans = np.diff(list(months.values())) if months else np.array([])
    equal = bool(np.allclose(spans, spans[:1]))
    try:
        result = fit_panel(wide, names, equal_over_waves=equal, waves=months, conf_level=conf_level)
    except SecureBaseError as error:
        return error.problems
    return result if result.facts["converged"] else (_no_maximum(names),)


def _keys(wide: pd.DataFrame) -> list[str]:
    """The columns that say which child."""
    return [name for name in ("site", "child") if name in wide]


def _too_few(n_children: int) -> Problem:
    return Problem(
        "SB-OUT-57",
        "stop",
        f"{wording.count(n_children, 'child has', 'children have')} scores to follow from wave to wave; here at "
        f"least {FEWEST_CHILDREN} are asked for.",
        why="With fewer, intervals of effects within children hold nearly everything.",
        done="No panel model was fitted.",
        fix="sb.plan_panel(scores, ['availability', 'trust']) shows what so few children could find.",
    )


def _not_measured(name: str) -> Problem:
    return Problem(
        "SB-OUT-55",
        "stop",
        f"{theory.label(name)} was not measured.",
        why="No instrument, code or rating of the codebook belongs to it.",
        done="It is in no model from wave to wave.",
    )


def _no_maximum(names: Sequence[str]) -> Problem:
    listed = ", ".join(theory.label(name) for name in names)
    return Problem(
        "SB-OUT-56",
        "stop",
        f"The panel model of {listed} has no maximum that could be found.",
        why="Too few children, or scores that hardly vary within children, leave it open.",
        done="Its numbers are not shown.",
        fix="fit_panel(scores, [...], model='clpm'), whose effects mix stable differences between children in",
    )


# ---- the numbers -----------------------------------------------------------------------------------------------


def lagged_frame(lagged: Lagged, conf_level: float) -> pd.DataFrame:
    """The effects of every pair: a row per pair, or per pair and lag where lags have effects of their own.

    Returns
    -------
    pandas.DataFrame
        ``source, target, when, n_children``; then, of the source on the target at the next wave, ``estimate,
        conf_low, conf_high, df, p_value, p_adjusted`` (Holm over all rows), ``smallest_found`` (the effect that
        such data would have found in four of five tries) and ``verdict``; the same numbers the other way round
        with ``back_`` before them, and ``mixed_`` of the model that leaves stable differences between children in.
    """
    rows = [row for pair, result in lagged.pairs.items() for row in _rows(pair, result, conf_level)]
    frame = pd.DataFrame(rows)
    if len(frame):
        frame["p_adjusted"] = holm(frame["p_value"])
    return frame


def _rows(pair: Pair, result: PanelResult, conf_level: float) -> list[dict[str, Any]]:
    """One pair."""
    source, target = pair
    onward = _of_term(result, target, source, conf_level)
    back = _of_term(result, source, target, conf_level)
    mixed = _of_term(_other(result), target, source, conf_level)
    waves = result.panel.waves
    spans = [""] if result.panel.equal else [f"{one} to {two}" for one, two in pairwise(waves)]
    return [
        {
            "source": source,
            "target": target,
            "when": when,
            "n_children": int(result.facts["n_children"]),
            **{name: onward[name][number] for name in (*NUMBERS, "df", "p_value")},
            "smallest_found": _smallest_found(onward["std_error"][number], onward["df"][number], conf_level),
            "verdict": _verdict(onward["conf_low"][number], onward["conf_high"][number]),
            **{f"back_{name}": back[name][number] for name in NUMBERS},
            **{f"mixed_{name}": mixed[name][number] if mixed is not None else np.nan for name in NUMBERS},
        }
        for number, when in enumerate(spans)
    ]


def _of_term(result: PanelResult | None, outcome: str, source: str, conf_level: float) -> Any:
    """The effects of one construct on another, in the order of the lags."""
    if result is None:
        return None
    table = result.lagged(conf_level)
    return table[table["term"] == f"{outcome} ~ {source}"].reset_index(drop=True)


def _other(result: PanelResult) -> PanelResult | None:
    """The model without random intercepts, where it has a maximum."""
    try:
        other = result.other
    except SecureBaseError:
        return None
    return other if other.facts["converged"] else None


def _verdict(low: float, high: float) -> str:
    """On which side of zero the whole interval lies."""
    if not np.isfinite([low, high]).all():
        return "not testable"
    return "supported" if low > 0.0 else "contrary" if high < 0.0 else "not supported"


def _smallest_found(std_error: float, df: float, conf_level: float) -> float:
    """The effect whose interval would leave out zero in four of five such samples."""
    four_of_five = critical_value(2.0 * POWER - 1.0, df)
    return float((critical_value(conf_level, df) + four_of_five) * std_error)
