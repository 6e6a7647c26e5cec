"""The verb that asks how constructs act on one another from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from securebase_analysis.models.one_or_several import listed
from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.assembly import answer_of
from securebase_analysis.models.panel.request import Equal, Estimator, Missing, Model, Request, checked


def fit_panel(
    data: Any,
    constructs: Sequence[str],
    model: Model = "ri-clpm",
    equal_over_waves: Equal = True,
    *,
    waves: Sequence[Any] | Mapping[Any, float] | None = None,
    covariates: str | Sequence[str] = (),
    group: str | None = None,
    equal_over_groups: bool = False,
    missing: Missing = "fiml",
    estimator: Estimator = "ml",
    conf_level: float = 0.95,
) -> PanelResult:
    """Fit a cross-lagged panel model, with or without stable differences between children.

    Parameters
    ----------
    data : pandas.DataFrame or Scores
        A row per child with columns ``<construct>_<wave>``; or a row per child and wave with columns ``child``,
        ``wave`` and one per construct.
    constructs : sequence of str
        Two to ten.
    model : {"ri-clpm", "clpm"}
        With a random intercept for each construct, so that lagged effects are within children (three waves or
        more); or without.
    equal_over_waves : bool or "despite-spacing"
        Lagged effects that are the same from each wave to the next. That they are is tested, and the test stands
        in the notes and in ``.equality``. Waves that are not equally far apart are refused, unless it is said that
        their effects are equal in spite of that.
    waves : sequence or mapping, optional
        Waves to use, in time; a mapping also says when each was, such as ``{1: 0.0, 2: 0.5, 4: 1.0}``. By default
        all, in the order of the numbers in their names, which are then taken as times.
    covariates : str or sequence of str
        Columns that a child has once, such as age at placement. They explain every construct at every wave.
    group : str, optional
        Column of groups; each has parameters of its own.
    equal_over_groups : bool
        Lagged effects that are the same in every group, all else being each group's own. That they are is tested;
        without it ``.equality`` says what it would be held against.
    missing : {"fiml", "listwise"}
        Use all that was observed of each child, or only children without gaps.
    estimator : {"ml", "mlr"}
        Maximum likelihood; or that with errors and tests for data that are not normal.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    PanelResult
        ``tidy()``: effects *autoregressive* and *cross-lagged* with terms such as ``trust ~ availability``
        (`outcome` is ``trust``, or with the lags free ``trust_2`` and so on, a row per lag), then *covariate*,
        *random-intercept variance* and *covariance*, *variance* and *covariance* at the first wave, *residual*
        ones at later waves, and *intercept*. ``.standardized()``, ``.beside`` (the other model), ``.equality``,
        ``.syntax``, ``.sem``.

    Raises
    ------
    ModelError
        When columns or waves are not there, or so few children cannot carry the model: with what they can.
    DataError
        When the columns cannot be used.

    Notes
    -----
    ``y = m + b + w`` at each wave, where *b* is the child's own level and ``w(t) = L w(t-1) + e(t)``; without
    random intercepts ``y(t) = m + L y(t-1) + e(t)``. Residuals of one wave covary. A lagged effect is an effect
    only when nothing that changes over time acts on both, and when the span between waves is that of the process;
    scores are taken as measured without error, which pulls effects towards zero or moves them onto one another.
    Of 500 simulated children intervals keep their level, of 200 they are somewhat too narrow, and a note says so.

    References
    ----------
    Hamaker, Kuiper & Grasman (2015), A critique of the cross-lagged panel model, Psychol Methods 20; Mulder &
    Hamaker (2021), Three extensions of the random intercept cross-lagged panel model, Struct Equ Modeling 28.

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
    """
    request = checked(
        Request(
            constructs=tuple(listed(constructs)), model=model, equal_over_waves=equal_over_waves,
            waves=waves if waves is None or isinstance(waves, Mapping) else tuple(listed(waves)),
            covariates=tuple(listed(covariates)), group=group, equal_over_groups=equal_over_groups,
            missing=missing, estimator=estimator, conf_level=conf_level,
        )
    )  # fmt: skip
    return answer_of(data, request)
