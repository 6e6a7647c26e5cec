"""How well errors of growth curves are known: the degrees of freedom of their t."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from securebase_analysis.engines.expected_error_df import expected_error_df
from securebase_analysis.models.sem.fitting import Fitted

ENOUGH_CHILDREN = 250
"""Children, in each group, from whom on intervals of t and normal ones differ by less than a hundredth of their
width for means and effects, and by two hundredths for covariances."""


@lru_cache(maxsize=1)
def df_of_curves(fitted: Fitted) -> dict[int, float]:
    """Degrees of freedom by the number of the parameter; none where all are normal.

    Robust errors have others, which are not known. Both the table and the notes ask for these.
    """
    plain = fitted.estimator == "ml" and fitted.fit.converged
    if not plain or min(map(len, fitted.sample.rows)) >= ENOUGH_CHILDREN:
        return {}
    found = expected_error_df(fitted.fit, fitted.vcov, fitted.table.n_free)
    return {number: float(df) for number, df in enumerate(found) if np.isfinite(df)}
