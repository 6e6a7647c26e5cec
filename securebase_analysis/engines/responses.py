"""Outcomes that are not normal, and what their log-likelihood is in the linear predictor.

Every outcome here is brought to rows whose log-likelihood in the linear predictor `eta` is

    ``y eta - m a(eta) + constant``

with `a` the cumulant function of the logistic (``log(1 + e^eta)``) or of the Poisson distribution (``e^eta``),
and a multiplier `m` for each row; its slope is ``y - m a'``, its curvature ``-m a''``. A yes/no outcome and a
count are of that form as they stand. The others become so:

- An ordinal outcome in category `k` has probability ``F(c_k - eta) - F(c_(k-1) - eta)``, `F` being logistic. This
  is ``F(c_k - eta) F(eta - c_(k-1)) (1 - e^-(c_k - c_(k-1)))``: two yes/no rows, "not above `c_k`" and "above
  `c_(k-1)`", whose cut points are coefficients, times a factor without `eta`.
- A negative binomial outcome with dispersion `theta` has ``y log P + theta log(1 - P)`` with
  ``P = F(eta - log theta)``: a yes/no row of `y` successes and `theta` failures, times a factor without `eta`.

So one engine serves them all, and none of them can lose digits where a probability is near 0 or 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from securebase_analysis.engines.cumulants import Cumulant, Exponential, Logistic

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LARGEST_THETA = 1e5
"""A negative binomial outcome with a larger theta cannot be told from a Poisson outcome."""
HELD = 1e-12
"""The curvature given to a parameter that has reached its limit: nothing is known of it."""
LOGISTIC, EXPONENTIAL = Logistic(), Exponential()


@dataclass(frozen=True, eq=False)
class CanonicalRows:
    """Rows with log-likelihood ``y eta - (multiplier + theta * dispersed) a(eta)``.

    Attributes
    ----------
    y, multiplier, offset : numpy.ndarray, shape (rows,)
        `eta` is the offset, the fixed part ``coefficients @ X`` and the random part.
    dispersed : numpy.ndarray, shape (rows,), or None
        What the dispersion `theta` of a negative binomial outcome, whose logarithm is the last coefficient,
        multiplies.
    X : numpy.ndarray, shape (p + r, rows)
        Fixed-effect columns, then the columns of the outcome's own parameters.
    source : numpy.ndarray of int, shape (rows,)
        The row of the data that each row comes from.
    """

    y: Floats
    multiplier: Floats
    dispersed: Floats | None
    offset: Floats
    X: Floats
    source: Ints


@dataclass(frozen=True, eq=False)
class Outside:
    """The part of the log-likelihood that has no `eta`, and its derivatives in the outcome's own parameters.

    Attributes
    ----------
    value : float
        Minus infinity where the parameters are impossible.
    slope, curvature : numpy.ndarray, shapes (r,) and (r, r)
        In the own parameters.
    """

    value: float
    slope: Floats
    curvature: Floats


class Response(ABC):
    """A kind of outcome: how its rows are written, and what its own parameters do."""

    cumulant: Cumulant

    @abstractmethod
    def check(self, y: Floats) -> None:
        """Raise ValueError for values that this outcome cannot have, or that leave nothing to estimate."""

    @abstractmethod
    def rows(self, y: Floats, X: Floats, offset: Floats, weight: Floats) -> CanonicalRows:
        """The rows in canonical form."""

    @abstractmethod
    def n_own(self, y: Floats) -> int:
        """Number of own parameters."""

    @abstractmethod
    def outside(self, y: Floats, own: Floats, weight: Floats) -> Outside:
        """What the rows of the data add to the log-likelihood whatever `eta` is."""

    @abstractmethod
    def start(self, y: Floats) -> Floats:
        """A first guess of the own parameters."""

    def limit(self, own: Floats) -> Floats:
        """The own parameters, brought back to the limit that they can go to."""
        return own

    @abstractmethod
    def mean(self, eta: Floats, own: Floats) -> Floats:
        """What is expected at `eta`: a probability, a count, or (categories, rows) probabilities."""

    @abstractmethod
    def log_likelihood(self, y: Floats, eta: Floats, own: Floats) -> Floats:
        """Log-likelihood of each row at `eta`."""


def _nothing_outside(value: float) -> Outside:
    return Outside(value, np.zeros(0), np.zeros((0, 0)))


def _whole_and_not_negative(y: Floats, what: str) -> None:
    """Counts are 0, 1, 2, ... and not all 0."""
    if not (np.isfinite(y).all() and (y >= 0).all() and (y == np.round(y)).all()):
        raise ValueError(f"{what} must be whole numbers from 0 on")


@dataclass(frozen=True, eq=False)
class Binomial(Response):
    """A yes/no outcome, or successes out of a known number of trials; logit link.

    Attributes
    ----------
    trials : numpy.ndarray, shape (rows,), optional
        Trials of each row; 1 by default, the outcome being 0 or 1.
    """

    trials: Floats | None = None
    cumulant = LOGISTIC

    def check(self, y: Floats) -> None:
        """Successes are whole numbers up to the trials, and neither all none nor all of them."""
        trials = self._trials(y)
        _whole_and_not_negative(y, "successes")
        _whole_and_not_negative(trials, "trials")
        if (y > trials).any():
            raise ValueError("there are more successes than trials")
        if not y.any() or (y == trials).all():
            raise ValueError("the outcome has one value only")

    def rows(self, y: Floats, X: Floats, offset: Floats, weight: Floats) -> CanonicalRows:
        """As they are."""
        return CanonicalRows(weight * y, weight * self._trials(y), None, offset, X, np.arange(len(y)))

    def n_own(self, y: Floats) -> int:
        """None."""
        return 0

    def outside(self, y: Floats, own: Floats, weight: Floats) -> Outside:
        """The binomial coefficients."""
        return _nothing_outside(0.0 if self.trials is None else float(weight @ self._log_coefficient(y)))

    def start(self, y: Floats) -> Floats:
        """Nothing to guess."""
        return np.zeros(0)

    def mean(self, eta: Floats, own: Floats) -> Floats:
        """The probability of yes, or the expected successes."""
        probability = LOGISTIC.value_and_slope(np.array(eta, dtype=float))[1]
        return probability if self.trials is None else self.trials * probability

    def log_likelihood(self, y: Floats, eta: Floats, own: Floats) -> Floats:
        """Of each row."""
        value, _ = LOGISTIC.value_and_slope(np.array(eta, dtype=float))
        return y * eta - self._trials(y) * value + self._log_coefficient(y)

    def _trials(self, y: Floats) -> Floats:
        return np.ones(len(y)) if self.trials is None else np.asarray(self.trials, dtype=float)

    def _log_coefficient(self, y: Floats) -> Floats:
        trials = self._trials(y)
        return np.asarray(-np.log1p(trials) - betaln(trials - y + 1.0, y + 1.0))


@dataclass(frozen=True, eq=False)
class Poisson(Response):
    """A count; log link. The logarithm of the exposure goes into the offset."""

    cumulant = EXPONENTIAL

    def check(self, y: Floats) -> None:
        """Counts are whole numbers, and not all 0."""
        _whole_and_not_negative(y, "counts")
        if not y.any():
            raise ValueError("every count is 0")

    def rows(self, y: Floats, X: Floats, offset: Floats, weight: Floats) -> CanonicalRows:
        """As they are."""
        return CanonicalRows(weight * y, weight, None, offset, X, np.arange(len(y)))

    def n_own(self, y: Floats) -> int:
        """None."""
        return 0

    def outside(self, y: Floats, own: Floats, weight: Floats) -> Outside:
        """The factorials."""
        return _nothing_outside(-float(weight @ gammaln(y + 1.0)))

    def start(self, y: Floats) -> Floats:
        """Nothing to guess."""
        return np.zeros(0)

    def mean(self, eta: Floats, own: Floats) -> Floats:
        """The expected count."""
        return np.exp(eta)

    def log_likelihood(self, y: Floats, eta: Floats, own: Floats) -> Floats:
        """Of each row."""
        return np.asarray(y * eta - np.exp(eta) - gammaln(y + 1.0))


@dataclass(frozen=True, eq=False)
class NegativeBinomial(Response):
    """A count with variance ``mu + mu^2 / theta``; log link. Its own parameter is ``log theta``."""

    cumulant = LOGISTIC

    def check(self, y: Floats) -> None:
        """Counts are whole numbers, and not all 0."""
        _whole_and_not_negative(y, "counts")
        if not y.any():
            raise ValueError("every count is 0")

    def rows(self, y: Floats, X: Floats, offset: Floats, weight: Floats) -> CanonicalRows:
        """As `y` successes and `theta` failures, log theta being the coefficient of a column of minus ones."""
        columns = np.vstack([X, np.full(len(y), -1.0)])
        return CanonicalRows(weight * y, weight * y, weight, offset, columns, np.arange(len(y)))

    def n_own(self, y: Floats) -> int:
        """The logarithm of theta."""
        return 1

    def outside(self, y: Floats, own: Floats, weight: Floats) -> Outside:
        """``log (theta (theta + 1) ... (theta + y - 1) / y!)``, the product taken factor by factor.

        A difference of two log-gammas would lose its digits where theta is large.
        """
        theta = float(np.exp(own[0]))
        # Factor i stands in the product of every row with a count above i.
        rows = np.cumsum(np.bincount(y.astype(int), weight)[::-1])[::-1][1:]
        i = np.arange(len(rows), dtype=float)
        value = float(weight @ (y * own[0] - gammaln(y + 1.0)) + rows @ np.log1p(i / theta))
        slope, curvature = rows @ (theta / (theta + i)), rows @ (theta * i / (theta + i) ** 2)
        return Outside(value, np.array([slope]), np.array([[curvature]]))

    def limit(self, own: Floats) -> Floats:
        """Theta goes no further than where the outcome is all but Poisson, nor below where it is all but 0."""
        return np.clip(own, -np.log(LARGEST_THETA), np.log(LARGEST_THETA))

    def start(self, y: Floats) -> Floats:
        """From the mean and the variance of the counts."""
        mean, variance = float(y.mean()), float(y.var())
        return np.log([np.clip(mean**2 / max(variance - mean, 0.1 * mean), 0.2, 20.0)])

    def mean(self, eta: Floats, own: Floats) -> Floats:
        """The expected count."""
        return np.exp(eta)

    def log_likelihood(self, y: Floats, eta: Floats, own: Floats) -> Floats:
        """Of each row."""
        theta = float(np.exp(own[0]))
        shifted = np.asarray(eta - own[0])
        value, _ = LOGISTIC.value_and_slope(shifted.copy())
        constant = gammaln(y + theta) - gammaln(theta) - gammaln(y + 1.0)
        return np.asarray(y * shifted - (y + theta) * value + constant)


@dataclass(frozen=True, eq=False)
class Ordinal(Response):
    """Ordered categories 0, 1, ..., with ``P(y <= k) = logistic(cut_k - eta)``. The cut points are its own.

    The fixed-effect columns hold no column of ones: the cut points take its place.
    """

    cumulant = LOGISTIC

    def check(self, y: Floats) -> None:
        """Categories are numbered from 0 without a gap; there are at least two."""
        _whole_and_not_negative(y, "categories")
        counts = np.bincount(y.astype(int))
        if len(counts) < 2:
            raise ValueError("the outcome has one value only")
        if not counts.all():
            raise ValueError(f"no row is in category {int(np.argmin(counts))} of 0 to {len(counts) - 1}")

    def rows(self, y: Floats, X: Floats, offset: Floats, weight: Floats) -> CanonicalRows:
        """A row that says "not above the cut point over it" and one that says "above the cut point under it"."""
        category, n_cuts = y.astype(int), self.n_own(y)
        under, over = np.flatnonzero(category < n_cuts), np.flatnonzero(category > 0)
        source = np.concatenate([under, over])
        above = np.repeat([0.0, 1.0], [len(under), len(over)])
        order = np.argsort(source, kind="stable")
        source, above = source[order], above[order]
        cut = category[source] - above.astype(int)
        columns = np.zeros((len(X) + n_cuts, len(source)))
        np.take(X, source, axis=1, out=columns[: len(X)])
        columns[len(X) + cut, np.arange(len(source))] = -1.0
        return CanonicalRows(weight[source] * above, weight[source], None, offset[source], columns, source)

    def n_own(self, y: Floats) -> int:
        """One cut point less than categories."""
        return int(y.max())

    def outside(self, y: Floats, own: Floats, weight: Floats) -> Outside:
        """``log(1 - exp(-(cut_k - cut_(k-1))))`` for each row between two cut points."""
        gap, n_cuts = np.diff(own), len(own)
        if (gap <= 0.0).any():
            return Outside(-np.inf, np.zeros(n_cuts), np.zeros((n_cuts, n_cuts)))
        between = np.bincount(y.astype(int), weight, minlength=n_cuts + 1)[1:-1]
        in_gap = between / np.expm1(gap)
        bend = -in_gap / -np.expm1(-gap)
        difference = np.diff(np.eye(n_cuts), axis=0)
        return Outside(
            float(between @ np.log(-np.expm1(-gap))),
            difference.T @ in_gap,
            (difference.T * bend) @ difference,
        )

    def start(self, y: Floats) -> Floats:
        """The logits of the cumulative shares."""
        share = np.cumsum(np.bincount(y.astype(int)))[:-1] / len(y)
        return np.log(share / (1.0 - share))

    def mean(self, eta: Floats, own: Floats) -> Floats:
        """Probability of each category, shape (categories, rows)."""
        cut = np.concatenate([[-np.inf], own, [np.inf]])[:, None]
        return np.exp(_log_between(cut[:-1] - eta, cut[1:] - eta))

    def log_likelihood(self, y: Floats, eta: Floats, own: Floats) -> Floats:
        """Of each row."""
        cut, category = np.concatenate([[-np.inf], own, [np.inf]]), y.astype(int)
        return _log_between(cut[category] - eta, cut[category + 1] - eta)


def _log_between(low: Floats, high: Floats) -> Floats:
    """Logarithm of ``F(high) - F(low)``, `F` being logistic: ``F(high) F(-low) (1 - exp(low - high))``."""
    return -np.logaddexp(0.0, -high) - np.logaddexp(0.0, low) + np.log(-np.expm1(low - high))
