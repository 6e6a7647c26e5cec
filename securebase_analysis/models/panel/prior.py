"""A normal prior on cross-lagged effects: what is expected of them before the data speak, in numbers and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines.normal_prior import NormalPrior
from securebase_analysis.models.panel.elements import CROSS, Panel, elements_of
from securebase_analysis.models.panel.fitting import key_of, keyed
from securebase_analysis.models.panel.request import Request
from securebase_analysis.models.sem import SemResult
from securebase_analysis.models.sem.assembly import answer_of
from securebase_analysis.models.sem.door import model_and_sample
from securebase_analysis.models.sem.fitting import fitted
from securebase_analysis.models.sem.parameters import ParameterTable
from securebase_analysis.models.sem.request import Request as SemRequest
from securebase_analysis.models.sem.request import checked
from securebase_analysis.models.sem.structures import n_parameters, structures_of
from securebase_analysis.results import wording


def fitted_with_prior(frame: pd.DataFrame, panel: Panel, text: str, request: Request) -> SemResult:
    """The structural equations of a panel, with a prior on the cross-lagged effects.

    Raises
    ------
    ModelError, DataError
        See `fit_sem`.
    """
    asked = checked(
        SemRequest(
            model=text, missing=request.missing, estimator=request.estimator, group=request.group, equal=(),
            partial=(), defaults="lavaan", std_lv=False, orthogonal=False, fixed_x=True, meanstructure=True,
            ordered=None, conf_level=request.conf_level,
        )
    )  # fmt: skip
    assert request.prior is not None
    table, sample = model_and_sample(frame, asked)
    spread = spread_of(pd.DataFrame(np.concatenate(sample.X), columns=list(sample.names)), panel)
    prior = prior_of(table, panel, in_own_units(panel, spread, request.prior))
    found = answer_of(fitted(table, sample, asked, prior), asked)
    return replace(found, notes=(prior_in_words(panel, spread, request.prior), *found.notes))


def spread_of(scores: pd.DataFrame, panel: Panel) -> dict[str, float]:
    """The standard deviation of each construct: root of the mean variance over waves."""
    variance = scores[panel.columns].var()
    return {
        name: float(np.sqrt(np.mean([variance[f"{name}_{wave}"] for wave in panel.waves])))
        for name in panel.constructs
    }  # fmt: skip


def in_own_units(panel: Panel, spread: dict[str, float], sd: float) -> dict[str, float]:
    """Standard deviation of the prior of each term, in units of the scores."""
    return {
        f"{outcome} ~ {source}": sd * spread[outcome] / spread[source]
        for outcome in panel.constructs
        for source in panel.constructs
        if source != outcome
    }


def prior_of(table: ParameterTable, panel: Panel, sd: dict[str, float]) -> NormalPrior:
    """A prior of mean 0 on every cross-lagged effect, by the numbers of the parameters."""
    precision = np.zeros(n_parameters(structures_of(table)))
    place = keyed(table)
    for one in elements_of(panel):
        if one.effect == CROSS:
            for group in range(len(panel.groups)):
                precision[place[key_of(one, group)].free] = sd[one.term] ** -2
    return NormalPrior(np.zeros_like(precision), precision)


def prior_in_words(panel: Panel, spread: dict[str, float], sd: float) -> str:
    """The prior with its value, in standard units and in those of the scores."""
    own = in_own_units(panel, spread, sd)
    named = [theory.label(name) for name in panel.constructs]
    in_scores = "" if _range(own) == wording.number(sd) else f" ({_range(own)} in units of the scores)"
    return (
        f"Prior of every cross-lagged effect: normal, mean 0, standard deviation {wording.number(sd)} in standard "
        f"units{in_scores}; a unit is the standard deviation of {', '.join(named[:-1])} or {named[-1]} at a wave. "
        "What carries over within a construct is left to the data. "
        "Estimates are modes of the posterior, which are drawn towards 0; errors and intervals are its own, and "
        "intervals are read as those of the effects given the prior. Chi-square, AIC and tests of equal effects "
        "are not given."
    )


def _range(own: dict[str, float]) -> str:
    low, high = wording.number(min(own.values())), wording.number(max(own.values()))
    return low if low == high else f"{low} to {high}"
