"""Estimates in standard deviations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import check_option
from securebase_analysis.models.sem.defined_parameters import defined_values
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted
from securebase_analysis.results.glossary import TIDY
from securebase_analysis.results.inference import two_sided_p, wald_interval

Units = Literal["all", "latent"]
UNITS: tuple[Units, ...] = ("all", "latent")
NO_ERROR = 1e-12
"""A standard error below this is that of something fixed."""


def in_standard_units(fitted: Fitted | OrdinalFitted, units: Units, conf_level: float) -> pd.DataFrame:
    """The estimates in standard deviations; see `SemResult.standardized`."""
    check_option("units", units, UNITS)
    whole = _with_errors(fitted, units)
    statistic = whole["estimate"] / whole["std_error"]
    low, high = wald_interval(whole["estimate"], whole["std_error"], np.inf, conf_level)
    made = whole.assign(
        statistic=statistic, df=np.inf, p_value=two_sided_p(statistic, np.inf), conf_low=low, conf_high=high
    )
    return made[list(TIDY)]


def _with_errors(fitted: Fitted | OrdinalFitted, units: Units) -> pd.DataFrame:
    """The elements group by group, then what is defined by them, with errors by the delta method."""
    table = fitted.table
    values = np.full(len(table), np.nan)
    derivatives = np.zeros((len(table), len(fitted.vcov)))
    for group in range(len(table.groups)):
        own = [place for place, one in enumerate(table) if one.group == group and one.op != "~*~"]
        values[own], derivatives[own] = fitted.standardised(
            group, [table.parameters[place] for place in own], units == "latent"
        )
    shown = [place for place, one in enumerate(table) if one.op != "~*~"]
    elements = [table.parameters[place] for place in shown]
    defined, of_defined = defined_values(table, values, derivatives)
    gradient, names = np.vstack([derivatives[shown], of_defined]), [one.name for one in table.definitions]
    error = np.sqrt(np.maximum(np.einsum("cp,pq,cq->c", gradient, fitted.vcov, gradient), 0.0))
    return pd.DataFrame(
        {
            "outcome": [*(one.outcome for one in elements), *[""] * len(names)],
            "group": [*(table.groups[one.group] for one in elements), *[""] * len(names)],
            "effect": [*(one.effect for one in elements), *["defined"] * len(names)],
            "term": [*(one.term for one in elements), *names],
            "estimate": np.append(values[shown], defined),
            "std_error": np.where(error > NO_ERROR, error, np.nan),
        }
    )
