"""Intraclass correlations of a complete table of units by coders, from sums of squares.

Names follow Shrout & Fleiss (1979): ``icc_1`` one-way, ``icc_2`` two-way with random coders (absolute agreement),
``icc_3`` two-way with fixed coders (consistency); ``k`` marks the reliability of the mean of all coders.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

TERMS = ("icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k")
NOTHING = 1e-12
"""Share of the mean squares below which a sum or difference of them is rounding."""


class MeanSquares(NamedTuple):
    """Analysis of variance of a complete table: `n` units by `k` coders; arrays share their leading axes.

    between units, within units, between coders (judges), and error.
    """

    n: Floats
    k: int
    between: Floats
    within: Floats
    judges: Floats
    error: Floats


def mean_squares(
    n: ArrayLike, unit_squares: ArrayLike, total_squares: ArrayLike, coder_sums: Floats
) -> MeanSquares:
    """Mean squares from sums that are linear in the units.

    Parameters
    ----------
    n : array_like, shape (...)
        Units.
    unit_squares : array_like, shape (...)
        Sum over units of the squared total of a unit.
    total_squares : array_like, shape (...)
        Sum of all squared ratings.
    coder_sums : numpy.ndarray, shape (..., k)
        Total of each coder. Ratings should be centred beforehand, for accuracy.
    """
    n, k = np.asarray(n, float), coder_sums.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = coder_sums.sum(axis=-1) ** 2 / (n * k)
        units = np.asarray(unit_squares, float) / k - correction
        judges = (coder_sums**2).sum(axis=-1) / n - correction
        total = np.asarray(total_squares, float) - correction
        within = total - units
        error = within - judges
        enough = n > 1
        return MeanSquares(
            n,
            k,
            np.where(enough, units / (n - 1), np.nan),
            np.where(enough, within / (n * (k - 1)), np.nan),
            judges / (k - 1),
            np.where(enough, error / ((n - 1) * (k - 1)), np.nan),
        )


def intraclass(squares: MeanSquares) -> Floats:
    """The six coefficients in the order of `TERMS`, shape (..., 6); NaN where nothing varies.

    Notes
    -----
    Shrout, P. E., & Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater reliability.
    """
    n, k, between, within, judges, error = squares
    scale = np.abs(between) + np.abs(within) + np.abs(judges)

    def share(part: Floats, whole: Floats) -> Floats:
        """`part / whole`, NaN where the whole is rounding beside the mean squares."""
        nothing = ~(np.abs(whole) > NOTHING * scale)
        return np.where(nothing, np.nan, part / np.where(nothing, 1.0, whole))

    single_1 = share(between - within, between + (k - 1) * within)
    single_2 = share(between - error, between + (k - 1) * error + k * (judges - error) / n)
    single_3 = share(between - error, between + (k - 1) * error)
    mean_1 = share(between - within, between)
    mean_2 = share(between - error, between + (judges - error) / n)
    mean_3 = share(between - error, between)
    return np.stack([single_1, single_2, single_3, mean_1, mean_2, mean_3], axis=-1)


def f_tests(squares: MeanSquares) -> Floats:
    """F, its two degrees of freedom and p for each coefficient, shape (6, 4); the null is a correlation of 0."""
    n, k, between, within, _, error = (float(part) for part in squares)
    one_way = _f_row(between, within, n - 1, n * (k - 1))
    two_way = _f_row(between, error, n - 1, (n - 1) * (k - 1))
    return np.array([one_way, two_way, two_way] * 2)


def intraclass_intervals(squares: MeanSquares, conf_level: float) -> tuple[Floats, Floats]:
    """F-based interval for each of the six, for one table.

    Returns
    -------
    low, high : numpy.ndarray, shape (6,)

    Notes
    -----
    One-way and consistency: Shrout & Fleiss (1979). Absolute agreement with random coders: McGraw, K. O., & Wong,
    S. P. (1996). Forming inferences about some intraclass correlation coefficients, with Satterthwaite's
    approximate degrees of freedom.
    """
    n, k, between, within, _, error = (float(part) for part in squares)
    upper = 0.5 + conf_level / 2.0
    if not (between > 0 and within > NOTHING * between and error > NOTHING * between):
        return np.full(6, np.nan), np.full(6, np.nan)
    ends = []
    for spread, df in ((within, n * (k - 1)), (error, (n - 1) * (k - 1))):
        f = between / spread
        ends.append((f / special.fdtri(n - 1, df, upper), f * special.fdtri(df, n - 1, upper)))
    (low_1, high_1), (low_3, high_3) = ends
    absolute = _absolute_interval(squares, upper)
    single = [((f_low - 1) / (f_low + k - 1), (f_high - 1) / (f_high + k - 1)) for f_low, f_high in ends]
    means = [
        (1 - 1 / low_1, 1 - 1 / high_1),
        tuple(_stepped_up(end, k) for end in absolute),
        (1 - 1 / low_3, 1 - 1 / high_3),
    ]
    rows = np.array([single[0], absolute, single[1], *means])
    return rows[:, 0], rows[:, 1]


def _absolute_interval(squares: MeanSquares, upper: float) -> tuple[float, float]:
    """Interval of icc_2, with approximate degrees of freedom for a sum of two mean squares."""
    n, k, between, _, judges, error = (float(part) for part in squares)
    icc = float(intraclass(squares)[1])
    a, b = k * icc * judges / error, n * (1 + (k - 1) * icc) - k * icc
    df = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2)
    spread = k * judges + (k * n - k - n) * error
    f_low, f_high = special.fdtri(n - 1, df, upper), special.fdtri(df, n - 1, upper)
    low = n * (between - f_low * error) / (f_low * spread + n * between)
    high = n * (f_high * between - error) / (spread + n * f_high * between)
    return low, high


def _stepped_up(icc: float, k: float) -> float:
    """Spearman-Brown: reliability of the mean of `k` from that of one."""
    return k * icc / (1 + (k - 1) * icc)


def _f_row(top: float, bottom: float, df_top: float, df_bottom: float) -> list[float]:
    """F, degrees of freedom and upper tail."""
    if not bottom > NOTHING * top:
        return [np.nan, df_top, df_bottom, np.nan]
    return [top / bottom, df_top, df_bottom, float(special.fdtrc(df_top, df_bottom, top / bottom))]
