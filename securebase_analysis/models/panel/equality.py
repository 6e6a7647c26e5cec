"""Whether lagged effects are the same over waves, and over groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from securebase_analysis.engines.scaled_tests import scaled_difference
from securebase_analysis.models.panel.elements import Panel
from securebase_analysis.models.panel.fitting import refitted
from securebase_analysis.models.panel.size import carried
from securebase_analysis.models.sem.fitting import Fitted

COLUMNS = [
    "over",
    "chi2_difference",
    "df_difference",
    "p_value",
    "scaling_factor",
    "aic_equal",
    "aic_free",
    "imposed",
]


@dataclass(frozen=True)
class EqualityTest:
    """A model with equal effects against one with free ones.

    Attributes
    ----------
    over : str
        ``waves``, ``groups``, or ``spans`` that are alike in all.
    chi2, p_value, scaling_factor, aic_equal, aic_free : float
        Missing where one of the two could not be fitted.
    df : int
        Restrictions.
    imposed : bool
        Whether the answer has equal effects.
    """

    over: str
    chi2: float
    df: int
    p_value: float
    scaling_factor: float
    aic_equal: float
    aic_free: float
    imposed: bool

    @property
    def row(self) -> list[object]:
        """In the order of `COLUMNS`."""
        return [self.over, self.chi2, self.df, self.p_value, self.scaling_factor, self.aic_equal, self.aic_free,
                self.imposed]  # fmt: skip


def over_waves(fitted: Fitted, panel: Panel) -> EqualityTest | None:
    """Equal over waves or not; None where there is one lag, or a prior.

    Of a lagged mixed model: whether spans are alike in more than their effects, where the children can carry a
    model in which they are not.
    """
    if len(panel.waves) < 3 or fitted.fit.prior is not None:
        return None
    if panel.model == "lagged":
        other = replace(panel, model="ri-clpm")
        return _test("spans", fitted, other, imposed=True) if carried(other, fitted.sample.n_rows) else None
    return _test("waves", fitted, replace(panel, equal=not panel.equal), imposed=panel.equal)


def over_groups(fitted: Fitted, panel: Panel) -> EqualityTest | None:
    """Equal over groups or not; None where there is one group, or a prior."""
    if len(panel.groups) < 2 or fitted.fit.prior is not None:
        return None
    other = replace(panel, equal_groups=not panel.equal_groups)
    return _test("groups", fitted, other, imposed=panel.equal_groups)


def equality_frame(tests: list[EqualityTest | None]) -> pd.DataFrame:
    """The tests as a table."""
    return pd.DataFrame([test.row for test in tests if test is not None], columns=COLUMNS)


def _test(over: str, fitted: Fitted, other: Panel, imposed: bool) -> EqualityTest:
    """Twice the difference of the log-likelihoods, scaled where that was asked for."""
    second = _tried(fitted, other)
    equal, free = (fitted, second) if imposed else (second, fitted)
    if second is None or not (second.fit.converged and fitted.fit.converged):
        df = abs(fitted.table.n_free - (second.table.n_free if second else fitted.table.n_free))
        return EqualityTest(over, np.nan, df, np.nan, np.nan, _aic(equal), _aic(free), imposed)
    assert equal is not None
    assert free is not None
    test = scaled_difference(equal.fit, free.fit, scaled=fitted.estimator == "mlr")
    return EqualityTest(
        over, test.statistic, test.df, test.p_value, test.scaling_factor, equal.aic, free.aic, imposed
    )  # fmt: skip


def _tried(fitted: Fitted, other: Panel) -> Fitted | None:
    """The other model; None where it has no likelihood."""
    try:
        return refitted(fitted, other)
    except ValueError:
        return None


def _aic(fitted: Fitted | None) -> float:
    return fitted.aic if fitted is not None and fitted.fit.converged else np.nan
