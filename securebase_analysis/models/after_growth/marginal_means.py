"""What a fitted growth model expects on average: estimated marginal means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.after_growth.combinations import LOG, LOGIT, Combinations, means_on_response
from securebase_analysis.models.after_growth.contrasts import ContrastMethod, Contrasts, differences
from securebase_analysis.models.after_growth.reference_grid import (
    WEIGHTS,
    ReferenceGrid,
    Weights,
    cells_asked,
    with_held,
    words_of_held,
)
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results.families import Adjustment
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult


@dataclass(frozen=True, eq=False, kw_only=True)
class MarginalMeans(Result):
    """Means that a growth model expects, one row for each combination of the values asked for.

    Attributes
    ----------
    asked : Combinations
        The means as combinations of the fixed effects; ``asked.cells.values`` are the values they stand for.
    response : bool
        Whether means are shown as probabilities or counts.
    """

    asked: Combinations
    response: bool

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per mean; no test, because nobody asks whether a mean is zero. See `Result.tidy`."""
        table = super().tidy(conf_level)
        return means_on_response(table, self.asked.family) if self.response else table

    def augment(self) -> pd.DataFrame:
        """The rows of the model, as its own ``augment()`` gives them."""
        return self.asked.growth.augment()

    def contrasts(
        self,
        method: ContrastMethod = "pairwise",
        adjust: Adjustment = "holm",
        of: str | Sequence[str] | None = None,
        reference: Any = None,
        response: bool | None = None,
        conf_level: float | None = None,
    ) -> Contrasts:
        """Differences between the means.

        Parameters
        ----------
        method : {"pairwise", "reference", "consecutive"}
            Each pair, the later minus the earlier; each minus the reference; each minus the one before it.
        adjust : {"holm", "fdr", "none"}
            How p-values allow for the number of differences; all of them are one family.
        of : str or sequence of str, optional
            Columns whose values are compared, at each value of the others; the first by default.
        reference : value, optional
            The value that the others are compared with, for *reference*; the first by default.
        response : bool, optional
            Odds ratios or ratios of counts in place of differences; as the means are shown by default.
        conf_level : float, optional
            Level of the intervals; that of the means by default.

        Returns
        -------
        Contrasts
            ``tidy()`` with effect *difference* and raw p-values; ``adjusted()`` with both.

        Raises
        ------
        ModelError
            When there is nothing to compare.
        """
        response = self.response if response is None else response
        level = self.conf_level if conf_level is None else conf_level
        return differences(self, self.asked, "means", method, adjust, of, reference, response, level)


def marginal_means(
    growth: GrowthResult,
    by: str | Sequence[str] = (),
    at: Mapping[str, Any] | None = None,
    weights: Weights = "equal",
    response: bool = False,
    conf_level: float | None = None,
) -> MarginalMeans:
    """The means that a growth model expects at chosen values of its predictors, everything else held alike.

    Parameters
    ----------
    growth : GrowthResult
        From `fit_growth`.
    by : str or sequence of str
        Columns that tell the means apart: labels at each level, numbers at the values of `at` or, where it does
        not name them, at each value seen.
    at : mapping, optional
        Values of columns: one value, several, or ``"sd"`` (the mean, and one standard deviation below and above
        it), ``"mean"``, ``"levels"``. A column with several values tells means apart as those of `by` do.
    weights : {"equal", "proportional"}
        Groups that are not asked for are averaged in equal parts, or in the proportions of the rows used.
    response : bool
        For outcomes that are not normal: probabilities or expected counts in place of logits or logarithms.
    conf_level : float, optional
        Level of the intervals; that of the fit by default.

    Returns
    -------
    MarginalMeans
        ``tidy()`` has effect *mean* and terms such as ``kinship = yes, years = 2``; ``contrasts()`` compares them.

    Raises
    ------
    ModelError
        When a column is no predictor of the model, or cannot take a value.

    Notes
    -----
    The mean is ``l'beta`` with ``l`` the columns of the formula at the chosen values: other numbers at their mean
    over the rows used, other groups averaged; numbers that take two values count as groups. Its standard error is
    ``sqrt(l'V l)``, its degrees of freedom those of the fit (Satterthwaite, or Kenward and Roger, for this very
    combination). Means in equal parts answer "what if the groups were of one size"; they mislead where a
    combination does not exist, and ``diagnostics()`` says so. Of other families, means are those of a child whose
    random effects are zero, taken on the scale of the logit or logarithm and carried over; that is not the mean
    over all children.

    References
    ----------
    Searle, Speed & Milliken (1980), Population marginal means in the linear model, Am Stat 34; Lenth (2016),
    Least-squares means: the R package lsmeans, J Stat Softw 69(1).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> child = np.repeat(np.arange(20), 3)
    >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20), "kinship": child % 2})
    >>> frame["trust"] = 5 + 0.5 * frame["years"] * frame["kinship"] + child % 3 + np.sin(7.0 * np.arange(60))
    >>> means = marginal_means(fit_growth(frame, "trust ~ years * kinship"), "kinship", at={"years": [0, 2]})
    >>> means.tidy()[["term", "estimate"]].round(2).values.tolist()[:2]
    [['kinship = 0, years = 0', 5.93], ['kinship = 0, years = 2', 5.96]]
    """
    check_option("weights", weights, WEIGHTS)
    level = growth.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    if response and growth.request.family == "ordinal":
        raise ModelError(_no_mean_of_answers())
    grid = ReferenceGrid.of(growth)
    check_option("response", response, (True, False))
    names = [] if by is None else listed(by)
    cells, held = cells_asked(grid, names, at, of_numbers="levels")
    placed = with_held(cells, held)
    asked = Combinations(growth, grid.rows(placed, weights), cells)
    table = asked.estimates("mean", cells.terms if len(cells.labels.columns) else ["overall"], "", tested=False)
    spec = {"verb": "marginal_means", "by": by, "at": at, "weights": weights, "response": response,
            "conf_level": level}  # fmt: skip
    notes = (words_of_held(held), grid.held(placed, weights), _of_scale(growth.request.family, response))
    return MarginalMeans(
        title=f"Means of {table['outcome'].iloc[0]}{cells.by}",
        spec=spec,
        estimates=table,
        notes=(*growth.notes, *filter(None, notes)),
        asked=asked,
        response=response,
        **asked.contract(level, grid.checks(placed)),
    )


def _of_scale(family: str, response: bool) -> str:
    """The scale of the means, in a sentence; nothing for a normal outcome."""
    if family == "ordinal":
        return "On the scale of the logit, zero where every predictor is; for a child with random effects of zero."
    if family not in (*LOGIT, *LOG):
        return ""
    shown, scale = ("Probabilities", "logit") if family in LOGIT else ("Expected counts", "logarithm")
    if not response:
        return f"On the scale of the {scale}, for a child whose random effects are zero."
    return f"{shown} for a child whose random effects are zero; averaged on the scale of the {scale}."


def _no_mean_of_answers() -> Problem:
    return Problem(
        "SB-MODEL-71",
        "stop",
        "An ordinal outcome has no mean of its answers: they are ordered, not numbered.",
        why="Its model says how likely each answer is.",
        done="Nothing was computed.",
        fix="response=False for means on the scale of the logit; .contrasts(response=True) for odds ratios",
    )
