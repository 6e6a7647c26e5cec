"""The verb that asks how constructs are measured and what they do to one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from securebase_analysis.models.sem.answer import SemResult
from securebase_analysis.models.sem.assembly import answer_of
from securebase_analysis.models.sem.completed import Defaults
from securebase_analysis.models.sem.door import model_and_sample
from securebase_analysis.models.sem.fitting import fitted
from securebase_analysis.models.sem.ordinal_fitting import ordinal_fitted
from securebase_analysis.models.sem.request import Estimator, Missing, Request, checked, words_given


def fit_sem(
    data: Any,
    model: str,
    missing: Missing = "fiml",
    estimator: Estimator = "ml",
    group: str | None = None,
    equal: str | Sequence[str] = (),
    *,
    partial: str | Sequence[str] = (),
    defaults: Defaults = "sem",
    std_lv: bool = False,
    orthogonal: bool = False,
    fixed_x: bool = True,
    meanstructure: bool | None = None,
    ordered: bool | str | Sequence[str] | None = None,
    conf_level: float = 0.95,
) -> SemResult:
    """Fit a structural equation model that is written in lavaan's syntax.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per child; waves are columns of their own.
    model : str
        ``trust =~ t1 + t2 + t3`` (a construct and its items), ``trust ~ availability`` (an outcome and its
        predictors), ``t1 ~~ t2`` (a covariance), ``t1 ~ 1`` (a mean); before a variable ``0.5*`` fixes, ``NA*``
        frees, ``a*`` labels and with one label equates, ``start(0.5)*`` says where to begin, and ``c(a, b)*`` does
        so group by group; ``a == b`` equates two labels, and ``ab := a*b`` makes a new parameter.
    missing : {"fiml", "listwise"}
        Use all that was observed of each row, or only rows without gaps. With *wlsmv* the first means that each
        correlation is of the rows that have both columns, which asks for gaps that have no reason in the data.
    estimator : {"ml", "mlr", "wlsmv"}
        Maximum likelihood; that with errors and a test for data that are not normal; or, for items of ordered
        categories, weighted least squares of polychoric correlations with a scaled and shifted test.
    group : str, optional
        Column of groups; each has parameters of its own.
    equal : str or sequence of str
        What is equal over groups: ``loadings``, ``intercepts``, ``means``, ``residuals``,
        ``residual_covariances``, ``lv_variances``, ``lv_covariances``, ``regressions``.
    partial : str or sequence of str
        Terms that are not, such as ``"f =~ x2"`` or ``"x2 ~1"``.
    defaults : {"sem", "growth", "lavaan"}
        What is added to the text: as lavaan's ``sem`` and ``cfa`` do; as ``growth`` does, with free means of
        constructs in place of those of columns; or nothing.
    std_lv : bool
        Constructs have a variance of 1 in place of a first loading of 1.
    orthogonal : bool
        Constructs that nothing explains do not covary.
    fixed_x : bool
        Columns that only explain others are taken as given, and rows that lack one are left out, as lavaan does.
        False makes them part of the model: rows count with what they have, at the price of normality of these
        columns too. With *wlsmv* they always are, as in lavaan with ``conditional.x = FALSE``; by default lavaan
        takes thresholds and correlations given the predictors, which differs where these are far from normal.
    meanstructure : bool, optional
        Whether means are part of the model; as lavaan decides by default: always with *fiml* and with groups.
    ordered : str, sequence of str or True, optional
        With *wlsmv*: columns of ordered categories; by default, and with True, all but those that only explain
        others. A predictor that is named acts by the normal variable that lies behind its categories.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    SemResult
        ``tidy()``: effects *loading*, *regression*, *covariance*, *variance*, *intercept*, *threshold* and
        *defined*; terms in lavaan's words; fixed parameters without an error. ``.standardized()``,
        ``.modification_indices()``, ``.compared_with(other)``, ``.residuals()``, ``.implied()``,
        ``.r_squared()``, ``.factor_scores()``, ``.syntax``.

    Raises
    ------
    ModelError
        When the text cannot be read, names what is not there, or the model is not identified.
    DataError
        When columns or groups cannot be used.

    Notes
    -----
    ``v = A v + e``, for columns and constructs in one vector (McArdle & McDonald 1984); the likelihood is that of
    normal variables, and each row counts with what it has, which is right when what is missing depends on nothing
    but what was observed. Chi-square tests the whole model against none; CFI and RMSEA say how far off it is.
    Where there are too few rows for a saturated model none of them is given. A model that fits is one of many that
    would: arrows between things measured at one time are assumptions, not findings.

    References
    ----------
    Jöreskog (1969), Psychometrika 34; McArdle & McDonald (1984), Br J Math Stat Psychol 37; Arbuckle (1996), Full
    information estimation in the presence of incomplete data; Yuan & Bentler (2000), Sociol Methodol 30; Rosseel
    (2012), lavaan: an R package for structural equation modeling, J Stat Softw 48.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> random = np.random.default_rng(1)
    >>> trust = random.normal(size=200)
    >>> frame = pd.DataFrame({f"t{i}": trust + random.normal(size=200) for i in (1, 2, 3, 4)})
    >>> result = fit_sem(frame, "trust =~ t1 + t2 + t3 + t4")
    >>> result.tidy()[["term", "estimate"]].round(2).values.tolist()[:2]
    [['trust =~ t1', 1.0], ['trust =~ t2', 1.19]]
    """
    request = checked(
        Request(
            model=model, missing=missing, estimator=estimator, group=group, equal=words_given(equal),
            partial=words_given(partial), defaults=defaults, std_lv=std_lv, orthogonal=orthogonal, fixed_x=fixed_x,
            meanstructure=meanstructure, ordered=None if ordered in (None, True) else words_given(ordered),
            conf_level=conf_level,
        )
    )  # fmt: skip
    table, sample = model_and_sample(data, request)
    fit = ordinal_fitted if request.estimator == "wlsmv" else fitted
    return answer_of(fit(table, sample, request), request).made_from(data)
