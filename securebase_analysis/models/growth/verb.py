"""Change over time in children who are seen again and again: the mixed growth model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from securebase_analysis.models.growth.answer import GrowthResult, answer
from securebase_analysis.models.growth.column_products import ColumnProducts
from securebase_analysis.models.growth.door import grouped_rows
from securebase_analysis.models.growth.fitting import design_of, fitted, has_one_factor
from securebase_analysis.models.growth.request import (
    DegreesOfFreedom,
    Family,
    Method,
    RandomPart,
    Residual,
    request,
)
from securebase_analysis.models.growth.unanswerable import (
    random_parts_that_fit,
    refuse_exact_fit,
    refuse_unanswerable,
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
    exposure: str | None = None,
    residual: Residual = "independent",
    members: Mapping[str, Any] | None = None,
    nodes: int | None = None,
) -> GrowthResult:
    """Fit a mixed growth model to an outcome that was measured repeatedly.

    Parameters
    ----------
    data : Scores or pandas.DataFrame
        Scores, or a frame with a row per child and wave.
    formula : str
        ``outcome ~ predictors``, such as ``"trust ~ years * kinship"``. Names that are not one word stand in
        backticks. Columns that can be made from others need not be there: ``availability_within`` and
        ``availability_between``, ``availability_before`` (at the wave before), ``years``, ``age``,
        ``years_in_placement``, ``years_before_placement`` and ``years_after_placement``.
    random : str, list or mapping
        What differs between children: ``"1"`` their level, ``"years"`` level and slope with their correlation,
        ``"0 + years"`` the slope alone, ``["1", "0 + years"]`` level and slope that do not correlate. Or a mapping
        with a key for each grouping factor, ``{"child": "years", "carer": "1", "agency": "1"}``: nested or
        crossed is found from the data.
    group : str
        Column that says which rows belong together; the factor whose growth it is. Where the same id occurs at
        several sites (column ``site``), site and id together do.
    family : {"gaussian", "binomial", "poisson", "negative-binomial", "ordinal"}
        Distribution of the outcome: a score; yes (1) or no (0); a count; a count that varies more than Poisson's;
        ordered answers (logit of at most each of them). Others than *gaussian* are fitted by maximum likelihood
        with tests from the normal distribution.
    method : {"reml", "ml"}
        Restricted maximum likelihood, or maximum likelihood.
    df : {"satterthwaite", "kenward-roger", "normal", "residual"}
        Degrees of freedom of the tests and intervals. ``kenward-roger`` also adjusts the standard errors, and
        needs REML. ``normal`` is right for hundreds of groups; ``residual`` (rows minus terms) only for effects
        that vary within children.
    conf_level : float
        Level of the intervals.
    weights : str, optional
        Column of how precise each row is: its residual variance is divided by it.
    variance_by : str, optional
        Column of the groups that have a residual variance of their own.
    exposure : str, optional
        For counts, the column of the time in which they were counted: rates are compared, per unit of it.
    residual : {"independent", "ar1"}
        ``ar1``: residuals of a child correlate the more the nearer they lie in time (phi to the power of the time
        between them).
    members : mapping, optional
        For a factor of which a row has several, ``{"carer": carer_days(study)}``: child, wave, carer and days.
    nodes : int, optional
        Nodes of the quadrature in each dimension, for families other than *gaussian* with one factor; 1 is
        Laplace's approximation, which is used where there are several factors.

    Returns
    -------
    GrowthResult
        ``tidy()`` has effect *fixed* with the terms of the formula; *threshold* with the cut points of an ordinal
        outcome (``1|2``), *dispersion* or *residual* with what else was estimated; and *random* with
        ``var(Intercept)``, ``cov(Intercept, years)``, ``var(years)`` under the name of each factor and
        ``var(residual)`` under *residual*.

    Raises
    ------
    ModelError
        When the question cannot be answered: a column that is not there, one wave per child, predictors of which
        one can be computed from the others.
    DataError
        When the data cannot be used: words as outcome, a child twice at one wave, rows without a child.

    Notes
    -----
    ``y = X beta + sum of Z_f b_f + e`` over the factors f, with ``b_f ~ N(0, D_f)`` for each level and
    ``e ~ N(0, sigma^2 I)``; for other families the sum of the first two is the predictor on the scale of the link,
    and a fixed effect compares rows of the same child. Rows that lack an outcome or a predictor are left out and
    counted; that is harmless when what is missing depends on what was observed (missing at random), and misleads
    when children leave the study because of what was not observed. Standard errors of variances come from the
    observed information; their intervals are Wald's on the log scale, those of covariances on their own; on the
    boundary there are none; ``intervals("profile")`` gives better ones. R² is that of Nakagawa & Schielzeth
    (2013), with Johnson's (2014) mean for random slopes. A slope describes change; that it is an effect of a
    predictor does not follow.

    References
    ----------
    Laird & Ware (1982), Random-effects models for longitudinal data, Biometrics 38; Bates et al. (2015), J Stat
    Softw 67(1); Kuznetsova et al. (2017), J Stat Softw 82(13); Kenward & Roger (1997), Biometrics 53; Pinheiro &
    Bates (1995), J Comput Graph Stat 4; Browne, Goldstein & Rasbash (2001), Statistical Modelling 1.

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
    >>> frame["carer"] = children % 12
    >>> both = fit_growth(frame, "trust ~ years", {"child": "1", "carer": "1"})
    >>> both.sentence().split(". ")[0]
    '60 rows of 20 children in 12 carers'
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
        exposure=exposure,
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
