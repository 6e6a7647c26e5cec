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
        """The long table, construct by construct, and the number of each row's occasion.

        Parameters
        ----------
        occasion_of : numpy.ndarray of int, shape (occasions,)
            Number of each occasion of this block among all occasions.
        """
        who = self.occasions.assign(instrument=self._all(self.instrument))
        parts = [who if kept.all() else who[kept] for kept in self.kept]
        table = pd.concat(parts, ignore_index=True)
        names = pd.Series(self.constructs, dtype="str")
        table["construct"] = names.take(np.repeat(np.arange(len(names)), self.kept.sum(axis=1))).array
        for name in ("score", "std_error", "n_answered", "n_items"):
            table[name] = getattr(self, name)[self.kept]
        rule = self._all(self.rule)
        rules = [rule if kept.all() else rule[kept] for kept in self.kept]
        table["rule"] = pd.concat(rules, ignore_index=True)
        table["score_100"] = self.score_100[self.kept]
        return table, np.concatenate([occasion_of[kept] for kept in self.kept])

    def _all(self, word: str) -> pd.Series:
        """The same word for every occasion."""
        return (
            pd.Series([word], dtype="str").take(np.zeros(len(self.occasions), int)).set_axis(self.occasions.index)
        )

    def only(self, chosen: NDArray[np.bool_]) -> ScoreBlock:
        """The block of the chosen occasions."""
        of_each = ("score", "std_error", "score_100", "n_answered", "n_items", "kept")
        arrays = {name: getattr(self, name)[:, chosen] for name in of_each}
        return replace(self, occasions=self.occasions[chosen].reset_index(drop=True), **arrays)
