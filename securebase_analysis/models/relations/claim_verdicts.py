"""What the data say to each claim of the model: one rule, in words and numbers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis import theory
from securebase_analysis.models.relations.later_within_children import LaterWithin
from securebase_analysis.results import wording
from securebase_analysis.results.families import holm
from securebase_analysis.results.inference import critical_value

Verdict = Literal["supported", "not supported", "contrary", "not testable"]
FEWEST_TESTED = 10
"""Children, and clusters of children, below which no verdict is given."""
POWER = 0.8
LATER_WITHIN = "over time within"
FOLLOWING = "over few waves that is found too where the one rises a wave after the other: see over time within"
"""Deviations from a child's mean over few waves hold it against the wave before that the one follows later."""
OWN_LEVEL = {"builds": "within", "interacts": "between", "over time": LATER_WITHIN}
"""What a claim speaks of: what builds in a child, which children are more likely to, or how a child changes."""
LEVELS = {
    "builds": ("between", "within"),
    "interacts": ("between", "within"),
    "over time": ("over time", LATER_WITHIN),
}


def verdict_rows(
    shown: pd.DataFrame, later: dict[str, LaterWithin], measured: list[str], conf_level: float
) -> pd.DataFrame:
    """Every claim on every level it has an answer on.

    `shown` holds the correlations with their intervals, `later` by dimension the lagged effects within children.
    """
    by_pair: dict[Any, Any] = {(row.effect, frozenset((row.first, row.second))): row for row in shown.itertuples()}
    table = pd.DataFrame(
        [
            _over_time_within(path, later, measured, conf_level)
            if effect == LATER_WITHIN
            else _correlated(path, effect, by_pair, measured, conf_level)
            for path in theory.PATHWAYS
            for effect in LEVELS[path.kind]
        ]
    )
    adjusted = holm(table["p_value"].where(table["verdict"] != "not testable"))
    table.insert(table.columns.get_loc("p_value") + 1, "p_adjusted", adjusted)
    decided = table["verdict"].isin(("supported", "contrary"))
    table.insert(
        table.columns.get_loc("p_adjusted") + 1, "holds_adjusted", decided & (adjusted < 1.0 - conf_level)
    )
    return table


def _correlated(
    path: theory.Pathway, effect: str, by_pair: dict[Any, Any], measured: list[str], conf_level: float
) -> dict[str, Any]:
    """One claim on a level that a correlation speaks of."""
    found = by_pair.get((effect, frozenset((path.source, path.target))))
    hindrance = _hindrance(path, effect, found, measured)
    numbers = ("estimate", "conf_low", "conf_high", "p_value")
    return _verdict(
        path, effect, hindrance, {name: np.nan if found is None else getattr(found, name) for name in numbers},
        _smallest_found(found, conf_level), 0 if found is None else int(found.n_compared), conf_level,
    )  # fmt: skip


def _over_time_within(
    path: theory.Pathway, later: dict[str, LaterWithin], measured: list[str], conf_level: float
) -> dict[str, Any]:
    """One claim over time, within children."""
    found = later.get(path.source, LaterWithin())
    low, high = found.interval(conf_level)
    numbers = {"estimate": found.estimate, "conf_low": low, "conf_high": high, "p_value": found.p_value}
    return _verdict(
        path, LATER_WITHIN, _absent(path, measured) or found.hindrance, numbers,
        found.smallest_found(conf_level, POWER), found.n_compared, conf_level,
    )  # fmt: skip


def _verdict(
    path: theory.Pathway, effect: str, hindrance: str, numbers: dict[str, float], smallest: float, n_children: int,
    conf_level: float,
) -> dict[str, Any]:  # fmt: skip
    """A row of the table."""
    verdict = "not testable" if hindrance else _by_interval(numbers["conf_low"], numbers["conf_high"])
    return {
        "claim": path.claim,
        "kind": path.kind,
        "source": path.source,
        "target": path.target,
        "effect": effect,
        "own_level": effect == OWN_LEVEL[path.kind],
        "verdict": verdict,
        **numbers,
        "smallest_found": smallest,
        "n_children": n_children,
        "reason": _reason(verdict, hindrance, effect, smallest, conf_level),
        "reference": path.reference,
    }  # fmt: skip


def _by_interval(low: float, high: float) -> Verdict:
    """The rule: on which side of zero the whole interval lies."""
    if low > 0.0:
        return "supported"
    return "contrary" if high < 0.0 else "not supported"


def _hindrance(path: theory.Pathway, effect: str, found: Any, measured: list[str]) -> str:
    """Why the claim cannot be tested on this level; empty where it can."""
    absent = _absent(path, measured)
    if absent:
        return absent
    waves = {"within": " at two waves or more", "over time": " at two waves in a row"}.get(effect, "")
    n_children = 0 if found is None else int(found.n_compared)
    if n_children < FEWEST_TESTED:
        return f"only {wording.count(n_children, 'child has', 'children have')} both{waves}"
    if found.n_clusters < FEWEST_TESTED:
        return f"the children make only {wording.count(int(found.n_clusters), 'cluster')} by their carers"
    if not np.isfinite([found.estimate, found.conf_low, found.conf_high]).all():
        return "the correlation or its standard error is not defined: a score does not vary enough"
    return ""


def _absent(path: theory.Pathway, measured: list[str]) -> str:
    """Which constructs of a claim were not measured; empty where both were."""
    absent = [theory.label(name) for name in (path.source, path.target) if name not in measured]
    return f"{' and '.join(absent)} not measured" if absent else ""


def _smallest_found(found: Any, conf_level: float) -> float:
    """The correlation whose interval would leave out zero in four of five such samples."""
    if found is None or not found.n_clusters > 1:
        return float("nan")
    df = float(found.n_clusters - 1)
    reach = critical_value(conf_level, df) + special.stdtrit(df, POWER)
    return float(np.tanh(reach * found.z_std_error))


def _reason(verdict: str, hindrance: str, effect: str, smallest: float, conf_level: float) -> str:
    """The verdict in words."""
    what = "an effect" if effect == LATER_WITHIN else "a correlation"
    size = wording.number(smallest, leading_zero=False)
    reach = f"this sample would have found {what} of {size} in four of five tries"
    interval = f"the {wording.percent(conf_level)} interval"
    if verdict == "not testable":
        return f"{hindrance}; {reach}." if np.isfinite(smallest) else f"{hindrance}."
    if verdict == "not supported":
        return f"{interval} holds zero; {reach}."
    if verdict == "contrary" and effect == "within":
        return f"{interval} lies wholly below zero; {FOLLOWING}."
    return f"{interval} lies wholly {'above' if verdict == 'supported' else 'below'} zero."


def verdicts_in_words(verdicts: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """A short table: one row a claim, its own level with numbers, and the verdict on each level."""
    rows = []
    for (source, target, kind), part in verdicts.groupby(["source", "target", "kind"], sort=False):
        own = part[part["own_level"]].iloc[0]
        by_effect = dict(zip(part["effect"], part["verdict"]))
        rows.append(
            {
                "Claim": f"{theory.label(source)} → {theory.label(target)}",
                "Kind": kind,
                "Speaks of": own["effect"],
                "Estimate": wording.number(own["estimate"], leading_zero=False),
                f"{wording.percent(conf_level)} CI": wording.interval(
                    own["conf_low"], own["conf_high"], leading_zero=False
                ),
                "p (Holm)": wording.p_value(own["p_adjusted"]),
                "Between": by_effect.get("between", "–"),
                "Within": by_effect.get("within", "–"),
                "Over time": by_effect.get("over time", "–"),
                "Over time within": by_effect.get(LATER_WITHIN, "–"),
            }
        )
    return pd.DataFrame(rows)
