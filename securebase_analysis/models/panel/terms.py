"""The estimates of a panel model under the names that its readers know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from securebase_analysis.models.panel.elements import LAGGED, Element, Panel, elements_of
from securebase_analysis.models.panel.error_df import df_of_lagged
from securebase_analysis.models.panel.fitting import key_of, keyed
from securebase_analysis.models.panel.growth_elements import MEANS, ON_LEVEL
from securebase_analysis.models.panel.growth_error_df import df_of_curves
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.parameters import Parameter
from securebase_analysis.models.sem.standard_units import in_standard_units

ORDER = (*MEANS, *LAGGED, "covariate", *ON_LEVEL)
"""What is asked comes first; the rest in the order of the text."""


def estimates_of(fitted: Fitted, panel: Panel) -> pd.DataFrame:
    """A row per parameter: lagged effects first; those that are equal over waves, or over groups, once.

    That a variance is zero is not tested: it is the boundary of what a variance can be.
    """
    error = np.sqrt(np.diag(fitted.vcov))
    df = df_of_lagged(fitted, panel) if panel.curves is None else df_of_curves(fitted)
    rows = [
        (one.outcome, group, one.effect, one.term, fitted.estimates[parameter.free],
         error[parameter.free], df.get(parameter.free, np.inf), not (one.op == "~~" and one.lhs == one.rhs))
        for one, group, parameter in parameters_shown(fitted, panel)
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["outcome", "group", "effect", "term", "estimate", "std_error", "df", "tested"]
    )


def parameters_shown(fitted: Fitted, panel: Panel) -> Iterator[tuple[Element, str, Parameter]]:
    """Free elements with the name of their group, each parameter once; what all groups share comes first."""
    place = keyed(fitted.table)
    seen: set[int] = set()
    for group, name in enumerate(panel.groups):
        for one in _in_order(panel):
            parameter = place[key_of(one, group)]
            if one.effect and parameter.is_free and parameter.free not in seen:
                seen.add(parameter.free)
                yield one, "" if panel.equal_groups and one.label and not one.apart else name, parameter


def _in_order(panel: Panel) -> list[Element]:
    """The elements, what is asked first."""
    rank = {effect: number for number, effect in enumerate(ORDER)}
    return sorted(elements_of(panel), key=lambda one: rank.get(one.effect, len(rank)))


def in_standard_deviations(fitted: Fitted, panel: Panel, conf_level: float) -> pd.DataFrame:
    """Lagged effects and covariances in standard deviations, a row per lag."""
    table = in_standard_units(fitted, "all", conf_level)
    place = {(row.term, row.group): number for number, row in enumerate(table.itertuples())}
    parameters = keyed(fitted.table)
    chosen, named = [], []
    for group, name in enumerate(panel.groups):
        for one in _in_order(panel):
            if one.effect and one.op in ("~", "~~") and one.rhs not in ("1", one.lhs):
                parameter = parameters[key_of(one, group)]
                chosen.append(place[parameter.term, name])
                named.append((one.column, one.effect, one.term))
    made = table.iloc[chosen].reset_index(drop=True)
    made["outcome"] = [outcome for outcome, _, _ in named]
    made["effect"] = [effect for _, effect, _ in named]
    made["term"] = [term for _, _, term in named]
    return made
