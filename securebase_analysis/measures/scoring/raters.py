"""Scores from coders' ratings: the mean over raters on the declared range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import Problem, rows_where
from securebase_analysis.measures.scoring.answers import OCCASION
from securebase_analysis.measures.scoring.blocks import RATINGS, ScoreBlock
from securebase_analysis.measures.scoring.coder_variance import pooled_variance
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import whole_of

RATERS = "rater"
"""The informant of a rating."""

RULE = "mean over raters, 0-100"


def score_ratings(ratings: pd.DataFrame) -> tuple[ScoreBlock | None, list[Problem]]:
    """Score ratings as a percentage of their range, averaged over raters.

    Parameters
    ----------
    ratings : pandas.DataFrame
        ``site, child, wave, rater, construct, value, low, high, not_applicable``, one row per rating.

    Returns
    -------
    block : ScoreBlock or None
        None when there is nothing to score.
    problems : list of Problem
    """
    table = ratings.reset_index(drop=True)
    problems = [*_outside(table), *_rated_twice(table)]
    if table.empty or any(problem.severity == "stop" for problem in problems):
        return None, problems
    table = _with_wholes(table)
    order = [construct.name for construct in theory.CONSTRUCTS]
    constructs = sorted(table["construct"].unique(), key=lambda name: order.index(name) if name in order else 99)
    occasion = table.groupby(OCCASION, sort=True).ngroup().to_numpy()
    occasions = table[OCCASION].groupby(occasion).first().reset_index(drop=True).assign(informant=RATERS)
    occasions["wave"] = occasions["wave"].astype(np.int64)
    column = table["construct"].map({name: index for index, name in enumerate(constructs)}).to_numpy()
    shape = (len(occasions), len(constructs))
    percent = (100.0 * (table["value"] - table["low"]) / (table["high"] - table["low"])).to_numpy(float)
    percent = np.where(table["not_applicable"].to_numpy(bool), np.nan, percent)
    given = ~np.isnan(percent)
    total, n_raters, n_asked = np.zeros(shape), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    np.add.at(total, (occasion[given], column[given]), percent[given])
    np.add.at(n_raters, (occasion[given], column[given]), 1)
    np.add.at(n_asked, (occasion, column), 1)
    spread = pooled_variance(_by_construct(percent, column, len(constructs)), occasion)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = total / n_raters
        std_error = np.where(n_raters > 0, np.sqrt(spread[None, :] / n_raters), np.nan)
    block = ScoreBlock(
        instrument=RATINGS,
        occasions=occasions,
        constructs=constructs,
        score=score.T,
        std_error=std_error.T,
        score_100=score.T,
        n_answered=n_raters.T,
        n_items=n_asked.T,
        kept=(n_asked > 0).T,
        rule=RULE,
    )
    return block, [*problems, *_notes(table, bool(np.isfinite(spread).any()))]


def _with_wholes(ratings: pd.DataFrame) -> pd.DataFrame:
    """Add a whole that nobody rated as such but in its parts: each rater's mean over the parts, on 0-100.

    A whole that was rated stays as rated; a rater who left out a part has no whole.
    """
    rated = set(ratings["construct"])
    added = []
    for whole in dict.fromkeys(whole_of(name) for name in rated):
        parts = [name for name in rated if whole_of(name) == whole and name != whole]
        if whole in rated or len(parts) < 2:
            continue
        mine = ratings[ratings["construct"].isin(parts)]
        percent = 100.0 * (mine["value"] - mine["low"]) / (mine["high"] - mine["low"])
        percent = percent.mask(mine["not_applicable"].astype(bool))
        by_rater = mine.assign(value=percent).groupby([*OCCASION, "rater"], sort=False)["value"]
        mean = by_rater.mean().where(by_rater.count() == len(parts)).reset_index()
        added.append(mean.assign(construct=whole, low=0.0, high=100.0, not_applicable=False))
    return pd.concat([ratings, *added], ignore_index=True) if added else ratings


def _by_construct(percent: np.ndarray, column: np.ndarray, n_constructs: int) -> np.ndarray:
    """One row per rating, one column per construct, NaN elsewhere."""
    spread_out = np.full((len(percent), n_constructs), np.nan)
    spread_out[np.arange(len(percent)), column] = percent
    return spread_out


def _outside(ratings: pd.DataFrame) -> list[Problem]:
    beyond = (ratings["value"] < ratings["low"]) | (ratings["value"] > ratings["high"])
    outside = beyond.to_numpy(bool) & ~ratings["not_applicable"].to_numpy(bool)
    problems = []
    for construct in dict.fromkeys(ratings.loc[outside, "construct"]):
        rows = np.flatnonzero(outside & (ratings["construct"] == construct).to_numpy())
        low, high = ratings.loc[rows[0], ["low", "high"]]
        problems.append(
            Problem(
                "SB-ITEM-04",
                "stop",
                f"Ratings of {construct} lie outside {low:g}-{high:g}.",
                table=RATINGS,
                column=str(construct),
                rows=(rows + 1).tolist(),
                why="A rating that the scale does not offer is a slip or another scale.",
                done="Nothing was scored.",
                fix="Correct these cells, or the range in the codebook.",
            )
        )
    return problems


def _rated_twice(ratings: pd.DataFrame) -> list[Problem]:
    again = ratings.duplicated([*OCCASION, "rater", "construct"], keep=False).to_numpy()
    if not again.any():
        return []
    return [
        Problem(
            "SB-ID-02",
            "stop",
            "A rater has rated the same child, wave and construct more than once.",
            table=RATINGS,
            column="child",
            rows=rows_where(again),
            why="Choosing or averaging between them would be a decision that nobody took.",
            done="Nothing was scored.",
            fix="Keep the right row; a second rating by the same person belongs to a rater of its own name.",
        )
    ]


def _notes(ratings: pd.DataFrame, with_std_error: bool) -> list[Problem]:
    not_applicable = int(ratings["not_applicable"].to_numpy(bool).sum())
    missing = int((ratings["value"].isna() & ~ratings["not_applicable"].to_numpy(bool)).sum())
    notes = []
    if not_applicable or missing:
        notes.append(
            Problem(
                "SB-ITEM-53",
                "note",
                f"{wording.count(not_applicable, 'rating is', 'ratings are')} 'not applicable' and "
                f"{missing:,} missing; neither counts as 0.",
                table=RATINGS,
            )
        )
    source = (
        "the spread of raters of the same child, pooled, over the square root of their number"
        if with_std_error
        else "not available, because too few occasions were rated by two people"
    )
    return [*notes, Problem("SB-ITEM-54", "note", f"Standard errors of ratings: {source}.")]
