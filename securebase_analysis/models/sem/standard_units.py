"""Estimates in standard deviations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import check_option
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
    table, parts = fitted.table, []
    for group in range(len(table.groups)):
        own = [one for one in table.of_group(group) if one.op != "~*~"]
        values, derivatives = fitted.standardised(group, own, units == "latent")
        variance = np.einsum("cp,pq,cq->c", derivatives, fitted.vcov, derivatives)
        error = np.sqrt(np.maximum(variance, 0.0))
        parts.append(
            pd.DataFrame(
                {
                    "outcome": [one.outcome for one in own],
                    "group": table.groups[group],
                    "effect": [one.effect for one in own],
                    "term": [one.term for one in own],
                    "estimate": values,
                    "std_error": np.where(error > NO_ERROR, error, np.nan),
                }
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    statistic = whole["estimate"] / whole["std_error"]
    low, high = wald_interval(whole["estimate"], whole["std_error"], np.inf, conf_level)
    made = whole.assign(
        statistic=statistic, df=np.inf, p_value=two_sided_p(statistic, np.inf), conf_low=low, conf_high=high
    )
    return made[list(TIDY)]
