"""How the dimensions interact: all pairs as one planned family, or an interaction of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from securebase_analysis.errors import check_option
from securebase_analysis.models.growth.request import DegreesOfFreedom, Method, RandomPart
from securebase_analysis.models.moderation.answer import ModerationResult
from securebase_analysis.models.moderation.door import asked_of, rows_to_relate
from securebase_analysis.models.moderation.fitting import family_of, interactions_of


def fit_moderation(
    data: Any,
    outcome: str,
    dimensions: Sequence[str] | None = None,
    covariates: str | Sequence[str] = "",
    random: RandomPart | Mapping[str, RandomPart] = "1",
    group: str = "child",
    method: Method = "reml",
    df: DegreesOfFreedom = "satterthwaite",
    conf_level: float = 0.95,
    *,
    pairs: Sequence[Sequence[str]] | Sequence[str] | None = None,
    adjust: Literal["holm", "fdr"] = "holm",
    rows: Literal["same", "own"] = "same",
    split: bool = False,
    scale: Literal["sd", "point"] = "sd",
) -> ModerationResult:
    """Test whether the slope of one dimension on an outcome depends on another, for all pairs as one family.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child and wave.
    outcome : str
        Column that is explained.
    dimensions : sequence of str, optional
        All pairs of these are tested; by default the five caregiving dimensions that are there.
    covariates : str or sequence of str
        Terms of a formula that stand in every model, such as ``"years"`` or ``["years", "kinship"]``.
    random, group, method, df
        As in `fit_growth`.
    conf_level : float
        Level of the intervals; one minus it is the level of the tests.
    pairs : pair or sequence of pairs, optional
        Interactions of one's own in place of all pairs of `dimensions`: ``("availability", "kinship")``, or
        several pairs, which then are the planned family. A column of labels, or with two values, is groups.
    adjust : {"holm", "fdr"}
        Holm's step-down p-values, or Benjamini and Hochberg's.
    rows : {"same", "own"}
        Every model on the rows that hold all the columns of the family, so that pairs compare; or each on all the
        rows that hold its own two.
    split : bool
        Take each dimension apart into the child's mean (``_between``) and the deviation from it (``_within``),
        with all four products of a pair in its model and in the family.
    scale : {"sd", "point"}
        Unit of ``tidy()`` and of the family: standard deviations of the outcome per standard deviation of both
        sides, or points as they are. Groups have no standard deviation; theirs is a difference of slopes.

    Returns
    -------
    ModerationResult
        ``tidy()`` has a row for each interaction; ``family()`` adds adjusted p-values and the smallest effect that
        this sample could have found; ``slopes()``, ``johnson_neyman()`` and ``lines()`` look at one pair.

    Raises
    ------
    ModelError
        When there are no two columns to relate, one of them does not vary, or the models have no answer.
    DataError
        When the data cannot be used as they are.

    Notes
    -----
    For each pair the model is ``outcome ~ covariates + first + second + first:second``, both centred at their
    means over the rows used. The other dimensions are not in it: they go together so closely that holding them
    equal would ask about children whom nobody has met, and would change what the two slopes mean. To hold them
    equal all the same, name them in `covariates`: ``covariates=["years", *dimensions]``; a pair's own two are then
    not taken twice. Interactions of observed scores are pulled towards zero by the unreliability of both sides
    together: that none was found says less than that there is none. An interaction describes differing slopes;
    that one dimension causes the other to matter does not follow. The smallest detectable effect is conditional on
    the standard error that was found.

    References
    ----------
    Aiken & West (1991), Multiple regression: testing and interpreting interactions; Holm (1979), Scand J Stat 6;
    Benjamini & Hochberg (1995), J R Stat Soc B 57; Bloom (1995), Minimum detectable effects, Evaluation Review 19;
    Curran & Bauer (2011), Annual Review of Psychology 62.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> random = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"child": np.repeat(np.arange(30), 3), "years": np.tile([0.0, 1.0, 2.0], 30)})
    >>> frame["availability"], frame["sensitivity"] = random.normal(size=(2, 90))
    >>> frame["trust"] = 5 + frame["availability"] * (1 + frame["sensitivity"]) + random.normal(size=90)
    >>> result = fit_moderation(frame, "trust", covariates="years")
    >>> result.tidy()[["term", "estimate", "df"]].round(2).values.tolist()
    [['availability:sensitivity', 0.6, 84.9]]
    >>> result.slopes()[["at", "estimate"]].round(2).values.tolist()
    [['-1 SD', 0.23], ['mean', 1.21], ['+1 SD', 2.2]]
    """
    check_option("adjust", adjust, ("holm", "fdr"))
    check_option("rows", rows, ("same", "own"))
    check_option("split", split, (True, False))
    check_option("scale", scale, ("sd", "point"))
    asked = asked_of(
        outcome, dimensions, covariates, random, group, method, df, conf_level,
        pairs=pairs, adjust=adjust, rows=rows, split=split, scale=scale,
    )  # fmt: skip
    table = rows_to_relate(data, asked)
    return family_of(asked, table, interactions_of(table)).made_from(data)
