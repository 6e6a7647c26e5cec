"""Scores from coded interviews: what was said for and against each dimension, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis import theory
from securebase_analysis.errors import Problem
from securebase_analysis.measures.scoring.answers import OCCASION_AND_INFORMANT
from securebase_analysis.measures.scoring.blocks import INTERVIEWS, ScoreBlock
from securebase_analysis.measures.scoring.coder_variance import pooled_variance
from securebase_analysis.measures.scoring.interview_checks import lopsided, rule_notes, without_length
from securebase_analysis.measures.scoring.passages import read_passages, source_occasions, speaking
from securebase_analysis.study.codebook import Codebook, whole_of
from securebase_analysis.study.codebook_columns import NO_CONSTRUCT

Floats = NDArray[np.float64]
InterviewRule = Literal["balance", "presence", "count", "rate"]

INTERVIEW_RULES: dict[str, str] = {
    "balance": "balance: 100 (strengths + 1/2) / (strengths + concerns + 1), mean over coders",
    "presence": "presence: 1 when any strength was coded, mean over coders",
    "count": "count of strengths, mean over coders",
    "rate": "strengths per 1,000 words, mean over coders",
}


@dataclass(frozen=True, eq=False)
class Said:
    """How much each coder marked for each construct in each source.

    Attributes
    ----------
    sources : pandas.DataFrame
        One row per coded source, see `source_occasions`.
    source_of, coder_of : numpy.ndarray, shape (pairs,)
        Source (row of `sources`) and coder of each pair of them that has any segment at all.
    constructs : list of str
        Columns of the matrices.
    strengths, concerns, squares : numpy.ndarray, shape (pairs, constructs)
        Sums of weights for and against, and the sum of the squared weights for.
    n_passages : numpy.ndarray, shape (pairs, constructs)
        Passages behind them.
    """

    sources: pd.DataFrame
    source_of: NDArray[np.int_]
    coder_of: NDArray[np.object_]
    constructs: list[str]
    strengths: Floats
    concerns: Floats
    squares: Floats
    n_passages: Floats


def score_interviews(
    segments: pd.DataFrame, sources: pd.DataFrame, codebook: Codebook, rule: InterviewRule
) -> tuple[ScoreBlock | None, pd.DataFrame, list[Problem]]:
    """Score every coded interview by one of the rules.

    Returns
    -------
    block : ScoreBlock or None
        None when nothing can be scored.
    passages : pandas.DataFrame
        What was counted, with child, wave and informant.
    problems : list of Problem
    """
    passages, problems = read_passages(segments, codebook)
    if any(problem.severity == "stop" for problem in problems):
        return None, passages, problems
    coded, more = source_occasions(sources, segments)
    problems += more
    if rule == "rate":
        problems += without_length(coded)
    passages = passages.drop(columns=[*OCCASION_AND_INFORMANT, "n_words"], errors="ignore").merge(
        coded, on="source"
    )
    if passages.empty:
        return None, passages, problems
    said = _said(passages, coded, _constructs(codebook))
    block, silent, with_coders = _block(said, passages, codebook, rule)
    problems += [*rule_notes(rule, INTERVIEW_RULES[rule], silent, with_coders), *lopsided(coded, passages, rule)]
    return block, passages, problems


def _constructs(codebook: Codebook) -> list[str]:
    """Constructs that some code speaks for or against, with their wholes, in the model's order."""
    codes = codebook.codes[(codebook.codes["construct"] != NO_CONSTRUCT) & (codebook.codes["polarity"] != "none")]
    named = {name for construct in codes["construct"] for name in (construct, whole_of(construct))}
    return [construct.name for construct in theory.CONSTRUCTS if construct.name in named]


def _said(passages: pd.DataFrame, sources: pd.DataFrame, constructs: list[str]) -> Said:
    """Add up the weights of the passages by source, coder and construct; a part counts for its whole too."""
    pairs = passages.groupby(["source", "coder"], sort=True).ngroup().to_numpy()
    first = passages[["source", "coder"]].groupby(pairs).first()
    column = {name: index for index, name in enumerate(constructs)}
    sums = np.zeros((4, len(first), len(constructs)))
    counted = speaking(passages)
    row, weight = pairs[counted.index], counted["weight"].to_numpy(float)
    strength = (counted["polarity"] == "strength").to_numpy()
    for names in (counted["construct"], counted["construct"].map(whole_of).where(_is_part(counted))):
        known = names.notna().to_numpy()
        where = row[known], names[known].map(column).to_numpy(int)
        for matrix, amount in zip(
            sums, (weight * strength, weight * ~strength, weight**2 * strength, weight * 0 + 1)
        ):
            np.add.at(matrix, where, amount[known])
    position = pd.Series(np.arange(len(sources)), index=sources["source"])
    return Said(
        sources, position.loc[first["source"]].to_numpy(), first["coder"].to_numpy(dtype=object), constructs, *sums
    )


def _is_part(passages: pd.DataFrame) -> pd.Series:
    return passages["construct"].map(whole_of) != passages["construct"]


def _pair_scores(said: Said, rule: InterviewRule) -> tuple[Floats, Floats]:
    """Score of every source by every coder, and its variance from how much was said.

    The variances are those of the Jeffreys posterior: of a share for the balance, of a Poisson mean for counts.
    """
    strengths, amount = said.strengths, said.strengths + said.concerns
    if rule == "presence":
        return (strengths > 0).astype(float), np.zeros_like(strengths)
    if rule == "balance":
        share = (strengths + 0.5) / (amount + 1.0)
        nothing = amount == 0
        variance = 1e4 * share * (1.0 - share) / (amount + 2.0)
        return np.where(nothing, np.nan, 100.0 * share), np.where(nothing, np.nan, variance)
    if rule == "count":
        return strengths, said.squares + 0.5
    words = said.sources["n_words"].to_numpy(dtype=float, na_value=np.nan)[said.source_of][:, None] / 1000.0
    words = np.where(words > 0, words, np.nan)
    return strengths / words, (said.squares + 0.5) / words**2


def _over_coders(said: Said, scores: Floats, variances: Floats) -> tuple[Floats, Floats, bool]:
    """Mean over coders for each source, its variance, and whether coders' disagreement is part of it.

    Coders read the same words, so what the amount of text leaves uncertain does not shrink with more coders;
    what the coders leave uncertain does.
    """
    n_sources = len(said.sources)
    present = ~np.isnan(scores)
    n_coders = _summed(present.astype(float), said.source_of, n_sources)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = _summed(np.where(present, scores, 0.0), said.source_of, n_sources) / n_coders
        text = _summed(np.where(present, variances, 0.0), said.source_of, n_sources) / n_coders
        between = pooled_variance(scores, said.source_of)
        coders = np.nan_to_num(between)[None, :] / n_coders
    return mean, text + coders, bool(np.isfinite(between).any())


def _summed(matrix: Floats, group: NDArray[np.int_], n_groups: int) -> Floats:
    total = np.zeros((n_groups, matrix.shape[1]))
    np.add.at(total, group, matrix)
    return total


def _over_sources(
    said: Said, mean: Floats, variance: Floats, rule: InterviewRule
) -> tuple[pd.DataFrame, NDArray[np.int_], Floats, Floats]:
    """Several interviews on one occasion: counts add up, rates weigh by words, balances by what was said."""
    keys = said.sources[OCCASION_AND_INFORMANT]
    occasion = keys.groupby(OCCASION_AND_INFORMANT, sort=True).ngroup().to_numpy()
    occasions = keys.groupby(occasion).first().reset_index(drop=True)
    n = len(occasions)
    weights = _source_weights(said, rule) * ~np.isnan(mean)
    known = np.where(np.isnan(mean), 0.0, mean)
    if rule == "presence":
        highest = np.full((n, mean.shape[1]), -np.inf)
        np.maximum.at(highest, occasion, np.where(np.isnan(mean), -np.inf, mean))
        return occasions, occasion, highest, _summed(variance, occasion, n)
    total = _summed(weights, occasion, n)
    scale = np.ones_like(total) if rule == "count" else total
    with np.errstate(divide="ignore", invalid="ignore"):
        score = _summed(weights * known, occasion, n) / scale
        spread = _summed(weights**2 * np.where(np.isnan(mean), 0.0, variance), occasion, n) / scale**2
    nothing = total == 0
    return occasions, occasion, np.where(nothing, np.nan, score), np.where(nothing, np.nan, spread)


def _source_weights(said: Said, rule: InterviewRule) -> Floats:
    n_sources = len(said.sources)
    if rule == "rate":
        words = said.sources["n_words"].to_numpy(dtype=float, na_value=np.nan)
        return np.repeat(np.nan_to_num(words)[:, None], len(said.constructs), axis=1)
    if rule == "balance":
        n_coders = np.bincount(said.source_of, minlength=n_sources)[:, None]
        return _summed(said.strengths + said.concerns, said.source_of, n_sources) / np.maximum(n_coders, 1) + 1.0
    return np.ones((n_sources, len(said.constructs)))


def _block(
    said: Said, passages: pd.DataFrame, codebook: Codebook, rule: InterviewRule
) -> tuple[ScoreBlock, int, bool]:
    """The block of scores, how many are missing because nothing was said, and whether coders could be compared."""
    scores, variances = _pair_scores(said, rule)
    mean, variance, with_coders = _over_coders(said, scores, variances)
    occasions, occasion, score, spread = _over_sources(said, mean, variance, rule)
    std_error = np.sqrt(spread)
    if rule == "presence" and not with_coders:
        std_error = np.full_like(std_error, np.nan)
    used, available = _codes_used(said, passages, codebook, occasion, len(occasions))
    bounded = {"balance": 1.0, "presence": 100.0}.get(rule, np.nan)
    block = ScoreBlock(
        instrument=INTERVIEWS,
        occasions=occasions,
        constructs=said.constructs,
        score=score.T,
        std_error=np.where(np.isnan(score), np.nan, std_error).T,
        score_100=(bounded * score).T,
        n_answered=used.T,
        n_items=np.repeat(available[:, None], len(occasions), axis=1),
        kept=np.ones(score.T.shape, dtype=bool),
        rule=INTERVIEW_RULES[rule],
    )
    return block, int(np.isnan(score).sum()), with_coders


def _codes_used(
    said: Said, passages: pd.DataFrame, codebook: Codebook, occasion: NDArray[np.int_], n_occasions: int
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Different codes used on each occasion for each construct, and how many the codebook has for it."""
    position = pd.Series(occasion, index=said.sources["source"])
    counted = speaking(passages)
    marks = pd.DataFrame(
        {"occasion": counted["source"].map(position), "code": counted["code"], "construct": counted["construct"]}
    ).drop_duplicates()
    codes = codebook.codes[codebook.codes["polarity"] != "none"]
    used = np.zeros((n_occasions, len(said.constructs)), dtype=np.int64)
    available = np.zeros(len(said.constructs), dtype=np.int64)
    for column, construct in enumerate(said.constructs):
        mine = marks[marks["construct"].isin(_with_parts(construct))]
        used[:, column] = np.bincount(mine["occasion"].to_numpy(int), minlength=n_occasions)
        available[column] = codes["construct"].isin(_with_parts(construct)).sum()
    return used, available


def _with_parts(construct: str) -> list[str]:
    return [known.name for known in theory.CONSTRUCTS if construct in (known.name, whole_of(known.name))]
