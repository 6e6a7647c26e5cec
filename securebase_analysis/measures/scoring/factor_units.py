"""Scores by the rule "factor" in standard deviations of the factor, as if the model were known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.engines.one_factor_scores import one_factor_scores
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.items import keyed_answers
from securebase_analysis.measures.scoring.scoring_key import ScaleKey

WHO = ["site", "child", "wave", "informant"]
PARAMETERS = ("loading", "intercept", "uniqueness")
COLUMNS = [*WHO, "instrument", "construct", "score", "std_error"]


def in_factor_units(answers: Sequence[Answers], models: pd.DataFrame) -> pd.DataFrame:
    """Factor scores of every row of every questionnaire that has models.

    Parameters
    ----------
    answers : sequence of Answers
        What was scored.
    models : pandas.DataFrame
        `Scores.factors`.
    """
    tables = [
        table
        for of in answers
        for scale in of.key.scales
        for table in _of_scale(of, scale, models[models["instrument"] == of.key.instrument])
    ]
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)


def _of_scale(answers: Answers, scale: ScaleKey, models: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A table for each informant of one construct."""
    own = models[models["construct"] == scale.construct]
    if own["part"].nunique() > 1:
        return
    for informant, model in own.groupby("informant", sort=False):
        at = np.flatnonzero(answers.occasions["informant"] == informant)
        keyed = keyed_answers(answers.values[np.ix_(at, answers.columns_of(scale.items))], scale)
        counts = (~np.isnan(keyed)).sum(axis=1)
        keyed = keyed[:, [scale.items.index(item) for item in model["item"]]]
        found = one_factor_scores(keyed, *(model[name].to_numpy() for name in PARAMETERS))
        known = np.where(np.isnan(keyed).all(axis=1) | (counts < scale.minimum_answered), np.nan, 1.0)
        yield answers.occasions.iloc[at].assign(
            instrument=answers.key.instrument,
            construct=scale.construct,
            score=known * found.score,
            std_error=known * found.std_error,
        )
