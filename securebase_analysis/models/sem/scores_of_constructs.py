"""Where each row stands on each construct."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.engines.latent_scores import LatentScores, latent_scores
from securebase_analysis.engines.ordinal_scores import ordinal_scores
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.sem.fitting import Fitted
from securebase_analysis.models.sem.ordinal_fitting import OrdinalFitted


def construct_scores(fitted: Fitted | OrdinalFitted) -> pd.DataFrame:
    """Scores and their standard errors, in the order of the table.

    Raises
    ------
    ModelError
        When the model has no construct, or its items of ordered categories go together beyond the constructs.
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
    made = [_of_group(fitted, group) for group in range(len(fitted.table.groups))]
    score = np.concatenate([of.score for of in made])
    error = np.concatenate([of.std_error for of in made])
    columns = {name: score[:, number] for number, name in enumerate(names)}
    columns |= {f"{name}_std_error": error[:, number] for number, name in enumerate(names)}
    places = fitted.sample.places
    order = np.argsort(places)
    return pd.DataFrame(columns, index=fitted.sample.frame.index[places]).iloc[order]


def _of_group(fitted: Fitted | OrdinalFitted, group: int) -> LatentScores:
    """Expected values, or after ordered categories the most likely ones."""
    if isinstance(fitted, Fitted):
        return latent_scores(fitted.fit, group)
    try:
        return ordinal_scores(fitted.fit, group)
    except ValueError as error:
        raise ModelError(_no_scores()) from error


def _no_scores() -> Problem:
    return Problem(
        "SB-SEM-37",
        "stop",
        "The constructs of this model have no scores.",
        why="After estimator='wlsmv' scores need constructs with covariances that are possible, and answers that "
        "only the constructs make go together: no residual covariances, no negative residual variances.",
        done="Nothing was computed.",
        fix="Leave out the residual covariances, or take the scores of a model with estimator='mlr'.",
    )


def distances(fitted: Fitted) -> np.ndarray:
    """Squared Mahalanobis distance of each row from what the model implies, group after group."""
    parts = []
    for moments, likelihood in zip(fitted.fit.at.implied, fitted.fit.at.likelihoods):
        deviation = np.nan_to_num(likelihood.patterns.X - moments.mean)
        parts.append((likelihood.weighted_residuals() * deviation).sum(axis=1))
    return np.concatenate(parts)
