"""How steeply a fitted growth model goes with one column, where what it interacts with is held: simple slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.models.after_growth.combinations import LOG, LOGIT, Combinations, name_of_ratio, ratios
from securebase_analysis.models.after_growth.contrasts import ContrastMethod, Contrasts, differences
from securebase_analysis.models.after_growth.reference_grid import (
    WEIGHTS,
    ReferenceGrid,
    Weights,
    cells_asked,
    with_held,
    words_of_held,
)
from securebase_analysis.models.formulas import columns_of_terms
from securebase_analysis.results.families import ADJUSTMENTS, Adjustment
from securebase_analysis.results.inference import Floats, check_conf_level
from securebase_analysis.results.result import Result

if TYPE_CHECKING:
    from securebase_analysis.models.growth.answer import GrowthResult

STEP = 1e-3
"""Step of the derivative, in standard deviations of the column."""
STENCIL = {-2: 1.0 / 12.0, -1: -8.0 / 12.0, 1: 8.0 / 12.0, 2: -1.0 / 12.0}
"""Weights of the five points (the middle one weighs nothing) that give a first derivative."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SimpleSlopes(Result):
    """Slopes of one column, one row for each combination of values of what it interacts with.

    Attributes
    ----------
    asked : Combinations
        The slopes as combinations of the fixed effects; ``asked.cells.values`` are the values they hold at.
    response : bool
        Whether slopes are shown as ratios (of odds, or of counts) for one unit.
    """

    asked: Combinations
    response: bool

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per slope; see `Result.tidy`."""
        table = super().tidy(conf_level)
        return ratios(table, self.asked.family) if self.response else table

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
        """Differences between the slopes; arguments and answer are those of `MarginalMeans.contrasts`."""
        response = self.response if response is None else response
        level = self.conf_level if conf_level is None else conf_level
        what = f"slopes of {self.spec['of']}"
        return differences(self, self.asked, what, method, adjust, of, reference, response, level)


def simple_slopes(
    growth: GrowthResult,
    of: str,
    at: Mapping[str, Any] | None = None,
    weights: Weights = "equal",
    adjust: Adjustment = "none",
    response: bool = False,
    conf_level: float | None = None,
) -> SimpleSlopes:
    """The slope of a column at chosen values of the columns that it interacts with.

    Parameters
    ----------
    growth : GrowthResult
        From `fit_growth`.
    of : str
        A column of numbers in the formula.
    at : mapping, optional
        Values of columns: one value, several, or ``"sd"`` (the mean, and one standard deviation below and above
        it), ``"mean"``, ``"levels"``. By default labels that `of` interacts with are taken at each level and
        numbers at ``"sd"``. A column that `of` does not interact with changes nothing; `of` itself may stand here
        where its course is curved, and is at its mean otherwise.
    weights : {"equal", "proportional"}
        How groups are averaged that `of` interacts with, if `at` holds none of their values.
    adjust : {"holm", "fdr", "none"}
        How p-values allow for the number of slopes.
    response : bool
        For outcomes that are not normal: odds ratios, or ratios of counts, for one unit of `of`.
    conf_level : float, optional
        Level of the intervals; that of the fit by default.

    Returns
    -------
    SimpleSlopes
        ``tidy()`` has effect *slope* (*odds ratio*, *ratio*), group the column and terms such as
        ``kinship = yes``; ``contrasts()`` compares them.

    Raises
    ------
    ModelError
        When the column is no number, or no predictor of the model.

    Notes
    -----
    The slope is ``l'beta`` with ``l`` the derivative of the columns of the formula in `of`, so that it needs no
    other model. The standard error is ``sqrt(l'V l)``; degrees of freedom are those of the fit for this
    combination. A value of a moderator at which few children are leads to a slope that rests on the form of the
    model; ``diagnostics()`` tells values beyond those seen.

    References
    ----------
    Aiken & West (1991), Multiple regression: testing and interpreting interactions; Bauer & Curran (2005), Probing
    interactions in fixed and multilevel regression, Multivar Behav Res 40.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from securebase_analysis.models.growth import fit_growth
    >>> child = np.repeat(np.arange(20), 3)
    >>> frame = pd.DataFrame({"child": child, "years": np.tile([0.0, 1.0, 2.0], 20), "kinship": child % 2})
    >>> frame["trust"] = 5 + 0.5 * frame["years"] * frame["kinship"] + child % 3 + np.sin(7.0 * np.arange(60))
    >>> slopes = simple_slopes(fit_growth(frame, "trust ~ years * kinship"), "years")
    >>> slopes.tidy()[["term", "estimate"]].round(2).values.tolist()
    [['kinship = 0', 0.01], ['kinship = 1', 0.46]]
    """
    check_option("weights", weights, WEIGHTS)
    check_option("response", response, (True, False))
    check_option("adjust", adjust, ADJUSTMENTS)
    level = growth.conf_level if conf_level is None else conf_level
    check_conf_level(level)
    grid = ReferenceGrid.of(growth)
    _check_slope(grid, of)
    at = dict(at or {})
    held_at_one = {name for name in at if len(grid.chosen(name, at[name]).labels) == 1}
    by = [name for name in moderators(growth, of) if name not in held_at_one]
    cells, held = cells_asked(grid, by, at, of_numbers="sd")
    placed = with_held(cells, held)
    asked = Combinations(growth, slope_rows(grid, of, placed, weights), cells)
    terms = cells.terms if len(cells.labels.columns) else [of]
    table = asked.estimates(name_of_ratio(response, asked.family) or "slope", terms, of, tested=True)
    spec = {"verb": "simple_slopes", "of": of, "at": at, "weights": weights, "adjust": adjust,
            "response": response, "conf_level": level}  # fmt: skip
    notes = (words_of_held(held), _of_scale(growth.request.family, response))
    return SimpleSlopes(
        title=f"Slopes of {of} on {table['outcome'].iloc[0]}{cells.by}",
        spec=spec,
        estimates=table,
        notes=(*growth.notes, *filter(None, notes)),
        adjust=adjust,
        asked=asked,
        response=response,
        **asked.contract(level, grid.checks(placed)),
    )


def moderators(growth: GrowthResult, of: str) -> list[str]:
    """The columns that share a term of the formula with `of`, in the order in which they stand there."""
    shared = [names for names in columns_of_terms(growth.request.formula) if of in names]
    return list(dict.fromkeys(name for names in shared for name in names if name != of))


def slope_rows(grid: ReferenceGrid, of: str, at: pd.DataFrame, weights: str = "equal") -> Floats:
    """Multipliers of the fixed effects that give the slope of a column.

    Parameters
    ----------
    grid : ReferenceGrid
        The predictors of the model.
    of : str
        A column of numbers in the formula.
    at : pandas.DataFrame, shape (n, any of the predictors)
        The values at which the slope is asked. Other numbers are at their mean, other groups averaged.
    weights : {"equal", "proportional"}
        How groups are averaged.

    Returns
    -------
    numpy.ndarray, shape (n, terms)
        The derivative of the columns of the formula in `of`, averaged as the grid averages.

    Notes
    -----
    The derivative is taken from five points a thousandth of a standard deviation apart. For products of columns,
    and powers up to the fourth, that is exact but for rounding (about ten digits); for smooth functions such as
    logarithms and splines the error is of that size too. At a knot, where the slope changes at once, it is the
    mean of the slopes on both sides.
    """
    # A power of two is added without rounding to numbers of few digits.
    step = 2.0 ** np.round(np.log2(STEP * float(grid.values[of].std())))

    def slopes(frame: pd.DataFrame) -> Floats:
        moved = pd.concat([frame.assign(**{of: frame[of] + place * step}) for place in STENCIL], ignore_index=True)
        made = grid.columns(moved)
        by_place = made.reshape(len(made), len(STENCIL), len(frame))
        total: Floats = np.einsum("psn,s->pn", by_place, np.array(list(STENCIL.values()))) / step
        return total

    middle = {} if of in at else {of: float(grid.values[of].mean())}
    return grid.rows(at.assign(**middle), weights, slopes)


def _check_slope(grid: ReferenceGrid, of: str) -> None:
    """Refuse the slope of what is no number.

    Raises
    ------
    ModelError
        For a column of labels, or one that the formula does not name.
    """
    grid.check_predictor(of, "of")
    if pd.api.types.is_numeric_dtype(grid.values[of].dtype):
        return
    raise ModelError(
        Problem(
            "SB-MODEL-73",
            "stop",
            f"{of!r} holds labels; a slope belongs to a number.",
            column=of,
            why="There is no step from one label to the next.",
            fix=f"growth.marginal_means({of!r}).contrasts() compares its labels.",
        )
    )


def _of_scale(family: str, response: bool) -> str:
    if family not in (*LOGIT, *LOG):
        return ""
    scale = "logit" if family in LOGIT else "logarithm"
    ratio = "Odds ratios" if family in LOGIT else "Ratios of counts"
    return (
        f"{ratio} for one unit; tests are on the scale of the {scale}." if response else f"In {scale}s per unit."
    )
