"""Answers become scores: reversal once, proration, the share of the possible range, and a standard error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.internal_consistency import ROUNDING, pairwise_covariance, stratified_alpha
from securebase_analysis.measures.scoring.answers import Answers
from securebase_analysis.measures.scoring.scoring_key import ScaleKey, ScoringKey
from securebase_analysis.study.codebook_columns import LOWEST

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring.factor_models import Factors

Floats = NDArray[np.float64]
Whole = NDArray[np.int_]

FEWEST_ROWS_FOR_ALPHA = 10
"""With fewer persons who answered two items together, alpha is left out, and so is the standard error."""


@dataclass(frozen=True, eq=False)
class ScaleScores:
    """The scores of one construct, in the order of the rows of the answers.

    Attributes
    ----------
    construct : str
        What is scored.
    score, std_error : numpy.ndarray, shape (rows,)
        In the metric that the codebook declares; NaN where missing.
    score_100 : numpy.ndarray, shape (rows,)
        As a percentage of the possible range.
    n_answered : numpy.ndarray of int, shape (rows,)
        Items answered.
    n_items : int
        Items asked.
    low, high : float
        Ends of the possible range of the raw score.
    alphas : dict
        Informant to the alpha behind `std_error`.
    """

    construct: str
    score: Floats
    std_error: Floats
    score_100: Floats
    n_answered: Whole
    n_items: int
    low: float
    high: float
    alphas: dict[str, float]

    @property
    def all_missing(self) -> NDArray[np.bool_]:
        """Rows in which no item was answered."""
        return self.n_answered == 0

    @property
    def below_minimum(self) -> NDArray[np.bool_]:
        """Rows with answers, and too few of them."""
        return np.isnan(self.score_100) & ~self.all_missing


def half_up(values: Floats) -> Floats:
    """Round to whole numbers, halves upwards: 2.5 becomes 3, where Python's round gives 2.

    The first rounding takes away the noise of binary fractions, so that 2.4999999999 counts as a half.
    """
    return np.asarray(np.floor(0.5 + np.round(values, 9)))


def keyed_answers(values: Floats, scale: ScaleKey) -> Floats:
    """Answers that all run with the construct: low + high - x for the reversed ones."""
    return np.where(scale.reversed, scale.low + scale.high - values, values)


def score_answers(
    answers: Answers,
    total_missing: str = "any",
    factors: Mapping[tuple[str, str], Factors] | None = None,
) -> list[ScaleScores]:
    """Scores of every scale of a questionnaire, sums of scales last, in the declared metric.

    With `factors`, the model of each construct and informant, scores are what these expect.
    """
    key = answers.key
    informants = answers.occasions["informant"].to_numpy(dtype=object)
    filled_in = (~np.isnan(answers.values)).sum(axis=1) >= key.minimum_of_form
    scored: dict[str, ScaleScores] = {}
    for scale in key.scales:
        if scale.items:
            values = answers.values[:, answers.columns_of(scale.items)]
            scored[scale.construct] = (
                score_scale(values, scale, key, informants, filled_in)
                if factors is None
                else score_by_factor(values, scale, informants, factors, filled_in)
            )
    for scale in key.scales:
        if scale.sum_of and not scale.items:
            parts = [scored[part] for part in scale.sum_of]
            scored[scale.construct] = add_scales(scale, parts, key.rounding, total_missing)
    for scale in key.scales:
        if scale.converted_from:
            scored[scale.construct] = convert_scale(scale, scored[scale.converted_from])
    return [_in_metric(scored[scale.construct], key) for scale in key.scales if scale.construct in scored]


def score_scale(
    values: Floats,
    scale: ScaleKey,
    key: ScoringKey,
    informants: NDArray[np.object_],
    filled_in: NDArray[np.bool_],
) -> ScaleScores:
    """Raw scores of one scale, of the rows whose form is filled in as far as the codebook asks.

    The share of the possible score that the answered items reach is carried over to all items: for items of one
    range this is the (weighted) mean of the answers, or the number of items times it. Where blanks count as the
    lowest answer, it is the share that they reach of what all items could.
    """
    keyed = keyed_answers(values, scale)
    answered = ~np.isnan(values)
    n_answered = answered.sum(axis=1)
    low, high = raw_range(scale, key.rule)
    reached = np.where(answered, keyed - scale.low, 0.0) @ scale.weights
    counted = np.ones_like(answered) if key.blanks == LOWEST else answered
    possible = counted @ (scale.weights * (scale.high - scale.low))
    enough = (n_answered >= max(scale.minimum_answered, 1)) & filled_in
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(enough, reached / possible, np.nan)
    score = low + share * (high - low)
    if key.rounding == "half up":
        score = half_up(score)
    std_error, alphas = _std_errors(keyed, answered, scale, key.rule, informants)
    return ScaleScores(
        construct=scale.construct,
        score=score,
        std_error=np.where(enough, std_error, np.nan),
        score_100=100.0 * (score - low) / (high - low),
        n_answered=n_answered,
        n_items=len(scale.items),
        low=low,
        high=high,
        alphas=alphas,
    )


def score_by_factor(
    values: Floats,
    scale: ScaleKey,
    informants: NDArray[np.object_],
    factors: Mapping[tuple[str, str], Factors],
    filled_in: NDArray[np.bool_],
) -> ScaleScores:
    """Raw scores of one scale: the mean of its items that the factors of each informant expect."""
    keyed = keyed_answers(values, scale)
    n_answered = (~np.isnan(values)).sum(axis=1)
    low, high = raw_range(scale, "mean")
    score, std_error = np.full((2, len(values)), np.nan)
    for informant in dict.fromkeys(informants):
        rows = informants == informant
        if (scale.construct, str(informant)) in factors:
            score[rows], std_error[rows] = factors[scale.construct, str(informant)].scores(keyed[rows])
    enough = (n_answered >= max(scale.minimum_answered, 1)) & filled_in
    score = np.where(enough, score, np.nan)
    return ScaleScores(
        construct=scale.construct,
        score=score,
        std_error=np.where(enough, std_error, np.nan),
        score_100=100.0 * (score - low) / (high - low),
        n_answered=n_answered,
        n_items=len(scale.items),
        low=low,
        high=high,
        alphas={},
    )


def raw_range(scale: ScaleKey, rule: str) -> tuple[float, float]:
    """Lowest and highest possible raw score: weighted mean of the items' ends, or their number times it."""
    low = float(np.average(scale.low, weights=scale.weights))
    high = float(np.average(scale.high, weights=scale.weights))
    times = len(scale.items) if rule == "sum" else 1
    return times * low, times * high


def _std_errors(
    keyed: Floats, answered: NDArray[np.bool_], scale: ScaleKey, rule: str, informants: NDArray[np.object_]
) -> tuple[Floats, dict[str, float]]:
    """Standard error of measurement of every row, and the alpha of each informant behind it."""
    std_error = np.full(len(keyed), np.nan)
    alphas: dict[str, float] = {}
    times = len(scale.items) if rule == "sum" else 1
    stretch = _fewer_answers(answered, scale.weights)
    names = list(dict.fromkeys(informants))
    for informant in names:
        rows = slice(None) if len(names) == 1 else informants == informant
        alpha, full = error_of_full_scale(keyed[rows] * scale.weights, scale.weights, scale.parts)
        alphas[str(informant)] = alpha
        std_error[rows] = times * full * stretch[rows]
    return std_error, alphas


def error_of_full_scale(weighted: Floats, weights: Floats, parts: Whole) -> tuple[float, float]:
    """Alpha, and SD · sqrt(1 - alpha) of the mean of all items; NaN when alpha is undefined or not in (0, 1].

    Covariances of incomplete answers need not fit together, so that alpha can come out above 1.

    Of a whole with several parts the errors of the parts add up (stratified alpha; Cronbach, Schönemann & McKie
    1965), since parts may differ truly.
    """
    if weighted.shape[1] < 2:
        return float("nan"), float("nan")
    covariance, counts = pairwise_covariance(weighted)
    if counts.min() < FEWEST_ROWS_FOR_ALPHA:
        return float("nan"), float("nan")
    alpha = stratified_alpha(covariance, parts)
    spread = np.sqrt(max(float(covariance.sum()), 0.0)) / weights.sum()
    if not 0.0 < alpha < 1.0 + ROUNDING:
        return alpha, float("nan")
    return alpha, float(spread * np.sqrt(max(1.0 - alpha, 0.0)))


def _fewer_answers(answered: NDArray[np.bool_], weights: Floats) -> Floats:
    """By how much the error of a mean grows when items are missing: sqrt(items / answered) for equal weights.

    This is the Spearman-Brown formula applied to the error: m of k parallel items have k / m times its variance.
    """
    squares, sums = answered @ weights**2, answered @ weights
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(squares / sums**2 / ((weights**2).sum() / weights.sum() ** 2)))


def add_scales(scale: ScaleKey, parts: list[ScaleScores], rounding: str, total_missing: str) -> ScaleScores:
    """The sum of scales; missing when any part is, or, where asked, prorated when just one of three or more is.

    The errors of the parts are taken as independent, so their squares add up.
    """
    scores = np.column_stack([part.score for part in parts])
    present = ~np.isnan(scores)
    enough = present.all(axis=1)
    if total_missing == "more than one" and len(parts) > 2:
        enough = present.sum(axis=1) >= len(parts) - 1
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    lows, highs = np.array([part.low for part in parts]), np.array([part.high for part in parts])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(present, scores - lows, 0.0).sum(axis=1) / (present @ (highs - lows))
        prorated = low + share * (high - low)
        stretch = np.where(enough, len(parts) / present.sum(axis=1), np.nan)
    if rounding == "half up":
        prorated = half_up(prorated)
    score = np.where(present.all(axis=1), np.where(present, scores, 0.0).sum(axis=1), prorated)
    squares = np.column_stack([part.std_error for part in parts]) ** 2
    std_error = np.sqrt(np.where(present, squares, 0.0).sum(axis=1)) * stretch
    return ScaleScores(
        construct=scale.construct,
        score=np.where(enough, score, np.nan),
        std_error=np.where(enough, std_error, np.nan),
        score_100=np.where(enough, 100.0 * (score - low) / (high - low), np.nan),
        n_answered=np.sum([part.n_answered for part in parts], axis=0),
        n_items=sum(part.n_items for part in parts),
        low=low,
        high=high,
        alphas={},
    )


def convert_scale(scale: ScaleKey, source: ScaleScores) -> ScaleScores:
    """Scores looked up in the conversion of the codebook; missing where it does not list the score.

    The standard error is carried over by the slope of the conversion at the score (delta method): half the way
    from the score below to the score above, the one step there is at an end.
    """
    scores, converted = scale.conversion.T
    place = np.clip(np.searchsorted(scores, source.score), 0, len(scores) - 1)
    listed = scores[place] == source.score
    slopes = np.gradient(converted, scores) if len(scores) > 1 else np.full(1, np.nan)
    low, high = float(converted[0]), float(converted[-1])
    score = np.where(listed, converted[place], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        score_100 = 100.0 * (score - low) / (high - low)
    return replace(
        source,
        construct=scale.construct,
        score=score,
        std_error=np.where(listed, slopes[place] * source.std_error, np.nan),
        score_100=score_100,
        low=low,
        high=high,
    )


def _in_metric(scores: ScaleScores, key: ScoringKey) -> ScaleScores:
    """The scores in the metric that the codebook declares."""
    if key.metric != "0-100":
        return scores
    return replace(scores, score=scores.score_100, std_error=scores.std_error * 100.0 / (scores.high - scores.low))
