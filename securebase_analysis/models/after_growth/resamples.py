"""Outcomes drawn from a growth model, and what the same model finds in each of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.mixed import MixedFit
from securebase_analysis.engines.parametric_bootstrap import refits
from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.models.after_growth.drawn_outcomes import drawer
from securebase_analysis.models.after_growth.profiles import places_of
from securebase_analysis.models.growth.fits import Fit
from securebase_analysis.results.inference import Floats

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult


@dataclass(frozen=True, eq=False)
class Found:
    """Estimates of `B` refits; NaN where one could not be fitted.

    Attributes
    ----------
    beta : numpy.ndarray, shape (B, p)
        Fixed effects.
    covariances : tuple of numpy.ndarray, shapes (B, q, q)
        Of the random effects of each factor.
    sigma2 : numpy.ndarray, shape (B,)
        Residual variance.
    further : mapping
        Cut points, dispersion and the like, each (B,), by their term.
    singular : numpy.ndarray of bool, shape (B,)
        Whether a covariance lies on its boundary.
    """

    beta: Floats
    covariances: tuple[Floats, ...]
    sigma2: Floats
    further: dict[str, Floats]
    singular: NDArray[np.bool_]


def replicates_of(
    growth: GrowthResult, table: pd.DataFrame, n_resamples: int, seed: int, progress: bool
) -> tuple[pd.DataFrame, int]:
    """What refits to `n_resamples` drawn outcomes give for each row of `table`, and how many were singular."""
    turns = _bar(n_resamples, progress)
    one_factor = type(growth.fit.engine) is MixedFit and growth.request.weights is None
    found = _of_one_factor(growth, turns, seed) if one_factor else _by_refitting(growth, turns, seed)
    values = [_of_term(growth, found, row.effect, row.group, row.term) for row in table.itertuples()]
    names = table["term"] if table["term"].is_unique else table["group"] + ": " + table["term"]
    return pd.DataFrame(np.column_stack(values), columns=list(names)), int(found.singular.sum())


def _bar(n: int, progress: bool) -> Iterable[int]:
    from tqdm import tqdm

    return tqdm(range(n), desc="resamples", unit="fit", delay=3, leave=False, disable=None if progress else True)


def _of_term(growth: GrowthResult, found: Found, effect: str, group: str, term: str) -> Floats:
    """The replicates of one term."""
    data = growth.data
    if term in found.further:
        return found.further[term]
    if effect == "fixed":
        return found.beta[:, data.fixed.terms.index(term)]
    if group == "residual":
        return found.sigma2
    place = [factor.name for factor in data.factors].index(group)
    first, second = places_of(term, data.factors[place].random.terms)
    D = found.covariances[place]
    if not term.startswith("cor("):
        return D[:, first, second]
    with np.errstate(all="ignore"):
        return np.clip(D[:, first, second] / np.sqrt(D[:, first, first] * D[:, second, second]), -1.0, 1.0)


def _of_one_factor(growth: GrowthResult, turns: Iterable[int], seed: int) -> Found:
    """Refits whose columns are summed up once."""
    fit, data = growth.fit, growth.data
    made = refits(fit.engine, data.fixed.values, data.random.values, data.code, turns, seed)
    return Found(made.beta, (made.D,), made.sigma2, {}, made.singular)


def _by_refitting(growth: GrowthResult, turns: Iterable[int], seed: int) -> Found:
    """Refits by the verb's own engine, one after the other."""
    draw, fit = drawer(growth), growth.fit
    rng = np.random.default_rng(seed)
    further: dict[str, list[float]] = {one.term: [] for one in fit.further_terms()}
    beta: list[Floats] = []
    sigma2: list[float] = []
    singular: list[bool] = []
    covariances: list[list[Floats]] = [[] for _ in fit.covariances]
    for _ in turns:
        again: Fit | None = None
        with suppress(ValueError, DataError, ModelError):
            again = growth.refitted(outcome=draw(rng)).fit
        beta.append(np.full(len(fit.beta), np.nan) if again is None else again.beta)
        sigma2.append(np.nan if again is None else again.sigma2)
        singular.append(again is not None and again.singular)
        for place, D in enumerate(fit.covariances):
            covariances[place].append(np.full(D.shape, np.nan) if again is None else again.covariances[place])
        known = {} if again is None else {one.term: one.estimate for one in again.further_terms()}
        for term, values in further.items():
            values.append(known.get(term, np.nan))
    return Found(
        np.array(beta),
        tuple(np.array(one) for one in covariances),
        np.array(sigma2),
        {term: np.array(values) for term, values in further.items()},
        np.array(singular, dtype=bool),
    )
