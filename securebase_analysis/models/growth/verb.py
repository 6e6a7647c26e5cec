"""Change over time in children who are seen again and again: the mixed growth model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from securebase_analysis.models.growth.answer import GrowthResult, answer
from securebase_analysis.models.growth.checks import (
    ColumnProducts,
    random_parts_that_fit,
    refuse_exact_fit,
    refuse_unanswerable,
)
from securebase_analysis.models.growth.fitting import design_of, fitted, has_one_factor
from securebase_analysis.models.growth.grouped_rows import grouped_rows
from securebase_analysis.models.growth.request import (
    DegreesOfFreedom,
    Family,
    Method,
    RandomPart,
    Residual,
    request,
)


def fit_growth(
    data: Any,
    formula: str,
    random: RandomPart | Mapping[str, RandomPart] = "1",
    group: str = "child",
    family: Family = "gaussian",
    method: Method = "reml",
    df: DegreesOfFreedom = "satterthwaite",
    conf_level: float = 0.95,
    *,
    weights: str | None = None,
    variance_by: str | None = None,
    residual: Residual = "independent",
    members: Mapping[str, Any] | None = None,
    nodes: int | None = None,
) -> GrowthResult:
    """Fit a linear mixed growth model to a continuous outcome that was measured repeatedly.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child and wave.
    formula : str
        ``outcome ~ predictors``, such as ``"trust ~ years * kinship"``. Names that are not one word stand in
        backticks.
    random : str or mapping
        What differs between children: ``"1"`` their level, ``"years"`` level and slope with their correlation,
        ``"0 + years"`` the slope alone. Or a mapping with one key, ``{"child": "years"}``.
    group : str
        Column that says which rows belong together. Where the same id occurs at several sites (column ``site``),
        site and id together do.
    family : {"gaussian"}
        Distribution of the outcome.
    method : {"reml", "ml"}
        Restricted maximum likelihood, or maximum likelihood.
    df : {"satterthwaite", "kenward-roger", "normal", "residual"}
        Degrees of freedom of the tests and intervals. ``kenward-roger`` also adjusts the standard errors, and
        needs REML. ``normal`` is right for hundreds of groups; ``residual`` (rows minus terms) only for effects
        that vary within children.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    GrowthResult
        ``tidy()`` has effect *fixed* with the terms of the formula, and effect *random* with ``var(Intercept)``,
        ``cov(Intercept, years)``, ``var(years)`` under the name of the group and ``var(residual)`` under
        *residual*.

    Raises
    ------
    ModelError
        When the question cannot be answered: a column that is not there, one wave per child, predictors of which
        one can be computed from the others.
    DataError
        When the data cannot be used: words as outcome, a child twice at one wave, rows without a child.

    Notes
    -----
    For child i, ``y_i = X_i beta + Z_i b_i + e_i`` with ``b_i ~ N(0, D)`` and ``e_i ~ N(0, sigma^2 I)``. Rows that
    lack an outcome or a predictor are left out and counted; that is harmless when what is missing depends on what
    was observed (missing at random), and misleads when children leave the study because of what was not observed.
    Standard errors of variances come from the observed information; their intervals are Wald's on the log scale,
    those of covariances on their own; on the boundary there are none. R² is that of Nakagawa & Schielzeth (2013),
    with Johnson's (2014) mean for random slopes. A slope describes change; that it is an effect of a predictor
    does not follow.

    References
    ----------
    Laird & Ware (1982), Random-effects models for longitudinal data, Biometrics 38; Bates et al. (2015), J Stat
    Softw 67(1); Kuznetsova et al. (2017), J Stat Softw 82(13); Kenward & Roger (1997), Biometrics 53.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> children = np.repeat(np.arange(20), 3)
    >>> years = np.tile([0.0, 1.0, 2.0], 20)
    >>> wobble = np.sin(7.0 * np.arange(60))
    >>> frame = pd.DataFrame({"child": children, "years": years, "trust": 5 + 0.5 * years + children % 4 + wobble})
    >>> result = fit_growth(frame, "trust ~ years")
    >>> result.tidy().loc[:, ["term", "estimate", "df"]].round(2).values.tolist()[:2]
    [['Intercept', 6.53, 21.64], ['years', 0.49, 39.0]]
    """
    asked = request(
        formula,
        random,
        group,
        family,
        method,
        df,
        conf_level,
        weights=weights,
        variance_by=variance_by,
        residual=residual,
        nodes=nodes,
    )
    rows, asked, said = random_parts_that_fit(grouped_rows(data, asked, members), asked)
    design = design_of(rows) if has_one_factor(rows, asked) else None
    products = ColumnProducts.of_rows(rows) if design is None else ColumnProducts.of_design(design)
    refuse_unanswerable(rows, products, asked.family)
    fit = fitted(rows, asked, design)
    if asked.family == "gaussian":
        refuse_exact_fit(fit, rows)
    notes = tuple(problem.sentence for problem in [*rows.problems, *said])
    return answer(asked, fit, rows, products, notes).made_from(data)
