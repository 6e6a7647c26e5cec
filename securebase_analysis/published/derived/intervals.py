"""Intervals that a source does not print, from what it does print."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from securebase_analysis.results.inference import Floats, check_conf_level


def mean_interval(table: pd.DataFrame, mean: str, sd: str, n: str, level: float = 0.95) -> pd.DataFrame:
    """Add ``low`` and ``high`` around a mean, taken as normal: ``mean ± z SD / √n``.

    Parameters
    ----------
    table : DataFrame
        One row per printed mean.
    mean, sd, n : str
        Columns of the mean, the standard deviation and the number of children.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        The table with ``low`` and ``high``.

    Notes
    -----
    It is too narrow where n is small (a t quantile would be wider) and where children share a family.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [20.0], "sd": [10.0], "n": [25]})
    >>> mean_interval(table, "mean", "sd", "n").round(2)[["low", "high"]].values.tolist()
    [[16.08, 23.92]]
    """
    half = _quantile(level) * table[sd].to_numpy(dtype=float) / np.sqrt(table[n].to_numpy(dtype=float))
    middle = table[mean].to_numpy(dtype=float)
    return table.assign(low=middle - half, high=middle + half)


def ratio_interval(table: pd.DataFrame, ratio: str, std_error: str, level: float = 0.95) -> pd.DataFrame:
    """Add ``low`` and ``high`` around a ratio from its standard error: ``ratio × exp(± z SE / ratio)``.

    Parameters
    ----------
    table : DataFrame
        One row per printed ratio.
    ratio, std_error : str
        Columns of the ratio and of its own standard error, not that of its logarithm.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        The table with ``low`` and ``high``.

    Notes
    -----
    Delta method: the standard error of ``log ratio`` is ``SE / ratio``. If the printed error was that of the
    logarithm, the intervals of ratios above one come out too narrow and those below one too wide.

    Examples
    --------
    >>> table = pd.DataFrame({"ratio": [2.0], "error": [0.4]})
    >>> ratio_interval(table, "ratio", "error").round(3)[["low", "high"]].values.tolist()
    [[1.351, 2.96]]
    """
    middle = table[ratio].to_numpy(dtype=float)
    spread = np.exp(_quantile(level) * table[std_error].to_numpy(dtype=float) / middle)
    return table.assign(low=middle / spread, high=middle * spread)


def share_interval(table: pd.DataFrame, percent: str, n: str, level: float = 0.95) -> pd.DataFrame:
    """Add ``low`` and ``high`` around a percentage, in per cent, by the score interval of Wilson (1927).

    Parameters
    ----------
    table : DataFrame
        One row per percentage.
    percent, n : str
        Columns of the percentage and of the number it is of; where that is missing there is no interval.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        The table with ``low`` and ``high``.

    Examples
    --------
    >>> table = pd.DataFrame({"percent": [10.0, 50.0], "n": [100.0, float("nan")]})
    >>> share_interval(table, "percent", "n").round(1)[["low", "high"]].values.tolist()
    [[5.5, 17.4], [nan, nan]]
    """
    z2 = _quantile(level) ** 2
    share, size = table[percent].to_numpy(dtype=float) / 100.0, table[n].to_numpy(dtype=float)
    middle = (share + z2 / (2.0 * size)) / (1.0 + z2 / size)
    half = np.sqrt(z2 * (share * (1.0 - share) / size + z2 / (4.0 * size**2))) / (1.0 + z2 / size)
    return table.assign(low=_percent(middle - half), high=_percent(middle + half))


def correlation_interval(table: pd.DataFrame, r: str, n: str, level: float = 0.95) -> pd.DataFrame:
    """Add ``low`` and ``high`` around a correlation by Fisher's transformation: ``tanh(artanh r ± z / √(n − 3))``.

    Parameters
    ----------
    table : DataFrame
        One row per correlation.
    r, n : str
        Columns of the correlation and of the number of pairs.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        The table with ``low`` and ``high``.

    Notes
    -----
    Fisher (1921), Metron 1. It takes both scores as normal; raw problem scores are skewed, and it is then rough.

    Examples
    --------
    >>> table = pd.DataFrame({"r": [0.5], "n": [103]})
    >>> correlation_interval(table, "r", "n").round(3)[["low", "high"]].values.tolist()
    [[0.339, 0.632]]
    """
    middle = np.arctanh(table[r].to_numpy(dtype=float))
    half = _quantile(level) / np.sqrt(table[n].to_numpy(dtype=float) - 3.0)
    return table.assign(low=np.tanh(middle - half), high=np.tanh(middle + half))


def _quantile(level: float) -> float:
    """The two-sided quantile of the normal distribution."""
    check_conf_level(level)
    return float(ndtri((1.0 + level) / 2.0))


def _percent(share: Floats) -> Floats:
    """A share in per cent, inside its range."""
    return np.asarray(100.0 * np.clip(share, 0.0, 1.0))
