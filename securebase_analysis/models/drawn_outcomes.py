"""New outcomes drawn from a fitted growth model: other children of the same kind, seen at the same times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.models.growth.grouped_rows import Factor, GroupedRows
from securebase_analysis.models.growth.residuals import WEIGHT
from securebase_analysis.models.row_covariance import square_root
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

Draw = Callable[[np.random.Generator], Floats]


def fit_and_rows(growth: GrowthResult) -> tuple[Fit, GroupedRows]:
    """The fit in arrays and the rows behind it."""
    if growth.fit is None or growth.data is None:
        raise ValueError("this result was made without its fit")
    return growth.fit, growth.data


def drawer(growth: GrowthResult) -> Draw:
    """A function that draws the outcome of every row used, random effects included.

    Raises
    ------
    ModelError
        When outcomes of this kind cannot be drawn.
    """
    fit, data = fit_and_rows(growth)
    asked = growth.request
    if asked.has_structure or asked.family not in ANSWERS:
        raise ModelError(_cannot_draw(growth))
    fixed = fit.beta @ data.fixed.values
    roots = [square_root(D) for D in fit.covariances]
    answer = ANSWERS[asked.family]
    scale = (
        np.sqrt(fit.sigma2 / data.extra[WEIGHT].to_numpy(float)) if WEIGHT in data.extra else np.sqrt(fit.sigma2)
    )

    def draw(rng: np.random.Generator) -> Floats:
        predictor = fixed + sum(_of_factor(factor, root, rng) for factor, root in zip(data.factors, roots))
        return answer(predictor, scale, fit, rng)

    return draw


def _cannot_draw(growth: GrowthResult) -> Problem:
    asked = growth.request
    what = f"family={asked.family!r}" if asked.family not in ANSWERS else "this structure of the residuals"
    return Problem(
        "SB-MODEL-76",
        "stop",
        f"Outcomes cannot be drawn from a model with {what} yet.",
        why="The bootstrap refits the model to outcomes drawn from it.",
        done="No other interval was put in its place.",
        fix="method='wald'",
    )


def _of_factor(factor: Factor, root: Floats, rng: np.random.Generator) -> Floats:
    """What newly drawn levels of a factor add to each row."""
    effects = root @ rng.standard_normal((len(root), factor.n_levels))
    own = effects[:, factor.code] if factor.members is None else effects @ factor.members.T
    return np.asarray((factor.random.values * own).sum(axis=0), dtype=float)


def _normal(predictor: Floats, scale: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    return predictor + scale * rng.standard_normal(len(predictor))


def _yes_or_no(predictor: Floats, scale: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    return (rng.random(len(predictor)) < fit.expected_outcome(predictor)).astype(float)


def _count(predictor: Floats, scale: Floats, fit: Fit, rng: np.random.Generator) -> Floats:
    return rng.poisson(fit.expected_outcome(predictor)).astype(float)


ANSWERS = {"gaussian": _normal, "binomial": _yes_or_no, "poisson": _count}
