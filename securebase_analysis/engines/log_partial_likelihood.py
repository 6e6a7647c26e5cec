"""Cox's partial likelihood for rows in counting-process form: value, slope and curvature.

Delayed entry, covariates that change with time and recurrent events are all layouts of the same rows: each is at
risk from its start, exclusive, to its stop, inclusive. With ``H`` the hazard summed over the event times at which
a row is at risk, slope and curvature need no matrix for each event time: the first is ``X (dN - r H)``, and of the
second only the squares of the means of the covariates over the risk sets are taken time by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from securebase_analysis.engines.risk_sets import RiskSets
from securebase_analysis.engines.tied_events import Jumps, jumps

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """Minus the log partial likelihood as a function of the coefficients of standardised columns.

    Attributes
    ----------
    sets : RiskSets
        Who is at risk when.
    X : numpy.ndarray, shape (p, rows)
        Standardised columns.
    centre, scale : numpy.ndarray, shape (p,)
        What was subtracted from each column and what it was then divided by.
    weight, offset : numpy.ndarray, shape (rows,)
        Weights and known part of the log hazard.
    efron : bool
        Ties after Efron, else Breslow.
    """

    sets: RiskSets
    X: Floats
    centre: Floats
    scale: Floats
    weight: Floats
    offset: Floats
    efron: bool

    def at(self, beta: Floats) -> AtCoefficients:
        """The likelihood at given coefficients of the standardised columns."""
        link = beta @ self.X + self.offset
        # Only contrasts within strata matter; the largest risk of each stratum becomes 1.
        highest = np.full(int(self.sets.row_stratum.max()) + 1, -np.inf)
        np.maximum.at(highest, self.sets.row_stratum, link)
        link = link - highest[self.sets.row_stratum]
        return AtCoefficients(
            self, beta, highest, link, jumps(self.sets, self._risk(link), self.weight, self.efron)
        )

    def _risk(self, link: Floats) -> Floats:
        """Relative risk times weight."""
        return np.exp(link) * self.weight

    def unless_known(self, beta: Floats, known: AtCoefficients) -> AtCoefficients:
        """The likelihood at given coefficients, which may be those of an evaluation at hand."""
        return known if np.array_equal(known.beta, beta) else self.at(beta)

    def __call__(self, beta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient and Hessian of minus the log-likelihood, for `minimise`."""
        return self.at(beta).as_function()


@dataclass(frozen=True, eq=False)
class AtCoefficients:
    """The partial likelihood at given coefficients, standardised.

    Attributes
    ----------
    surface : PartialLikelihood
        The likelihood.
    beta : numpy.ndarray, shape (p,)
        The coefficients.
    highest : numpy.ndarray, shape (strata,)
        The largest log hazard of each stratum, which was subtracted.
    link : numpy.ndarray, shape (rows,)
        Log relative risk, at most 0.
    jumps : Jumps
        The hazard that goes with it.
    """

    surface: PartialLikelihood
    beta: Floats
    highest: Floats
    link: Floats
    jumps: Jumps

    def as_function(self) -> tuple[float, Floats, Floats]:
        """Value, gradient and Hessian of minus the log-likelihood; the value is infinite out of range."""
        if not np.isfinite(self.log_likelihood):
            return np.inf, np.zeros(len(self.beta)), np.eye(len(self.beta))
        return -self.log_likelihood, -self.score, self.information

    @cached_property
    def log_likelihood(self) -> float:
        """The log partial likelihood."""
        rows = self.jumps.sets.event_row
        return float(self.surface.weight[rows] @ self.link[rows]) - self.jumps.log_sum

    @cached_property
    def exposure(self) -> Floats:
        """For each row the hazard summed over the times at which it is at risk."""
        return self.jumps.exposure()

    @cached_property
    def weighted_martingale(self) -> Floats:
        """Events observed less expected, times the weight."""
        residual = -self.jumps.risk * self.exposure
        rows = self.jumps.sets.event_row
        residual[rows] += self.surface.weight[rows]
        return residual

    @property
    def score(self) -> Floats:
        """Slope of the log-likelihood (p,)."""
        return self.surface.X @ self.weighted_martingale

    @cached_property
    def means(self) -> tuple[Floats, Floats]:
        """`means_of` the columns of the likelihood."""
        return self.means_of(self.surface.X)

    def means_of(self, columns: Floats) -> tuple[Floats, Floats]:
        """Means (m, times) of columns over those at risk, by risk, and what those with the event add to them."""
        sets, at_risk, weighted = self.jumps.sets, self.jumps.at_risk, self.jumps.risk * columns
        return sets.onto_times(weighted) / at_risk, sets.events_onto_times(weighted[:, sets.event_row]) / at_risk

    def integrand(self, means: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Means (m, times) times the hazard, and the part of it that those with the event are spared."""
        (mean, share), (plain, once, twice) = means, self.jumps.squares
        at_risk = self.jumps.at_risk
        return (plain * mean - once * share) / at_risk, (once * mean - twice * share) / at_risk

    def curvature_along(self, direction: Floats) -> Floats:
        """How the weighted martingale residuals (rows,) fall as the log hazards move along a direction (rows,)."""
        means = self.integrand(self.means_of(direction[None]))
        return self.jumps.risk * (self.exposure * direction - self.jumps.less_what_events_are_spared(*means)[0])

    @property
    def means_at_events(self) -> Floats:
        """Means (p, times) of the columns over those at risk, by risk; averages over the terms of tied events."""
        (mean, share), jumps = self.means, self.jumps
        total = jumps.at_risk / jumps.event_weight
        return total * jumps.hazard * mean - total * jumps.hazard_of_events * share

    @cached_property
    def information(self) -> Floats:
        """Minus the second derivative of the log-likelihood (p, p)."""
        return self._information(self.exposure, self.jumps.squares)

    def information_times(self, factor: Floats) -> Floats:
        """The information (p, p) with what each event time adds to it times a factor (times,)."""
        return self._information(self.jumps.exposure(factor), self.jumps.squares * factor)

    def _information(self, exposure: Floats, squares: Floats) -> Floats:
        """Squares of the columns over all exposure, less squares of their means over each risk set."""
        X = self.surface.X
        (mean, share), tied = self.means, self.jumps.sets.n_events > 1
        squared = (mean * squares[0]) @ mean.T
        if self.surface.efron and tied.any():
            mean, share, (_, once, twice) = mean[:, tied], share[:, tied], squares[:, tied]
            crossed = (mean * once) @ share.T
            squared = squared - crossed - crossed.T + (share * twice) @ share.T
        return (X * (self.jumps.risk * exposure)) @ X.T - squared


def weighted_score_residuals(at: AtCoefficients) -> Floats:
    """What each row adds to the score (p, rows), standardised, times its weight.

    ``x - mean`` at its own event, less the same integrated over the hazard to which it was exposed. Under Efron's
    ties the means are averages over the terms of a time.
    """
    jump, sets, X = at.jumps, at.jumps.sets, at.surface.X
    exposed = jump.less_what_events_are_spared(*at.integrand(at.means))
    residual = X * at.weighted_martingale + jump.risk * exposed
    rows = sets.event_row
    residual[:, rows] -= at.surface.weight[rows] * at.means_at_events[:, sets.event_time]
    return residual
