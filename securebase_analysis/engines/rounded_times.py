"""Times that were written with rounding: 0.1 + 0.2 years and 0.3 years are one time, and tied."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAME_TIME = 1.5e-8
"""Times that differ by less than this share of themselves differ by rounding only."""


def rounded_together(stop: Floats, start: Floats | None) -> tuple[Floats, Floats | None]:
    """Times of which those that differ by rounding only, such as sums of parts of years, are made equal.

    Parameters
    ----------
    stop, start : numpy.ndarray, shape (n,)
        Ends and beginnings of rows; a beginning may lie infinitely far back.

    Returns
    -------
    stop, start : numpy.ndarray
        As given where all times are whole numbers: these are exact.

    Notes
    -----
    In a row of times each of which follows so closely on the one before, all become the first. survival::aeqSurv
    joins what is closer than 1.5e-8 times the mean time, which is as good for times of one order of magnitude.
    Here short times stay apart where a few are very long, the unit does not matter, and whole numbers are never
    joined.
    """
    times = stop if start is None else np.concatenate([stop, start[np.isfinite(start)]])
    if (times == np.rint(times)).all():
        return stop, start
    distinct = np.unique(times)
    begins = np.append(True, np.diff(distinct) > SAME_TIME * np.abs(distinct[1:]))
    if begins.all():
        return stop, start
    first_of_run = distinct[begins]

    def joined(values: Floats) -> Floats:
        place = np.maximum(np.searchsorted(first_of_run, values, "right") - 1, 0)
        return np.where(np.isfinite(values), first_of_run[place], values)

    return joined(stop), None if start is None else joined(start)
