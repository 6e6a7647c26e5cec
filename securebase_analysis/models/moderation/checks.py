"""What can be wrong with a family of interactions: sides that are nearly one, corners without children, fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.models.moderation.answer import least_children
from securebase_analysis.models.moderation.sides import Interaction
from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import NEARLY_THE_SAME, Check, check, checks_frame

FEW_CHILDREN = 5
"""With fewer children in a corner the interaction rests on single ones."""
OF_COLLINEARITY = ("correlation of ", "variance inflation of ")
"""Checks of a single model that are made here for the pair itself."""


def diagnostics_of(interactions: Sequence[Interaction], models: Mapping[Any, GrowthResult]) -> pd.DataFrame:
    """Rows of check, value, threshold, ok and advice."""
    checks = [
        *(_correlation(one) for one in interactions if one.first.is_number and one.second.is_number),
        *(_emptiest_corner(one) for one in interactions),
        *_of_models(models),
    ]
    return checks_frame(checks)


def _correlation(one: Interaction) -> Check:
    """How closely the two sides go together over the rows used."""
    r = float(np.corrcoef(one.values(one.first), one.values(one.second))[0, 1])
    first, second = one.key
    return check(
        f"correlation of {first} and {second}",
        r,
        NEARLY_THE_SAME,
        abs(r) <= NEARLY_THE_SAME,
        f"{first} and {second} correlate {wording.number(r, leading_zero=False)}: their product is nearly the "
        "square of one of them, so the interaction is not to be trusted. Look for a bend in the line instead, or "
        "use their mean.",
    )


def _emptiest_corner(one: Interaction) -> Check:
    """Whether every combination that the interaction compares was met in more than a handful of children."""
    n, corner = least_children(one)
    first, second = one.key
    who = f"Only {wording.count(n, 'child has', 'children have')} {corner}; the interaction rests on them."
    nobody = (
        f"No child has {corner}; the interaction rests on the straightness of lines that nobody's scores show."
    )
    return check(
        f"children in the emptiest corner of {first} and {second}",
        n,
        FEW_CHILDREN,
        n >= FEW_CHILDREN,
        who if n else nobody,
    )


def _of_models(models: Mapping[Any, GrowthResult]) -> list[Check]:
    """What failed in the models, each thing once with the number of models it failed in."""
    tables = [model.diagnostics().assign(pair=":".join(pair)) for pair, model in models.items()]
    table = pd.concat(tables, ignore_index=True)
    table = table[~table["check"].str.startswith(OF_COLLINEARITY)]
    checks = []
    for name, rows in table.groupby("check", sort=False):
        failed = rows[~rows["ok"].astype(bool)]
        shown = failed if len(failed) else rows
        worst = shown.iloc[0]
        where = f" (in {len(failed)} of {len(rows)} models)" if len(failed) else ""
        threshold = float(worst["threshold"])
        checks.append(
            check(f"{name}{where}", float(worst["value"]), threshold, not len(failed), str(worst["advice"]))
        )
    return checks
