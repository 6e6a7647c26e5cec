"""Multipliers of the fixed effects: the expected outcome at given values, and the slope of one column there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results.inference import Floats

Setting = Mapping[str, float]


def factors_of(term: str) -> list[str]:
    """The columns that a term multiplies; a colon inside brackets belongs to a label.

    Examples
    --------
    >>> factors_of("years:kinship[T.a:b]")
    ['years', 'kinship[T.a:b]']
    """
    return re.split(r":(?![^\[(]*[\])])", term)


def expected_rows(growth: GrowthResult, settings: Sequence[Setting]) -> Floats:
    """Multipliers for the expected outcome at each setting; columns that it does not name are at their means."""
    means = _means(growth)
    return np.array([[_product(term, at, means) for term in means] for at in settings])


def slope_rows(growth: GrowthResult, column: str, settings: Sequence[Setting]) -> Floats:
    """Multipliers for the slope of a column at each setting: the derivative of the expected outcome by it."""
    means = _means(growth)
    moved = [column in factors_of(term) for term in means]
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
    """The value of one term; a product whose factors are not known one by one keeps its mean."""
    factors = factors_of(term)
    if not any(factor in at for factor in factors):
        return means[term]
    known = [at.get(factor, means.get(factor, np.nan)) for factor in factors]
    value = float(np.prod(known))
    return means[term] if np.isnan(value) else value
