"""The scores of one instrument: who was scored when, times what was scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INTERVIEWS = "interviews"
RATINGS = "ratings"


@dataclass(frozen=True, eq=False)
class ScoreBlock:
    """Scores of several constructs over the same occasions.

    Attributes
    ----------
    instrument : str
        Questionnaire, ``"interviews"`` or ``"ratings"``.
    occasions : pandas.DataFrame
        ``site, child, wave, informant``, one row per occasion.
    constructs : list of str
        What was scored.
    score, std_error, score_100 : numpy.ndarray, shape (constructs, occasions)
        NaN where missing.
    n_answered, n_items : numpy.ndarray of int, shape (constructs, occasions)
        How much stands behind each score, and how much could.
    kept : numpy.ndarray of bool, shape (constructs, occasions)
        False where the construct was not asked, so that it has no row.
    rule : str
        How the scores were made, in words.
    """

    instrument: str
    occasions: pd.DataFrame
    constructs: list[str]
    score: Floats
    std_error: Floats
    score_100: Floats
    n_answered: NDArray[np.int_]
    n_items: NDArray[np.int_]
    kept: NDArray[np.bool_]
    rule: str

    def rows(self, occasion_of: NDArray[np.int_]) -> tuple[pd.DataFrame, NDArray[np.int_]]:
        """The long table, construct by construct, and the position of each row's occasion.

        Parameters
        ----------
        occasion_of : numpy.ndarray of int, shape (occasions,)
            Number of each occasion of this block among all occasions.
        """
        what, when = np.nonzero(self.kept)
        table = self.occasions.take(when).reset_index(drop=True)
        table["instrument"] = pd.Series([self.instrument], dtype="str").take(np.zeros(len(when), int)).array
        table["construct"] = pd.Series(self.constructs, dtype="str").take(what).array
        for name in ("score", "std_error", "n_answered", "n_items"):
            table[name] = getattr(self, name)[what, when]
        table["rule"] = pd.Series([self.rule], dtype="str").take(np.zeros(len(when), int)).array
        table["score_100"] = self.score_100[what, when]
        return table, occasion_of[when]

    def only(self, chosen: NDArray[np.bool_]) -> ScoreBlock:
        """The block of the chosen occasions."""
        of_each = ("score", "std_error", "score_100", "n_answered", "n_items", "kept")
        arrays = {name: getattr(self, name)[:, chosen] for name in of_each}
        return replace(self, occasions=self.occasions[chosen].reset_index(drop=True), **arrays)
