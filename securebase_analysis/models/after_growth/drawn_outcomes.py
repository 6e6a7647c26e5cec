"""New outcomes drawn from a fitted growth model: other children of the same kind, seen at the same times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from securebase_analysis.engines.boundaries import square_root
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import GroupedRows
from securebase_analysis.models.growth.residuals import TIME
from securebase_analysis.models.growth.standard_residuals import spread_of_rows
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

Draw = Callable[[np.random.Generator], Floats]


def drawer(growth: GrowthResult) -> Draw:
    """A function that draws the outcome of every row used, random effects included."""
    fit, data = growth.fit, growth.data
    fixed = fit.beta @ data.fixed.values + data.offset
    roots = [square_root(D) for D in fit.covariances]
    if growth.request.family == "gaussian":
        residual = _residuals_of(fit, data)
        return lambda rng: fixed + _random_part(data, roots, rng) + residual(rng)
    answer = ANSWERS[growth.request.family]
    return lambda rng: answer(fixed + _random_part(data, roots, rng), fit, rng)


def _random_part(data: GroupedRows, roots: list[Floats], rng: np.random.Generator) -> Floats:
    """What newly drawn children, carers and agencies add to each row."""
    parts = [
        factor.in_rows(root @ rng.standard_normal((len(root), factor.n_levels)))
        for factor, root in zip(data.factors, roots)
    ]
    return np.asarray(np.sum(parts, axis=0), dtype=float)


# ---- normal outcomes -------------------------------------------------------------------------------------------


def _residuals_of(fit: Fit, data: GroupedRows) -> Draw:
    """A function that draws residuals of the spread and the dependence in time of the model."""
    spread = np.sqrt(fit.sigma2 * spread_of_rows(fit, data))
    if TIME not in data.extra:
        return lambda rng: spread * rng.standard_normal(len(spread))
    order, correlation = _neighbours(data, fit.engine.phi)
    own = np.sqrt(1.0 - correlation**2)

    def draw(rng: np.random.Generator) -> Floats:
        new, made = rng.standard_normal(len(spread)), np.empty(len(spread))
        before = 0.0
        for place, rho, share, value in zip(order, correlation, own, new):
            made[place] = before = rho * before + share * value
        return spread * made

    return draw


def _neighbours(data: GroupedRows, phi: float) -> tuple[np.ndarray, Floats]:
    """The rows child by child in the order of time, and how each correlates with the one before it."""
    time = data.extra[TIME].to_numpy(float)
    order = np.lexsort((time, data.code))
    gap = np.diff(time[order], prepend=0.0)
    first = np.diff(data.code[order], prepend=-1) != 0
    return order, np.where(first, 0.0, np.sign(phi) ** np.round(gap) * np.abs(phi) ** np.abs(gap))


# ---- other outcomes --------------------------------------------------------------------------------------------


def _yes_or_no(predictor: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    return (rng.random(len(predictor)) < fit.expected_outcome(predictor)).astype(float)


def _count(predictor: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    return rng.poisson(fit.expected_outcome(predictor)).astype(float)


def _count_with_spread(predictor: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    """Poisson counts whose expectation has a gamma distribution of shape theta."""
    theta = float(fit.engine.response_parameters[0])
    return rng.poisson(fit.expected_outcome(predictor) * rng.gamma(theta, 1.0 / theta, len(predictor))).astype(
        float
    )


def _place(predictor: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    """The place, counted from 0, of a logistic quantity among the cut points."""
    return np.searchsorted(fit.engine.response_parameters, rng.logistic(predictor)).astype(float)


ANSWERS = {
    "binomial": _yes_or_no,
    "poisson": _count,
    "negative-binomial": _count_with_spread,
    "ordinal": _place,
}
