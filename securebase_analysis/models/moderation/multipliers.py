"""Multipliers of the fixed effects: the expected outcome at given values, and the slope of one column there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase_analysis.models.formulas import parts_of_term
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results.inference import Floats

Setting = Mapping[str, float]


def multipliers_of_outcome(growth: GrowthResult, settings: Sequence[Setting]) -> Floats:
    """Multipliers for the expected outcome at each setting; columns that it does not name are at their means."""
    means = _means(growth)
    return np.array([[_product(term, at, means) for term in means] for at in settings])


def multipliers_of_slope(growth: GrowthResult, column: str, settings: Sequence[Setting]) -> Floats:
    """Multipliers for the slope of a column at each setting: the derivative of the expected outcome by it."""
    means = _means(growth)
    moved = [column in parts_of_term(term) for term in means]
    return np.array(
        [
            [_product(term, {**at, column: 1.0}, means) if moves else 0.0 for term, moves in zip(means, moved)]
            for at in settings
        ]
    )


def _means(growth: GrowthResult) -> dict[str, float]:
    """Mean of each fixed column over the rows used."""
    fixed = growth.data.fixed
    return dict(zip(fixed.terms, fixed.values.mean(axis=1)))


def _product(term: str, at: Setting, means: Mapping[str, float]) -> float:
    """The value of one term; a product whose parts are not known one by one keeps its mean."""
    parts = parts_of_term(term)
    if not any(part in at for part in parts):
        return means[term]
    known = [at.get(part, means.get(part, np.nan)) for part in parts]
    value = float(np.prod(known))
    return means[term] if np.isnan(value) else value
