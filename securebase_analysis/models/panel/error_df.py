"""How well errors of lagged effects are known: the degrees of freedom of their t."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.error_df import satterthwaite_df
from securebase_analysis.models.panel.elements import LAGGED, Panel, elements_of
from securebase_analysis.models.panel.fitting import key_of, keyed
from securebase_analysis.models.sem.fitting import Fitted

Floats = NDArray[np.float64]
ENOUGH_CHILDREN = {"clpm": 200}
ENOUGH_WITHIN = 5_000
"""Children, in each group, from whom on intervals of t and normal ones differ by less than 1 in 100. Without
random intercepts lagged effects are regression, with about as many degrees of freedom as there are children; to
tell them from stable differences takes most of these, and some effects keep a twentieth."""


def df_of_lagged(fitted: Fitted, panel: Panel) -> dict[int, float]:
    """Degrees of freedom of the lagged effects by the number of the parameter; none where they are normal.

    Robust errors have others, which are not known. Those of a posterior allow in the same way for variances that
    are estimated: the prior is quadratic, and adds nothing to how its curvature changes. But a posterior is not
    wider than its prior, however little the data say.
    """
    enough = ENOUGH_CHILDREN.get(panel.model, ENOUGH_WITHIN)
    if not (fitted.estimator == "ml" and fitted.fit.converged) or min(map(len, fitted.sample.rows)) >= enough:
        return {}
    place = keyed(fitted.table)
    lagged = [one for one in elements_of(panel) if one.effect in LAGGED]
    numbers = sorted({place[key_of(one, group)].free for one in lagged for group in range(len(panel.groups))})
    found = satterthwaite_df(fitted.fit, fitted.vcov, numbers)
    if fitted.fit.prior is not None:
        found = np.maximum(found, _as_wide_as_prior(fitted, numbers))
    return {number: float(df) for number, df in zip(numbers, found) if np.isfinite(df)}


def _as_wide_as_prior(fitted: Fitted, numbers: list[int]) -> Floats:
    """The degrees of freedom at which t with the errors found has the variance of the prior; 0 without a prior.

    The variance of t is ``df / (df - 2)`` times its squared error.
    """
    assert fitted.fit.prior is not None
    of_prior = np.diag(fitted.vcov)[numbers] * fitted.fit.prior.precision[numbers]
    with np.errstate(divide="ignore"):
        return np.where(of_prior > 0.0, 2.0 / np.maximum(1.0 - of_prior, 0.0), 0.0)
