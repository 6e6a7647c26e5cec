"""Intraclass correlations of units by coders: of a complete table from sums of squares, else from components.

Names follow Shrout & Fleiss (1979): ``icc_1`` one-way, ``icc_2`` two-way with random coders (absolute agreement),
``icc_3`` two-way with fixed coders (consistency); ``k`` marks the reliability of the mean of all coders.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Number = TypeVar("Number", float, NDArray[np.float64])

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


class VarianceComponents(NamedTuple):
    """Variances between units, between coders and of the error, and what their intervals rest on.

    number of coders, three variances, rated units, degrees of freedom of the error, and the ratings per unit and
    per coder of a complete table that would compare them as precisely.
    """

    k: int
    units: float
    coders: float
    error: float
    n: float
    df_error: float
    per_unit: float
    per_coder: float


def intraclass_of_components(k: int, units: Floats, coders: Floats, error: Floats) -> Floats:
    """The six coefficients from variances of shape (...), in the order of `TERMS`, shape (..., 6).

    They are what `intraclass` makes of the mean squares that a complete table with these variances has on average:
    ``between = k units + error``, ``within = coders + error``, ``judges = n coders + error``.
    """
    between, within = k * units + error, coders + error
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [
            (between - within) / (between + (k - 1) * within),
            units / (units + coders + error),
            units / (units + error),
            (between - within) / between,
            k * units / (between + coders),
            k * units / between,
        ]
    return np.stack(found, axis=-1)


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
    n, k, between, within, judges, error = (float(part) for part in squares)
    upper = 0.5 + conf_level / 2.0
    if not (between > 0 and within > NOTHING * between and error > NOTHING * between):
        return np.full(6, np.nan), np.full(6, np.nan)
    ends = []
    for spread, df in ((within, n * (k - 1)), (error, (n - 1) * (k - 1))):
        f = between / spread
        ends.append((f / special.fdtri(n - 1, df, upper), f * special.fdtri(df, n - 1, upper)))
    (low_1, high_1), (low_3, high_3) = ends
    df_of = (n - 1, k - 1, (n - 1) * (k - 1))
    absolute = _absolute_interval(n, k, (between, judges, error), df_of, float(intraclass(squares)[1]), upper)
    single = [((f_low - 1) / (f_low + k - 1), (f_high - 1) / (f_high + k - 1)) for f_low, f_high in ends]
    means = [
        (1 - 1 / low_1, 1 - 1 / high_1),
        tuple(_stepped_up(end, k) for end in absolute),
        (1 - 1 / low_3, 1 - 1 / high_3),
    ]
    rows = np.array([single[0], absolute, single[1], *means])
    return rows[:, 0], rows[:, 1]


def intervals_of_components(found: VarianceComponents, conf_level: float) -> tuple[Floats, Floats]:
    """Approximate F-based interval for each of the six, for one table with cells missing.

    Returns
    -------
    low, high : numpy.ndarray, shape (6,)

    Notes
    -----
    The intervals of a complete table, from the mean squares that these components would have with as many ratings
    of each unit, and of each coder, as a complete table would need to compare them as precisely (after Thomas,
    J. D., & Hultquist, R. A. (1978). Interval estimation for the unbalanced case of the one-way random effects
    model), and the degrees of freedom that the ratings leave for the error. Coefficients of means are stepped up
    from one coder to all. The variance between units is never below 0, and no end lies below what 0 gives.
    """
    m, upper = found.per_unit, 0.5 + conf_level / 2.0
    between, judges = m * found.units + found.error, found.per_coder * found.coders + found.error
    if not (m > 1 and found.n > 1 and found.df_error >= 1 and found.error > NOTHING * between):
        return np.full(6, np.nan), np.full(6, np.nan)
    df_units, one_way, two_way = found.n - 1, found.coders + found.error, found.error
    single = []
    for spread, df in ((one_way, found.n * (m - 1)), (two_way, found.df_error)):
        f = between / spread
        ends = np.array([f / special.fdtri(df_units, df, upper), f * special.fdtri(df, df_units, upper)])
        # No less than without units, and from m ratings a unit to k, what is not error growing in proportion.
        ends = np.maximum(ends, found.error / spread)
        ends += (found.k / m - 1) * (ends - found.error / spread)
        single.append((ends - 1) / (ends + found.k - 1))
    icc = found.units / (found.units + one_way)
    df_of = (df_units, found.k - 1, found.df_error)
    absolute = _absolute_interval(found.per_coder, m, (between, judges, two_way), df_of, icc, upper)
    rows = np.array([single[0], np.maximum(absolute, 0.0), single[1]])
    rows = np.concatenate([rows, _stepped_up(rows, found.k)])
    return rows[:, 0], rows[:, 1]


def _absolute_interval(
    n: float,
    k: float,
    squares: tuple[float, float, float],
    df: tuple[float, float, float],
    icc: float,
    upper: float,
) -> tuple[float, float]:
    """Interval of icc_2, with approximate degrees of freedom for a sum of two mean squares.

    `squares` and `df` are those between units, of coders and of the error.
    """
    between, judges, error = squares
    df_units, df_judges, df_error = df
    a, b = k * icc * judges / error, n * (1 + (k - 1) * icc) - k * icc
    df_sum = (a + b) ** 2 / (a**2 / df_judges + b**2 / df_error)
    spread = k * judges + (k * n - k - n) * error
    f_low, f_high = special.fdtri(df_units, df_sum, upper), special.fdtri(df_sum, df_units, upper)
    low = n * (between - f_low * error) / (f_low * spread + n * between)
    high = n * (f_high * between - error) / (spread + n * f_high * between)
    return low, high


def _stepped_up(icc: Number, k: float) -> Number:
    """Spearman-Brown: reliability of the mean of `k` from that of one."""
    return k * icc / (1 + (k - 1) * icc)


def _f_row(top: float, bottom: float, df_top: float, df_bottom: float) -> list[float]:
    """F, degrees of freedom and upper tail."""
    if not bottom > NOTHING * top:
        return [np.nan, df_top, df_bottom, np.nan]
    return [top / bottom, df_top, df_bottom, float(special.fdtrc(df_top, df_bottom, top / bottom))]
