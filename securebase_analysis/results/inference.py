"""Intervals and p-values from an estimate, its standard error and its degrees of freedom.

``df = inf`` means the normal distribution, so one formula serves t and z.
"""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from securebase_analysis.errors import ModelError, Problem

Floats = NDArray[np.float64]


def check_conf_level(conf_level: float) -> None:
    """Refuse a level that is not between 0 and 1.

    Raises
    ------
    ModelError
        When `conf_level` is not strictly between 0 and 1.
    """
    if not isinstance(conf_level, Real) or not 0.0 < conf_level < 1.0:
        raise ModelError(
            Problem(
                "SB-MODEL-62",
                "stop",
                f"conf_level={conf_level!r} is not between 0 and 1.",
                why="The level of an interval is a share.",
                fix="conf_level=0.95",
            )
        )


def check_seed(seed: object) -> None:
    """Refuse a seed from which the same numbers could not be drawn again.

    Raises
    ------
    ModelError
        When `seed` is not a whole number from zero.
    """
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0:
        return
    raise ModelError(
        Problem(
            "SB-MODEL-34",
            "stop",
            f"seed={seed!r} is not a whole number from zero.",
            why="Numbers drawn without a seed could not be had again.",
            fix="seed=20260101",
        )
    )


def two_sided_p(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Two-sided p-value of a t statistic; the normal distribution where `df` is infinite.

    Examples
    --------
    >>> float(two_sided_p(1.959963984540054, np.inf).round(4))
    0.05
    """
    lower_tail: Floats = special.stdtr(np.asarray(df, dtype=float), -np.abs(np.asarray(statistic, dtype=float)))
    return 2.0 * lower_tail


def critical_value(conf_level: float, df: ArrayLike) -> Floats:
    """Quantile of t (normal where `df` is infinite) that leaves ``(1 - conf_level) / 2`` above it."""
    check_conf_level(conf_level)
    quantile: Floats = special.stdtrit(np.asarray(df, dtype=float), 0.5 + conf_level / 2.0)
    return quantile


def wald_interval(
    estimate: ArrayLike, std_error: ArrayLike, df: ArrayLike, conf_level: float
) -> tuple[Floats, Floats]:
    """Estimate minus and plus the critical value times the standard error.

    Returns
    -------
    low, high : numpy.ndarray
        Missing where the standard error or the degrees of freedom are missing.
    """
    half = critical_value(conf_level, df) * np.asarray(std_error, dtype=float)
    estimate = np.asarray(estimate, dtype=float)
    return estimate - half, estimate + half


def fisher_interval(
    correlation: ArrayLike, std_error_z: ArrayLike, df: ArrayLike, conf_level: float
) -> tuple[Floats, Floats]:
    """Interval of a correlation on Fisher's z scale, and back: tanh(atanh(r) ± t · se_z); missing beyond ±1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(np.asarray(correlation, dtype=float))
    low, high = wald_interval(z, std_error_z, df, conf_level)
    return np.tanh(low), np.tanh(high)
