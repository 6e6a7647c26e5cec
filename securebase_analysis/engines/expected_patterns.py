"""Data that show exactly the moments that are expected of them, with the gaps of other data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.missing_patterns import PatternBlock, Patterns

Floats = NDArray[np.float64]


def expected_patterns(patterns: Patterns, mean: Floats, covariance: Floats) -> Patterns:
    """The same patterns, each with given means and covariances in place of its own.

    Parameters
    ----------
    patterns : Patterns
        Which variables each row has, and how many rows are alike in that.
    mean, covariance : numpy.ndarray, shapes (p,) and (p, p)
        Of all variables.

    Notes
    -----
    The log-likelihood of such data is the expectation of that of normal data with these moments, for any
    parameters: the likelihood depends on the data of a pattern through their means and covariances alone.

    References
    ----------
    Satorra & Saris (1985), Power of the likelihood ratio test in covariance structure analysis, Psychometrika 50.
    """
    blocks = tuple(_expected(block, mean, covariance) for block in patterns.blocks)
    return replace(patterns, X=np.full_like(patterns.X, np.nan), blocks=blocks)


def _expected(block: PatternBlock, mean: Floats, covariance: Floats) -> PatternBlock:
    """One block of patterns: rows of a pattern vary about their mean as much as about the expected one."""
    both_seen = block.seen[:, :, None] * block.seen[:, None, :]
    return replace(block, mean=block.seen * mean, repeated=np.arange(len(block.n)), scatter=both_seen * covariance)
