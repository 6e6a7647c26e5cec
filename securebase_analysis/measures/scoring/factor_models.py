"""The rule "factor": one factor behind the items of a construct, or of each of its parts, for each informant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.engines.baseline_model import fit_baseline
from securebase_analysis.engines.fit_indices import FitIndices, fit_indices
from securebase_analysis.engines.one_factor_of_incomplete import IncompleteOneFactor, fit_incomplete_one_factor
from securebase_analysis.engines.one_factor_scores import mean_without_error
from securebase_analysis.errors import Problem
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.factor_models_told import (
    cannot_be_estimated,
    do_not_vary,
    of_one_direction,
    too_few_children,
)
from securebase_analysis.measures.scoring.items import keyed_answers
from securebase_analysis.measures.scoring.scoring_key import ScaleKey

Floats = NDArray[np.float64]

FEWEST_CHILDREN = 50
"""Fewest children for a factor model; more where it has more parameters."""
FACTOR_COLUMNS = [
    "instrument", "construct", "informant", "part", "item", "weight", "intercept", "loading", "uniqueness",
    "n_rows", "n_children", "omega", "cfi", "rmsea",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class FactorModel:
    """One factor behind the items of a construct, or of a part of it, in the metric of the items.

    Attributes
    ----------
    construct, informant : str
        What is measured, and by whom.
    items : tuple of str
        Those that count, all running with the construct.
    kept : numpy.ndarray of bool, shape (items of the scale,)
        Which items of the scale these are.
    weights : numpy.ndarray, shape (items,)
        Weights of the items in the scale that the score is on.
    found : IncompleteOneFactor
        The estimates.
    n_rows, n_children : int
        Rows with an answer, and the children they are about.
    part : str
        The part of the construct whose items these are; the construct itself where it has none.
    """

    construct: str
    informant: str
    items: tuple[str, ...]
    kept: NDArray[np.bool_]
    weights: Floats
    found: IncompleteOneFactor
    n_rows: int
    n_children: int
    part: str

    @property
    def indices(self) -> FitIndices:
        """Indices of fit; not numbers where there is nothing to hold the fit against."""
        return fit_indices(self.found.fit, fit_baseline(self.found.fit, []))

    def scores(self, keyed: Floats) -> tuple[Floats, Floats]:
        """Expected means of the items of rows of answers (rows, items of the scale), and their standard errors.

        A child seen at several waves counts once for how well the model is known.
        """
        found = self.found
        vcov = found.vcov * (self.n_rows / self.n_children)
        return mean_without_error(
            keyed[:, self.kept], self.weights, found.loadings, found.intercepts, found.uniquenesses, vcov
        )

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each item."""
        indices = self.indices
        tested = indices.df > 0
        return pd.DataFrame(
            {
                "construct": self.construct,
                "informant": self.informant,
                "part": self.part,
                "item": list(self.items),
                "weight": self.weights,
                "intercept": self.found.intercepts,
                "loading": self.found.loadings,
                "uniqueness": self.found.uniquenesses,
                "n_rows": self.n_rows,
                "n_children": self.n_children,
                "omega": self.found.omega,
                "cfi": indices.cfi if tested else np.nan,
                "rmsea": indices.rmsea if tested else np.nan,
            }
        )


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors behind a construct: one, or one for each of its parts.

    Attributes
    ----------
    models : tuple of FactorModel
        In the order of the parts.
    """

    models: tuple[FactorModel, ...]

    def scores(self, keyed: Floats) -> tuple[Floats, Floats]:
        """The weighted mean of all items that is expected of rows of answers, and its standard error.

        Parts are taken one by one: what is answered to one says nothing of another, and their errors add up.
        Missing where no item that counts was answered.
        """
        made = [model.scores(keyed) for model in self.models]
        weights = np.array([model.weights.sum() for model in self.models])
        share = weights / weights.sum()
        mean = share @ np.array([score for score, _ in made])
        std_error = np.sqrt(share**2 @ np.array([error for _, error in made]) ** 2)
        kept = np.any([model.kept for model in self.models], axis=0)
        known = np.where(np.isnan(keyed[:, kept]).all(axis=1), np.nan, 1.0)
        return known * mean, known * std_error


Models = dict[tuple[str, str], Factors]
"""The factors of each construct and informant."""


def factor_models(answers: Answers) -> tuple[Models, list[Problem]]:
    """Fit the factors of every construct and informant of a questionnaire, and say what cannot be fitted.

    A construct whose items belong to several parts has a factor for each of them, since parts may differ truly.
    """
    models: Models = {}
    problems: list[Problem] = []
    for scale in answers.key.scales:
        if scale.items:
            for informant, rows in _rows_of_informants(answers):
                made = [_factor_model(answers, scale, part, informant, rows) for part in np.unique(scale.parts)]
                problems += [problem for _, found in made for problem in found if problem not in problems]
                own = tuple(model for model, _ in made if model is not None)
                if own:
                    models[scale.construct, informant] = Factors(own)
    return models, problems


def factors_frame(instrument: str, models: Models) -> pd.DataFrame:
    """The models of a questionnaire with a row for each item."""
    if not models:
        return pd.DataFrame(columns=FACTOR_COLUMNS)
    table = pd.concat([model.frame for own in models.values() for model in own.models], ignore_index=True)
    return table.assign(instrument=instrument)[FACTOR_COLUMNS]


def _rows_of_informants(answers: Answers) -> Iterator[tuple[str, NDArray[np.intp]]]:
    rows = answers.occasions.groupby("informant", sort=False).indices
    for informant, of_informant in rows.items():
        yield str(informant), np.asarray(of_informant)


def _factor_model(
    answers: Answers, scale: ScaleKey, part: int, informant: str, rows: NDArray[np.intp]
) -> tuple[FactorModel | None, list[Problem]]:
    """The model of one part and informant; None where nobody answered, or with what stood in the way."""
    kept = (scale.weights != 0.0) & (scale.parts == part)
    if not kept.any():
        return None, []
    items = tuple(item for item, keeps in zip(scale.items, kept) if keeps)
    keyed = keyed_answers(answers.values[np.ix_(rows, answers.columns_of(scale.items))], scale)[:, kept]
    some = ~np.isnan(keyed).all(axis=1)
    if not some.any():
        return None, []
    keyed = keyed[some]
    n_children = len(answers.occasions.iloc[rows[some]][["site", "child"]].drop_duplicates())
    table, name = answers.table, scale.part_names[part] if scale.part_names else scale.construct
    others = [str(other) for other in answers.occasions["informant"].unique() if other != informant]
    if silent := _silent(keyed, items):
        return None, [do_not_vary(table, name, informant, silent)]
    needed = max(FEWEST_CHILDREN, 3 * len(items))
    if n_children < needed:
        return None, [too_few_children(table, name, informant, others, n_children, needed, 3 * len(items))]
    found, why = _estimated(keyed, items)
    if found is None:
        return None, [cannot_be_estimated(table, name, informant, others, why)]
    model = FactorModel(
        scale.construct, informant, items, kept, scale.weights[kept], found, len(keyed), n_children, name
    )
    against = [item for item, loading in zip(items, found.loadings) if loading <= 0.0]
    return model, [of_one_direction(table, name, informant, against)] if against else []


def _silent(keyed: Floats, items: Sequence[str]) -> list[str]:
    """Items without two different answers."""
    low = np.fmin.reduce(keyed, axis=0)
    high = np.fmax.reduce(keyed, axis=0)
    return [item for item, varies in zip(items, high > low) if not varies]


def _estimated(keyed: Floats, items: Sequence[str]) -> tuple[IncompleteOneFactor | None, str]:
    """The estimates, or why there are none."""
    try:
        found = fit_incomplete_one_factor(keyed, fit_saturated=True)
    except ValueError as reason:
        return None, str(reason)
    if not found.converged:
        return None, "the search did not settle"
    if found.fit.rank < found.fit.n_parameters:
        return None, "the answers do not tell all loadings (some items do not agree, or never met in one row)"
    if found.improper.any():
        named = ", ".join(item for item, improper in zip(items, found.improper) if improper)
        return None, f"{named} would share all of its variance with the factor (an improper solution)"
    return found, ""
