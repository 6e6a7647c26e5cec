"""Mean time up to a limit that rows spend without any event, and that they lose to each cause.

Up to a limit, time adds up: what is spent without an event and what is lost to each cause is the limit itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.incidence import Curves
from securebase_analysis.engines.incidence_influence import area_under, influence_of, influence_on_area

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RestrictedTimes:
    """Mean times of one group up to a limit.

    Attributes
    ----------
    estimate : numpy.ndarray, shape (1 + K,)
        Without any event; then lost to each cause.
    influence : numpy.ndarray, shape (n, 1 + K)
        What each row contributes: squared and added up over independent units it is the variance.
    """

    estimate: Floats
    influence: Floats


def restricted_times(curves: Curves, cause: Integers, until: float) -> RestrictedTimes:
    """Mean time without any event and mean time lost to each cause, up to a limit.

    Parameters
    ----------
    curves : Curves
        From `aalen_johansen`.
    cause : numpy.ndarray of int, shape (n,)
        How each row ended: 0 censored, 1 ... K.
    until : float
        The limit; not beyond the time to which the curves are known.

    Notes
    -----
    The area under S, and under each F_k, from 0 to the limit (Irwin 1949; Andersen 2013, Decomposition of number
    of life years lost according to causes of death, Stat Med 32). With one row for each unit and no delayed entry
    the variance of the first is that of Greenwood's form, ``sum of (area under S from t on)² d / (Y (Y - d))``.
    """
    n_causes = curves.table.events.shape[1]
    each = np.column_stack([influence_on_area(influence_of(curves, k, cause), until) for k in range(n_causes)])
    return RestrictedTimes(means_up_to(curves, until), np.column_stack([-each.sum(axis=1), each]))


def means_up_to(curves: Curves, until: float) -> Floats:
    """Areas under the curves from 0 to a limit: without any event, then lost to each cause, shape (1 + K,)."""
    time = curves.table.time
    without = area_under(time, curves.surviving, until, 1.0)
    return np.append(without, area_under(time, curves.incidence, until, 0.0))
