"""Where each row stands on each construct."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.engines.latent_scores import latent_scores
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.sem.fitting import Fitted


def construct_scores(fitted: Fitted) -> pd.DataFrame:
    """Regression scores and their standard errors, in the order of the table.

    Raises
    ------
    ModelError
        When the model has no construct.
    """
    names = fitted.table.latent
    if not names:
        raise ModelError(
            Problem(
                "SB-SEM-31",
                "stop",
                "The model has no construct.",
                why="Scores are of what is measured by items.",
                fix="trust =~ t1 + t2 + t3",
            )
        )
    made = [latent_scores(fitted.fit, group) for group in range(len(fitted.table.groups))]
    score = np.concatenate([of.score for of in made])
    error = np.concatenate([of.std_error for of in made])
    columns = {name: score[:, number] for number, name in enumerate(names)}
    columns |= {f"{name}_std_error": error[:, number] for number, name in enumerate(names)}
    places = fitted.sample.places
    order = np.argsort(places)
    return pd.DataFrame(columns, index=fitted.sample.frame.index[places]).iloc[order]


def distances(fitted: Fitted) -> np.ndarray:
    """Squared Mahalanobis distance of each row from what the model implies, group after group."""
    parts = []
    for moments, likelihood in zip(fitted.fit.at.implied, fitted.fit.at.likelihoods):
        deviation = np.nan_to_num(likelihood.patterns.X - moments.mean)
        parts.append((likelihood.weighted_residuals() * deviation).sum(axis=1))
    return np.concatenate(parts)
