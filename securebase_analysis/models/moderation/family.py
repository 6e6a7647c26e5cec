"""A planned family of interactions: adjusted p-values and what the sample could have found."""

from __future__ import annotations

import numpy as np
from scipy import special

from securebase_analysis.results.inference import Floats

POWER = 0.8


def adjusted(p_value: Floats, adjust: str) -> Floats:
    """Holm's or Benjamini and Hochberg's p-values; tests without a p-value do not count."""
    known = np.isfinite(p_value)
    out = np.full(len(p_value), np.nan)
    out[known] = _holm(p_value[known]) if adjust == "holm" else _benjamini_hochberg(p_value[known])
    return out


def _holm(p: Floats) -> Floats:
    """The smallest times n, the next times n - 1, ...; never below the one before."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return out


def _benjamini_hochberg(p: Floats) -> Floats:
    """The largest as it is, the next times n / (n - 1), ...; never above the one before."""
    order = np.argsort(p, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return out


def detectable(std_error: Floats, df: Floats, alpha: float, power: float = POWER) -> Floats:
    """The smallest true effect that a two-sided test finds with this power, the standard error being what it is.

    (t_{1 - alpha/2} + t_{power}) times the standard error (Bloom 1995), with the degrees of freedom of the test.
    """
    return (_quantile(1.0 - alpha / 2.0, df) + _quantile(power, df)) * std_error


def _quantile(probability: float, df: Floats) -> Floats:
    finite = np.where(np.isinf(df), 1.0, df)
    return np.where(np.isinf(df), special.ndtri(probability), special.stdtrit(finite, probability))
