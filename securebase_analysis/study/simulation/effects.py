"""The claims of the model with the size they are given here: who acts on whom, as matrices and as a table.

Rows are what is acted on and columns what acts, both in the order of `theory.DIMENSIONS`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.study.simulation.calibration import Calibration

_CAREGIVING = {name: place for place, name in enumerate(theory.CAREGIVING)}
_BENEFIT = {name: place for place, name in enumerate(theory.BENEFITS)}
_INTERACTS = [claim for claim in theory.PATHWAYS if claim.kind == "interacts"]


def among_caregiving(quantity: Calibration) -> np.ndarray:
    """What turns dimensions as drawn into dimensions that have acted on one another; variances stay one."""
    n, effect = len(_CAREGIVING), quantity["interacts_caregiving"]
    drawn = drawn_correlations(quantity)
    acting = np.eye(n)
    claims = [claim for claim in _INTERACTS if claim.target in _CAREGIVING]
    for claim in sorted(claims, key=lambda claim: _CAREGIVING[claim.target]):  # causes before their effects
        source, target = acting[_CAREGIVING[claim.source]], acting[_CAREGIVING[claim.target]]
        r = source @ drawn @ target
        own = -effect * r + math.sqrt((effect * r) ** 2 + 1 - effect**2)
        acting[_CAREGIVING[claim.target]] = effect * source + own * target
    return acting


def drawn_correlations(quantity: Calibration) -> np.ndarray:
    """Correlations of the dimensions before they act on one another."""
    r = quantity["dimensions_r"]
    return np.full((len(_CAREGIVING), len(_CAREGIVING)), r) + (1 - r) * np.eye(len(_CAREGIVING))


def on_other_benefits(quantity: Calibration) -> np.ndarray:
    """What caregiving does at the same wave to the benefits of other dimensions."""
    effects = np.zeros((len(_BENEFIT), len(_CAREGIVING)))
    for claim in _INTERACTS:
        if claim.target in _BENEFIT:
            effects[_BENEFIT[claim.target], _CAREGIVING[claim.source]] = quantity["interacts_benefit"]
    return effects


def pathways_table(quantity: Calibration) -> pd.DataFrame:
    """Each claim with its coefficient: source, target, kind, coefficient."""
    rows = [(claim.source, claim.target, claim.kind, quantity[_quantity_of(claim)]) for claim in theory.PATHWAYS]
    return pd.DataFrame(rows, columns=["source", "target", "kind", "coefficient"])


def _quantity_of(claim: theory.Pathway) -> str:
    """Name of the quantity that gives a claim its size."""
    if claim.kind == "interacts":
        return "interacts_benefit" if claim.target in _BENEFIT else "interacts_caregiving"
    return {"builds": "builds", "over time": "over_time"}[claim.kind]


def intraclass_correlations(quantity: Calibration) -> pd.DataFrame:
    """Share of the variance at the first wave that children of one carer, or of one authority, have in common.

    Worked out from the quantities, not estimated; training and kinship, which add a little, are left out.

    Returns
    -------
    pandas.DataFrame
        ``construct, group, icc``; group is ``carer`` or ``site``, and carers are nested in sites.
    """
    acting = among_caregiving(quantity)
    caregiving = acting @ drawn_correlations(quantity) @ acting.T
    own = (quantity["builds"] + quantity["over_time"]) * np.eye(len(_BENEFIT))
    weights = own + on_other_benefits(quantity)
    built = np.diag(weights @ caregiving @ weights.T)
    rows = [(name, "carer", quantity["carer_share"]) for name in _CAREGIVING]
    rows += [(name, "site", 0.0) for name in _CAREGIVING]
    for name, share in zip(_BENEFIT, built, strict=True):
        in_common = quantity["household_share"] + quantity["site_share"] + quantity["carer_share"] * share
        rows.append((name, "carer", in_common / (1 + share)))
        rows.append((name, "site", quantity["site_share"] / (1 + share)))
    return pd.DataFrame(rows, columns=["construct", "group", "icc"])
