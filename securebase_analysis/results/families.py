"""Several tests that were asked together: p-values that allow for their number.

The more tests, the more of them fall below any limit by chance. `holm` keeps the probability of even one false
finding below the limit; `benjamini_hochberg` keeps the expected share of false ones among the findings below it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from securebase_analysis.results.inference import Floats

Adjustment = Literal["holm", "fdr", "none"]
ADJUSTMENTS = ("holm", "fdr", "none")
WRITTEN = {"holm": "Holm", "fdr": "FDR"}
"""The names of the methods in the heads of tables."""
REFERENCES = {"holm": "Holm 1979", "fdr": "false discovery rate, Benjamini & Hochberg 1995"}


def holm(p: ArrayLike) -> Floats:
    """Holm's p-values: the smallest times the number of tests, the next times one less, and so on.

    Parameters
    ----------
    p : array_like, shape (tests,)
        P-values; a missing one is no test, stays missing and is not counted.

    Returns
    -------
    numpy.ndarray, shape (tests,)
        In the order given, none above one.

    Notes
    -----
    ``max over j <= i of min(1, (m - j + 1) p_(j))`` with the p-values sorted upwards (Holm 1979, A simple
    sequentially rejective multiple test procedure, Scand J Stat 6). It holds however the tests depend on each
    other.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p, known, order = _sorted(p)
    m = len(order)
    steps = p[known][order] * (m - np.arange(m))
    return _placed(p, known, order, np.maximum.accumulate(steps))


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """P-values for the false discovery rate: each times the number of tests, divided by its rank.

    Parameters
    ----------
    p : array_like, shape (tests,)
        P-values; a missing one is no test, stays missing and is not counted.

    Returns
    -------
    numpy.ndarray, shape (tests,)
        In the order given, none above one.

    Notes
    -----
    ``min over j >= i of min(1, m p_(j) / j)`` with the p-values sorted upwards (Benjamini & Hochberg 1995,
    Controlling the false discovery rate, J R Stat Soc B 57). It holds for tests that are independent or depend
    positively; it does not limit the chance of a single false finding.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    p, known, order = _sorted(p)
    m = len(order)
    steps = p[known][order] * m / np.arange(1, m + 1)
    return _placed(p, known, order, np.minimum.accumulate(steps[::-1])[::-1])


def adjusted_p(p: ArrayLike, adjust: str, family: ArrayLike | None = None) -> Floats:
    """P-values adjusted by one of the methods, each family by itself.

    Parameters
    ----------
    p : array_like, shape (tests,)
        P-values.
    adjust : {"holm", "fdr", "none"}
        The method.
    family : array_like of str, shape (tests,), optional
        Which tests belong together; a test with an empty name belongs to none and has no adjusted p-value. All
        tests are one family by default.

    Returns
    -------
    numpy.ndarray, shape (tests,)
        Missing for tests of no family.
    """
    p = np.asarray(p, dtype=float)
    names = np.full(len(p), "all") if family is None else np.asarray(family, dtype=str)
    adjusted = np.full(len(p), np.nan)
    for name in np.unique(names[names != ""]):
        here = names == name
        adjusted[here] = METHODS[adjust](p[here])
    return adjusted


METHODS = {"holm": holm, "fdr": benjamini_hochberg, "none": lambda p: np.asarray(p, dtype=float)}


def _sorted(p: ArrayLike) -> tuple[Floats, np.ndarray, np.ndarray]:
    """The p-values, which of them are there, and the order of those from the smallest upwards."""
    p = np.asarray(p, dtype=float)
    known = ~np.isnan(p)
    return p, known, np.argsort(p[known], kind="stable")


def _placed(p: Floats, known: np.ndarray, order: np.ndarray, steps: Floats) -> Floats:
    """Adjusted values back in the order given, missing where there was no test."""
    found = np.empty(len(order))
    found[order] = np.minimum(steps, 1.0)
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = found
    return adjusted
