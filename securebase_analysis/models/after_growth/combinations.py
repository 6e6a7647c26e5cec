"""Linear combinations of the fixed effects of a fitted model: means, slopes, and their differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.models.after_growth.reference_grid import Cells
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

LOGIT, LOG = ("binomial", "ordinal"), ("poisson", "negative-binomial")
SHARED_FACTS = ("n_rows", "n_groups", "n_excluded", "conf_level", "converged", "log_likelihood", "method")


@dataclass(frozen=True, eq=False)
class Combinations:
    """Combinations of the fixed effects, and the cells that they speak of.

    Attributes
    ----------
    growth : GrowthResult
        The fitted model.
    rows : numpy.ndarray, shape (combinations, terms)
        Multipliers of the fixed effects.
    cells : Cells
        The values that each stands for.
    """

    growth: GrowthResult
    rows: Floats
    cells: Cells

    @property
    def family(self) -> str:
        """The distribution of the outcome."""
        return self.growth.request.family

    def estimates(self, effect: str, term: list[str], group: list[str] | str, tested: bool) -> pd.DataFrame:
        """Estimates with the standard errors and degrees of freedom of the fit, on the scale of the predictor."""
        inference = self.growth.inference(self.rows)
        return pd.DataFrame(
            {
                "outcome": str(self.growth.estimates["outcome"].iloc[0]),
                "group": group,
                "effect": effect,
                "term": term,
                "estimate": self.rows @ self.growth.fit.beta,
                "std_error": inference.std_error,
                "df": inference.df,
                "tested": tested,
            }
        )

    def contract(self, conf_level: float, checks: pd.DataFrame) -> dict[str, Any]:
        """The parts of an answer that are those of the model; `checks` come before the model's own."""
        both = [one for one in (checks, self.growth.checks) if len(one)]
        return {
            "facts": {name: self.growth.facts[name] for name in SHARED_FACTS} | {"conf_level": conf_level},
            "checks": pd.concat(both, ignore_index=True),
            "simulated": self.growth.simulated,
        }


def means_on_response(tidy: pd.DataFrame, family: str) -> pd.DataFrame:
    """Means as probabilities or counts: ends are carried over, standard errors by the delta method."""
    if family in LOGIT:
        mean = special.expit(tidy["estimate"])
        return _carried(tidy, special.expit, mean * (1.0 - mean))
    return ratios(tidy, family)


def ratios(tidy: pd.DataFrame, family: str) -> pd.DataFrame:
    """Differences on the scale of a logit as odds ratios, on that of a logarithm as ratios; others as they are."""
    return _carried(tidy, np.exp, np.exp(tidy["estimate"])) if family in (*LOGIT, *LOG) else tidy


def name_of_ratio(response: bool, family: str) -> str:
    """What a difference is when it is carried over; empty where it stays a difference."""
    return (
        {**dict.fromkeys(LOGIT, "odds ratio"), **dict.fromkeys(LOG, "ratio")}.get(family, "") if response else ""
    )


def _carried(tidy: pd.DataFrame, carry: Any, slope: Any) -> pd.DataFrame:
    ends = {name: carry(tidy[name]) for name in ("estimate", "conf_low", "conf_high")}
    return tidy.assign(**ends, std_error=slope * tidy["std_error"])
