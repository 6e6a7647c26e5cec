"""The verb that asks how constructs act on one another from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.assembly import answer_of
from securebase_analysis.models.panel.request import Equal, Estimator, Missing, Model, Request, Shape, checked


def fit_panel(
    data: Any,
    constructs: Sequence[str],
    model: Model = "ri-clpm",
    equal_over_waves: Equal | None = None,
    *,
    waves: Sequence[Any] | Mapping[Any, float] | None = None,
    covariates: str | Sequence[str] = (),
    group: str | None = None,
    equal_over_groups: bool = False,
    missing: Missing = "fiml",
    estimator: Estimator = "ml",
    conf_level: float = 0.95,
    prior: float | None = None,
    shape: Shape = "linear",
    slopes_on_levels: bool = False,
) -> PanelResult:
    """Fit a panel model: effects from wave to wave, or growth curves over the waves.

    Parameters
    ----------
    data : pandas.DataFrame or Scores
        A row per child with columns ``<construct>_<wave>``; or a row per child and wave with columns ``child``,
        ``wave`` and one per construct.
    constructs : sequence of str
        Two to ten; for growth one is enough.
    model : {"ri-clpm", "clpm", "lagged", "growth"}
        Cross-lagged with a random intercept for each construct, so that effects are within children (three waves
        or more); or without; a lagged mixed model, which is the first with every span like another and fewer
        parameters, for small cohorts; or latent growth curves, in parallel where there are several constructs.
    equal_over_waves : bool or "despite-spacing"
        Lagged effects that are the same from each wave to the next: so unless told otherwise. That they are is
        tested, and the test stands in the notes and in ``.equality``. Waves that are not equally far apart are
        refused, unless it is said that their effects are equal in spite of that. Of growth curves, residual
        variances and covariances that are equal over waves: not so unless told, and tested too.
    waves : sequence or mapping, optional
        Waves to use, in time; a mapping also says when each was, such as ``{1: 0.0, 2: 0.5, 4: 1.0}``. By default
        all, in the order of the numbers in their names, which are then taken as times.
    covariates : str or sequence of str
        Columns that a child has once, such as age at placement. They explain every construct at every wave.
    group : str, optional
        Column of groups; each has parameters of its own.
    equal_over_groups : bool
        Lagged effects that are the same in every group, all else being each group's own; of growth curves the
        means of levels and slopes. That they are is tested; without it ``.equality`` says what it would be held
        against.
    missing : {"fiml", "listwise"}
        Use all that was observed of each child, or only children without gaps.
    estimator : {"ml", "mlr"}
        Maximum likelihood; or that with errors and tests for data that are not normal.
    conf_level : float
        Level of the intervals.
    prior : float, optional
        Standard deviation of a normal prior of mean 0 on every cross-lagged effect, in standard units: standard
        deviations of the outcome at a wave for one of the source. It draws these towards 0, and the less the data
        say, the more; what carries over within a construct is left to the data. Its value stands in the notes.
    shape : {"linear", "quadratic", "latent"}
        Of growth curves: along a line over the times of the waves, which may lie unequally far apart; along a
        parabola; or *latent*, with the times of all waves but the first and the last estimated.
    slopes_on_levels : bool
        Of growth curves: whether the levels of all constructs explain the slopes, in place of covarying with them.

    Returns
    -------
    PanelResult
        ``tidy()``: effects *autoregressive* and *cross-lagged* with terms such as ``trust ~ availability``
        (`outcome` is ``trust``, or with the lags free ``trust_2`` and so on, a row per lag), then *covariate*,
        *random-intercept variance* and *covariance*, *variance* and *covariance* at the first wave, *residual*
        ones at later waves, and *intercept*. ``.standardized()``, ``.beside`` (the other model), ``.equality``,
        ``.syntax``, ``.sem``.
        For growth a `GrowthCurvesResult`: effects *level mean* and *slope mean* with terms such as
        ``slope_trust ~1`` (with covariates *intercept* in place of mean), *covariate*, *slope on level*, *level
        variance*, *slope variance*, *covariance of level and slope*, *of levels*, *of slopes*, *residual variance*
        and *covariance* of the scores, *time score*; and ``.courses()``.

    Raises
    ------
    ModelError
        When columns or waves are not there, or so few children cannot carry the model: with what they can.
    DataError
        When the columns cannot be used.

    Notes
    -----
    ``y = m + b + w`` at each wave, where *b* is the child's own level and ``w(t) = L w(t-1) + e(t)``; without
    random intercepts ``y(t) = m + L y(t-1) + e(t)``. A lagged mixed model has one covariance of ``e`` for all
    waves, and of ``w`` the one that lasts: ``W = L W L' + E``. Residuals of one wave covary. A lagged effect is an
    effect only when nothing that changes over time acts on both, and when the span between waves is that of the
    process; scores are taken as measured without error, which pulls effects towards zero or moves them onto one
    another. Errors of lagged effects are known least well where they are told from stable differences: intervals
    are those of t with Satterthwaite's degrees of freedom, which keep their level from about 50 children on;
    robust errors have none, and are normal. With a prior estimates are modes of the posterior and errors those of
    its information; `plan_panel` says what each model would find.

    Growth curves: ``y(t) = level + slope t + e(t)`` with a level and a slope for each child, where ``t`` counts
    from the first wave, or from 0 where the times of `waves` hold 0. All levels and slopes covary, and so do the
    residuals of one wave. Two slopes that go together do not say which construct leads.

    References
    ----------
    Hamaker, Kuiper & Grasman (2015), A critique of the cross-lagged panel model, Psychol Methods 20; Mulder &
    Hamaker (2021), Three extensions of the random intercept cross-lagged panel model, Struct Equ Modeling 28;
    Meredith & Tisak (1990), Latent curve analysis, Psychometrika 55; Bollen & Curran (2006), Latent curve models.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> random = np.random.default_rng(1)
    >>> level, now = random.normal(size=(2, 300, 2))
    >>> columns = {}
    >>> for wave in (1, 2, 3, 4):
    ...     columns[f"availability_{wave}"], columns[f"trust_{wave}"] = (level + now).T
    ...     now = now @ [[0.3, 0.3], [0.0, 0.3]] + random.normal(size=(300, 2))
    >>> result = fit_panel(pd.DataFrame(columns), ["availability", "trust"])
    >>> result.tidy()[["term", "estimate"]].round(1).values.tolist()[3]
    ['trust ~ availability', 0.3]
    >>> list(fit_panel(pd.DataFrame(columns), "trust", "growth").tidy()["effect"][:2])
    ['level mean', 'slope mean']
    """
    request = checked(
        Request(
            constructs=tuple(listed(constructs)), model=model, equal_over_waves=equal_over_waves,
            waves=waves if waves is None or isinstance(waves, Mapping) else tuple(listed(waves)),
            covariates=tuple(listed(covariates)), group=group, equal_over_groups=equal_over_groups,
            missing=missing, estimator=estimator, conf_level=conf_level, prior=prior, shape=shape,
            slopes_on_levels=slopes_on_levels,
        )
    )  # fmt: skip
    return answer_of(data, request)
