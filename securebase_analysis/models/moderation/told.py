"""A family of interactions in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.results import wording
from securebase_analysis.results.families import WRITTEN

MOST_PLACES = 8


def family_sentence(family: pd.DataFrame, outcome: str, adjust: str, alpha: float, scale: str) -> str:
    """What the family says as a whole, and what this sample could have found."""
    known = family[family["p_value"].notna()]
    n, passed = len(known), int((known["p_adjusted"] <= alpha).sum())
    limit = wording.number(alpha, 2, leading_zero=False)
    unit = "SD in the slope per SD" if scale == "sd" else "in the slope per point"
    alone = _reach(known["detectable"])
    if n == 1:
        told = f"The interaction on {outcome} {'passes' if passed else 'does not pass'} at {limit}."
        return f"{told} With 80% power this sample could have found a change of {alone} {unit}."
    verb = "pass" if passed > 1 else "passes"
    within = _reach(known["detectable_in_family"])
    told = f"{passed or 'None'} of the {n:,} interactions on {outcome} {verb} {WRITTEN[adjust]} at {limit}."
    return (
        f"{told} With 80% power this sample could have found a change of {within} {unit} within the "
        f"family, {alone} in a test by itself."
    )


def _reach(values: pd.Series) -> str:
    """The smallest detectable changes, from the surest to the least sure test."""
    places = places_for(values)
    ends = [wording.number(float(value), places) for value in (values.min(), values.max())]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def places_for(values: Any) -> int:
    """Decimals that show two digits of the number nearest to zero; at least two.

    Examples
    --------
    >>> places_for([0.034, 0.5]), places_for([12.0]), places_for([0.0004])
    (3, 2, 5)
    """
    size = np.abs(np.asarray(values, dtype=float))
    size = size[np.isfinite(size) & (size > 0.0)]
    return int(np.clip(1 - np.floor(np.log10(size.min())), 2, MOST_PLACES)) if len(size) else 2


def passing_sentence(row: Any, outcome: str, adjust: str, conf_level: float, scale: str, several: bool) -> str:
    """One interaction that passes, as a change of slope."""
    first, second = written_side(row.first), written_side(row.second)
    places = places_for([row.std_error])
    ends = wording.interval(row.conf_low, row.conf_high, places)
    unit = " SD" if scale == "sd" else ""
    each = f"for each {'SD' if scale == 'sd' else 'point'} more of {second}"
    if "[T." in row.second:
        each = f"with {second}"
    where = f"{first} × {second}: "
    p = f", {WRITTEN[adjust]} {wording.p_value(row.p_adjusted)}" if several else ""
    size = wording.number(row.estimate, places)
    return (
        f"{where}the slope of {outcome} on {first} changes by {size}{unit} {each}, "
        f"{wording.percent(conf_level)} CI {ends}, p = {wording.p_value(row.p_value)}{p}.".replace("= <", "<")
    )


def written_side(term: str) -> str:
    """A side as it is written for people: a group with its label, a number in the model's words."""
    if "[T." in term:
        name, label = term.rstrip("]").split("[T.", 1)
        return f"{theory.label(name)} {label}"
    return theory.label(term)


def written_family(family: pd.DataFrame, conf_level: float, adjust: str) -> pd.DataFrame:
    """The family in words for people: rounded, interval in one column."""
    places = places_for(family["std_error"])
    ends = [wording.interval(*both, places) for both in zip(family["conf_low"], family["conf_high"])]
    table = pd.DataFrame(
        {
            "Effect": family["effect"],
            "Interaction": [
                " × ".join(map(written_side, pair)) for pair in zip(family["first"], family["second"])
            ],
            "Estimate": [wording.number(value, places) for value in family["estimate"]],
            "SE": [wording.number(value, places) for value in family["std_error"]],
            f"{wording.percent(conf_level)} CI": ends,
            "t": [wording.number(value) for value in family["statistic"]],
            "df": [wording.df(value) for value in family["df"]],
            "p": [wording.p_value(value) for value in family["p_value"]],
            "Detectable": [wording.number(value, places) for value in family["detectable_in_family"]],
        }
    )
    if adjust in WRITTEN:
        p_adjusted = [wording.p_value(value) for value in family["p_adjusted"]]
        table.insert(list(table).index("p") + 1, f"p ({WRITTEN[adjust]})", p_adjusted)
    return table if family["effect"].nunique() > 1 else table.drop(columns="Effect")
